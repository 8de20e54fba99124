/* SPDX-License-Identifier: Apache-2.0 */
/* A file, mapped to be read.  */
#ifndef READ_MAPPING_H
#define READ_MAPPING_H

#include <stddef.h>
#include <stdint.h>

#include "format/diag.h"

struct mv_mapping {
	const void *bytes; /* NULL: not open, or an empty file */
	uint64_t size_bytes;
};

/* Map the file at PATH, shared: what a recorder writes meanwhile is seen.  -errno as the system says, with DIAG;
 * -ENODEV: not a plain file.  An empty file is mapped as no bytes.  */
int mv_mapping_open(struct mv_mapping *mapping, const char *path, struct mv_diag *diag);
void mv_mapping_close(struct mv_mapping *mapping);

#endif
