/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a recording's tables.  Every index that is out of range, and every record that is impossible, reads as
 * NULL, 0 or "": a damaged name must not cost the numbers.
 *
 * Threads: any number.  Memory: what is returned lives as long as the recording.  */
#ifndef READ_TABLE_H
#define READ_TABLE_H

#include <stdbool.h>

#include "memviz/format.h"
#include "read/recording.h"

enum {
	MV_TABLE_STACK_FRAMES = 2048, /* more than a recorder follows, of both kinds */
	MV_TABLE_NAMES = 64,	      /* functions that one native frame is in, at most */
};

/* How many records REGION holds; of notes, apis, threads, modules, frames, stacks, live and
 * names.  */
uint32_t mv_table_count(const struct mv_recording *recording, enum mv_region_kind region);

/* A record, NULL if there is none with that index.  Record 0 of frames is "none" and reads as NULL.  */
const struct mv_note *mv_table_note(const struct mv_recording *recording, uint32_t index);
const struct mv_thread *mv_table_thread(const struct mv_recording *recording, uint32_t index);
const struct mv_module *mv_table_module(const struct mv_recording *recording, uint32_t index);
const struct mv_frame *mv_table_frame(const struct mv_recording *recording, uint32_t index);

/* One node of the tree of stacks.  Record 0 is "none" and reads as NULL.  */
const struct mv_stack *mv_table_stack_node(const struct mv_recording *recording, uint32_t index);

/* The live record INDEX, NULL if that place is free, or holds no allocation.  */
const struct mv_event *mv_table_live(const struct mv_recording *recording, uint32_t index);

/* The same for what is no allocation: an MV_EVENT_CALL whose object lives.  */
const struct mv_event *mv_table_kept(const struct mv_recording *recording, uint32_t index);

/* True if EVENT's ROLE is one that its kind can have.  */
static inline bool mv_table_has_role(const struct mv_event *event)
{
	return event->role < (event->kind == MV_EVENT_CALL ? (int)MV_CHANGE_KINDS : (int)MV_ROLE_KINDS);
}

/* The value of the note KEY, "" if there is none; the latest where there are several.  */
const char *mv_table_note_value(const struct mv_recording *recording, const char *key);

/* The name of the call API ("cudaMalloc"), "" if there is none.  */
const char *mv_table_api(const struct mv_recording *recording, uint32_t api);

/* Copy a thread's name, fit to be shown, to NAME[17]; "" if there is none.  */
void mv_table_thread_name(const struct mv_recording *recording, uint32_t index, char name[17]);

/* Fill FRAMES with the indexes of the frames of STACK, innermost first, at most MAX.  Returns how many.  */
uint32_t mv_table_stack(const struct mv_recording *recording, uint32_t stack, uint32_t *frames, uint32_t max);

/* The functions that the file itself says the native frame FRAME is in, innermost first: *COUNT of them.  NULL: it does
 * not say.  */
const struct mv_name *mv_table_names(const struct mv_recording *recording, uint32_t frame, uint32_t *count);

#endif
