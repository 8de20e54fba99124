/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that share the items of a kernel.  They are started for each task and gone when it is done: a task that is
 * large enough to be shared takes a hundred times as long as that.  */
#ifndef DEMO_CREW_H
#define DEMO_CREW_H

#include "demo/card.h"

struct crew_task {
	card_kernel *kernel;
	const void *args;
	size_t count;			/* items */
	size_t item_cost;		/* in additions */
};

/* Run TASK for all of its items, in CARD_WORKERS shares or, where that is not worth it, in one.  The caller takes part,
 * and does the work of a thread that cannot be started.  Cannot fail.  */
void crew_run(const struct crew_task *task);

#endif
