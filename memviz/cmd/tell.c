/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/tell.h"

#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

void mv_tell(const char *format, ...)
{
	va_list list;

	/* What was printed before must stand before.  */
	fflush(stdout);
	va_start(list, format);
	fputs("memviz: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
}

static bool has_place(const struct mv_diag *diag)
{
	return diag->err == -EINVAL || diag->err == -EPROTO || diag->err == -ENODATA;
}

int mv_tell_diag(const char *path, const struct mv_diag *diag)
{
	if (has_place(diag))
		mv_tell("%s: byte %llu: %s", path, (unsigned long long)diag->offset, diag->text);
	else
		mv_tell("%s: %s", path, diag->text);
	return MV_EXIT_INPUT;
}

int mv_tell_recording(const char *path, const struct mv_diag *diag)
{
	mv_tell_diag(path, diag);
	if (diag->err == -EINVAL)
		mv_tell("memviz snapshot %s recovers what can still be read", path);
	return MV_EXIT_INPUT;
}

const char *mv_tell_size(uint64_t size_bytes, char bytes[MV_TELL_BYTES])
{
	struct mv_text text = mv_text_in(bytes, MV_TELL_BYTES);

	mv_text_add_size(&text, size_bytes);
	return bytes;
}

const char *mv_tell_time(uint64_t time_ns, char bytes[MV_TELL_BYTES])
{
	struct mv_text text = mv_text_in(bytes, MV_TELL_BYTES);

	mv_text_add_time(&text, time_ns);
	return bytes;
}

bool mv_tell_is_coloured(FILE *out)
{
	const char *off = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if ((off && *off) || (terminal && !strcmp(terminal, "dumb")))
		return false;
	return isatty(fileno(out));
}

bool mv_tell_is_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}
