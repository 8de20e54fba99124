/* SPDX-License-Identifier: Apache-2.0 */
/* Elements without markup in strings: what comes out of a recording is only ever text.  */

/** An element: TAG with optional class ("p.note"); properties and data-* attributes; children, which are elements or
 * text. */
export function el(tag, properties = {}, ...children) {
	const [name, ...classes] = tag.split(".");
	const element = document.createElement(name);
	if (classes.length)
		element.className = classes.join(" ");
	for (const [key, value] of Object.entries(properties)) {
		if (value === null || value === undefined)
			continue;
		if (key.includes("-"))
			element.setAttribute(key, value);
		else
			element[key] = value;
	}
	element.append(...children.filter((child) => child !== null && child !== undefined));
	return element;
}

export function byId(id) {
	return document.getElementById(id);
}

/** What ELEMENT contains, replaced. */
export function put(element, ...children) {
	element.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
}
