/* SPDX-License-Identifier: Apache-2.0 */
/* Which blocks are looked for, and how many bytes of them there are at any event.  */
import {STACKED} from "./data.js";
import {NODE_EVENTS, NODE_SHIFT} from "./pyramid.js";
import {PARTS_TEXT} from "./theme.js";

export class Filter {
	/** Blocks of CARD whose class passes TEST; LABEL says which these are, KEY tells filters apart. */
	constructor(card, label, key, test) {
		Object.assign(this, {card, label, key});
		this.passes = new Uint8Array(card.classes.count);
		for (let cls = 0; cls < card.classes.count; cls++)
			this.passes[cls] = test(cls) ? 1 : 0;
		/** Of each class what it adds to the total. */
		this.size = card.classes.size.map((size, cls) => this.passes[cls] && card.classes.part[cls] < STACKED ? size : 0);
		this.sumUp();
	}

	has(cls) {
		return this.passes[cls] === 1;
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
		const block = card.blockOf[event];
		const size = this.size[card.cls[block]];
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

/** Blocks whose stack, name, call or band has TEXT in it; case does not matter. */
export function textFilter(card, text) {
	const {classes, recording: {table}} = card;
	const wanted = text.toLowerCase();
	const has = table.strings.map((string) => string.toLowerCase().includes(wanted));
	const frames = table.frames.function.map((name, i) => has[name] || has[table.frames.file[i]] || has[table.frames.module[i]] ||
		table.placeText(i).toLowerCase().includes(wanted) ? 1 : 0);
	const stacks = new Uint8Array(table.count);
	for (let stack = 1; stack < table.count; stack++)
		stacks[stack] = frames[table.frame[stack]] || stacks[table.parent(stack)];
	return new Filter(card, `“${text}”`, `text ${wanted}`, (cls) => stacks[classes.stack[cls]] || has[classes.name[cls]] ||
		has[classes.api[cls]] || (PARTS_TEXT[classes.part[cls]] || "").includes(wanted));
}

export function stackFilter(card, stack, label) {
	return new Filter(card, label, `stack ${stack}`, (cls) => card.classes.stack[cls] === stack);
}

/** Blocks whose most telling line is that of FRAME. */
export function lineFilter(card, frame) {
	const {table} = card.recording;
	const {classes} = card;
	return new Filter(card, table.headline(frame).join(" ").trim(), `line ${frame}`,
		(cls) => classes.stack[cls] !== 0 && table.originOf(classes.stack[cls]) === frame);
}

export function partFilter(card, part) {
	return new Filter(card, PARTS_TEXT[part], `part ${part}`, (cls) => card.classes.part[cls] === part);
}
