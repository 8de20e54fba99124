/* SPDX-License-Identifier: Apache-2.0 */
/* Who said how much is in use of one card, and when; and what of it is known to be this process's own at that moment.
 *
 * Use: mv_accounts_make, mv_accounts_at for any moments, mv_accounts_release.
 * Units: bytes; nanoseconds of the timeline's axis.  Memory: malloc; 150 bytes a sample.
 * Cost: one walk over the blocks, however many samples there are, and a look at the device memory that is alive for each
 * sample between which and the one before some of it came or went.  */
#ifndef ANALYZE_ACCOUNTS_H
#define ANALYZE_ACCOUNTS_H

#include "analyze/holdings.h"
#include "analyze/samples.h"

/* Who said how much is in use.  */
enum mv_source {
	MV_SOURCE_NONE = 0, /* nobody */
	MV_SOURCE_DRIVER,   /* the driver, when the program asked it what is free, or at an out-of-memory error */
	MV_SOURCE_NVML,	    /* NVML, in a sample */
};

const char *mv_source_name(enum mv_source source); /* "nvml"; "driver"; "none" */

struct mv_account {
	struct mv_sample said; /* with MV_TERM_USED; the driver's word as a sample of NVML's would tell it */
	int64_t counted_bytes; /* mv_account_counted then */
	/* Of the process, as NVML says, beyond what is counted: there at its first samples, with changes by contexts since; and
	 * grown over calls that load or unload code, or set limits.  */
	bool has_own; /* these two are known */
	int64_t context_bytes, modules_bytes;
	uint32_t changes;   /* calls that MODULES_BYTES was found around */
	bool is_first_lost; /* the first sample has been overwritten: the context has in it what came before the next */
};

struct mv_accounts {
	enum mv_source source; /* of all of them */
	struct mv_account *items; /* in the order of time */
	size_t count, room;
};

/* What there is of CARD.  0; -ENOMEM, and then there is nothing to release.  */
int mv_accounts_make(const struct mv_timeline *timeline, const struct mv_card *card, struct mv_accounts *accounts);
void mv_accounts_release(struct mv_accounts *accounts);

/* The account that holds for TIME_NS: of NVML's the nearest, of the driver's the last one before.  NULL: there is none.  */
const struct mv_account *mv_accounts_at(const struct mv_accounts *accounts, uint64_t time_ns);

/* What the driver's pools hold: what SAMPLE says, but at least what was handed out of them.  */
uint64_t mv_account_pools(const struct mv_holdings *holdings, const struct mv_sample *sample);

/* All that the process is known to have: its memory, in whole pages, and what SAMPLE says is in reserve for it.  */
int64_t mv_account_counted(const struct mv_holdings *holdings, const struct mv_sample *sample);

#endif
