/* SPDX-License-Identifier: Apache-2.0 */
/* Text from outside, made fit to be shown: valid UTF-8 without control characters.  A file must not be able to steer the
 * terminal of the person who looks.
 *
 * Threads, signals: safe; all state is the caller's.  */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Copy the LENGTH bytes at FROM to TO, with '?' for each that is not fit, and put a zero behind them.  TO may be FROM, or
 * lie before it.  */
void mv_utf8_clean(char *to, const uint8_t *from, size_t length);

#endif
