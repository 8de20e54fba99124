/* SPDX-License-Identifier: Apache-2.0 */
/* The Python frames of the calling thread, read without the GIL: the chain hangs on the thread's own state, and while
 * the thread is inside this call nobody changes or frees it.
 *
 * THREAD is the thread's PyThreadState.  The layout has been checked (probe.h).
 * Threads: each reads its own.  Signals: safe.  */
#ifndef PYTHON_FRAME_H
#define PYTHON_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "python/layout.h"

enum {
	MV_PYTHON_FRAMES = 512, /* that are told from others; those further out are not looked at */
};

struct mv_pyframe {
	uintptr_t code;	  /* PyCodeObject */
	uintptr_t anchor; /* if IS_ENTRY: lies in the C frame of the evaluation; 0: not known */
	int32_t lasti;	  /* where it stands, in bytes from the start of the bytecode */
	bool is_entry;	  /* the outermost one of its evaluation; the evaluation's C frame runs those before it, too */
};

/* The innermost frame, 0 if there is none.  */
uintptr_t mv_pyframe_first(const struct mv_pylayout *layout, uintptr_t thread);

/* Continue HASH with the chain of THREAD: code objects, positions and, so that code that has died is not taken for new
 * code at the same place, EPOCHS (code.h).  At most MV_PYTHON_FRAMES frames.  */
uint64_t mv_pyframe_hash(const struct mv_pylayout *layout, uintptr_t thread, const uint32_t *epochs, uint64_t hash);

/* The frames that Python itself would show, innermost first, at most MAX.  Returns how many; sets *IS_CUT if there are
 * more.  */
unsigned mv_pyframe_walk(const struct mv_pylayout *layout, uintptr_t thread, struct mv_pyframe frames[], unsigned max,
			 bool *is_cut);

/* The line where FRAME stands, 0 if it has none.  */
uint32_t mv_pyframe_line(const struct mv_pylayout *layout, const struct mv_pyframe *frame);

#endif
