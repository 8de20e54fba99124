/* SPDX-License-Identifier: Apache-2.0 */
/* A user's own rules of which band a block belongs to: they come before all others.
 *
 * A line for each rule: a band and conditions that must all hold; the first rule that fits decides.  Empty lines and those
 * that begin with # are left out.
 *
 *	other      stack=*kv_cache.py:*  size>=1MiB
 *	parameter  name=*.quantized      phase=forward  life>=2s
 *
 * stack and name are patterns of the shell's (fnmatch): one of the stack's frames, as FILE:FUNCTION of Python's, and as
 * LIBRARY:FUNCTION of native ones whose name is known, which is demangled; the block's name.
 * phase is what it was born in: forward, backward, optimizer or user.  size and life are limits, >= or <=; what is alive at the
 * end has lived until then, and may live on, so that life<= does not hold for it.
 *
 * Threads: one at a time.  Memory: malloc.  A file may be anything: what is no rule is refused, with the line.  */
#ifndef ANALYZE_RULEBOOK_H
#define ANALYZE_RULEBOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "format/diag.h"

struct mv_replay;
struct mv_symbols_sources;
struct mv_timeline;
struct mv_rulebook;

/* Read the rules in the file PATH.  -errno with DIAG.  */
int mv_rulebook_open(const char *path, struct mv_rulebook **book, struct mv_diag *diag);

/* The same of TEXT, LENGTH bytes.  */
int mv_rulebook_parse(const char *text, size_t length, struct mv_rulebook **book, struct mv_diag *diag);
void mv_rulebook_close(struct mv_rulebook *book);

/* Have names of native functions come from SOURCES (symbol/symbols.h), too, which must live longer than BOOK.  */
void mv_rulebook_use_names(struct mv_rulebook *book, const struct mv_symbols_sources *sources);

/* Give all blocks of REPLAY for which a rule of BOOK (NULL: there is none) fits its band, if they are in the bands of
 * TIMELINE's cards.  */
void mv_rulebook_apply(const struct mv_rulebook *book, const struct mv_timeline *timeline, struct mv_replay *replay);

#endif
