/* SPDX-License-Identifier: Apache-2.0 */
/* Text that came out of somebody's process, as a JSON string that may stand inside a script element: nothing in it can
 * end the string or the element, whatever the bytes are.  Private to memviz/export.  */
#ifndef EXPORT_QUOTE_H
#define EXPORT_QUOTE_H

#include <stddef.h>
#include <stdio.h>

/* Write the LENGTH bytes at TEXT, with quotes.  What is not UTF-8 becomes U+FFFD.  Failures show in ferror(OUT).  */
void mv_quote_bytes(FILE *out, const char *text, size_t length);

/* The same for a string; NULL is the empty one.  */
void mv_quote(FILE *out, const char *text);

#endif
