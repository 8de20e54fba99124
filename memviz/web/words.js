/* SPDX-License-Identifier: Apache-2.0 */
/* Quantities as people read them; the same words as `memviz report` uses.  */

const SIZE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
export const NS_PER_MS = 1e6;
const NS_PER_US = 1e3, NS_PER_S = 1e9, S_PER_MIN = 60, MIN_PER_H = 60, CLOCK_FROM_S = 120;

/** VALUE with one digit behind the point, none if it is zero or VALUE is 100 or more. */
function tenths(value) {
	const rounded = Math.round(value * 10);
	return rounded >= 1000 || rounded % 10 === 0 ? String(Math.round(rounded / 10)) : (rounded / 10).toFixed(1);
}

/** "1.5 GiB" for a number of BYTES, which may be negative. */
export function sizeText(bytes) {
	if (bytes < 0)
		return "−" + sizeText(-bytes);
	let unit = 0, scale = 1;
	while (unit + 1 < SIZE_UNITS.length && bytes / scale >= 1024) {
		scale *= 1024;
		unit++;
	}
	return (unit ? tenths(bytes / scale) : String(bytes)) + " " + SIZE_UNITS[unit];
}

/** The same, so that BYTES are told from OTHER: 2.3 GiB that do not fit into 2.3 GiB say nothing. */
export function sizeBesideText(bytes, other) {
	return bytes === other || sizeText(bytes) !== sizeText(other) ? sizeText(bytes) : countText(Math.floor(bytes / 1024)) + " KiB";
}

/** "1,610,612,736 bytes". */
export function exactText(bytes) {
	return `${countText(bytes)} ${bytes === 1 ? "byte" : "bytes"}`;
}

/** 1234567 → "1,234,567". */
export function countText(count) {
	return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "3 blocks", "1 block". */
export function plural(count, noun) {
	return `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** How long: "12.3 ms", "3 min 5 s". */
export function durationText(ns) {
	const seconds = Math.floor(ns / NS_PER_S);
	if (ns < NS_PER_US)
		return tenths(ns) + " ns";
	if (ns < NS_PER_MS)
		return tenths(ns / NS_PER_US) + " µs";
	if (ns < NS_PER_S)
		return tenths(ns / NS_PER_MS) + " ms";
	if (seconds < S_PER_MIN)
		return tenths(ns / NS_PER_S) + " s";
	const minutes = Math.floor(seconds / S_PER_MIN);
	if (minutes < MIN_PER_H)
		return twoParts(minutes, "min", seconds % S_PER_MIN, "s");
	return twoParts(Math.floor(minutes / MIN_PER_H), "h", minutes % MIN_PER_H, "min");
}

function twoParts(big, bigUnit, small, smallUnit) {
	return small ? `${big} ${bigUnit} ${small} ${smallUnit}` : `${big} ${bigUnit}`;
}

/**
 * When: a moment on the time axis, with as many digits as tell it from one that is STEP ns away.
 * "431.2 ms", "12.431 s", from two minutes on "3:05.2".
 */
export function momentText(ns, step) {
	const digits = (unit) => Math.max(0, Math.min(9, Math.ceil(Math.log10(unit / Math.max(step, 1)) - 1e-9)));
	if (ns < 0)
		return "−" + momentText(-ns, step);
	if (ns > 0 && ns < NS_PER_S)
		return (ns / NS_PER_MS).toFixed(Math.min(6, digits(NS_PER_MS))) + " ms";
	if (ns < CLOCK_FROM_S * NS_PER_S)
		return (ns / NS_PER_S).toFixed(ns ? digits(NS_PER_S) : 0) + " s";
	const minutes = Math.floor(ns / (S_PER_MIN * NS_PER_S));
	const decimals = digits(NS_PER_S);
	const rest = (ns / NS_PER_S - minutes * S_PER_MIN).toFixed(decimals).padStart(decimals ? decimals + 3 : 2, "0");
	if (minutes < MIN_PER_H)
		return `${minutes}:${rest}`;
	return `${Math.floor(minutes / MIN_PER_H)}:${String(minutes % MIN_PER_H).padStart(2, "0")}:${rest}`;
}

/** Reads "12.4 s", "12.4", "350ms", "3:05.2" as ns; NaN if it is no time. */
export function parseMoment(text) {
	const clock = /^(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text.trim());
	if (clock)
		return ((Number(clock[1] || 0) * MIN_PER_H + Number(clock[2])) * S_PER_MIN + Number(clock[3])) * NS_PER_S;
	const plain = /^(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|)$/.exec(text.trim());
	const scale = {ns: 1, us: NS_PER_US, "µs": NS_PER_US, ms: NS_PER_MS, s: NS_PER_S, "": NS_PER_S};
	return plain ? Math.round(Number(plain[1]) * scale[plain[2]]) : NaN;
}

/** "43 %"; "<1 %" rather than nothing at all. */
export function shareText(part, whole) {
	const percent = whole > 0 ? part / whole * 100 : 0;
	return percent > 0 && percent < 0.5 ? "<1 %" : Math.round(percent) + " %";
}

export function addressText(address) {
	return "0x" + address.toString(16);
}

/** Round numbers of TIME ns between ticks that are at least MIN ns apart. */
export function niceTimeStep(min) {
	const round = [1, 2, 5];
	if (min > 30 * NS_PER_S)
		return [60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400].map((s) => s * NS_PER_S).find((s) => s >= min) || min;
	const power = 10 ** Math.floor(Math.log10(Math.max(min, 1)));
	return (round.find((r) => r * power >= min) || 10) * power;
}

/** Round numbers of bytes that are at least MIN apart: 1, 2, 5 … 50 of a unit, then parts of the next one. */
export function niceSizeStep(min) {
	const unit = 1024 ** Math.max(0, Math.floor(Math.log(Math.max(min, 1)) / Math.log(1024)));
	return [1, 2, 5, 10, 20, 50, 128, 256, 512, 1024].map((n) => n * unit).find((n) => n >= min);
}
