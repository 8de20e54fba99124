/* SPDX-License-Identifier: Apache-2.0 */
/* witness.so: what PyTorch's allocator hands out and gets back, and in between what the script says, in one order.
 *
 * It is preloaded in place of the recorder, and knows nothing of the recorder's.  Scripts call witness_mark through
 * ctypes, and witness_dump at the end.  */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* KIND: 'a' allocated, 'f' freed; otherwise as the script says.  */
struct line {
	uint64_t address;
	int64_t value; /* bytes; of marks what the script says */
	uint32_t thread;
	uint32_t kind;
};

enum { LINES = 4 << 20 };

static struct line *g_lines;
static uint64_t g_count;
static __thread uint32_t t_thread;

static struct line *lines(void)
{
	struct line *none = NULL, *mapped = __atomic_load_n(&g_lines, __ATOMIC_ACQUIRE);

	if (mapped)
		return mapped;
	mapped = mmap(NULL, LINES * sizeof *mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mapped == MAP_FAILED)
		return NULL;
	if (__atomic_compare_exchange_n(&g_lines, &none, mapped, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return mapped;
	munmap(mapped, LINES * sizeof *mapped);
	return none;
}

static void add(uint32_t kind, uint64_t address, int64_t value)
{
	uint64_t at = __atomic_fetch_add(&g_count, 1, __ATOMIC_RELAXED);
	struct line *all = lines();

	if (!t_thread)
		t_thread = (uint32_t)syscall(SYS_gettid);
	if (all && at < LINES)
		all[at] = (struct line){address, value, t_thread, kind};
}

/* ---- what the allocators do ---- */

struct c10_device {
	int8_t type, index;
};

enum { C10_CUDA = 1 };

typedef void (*report_fn)(void *address, int64_t size, size_t allocated, size_t reserved, struct c10_device device);

#define REPORT "_ZN3c1027reportMemoryUsageToProfilerEPvlmmNS_6DeviceE"

void report(void *address, int64_t size, size_t allocated, size_t reserved, struct c10_device device) __asm__(REPORT);

void report(void *address, int64_t size, size_t allocated, size_t reserved, struct c10_device device)
{
	static report_fn real;

	if (!real)
		real = (report_fn)dlsym(dlopen("libc10.so", RTLD_NOLOAD | RTLD_LAZY), REPORT);
	if (device.type == C10_CUDA && size)
		add(size > 0 ? 'a' : 'f', (uintptr_t)address, size > 0 ? size : -size);
	if (real)
		real(address, size, allocated, reserved, device);
}

/* With backend:cudaMallocAsync PyTorch reports nothing.  */
int cudaMallocAsync(void **address, size_t size, void *stream);
int cudaFreeAsync(void *address, void *stream);

int cudaMallocAsync(void **address, size_t size, void *stream)
{
	int (*real)(void **, size_t, void *) = (int (*)(void **, size_t, void *))dlsym(RTLD_NEXT, "cudaMallocAsync");
	int err = real(address, size, stream);

	if (!err)
		add('a', (uintptr_t)*address, (int64_t)size);
	return err;
}

int cudaFreeAsync(void *address, void *stream)
{
	int (*real)(void *, void *) = (int (*)(void *, void *))dlsym(RTLD_NEXT, "cudaFreeAsync");

	add('f', (uintptr_t)address, 0);
	return real(address, stream);
}

/* ---- what scripts say ---- */

void witness_mark(uint32_t kind, uint64_t address, int64_t value);
int witness_dump(const char *path);

void witness_mark(uint32_t kind, uint64_t address, int64_t value)
{
	add(kind, address, value);
}

/* 0, or -1: there was more than there is room for, or the file could not be written.  */
int witness_dump(const char *path)
{
	uint64_t count = __atomic_load_n(&g_count, __ATOMIC_RELAXED);
	FILE *file = fopen(path, "wb");
	int ok;

	if (!file)
		return -1;
	ok = count <= LINES && (!count || fwrite(lines(), sizeof(struct line), count, file) == count);
	return fclose(file) || !ok ? -1 : 0;
}
