/* SPDX-License-Identifier: Apache-2.0 */
/* Captures from outside: the rooms are a shared object here, as in the recorder, so that their frames are left out and
 * those of this program are not.  */
#include "unit/harness.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stack/stack.h"
#include "unit/stack_plugin.h"
#include "unit/stack_tables.h"

enum { MAX = 2 * MV_STACK_FRAMES, WITHOUT_NATIVE = 2 };

#define NO_TAIL_CALL(value) __asm__ volatile("" : "+r"(value))

static void start(void)
{
	mv_stack_prepare(MV_STACK_NATIVE | MV_STACK_PYTHON);
	mv_stack_start(&tables_callbacks, MV_STACK_NATIVE | MV_STACK_PYTHON);
}

__attribute__((noinline)) static uint32_t recurse(unsigned depth)
{
	uint32_t id = depth ? recurse(depth - 1) : mv_stack_capture();

	NO_TAIL_CALL(id);
	return id;
}

__attribute__((noinline)) static uint32_t recurse_otherwise(unsigned depth)
{
	uint32_t id = depth ? recurse_otherwise(depth - 1) : mv_stack_capture();

	NO_TAIL_CALL(id);
	return id;
}

static unsigned length_of(uint32_t stack)
{
	static struct mv_frame frames[MAX];

	return tables_frames(stack, frames, MAX);
}

/* The number of frames of STACK in objects whose path contains NAME.  */
static unsigned frames_in(uint32_t stack, const char *name)
{
	static struct mv_frame frames[MAX];
	unsigned n = tables_frames(stack, frames, MAX), i, found = 0;

	for (i = 0; i < n; i++)
		found += frames[i].kind == MV_FRAME_NATIVE &&
			 strstr(tables_text(g_tables.modules[frames[i].a].path), name) != NULL;
	return found;
}

/* One call, three times: as many calls would be as many stacks.  */
__attribute__((noinline)) static void capture_thrice(uint32_t ids[3], unsigned depth)
{
	volatile int count = 3;
	int i;

	for (i = 0; i < count; i++)
		ids[i] = recurse(depth);
}

static void a_stack_has_one_id(void)
{
	uint32_t ids[3];

	start();
	capture_thrice(ids, 5);
	CU_ASSERT(ids[0] && ids[0] == ids[1] && ids[1] == ids[2]);
}

static void other_stacks_have_other_ids(void)
{
	uint32_t five, six;

	start();
	five = recurse(5);
	six = recurse(6);
	CU_ASSERT_NOT_EQUAL(five, six);
	CU_ASSERT_EQUAL(length_of(six), length_of(five) + 1);
	CU_ASSERT_NOT_EQUAL(recurse_otherwise(5), five);
}

static void the_recorder_s_own_frames_are_left_out(void)
{
	uint32_t id;

	start();
	id = recurse(5);
	CU_ASSERT(frames_in(id, "stack_capture") > 6);
	CU_ASSERT_EQUAL(frames_in(id, "libmvstack"), 0);
}

static void the_innermost_frame_is_the_caller(void)
{
	struct mv_frame frames[MAX];
	Dl_info info;

	start();
	CU_ASSERT_FATAL(tables_frames(recurse(0), frames, MAX) > 1);
	CU_ASSERT_FATAL(dladdr((void *)(uintptr_t)recurse, &info));
	CU_ASSERT(frames[0].b - ((uintptr_t)recurse - (uintptr_t)info.dli_fbase) < 200);
}

static void errno_is_left_alone(void)
{
	start();
	errno = EXDEV;
	recurse(7);
	CU_ASSERT_EQUAL(errno, EXDEV);
	recurse(7);
	CU_ASSERT_EQUAL(errno, EXDEV);
}

static void records_are_added_once(void)
{
	unsigned i;

	start();
	for (i = 0; i < 100; i++) {
		recurse(i);
		recurse_otherwise(i);
	}
	CU_ASSERT_EQUAL(g_tables.repeated, 0);
}

static void deep_stacks_end_in_the_mark_of_a_cut(void)
{
	struct mv_frame frames[MAX];
	uint64_t before, lost;
	unsigned n;

	start();
	before = mv_stack_counts().cut;
	lost = g_tables.lost[MV_LOSS_STACK_CUT];
	n = tables_frames(recurse(1000), frames, MAX);
	CU_ASSERT_FATAL(n >= MV_STACK_FRAMES && n < MV_STACK_FRAMES + 20);
	CU_ASSERT_EQUAL(frames[n - 1].kind, MV_FRAME_LABEL);
	CU_ASSERT_STRING_EQUAL(tables_text(frames[n - 1].a), "…cut");
	CU_ASSERT_EQUAL(mv_stack_counts().cut, before + 1);
	CU_ASSERT_EQUAL(g_tables.lost[MV_LOSS_STACK_CUT], lost + 1);
}

static uint32_t recurse_from(unsigned parts, uint32_t origin)
{
	uint32_t id = mv_stack_capture_from(parts, origin);

	NO_TAIL_CALL(id);
	return id;
}

static void an_origin_stands_further_out(void)
{
	struct mv_frame frames[MAX], origin_frames[MAX];
	uint32_t origin, other, ids[2];
	volatile unsigned twice = 2; /* one call: two would be two stacks */
	unsigned i, n, origin_count;

	start();
	origin = recurse(5);
	other = recurse(6);
	for (i = 0; i < twice; i++)
		ids[i] = recurse_from(MV_STACK_NATIVE, origin);
	n = tables_frames(ids[0], frames, MAX);
	origin_count = tables_frames(origin, origin_frames, MAX);
	CU_ASSERT_EQUAL(ids[0], ids[1]);
	CU_ASSERT_FATAL(n > origin_count + 1);
	CU_ASSERT_EQUAL(frames[n - origin_count - 1].kind, MV_FRAME_FORWARD);
	CU_ASSERT_STRING_EQUAL(tables_text(frames[n - origin_count - 1].a), "backward of");
	CU_ASSERT(!memcmp(&frames[n - origin_count], origin_frames, origin_count * sizeof *frames));
	CU_ASSERT_NOT_EQUAL(recurse_from(MV_STACK_NATIVE, other), ids[0]);
	CU_ASSERT_NOT_EQUAL(recurse_from(MV_STACK_NATIVE, 0), ids[0]);
}

static void without_native_frames_nothing_is_lost(void)
{
	uint64_t failed;

	start();
	failed = mv_stack_counts().failed;
	CU_ASSERT_EQUAL(mv_stack_capture_from(MV_STACK_PYTHON, recurse(5)), 0);
	CU_ASSERT_EQUAL(mv_stack_counts().failed, failed);
}

static void what_was_captured_is_counted(void)
{
	struct mv_stack_counts before, after;

	start();
	before = mv_stack_counts();
	recurse(201);
	recurse(201);
	recurse(202);
	after = mv_stack_counts();
	CU_ASSERT_EQUAL(after.captures - before.captures, 3);
	CU_ASSERT_EQUAL(after.stacks - before.stacks, 3);
	CU_ASSERT_EQUAL(after.failed, before.failed);
}

static void without_room_there_is_no_stack(void)
{
	struct mv_stack_counts before;

	start();
	before = mv_stack_counts();
	g_tables.is_full = true;
	CU_ASSERT_EQUAL(recurse_otherwise(300), 0);
	g_tables.is_full = false;
	CU_ASSERT_EQUAL(mv_stack_counts().failed, before.failed + 1);
	CU_ASSERT(recurse_otherwise(301) != 0);
}

static void a_second_start_changes_nothing(void)
{
	uint64_t before;

	start();
	before = mv_stack_counts().captures;
	CU_ASSERT_EQUAL(mv_stack_start(&tables_callbacks, 0), MV_STACK_NATIVE);
	CU_ASSERT_EQUAL(mv_stack_counts().captures, before);
	CU_ASSERT(recurse(5) != 0);
}

/* ---- threads ---- */

struct worker {
	pthread_barrier_t *barrier;
	unsigned depths;
	uint32_t ids[200];
};

static void *capture_all_depths(void *argument)
{
	struct worker *worker = argument;
	unsigned i;

	for (i = 0; i < worker->depths; i++) {
		if (worker->barrier)
			pthread_barrier_wait(worker->barrier);
		worker->ids[i] = recurse_otherwise(i);
	}
	return NULL;
}

static void threads_that_race_get_one_id(void)
{
	enum { THREADS = 4, DEPTHS = 100 };
	static struct worker workers[THREADS];
	pthread_barrier_t barrier;
	pthread_t threads[THREADS];
	unsigned i, different = 0, missing = 0;

	start();
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.barrier = &barrier, .depths = DEPTHS};
		pthread_create(&threads[i], NULL, capture_all_depths, &workers[i]);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < THREADS * DEPTHS; i++) {
		different += workers[i / DEPTHS].ids[i % DEPTHS] != workers[0].ids[i % DEPTHS];
		missing += !workers[i / DEPTHS].ids[i % DEPTHS];
	}
	CU_ASSERT_EQUAL(different, 0);
	CU_ASSERT_EQUAL(missing, 0);
	CU_ASSERT_EQUAL(g_tables.repeated, 0);
	pthread_barrier_destroy(&barrier);
}

static void many_threads_come_and_go(void)
{
	static struct worker worker;
	unsigned i, missing = 0;

	start();
	for (i = 0; i < 300; i++) {
		pthread_t thread;

		worker = (struct worker){.depths = 1};
		pthread_create(&thread, NULL, capture_all_depths, &worker);
		pthread_join(thread, NULL);
		missing += !worker.ids[0];
	}
	CU_ASSERT_EQUAL(missing, 0);
}

static void the_smallest_stack_is_enough(void)
{
	static struct worker worker;
	pthread_attr_t attributes;
	pthread_t thread;

	start();
	worker = (struct worker){.depths = 3};
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, &attributes, capture_all_depths, &worker), 0);
	pthread_join(thread, NULL);
	CU_ASSERT(worker.ids[0] && worker.ids[1] && worker.ids[2]);
	pthread_attr_destroy(&attributes);
}

/* ---- signals ---- */

static volatile sig_atomic_t g_handled;
static volatile uint32_t g_handler_id;

static void capture_in_handler(int signal)
{
	(void)signal;
	g_handler_id = mv_stack_capture();
	g_handled++;
}

/* The handler runs on a stack of its own, small, but with room for what sanitizers add.  */
static void handle(int signal, void (*handler)(int))
{
	static char room[1 << 15];
	stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

	sigaltstack(&stack, NULL);
	sigaction(signal, &action, NULL);
}

static void a_handler_can_capture(void)
{
	start();
	handle(SIGUSR1, capture_in_handler);
	raise(SIGUSR1);
	CU_ASSERT(g_handler_id != 0);
	CU_ASSERT(frames_in(g_handler_id, "libc.so") > 0);
}

/* Handlers come at any instruction of captures that are new and old.  */
static void interrupted_captures_are_whole(void)
{
	struct worker *worker = calloc(1, sizeof *worker);
	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	unsigned i, wrong = 0;

	start();
	handle(SIGUSR1, capture_in_handler);
	worker->depths = 200;
	capture_all_depths(worker);
	g_handled = 0;
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	for (i = 0; i < 20000; i++) {
		struct itimerspec soon = {.it_value = {.tv_nsec = 1000 + i % 1000 * 10}};

		timer_settime(timer, 0, &soon, NULL);
		wrong += recurse_otherwise(i % 200) == 0;
	}
	timer_delete(timer);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(g_handled > 1000);
	free(worker);
}

/* ---- objects that come and go ---- */

static uint32_t capture_for(void *ignored)
{
	(void)ignored;
	return mv_stack_capture();
}

/* As the recorder's dlclose does it.  */
static void close_and_tell(void *plugin)
{
	mv_stack_unload_begins();
	dlclose(plugin);
	mv_stack_unload_ends();
}

static void close_past_us(void *plugin)
{
	dlclose(plugin);
}

/* One call, whichever plugin it is of: the stacks differ in the plugin alone.  */
static void capture_in_plugin(const char *path, const char *other, void **address, void (*let_go)(void *))
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	uint32_t (*call)(uint32_t (*)(void *), void *), id;

	CU_ASSERT_PTR_NOT_NULL_FATAL(plugin);
	*address = dlsym(plugin, "plugin_call");
	memcpy(&call, address, sizeof call);
	id = call(capture_for, NULL);
	CU_ASSERT_EQUAL(frames_in(id, path), 1);
	CU_ASSERT_EQUAL(frames_in(id, other), 0);
	CU_ASSERT(frames_in(id, "libc.so") >= 2);
	let_go(plugin);
}

/* Both return to the same address, again and again, from one place.  */
static void capture_in_turn(const char *path, const char *other, void (*let_go)(void *))
{
	const char *paths[] = {path, other};
	void *addresses[2] = {NULL, NULL};
	volatile int i;

	start();
	for (i = 0; i < 10; i++)
		capture_in_plugin(paths[i % 2], paths[!(i % 2)], &addresses[i % 2], let_go);
	if (addresses[0] != addresses[1])
		harness_skip("the loader put the second object elsewhere");
}

static void code_at_the_place_of_unloaded_code(void)
{
	capture_in_turn(PLUGIN_1, PLUGIN_2, close_and_tell);
}

/* By all addresses it is the same stack, in another object.  */
static void the_same_frames_at_the_place_of_unloaded_code(void)
{
	capture_in_turn(PLUGIN_1, PLUGIN_3, close_and_tell);
}

/* By an object that calls libc's own dlclose, say.  */
static void code_at_the_place_of_code_unloaded_past_us(void)
{
	capture_in_turn(PLUGIN_1, PLUGIN_2, close_past_us);
}

/* Captures while another thread is inside dlclose: what it unloads may be replaced before it says so.  */
static void code_that_comes_before_an_unload_has_been_told_of(void)
{
	mv_stack_unload_begins();
	capture_in_turn(PLUGIN_1, PLUGIN_3, close_past_us);
	mv_stack_unload_ends();
}

/* ---- fork ---- */

static int run_child(unsigned captures)
{
	unsigned i;

	if (recurse(3) != 0)
		return 1;
	tables_reset();
	mv_stack_prepare(MV_STACK_NATIVE);
	if (!(mv_stack_start(&tables_callbacks, MV_STACK_NATIVE) & MV_STACK_NATIVE))
		return WITHOUT_NATIVE;
	for (i = 0; i < captures; i++)
		if (!recurse(i % 50))
			return 3;
	return mv_stack_counts().captures == captures ? 0 : 4;
}

static int fork_and_capture(void)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		alarm(20);
		_exit(run_child(20));
	}
	waitpid(child, &status, 0);
	return status;
}

static void a_forked_child_starts_anew(void)
{
	start();
	recurse(3);
	CU_ASSERT_EQUAL(fork_and_capture(), 0);
	CU_ASSERT(recurse(3) != 0);
}

static bool g_is_done;

static bool is_done(void)
{
	return __atomic_load_n(&g_is_done, __ATOMIC_RELAXED);
}

static void *capture_new_stacks(void *argument)
{
	unsigned i;

	for (i = 0; !is_done(); i++)
		recurse_otherwise(i % 400);
	return argument;
}

/* New threads have everything to learn, so they are inside libunwind and the loader most of the time.  */
static void *keep_starting_threads(void *argument)
{
	while (!is_done()) {
		static struct worker worker;
		pthread_t thread;

		worker = (struct worker){.depths = 10};
		pthread_create(&thread, NULL, capture_all_depths, &worker);
		pthread_join(thread, NULL);
	}
	return argument;
}

/* A fork does not wait for long; a child of one that came at a bad time goes without.  */
static bool is_well(int status)
{
	return WIFEXITED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == WITHOUT_NATIVE);
}

static void a_fork_at_any_time_has_a_child_that_captures(void)
{
	pthread_t threads[2];
	int i, failed = 0;

	start();
	__atomic_store_n(&g_is_done, false, __ATOMIC_RELAXED);
	pthread_create(&threads[0], NULL, capture_new_stacks, NULL);
	pthread_create(&threads[1], NULL, keep_starting_threads, NULL);
	for (i = 0; i < 200; i++)
		failed += !is_well(fork_and_capture());
	__atomic_store_n(&g_is_done, true, __ATOMIC_RELAXED);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	CU_ASSERT_EQUAL(failed, 0);
}

/* Runs first.  */
static void before_the_start_there_are_no_stacks(void)
{
	CU_ASSERT_EQUAL(recurse(1), 0);
	CU_ASSERT_STRING_EQUAL(mv_stack_python_state(), "not asked for");
	start();
	CU_ASSERT_STRING_EQUAL(mv_stack_python_state(), "no interpreter");
}

static const struct harness_test tests[] = {
	HARNESS_TEST(before_the_start_there_are_no_stacks),
	HARNESS_TEST(a_stack_has_one_id),
	HARNESS_TEST(other_stacks_have_other_ids),
	HARNESS_TEST(the_recorder_s_own_frames_are_left_out),
	HARNESS_TEST(the_innermost_frame_is_the_caller),
	HARNESS_TEST(errno_is_left_alone),
	HARNESS_TEST(records_are_added_once),
	HARNESS_TEST(deep_stacks_end_in_the_mark_of_a_cut),
	HARNESS_TEST(an_origin_stands_further_out),
	HARNESS_TEST(without_native_frames_nothing_is_lost),
	HARNESS_TEST(what_was_captured_is_counted),
	HARNESS_TEST(without_room_there_is_no_stack),
	HARNESS_TEST(a_second_start_changes_nothing),
	HARNESS_TEST(threads_that_race_get_one_id),
	HARNESS_TEST(many_threads_come_and_go),
	HARNESS_TEST(the_smallest_stack_is_enough),
	HARNESS_TEST(a_handler_can_capture),
	HARNESS_TEST(interrupted_captures_are_whole),
	HARNESS_TEST(code_at_the_place_of_unloaded_code),
	HARNESS_TEST(the_same_frames_at_the_place_of_unloaded_code),
	HARNESS_TEST(code_at_the_place_of_code_unloaded_past_us),
	HARNESS_TEST(code_that_comes_before_an_unload_has_been_told_of),
	HARNESS_TEST(a_forked_child_starts_anew),
	HARNESS_TEST(a_fork_at_any_time_has_a_child_that_captures),
};
HARNESS_MAIN("stack_capture", tests)
