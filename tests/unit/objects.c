/* SPDX-License-Identifier: Apache-2.0 */
/* What names addresses get, by what an object still has and what lies beside it.  */
#include "unit/harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/elf.h"
#include "support/shop.h"
#include "symbol/demangle.h"

/* What the byte AT of SYMBOL gets in NAME, one of the shop's objects.  */
static struct mv_symbols_answer ask(const struct shop *shop, struct mv_symbols *symbols, const char *name,
				    const char *symbol, uint64_t at)
{
	struct mv_symbols_object object = shop_object(shop, name);
	struct mv_symbols_answer answer;
	uint64_t size;

	mv_symbols_find(symbols, 1, &object, shop_address(shop, symbol, &size) + at, &answer);
	return answer;
}

static const char *function_of(const struct mv_symbols_answer *answer)
{
	return answer->level_count && answer->levels[0].function ? answer->levels[0].function : "";
}

static const char *file_of(const struct mv_symbols_answer *answer)
{
	return answer->level_count && answer->levels[0].file ? answer->levels[0].file : "";
}

/* Opens the shop, or says why not.  */
static bool begin(struct shop *shop)
{
	bool is_open = shop_open(shop) && shop_run(shop, "objcopy --version && xz --version");

	if (!is_open) {
		harness_skip("no compiler, objcopy or xz here");
		shop_close(shop);
	}
	return is_open;
}

/* FUNCTION, in NAME, gets the name WANTED, and the file that it is from if IS_SOURCE.  */
static void check_name(const struct shop *shop, const struct mv_symbols_sources *sources, const char *name,
		       const char *function, const char *wanted, bool is_source)
{
	struct mv_symbols *symbols = mv_symbols_open(sources);
	struct mv_symbols_answer answer = ask(shop, symbols, name, function, 1);
	uint64_t size, start = shop_address(shop, function, &size);

	CU_ASSERT_STRING_EQUAL(function_of(&answer), wanted);
	CU_ASSERT_EQUAL(strstr(file_of(&answer), "shop.c") != NULL, is_source);
	if (*wanted)
		CU_ASSERT_EQUAL(answer.start, start);
	mv_symbols_close(symbols);
}

/* ---- inlined ---- */

static bool is_level(const struct mv_symbol *level, const char *function, uint32_t line)
{
	return level->function && !strcmp(level->function, function) && level->line == line && level->file &&
	       strstr(level->file, "shop.c");
}

static void inlined_functions_are_levels_with_the_lines_of_their_calls(void)
{
	uint64_t at, size = 0;
	unsigned deep = 0;
	struct mv_symbols *symbols;
	struct shop shop;

	if (!begin(&shop))
		return;
	symbols = mv_symbols_open(NULL);
	shop_address(&shop, "outer", &size);
	for (at = 0; at < size; at++) {
		struct mv_symbols_answer answer = ask(&shop, symbols, "whole.so", "outer", at);

		CU_ASSERT_FATAL(answer.level_count > 0);
		CU_ASSERT_STRING_EQUAL(answer.levels[answer.level_count - 1].function, "outer");
		deep += answer.level_count == 3 && is_level(&answer.levels[0], "inner", 3) &&
			is_level(&answer.levels[1], "middle", 4) && is_level(&answer.levels[2], "outer", 5);
	}
	CU_ASSERT(deep > 0);
	mv_symbols_close(symbols);
	shop_close(&shop);
}

/* The names of all levels at ADDRESS as addr2line writes them, one a line.  */
static void write_levels(struct mv_symbols *symbols, const char *path, uint64_t address, char *text, size_t size)
{
	struct mv_symbols_answer answer;
	uint32_t i;
	size_t n = 0;

	mv_symbols_find(symbols, 1, &(struct mv_symbols_object){path, NULL, 0}, address, &answer);
	text[0] = 0;
	for (i = 0; i < answer.level_count && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s\n", answer.levels[i].function ? answer.levels[i].function : "??");
}

static bool ask_addr2line(const char *path, uint64_t address, char *text, size_t size)
{
	char command[640], line[256];
	size_t n = 0;
	FILE *said;
	int i;

	snprintf(command, sizeof command, "addr2line -f -i -e %s 0x%llx 2>/dev/null", path, (unsigned long long)address);
	said = popen(command, "r");
	text[0] = 0;
	for (i = 0; said && fgets(line, sizeof line, said); i++)
		if (i % 2 == 0 && n < size)
			n += (size_t)snprintf(text + n, size - n, "%s", line);
	return said && !pclose(said) && *text && text[0] != '?';
}

/* This program's own functions.  Between functions addr2line names the one before, and of what a compiler has cloned it
 * has the symbol: few addresses may differ.  */
static void levels_are_those_of_addr2line(void)
{
	char path[512], ours[2048], theirs[2048];
	struct mv_symbols *symbols = mv_symbols_open(NULL);
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
	uint64_t at;
	unsigned i, asked = 0, compared = 0, differ = 0, deep = 0;
	struct mv_elf own;

	CU_ASSERT_FATAL(length > 0 && mv_elf_holding((const void *)(uintptr_t)mv_symbols_find, &own));
	path[length] = 0;
	at = (uintptr_t)mv_symbols_find - own.bias;
	for (i = 0; i < 200; i++) {
		if (!ask_addr2line(path, at + i * 61, theirs, sizeof theirs))
			continue;
		asked++;
		write_levels(symbols, path, at + i * 61, ours, sizeof ours);
		if (!*ours || *ours == '?')
			continue;
		compared++;
		differ += strcmp(ours, theirs) != 0;
		deep += strchr(ours, '\n') != strrchr(ours, '\n');
	}
	mv_symbols_close(symbols);
	if (!asked) {
		harness_skip("no addr2line here, or built without debug information");
		return;
	}
	printf("levels: %u addresses, %u of them within what was inlined, %u differ\n", compared, deep, differ);
	CU_ASSERT(compared * 4 >= asked * 3);
	CU_ASSERT(differ * 50 <= compared);
}

/* ---- where names come from ---- */

static void without_lines_the_symbol_table_names_all_functions(void)
{
	struct shop shop;

	if (!begin(&shop))
		return;
	CU_ASSERT(shop_run(&shop, "strip -g -o plain.so whole.so"));
	check_name(&shop, NULL, "plain.so", "hidden", "hidden", false);
	check_name(&shop, NULL, "plain.so", "exported", "exported", false);
	check_name(&shop, NULL, "whole.so", "hidden", "hidden", true);
	shop_close(&shop);
}

static void in_a_stripped_object_only_what_is_exported_has_a_name(void)
{
	uint64_t at, size, start;
	struct mv_symbols *symbols;
	struct shop shop;

	if (!begin(&shop))
		return;
	CU_ASSERT(shop_run(&shop, "strip -o bare.so whole.so"));
	check_name(&shop, NULL, "bare.so", "exported", "exported", false);
	symbols = mv_symbols_open(NULL);
	start = shop_address(&shop, "hidden", &size);
	CU_ASSERT_FATAL(start && size);
	for (at = 0; at < size; at++) {
		struct mv_symbols_answer answer = ask(&shop, symbols, "bare.so", "hidden", at);

		CU_ASSERT_EQUAL(answer.level_count, 0);
		CU_ASSERT_EQUAL(answer.start, start);
	}
	mv_symbols_close(symbols);
	shop_close(&shop);
}

static void a_function_without_length_ends_where_its_unwinding_does(void)
{
	struct mv_symbols *symbols;
	struct mv_symbols_answer last, behind;
	struct shop shop;

	if (!begin(&shop))
		return;
	CU_ASSERT(shop_run(&shop, "strip -o bare.so whole.so"));
	symbols = mv_symbols_open(NULL);
	last = ask(&shop, symbols, "bare.so", "unsized", 4);
	behind = ask(&shop, symbols, "bare.so", "unsized", 5);
	CU_ASSERT_STRING_EQUAL(function_of(&last), "unsized");
	CU_ASSERT(!behind.level_count && !behind.start);
	mv_symbols_close(symbols);
	shop_close(&shop);
}

static void the_small_table_of_a_stripped_object_names_what_it_does_not_export(void)
{
	struct shop shop;

	if (!begin(&shop))
		return;
	CU_ASSERT(shop_run(&shop, "strip -g -o plain.so whole.so && objcopy --only-keep-debug plain.so mini && xz mini &&"
				  " strip -o bare.so whole.so && objcopy --add-section .gnu_debugdata=mini.xz bare.so"));
	check_name(&shop, NULL, "bare.so", "hidden", "hidden", false);
	CU_ASSERT(shop_run(&shop, "head -c 100 mini.xz >cut.xz && strip -R .gnu_debugdata -o damaged.so bare.so &&"
				  " objcopy --add-section .gnu_debugdata=cut.xz damaged.so"));
	check_name(&shop, NULL, "damaged.so", "hidden", "", false);
	check_name(&shop, NULL, "damaged.so", "exported", "exported", false);
	shop_close(&shop);
}

static void what_was_stripped_is_found_by_build_id(void)
{
	struct mv_symbols_sources sources = {NULL, NULL, false};
	char folder[128];
	struct shop shop;

	if (!begin(&shop))
		return;
	snprintf(folder, sizeof folder, "%s/debug", shop.folder);
	sources.debug_folder = folder;
	CU_ASSERT(shop_run(&shop, "strip -o bare.so whole.so && mkdir -p debug/.build-id/a0 && objcopy --only-keep-debug whole.so "
				  "debug/.build-id/a0/a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3.debug"));
	check_name(&shop, NULL, "bare.so", "hidden", "", false);
	check_name(&shop, &sources, "bare.so", "hidden", "hidden", true);
	/* Also where the object itself is gone.  */
	check_name(&shop, &sources, "gone.so", "hidden", "hidden", true);
	shop_close(&shop);
}

static void what_was_stripped_is_found_by_its_name_if_its_checksum_is_right(void)
{
	struct shop shop;

	if (!begin(&shop))
		return;
	CU_ASSERT(shop_run(&shop, "cc -O2 -g -shared -fPIC -Wl,--build-id=none -o whole.so shop.c && mkdir .debug && "
				  "objcopy --only-keep-debug whole.so .debug/bare.debug && strip -o bare.so whole.so &&"
				  "objcopy --add-gnu-debuglink=.debug/bare.debug bare.so"));
	shop.build_id_bytes = 0;
	check_name(&shop, NULL, "bare.so", "hidden", "hidden", true);
	CU_ASSERT(shop_run(&shop, "echo >>.debug/bare.debug"));
	check_name(&shop, NULL, "bare.so", "hidden", "", false);
	shop_close(&shop);
}

static void another_build_is_told_from_none(void)
{
	struct mv_symbols_object object;
	struct mv_symbols *symbols;
	struct shop shop;

	if (!begin(&shop))
		return;
	symbols = mv_symbols_open(NULL);
	object = shop_object(&shop, "whole.so");
	CU_ASSERT_EQUAL(mv_symbols_look(symbols, 1, &object), MV_SYMBOLS_HERE);
	shop.build_id[0]++;
	object = shop_object(&shop, "whole.so");
	CU_ASSERT_EQUAL(mv_symbols_look(symbols, 2, &object), MV_SYMBOLS_OTHER);
	object = shop_object(&shop, "gone.so");
	CU_ASSERT_EQUAL(mv_symbols_look(symbols, 3, &object), MV_SYMBOLS_ABSENT);
	object = shop_object(&shop, "shop.c");
	CU_ASSERT_EQUAL(mv_symbols_look(symbols, 4, &object), MV_SYMBOLS_ABSENT);
	mv_symbols_close(symbols);
	shop_close(&shop);
}

/* ---- servers ---- */

/* A server that nobody should ask; its port in DEBUGINFOD_URLS.  */
static int listen_for_questions(const struct shop *shop)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char url[64];

	if (bind(server, (struct sockaddr *)&address, length) || listen(server, 8) ||
	    getsockname(server, (struct sockaddr *)&address, &length))
		return -1;
	snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
	setenv("DEBUGINFOD_URLS", url, 1);
	setenv("DEBUGINFOD_CACHE_PATH", shop_path(shop, "asked"), 1);
	setenv("DEBUGINFOD_TIMEOUT", "5", 1);
	return server;
}

static bool send_file(int asker, const char *path)
{
	char head[64];
	struct stat about;
	int file = open(path, O_RDONLY | O_CLOEXEC);

	if (file < 0 || fstat(file, &about))
		return false;
	snprintf(head, sizeof head, "HTTP/1.0 200 OK\r\nContent-Length: %jd\r\n\r\n", (intmax_t)about.st_size);
	return write(asker, head, strlen(head)) > 0 && sendfile(asker, file, NULL, (size_t)about.st_size) == about.st_size;
}

static bool say_no(int asker)
{
	static const char no[] = "HTTP/1.0 404 no\r\nContent-Length: 0\r\n\r\n";

	return write(asker, no, sizeof no - 1) > 0;
}

/* Answers the first question with the file at PATH, or with no (NULL), and ends with 0; with 1 if there is none.  */
static pid_t answer_one(int server, const char *path)
{
	struct pollfd waiting = {server, POLLIN, 0};
	pid_t child = fork();
	int asker;

	if (child)
		return child;
	if (poll(&waiting, 1, 5000) <= 0)
		_exit(1);
	asker = accept(server, NULL, NULL);
	_exit(!(path ? send_file(asker, path) : say_no(asker)));
}

static bool can_ask(void)
{
	if (!system("ldconfig -p | grep -q libdebuginfod.so.1"))
		return true;
	harness_skip("no libdebuginfod here: nobody was asked");
	return false;
}

static void servers_are_asked_only_if_that_is_wanted(void)
{
	struct mv_symbols_sources sources = {NULL, NULL, true};
	struct pollfd waiting = {-1, POLLIN, 0};
	struct shop shop;
	int status = 1;
	pid_t child;

	if (!begin(&shop))
		return;
	waiting.fd = listen_for_questions(&shop);
	CU_ASSERT(shop_run(&shop, "strip -o bare.so whole.so"));
	check_name(&shop, NULL, "bare.so", "hidden", "", false);
	CU_ASSERT_EQUAL(poll(&waiting, 1, 0), 0);
	child = answer_one(waiting.fd, NULL);
	check_name(&shop, &sources, "bare.so", "hidden", "", false);
	waitpid(child, &status, 0);
	if (can_ask())
		CU_ASSERT_EQUAL(status, 0);
	close(waiting.fd);
	shop_close(&shop);
}

static void what_was_stripped_comes_from_a_server_that_has_it(void)
{
	struct mv_symbols_sources sources = {NULL, NULL, true};
	struct shop shop;
	int server, status = 1;
	pid_t child;

	if (!begin(&shop))
		return;
	CU_ASSERT(shop_run(&shop, "strip -o bare.so whole.so && objcopy --only-keep-debug whole.so served"));
	server = listen_for_questions(&shop);
	child = answer_one(server, shop_path(&shop, "served"));
	check_name(&shop, &sources, "bare.so", "hidden", can_ask() ? "hidden" : "", can_ask());
	waitpid(child, &status, 0);
	close(server);
	shop_close(&shop);
}

/* ---- names ---- */

static void names_are_readable(void)
{
	static const char *const names[][2] = {
		{"_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE", "core::fmt::Write::write_fmt"},
		{"_ZN71_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..iter..traits..Extend$GT$6extend17h0123456789abcdefE",
		 "<alloc::vec::Vec<T> as core::iter::traits::Extend>::extend"},
		{"_RINvCs6xxl1lAjzDf_1a4callNCNvB2_4main0EB2_", "a::call::<a::main::{closure#0}>"},
		{"_RNvXCs6xxl1lAjzDf_1aINtB2_1VhENtB2_4Grow4growB2_", "<a::V<u8> as a::Grow>::grow"},
		/* With versions of symbols.  */
		{"malloc@@GLIBC_2.2.5", "malloc"},
		{"_ZNSt6localeC1Ev@GLIBCXX_3.4", "std::locale::locale()"},
		/* C++, whatever it looks like; and what cannot be read stays as it is.  */
		{"_ZN3foo9h01234567Ev", "foo::h01234567()"},
		{"_RNvMNtCs9ltgdHTiPiY_4core", "_RNvMNtCs9ltgdHTiPiY_4core"},
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		char *name = mv_demangle(names[i][0]);

		CU_ASSERT_STRING_EQUAL(name, names[i][1]);
		free(name);
	}
}

static const struct harness_test tests[] = {
	HARNESS_TEST(inlined_functions_are_levels_with_the_lines_of_their_calls),
	HARNESS_TEST(levels_are_those_of_addr2line),
	HARNESS_TEST(without_lines_the_symbol_table_names_all_functions),
	HARNESS_TEST(in_a_stripped_object_only_what_is_exported_has_a_name),
	HARNESS_TEST(a_function_without_length_ends_where_its_unwinding_does),
	HARNESS_TEST(the_small_table_of_a_stripped_object_names_what_it_does_not_export),
	HARNESS_TEST(what_was_stripped_is_found_by_build_id),
	HARNESS_TEST(what_was_stripped_is_found_by_its_name_if_its_checksum_is_right),
	HARNESS_TEST(another_build_is_told_from_none),
	HARNESS_TEST(servers_are_asked_only_if_that_is_wanted),
	HARNESS_TEST(what_was_stripped_comes_from_a_server_that_has_it),
	HARNESS_TEST(names_are_readable),
};
HARNESS_MAIN("objects", tests)
