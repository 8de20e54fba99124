/* SPDX-License-Identifier: Apache-2.0 */
/* All events of a recording, in the order of time.
 *
 * Each slot's events are in order already; the cursor merges the slots.  It holds one decoded chunk for each slot.
 * Events of kinds or ledgers that this version does not know are left out.
 *
 * Use: open; next until it returns 0; close.
 * Threads: a cursor serves one thread at a time.  Cost: about 50 ns an event.  */
#ifndef READ_CURSOR_H
#define READ_CURSOR_H

#include "format/diag.h"
#include "read/recording.h"

struct mv_cursor;

/* A cursor before the first event.  0 or -ENOMEM.  It must be closed before the recording.  */
int mv_cursor_open(const struct mv_recording *recording, struct mv_cursor **cursor, struct mv_diag *diag);
void mv_cursor_close(struct mv_cursor *cursor);

/* 1: *EVENT is the next one, valid until the next call.  0: there are no more.  -EINVAL with DIAG: a chunk's body is
 * damaged although its checksum is right; -ENOMEM.  */
int mv_cursor_next(struct mv_cursor *cursor, const struct mv_event **event, struct mv_diag *diag);

/* Where in the file the event that was handed out last stands: its own bytes, or its chunk's.  */
uint64_t mv_cursor_offset(const struct mv_cursor *cursor);

#endif
