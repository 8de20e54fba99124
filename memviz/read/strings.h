/* SPDX-License-Identifier: Apache-2.0 */
/* The strings of a recording, fit to be shown: ended by a zero, valid UTF-8, without control characters (a file must
 * not be able to steer the terminal of the person who looks).  What was not fit reads as '?'.  Private to memviz/read.
 *
 * Threads: any number may read.  Memory: a copy of the region and a bit for every four bytes of it.  */
#ifndef READ_STRINGS_H
#define READ_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mv_strings {
	char *bytes;	    /* as the region, but each string stands where its length stood, and ends in a zero */
	uint8_t *begins;    /* bit ID: a string begins there */
	uint64_t size_bytes; /* covered by whole records; less than the region where that is damaged */
};

/* Take over the SIZE bytes of the text REGION up to the first impossible record.  0 or -ENOMEM.  */
int mv_strings_open(struct mv_strings *strings, const uint8_t *region, uint64_t size);
void mv_strings_close(struct mv_strings *strings);

/* True if there is a string ID.  */
bool mv_strings_has(const struct mv_strings *strings, uint32_t id);

/* The string ID, or "".  */
const char *mv_strings_get(const struct mv_strings *strings, uint32_t id);

#endif
