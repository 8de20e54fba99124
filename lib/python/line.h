/* SPDX-License-Identifier: Apache-2.0 */
/* From a position in bytecode to a line, by the table that CPython keeps with each code object.
 *
 * Sources: Objects/lnotab_notes.txt (3.8 to 3.10) and Objects/locations.md, later InternalDocs/code_objects.md (from
 * 3.11) in CPython's sources.
 * Units: LASTI in bytes from the start of the bytecode.  Threads, signals: pure functions.  */
#ifndef PYTHON_LINE_H
#define PYTHON_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "python/layout.h"

/* The line of the instruction at LASTI in a code object that begins at FIRST_LINE and has TABLE[SIZE] in FORMAT.
 * 0: the instruction has no line; negative LASTI: FIRST_LINE, as of a frame that has not begun.  Reads nothing outside TABLE, whatever stands in it.  */
int mv_pyline_find(enum mv_pylines format, const uint8_t *table, size_t size, int first_line, int lasti);

#endif
