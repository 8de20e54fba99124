/* SPDX-License-Identifier: Apache-2.0 */
/* Which recording, which card: a button for each, with how full it was at its fullest.  */
import {OOM_SURVIVED} from "./data.js";
import {byId, el, put} from "./dom.js";
import {sizeText} from "./words.js";

/** ALL: facts of every recording. Calls CHOOSE with the indexes of recording and card. */
export function startChooser(all, choose) {
	const buttons = all.flatMap((facts, recording) => facts.cards.map((card, index) => ({recording, index, facts, card})));
	const place = byId("chooser");
	place.hidden = buttons.length < 2;
	put(place, ...buttons.map((item) => chip(item, all, () => choose(item.recording, item.index))));
}

function chip({recording, index, facts, card}, all, choose) {
	const failed = facts.ooms.some((oom) => oom.device === card.device && oom.outcome !== OOM_SURVIVED);
	const fill = el("i.fill");
	fill.style.height = `${card.capacity_bytes ? Math.min(1, card.peak_bytes / card.capacity_bytes) * 100 : 0}%`;
	const name = [all.length > 1 ? recordingText(facts, all) : "", facts.cards.length > 1 ? `GPU ${card.device}` : ""]
		.filter(Boolean).join(", ");
	const button = el("button.chip", {type: "button", onclick: choose,
		title: `${facts.label}: peak ${sizeText(card.peak_bytes)}${failed ? ", ran out of memory" : ""}`},
	el("span.gauge", {"aria-hidden": "true"}, fill), el("span", {}, name), el("small", {}, sizeText(card.peak_bytes)),
	failed ? el("small.failed", {}, "OOM") : null);
	Object.assign(button.dataset, {recording, card: index});
	return button;
}

/** Ranks, where they tell recordings apart; otherwise files. */
function recordingText(facts, all) {
	const ranks = new Set(all.map((other) => other.rank));
	return facts.rank >= 0 && ranks.size === all.length ? `rank ${facts.rank}` : facts.label;
}

/** Mark what is shown. */
export function markChosen(recording, card) {
	for (const button of byId("chooser").children)
		button.setAttribute("aria-pressed", String(button.dataset.recording === String(recording) && button.dataset.card === String(card)));
}
