/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/rulefile.h"

#include "cmd/tell.h"

bool mv_rulefile_read(const char *path, struct mv_rulebook **book)
{
	struct mv_diag diag = {0};

	*book = NULL;
	if (!path || !mv_rulebook_open(path, book, &diag))
		return true;
	mv_tell_diag(path, &diag);
	return false;
}
