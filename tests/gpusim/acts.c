/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/acts.h"

#include <string.h>

void acts_open_card(void)
{
	CUcontext context;

	MUST(!cuInit(0));
	MUST(!cuDevicePrimaryCtxRetain(&context, 0));
	MUST(!cuCtxSetCurrent(context));
}

CUdeviceptr acts_get(size_t size)
{
	CUdeviceptr address = 0;

	MUST(!cuMemAlloc_v2(&address, size));
	return address;
}

static int run(const struct act *act, const char *name)
{
	for (; act->name; act++) {
		if (strcmp(act->name, name))
			continue;
		act->run();
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct act *const sorts[] = {acts_memory, acts_lookups, acts_processes, acts_guest,
						    acts_ways,	 acts_begin,   acts_samples, acts_manners,
						    acts_ends,	 acts_kinds,   acts_lives,	acts_totals,  acts_crowd};
	size_t i;

	for (i = 0; argc == 2 && i < sizeof sorts / sizeof *sorts; i++)
		if (run(sorts[i], argv[1]))
			return 0;
	fprintf(stderr, "usage: acts NAME\n");
	return 2;
}
