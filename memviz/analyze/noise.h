/* SPDX-License-Identifier: Apache-2.0 */
/* Whose code a frame is, and whether it tells anything of what was done there: a table of rules, of which the first that
 * fits holds.
 *
 * What the user wrote is what no rule takes for somebody else's, so that a program is its user's own wherever it lies;
 * what is installed (packages, Python's library, the system's) is known by its place, and what only passes on what it was
 * given is known by its name.
 *
 * Threads: pure.  Memory: none.  */
#ifndef ANALYZE_NOISE_H
#define ANALYZE_NOISE_H

#include "analyze/place.h"

/* Find PLACE's code, from all else that is known of it.  A native function without a name is judged by its object.  */
enum mv_code mv_noise_code(const struct mv_place *place);

/* The number of the rule that decides, from 0; mv_noise_rules(): none does, it is the user's own.  */
unsigned mv_noise_rule(const struct mv_place *place);
unsigned mv_noise_rules(void);

#endif
