/* SPDX-License-Identifier: Apache-2.0 */
/* What was found out about one object's addresses, as bytes that can be kept.  Private to memviz/symbol.
 *
 * It counts only for the build id, and as long as names come from the same files (mv_object_stamp), so that debug
 * information that is installed later is not missed.  Everything in it is checked when it is taken over: somebody else may
 * have written it.
 *
 *	struct header	what it is about, and how much of the following there is
 *	entries		by address
 *	levels		of the entries, one behind the other
 *	text		strings, each ended by a zero; the first is the empty one
 *
 * Threads: one at a time.  Memory: malloc.  */
#ifndef SYMBOL_CACHEFILE_H
#define SYMBOL_CACHEFILE_H

#include "symbol/symbols.h"

enum {
	MV_CACHEFILE_BYTES = 16 << 20, /* at most */
	MV_CACHEFILE_LEVELS = 64,      /* of one address, at most */
};

/* Zeroed memory is an empty one.  */
struct mv_cachefile {
	uint8_t *bytes;
	size_t size_bytes;
};

/* What it is about.  */
struct mv_cachefile_key {
	const uint8_t *build_id;
	uint32_t build_id_bytes; /* at most 32 */
	uint64_t stamp;
};

/* One address.  */
struct mv_cachefile_entry {
	uint64_t address;
	struct mv_symbols_answer answer;
};

/* Take over SIZE bytes at BYTES, malloc'ed, and make their text fit to be shown.  False: they are not about KEY, or
 * damaged, and freed.  */
bool mv_cachefile_take(struct mv_cachefile *cache, void *bytes, size_t size, const struct mv_cachefile_key *key);
void mv_cachefile_release(struct mv_cachefile *cache);

/* How many addresses there are, and where ADDRESS is among them.  False: nowhere.  */
size_t mv_cachefile_count(const struct mv_cachefile *cache);
bool mv_cachefile_find(const struct mv_cachefile *cache, uint64_t address, size_t *index);

/* The address INDEX, whose levels are written to LEVELS.  Text lives until the release.  */
void mv_cachefile_at(const struct mv_cachefile *cache, size_t index, struct mv_cachefile_entry *entry,
		     struct mv_symbol levels[MV_CACHEFILE_LEVELS]);

/* Make MADE of what is in OLD and of the COUNT ENTRIES, by address; an address that is in both is taken from OLD.  False:
 * no memory, or more than MV_CACHEFILE_BYTES.  */
bool mv_cachefile_make(struct mv_cachefile *made, const struct mv_cachefile *old, const struct mv_cachefile_key *key,
		       const struct mv_cachefile_entry *entries, size_t count);

/* Compute the checksum of all that CACHE holds.  */
void mv_cachefile_seal(struct mv_cachefile *cache);

#endif
