/* SPDX-License-Identifier: Apache-2.0 */
/* What was said of how much of a card is in use, as a stream of the page (export/page.h).  Private to memviz/export.  */
#ifndef EXPORT_SUMS_H
#define EXPORT_SUMS_H

#include <stdio.h>

#include "export/lives.h"

/* Write the stream of CARD to OUT under PREFIX, and say in COUNTS how much it holds and who said it.  -ENOMEM, -EIO.  */
int mv_sums_write(const struct mv_timeline *timeline, const struct mv_card *card, FILE *out, const char *prefix,
		  struct mv_lives_counts *counts);

#endif
