/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/loaded.h"

#include <string.h>

#include "base/sys.h"

/* One slot for each module ever seen.  Filled under the lock and published by the count; then only CONFIRMED changes.
 * A slot counts for who reads CONFIRMED equal to the number of objects unloaded so far.  */
struct slot {
	struct mv_module module;
	uint64_t confirmed; /* objects that had been unloaded when this one was last seen loaded */
	uint32_t id;
};

static struct slot *g_slots;
static uint32_t g_count;
static struct mv_stack_tables g_tables;
static struct mv_lock *g_lock;

int mv_loaded_start(const struct mv_stack_tables *tables, struct mv_lock *lock)
{
	void *memory = g_slots;
	int err;

	if (!memory) {
		err = mv_sys_map(MV_LOADED_OBJECTS * sizeof *g_slots, &memory);
		if (err)
			return err;
	}
	g_slots = memory;
	g_count = 0;
	g_tables = *tables;
	g_lock = lock;
	return 0;
}

static bool holds(const struct slot *slot, uintptr_t ip, uint64_t removed)
{
	/* A return address behind the last call of a section may be the first byte behind it.  */
	return ip - 1 - slot->module.start < slot->module.size_bytes &&
	       __atomic_load_n(&slot->confirmed, __ATOMIC_ACQUIRE) == removed;
}

static const struct slot *find(uintptr_t ip, uint64_t removed)
{
	uint32_t n = __atomic_load_n(&g_count, __ATOMIC_ACQUIRE), i;

	for (i = 0; i < n; i++)
		if (holds(&g_slots[i], ip, removed))
			return &g_slots[i];
	return NULL;
}

/* The loader's name for an object is a path, but "" for the program.  */
static uint32_t path_text(const char *name, char path[])
{
	ssize_t n;

	if (*name)
		return g_tables.add_text(name, strlen(name));
	n = mv_sys_read_link("/proc/self/exe", path, MV_LOADED_PATH_BYTES);
	return n > 0 ? g_tables.add_text(path, (size_t)n) : 0;
}

static struct mv_module describe(const struct mv_elf *elf, char path[])
{
	struct mv_module module = {
		.path = path_text(elf->path, path),
		.build_id_bytes = elf->build_id_bytes,
		.start = elf->start,
		.size_bytes = elf->end - elf->start,
		.bias = elf->bias,
	};

	if (module.build_id_bytes > sizeof module.build_id)
		module.build_id_bytes = sizeof module.build_id;
	if (elf->build_id)
		memcpy(module.build_id, elf->build_id, module.build_id_bytes);
	return module;
}

/* Under the lock.  */
static void add(const struct mv_module *module, uint64_t removed)
{
	struct slot *slot;
	uint32_t i;

	for (i = 0; i < g_count; i++) {
		if (memcmp(&g_slots[i].module, module, sizeof *module) == 0) {
			__atomic_store_n(&g_slots[i].confirmed, removed, __ATOMIC_RELEASE);
			return;
		}
	}
	if (g_count == MV_LOADED_OBJECTS)
		return;
	slot = &g_slots[g_count];
	slot->module = *module;
	slot->confirmed = removed;
	slot->id = g_tables.add_module(module);
	__atomic_store_n(&g_count, g_count + 1, __ATOMIC_RELEASE);
}

/* The loader is asked, and the record made, outside the lock.  */
static const struct slot *look_up(uintptr_t ip, uint64_t removed, char path[])
{
	struct mv_module module;
	struct mv_elf elf;

	if (!mv_elf_holding((const void *)(ip - 1), &elf))
		return NULL;
	module = describe(&elf, path);
	if (!mv_lock_take(g_lock))
		return NULL;
	add(&module, removed);
	mv_lock_release(g_lock);
	return find(ip, removed);
}

void mv_loaded_place(struct mv_native_frame frames[], unsigned n, struct mv_elf_changes changes, char path[])
{
	const struct slot *slot = NULL;
	unsigned i;

	for (i = 0; i < n; i++) {
		/* Neighbours often lie in the same object.  */
		if (!slot || !holds(slot, frames[i].ip, changes.removed))
			slot = find(frames[i].ip, changes.removed);
		if (!slot)
			slot = look_up(frames[i].ip, changes.removed, path);
		frames[i].module = slot ? slot->id : 0;
		frames[i].bias = frames[i].module ? slot->module.bias : 0;
	}
}
