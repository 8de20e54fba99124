/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/rulefile.h"

#include "cmd/tell.h"

bool mv_rulefile_read(const char *path, const struct mv_symbols_sources *sources, struct mv_rulebook **book)
{
	struct mv_diag diag = {0};

	*book = NULL;
	if (path && mv_rulebook_open(path, book, &diag)) {
		mv_tell_diag(path, &diag);
		return false;
	}
	if (*book)
		mv_rulebook_use_names(*book, sources);
	return true;
}
