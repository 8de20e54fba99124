/* SPDX-License-Identifier: Apache-2.0 */
/* A driver that has every function that the recorder watches, and does what no driver is seen to do every day: it calls
 * back into the program from within a call, which may never come back from there, and gives any answer to anything.  It
 * takes no lock, so that its calls can be made from signal handlers.
 *
 * Threads: what is set holds for the thread that sets it, the counts for all.  */
#ifndef GPUSIM_ODD_DRIVER_H
#define GPUSIM_ODD_DRIVER_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)

/* What programs call of it, as CUDA declares it.  An allocation comes out at an address that never was before.  */
int cuInit(unsigned flags);
int cuMemAlloc_v2(uint64_t *address, size_t size);
int cuMemFree_v2(uint64_t address);

/* BACK is called from within each cuMemAlloc_v2 of this thread's, before there is memory; NULL: nothing is.  */
void odd_call_back(void (*back)(void));

/* What the functions answer that have no code of their own, and from then on those two as well if it is no success.  */
void odd_answer_with(int result);

/* Calls of the functions that only tell something, but for cuCtxGetDevice; calls of that.  */
unsigned odd_questions(void);
unsigned odd_device_questions(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
