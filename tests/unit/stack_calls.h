/* SPDX-License-Identifier: Apache-2.0 */
/* What suites of lib/stack capture, and how they look at it.  Each has functions of its own, in a file that is named
 * after the suite.  */
#ifndef UNIT_STACK_CALLS_H
#define UNIT_STACK_CALLS_H

#include "unit/stack_tables.h"

enum { CALLS_FRAMES = 2 * MV_STACK_FRAMES };

#define NO_TAIL_CALL(value) __asm__ volatile("" : "+r"(value))

static inline void start(void)
{
	mv_stack_prepare(MV_STACK_NATIVE | MV_STACK_PYTHON);
	mv_stack_start(&tables_callbacks, MV_STACK_NATIVE | MV_STACK_PYTHON);
}

__attribute__((noinline, unused)) static uint32_t recurse(unsigned depth)
{
	uint32_t id = depth ? recurse(depth - 1) : mv_stack_capture();

	NO_TAIL_CALL(id);
	return id;
}

__attribute__((noinline, unused)) static uint32_t recurse_otherwise(unsigned depth)
{
	uint32_t id = depth ? recurse_otherwise(depth - 1) : mv_stack_capture();

	NO_TAIL_CALL(id);
	return id;
}

static inline unsigned length_of(uint32_t stack)
{
	static struct mv_frame frames[CALLS_FRAMES];

	return tables_frames(stack, frames, CALLS_FRAMES);
}

/* The number of frames of STACK in objects whose path contains NAME.  */
static inline unsigned frames_in(uint32_t stack, const char *name)
{
	static struct mv_frame frames[CALLS_FRAMES];
	unsigned n = tables_frames(stack, frames, CALLS_FRAMES), i, found = 0;

	for (i = 0; i < n; i++)
		found += frames[i].kind == MV_FRAME_NATIVE &&
			 strstr(tables_text(g_tables.modules[frames[i].a].path), name) != NULL;
	return found;
}

#endif
