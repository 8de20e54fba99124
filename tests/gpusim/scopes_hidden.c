/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/scopes.h"

int scopes_hidden(void)
{
	return 1;
}
