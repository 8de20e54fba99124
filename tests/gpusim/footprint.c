/* SPDX-License-Identifier: Apache-2.0 */
/* What the recorder does to the system and to libc, counted from outside: nothing where CUDA is not used, and nothing for
 * a call like those before; and those who look from outside, debuggers and tracers, see what they always see.  */
#include "unit/harness.h"

#include <sys/wait.h>
#include <unistd.h>

#include "gpusim/run.h"
#include "read/recording.h"

#define MIB ((uint64_t)1 << 20)

enum { CALLS_MAX = 4096, COMMAND_MAX = 24 };

static const char *place(const char *variable)
{
	const char *value = getenv(variable);

	CU_ASSERT_FATAL(value != NULL);
	return value;
}

static const char *odd(const char *name)
{
	static char paths[4][4096];
	static unsigned n;
	char *path = paths[n++ % 4];

	snprintf(path, 4096, "%s/%s", place("MEMVIZ_TEST_ODD"), name);
	return path;
}

/* What LD_PRELOAD and LD_LIBRARY_PATH are to be, as settings.  */
static char g_preload[8192], g_library[4096];

static void prepare(const char *first, bool has_recorder, const char *libraries)
{
	snprintf(g_preload, sizeof g_preload, "LD_PRELOAD=%s %s", first, has_recorder ? place("MEMVIZ_TEST_SO") : "");
	snprintf(g_library, sizeof g_library, "LD_LIBRARY_PATH=%s", libraries);
}

/* ---- strace ---- */

static const char *const alone[] = {"LD_PRELOAD=", NULL};

/* Run PROGRAM, which ends in NULL, under strace, what that writes into OUT; SAMPLE, a setting, is for the recorder's own
 * thread.  False: it cannot be used here.  */
static bool trace(struct run *run, const char *out, const char *sample, const char *const *program)
{
	const char *command[COMMAND_MAX] = {"strace", "-f", "-o", out, "-E", g_preload, "-E", g_library, "-E", sample};
	static const char *const probe[] = {"strace", "-o", "/dev/null", "true", NULL};
	struct run first;
	bool works;
	size_t n;

	run_program(&first, probe, alone);
	works = WIFEXITED(first.status) && WEXITSTATUS(first.status) == 0;
	run_clean(&first);
	if (!works) {
		harness_skip("strace cannot be used");
		return false;
	}
	for (n = 10; n < COMMAND_MAX - 1 && *program; n++)
		command[n] = *program++;
	run_program(run, command, alone);
	CU_ASSERT(run_exited(run, 0));
	return true;
}

/* The names of the system calls in FILE, one behind the other: between the last BEGIN and the END behind it, or, if END is
 * NULL, from the first BEGIN behind AFTER to the last line.  */
static size_t read_calls(const char *file, const char *after, const char *begin, const char *end, char *calls, size_t size)
{
	FILE *lines = fopen(file, "r");
	char line[1024], name[64];
	bool is_inside = false, is_behind = !after;
	size_t count = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(lines);
	for (calls[0] = 0; fgets(line, sizeof line, lines);) {
		is_behind = is_behind || strstr(line, after);
		if (!is_behind)
			continue;
		if (is_inside && end && strstr(line, end)) {
			is_inside = false;
		} else if (strstr(line, begin) && (end || !is_inside)) {
			is_inside = true;
			calls[0] = count = 0;
		} else if (is_inside && sscanf(line, "%*d %63[a-z_0-9]", name) == 1) {
			strncat(calls, name, size - strlen(calls) - 2);
			strcat(calls, " ");
			count++;
		}
	}
	fclose(lines);
	unlink(file);
	return count;
}

/* The loader's last act, before what it loaded begins, is to let go of its list of libraries.  */
static bool calls_of(bool has_recorder, const char *const *program, char *calls)
{
	struct run run;
	char out[] = "/tmp/memviz-strace-XXXXXX";
	int fd = mkstemp(out);

	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	prepare("", has_recorder, "");
	if (!trace(&run, out, "MEMVIZ_SAMPLE=off", program)) {
		unlink(out);
		return false;
	}
	CU_ASSERT_EQUAL(run.file_count, 0);
	run_clean(&run);
	return read_calls(out, "ld.so.cache", "munmap(", NULL, calls, CALLS_MAX) > 0;
}

static void check_silent(const char *const *program)
{
	static char with[CALLS_MAX], without[CALLS_MAX];

	if (!calls_of(false, program, without))
		return;
	CU_ASSERT_FATAL(calls_of(true, program, with));
	CU_ASSERT_STRING_EQUAL(with, without);
}

static void a_process_without_cuda_makes_the_system_calls_it_always_makes(void)
{
	static const char *const nothing[] = {"/bin/true", NULL};

	check_silent(nothing);
}

/* How much of TEXT is nothing but WORD, again and again.  */
static size_t span_of(const char *text, const char *word)
{
	size_t n = 0, length = strlen(word);

	while (!strncmp(text + n, word, length))
		n += length;
	if (text[n])
		fprintf(stderr, "called: %s\n", text + n);
	return n;
}

/* But for a look, in each tick of the clock, whether the recording is still whole.  */
static void a_call_like_those_before_makes_no_system_call(void)
{
	const char *const program[] = {odd("acts"), "steady", NULL};
	char out[] = "/tmp/memviz-strace-XXXXXX";
	static char calls[CALLS_MAX];
	int fd = mkstemp(out);
	struct run run;

	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	prepare("", true, place("MEMVIZ_TEST_ODD"));
	if (trace(&run, out, "MEMVIZ_SAMPLE=off", program)) {
		CU_ASSERT_EQUAL(run.file_count, 1);
		read_calls(out, NULL, "close(-4711)", "close(-4711)", calls, sizeof calls);
		CU_ASSERT_EQUAL(span_of(calls, "newfstatat "), strlen(calls));
		run_clean(&run);
	}
	unlink(out);
}

/* ---- other processes ---- */

/* What others could wait for, or change; a file that is opened for writing is another matter.  */
static bool is_shared(const char *line)
{
	static const char *const ways[] = {" flock(", "F_SETLK", "F_OFD_SETLK", "F_SETLEASE", " semget(", " semop(", " shmget(",
					   " shmat(", " msgget(", " mq_open(", "/dev/shm", " connect(", " bind("};
	size_t i;

	for (i = 0; i < sizeof ways / sizeof *ways; i++)
		if (strstr(line, ways[i]))
			return true;
	return strstr(line, " futex(") && !strstr(line, "_PRIVATE");
}

/* Files that are opened for writing and what is not in FOLDER.  */
static bool is_elsewhere(const char *line, const char *folder)
{
	return (strstr(line, "O_RDWR") || strstr(line, "O_WRONLY") || strstr(line, "O_CREAT")) && !strstr(line, folder);
}

/* From its start to its end, with the thread that asks NVML.  */
static void a_process_shares_nothing_with_others_but_a_folder(void)
{
	const char *const program[] = {place("MEMVIZ_TEST_ACTS"), "device", NULL};
	char out[] = "/tmp/memviz-strace-XXXXXX", line[1024];
	int fd = mkstemp(out), wrong = 0, opened = 0;
	struct run run;
	FILE *lines;

	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	prepare("", true, place("MEMVIZ_TEST_GPUSIM"));
	if (trace(&run, out, "MEMVIZ_SAMPLE=1ms", program)) {
		lines = fopen(out, "r");
		CU_ASSERT_PTR_NOT_NULL_FATAL(lines);
		while (fgets(line, sizeof line, lines)) {
			opened += strstr(line, "O_CREAT") && strstr(line, run.folder);
			if ((is_shared(line) || is_elsewhere(line, run.folder)) && ++wrong)
				fprintf(stderr, "%s", line);
		}
		fclose(lines);
		CU_ASSERT(opened > 0 && !wrong);
		run_clean(&run);
	}
	unlink(out);
}

static void a_tracer_may_watch(void)
{
	const char *const program[] = {place("MEMVIZ_TEST_ACTS"), "forks_among_threads", NULL};
	struct mv_timeline *timeline;
	struct run run;

	prepare("", true, place("MEMVIZ_TEST_GPUSIM"));
	if (!trace(&run, "/dev/null", "MEMVIZ_SAMPLE=10ms", program))
		return;
	CU_ASSERT_STRING_EQUAL(run.err, "");
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 0);
	run_end(&run, timeline);
}

/* ---- gdb ---- */

static void run_gdb(struct run *run, const char *where)
{
	static char preload[8300], library[4200], stop[128];
	const char *command[] = {"gdb", "-nx", "-batch", "-ex", "set startup-with-shell off", "-ex", preload, "-ex", library,
				 "-ex", "set breakpoint pending on", "-ex", stop, "-ex", "run", "-ex", "backtrace", "-ex",
				 "delete", "-ex", "continue", "--args", odd("acts"), "asks_no_more", NULL};

	prepare("", true, place("MEMVIZ_TEST_ODD"));
	snprintf(preload, sizeof preload, "set environment %s", g_preload);
	snprintf(library, sizeof library, "set environment %s", g_library);
	*strchr(preload, '=') = *strchr(library, '=') = ' ';
	snprintf(stop, sizeof stop, "break %s", where);
	run_program(run, command, alone);
}

/* Stopped in the recorder, in the middle of it, the whole stack is there.  */
static void check_gdb(const char *where)
{
	struct mv_timeline *timeline;
	struct run run;

	run_gdb(&run, where);
	if (strstr(run.err, "ptrace") || !WIFEXITED(run.status) || WEXITSTATUS(run.status) == 98) {
		harness_skip("gdb cannot be used");
		run_clean(&run);
		return;
	}
	CU_ASSERT(strstr(run.out, "Breakpoint 1") && strstr(run.out, where) && strstr(run.out, "call_through"));
	CU_ASSERT(strstr(run.out, "in main (") != NULL);
	CU_ASSERT(strstr(run.out, "exited normally") != NULL);
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 2000);
	run_end(&run, timeline);
}

static void a_debugger_may_stop_in_the_recorder(void)
{
	check_gdb("mv_hook_leave");
	check_gdb("mv_stack_capture_from");
}

/* ---- programs ---- */

static void check_untouched(const char *const *program)
{
	struct run with, without;

	run_program(&with, program, NULL);
	run_program(&without, program, alone);
	CU_ASSERT(WIFEXITED(without.status) && without.status != 98 << 8 && without.out[0]);
	CU_ASSERT_EQUAL(with.status, without.status);
	CU_ASSERT_STRING_EQUAL(with.out, without.out);
	CU_ASSERT_STRING_EQUAL(with.err, without.err);
	CU_ASSERT_EQUAL(with.file_count, 0);
	run_clean(&with);
	run_clean(&without);
}

static void programs_that_know_nothing_of_cuda_are_as_ever(void)
{
	static const char *const shell[] = {"sh", "-c", "echo $((6 * 7)) | tr 4 5; ls / | wc -l; echo no >&2; exit 3", NULL};
	static const char *const bash[] = {"bash", "-c", "(echo one & wait); cat <(echo two); exec ls /", NULL};
	static const char *const python[] = {"python3", "-c", "import subprocess, ctypes; print(subprocess.run('true'))", NULL};
	static const char *const compiler[] = {"cc", "--version", NULL};

	check_untouched(shell);
	check_untouched(bash);
	check_untouched(python);
	check_untouched(compiler);
}

/* ---- libc ---- */

static void run_counted(struct run *run, const char *act, bool has_recorder)
{
	static char tally[4096];
	const char *const program[] = {odd("acts"), act, NULL};
	const char *const settings[] = {g_preload, g_library, "MEMVIZ_SAMPLE=off", NULL};

	snprintf(tally, sizeof tally, "%s/libtally.so", place("MEMVIZ_TEST_SCOPES"));
	prepare(tally, has_recorder, place("MEMVIZ_TEST_ODD"));
	run_program(run, program, settings);
	CU_ASSERT(run_exited(run, 0));
	CU_ASSERT_STRING_EQUAL(run->err, "");
	CU_ASSERT_EQUAL(run->file_count, has_recorder);
}

static void a_call_like_those_before_allocates_locks_and_reads_nothing(void)
{
	struct run run;

	run_counted(&run, "steady", true);
	run_clean(&run);
}

/* But by libc, where the recorder's own thread is made: there is none here.  */
static void nothing_is_ever_allocated_with_malloc_or_asked_of_the_environment(void)
{
	struct run with, without;

	run_counted(&with, "whole_life", true);
	run_counted(&without, "whole_life", false);
	CU_ASSERT(strstr(with.out, "allocations") != NULL);
	CU_ASSERT_STRING_EQUAL(with.out, without.out);
	run_clean(&with);
	run_clean(&without);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_process_without_cuda_makes_the_system_calls_it_always_makes),
	HARNESS_TEST(a_call_like_those_before_makes_no_system_call),
	HARNESS_TEST(a_call_like_those_before_allocates_locks_and_reads_nothing),
	HARNESS_TEST(nothing_is_ever_allocated_with_malloc_or_asked_of_the_environment),
	HARNESS_TEST(programs_that_know_nothing_of_cuda_are_as_ever),
	HARNESS_TEST(a_process_shares_nothing_with_others_but_a_folder),
	HARNESS_TEST(a_tracer_may_watch),
	HARNESS_TEST(a_debugger_may_stop_in_the_recorder),
};
HARNESS_MAIN("footprint", tests)
