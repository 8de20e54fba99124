/* SPDX-License-Identifier: Apache-2.0 */
/* A whole recording out of a damaged or truncated one.
 *
 * What is kept: every chunk whose checksum is right, wherever it stands; of each open slot the events up to the first
 * impossible one; of each table the records up to the first impossible one; of the table of what is alive every possible
 * record.  A header whose layout is damaged is mended where its regions, which lie next to each other, say how.
 * What is missing is counted, and noted in the recording itself under "recovered".
 *
 * Memory: the copy is mapped; released by mv_copy_release.  */
#ifndef READ_RECOVER_H
#define READ_RECOVER_H

#include <stdbool.h>

#include "read/copy.h"

struct mv_recovered {
	uint64_t events;	/* kept, */
	uint64_t chunks;	/* in so many chunks */
	uint64_t chunks_lost;	/* that the header promises and that are not there, or are damaged */
	uint64_t events_lost;	/* as far as their numbers tell; those of slots that are gone as a whole are not known */
	uint64_t table_bytes_lost; /* of text, notes, apis, threads, modules, frames, stacks, names */
	uint64_t alive_lost;	/* impossible or missing records of what is alive */
	bool is_header_mended;
};

/* Make COPY, a finished recording, of the SIZE bytes at BYTES, aligned to 64.  -ENODATA, -EPROTO with DIAG: there is no
 * recording in there, or one of a newer version; -ENOMEM.  */
int mv_recover(const void *bytes, uint64_t size, struct mv_copy *copy, struct mv_recovered *recovered,
	       struct mv_diag *diag);

#endif
