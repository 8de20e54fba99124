/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GPUSIM_ODD_TABLE_H
#define GPUSIM_ODD_TABLE_H

/* Call FUNCTION.  */
void odd_table_call(void (*function)(void));

#endif
