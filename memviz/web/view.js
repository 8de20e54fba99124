/* SPDX-License-Identifier: Apache-2.0 */
/* What part of time and of the addresses is on the screen.  */

/** The closest that time is looked at, ns for the whole width; the least part of the addresses. */
const SHORTEST_NS = 50, LEAST_BYTES = 4096;
/** Room behind the last event, as a part of all, where what did not fit is drawn. */
export const MARGIN = 0.035;
const GLIDE_MS = 180;

export class View {
	/** Time from BEGIN to END ns; SIZE compact bytes. CHANGED is called after every change. */
	constructor(begin, end, size, changed) {
		const span = Math.max(end - begin, SHORTEST_NS * 2);
		this.first = begin;
		this.last = begin + span * (1 + MARGIN);
		this.size = Math.max(size, 1);
		this.changed = changed;
		this.set(this.first, this.last, 0, this.size);
	}

	get span() {
		return this.end - this.begin;
	}

	/** Show BEGIN to END ns and the addresses LOW to HIGH, as far as there is something. */
	set(begin, end, low = this.low, high = this.high) {
		[this.begin, this.end] = fit(begin, end, this.first, this.last, SHORTEST_NS);
		[this.low, this.high] = fit(low, high, 0, this.size, Math.min(LEAST_BYTES, this.size));
		this.changed();
	}

	/** A movement by hand ends one that is under way. */
	stop() {
		cancelAnimationFrame(this.gliding);
	}

	/** Time: FACTOR times as much of it, with the moment AT staying where it is. */
	zoom(factor, at = (this.begin + this.end) / 2) {
		this.stop();
		this.set(at - (at - this.begin) * factor, at + (this.end - at) * factor);
	}

	zoomAddresses(factor, at = (this.low + this.high) / 2) {
		this.stop();
		this.set(this.begin, this.end, at - (at - this.low) * factor, at + (this.high - at) * factor);
	}

	/** Move by parts of what is shown. */
	pan(times, addresses = 0) {
		this.stop();
		const dt = times * this.span, da = addresses * (this.high - this.low);
		this.set(this.begin + dt, this.end + dt, this.low + da, this.high + da);
	}

	get isWhole() {
		return this.begin === this.first && this.end === this.last && this.low === 0 && this.high === this.size;
	}

	/** Like set, but on the way there for a moment, unless the person wants no movement. */
	glide(begin, end, low = this.low, high = this.high) {
		const from = [this.begin, this.end, this.low, this.high], to = [begin, end, low, high];
		const start = performance.now();
		this.stop();
		if (matchMedia("(prefers-reduced-motion: reduce)").matches)
			return this.set(...to);
		const move = () => {
			const part = Math.min(1, (performance.now() - start) / GLIDE_MS);
			const eased = 1 - (1 - part) ** 3;
			this.set(...(part < 1 ? from.map((value, i) => value + (to[i] - value) * eased) : to));
			if (part < 1)
				this.gliding = requestAnimationFrame(move);
		};
		move();
	}

	/** Everything. */
	reset() {
		this.glide(this.first, this.last, 0, this.size);
	}

	/** Bring the moment AT on the screen if it is not. */
	reveal(at) {
		if (at < this.begin || at > this.end)
			this.glide(at - this.span / 2, at + this.span / 2);
	}
}

/** FROM to TO, at least LEAST long, moved and cut to lie within FIRST to LAST. */
function fit(from, to, first, last, least) {
	const length = Math.min(Math.max(to - from, least), last - first);
	const middle = (from + to) / 2;
	const begin = to - from < least ? middle - length / 2 : from;
	const low = Math.max(first, Math.min(begin, last - length));
	return [low, low + length];
}
