/* SPDX-License-Identifier: Apache-2.0 */
/* Text in a buffer of fixed size, without printf: printf may allocate, and looks at the locale.  And the two ways in
 * which people write quantities: sizes ("64MiB") and yes or no.
 *
 * Threads, signals: safe; all state is the caller's.  */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* BYTES always ends in a zero.  What did not fit is left out and IS_CUT set.  */
struct mv_text {
	char *bytes;
	size_t size;   /* of BYTES, with the zero; at least 1 */
	size_t length; /* without the zero, below SIZE */
	bool is_cut;
};

/* An empty text in BYTES[SIZE].  */
struct mv_text mv_text_in(char *bytes, size_t size);

/* Append a string, LENGTH bytes, a number in decimal, a number in hexadecimal with 0x.  NULL strings add nothing.  */
void mv_text_add(struct mv_text *text, const char *string);
void mv_text_add_bytes(struct mv_text *text, const char *bytes, size_t length);
void mv_text_add_u64(struct mv_text *text, uint64_t value);
void mv_text_add_i64(struct mv_text *text, int64_t value);
void mv_text_add_hex(struct mv_text *text, uint64_t value);

/* Append SIZE bytes as people read them: "512 B", "1.5 GiB"; at most one digit behind the point, none above 100.  */
void mv_text_add_size(struct mv_text *text, uint64_t size_bytes);

/* Append TIME as people read it: "873 ns", "12.3 ms", "4.2 s", "3 min 5 s", "2 h 5 min".  */
void mv_text_add_time(struct mv_text *text, uint64_t time_ns);

/* Read a number of bytes: digits, perhaps a fraction, perhaps a unit (B, K, M, G, T, with B or iB; all are powers of
 * 1024; case does not matter).  Returns 0 and *SIZE, or -EINVAL (not a size) or -ERANGE (over 2^63).  */
int mv_text_parse_size(const char *string, uint64_t *size);

/* Read a time: a whole number and its unit, ms, s or min; 0 needs none.  Returns 0 and *TIME_NS, -EINVAL or -ERANGE
 * (over an hour).  */
int mv_text_parse_time(const char *string, uint64_t *time_ns);

/* Read a whole number in decimal.  Returns 0 and *VALUE, -EINVAL or -ERANGE.  */
int mv_text_parse_u64(const char *string, uint64_t *value);

/* Read 1/0, yes/no, on/off, true/false.  Returns 0 and *VALUE, or -EINVAL.  */
int mv_text_parse_bool(const char *string, bool *value);

/* The part of PATH behind its last slash.  */
const char *mv_text_base_name(const char *path);

/* True if STRING begins with PREFIX, or ends in SUFFIX, both of which may be all of it; if both are equal.  */
bool mv_text_starts(const char *string, const char *prefix);
bool mv_text_ends(const char *string, const char *suffix);
bool mv_text_equal(const char *a, const char *b);

/* Where files go that have no better place: TMPDIR, a value of that variable, if it is a path from the root, else /tmp.  */
const char *mv_text_scratch_folder(const char *tmpdir);

#endif
