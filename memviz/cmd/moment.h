/* SPDX-License-Identifier: Apache-2.0 */
/* The moment and the card that a report is about, from --at and --device.  */
#ifndef CMD_MOMENT_H
#define CMD_MOMENT_H

#include "analyze/timeline.h"

struct mv_moment {
	const char *name; /* "peak", "oom", "end" or "time" */
	const struct mv_card *card;
	const struct mv_oom *oom; /* of "oom" */
	uint64_t time_ns;
};

/* Find the moment that AT and DEVICE, each NULL if it was not given, mean in TIMELINE.  MV_OPTION_GO_ON, or the exit
 * code after a line on stderr that begins with PATH.  */
int mv_moment_find(const struct mv_timeline *timeline, const char *path, const char *at, const char *device,
		   struct mv_moment *moment);

#endif
