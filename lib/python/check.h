/* SPDX-License-Identifier: Apache-2.0 */
/* What is done through Python's public functions: compare what a layout makes of the running program with what Python
 * says itself, and have Python say when the interpreter ends, because it then frees the states of threads that may be
 * reading theirs.
 *
 * Those functions need the GIL, allocate and may run the garbage collector, so they are not for a hook: both are left
 * with Python as a pending call, which the main thread makes at its next safe point between two instructions.
 * Threads: mv_pycheck_request from any, with or without the GIL; Python takes a short lock of its own.  */
#ifndef PYTHON_CHECK_H
#define PYTHON_CHECK_H

#include <stdbool.h>

#include "python/layout.h"

struct mv_pycheck {
	const struct mv_pylayout *layout; /* lives as long as the process */
	void (*done)(bool is_right);	  /* called once, by the main thread; false: something is different */
	void (*ends)(void);		  /* called by the thread that ends the interpreter, before it frees anything */
};

/* Ask for both.  CHECK is copied.  Its functions are called with the GIL held; or never, if the main thread does not run
 * Python code again.  Returns 0; -EAGAIN: Python has no room for the request now; -ENOENT: its functions were not
 * found.  */
int mv_pycheck_request(const struct mv_pycheck *check);

/* The comparison itself, of the calling thread, which holds the GIL.  False, too, if Python's functions were not
 * found.  */
bool mv_pycheck_compare(const struct mv_pylayout *layout);

#endif
