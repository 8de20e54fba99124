/* SPDX-License-Identifier: Apache-2.0 */
/* A recording that carries the names of its native functions, to be looked at where its libraries are not.
 *
 * Memory: malloc, and the copy, mapped.  */
#ifndef EXPORT_PACKED_H
#define EXPORT_PACKED_H

#include "analyze/native_names.h"
#include "format/diag.h"
#include "read/copy.h"

struct mv_packed {
	uint32_t frames; /* native ones, */
	uint32_t named;	 /* of functions whose name is known */
};

/* Make COPY of RECORDING, the same in everything but that it says what NAMES, which are its own, knows of each native
 * frame.  One that says so already stays as it is.  0, -ENOMEM; -EINVAL with DIAG: it is damaged.  */
int mv_packed_make(const struct mv_recording *recording, struct mv_names *names, struct mv_copy *copy,
		   struct mv_packed *packed, struct mv_diag *diag);

#endif
