/* SPDX-License-Identifier: Apache-2.0 */
/* How programs find CUDA's functions, and how they find the wrappers instead: dlsym and cuGetProcAddress.
 *
 * A wrapper is handed out only in the place of the very function that it stands in front of, known by its address:
 * guessing from names and versions has mixed up the editions of a function in every interposer that tried.  What the
 * driver lacks is not offered.
 *
 * Threads: safe.  Private to lib/cuda.  */
#ifndef CUDA_LOOKUP_H
#define CUDA_LOOKUP_H

#include <stddef.h>

/* dlsym's next definition behind this library: the assembly's dlsym jumps there, with the program's return address, on
 * which the meaning of RTLD_NEXT and RTLD_DEFAULT depends.  */
extern void *(*mv_lookup_next)(void *handle, const char *name);

/* Answers of mv_lookup_decide that are not wrappers: ask the next dlsym; say that there is no such symbol.  */
#define MV_LOOKUP_PASS ((void *)0)
#define MV_LOOKUP_NONE ((void *)-1)

/* What dlsym(HANDLE, NAME), called from CALLER, is to return.  Called by the assembly before everything else, maybe
 * before any constructor has run.  */
void *mv_lookup_decide(void *handle, const char *name, const void *caller);

#endif
