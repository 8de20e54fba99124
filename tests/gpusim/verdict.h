/* SPDX-License-Identifier: Apache-2.0 */
/* What a program must get when it looks up a function of the driver's: in the place of a watched one, and where the driver
 * has it, the recorder's of the same name; in the place of any other the driver's own.  For programs and libraries that
 * run under the recorder.  */
#ifndef GPUSIM_VERDICT_H
#define GPUSIM_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

/* The driver's rows of cuda/hooks.def.  */
struct verdict_row {
	const char *name, *base;
	int since;
};
extern const struct verdict_row verdict_rows[];
extern const size_t verdict_row_count;

/* True if NAME, as the ELF symbol is spelled, is among them.  */
bool verdict_is_watched(const char *name);

/* What the driver has by that name, as its symbol table says; NULL: nothing, or there is no driver yet.  */
void *verdict_genuine(const char *name);

/* The name of GENUINE, a function of the driver's that it exports; "" for any other, and for NULL.  */
const char *verdict_name(void *genuine);

/* True if the recorder is switched off: then everything is the driver's own.  */
bool verdict_is_off(void);

/* What must be got where GENUINE, called NAME, would be without the recorder.  */
void *verdict_expected(const char *name, void *genuine);

#endif
