/* SPDX-License-Identifier: Apache-2.0 */
/* The steps and phases of a recording, and which of them a moment belongs to.  */
import {Phase, countUpTo} from "./data.js";

const PHASE_TEXTS = {[Phase.NONE]: "forward", [Phase.BACKWARD]: "backward", [Phase.OPTIMIZER]: "optimizer"};

export function phaseText(phase) {
	return PHASE_TEXTS[phase] || "";
}

export class Steps {
	/** @param {Recording} recording */
	constructor(recording) {
		const {spans, facts} = recording;
		this.recording = recording;
		this.spans = spans;
		/** True if anything says that this is training. */
		this.isTraining = spans.count > 0;
		/** When a step begins, ns, and its number as people count, from 1; the last may have no end. */
		this.begins = [facts.begin_ns];
		this.numbers = [firstStep(spans, facts) + 1];
		for (let i = 0; i < spans.count; i++)
			if (spans.phase[i] === Phase.OPTIMIZER && spans.end[i] < Infinity && spans.end[i] > facts.begin_ns)
				this.add(spans.end[i], spans.step[i] + 2);
		/** The latest end of all spans up to each one: where to begin looking. */
		this.latest = new Float64Array(spans.count);
		for (let i = 0, latest = 0; i < spans.count; i++)
			this.latest[i] = latest = Math.max(latest, spans.end[i]);
		this.hasUser = spans.phase.includes(Phase.USER);
	}

	add(begin, number) {
		if (number <= this.numbers.at(-1) || begin <= this.begins.at(-1))
			return;
		this.begins.push(begin);
		this.numbers.push(number);
	}

	/** The step that TIME ns lies in. */
	stepAt(time) {
		return this.numbers[Math.max(0, countUpTo(this.begins, time) - 1)];
	}

	/** Call VISIT with the index of each span that has a part between BEGIN and END ns. */
	forEachBetween(begin, end, visit) {
		const {spans} = this;
		for (let i = countUpTo(this.latest, begin); i < spans.count && spans.begin[i] < end; i++)
			if (spans.end[i] > begin)
				visit(i);
	}

	/** What the program was doing at TIME: "backward"; with the names that it gave, "forward, validation". */
	phaseAt(time) {
		let phase = Phase.NONE;
		const names = [];
		this.forEachBetween(time, time + 1, (i) => {
			if (this.spans.phase[i] === Phase.USER)
				names.push(this.recording.table.string(this.spans.name[i]));
			else
				phase = Math.max(phase, this.spans.phase[i]);
		});
		return [this.isTraining ? phaseText(phase) : "", ...names].filter(Boolean).join(", ");
	}

	/** "step 3, backward"; "" if nothing is known. */
	text(time) {
		return this.isTraining ? `step ${this.stepAt(time)}, ${this.phaseAt(time)}` : this.phaseAt(time);
	}
}

/** Optimizer steps completed before what is left of the recording. */
function firstStep(spans, facts) {
	for (let i = 0; i < spans.count; i++)
		if (spans.end[i] > facts.begin_ns)
			return spans.step[i];
	return spans.count ? facts.step : 0;
}
