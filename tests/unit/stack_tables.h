/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of a recording in ordinary memory, for tests of lib/stack: what was added can be read back as text, and a
 * record that is added twice is counted.
 *
 * Threads: one lock for all.  */
#ifndef UNIT_STACK_TABLES_H
#define UNIT_STACK_TABLES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "stack/stack.h"

enum {
	TABLES_TEXTS = 1 << 15,
	TABLES_TEXT_BYTES = 1 << 22,
	TABLES_MODULES = 512,
	TABLES_FRAMES = 1 << 16,
	TABLES_STACKS = 1 << 17,
	TABLES_INDEX = 1 << 18,
};

struct tables {
	pthread_mutex_t lock;
	const char *texts[TABLES_TEXTS]; /* in TEXT_BYTES: who captures in a signal handler has no malloc */
	char text_bytes[TABLES_TEXT_BYTES];
	size_t text_bytes_used;
	struct mv_module modules[TABLES_MODULES];
	struct mv_frame frames[TABLES_FRAMES];
	struct mv_stack stacks[TABLES_STACKS];
	uint32_t module_index[TABLES_INDEX], frame_index[TABLES_INDEX], stack_index[TABLES_INDEX];
	uint32_t text_count, module_count, frame_count, stack_count;
	uint32_t repeated; /* frames and stacks that were there already */
	uint64_t lost[MV_LOSS_COUNT];
	bool is_full;	   /* pretend that there is no room for anything */
};

static struct tables g_tables = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A copy, ended by a zero.  Tests do not fill it.  */
static const char *tables_keep(const char *bytes, size_t length)
{
	char *kept = &g_tables.text_bytes[g_tables.text_bytes_used];

	if (length >= TABLES_TEXT_BYTES - g_tables.text_bytes_used)
		abort();
	memcpy(kept, bytes, length);
	kept[length] = 0;
	g_tables.text_bytes_used += length + 1;
	return kept;
}

static uint32_t tables_add_text(const char *bytes, size_t length)
{
	uint32_t i;

	if (!length || g_tables.is_full)
		return 0;
	pthread_mutex_lock(&g_tables.lock);
	for (i = 1; i <= g_tables.text_count; i++)
		if (strlen(g_tables.texts[i]) == length && !memcmp(g_tables.texts[i], bytes, length))
			break;
	if (i > g_tables.text_count) {
		g_tables.texts[i] = tables_keep(bytes, length);
		g_tables.text_count = i;
	}
	pthread_mutex_unlock(&g_tables.lock);
	return i;
}

/* Where the SIZE bytes of RECORD, whole words of 8, stand, or would stand, in INDEX, which holds numbers of records of ARRAY.  */
static uint32_t *tables_place(uint32_t *index, const void *array, size_t size, const void *record)
{
	const uint64_t *words = record;
	uint64_t i = 0;
	size_t k;

	for (k = 0; k < size / sizeof *words; k++)
		i = mv_hash_add(i, words[k]);
	for (;; i++) {
		uint32_t *place = &index[i % TABLES_INDEX];

		if (!*place || !memcmp((const char *)array + *place * size, record, size))
			return place;
	}
}

/* Append the SIZE bytes of RECORD to ARRAY behind COUNT records, the first of which is none, unless they are there.  */
static uint32_t tables_append(void *array, uint32_t *count, uint32_t *index, size_t size, const void *record)
{
	uint32_t *place, id;

	if (g_tables.is_full)
		return 0;
	pthread_mutex_lock(&g_tables.lock);
	place = tables_place(index, array, size, record);
	g_tables.repeated += *place != 0;
	if (!*place) {
		*place = ++*count;
		memcpy((char *)array + *place * size, record, size);
	}
	id = *place;
	pthread_mutex_unlock(&g_tables.lock);
	return id;
}

static uint32_t tables_add_module(const struct mv_module *module)
{
	return tables_append(g_tables.modules, &g_tables.module_count, g_tables.module_index, sizeof *module, module);
}

static uint32_t tables_add_frame(const struct mv_frame *frame)
{
	return tables_append(g_tables.frames, &g_tables.frame_count, g_tables.frame_index, sizeof *frame, frame);
}

static uint32_t tables_add_stack(const struct mv_stack *stack)
{
	return tables_append(g_tables.stacks, &g_tables.stack_count, g_tables.stack_index, sizeof *stack, stack);
}

/* Another thread may have held the lock when this process was forked.  */
static inline void tables_reset(void)
{
	pthread_mutex_init(&g_tables.lock, NULL);
	g_tables.text_count = 0;
	g_tables.text_bytes_used = 0;
	g_tables.module_count = 0;
	g_tables.frame_count = 0;
	g_tables.stack_count = 0;
	memset(g_tables.module_index, 0, sizeof g_tables.module_index);
	memset(g_tables.frame_index, 0, sizeof g_tables.frame_index);
	memset(g_tables.stack_index, 0, sizeof g_tables.stack_index);
	g_tables.repeated = 0;
	g_tables.is_full = false;
}

static inline void tables_lose(enum mv_loss cause)
{
	g_tables.lost[cause]++;
}

static const struct mv_stack_tables tables_callbacks = {
	.add_text = tables_add_text,
	.add_module = tables_add_module,
	.add_frame = tables_add_frame,
	.add_stack = tables_add_stack,
	.lose = tables_lose,
};

static inline const char *tables_text(uint32_t id)
{
	return id ? g_tables.texts[id] : "";
}

/* The frames of STACK, innermost first, at most MAX.  Returns how many.  */
static inline unsigned tables_frames(uint32_t stack, struct mv_frame frames[], unsigned max)
{
	unsigned n;

	for (n = 0; stack && n < max; n++) {
		frames[n] = g_tables.frames[g_tables.stacks[stack].frame];
		stack = g_tables.stacks[stack].parent;
	}
	return n;
}

/* One line for FRAME: "python FILE LINE FUNCTION", "native OBJECT 0xADDRESS" or "label TEXT", with tabs between.  */
static inline int tables_describe(const struct mv_frame *frame, char *text, size_t size)
{
	switch ((enum mv_frame_kind)frame->kind) {
	case MV_FRAME_PYTHON:
		return snprintf(text, size, "python\t%s\t%u\t%s\n", tables_text(frame->a), (unsigned)(frame->b >> 32),
				tables_text((uint32_t)frame->b));
	case MV_FRAME_NATIVE:
		return snprintf(text, size, "native\t%s\t%#llx\n", tables_text(g_tables.modules[frame->a].path),
				(unsigned long long)frame->b);
	case MV_FRAME_LABEL:
	case MV_FRAME_FORWARD:
		return snprintf(text, size, "label\t%s\n", tables_text(frame->a));
	case MV_FRAME_NONE:
		break;
	}
	return snprintf(text, size, "none\n");
}

#endif
