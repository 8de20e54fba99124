/* SPDX-License-Identifier: Apache-2.0 */
/* The upper lane: what is in use, band on band, below what is held, below what the card has.  */
import {STACKED} from "./data.js";
import {BLANK} from "./columns.js";
import {stackedTotal} from "./pyramid.js";
import {channels, pixel} from "./theme.js";

/** Hatching, in device pixels: what is not of the bands. */
const HATCH_PERIOD = 6, HATCH_LINE = 2;
const DIM_SHARE = 0.28, LOW_SHARE = 0.16, OTHERS_SHARE = 0.5;
/** Room above the highest that is shown. */
const HEADROOM = 1.06;
/** A card that is used less than this is not worth most of the picture. */
const CARD_SCALE_FROM = 0.35;
/** Of the card: how far up what was asked for in vain is shown. */
const WANTED_MOST = 1.15;

/** The pixels that bands are drawn with. */
export function bandPixels(theme) {
	const surface = channels(theme.surface);
	const of = (share) => theme.parts.map((part) => pixel(channels(part), share, surface));
	return {surface: pixel(surface), solid: of(1), dim: of(DIM_SHARE), hatch: of(0.6), hatchDim: of(0.15), low: of(1 - LOW_SHARE),
		held: pixel(channels(theme.held)), others: pixel(channels(theme.line), OTHERS_SHARE, surface),
		match: pixel(channels(theme.accent))};
}

/** The bytes that the height of the lane stands for. */
export class BandScale {
	constructor(card, pyramid) {
		this.capacity = card.facts.capacity_bytes;
		this.used = Math.max(pyramid.top.held[0], pyramid.top.high[0], 0);
		/* What nobody could have given is cut off: it would leave no room for what there was. */
		this.wanted = Math.min(WANTED_MOST * Math.max(this.capacity, this.used),
			Math.max(0, ...card.recording.oomsOf(card.facts.device).map((oom) => wantedBytes(card, pyramid, oom))));
		this.showsCard = this.capacity > 0 && (!this.used || this.used >= this.capacity * CARD_SCALE_FROM);
	}

	get max() {
		return Math.max(this.used, ...(this.showsCard ? [this.wanted, this.capacity] : []), 1) * HEADROOM;
	}
}

/** Where what was asked for in vain would have ended, had it been given. */
export function wantedBytes(card, pyramid, oom) {
	const parts = pyramid.at(card.eventsUpTo(oom.time_ns) - 1);
	return Math.max(stackedTotal(parts, 0), heldAt(card, pyramid, oom.time_ns)) + oom.requested_bytes;
}

export function heldAt(card, pyramid, time) {
	const event = card.eventsUpTo(time) - 1;
	return pyramid.extremes(event, event, {}).held;
}

/**
 * Draw COLUMNS into the 32-bit pixels of IMAGE, WIDTH wide, from row TOP on, HEIGHT rows.
 * MATCHED, if not null, is how many bytes of each column are looked for.
 */
export function drawBands(image, columns, {top, height, scale, pixels, card, pyramid, matched}) {
	const {width} = columns;
	const perByte = height / scale.max;
	const rowOf = (bytes) => top + Math.max(0, height - Math.round(bytes * perByte));
	for (let x = 0; x < width; x++) {
		if (columns.at[x] === BLANK) {
			fillColumn(image, width, x, top, top + height, pixels.surface);
			continue;
		}
		const total = stackedTotal(columns.parts, x * STACKED);
		const heldRow = Math.min(rowOf(columns.held[x]), rowOf(total));
		fillColumn(image, width, x, top, heldRow, pixels.surface);
		drawOthers(image, columns, x, {top, heldRow, rowOf, scale, pixels, card, pyramid});
		fillColumn(image, width, x, heldRow, rowOf(total), pixels.held);
		drawStack(image, columns, x, rowOf, pixels, matched !== null);
		if (matched !== null)
			fillColumn(image, width, x, rowOf(matched[x]), top + height, pixels.match);
	}
}

function fillColumn(image, width, x, from, to, color) {
	for (let at = from * width + x, end = to * width + x; at < end; at += width)
		image[at] = color;
}

/** The bands of one column, from the bottom; above the lowest total of its time a little lighter. */
function drawStack(image, columns, x, rowOf, pixels, isDim) {
	const {width} = columns;
	const solid = isDim ? pixels.dim : pixels.solid;
	const lowRow = rowOf(columns.low[x]);
	let bytes = 0, bottom = rowOf(0);
	for (let part = 0; part < STACKED; part++) {
		bytes += columns.parts[x * STACKED + part];
		const row = rowOf(bytes);
		if (part === STACKED - 1) {
			hatchColumn(image, width, x, row, bottom, solid[part], (isDim ? pixels.hatchDim : pixels.hatch)[part]);
		} else {
			const split = Math.max(row, Math.min(bottom, lowRow));
			fillColumn(image, width, x, row, split, isDim ? solid[part] : pixels.low[part]);
			fillColumn(image, width, x, split, bottom, solid[part]);
		}
		bottom = row;
	}
}

function hatchColumn(image, width, x, from, to, color, other) {
	for (let row = from; row < to; row++)
		image[row * width + x] = (row + x) % HATCH_PERIOD < HATCH_LINE ? other : color;
}

/** What is neither this process's nor free, hanging from the card's capacity. */
function drawOthers(image, columns, x, {top, heldRow, rowOf, scale, pixels, card, pyramid}) {
	const others = scale.showsCard ? othersAt(card, pyramid, columns.timeAt(x + 1)) : 0;
	if (!others)
		return;
	const from = Math.max(top, rowOf(scale.capacity));
	const to = Math.min(heldRow, rowOf(scale.capacity - others));
	for (let row = from; row < to; row++)
		if ((row + x) % HATCH_PERIOD < HATCH_LINE)
			image[row * columns.width + x] = pixels.others;
}

/** Bytes of the card that were used but not held by this process, as was said for TIME ns; null: it was not said. */
export function othersAt(card, pyramid, time) {
	const {sums} = card, i = pyramid.knowsHeld ? sums.indexAt(time) : -1;
	if (i < 0)
		return null;
	return sums.beyond[i] ??= Math.max(0, sums.used[i] - heldAt(card, pyramid, sums.time[i]));
}
