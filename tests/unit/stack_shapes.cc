/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/stack_shapes.h"

#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

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
	{"alloca", in_alloca},
	{"alignment", in_alignment},
	{"alloca and alignment", in_both},
	{"qsort", in_sort},
	{"std::sort", in_cpp_sort},
	{"std::function", in_functions},
	{"pthread_once", in_once},
	{"virtual functions", in_virtual_functions},
	{"catch", in_catch},
	{"while unwinding", while_unwinding},
	{"handler", in_a_handler},
	{"handler on its own stack", in_a_handler_on_its_own_stack},
	{"thread", in_a_thread},
	{"another context", in_another_context},
};
const size_t shape_count = sizeof shapes / sizeof *shapes;
