/* SPDX-License-Identifier: Apache-2.0 */
#include "cuda/driver.h"

#include <string.h>

#include "base/elf.h"
#include "base/hash.h"
#include "base/text.h"
#include "cuda/runtimes.h"

#define DRIVER "libcuda.so"

/* What a driver that is loaded does not have, so that it is not looked for again.  */
#define ABSENT ((void *)-1)

/* Written once each, by whoever comes first; two that come at once write the same.  */
static void *g_genuine[MV_HOOK_COUNT];
static void *g_real[MV_HOOK_COUNT];

void *mv_hook_straight[MV_HOOK_COUNT];

/* An older driver lacks many functions, and cuGetProcAddress is asked hundreds of times.  */
void *mv_driver_genuine(const struct mv_hook *hook)
{
	void **kept = &g_genuine[hook - mv_hooks], *address = __atomic_load_n(kept, __ATOMIC_RELAXED);
	struct mv_elf elf;

	if (!address && mv_elf_find(DRIVER, &elf)) {
		address = mv_elf_symbol(&elf, hook->name);
		__atomic_store_n(kept, address ? address : ABSENT, __ATOMIC_RELAXED);
	}
	return address != ABSENT ? address : NULL;
}

/* Rows by where the driver has them: their numbers, plus one, from the hash of that on.  What an earlier driver may have left
 * is not true of g_genuine any more.  */
enum { PLACES = 1024 };
static uint16_t g_places[PLACES];
static unsigned g_gone = 1; /* how often the driver has gone, or may have; */
static unsigned g_placed;   /* and what that was when all rows had been put there */

static uint16_t *place(const void *address, unsigned i)
{
	return &g_places[(mv_hash_u64((uintptr_t)address) + i) % PLACES];
}

/* Others may do the same.  Of rows at one address the first is found.  */
static void put(const struct mv_hook *hook)
{
	uint16_t row = (uint16_t)(hook - mv_hooks + 1);
	void *address = mv_driver_genuine(hook);
	unsigned i;

	for (i = 0; address && i < PLACES; i++) {
		uint16_t there = 0;

		if (__atomic_compare_exchange_n(place(address, i), &there, row, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED) ||
		    there == row)
			return;
	}
}

static void put_all(void)
{
	unsigned i, gone = __atomic_load_n(&g_gone, __ATOMIC_ACQUIRE);

	for (i = 0; i < MV_HOOK_COUNT; i++)
		if (mv_hooks[i].home == MV_HOME_DRIVER)
			put(&mv_hooks[i]);
	__atomic_store_n(&g_placed, gone, __ATOMIC_RELEASE);
}

static const struct mv_hook *put_at(const void *address)
{
	uint16_t row;
	unsigned i;

	for (i = 0; i < PLACES && (row = __atomic_load_n(place(address, i), __ATOMIC_RELAXED)); i++)
		if (__atomic_load_n(&g_genuine[row - 1], __ATOMIC_RELAXED) == address)
			return &mv_hooks[row - 1];
	return NULL;
}

static bool are_all_put(void)
{
	return __atomic_load_n(&g_placed, __ATOMIC_ACQUIRE) == __atomic_load_n(&g_gone, __ATOMIC_ACQUIRE);
}

/* Another thread may have found the driver gone while we looked.  */
const struct mv_hook *mv_driver_hook_at(const void *address)
{
	const struct mv_hook *hook;

	do {
		if (!are_all_put())
			put_all();
		hook = put_at(address);
		__atomic_thread_fence(__ATOMIC_ACQUIRE); /* pairs with the release in forget_driver() */
	} while (!hook && !are_all_put());
	return hook;
}

bool mv_driver_set_real(const struct mv_hook *hook, void *real)
{
	void *before = NULL;

	return __atomic_compare_exchange_n(&g_real[hook - mv_hooks], &before, real, 0, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED) ||
	       before == real;
}

void *mv_driver_real(const struct mv_hook *hook, const void *caller)
{
	void *real;

	if (hook->home == MV_HOME_RUNTIME)
		return mv_runtimes_real(hook, caller);
	real = __atomic_load_n(&g_real[hook - mv_hooks], __ATOMIC_RELAXED);
	if (!real)
		real = mv_driver_genuine(hook);
	return real ? real : mv_elf_symbol_anywhere(hook->name, &g_real);
}

/* ---- what lies beside what ---- */

/* Where the object is that was asked for last.  Read while it may be written: see lib/cuda/runtimes.c.  CHECK's lowest bit
 * differs from that of the exclusive or where the object is the program.  */
struct object_entry {
	uintptr_t start, end, check;
};

static struct object_entry g_objects[2]; /* by enum mv_hook_home */

static struct object_entry object_of(const void *address)
{
	struct mv_elf elf;

	if (!mv_elf_holding(address, &elf))
		return (struct object_entry){0, 0, 0};
	return (struct object_entry){elf.start, elf.end, elf.start ^ elf.end ^ !*elf.path};
}

static bool holds(const struct object_entry *object, const void *address)
{
	return (uintptr_t)address >= object->start && (uintptr_t)address < object->end &&
	       (object->start ^ object->end ^ object->check) <= 1;
}

bool mv_driver_is_beside(const void *real, const void *caller, enum mv_hook_home home)
{
	struct object_entry *kept = &g_objects[home], object;

	object.start = __atomic_load_n(&kept->start, __ATOMIC_RELAXED);
	object.end = __atomic_load_n(&kept->end, __ATOMIC_RELAXED);
	object.check = __atomic_load_n(&kept->check, __ATOMIC_RELAXED);
	if (!holds(&object, real)) {
		object = object_of(real);
		__atomic_store_n(&kept->start, object.start, __ATOMIC_RELAXED);
		__atomic_store_n(&kept->end, object.end, __ATOMIC_RELAXED);
		__atomic_store_n(&kept->check, object.check, __ATOMIC_RELAXED);
	}
	return holds(&object, caller) && (object.start ^ object.end) == object.check;
}

/* The driver's functions that are asked something.  */
static struct {
	void *get_device, *get_context, *is_capturing[2], *get_state, *get_info, *total, *name, *uuid, *version;
} g_questions;

static void forget(void **kept, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		__atomic_store_n(&kept[i], NULL, __ATOMIC_RELAXED);
}

/* What was found for a place in the program, one word: its page, a bit that says that the word is set, and one that says
 * that the driver, or the recorder, lies there.  */
enum { PAGE_BITS = 12, OWNERS = 256, OWNER_KNOWN = 2, OWNER_IS_OWN = 1 };
static uintptr_t g_owners[OWNERS];

static void forget_owners(void)
{
	size_t i;

	for (i = 0; i < OWNERS; i++)
		__atomic_store_n(&g_owners[i], 0, __ATOMIC_RELAXED);
}

/* Other objects come and go while the driver stays where it is.  */
static bool has_driver_moved(void)
{
	static uintptr_t place;
	struct mv_elf elf = {.dynamic = NULL};

	mv_elf_find(DRIVER, &elf);
	return __atomic_exchange_n(&place, (uintptr_t)elf.dynamic, __ATOMIC_ACQ_REL) != (uintptr_t)elf.dynamic ||
	       !elf.dynamic;
}

/* Counted before and after it: what is put meanwhile is put again.  */
static void forget_driver(void)
{
	unsigned i;

	__atomic_fetch_add(&g_gone, 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE); /* pairs with the acquire in mv_driver_hook_at() */
	forget(g_genuine, MV_HOOK_COUNT);
	forget(g_real, MV_HOOK_COUNT);
	forget((void **)&g_questions, sizeof g_questions / sizeof(void *));
	for (i = 0; i < PLACES; i++)
		__atomic_store_n(&g_places[i], 0, __ATOMIC_RELAXED);
	__atomic_fetch_add(&g_gone, 1, __ATOMIC_RELEASE);
}

void mv_driver_follow_loader(void)
{
	static uint64_t seen;
	uint64_t removed = mv_elf_changes().removed;

	if (__atomic_exchange_n(&seen, removed, __ATOMIC_ACQ_REL) == removed)
		return;
	mv_runtimes_forget();
	forget_owners();
	forget(mv_hook_straight, MV_HOOK_COUNT);
	if (has_driver_moved())
		forget_driver();
}

static bool lies_in_own(const void *address)
{
	static const char *const names[] = {"libcuda.so",  "libcuda-",	      "libnvidia",
					    "libcudadebu", "libcupti.so", "libToolsInjection"};
	struct mv_elf elf;
	const char *name;
	size_t i;

	if (!mv_elf_holding(address, &elf))
		return false;
	if ((uintptr_t)&g_real >= elf.start && (uintptr_t)&g_real < elf.end)
		return true;
	name = mv_text_base_name(elf.path);
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (mv_text_starts(name, names[i]))
			return true;
	return false;
}

/* A runtime looks up hundreds of functions from a few pages, and a process may hold hundreds of objects.  */
bool mv_driver_is_own(const void *address)
{
	uintptr_t page = (uintptr_t)address >> PAGE_BITS, known = page << PAGE_BITS | OWNER_KNOWN, kept;
	uintptr_t *entry = &g_owners[mv_hash_u64(page) % OWNERS];

	mv_driver_follow_loader();
	kept = __atomic_load_n(entry, __ATOMIC_RELAXED);
	if ((kept & ~(uintptr_t)OWNER_IS_OWN) != known) {
		kept = known | (lies_in_own(address) ? OWNER_IS_OWN : 0);
		__atomic_store_n(entry, kept, __ATOMIC_RELAXED);
	}
	return kept & OWNER_IS_OWN;
}

/* ---- questions ---- */

typedef CUresult (*get_device_fn)(CUdevice *device);
typedef CUresult (*get_context_fn)(CUcontext *context);
typedef CUresult (*is_capturing_fn)(CUstream stream, int *status);
typedef CUresult (*get_info_fn)(size_t *free_bytes, size_t *total_bytes);
typedef CUresult (*total_mem_fn)(size_t *total_bytes, CUdevice device);
typedef CUresult (*get_name_fn)(char *name, int size, CUdevice device);
typedef CUresult (*get_uuid_fn)(uint8_t uuid[16], CUdevice device);
typedef CUresult (*get_state_fn)(CUdevice device, unsigned *flags, int *is_active);
typedef CUresult (*get_version_fn)(int *version);

int mv_driver_current_device(void)
{
	get_device_fn ask = (get_device_fn)mv_elf_kept(&g_questions.get_device, DRIVER, "cuCtxGetDevice");
	CUdevice device = -1;

	return ask && ask(&device) == CUDA_SUCCESS ? device : -1;
}

uint64_t mv_driver_current_context(void)
{
	get_context_fn ask = (get_context_fn)mv_elf_kept(&g_questions.get_context, DRIVER, "cuCtxGetCurrent");
	CUcontext context = NULL;

	return ask && ask(&context) == CUDA_SUCCESS ? (uintptr_t)context : 0;
}

bool mv_driver_is_capturing(uint64_t stream, bool is_per_thread)
{
	const char *name = is_per_thread ? "cuStreamIsCapturing_ptsz" : "cuStreamIsCapturing";
	is_capturing_fn ask = (is_capturing_fn)mv_elf_kept(&g_questions.is_capturing[is_per_thread], DRIVER, name);
	int status = 0;

	return ask && ask((CUstream)(uintptr_t)stream, &status) == CUDA_SUCCESS && status;
}

int mv_driver_has_context(int device)
{
	get_state_fn ask = (get_state_fn)mv_elf_kept(&g_questions.get_state, DRIVER, "cuDevicePrimaryCtxGetState");
	unsigned flags = 0;
	int is_active = 0;

	return ask && ask(device, &flags, &is_active) == CUDA_SUCCESS ? is_active != 0 : -1;
}

bool mv_driver_memory_info(uint64_t *free_bytes, uint64_t *total_bytes)
{
	get_info_fn ask = (get_info_fn)mv_elf_kept(&g_questions.get_info, DRIVER, "cuMemGetInfo_v2");
	size_t free = 0, total = 0;

	if (!ask || ask(&free, &total) != CUDA_SUCCESS)
		return false;
	*free_bytes = free;
	*total_bytes = total;
	return true;
}

bool mv_driver_describe(int device, struct mv_driver_device *description)
{
	total_mem_fn ask_total = (total_mem_fn)mv_elf_kept(&g_questions.total, DRIVER, "cuDeviceTotalMem_v2");
	get_name_fn ask_name = (get_name_fn)mv_elf_kept(&g_questions.name, DRIVER, "cuDeviceGetName");
	get_uuid_fn ask_uuid = (get_uuid_fn)mv_elf_kept(&g_questions.uuid, DRIVER, "cuDeviceGetUuid_v2");
	size_t bytes = 0;

	memset(description, 0, sizeof *description);
	if (!ask_total || ask_total(&bytes, device) != CUDA_SUCCESS)
		return false;
	description->total_bytes = bytes;
	if (ask_name && ask_name(description->name, sizeof description->name, device) != CUDA_SUCCESS)
		description->name[0] = 0;
	if (ask_uuid && ask_uuid(description->uuid, device) != CUDA_SUCCESS)
		memset(description->uuid, 0, sizeof description->uuid);
	return true;
}

int mv_driver_version(void)
{
	get_version_fn ask = (get_version_fn)mv_elf_kept(&g_questions.version, DRIVER, "cuDriverGetVersion");
	int version = 0;

	return ask && ask(&version) == CUDA_SUCCESS ? version : 0;
}
