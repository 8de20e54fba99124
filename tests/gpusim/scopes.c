/* SPDX-License-Identifier: Apache-2.0 */
/* A function that stands in front of the next one of its name.  */
#include "gpusim/scopes.h"

#include <dlfcn.h>

int scopes_depth(void)
{
	int (*next)(void) = (int (*)(void))dlsym(RTLD_NEXT, "scopes_depth");

	return next ? next() + 1 : 1;
}
