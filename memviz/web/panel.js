/* SPDX-License-Identifier: Apache-2.0 */
/* What held memory at the chosen moment: the parts of the total, then lines, stacks and blocks, largest first.  */
import {Part, STACKED} from "./data.js";
import {byId, el, put} from "./dom.js";
import {heldBytes, stackedTotal} from "./pyramid.js";
import {drawBalance} from "./balance.js";
import {PARTS_TEXT, SLACK_TEXT} from "./theme.js";
import {groupBlocks, groupingOf} from "./groups.js";
import {guessFilter, labelFilter, partFilter} from "./search.js";
import {GUESSED, poolGaps, tally} from "./tally.js";
import {countText, durationText, exactText, momentText, parseMoment, plural, shareText, sizeText} from "./words.js";

const ROWS_AT_FIRST = 12, ROWS_MORE = 40;
/** Of what is in use: what has less of it is not worth a row below its band. */
const LABEL_SHARE = 0.005;

/** Connect tabs, field and buttons with the app that CURRENT returns. */
export function startPanel(current) {
	for (const tab of byId("tabs").children)
		tab.addEventListener("click", () => current().panel.showTab(tab.dataset.tab));
	byId("moment").addEventListener("change", (event) => current().panel.goTo(event.target));
	byId("go-peak").addEventListener("click", () => current().goToPeak());
	byId("go-oom").addEventListener("click", () => current().goToOom());
}

export class Panel {
	constructor(app) {
		this.app = app;
		this.tab = document.querySelector("#tabs [aria-pressed=true]").dataset.tab;
		this.rows = ROWS_AT_FIRST;
		this.hideTabs();
	}

	/** Those that would have one row only. */
	hideTabs() {
		const {modules, steps} = this.app;
		for (const tab of byId("tabs").children)
			tab.hidden = (tab.dataset.tab === "modules" && !modules.areKnown) ||
				((tab.dataset.tab === "phases" || tab.dataset.tab === "steps") && !steps.isTraining);
		if (document.querySelector("#tabs [aria-pressed=true]").hidden)
			this.choose("lines");
	}

	showTab(tab) {
		this.choose(tab);
		this.drawList();
	}

	choose(tab) {
		this.tab = tab;
		this.rows = ROWS_AT_FIRST;
		for (const button of byId("tabs").children)
			button.setAttribute("aria-pressed", String(button.dataset.tab === tab));
	}

	goTo(input) {
		const time = parseMoment(input.value);
		if (Number.isNaN(time))
			this.drawMoment();
		else
			this.app.choose(time);
	}

	/** After the moment or what is looked for has changed. */
	draw() {
		const {app} = this;
		this.parts = app.pyramid.at(app.event);
		this.tally = tally(app.card, app.live, app.event, app.time, app.filter, app.page.guesses);
		this.groupedBy = "";
		this.rows = ROWS_AT_FIRST;
		this.drawMoment();
		this.drawParts();
		this.drawList();
	}

	drawMoment() {
		const {app} = this;
		const input = byId("moment");
		input.value = momentText(app.time, Math.max(1, app.view.span / 2000));
		input.title = `${countText(Math.round(app.time))} ns since the recording's start`;
		input.dataset.ns = String(app.time);
		byId("go-oom").hidden = !app.mainOom();
		put(byId("moment-context"), [app.steps.text(app.time), app.momentName()].filter(Boolean).join(" · "));
	}

	drawParts() {
		const {app, parts} = this;
		const {card} = app;
		const stacked = stackedTotal(parts, 0), held = heldBytes(card, parts, 0);
		const whole = Math.max(card.facts.capacity_bytes, held, stacked, 1);
		const rows = [];
		if (card.facts.has_pool && app.pyramid.knowsHeld)
			rows.push(this.slackRow(held - stacked, whole));
		for (let part = STACKED - 1; part >= 0; part--)
			if (part !== Part.OUTSIDE || parts[part])
				rows.push(this.partRow(part, parts[part], whole), ...this.labelRows(part, stacked));
		put(byId("parts"), ...rows);
		drawBalance(app, parts, stacked, held);
	}

	partRow(part, bytes, whole) {
		const {app} = this;
		const isChosen = app.filter?.key === `part ${part}`;
		const button = el("button.part", {type: "button", "aria-pressed": String(isChosen),
			title: `${exactText(bytes)} in ${plural(this.tally.counts[part], "block")}`,
			onclick: () => app.look(isChosen ? null : partFilter(app.card, part))},
		el(`i.swatch.p${part}`), el("span.name", {}, PARTS_TEXT[part]), bar(bytes / whole, part),
		el("b.size", {}, sizeText(bytes)));
		button.dataset.part = String(part);
		button.dataset.bytes = String(bytes);
		return button;
	}

	/** What is known of a part beside; what would not be seen of the total is left out. */
	labelRows(part, stacked) {
		return this.tally.labels.filter((row) => row.part === part && row.bytes >= stacked * LABEL_SHARE).map((row) => this.labelRow(row));
	}

	labelRow({part, label, bytes, blocks}) {
		const {app} = this, {card, page} = app;
		const text = label === GUESSED ? "guessed" : page.labels[label];
		const isChosen = app.filter?.key === (label === GUESSED ? "guessed" : `label ${label}`);
		const filter = () => label === GUESSED ? guessFilter(card, page.guesses) : labelFilter(card, label, text);
		const button = el("button.part.label", {type: "button", "aria-pressed": String(isChosen),
			title: `${text}: ${exactText(bytes)} in ${plural(blocks, "block")}`, onclick: () => app.look(isChosen ? null : filter())},
		el("small.name", {}, text), el("span.size", {}, sizeText(bytes)));
		Object.assign(button.dataset, {label: `${part} ${label}`, labelBytes: String(bytes)});
		return button;
	}

	/** What is reserved and not in use. If it is less than nothing, the recording does not say where some memory is from. */
	slackRow(bytes, whole) {
		const {app} = this;
		const gaps = bytes > 0 ? poolGaps(app.card, app.live, app.layout, app.event) : null;
		const row = el("div.part", {title: exactText(bytes)}, el("i.swatch.slack"),
			el("span.name", {}, bytes < 0 ? "not explained" : SLACK_TEXT), bar(bytes / whole, "slack"), el("b.size", {}, sizeText(bytes)),
			gaps?.gaps ? el("small.gaps", {}, `in ${plural(gaps.gaps, "gap")}, the largest ${sizeText(gaps.largest)}`) : null);
		row.dataset.part = "slack";
		row.dataset.bytes = String(bytes);
		return row;
	}

	drawList() {
		const {tab, rows} = this;
		const isBlocks = tab === "blocks", all = isBlocks ? this.tally.blocks : this.grouped();
		const rest = all.slice(rows);
		const restBytes = rest.reduce((sum, item) => sum + (isBlocks ? this.app.card.of("size", item) : item.bytes), 0);
		put(byId("list"), ...all.slice(0, rows).map((item) => isBlocks ? this.blockRow(item) : this.groupRow(item)),
			rest.length ? el("button.more", {type: "button",
				onclick: () => {
					this.rows += ROWS_MORE;
					this.drawList();
				}}, `${plural(rest.length, isBlocks ? "block" : groupingOf(tab).noun)} more, ${sizeText(restBytes)}`) : null,
			all.length ? null : el("p.empty", {}, this.app.filter ? "Nothing of what you look for is alive at this moment." :
				"Nothing is allocated at this moment."));
	}

	/** The rows of the tab, worked out once for each moment. */
	grouped() {
		if (this.groupedBy !== this.tab)
			this.groups = groupBlocks(this.app, this.tab, this.tally.blocks);
		this.groupedBy = this.tab;
		return this.groups;
	}

	groupRow(item) {
		const {app, tab} = this;
		const {table} = app.recording;
		const {textOf, filterOf} = groupingOf(tab);
		const isCode = tab === "lines" || tab === "stacks";
		const frame = isCode ? table.originOf(item.stack) : 0;
		const [from, name] = textOf(app, item);
		const isChosen = app.filter?.key === `${groupingOf(tab).noun} ${item.key}`;
		const row = el("button.row", {type: "button", "aria-pressed": String(isChosen), title: exactText(item.bytes),
			onclick: () => {
				app.look(isChosen ? null : filterOf(app, item));
				if (isCode)
					app.select(isChosen ? -1 : item.largest);
			}},
		el(frame && !table.isOwn(frame) ? "span.where.foreign" : "span.where", {title: frame ? table.titleText(frame) : from}, el("b", {}, from), " ", name),
		el("small.count", {title: plural(item.blocks, "block")}, `${countText(item.blocks)} ×`), el("b.size", {}, sizeText(item.bytes)),
		mix(item.parts, item.bytes, this.tally.bytes), tab === "stacks" ? el("small.inner", {}, innermostText(table, item.stack)) : null);
		row.dataset.bytes = String(item.bytes);
		row.dataset.stack = String(item.stack);
		return row;
	}

	blockRow(block) {
		const {app} = this;
		const {card} = app;
		const row = el("button.row", {type: "button", "aria-pressed": String(app.selected === block), title: exactText(card.of("size", block)),
			onclick: () => app.select(app.selected === block ? -1 : block)},
		el("span.where.wide", {}, el(`i.swatch.p${card.of("part", block)}`), el("b", {}, app.blockLabel(block))),
		el("b.size", {}, sizeText(card.of("size", block))),
		el("small.inner", {}, `${PARTS_TEXT[card.of("part", block)]}, ${app.ageText(block)}`));
		row.dataset.block = String(block);
		return row;
	}
}

/** What the frames that the origin led to add to its line: "in LlamaMLP.forward, modeling_llama.py:164: Linear.forward". */
function innermostText(table, stack) {
	const frames = table.framesOf(stack);
	const callees = table.calleesOf(frames, table.originIndex(stack));
	if (!callees.length)
		return "";
	const layer = `in ${table.headline(frames[callees.at(-1)]).filter(Boolean).reverse().join(", ")}`;
	return callees.length > 1 ? `${layer}: ${table.functionText(frames[callees[0]])}` : layer;
}

function bar(share, part) {
	const fill = el(`i.fill.p${part}`);
	fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
	return el("span.bar", {}, share > 0 ? fill : null);
}

/** A bar of WHOLE's width: what parts BYTES are made of. */
function mix(parts, bytes, whole) {
	const line = el("span.bar");
	parts.forEach((part, i) => {
		if (!part)
			return;
		const fill = el(`i.fill.p${i}`);
		fill.style.width = `${part / whole * 100}%`;
		line.append(fill);
	});
	line.title = `${shareText(bytes, whole)} of what is shown`;
	return line;
}

/** How long a block had lived at TIME, of how long. */
export function ageText(card, block, time) {
	const age = time - card.time[card.birth[block]];
	const life = card.lifetime(block);
	return life === Infinity ? `${durationText(age)} old, never freed` : `${durationText(age)} old, lives ${durationText(life)}`;
}
