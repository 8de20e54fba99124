/* SPDX-License-Identifier: Apache-2.0 */
/* A program that uses the shared CUDA runtime and nothing else: it allocates one piece of each sort, frees one, and asks
 * for more than there is.  */
#include "gpusim/must.h"

#include <stddef.h>
#include <stdint.h>

int cudaMalloc(void **address, size_t size);
int cudaMallocPitch(void **address, size_t *pitch, size_t width, size_t height);
int cudaMallocManaged(void **address, size_t size, unsigned flags);
int cudaHostAlloc(void **address, size_t size, unsigned flags);
int cudaMallocAsync(void **address, size_t size, void *stream);
int cudaFree(void *address);
int cudaFreeAsync(void *address, void *stream);
int cudaGetDriverEntryPoint(const char *name, void **function, unsigned long long flags, int *result);

#define MIB ((size_t)1 << 20)

enum { OUT_OF_MEMORY = 2 };

/* As PyTorch finds the functions for virtual memory.  */
static void by_entry_point(void)
{
	int (*allocate)(uint64_t *, size_t) = NULL;
	uint64_t address;

	MUST(!cudaGetDriverEntryPoint("cuMemAlloc", (void **)&allocate, 0, NULL) && allocate);
	MUST(!allocate(&address, 64 * MIB));
}

int main(void)
{
	void *address;
	size_t pitch;

	/* What programs do to have CUDA come up; the call that does it is made before anybody can be loaded by it.  */
	MUST(!cudaFree(NULL));
	MUST(!cudaMalloc(&address, MIB));
	MUST(!cudaMalloc(&address, 2 * MIB) && !cudaFree(address));
	MUST(!cudaMallocPitch(&address, &pitch, 4, 1000));
	MUST(!cudaMallocManaged(&address, 4 * MIB, 1));
	MUST(!cudaHostAlloc(&address, 8 * MIB, 0));
	MUST(!cudaMallocAsync(&address, 16 * MIB, NULL));
	MUST(!cudaMallocAsync(&address, 32 * MIB, NULL) && !cudaFreeAsync(address, NULL));
	by_entry_point();
	MUST(cudaMalloc(&address, (size_t)1 << 40) == OUT_OF_MEMORY);
	printf("%zu\n", pitch * 1000);
	return 0;
}
