/* SPDX-License-Identifier: Apache-2.0 */
/* How much of what is in use, at any event and at the highest of any stretch of events, in little more than constant
 * time.  The events stand in nodes of NODE_EVENTS; a node keeps what held before it, and the largest and smallest total
 * within; each level above halves the number of nodes.  */
import {Part, STACKED, SUMMED} from "./data.js";

export const NODE_SHIFT = 5, NODE_EVENTS = 1 << NODE_SHIFT;

export class Pyramid {
	/** @param {Card} card */
	constructor(card) {
		const nodes = Math.max(1, Math.ceil(card.events / NODE_EVENTS));
		this.card = card;
		this.before = new Float64Array(nodes * SUMMED);
		this.levels = [newLevel(nodes)];
		this.countEvents();
		while (this.top.high.length > 1)
			this.levels.push(levelAbove(this.top));
	}

	/** One node for all events. */
	get top() {
		return this.levels[this.levels.length - 1];
	}

	/** False if the calls that fetch memory from the driver were not seen. */
	get knowsHeld() {
		return this.top.held[0] > 0;
	}

	countEvents() {
		const {card, before} = this;
		const base = this.levels[0];
		const now = new Float64Array(SUMMED + 1);
		for (let event = 0; event < card.events; event++) {
			const node = event >>> NODE_SHIFT;
			if ((event & (NODE_EVENTS - 1)) === 0)
				before.set(now.subarray(0, SUMMED), node * SUMMED);
			apply(card, event, now);
			const total = stackedTotal(now, 0);
			if (total > base.high[node]) {
				base.high[node] = total;
				base.highAt[node] = event;
			}
			base.low[node] = Math.min(base.low[node], total);
			base.held[node] = Math.max(base.held[node], heldBytes(card, now, 0));
		}
	}

	/** Bytes of each part after EVENT (-1: before the first), as an array of SUMMED. */
	at(event, into = new Float64Array(SUMMED + 1)) {
		const node = Math.max(0, event) >>> NODE_SHIFT;
		for (let part = 0; part < SUMMED; part++)
			into[part] = this.before[node * SUMMED + part];
		for (let i = node << NODE_SHIFT; i <= event; i++)
			apply(this.card, i, into);
		return into;
	}

	/**
	 * Look at the states after the events FROM to TO, both included (-1: the state before the first event).
	 * FOUND gets high and highAt (the first event with the highest total), low, held (the most that was held).
	 */
	extremes(from, to, found) {
		found.high = found.low = found.held = 0;
		found.highAt = from;
		found.isEmpty = true;
		if (from < 0) {
			note(found, 0, 0, 0, -1);
			from = 0;
		}
		if (to < from)
			return found;
		let node = from >>> NODE_SHIFT;
		const last = to >>> NODE_SHIFT;
		if (from & (NODE_EVENTS - 1) || node === last)
			this.scan(from, Math.min(to, (node++ << NODE_SHIFT) + NODE_EVENTS - 1), found);
		this.climb(node, last, found);
		if (last >= node)
			this.scan(last << NODE_SHIFT, to, found);
		return found;
	}

	/** The nodes FROM to below END, by the largest steps that fit. */
	climb(from, end, found) {
		while (from < end) {
			let level = 0;
			while ((from & ((2 << level) - 1)) === 0 && from + (2 << level) <= end && level + 1 < this.levels.length)
				level++;
			const {high, highAt, low, held} = this.levels[level];
			const node = from >>> level;
			note(found, high[node], low[node], held[node], highAt[node]);
			from += 1 << level;
		}
	}

	/** The events FROM to TO of one node. */
	scan(from, to, found) {
		const now = this.at(from - 1, this.scratch ||= new Float64Array(SUMMED + 1));
		for (let event = from; event <= to; event++) {
			apply(this.card, event, now);
			const total = stackedTotal(now, 0);
			note(found, total, total, heldBytes(this.card, now, 0), event);
		}
	}
}

function newLevel(nodes) {
	return {high: new Float64Array(nodes).fill(-1), highAt: new Int32Array(nodes).fill(-1),
		low: new Float64Array(nodes).fill(Infinity), held: new Float64Array(nodes)};
}

function levelAbove(below) {
	const level = newLevel((below.high.length + 1) >>> 1);
	for (let i = 0; i < below.high.length; i++) {
		const node = i >>> 1;
		if (below.high[i] > level.high[node]) {
			level.high[node] = below.high[i];
			level.highAt[node] = below.highAt[i];
		}
		level.low[node] = Math.min(level.low[node], below.low[i]);
		level.held[node] = Math.max(level.held[node], below.held[i]);
	}
	return level;
}

function note(found, high, low, held, at) {
	if (found.isEmpty || high > found.high) {
		found.high = high;
		found.highAt = at;
	}
	found.low = found.isEmpty ? low : Math.min(found.low, low);
	found.held = Math.max(found.held, held);
	found.isEmpty = false;
}

/** Count EVENT into NOW. */
function apply(card, event, now) {
	const block = card.blockOf[event];
	const cls = card.cls[block];
	const size = card.classes.size[cls];
	now[card.classes.part[cls]] += card.birth[block] === event ? size : -size;
}

/** The sum of what is stacked, in PARTS from index AT on. */
export function stackedTotal(parts, at) {
	let total = 0;
	for (let part = 0; part < STACKED; part++)
		total += parts[at + part];
	return total;
}

/** Device memory of the process, in PARTS from AT on: what pools hold and what lies outside of them; where no pool is
 * seen, the bands are made of it. */
export function heldBytes(card, parts, at) {
	return card.facts.has_pool ? parts[at + Part.POOL] + parts[at + Part.OUTSIDE] : stackedTotal(parts, at);
}
