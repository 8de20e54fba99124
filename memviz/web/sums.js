/* SPDX-License-Identifier: Apache-2.0 */
/* What was said of how much of the card is in use, and how that adds up at any moment: the equation of
 * memviz/analyze/reconcile.h.  */
import {Flag, Ledger, countUpTo} from "./data.js";
import {Stream, unfold} from "./streams.js";

/** What of it is known (enum mv_page_known). */
const Known = {OWN: 1, OTHERS: 2, POOLS: 4, GRAPHS: 8, FIRST_LOST: 16};
/** The driver hands out memory in pages of so many bytes. */
const PAGE_BYTES = 2 * 1024 * 1024;

const SAID = ["used", "total", "kept", "others", "pools", "graphs"], SIGNED = ["counted", "context", "modules"];

/** Columns in the order of time: time in ns; bytes; calls. BEYOND: of what is used, what this process does not hold, once
 * somebody has worked it out. */
export class Sums {
	/** @returns {Promise<Sums>} of the card with FACTS. */
	static async open(prefix, {sums: count, source}) {
		const stream = await Stream.open(prefix, "sums");
		const sums = new Sums();
		Object.assign(sums, {count, source, beyond: [], time: stream.ascending(count), known: stream.small(count)});
		for (const name of SAID)
			sums[name] = stream.large(count);
		for (const name of SIGNED)
			sums[name] = stream.large(count).map(unfold);
		sums.calls = stream.small(count);
		return sums;
	}

	/** Which of them holds for TIME: of NVML's the nearest, of the driver's the last one before; -1: none. */
	indexAt(time) {
		const before = countUpTo(this.time, time) - 1;
		if (this.source !== "nvml" || before + 1 >= this.count)
			return before;
		return before < 0 || this.time[before + 1] - time < time - this.time[before] ? before + 1 : this.first(before);
	}

	/** Of several at one time, where the nearest is asked for. */
	first(i) {
		while (i > 0 && this.time[i - 1] === this.time[i])
			i--;
		return i;
	}
}

/** What the process has of the driver on CARD after EVENT, beside its sum: {pooled, managed, rounding} bytes. */
function holdings(card, live, event) {
	const ranges = [];
	let pooled = 0, managed = 0, placed = 0;
	live.forEachAlive(event, (block) => {
		const flags = card.of("flags", block), ledger = card.of("ledger", block), size = card.of("size", block);
		if (flags & Flag.IMPORTED)
			return;
		pooled += ledger === Ledger.POOLED ? size : 0;
		managed += ledger === Ledger.MANAGED ? size : 0;
		if (ledger !== Ledger.DEVICE || flags & Flag.HANDLE)
			return;
		const address = card.addressOf(block);
		ranges.push([Math.floor(address / PAGE_BYTES), Math.floor((address + Math.max(0, size - 1)) / PAGE_BYTES)]);
		placed += size;
	});
	return {pooled, managed, rounding: Math.max(0, countPages(ranges) * PAGE_BYTES - placed)};
}

/** How many pages lie in RANGES, [first, last], each once. */
function countPages(ranges) {
	let pages = 0, end = 0;
	for (const [first, last] of ranges.sort((one, other) => one[0] - other[0])) {
		pages += Math.max(0, last + 1 - Math.max(first, end));
		end = Math.max(end, last + 1);
	}
	return pages;
}

/**
 * How it adds up at TIME, after EVENT, of HELD bytes of the process: {source, saidAt, said: bytes then; used, total, kept,
 * managed, calls, isFirstLost; parts: {ledger, rounding, pools, graphs, context, modules, others, unexplained}}; a part
 * that nobody knows is null, and its bytes are in what is unexplained.
 */
export function addUp(card, live, event, time, held) {
	const {sums} = card;
	const i = sums.indexAt(time), has = (bit) => i >= 0 && (sums.known[i] & bit) !== 0;
	const {pooled, managed, rounding} = holdings(card, live, event);
	const pools = Math.max(i < 0 ? 0 : sums.pools[i], pooled), graphs = i < 0 ? 0 : sums.graphs[i];
	const counted = held - pooled + rounding + pools + graphs;
	const used = i < 0 ? counted : Math.max(0, sums.used[i] + counted - sums.counted[i]);
	const parts = {
		ledger: held,
		rounding,
		pools: has(Known.POOLS) || !pooled ? pools - pooled : null,
		graphs: has(Known.GRAPHS) || !pooled ? graphs : null,
		context: has(Known.OWN) ? sums.context[i] : null,
		modules: has(Known.OWN) ? sums.modules[i] : null,
		others: has(Known.OTHERS) ? sums.others[i] : null,
	};
	parts.unexplained = Object.values(parts).reduce((rest, bytes) => rest - (bytes ?? 0), used);
	return {source: i < 0 ? "none" : sums.source, saidAt: sums.time[i], said: sums.used[i], used, total: sums.total[i] || 0,
		kept: sums.kept[i] || 0, managed, calls: sums.calls[i] || 0, isFirstLost: has(Known.FIRST_LOST), parts};
}
