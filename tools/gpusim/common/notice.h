/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where the simulation speaks: lines on stderr that begin with "gpusim: ".
 *
 * Threads: any.  A line is written by one system call, so that lines never mix.
 * Signals and fork: needs no lock and no malloc; safe in a child.  errno is kept.  */
#ifndef GPUSIM_COMMON_NOTICE_H
#define GPUSIM_COMMON_NOTICE_H

/* Print "gpusim: ", the text that FORMAT and what follows make (as printf; cut off at about 400 bytes) and a line
 * end.  Cannot fail: what stderr does not take is lost.  */
void mv_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Say that NAME, a public function of a stand-in, is not simulated: once per SEEN, which is zero at first.  ERROR is
 * returned, so that a generated stub is one call.  The upper half of the result is zero, for functions that return
 * a structure of two ints.  */
long mv_notice_refusal(const char *name, int *seen, int error);

#endif
