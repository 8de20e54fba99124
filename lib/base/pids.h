/* SPDX-License-Identifier: Apache-2.0 */
/* What this process is called: by itself, and in the namespaces of process ids around it, as far as they are to be seen.
 *
 * Threads and signals: safe; a few system calls each time.  Memory: none.  */
#ifndef BASE_PIDS_H
#define BASE_PIDS_H

#include <stddef.h>

enum { MV_PIDS_MAX = 8 };

/* The process's own id, then those of /proc/self/status (NSpid, proc(5)): from the namespace of whoever mounted /proc
 * inwards.  Where that is not to be seen there is only the first.  */
struct mv_pids {
	unsigned at[MV_PIDS_MAX];
	size_t count;
};

/* Cannot fail.  */
struct mv_pids mv_pids_own(void);

#endif
