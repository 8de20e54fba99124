/* SPDX-License-Identifier: Apache-2.0 */
#include "cuda/lookup.h"

#include <dlfcn.h>

#include "base/elf.h"
#include "base/text.h"
#include "cuda/driver.h"
#include "cuda/hook.h"
#include "cuda/watch.h"

void *(*mv_lookup_next)(void *handle, const char *name);

/* ---- the dlsym behind ours ---- */

struct next_search {
	bool is_behind;
	void *found;
};

static bool find_next(const struct mv_elf *elf, void *context)
{
	struct next_search *search = context;

	if ((uintptr_t)&mv_lookup_next >= elf->start && (uintptr_t)&mv_lookup_next < elf->end)
		search->is_behind = true;
	else if (search->is_behind)
		search->found = mv_elf_symbol(elf, "dlsym");
	return search->found != NULL;
}

/* The loader lists objects in the order in which it searches them.  That of libc when nobody else stands behind us.
 * Where this library was loaded late there may be none behind: then libc's by name.  */
static void find_next_dlsym(void)
{
	static const char *const homes[] = {"libc.so.", "libdl.so."};
	struct next_search search = {false, NULL};
	struct mv_elf elf;
	size_t i;

	mv_elf_each(find_next, &search);
	for (i = 0; !search.found && i < sizeof homes / sizeof *homes; i++)
		if (mv_elf_find(homes[i], &elf))
			search.found = mv_elf_symbol(&elf, "dlsym");
	__atomic_store_n((void **)&mv_lookup_next, search.found, __ATOMIC_RELEASE);
}

/* ---- deciding ---- */

/* Leave the message that a failed look-up leaves, for dlerror.  */
static void *refuse(void)
{
	mv_lookup_next(RTLD_DEFAULT, "memviz: no CUDA driver is loaded that has this symbol");
	return MV_LOOKUP_NONE;
}

/* What a driver's name means where no driver has it.  RTLD_NEXT does not lead to us; RTLD_DEFAULT would, so we answer:
 * with a definition of the program's own, if it has one.  */
static void *without_driver(void *handle, const char *name)
{
	void *other;

	if (handle != RTLD_DEFAULT)
		return MV_LOOKUP_PASS;
	other = mv_elf_symbol_anywhere(name, &mv_lookup_next);
	return other ? other : refuse();
}

/* The pseudo handles mean something else for each caller, and our export of the same name hides the driver's: there the
 * driver is asked at once.  */
static bool leads_to(void *handle, const char *name, const void *genuine)
{
	return handle == RTLD_DEFAULT || handle == RTLD_NEXT || mv_lookup_next(handle, name) == genuine;
}

void *mv_lookup_decide(void *handle, const char *name, const void *caller)
{
	const struct mv_hook *hook;
	void *genuine;

	if (!__atomic_load_n((void **)&mv_lookup_next, __ATOMIC_ACQUIRE))
		find_next_dlsym();
	hook = name ? mv_hook_named(name) : NULL;
	if (!hook || mv_driver_is_own(caller))
		return MV_LOOKUP_PASS;
	genuine = mv_driver_genuine(hook);
	if (!genuine)
		return without_driver(handle, name);
	if (!leads_to(handle, name, genuine))
		return MV_LOOKUP_PASS;
	return mv_watch_sink() ? mv_hook_wrappers[hook - mv_hooks] : genuine;
}
