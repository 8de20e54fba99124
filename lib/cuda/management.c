/* SPDX-License-Identifier: Apache-2.0 */
#include "cuda/management.h"

#include <string.h>

#include "base/pids.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/thread.h"
#include "cuda/lookup.h"
#include "cuda/nvml_abi.h"

enum {
	LISTED = 256, /* processes that are asked for; with more than that others are not told */
	UUID_BYTES = 48,
	MEMORY_V2 = sizeof(nvmlMemory_v2_t) | 2 << 24,
};

typedef nvmlReturn_t (*init_fn)(void);
typedef nvmlReturn_t (*by_uuid_fn)(const char *uuid, nvmlDevice_t *device);
typedef nvmlReturn_t (*memory_fn)(nvmlDevice_t device, nvmlMemory_t *memory);
typedef nvmlReturn_t (*memory_v2_fn)(nvmlDevice_t device, nvmlMemory_v2_t *memory);
typedef nvmlReturn_t (*list_fn)(nvmlDevice_t device, unsigned *count, nvmlProcessInfo_t *infos);

/* The functions that list processes: by the names that have the longer structure, newest first.  The first edition's
 * shorter one is that of drivers from before CUDA 11, which is older than what is recorded.  */
struct library {
	struct mv_pids own; /* this process */
	void *handle;
	init_fn init;
	by_uuid_fn by_uuid;
	memory_fn memory;
	memory_v2_fn memory_v2;
	list_fn compute, graphics;
};

static const char *g_state = "not asked";

static void set_state(const char *state)
{
	__atomic_store_n(&g_state, state, __ATOMIC_RELEASE);
}

const char *mv_management_state(void)
{
	return __atomic_load_n(&g_state, __ATOMIC_ACQUIRE);
}

/* ---- the library ---- */

static void *symbol(const struct library *library, const char *name, const char *older)
{
	void *found = mv_lookup_next(library->handle, name);

	return found || !older ? found : mv_lookup_next(library->handle, older);
}

/* All for which files are opened, but by NVML itself.  */
static void find(void *context)
{
	struct library *library = context;

	*library = (struct library){.own = mv_pids_own()};
	library->handle = mv_thread_open_library("libnvidia-ml.so.1", false);
	if (!library->handle || !mv_lookup_next)
		return;
	library->init = (init_fn)symbol(library, "nvmlInit_v2", NULL);
	library->by_uuid = (by_uuid_fn)symbol(library, "nvmlDeviceGetHandleByUUID", NULL);
	library->memory = (memory_fn)symbol(library, "nvmlDeviceGetMemoryInfo", NULL);
	library->memory_v2 = (memory_v2_fn)symbol(library, "nvmlDeviceGetMemoryInfo_v2", NULL);
	library->compute = (list_fn)symbol(library, "nvmlDeviceGetComputeRunningProcesses_v3",
					   "nvmlDeviceGetComputeRunningProcesses_v2");
	library->graphics = (list_fn)symbol(library, "nvmlDeviceGetGraphicsRunningProcesses_v3",
					    "nvmlDeviceGetGraphicsRunningProcesses_v2");
}

/* Why it does not run; NULL: it does.  */
static const char *start(struct library *library)
{
	if (mv_thread_run_apart(find, library))
		return "no thread could be made to load libnvidia-ml.so.1";
	if (!library->handle)
		return "there is no libnvidia-ml.so.1";
	if (!library->init || !library->by_uuid || !library->memory)
		return "libnvidia-ml.so.1 lacks functions";
	return library->init() ? "NVML does not start" : NULL;
}

/* NULL: there is none that runs.  A forked child has what its parent left of it.  */
static const struct library *open_library(void)
{
	static struct library library;
	static unsigned owner;
	static const char *failure;

	if (owner != (unsigned)mv_sys_pid()) {
		owner = (unsigned)mv_sys_pid();
		failure = start(&library);
		if (failure)
			set_state(failure);
	}
	return failure ? NULL : &library;
}

/* ---- the card ---- */

/* "GPU-67707573-696d-2073-696d-756c61746500".  */
static void write_uuid(const char *prefix, const uint8_t uuid[16], char text[UUID_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	struct mv_text out = mv_text_in(text, UUID_BYTES);
	int i;

	mv_text_add(&out, prefix);
	for (i = 0; i < 16; i++) {
		char pair[2] = {digits[uuid[i] >> 4], digits[uuid[i] & 15]};

		if (i == 4 || i == 6 || i == 8 || i == 10)
			mv_text_add(&out, "-");
		mv_text_add_bytes(&out, pair, sizeof pair);
	}
}

static bool find_card(const struct library *library, const uint8_t uuid[16], nvmlDevice_t *device)
{
	static const char *const prefixes[] = {"GPU-", "MIG-"};
	char text[UUID_BYTES];
	size_t i;

	for (i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		write_uuid(prefixes[i], uuid, text);
		if (!library->by_uuid(text, device))
			return true;
	}
	set_state("NVML does not know the card");
	return false;
}

static bool ask_memory(const struct library *library, nvmlDevice_t device, struct mv_usage *usage)
{
	nvmlMemory_v2_t memory = {.version = MEMORY_V2};
	nvmlMemory_t older;

	if (library->memory_v2 && !library->memory_v2(device, &memory)) {
		mv_usage_add(usage, MV_TERM_TOTAL, memory.total);
		mv_usage_add(usage, MV_TERM_RESERVED, memory.reserved);
		mv_usage_add(usage, MV_TERM_USED, memory.used);
		return true;
	}
	if (library->memory(device, &older)) {
		set_state("NVML does not tell what is used");
		return false;
	}
	mv_usage_add(usage, MV_TERM_TOTAL, older.total);
	mv_usage_add(usage, MV_TERM_USED, older.used);
	return true;
}

/* ---- processes ---- */

static bool is_one_of(const struct mv_pids *pids, unsigned pid)
{
	size_t i;

	for (i = 0; i < pids->count; i++)
		if (pids->at[i] == pid)
			return true;
	return false;
}

struct census {
	nvmlProcessInfo_t listed[LISTED];
	unsigned count;
	bool is_complete; /* every list was told as a whole */
};

static void take(nvmlDevice_t device, list_fn list, struct census *census)
{
	unsigned room = LISTED - census->count;

	if (!list || list(device, &room, census->listed + census->count))
		census->is_complete = false;
	else
		census->count += room;
}

/* A process that computes and draws is in both lists, each time with all that it uses.  */
static bool is_twice(const struct census *census, unsigned i)
{
	const nvmlProcessInfo_t *one = &census->listed[i], *earlier;

	for (earlier = census->listed; earlier < one; earlier++)
		if (earlier->pid == one->pid && earlier->gpuInstanceId == one->gpuInstanceId &&
		    earlier->computeInstanceId == one->computeInstanceId)
			return true;
	return false;
}

/* Who is who can only be said where this process is found.  */
static void count_processes(const struct census *census, const struct mv_pids *own, struct mv_usage *usage)
{
	uint64_t process = 0, others = 0;
	bool is_listed = false, is_told = true, are_others_told = census->is_complete;
	unsigned i;

	for (i = 0; i < census->count; i++) {
		bool is_own = is_one_of(own, census->listed[i].pid);
		bool has_number = census->listed[i].usedGpuMemory != NVML_VALUE_NOT_AVAILABLE;

		if (is_twice(census, i))
			continue;
		is_listed |= is_own;
		if (!has_number)
			*(is_own ? &is_told : &are_others_told) = false;
		else
			*(is_own ? &process : &others) += census->listed[i].usedGpuMemory;
	}
	if (!is_listed || !is_told) {
		set_state(is_listed ? "NVML does not tell what this process uses" : "NVML does not list this process");
		return;
	}
	mv_usage_add(usage, MV_TERM_PROCESS, process);
	if (are_others_told)
		mv_usage_add(usage, MV_TERM_OTHERS, others);
	set_state(are_others_told ? "asked" : "NVML does not tell what others use");
}

void mv_management_ask(const uint8_t uuid[16], struct mv_usage *usage)
{
	const struct library *library = open_library();
	struct census census = {.is_complete = true};
	nvmlDevice_t device;

	if (!library || !find_card(library, uuid, &device) || !ask_memory(library, device, usage))
		return;
	take(device, library->compute, &census);
	/* Absent where nothing can draw.  */
	if (library->graphics && census.is_complete)
		take(device, library->graphics, &census);
	count_processes(&census, &library->own, usage);
}
