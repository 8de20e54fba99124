/* SPDX-License-Identifier: Apache-2.0 */
/* One block: size, band and why, its life, its stack.  */
import {Flag, Ledger, NEVER, Part} from "./data.js";
import {byId, el, put} from "./dom.js";
import {FrameKind, shortName} from "./frames.js";
import {stackFilter} from "./search.js";
import {phaseText} from "./steps.js";
import {PARTS_TEXT} from "./theme.js";
import {addressText, countText, durationText, exactText, momentText, sizeText} from "./words.js";

/** So many frames of foreign code in a row are folded up, and so many of their origins named. */
const FOLD_FROM = 4, FOLD_NAMES = 1;
const LEDGER_TEXTS = {[Ledger.DEVICE]: "device memory", [Ledger.BLOCK]: "", [Ledger.HOST]: "pinned host memory",
	[Ledger.MANAGED]: "managed memory", [Ledger.MAPPING]: "mapped device memory", [Ledger.POOLED]: "stream-ordered pool"};
const ROLE_TEXTS = ["", "parameter", "buffer", "gradient", "optimizer state", "activation", "input", "temporary"];

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
		el("header", {}, el(`i.swatch.p${part}`), el("h2", {}, sizeText(card.of("size", block)), " ", kindText(card, block)),
			el("button.icon", {type: "button", title: "Close (Esc)", "aria-label": "Close", onclick: () => app.select(-1)}, "×")),
		el("p.why", {}, whyText(app, block)),
		factList(app, block),
		el("div.actions", {},
			el("button", {type: "button", onclick: () => app.zoomTo(block)}, "Zoom to it"),
			card.of("stack", block) ? el("button", {type: "button", onclick: () => app.look(stackFilter(card, card.of("stack", block),
				app.blockLabel(block)))}, "All of this stack") : null),
		el("h3", {}, "Allocated by"), stackList(app.recording.table, card.of("stack", block)),
		freedBy(app, block));
}

/** What was asked for in vain at the chosen moment, and by whom. */
export function drawRequest(app) {
	const oom = app.oomAtMoment();
	const place = byId("request");
	place.hidden = !oom;
	if (!oom)
		return put(place);
	const {recording: {table}, recording} = app;
	const frame = table.bestFrame(oom.stack);
	return put(place,
		el("h2", {title: exactText(oom.requested_bytes)}, `Asked for ${sizeText(oom.requested_bytes)} in vain`),
		el("p", {}, el("b", {}, table.headline(frame)[0]), " ", table.headline(frame)[1]),
		el("p.why", {}, [recording.threadText(oom.thread), oom.api].filter(Boolean).join(", ")),
		oom.stack ? el("details", {}, el("summary", {}, "Whole stack"), stackList(table, oom.stack)) : null);
}

function kindText(card, block) {
	const part = card.of("part", block);
	return PARTS_TEXT[part] || LEDGER_TEXTS[card.of("ledger", block)] || "memory";
}

function whyText(app, block) {
	const {card} = app;
	const part = card.of("part", block);
	if (part === Part.OUTSIDE)
		return "Device memory in which the framework's pool never placed a block.";
	const reason = app.page.reasons[card.of("reason", block)] || "";
	return reason ? reason[0].toUpperCase() + reason.slice(1) + "." : "";
}

function factList(app, block) {
	const {card, recording, steps} = app;
	const {table} = recording;
	const birth = card.time[card.birth[block]], death = card.death[block];
	const precision = Math.max(1, Math.min(app.view.span, card.lifetime(block)) / 1000);
	const bornUnknown = card.of("flags", block) & Flag.BIRTH_UNKNOWN;
	const facts = [
		["name", table.string(card.of("name", block))],
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
	return app.steps.isTraining ? `step ${step}, ${phaseText(phase) || "own phase"}, ` : "";
}

/** Frames, innermost first. Code that is not the user's stands back; long runs of it are folded up. */
export function stackList(table, stack) {
	const frames = table.framesOf(stack);
	if (!frames.length)
		return el("p.empty", {}, "No stack was recorded.");
	const best = table.bestFrame(stack);
	const list = el("ol.stack");
	for (let from = 0, to; from < frames.length; from = to) {
		for (to = from; to < frames.length && frames[to] !== best && !table.isOwn(frames[to]); to++)
			;
		const items = frames.slice(from, to).map((frame) => frameItem(table, frame, false));
		list.append(...(items.length >= FOLD_FROM ? [folded(table, frames.slice(from, to), items)] : items));
		if (to < frames.length)
			list.append(frameItem(table, frames[to], frames[to++] === best));
	}
	return list;
}

/** "12 frames of libtorch_cuda.so, libtorch_cpu.so", which open. */
function folded(table, frames, items) {
	const modules = [...new Set(frames.map((frame) => table.originText(frame)).filter(Boolean))];
	const names = modules.slice(0, FOLD_NAMES).join(", ") + (modules.length > FOLD_NAMES ? " …" : "");
	return el("li", {}, el("details", {}, el("summary", {}, `${countText(frames.length)} frames${names ? ` of ${names}` : ""}`),
		el("ol.stack", {}, ...items)));
}

function frameItem(table, frame, isBest) {
	const isNative = table.kind(frame) === FrameKind.NATIVE;
	const classes = ["frame", isBest ? "best" : "", table.isOwn(frame) ? "own" : "foreign", isNative ? "native" : ""];
	const item = el("li", {className: classes.filter(Boolean).join(" "), title: [table.functionText(frame), table.pathText(frame)].filter(Boolean).join("\n")},
		el("span.function", {}, shortName(table.functionText(frame)) || "?"), " ", el("span.place", {}, table.placeText(frame)));
	return item;
}

function freedBy(app, block) {
	const stack = app.card.of("freeStack", block);
	return stack ? el("details", {}, el("summary", {}, "Freed by"), stackList(app.recording.table, stack)) : null;
}
