/* SPDX-License-Identifier: Apache-2.0 */
/* What people may choose by name, in MEMVIZ_STACKS and in memviz run --stacks: one list of words for the recorder, which
 * obeys it, and for the viewer, which can say at once that a word is none.  Pure.  */
#ifndef BASE_CHOICE_H
#define BASE_CHOICE_H

/* Stacks to take; none of them: no stacks.  */
enum mv_choice_stacks {
	MV_STACKS_NATIVE = 1, /* as MV_STACK_NATIVE, MV_STACK_PYTHON */
	MV_STACKS_PYTHON = 2,
	MV_STACKS_FREES = 4, /* also where memory is freed */
	MV_STACKS_LIBUNWIND = 8, /* as MV_STACK_LIBUNWIND: native ones in the slow way */
};

/* Read VALUE, words separated by commas, into *STACKS.  -EINVAL: one of them is none; *STACKS is untouched.  */
int mv_choice_stacks(const char *value, unsigned *stacks);

#endif
