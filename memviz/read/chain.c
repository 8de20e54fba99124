/* SPDX-License-Identifier: Apache-2.0 */
#include "read/chain.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "format/checksum.h"
#include "format/chunk.h"
#include "format/image.h"
#include "read/array.h"

enum {
	ALIGNMENT = 64,
	/* How often a damaged ring may be summed up in vain before the search ends: a ring can be made of nothing but
	 * beginnings of chunks.  */
	SCAN_ROUNDS = 32,
};

static int add(struct mv_chain *chunks, size_t *capacity, const struct mv_chunk *chunk)
{
	if (mv_array_grow(&chunks->at, capacity, chunks->count, sizeof *chunks->at))
		return -ENOMEM;
	chunks->at[chunks->count++] = chunk;
	chunks->events += chunk->event_count;
	return 0;
}

static bool events_are_plausible(const struct mv_chain *chunks, uint64_t size)
{
	uint64_t limit;

	return __builtin_mul_overflow(size, (uint64_t)MV_CHAIN_EVENTS_PER_BYTE, &limit) ||
	       chunks->events <= MV_CHAIN_EVENTS_FREE + limit;
}

/* The chunk at AT, if its header can be one and its body lies within.  */
static const struct mv_chunk *chunk_within(const uint8_t *bytes, uint64_t size, uint64_t at)
{
	const struct mv_chunk *chunk = (const struct mv_chunk *)(bytes + at);

	if (at > size || size - at < sizeof *chunk || chunk->magic != MV_CHUNK_MAGIC)
		return NULL;
	if (chunk->body_bytes > size - at - sizeof *chunk || !chunk->event_count)
		return NULL;
	return chunk->event_count <= MV_CHUNK_EVENTS_MAX ? chunk : NULL;
}

static bool sum_is_right(const struct mv_chunk *chunk)
{
	return chunk->checksum == mv_checksum_chunk(chunk, chunk + 1);
}

static uint64_t behind(const struct mv_chunk *chunk, uint64_t at)
{
	return (at + sizeof *chunk + chunk->body_bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

/* The chunk SEQUENCE, expected at *AT, or at 0 where the ring begins again.  */
static const struct mv_chunk *expect(const uint8_t *ring, uint64_t size, uint64_t sequence, uint64_t *at)
{
	const struct mv_chunk *chunk = chunk_within(ring, size, *at);

	if (chunk && chunk->sequence == sequence)
		return chunk;
	chunk = chunk_within(ring, size, 0);
	if (!chunk || chunk->sequence != sequence)
		return NULL;
	*at = 0;
	return chunk;
}

int mv_chain_walk(const void *image, struct mv_chain *chunks, struct mv_diag *diag)
{
	const struct mv_file_header *header = image;
	uint64_t size, sequence, at = header->ring_tail, start = header->regions[MV_REGION_RING].offset;
	const uint8_t *ring = mv_image_region(image, MV_REGION_RING, &size);
	size_t capacity = 0;

	*chunks = (struct mv_chain){0};
	for (sequence = header->chunk_first; sequence < header->chunk_next; sequence++) {
		const struct mv_chunk *chunk = expect(ring, size, sequence, &at);

		if (!chunk)
			return mv_diag_set(diag, -EINVAL, start + at, "the next chunk of events was expected");
		if (!sum_is_right(chunk))
			return mv_diag_set(diag, -EINVAL, start + at, "the checksum of a chunk of events does not match");
		if (add(chunks, &capacity, chunk))
			return mv_diag_set(diag, -ENOMEM, start + at, "out of memory");
		if (!events_are_plausible(chunks, size))
			return mv_diag_set(diag, -EINVAL, start + at, "more events than the bytes can hold");
		at = behind(chunk, at);
	}
	return 0;
}

static int by_sequence(const void *a, const void *b)
{
	const struct mv_chunk *one = *(const struct mv_chunk *const *)a, *two = *(const struct mv_chunk *const *)b;

	return one->sequence < two->sequence ? -1 : one->sequence > two->sequence;
}

/* Two chunks with one number: only the first counts.  */
static void drop_doubles(struct mv_chain *chunks)
{
	size_t i, kept = 0;

	chunks->events = 0;
	for (i = 0; i < chunks->count; i++) {
		if (kept && chunks->at[kept - 1]->sequence == chunks->at[i]->sequence)
			continue;
		chunks->at[kept++] = chunks->at[i];
		chunks->events += chunks->at[i]->event_count;
	}
	chunks->count = kept;
}

int mv_chain_scan(const uint8_t *bytes, uint64_t size, struct mv_chain *chunks)
{
	uint64_t at = 0, in_vain = 0;
	size_t capacity = 0;

	*chunks = (struct mv_chain){0};
	while (at < size && in_vain / SCAN_ROUNDS <= size) {
		const struct mv_chunk *chunk = chunk_within(bytes, size, at);
		bool is_whole = chunk && sum_is_right(chunk);

		if (is_whole && add(chunks, &capacity, chunk))
			return -ENOMEM;
		if (is_whole && !events_are_plausible(chunks, size))
			break;
		if (chunk && !is_whole)
			in_vain += chunk->body_bytes;
		at = is_whole ? behind(chunk, at) : at + ALIGNMENT;
	}
	if (chunks->count)
		qsort(chunks->at, chunks->count, sizeof *chunks->at, by_sequence);
	drop_doubles(chunks);
	return 0;
}
