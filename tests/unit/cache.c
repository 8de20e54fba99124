/* SPDX-License-Identifier: Apache-2.0 */
/* Names that were found before: as bytes, and in their folder.  */
#include "unit/harness.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/shop.h"
#include "symbol/cachefolder.h"
#include "symbol/object.h"

static const uint8_t id[20] = {1, 2, 3};
static const struct mv_cachefile_key key = {id, sizeof id, 42};
static const struct mv_symbol levels[] = {{"inner", "a.c", 3}, {"outer(int)", "a.c", 5}, {NULL, "b.c", 0}};

/* Three addresses: of two levels, of none, of one without a name.  */
static struct mv_cachefile made_of_three(void)
{
	struct mv_cachefile_entry entries[] = {{10, {levels, 2, 8}}, {20, {NULL, 0, 16}}, {30, {&levels[2], 1, 0}}};
	struct mv_cachefile old = {NULL, 0}, made;

	CU_ASSERT_FATAL(mv_cachefile_make(&made, &old, &key, entries, 3));
	return made;
}

/* Takes over a copy.  */
static bool is_taken(const struct mv_cachefile *cache, size_t size, const struct mv_cachefile_key *about)
{
	struct mv_cachefile taken;
	void *copy = malloc(size + 1);
	bool is_right;

	memcpy(copy, cache->bytes, size);
	is_right = mv_cachefile_take(&taken, copy, size, about);
	mv_cachefile_release(&taken);
	return is_right;
}

static void what_was_found_is_found_again(void)
{
	struct mv_cachefile cache = made_of_three();
	struct mv_symbol found[MV_CACHEFILE_LEVELS];
	struct mv_cachefile_entry entry;
	size_t index;

	CU_ASSERT_FATAL(mv_cachefile_find(&cache, 10, &index));
	mv_cachefile_at(&cache, index, &entry, found);
	CU_ASSERT(entry.answer.level_count == 2 && entry.answer.start == 8);
	CU_ASSERT_STRING_EQUAL(found[0].function, "inner");
	CU_ASSERT_STRING_EQUAL(found[1].function, "outer(int)");
	CU_ASSERT(found[1].line == 5 && !strcmp(found[1].file, "a.c"));
	CU_ASSERT_FATAL(mv_cachefile_find(&cache, 20, &index));
	mv_cachefile_at(&cache, index, &entry, found);
	CU_ASSERT(entry.answer.level_count == 0 && entry.answer.start == 16);
	CU_ASSERT_FATAL(mv_cachefile_find(&cache, 30, &index));
	mv_cachefile_at(&cache, index, &entry, found);
	CU_ASSERT(!found[0].function && !strcmp(found[0].file, "b.c"));
	CU_ASSERT(!mv_cachefile_find(&cache, 9, &index) && !mv_cachefile_find(&cache, 11, &index));
	CU_ASSERT(!mv_cachefile_find(&cache, 31, &index));
	mv_cachefile_release(&cache);
}

static void what_is_added_joins_what_was_there(void)
{
	struct mv_cachefile_entry more[] = {{5, {levels, 1, 1}}, {10, {levels, 1, 1}}, {25, {levels, 1, 1}}, {40, {levels, 1, 1}}};
	struct mv_cachefile old = made_of_three(), all;
	struct mv_symbol found[MV_CACHEFILE_LEVELS];
	struct mv_cachefile_entry entry;
	size_t index;

	CU_ASSERT_FATAL(mv_cachefile_make(&all, &old, &key, more, 4));
	CU_ASSERT_EQUAL(mv_cachefile_count(&all), 6);
	CU_ASSERT(is_taken(&all, all.size_bytes, &key));
	/* What was there stays as it was.  */
	CU_ASSERT_FATAL(mv_cachefile_find(&all, 10, &index));
	mv_cachefile_at(&all, index, &entry, found);
	CU_ASSERT_EQUAL(entry.answer.level_count, 2);
	mv_cachefile_release(&old);
	mv_cachefile_release(&all);
}

static void what_is_about_something_else_does_not_count(void)
{
	static const uint8_t another_id[20] = {1, 2, 4};
	struct mv_cachefile_key another = {another_id, sizeof another_id, 42}, later = {id, sizeof id, 43}, shorter = {id, 19, 42};
	struct mv_cachefile cache = made_of_three();

	CU_ASSERT(is_taken(&cache, cache.size_bytes, &key));
	CU_ASSERT(!is_taken(&cache, cache.size_bytes, &another));
	CU_ASSERT(!is_taken(&cache, cache.size_bytes, &later));
	CU_ASSERT(!is_taken(&cache, cache.size_bytes, &shorter));
	mv_cachefile_release(&cache);
}

static void every_cut_and_every_changed_byte_is_noticed(void)
{
	struct mv_cachefile cache = made_of_three();
	size_t i, unnoticed = 0;

	for (i = 0; i < cache.size_bytes; i++) {
		unnoticed += is_taken(&cache, i, &key);
		cache.bytes[i] ^= 0x40;
		/* Bytes of a build id behind its end mean nothing.  */
		unnoticed += is_taken(&cache, cache.size_bytes, &key) && !(i >= 16 + sizeof id && i < 16 + 32);
		cache.bytes[i] ^= 0x40;
	}
	CU_ASSERT_EQUAL(unnoticed, 0);
	mv_cachefile_release(&cache);
}

/* Its checksum is right: whoever forges one can compute it.  */
static void levels_that_are_used_twice_are_refused(void)
{
	enum { FIRST_LEVEL_AT = 80 + 2 * 24 + 16 }; /* of the last entry: symbol/cachefile.c */
	struct mv_cachefile cache = made_of_three();

	CU_ASSERT_EQUAL(cache.bytes[FIRST_LEVEL_AT], 2);
	cache.bytes[FIRST_LEVEL_AT] = 1;
	mv_cachefile_seal(&cache);
	CU_ASSERT(!is_taken(&cache, cache.size_bytes, &key));
	cache.bytes[FIRST_LEVEL_AT] = 2;
	mv_cachefile_seal(&cache);
	CU_ASSERT(is_taken(&cache, cache.size_bytes, &key));
	mv_cachefile_release(&cache);
}

static void text_that_steers_a_terminal_is_made_harmless(void)
{
	static const struct mv_symbol evil = {"\033[2Jname", "a\nb", 1};
	struct mv_cachefile_entry entry = {1, {&evil, 1, 0}};
	struct mv_cachefile old = {NULL, 0}, made, taken;
	struct mv_symbol found[MV_CACHEFILE_LEVELS];
	void *copy;

	CU_ASSERT_FATAL(mv_cachefile_make(&made, &old, &key, &entry, 1));
	copy = malloc(made.size_bytes);
	memcpy(copy, made.bytes, made.size_bytes);
	CU_ASSERT_FATAL(mv_cachefile_take(&taken, copy, made.size_bytes, &key));
	mv_cachefile_at(&taken, 0, &entry, found);
	CU_ASSERT_STRING_EQUAL(found[0].function, "?[2Jname");
	CU_ASSERT_STRING_EQUAL(found[0].file, "a?b");
	mv_cachefile_release(&made);
	mv_cachefile_release(&taken);
}

/* ---- the folder ---- */

static void make_folder(char path[64])
{
	strcpy(path, "/tmp/memviz-cache-XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(path) != NULL);
	strcat(path, "/a/b");
}

static void remove_folder(char path[64])
{
	char command[128];

	*strstr(path, "/a/b") = 0;
	snprintf(command, sizeof command, "rm -rf %s", path);
	CU_ASSERT_EQUAL(system(command), 0);
}

static bool is_in(const char *folder)
{
	struct mv_cachefile cache = {NULL, 0};
	bool is_there = mv_cachefolder_read(folder, &key, &cache);

	mv_cachefile_release(&cache);
	return is_there;
}

static void only_the_owner_can_read_and_write_the_folder(void)
{
	struct mv_cachefile cache = made_of_three();
	struct stat status;
	char folder[64];

	make_folder(folder);
	CU_ASSERT(!is_in(folder));
	mv_cachefolder_write(folder, &key, &cache);
	CU_ASSERT(is_in(folder));
	CU_ASSERT(!stat(folder, &status) && (status.st_mode & 0777) == 0700);
	/* One that others can write is not used.  */
	chmod(folder, 0770);
	CU_ASSERT(!is_in(folder));
	mv_cachefolder_write("/proc/none/at/all", &key, &cache);
	mv_cachefile_release(&cache);
	remove_folder(folder);
}

static void links_are_not_followed(void)
{
	struct mv_cachefile cache = made_of_three();
	char folder[64], file[128], elsewhere[128];

	make_folder(folder);
	mv_cachefolder_write(folder, &key, &cache);
	snprintf(file, sizeof file, "%s/0102030000000000000000000000000000000000.names", folder);
	snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
	CU_ASSERT(!rename(file, elsewhere) && !symlink(elsewhere, file));
	CU_ASSERT(!is_in(folder));
	/* The link is replaced, and what it leads to stays.  */
	mv_cachefolder_write(folder, &key, &cache);
	CU_ASSERT(is_in(folder) && !access(elsewhere, F_OK));
	mv_cachefile_release(&cache);
	remove_folder(folder);
}

static void the_oldest_files_make_room(void)
{
	struct mv_cachefile cache = made_of_three();
	uint8_t other[20] = {9};
	struct mv_cachefile_key newer = {other, sizeof other, 1};
	struct mv_cachefile read = {NULL, 0};
	char folder[64], file[128];

	make_folder(folder);
	mv_cachefolder_write(folder, &key, &cache);
	snprintf(file, sizeof file, "%s/0102030000000000000000000000000000000000.names", folder);
	CU_ASSERT_EQUAL(utimensat(AT_FDCWD, file, (struct timespec[]){{1000, 0}, {1000, 0}}, 0), 0);
	mv_cachefile_release(&cache);
	CU_ASSERT_FATAL(mv_cachefile_make(&cache, &read, &newer, NULL, 0));
	mv_cachefolder_write(folder, &newer, &cache);
	mv_cachefolder_trim(folder, cache.size_bytes);
	CU_ASSERT(!is_in(folder) && mv_cachefolder_read(folder, &newer, &read));
	mv_cachefile_release(&read);
	mv_cachefile_release(&cache);
	remove_folder(folder);
}

/* ---- what it is for ---- */

static bool has_name(const struct shop *shop, const struct mv_symbols_sources *sources, const char *wanted)
{
	struct mv_symbols *symbols = mv_symbols_open(sources);
	struct mv_symbols_object object = shop_object(shop, "bare.so");
	struct mv_symbols_answer answer;
	uint64_t size;
	bool is_named;

	mv_symbols_find(symbols, 1, &object, shop_address(shop, "hidden", &size) + 1, &answer);
	is_named = answer.level_count ? wanted && !strcmp(answer.levels[0].function, wanted) : !wanted;
	mv_symbols_close(symbols);
	return is_named;
}

static void debug_information_that_comes_later_is_not_missed(void)
{
	char cache[128], debug[128];
	struct mv_symbols_sources sources = {.cache_folder = cache, .debug_folder = debug};
	struct shop shop;

	if (!shop_open(&shop) || !shop_run(&shop, "strip -o bare.so whole.so")) {
		harness_skip("no compiler or strip here");
		shop_close(&shop);
		return;
	}
	snprintf(cache, sizeof cache, "%s/cache", shop.folder);
	snprintf(debug, sizeof debug, "%s/debug", shop.folder);
	CU_ASSERT(has_name(&shop, &sources, NULL));
	CU_ASSERT(has_name(&shop, &sources, NULL));
	CU_ASSERT(shop_run(&shop, "mkdir -p debug/.build-id/a0 && objcopy --only-keep-debug whole.so "
				  "debug/.build-id/a0/a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3.debug"));
	CU_ASSERT(has_name(&shop, &sources, "hidden"));
	CU_ASSERT(has_name(&shop, &sources, "hidden"));
	CU_ASSERT(shop_run(&shop, "rm -r debug"));
	CU_ASSERT(has_name(&shop, &sources, NULL));
	shop_close(&shop);
}

/* Write to FOLDER that "hidden" of bare.so is called something else.  */
static void write_made_up(const struct shop *shop, const struct mv_symbols_sources *sources)
{
	static const struct mv_symbol made_up = {"made_up", NULL, 0};
	struct mv_symbols_object wanted = shop_object(shop, "bare.so");
	struct mv_cachefile_entry entry = {0, {&made_up, 1, 0}};
	struct mv_cachefile none = {NULL, 0}, made;
	enum mv_symbols_state state;
	struct mv_object *object = mv_object_open(&wanted, sources, &state);
	struct mv_cachefile_key about = {shop->build_id, shop->build_id_bytes, mv_object_stamp(object)};
	uint64_t size;

	entry.address = shop_address(shop, "hidden", &size) + 1;
	CU_ASSERT_FATAL(mv_cachefile_make(&made, &none, &about, &entry, 1));
	mv_cachefolder_write(sources->cache_folder, &about, &made);
	mv_cachefile_release(&made);
	mv_object_close(object);
}

static void names_are_read_from_the_cache_until_the_object_changes(void)
{
	char cache[128];
	struct mv_symbols_sources sources = {.cache_folder = cache}, none = {NULL, NULL, false};
	struct shop shop;

	if (!shop_open(&shop) || !shop_run(&shop, "strip -o bare.so whole.so")) {
		harness_skip("no compiler or strip here");
		shop_close(&shop);
		return;
	}
	snprintf(cache, sizeof cache, "%s/cache", shop.folder);
	write_made_up(&shop, &sources);
	CU_ASSERT(has_name(&shop, &sources, "made_up"));
	CU_ASSERT(has_name(&shop, &none, NULL));
	CU_ASSERT(shop_run(&shop, "cp whole.so bare.so"));
	CU_ASSERT(has_name(&shop, &sources, "hidden"));
	shop_close(&shop);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(what_was_found_is_found_again),
	HARNESS_TEST(what_is_added_joins_what_was_there),
	HARNESS_TEST(what_is_about_something_else_does_not_count),
	HARNESS_TEST(every_cut_and_every_changed_byte_is_noticed),
	HARNESS_TEST(levels_that_are_used_twice_are_refused),
	HARNESS_TEST(text_that_steers_a_terminal_is_made_harmless),
	HARNESS_TEST(only_the_owner_can_read_and_write_the_folder),
	HARNESS_TEST(links_are_not_followed),
	HARNESS_TEST(the_oldest_files_make_room),
	HARNESS_TEST(debug_information_that_comes_later_is_not_missed),
	HARNESS_TEST(names_are_read_from_the_cache_until_the_object_changes),
};
HARNESS_MAIN("cache", tests)
