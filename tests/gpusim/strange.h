/* SPDX-License-Identifier: Apache-2.0 */
/* What strange.c answers.  */
#ifndef GPUSIM_STRANGE_H
#define GPUSIM_STRANGE_H

/* Where the memory lies that each edition gives.  */
enum {
	STRANGE_FIRST = 0x1000000,
	STRANGE_SECOND = 0x2000000,
	STRANGE_THIRD = 0x3000000,
	STRANGE_TOMORROW = 0x4000000,
	STRANGE_PLACE_BYTES = 0x1000000,
	STRANGE_STEP = 0x1000,
};

/* Results: its own look-ups found somebody else; a name is not known, and the status that says so.  */
enum { STRANGE_WRONG = 999, STRANGE_ERROR = 500, STRANGE_NOT_FOUND = 1 };

#endif
