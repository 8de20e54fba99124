/* SPDX-License-Identifier: Apache-2.0 */
/* How it adds up at the chosen moment: from the blocks of the pool to what is in use of the card, each term with what it
 * rests on; the words are those of `memviz report`.  */
import {Part} from "./data.js";
import {byId, el, put} from "./dom.js";
import {addUp} from "./sums.js";
import {durationText, exactText, sizeText} from "./words.js";

const SOURCE_TEXTS = {nvml: "NVML", driver: "driver"};
/** What was said longer ago than this, in ns, is shown with its age. */
const LONG_NS = 1e9;

/** Draw it: PARTS as the pyramid has them, STACKED and HELD their sums. */
export function drawBalance(app, parts, stacked, held) {
	const {card} = app;
	const sum = addUp(card, app.live, app.event, app.time, held);
	const isHeldKnown = !card.facts.has_pool || app.pyramid.knowsHeld;
	put(byId("totals"), el("h3", {}, "How it adds up"),
		...processRows(app, parts, stacked, held, isHeldKnown),
		...(sum.source !== "none" && isHeldKnown ? partRows(sum) : []),
		...cardRows(app, sum),
		whyRow(app, sum),
		besides("host", "pinned host", parts[Part.HOST], "memory of the host that the card can reach"),
		besides("managed", "managed", parts[Part.MANAGED], "memory that moves between host and cards"));
}

/** A line: SIGN, "+", "−", "=" or ""; BASIS in few words, of which MORE says what they are too short for. */
function row(key, sign, name, bytes, basis, more = "") {
	const line = el(`div.total${sign === "=" ? ".sum" : ""}`, {title: `${exactText(bytes)}${more || basis ? ": " : ""}${more || basis}`},
		el("span.sign", {}, sign), el("span.name", {}, name), el("small.basis", {}, basis), el("b", {}, sizeText(Math.abs(bytes))));
	line.dataset.total = key;
	line.dataset.bytes = String(bytes);
	return line;
}

function signed(key, name, bytes, basis, more) {
	return row(key, bytes < 0 ? "−" : "+", name, bytes, basis, more);
}

function besides(key, name, bytes, words) {
	return bytes ? row(key, "", name, bytes, "", words) : null;
}

/** What the process asked for, from its blocks on. */
function processRows({card}, parts, stacked, held, isHeldKnown) {
	const bands = stacked - parts[Part.OUTSIDE], pool = parts[Part.POOL];
	if (!card.facts.has_pool)
		return [row("allocated", "", "allocated", bands, "asked of the driver: the bands")];
	const rows = [row("allocated", "", "allocated", bands, "in blocks: the bands", "in blocks of the framework's pool: the bands")];
	if (!isHeldKnown)
		return rows;
	const unused = pool - bands;
	return [...rows, unused < 0 ? signed("unused", "not held", unused, "where it lies was not seen") :
		signed("unused", "unused", unused, "free in the pool"),
		row("reserved", "=", "reserved", pool, "held by the pool", "what the pool holds of the driver"),
		parts[Part.OUTSIDE] ? signed("direct", "direct", parts[Part.OUTSIDE], "outside of the pool", "asked of the driver outside of the pool") : null,
		row("device", "=", "this process", held, "asked of the driver")].filter(Boolean);
}

/** What else is in use. Where nobody said what is this process's, the rest has its context and all others in it. */
function partRows({parts, calls, isFirstLost, managed}) {
	const part = (key, basis, more) => parts[key] ? signed(key, key, parts[key], basis, more) : null;
	return [
		part("rounding", "to whole pages of 2 MiB"),
		part("pools", "in reserve in the driver's", "reserved by the driver's pool, not handed out"),
		part("graphs", "in reserve for graphs", "reserved by the driver for graphs"),
		part("context", isFirstLost ? "and all before a first sample" : "at its first sample (NVML)",
			isFirstLost ? "context and all that came before the first sample" : "this process's own at its first sample (NVML)"),
		part("modules", `around ${calls} call${calls === 1 ? "" : "s"} (NVML)`,
			`growth around ${calls} call${calls === 1 ? "" : "s"}: code, limits (NVML)`),
		part("others", "other processes (NVML)"),
		parts.context === null ? parts.unexplained ? signed("unexplained", "others", parts.unexplained, "context, libraries, others",
			"the context, libraries, other processes") : null :
			signed("unexplained", "unexplained", parts.unexplained, ...restTexts(parts.unexplained, managed)),
	].filter(Boolean);
}

function restTexts(bytes, managed) {
	if (!bytes)
		return ["nothing is left over"];
	if (bytes < 0)
		return ["counted twice: shared?", "counted more than once: shared memory, perhaps"];
	return managed ? ["managed memory?", "nobody says what it is; managed memory, perhaps"] : ["nobody says what it is"];
}

/** What is in use, what is free, what the card has. */
function cardRows({card, time}, sum) {
	const capacity = sum.total || card.facts.capacity_bytes, free = capacity - sum.used - sum.kept;
	const whole = (sign) => capacity ? row("card", sign, "card", capacity, "what the driver says it has") : null;
	if (sum.source === "none")
		return [whole("")].filter(Boolean);
	return [row("used", "=", "in use", sum.used, ...usedTexts(sum, time)),
		sum.kept ? signed("kept", "kept back", sum.kept, "by driver and firmware") : null,
		signed("free", "free", free, "on the card"), whole("=")].filter(Boolean);
}

/** In few words, and in all. Nothing that is known of may have changed since it was said; then it is as good as new for a
 * while. */
function usedTexts({source, said, saidAt, used}, time) {
	const apart = Math.abs(time - saidAt), isSame = said === used, who = SOURCE_TEXTS[source];
	const age = `${durationText(apart)} ${saidAt < time ? "before" : "later"}`;
	if (isSame && apart <= LONG_NS)
		return [`as ${who} said`];
	return [`${who}, ${age}`, `${isSame ? "as" : "from what"} ${who} said ${age}` +
		(isSame ? "" : `, ${sizeText(said)}, and what the process has got and given back between`)];
}

/** Why it was not said, or not told apart, if the recording says that. */
function whyRow({recording: {facts}}, sum) {
	const nvml = facts.notes.findLast(([key]) => key === "nvml")?.[1] ?? "";
	const why = nvml && nvml !== "asked" ? `: ${nvml}` : "";
	if (sum.source === "none")
		return el("p.why", {}, `What others have of the card was not said${why}.`);
	return sum.parts.context === null && why ? el("p.why", {}, `Not told apart${why}.`) : null;
}
