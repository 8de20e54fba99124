/* SPDX-License-Identifier: Apache-2.0 */
/* Who owned what when memory ran out, found out when the error has come back to Python.  Private to lib/torch, but for
 * mv_torch_expect_aftermath.
 *
 * Threads: any.  */
#ifndef TORCH_AFTERMATH_H
#define TORCH_AFTERMATH_H

#include <stdint.h>

/* So many EVENTS of the allocator's have been: a chance to ask again.  A nanosecond unless memory has run out.  */
void mv_aftermath_tick(uint64_t events);

#endif
