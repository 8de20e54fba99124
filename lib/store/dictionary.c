/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dictionary.h"

#include <string.h>

#include "base/hash.h"

enum { TEXT_UNIT = 4, TEXT_BYTES_MAX = 4096, TEXT_BYTES_MEAN = 32 };

static uint32_t index_entries(uint64_t size_bytes, uint32_t record_bytes)
{
	uint64_t records = size_bytes / (record_bytes ? record_bytes : TEXT_BYTES_MEAN);
	uint32_t entries = 64;

	while (entries < records * 2)
		entries *= 2;
	return entries;
}

size_t mv_dictionary_index_bytes(uint64_t size_bytes, uint32_t record_bytes)
{
	return index_entries(size_bytes, record_bytes) * sizeof(uint32_t);
}

static uint64_t hash_bytes(const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	uint64_t hash = length, word = 0;

	for (; length >= 8; at += 8, length -= 8) {
		memcpy(&word, at, 8);
		hash = mv_hash_add(hash, word);
	}
	word = 0;
	memcpy(&word, at, length);
	return mv_hash_add(hash, word);
}

/* A record in the dictionary: its bytes and how many.  */
struct record {
	const void *bytes;
	uint32_t length;
};

static struct record record_of(const struct mv_dictionary *dictionary, uint32_t id)
{
	const uint8_t *at;
	struct record record;

	if (dictionary->record_bytes)
		return (struct record){dictionary->region + (uint64_t)id * dictionary->record_bytes, dictionary->record_bytes};
	at = dictionary->region + (uint64_t)id * TEXT_UNIT;
	memcpy(&record.length, at, sizeof record.length);
	record.bytes = at + sizeof record.length;
	return record;
}

static bool is_equal(struct record a, struct record b)
{
	return a.length == b.length && !memcmp(a.bytes, b.bytes, a.length);
}

/* The entry of the index that holds RECORD's id, or the free one where it belongs.  */
static uint32_t *entry_of(struct mv_dictionary *dictionary, struct record record)
{
	uint32_t mask = dictionary->index_size - 1;
	uint32_t at = (uint32_t)hash_bytes(record.bytes, record.length) & mask;

	while (dictionary->index[at] && !is_equal(record_of(dictionary, dictionary->index[at] - 1), record))
		at = (at + 1) & mask;
	return &dictionary->index[at];
}

static uint32_t bytes_kept(const struct mv_dictionary *dictionary, struct record record)
{
	if (dictionary->record_bytes)
		return dictionary->record_bytes;
	return (uint32_t)((sizeof(uint32_t) + record.length + TEXT_UNIT - 1) / TEXT_UNIT * TEXT_UNIT);
}

static void count_loss(uint64_t *loss)
{
	if (loss)
		__atomic_fetch_add(loss, 1, __ATOMIC_RELAXED);
}

static bool lock(struct mv_dictionary *dictionary)
{
	if (mv_lock_take(&dictionary->lock))
		return true;
	count_loss(dictionary->lock_loss);
	return false;
}

/* Write RECORD behind the others and publish it.  False: no room.  Called with the lock held.  */
static bool write_record(struct mv_dictionary *dictionary, struct record record, uint32_t *id)
{
	uint64_t used = *dictionary->used_bytes;
	uint32_t bytes = bytes_kept(dictionary, record);
	uint8_t *at = dictionary->region + used;

	if (bytes > dictionary->size_bytes - used || dictionary->entries >= dictionary->index_size / 4 * 3)
		return false;
	if (!dictionary->record_bytes) {
		memcpy(at, &record.length, sizeof record.length);
		at += sizeof record.length;
	}
	memcpy(at, record.bytes, record.length);
	*id = (uint32_t)(used / (dictionary->record_bytes ? dictionary->record_bytes : TEXT_UNIT));
	dictionary->entries++;
	/* Pairs with the acquire in mv_image_region().  */
	__atomic_store_n(dictionary->used_bytes, used + bytes, __ATOMIC_RELEASE);
	return true;
}

static uint32_t add_locked(struct mv_dictionary *dictionary, struct record record)
{
	uint32_t *entry = entry_of(dictionary, record), id;

	if (*entry)
		return *entry - 1;
	if (!write_record(dictionary, record, &id)) {
		count_loss(dictionary->loss);
		return 0;
	}
	*entry = id + 1;
	return id;
}

static uint32_t add(struct mv_dictionary *dictionary, struct record record)
{
	uint32_t id;

	if (!lock(dictionary))
		return 0;
	id = add_locked(dictionary, record);
	mv_lock_release(&dictionary->lock);
	return id;
}

uint32_t mv_dictionary_add_text(struct mv_dictionary *dictionary, const char *bytes, size_t length)
{
	return add(dictionary, (struct record){bytes, length < TEXT_BYTES_MAX ? (uint32_t)length : TEXT_BYTES_MAX});
}

uint32_t mv_dictionary_add(struct mv_dictionary *dictionary, const void *record)
{
	return add(dictionary, (struct record){record, dictionary->record_bytes});
}

void mv_dictionary_copy_text(const struct mv_dictionary *dictionary, uint32_t id, struct mv_text *text)
{
	struct record record = record_of(dictionary, id);

	mv_text_add_bytes(text, record.bytes, record.length);
}

uint32_t mv_dictionary_append(struct mv_dictionary *dictionary, const void *record)
{
	bool is_there;
	uint32_t id;

	if (!lock(dictionary))
		return 0;
	is_there = write_record(dictionary, (struct record){record, dictionary->record_bytes}, &id);
	mv_lock_release(&dictionary->lock);
	if (!is_there)
		count_loss(dictionary->loss);
	return is_there ? id : 0;
}

void mv_dictionary_open(struct mv_dictionary *dictionary, struct mv_file_header *header, enum mv_region_kind region,
		   uint32_t record_bytes, void *index, uint64_t *loss)
{
	static const uint64_t zeros[8];
	struct record nothing = {zeros, record_bytes};

	*dictionary = (struct mv_dictionary){
		.region = (uint8_t *)header + header->regions[region].offset,
		.used_bytes = &header->used_bytes[region],
		.size_bytes = header->regions[region].size_bytes,
		.index = index,
		.index_size = index_entries(header->regions[region].size_bytes, record_bytes),
		.record_bytes = record_bytes,
		.loss = loss,
		.lock_loss = loss ? &header->losses[MV_LOSS_LOCK] : NULL,
	};
	add_locked(dictionary, nothing);
}
