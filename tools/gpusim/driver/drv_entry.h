/* SPDX-License-Identifier: Apache-2.0 */
/* What cuGetProcAddress answers: the table is made at build time from names/entries.  */
#ifndef GPUSIM_DRIVER_DRV_ENTRY_H
#define GPUSIM_DRIVER_DRV_ENTRY_H

#include <stddef.h>

/* One ABI of one function.  */
struct mv_entry {
	const char *base_name;	/* as asked for */
	int version;		/* of CUDA in which this ABI appeared, 1000 * major + 10 * minor */
	int is_per_thread;	/* default stream: of the thread, not the legacy one */
	void (*function)(void);
};

/* By base name, and then by version and per-thread flag, rising.  */
extern const struct mv_entry mv_entries[];
extern const size_t mv_entry_count;

#endif
