/* SPDX-License-Identifier: Apache-2.0 */
/* The two canvases: pixels of the lanes below, lines and words above.  */
import {byId} from "./dom.js";
import {bandPixels, drawBands} from "./bands.js";
import {Columns} from "./columns.js";
import {FLAG_HEIGHT, drawBandNames, drawBlockLabels, drawHeldLine, drawLimits, drawMapAxis, drawMoment, drawOoms, drawOutline, drawPeak, drawSizeAxis,
	drawStretches} from "./ink.js";
import {mapPixels} from "./map.js";
import {ROW, drawStrip, stripRows} from "./strip.js";
import {readTheme} from "./theme.js";

/** CSS pixels. */
const GUTTER = 74, NARROW = 640, OVERVIEW_HEIGHT = 26, GAP = 6, RIGHT = 10;
/** More device pixels than these are not drawn; the picture is enlarged. */
const PIXELS_MAX = 2.2e6;
const BANDS_PART = 0.52;

export class Screen {
	constructor(app) {
		this.app = app;
		this.base = byId("base");
		this.ink = byId("ink");
		/* At once: a canvas of another size is black, and would be seen for a frame. */
		this.observer = new ResizeObserver(() => {
			this.resize();
			this.draw();
		});
		this.observer.observe(byId("plot"));
		this.dark = matchMedia("(prefers-color-scheme: dark)");
		this.onScheme = () => this.readColors();
		this.dark.addEventListener("change", this.onScheme);
		this.readColors();
		this.resize();
	}

	close() {
		this.observer.disconnect();
		this.dark.removeEventListener("change", this.onScheme);
	}

	readColors() {
		const {app} = this;
		app.theme = readTheme();
		app.font = `11px ${app.theme.font}`;
		app.boldFont = `600 11px ${app.theme.font}`;
		this.bandPixels = bandPixels(app.theme);
		this.mapPixels = mapPixels(app.theme);
		app.redraw();
	}

	/** Where everything lies, in CSS pixels; heights of lanes are whole device pixels. */
	resize() {
		const {app} = this;
		const {width, height} = byId("plot").getBoundingClientRect();
		const ratio = Math.min(devicePixelRatio || 1, Math.sqrt(PIXELS_MAX / Math.max(1, width * height)));
		const left = width < NARROW ? 0 : GUTTER;
		const strip = stripRows(app.steps).length * ROW + 2;
		const flags = app.mainOom() ? FLAG_HEIGHT : 0;
		const lanes = Math.max(80, height - OVERVIEW_HEIGHT - flags - strip - 3 * GAP);
		const whole = (value) => Math.round(value * ratio) / ratio;
		const plotWidth = whole(Math.max(40, width - left - (left ? RIGHT : 0)));
		const place = (top, size) => ({left, width: plotWidth, top: whole(top), height: whole(size)});
		const bands = place(OVERVIEW_HEIGHT + GAP + flags, lanes * BANDS_PART);
		const stripPlace = place(bands.top + bands.height + 2, strip);
		const map = place(stripPlace.top + strip + GAP, lanes * (1 - BANDS_PART));
		app.geometry = {width, height, ratio, left, isNarrow: width < NARROW, overview: place(0, OVERVIEW_HEIGHT), bands, strip: stripPlace, map,
			lanes: {top: bands.top - flags, height: map.top + map.height - bands.top + flags}};
		for (const canvas of [this.base, this.ink]) {
			canvas.width = Math.round(width * (canvas === this.ink ? devicePixelRatio || 1 : ratio));
			canvas.height = Math.round(height * (canvas === this.ink ? devicePixelRatio || 1 : ratio));
		}
		this.image = null;
		app.changed();
	}

	draw() {
		const {app} = this;
		if (app.geometry.width < 1)
			return;
		if (app.areColumnsStale)
			this.drawBase();
		this.drawInk();
	}

	/** The pixels of both lanes. */
	drawBase() {
		const {app} = this;
		const {geometry: {bands, map, ratio}, card, pyramid, view, filter, scale} = app;
		const width = Math.round(bands.width * ratio);
		const rows = [bands.height, map.height].map((height) => Math.round(height * ratio));
		if (this.image?.width !== width || this.image?.height !== rows[0] + rows[1])
			this.image = new ImageData(width, rows[0] + rows[1]);
		const pixels = new Uint32Array(this.image.data.buffer);
		const columns = app.columns = new Columns(card, pyramid, view.begin, view.end, width);
		drawBands(pixels, columns, {top: 0, height: rows[0], scale, pixels: this.bandPixels, card, pyramid,
			matched: filter ? filter.ofColumns(columns) : null});
		app.mapLane.draw(pixels, columns, view, {top: rows[0], height: rows[1], pixels: this.mapPixels, filter, ratio});
		const context = this.base.getContext("2d", {alpha: false});
		context.fillStyle = app.theme.surface;
		context.fillRect(0, 0, this.base.width, this.base.height);
		const x = Math.round(bands.left * ratio);
		context.putImageData(this.image, x, Math.round(bands.top * ratio), 0, 0, width, rows[0]);
		context.putImageData(this.image, x, Math.round(map.top * ratio) - rows[0], 0, rows[0], width, rows[1]);
	}

	/** Everything that stands on them. */
	drawInk() {
		const {app} = this;
		const {geometry: {bands, map, strip, overview, lanes, width, height, isNarrow}, theme, columns, view, steps} = app;
		const ink = this.ink.getContext("2d");
		const scale = this.ink.width / width;
		ink.setTransform(scale, 0, 0, scale, 0, 0);
		ink.clearRect(0, 0, width, height);
		ink.font = app.font;
		app.overview.draw(ink, {theme, place: overview});
		drawSizeAxis(ink, {scale: app.scale, theme, place: bands, isNarrow});
		drawHeldLine(ink, app, columns, bands);
		if (!app.filter)
			drawBandNames(ink, app, columns, bands);
		drawPeak(ink, app, bands);
		drawLimits(ink, app, bands);
		drawStrip(ink, {view, steps, theme, place: strip});
		drawMapAxis(ink, app, map);
		drawStretches(ink, app, map);
		clipped(ink, map, () => {
			drawBlockLabels(ink, app, map);
			if (app.selected >= 0)
				drawOutline(ink, app, app.selected, map, theme.ink);
			if (app.pointer?.block >= 0)
				drawOutline(ink, app, app.pointer.block, map, theme.muted);
		});
		drawMoment(ink, app, bands, lanes, app.time, theme.ink, false);
		if (app.pointer)
			drawMoment(ink, app, bands, lanes, app.pointer.time, theme.muted, true);
		drawOoms(ink, app, bands, lanes);
		if (app.pointer?.range)
			drawRange(ink, app, bands, lanes);
		app.areColumnsStale = false;
	}
}

function clipped(ink, place, draw) {
	ink.save();
	ink.beginPath();
	ink.rect(place.left, place.top, place.width, place.height);
	ink.clip();
	draw();
	ink.restore();
}

/** What will be zoomed to. */
function drawRange(ink, {pointer: {range: [from, to]}, theme}, place, lanes) {
	ink.globalAlpha = 0.15;
	ink.fillStyle = theme.accent;
	ink.fillRect(Math.min(from, to), lanes.top, Math.abs(to - from), lanes.height);
	ink.globalAlpha = 1;
}
