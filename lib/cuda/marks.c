/* SPDX-License-Identifier: Apache-2.0 */
#include "cuda/marks.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/hash.h"
#include "base/sys.h"
#include "base/text.h"
#include "cuda/watch.h"

enum {
	DEPTH = 24,	  /* ranges within each other that are followed; deeper ones are only counted */
	ELSEWHERE = 64,	  /* ranges that others have ended, until their threads hear of it; the oldest are forgotten */
	NAMES = 2048,	  /* that programs have registered */
	NAME_BYTES = 120,
};

/* ---- nesting ---- */

static const uint64_t POPPED = 0, ENDED = UINT64_MAX; /* no range has these numbers */

struct open_ranges {
	uint64_t ids[DEPTH];
	uint32_t depth; /* of them; and of those that were pushed above */
	uint32_t heard; /* of g_ended_count */
};

static __thread struct open_ranges t_open __attribute__((tls_model("initial-exec")));

static uint64_t g_ended[ELSEWHERE];
static uint32_t g_ended_taken, g_ended_count; /* places that were taken, and that were filled */

static void tell(bool begins, const char *name)
{
	const struct mv_sink *sink = mv_watch_sink();
	int saved = errno;

	if (sink)
		sink->note_phase(begins, MV_PHASE_USER, name, 0);
	errno = saved;
}

static void leave_ended(void)
{
	while (t_open.depth && t_open.depth <= DEPTH && t_open.ids[t_open.depth - 1] == ENDED) {
		t_open.depth--;
		tell(false, NULL);
	}
}

static bool end_here(uint64_t id)
{
	uint32_t i = t_open.depth < DEPTH ? t_open.depth : DEPTH;

	while (i-- > 0) {
		if (t_open.ids[i] != id)
			continue;
		t_open.ids[i] = ENDED;
		return true;
	}
	return false;
}

static void end_elsewhere(uint64_t id)
{
	uint32_t place = __atomic_fetch_add(&g_ended_taken, 1, __ATOMIC_RELAXED) % ELSEWHERE;

	__atomic_store_n(&g_ended[place], id, __ATOMIC_RELAXED);
	/* Pairs with the acquire in hear_of_ends().  */
	__atomic_fetch_add(&g_ended_count, 1, __ATOMIC_RELEASE);
}

/* What others have ended of ours.  */
static void hear_of_ends(void)
{
	uint32_t count = __atomic_load_n(&g_ended_count, __ATOMIC_ACQUIRE);
	unsigned i;

	if (count == t_open.heard)
		return;
	t_open.heard = count;
	for (i = 0; i < ELSEWHERE; i++)
		if (__atomic_load_n(&g_ended[i], __ATOMIC_RELAXED))
			end_here(__atomic_load_n(&g_ended[i], __ATOMIC_RELAXED));
	leave_ended();
}

void mv_marks_begin(const char *name, uint64_t id)
{
	hear_of_ends();
	if (t_open.depth < DEPTH) {
		t_open.ids[t_open.depth] = id;
		tell(true, name);
	}
	/* Who pops says no more than that.  */
	if (t_open.depth < DEPTH || id == POPPED)
		t_open.depth++;
}

/* Ranges that were started since and not ended stay open, within the next one outside.  */
void mv_marks_pop(void)
{
	hear_of_ends();
	if (t_open.depth > DEPTH)
		t_open.depth--;
	else if (end_here(POPPED))
		leave_ended();
}

void mv_marks_end(uint64_t id)
{
	if (end_here(id))
		leave_ended();
	else
		end_elsewhere(id);
}

uint64_t mv_marks_number(void)
{
	static uint64_t last;

	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

/* ---- names ---- */

struct registered {
	uint64_t handle; /* 0: free; stored last */
	char name[NAME_BYTES];
};

static struct registered *g_names; /* NAMES of them, by hash */

static struct registered *names(void)
{
	struct registered *there = __atomic_load_n(&g_names, __ATOMIC_ACQUIRE), *none = NULL;
	void *memory;

	if (there || mv_sys_map(NAMES * sizeof *there, &memory))
		return there;
	if (__atomic_compare_exchange_n(&g_names, &none, memory, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return memory;
	mv_sys_unmap(memory, NAMES * sizeof *there);
	return none;
}

/* Two that register at once take different places: the name is written before it is seen, so a place is taken first.  */
void mv_marks_set_name(uint64_t handle, const char *name)
{
	struct registered *all = names();
	unsigned i, first = (unsigned)(mv_hash_u64(handle) % NAMES);

	for (i = 0; all && i < NAMES; i++) {
		struct registered *at = &all[(first + i) % NAMES];
		uint64_t none = 0;
		struct mv_text text;

		if (__atomic_load_n(&at->handle, __ATOMIC_ACQUIRE) == handle)
			return;
		if (!__atomic_compare_exchange_n(&at->handle, &none, ENDED, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		text = mv_text_in(at->name, sizeof at->name);
		mv_text_add(&text, name);
		__atomic_store_n(&at->handle, handle, __ATOMIC_RELEASE);
		return;
	}
}

const char *mv_marks_name(uint64_t handle)
{
	struct registered *all = __atomic_load_n(&g_names, __ATOMIC_ACQUIRE);
	unsigned i, first = (unsigned)(mv_hash_u64(handle) % NAMES);

	for (i = 0; all && i < NAMES; i++) {
		struct registered *at = &all[(first + i) % NAMES];
		uint64_t there = __atomic_load_n(&at->handle, __ATOMIC_ACQUIRE);

		if (there == handle)
			return at->name;
		if (!there)
			break;
	}
	return "";
}
