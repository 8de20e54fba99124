/* SPDX-License-Identifier: Apache-2.0 */
/* What one card held at one moment: bands, who asked for most of it, the largest blocks, and how that adds up to what
 * the driver says is used.
 *
 * Use: mv_report_make, read, mv_report_release.
 * Units: bytes; nanoseconds of the timeline's axis.  Memory: malloc; indexes are the timeline's.  */
#ifndef ANALYZE_REPORT_H
#define ANALYZE_REPORT_H

#include "analyze/besides.h"
#include "analyze/gaps.h"
#include "analyze/reconcile.h"
#include "analyze/sublabel.h"

struct mv_report_sum {
	uint64_t bytes;
	uint64_t blocks;
};

struct mv_report_band {
	uint64_t bytes;
	uint64_t blocks;
	uint64_t guessed_bytes; /* of them, whose band is a guess (mv_reason_is_guess) */
	struct mv_report_sum labels[MV_SUBLABEL_COUNT]; /* of them, by label at that moment; none: 0 */
};

/* What one stack asked for, of what was alive.  */
struct mv_report_stack {
	uint32_t stack; /* 0: not known */
	uint64_t bytes;
	uint64_t blocks;
	uint64_t band_bytes[MV_BAND_COUNT];
	struct mv_report_sum labels[MV_SUBLABEL_COUNT]; /* of it, by label at that moment; none: 0 */
};

struct mv_report {
	const struct mv_timeline *timeline;
	const struct mv_card *card;
	uint64_t time_ns;
	uint32_t step;		  /* optimizer steps completed before */
	const struct mv_oom *oom; /* the error of that moment, NULL for another moment */

	struct mv_report_band bands[MV_BAND_COUNT];
	uint64_t allocated_bytes; /* the sum of the bands; at an error what the pool said, if it said something */
	uint64_t reserved_bytes;  /* what pools hold: see mv_report_make */
	uint64_t device_bytes;	  /* the process has of the driver, pools and all */
	struct mv_equation equation; /* what is in use of the card, by everybody */
	struct mv_besides besides;
	struct mv_gaps gaps;	   /* what is free within the pool's segments */

	struct mv_report_stack *stacks; /* by bytes, largest first */
	size_t stack_count;
	uint32_t *largest; /* blocks, largest first, at most MV_REPORT_LARGEST */
	size_t largest_count;
};

enum { MV_REPORT_LARGEST = 1000 };

/* Describe CARD at TIME_NS.  With OOM, an error of the timeline's on that card, at its moment; TIME_NS is then not looked
 * at.
 *
 * Reserved is, at an error, what the pool said.  Otherwise it is the device memory in which blocks of a pool have been
 * seen; where no device memory was recorded, what the pool said last; without a pool, all device memory.
 *
 * 0 or -ENOMEM.  */
int mv_report_make(const struct mv_timeline *timeline, const struct mv_card *card, uint64_t time_ns,
		   const struct mv_oom *oom, struct mv_report *report);
void mv_report_release(struct mv_report *report);

/* For qsort, of struct mv_report_stack: by bytes, largest first.  */
int mv_report_by_bytes(const void *a, const void *b);

#endif
