/* SPDX-License-Identifier: Apache-2.0 */
#include "cuda/lookup.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>

#include "base/elf.h"
#include "base/text.h"
#include "cuda/driver.h"
#include "cuda/hook.h"
#include "cuda/watch.h"

void *(*mv_lookup_next)(void *handle, const char *name);

/* ---- the dlsym behind ours ---- */

extern const ElfW(Dyn) own_dynamic[] __asm__("_DYNAMIC") __attribute__((visibility("hidden")));

/* The loader is there in any case; weak, so that the linker does not write down that we need it.  */
#pragma weak _r_debug

static bool is_home(const struct link_map *object)
{
	const char *name = mv_text_base_name(object->l_name);

	return mv_text_starts(name, "libc.so.") || mv_text_starts(name, "libdl.so.");
}

/* The next definition behind us in the loader's list, which is in the order in which it searches: that of libc when
 * nobody else stands there.  Where this library was loaded late there may be none behind: then libc's by name.
 *
 * Nothing of libc is called here, nor base/elf.h's walk, which is dl_iterate_phdr: a sanitizer's library stands in front
 * of all that, and asks us for symbols before it can be called itself.  The list is read while this library is being
 * loaded, when nobody else can change it.  */
__attribute__((constructor)) static void find_next_dlsym(void)
{
	const struct link_map *object;
	void *found, *behind = NULL, *home = NULL;
	bool is_behind = false;

	for (object = &_r_debug ? _r_debug.r_map : NULL; object && !behind; object = object->l_next) {
		struct mv_elf elf = {.bias = object->l_addr, .dynamic = object->l_ld};

		if (object->l_ld == own_dynamic) {
			is_behind = true;
			continue;
		}
		found = mv_elf_symbol(&elf, "dlsym");
		if (is_behind)
			behind = found;
		if (!home && is_home(object))
			home = found;
	}
	__atomic_store_n((void **)&mv_lookup_next, behind ? behind : home, __ATOMIC_RELEASE);
}

/* ---- deciding ---- */

/* Leave the message that a failed look-up leaves, for dlerror.  */
static void *refuse(void)
{
	mv_lookup_next(RTLD_DEFAULT, "memviz: no CUDA library is loaded that has this symbol");
	return MV_LOOKUP_NONE;
}

static bool is_ours(const void *address)
{
	struct mv_elf elf;

	return address && mv_elf_holding(address, &elf) && elf.dynamic == own_dynamic;
}

/* What NAME means where CUDA does not have it: our exports are no reason to offer it.  A real handle may lead to them, that
 * of the program with all that is preloaded; RTLD_DEFAULT does, and there the program may have a definition of its own.
 * RTLD_NEXT means something else for each caller, and is left to it.  */
static void *without_cuda(void *handle, const char *name)
{
	void *other;

	if (handle == RTLD_NEXT || (handle != RTLD_DEFAULT && !is_ours(mv_lookup_next(handle, name))))
		return MV_LOOKUP_PASS;
	other = mv_elf_symbol_anywhere(name, &mv_lookup_next);
	return other ? other : refuse();
}

/* The runtime's functions are watched only where they are linked; where they are looked up they stay what they are.  */
static void *of_runtime(void *handle, const char *name)
{
	return mv_elf_symbol_anywhere(name, &mv_lookup_next) ? MV_LOOKUP_PASS : without_cuda(handle, name);
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
	if (hook->home == MV_HOME_RUNTIME)
		return of_runtime(handle, name);
	mv_driver_follow_loader();
	genuine = mv_driver_genuine(hook);
	if (!genuine)
		return without_cuda(handle, name);
	if (!leads_to(handle, name, genuine))
		return MV_LOOKUP_PASS;
	return mv_watch_sink() ? mv_hook_wrappers[hook - mv_hooks] : genuine;
}
