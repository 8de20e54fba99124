/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/stack_plugin.h"

/* The frame has another size in each of the two, and the call returns to the same address.  */
uint32_t plugin_call(uint32_t (*call)(void *argument), void *argument)
{
	volatile char room[PLUGIN_ROOM];
	uint32_t result;

	room[0] = 1;
	result = call(argument);
	return result + room[0] - 1;
}
