/* SPDX-License-Identifier: Apache-2.0 */
/* A report as text and as JSON.
 *
 * The JSON (also in memviz-report(1)) is one object.  Quantities are integers, bytes and nanoseconds; what is not known
 * is null.  Members are added later, never changed or removed; their order is the one here:
 *
 *	memviz_report		1
 *	at			"peak", "oom", "end" or "time"
 *	time_ns			since the recording's start
 *	capacity_bytes		of the card; 0: not known
 *	driver_used_bytes	of the card, by all programs; where nobody was asked: what this one has
 *	reserved_bytes		held by the framework's pool; without one: device_bytes
 *	allocated_bytes		in blocks of the pool; without one: device_bytes
 *	bands			array of {band, bytes, blocks, guessed_bytes, sublabels}: parameter, gradient, optimizer,
 *				activation, temporary, other; sublabels is an array of {sublabel, bytes, blocks} of those that any
 *				of its bytes have at that moment (analyze/sublabel.h)
 *	oom			the error at this moment, or null: {requested_bytes, allocated_bytes, reserved_bytes,
 *				free_bytes, total_bytes, ordinal, time_ns, outcome ("survived" or "unknown"),
 *				api, origin, frames}
 *	top_stacks		array of {bytes, blocks, bands, origin, frames}, largest first; bands has the bytes of each
 *				band that has any; frames, innermost first, are {function, file, line, module, offset, start,
 *				code}: start is where a native function begins in the module; code is "own", "library" (which does something), or, for one that only leads there, "wrapper",
 *				"dispatch", "autograd", "allocator", "python", "cuda", "system" or "recorder";
 *				origin is the one of them that a person would point at, which is the innermost of code "own"
 *				where there is one, with index, its place among them, and is_backward: it made, in
 *				forward, the node of the graph at which backward asked; null without a stack
 *	losses			what the recorder had to drop: a member for each cause, events
 *	device_bytes		what this process has of the driver
 *	driver_used_is_known	false: nobody was asked
 *	gaps			{free_bytes, largest_bytes, pieces}: within the pool's segments; null: not known
 *	largest_blocks		array of {bytes, band, reason, name, birth_ns, step, phase, address, origin, frames, is_guess,
 *				sublabel}
 *	start			why the recording does not begin with the program; null: it does
 *	step			optimizer steps completed
 *	begin_ns		the recording is complete from here on
 *	end_ns
 *	device			{ordinal, name}
 *	program, pid, rank	rank is null outside of distributed jobs
 *	reconciliation		driver_used_bytes taken apart (analyze/reconcile.h): {source ("nvml", "driver" or "none"),
 *				said_ns, used_bytes, parts, kept_back_bytes, managed_bytes, changes,
 *				first_sample_is_lost, nvml}; parts is an array of {part, bytes, basis} and adds up to
 *				used_bytes: ledger, rounding, pools, graphs, context, modules, others, unexplained
 *	besides			what is in no band or bears a mark (analyze/besides.h): {contexts, modules, pools, graphs,
 *				nodes, node_bytes, arrays, array_bytes, imported, imported_bytes, imported_unsized,
 *				multicast, multicast_bytes, exports, is_checkpointed, limits}; limits has the bytes of
 *				those that were set: stack, printf, malloc
 *	missing_files		array of {path, build_id, state}: objects whose functions have no names here; state is
 *				"not here" or "another build is here"
 *	finding			what is most worth knowing (analyze/finding.h), or null: {sublabel, bytes, blocks, place, caller,
 *				text}; place and caller are frames or null
 *	coverage		what the recorder could see, in words: {owners, saved, backward, python, lookup}
 *
 * Threads: none.  Memory: malloc.  */
#ifndef CMD_REPORT_VIEW_H
#define CMD_REPORT_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "analyze/finding.h"

/* Which frames of a stack the text shows.  */
enum mv_report_frames {
	MV_REPORT_OWN,	  /* the user's own, and what says most of what the innermost of them called */
	MV_REPORT_FOLDED, /* all, but noise as one line where it stands */
	MV_REPORT_ALL,
};

struct mv_report_view {
	const struct mv_report *report;
	const char *at; /* name of the moment */
	struct mv_places *places;
	const struct mv_finding *finding;
	unsigned top; /* how many stacks and blocks to show */
	enum mv_report_frames frames;
};

/* Write VIEW to OUT, for a terminal of 80 columns.  */
void mv_report_print(const struct mv_report_view *view, FILE *out);

/* Write VIEW as JSON to OUT.  0 or -ENOMEM.  */
int mv_report_print_json(const struct mv_report_view *view, FILE *out);

/* The names of the causes of losses: "busy", and what they mean to people: "in signal handlers".  */
const char *mv_loss_name(unsigned loss);
const char *mv_loss_text(unsigned loss);

/* True if anything is missing in the recording, or was lost.  */
bool mv_loss_is_any(const struct mv_recording *recording);

/* A line on stdout for each loss and what is missing.  */
void mv_loss_print(const struct mv_recording *recording);

#endif
