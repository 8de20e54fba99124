/* SPDX-License-Identifier: Apache-2.0 */
/* What is looked at, as the part of the page's address behind "#": a reload keeps it, and it can be passed on with the
 * file.  Times are ns since the recording's start.  */

const SAVE_MS = 400;
let waiting = 0;

/** Put it into the address, once nothing has changed for a moment. */
export function saveAddress(app) {
	clearTimeout(waiting);
	waiting = setTimeout(() => {
		const {card, recording, view, time, selected} = app;
		const fields = {r: recording.index, c: card.index, at: time};
		if (!view.isWhole)
			Object.assign(fields, {from: Math.round(view.begin), to: Math.round(view.end)});
		if (selected >= 0)
			fields.block = selected;
		try {
			history.replaceState(null, "", "#" + new URLSearchParams(fields));
		} catch {
			/* Some browsers limit how often, or do not let files. Then a reload begins anew. */
		}
	}, SAVE_MS);
}

/** @returns {{[field: string]: number}} numbers of the address; what is no number is left out. */
export function readAddress() {
	const fields = [...new URLSearchParams(location.hash.slice(1))].map(([key, value]) => [key, Number(value)]);
	return Object.fromEntries(fields.filter(([, value]) => Number.isFinite(value) && value >= 0));
}

/** Bring APP to where the address points, as far as there is such a place. */
export function applyAddress(app, {at, from, to, block}) {
	if (at !== undefined)
		app.choose(at);
	if (from !== undefined && to > from)
		app.view.set(from, to);
	if (block !== undefined && block < app.card.blocks)
		app.select(Math.floor(block));
}
