/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds memory at one moment: blocks, and what is known of them by band.  */
import {Ledger, Part, STACKED, SUMMED} from "./data.js";

/** Among the labels: guessed. */
export const GUESSED = 0;

/**
 * @returns what is alive after EVENT, at TIME: {blocks: largest first; bytes: of them; counts: blocks of each part; labels: rows
 * {part, label, bytes, blocks}, by part and label}. With FILTER only what it passes, but all counts and labels. GUESSES says of
 * each reason whether it is one.
 */
export function tally(card, live, event, time, filter, guesses) {
	const {classes} = card;
	const blocks = [], counts = new Uint32Array(SUMMED + 1), labels = new Labels();
	let bytes = 0;
	live.forEachAlive(event, (block) => {
		const cls = card.cls[block];
		const part = classes.part[cls];
		counts[part]++;
		if (part >= STACKED)
			return;
		const label = card.labelAt(block, time);
		if (label)
			labels.add(part, label, classes.size[cls]);
		if (guesses[classes.reason[cls]])
			labels.add(part, GUESSED, classes.size[cls]);
		if (filter && !filter.has(block))
			return;
		blocks.push(block);
		bytes += classes.size[cls];
	});
	blocks.sort((a, b) => card.of("size", b) - card.of("size", a) || a - b);
	return {blocks, bytes, counts, labels: labels.sorted()};
}

/** What has a label, by part. */
class Labels {
	constructor() {
		this.rows = new Map();
	}

	add(part, label, size) {
		const key = part * 256 + label;
		if (!this.rows.has(key))
			this.rows.set(key, {part, label, bytes: 0, blocks: 0});
		const row = this.rows.get(key);
		row.bytes += size;
		row.blocks++;
	}

	sorted() {
		return [...this.rows.values()].sort((a, b) => a.part - b.part || b.label - a.label);
	}
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
