/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/bounds.h"

#include <stddef.h>

#include "base/elf.h"
#include "base/sys.h"

/* Deeper stacks are rare, and to try all of their pages would take too long.  */
enum { DEPTH_MAX_BYTES = 16 << 20 };

static const uintptr_t *g_main_end;

void mv_bounds_start(void)
{
	__atomic_store_n(&g_main_end, mv_elf_symbol_anywhere("__libc_stack_end", NULL), __ATOMIC_RELEASE);
}

static bool is_near(uintptr_t end, uintptr_t sp)
{
	return end > sp && end - sp <= DEPTH_MAX_BYTES;
}

/* Where the calling thread's own data begin, its first word holds its own address.  */
static uintptr_t own_data(void)
{
	uintptr_t own;

#ifdef __x86_64__
	__asm__("mov %%fs:0, %0" : "=r"(own));
#else
	own = (uintptr_t)__builtin_thread_pointer();
#endif
	return own;
}

/* Where the stack that SP lies in ends; 0: it is not known.  */
static uintptr_t end_for(uintptr_t sp)
{
	const uintptr_t *main_end = __atomic_load_n(&g_main_end, __ATOMIC_ACQUIRE);
	uintptr_t own = own_data();

	if (is_near(own, sp))
		return own;
	return main_end && is_near(*main_end, sp) ? *main_end : 0;
}

static bool are_readable(uintptr_t start, uintptr_t end)
{
	uintptr_t page;

	for (page = start; page < end; page += MV_SYS_PAGE_BYTES)
		if (!mv_sys_readable((const void *)page))
			return false;
	return true;
}

bool mv_bounds_grow(struct mv_bounds *bounds, uintptr_t sp)
{
	uintptr_t end = end_for(sp), start = sp & ~(uintptr_t)(MV_SYS_PAGE_BYTES - 1);
	bool is_known = bounds->end == end && bounds->start > start;

	if (!end || !are_readable(start, is_known ? bounds->start : end))
		return false;
	bounds->start = start;
	bounds->end = end;
	return true;
}
