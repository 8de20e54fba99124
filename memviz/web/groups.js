/* SPDX-License-Identifier: Apache-2.0 */
/* What blocks sum up to, by the line, stack, module, band, phase or step that they are of.  */
import {Phase, STACKED} from "./data.js";
import {lineFilter, moduleFilter, partFilter, phaseFilter, stackFilter, stepFilter} from "./search.js";
import {phaseText} from "./steps.js";
import {PARTS_TEXT} from "./theme.js";

/**
 * The ways to sum up: of each the noun for its rows, the key of a block, what a row says (what is most telling, the rest), and the
 * filter that leaves what is in a row.  All are given the app.
 */
const GROUPINGS = {
	lines: {noun: "line", keyOf: ({card, recording: {table}}, block) => table.originOf(card.of("stack", block)),
		textOf: ({recording: {table}}, row) => table.headline(row.key), filterOf: ({card}, row) => lineFilter(card, row.key)},
	stacks: {noun: "stack", keyOf: ({card}, block) => card.of("stack", block),
		textOf: ({recording: {table}}, row) => table.originHeadline(row.stack),
		filterOf: (app, row) => stackFilter(app.card, row.key, app.blockLabel(row.largest))},
	modules: {noun: "module", keyOf: ({card, modules}, block) => modules.prefixOf(card.of("name", block)),
		textOf: (_, row) => [row.key || "no name", ""], filterOf: ({card, modules}, row) => moduleFilter(card, modules, row.key)},
	bands: {noun: "band", keyOf: ({card}, block) => card.of("part", block),
		textOf: (_, row) => [PARTS_TEXT[row.key], ""], filterOf: ({card}, row) => partFilter(card, row.key)},
	phases: {noun: "phase", keyOf: ({card}, block) => card.of("phase", block),
		textOf: (_, row) => [phaseName(row.key), ""], filterOf: ({card}, row) => phaseFilter(card, row.key, phaseName(row.key))},
	steps: {noun: "step", keyOf: ({card}, block) => card.step[block],
		textOf: (_, row) => [`step ${row.key + 1}`, ""], filterOf: ({card}, row) => stepFilter(card, row.key)},
};

function phaseName(phase) {
	return phase === Phase.USER ? "a named range" : phaseText(phase);
}

export function groupingOf(name) {
	return GROUPINGS[name];
}

/** BLOCKS, the largest first, summed up: rows {key, bytes, blocks: how many, parts: bytes of each, stack: of its largest block,
 * largest: that block}, the largest first. */
export function groupBlocks(app, name, blocks) {
	const {card} = app;
	const {keyOf} = GROUPINGS[name];
	const rows = new Map();
	if (name === "modules")
		app.modules.look(blocks, app.filter);
	for (const block of blocks) {
		const key = keyOf(app, block), size = card.of("size", block);
		let row = rows.get(key);
		if (!row)
			rows.set(key, row = {key, bytes: 0, blocks: 0, parts: new Float64Array(STACKED), stack: card.of("stack", block), largest: block});
		row.bytes += size;
		row.blocks++;
		row.parts[card.of("part", block)] += size;
	}
	return [...rows.values()].sort((a, b) => b.bytes - a.bytes);
}

/** Modules by the names of what they own: "h.3.mlp.c_fc" of "h.3.mlp.c_fc.weight/exp_avg". */
export class Modules {
	constructor(card) {
		this.card = card;
		this.paths = new Map();
		this.depth = 1;
	}

	/** True if anything has a name. */
	get areKnown() {
		return this.card.classes.name.some((name) => name !== 0);
	}

	/** The path of the module, as its parts; none for what has no name. */
	pathOf(name) {
		if (!this.paths.has(name))
			this.paths.set(name, name ? modulePath(this.card.recording.table.string(name)) : []);
		return this.paths.get(name);
	}

	/** Go as deep as BLOCKS, of what FILTER passes, need to be told apart. */
	look(blocks, filter) {
		const paths = [...new Set(blocks.map((block) => this.card.of("name", block)))].map((name) => this.pathOf(name)).filter((path) => path.length);
		const deepest = paths.reduce((depth, path) => Math.max(depth, path.length), 1);
		this.depth = 1 + (filter?.modulePath?.length ?? 0);
		while (this.depth < deepest && new Set(paths.map((path) => this.cut(path))).size < 2)
			this.depth++;
	}

	cut(path) {
		return path.slice(0, this.depth).join(".");
	}

	prefixOf(name) {
		return this.cut(this.pathOf(name));
	}
}

function modulePath(name) {
	const parts = name.split("/")[0].split(".");
	return parts.length > 1 ? parts.slice(0, -1) : parts;
}
