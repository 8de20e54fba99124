/* SPDX-License-Identifier: Apache-2.0 */
/* Strings, each once.
 *
 * Use: zeroed memory is empty texts; add; release.
 * Threads: one at a time.  Memory: malloc; strings stay where they are until the texts are released.  */
#ifndef SYMBOL_TEXTS_H
#define SYMBOL_TEXTS_H

#include <stddef.h>
#include <stdint.h>

struct mv_texts {
	char **strings; /* by number */
	size_t count, room;
	uint32_t *slots; /* open addressing; 1 + number, 0: free */
	size_t slot_count;
	uint64_t bytes; /* of all strings, with their zeros */
};

enum { MV_TEXTS_NONE = UINT32_MAX };

/* The number of a string equal to STRING, which is added if there is none: 0, 1, 2 …  MV_TEXTS_NONE: out of memory.  */
uint32_t mv_texts_add(struct mv_texts *texts, const char *string);
void mv_texts_release(struct mv_texts *texts);

#endif
