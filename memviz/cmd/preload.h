/* SPDX-License-Identifier: Apache-2.0 */
/* What is loaded into the program: the recorder, and the simulated GPU.
 *
 * Both are found from where this program lies: in a build tree beside its folder, in an installation in
 * ../lib/memviz.  */
#ifndef CMD_PRELOAD_H
#define CMD_PRELOAD_H

#include "cmd/environment.h"

enum { MV_PRELOAD_PATH_BYTES = 4096 };

/* A simulated GPU as it was asked for; NULL: as the simulation does by itself.  */
struct mv_preload_gpu {
	const char *memory, *devices, *compute, *backing;
	bool is_forced; /* also on a machine with a real driver */
};

/* Who is to load the recorder beside the loader, unless another tool is to be loaded there.  */
struct mv_preload_ways {
	bool by_cuda; /* when it is initialised */
	bool by_nvtx; /* at the first range */
};

/* Let the recorder be loaded, before everything else that is.  False: it cannot be; a line on stderr says why.  */
bool mv_preload_recorder(struct mv_environment *environment, const struct mv_preload_ways *ways);

/* Let the simulated GPU stand in for a real one.  False: it cannot, or must not; a line on stderr says why.  */
bool mv_preload_gpu(struct mv_environment *environment, const struct mv_preload_gpu *gpu);

#endif
