/* SPDX-License-Identifier: Apache-2.0 */
#include "torch/turn.h"

#include <stdint.h>

#include "base/sys.h"

enum { WAIT_NS = 20000, WAITS = 50 };

/* Each side announces itself first and looks at the other one then, in one order of all threads.  */
static uint32_t g_running, g_is_read;

void mv_turn_enter(void)
{
	int i;

	__atomic_add_fetch(&g_running, 1, __ATOMIC_SEQ_CST);
	for (i = 0; i < WAITS && __atomic_load_n(&g_is_read, __ATOMIC_SEQ_CST); i++)
		mv_sys_sleep(WAIT_NS);
}

void mv_turn_leave(void)
{
	__atomic_sub_fetch(&g_running, 1, __ATOMIC_RELEASE);
}

bool mv_turn_begin_reading(void)
{
	if (__atomic_exchange_n(&g_is_read, 1, __ATOMIC_SEQ_CST))
		return false;
	if (!__atomic_load_n(&g_running, __ATOMIC_SEQ_CST))
		return true;
	mv_turn_end_reading();
	return false;
}

void mv_turn_end_reading(void)
{
	__atomic_store_n(&g_is_read, 0, __ATOMIC_RELEASE);
}

/* The Itanium C++ ABI's personality routine, asked for a frame: by way of search, then of clean-up.  */
enum { UNWIND_CLEANUP_PHASE = 2, UNWIND_CONTINUE = 8 };

int mv_turn_pass(int actions, void (*leave)(void))
{
	if (actions & UNWIND_CLEANUP_PHASE)
		leave();
	return UNWIND_CONTINUE;
}
