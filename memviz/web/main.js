/* SPDX-License-Identifier: Apache-2.0 */
/* From data to picture.  */
import {App} from "./app.js";
import {markChosen, startChooser} from "./chooser.js";
import {Card, OOM_SURVIVED, Recording} from "./data.js";
import {applyAddress, readAddress} from "./address.js";
import {byId} from "./dom.js";
import {startFinder} from "./finder.js";
import {startInput} from "./input.js";
import {startPanel} from "./panel.js";
import {readFacts} from "./streams.js";
import {NS_PER_MS} from "./words.js";

const recordings = new Map();
let app = null;
/** How often another card was asked for: only the latest is shown. */
let asked = 0;
let page = null;

/** The recording and card to begin with: the first that ran out of memory, else the one with the highest peak. */
function firstChoice(all) {
	const choices = all.flatMap((facts, recording) => facts.cards.map((card, index) => ({recording, index, card,
		failed: facts.ooms.some((oom) => oom.device === card.device && oom.outcome !== OOM_SURVIVED)})));
	const highest = choices.reduce((best, choice) => choice.card.peak_bytes > best.card.peak_bytes ? choice : best);
	const {recording, index} = choices.find((choice) => choice.failed) ?? highest;
	return [recording, index];
}

async function show(recordingIndex, cardIndex) {
	const turn = ++asked;
	if (!recordings.has(recordingIndex))
		recordings.set(recordingIndex, await Recording.open(recordingIndex));
	const card = await Card.open(recordings.get(recordingIndex), cardIndex);
	if (turn !== asked)
		return;
	const before = app;
	app?.close();
	app = new App(page, card);
	if (before)
		keepPlace(before, app);
	markChosen(recordingIndex, cardIndex);
	document.body.dataset.ready = String(performance.now());
}

/** What was looked at in one recording is looked at in the next: the same stretch of the clock on the wall. */
function keepPlace(before, after) {
	const shift = (before.recording.facts.start_realtime_ms - after.recording.facts.start_realtime_ms) * NS_PER_MS;
	const {begin, end, isWhole} = before.view;
	if (!before.momentName() && before.time + shift > after.view.first && before.time + shift < after.view.last)
		after.choose(before.time + shift);
	if (!isWhole && end + shift > after.view.first && begin + shift < after.view.last)
		after.view.set(begin + shift, end + shift);
}

function startButtons() {
	byId("zoom-in").addEventListener("click", () => app.view.zoom(0.5, app.zoomCenter()));
	byId("zoom-out").addEventListener("click", () => app.view.zoom(2, app.zoomCenter()));
	byId("reset").addEventListener("click", () => app.view.reset());
	byId("help-open").addEventListener("click", () => byId("help").showModal());
	byId("theme").addEventListener("click", () => {
		const isDark = app.theme.isDark;
		document.documentElement.dataset.scheme = isDark ? "light" : "dark";
		app.screen.readColors();
		app.changed();
	});
}

async function start() {
	if (!("DecompressionStream" in window))
		throw new Error("this browser is too old for it (Chromium 103, Firefox 113 or Safari 16.4 will do)");
	page = readFacts("meta");
	const all = Array.from({length: page.recordings}, (_, i) => readFacts(`r${i}`));
	if (!all.some((facts) => facts.cards.length)) {
		byId("story").textContent = `${all[0]?.program ?? "The program"} used no GPU while it was recorded.`;
			document.body.dataset.ready = "0";
		return;
	}
	startChooser(all, show);
	const address = readAddress();
	await show(...(all[address.r]?.cards[address.c] ? [address.r, address.c] : firstChoice(all)));
	applyAddress(app, address);
	startInput(() => app);
	startFinder(() => app);
	startPanel(() => app);
	startButtons();
}

start().catch((error) => {
	byId("story").textContent = `This page could not be shown: ${error.message}`;
	throw error;
});
