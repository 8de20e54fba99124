/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of the page (export/page.h): numbers and bytes go in, base64 of raw deflate comes out, in a script element
 * of its own.
 *
 * Use: mv_column_open, any number of puts, mv_column_close.  Threads: one at a time.
 * Memory: about 300 KiB (zlib's) while one is open, however much goes in.  */
#ifndef EXPORT_COLUMN_H
#define EXPORT_COLUMN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct mv_column;

/* Begin the stream PREFIX-NAME on OUT, which must stay open until the column is closed.  -ENOMEM.  */
int mv_column_open(struct mv_column **column, FILE *out, const char *prefix, const char *name);

/* Append a number, the same number with its sign folded away, LENGTH bytes.  Cannot fail: a failure to write is kept
 * for mv_column_close.  */
void mv_column_put(struct mv_column *column, uint64_t value);
void mv_column_put_signed(struct mv_column *column, int64_t value);
void mv_column_put_bytes(struct mv_column *column, const void *bytes, size_t length);

/* End the stream and release COLUMN.  -EIO: not all of it could be written.  */
int mv_column_close(struct mv_column *column);

#endif
