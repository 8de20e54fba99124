/* SPDX-License-Identifier: Apache-2.0 */
/* Compare what a layout makes of the running program with what Python says itself, through its public functions.
 *
 * Those need the GIL, allocate and may run the garbage collector, so they are not for a hook: the comparison is left
 * with Python as a pending call, which the main thread makes at its next safe point between two instructions.
 * Threads: mv_pycheck_request from any, with or without the GIL; Python takes a short lock of its own.  */
#ifndef STACK_PYCHECK_H
#define STACK_PYCHECK_H

#include <stdbool.h>

#include "stack/pylayout.h"

/* Ask for the comparison.  DONE is called, with the GIL held, by the main thread, or never, if that thread does not run
 * Python code again.  IS_RIGHT false: something is different.  LAYOUT lives as long as the process.  Returns 0; -EAGAIN:
 * Python has no room for the request now; -ENOENT: its functions were not found.  */
int mv_pycheck_request(const struct mv_pylayout *layout, void (*done)(bool is_right));

/* The comparison itself, of the calling thread, which holds the GIL.  False, too, if Python's functions were not found.  */
bool mv_pycheck_compare(const struct mv_pylayout *layout);

#endif
