/* SPDX-License-Identifier: Apache-2.0 */
/* --rules=FILE: a user's own rules of bands (analyze/rulebook.h).  */
#ifndef CMD_RULEFILE_H
#define CMD_RULEFILE_H

#include "analyze/rulebook.h"

/* The row of an option table.  */
#define MV_RULEFILE_OPTION {"rules", "FILE", "your own rules of which band memory belongs to, before\nall others", 0}

/* Read the rules in PATH; NULL: there are none, and *BOOK is NULL.  SOURCES, of names of native functions, must live longer.  False: they are not to be had, and that has been told.  */
bool mv_rulefile_read(const char *path, const struct mv_symbols_sources *sources, struct mv_rulebook **book);

#endif
