/* SPDX-License-Identifier: Apache-2.0 */
/* One recording, opened and checked.
 *
 * What is checked when it is opened: the header, that all regions lie within the file, every checksum that the file
 * carries, and the chain of chunks in the ring.  What the tables hold is checked where it is read (read/table.h), so
 * that a strange number in there is never more than a missing name.
 *
 * A recording that has not been finished may be growing under our eyes, so it is copied into memory first; everything
 * else is mapped.  Nobody truncates a finished recording: memviz replaces files whole.
 *
 * Threads: any number may read one.  Memory: malloc and maps, released by mv_recording_close.  */
#ifndef READ_RECORDING_H
#define READ_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/diag.h"
#include "memviz/format.h"

struct mv_recording;

/* Open the recording at PATH.  -ENOENT, -EACCES …: as the system says; -ENODEV: not a plain file; -ENODATA: empty or shorter than a header;
 * -EPROTO: not a recording, or of a newer version; -EINVAL: damaged; -ENOMEM.  DIAG says where and what.  */
int mv_recording_open(const char *path, struct mv_recording **recording, struct mv_diag *diag);

/* The same for the SIZE bytes at IMAGE, aligned to 64.  They stay the caller's, must not change, and live longer than
 * the recording.  An unfinished image is taken as it is.  */
int mv_recording_open_image(const void *image, uint64_t size, struct mv_recording **recording, struct mv_diag *diag);

/* NULL is fine.  */
void mv_recording_close(struct mv_recording *recording);

/* The header.  */
const struct mv_file_header *mv_recording_header(const struct mv_recording *recording);

/* What runs, for people: printable UTF-8; "a program" if the file does not say.  */
const char *mv_recording_program(const struct mv_recording *recording);

/* True if the file was not finished: its process runs, or died without a word.  */
bool mv_recording_is_unfinished(const struct mv_recording *recording);

/* The first byte of REGION, and how many of its bytes are used.  */
const uint8_t *mv_recording_region(const struct mv_recording *recording, enum mv_region_kind region, uint64_t *used_bytes);

/* Its events, slot by slot (read/tracks.h); for the whole run in the order of time see read/cursor.h.  */
struct mv_tracks;
const struct mv_tracks *mv_recording_tracks(const struct mv_recording *recording);

/* The chunks in the ring, oldest first; each lies within the ring with all of its body.  */
const struct mv_chunk *const *mv_recording_chunks(const struct mv_recording *recording, size_t *count);

/* How many open slots there are, and one of them; EVENTS follow it within the file.  */
uint32_t mv_recording_slots(const struct mv_recording *recording);
const struct mv_slot *mv_recording_slot(const struct mv_recording *recording, uint32_t index, uint32_t *events);

/* Where in the file the byte AT of the recording lies: for messages.  */
uint64_t mv_recording_offset(const struct mv_recording *recording, const void *at);

/* The string ID, "" if there is none: printable UTF-8, ended by a zero; lives as long as the recording.  */
const char *mv_recording_text(const struct mv_recording *recording, uint32_t id);

/* True if there is a string with that id; how many bytes of the text region are whole strings.  */
bool mv_recording_has_text(const struct mv_recording *recording, uint32_t id);
uint64_t mv_recording_text_bytes(const struct mv_recording *recording);

/* How many events are there, in the ring and in open slots.  */
uint64_t mv_recording_events(const struct mv_recording *recording);

/* Events that are missing between others, because they were lost or because a copy was made while they moved.  */
uint64_t mv_recording_missing(const struct mv_recording *recording);

#endif
