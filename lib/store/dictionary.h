/* SPDX-License-Identifier: Apache-2.0 */
/* The append-only tables of a recording: strings and records of fixed size, each kept once.  A record is added under
 * the table's lock, published with its region's used bytes, and found again through an index in private memory.
 *
 * Threads: safe.  Signals: the caller's guard keeps them out.  Fork: a child has tables of its own.
 * Memory: the records lie in the recording; the index is mapped once and does not grow.  */
#ifndef STORE_DICTIONARY_H
#define STORE_DICTIONARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/lock.h"
#include "base/text.h"
#include "memviz/format.h"

struct mv_dictionary {
	struct mv_lock lock;
	uint8_t *region;
	uint64_t *used_bytes; /* in the recording's header */
	uint64_t size_bytes;
	uint32_t *index; /* INDEX_SIZE entries, a power of two: 1 + id; 0: free */
	uint32_t index_size;
	uint32_t entries;
	uint32_t record_bytes; /* 0: strings */
	uint64_t *loss;	       /* counted when there is no room, */
	uint64_t *lock_loss;   /* and when the lock could not be had; NULL: nobody counts */
};

/* Bytes of private memory that the index of a table takes whose region holds SIZE bytes of records of RECORD bytes
 * (0: strings, 32 bytes on average).  */
size_t mv_dictionary_index_bytes(uint64_t size_bytes, uint32_t record_bytes);

/* Make DICTIONARY ready over REGION of the recording in HEADER; INDEX is zeroed memory of the size said above.  The empty
 * string, or a record of zeros, gets id 0.  */
void mv_dictionary_open(struct mv_dictionary *dictionary, struct mv_file_header *header, enum mv_region_kind region,
		   uint32_t record_bytes, void *index, uint64_t *loss);

/* The id of the string BYTES[LENGTH], of RECORD; added if they are new.  0 if there is no room, or no lock to be had
 * (counted).  Strings over 4096 bytes are cut.  */
uint32_t mv_dictionary_add_text(struct mv_dictionary *dictionary, const char *bytes, size_t length);
uint32_t mv_dictionary_add(struct mv_dictionary *dictionary, const void *record);

/* Append the string with that id to TEXT.  */
void mv_dictionary_copy_text(const struct mv_dictionary *dictionary, uint32_t id, struct mv_text *text);

/* Append RECORD without looking for an equal one.  Returns its number, 0 as above.  */
uint32_t mv_dictionary_append(struct mv_dictionary *dictionary, const void *record);

#endif
