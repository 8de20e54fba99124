/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of recordings with room for more in their tables.
 *
 * Use: mv_widen; add; then seal, as format/image.h says.  */
#ifndef READ_WIDEN_H
#define READ_WIDEN_H

#include "read/copy.h"

/* Bytes of text that a string of LENGTH bytes takes.  */
static inline uint64_t mv_widen_text_bytes(uint64_t length)
{
	return sizeof(uint32_t) + ((length + 3) & ~(uint64_t)3);
}

/* Copy the checked, compact IMAGE to COPY, with MORE_BYTES of room in each region but that of open slots.  -ENOMEM.  */
int mv_widen(const void *image, const uint64_t more_bytes[MV_REGION_COUNT], struct mv_copy *copy);

/* Append STRING to the text of HEADER's image, which must have room.  Returns its id.  */
uint32_t mv_widen_add_text(struct mv_file_header *header, const char *string);

#endif
