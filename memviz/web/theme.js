/* SPDX-License-Identifier: Apache-2.0 */
/* The colours of the style sheet, as the script draws with them.  */
import {STACKED} from "./data.js";

const PART_NAMES = ["parameter", "gradient", "optimizer", "activation", "temporary", "other", "outside"];

export const PARTS_TEXT = [...PART_NAMES.slice(0, STACKED - 1), "outside the pool"];

/** What a pool holds and no block takes. */
export const SLACK_TEXT = "reserved, unused";

/** @returns {{[name: string]: string}} and the parts as pixels. */
export function readTheme() {
	const style = getComputedStyle(document.documentElement);
	const color = (name) => style.getPropertyValue(`--${name}`).trim();
	const theme = {font: style.getPropertyValue("--font"), isDark: color("scheme") === "dark"};
	for (const name of ["surface", "sunken", "held", "grid", "ink", "muted", "faint", "line", "alarm", "accent", "alarm-ink"])
		theme[name] = color(name);
	theme.parts = PART_NAMES.map(color);
	theme.partInk = theme.parts.map((part) => luminance(part) > 0.3 ? "#000000" : "#ffffff");
	return theme;
}

/** [red, green, blue], each 0 to 255, of "#rrggbb". */
export function channels(hex) {
	return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** Relative luminance, 0 to 1 (WCAG 2). */
function luminance(hex) {
	const [r, g, b] = channels(hex).map((c) => c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** A pixel of ImageData seen as 32 bits: SHARE of OVER (0 to 1) on UNDER, both [r, g, b]. */
export function pixel(over, share = 1, under = over) {
	const mix = (i) => Math.round(under[i] + (over[i] - under[i]) * share);
	return (255 << 24 | mix(2) << 16 | mix(1) << 8 | mix(0)) >>> 0;
}
