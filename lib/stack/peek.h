/* SPDX-License-Identifier: Apache-2.0 */
/* Reading frames of others on the own stack, where a sanitizer sees their variables and the space between.
 *
 * Threads, signals: reads.  */
#ifndef STACK_PEEK_H
#define STACK_PEEK_H

#include <stdint.h>

#define MV_PEEKS __attribute__((no_sanitize_address, no_sanitize_thread))

enum { MV_PEEK_BYTES = 8 };

/* The word at ADDRESS, which is checked by the caller.  */
MV_PEEKS static inline uintptr_t mv_peek(uintptr_t address)
{
	return *(const volatile uintptr_t *)address;
}

#endif
