/* SPDX-License-Identifier: Apache-2.0 */
/* Pointer, wheel, touch and keys.  */
import {byId} from "./dom.js";
import {BLANK} from "./columns.js";
import {hideTip, tipForBands, tipForMap} from "./tip.js";

/** CSS pixels that a pointer moves before it drags; how much a notch of the wheel zooms; parts of the width for keys. */
const DRAG_FROM = 4, WHEEL_ZOOM = 1.0016, KEY_ZOOM = 0.7, KEY_PAN = 0.15, WHEEL_LINE = 16;

/** Connect the plot with the app that CURRENT returns. */
export function startInput(current) {
	const plot = byId("ink");
	const hands = new Hands(current, plot);
	plot.addEventListener("pointerdown", (event) => hands.down(event));
	plot.addEventListener("pointermove", (event) => hands.move(event));
	plot.addEventListener("pointerup", (event) => hands.up(event));
	plot.addEventListener("pointercancel", (event) => hands.cancel(event));
	plot.addEventListener("pointerleave", (event) => hands.leave(event));
	plot.addEventListener("dblclick", (event) => hands.doubleClick(event));
	plot.addEventListener("wheel", (event) => hands.wheel(event), {passive: false});
	document.addEventListener("keydown", (event) => onKey(current(), event));
}

class Hands {
	constructor(current, plot) {
		Object.assign(this, {current, plot, fingers: new Map(), drag: null});
	}

	/** Where EVENT is: {x, y} in CSS pixels, the lane, its place, the time. */
	spot(event) {
		const app = this.current();
		const box = this.plot.getBoundingClientRect();
		const x = event.clientX - box.left, y = event.clientY - box.top;
		const {geometry, view} = app;
		const lane = ["overview", "bands", "strip", "map"].findLast((name) => y >= geometry[name].top) || "overview";
		const place = geometry[lane];
		const time = lane === "overview" ? app.overview.timeAt(x, place) : view.begin + (x - place.left) / place.width * view.span;
		return {app, x, y, lane, place, time, column: Math.floor((x - place.left) * geometry.ratio), isInside: x >= place.left};
	}

	down(event) {
		if (event.button)
			return;
		const spot = this.spot(event);
		this.plot.setPointerCapture(event.pointerId);
		this.fingers.set(event.pointerId, spot);
		this.drag = {...spot, isDragging: false, isRange: event.shiftKey && spot.lane !== "overview"};
		hideTip();
		if (spot.lane === "overview")
			this.moveWindow(spot);
	}

	move(event) {
		const spot = this.spot(event);
		if (this.fingers.has(event.pointerId)) {
			if (this.fingers.size === 2)
				this.pinch(event.pointerId, spot);
			else
				this.dragTo(spot);
			this.fingers.set(event.pointerId, spot);
		} else if (event.pointerType !== "touch") {
			this.hover(spot);
		}
	}

	dragTo(spot) {
		const {drag} = this;
		const last = this.fingers.values().next().value;
		if (!drag.isDragging && Math.hypot(spot.x - drag.x, spot.y - drag.y) < DRAG_FROM)
			return;
		drag.isDragging = true;
		this.plot.classList.add("dragging");
		if (drag.lane === "overview") {
			this.moveWindow(spot);
		} else if (drag.isRange) {
			spot.app.pointer = {time: spot.time, range: [drag.x, spot.x]};
			spot.app.redraw();
		} else {
			const across = drag.lane === "map" ? (spot.y - last.y) / spot.place.height : 0;
			spot.app.pointer = null;
			spot.app.view.pan((last.x - spot.x) / spot.place.width, spot.lane === "map" ? across : 0);
		}
	}

	/** The part that is shown goes to where the pointer is. */
	moveWindow({app, time}) {
		const {view} = app;
		view.stop();
		view.set(time - view.span / 2, time + view.span / 2);
	}

	/** Two fingers: what was under them stays under them. */
	pinch(id, spot) {
		const [one, two] = [...this.fingers.values()];
		const other = [...this.fingers.entries()].find(([key]) => key !== id)[1];
		const before = Math.max(12, Math.abs(one.x - two.x)), after = Math.max(12, Math.abs(spot.x - other.x));
		const middle = (spot.x + other.x) / 2;
		const {app, place} = spot;
		this.drag.isDragging = true;
		app.view.zoom(before / after, app.view.begin + (middle - place.left) / place.width * app.view.span);
	}

	up(event) {
		const {drag} = this;
		const spot = this.spot(event);
		this.fingers.delete(event.pointerId);
		this.plot.classList.remove("dragging");
		if (!drag || this.fingers.size)
			return;
		this.drag = null;
		if (drag.isRange && drag.isDragging)
			this.zoomToRange(drag, spot);
		else if (!drag.isDragging)
			this.click(spot, event.pointerType === "touch");
	}

	cancel(event) {
		this.fingers.delete(event.pointerId);
		this.drag = null;
	}

	/** A finger that is lifted leaves the words where they are. */
	leave({pointerType}) {
		const app = this.current();
		if (pointerType === "touch")
			return;
		app.pointer = null;
		hideTip();
		app.redraw();
	}

	zoomToRange(drag, spot) {
		spot.app.pointer = null;
		spot.app.view.glide(Math.min(drag.time, spot.time), Math.max(drag.time, spot.time));
	}

	/** Choose the moment that is shown there; on the map also the block. A finger does not hover, so it gets the words. */
	click(spot, isTouch) {
		const {app, lane} = spot;
		if (isTouch)
			this.hover(spot);
		if (lane === "overview" || !spot.isInside)
			return;
		const found = lane === "map" ? this.pick(spot) : null;
		if (isTouch)
			app.pointer = null;
		app.choose(momentOf(spot));
		if (found)
			app.select(found.block === app.selected ? -1 : found.block);
		else if (lane === "map")
			app.select(-1);
	}

	doubleClick(event) {
		const spot = this.spot(event);
		const found = spot.lane === "map" ? this.pick(spot) : null;
		if (found && found.block >= 0)
			spot.app.zoomTo(found.block);
		else if (spot.lane === "bands")
			spot.app.view.glide(spot.time - spot.app.view.span / 8, spot.time + spot.app.view.span / 8);
	}

	pick({app, column, y, place}) {
		return app.mapLane.pick(column, (y - place.top) * app.geometry.ratio);
	}

	hover(spot) {
		const {app, lane, x, y, column, place, isInside} = spot;
		app.pointer = isInside && lane !== "overview" ? {time: spot.time, block: -1} : null;
		if (!app.pointer || !app.columns)
			hideTip();
		else if (lane === "bands")
			tipForBands(app, x, y, column, (place.top + place.height - y) / place.height * app.scale.max);
		else if (lane === "map")
			this.hoverMap(spot);
		else
			hideTip();
		app.redraw();
	}

	hoverMap(spot) {
		const found = this.pick(spot);
		spot.app.pointer.block = found ? found.block : -1;
		tipForMap(spot.app, spot.x, spot.y, found);
	}

	wheel(event) {
		const spot = this.spot(event);
		const {app, lane, place, y} = spot;
		const unit = event.deltaMode ? WHEEL_LINE : 1;
		const dx = event.deltaX * unit, dy = event.deltaY * unit;
		event.preventDefault();
		if (event.altKey && lane === "map")
			app.view.zoomAddresses(WHEEL_ZOOM ** dy, app.view.high - (y - place.top) / place.height * (app.view.high - app.view.low));
		else if (event.shiftKey || Math.abs(dx) > Math.abs(dy))
			app.view.pan((event.shiftKey && !dx ? dy : dx) / place.width);
		else
			app.view.zoom(WHEEL_ZOOM ** dy, lane === "overview" ? undefined : spot.time);
		this.hover(spot);
	}
}

/** The moment that a column shows; where it shows none, the time itself. */
function momentOf({app, column, time, lane}) {
	const event = lane === "strip" ? BLANK : app.columns.at[column];
	if (event === undefined || event < 0)
		return time;
	return Math.max(app.card.time[event], Math.ceil(app.columns.timeAt(column)));
}

const KEYS = {
	ArrowLeft: (app, fast) => app.view.pan(fast ? -1 : -KEY_PAN),
	ArrowRight: (app, fast) => app.view.pan(fast ? 1 : KEY_PAN),
	ArrowUp: (app, fast) => fast ? app.view.zoomAddresses(KEY_ZOOM) : app.view.pan(0, KEY_PAN),
	ArrowDown: (app, fast) => fast ? app.view.zoomAddresses(1 / KEY_ZOOM) : app.view.pan(0, -KEY_PAN),
	"+": (app) => app.view.zoom(KEY_ZOOM, app.zoomCenter()),
	"=": (app) => app.view.zoom(KEY_ZOOM, app.zoomCenter()),
	"-": (app) => app.view.zoom(1 / KEY_ZOOM, app.zoomCenter()),
	0: (app) => app.view.reset(),
	Home: (app) => app.view.glide(app.view.first, app.view.first + app.view.span),
	End: (app) => app.view.glide(app.view.last - app.view.span, app.view.last),
	",": (app) => app.stepEvents(-1),
	".": (app) => app.stepEvents(1),
	p: (app) => app.goToPeak(),
	o: (app) => app.goToOom(),
	c: (app) => app.toggleScale(),
	Enter: (app) => app.selected >= 0 && app.zoomTo(app.selected),
	"/": () => byId("search").focus(),
	"?": () => byId("help").showModal(),
	Escape: (app) => app.selected >= 0 ? app.select(-1) : app.filter && app.look(null),
};

function onKey(app, event) {
	const {target, key} = event;
	const isTyping = target.closest?.("input, select, textarea, dialog");
	const isPressing = key === "Enter" && target.closest?.("button, summary, a");
	const action = KEYS[key];
	if (!action || !app || isTyping || isPressing || event.ctrlKey || event.metaKey || event.altKey)
		return;
	event.preventDefault();
	action(app, event.shiftKey);
}
