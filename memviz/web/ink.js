/* SPDX-License-Identifier: Apache-2.0 */
/* Lines and words over the lanes.  */
import {STACKED} from "./data.js";
import {BLANK} from "./columns.js";
import {wantedBytes} from "./bands.js";
import {PARTS_TEXT, SLACK_TEXT} from "./theme.js";
import {xOf} from "./strip.js";
import {niceSizeStep, sizeBesideText, sizeText} from "./words.js";

/** CSS pixels. */
/** CSS pixels for the flag of an OOM, above the bands. */
export const FLAG_HEIGHT = 20;
const GRID_ALPHA = 0.16;
const GRID_GAP = 46, LABEL_MIN_HEIGHT = 15, LABEL_PAD = 5, SEARCH_STEP = 10, PEAK_ROOM = 190, GHOST_WIDTH = 14, TICK = 5, TEXT_HEIGHT = 14,
	CARD_LABEL = 34;

/** Sizes at the left, lines across; what is above is the card's. */
export function drawSizeAxis(ink, {scale, theme, place, isNarrow}) {
	const {left, width, top, height} = place;
	const step = niceSizeStep(scale.max * GRID_GAP / height);
	ink.textBaseline = "middle";
	ink.textAlign = isNarrow ? "left" : "right";
	for (let bytes = 0; bytes <= scale.max; bytes += step) {
		const y = Math.round(top + height - bytes / scale.max * height);
		ink.fillStyle = theme.muted;
		ink.globalAlpha = GRID_ALPHA;
		if (bytes)
			ink.fillRect(left, y, width, 1);
		ink.globalAlpha = 1;
		if (isNarrow && (!bytes || isAtCardLabel(y, scale, place)))
			continue;
		if (isNarrow)
			backed(ink, theme, sizeText(bytes), left + 3, y - 8);
		else
			ink.fillText(sizeText(bytes), left - 8, Math.max(top + 6, y));
	}
}

/** Whether a size above the line Y would stand where the card's stands. */
function isAtCardLabel(y, scale, {top, height}) {
	const card = scale.capacity <= scale.max ? top + height - scale.capacity / scale.max * height : top;
	return scale.capacity > 0 && y > card - 4 && y < card + CARD_LABEL;
}

/** What the card has, on the side where the mark of the peak is not. */
export function drawLimits(ink, app, place) {
	const {scale, theme} = app;
	const {left, width, top, height} = place;
	const y = Math.round(top + height - scale.capacity / scale.max * height);
	const isRight = Math.abs(xOf({view: app.view, ...place}, app.card.facts.peak_ns) - left) < PEAK_ROOM;
	const x = isRight ? left + width - 6 : left + 6;
	ink.font = app.boldFont;
	ink.textBaseline = "alphabetic";
	ink.textAlign = isRight ? "right" : "left";
	if (scale.capacity && scale.capacity <= scale.max) {
		ink.fillStyle = theme.ink;
		ink.fillRect(left, y, width, 1);
		backed(ink, theme, `card: ${sizeText(scale.capacity)}`, x, y + 13);
	} else if (scale.capacity) {
		ink.fillStyle = theme.muted;
		backed(ink, theme, `card: ${sizeText(scale.capacity)} ↑`, x, top + 13);
	}
	ink.font = app.font;
}

function backed(ink, theme, text, x, y) {
	ink.lineWidth = 3;
	ink.lineJoin = "round";
	ink.strokeStyle = theme.surface;
	ink.strokeText(text, x, y);
	ink.fillText(text, x, y);
}

/** The outline of what the process holds, so that it is seen where bands reach up to it. */
export function drawHeldLine(ink, app, columns, place) {
	const {theme, scale, geometry} = app;
	if (!app.pyramid.knowsHeld || !app.card.facts.has_pool)
		return;
	ink.strokeStyle = theme.faint;
	ink.lineWidth = 1;
	ink.beginPath();
	for (let x = 0; x < columns.width && columns.at[x] !== BLANK; x++)
		ink.lineTo(place.left + x / geometry.ratio, place.top + place.height - columns.held[x] / scale.max * place.height);
	ink.stroke();
}

/** Each band's name where it is thickest, if the name fits in beside the mark of the peak; above the bands that of what is
 * not in use. */
export function drawBandNames(ink, app, columns, place) {
	const {theme} = app;
	const taken = columnsOf(app, peakLabel(ink, app, place), place);
	const end = columns.at.indexOf(BLANK);
	const low = new Float64Array(end < 0 ? columns.width : end), high = new Float64Array(low.length);
	ink.textAlign = "center";
	ink.textBaseline = "middle";
	for (let part = 0; part < STACKED; part++) {
		for (let x = 0; x < low.length; x++) {
			low[x] = high[x];
			high[x] += columns.parts[x * STACKED + part];
		}
		drawName(ink, app, place, PARTS_TEXT[part], theme.partInk[part], low, high, taken);
	}
	if (app.card.facts.has_pool && app.pyramid.knowsHeld)
		drawName(ink, app, place, SLACK_TEXT, theme.muted, high, columns.held, taken);
}

/** BOX as columns, FROM up to TO, and the bytes that it covers. */
function columnsOf({scale, geometry: {ratio}}, box, {left, top, height}) {
	const bytes = (y) => (top + height - y) / height * scale.max;
	return box ? {from: (box.left - left) * ratio, to: (box.right - left) * ratio, low: bytes(box.bottom), high: bytes(box.top)} :
		{from: 0, to: 0, low: 0, high: 0};
}

/** TEXT between the bytes LOW and HIGH of each column, if it fits somewhere beside what is TAKEN. */
function drawName(ink, {scale, geometry}, place, text, color, low, high, taken) {
	const perByte = place.height / scale.max;
	const room = Math.ceil((ink.measureText(text).width + 2 * LABEL_PAD) * geometry.ratio);
	const spot = thickest(low, high, room, taken);
	if (!spot || (spot.high - spot.low) * perByte < LABEL_MIN_HEIGHT)
		return;
	ink.fillStyle = color;
	ink.fillText(text, place.left + (spot.x + room / 2) / geometry.ratio, place.top + place.height - (spot.low + spot.high) / 2 * perByte);
}

/** Where ROOM columns have most in common: {x, low, high} bytes. Of what is taken, the side that leaves more counts. */
function thickest(lows, highs, room, taken) {
	let best = null;
	for (let x = 0; x + room < lows.length; x += SEARCH_STEP) {
		let low = 0, high = Infinity;
		for (let i = x; i < x + room && high > low; i++) {
			low = Math.max(low, lows[i]);
			high = Math.min(high, highs[i]);
		}
		if (x < taken.to && x + room > taken.from && low < taken.high && high > taken.low) {
			if (taken.low - low > high - taken.high)
				high = taken.low;
			else
				low = taken.high;
		}
		if (high > low && (!best || high - low > best.high - best.low))
			best = {x, low, high};
	}
	return best;
}

/** Out-of-memory errors: the moment, what was asked for and what was free; and how far the request would have reached. */
export function drawOoms(ink, app, place, lanes) {
	const {card, theme, view, pyramid} = app;
	let flagsFrom = Infinity;
	/* The latest first: where flags would cover each other, that is the one to read. */
	for (const oom of [...card.recording.oomsOf(card.facts.device)].reverse()) {
		const x = Math.round(xOf({view, ...place}, oom.time_ns));
		if (x < place.left || x > place.left + place.width)
			continue;
		ink.fillStyle = theme.alarm;
		ink.fillRect(x, lanes.top, 1.5, lanes.height);
		drawGhost(ink, app, x, place, wantedBytes(card, pyramid, oom), oom.requested_bytes);
		flagsFrom = drawFlag(ink, app, x, {...place, top: lanes.top, flagsFrom},
			`out of memory: asked for ${sizeBesideText(oom.requested_bytes, oom.free_bytes)}` +
			(oom.total_bytes ? `, ${sizeBesideText(oom.free_bytes, oom.requested_bytes)} free` : ""));
	}
}

/** What was asked for, dashed, on top of what was held: it ends at WANTED bytes, or above the picture. */
function drawGhost(ink, {theme, scale}, x, place, wanted, requested) {
	const rowOf = (bytes) =>
		Math.round(Math.max(place.top, place.top + place.height - bytes / scale.max * place.height)) + 0.5;
	ink.strokeStyle = theme.alarm;
	ink.lineWidth = 1;
	ink.setLineDash([3, 2]);
	ink.strokeRect(x + 1.5, rowOf(wanted), GHOST_WIDTH, Math.max(2, rowOf(wanted - requested) - rowOf(wanted)));
	ink.setLineDash([]);
}

/** At X, if it ends before place.flagsFrom. Returns where the flags begin now. */
function drawFlag(ink, {theme, boldFont, font}, x, place, text) {
	ink.font = boldFont;
	const width = ink.measureText(text).width + 12;
	const left = Math.max(place.left, Math.min(x - width / 2, place.left + place.width - width));
	if (left + width > place.flagsFrom) {
		ink.font = font;
		return place.flagsFrom;
	}
	ink.fillStyle = theme.alarm;
	ink.fillRect(left, place.top, width, FLAG_HEIGHT - 2);
	ink.fillStyle = theme["alarm-ink"];
	ink.textAlign = "left";
	ink.textBaseline = "middle";
	ink.fillText(text, left + 6, place.top + FLAG_HEIGHT / 2 - 0.5);
	ink.font = font;
	return left;
}

/** Where the mark of the highest total stands, and its text: {x, y, text, isLeft, left, right, top, bottom}; null: not on
 * the screen. */
function peakLabel(ink, app, place) {
	const {card: {facts}, view, scale} = app;
	const x = xOf({view, ...place}, facts.peak_ns);
	if (!facts.peak_bytes || x < place.left || x > place.left + place.width)
		return null;
	const y = place.top + place.height - app.stackedAt(facts.peak_ns) / scale.max * place.height;
	const text = `peak ${sizeText(facts.peak_bytes)}`, isLeft = x <= place.left + place.width - PEAK_ROOM / 2;
	const end = x + (isLeft ? 1 : -1) * (ink.measureText(text).width + 2 * LABEL_PAD);
	return {x, y, text, isLeft, left: Math.min(x - LABEL_PAD, end), right: Math.max(x + LABEL_PAD, end),
		top: y - TEXT_HEIGHT, bottom: y};
}

/** The highest total: a small mark above it. */
export function drawPeak(ink, app, place) {
	const {theme} = app;
	const label = peakLabel(ink, app, place);
	if (!label)
		return;
	const {x, y, text, isLeft} = label;
	ink.fillStyle = theme.ink;
	ink.beginPath();
	ink.moveTo(x, y - 1);
	ink.lineTo(x - 4, y - 8);
	ink.lineTo(x + 4, y - 8);
	ink.fill();
	ink.textBaseline = "middle";
	ink.textAlign = isLeft ? "left" : "right";
	backed(ink, theme, text, x + (isLeft ? 7 : -7), y - 7);
}

/** A seam around blocks that have room for it, and their names, or the lines that asked for them. */
export function drawBlockLabels(ink, app, place) {
	const {card, theme, mapLane, filter} = app;
	ink.textAlign = "left";
	ink.textBaseline = "middle";
	ink.strokeStyle = theme.held;
	ink.lineWidth = 1;
	for (const {block, x, y, width, height} of mapLane.labels) {
		ink.strokeRect(place.left + x - 0.5, place.top + y - 0.5, width, height);
		const isDim = filter && !filter.has(block);
		const text = fitText(ink, app.blockLabel(block), width - 8);
		ink.fillStyle = isDim ? theme.muted : theme.partInk[card.of("paint", block)];
		if (text)
			ink.fillText(text, place.left + x + LABEL_PAD, place.top + y + Math.min(height, 2 * TEXT_HEIGHT) / 2);
	}
}

/** TEXT, or as much of its beginning as is not wider than WIDTH; "" if that says nothing. */
function fitText(ink, text, width) {
	if (ink.measureText(text).width <= width)
		return text;
	const kept = Math.floor(text.length * width / ink.measureText(text).width) - 1;
	return kept >= 4 ? text.slice(0, kept) + "…" : "";
}

/** The rectangle of BLOCK on the map, as far as it is on the screen. */
export function drawOutline(ink, app, block, place, color) {
	const {card, view, layout} = app;
	const low = layout.low[card.place[block]];
	if (block < 0 || !(low >= 0))
		return;
	const death = app.deathTime(block);
	const from = Math.max(place.left - 2, xOf({view, ...place}, card.time[card.birth[block]]));
	const to = Math.min(place.left + place.width + 2, xOf({view, ...place}, death));
	const perByte = place.height / (view.high - view.low);
	const top = Math.max(-2, (view.high - low - card.of("size", block)) * perByte);
	const bottom = Math.min(place.height + 2, (view.high - low) * perByte);
	if (to < place.left || from > place.left + place.width || bottom < 0 || top > place.height)
		return;
	ink.strokeStyle = color;
	ink.lineWidth = 2;
	ink.strokeRect(from - 1, place.top + top - 1, Math.max(to - from, 1) + 2, Math.max(bottom - top, 1) + 2);
}

/** Ticks beside the map where unused addresses were left out. */
export function drawStretches(ink, app, place) {
	const {layout, view, theme} = app;
	const perByte = place.height / (view.high - view.low);
	ink.fillStyle = theme.faint;
	for (const {low, size} of layout.stretches) {
		const y = Math.round(place.top + (view.high - low) * perByte);
		if (low > 0 && size * perByte >= 2 && y > place.top && y < place.top + place.height)
			ink.fillRect(place.left - TICK, y, TICK, 1);
	}
}

/** How many addresses the map shows, beside it. */
export function drawMapAxis(ink, app, place) {
	const {layout, theme, view, geometry: {isNarrow}} = app;
	if (isNarrow || !layout.size)
		return;
	const shown = view.high - view.low;
	const isPart = shown < layout.size;
	ink.fillStyle = theme.muted;
	ink.textAlign = "right";
	ink.textBaseline = "top";
	["addresses", isPart ? sizeText(Math.round(shown)) : sizeText(layout.size), isPart ? `of ${sizeText(layout.size)}` : "ever held"]
		.forEach((text, line) => ink.fillText(text, place.left - 8, place.top + line * TEXT_HEIGHT));
}

/** A vertical line at TIME through both lanes. */
export function drawMoment(ink, app, place, lanes, time, color, isDashed) {
	const x = Math.round(xOf({view: app.view, ...place}, time)) + 0.5;
	if (x < place.left || x > place.left + place.width)
		return;
	ink.strokeStyle = color;
	ink.lineWidth = 1;
	ink.setLineDash(isDashed ? [2, 3] : []);
	ink.beginPath();
	ink.moveTo(x, lanes.top);
	ink.lineTo(x, lanes.top + lanes.height);
	ink.stroke();
	ink.setLineDash([]);
}
