/* SPDX-License-Identifier: Apache-2.0 */
/* For programs that tests start: what must hold in them, or they have failed.  */
#ifndef GPUSIM_MUST_H
#define GPUSIM_MUST_H

#include <stdio.h>
#include <stdlib.h>

/* End the program, as failed, unless CONDITION holds.  */
#define MUST(condition)                                                                               \
	do {                                                                                          \
		if (!(condition)) {                                                                   \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);    \
			exit(99);                                                                     \
		}                                                                                     \
	} while (0)

#endif
