/* SPDX-License-Identifier: Apache-2.0 */
/* Which blocks are looked for, and how many bytes of them there are at any event.  */
import {STACKED} from "./data.js";
import {NODE_EVENTS, NODE_SHIFT} from "./pyramid.js";
import {PARTS_TEXT} from "./theme.js";

export class Filter {
	/** Blocks of CARD that PASSES, an array, has 1 for; LABEL says which these are, KEY tells filters apart. */
	constructor(card, label, key, passes) {
		Object.assign(this, {card, label, key, passes});
		this.sumUp();
	}

	has(block) {
		return this.passes[block] === 1;
	}

	sumUp() {
		const {card} = this;
		this.before = new Float64Array((card.events >>> NODE_SHIFT) + 1);
		for (let event = 0, now = 0; event < card.events; event++) {
			if ((event & (NODE_EVENTS - 1)) === 0)
				this.before[event >>> NODE_SHIFT] = now;
			now += this.change(event);
		}
	}

	change(event) {
		const {card} = this;
		const block = card.blockOf[event], cls = card.cls[block];
		const size = this.passes[block] && card.classes.part[cls] < STACKED ? card.classes.size[cls] : 0;
		return card.birth[block] === event ? size : -size;
	}

	/** Bytes after EVENT; -1: before the first. */
	bytesAt(event) {
		if (event < 0)
			return 0;
		let bytes = this.before[event >>> NODE_SHIFT];
		for (let i = event >>> NODE_SHIFT << NODE_SHIFT; i <= event; i++)
			bytes += this.change(i);
		return bytes;
	}

	/** Bytes at the moment of each column. */
	ofColumns(columns) {
		return Float64Array.from(columns.at, (event) => this.bytesAt(event));
	}
}

/** Blocks whose class passes TEST. */
function classFilter(card, label, key, test) {
	const classes = Uint8Array.from({length: card.classes.count}, (_, cls) => test(cls) ? 1 : 0);
	return new Filter(card, label, key, Uint8Array.from(card.cls, (cls) => classes[cls]));
}

/** Blocks whose stack, name, call, band or label, of LABELS, has TEXT in it; case does not matter. */
export function textFilter(card, text, labels) {
	const {classes, recording: {table}} = card;
	const wanted = text.toLowerCase();
	const has = table.strings.map((string) => string.toLowerCase().includes(wanted));
	const frames = table.frames.function.map((name, i) => has[name] || has[table.frames.file[i]] || has[table.frames.module[i]] ||
		table.placeText(i).toLowerCase().includes(wanted) ? 1 : 0);
	const stacks = new Uint8Array(table.count);
	for (let stack = 1; stack < table.count; stack++)
		stacks[stack] = frames[table.frame[stack]] || stacks[table.parent(stack)];
	return classFilter(card, `“${text}”`, `text ${wanted}`, (cls) => stacks[classes.stack[cls]] || has[classes.name[cls]] ||
		has[classes.api[cls]] || (PARTS_TEXT[classes.part[cls]] || "").includes(wanted) || labels[classes.label[cls]].includes(wanted));
}

export function stackFilter(card, stack, label) {
	return classFilter(card, label, `stack ${stack}`, (cls) => card.classes.stack[cls] === stack);
}

/** Blocks whose most telling line is that of FRAME. */
export function lineFilter(card, frame) {
	const {table} = card.recording;
	const {classes} = card;
	return classFilter(card, table.headline(frame).join(" ").trim(), `line ${frame}`,
		(cls) => classes.stack[cls] !== 0 && table.originOf(classes.stack[cls]) === frame);
}

export function partFilter(card, part) {
	return classFilter(card, PARTS_TEXT[part], `part ${part}`, (cls) => card.classes.part[cls] === part);
}

export function phaseFilter(card, phase, label) {
	return classFilter(card, label, `phase ${phase}`, (cls) => card.classes.phase[cls] === phase);
}

/** Blocks that have LABEL at any time, and TEXT says which that is. */
export function labelFilter(card, label, text) {
	return classFilter(card, text, `label ${label}`, (cls) => card.classes.label[cls] === label);
}

/** Blocks whose band is a guess: GUESSES says so of each reason. */
export function guessFilter(card, guesses) {
	return classFilter(card, "guessed", "guessed", (cls) => guesses[card.classes.reason[cls]] === 1);
}

/** What the module PREFIX owns, and those in it; MODULES knows which that is. "": what has no name. */
export function moduleFilter(card, modules, prefix) {
	const filter = classFilter(card, prefix || "no name", `module ${prefix}`, (cls) => {
		const path = modules.pathOf(card.classes.name[cls]).join(".");
		return path === prefix || (prefix && path.startsWith(prefix + "."));
	});
	return Object.assign(filter, {modulePath: prefix ? prefix.split(".") : []});
}

/** Blocks born when STEP optimizer steps had been done. */
export function stepFilter(card, step) {
	return new Filter(card, `step ${step + 1}`, `step ${step}`, Uint8Array.from(card.step, (of) => of === step ? 1 : 0));
}
