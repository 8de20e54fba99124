/* SPDX-License-Identifier: Apache-2.0 */
/* The lower lane: every block at its address for as long as it lives.  What is smaller than a pixel is added up: a pixel
 * has the colour of the band that fills most of it, as strong as it is filled, but never too faint to be seen.  */
import {NEVER, Part, STACKED, countUpTo} from "./data.js";
import {BLANK} from "./columns.js";
import {channels, pixel} from "./theme.js";

/** Planes of coverage: the stacked parts, what a pool holds, blocks that are not looked for. */
const HELD_PLANE = STACKED, DIM_PLANE = STACKED + 1, PLANES = STACKED + 2;
const SHADES = 32, FAINTEST = 0.22;
/** Blocks of this many pixels and more are drawn as tiles with a seam, and can carry a label. */
const TILE_PIXELS = 4, SEAM_COVERAGE = 0.45;
const LABEL_WIDTH = 64, LABEL_HEIGHT = 13, LABELS_MAX = 200;

/** Shades of each plane, on memory that is held and on the bare surface: [(plane * 2 + isHeld) * SHADES + shade]. */
export function mapPixels(theme) {
	const grounds = [channels(theme.surface), channels(theme.held)];
	const colors = [...theme.parts, theme.held, theme.line].map(channels);
	const shades = new Uint32Array(PLANES * 2 * SHADES);
	for (let plane = 0; plane < PLANES; plane++)
		for (let ground = 0; ground < 2; ground++)
			for (let shade = 0; shade < SHADES; shade++)
				shades[(plane * 2 + ground) * SHADES + shade] = pixel(colors[plane], shade / (SHADES - 1), grounds[ground]);
	return {shades, surface: pixel(grounds[0]), held: pixel(grounds[1])};
}

export class MapLane {
	constructor(card, live, layout) {
		Object.assign(this, {card, live, layout});
		/** Blocks that are large enough for a label, from the last draw: {block, x, y, width, height} in pixels. */
		this.labels = [];
	}

	/** Draw into IMAGE from row TOP on, HEIGHT rows. FILTER: what is looked for, or null. RATIO: device pixels per pixel. */
	draw(image, columns, view, {top, height, pixels, filter, ratio}) {
		const {width} = columns;
		Object.assign(this, {columns, width, height, view, filter, ratio});
		this.perByte = height / (view.high - view.low);
		this.perTime = width / columns.span;
		this.labelColumns = LABEL_WIDTH * ratio;
		this.labelRows = LABEL_HEIGHT * ratio;
		this.last = width - 1;
		while (this.last >= 0 && columns.at[this.last] === BLANK)
			this.last--;
		this.clear();
		if (this.last >= 0)
			for (const lives of this.live.classes)
				this.addClass(lives);
		this.shade(image, top, pixels);
	}

	/** Coverage of nothing. Only rows that were written to are cleared. */
	clear() {
		const {width, height} = this;
		this.labels.length = 0;
		if (this.planes?.length !== PLANES * width * height || this.used.length !== PLANES * height) {
			this.planes = new Float32Array(PLANES * width * height);
			/** Of each row of each plane, whether anything is in it. */
			this.used = new Uint8Array(PLANES * height);
			this.row = {most: new Float32Array(width), sum: new Float32Array(width), best: new Uint8Array(width)};
		}
		for (let row = 0; row < this.used.length; row++)
			if (this.used[row])
				this.planes.fill(0, row * width, (row + 1) * width);
		this.used.fill(0);
	}

	/** Lives that can be wider than a column are looked at one by one; the shorter ones where a column shows a moment. */
	addClass(lives) {
		const perColumn = this.columns.span / this.width;
		if (lives.longest < perColumn)
			this.addMoments(lives);
		else
			this.addStretch(lives);
	}

	addStretch({from, to, longest}) {
		const {card, live, columns} = this;
		const earliest = card.time[card.birth[live.sorted[from]]];
		const begin = Math.max(columns.begin - longest, earliest);
		const lastEvent = columns.at[this.last];
		for (let i = live.bornUpTo(countUpTo(card.time, begin) - 2, from, to); i < to; i++) {
			const block = live.sorted[i];
			if (card.birth[block] > lastEvent)
				break;
			this.addBlock(block);
		}
	}

	addMoments({from, to, longest}) {
		const {card, live, columns} = this;
		let next = from;
		for (let x = 0; x <= this.last; x++) {
			const event = columns.at[x];
			if (event < 0)
				continue;
			next = live.bornUpTo(event, next, to);
			for (let i = next - 1; i >= from; i--) {
				const block = live.sorted[i];
				if (card.time[card.birth[block]] < card.time[event] - longest)
					break;
				if (card.death[block] > event)
					this.addRows(block, x, x);
			}
		}
	}

	/** The columns whose moment the block is alive at: what its times say, put right where they are at an edge. */
	addBlock(block) {
		const {card: {birth, death, time}, last: lastColumn, columns: {at, begin}, perTime} = this;
		const born = birth[block], died = death[block];
		let first = Math.max(0, Math.floor((time[born] - begin) * perTime) - 1);
		let last = died === NEVER ? lastColumn : Math.min(lastColumn, Math.floor((time[died] - begin) * perTime) + 1);
		while (first <= last && at[first] < born)
			first++;
		while (last >= first && at[last] >= died)
			last--;
		if (first <= last)
			this.addRows(block, first, last);
	}

	addRows(block, first, last) {
		const {card, layout, view, height} = this;
		const cls = card.cls[block];
		const paint = card.classes.paint[cls];
		if (paint === Part.NOTHING)
			return;
		const low = layout.low[card.place[block]];
		const top = (view.high - low - card.classes.size[cls]) * this.perByte;
		const bottom = (view.high - low) * this.perByte;
		if (bottom <= 0 || top >= height)
			return;
		const plane = paint === Part.POOL ? HELD_PLANE : this.filter && !this.filter.has(block) ? DIM_PLANE : paint;
		this.cover(plane, first, last, top > 0 ? top : 0, bottom < height ? bottom : height);
		if (plane !== HELD_PLANE && last - first >= this.labelColumns && bottom - top >= this.labelRows)
			this.noteLabel(block, first, last, Math.max(top, 0), Math.min(bottom, height));
	}

	/** Add to PLANE what lies between the rows TOP and BOTTOM, which need not be whole. */
	cover(plane, first, last, top, bottom) {
		const topRow = Math.floor(top), lastRow = Math.ceil(bottom) - 1;
		if (topRow >= lastRow)
			return this.coverRow(plane, first, last, Math.min(topRow, this.height - 1), bottom - top, false);
		const isTile = plane !== HELD_PLANE && bottom - top >= TILE_PIXELS && last - first + 1 >= TILE_PIXELS;
		for (let row = topRow; row <= lastRow; row++) {
			const share = Math.min(bottom, row + 1) - Math.max(top, row);
			this.coverRow(plane, first, last, row, isTile && row === lastRow ? Math.min(share, SEAM_COVERAGE) : share, isTile);
		}
	}

	coverRow(plane, first, last, row, share, isTile) {
		const {planes} = this;
		const line = plane * this.height + row;
		const base = line * this.width;
		this.used[line] = 1;
		for (let at = base + first; at < base + last; at++)
			planes[at] += share;
		planes[base + last] += isTile ? Math.min(share, SEAM_COVERAGE) : share;
	}

	noteLabel(block, first, last, top, bottom) {
		const {ratio} = this;
		if (this.labels.length < LABELS_MAX)
			this.labels.push({block, x: first / ratio, y: top / ratio, width: (last - first + 1) / ratio, height: (bottom - top) / ratio});
	}

	/** From coverage to colours, row by row: in each pixel the plane that covers most of it. */
	shade(image, top, pixels) {
		const {width, height, row: {most, sum}, used} = this;
		for (let row = 0; row < height; row++) {
			most.fill(0);
			sum.fill(0);
			for (let plane = 0; plane < PLANES; plane++)
				if (plane !== HELD_PLANE && used[plane * height + row])
					this.gather(plane, (plane * height + row) * width);
			this.shadeRow(image, (top + row) * width, row, pixels);
		}
	}

	gather(plane, base) {
		const {planes, width, row: {most, sum, best}} = this;
		for (let x = 0; x < width; x++) {
			const share = planes[base + x];
			sum[x] += share;
			if (share > most[x]) {
				most[x] = share;
				best[x] = plane;
			}
		}
	}

	shadeRow(image, to, row, {shades, surface, held}) {
		const {planes, width, row: {sum, best}} = this;
		const heldBase = (HELD_PLANE * this.height + row) * width;
		const hasHeld = this.used[HELD_PLANE * this.height + row];
		for (let x = 0; x < width; x++) {
			const isHeld = hasHeld && planes[heldBase + x] > 0;
			const share = sum[x];
			if (share > 0)
				image[to + x] = shades[(best[x] * 2 + (isHeld ? 1 : 0)) * SHADES + shadeOf(share)];
			else
				image[to + x] = isHeld ? held : surface;
		}
	}

	/** The largest block that is drawn at column X and ROW, and how many share the place; null if none does. */
	pick(x, row) {
		const {card, layout, view} = this;
		const event = this.columns?.at[x];
		const high = view.high - row / this.perByte, low = high - 1 / this.perByte;
		const found = {block: -1, count: 0, address: layout.addressAt((low + high) / 2), isHeld: false};
		if (event === undefined || event < 0)
			return null;
		this.live.forEachAlive(event, (block) => {
			const cls = card.cls[block];
			const at = layout.low[card.place[block]];
			if (card.classes.paint[cls] === Part.NOTHING || !(at < high && at + card.classes.size[cls] > low))
				return;
			if (card.classes.paint[cls] === Part.POOL) {
				found.isHeld = true;
				return;
			}
			found.count++;
			if (found.block < 0 || card.classes.size[cls] > card.of("size", found.block))
				found.block = block;
		});
		return found;
	}
}

/** 0 to SHADES - 1 for a share of a pixel above 0. */
function shadeOf(share) {
	return share >= 1 ? SHADES - 1 : (share > FAINTEST ? share : FAINTEST) * (SHADES - 1) + 0.5 | 0;
}
