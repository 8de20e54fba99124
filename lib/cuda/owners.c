/* SPDX-License-Identifier: Apache-2.0 */
/* A handle has eight places, by its hash.  A place is read while it may be written: its second word is the owner together
 * with a check of the handle, so a mixture is taken for nothing.  */
#include "cuda/owners.h"

#include "base/hash.h"

enum { PLACES = 1024, TRIES = 8, CONTEXTS = 256 };

struct place {
	uint64_t handle; /* 0: free */
	uint64_t word;	 /* the upper half of the handle's hash, then device and context; 0: none yet */
};

static struct place g_places[PLACES];
static uint32_t g_contexts[CONTEXTS / 32]; /* a bit for each number in use; bit 0 stands for none */
static int g_context_count;

static uint64_t word_of(uint64_t handle, struct mv_owner owner)
{
	return (mv_hash_u64(handle) & ~(uint64_t)UINT16_MAX) | (uint64_t)owner.device << 8 | owner.context;
}

static struct place *place_of(uint64_t handle, unsigned attempt)
{
	return &g_places[(mv_hash_u64(handle) + attempt) % PLACES];
}

/* A place that has HANDLE, or takes it.  */
static bool take(struct place *place, uint64_t handle)
{
	uint64_t before = 0;

	return __atomic_compare_exchange_n(&place->handle, &before, handle, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ||
	       before == handle;
}

void mv_owners_add(uint64_t handle, struct mv_owner owner)
{
	unsigned i;

	mv_owners_remove(handle);
	for (i = 0; handle && i < TRIES; i++) {
		struct place *place = place_of(handle, i);

		if (!take(place, handle))
			continue;
		/* Pairs with the acquire in mv_owners_find().  */
		__atomic_store_n(&place->word, word_of(handle, owner), __ATOMIC_RELEASE);
		return;
	}
}

bool mv_owners_find(uint64_t handle, struct mv_owner *owner)
{
	unsigned i;

	for (i = 0; handle && i < TRIES; i++) {
		struct place *place = place_of(handle, i);
		uint64_t word = __atomic_load_n(&place->word, __ATOMIC_ACQUIRE);
		struct mv_owner said = {(uint8_t)(word >> 8), (uint8_t)word};

		if (__atomic_load_n(&place->handle, __ATOMIC_RELAXED) != handle || word != word_of(handle, said))
			continue;
		*owner = said;
		return true;
	}
	return false;
}

void mv_owners_remove(uint64_t handle)
{
	unsigned i;

	for (i = 0; handle && i < TRIES; i++) {
		struct place *place = place_of(handle, i);

		if (__atomic_load_n(&place->handle, __ATOMIC_RELAXED) != handle)
			continue;
		__atomic_store_n(&place->word, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&place->handle, 0, __ATOMIC_RELEASE);
	}
}

uint8_t mv_owners_take_context(void)
{
	unsigned number;

	for (number = 1; number < CONTEXTS; number++) {
		uint32_t bit = (uint32_t)1 << number % 32;

		if (__atomic_fetch_or(&g_contexts[number / 32], bit, __ATOMIC_ACQ_REL) & bit)
			continue;
		__atomic_fetch_add(&g_context_count, 1, __ATOMIC_RELAXED);
		return (uint8_t)number;
	}
	return 0;
}

void mv_owners_drop_context(uint8_t number)
{
	if (!number)
		return;
	__atomic_fetch_and(&g_contexts[number / 32], ~((uint32_t)1 << number % 32), __ATOMIC_ACQ_REL);
	__atomic_fetch_sub(&g_context_count, 1, __ATOMIC_RELAXED);
}

bool mv_owners_has_contexts(void)
{
	return __atomic_load_n(&g_context_count, __ATOMIC_RELAXED) > 0;
}
