/* SPDX-License-Identifier: Apache-2.0 */
/* CUDA's result codes: the driver's and the runtime's are the same numbers under different names.  */
#ifndef GPUSIM_COMMON_ERRTABLE_H
#define GPUSIM_COMMON_ERRTABLE_H

struct mv_errtable_row {
	int code;
	const char *driver_name;	/* NULL: the driver has no such code */
	const char *runtime_name;	/* NULL: the runtime has no such code */
	const char *text;
};

/* The row of CODE, or NULL.  Never goes away.  */
const struct mv_errtable_row *mv_errtable_find(int code);

#endif
