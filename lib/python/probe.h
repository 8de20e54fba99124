/* SPDX-License-Identifier: Apache-2.0 */
/* Does a layout fit the interpreter that runs here?  Asked before anything is read that could fault: every address is
 * first tried by a system call that cannot (mv_sys_readable).
 *
 * What is compared: the thread state's own thread, the types of code objects, strings and tables, owners, positions
 * against the length of the bytecode, lengths, the names against each other, and how the chain ends.
 * Threads: checks the calling thread's own frames.  Signals: safe.  Memory: none.
 * Cost: some microseconds a frame; once for the process.  */
#ifndef PYTHON_PROBE_H
#define PYTHON_PROBE_H

#include <stdint.h>

#include "python/layout.h"

/* Addresses of the interpreter's type objects.  */
struct mv_pytypes {
	uintptr_t code, text, bytes;
};

/* Compare LAYOUT with the chain of THREAD, the calling thread's PyThreadState.  Returns the number of frames that were
 * found right (the innermost ones; those behind them are only counted on), 0: there is no frame to compare yet,
 * -EINVAL: LAYOUT does not fit.  */
int mv_pyprobe_check(const struct mv_pylayout *layout, const struct mv_pytypes *types, uintptr_t thread);

#endif
