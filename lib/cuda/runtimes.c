/* SPDX-License-Identifier: Apache-2.0 */
#include "cuda/runtimes.h"

#include "base/elf.h"
#include "base/hash.h"

_Static_assert(MV_HOOK_COUNT <= 256, "rows fit into a byte: mv_runtimes_real()");

enum { CALLERS = 256 };

/* What was found for a place in the program.  Read while it may be written: the check word is the exclusive or of the
 * others, so a mixture is taken for nothing.  */
struct caller_entry {
	uintptr_t caller, real, check;
};

static struct caller_entry g_callers[CALLERS];

void *mv_runtimes_real(const struct mv_hook *hook, const void *caller)
{
	uintptr_t place = (uintptr_t)caller ^ (uintptr_t)(hook - mv_hooks) << 56;
	struct caller_entry *entry = &g_callers[mv_hash_u64(place) % CALLERS];
	uintptr_t kept = __atomic_load_n(&entry->caller, __ATOMIC_RELAXED);
	uintptr_t real = __atomic_load_n(&entry->real, __ATOMIC_RELAXED);

	if (kept == place && __atomic_load_n(&entry->check, __ATOMIC_RELAXED) == (place ^ real))
		return (void *)real;
	real = (uintptr_t)mv_elf_symbol_for(caller, hook->name, g_callers);
	if (!real)
		return NULL;
	__atomic_store_n(&entry->caller, place, __ATOMIC_RELAXED);
	__atomic_store_n(&entry->real, real, __ATOMIC_RELAXED);
	__atomic_store_n(&entry->check, place ^ real, __ATOMIC_RELAXED);
	return (void *)real;
}

void mv_runtimes_forget(void)
{
	size_t i;

	for (i = 0; i < CALLERS; i++)
		__atomic_store_n(&g_callers[i].caller, 0, __ATOMIC_RELAXED);
}
