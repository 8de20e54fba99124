/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/native.h"

#define UNW_LOCAL_ONLY
#include <libunwind.h>

/* Addresses whose rules libunwind keeps for the slow way; its own choice of 128 is less than one deep stack.  Where it
 * was built so that the number cannot be changed, it stays.  */
enum { KNOWN_ADDRESSES = 2048 };

void mv_native_start(void)
{
	struct mv_native_frame frames[2];
	void *ips[2];

	unw_set_caching_policy(unw_local_addr_space, UNW_CACHE_GLOBAL);
	unw_set_cache_size(unw_local_addr_space, KNOWN_ADDRESSES, 0);
	mv_native_trace(ips, 2);
	mv_native_walk(frames, 2, 0);
}

unsigned mv_native_trace(void *ips[], unsigned max)
{
	int n = unw_backtrace(ips, (int)max);

	return n > 0 ? (unsigned)n : 0;
}

static bool begins_at(unw_cursor_t *cursor, uintptr_t function)
{
	unw_proc_info_t info;

	return unw_get_proc_info(cursor, &info) == 0 && info.start_ip == function;
}

unsigned mv_native_walk(struct mv_native_frame frames[], unsigned max, uintptr_t eval)
{
	unw_context_t context;
	unw_cursor_t cursor;
	unsigned n = 0;

	if (unw_getcontext(&context) < 0 || unw_init_local(&cursor, &context) < 0)
		return 0;
	while (n < max && unw_step(&cursor) > 0) {
		unw_word_t ip, sp;

		if (unw_get_reg(&cursor, UNW_REG_IP, &ip) < 0 || unw_get_reg(&cursor, UNW_REG_SP, &sp) < 0)
			break;
		frames[n++] = (struct mv_native_frame){
			.ip = ip,
			.sp = sp,
			.is_eval = eval && begins_at(&cursor, eval),
		};
	}
	return n;
}

void mv_native_forget(void)
{
	unw_flush_cache(unw_local_addr_space, 0, 0);
}
