/* SPDX-License-Identifier: Apache-2.0 */
/* What a run has left: its recordings, and what they say if memory ran out.  */
#ifndef CMD_HARVEST_H
#define CMD_HARVEST_H

#include <stdbool.h>
#include <stdint.h>

/* Tell, on stderr, of the recordings in FOLDER that were made by the run TOKEN, which began at START_NS of
 * CLOCK_REALTIME.  SHOWN is FOLDER as the user knows it, "" for the current one.  If memory ran out: five lines, the
 * last with the command that opens the timeline.  IS_QUIET: only those.  */
void mv_harvest(const char *folder, const char *shown, const char *token, uint64_t start_ns, bool is_quiet);

#endif
