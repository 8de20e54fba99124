/* SPDX-License-Identifier: Apache-2.0 */
/* A merged stack becomes records of the recording, outermost frame first, each distinct one written once.
 *
 * Threads: one at a time, under the caller's lock.  Signals: the caller's guard keeps them out.
 * Memory: none of its own.  */
#ifndef STACK_RECORD_H
#define STACK_RECORD_H

#include <stdint.h>

#include "python/python.h"
#include "stack/intern.h"
#include "stack/scratch.h"

struct mv_record {
	const struct mv_stack_tables *tables;
	struct mv_intern *intern;
	const struct mv_python *python; /* NULL: the stack has no Python frames */
	struct mv_scratch *scratch;	/* frames, their merged order, and room for a text */
	unsigned merged_count;
	uint32_t origin; /* a stack that stands further out, behind MV_FRAME_FORWARD; 0: none */
};

/* The id of the stack, 0 if there is no room for one of its records.  Python's code objects are read: their frames are
 * those of the calling thread.  */
uint32_t mv_record_stack(const struct mv_record *record);

#endif
