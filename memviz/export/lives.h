/* SPDX-License-Identifier: Apache-2.0 */
/* The blocks of one card as the page's streams (export/page.h).  Private to memviz/export.  */
#ifndef EXPORT_LIVES_H
#define EXPORT_LIVES_H

#include "analyze/accounts.h"
#include "export/order.h"
#include "export/trace.h"

/* How much the streams hold: for META.  */
struct mv_lives_counts {
	size_t blocks;
	size_t deaths;
	size_t classes;
	size_t places;
	size_t runs;
	size_t sums;
	enum mv_source source; /* of the sums */
};

/* Write the streams of CARD to OUT under PREFIX.  Strings and stacks that its blocks refer to are added to TRACE.
 * -ENOMEM, -EIO.  */
int mv_lives_write(const struct mv_timeline *timeline, const struct mv_card *card, struct mv_trace *trace, FILE *out,
		   const char *prefix, struct mv_lives_counts *counts);

#endif
