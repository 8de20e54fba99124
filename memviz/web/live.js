/* SPDX-License-Identifier: Apache-2.0 */
/* Which blocks are alive at an event.  Blocks stand in classes of lifetime, each twice as long as the one before; within
 * a class in the order of their births.  Who is alive was born at most the longest life of the class ago.  */
import {NEVER} from "./data.js";

/** Shorter lives, in ns, share the lowest class; longer ones and those without an end the highest. */
const SHORTEST_LOG2 = 10, LONGEST_LOG2 = 50;

export class LiveIndex {
	/** @param {Card} card */
	constructor(card) {
		const count = LONGEST_LOG2 - SHORTEST_LOG2 + 2;
		const classOf = new Uint8Array(card.blocks);
		const ends = new Uint32Array(count + 1);
		for (let block = 0; block < card.blocks; block++) {
			classOf[block] = lifeClass(card, block);
			ends[classOf[block] + 1]++;
		}
		for (let i = 0; i < count; i++)
			ends[i + 1] += ends[i];
		const next = ends.slice();
		this.card = card;
		this.sorted = new Uint32Array(card.blocks);
		for (let block = 0; block < card.blocks; block++)
			this.sorted[next[classOf[block]]++] = block;
		/** Longest lives first; each with {from, to: in SORTED; longest: ns}. */
		this.classes = [];
		for (let i = count - 1; i >= 0; i--)
			if (ends[i] < ends[i + 1])
				this.classes.push({from: ends[i], to: ends[i + 1], longest: i === count - 1 ? Infinity : 2 ** (i + SHORTEST_LOG2 + 1)});
	}

	/** How many of SORTED[FROM, TO) were born at EVENT or before, plus FROM. Cheap if the answer is near FROM. */
	bornUpTo(event, from, to) {
		const {birth} = this.card, {sorted} = this;
		let step = 1;
		while (from + step < to && birth[sorted[from + step]] <= event) {
			from += step;
			step *= 2;
		}
		to = Math.min(to, from + step);
		while (from < to) {
			const middle = (from + to) >>> 1;
			if (birth[sorted[middle]] <= event)
				from = middle + 1;
			else
				to = middle;
		}
		return from;
	}

	/** Call VISIT with each block that is alive after EVENT. */
	forEachAlive(event, visit) {
		const {birth, death, time} = this.card;
		if (event < 0)
			return;
		for (const {from, to, longest} of this.classes) {
			const oldest = time[event] - longest;
			for (let i = this.bornUpTo(event, from, to) - 1; i >= from; i--) {
				const block = this.sorted[i];
				if (time[birth[block]] < oldest)
					break;
				if (death[block] > event)
					visit(block);
			}
		}
	}
}

function lifeClass(card, block) {
	if (card.death[block] === NEVER)
		return LONGEST_LOG2 - SHORTEST_LOG2 + 1;
	const log2 = Math.floor(Math.log2(Math.max(1, card.lifetime(block))));
	return Math.min(Math.max(log2, SHORTEST_LOG2), LONGEST_LOG2) - SHORTEST_LOG2;
}
