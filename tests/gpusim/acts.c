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
	if (argc == 2 && (run(acts_memory, argv[1]) || run(acts_lookups, argv[1]) || run(acts_processes, argv[1]) ||
			  run(acts_guest, argv[1])))
		return 0;
	fprintf(stderr, "usage: acts NAME\n");
	return 2;
}
