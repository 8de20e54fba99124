/* SPDX-License-Identifier: Apache-2.0 */
/* Every function of the driver's that is watched, whatever its arguments are.  What odd_driver.c has is taken from
 * there.  */
#include "gpusim/odd_any.h"

#define RUNTIME(symbol, ...)
#define DRIVER(symbol, ...)                                                 \
	int symbol(void) __attribute__((weak, visibility("default")));      \
	int symbol(void)                                                    \
	{                                                                   \
		return odd_answer();                                        \
	}
#include "cuda/hooks.def"
