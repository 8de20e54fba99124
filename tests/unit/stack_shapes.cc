/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/stack_shapes.h"

#include <alloca.h>
#include <link.h>
#include <pthread.h>
#include <search.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

#define KEEP(pointer) __asm__ volatile("" : : "r"(pointer) : "memory")

/* What a handler or callback without an argument of its own calls.  */
static void (*g_look)(void);

static void look_once(void)
{
	void (*look)(void) = g_look;

	g_look = nullptr;
	if (look)
		look();
}

__attribute__((noinline)) static void with_alloca(void (*look)(void), int depth)
{
	char *room = static_cast<char *>(alloca(static_cast<size_t>(depth) * 48 + 1));

	memset(room, depth, static_cast<size_t>(depth));
	look();
	if (depth)
		with_alloca(look, depth - 1);
	KEEP(room);
}

__attribute__((noinline)) static void with_alignment(void (*look)(void), int depth)
{
	alignas(64) char room[128];

	memset(room, depth, sizeof room);
	KEEP(room);
	look();
	if (depth)
		with_alignment(look, depth - 1);
	KEEP(room);
}

__attribute__((noinline)) static void with_both(void (*look)(void), int depth, ...)
{
	alignas(32) char room[64];
	char *more = static_cast<char *>(alloca(static_cast<size_t>(depth) * 16 + 1));

	memset(room, depth, sizeof room);
	KEEP(room);
	KEEP(more);
	look();
	if (depth)
		with_both(look, depth - 1, 1, 2, 3);
	KEEP(room);
}

static int compare(const void *a, const void *b)
{
	look_once();
	return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

static void in_alloca(void (*look)(void))
{
	with_alloca(look, 4);
}

static void in_alignment(void (*look)(void))
{
	with_alignment(look, 4);
}

static void in_both(void (*look)(void))
{
	with_both(look, 4);
}

static void in_sort(void (*look)(void))
{
	int numbers[] = {5, 3, 1, 4};

	g_look = look;
	qsort(numbers, 4, sizeof *numbers, compare);
}

static void in_cpp_sort(void (*look)(void))
{
	std::vector<int> numbers{3, 1, 2};

	g_look = look;
	std::sort(numbers.begin(), numbers.end(), [](int a, int b) {
		look_once();
		return a < b;
	});
}

static void in_functions(void (*look)(void))
{
	std::function<void(int)> call = [&](int depth) {
		look();
		if (depth)
			call(depth - 1);
	};

	call(4);
}

static void in_once(void (*look)(void))
{
	static pthread_once_t once;

	once = PTHREAD_ONCE_INIT;
	g_look = look;
	pthread_once(&once, look_once);
}

struct base {
	virtual ~base() = default;
	virtual void call(void (*look)(void), int depth)
	{
		look();
		if (depth)
			call(look, depth - 1);
	}
};

static void in_virtual_functions(void (*look)(void))
{
	base *object = new base;

	object->call(look, 4);
	delete object;
}

static void in_catch(void (*look)(void))
{
	try {
		try {
			throw 1;
		} catch (int) {
			look();
			throw;
		}
	} catch (int) {
		look();
	}
}

struct looks_when_destroyed {
	void (*look)(void);
	~looks_when_destroyed()
	{
		look();
	}
};

__attribute__((noinline)) static void throw_past(void (*look)(void), int depth)
{
	looks_when_destroyed guard{look};

	if (depth)
		throw_past(look, depth - 1);
	throw depth;
}

static void while_unwinding(void (*look)(void))
{
	try {
		throw_past(look, 3);
	} catch (int) {
		look();
	}
}

static void handle(int)
{
	look_once();
}

static void raise_with(void (*look)(void), int flags)
{
	struct sigaction action = {}, old;

	g_look = look;
	action.sa_handler = handle;
	action.sa_flags = flags;
	sigaction(SIGUSR1, &action, &old);
	raise(SIGUSR1);
	sigaction(SIGUSR1, &old, nullptr);
}

static void in_a_handler(void (*look)(void))
{
	raise_with(look, 0);
}

static void in_a_handler_on_its_own_stack(void (*look)(void))
{
	enum { BYTES = 1 << 16 };
	stack_t stack = {}, old;

	stack.ss_sp = malloc(BYTES);
	stack.ss_size = BYTES;
	sigaltstack(&stack, &old);
	raise_with(look, SA_ONSTACK);
	sigaltstack(&old, nullptr);
	free(stack.ss_sp);
}

static void *run_in_thread(void *look)
{
	with_both(reinterpret_cast<void (*)(void)>(look), 2);
	return nullptr;
}

static void in_a_thread(void (*look)(void))
{
	pthread_t thread;

	pthread_create(&thread, nullptr, run_in_thread, reinterpret_cast<void *>(look));
	pthread_join(thread, nullptr);
}

static pthread_key_t g_key;

static void *set_key(void *value)
{
	pthread_setspecific(g_key, value);
	return nullptr;
}

static void in_a_destructor_of_a_thread(void (*look)(void))
{
	pthread_t thread;

	g_look = look;
	pthread_key_create(&g_key, [](void *) { look_once(); });
	pthread_create(&thread, nullptr, set_key, &g_key);
	pthread_join(thread, nullptr);
	pthread_key_delete(g_key);
}

static void in_a_thread_with_a_small_stack(void (*look)(void))
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 1 << 18);
	pthread_create(&thread, &attributes, run_in_thread, reinterpret_cast<void *>(look));
	pthread_join(thread, nullptr);
	pthread_attr_destroy(&attributes);
}

/* The child's looks are counted where the parent sees them.  */
static void at_exit(void (*look)(void))
{
	pid_t child = fork();

	g_look = look;
	if (child == 0) {
		atexit(look_once);
		exit(0);
	}
	waitpid(child, nullptr, 0);
}

static void in_a_forked_child(void (*look)(void))
{
	pid_t child = fork();

	if (child == 0) {
		look();
		_exit(0);
	}
	waitpid(child, nullptr, 0);
}

/* The call is the last instruction: it returns to what is another function already.  */
[[noreturn]] __attribute__((noinline)) static void never_returns(void (*look)(void), jmp_buf *back)
{
	look();
	longjmp(*back, 1);
}

__attribute__((noinline)) static void calls_what_never_returns(void (*look)(void), jmp_buf *back)
{
	never_returns(look, back);
}

static void where_no_call_returns(void (*look)(void))
{
	jmp_buf back;

	if (!setjmp(back))
		calls_what_never_returns(look, &back);
	look();
}

__attribute__((noinline)) static int with_many_arguments(void (*look)(void), int a, int b, int c, int d, int e, int f, int g,
							  int h, int i)
{
	look();
	return a + b + c + d + e + f + g + h + i;
}

static void in_pushed_arguments(void (*look)(void))
{
	volatile int sum = with_many_arguments(look, 1, 2, 3, 4, 5, 6, 7, 8, 9);

	sum = sum + with_many_arguments(look, sum, 2, 3, 4, 5, 6, 7, sum, sum);
}

/* Larger than what a rule can say.  */
__attribute__((noinline)) static void with_a_large_frame(void (*look)(void))
{
	char room[700000];

	KEEP(room);
	look();
	KEEP(room);
}

static void in_a_large_frame(void (*look)(void))
{
	with_a_large_frame(look);
}

static void in_search(void (*look)(void))
{
	int numbers[] = {1, 3, 5};

	g_look = look;
	bsearch(&numbers[1], numbers, 3, sizeof *numbers, compare);
}

static void in_a_tree(void (*look)(void))
{
	static int key = 3;
	void *root = nullptr;

	tsearch(&key, &root, compare);
	g_look = look;
	twalk(root, [](const void *, VISIT, int) { look_once(); });
	tdelete(&key, &root, compare);
}

static void in_a_list_of_objects(void (*look)(void))
{
	g_look = look;
	dl_iterate_phdr(
		[](struct dl_phdr_info *, size_t, void *) {
			look_once();
			return 1;
		},
		nullptr);
}

#ifndef __SANITIZE_THREAD__
static void in_a_handler_of_a_handler(void (*look)(void))
{
	struct sigaction action = {}, old;

	g_look = look;
	action.sa_handler = [](int) { raise_with(g_look, 0); };
	sigaction(SIGUSR2, &action, &old);
	raise(SIGUSR2);
	sigaction(SIGUSR2, &old, nullptr);
}
#endif

static void in_another_context(void (*look)(void))
{
	enum { BYTES = 1 << 16 };
	static ucontext_t here, there;

	g_look = look;
	getcontext(&there);
	there.uc_stack.ss_sp = malloc(BYTES);
	there.uc_stack.ss_size = BYTES;
	there.uc_link = &here;
	makecontext(&there, look_once, 0);
	swapcontext(&here, &there);
	free(there.uc_stack.ss_sp);
}

const struct shape shapes[] = {
	{"alloca", in_alloca, false},
	{"alignment", in_alignment, false},
	{"alloca and alignment", in_both, false},
	{"qsort", in_sort, false},
	{"bsearch", in_search, false},
	{"twalk", in_a_tree, false},
	{"std::sort", in_cpp_sort, false},
	{"std::function", in_functions, false},
	{"pthread_once", in_once, false},
	{"dl_iterate_phdr", in_a_list_of_objects, false},
	{"virtual functions", in_virtual_functions, false},
	{"pushed arguments", in_pushed_arguments, false},
	{"large frame", in_a_large_frame, true},
	{"calls that do not return", where_no_call_returns, false},
	{"catch", in_catch, false},
	{"while unwinding", while_unwinding, false},
	{"handler", in_a_handler, true},
#ifndef __SANITIZE_THREAD__ /* it delays what is raised in a handler */
	{"handler of a handler", in_a_handler_of_a_handler, true},
#endif
	{"handler on its own stack", in_a_handler_on_its_own_stack, true},
	{"thread", in_a_thread, false},
	{"thread with a small stack", in_a_thread_with_a_small_stack, false},
	{"destructor of a thread", in_a_destructor_of_a_thread, false},
	{"another context", in_another_context, true},
	{"atexit", at_exit, false},
	{"forked child", in_a_forked_child, false},
};
const size_t shape_count = sizeof shapes / sizeof *shapes;
