/* SPDX-License-Identifier: Apache-2.0 */
/* The data of the page: what mv_html_write puts between the page's markup and its script, and memviz/web/data.js reads.
 * Both sides are built from the same tree and travel in the same file, so there is one version: this one.
 *
 * META is a script element of type application/json, id "meta": who recorded, which cards, what went wrong, and for
 * everything that has streams their prefix.  See meta.c; `<`, `>` and `&` never appear in it as themselves.
 *
 * STREAMS are script elements of type text/plain, id PREFIX-NAME: base64 of raw deflate of unsigned varints
 * (lib/format/varint.h), or of text where it says so.  Fields that stand beside each other in one stream follow each
 * other as whole columns: all of the first field, then all of the second.  Counts are in META.
 *
 *	one of each for a recording, prefix r0, r1 …
 *	strings	the length of each in bytes; then all their UTF-8 bytes; string 0 is empty
 *	frames	kind (enum mv_frame_kind); function, file, module: strings; line; offset in the module; what it tells (enum
 *		mv_page_code); whose code it is: string, empty for the user's own.  Frame 0: none
 *	stacks	how far back the callers' stack stands, 0 for none; the innermost frame; of stacks that something refers to 1 +
 *		how many frames further out the origin is, else 0.  Stack 0: none
 *	spans	begin: ns since the one before; 0 if it had not ended, or 1 + its ns; thread; name; step; phase
 *	threads	number of the thread in the system; 1 if it runs backward; name
 *
 *	one of each for a card, prefix r0c0, r0c1 …; blocks are numbered in the order of their births
 *	classes	what blocks have in common, in the order of CLASS below; a block names its class
 *	places	addresses, ascending: each as the distance from the one before
 *	class	of each block
 *	place	of each block: index in places
 *	step	of each block: zigzag of the difference to the block before
 *	since	of each block whose class has a label beside its band: ns from its birth until it has that
 *	runs	how many births follow each other, then how many deaths, then births …
 *	times	ns from event to event; the first since the recording's start
 *	deaths	of each death: how many blocks were born after the one that dies, so far
 *	sums	what was said of how much is in use (analyze/accounts.h): ns since the time before; what is known (enum
 *		mv_page_known); bytes in use; in all; kept back; of other processes; reserved of pools; of graphs; then with their
 *		signs folded away: counted; context; modules; then: calls that these were found around
 *
 * An event is a birth or a death; where both have the same time, deaths come first.  Times are exact.  */
#ifndef EXPORT_PAGE_H
#define EXPORT_PAGE_H

#include "analyze/timeline.h"

/* What a block's bytes are counted as; below MV_PAGE_OUTSIDE: enum mv_band.  */
enum mv_page_part {
	MV_PAGE_OUTSIDE = MV_BAND_COUNT, /* device memory that no pool has carved up, beside one that does */
	MV_PAGE_POOL,			 /* device memory that a pool carves up: its blocks are counted, not it */
	MV_PAGE_HOST,
	MV_PAGE_MANAGED,
	MV_PAGE_NOTHING, /* counted elsewhere: a view of memory */
	MV_PAGE_PARTS,
};

/* What a frame tells: its enum mv_code, and whether it is noise.  */
enum mv_page_code {
	MV_PAGE_OWN,
	MV_PAGE_LIBRARY,
	MV_PAGE_NOISE,
};

/* The fields of a class, in the order of their columns.  */
enum mv_page_class {
	MV_CLASS_SIZE,	     /* bytes */
	MV_CLASS_STACK,	     /* that asked for it */
	MV_CLASS_FREE_STACK, /* that freed it */
	MV_CLASS_NAME,	     /* string */
	MV_CLASS_EXTRA,	     /* as in struct mv_event */
	MV_CLASS_API,	     /* string: the call */
	MV_CLASS_THREAD,
	MV_CLASS_FREE_THREAD,
	MV_CLASS_LEDGER, /* enum mv_ledger */
	MV_CLASS_BAND,	 /* enum mv_band */
	MV_CLASS_REASON, /* enum mv_reason */
	MV_CLASS_PHASE,	 /* enum mv_phase, at the birth */
	MV_CLASS_FREE_PHASE,
	MV_CLASS_ROLE,	 /* enum mv_role */
	MV_CLASS_FLAGS,	 /* enum mv_event_flag, and MV_PAGE_BIRTH_UNKNOWN */
	MV_CLASS_PART,	 /* enum mv_page_part: what its bytes are counted as */
	MV_CLASS_PAINT,	 /* enum mv_page_part: how it is drawn at its address; MV_PAGE_NOTHING: not */
	MV_CLASS_LABEL,	 /* enum mv_sublabel: beside the band */
	MV_CLASS_FIELDS,
};

/* In MV_CLASS_FLAGS, above the flags of an event.  */
enum {
	MV_PAGE_BIRTH_UNKNOWN = 1 << 8,
	MV_PAGE_HANDLE = 1 << 9, /* it lies nowhere: physical memory that only handles name, and arrays */
};

/* Of what was said: which of it is there.  */
enum mv_page_known {
	MV_PAGE_KNOWS_OWN = 1, /* what is this process's: context and modules */
	MV_PAGE_KNOWS_OTHERS = 2,
	MV_PAGE_KNOWS_POOLS = 4,
	MV_PAGE_KNOWS_GRAPHS = 8,
	MV_PAGE_FIRST_LOST = 16, /* the context has in it what came before the first sample that is left */
};

#endif
