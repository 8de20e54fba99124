/* SPDX-License-Identifier: Apache-2.0 */
#include "python/code.h"

#include <errno.h>
#include <string.h>

#include "base/elf.h"
#include "base/hash.h"
#include "base/sys.h"
#include "python/layout.h"

enum {
	SLOTS = 1 << 15, /* of 24 bytes; large programs show some thousand code objects in their stacks */
	PROBES = 64,	 /* slots in which an address may stand, from its first one on */
	FREE = 0,
	DEAD = 1, /* was taken; the search goes on behind it */
};

struct slot {
	uint64_t address; /* published last; taken back by whoever frees the object */
	struct mv_pycode_names names;
};

static struct slot *g_slots;
static uint32_t g_epochs[MV_PYCODE_EPOCHS];

/* Set once a code object had no place in the table: from then on the death of any may be that of a seen one.  */
static uint32_t g_is_overfull;

static void (*g_dealloc)(void *object);

int mv_pycode_start(void)
{
	void *memory;
	int err;

	/* A watching function may be looking already, in another thread of a forked child.  */
	if (g_slots) {
		memset(g_slots, 0, SLOTS * sizeof *g_slots);
		return 0;
	}
	err = mv_sys_map(SLOTS * sizeof *g_slots, &memory);
	if (!err)
		__atomic_store_n(&g_slots, memory, __ATOMIC_RELEASE);
	return err;
}

const uint32_t *mv_pycode_epochs(void)
{
	return g_epochs;
}

static struct slot *slot_of(struct slot *slots, uintptr_t address, unsigned probe)
{
	return &slots[(mv_hash_u64(address) + probe) % SLOTS];
}

static struct slot *look_up(uintptr_t address)
{
	struct slot *slots = __atomic_load_n(&g_slots, __ATOMIC_ACQUIRE);
	unsigned i;

	for (i = 0; slots && i < PROBES; i++) {
		struct slot *slot = slot_of(slots, address, i);
		uint64_t found = __atomic_load_n(&slot->address, __ATOMIC_ACQUIRE);

		if (found == address)
			return slot;
		if (found == FREE)
			break;
	}
	return NULL;
}

bool mv_pycode_find(uintptr_t address, struct mv_pycode_names *names)
{
	struct slot *slot = look_up(address);

	if (slot)
		*names = slot->names;
	return slot != NULL;
}

void mv_pycode_add(uintptr_t address, struct mv_pycode_names names)
{
	unsigned i;

	for (i = 0; i < PROBES; i++) {
		struct slot *slot = slot_of(g_slots, address, i);

		if (__atomic_load_n(&slot->address, __ATOMIC_RELAXED) > DEAD)
			continue;
		slot->names = names;
		__atomic_store_n(&slot->address, address, __ATOMIC_RELEASE);
		return;
	}
	__atomic_store_n(&g_is_overfull, 1, __ATOMIC_RELEASE);
}

void mv_pycode_set_line(uintptr_t address, int32_t lasti, uint32_t line)
{
	struct slot *slot = look_up(address);

	if (!slot)
		return;
	slot->names.lasti = lasti;
	slot->names.line = line;
}

/* The object was alive while a stack with it was recorded, and is dead before its address is used again: whoever finds
 * the address in a stack next sees the new epoch, by the same order that makes the new object visible to him.  */
void mv_pycode_remove(uintptr_t address)
{
	struct slot *slot = look_up(address);

	if (slot)
		__atomic_store_n(&slot->address, DEAD, __ATOMIC_RELEASE);
	if (slot || __atomic_load_n(&g_is_overfull, __ATOMIC_ACQUIRE))
		__atomic_add_fetch(&g_epochs[mv_pycode_bucket(address)], 1, __ATOMIC_RELEASE);
}

static void remove_and_free(void *object)
{
	mv_pycode_remove((uintptr_t)object);
	g_dealloc(object);
}

static bool is_code_type(uintptr_t type)
{
	static const char name[] = "code";
	uintptr_t found;

	if (!mv_sys_readable((void *)(type + MV_PYTYPE_NAME)) || !mv_sys_readable((void *)(type + MV_PYTYPE_DEALLOC)))
		return false;
	found = mv_py_word(type, MV_PYTYPE_NAME);
	/* Five bytes may lie in two words.  */
	if (!mv_sys_readable((void *)found) || !mv_sys_readable((void *)(found + sizeof name - 1)))
		return false;
	return memcmp((const void *)found, name, sizeof name) == 0;
}

bool mv_pycode_watch(uintptr_t code_type)
{
	void (**place)(void *) = (void (**)(void *))(code_type + MV_PYTYPE_DEALLOC);
	void (*dealloc)(void *);
	struct mv_elf elf;

	if (!is_code_type(code_type))
		return false;
	dealloc = __atomic_load_n(place, __ATOMIC_ACQUIRE);
	if (dealloc == remove_and_free)
		return true;
	if (!mv_elf_holding((const void *)(uintptr_t)dealloc, &elf))
		return false;
	/* Two threads that come here at once write the same.  */
	__atomic_store_n(&g_dealloc, dealloc, __ATOMIC_RELEASE);
	return __atomic_compare_exchange_n(place, &dealloc, remove_and_free, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE) ||
	       dealloc == remove_and_free;
}
