/* SPDX-License-Identifier: Apache-2.0 */
/* A capture allocates nothing: this program's malloc counts.  */
#include "unit/harness.h"

#include <pthread.h>
#include <stdbool.h>

#include "stack/stack.h"
#include "unit/stack_tables.h"

static __thread bool t_is_watched;
static __thread unsigned t_allocations;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *address, size_t size);

void *malloc(size_t size)
{
	t_allocations += t_is_watched;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	t_allocations += t_is_watched;
	return __libc_calloc(count, size);
}

void *realloc(void *address, size_t size)
{
	t_allocations += t_is_watched;
	return __libc_realloc(address, size);
}
#endif

static bool is_counting(void)
{
	void *(*volatile allocate)(size_t) = malloc;

	t_allocations = 0;
	t_is_watched = true;
	free(allocate(1));
	t_is_watched = false;
	return t_allocations == 1;
}

/* The tests' tables allocate for each text.  */
static uint32_t add_text(const char *bytes, size_t length)
{
	uint32_t id;

	t_is_watched = false;
	id = tables_add_text(bytes, length);
	t_is_watched = true;
	return id;
}

static void start(void)
{
	static struct mv_stack_tables tables;

	tables = tables_callbacks;
	tables.add_text = add_text;
	mv_stack_prepare(MV_STACK_NATIVE | MV_STACK_PYTHON);
	mv_stack_start(&tables, MV_STACK_NATIVE | MV_STACK_PYTHON);
}

__attribute__((noinline)) static uint32_t recurse(unsigned depth)
{
	uint32_t id = depth ? recurse(depth - 1) : mv_stack_capture();

	__asm__ volatile("" : "+r"(id));
	return id;
}

static unsigned allocations_of(unsigned captures)
{
	volatile unsigned i;

	t_allocations = 0;
	t_is_watched = true;
	for (i = 0; i < captures; i++)
		recurse(i % 50);
	t_is_watched = false;
	return t_allocations;
}

/* Runs first.  */
static void the_start_allocates_nothing(void)
{
	if (!is_counting()) {
		harness_skip("another malloc is in front");
		return;
	}
	t_allocations = 0;
	t_is_watched = true;
	start();
	t_is_watched = false;
	CU_ASSERT_EQUAL(t_allocations, 0);
}

static void new_stacks_allocate_nothing(void)
{
	start();
	if (!is_counting()) {
		harness_skip("another malloc is in front");
		return;
	}
	CU_ASSERT_EQUAL(allocations_of(50), 0);
}

static void known_stacks_allocate_nothing(void)
{
	start();
	if (!is_counting()) {
		harness_skip("another malloc is in front");
		return;
	}
	allocations_of(50);
	CU_ASSERT_EQUAL(allocations_of(1000), 0);
}

static void *count_allocations(void *result)
{
	*(unsigned *)result = allocations_of(50);
	return NULL;
}

static void the_first_capture_of_a_thread_allocates_nothing(void)
{
	unsigned allocations = 1;
	pthread_t thread;

	start();
	if (!is_counting()) {
		harness_skip("another malloc is in front");
		return;
	}
	pthread_create(&thread, NULL, count_allocations, &allocations);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(allocations, 0);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(the_start_allocates_nothing),
	HARNESS_TEST(new_stacks_allocate_nothing),
	HARNESS_TEST(known_stacks_allocate_nothing),
	HARNESS_TEST(the_first_capture_of_a_thread_allocates_nothing),
};
HARNESS_MAIN("stack_malloc", tests)
