/* SPDX-License-Identifier: Apache-2.0 */
/* A finished copy, in memory, of a recording that somebody may be writing.
 *
 * Memory: mapped; released by mv_copy_release.  */
#ifndef READ_COPY_H
#define READ_COPY_H

#include <stddef.h>
#include <stdint.h>

#include "format/diag.h"
#include "memviz/format.h"

struct mv_copy {
	void *bytes;
	uint64_t size_bytes; /* of the copy */
	size_t mapped_bytes;
};

/* What the copy says of itself.  */
struct mv_copy_label {
	enum mv_file_state state;
	enum mv_snapshot_reason reason;
	uint64_t end_ns; /* CLOCK_MONOTONIC */
};

/* Copy the checked IMAGE.  A recorder that moves events while they are copied can leave a copy torn; it is then made
 * again, a few times.  -ENOMEM; -EINVAL with DIAG, whose offset is in the copy: the recording itself is damaged.  */
int mv_copy_take(const void *image, const struct mv_copy_label *label, struct mv_copy *copy, struct mv_diag *diag);
void mv_copy_release(struct mv_copy *copy);

#endif
