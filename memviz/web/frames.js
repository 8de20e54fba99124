/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks: which functions, and which of their lines says most to the person who looks.  */
import {Stream} from "./streams.js";

export const FrameKind = {NONE: 0, NATIVE: 1, PYTHON: 2, LABEL: 3};

/** Where code lies that its user did not write: installed packages, the interpreter's own, what it makes up. */
const FOREIGN_PYTHON = /(^|\/)(site-packages|dist-packages|lib\/python\d[\d.]*)\/|^<(?!stdin|string|ipython)/;
const FOREIGN_NATIVE = new RegExp("(^|/)(site-packages|dist-packages)/|^/(usr/(local/)?)?lib(32|64|exec)?/|" +
	"(^|/)(ld-linux[-_.\\w]*|lib(torch|c10|cuda|cudart|cublas|cublasLt|cudnn|cusparse|cusolver|cufft|curand|cupti|nccl|nvrtc|memviz|gpusim|" +
	"c|m|dl|rt|pthread|stdc\\+\\+|gcc_s|gomp|python[\\d.]*)([-_.\\d][\\w.+-]*)?\\.so|python[\\d.]*$)");

/** Where memory comes from, in PyTorch: the node of backward, the operator; and who only hands it out. */
const BACKWARD_NODE = /\w+Backward\d*::apply/, OPERATOR = /at::_ops::\w+::call/, ALLOCATOR = /lib(c10|cuda|cudart|memviz)[-_.]/;

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
		const stacks = await Stream.open(prefix, "stacks");
		table.back = stacks.small(facts.stacks);
		table.frame = stacks.small(facts.stacks);
		table.count = facts.stacks;
		table.best = new Int32Array(facts.stacks).fill(-1);
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

	kind(frame) {
		return this.frames.kind[frame];
	}

	/** True for code that is the user's own, as far as one can tell from where it lies. */
	isOwn(frame) {
		if (this.kind(frame) === FrameKind.PYTHON)
			return !FOREIGN_PYTHON.test(this.string(this.frames.file[frame]));
		const module = this.string(this.frames.module[frame]);
		return this.kind(frame) === FrameKind.NATIVE && module !== "" && !FOREIGN_NATIVE.test(module);
	}

	/** The frame of STACK that says most: the innermost of the user's own Python, of any Python, of the user's own native
	 * code; where there is neither, as in backward, the operator's. 0 without a stack. */
	bestFrame(stack) {
		if (stack && this.best[stack] < 0)
			this.best[stack] = this.findBest(this.framesOf(stack));
		return stack ? this.best[stack] : 0;
	}

	findBest(frames) {
		const isPython = (frame) => this.kind(frame) === FrameKind.PYTHON;
		const calls = (pattern) => (frame) => pattern.test(this.functionText(frame));
		return frames.find((frame) => isPython(frame) && this.isOwn(frame)) ?? frames.find(isPython) ??
			frames.find((frame) => this.isOwn(frame)) ?? frames.find(calls(BACKWARD_NODE)) ?? frames.findLast(calls(OPERATOR)) ??
			frames.find((frame) => !ALLOCATOR.test(this.string(this.frames.module[frame]))) ?? frames[0] ?? 0;
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

	/** The same with the whole path. */
	pathText(frame) {
		const file = this.string(this.frames.file[frame]);
		if (file)
			return file + (this.frames.line[frame] ? ":" + this.frames.line[frame] : "");
		const module = this.string(this.frames.module[frame]);
		return module && this.frames.offset[frame] ? `${module}+0x${this.frames.offset[frame].toString(16)}` : module;
	}

	/** What a frame is part of: the loaded object, or the installed package. */
	originText(frame) {
		const packages = /(?:site|dist)-packages\/([^/]+)/.exec(this.string(this.frames.file[frame]));
		return packages ? packages[1] : baseName(this.string(this.frames.module[frame]));
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
function visible(text) {
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
