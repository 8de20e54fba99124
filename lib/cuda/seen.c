/* SPDX-License-Identifier: Apache-2.0 */
#include "cuda/seen.h"

#include <stddef.h>
#include <stdint.h>

#include "base/elf.h"
#include "base/text.h"
#include "cuda/watch.h"

enum {
	CALLERS = 64,
	CALLER_BITS = 16, /* of an address, which are not told apart */
	NAMES = 16,
	NAME_BYTES = 48,
	VERSION_MAJOR = 1000, /* how CUDA counts: 12040 is 12.4 */
	VERSION_MINOR = 10,
};

/* ---- who looks up ---- */

struct caller {
	uintptr_t address; /* of one of its look-ups; 0: free */
	int version;	   /* the latest that it asked for */
};

static struct caller g_callers[CALLERS];

static bool is_near(uintptr_t a, uintptr_t b)
{
	return a >> CALLER_BITS == b >> CALLER_BITS;
}

/* The entry of ADDRESS, or NULL if there is no room.  */
static struct caller *entry_of(uintptr_t address)
{
	unsigned i;

	for (i = 0; i < CALLERS; i++) {
		uintptr_t there = __atomic_load_n(&g_callers[i].address, __ATOMIC_RELAXED);

		if (!there && __atomic_compare_exchange_n(&g_callers[i].address, &there, address, 0, __ATOMIC_RELAXED,
							  __ATOMIC_RELAXED))
			return &g_callers[i];
		if (is_near(there, address))
			return &g_callers[i];
	}
	return NULL;
}

void mv_seen_caller(const void *caller, int version)
{
	struct caller *entry = entry_of((uintptr_t)caller);
	int latest = entry ? __atomic_load_n(&entry->version, __ATOMIC_RELAXED) : version;

	while (version > latest && !__atomic_compare_exchange_n(&entry->version, &latest, version, 0, __ATOMIC_RELAXED,
								__ATOMIC_RELAXED))
		;
}

static void add_version(struct mv_text *text, int version)
{
	mv_text_add_u64(text, (unsigned)version / VERSION_MAJOR);
	mv_text_add(text, ".");
	mv_text_add_u64(text, (unsigned)version % VERSION_MAJOR / VERSION_MINOR);
}

static void add_separator(struct mv_text *text, bool is_first)
{
	if (!is_first)
		mv_text_add(text, ", ");
}

/* Callers of one object are told of once, with the latest of their versions, where the first of them stands.  */
static int latest_within(const struct mv_elf *elf, unsigned from)
{
	int latest = 0;
	unsigned i;

	for (i = from; i < CALLERS; i++) {
		uintptr_t address = __atomic_load_n(&g_callers[i].address, __ATOMIC_RELAXED);
		int version = __atomic_load_n(&g_callers[i].version, __ATOMIC_RELAXED);

		if (address >= elf->start && address < elf->end && version > latest)
			latest = version;
	}
	return latest;
}

static bool is_within_earlier(const struct mv_elf *elf, unsigned before)
{
	unsigned i;

	for (i = 0; i < before; i++) {
		uintptr_t address = __atomic_load_n(&g_callers[i].address, __ATOMIC_RELAXED);

		if (address >= elf->start && address < elf->end)
			return true;
	}
	return false;
}

unsigned mv_watch_describe_callers(struct mv_text *text)
{
	unsigned i, count = 0;
	struct mv_elf elf;

	for (i = 0; i < CALLERS; i++) {
		uintptr_t address = __atomic_load_n(&g_callers[i].address, __ATOMIC_RELAXED);
		int version;

		if (!address || !mv_elf_holding((const void *)address, &elf) || is_within_earlier(&elf, i))
			continue;
		add_separator(text, count++ == 0);
		mv_text_add(text, *elf.path ? mv_text_base_name(elf.path) : "the program");
		version = latest_within(&elf, i);
		if (version) {
			mv_text_add(text, " (CUDA ");
			add_version(text, version);
			mv_text_add(text, ")");
		}
	}
	return count;
}

/* ---- what nobody knows ---- */

struct name {
	int is_there; /* stored last */
	int version;
	char bytes[NAME_BYTES];
};

static struct name g_names[NAMES];
static unsigned g_name_count; /* may be over NAMES: the rest had no room, and are counted once for each look-up */

static bool contains(const char *name, const char *part)
{
	for (; *name; name++)
		if (mv_text_starts(name, part))
			return true;
	return false;
}

static bool contains_any(const char *name, const char *const *parts)
{
	for (; *parts; parts++)
		if (contains(name, *parts))
			return true;
	return false;
}

bool mv_seen_takes_memory(const char *name)
{
	static const char *const things[] = {"Mem", "Array", "Ipc", "Multicast", "Pool", NULL};
	static const char *const deeds[] = {"Alloc",   "Create",  "Free",   "Destroy",	"Import", "Open", "Close", "Map",
					    "Reserve", "Release", "Retain", "Register", "Bind",	  NULL};
	static const char *const harmless[] = {"Get", "Event", NULL};

	return contains_any(name, things) && contains_any(name, deeds) && !contains_any(name, harmless);
}

static bool is_known(const char *name)
{
	unsigned i;

	for (i = 0; i < NAMES; i++)
		if (__atomic_load_n(&g_names[i].is_there, __ATOMIC_ACQUIRE) && mv_text_equal(g_names[i].bytes, name))
			return true;
	return false;
}

void mv_seen_unwatched(const char *name, int version)
{
	struct mv_text text;
	unsigned i;

	if (!(mv_seen_takes_memory(name) || mv_text_equal(name, "cuGetProcAddress")) || is_known(name))
		return;
	i = __atomic_fetch_add(&g_name_count, 1, __ATOMIC_RELAXED);
	if (i >= NAMES)
		return;
	text = mv_text_in(g_names[i].bytes, NAME_BYTES);
	mv_text_add(&text, name);
	g_names[i].version = version;
	/* pairs with the acquire in is_known() and mv_watch_describe_unwatched() */
	__atomic_store_n(&g_names[i].is_there, 1, __ATOMIC_RELEASE);
}

unsigned mv_watch_describe_unwatched(struct mv_text *text)
{
	unsigned i, count = __atomic_load_n(&g_name_count, __ATOMIC_RELAXED);

	for (i = 0; i < NAMES; i++) {
		if (!__atomic_load_n(&g_names[i].is_there, __ATOMIC_ACQUIRE))
			continue;
		add_separator(text, i == 0);
		mv_text_add(text, g_names[i].bytes);
		if (g_names[i].version) {
			mv_text_add(text, " of CUDA ");
			add_version(text, g_names[i].version);
		}
	}
	if (count > NAMES)
		mv_text_add(text, " and more");
	return count;
}
