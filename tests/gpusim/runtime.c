/* SPDX-License-Identifier: Apache-2.0 */
/* A program on the dynamic runtime API, compiled for version MV_CUDART_MAJOR of it.  It prints what the first card is
 * and how many bytes are used at each step; exit 0: all calls went well.  */
#include <stdio.h>
#include <string.h>

#include "gpusim/api/rt_copy.h"
#include "gpusim/api/rt_device.h"
#include "gpusim/api/rt_memory.h"
#include "gpusim/api/rt_properties.h"
#include "gpusim/api/rt_stream.h"
#include "gpusim/must.h"

#define MIB ((size_t)1 << 20)

enum { GUARD_BYTES = 256, GUARD = 0x5a };

/* What is written behind a structure by a library that takes it to be larger would be seen here.  */
struct guarded {
	struct cudaDeviceProp properties;
	unsigned char guard[GUARD_BYTES];
};

static cudaError_t get_properties(struct cudaDeviceProp *properties)
{
#if MV_CUDART_MAJOR >= 13
	return cudaGetDeviceProperties(properties, 0);
#else
	return cudaGetDeviceProperties_v2(properties, 0);
#endif
}

static void tell_card(void)
{
	struct guarded card;

	memset(&card, GUARD, sizeof card);
	MUST(!get_properties(&card.properties));
	for (size_t i = 0; i < sizeof card.guard; i++)
		MUST(card.guard[i] == GUARD);
	MUST(card.properties.warpSize == 32 && card.properties.multiProcessorCount > 0);
	MUST(card.properties.unifiedAddressing == 1 && card.properties.memoryPoolsSupported == 1);
	printf("%s %d.%d %zu\n", card.properties.name, card.properties.major, card.properties.minor,
	       card.properties.totalGlobalMem);
}

static void tell_used(const char *when)
{
	size_t free_bytes, total;

	MUST(!cudaMemGetInfo(&free_bytes, &total));
	printf("%s %zu\n", when, total - free_bytes);
}

static void use_memory(void)
{
	void *plain, *pooled, *host;
	cudaStream_t stream;

	MUST(!cudaMalloc(&plain, 8 * MIB));
	tell_used("malloc");
	MUST(!cudaStreamCreate(&stream));
	MUST(!cudaMallocAsync(&pooled, 32 * MIB, stream));
	tell_used("async");
	MUST(!cudaMallocHost(&host, MIB));
	MUST(!cudaMemcpyAsync(plain, host, MIB, cudaMemcpyHostToDevice, stream));
	MUST(!cudaFreeAsync(pooled, stream));
	MUST(!cudaStreamSynchronize(stream));
	MUST(!cudaFreeHost(host));
	MUST(!cudaFree(plain));
	MUST(!cudaStreamDestroy(stream));
	tell_used("freed");
	MUST(cudaMalloc(&plain, SIZE_MAX / 2) == cudaErrorMemoryAllocation);
	MUST(cudaGetLastError() == cudaErrorMemoryAllocation && !cudaGetLastError());
}

int main(void)
{
	int version = 0;

	MUST(!cudaRuntimeGetVersion(&version) && version / 1000 == MV_CUDART_MAJOR);
	tell_card();
	use_memory();
	return 0;
}
