/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of libc10 to which its allocators report (c10/core/Allocator.h).  libc10_cuda calls them through its
 * procedure linkage table, so a definition that the loader finds earlier is called instead; torch's own profiler lives
 * behind the real ones, which are always called.
 *
 * Spellings: 1.10 to 1.13 count totals in int64_t, later releases in size_t, which is the same in registers.  Before
 * 1.10 the first argument is not an address of the device; those reports are passed on unread.  */
#include <errno.h>

#include "torch/real.h"
#include "torch/torch.h"
#include "torch/workspace.h"

/* c10::Device: one register.  */
struct c10_device {
	int8_t type; /* 1: CUDA, and ROCm in CUDA's clothes */
	int8_t index;
};

enum { C10_CUDA = 1 };

typedef void (*report_memory_fn)(void *address, int64_t size, uint64_t allocated, uint64_t reserved,
				 struct c10_device device);
typedef void (*report_memory_old_fn)(void *block, int64_t size, struct c10_device device);
typedef void (*report_oom_fn)(int64_t size, uint64_t allocated, uint64_t reserved, struct c10_device device);

#define REPORT_MEMORY_19 "_ZN3c1027reportMemoryUsageToProfilerEPvlNS_6DeviceE"
#define REPORT_MEMORY_110 "_ZN3c1027reportMemoryUsageToProfilerEPvlllNS_6DeviceE"
#define REPORT_MEMORY_20 "_ZN3c1027reportMemoryUsageToProfilerEPvlmmNS_6DeviceE"
#define REPORT_OOM_113 "_ZN3c1027reportOutOfMemoryToProfilerElllNS_6DeviceE"
#define REPORT_OOM_20 "_ZN3c1027reportOutOfMemoryToProfilerElmmNS_6DeviceE"
#define REPORT_OOM_M "_ZN3c1027reportOutOfMemoryToProfilerEmmmNS_6DeviceE"

#define LIBRARY "libc10.so"

static const struct mv_sink *g_sink;
static uint16_t g_api;
static bool g_wants_labels;

void mv_torch_set_sink(const struct mv_sink *sink, uint16_t api, bool wants_labels)
{
	g_api = api;
	g_wants_labels = wants_labels;
	__atomic_store_n(&g_sink, sink, __ATOMIC_RELEASE);
}

const struct mv_sink *mv_torch_sink(void)
{
	return __atomic_load_n(&g_sink, __ATOMIC_ACQUIRE);
}

const struct mv_sink *mv_torch_labels(void)
{
	const struct mv_sink *sink = mv_torch_sink();

	return g_wants_labels ? sink : NULL;
}

uint16_t mv_torch_api(void)
{
	return g_api;
}

/* Gradients are being recorded on this thread.  */
static bool is_grad_enabled(void)
{
	static void *kept;
	bool (*is_enabled)(void) = (bool (*)(void))mv_elf_kept(&kept, LIBRARY, "_ZN3c108GradMode10is_enabledEv");

	return is_enabled && is_enabled();
}

/* A size above zero: the pool handed ADDRESS out; below: it got it back.  */
static void note_memory(void *address, int64_t size, uint64_t reserved, struct c10_device device)
{
	const struct mv_sink *sink = mv_torch_sink();
	struct mv_event event = {
		.kind = size > 0 ? MV_EVENT_ALLOC : MV_EVENT_FREE,
		.ledger = MV_LEDGER_BLOCK,
		.address = (uintptr_t)address,
		.size_bytes = (uint64_t)(size > 0 ? size : -size),
		.extra = reserved,
		.device = (uint8_t)device.index,
		.api = g_api,
		.flags = (uint8_t)((is_grad_enabled() ? MV_FLAG_GRAD : 0) |
				   (size <= 0 && mv_torch_is_releasing() ? MV_FLAG_GRAPH : 0)),
	};
	int saved = errno;

	if (!sink || device.type != C10_CUDA || !size)
		return;
	if (size > 0)
		sink->note(&event);
	else
		sink->note_free(&event, NULL);
	if (size < 0)
		mv_workspace_forget(address);
	mv_torch_tick();
	errno = saved;
}

static void note_oom(int64_t size, uint64_t allocated, uint64_t reserved, struct c10_device device)
{
	const struct mv_sink *sink = mv_torch_sink();
	struct mv_oom_report report = {
		.requested_bytes = (uint64_t)size,
		.allocated_bytes = allocated,
		.reserved_bytes = reserved,
		.device = (uint8_t)device.index,
		.ledger = MV_LEDGER_BLOCK,
		.api = g_api,
	};
	int saved = errno;

	if (sink && device.type == C10_CUDA)
		sink->note_oom(&report);
	errno = saved;
}

/* ---- what PyTorch calls ---- */

void mv_report_memory_19(void *block, int64_t size, struct c10_device device) MV_TORCH_EXPORTED(REPORT_MEMORY_19);
void mv_report_memory_110(void *address, int64_t size, uint64_t allocated, uint64_t reserved,
			  struct c10_device device) MV_TORCH_EXPORTED(REPORT_MEMORY_110);
void mv_report_memory_20(void *address, int64_t size, uint64_t allocated, uint64_t reserved,
			 struct c10_device device) MV_TORCH_EXPORTED(REPORT_MEMORY_20);
void mv_report_oom_113(int64_t size, uint64_t allocated, uint64_t reserved, struct c10_device device)
	MV_TORCH_EXPORTED(REPORT_OOM_113);
void mv_report_oom_20(int64_t size, uint64_t allocated, uint64_t reserved, struct c10_device device)
	MV_TORCH_EXPORTED(REPORT_OOM_20);
void mv_report_oom_m(int64_t size, uint64_t allocated, uint64_t reserved, struct c10_device device)
	MV_TORCH_EXPORTED(REPORT_OOM_M);

void mv_report_memory_19(void *block, int64_t size, struct c10_device device)
{
	static void *kept;
	report_memory_old_fn pass_on = (report_memory_old_fn)mv_torch_real(&kept, LIBRARY, REPORT_MEMORY_19);

	if (pass_on)
		pass_on(block, size, device);
}

void mv_report_memory_110(void *address, int64_t size, uint64_t allocated, uint64_t reserved, struct c10_device device)
{
	static void *kept;
	report_memory_fn pass_on = (report_memory_fn)mv_torch_real(&kept, LIBRARY, REPORT_MEMORY_110);

	note_memory(address, size, reserved, device);
	if (pass_on)
		pass_on(address, size, allocated, reserved, device);
}

void mv_report_memory_20(void *address, int64_t size, uint64_t allocated, uint64_t reserved, struct c10_device device)
{
	static void *kept;
	report_memory_fn pass_on = (report_memory_fn)mv_torch_real(&kept, LIBRARY, REPORT_MEMORY_20);

	note_memory(address, size, reserved, device);
	if (pass_on)
		pass_on(address, size, allocated, reserved, device);
}

void mv_report_oom_113(int64_t size, uint64_t allocated, uint64_t reserved, struct c10_device device)
{
	static void *kept;
	report_oom_fn pass_on = (report_oom_fn)mv_torch_real(&kept, LIBRARY, REPORT_OOM_113);

	note_oom(size, allocated, reserved, device);
	if (pass_on)
		pass_on(size, allocated, reserved, device);
}

void mv_report_oom_20(int64_t size, uint64_t allocated, uint64_t reserved, struct c10_device device)
{
	static void *kept;
	report_oom_fn pass_on = (report_oom_fn)mv_torch_real(&kept, LIBRARY, REPORT_OOM_20);

	note_oom(size, allocated, reserved, device);
	if (pass_on)
		pass_on(size, allocated, reserved, device);
}

void mv_report_oom_m(int64_t size, uint64_t allocated, uint64_t reserved, struct c10_device device)
{
	static void *kept;
	report_oom_fn pass_on = (report_oom_fn)mv_torch_real(&kept, LIBRARY, REPORT_OOM_M);

	note_oom(size, allocated, reserved, device);
	if (pass_on)
		pass_on(size, allocated, reserved, device);
}
