/* SPDX-License-Identifier: Apache-2.0 */
/* The interpreter in this process: is there one, can its frames be read, and whose are they.
 *
 * An interpreter is found by its exported symbols, chosen a layout for by its version, compared with live memory when
 * the first thread with Python frames comes by, and then compared with what Python says itself as soon as the main
 * thread gets to it.  At the first contradiction Python frames are given up for the life of the process.
 *
 * Use: mv_python_thread, once for a stack; with what it returns and the layout of mv_python_known, frame.h walks the frames
 * and code.h and pytext.h say what they are called.  The other headers are the room's own.
 * Threads: safe.  Signals: not while the same thread is inside.  Fork: a child calls mv_python_start.
 * Memory: none of its own.  */
#ifndef PYTHON_PYTHON_H
#define PYTHON_PYTHON_H

#include <stdbool.h>
#include <stdint.h>

#include "python/layout.h"

struct mv_python {
	struct mv_pylayout layout;
	uintptr_t start, end; /* of the object that holds the interpreter's code */
	uintptr_t eval;	      /* the evaluation loop, where LAYOUT has no anchors; else 0 */
	uintptr_t text_type;  /* PyUnicode_Type */
};

/* Forget what is known, and look for an interpreter.  AWAIT_READERS returns when no other thread is reading frames, or TIME_NS
 * have passed: the thread that ends the interpreter calls it, before that frees the state of any other one.  */
void mv_python_start(void (*await_readers)(uint64_t time_ns));

/* True if there is one whose frames can perhaps be read.  */
bool mv_python_is_there(void);

/* Look again: objects have been loaded.  True if an interpreter has been found now.  About 50 us for 300 objects.  */
bool mv_python_look(void);

/* Have Python compare (check.h), if that has not been asked for; again and again, as Python may have no room for the
 * request.  */
void mv_python_ask(void);

/* The calling thread's PyThreadState, if its frames can be read; else 0: a thread that Python does not know, an
 * interpreter that is being torn down, or none.  What it returns is good for as long as the thread is one of the readers
 * that are awaited (mv_python_start), which it must be before it calls this: the end of the interpreter waits for that.
 * Calls PyGILState_GetThisThreadState, which reads a thread-specific value.  */
uintptr_t mv_python_thread(void);

/* What is known about the interpreter; to be read only after mv_python_thread has returned one.  */
const struct mv_python *mv_python_known(void);

/* What is known about the interpreter, for people: "CPython 3.11, frames read", "no interpreter"; a static string.  */
const char *mv_python_state(void);

#endif
