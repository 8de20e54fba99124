/* SPDX-License-Identifier: Apache-2.0 */
/* CPython's strings as UTF-8.
 *
 * Threads, signals: pure functions.  The string must stay alive, which a name of running code does.  */
#ifndef PYTHON_PYTEXT_H
#define PYTHON_PYTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "python/layout.h"

/* Copy the string STRING (a PyUnicodeObject, exactly) into BYTES[SIZE], at most SIZE bytes and whole characters; no
 * zero at the end.  Half surrogates, which stand for bytes that are no text, become U+FFFD.  A string that is not laid
 * out in one piece (none that names code) gives "?".  Returns the bytes written.  */
size_t mv_pytext_copy(const struct mv_pylayout *layout, uintptr_t string, char *bytes, size_t size);

#endif
