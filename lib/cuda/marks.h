/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges that a program marks, as phases: those that are pushed and popped nest by themselves; those that are started and
 * ended need not, and may be ended by another thread.  A phase is its thread's and nests, so a range that is ended within
 * another ends when that one does, and one that is ended elsewhere ends at the next range of its thread.
 *
 * Threads: safe.  Signals: not to be called from handlers.  Memory: none, but one table for names.
 * Private to lib/cuda.  */
#ifndef CUDA_MARKS_H
#define CUDA_MARKS_H

#include <stdint.h>

/* The calling thread enters a range called NAME, cut at some length; ID is what it will be ended by, 0: it will be
 * popped.  */
void mv_marks_begin(const char *name, uint64_t id);

/* The range that was pushed last ends; the one called ID does.  What is not known is ignored.  */
void mv_marks_pop(void);
void mv_marks_end(uint64_t id);

/* A number for a range or a name that nobody else has numbered.  Never 0.  */
uint64_t mv_marks_number(void);

/* HANDLE, which is not 0, stands for NAME from now on; what HANDLE stands for, "" if it is not known.  */
void mv_marks_set_name(uint64_t handle, const char *name);
const char *mv_marks_name(uint64_t handle);

#endif
