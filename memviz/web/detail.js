/* SPDX-License-Identifier: Apache-2.0 */
/* One block: size, band and why, its life, its stack.  */
import {Flag, Ledger, NEVER, Part} from "./data.js";
import {byId, el, put} from "./dom.js";
import {FrameKind, shortName} from "./frames.js";
import {stackFilter} from "./search.js";
import {phaseText} from "./steps.js";
import {PARTS_TEXT} from "./theme.js";
import {addressText, countText, durationText, exactText, momentText, sizeText} from "./words.js";

/** So many frames of foreign code in a row are folded up, and so many of their authors named. */
const FOLD_FROM = 2, FOLD_NAMES = 2;
const LEDGER_TEXTS = {[Ledger.DEVICE]: "device memory", [Ledger.BLOCK]: "", [Ledger.HOST]: "pinned host memory",
	[Ledger.MANAGED]: "managed memory", [Ledger.MAPPING]: "mapped device memory", [Ledger.POOLED]: "stream-ordered pool"};
const ROLE_TEXTS = ["", "parameter", "buffer", "gradient", "optimizer state", "activation", "input", "temporary",
	"kept for backward", "given to a hook of saved tensors", "copied from the host", "given to cuBLAS"];

/** Show the chosen block of APP, or hide the place if there is none. */
export function drawDetail(app) {
	const {selected: block, card} = app;
	const place = byId("detail");
	place.hidden = block < 0;
	if (block < 0)
		return put(place);
	const part = card.of("part", block);
	place.dataset.block = String(block);
	return put(place,
		el("header", {}, el(`i.swatch.p${part}`), el("h2", {}, headText(app, block)),
			el("button.icon", {type: "button", title: "Close (Esc)", "aria-label": "Close", onclick: () => app.select(-1)}, "×")),
		el("p.why", {}, whyText(app, block)),
		card.of("label", block) ? el("p.label-text", {}, labelText(app, block)) : null,
		factList(app, block),
		el("div.actions", {},
			el("button", {type: "button", onclick: () => app.zoomTo(block)}, "Zoom to it"),
			card.of("stack", block) ? el("button", {type: "button", onclick: () => app.look(stackFilter(card, card.of("stack", block),
				app.blockLabel(block)))}, "All of this stack") : null),
		...allocatedBy(app, block), freedBy(app, block));
}

/** What was asked for in vain at the chosen moment, and by whom. */
export function drawRequest(app) {
	const oom = app.oomAtMoment();
	const place = byId("request");
	place.hidden = !oom;
	if (!oom)
		return put(place);
	const {recording: {table}, recording} = app;
	const [from, name] = table.originHeadline(oom.stack);
	return put(place,
		el("h2", {title: exactText(oom.requested_bytes)}, `Asked for ${sizeText(oom.requested_bytes)} in vain`),
		el("p", {}, el("b", {}, from), " ", name),
		el("p.why", {}, [recording.threadText(oom.thread), oom.api].filter(Boolean).join(", ")),
		oom.stack ? el("details", {}, el("summary", {}, "Whole stack"), stackList(table, oom.stack)) : null);
}

function kindText(card, block) {
	const part = card.of("part", block);
	return PARTS_TEXT[part] || LEDGER_TEXTS[card.of("ledger", block)] || "memory";
}

/** "h.3.mlp.c_fc.weight, exp_avg, 9.0 MiB"; "9.0 MiB activation" for what has no name. */
function headText({card, recording: {table}}, block) {
	const name = table.nameText(card.of("name", block)), size = sizeText(card.of("size", block));
	return name ? `${name}, ${size}` : `${size} ${kindText(card, block)}`;
}

/** What is known of BLOCK beside its band, and from when on: "Recomputed in backward, from 1.2 s on". */
export function labelText({card, page, view}, block) {
	const text = page.labels[card.of("label", block)];
	const precision = Math.max(1, Math.min(view.span, card.lifetime(block)) / 1000);
	const since = card.since[block] ? `, from ${momentText(card.labelTime(block), precision)} on` : "";
	return `${text[0].toUpperCase()}${text.slice(1)}${since}.`;
}

function whyText(app, block) {
	const {card} = app;
	const part = card.of("part", block);
	if (part === Part.OUTSIDE)
		return "Device memory in which the framework's pool never placed a block.";
	const {reasons, guesses} = app.page;
	const number = card.of("reason", block), reason = reasons[number] || "";
	const text = card.of("name", block) ? `${kindText(card, block)}: ${reason}` : reason;
	const isSaid = !guesses[number] || reason.includes("guess");
	return reason ? `${text[0].toUpperCase()}${text.slice(1)}${isSaid ? "" : " (a guess)"}.` : "";
}

function factList(app, block) {
	const {card, recording, steps} = app;
	const {table} = recording;
	const birth = card.time[card.birth[block]], death = card.death[block];
	const precision = Math.max(1, Math.min(app.view.span, card.lifetime(block)) / 1000);
	const bornUnknown = card.of("flags", block) & Flag.BIRTH_UNKNOWN;
	const facts = [
		["name", table.nameText(card.of("name", block))],
		["origin", originText(table, card.of("stack", block))],
		["size", exactText(card.of("size", block))],
		["born", bornUnknown ? "before the recording, or what is left of it, begins" :
			`${momentText(birth, precision)}, ${contextText(app, card.step[block] + 1, card.of("phase", block))}` +
			`by ${recording.threadText(card.of("thread", block))}`],
		["freed", death === NEVER ? "not while it was recorded" :
			`${momentText(card.time[death], precision)}, ${contextText(app, steps.stepAt(card.time[death]), card.of("freePhase", block))}` +
			`by ${recording.threadText(card.of("freeThread", block))}`],
		["lived", death === NEVER || bornUnknown ? "" : durationText(card.lifetime(block))],
		["said to be", ROLE_TEXTS[card.of("role", block)]],
		["call", table.string(card.of("api", block))],
		["kind", LEDGER_TEXTS[card.of("ledger", block)]],
		["address", addressText(card.addressOf(block))],
	];
	return el("dl", {}, ...facts.filter(([, value]) => value).flatMap(([key, value]) => [el("dt", {}, key), el("dd", {}, value)]));
}

function contextText(app, step, phase) {
	return app.steps.isTraining ? `step ${step}, ${phaseText(phase) || "a named range"}, ` : "";
}

/** Frames, innermost first: the user's own, the origin and what it called; runs of all others are folded up. */
export function stackList(table, stack) {
	const frames = table.framesOf(stack);
	if (!frames.length)
		return el("p.empty", {}, "No stack was recorded.");
	const origin = table.originIndex(stack), callees = table.calleesOf(frames, origin);
	const stands = (i) => i === origin || callees.includes(i) || table.isOwn(frames[i]) || table.isLabel(frames[i]);
	const list = el("ol.stack");
	for (let from = 0, to; from < frames.length; from = to) {
		for (to = from; to < frames.length && !stands(to); to++)
			;
		if (to - from >= FOLD_FROM) {
			list.append(folded(table, frames.slice(from, to)));
			continue;
		}
		to = from + 1;
		list.append(frameItem(table, frames[from], from === origin));
	}
	return list;
}

/** "12 frames of PyTorch's dispatch, Python", which open. */
function folded(table, frames) {
	return el("li", {}, el("details", {}, el("summary", {}, `${countText(frames.length)} frames${authorsText(table, frames)}`),
		el("ol.stack", {}, ...frames.map((frame) => frameItem(table, frame, false)))));
}

/** Whose they are, those that have most first. */
function authorsText(table, frames) {
	const counts = new Map();
	for (const author of frames.map((frame) => table.authorText(frame)).filter(Boolean))
		counts.set(author, (counts.get(author) || 0) + 1);
	const names = [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
	return names.length ? ` of ${names.slice(0, FOLD_NAMES).join(", ")}${names.length > FOLD_NAMES ? " and others" : ""}` : "";
}

function frameItem(table, frame, isOrigin) {
	const isNative = table.kind(frame) === FrameKind.NATIVE;
	const classes = ["frame", isOrigin ? "origin" : "", table.isOwn(frame) ? "own" : "foreign", isNative ? "native" : ""];
	return el("li", {className: classes.filter(Boolean).join(" "), title: table.titleText(frame)}, el("span.function", {}, shortName(table.functionText(frame)) || "?"),
		" ", el("span.place", {}, table.besideText(frame)));
}

/** "model.py:16 Block.forward", and whose it is if it is not the user's. */
function originText(table, stack) {
	const frame = table.originOf(stack);
	return frame ? `${table.originHeadline(stack).join(" ").trim()}${table.isOwn(frame) ? "" : ", not your code"}` : "";
}

/** What opens or folds all runs of frames in LIST. */
function unfoldButton(list) {
	const runs = [...list.querySelectorAll("details")];
	const button = el("button.unfold", {type: "button", onclick: () => {
		const open = !runs.every((run) => run.open);
		for (const run of runs)
			run.open = open;
	}}, "All frames");
	button.setAttribute("aria-pressed", "false");
	for (const run of runs)
		run.addEventListener("toggle", () => button.setAttribute("aria-pressed", String(runs.every((each) => each.open))));
	return runs.length ? button : null;
}

function allocatedBy(app, block) {
	const list = stackList(app.recording.table, app.card.of("stack", block));
	return [el("header", {}, el("h3", {}, "Allocated by"), unfoldButton(list)), list];
}

function freedBy(app, block) {
	const stack = app.card.of("freeStack", block);
	return stack ? el("details", {}, el("summary", {}, "Freed by"), stackList(app.recording.table, stack)) : null;
}
