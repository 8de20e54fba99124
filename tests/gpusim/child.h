/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that run in a child with settings of its own, since the simulated driver reads them once, when it is first
 * used.  MEMVIZ_TEST_GPUSIM says where the libraries are.  */
#ifndef GPUSIM_CHILD_H
#define GPUSIM_CHILD_H

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gpusim/api/cuda_device.h"

enum { CHILD_TEXT_BYTES = 4096 };

/* How a child ended, as waitpid tells it, and what it said.  */
struct child {
	int status;
	char out[CHILD_TEXT_BYTES], err[CHILD_TEXT_BYTES];
};

/* Run BODY in a child with SETTINGS, NAME=VALUE, that end in NULL, or NULL.  Without settings there is one card of
 * 1 GiB.  */
void child_run(struct child *child, void (*body)(void), const char *const *settings);

/* Run BODY; it must end well and say SAID on stderr, which CUnit is told.  */
void child_check(void (*body)(void), const char *said, const char *const *settings);

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* ---- in the child ---- */

/* End the child, as failed, unless CONDITION holds.  */
#define MUST(condition)                                                                               \
	do {                                                                                          \
		if (!(condition)) {                                                                   \
			printf("%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);             \
			fflush(stdout);                                                               \
			_exit(1);                                                                     \
		}                                                                                     \
	} while (0)

/* FUNCTION of the simulated driver, after child_load.  */
#define CALL(function) ((__typeof__(function) *)child_find(#function))

/* Load the simulated driver.  */
void child_load(void);

/* NAME in it.  */
void *child_find(const char *name);

/* Initialise CUDA and make the primary context of card ORDINAL current.  */
void child_open_card(CUdevice ordinal);

/* Free memory of the current context's card.  */
size_t child_free_bytes(void);

#endif
