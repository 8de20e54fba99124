/* SPDX-License-Identifier: Apache-2.0 */
/* What lies under the pointer, in a few lines beside it.  */
import {BANDS, STACKED} from "./data.js";
import {byId, el, put} from "./dom.js";
import {BLANK} from "./columns.js";
import {labelText} from "./detail.js";
import {stackedTotal} from "./pyramid.js";
import {PARTS_TEXT, SLACK_TEXT} from "./theme.js";
import {addressText, countText, durationText, momentText, sizeText} from "./words.js";

/** CSS pixels from the pointer; frames of a stack. */
const OFFSET = 14, FRAMES_MAX = 5;

export function hideTip() {
	byId("tip").hidden = true;
}

/** Show LINES, elements or text, beside X and Y of the plot, on the side that has more room. */
function showTip(app, x, y, lines) {
	const tip = byId("tip");
	put(tip, ...lines);
	tip.hidden = false;
	const {width, height} = app.geometry;
	const toLeft = x > width / 2, toTop = y > height / 2;
	Object.assign(tip.style, {
		left: toLeft ? "auto" : `${x + OFFSET}px`, right: toLeft ? `${width - x + OFFSET}px` : "auto",
		top: toTop ? "auto" : `${y + OFFSET}px`, bottom: toTop ? `${height - y + OFFSET}px` : "auto"});
}

/** Over the bands: the band, its bytes, the moment that is shown there. */
export function tipForBands(app, x, y, column, bytes) {
	const {columns, card} = app;
	const event = columns.at[column];
	if (event === undefined || event === BLANK)
		return hideTip();
	const part = partAt(columns, column, bytes);
	const total = stackedTotal(columns.parts, column * STACKED);
	const time = event < 0 ? columns.timeAt(column) : Math.max(card.time[event], columns.timeAt(column));
	const held = columns.held[column];
	const lines = [el("div.tip-time", {}, momentText(time, columns.span / columns.width / 10), " ", app.steps.text(time))];
	if (part >= 0)
		lines.push(el("div", {}, el(`i.swatch.p${part}`), el("b", {}, PARTS_TEXT[part]), " ",
			sizeText(columns.parts[column * STACKED + part])));
	else if (bytes < held)
		lines.push(el("div", {}, el("i.swatch.slack"), el("b", {}, SLACK_TEXT), " ", sizeText(held - total)));
	lines.push(el("div.tip-quiet", {}, `in use ${sizeText(total)}${app.pyramid.knowsHeld && card.facts.has_pool ? `, held ${sizeText(held)}` : ""}`));
	if (app.filter)
		lines.push(el("div", {}, el("i.swatch.match"), `${app.filter.label} ${sizeText(app.filter.bytesAt(event))}`));
	return showTip(app, x, y, lines);
}

/** The part whose stretch of column COLUMN has BYTES in it, -1: above all. */
function partAt(columns, column, bytes) {
	for (let part = 0, sum = 0; part < STACKED; part++) {
		sum += columns.parts[column * STACKED + part];
		if (bytes < sum)
			return part;
	}
	return -1;
}

/** Over the map: the block, its size, band, name and line; how many share the place. */
export function tipForMap(app, x, y, found) {
	if (!found)
		return hideTip();
	if (found.block < 0)
		return showTip(app, x, y, [el("div", {}, found.isHeld ? SLACK_TEXT : "not held at this moment"),
			el("div.tip-quiet", {}, addressText(Math.round(found.address)))]);
	return showTip(app, x, y, blockLines(app, found));
}

function blockLines(app, {block, count}) {
	const {card, recording: {table}} = app;
	const name = table.nameText(card.of("name", block));
	const reason = app.page.reasons[card.of("reason", block)];
	return [
		el("div", {}, el(`i.swatch.p${card.of("paint", block)}`), name ? el("b", {}, name) : null, name ? ", " : "",
			el(name ? "span" : "b", {}, sizeText(card.of("size", block))), " ", PARTS_TEXT[card.of("paint", block)]),
		card.of("part", block) < BANDS && reason ? el("div.tip-quiet", {}, reason) : null,
		card.of("label", block) ? el("div.tip-quiet", {}, labelText(app, block)) : null,
		...ownFrames(table, card.of("stack", block)).map((frame, i) => frameLine(table, frame, i === 0 ? card.of("stack", block) : 0)),
		el("div.tip-quiet", {}, lifeText(app, block)),
		count > 1 ? el("div.tip-quiet", {}, `largest of ${countText(count)} blocks in this spot: zoom in to tell them apart`) : null];
}

/** A line of a stack; of ORIGIN, if it is not 0, the origin. */
function frameLine(table, frame, origin) {
	const [place, name] = origin ? table.originHeadline(origin) : table.headline(frame);
	return el(origin ? "div.tip-frame.origin" : "div.tip-frame", {}, el("b", {}, place), " ", name,
		origin && !table.isOwn(frame) ? el("span.tip-quiet", {}, ", not your code") : null);
}

function lifeText({card, steps}, block) {
	const life = card.lifetime(block);
	const lived = life === Infinity ? "never freed" : `lived ${durationText(life)}`;
	return steps.isTraining ? `${lived}, born in step ${card.step[block] + 1}` : lived;
}

/** The origin, and the user's own lines that led to it. */
function ownFrames(table, stack) {
	const origin = table.originIndex(stack);
	return table.framesOf(stack).filter((frame, i) => i === origin || (i > origin && table.isOwn(frame))).slice(0, FRAMES_MAX);
}
