/* SPDX-License-Identifier: Apache-2.0 */
/* The card: one device, one stream, and kernels that are C functions.
 *
 * A kernel is launched through cudaLaunchHostFunc, so that it runs in the order of the stream, but on the host's
 * processor.  It works on device pointers as they are.  That is possible because a simulated GPU whose memory is the
 * host's (GPUSIM_BACKING=host) hands out addresses of ordinary memory; on a real card the host cannot follow them, and
 * card_open says so.
 *
 * Use: card_open; card_launch, card_write, card_clear in any order, each behind the one before; card_wait or card_read
 * to see results; card_close.
 * Errors: a launch or a copy that fails is remembered, and the next card_wait or card_read returns it.
 * Threads: one at a time calls this; a large launch is shared by CARD_WORKERS threads.  */
#ifndef DEMO_CARD_H
#define DEMO_CARD_H

#include <stddef.h>

#include "gpusim/api/rt_types.h"

/* Fixed, because kernels have scratch memory for each worker: the same run shall need the same memory everywhere.  */
enum { CARD_WORKERS = 2, CARD_ARGS_BYTES = 128, CARD_TEXT_BYTES = 256 };

/* What an item of a kernel may cost, in additions: an exponential; a root and a division.  */
enum { CARD_EXP_COST = 20, CARD_ROOT_COST = 20 };

struct card {
	int device;
	cudaStream_t stream;		/* NULL: not open */
	cudaError_t error;		/* the first; cudaSuccess: none so far */
	char name[CARD_TEXT_BYTES];
};

/* A worker's part of a launch: items FIRST to END - 1 of those that it was launched for.  */
struct card_share {
	size_t first, end;
	unsigned worker;		/* below CARD_WORKERS */
};

typedef void card_kernel(const void *args, const struct card_share *share);

/* What to launch.  ARGS is copied; what it points to must live until the kernel has run.  */
struct card_work {
	card_kernel *kernel;
	const void *args;
	size_t args_bytes;		/* at most CARD_ARGS_BYTES */
	size_t count;			/* items that are independent of each other: rows, columns, elements */
	size_t item_cost;		/* in additions; says whether sharing is worth it */
};

/* Make DEVICE, a number from 0, the process's card.  Returns 0; -ENODEV: there is none or it has an error, which
 * card_error has; -EOPNOTSUPP: the host cannot reach its memory.  */
int card_open(struct card *card, int device);

/* Wait, and give back what card_open took.  Does nothing if CARD is zero.  Cannot fail.  */
void card_close(struct card *card);

/* Run WORK behind all that was given to CARD before.  */
void card_launch(struct card *card, const struct card_work *work);

/* Copy SIZE bytes from the host's FROM, which may be changed as soon as this returns.  */
void card_write(struct card *card, void *to, const void *from, size_t size);

/* Fill SIZE bytes with zeros.  */
void card_clear(struct card *card, void *to, size_t size);

/* Wait, and copy SIZE bytes to the host's TO.  Returns 0 or -EIO.  */
int card_read(struct card *card, void *to, const void *from, size_t size);

/* Wait for all that was given to CARD.  Returns 0 or -EIO.  */
int card_wait(struct card *card);

/* What the first error of CARD was, in the runtime's words.  Lives for ever.  */
const char *card_error(const struct card *card);

/* What the card says of its memory, in bytes; zeros if it says nothing.  */
void card_capacity(size_t *free_bytes, size_t *total_bytes);

#endif
