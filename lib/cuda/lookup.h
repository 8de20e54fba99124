/* SPDX-License-Identifier: Apache-2.0 */
/* How programs find CUDA's functions, and how they find the wrappers instead: dlsym, dlvsym and cuGetProcAddress.
 *
 * A wrapper is handed out only in the place of the very function that it stands in front of, known by its address:
 * guessing from names and versions has mixed up the editions of a function in every interposer that tried.  What the
 * driver lacks is not offered.
 *
 * Threads: safe.  Private to lib/cuda, but for dlclose.  */
#ifndef CUDA_LOOKUP_H
#define CUDA_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

/* The next definitions of dlsym and dlvsym behind this library: the assembly's jump there, with the program's return
 * address, on which the meaning of RTLD_NEXT and RTLD_DEFAULT depends.  */
extern void *(*mv_lookup_next)(void *handle, const char *name);
extern void *(*mv_lookup_next_version)(void *handle, const char *name, const char *version);

/* The next definition of dlclose, int (void *handle).  NULL: there is none.  */
void *mv_lookup_next_close(void);

/* True if this library stands behind libc in the loader's list: it was loaded when the program ran already, and is not
 * the only one of its name.  */
bool mv_lookup_is_late(void);

/* Answers of mv_lookup_decide that are not wrappers: ask the next dlsym; say that there is no such symbol.  */
#define MV_LOOKUP_PASS ((void *)0)
#define MV_LOOKUP_NONE ((void *)-1)

/* What dlsym(HANDLE, NAME), called from CALLER, is to return; with VERSION, not NULL, dlvsym(HANDLE, NAME, VERSION).
 * Called by the assembly before everything else, maybe before any constructor has run.  */
void *mv_lookup_decide(void *handle, const char *name, const char *version, const void *caller);

#endif
