/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a recording as a whole: laying one out, checking one, and copying what is used of one into a smaller
 * one.  Pure: bytes in, bytes out; who maps or writes them is somebody else's business.
 *
 * Threads: mv_image_compact may read an image that a recorder is writing at the same time.  */
#ifndef FORMAT_IMAGE_H
#define FORMAT_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "format/diag.h"
#include "memviz/format.h"

enum {
	MV_IMAGE_SLOT_EVENTS_MAX = 1 << 16,
	MV_IMAGE_SLACK_BYTES = 8 << 10, /* room in a copy's regions for what is added to the image meanwhile, */
	MV_IMAGE_RING_SLACK_BYTES = 1 << 20, /* and in its ring */
};

/* How much room each region gets.  */
struct mv_image_plan {
	uint64_t size_bytes[MV_REGION_COUNT]; /* MV_REGION_OPEN is computed from the two below */
	uint32_t slots;
	uint32_t slot_events;
};

/* Fill HEADER's layout for PLAN: magic, versions, regions, file_bytes.  The rest of HEADER is the caller's, who ends
 * with mv_image_seal_layout.  Returns file_bytes.  */
uint64_t mv_image_lay_out(struct mv_file_header *header, const struct mv_image_plan *plan);

/* Compute HEADER's layout_checksum, once everything above it has its value.  */
void mv_image_seal_layout(struct mv_file_header *header);

/* Compute HEADER's state_checksum, once nothing in it changes any more.  */
void mv_image_seal_state(struct mv_file_header *header);

/* Compute the checksums of all regions of HEADER's image but the ring's, whose chunks have their own.  */
void mv_image_sum_regions(struct mv_file_header *header);

/* Bytes from one open slot to the next.  */
uint64_t mv_image_slot_bytes(uint32_t slot_events);

/* How many regions a file with HEADER has: those of its version that are known here.  */
int mv_image_regions(const struct mv_file_header *header);

/* Check that the SIZE bytes at IMAGE begin with a header of this format and that all its regions and used bytes lie
 * within.  What the regions hold is not looked at.  -ENODATA: empty or shorter than a header; -EPROTO: not a recording,
 * or of a newer major version; -EINVAL: damaged.  */
int mv_image_check(const void *image, uint64_t size, struct mv_diag *diag);

/* The first byte of REGION of a checked IMAGE, and how much of it is used (published so far); nothing of one that its
 * version does not have.  */
const uint8_t *mv_image_region(const void *image, enum mv_region_kind region, uint64_t *used_bytes);

/* Bytes that a compact copy of IMAGE takes at this moment, with some room for what is added before it is made.  */
uint64_t mv_image_compact_bytes(const void *image);

/* Copy what is used of IMAGE to COPY[SIZE], zeroed memory, as a recording in STATE (MV_FILE_FINISHED or
 * MV_FILE_SNAPSHOT) for REASON, ended at END_NS; regions are packed and their checksums computed.  Returns the bytes of
 * the copy, at most SIZE; 0 if SIZE does not do.  */
uint64_t mv_image_compact(const void *image, void *copy, uint64_t size, enum mv_file_state state,
			  enum mv_snapshot_reason reason, uint64_t end_ns);

#endif
