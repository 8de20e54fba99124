/* SPDX-License-Identifier: Apache-2.0 */
/* The page's streams: base64 of raw deflate of varints (memviz/export/page.h).  */

const VARINT_MORE = 0x80, VARINT_BITS = 0x7f, VARINT_RADIX = 128;

/** @returns {Uint8Array} */
function fromBase64(text) {
	if (Uint8Array.fromBase64)
		return Uint8Array.fromBase64(text);
	const binary = atob(text);
	const bytes = new Uint8Array(binary.length);
	for (let i = 0; i < binary.length; i++)
		bytes[i] = binary.charCodeAt(i);
	return bytes;
}

async function inflate(bytes) {
	const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
	return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

/** The facts in the JSON element ID, null if there is none. */
export function readFacts(id) {
	const element = document.getElementById(id);
	return element && JSON.parse(element.textContent);
}

/** One unpacked stream, read from its beginning, column by column. */
export class Stream {
	constructor(bytes) {
		this.bytes = bytes;
		this.at = 0;
	}

	/** @returns {Promise<Stream>} the stream PREFIX-NAME. */
	static async open(prefix, name) {
		const element = document.getElementById(`${prefix}-${name}`);
		return new Stream(await inflate(fromBase64(element.textContent)));
	}

	/** Fill ARRAY with its length of numbers. Numbers above 2^53 are rounded. */
	fill(array) {
		const bytes = this.bytes;
		let at = this.at;
		for (let i = 0; i < array.length; i++) {
			let byte = bytes[at++];
			let value = byte & VARINT_BITS;
			let scale = VARINT_RADIX;
			while (byte & VARINT_MORE) {
				byte = bytes[at++];
				value += (byte & VARINT_BITS) * scale;
				scale *= VARINT_RADIX;
			}
			array[i] = value;
		}
		this.at = at;
		return array;
	}

	/** COUNT numbers below 2^32. */
	small(count) {
		return this.fill(new Uint32Array(count));
	}

	/** COUNT numbers below 2^53. */
	large(count) {
		return this.fill(new Float64Array(count));
	}

	/** COUNT numbers, each as the distance from the one before: ascending. */
	ascending(count) {
		const array = this.large(count);
		for (let i = 1; i < count; i++)
			array[i] += array[i - 1];
		return array;
	}

	/** COUNT bytes as they are. */
	raw(count) {
		return this.bytes.subarray(this.at, this.at += count);
	}
}

/** Undo the folding of signs. */
export function unfold(value) {
	return value % 2 ? -(value + 1) / 2 : value / 2;
}
