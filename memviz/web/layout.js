/* SPDX-License-Identifier: Apache-2.0 */
/* Where blocks lie on the map: addresses with everything left out in which no memory was ever seen.  */
import {Part} from "./data.js";

export class Layout {
	/** @param {Card} card */
	constructor(card) {
		const ends = endsOf(card);
		/** Compact address of each place; NaN where nothing is painted. */
		this.low = new Float64Array(card.places.length).fill(NaN);
		/** Stretches without holes: {low: compact, size: bytes, address}. */
		this.stretches = [];
		this.size = 0;
		let stretch = null;
		for (let place = 0; place < ends.length; place++) {
			const address = card.places[place];
			if (!(ends[place] > 0))
				continue;
			if (!stretch || address > stretch.address + stretch.size) {
				stretch = {low: this.size, size: 0, address};
				this.stretches.push(stretch);
			}
			this.low[place] = stretch.low + (address - stretch.address);
			stretch.size = Math.max(stretch.size, ends[place] - stretch.address);
			this.size = stretch.low + stretch.size;
		}
	}

	/** The address at COMPACT, for people. */
	addressAt(compact) {
		const stretch = this.stretches.findLast((candidate) => candidate.low <= compact) || this.stretches[0];
		return stretch ? stretch.address + (compact - stretch.low) : 0;
	}
}

/** For each place the end of the largest block that was ever painted there, 0 if none was. */
function endsOf(card) {
	const ends = new Float64Array(card.places.length);
	const {paint, size} = card.classes;
	for (let block = 0; block < card.blocks; block++) {
		const cls = card.cls[block];
		if (paint[cls] === Part.NOTHING)
			continue;
		const place = card.place[block];
		const end = card.places[place] + size[cls];
		if (end > ends[place])
			ends[place] = end;
	}
	return ends;
}
