/* SPDX-License-Identifier: Apache-2.0 */
/* A library whose table for the unwinder is made unreadable after it is linked.  */
#include "gpusim/odd_table.h"

static volatile int g_calls;

void odd_table_call(void (*function)(void))
{
	function();
	g_calls++;
}
