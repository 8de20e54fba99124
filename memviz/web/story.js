/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, in a sentence; and what is not in the recording, in words.  */
import {BANDS, FileState, OOM_SURVIVED} from "./data.js";
import {byId, el, put} from "./dom.js";
import {visible} from "./frames.js";
import {poolGaps} from "./tally.js";
import {PARTS_TEXT} from "./theme.js";
import {countText, durationText, momentText, plural, shareText, sizeBesideText, sizeText} from "./words.js";

const SNAPSHOT_TEXTS = ["", "when memory ran out", "on request", "at the program's end"];

/** What each kind of loss means (enum mv_loss), as a sentence about COUNT of them; null: nothing is missing. */
const LOSS_TEXTS = [
	(n) => `${plural(n, "event")} inside a signal handler could not be recorded`,
	(n) => `${plural(n, "event")} could not be recorded because the recorder was busy`,
	(n) => `${plural(n, "allocation")} did not fit into the table of what is alive`,
	(n) => `${plural(n, "name")} had no room`,
	(n) => `${plural(n, "stack")} had no room: those events are there without one`,
	(n) => `${plural(n, "event")} could not be compressed and are missing`,
	(n) => `${plural(n, "free")} of memory from before the recording: nothing else is missing`,
	(n) => `${plural(n, "stack")} were deeper than the recorder follows and are cut`,
	(n) => `${plural(n, "snapshot")} could not be written`,
	(n) => `${plural(n, "loaded object")} had no room: addresses in them have no names`,
	(n) => `${plural(n, "event")} are missing, all there were: somebody cut the recording's file while it was written`,
	(n) => `${plural(n, "thread")} had no room: what they did is there, as of no thread`,
	(n) => `${plural(n, "stack")} could not be taken: those events are there without one`,
	(n) => `${plural(n, "function")} that the recorder does not know may have taken memory: what they did is missing`,
	(n) => `${plural(n, "loaded object")} reached the driver without the recorder: what they did is missing`,
];

export function drawStory(app) {
	const {recording, card} = app;
	const oom = app.mainOom();
	byId("story").className = oom && oom.outcome !== OOM_SURVIVED ? "alarm" : "";
	put(byId("story"), ...(oom ? oomStory(app, oom) : peakStory(app)), ...findingStory(card));
	put(byId("facts"), factsText(recording.facts, card));
	put(byId("notes"), ...notesOf(app).map((note) => el("li", {}, note)));
	document.title = `${recording.facts.program} – memviz`;
}

function strong(text) {
	return el("strong", {}, text);
}

function oomStory(app, oom) {
	const {recording: {facts}, card} = app;
	const where = app.steps.text(oom.time_ns);
	const survived = oom.outcome === OOM_SURVIVED;
	return [strong(facts.program), survived ? " met an out-of-memory error and went on: " : " ran out of GPU memory: ",
		"it asked for ", strong(sizeBesideText(oom.requested_bytes, oom.free_bytes)),
		oom.total_bytes ? " with " : "", oom.total_bytes ? strong(sizeBesideText(oom.free_bytes, oom.requested_bytes)) : "",
		oom.total_bytes ? ` of ${sizeText(oom.total_bytes)} free` : "",
		`, ${durationText(oom.time_ns)} after the start`, where ? ` (${where})` : "", ". ",
		...holderStory(app, oom.time_ns, card, false), ...gapStory(app, oom),
		facts.oom_count > 1 ? ` It was one of ${countText(facts.oom_count)} such errors.` : ""];
}

/** Which band had most of what was allocated at TIME. */
function holderStory(app, time, card, isPeak) {
	const parts = app.pyramid.at(card.eventsUpTo(time) - 1);
	const bands = Array.from(parts.subarray(0, BANDS));
	const total = bands.reduce((sum, bytes) => sum + bytes, 0);
	const most = bands.indexOf(Math.max(...bands));
	if (!total)
		return [];
	const share = strong(`${sizeText(bands[most])} (${shareText(bands[most], total)})`);
	if (isPeak)
		return [bands[most] > total / 2 ? "Most of it, " : "The largest part of it, ", share, `, was ${PARTS_TEXT[most]} memory.`];
	return ["Of ", strong(sizeText(total)), " allocated, ", share, ` was ${PARTS_TEXT[most]} memory.`];
}

/** What is most worth knowing of the moment that the page begins with. */
function findingStory({facts: {finding}}) {
	return finding ? [` ${finding[0].toUpperCase()}${visible(finding.slice(1))}.`] : [];
}

/** Memory that was there, but in pieces that were too small. */
function gapStory(app, oom) {
	const event = app.card.eventsUpTo(oom.time_ns) - 1;
	const gaps = app.pyramid.knowsHeld ? poolGaps(app.card, app.live, app.layout, event) : null;
	if (!gaps || gaps.bytes < oom.requested_bytes)
		return [];
	return [" Another ", strong(sizeText(gaps.bytes)), " was reserved but not in use, ",
		gaps.largest < oom.requested_bytes ? `in ${plural(gaps.gaps, "gap")} of at most ${sizeText(gaps.largest)}: too small.` :
			`in ${plural(gaps.gaps, "gap")}, the largest ${sizeText(gaps.largest)}.`];
}

function peakStory(app) {
	const {recording: {facts}, card} = app;
	const {peak_bytes: peak, peak_ns: time, capacity_bytes: capacity} = card.facts;
	if (!peak)
		return [strong(facts.program), " allocated no GPU memory while it was recorded."];
	const where = app.steps.text(time);
	return [strong(facts.program), " needed ", strong(sizeText(peak)), " of GPU memory at its peak",
		capacity ? `, ${shareText(peak, capacity)} of the card's ${sizeText(capacity)}` : "",
		`, ${durationText(time)} after the start`, where ? ` (${where})` : "", ". ", ...holderStory(app, time, card, true)];
}

function factsText(facts, card) {
	const torch = facts.notes.findLast(([key]) => key === "torch");
	return [card.facts.name || `device ${card.facts.device}`, facts.world_size > 1 ? `rank ${facts.rank} of ${facts.world_size}` : "",
		`process ${facts.pid}`, torch ? `PyTorch ${torch[1]}` : "",
		new Date(facts.start_realtime_ms).toISOString().replace("T", " ").slice(0, 19) + " UTC",
		facts.state === FileState.SNAPSHOT ? `snapshot taken ${SNAPSHOT_TEXTS[facts.reason] || "while the program ran"}` : "",
		`${countText(facts.events)} events in ${durationText(facts.end_ns - facts.begin_ns)}`].filter(Boolean).join(" · ");
}

/** What a person must know before believing the picture. */
function notesOf(app) {
	const {recording: {facts}, card} = app;
	const notes = [];
	const start = facts.notes.findLast(([key]) => key === "start");
	if (start)
		notes.push(`The recorder came ${start[1]}.`);
	if (facts.begin_ns > 0)
		notes.push(`The recording begins at ${momentText(facts.begin_ns, 1e6)}${app.steps.isTraining ?
			`, step ${app.steps.stepAt(facts.begin_ns)}` : ""}: ${facts.evicted ? countText(facts.evicted) + " " : ""}older events were ` +
			`overwritten. ${beforeText(app)}`);
	if (facts.state === FileState.RECORDING)
		notes.push("The program was still running, or ended without a word: what follows the last event is not known.");
	if (facts.missing)
		notes.push(`${plural(facts.missing, "event")} between others are missing.`);
	facts.losses.forEach((count, loss) => {
		const text = count ? LOSS_TEXTS[loss]?.(count) : null;
		if (text)
			notes.push(text + ".");
	});
	if (card.events && card.facts.has_pool && !app.pyramid.knowsHeld)
		notes.push("The calls that fetch memory from the driver were not seen, so what is reserved is not known.");
	return notes;
}

/** What was there already when the recording, or what is left of it, begins. */
function beforeText(app) {
	const {card, live, recording: {facts}} = app;
	let blocks = 0, bytes = 0;
	live.forEachAlive(card.eventsUpTo(facts.begin_ns) - 1, (block) => {
		if (card.of("part", block) >= BANDS)
			return;
		blocks++;
		bytes += card.of("size", block);
	});
	return blocks ? `${plural(blocks, "block")} (${sizeText(bytes)}) from before ${blocks === 1 ? "was" : "were"} still alive.` : "";
}
