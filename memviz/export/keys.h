/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for things that repeat: the same bytes get the same number, new ones the next, from 0.
 *
 * Threads: one at a time.  Memory: malloc; a copy of each different key.  */
#ifndef EXPORT_KEYS_H
#define EXPORT_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed: empty.  All fields are private but COUNT.  */
struct mv_keys {
	uint32_t count;	   /* of different keys */
	uint32_t room;	   /* of ENDS */
	uint32_t slots;	   /* of TABLE, a power of two */
	uint32_t *table;   /* 1 + a number; 0: free */
	size_t *ends;	   /* where each key ends in BYTES */
	uint8_t *bytes;
	size_t bytes_room;
};

/* *NUMBER of the LENGTH bytes at KEY.  -ENOMEM.  */
int mv_keys_add(struct mv_keys *keys, const void *key, size_t length, uint32_t *number);

/* The key that has NUMBER, which is below COUNT, and its LENGTH in bytes (NULL allowed).  Valid until the next add.  */
const void *mv_keys_at(const struct mv_keys *keys, uint32_t number, size_t *length);

/* Release what it holds; it is empty again.  */
void mv_keys_clear(struct mv_keys *keys);

#endif
