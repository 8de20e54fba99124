/* SPDX-License-Identifier: Apache-2.0 */
/* Shared objects that tests load, to have frames in them; stack_plugin.c is built twice, to different code of the same
 * size.  */
#ifndef UNIT_STACK_PLUGIN_H
#define UNIT_STACK_PLUGIN_H

#include <stdint.h>

/* Call CALL with ARGUMENT from the plugin's only call.  */
uint32_t plugin_call(uint32_t (*call)(void *argument), void *argument);

#endif
