/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds memory at one moment: blocks, and what they sum up to by stack and by line.  */
import {Ledger, Part, STACKED, SUMMED} from "./data.js";

/** A row: {key, bytes, blocks: how many, parts: bytes of each, stack: of its largest block, largest: that block}. */
class Groups {
	constructor() {
		this.rows = new Map();
	}

	add(key, block, stack, part, size) {
		let row = this.rows.get(key);
		if (!row)
			this.rows.set(key, row = {key, bytes: 0, blocks: 0, parts: new Float64Array(STACKED), stack, largest: block, size: 0});
		row.bytes += size;
		row.blocks++;
		row.parts[part] += size;
		if (size > row.size)
			Object.assign(row, {size, largest: block, stack});
	}

	sorted() {
		return [...this.rows.values()].sort((a, b) => b.bytes - a.bytes);
	}
}

/**
 * @returns what is alive after EVENT: {blocks: largest first; stacks, lines: rows, largest first; counts: blocks of each
 * part}. With FILTER only what it passes, but all counts.
 */
export function tally(card, live, event, filter) {
	const {classes, recording: {table}} = card;
	const stacks = new Groups(), lines = new Groups();
	const blocks = [], counts = new Uint32Array(SUMMED + 1);
	live.forEachAlive(event, (block) => {
		const cls = card.cls[block];
		const part = classes.part[cls];
		counts[part]++;
		if (part >= STACKED || (filter && !filter.has(cls)))
			return;
		const stack = classes.stack[cls];
		blocks.push(block);
		stacks.add(stack, block, stack, part, classes.size[cls]);
		lines.add(table.originOf(stack), block, stack, part, classes.size[cls]);
	});
	blocks.sort((a, b) => card.of("size", b) - card.of("size", a) || a - b);
	return {blocks, stacks: stacks.sorted(), lines: lines.sorted(), counts};
}

/** Room inside of what the pool holds that no block takes: {bytes, gaps, largest}; null if its blocks can't be placed. */
export function poolGaps(card, live, layout, event) {
	const pieces = [], taken = [];
	live.forEachAlive(event, (block) => {
		const low = layout.low[card.place[block]];
		const paint = card.of("paint", block);
		if (paint === Part.POOL)
			pieces.push([low, low + card.of("size", block), card.of("ledger", block) === Ledger.MAPPING]);
		else if (paint < Part.OUTSIDE)
			taken.push([low, low + card.of("size", block)]);
	});
	if (!pieces.length)
		return null;
	const byPlace = (a, b) => a[0] - b[0];
	return measureGaps(joined(pieces.sort(byPlace)), taken.sort(byPlace));
}

/** Mapped memory that touches becomes one, for blocks may reach across it; what was allocated apart stays apart. */
function joined(pieces) {
	const result = [];
	for (const [low, high, isMapped] of pieces) {
		const last = result.at(-1);
		if (last && (low < last[1] || (low === last[1] && isMapped && last[2])))
			last[1] = Math.max(last[1], high);
		else
			result.push([low, high, isMapped]);
	}
	return result;
}

function measureGaps(pieces, taken) {
	const gaps = {bytes: 0, gaps: 0, largest: 0};
	let next = 0;
	const count = (from, to) => {
		if (to <= from)
			return;
		gaps.bytes += to - from;
		gaps.gaps++;
		gaps.largest = Math.max(gaps.largest, to - from);
	};
	for (const [low, high] of pieces) {
		let free = low;
		for (; next < taken.length && taken[next][0] < high; next++) {
			count(free, Math.min(taken[next][0], high));
			free = Math.max(free, taken[next][1]);
		}
		count(free, high);
	}
	return gaps;
}
