/* SPDX-License-Identifier: Apache-2.0 */
/* The processes that a program starts, and those that they start: which of them the recorder did not come to, and why.
 *
 * They are looked for now and then in /proc, without their cooperation: one that lives shorter than the time between two
 * looks (20 ms at first, a second later; more where looking takes long) is not seen, nor is one whose parent was not seen
 * and has ended.  Of a program that nothing can be preloaded into it is said that it ran; of others, only if they have
 * loaded CUDA's driver.
 *
 * Memory: malloc; where that runs out less is seen.  */
#ifndef CMD_DESCENT_H
#define CMD_DESCENT_H

#include <sys/types.h>

struct mv_descent;

/* Nothing seen yet.  NULL: no memory.  */
struct mv_descent *mv_descent_open(void);
void mv_descent_close(struct mv_descent *descent);

/* Look at PROGRAM and all that descends from it.  CONTEXT is a struct mv_descent.  Returns in how many milliseconds it
 * should be done again.  */
int mv_descent_look(void *context, pid_t program);

/* Say on stderr who was not recorded: a line for each program and reason, the first few of them.  */
void mv_descent_tell(const struct mv_descent *descent);

#endif
