/* SPDX-License-Identifier: Apache-2.0 */
/* What is good in the parts of a damaged recording.  Private to memviz/read.
 *
 * Sizes are those of what is really there: no function looks behind them.  */
#ifndef READ_SALVAGE_H
#define READ_SALVAGE_H

#include <stdbool.h>

#include "read/chain.h"

/* Mend the layout of HEADER, whose checksum is wrong.  True: it says where things are now, as far as one can tell.  */
bool mv_salvage_layout(struct mv_file_header *header);

/* How many of the SIZE bytes of REGION at BYTES are whole, possible records.  Not for live, open and ring.  */
uint64_t mv_salvage_table(enum mv_region_kind region, const uint8_t *bytes, uint64_t size);

/* True if LIVE can be a record of something alive.  */
bool mv_salvage_is_alive(const struct mv_event *live);

/* How many of the ROOM events at EVENTS are possible, one after the other, of which the header of their slot counts
 * COUNT.  */
uint32_t mv_salvage_open(const struct mv_event *events, uint32_t count, uint32_t room);

/* Leave only those CHUNKS that the header counts, if any is among them, and whose times go on from chunk to chunk of
 * their slot.  */
void mv_salvage_chunks(struct mv_chain *chunks, const struct mv_file_header *header);

#endif
