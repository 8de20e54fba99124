/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks: which functions, and which of their lines says most to the person who looks.  */
import {Stream} from "./streams.js";

export const FrameKind = {NONE: 0, NATIVE: 1, PYTHON: 2, LABEL: 3, FORWARD: 4};

/** What a frame tells (enum mv_page_code). */
const Code = {OWN: 0, LIBRARY: 1, NOISE: 2};

export class StackTable {
	/** @returns {Promise<StackTable>} of the recording with PREFIX. */
	static async open(prefix, facts) {
		const table = new StackTable();
		await table.readStrings(prefix, facts.strings);
		const frames = await Stream.open(prefix, "frames");
		table.frames = {};
		for (const field of ["kind", "function", "file", "module", "line"])
			table.frames[field] = frames.small(facts.frames);
		table.frames.offset = frames.large(facts.frames);
		table.frames.code = frames.small(facts.frames);
		table.frames.author = frames.small(facts.frames);
		const stacks = await Stream.open(prefix, "stacks");
		table.back = stacks.small(facts.stacks);
		table.frame = stacks.small(facts.stacks);
		table.origins = stacks.small(facts.stacks);
		table.count = facts.stacks;
		table.originFrame = Uint32Array.from(table.origins, (_, stack) => table.findOrigin(stack));
		table.backward = Uint8Array.from(table.origins, (_, stack) => table.findBackward(stack) ? 1 : 0);
		return table;
	}

	async readStrings(prefix, count) {
		const stream = await Stream.open(prefix, "strings");
		const lengths = stream.small(count);
		const decoder = new TextDecoder();
		this.strings = Array.from(lengths, (length) => visible(decoder.decode(stream.raw(length))));
	}

	string(id) {
		return this.strings[id] || "";
	}

	/** What a name says to people: "h.3.mlp.c_fc.weight, exp_avg". */
	nameText(id) {
		return this.string(id).replace("/", ", ");
	}

	/** The stack of the callers, 0 at the end. */
	parent(stack) {
		return this.back[stack] ? stack - this.back[stack] : 0;
	}

	/** Frames of STACK, innermost first: indexes for the functions below. */
	framesOf(stack) {
		const frames = [];
		for (; stack; stack = this.parent(stack))
			frames.push(this.frame[stack]);
		return frames;
	}

	/** True for what is no code, but says how frames belong together. */
	isLabel(frame) {
		return this.kind(frame) === FrameKind.LABEL || this.kind(frame) === FrameKind.FORWARD;
	}

	kind(frame) {
		return this.frames.kind[frame];
	}

	/** True for code that is the user's own. */
	isOwn(frame) {
		return this.frames.code[frame] === Code.OWN;
	}

	/** Which of the frames of STACK, innermost first, is its origin: the one that a person would point at. */
	originIndex(stack) {
		return this.origins[stack] - 1;
	}

	/** That frame; 0 without a stack. */
	originOf(stack) {
		return this.originFrame[stack];
	}

	/** True if the origin of STACK did not ask for memory itself: backward did, at a node of the graph that it had made. */
	isBackward(stack) {
		return this.backward[stack] === 1;
	}

	/** Where what STACK asked for is from, in words: ["backward of train.py:8", "step"]; what is most telling comes first. */
	originHeadline(stack) {
		const [first, second] = this.headline(this.originOf(stack));
		return [this.isBackward(stack) ? `backward of ${first}` : first, second];
	}

	findBackward(stack) {
		return this.framesOf(stack).slice(0, Math.max(0, this.originIndex(stack))).some((frame) => this.kind(frame) === FrameKind.FORWARD);
	}

	findOrigin(stack) {
		let at = stack;
		for (let left = this.origins[stack]; left > 1; left--)
			at = this.parent(at);
		return this.origins[stack] ? this.frame[at] : 0;
	}

	/** Of FRAMES, Python's inside of the origin that tell most: the innermost that tells anything, and the innermost of the
	 * package that the origin called, which knows which of the layers it is. Indexes, innermost first. */
	calleesOf(frames, origin) {
		const telling = frames.slice(0, Math.max(0, origin)).map((_, i) => i).filter((i) => this.kind(frames[i]) === FrameKind.PYTHON &&
			this.frames.code[frames[i]] !== Code.NOISE);
		const called = this.authorText(frames[telling.at(-1)]);
		return [...new Set([telling[0], telling.find((i) => this.authorText(frames[i]) === called)])].filter((i) => i !== undefined);
	}

	functionText(frame) {
		return this.string(this.frames.function[frame]);
	}

	/** "model.py:122", "libtorch_cuda.so+0x1f4c0", "" if nothing is known. */
	placeText(frame) {
		const file = this.string(this.frames.file[frame]);
		if (file)
			return baseName(file) + (this.frames.line[frame] ? ":" + this.frames.line[frame] : "");
		const module = baseName(this.string(this.frames.module[frame]));
		return module && this.frames.offset[frame] ? `${module}+0x${this.frames.offset[frame].toString(16)}` : module;
	}

	/** What stands beside a function's name: the same, but of native code only where there is no name. */
	besideText(frame) {
		const isNamed = this.functionText(frame) && !this.string(this.frames.file[frame]);
		return isNamed ? baseName(this.string(this.frames.module[frame])) : this.placeText(frame);
	}

	/** The same as placeText with the whole path. */
	pathText(frame) {
		const file = this.string(this.frames.file[frame]);
		if (file)
			return file + (this.frames.line[frame] ? ":" + this.frames.line[frame] : "");
		const module = this.string(this.frames.module[frame]);
		return module && this.frames.offset[frame] ? `${module}+0x${this.frames.offset[frame].toString(16)}` : module;
	}

	/** All that is known of a frame, a line each. */
	titleText(frame) {
		const author = this.authorText(frame);
		return [this.functionText(frame), this.pathText(frame), author ? `${author}: not your code` : ""].filter(Boolean).join("\n");
	}

	/** Whose code a frame is, "" for the user's own: "PyTorch's dispatch". */
	authorText(frame) {
		return this.string(this.frames.author[frame]);
	}

	/** What a frame is called in a list: ["model.py:122", "forward"], ["AddmmBackward0::apply", "libtorch_cpu.so"],
	 * ["libtorch_cpu.so+0x1f4c0", "native code"]; what is most telling comes first. */
	headline(frame) {
		const name = shortName(this.functionText(frame));
		if (this.string(this.frames.file[frame]))
			return [this.placeText(frame), name];
		if (name)
			return [name, baseName(this.string(this.frames.module[frame]))];
		return frame ? [this.placeText(frame) || "unknown", "native code"] : ["no stack", ""];
	}
}

/** What steers how text is shown, or can not be seen, as a sign that can: names must read as they are. */
export function visible(text) {
	return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, "\ufffd");
}

export function baseName(path) {
	return path.slice(path.lastIndexOf("/") + 1) || path;
}

/** A C++ function without its arguments, templates and outer namespaces; other names as they are. */
export function shortName(name) {
	if (!name.includes("::"))
		return name;
	const plain = withoutNested(name.replaceAll("(anonymous namespace)", "").replaceAll("operator()", "operator"));
	return plain.trim().split(" ").at(-1).split("::").filter(Boolean).slice(-2).join("::") || name;
}

/** TEXT up to its first (, without what is in <>. */
function withoutNested(text) {
	let depth = 0, kept = "";
	for (const char of text) {
		if (char === "(" && depth === 0)
			break;
		depth += char === "<" ? 1 : 0;
		kept += depth ? "" : char;
		depth -= char === ">" ? 1 : 0;
	}
	return kept;
}
