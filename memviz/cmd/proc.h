/* SPDX-License-Identifier: Apache-2.0 */
/* The recording of a running process, from outside: no signal, no cooperation.  The kernel says what the process has
 * mapped; a recording is found also when its file has been deleted, or lies in a container.  */
#ifndef CMD_PROC_H
#define CMD_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { MV_PROC_PATH_BYTES = 4096 };

struct mv_proc_image {
	const void *bytes;
	uint64_t size_bytes;
	char path[MV_PROC_PATH_BYTES]; /* as the process sees it */
};

/* Get hold of the recording that PID is writing.  -ESRCH: no such process; -ENOENT: it writes none that one can see;
 * -EACCES: it belongs to somebody else; others as the system says.  */
int mv_proc_open(pid_t pid, struct mv_proc_image *image);
void mv_proc_close(struct mv_proc_image *image);

/* A process that has the file PATH mapped, 0 if none can be seen.  */
pid_t mv_proc_holder(const char *path);

#endif
