/* SPDX-License-Identifier: Apache-2.0 */
/* The search field, and the word that says what is looked for.  */
import {byId, el, put} from "./dom.js";
import {textFilter} from "./search.js";
import {plural, sizeText} from "./words.js";

const TYPING_MS = 150;

/** Connect the field with the app that CURRENT returns. */
export function startFinder(current) {
	const field = byId("search");
	let waiting = 0;
	field.addEventListener("input", () => {
		clearTimeout(waiting);
		waiting = setTimeout(() => find(current(), field.value.trim()), TYPING_MS);
	});
	field.addEventListener("keydown", (event) => {
		if (event.key === "Enter")
			find(current(), field.value.trim());
		if (event.key === "Escape")
			field.blur();
	});
}

function find(app, text) {
	app.look(text ? textFilter(app.card, text, app.page.labels) : null);
}

/** Say what APP looks for, with a way to end it. */
export function drawFilter(app) {
	const place = byId("filter");
	place.hidden = !app.filter;
	if (!app.filter)
		return put(place);
	const {card, filter} = app;
	let blocks = 0;
	for (let block = 0; block < card.blocks; block++)
		blocks += filter.passes[block];
	return put(place, el("i.swatch.match"), el("b", {}, filter.label), ` ${plural(blocks, "block")} in all, `,
		`${sizeText(filter.bytesAt(app.event))} at this moment `,
		el("button.icon", {type: "button", title: "Show everything again (Esc)", "aria-label": "Show everything again",
			onclick: () => {
				byId("search").value = "";
				app.look(null);
			}}, "×"));
}
