/* SPDX-License-Identifier: Apache-2.0 */
/* A name that is given to an address in a stripped object is right, and not the nearest one: addresses all over the code,
 * against the symbols that were stripped.  Of the system's libraries where their debug information is installed, in
 * /usr/lib/debug or the folder MEMVIZ_DEBUG_DIR.  */
#include "unit/harness.h"

#include <unistd.h>

#include "support/shop.h"
#include "symbol/debugfile.h"
#include "symbol/demangle.h"
#include "symbol/functions.h"

enum { SAMPLES = 20000, WRONG_SHOWN = 5 };

struct count {
	unsigned named, wrong, nearest_wrong, begun, misplaced, all;
};

/* How many of FUNCTIONS begin at or before ADDRESS.  */
static size_t up_to(const struct mv_intervals *functions, uint64_t address)
{
	size_t low = 0, high = functions->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (functions->at[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_name(const struct mv_interval *function, const char *name)
{
	char *plain = mv_demangle(mv_functions_name(function));
	bool is_equal = !strcmp(plain, name);

	free(plain);
	return is_equal;
}

/* True if ADDRESS is in a function called NAME; or if one, of whatever length, begins at START.  */
static bool is_called(const struct mv_intervals *truth, uint64_t address, uint64_t start, const char *name)
{
	size_t i;

	for (i = up_to(truth, address); i-- > 0 && truth->at[i].reach > address;)
		if (truth->at[i].end > address && has_name(&truth->at[i], name))
			return true;
	for (i = up_to(truth, start); i-- > 0 && truth->at[i].start == start;)
		if (has_name(&truth->at[i], name))
			return true;
	return false;
}

/* What everybody does who knows no better.  */
static const char *nearest(const struct mv_intervals *exported, uint64_t address)
{
	size_t before = up_to(exported, address);

	return before ? mv_functions_name(&exported->at[before - 1]) : NULL;
}

static void look_at(struct mv_symbols *symbols, const struct mv_symbols_object *object, const struct mv_intervals *exported,
		    const struct mv_intervals *truth, uint64_t address, struct count *count)
{
	struct mv_symbols_answer answer;
	const char *near = nearest(exported, address);
	char *plain = near ? mv_demangle(near) : NULL;

	count->all++;
	count->nearest_wrong += plain && !is_called(truth, address, 0, plain);
	free(plain);
	if (!mv_symbols_find(symbols, 1, object, address, &answer))
		return;
	if (!answer.level_count) {
		count->begun++;
		count->misplaced += mv_intervals_around(truth, address) && !mv_intervals_starting(truth, answer.start);
		return;
	}
	count->named++;
	if (is_called(truth, address, answer.start, answer.levels[0].function))
		return;
	if (count->wrong++ < WRONG_SHOWN)
		printf("%s+0x%llx is not in %s\n", object->path, (unsigned long long)address, answer.levels[0].function);
}

/* Look at addresses all over the code of BARE.  */
static void sample(const char *path, const struct mv_elffile *bare, const struct mv_intervals *truth, struct count *count)
{
	struct mv_symbols *symbols = mv_symbols_open(NULL);
	struct mv_symbols_object object = {path, NULL, 0};
	struct mv_intervals exported = {NULL, 0, 0};
	GElf_Phdr segment;
	uint64_t at;
	size_t i, segments = 0;

	mv_functions_add(&exported, bare, SHT_DYNSYM, MV_FUNCTIONS_EXPORTED);
	mv_intervals_sort(&exported);
	elf_getphdrnum(bare->elf, &segments);
	for (i = 0; i < segments && gelf_getphdr(bare->elf, (int)i, &segment); i++)
		if (segment.p_type == PT_LOAD && segment.p_flags & PF_X)
			for (at = 0; at < segment.p_filesz; at += 1 + segment.p_filesz / SAMPLES)
				look_at(symbols, &object, &exported, truth, segment.p_vaddr + at, count);
	mv_intervals_release(&exported);
	mv_symbols_close(symbols);
}

/* Compare what is known of bare.so, in the shop, with the table of symbols in TRUTH_FILE.  */
static struct count compare(const struct shop *shop, const char *of, const struct mv_elffile *truth_file)
{
	struct mv_intervals truth = {NULL, 0, 0};
	struct count count = {0, 0, 0, 0, 0, 0};
	struct mv_elffile bare;
	char path[128];

	snprintf(path, sizeof path, "%s/bare.so", shop->folder);
	CU_ASSERT_FATAL(mv_elffile_open(&bare, path));
	CU_ASSERT(mv_functions_add(&truth, truth_file, SHT_SYMTAB, MV_FUNCTIONS_ALL) > 0);
	mv_intervals_sort(&truth);
	sample(path, &bare, &truth, &count);
	printf("%s: of %u addresses %u have a name, %u a wrong one; by the nearest %u would; of %u it is known where their "
	       "function begins, of %u wrongly\n",
	       of, count.all, count.named, count.wrong, count.nearest_wrong, count.begun, count.misplaced);
	CU_ASSERT(count.named > 0);
	CU_ASSERT_EQUAL(count.wrong, 0);
	CU_ASSERT_EQUAL(count.misplaced, 0);
	mv_intervals_release(&truth);
	mv_elffile_close(&bare);
	return count;
}

static bool strip(const struct shop *shop, const char *path)
{
	return shop_run(shop, "rm -f bare.so; strip -R .note.gnu.build-id -R .gnu_debuglink -o bare.so %s", path);
}

static void no_name_is_the_nearest(void)
{
	struct mv_elffile whole;
	struct shop shop;

	if (!shop_open(&shop) || !strip(&shop, "whole.so")) {
		harness_skip("no compiler or strip here");
		shop_close(&shop);
		return;
	}
	CU_ASSERT_FATAL(mv_elffile_open(&whole, shop_path(&shop, "whole.so")));
	CU_ASSERT(compare(&shop, "whole.so", &whole).nearest_wrong > 0);
	mv_elffile_close(&whole);
	shop_close(&shop);
}

/* What the library at PATH was before it was stripped: its debug information, or itself.  */
static bool open_truth(const char *path, struct mv_elffile *truth)
{
	struct mv_symbols_sources sources = {.debug_folder = getenv("MEMVIZ_DEBUG_DIR")};
	struct mv_symbols_object object = {.path = path};
	struct mv_elffile file;
	GElf_Shdr header;

	if (!mv_elffile_open(&file, path))
		return false;
	object.build_id_bytes = mv_elffile_build_id(&file, &object.build_id);
	if (!mv_debugfile_open(truth, &object, &file, &sources) && mv_elffile_section(&file, NULL, SHT_SYMTAB, &header))
		mv_elffile_open(truth, path);
	mv_elffile_close(&file);
	return truth->elf;
}

/* What the loader finds, or what MEMVIZ_TEST_STRIPPED names beside: paths, parted by colons.  */
static void no_name_in_the_systems_libraries_is_wrong(void)
{
	static const char here[] = "/usr/bin/python3:/usr/lib/x86_64-linux-gnu/libstdc++.so.6:"
				   "/usr/lib/x86_64-linux-gnu/libc.so.6:/usr/lib/aarch64-linux-gnu/libstdc++.so.6:"
				   "/usr/lib/aarch64-linux-gnu/libc.so.6:/usr/lib64/libstdc++.so.6:/usr/lib64/libc.so.6";
	const char *more = getenv("MEMVIZ_TEST_STRIPPED");
	char *paths = NULL, *path, *rest;
	struct mv_elffile truth;
	unsigned compared = 0;
	struct shop shop;

	if (!shop_open(&shop) || asprintf(&paths, "%s:%s", here, more ? more : "") < 0) {
		harness_skip("no compiler here");
		return;
	}
	for (path = strtok_r(paths, ":", &rest); path; path = strtok_r(NULL, ":", &rest)) {
		if (!open_truth(path, &truth))
			continue;
		if (strip(&shop, path))
			compare(&shop, path, &truth);
		mv_elffile_close(&truth);
		compared++;
	}
	if (!compared)
		harness_skip("no debug information of the system's libraries here (Debian has it in libc6-dbg)");
	free(paths);
	shop_close(&shop);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(no_name_is_the_nearest),
	HARNESS_TEST(no_name_in_the_systems_libraries_is_wrong),
};
HARNESS_MAIN("nearest", tests)
