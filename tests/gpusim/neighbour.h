/* SPDX-License-Identifier: Apache-2.0 */
/* What neighbour.c has.  */
#ifndef GPUSIM_NEIGHBOUR_H
#define GPUSIM_NEIGHBOUR_H

#include <stdint.h>

enum { NEIGHBOUR_ANSWER = 4711 };

typedef int (*neighbour_resolver)(const char *name, void **function, int version, uint64_t flags, int *status);

/* What dlsym(HANDLE, NAME) gives it, and RESOLVE its FUNCTION.  */
void *neighbour_find(void *handle, const char *name);
int neighbour_resolve(neighbour_resolver resolve, const char *name, void **function, int version);

/* The next library's function of this name; NULL for the last one.  */
void *neighbour_next(void);

int cudnnCreate(void);
int cublasCreate_v2(void);
int curl_easy_init(void);

#endif
