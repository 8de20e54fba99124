/* SPDX-License-Identifier: Apache-2.0 */
/* The whole recording as a narrow strip, with the part that is shown; dragging it moves that part.  */
import {STACKED} from "./data.js";
import {BLANK, Columns} from "./columns.js";
import {stackedTotal} from "./pyramid.js";

export class Overview {
	constructor(card, pyramid, view) {
		Object.assign(this, {card, pyramid, view});
	}

	columns(width) {
		if (this.cached?.width !== width)
			this.cached = new Columns(this.card, this.pyramid, this.view.first, this.view.last, width);
		return this.cached;
	}

	/** Draw into INK at PLACE: {left, width, top, height} in CSS pixels. */
	draw(ink, {theme, place}) {
		const columns = this.columns(Math.max(1, Math.floor(place.width)));
		const most = Math.max(1, this.pyramid.top.high[0]);
		ink.fillStyle = theme.sunken;
		ink.fillRect(place.left, place.top, place.width, place.height);
		ink.fillStyle = theme.faint;
		ink.beginPath();
		ink.moveTo(place.left, place.top + place.height);
		let x = 0;
		for (; x < columns.width && columns.at[x] !== BLANK; x++)
			ink.lineTo(place.left + x, place.top + place.height - stackedTotal(columns.parts, x * STACKED) / most * (place.height - 2));
		ink.lineTo(place.left + x, place.top + place.height);
		ink.fill();
		this.drawWindow(ink, theme, place);
	}

	drawWindow(ink, theme, place) {
		const {view} = this;
		const from = this.xOf(view.begin, place), to = Math.max(this.xOf(view.end, place), from + 2);
		ink.globalAlpha = 0.72;
		ink.fillStyle = theme.surface;
		ink.fillRect(place.left, place.top, from - place.left, place.height);
		ink.fillRect(to, place.top, place.left + place.width - to, place.height);
		ink.globalAlpha = 1;
		ink.strokeStyle = theme.muted;
		ink.lineWidth = 1;
		ink.strokeRect(Math.round(from) + 0.5, place.top + 0.5, Math.max(1, Math.round(to - from) - 1), place.height - 1);
	}

	xOf(time, place) {
		const {view} = this;
		return place.left + (time - view.first) / (view.last - view.first) * place.width;
	}

	timeAt(x, place) {
		const {view} = this;
		return view.first + (x - place.left) / place.width * (view.last - view.first);
	}
}
