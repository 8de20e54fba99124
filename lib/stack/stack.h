/* SPDX-License-Identifier: Apache-2.0 */
/* The calling thread's stack as one number: native frames up to the interpreter and Python's own frames, merged,
 * interned.  A stack seen before costs a walk and a look-up; a new one is written to the tables of the recording.
 *
 * Use: mv_stack_prepare, with no lock of the caller's (the loader, libunwind and the interpreter are asked there); then
 * mv_stack_start once, which calls nobody but the kernel; then mv_stack_capture from inside a hook.  Frames that lie in this
 * library are left out.  Whoever unloads objects says so (mv_stack_unload_begins).
 * Threads: mv_stack_capture from any thread at once.  Signals: a capture that interrupts a capture of its own thread
 * returns 0.  Fork: a fork waits until no other thread is in a capture, at most 2 ms (and until none is at the loader's
 * list: base/walk.h), and captures that begin meanwhile wait for it, at most 50 ms.  A child captures nothing until it calls mv_stack_prepare and
 * mv_stack_start; it inherits nothing but address space.  Where the wait was in vain, it has no native frames.
 * Memory: mapped pages with a cap (16 MB for all stacks, taken as they are used), never malloc; about 85 KB per thread,
 * which a later thread takes over, and for one whose stack needs libunwind 256 KB, which go with the thread.  Of the stack,
 * about 6 KB.
 * Python: frames are read without the GIL; nothing is read before the layout of the running interpreter has been
 * checked against live memory by reads that cannot fault.  The deallocation function of Python's code type is replaced
 * by one that tells us first (python/code.h), and Python is asked once to compare what we read with what it knows
 * (python/check.h).  Frames are recorded as the interpreter would print them: file, qualified name, line.
 * What is not seen: where a sub-interpreter runs in the thread of another one, the frames of one of the two (CPython itself
 * knows only one state for a thread: to 3.11 that of the caller, then that of the one that runs); builds without the
 * GIL; versions after 3.14; interpreters that are not CPython.  */
#ifndef STACK_STACK_H
#define STACK_STACK_H

#include <stddef.h>
#include <stdint.h>

#include "memviz/format.h"

/* Where new records go.  Each returns the id of a record equal to what it was given, 0 if there is no room (counted
 * by the owner of the tables).  Called rarely, by any thread, several at once; add_text and add_module in any order,
 * add_frame and add_stack once for each distinct record as long as there are fewer than 48,000 frames and 196,000
 * stack records.  They are called under this room's lock: they must not capture a stack.  */
struct mv_stack_tables {
	uint32_t (*add_text)(const char *bytes, size_t length);
	uint32_t (*add_module)(const struct mv_module *module);
	uint32_t (*add_frame)(const struct mv_frame *frame);
	uint32_t (*add_stack)(const struct mv_stack *stack);
	/* A stack was lost: MV_LOSS_STACK_CUT, MV_LOSS_STACK_FAILED.  May be NULL.  Under no lock of this room's.  */
	void (*lose)(enum mv_loss cause);
};

enum mv_stack_part {
	MV_STACK_NATIVE = 1,
	MV_STACK_PYTHON = 2,
	MV_STACK_LIBUNWIND = 8, /* with NATIVE: by libunwind alone */
};

enum {
	/* Of each kind; deeper stacks are cut at the root, where a MV_FRAME_LABEL says "…cut".  Native frames include
	 * those of the interpreter that Python frames then replace.  */
	MV_STACK_FRAMES = 512,
};

/* What a capture found out besides the stack, since mv_stack_start.  */
struct mv_stack_counts {
	uint64_t captures;
	uint64_t stacks; /* different ones */
	uint64_t cut;	 /* of those, deeper than MV_STACK_FRAMES */
	uint64_t failed; /* captures with no stack although one was wanted */
};

/* Find out what captures of PARTS (enum mv_stack_part, 0: none) need to know of the process, once; a thread that comes
 * meanwhile waits for the one that does it, at most some 50 ms, before it goes on.  Until it is done captures return 0.  */
void mv_stack_prepare(unsigned parts);

/* Capture PARTS, which have been prepared, into TABLES, which is copied.  Returns the parts that can be had: Python is
 * left out where there is no interpreter, or none whose layout is known.  It is looked for again when a new stack comes
 * by and objects have been loaded, because a program may load it later.  A second call in the same process changes
 * nothing.  */
unsigned mv_stack_start(const struct mv_stack_tables *tables, unsigned parts);

/* The id of the calling thread's stack, 0 if there is none.  Preserves errno.  A stack seen before: about 1.5 ns for each
 * native frame that was there in the thread's last capture, 5 ns for another one, and 2 ns for each Python frame; by
 * libunwind, 7 ns for each native frame.  */
uint32_t mv_stack_capture(void);

/* The same, of PARTS only, and with the stack ORIGIN, an id of this recording, further out than all of it, behind a frame
 * MV_FRAME_FORWARD; 0: nothing.  That there are no frames is no loss where PARTS leave the native ones out.  */
uint32_t mv_stack_capture_from(unsigned parts, uint32_t origin);

/* Around the real dlclose.  What is known about unloaded code is forgotten, so that no stack that runs through what comes to
 * lie in its place is taken for one of before.  At any time, also without a start.  */
void mv_stack_unload_begins(void);
void mv_stack_unload_ends(void);

/* As mv_python_state, or "not asked for".  */
const char *mv_stack_python_state(void);

struct mv_stack_counts mv_stack_counts(void);

#endif
