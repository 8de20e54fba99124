/* SPDX-License-Identifier: Apache-2.0 */
#include "format/diag.h"

#include "base/text.h"

int mv_diag_set(struct mv_diag *diag, int err, uint64_t offset, const char *text)
{
	struct mv_text line;

	if (!diag)
		return err;
	diag->err = err;
	diag->offset = offset;
	line = mv_text_in(diag->text, sizeof diag->text);
	mv_text_add(&line, text);
	return err;
}
