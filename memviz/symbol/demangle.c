/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/demangle.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Of libiberty's demangle.h, which not every system has in one place.  The C++ ones are the C++ ABI's __cxa_demangle.  */
enum { WITH_PARAMETERS = 1 << 0, WITH_TYPES = 1 << 4 };

extern char *rust_demangle(const char *mangled, int options);
extern char *cplus_demangle_v3(const char *mangled, int options);

static char *demangle(const char *name)
{
	char *plain = NULL;

	/* Rust's older names are C++'s with a hash behind, and are tried first.  */
	if (mv_text_starts(name, "_R") || mv_text_starts(name, "_Z"))
		plain = rust_demangle(name, 0);
	if (!plain && mv_text_starts(name, "_Z"))
		plain = cplus_demangle_v3(name, WITH_PARAMETERS | WITH_TYPES);
	return plain;
}

/* Tables of symbols have versions behind names: "malloc@@GLIBC_2.2.5".  */
char *mv_demangle(const char *name)
{
	char *bare = strndup(name, strcspn(name, "@")), *plain = bare ? demangle(bare) : NULL;

	if (!plain)
		return bare;
	free(bare);
	return plain;
}
