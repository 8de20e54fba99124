/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/pool.h"

#include <stdint.h>

#include "bench/measure.h"
#include "memviz/memviz.h"

enum { PLACES = 64, PLACE_BYTES = 4096, SIZE_BYTES = 512, SIZES = 7 };

double pool_pairs(int thread, int count)
{
	uintptr_t base = (uintptr_t)(thread + 1) << 32;
	double start = measure_now_ns();
	int i;

	for (i = 0; i < count; i++) {
		const void *address = (const void *)(base + (uintptr_t)(i % PLACES) * PLACE_BYTES);

		memviz_block_alloc(address, (size_t)SIZE_BYTES * (size_t)(1 + i % SIZES), 0, 1 << 30);
		memviz_block_free(address);
	}
	return (measure_now_ns() - start) / count;
}
