/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a user's own rules: taken or refused, with a line.  */
#include <stdint.h>
#include <stdlib.h>

#include "analyze/rulebook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mv_rulebook *book;
	struct mv_diag diag = {0};

	if (mv_rulebook_parse((const char *)data, size, &book, &diag) && !diag.text[0])
		abort();
	mv_rulebook_close(book);
	return 0;
}
