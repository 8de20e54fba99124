/* SPDX-License-Identifier: Apache-2.0 */
#include "cuda/lookup.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>

#include "base/elf.h"
#include "base/text.h"
#include "cuda/driver.h"
#include "cuda/hook.h"
#include "cuda/late.h"
#include "cuda/nvtx.h"
#include "cuda/seen.h"
#include "cuda/watch.h"

void *(*mv_lookup_next)(void *handle, const char *name);
void *(*mv_lookup_next_version)(void *handle, const char *name, const char *version);
static int (*g_next_close)(void *handle);
static bool g_is_late;

/* ---- the dlsym behind ours ---- */

extern const ElfW(Dyn) own_dynamic[] __asm__("_DYNAMIC") __attribute__((visibility("hidden")));

/* The loader is there in any case; weak, so that the linker does not write down that we need it.  */
#pragma weak _r_debug

#define OWN_NAME "libmemviz.so"

/* The next definition behind us in the loader's list, which is in the order in which it searches: that of libc when
 * nobody else stands there.  A library that was loaded late, behind libc, gets the one that the program had before.
 *
 * Nothing of libc is called here, nor base/elf.h's walk, which is dl_iterate_phdr: a sanitizer's library stands in front
 * of all that, and asks us for symbols before it can be called itself.  The list is read while this library is being
 * loaded, when nobody else can change it.  */
static void *find_behind(const char *name)
{
	const struct link_map *object;
	void *found, *first = NULL, *behind = NULL;
	bool is_behind = false;

	for (object = &_r_debug ? _r_debug.r_map : NULL; object && !behind; object = object->l_next) {
		struct mv_elf elf = {.bias = object->l_addr, .dynamic = object->l_ld};

		if (object->l_ld == own_dynamic) {
			is_behind = true;
			continue;
		}
		found = mv_elf_symbol(&elf, name);
		if (is_behind)
			behind = found;
		if (!first)
			first = found;
	}
	return behind ? behind : first;
}

static bool stands_behind_libc(void)
{
	const struct link_map *object = &_r_debug ? _r_debug.r_map : NULL;
	bool has_libc = false, has_twin = false;

	for (; object && object->l_ld != own_dynamic; object = object->l_next) {
		struct mv_elf elf = {.bias = object->l_addr, .dynamic = object->l_ld};

		has_libc |= mv_text_starts(mv_text_base_name(object->l_name), "libc.so.");
		has_twin |= mv_text_equal(mv_elf_soname(&elf), OWN_NAME);
	}
	return has_libc && !has_twin;
}

__attribute__((constructor)) static void find_next(void)
{
	__atomic_store_n(&g_is_late, stands_behind_libc(), __ATOMIC_RELAXED);
	__atomic_store_n((void **)&mv_lookup_next_version, find_behind("dlvsym"), __ATOMIC_RELAXED);
	__atomic_store_n((void **)&g_next_close, find_behind("dlclose"), __ATOMIC_RELAXED);
	__atomic_store_n((void **)&mv_lookup_next, find_behind("dlsym"), __ATOMIC_RELEASE);
}

/* Other constructors of this library may run before the one above.  */
static void have_next(void)
{
	if (!__atomic_load_n((void **)&mv_lookup_next, __ATOMIC_ACQUIRE))
		find_next();
}

bool mv_lookup_is_late(void)
{
	have_next();
	return __atomic_load_n(&g_is_late, __ATOMIC_RELAXED);
}

void *mv_lookup_next_close(void)
{
	have_next();
	return __atomic_load_n((void **)&g_next_close, __ATOMIC_RELAXED);
}

/* ---- deciding ---- */

static bool is_ours(const void *address)
{
	struct mv_elf elf;

	return address && mv_elf_holding(address, &elf) && elf.dynamic == own_dynamic;
}

/* What a program asks for, and where it does.  VERSION is NULL for dlsym.  */
struct question {
	void *handle;
	const char *name, *version;
	const void *caller;
};

static void *ask_next(const struct question *question)
{
	if (question->version)
		return mv_lookup_next_version(question->handle, question->name, question->version);
	return mv_lookup_next(question->handle, question->name);
}

struct behind_search {
	const struct question *question;
	bool is_behind;
	void *found;
};

static bool defines_behind(const struct mv_elf *elf, void *context)
{
	struct behind_search *search = context;
	uintptr_t caller = (uintptr_t)search->question->caller;

	if (search->is_behind && elf->dynamic != own_dynamic)
		search->found = mv_elf_symbol(elf, search->question->name);
	search->is_behind |= caller >= elf->start && caller < elf->end;
	return search->found != NULL;
}

/* What RTLD_NEXT means: the first definition behind the caller, in the order in which the loader searches.  */
static void *find_behind_caller(const struct question *question)
{
	struct behind_search search = {.question = question};

	mv_elf_each(defines_behind, &search);
	return search.found;
}

/* What a name means where CUDA does not have it: our exports are no reason to offer it.  A real handle may lead to them,
 * that of the program with all that is preloaded; the pseudo handles do, and there the program may have a definition of
 * its own.  */
static void *without_cuda(const struct question *question)
{
	void *other;

	if (question->handle == RTLD_NEXT) {
		other = find_behind_caller(question);
	} else {
		if (question->handle != RTLD_DEFAULT && !is_ours(ask_next(question)))
			return MV_LOOKUP_PASS;
		other = mv_elf_symbol_anywhere(question->name, &mv_lookup_next);
	}
	return other ? other : MV_LOOKUP_NONE;
}

/* The runtime's functions are watched only where they are linked; where they are looked up they stay what they are.  */
static void *of_runtime(const struct question *question)
{
	return mv_elf_symbol_anywhere(question->name, &mv_lookup_next) ? MV_LOOKUP_PASS : without_cuda(question);
}

/* The pseudo handles mean something else for each caller, and our export of the same name hides the driver's: there the
 * driver is asked at once.  */
static bool leads_to(const struct question *question, const void *genuine)
{
	return question->handle == RTLD_DEFAULT || question->handle == RTLD_NEXT || ask_next(question) == genuine;
}

static void *decide(const struct question *question, const struct mv_hook *hook)
{
	void *genuine;

	if (hook->home == MV_HOME_RUNTIME)
		return of_runtime(question);
	mv_driver_follow_loader();
	genuine = mv_driver_genuine(hook);
	if (!genuine)
		return without_cuda(question);
	if (!leads_to(question, genuine))
		return MV_LOOKUP_PASS;
	mv_seen_caller(question->caller, 0);
	return mv_watch_sink() ? mv_hook_wrappers[hook - mv_hooks] : genuine;
}

/* What dlerror tells afterwards: a look-up that finds something leaves nothing of an earlier one that did not, and one that
 * finds nothing names what it was.  Behind us there is nothing of that name, else it would have been found.  */
static void *with_message(const struct question *question, void *found)
{
	struct question behind = {RTLD_NEXT, question->name, question->version, NULL};

	if (found == MV_LOOKUP_NONE)
		ask_next(&behind);
	else if (found != MV_LOOKUP_PASS)
		mv_lookup_next(RTLD_DEFAULT, "dlsym");
	return found;
}

/* A function of the driver's that no row is about.  */
static void note_unwatched(const char *name)
{
	void *there = NULL;

	if (mv_seen_takes_memory(name) && mv_elf_kept(&there, "libcuda.so", name))
		mv_seen_unwatched(name, 0);
}

/* What memviz.h asks for is not in the scope that is searched where this library was loaded late.  */
static void *of_ours(const char *name)
{
	struct mv_elf own = {.dynamic = NULL};
	void *found = mv_elf_holding(&mv_lookup_next, &own) ? mv_elf_symbol(&own, name) : NULL;

	return found ? found : MV_LOOKUP_PASS;
}

void *mv_lookup_decide(void *handle, const char *name, const char *version, const void *caller)
{
	struct question question = {handle, name, version, caller};
	const struct mv_hook *hook;

	have_next();
	if (name && name[0] == 'I')
		return mv_nvtx_decide(handle, name);
	if (mv_late_is_on()) {
		mv_late_follow();
		if (name && mv_text_starts(name, "memviz_"))
			return of_ours(name);
	}
	hook = name ? mv_hook_named(name) : NULL;
	if (hook && !mv_driver_is_own(caller))
		return with_message(&question, decide(&question, hook));
	if (!hook && name && mv_text_starts(name, "cu"))
		note_unwatched(name);
	return MV_LOOKUP_PASS;
}
