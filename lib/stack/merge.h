/* SPDX-License-Identifier: Apache-2.0 */
/* One stack from native and Python frames.
 *
 * Each evaluation of Python code is one C frame of the interpreter's loop, and something that belongs to the Python
 * frames that it runs lies in that C frame (their anchor).  So the C frame whose piece of the stack holds the anchor is
 * the one to replace by those Python frames.  That needs no symbols, and is right for generators, callbacks and inlined
 * calls.  Where there is no match (the stack was cut, or has been switched in a way that is not understood), Python
 * frames go to the first frame further out that lies in the interpreter, and no native frame is replaced.
 *
 * Threads, signals: pure function.  */
#ifndef STACK_MERGE_H
#define STACK_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "python/frame.h"
#include "stack/native.h"

/* Both innermost first.  */
struct mv_merge {
	const struct mv_native_frame *native;
	const struct mv_pyframe *python;
	unsigned native_count, python_count;
	bool native_is_cut, python_is_cut;
	bool has_anchors;			    /* else: evaluations are native frames with IS_EVAL */
	uintptr_t own_start, own_end;		    /* native frames from here are left out */
	uintptr_t interpreter_start, interpreter_end; /* of the object with the interpreter's code */
};

/* An entry of the result: the index of a native frame, or of a Python frame with this bit, or the mark of a cut.  */
enum {
	MV_MERGE_PYTHON = 1 << 15,
	MV_MERGE_CUT = UINT16_MAX,
};

/* Write the merged stack, innermost first, to MERGED, which has room for all frames and one more.  Returns its length.
 * Further out than a cut there is nothing but its mark.  */
unsigned mv_merge_stack(const struct mv_merge *merge, uint16_t merged[]);

#endif
