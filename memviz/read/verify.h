/* SPDX-License-Identifier: Apache-2.0 */
/* A close look at everything in a recording, for those who want to know whether it is damaged.  */
#ifndef READ_VERIFY_H
#define READ_VERIFY_H

#include "format/diag.h"
#include "read/recording.h"

/* What was looked at.  */
struct mv_verified {
	uint64_t events;
	uint64_t chunks;
	uint64_t stacks, frames, modules, strings_bytes;
	uint64_t alive;
};

/* Look at every record of every table and at every event: 0, or -EINVAL with DIAG at the first thing that cannot be;
 * -ENOMEM.  That is stricter than reading, which gets by with a missing name.  */
int mv_verify(const struct mv_recording *recording, struct mv_verified *verified, struct mv_diag *diag);

#endif
