/* SPDX-License-Identifier: Apache-2.0 */
#include "support/arena.h"

#include <stdlib.h>
#include <string.h>

#include "read/array.h"

enum { SMALLEST = 512, SMALL = 1 << 20, SMALL_SEGMENT = 2 << 20, MEDIUM = 10 << 20, MEDIUM_SEGMENT = 20 << 20 };

#define FIRST_ADDRESS UINT64_C(0x7f0000000000)

static uint64_t round_up(uint64_t size, uint64_t to)
{
	return (size + to - 1) / to * to;
}

static uint64_t segment_size(uint64_t size)
{
	if (size <= SMALL)
		return SMALL_SEGMENT;
	return size < MEDIUM ? (uint64_t)MEDIUM_SEGMENT : round_up(size, SMALL_SEGMENT);
}

/* Small blocks live in small segments only; those are 2 MiB and so are their pieces at most.  */
static size_t find_free(const struct arena *arena, uint64_t size)
{
	size_t i, best = arena->count;

	for (i = 0; i < arena->count; i++) {
		const struct arena_piece *piece = &arena->pieces[i];
		int is_small = piece->address >> 40 == FIRST_ADDRESS >> 40;

		if (!piece->is_free || piece->size_bytes < size || is_small != (size <= SMALL))
			continue;
		if (best == arena->count || piece->size_bytes < arena->pieces[best].size_bytes)
			best = i;
	}
	return best;
}

static void insert(struct arena *arena, size_t at, struct arena_piece piece)
{
	if (mv_array_grow(&arena->pieces, &arena->room, arena->count, sizeof piece))
		abort();
	memmove(&arena->pieces[at + 1], &arena->pieces[at], (arena->count - at) * sizeof piece);
	arena->pieces[at] = piece;
	arena->count++;
}

/* Small segments lie below large ones, each behind the last of its kind with a gap.  */
static size_t add_segment(struct arena *arena, uint64_t size)
{
	uint64_t bytes = segment_size(size), base = FIRST_ADDRESS + (size <= SMALL ? 0 : UINT64_C(1) << 40);
	uint64_t address = base;
	size_t i, at = 0;

	for (i = 0; i < arena->count; i++) {
		if (arena->pieces[i].address >> 40 != base >> 40)
			continue;
		address = round_up(arena->pieces[i].address + arena->pieces[i].size_bytes, SMALL_SEGMENT) + SMALL_SEGMENT;
	}
	while (at < arena->count && arena->pieces[at].address < address)
		at++;
	insert(arena, at, (struct arena_piece){address, bytes, 1, 1});
	arena->reserved_bytes += bytes;
	return at;
}

static void split(struct arena *arena, size_t at, uint64_t size)
{
	struct arena_piece *piece = &arena->pieces[at];
	uint64_t rest = piece->size_bytes - size;

	if (size <= SMALL ? rest < SMALLEST : rest <= SMALL)
		return;
	piece->size_bytes = size;
	insert(arena, at + 1, (struct arena_piece){piece->address + size, rest, 1, 0});
}

uint64_t arena_would_reserve(const struct arena *arena, uint64_t size)
{
	size = round_up(size, SMALLEST);
	return find_free(arena, size) == arena->count ? segment_size(size) : 0;
}

uint64_t arena_take(struct arena *arena, uint64_t size, uint64_t *got, uint64_t *segment)
{
	size_t at;

	size = round_up(size ? size : 1, SMALLEST);
	at = find_free(arena, size);
	*segment = 0;
	if (at == arena->count) {
		at = add_segment(arena, size);
		*segment = arena->pieces[at].size_bytes;
	}
	split(arena, at, size);
	arena->pieces[at].is_free = 0;
	arena->allocated_bytes += arena->pieces[at].size_bytes;
	*got = arena->pieces[at].size_bytes;
	return arena->pieces[at].address;
}

static void join(struct arena *arena, size_t at)
{
	struct arena_piece *next = &arena->pieces[at + 1];

	if (at + 1 >= arena->count || !arena->pieces[at].is_free || !next->is_free || next->is_segment_start)
		return;
	arena->pieces[at].size_bytes += next->size_bytes;
	memmove(next, next + 1, (arena->count - at - 2) * sizeof *next);
	arena->count--;
}

void arena_give(struct arena *arena, uint64_t address)
{
	size_t i = 0;

	while (arena->pieces[i].address != address)
		i++;
	arena->pieces[i].is_free = 1;
	arena->allocated_bytes -= arena->pieces[i].size_bytes;
	join(arena, i);
	if (i)
		join(arena, i - 1);
}

void arena_release(struct arena *arena)
{
	free(arena->pieces);
	memset(arena, 0, sizeof *arena);
}
