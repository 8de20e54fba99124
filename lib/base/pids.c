/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pids.h"

#include <fcntl.h>
#include <string.h>

#include "base/sys.h"

enum { STATUS_BYTES = 4096 };

/* The numbers on the line that begins with NAME.  */
static void read_line(const char *status, const char *name, struct mv_pids *pids)
{
	const char *at = strstr(status, name);

	for (at = at ? at + strlen(name) : ""; *at == '\t' || *at == ' ';) {
		unsigned pid = 0;

		for (at++; *at >= '0' && *at <= '9'; at++)
			pid = pid * 10 + (unsigned)(*at - '0');
		if (pid && pids->count < MV_PIDS_MAX)
			pids->at[pids->count++] = pid;
	}
}

struct mv_pids mv_pids_own(void)
{
	struct mv_pids own = {.at = {(unsigned)mv_sys_pid()}, .count = 1};
	char status[STATUS_BYTES] = "";
	int fd = mv_sys_open("/proc/self/status", O_RDONLY, 0);

	if (fd < 0)
		return own;
	if (mv_sys_read_at(fd, status, sizeof status - 1, 0) > 0)
		read_line(status, "\nNSpid:", &own);
	mv_sys_close(fd);
	return own;
}
