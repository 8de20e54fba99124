/* SPDX-License-Identifier: Apache-2.0 */
/* Programs on the odd driver: "acts NAME" does one; exit 0: it went as without a recorder.  */
#ifndef GPUSIM_ODD_ACTS_H
#define GPUSIM_ODD_ACTS_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stdint.h>

#include "gpusim/must.h"
#include "gpusim/odd_driver.h"

enum { ODD_TIMES = 1000, ODD_BYTES = 1 << 20 };

/* Allocate, and free again, ODD_TIMES; allocate ODD_BYTES and keep them.  */
void odd_pairs(void);
void odd_keep(void);

/* Exceptions out of the driver, and the end of a thread in it: of C++.  */
void odd_throws(void);
void odd_ends_threads(void);

/* Calls like those before, between two calls of close(-4711); what was called of libc until the end, on stdout.  */
void odd_steady(void);
void odd_whole_life(void);

/* Arrays with memory behind parts of them, multicast objects, graphics.  */
void odd_sparse(void);
void odd_sparse_destroyed(void);
void odd_team(void);
void odd_team_unmapped(void);
void odd_graphics(void);

/* Threads that may be cancelled at any instruction.  */
void odd_cancels_anywhere(void);
void odd_keeps_how_it_is_cancelled(void);

/* Frees without an allocation that could be known.  */
void odd_frees_the_unseen(void);
void odd_pool_that_errs(void);
void odd_frees_the_overwritten(void);

#ifdef __cplusplus
}
#endif

#endif
