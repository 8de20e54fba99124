/* SPDX-License-Identifier: Apache-2.0 */
/* The page's data as the rest of the script uses it: see memviz/export/page.h, which it mirrors.  */
import {Stream, readFacts, unfold} from "./streams.js";
import {StackTable} from "./frames.js";
import {Sums} from "./sums.js";

/** No event: a block that was not freed while it was recorded dies there. */
export const NEVER = 0xffffffff;

/** What bytes are counted as (enum mv_page_part); below OUTSIDE: bands, in the order in which they are stacked. */
export const Part = {PARAMETER: 0, GRADIENT: 1, OPTIMIZER: 2, ACTIVATION: 3, TEMPORARY: 4, OTHER: 5,
	OUTSIDE: 6, POOL: 7, HOST: 8, MANAGED: 9, NOTHING: 10};
export const BANDS = 6;
/** Parts that are stacked on each other: the bands, and device memory outside the pool. */
export const STACKED = 7;
/** Parts whose bytes are summed up. */
export const SUMMED = 10;

export const Phase = {NONE: 0, BACKWARD: 1, OPTIMIZER: 2, USER: 3};
export const Ledger = {DEVICE: 1, BLOCK: 2, HOST: 3, MANAGED: 4, MAPPING: 6, POOLED: 7};
export const Flag = {IMPORTED: 4, HANDLE: 32 | 1 << 9, BIRTH_UNKNOWN: 1 << 8};
/** An OOM after which the program allocated again (enum mv_oom_outcome). */
export const OOM_SURVIVED = 1;
export const FileState = {RECORDING: 1, FINISHED: 2, SNAPSHOT: 3};

const CLASS_FIELDS = ["size", "stack", "freeStack", "name", "extra", "api", "thread", "freeThread", "ledger", "band",
	"reason", "phase", "freePhase", "role", "flags", "part", "paint", "label"];
const SPAN_FIELDS = ["length", "thread", "name", "step", "phase"];

/** One process: its facts (meta.c), stacks, threads and phases. */
export class Recording {
	/** @returns {Promise<Recording>} number INDEX of the page. */
	static async open(index) {
		const recording = new Recording();
		const prefix = `r${index}`;
		const facts = readFacts(prefix);
		Object.assign(recording, {index, prefix, facts});
		recording.table = await StackTable.open(prefix, facts);
		recording.threads = await readThreads(prefix, facts.threads);
		recording.spans = await readSpans(prefix, facts.spans);
		return recording;
	}

	/** What a thread is called: "thread pt_autograd_0", or its number. */
	threadText(index) {
		const thread = this.threads[index];
		return `thread ${(thread && (this.table.string(thread.name) || thread.tid)) || index}`;
	}

	/** OOMs of the card, in the order of time. */
	oomsOf(device) {
		return this.facts.ooms.filter((oom) => oom.device === device);
	}
}

async function readThreads(prefix, count) {
	const stream = await Stream.open(prefix, "threads");
	const tid = stream.small(count), autograd = stream.small(count), name = stream.small(count);
	return Array.from(tid, (_, i) => ({tid: tid[i], isAutograd: autograd[i] === 1, name: name[i]}));
}

/** Phases as columns: begin and end in ns (end is Infinity for one that had not ended). */
async function readSpans(prefix, count) {
	const stream = await Stream.open(prefix, "spans");
	const spans = {count, begin: stream.ascending(count), end: new Float64Array(count)};
	for (const field of SPAN_FIELDS)
		spans[field] = field === "length" ? stream.large(count) : stream.small(count);
	for (let i = 0; i < count; i++)
		spans.end[i] = spans.length[i] ? spans.begin[i] + spans.length[i] - 1 : Infinity;
	return spans;
}

/**
 * One card. Events are numbered in the order of time, blocks in the order of their births:
 *   time[event] ns; blockOf[event]; birth[block], death[block]: events, or NEVER;
 *   cls[block]: index into the columns of CLASSES; place[block]: index into PLACES, addresses; step[block];
 *   since[block]: ns from its birth on until it has the label of its class.
 */
export class Card {
	/** @returns {Promise<Card>} number INDEX of RECORDING. */
	static async open(recording, index) {
		const card = new Card();
		const facts = recording.facts.cards[index];
		const prefix = `${recording.prefix}c${index}`;
		Object.assign(card, {recording, index, facts, blocks: facts.blocks, events: facts.blocks + facts.deaths});
		await card.readBlocks(prefix, facts);
		await card.readEvents(prefix, facts);
		card.sums = await Sums.open(prefix, facts);
		return card;
	}

	async readBlocks(prefix, facts) {
		const classes = await Stream.open(prefix, "classes");
		this.classes = {count: facts.classes};
		for (const field of CLASS_FIELDS)
			this.classes[field] = ["size", "extra"].includes(field) ? classes.large(facts.classes) : classes.small(facts.classes);
		this.places = (await Stream.open(prefix, "places")).ascending(facts.places);
		this.cls = (await Stream.open(prefix, "class")).small(facts.blocks);
		this.place = (await Stream.open(prefix, "place")).small(facts.blocks);
		this.step = (await Stream.open(prefix, "step")).small(facts.blocks);
		for (let i = 0, step = 0; i < facts.blocks; i++)
			this.step[i] = step += unfold(this.step[i]);
		await this.readSince(prefix, facts.blocks);
	}

	async readSince(prefix, count) {
		const labelled = [];
		for (let block = 0; block < count; block++)
			if (this.of("label", block))
				labelled.push(block);
		const since = (await Stream.open(prefix, "since")).large(labelled.length);
		this.since = new Float64Array(count);
		labelled.forEach((block, i) => {
			this.since[block] = since[i];
		});
	}

	async readEvents(prefix, facts) {
		const runs = (await Stream.open(prefix, "runs")).small(facts.runs);
		const deaths = (await Stream.open(prefix, "deaths")).small(facts.deaths);
		this.time = (await Stream.open(prefix, "times")).ascending(this.events);
		this.blockOf = new Uint32Array(this.events);
		this.birth = new Uint32Array(facts.blocks);
		this.death = new Uint32Array(facts.blocks).fill(NEVER);
		let event = 0, born = 0, died = 0;
		for (let run = 0; run < runs.length; run++) {
			for (let left = runs[run]; left > 0; left--, event++) {
				if (run % 2 === 0) {
					this.birth[born] = event;
					this.blockOf[event] = born++;
				} else {
					const block = born - 1 - deaths[died++];
					this.death[block] = event;
					this.blockOf[event] = block;
				}
			}
		}
	}

	isBirth(event) {
		return this.birth[this.blockOf[event]] === event;
	}

	/** The field of the block's class: of("size", block) in bytes. */
	of(field, block) {
		return this.classes[field][this.cls[block]];
	}

	/** From when on the block has its label, ns. */
	labelTime(block) {
		return this.time[this.birth[block]] + this.since[block];
	}

	/** The label that the block has at TIME ns (enum mv_sublabel); 0: none. */
	labelAt(block, time) {
		const label = this.of("label", block);
		return label && this.labelTime(block) <= time ? label : 0;
	}

	addressOf(block) {
		return this.places[this.place[block]];
	}

	/** How many events are at or before TIME ns: the last of them made the state that holds then. */
	eventsUpTo(time) {
		return countUpTo(this.time, time);
	}

	/** Life of the block in ns; Infinity if it was not freed. */
	lifetime(block) {
		const death = this.death[block];
		return death === NEVER ? Infinity : this.time[death] - this.time[this.birth[block]];
	}
}

/** How many of the ascending numbers in SORTED are VALUE or less. */
export function countUpTo(sorted, value) {
	let low = 0, high = sorted.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (sorted[middle] <= value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
