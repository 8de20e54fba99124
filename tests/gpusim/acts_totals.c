/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that free what the recorder has not seen come.  */
#include "gpusim/acts.h"

#include <dlfcn.h>

enum { EARLY = 8, TIMES = 3 };

/* A card's worth of it was there before the recorder came, and goes while it watches; some of it twice.  */
static void frees_what_was_there_before(void)
{
	CUdeviceptr early[EARLY], pooled, late;
	int i;

	acts_open_card();
	for (i = 0; i < EARLY; i++)
		early[i] = acts_get(100 * MIB);
	MUST(!cuMemAllocAsync(&pooled, 10 * MIB, NULL));
	MUST(dlopen(getenv("ACTS_RECORDER"), RTLD_NOW | RTLD_LOCAL));
	late = acts_get(2 * MIB);
	MUST(!cuMemFreeAsync(pooled, NULL));
	for (i = 0; i < EARLY; i++)
		MUST(!cuMemFree_v2(early[i]) && cuMemFree_v2(early[i]));
	for (i = 0; i < TIMES; i++)
		MUST(!cuMemFree_v2(late) == !i);
	acts_get(3 * MIB);
}

/* A context takes its memory along, which the program then frees.  */
static void frees_what_is_gone(void)
{
	CUdeviceptr address;
	CUcontext context;
	int i;

	acts_open_card();
	acts_get(MIB);
	MUST(!cuCtxCreate_v2(&context, 0, 0));
	address = acts_get(64 * MIB);
	MUST(!cuCtxDestroy_v2(context));
	for (i = 0; i < TIMES; i++)
		MUST(cuMemFree_v2(address));
}

const struct act acts_totals[] = {
	{"frees_what_was_there_before", frees_what_was_there_before},
	{"frees_what_is_gone", frees_what_is_gone},
	{NULL, NULL},
};
