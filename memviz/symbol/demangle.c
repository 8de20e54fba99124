/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/demangle.h"

#include <stdlib.h>
#include <string.h>

/* Of the C++ ABI (Itanium C++ ABI, 3.4 Demangler API), in libstdc++.  */
extern char *__cxa_demangle(const char *mangled, char *buffer, size_t *length, int *status);

char *mv_demangle(const char *name)
{
	int status = 0;
	char *plain = strncmp(name, "_Z", 2) ? NULL : __cxa_demangle(name, NULL, NULL, &status);

	return plain ? plain : strdup(name);
}
