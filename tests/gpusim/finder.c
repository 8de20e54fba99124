/* SPDX-License-Identifier: Apache-2.0 */
/* A program that looks up, in one of the ways that programs have, everything that the driver has, and compares what it
 * gets with what the driver itself answers: in the place of a watched function the recorder's wrapper of the same name,
 * in that of any other the driver's own function, and nothing where the driver has nothing.
 *
 *   finder WAY EXPORTS ENTRIES      the lists are those of tools/gpusim/names
 *
 * Compiled with FINDER_LINKED it is linked with the driver; otherwise it loads it, and keeps it to itself.
 * Exit 0: all is as it should be, and watched functions were among it; it prints how many.  */
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#include "base/elf.h"
#include "cuda/abi.h"
#include "gpusim/must.h"
#include "gpusim/verdict.h"

enum { NAME_BYTES = 128, PER_THREAD = 2, STATUS_UNSET = 77 };

static unsigned wrapped, passed, absent, wrong;

static void judge(const char *name, void *genuine, void *given)
{
	void *right = verdict_expected(name, genuine);

	if (given != right) {
		fprintf(stderr, "%s: %p, not %p (the driver's: %p)\n", name, given, right, genuine);
		wrong++;
	} else if (!genuine) {
		absent++;
	} else if (right != genuine) {
		wrapped++;
	} else {
		passed++;
	}
}

/* ---- by symbol ---- */

static void *driver, *program;

static void *by_handle(const char *name)
{
	return dlsym(driver, name);
}

static void *by_version(const char *name)
{
	return dlvsym(driver, name, "CUDA");
}

static void *by_default(const char *name)
{
	return dlsym(RTLD_DEFAULT, name);
}

static void *by_default_version(const char *name)
{
	return dlvsym(RTLD_DEFAULT, name, "CUDA");
}

static void *by_next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static void *by_next_version(const char *name)
{
	return dlvsym(RTLD_NEXT, name, "CUDA");
}

static void *by_program(const char *name)
{
	return dlsym(program, name);
}

/* The driver was loaded for nobody else's use: in the scopes of the program its other functions are not found.  */
static void judge_symbol(void *(*look_up)(const char *), const char *name)
{
	void *genuine = verdict_genuine(name);
	int is_private = look_up != by_handle && look_up != by_version;

#ifdef FINDER_LINKED
	is_private = 0;
#endif
	if (is_private && !verdict_is_watched(name))
		genuine = NULL;
	judge(name, genuine, look_up(name));
}

static void walk_exports(const char *exports, void *(*look_up)(const char *))
{
	FILE *list = fopen(exports, "r");
	char name[NAME_BYTES];
	unsigned there = 0;
	size_t i;

	MUST(list);
	while (fscanf(list, "%127s%*[^\n]", name) == 1)
		judge_symbol(look_up, name);
	fclose(list);
	for (i = 0; i < verdict_row_count; i++) {
		if (verdict_genuine(verdict_rows[i].name))
			there++;
		else
			judge_symbol(look_up, verdict_rows[i].name);
	}
	MUST(wrapped == (verdict_is_off() ? 0 : there));
}

/* ---- by name and version ---- */

typedef CUresult (*four_fn)(const char *name, void **function, int version, uint64_t flags);
typedef CUresult (*five_fn)(const char *name, void **function, int version, uint64_t flags, int *status);

struct answer {
	int err, status;
	void *function;
};

static four_fn four;
static five_fn five;

static struct answer ask_four(four_fn ask, const char *name, int version, uint64_t flags)
{
	struct answer answer = {0, STATUS_UNSET, (void *)&driver};

	answer.err = ask(name, &answer.function, version, flags);
	return answer;
}

static struct answer ask_five(five_fn ask, const char *name, int version, uint64_t flags)
{
	struct answer answer = {0, STATUS_UNSET, (void *)&driver};

	answer.err = ask(name, &answer.function, version, flags, &answer.status);
	return answer;
}

/* The driver's own answer, and the program's, to the same question.  */
static void judge_answer(const char *name, int version, uint64_t flags)
{
	four_fn own_four = (four_fn)verdict_genuine("cuGetProcAddress");
	five_fn own_five = (five_fn)verdict_genuine("cuGetProcAddress_v2");
	struct answer genuine = five ? ask_five(own_five, name, version, flags) : ask_four(own_four, name, version, flags);
	struct answer given = five ? ask_five(five, name, version, flags) : ask_four(four, name, version, flags);

	if (given.err != genuine.err || given.status != genuine.status) {
		fprintf(stderr, "%s@%d: error %d, status %d\n", name, version, given.err, given.status);
		wrong++;
	} else if (given.function == (void *)&driver) {
		absent++;
	} else {
		judge(verdict_name(genuine.function), genuine.function, given.function);
	}
}

static void walk_entries(const char *entries, void (*judge_one)(const char *name, int version, uint64_t flags))
{
	FILE *list = fopen(entries, "r");
	char name[NAME_BYTES], symbol[NAME_BYTES], suffix[16];
	int version;

	MUST(list && fscanf(list, "#%*[^\n] ") == 0);
	while (fscanf(list, "%127s %d %127s %15s", name, &version, symbol, suffix) == 4)
		judge_one(name, version, *suffix == '_' ? PER_THREAD : 0);
	fclose(list);
}

/* By the name and the version that its row gives, a watched function itself is found.  */
static void judge_row(const struct verdict_row *row)
{
	uint64_t flags = strstr(row->name, "_ptsz") ? PER_THREAD : 0;
	struct answer given = five ? ask_five(five, row->base, row->since, flags) :
				     ask_four(four, row->base, row->since, flags);

	if (!given.err && verdict_genuine(row->name))
		judge(row->name, verdict_genuine(row->name), given.function);
}

/* An empty name is a probe of the runtimes'.  */
static void walk_answers(const char *entries)
{
	MUST(four || five);
	judge_answer("", 0, 0);
	walk_entries(entries, judge_answer);
	for (size_t i = 0; i < verdict_row_count; i++)
		judge_row(&verdict_rows[i]);
}

static void with_four(void)
{
	four = (four_fn)dlsym(driver, "cuGetProcAddress");
}

static void with_five(void)
{
	five = (five_fn)dlsym(driver, "cuGetProcAddress_v2");
}

/* The resolver found through itself.  */
static void with_four_by_itself(void)
{
	four_fn resolve = (four_fn)dlsym(driver, "cuGetProcAddress");

	MUST(resolve && !resolve("cuGetProcAddress", (void **)&four, 11030, 0));
}

static void with_five_by_itself(void)
{
	four_fn resolve = (four_fn)dlsym(driver, "cuGetProcAddress");

	MUST(resolve && !resolve("cuGetProcAddress", (void **)&five, 12000, 0));
}

static void with_four_by_five(void)
{
	five_fn resolve = (five_fn)dlsym(driver, "cuGetProcAddress_v2");

	MUST(resolve && !resolve("cuGetProcAddress", (void **)&four, 11030, 0, NULL));
}

/* ---- through the runtime ---- */

typedef int (*entry_fn)(const char *name, void **function, unsigned long long flags, int *status);
typedef int (*versioned_fn)(const char *name, void **function, unsigned version, unsigned long long flags, int *status);

static const char *runtime_suffix = "";
static entry_fn entry;
static versioned_fn versioned;

static void load_runtime(const char *soname)
{
	void *runtime = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	char name[NAME_BYTES];

	MUST(runtime);
	snprintf(name, sizeof name, "cudaGetDriverEntryPoint%s", runtime_suffix);
	entry = (entry_fn)dlsym(runtime, name);
	snprintf(name, sizeof name, "cudaGetDriverEntryPointByVersion%s", runtime_suffix);
	versioned = (versioned_fn)dlsym(runtime, name);
	MUST(entry && versioned);
}

static CUresult ask_versioned(const char *name, void **function, int version, uint64_t flags, int *status)
{
	return versioned(name, function, (unsigned)version, flags, status) ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

/* What the runtime answers is what its driver answers.  */
static void judge_entry(const char *name, int version, uint64_t flags)
{
	five_fn own = (five_fn)verdict_genuine("cuGetProcAddress_v2");
	uint64_t meant = !flags && *runtime_suffix ? PER_THREAD : flags;
	struct answer genuine = ask_five(own, name, version, meant), given = ask_five(ask_versioned, name, version, flags);

	MUST(given.err == genuine.err);
	if (!given.err)
		judge(verdict_name(genuine.function), genuine.function, given.function);
}

/* Without a version, the runtime's own is meant.  */
static void walk_runtime(const char *entries)
{
	void *function, *same;

	walk_entries(entries, judge_entry);
	MUST(!entry("cuMemAlloc", &function, 0, NULL) && !versioned("cuMemAlloc", &same, 12000, 0, NULL));
	MUST(function == same && function == verdict_expected("cuMemAlloc_v2", verdict_genuine("cuMemAlloc_v2")));
}

static const char *const runtime_names[] = {
#define DRIVER(symbol, ...)
#define RUNTIME(symbol, ...) #symbol,
#include "cuda/hooks.def"
#undef DRIVER
#undef RUNTIME
};

/* The runtime's own functions only give their names to what they do to the driver: looked up, they stay what they are.  */
static void walk_runtime_names(const char *soname)
{
	void *runtime = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	struct mv_elf elf;
	size_t i;

	MUST(runtime && mv_elf_find(soname, &elf));
	for (i = 0; i < sizeof runtime_names / sizeof *runtime_names; i++) {
		void *genuine = mv_elf_symbol(&elf, runtime_names[i]);

		MUST(dlsym(runtime, runtime_names[i]) == genuine && dlvsym(runtime, runtime_names[i], soname) == genuine);
		passed += genuine != NULL;
	}
	MUST(passed > 0);
	judge("cuMemAlloc_v2", verdict_genuine("cuMemAlloc_v2"), dlsym(driver, "cuMemAlloc_v2"));
}

/* ---- linked ---- */

#ifdef FINDER_LINKED
#define DRIVER(symbol, ...) void symbol(void) __attribute__((weak));
#define RUNTIME(symbol, ...)
#include "cuda/hooks.def"
#undef DRIVER
#undef RUNTIME

static const struct {
	const char *name;
	void (*function)(void);
} linked[] = {
#define DRIVER(symbol, ...) {#symbol, symbol},
#define RUNTIME(symbol, ...)
#include "cuda/hooks.def"
#undef DRIVER
#undef RUNTIME
};

/* What a driver lacks no program is linked with, but this one, which asks for it all the same.  */
static void walk_linked(void)
{
	for (size_t i = 0; i < sizeof linked / sizeof *linked; i++) {
		void *genuine = verdict_genuine(linked[i].name);

		if (genuine)
			judge(linked[i].name, genuine, (void *)linked[i].function);
	}
}
#else
static void walk_linked(void)
{
	MUST(!"linked");
}
#endif

/* ---- ways ---- */

static const struct way {
	const char *name;
	void *(*look_up)(const char *name); /* of symbols; or */
	void (*get_resolver)(void);	    /* of names and versions; or */
	const char *runtime, *suffix;	    /* through this; without SUFFIX, what it has itself */
} ways[] = {
	{.name = "handle", .look_up = by_handle},
	{.name = "version", .look_up = by_version},
	{.name = "default", .look_up = by_default},
	{.name = "default_version", .look_up = by_default_version},
	{.name = "next", .look_up = by_next},
	{.name = "next_version", .look_up = by_next_version},
	{.name = "program", .look_up = by_program},
	{.name = "four", .get_resolver = with_four},
	{.name = "five", .get_resolver = with_five},
	{.name = "four_by_itself", .get_resolver = with_four_by_itself},
	{.name = "five_by_itself", .get_resolver = with_five_by_itself},
	{.name = "four_by_five", .get_resolver = with_four_by_five},
	{.name = "runtime_12", .runtime = "libcudart.so.12", .suffix = ""},
	{.name = "runtime_13", .runtime = "libcudart.so.13", .suffix = ""},
	{.name = "runtime_12_per_thread", .runtime = "libcudart.so.12", .suffix = "_ptsz"},
	{.name = "runtime_13_per_thread", .runtime = "libcudart.so.13", .suffix = "_ptsz"},
	{.name = "of_runtime_12", .runtime = "libcudart.so.12"},
	{.name = "of_runtime_13", .runtime = "libcudart.so.13"},
	{.name = "linked"},
};

static void go(const struct way *way, const char *exports, const char *entries)
{
	if (way->look_up) {
		walk_exports(exports, way->look_up);
	} else if (way->get_resolver) {
		way->get_resolver();
		walk_answers(entries);
	} else if (way->runtime && !way->suffix) {
		walk_runtime_names(way->runtime);
	} else if (way->runtime) {
		runtime_suffix = way->suffix;
		load_runtime(way->runtime);
		walk_runtime(entries);
	} else {
		walk_linked();
	}
}

int main(int argc, char **argv)
{
	size_t i;

	MUST(argc == 4);
	driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
	program = dlopen(NULL, RTLD_NOW);
	MUST(driver && program);
	for (i = 0; i < sizeof ways / sizeof *ways && strcmp(ways[i].name, argv[1]); i++)
		;
	MUST(i < sizeof ways / sizeof *ways);
	go(&ways[i], argv[2], argv[3]);
	printf("%u wrapped, %u passed, %u absent\n", wrapped, passed, absent);
	return wrong || !(verdict_is_off() ? passed : wrapped);
}
