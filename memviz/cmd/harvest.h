/* SPDX-License-Identifier: Apache-2.0 */
/* What a run has left: its recordings, and what they say if memory ran out.  */
#ifndef CMD_HARVEST_H
#define CMD_HARVEST_H

#include <stdbool.h>
#include <stdint.h>

/* Where recordings may lie, and what the user calls it: "" is the current folder.  */
struct mv_harvest_place {
	const char *folder, *shown;
};

/* Tell, on stderr, of the recordings in PLACES, which end in one without a folder, that were made by the run TOKEN, which
 * began at START_NS of CLOCK_REALTIME.  If memory ran out: five lines, the last with the command that opens the timeline.
 * IS_QUIET: only those.  */
void mv_harvest(const struct mv_harvest_place *places, const char *token, uint64_t start_ns, bool is_quiet);

#endif
