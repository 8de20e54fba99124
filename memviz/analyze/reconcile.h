/* SPDX-License-Identifier: Apache-2.0 */
/* What is in use of a card, taken apart: an equation that always holds, because what nobody can explain is a part of it.
 *
 *	used = ledger + rounding + pools + graphs + context + modules + others + unexplained
 *
 * "Used" is what NVML said in the sample nearest to the moment, and what this process is known to have got and given back
 * between the two; so are the other parts.  Parts are signed: what was given back may have been taken before the first
 * sample, and what NVML says of processes may count memory that they share more than once.
 *
 * Units: bytes; nanoseconds of the timeline's axis.  Memory: none is kept.  */
#ifndef ANALYZE_RECONCILE_H
#define ANALYZE_RECONCILE_H

#include "analyze/accounts.h"

enum mv_part {
	MV_PART_LEDGER = 0, /* asked for by this process: device memory and out of the driver's pools */
	MV_PART_ROUNDING,   /* by which the pages where it lies are larger */
	MV_PART_POOLS,	    /* reserved by the driver's default pool, beyond what was handed out of pools */
	MV_PART_GRAPHS,	    /* reserved for the memory nodes of graphs */
	MV_PART_CONTEXT,    /* the process's own at the first samples, beyond the parts above; changes by contexts since */
	MV_PART_MODULES,    /* by which that grew over calls that load or unload code, or set limits */
	MV_PART_OTHERS,	    /* other processes */
	MV_PART_UNEXPLAINED, /* the rest; with the parts whose basis is unknown in it */
	MV_PART_COUNT,
};

/* What a part rests on.  */
enum mv_basis {
	MV_BASIS_UNKNOWN = 0, /* nobody said; its bytes are 0 */
	MV_BASIS_COUNTED,     /* the recorder counted it; 0 of what the program has not used */
	MV_BASIS_PAGES,	      /* counted from addresses, in pages of 2 MiB */
	MV_BASIS_DRIVER,      /* the driver said it in the sample */
	MV_BASIS_NVML,	      /* NVML said it in the sample */
	MV_BASIS_FIRST,	      /* NVML's word on the process at the first sample, less what was counted then */
	MV_BASIS_GROWTH,      /* the growth of that between the samples around calls */
	MV_BASIS_REST,	      /* what is left */
};

struct mv_equation {
	enum mv_source source; /* nobody: "used" is what this process has */
	uint64_t said_ns;    /* when that was said, */
	uint64_t said_bytes; /* and how much was in use then */
	uint64_t used_bytes;
	uint64_t total_bytes; /* as the source said it; 0: not known */
	struct {
		int64_t bytes;
		enum mv_basis basis;
	} parts[MV_PART_COUNT];

	uint64_t reserved_bytes; /* kept by driver and firmware: not part of used, and not free */
	uint64_t managed_bytes;	 /* managed memory that is alive: what of it lies on the card is in the rest */
	uint32_t changes;	 /* calls that MV_PART_MODULES was found around */
	bool is_first_lost;	 /* the first sample has been overwritten: the context has in it what came before the next */
};

/* Take CARD apart at TIME_NS.  0 or -ENOMEM.  */
int mv_reconcile(const struct mv_timeline *timeline, const struct mv_card *card, uint64_t time_ns,
		 struct mv_equation *equation);

const char *mv_part_name(enum mv_part part);	/* "context" */
const char *mv_basis_name(enum mv_basis basis); /* "first_sample" */

#endif
