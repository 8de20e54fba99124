/* SPDX-License-Identifier: Apache-2.0 */
/* What each column of pixels stands for.  A column covers a stretch of time and shows one moment of it: the first with
 * the highest total, so that no peak is ever too thin to be seen, and what is stacked adds up to what was there at that
 * moment.  Both lanes show the same moments.  */
import {STACKED, SUMMED} from "./data.js";

/** No data there: behind the end of the recording. */
export const BLANK = -2;

export class Columns {
	/** WIDTH columns for BEGIN to END ns. */
	constructor(card, pyramid, begin, end, width) {
		this.width = width;
		this.begin = begin;
		this.span = end - begin;
		/** The event whose outcome is shown; -1: before the first; BLANK. */
		this.at = new Int32Array(width).fill(BLANK);
		this.parts = new Float64Array(width * STACKED);
		/** The most that was held, the lowest total, in the column's time. */
		this.held = new Float64Array(width);
		this.low = new Float64Array(width);
		this.fill(card, pyramid);
	}

	fill(card, pyramid) {
		const found = {}, parts = new Float64Array(SUMMED + 1);
		const lastTime = card.recording.facts.end_ns;
		let from = card.eventsUpTo(this.begin) - 1;
		for (let x = 0; x < this.width && this.timeAt(x) <= lastTime; x++) {
			const to = eventsBefore(card, this.timeAt(x + 1), from + 1) - 1;
			pyramid.extremes(from, to, found);
			pyramid.at(found.highAt, parts);
			this.at[x] = found.highAt;
			this.held[x] = found.held;
			this.low[x] = found.low;
			for (let part = 0; part < STACKED; part++)
				this.parts[x * STACKED + part] = parts[part];
			from = to;
		}
	}

	/** ns at the left edge of column X. */
	timeAt(x) {
		return this.begin + x * this.span / this.width;
	}
}

/** How many events are before TIME ns, of which there are LOW at least. */
function eventsBefore(card, time, low) {
	let high = card.events, step = 1;
	while (low + step < high && card.time[low + step] < time) {
		low += step;
		step *= 2;
	}
	high = Math.min(high, low + step);
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (card.time[middle] < time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
