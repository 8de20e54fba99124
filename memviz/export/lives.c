/* SPDX-License-Identifier: Apache-2.0 */
#include "export/lives.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/column.h"
#include "export/parts.h"

/* One card on its way into the page.  Arrays that are indexed by birth have ORDER.birth_count entries.  */
struct lives {
	const struct mv_timeline *timeline;
	uint8_t device;
	struct mv_order order;
	struct mv_parts parts;
	struct mv_keys classes; /* keys: MV_CLASS_FIELDS numbers */
	uint32_t *class_of;	  /* by birth */
	uint64_t *places;	  /* ascending, each once */
	size_t place_count;
	size_t run_count;
};

static const struct mv_block *block_at(const struct lives *lives, size_t birth)
{
	return &lives->order.blocks[lives->order.births[birth]];
}

/* ---- what is worked out first ---- */

static int class_of(struct lives *lives, struct mv_trace *trace, size_t birth, uint32_t *number)
{
	const struct mv_block *block = block_at(lives, birth);
	uint32_t index = lives->order.births[birth];
	uint32_t stack, free_stack, name, api;
	uint64_t key[MV_CLASS_FIELDS];

	if (mv_trace_stack(trace, block->stack, &stack) || mv_trace_stack(trace, block->free_stack, &free_stack) ||
	    mv_trace_string(trace, mv_timeline_text(lives->timeline, block->name), &name) ||
	    mv_trace_string(trace, mv_timeline_api(lives->timeline, block->api), &api))
		return -ENOMEM;
	key[MV_CLASS_SIZE] = block->size_bytes;
	key[MV_CLASS_STACK] = stack;
	key[MV_CLASS_FREE_STACK] = free_stack;
	key[MV_CLASS_NAME] = name;
	key[MV_CLASS_EXTRA] = block->extra;
	key[MV_CLASS_API] = api;
	key[MV_CLASS_THREAD] = block->thread;
	key[MV_CLASS_FREE_THREAD] = block->free_thread;
	key[MV_CLASS_LEDGER] = block->ledger;
	key[MV_CLASS_BAND] = block->band;
	key[MV_CLASS_REASON] = block->reason;
	key[MV_CLASS_PHASE] = block->phase;
	key[MV_CLASS_FREE_PHASE] = block->free_phase;
	key[MV_CLASS_ROLE] = block->role;
	key[MV_CLASS_FLAGS] = block->flags | (block->is_birth_known ? 0 : MV_PAGE_BIRTH_UNKNOWN) |
			      (block->is_handle ? MV_PAGE_HANDLE : 0);
	key[MV_CLASS_PART] = lives->parts.counted[index];
	key[MV_CLASS_PAINT] = lives->parts.painted[index];
	key[MV_CLASS_LABEL] = block->sublabel;
	return mv_keys_add(&lives->classes, key, sizeof key, number);
}

static int find_classes(struct lives *lives, struct mv_trace *trace)
{
	size_t i;

	lives->class_of = malloc((lives->order.birth_count + 1) * sizeof *lives->class_of);
	if (!lives->class_of)
		return -ENOMEM;
	for (i = 0; i < lives->order.birth_count; i++)
		if (class_of(lives, trace, i, &lives->class_of[i]))
			return -ENOMEM;
	return 0;
}

static int compare_places(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int find_places(struct lives *lives)
{
	size_t count = lives->order.birth_count;
	size_t i;

	lives->places = malloc((count + 1) * sizeof *lives->places);
	if (!lives->places)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		lives->places[i] = block_at(lives, i)->address;
	qsort(lives->places, count, sizeof *lives->places, compare_places);
	for (i = 0; i < count; i++)
		if (!i || lives->places[i] != lives->places[lives->place_count - 1])
			lives->places[lives->place_count++] = lives->places[i];
	return 0;
}

static size_t place_of(const struct lives *lives, uint64_t address)
{
	const uint64_t *found =
		bsearch(&address, lives->places, lives->place_count, sizeof *lives->places, compare_places);

	return (size_t)(found - lives->places);
}

/* ---- streams ---- */

static void put_classes(struct lives *lives, struct mv_column *column)
{
	uint64_t key[MV_CLASS_FIELDS];
	uint32_t field, i;

	for (field = 0; field < MV_CLASS_FIELDS; field++)
		for (i = 0; i < lives->classes.count; i++) {
			memcpy(key, mv_keys_at(&lives->classes, i, NULL), sizeof key);
			mv_column_put(column, key[field]);
		}
}

static void put_places(struct lives *lives, struct mv_column *column)
{
	uint64_t last = 0;
	size_t i;

	for (i = 0; i < lives->place_count; last = lives->places[i++])
		mv_column_put(column, lives->places[i] - last);
}

static void put_class_of(struct lives *lives, struct mv_column *column)
{
	size_t i;

	for (i = 0; i < lives->order.birth_count; i++)
		mv_column_put(column, lives->class_of[i]);
}

static void put_place_of(struct lives *lives, struct mv_column *column)
{
	size_t i;

	for (i = 0; i < lives->order.birth_count; i++)
		mv_column_put(column, place_of(lives, block_at(lives, i)->address));
}

static void put_steps(struct lives *lives, struct mv_column *column)
{
	int64_t last = 0;
	size_t i;

	for (i = 0; i < lives->order.birth_count; i++) {
		mv_column_put_signed(column, block_at(lives, i)->step - last);
		last = block_at(lives, i)->step;
	}
}

static void put_since(struct lives *lives, struct mv_column *column)
{
	size_t i;

	for (i = 0; i < lives->order.birth_count; i++)
		if (block_at(lives, i)->sublabel)
			mv_column_put(column, block_at(lives, i)->sublabel_ns - block_at(lives, i)->birth_ns);
}

static void put_runs(struct lives *lives, struct mv_column *column)
{
	struct mv_order_cursor cursor = {0};
	bool is_birth = true;
	uint64_t length = 0;

	while (mv_order_next(&lives->order, &cursor)) {
		if (cursor.is_birth != is_birth) {
			mv_column_put(column, length);
			lives->run_count++;
			is_birth = cursor.is_birth;
			length = 0;
		}
		length++;
	}
	mv_column_put(column, length);
	lives->run_count++;
}

static void put_times(struct lives *lives, struct mv_column *column)
{
	struct mv_order_cursor cursor = {0};
	uint64_t last_ns = 0;

	while (mv_order_next(&lives->order, &cursor)) {
		mv_column_put(column, cursor.time_ns - last_ns);
		last_ns = cursor.time_ns;
	}
}

static void put_deaths(struct lives *lives, struct mv_column *column)
{
	struct mv_order_cursor cursor = {0};

	while (mv_order_next(&lives->order, &cursor))
		if (!cursor.is_birth)
			mv_column_put(column, cursor.births - 1 - lives->order.number[cursor.block]);
}

static int write_streams(struct lives *lives, FILE *out, const char *prefix)
{
	static const struct {
		const char *name;
		void (*put)(struct lives *lives, struct mv_column *column);
	} streams[] = {
		{"classes", put_classes}, {"places", put_places}, {"class", put_class_of}, {"place", put_place_of},
		{"step", put_steps},	  {"since", put_since},	  {"runs", put_runs},	   {"times", put_times},
		{"deaths", put_deaths},
	};
	size_t i;

	for (i = 0; i < sizeof streams / sizeof *streams; i++) {
		struct mv_column *column;
		int err = mv_column_open(&column, out, prefix, streams[i].name);

		if (err)
			return err;
		streams[i].put(lives, column);
		err = mv_column_close(column);
		if (err)
			return err;
	}
	return 0;
}

/* ---- */

static void clear(struct lives *lives)
{
	mv_order_clear(&lives->order);
	mv_parts_clear(&lives->parts);
	mv_keys_clear(&lives->classes);
	free(lives->class_of);
	free(lives->places);
}

static int work_out(struct lives *lives, const struct mv_card *card, struct mv_trace *trace)
{
	int err = mv_order_make(lives->timeline, card->device, &lives->order);

	if (!err)
		err = mv_parts_find(lives->timeline, &lives->order, &lives->parts);
	if (!err)
		err = find_classes(lives, trace);
	if (!err)
		err = find_places(lives);
	return err;
}

int mv_lives_write(const struct mv_timeline *timeline, const struct mv_card *card, struct mv_trace *trace, FILE *out,
		   const char *prefix, struct mv_lives_counts *counts)
{
	struct lives lives = {.timeline = timeline, .device = card->device};
	int err = work_out(&lives, card, trace);

	if (!err)
		err = write_streams(&lives, out, prefix);
	*counts = (struct mv_lives_counts){
		.blocks = lives.order.birth_count,
		.deaths = lives.order.death_count,
		.classes = lives.classes.count,
		.places = lives.place_count,
		.runs = lives.run_count,
	};
	clear(&lives);
	return err;
}
