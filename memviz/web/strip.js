/* SPDX-License-Identifier: Apache-2.0 */
/* The strip between the lanes: time, steps, phases.  */
import {Phase, countUpTo} from "./data.js";
import {phaseText} from "./steps.js";
import {momentText, niceTimeStep} from "./words.js";

/** Heights and distances in CSS pixels. */
export const ROW = 15;
const TICK_GAP = 84, STEP_GAP = 64, STEP_EDGE_FROM = 5, STRIP_PAD = 4;
/** More spans than this in the picture are shown as shares of each pixel, not one by one. */
const SPANS_MAX = 1500;

const ROW_NAMES = {time: "", steps: "step", phases: "phase", user: "ranges"};
const SHORT_NAMES = {backward: "bwd", optimizer: "opt"};

/** Rows of the strip: times; steps and phases if the program trains; named ranges if it has some. */
export function stripRows(steps) {
	return ["time", ...(steps.isTraining ? ["steps", "phases"] : []), ...(steps.hasUser ? ["user"] : [])];
}

/** Draw the strip into INK. PLACE: {left, width, top}; what the rows are called stands left of it if there is room. */
export function drawStrip(ink, {view, steps, theme, place}) {
	ink.fillStyle = theme.muted;
	ink.textAlign = "right";
	ink.textBaseline = "middle";
	stripRows(steps).forEach((row, i) => place.left && ink.fillText(ROW_NAMES[row], place.left - 8, place.top + (i + 0.5) * ROW + 1));
	const draw = {time: drawTimes, steps: drawSteps, phases: drawPhases, user: drawUserPhases};
	ink.save();
	ink.beginPath();
	ink.rect(place.left, place.top, place.width, stripRows(steps).length * ROW + 1);
	ink.clip();
	stripRows(steps).forEach((row, i) => draw[row](ink, {view, steps, theme, ...place, top: place.top + i * ROW}));
	ink.restore();
}

/** x of TIME in CSS pixels. */
export function xOf({view, left, width}, time) {
	return left + (time - view.begin) / view.span * width;
}

/** Distance of ticks in ns: round, and far enough apart for their labels. */
export function tickStep(view, width) {
	const digits = momentText(view.end, view.span / 100).length;
	return niceTimeStep(view.span * Math.max(TICK_GAP, digits * 8 + 16) / width);
}

function drawTimes(ink, strip) {
	const {view, theme, top, width} = strip;
	const step = tickStep(view, width);
	ink.fillStyle = theme.muted;
	ink.textAlign = "center";
	ink.textBaseline = "middle";
	for (let time = Math.ceil(view.begin / step) * step; time <= view.end; time += step) {
		const x = Math.round(xOf(strip, time));
		ink.fillRect(x, top, 1, 3);
		const label = momentText(time, step), half = ink.measureText(label).width / 2;
		ink.fillText(label, Math.max(strip.left + half, Math.min(x, strip.left + width - half)), top + ROW / 2 + 2);
	}
}

function drawSteps(ink, strip) {
	const {view, steps, theme, top} = strip;
	const {begins, numbers} = steps;
	const first = Math.max(0, countUpTo(begins, view.begin) - 1), end = countUpTo(begins, view.end);
	const perStep = strip.width / Math.max(1, end - first);
	const every = perStep >= STEP_GAP ? 1 : niceCount(STEP_GAP / perStep);
	let free = -Infinity;
	for (let i = first; i < end; i++) {
		const from = xOf(strip, begins[i]), to = i + 1 < begins.length ? xOf(strip, begins[i + 1]) : strip.left + strip.width;
		if (perStep >= STEP_EDGE_FROM) {
			ink.fillStyle = theme.line;
			ink.fillRect(Math.round(from), top + 1, 1, ROW - 2);
		}
		const shown = Math.max(from, strip.left);
		if (numbers[i] % every === 0 && shown >= free && to - shown > 12) {
			free = labelStep(ink, strip, numbers[i], shown, to);
		} else if (numbers[i] % every === 0 && every > 1 && shown >= free) {
			free = labelStep(ink, strip, numbers[i], shown, Math.min(shown + STEP_GAP, strip.left + strip.width));
		}
	}
}

/** The word stands left of the strip, or with the first number. @returns where the next label may begin. */
function labelStep(ink, {theme, left, top}, number, from, to) {
	const label = left || from > left ? String(number) : `step ${number}`;
	const {width} = ink.measureText(label);
	ink.fillStyle = theme.muted;
	ink.textAlign = "left";
	if (width + STRIP_PAD <= to - from)
		ink.fillText(label, from + STRIP_PAD, top + ROW / 2 + 1);
	return from + width + 2 * STRIP_PAD;
}

function niceCount(min) {
	const power = 10 ** Math.floor(Math.log10(min));
	return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= min);
}

function drawPhases(ink, strip) {
	const {theme, top, left, width} = strip;
	ink.fillStyle = theme.sunken;
	ink.fillRect(left, top, width, ROW);
	drawSpans(ink, strip, (phase) => phase !== Phase.USER);
}

function drawUserPhases(ink, strip) {
	drawSpans(ink, strip, (phase) => phase === Phase.USER);
}

function drawSpans(ink, strip, isWanted) {
	const {view, steps, top} = strip;
	const shown = [];
	steps.forEachBetween(view.begin, view.end, (i) => isWanted(steps.spans.phase[i]) && shown.push(i));
	if (shown.length > SPANS_MAX)
		return drawShares(ink, strip, shown);
	for (const i of shown)
		drawSpan(ink, strip, i, top);
}

function spanColor(theme, phase) {
	return phase === Phase.OPTIMIZER ? theme.faint : theme.line;
}

function drawSpan(ink, strip, i, top) {
	const {steps, theme, left, width} = strip;
	const {spans} = steps;
	const from = Math.max(left, xOf(strip, spans.begin[i])), to = Math.min(left + width, xOf(strip, spans.end[i]));
	const name = steps.recording.table.string(spans.name[i]);
	const label = spans.phase[i] === Phase.USER ? name : phaseText(spans.phase[i]);
	ink.fillStyle = spanColor(theme, spans.phase[i]);
	ink.fillRect(from, top + 1, Math.max(1, to - from), ROW - 2);
	ink.textAlign = "center";
	ink.fillStyle = theme.ink;
	for (const text of [label, SHORT_NAMES[label]])
		if (text && ink.measureText(text).width + STRIP_PAD <= to - from)
			return ink.fillText(text, (from + to) / 2, top + ROW / 2 + 1);
	return undefined;
}

/** What share of each pixel is spent in these spans, as strength of colour. */
function drawShares(ink, strip, shown) {
	const {steps, theme, left, width, top} = strip;
	const shares = new Float32Array(Math.ceil(width) + 1);
	for (const i of shown) {
		const from = Math.max(0, xOf(strip, steps.spans.begin[i]) - left);
		const to = Math.min(width, xOf(strip, steps.spans.end[i]) - left);
		for (let x = Math.floor(from); x < to; x++)
			shares[x] += Math.min(to, x + 1) - Math.max(from, x);
	}
	ink.fillStyle = theme.faint;
	for (let x = 0; x < width; x++) {
		ink.globalAlpha = Math.min(1, shares[x]);
		ink.fillRect(left + x, top + 1, 1, ROW - 2);
	}
	ink.globalAlpha = 1;
}
