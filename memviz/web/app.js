/* SPDX-License-Identifier: Apache-2.0 */
/* One card on the screen: its data and what is derived from it, what the person has chosen, and when to draw.  */
import {NEVER, OOM_SURVIVED, countUpTo} from "./data.js";
import {byId} from "./dom.js";
import {Pyramid, stackedTotal} from "./pyramid.js";
import {LiveIndex} from "./live.js";
import {Layout} from "./layout.js";
import {Steps} from "./steps.js";
import {MARGIN, View} from "./view.js";
import {BandScale} from "./bands.js";
import {MapLane} from "./map.js";
import {Overview} from "./overview.js";
import {Panel, ageText} from "./panel.js";
import {drawDetail, drawRequest} from "./detail.js";
import {drawStory} from "./story.js";
import {drawFilter} from "./finder.js";
import {Modules} from "./groups.js";
import {momentText, sizeText} from "./words.js";
import {Screen} from "./screen.js";
import {saveAddress} from "./address.js";

/** How many steps are shown at first, up to the one that ran out of memory, if they are less than that share of all. */
const STEPS_SHOWN = 4, SHARE_WHOLE = 0.5;

export class App {
	/** PAGE: facts of the page; CARD is open. */
	constructor(page, card) {
		const {facts} = card.recording;
		Object.assign(this, {page, card, recording: card.recording});
		this.steps = new Steps(card.recording);
		this.pyramid = new Pyramid(card);
		this.live = new LiveIndex(card);
		this.layout = new Layout(card);
		this.scale = new BandScale(card, this.pyramid);
		this.mapLane = new MapLane(card, this.live, this.layout);
		this.modules = new Modules(card);
		this.filter = null;
		this.selected = -1;
		this.pointer = null;
		this.view = new View(facts.begin_ns, Math.max(facts.end_ns, facts.begin_ns + 1), this.layout.size, () => this.changed());
		this.overview = new Overview(card, this.pyramid, this.view);
		this.setMoment(this.startTime());
		this.showEnding();
		this.screen = new Screen(this);
		this.panel = new Panel(this);
		drawStory(this);
		drawFilter(this);
		drawDetail(this);
		drawRequest(this);
		this.panel.draw();
		this.redraw();
	}

	/** The moment to begin with: out of memory, or the peak. */
	startTime() {
		return this.mainOom()?.time_ns ?? this.card.facts.peak_ns;
	}

	/** If memory ran out in a long run, its last steps: the strip above shows that there was more. */
	showEnding() {
		const oom = this.mainOom();
		const {view, steps: {begins}} = this;
		const from = oom ? begins[Math.max(0, countUpTo(begins, oom.time_ns) - STEPS_SHOWN)] : view.first;
		const shown = oom ? oom.time_ns - from : view.span;
		if (shown < view.span * SHARE_WHOLE)
			view.set(from, from + shown * (1 + 2 * MARGIN));
	}

	/** The OOM that matters most: the last that the program did not survive, otherwise the last. */
	mainOom() {
		const ooms = this.recording.oomsOf(this.card.facts.device);
		return ooms.findLast((oom) => oom.outcome !== OOM_SURVIVED) ?? ooms.at(-1);
	}

	/** The OOM that happened at the chosen moment, if one did. */
	oomAtMoment() {
		return this.recording.oomsOf(this.card.facts.device).find((oom) => oom.time_ns === this.time);
	}

	/** "the peak", if the chosen moment is one that has a name. */
	momentName() {
		if (this.oomAtMoment())
			return "out of memory";
		return this.card.facts.peak_bytes && this.time === this.card.facts.peak_ns ? "the peak" : "";
	}

	/* ---- what the person chooses ---- */

	setMoment(time) {
		const {begin_ns: begin, end_ns: end} = this.recording.facts;
		this.time = Math.max(begin, Math.min(time, end));
		this.event = this.card.eventsUpTo(this.time) - 1;
	}

	/** Look at the moment TIME ns, and have it on the screen. */
	choose(time) {
		this.setMoment(time);
		this.view.reveal(this.time);
		drawFilter(this);
		drawRequest(this);
		this.panel.draw();
		this.redraw();
	}

	goToPeak() {
		this.choose(this.card.facts.peak_ns);
	}

	goToOom() {
		if (this.mainOom())
			this.choose(this.mainOom().time_ns);
	}

	/** All of the card, or what was used of it. */
	toggleScale() {
		this.scale.showsCard = this.scale.capacity > 0 && !this.scale.showsCard;
		this.changed();
	}

	/** Go COUNT events on, or back. */
	stepEvents(count) {
		const event = Math.max(0, Math.min(this.card.events - 1, this.event + count));
		if (this.card.events)
			this.choose(this.card.time[event]);
	}

	/** Show the block, -1 for none, and its details. */
	select(block) {
		this.selected = block;
		drawDetail(this);
		this.panel.drawList();
		this.redraw();
	}

	/** Look for what FILTER passes, null for everything. */
	look(filter) {
		this.filter = filter;
		drawFilter(this);
		this.panel.draw();
		this.changed();
	}

	/** The block fills the better part of the map. */
	zoomTo(block) {
		const {card, layout, view} = this;
		const birth = card.time[card.birth[block]], death = this.deathTime(block);
		const low = layout.low[card.place[block]], size = card.of("size", block);
		const margin = Math.max((death - birth) * 0.6, 100);
		if (low >= 0)
			view.glide(birth - margin, death + margin, low - size * 2, low + size * 3);
		else
			view.glide(birth - margin, death + margin);
	}

	/* ---- what others ask ---- */

	/** When the block dies; the end of the recording if it does not. */
	deathTime(block) {
		const death = this.card.death[block];
		return death === NEVER ? this.recording.facts.end_ns : this.card.time[death];
	}

	stackedAt(time) {
		return stackedTotal(this.pyramid.at(this.card.eventsUpTo(time) - 1), 0);
	}

	/** What stays where it is when keys and buttons zoom: the chosen moment, if it is on the screen. */
	zoomCenter() {
		const {time, view} = this;
		return time >= view.begin && time <= view.end ? time : (view.begin + view.end) / 2;
	}

	/** What a block is called: its name, else the line that asked for it. */
	blockLabel(block) {
		const {card, recording: {table}} = this;
		return table.nameText(card.of("name", block)) || table.originHeadline(card.of("stack", block)).join(" ").trim();
	}

	ageText(block) {
		return ageText(this.card, block, this.time);
	}

	/* ---- drawing ---- */

	changed() {
		this.areColumnsStale = true;
		this.redraw();
	}

	/** Once for each frame, however often it is asked for. */
	redraw() {
		if (this.pending || !this.screen)
			return;
		this.pending = requestAnimationFrame(() => {
			this.pending = 0;
			this.screen.draw();
			this.publish();
		});
	}

	/** What is on the screen, for whoever drives the page from outside; and for the address, so that a reload keeps it. */
	publish() {
		const {view} = this;
		Object.assign(byId("plot").dataset, {begin: view.begin, end: view.end, low: view.low, high: view.high, drawn: performance.now()});
		byId("reset").disabled = view.isWhole;
		byId("ink").setAttribute("aria-label", [`At ${momentText(this.time, view.span / 2000)}`, this.steps.text(this.time),
			`${sizeText(this.stackedAt(this.time))} in use`].filter(Boolean).join(", "));
		saveAddress(this);
	}

	/** Nothing of this card is drawn any more. */
	close() {
		cancelAnimationFrame(this.pending);
		this.view.stop();
		this.screen.close();
	}
}
