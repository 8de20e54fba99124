/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/merge.h"

struct output {
	const struct mv_merge *merge;
	uint16_t *merged;
	unsigned count;
	unsigned native; /* the next native frame */
	unsigned python; /* the next Python frame */
};

static void put_native_before(struct output *out, unsigned end)
{
	const struct mv_merge *merge = out->merge;

	for (; out->native < end; out->native++) {
		uintptr_t ip = merge->native[out->native].ip;

		if (ip < merge->own_start || ip >= merge->own_end)
			out->merged[out->count++] = (uint16_t)out->native;
	}
}

static void put_python_before(struct output *out, unsigned end)
{
	for (; out->python < end; out->python++)
		out->merged[out->count++] = (uint16_t)(MV_MERGE_PYTHON | out->python);
}

/* A frame's piece of the stack goes up to its caller's stack pointer, which is not known for the outermost one.  */
static bool owns(const struct mv_merge *merge, unsigned native, uintptr_t address)
{
	return native + 1 < merge->native_count && merge->native[native].sp <= address &&
	       address < merge->native[native + 1].sp;
}

static bool is_evaluation(const struct mv_merge *merge, unsigned native, const struct mv_pyframe *entry)
{
	if (!merge->has_anchors)
		return merge->native[native].is_eval;
	return entry->is_entry && entry->anchor && owns(merge, native, entry->anchor);
}

/* The native frame, not before START, that runs the Python frames up to ENTRY; the count of native frames if none.  */
static unsigned find_evaluation(const struct mv_merge *merge, unsigned start, const struct mv_pyframe *entry)
{
	unsigned i;

	for (i = start; i < merge->native_count; i++)
		if (is_evaluation(merge, i, entry))
			break;
	return i;
}

static unsigned find_interpreter(const struct mv_merge *merge, unsigned start)
{
	unsigned i;

	for (i = start; i < merge->native_count; i++)
		if (merge->native[i].ip >= merge->interpreter_start && merge->native[i].ip < merge->interpreter_end)
			break;
	return i;
}

/* Behind the last Python frame of the evaluation that is running FIRST.  */
static unsigned end_of_evaluation(const struct mv_merge *merge, unsigned first)
{
	unsigned i = first;

	while (i + 1 < merge->python_count && !merge->python[i].is_entry)
		i++;
	return i + 1;
}

static void put_evaluation(struct output *out, unsigned end)
{
	const struct mv_merge *merge = out->merge;
	unsigned native = find_evaluation(merge, out->native, &merge->python[end - 1]);

	if (native < merge->native_count) {
		put_native_before(out, native);
		out->native = native + 1;
	} else if (merge->native_is_cut) {
		put_native_before(out, merge->native_count);
	} else {
		put_native_before(out, find_interpreter(merge, out->native));
	}
	put_python_before(out, end);
}

unsigned mv_merge_stack(const struct mv_merge *merge, uint16_t merged[])
{
	struct output out = {.merge = merge, .merged = merged};

	while (out.python < merge->python_count)
		put_evaluation(&out, end_of_evaluation(merge, out.python));
	if (!merge->python_is_cut)
		put_native_before(&out, merge->native_count);
	if (merge->native_is_cut || merge->python_is_cut)
		merged[out.count++] = MV_MERGE_CUT;
	return out.count;
}
