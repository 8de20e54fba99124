/* SPDX-License-Identifier: Apache-2.0 */
/* Memory files: what a simulated card's memory becomes when it is handed to another process as a file descriptor.
 *
 * What the receiver must know stands in the file's name, which it can read whatever way the descriptor came: whose it
 * is, what it is and of which card.  The file is as large as the memory; it takes room only where it is written to.  */
#ifndef GPUSIM_DRIVER_DRV_SHARE_H
#define GPUSIM_DRIVER_DRV_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gpusim/api/cuda_types.h"

enum mv_share_kind { MV_SHARE_PHYSICAL, MV_SHARE_POOL };

struct mv_share {
	int kind;		/* enum mv_share_kind */
	CUdevice card;
	int process;		/* that made it */
	uint64_t id;		/* within that process */
	size_t size;		/* bytes */
};

/* A new memory file of SIZE bytes.  A descriptor, closed on exec, or -errno.  */
int mv_share_new_file(enum mv_share_kind kind, CUdevice card, uint64_t id, size_t size);

/* Read what FD, of this or another process's making, is.  False if it is no such file.  */
bool mv_share_read(int fd, struct mv_share *share);

#endif
