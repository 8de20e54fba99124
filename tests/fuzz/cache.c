/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file of the cache of names: taken over and read, or refused.  Twice: as they are, and with their checksum
 * put right.  The fuzzer is told what the file would have to be about.  */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/cachefile.h"

/* Where a file says what it is about: symbol/cachefile.c.  */
enum { ID_SIZE_AT = 12, ID_AT = 16, STAMP_AT = 48, HEAD_BYTES = 56, ID_BYTES = 32 };

static size_t g_read; /* so that nothing that is read can be left out */

static void read_entry(const struct mv_cachefile *cache, size_t index)
{
	struct mv_symbol levels[MV_CACHEFILE_LEVELS];
	struct mv_cachefile_entry entry;
	size_t found;
	uint32_t i;

	mv_cachefile_at(cache, index, &entry, levels);
	for (i = 0; i < entry.answer.level_count; i++)
		g_read += (levels[i].function ? strlen(levels[i].function) : 0) + (levels[i].file ? strlen(levels[i].file) : 0);
	if (!mv_cachefile_find(cache, entry.address, &found) || found != index)
		abort();
}

/* What is made of it and something new can be read in turn.  */
static void add_to(const struct mv_cachefile *cache, const struct mv_cachefile_key *key)
{
	static const struct mv_symbol level = {"new", "new.c", 1};
	struct mv_cachefile_entry more[] = {{1, {&level, 1, 1}}, {UINT64_MAX, {&level, 1, 1}}};
	struct mv_cachefile made, again;

	if (mv_cachefile_make(&made, cache, key, more, 2)) {
		if (!mv_cachefile_take(&again, made.bytes, made.size_bytes, key))
			abort();
		mv_cachefile_release(&again);
	}
}

static void take(const uint8_t *data, size_t size, int is_sealed)
{
	uint8_t id[ID_BYTES];
	struct mv_cachefile_key key = {id, 0, 0};
	struct mv_cachefile cache = {malloc(size + 1), size};
	size_t i;

	memcpy(cache.bytes, data, size);
	if (is_sealed)
		mv_cachefile_seal(&cache);
	if (size >= HEAD_BYTES) {
		memcpy(&key.build_id_bytes, data + ID_SIZE_AT, sizeof key.build_id_bytes);
		memcpy(id, data + ID_AT, sizeof id);
		memcpy(&key.stamp, data + STAMP_AT, sizeof key.stamp);
	}
	if (!mv_cachefile_take(&cache, cache.bytes, size, &key))
		return;
	for (i = 0; i < mv_cachefile_count(&cache); i++)
		read_entry(&cache, i);
	add_to(&cache, &key);
	mv_cachefile_release(&cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	take(data, size, 0);
	take(data, size, 1);
	return 0;
}
