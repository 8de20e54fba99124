/* SPDX-License-Identifier: Apache-2.0 */
/* Talking to people: lines on stderr that begin with "memviz: ", and how quantities and terminals look.
 * Only memviz/cmd prints.  */
#ifndef CMD_TELL_H
#define CMD_TELL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cmd/command.h"
#include "format/diag.h"

/* One line; FORMAT as printf's, without an end of line.  */
void mv_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What is wrong with the file PATH, with the byte if one is to blame.  Returns MV_EXIT_INPUT.  */
int mv_tell_diag(const char *path, const struct mv_diag *diag);

/* The same for a recording: where it is damaged, the line says what can be done.  */
int mv_tell_recording(const char *path, const struct mv_diag *diag);

/* SIZE_BYTES as people read it: "1.5 GiB"; TIME_NS: "12.3 ms"; into TEXT, which is returned.  */
enum { MV_TELL_BYTES = 32 };
const char *mv_tell_size(uint64_t size_bytes, char text[MV_TELL_BYTES]);
const char *mv_tell_time(uint64_t time_ns, char text[MV_TELL_BYTES]);

/* True if OUT is a terminal that may be coloured.  */
bool mv_tell_is_coloured(FILE *out);

/* True if what is printed may be more than ASCII.  */
bool mv_tell_is_utf8(void);

#endif
