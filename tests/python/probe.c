/* SPDX-License-Identifier: Apache-2.0 */
/* What the Python tests need of lib/python and lib/stack, to be called through ctypes.  */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../unit/stack_tables.h"
#include "python/check.h"
#include "python/probe.h"
#include "python/python.h"
#include "stack/merge.h"
#include "stack/native.h"
#include "stack/scratch.h"

unsigned probe_start(unsigned parts);
uint32_t probe_capture(void);
uint32_t probe_capture_in_callback(uint32_t (*callback)(void));
uint32_t probe_capture_elsewhere(void);
int probe_describe(uint32_t stack, char *text, int size);
const char *probe_state(void);
unsigned long probe_count(int which);
int probe_unmatched(void);
const char *probe_field(unsigned field);
int probe_try_layout(unsigned field, int delta);
bool probe_break_layout(unsigned field, int delta);
double probe_bench(int captures);

unsigned probe_start(unsigned parts)
{
	static pid_t starter;

	if (starter != getpid())
		tables_reset();
	starter = getpid();
	mv_stack_prepare(parts);
	return mv_stack_start(&tables_callbacks, parts);
}

uint32_t probe_capture(void)
{
	return mv_stack_capture();
}

uint32_t probe_capture_in_callback(uint32_t (*callback)(void))
{
	uint32_t id = callback();

	__asm__ volatile("" : "+r"(id)); /* no tail call: this frame is looked for */
	return id;
}

static void *capture_and_return(void *result)
{
	*(uint32_t *)result = mv_stack_capture();
	return NULL;
}

/* In a thread that Python does not know.  */
uint32_t probe_capture_elsewhere(void)
{
	pthread_t thread;
	uint32_t id = 0;

	pthread_create(&thread, NULL, capture_and_return, &id);
	pthread_join(thread, NULL);
	return id;
}

int probe_describe(uint32_t stack, char *text, int size)
{
	enum { FRAMES = 2 * MV_STACK_FRAMES + 64 };
	struct mv_frame *frames = calloc(FRAMES, sizeof *frames);
	unsigned n = tables_frames(stack, frames, FRAMES), i;
	int used = 0;

	for (i = 0; i < n && used < size; i++)
		used += tables_describe(&frames[i], text + used, (size_t)(size - used));
	free(frames);
	return used < size ? used : -1;
}

const char *probe_state(void)
{
	return mv_stack_python_state();
}

unsigned long probe_count(int which)
{
	struct mv_stack_counts counts = mv_stack_counts();
	const unsigned long values[] = {counts.captures, counts.stacks, counts.cut, counts.failed, g_tables.repeated};

	return values[which];
}

/* Evaluations of the calling thread for which no native frame was found.  */
int probe_unmatched(void)
{
	struct mv_scratch *place = calloc(1, sizeof *place);
	const struct mv_python *known = mv_python_known();
	uintptr_t thread = mv_python_thread();
	struct mv_merge merge = {
		.native = place->native,
		.python = place->python,
		.has_anchors = known->layout.anchor != MV_PYANCHOR_NONE,
		.interpreter_start = known->start,
		.interpreter_end = known->end,
	};
	int evaluations = 0, replaced;
	unsigned n, i;

	merge.native_count = mv_native_walk(place->native, MV_NATIVE_FRAMES, known->eval);
	merge.python_count =
		mv_pyframe_walk(&known->layout, thread, place->python, MV_STACK_FRAMES, &merge.python_is_cut);
	n = mv_merge_stack(&merge, place->merged);
	replaced = (int)merge.native_count;
	for (i = 0; i < n; i++)
		replaced -= !(place->merged[i] & MV_MERGE_PYTHON);
	for (i = 0; i < merge.python_count; i++)
		evaluations += place->python[i].is_entry;
	free(place);
	return evaluations - replaced;
}

/* ---- wrong layouts ---- */

#define FIELD(name) {#name, offsetof(struct mv_pylayout, name)}

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	FIELD(thread_id),      FIELD(thread_frame),	   FIELD(thread_cframe),
	FIELD(cframe_frame),   FIELD(cframe_previous), FIELD(frame_code),	   FIELD(frame_previous),
	FIELD(frame_instr),    FIELD(frame_owner),     FIELD(frame_entry),	   FIELD(code_file),
	FIELD(code_name),      FIELD(code_first_line), FIELD(code_lines),	   FIELD(code_bytecode),
	FIELD(text_length),    FIELD(text_state),      FIELD(text_ascii),	   FIELD(text_wide),
	FIELD(bytes_length),   FIELD(bytes_data),      FIELD(code_first_traceable),
};

const char *probe_field(unsigned field)
{
	return field < sizeof fields / sizeof *fields ? fields[field].name : NULL;
}

/* False: the version does not use FIELD.  */
static bool shift_field(struct mv_pylayout *layout, unsigned field, int delta)
{
	uint16_t value;

	memcpy(&value, (char *)layout + fields[field].offset, sizeof value);
	if (!value && delta)
		return false;
	value = (uint16_t)(value + delta);
	memcpy((char *)layout + fields[field].offset, &value, sizeof value);
	return true;
}

/* Between probe_start and the first capture: DELTA is added to FIELD of the layout that captures go by.  */
bool probe_break_layout(unsigned field, int delta)
{
	return shift_field((struct mv_pylayout *)&mv_python_known()->layout, field, delta);
}

/* With the GIL held: is the layout, with DELTA added to FIELD, found to be wrong?  -1: the version does not use FIELD;
 * 0: taken for right; 1: refused by the comparison with memory; 2: refused by Python itself; 3: shows no frames.  */
int probe_try_layout(unsigned field, int delta)
{
	static struct mv_pylayout layout; /* as long as the process */
	const struct mv_python *known = mv_python_known();
	struct mv_pytypes types = {.text = known->text_type};
	uintptr_t thread = mv_python_thread(), frame, code;
	int good;

	layout = known->layout;
	frame = mv_pyframe_first(&layout, thread);
	code = mv_py_word(frame, layout.frame_code) & ~(uintptr_t)layout.tag_mask;
	types.code = mv_py_word(code, MV_PYOBJECT_TYPE);
	types.bytes = mv_py_word(mv_py_word(code, layout.code_lines), MV_PYOBJECT_TYPE);
	if (!shift_field(&layout, field, delta))
		return -1;
	good = mv_pyprobe_check(&layout, &types, thread);
	if (good <= 0)
		return good ? 1 : 3;
	return mv_pycheck_compare(&layout) ? 0 : 2;
}

/* ---- cost ---- */

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds for a capture, the best of five rounds.  */
double probe_bench(int captures)
{
	double best = 0;
	int round, i;

	for (round = 0; round < 5; round++) {
		double start = now_ns(), each;

		for (i = 0; i < captures; i++)
			mv_stack_capture();
		each = (now_ns() - start) / captures;
		if (!round || each < best)
			best = each;
	}
	return best;
}
