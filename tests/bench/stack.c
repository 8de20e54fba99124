/* SPDX-License-Identifier: Apache-2.0 */
/* What a capture of native frames costs: one line for each figure, NAME VALUE UNIT.  */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "stack/stack.h"

enum { CAPTURES = 100000, ROUNDS = 5, NEW_STACKS = 2000, THREADS_MAX = 2 };

struct job {
	unsigned depth;
	double each_ns;
};

static uint32_t g_records;

static uint32_t count_record(void)
{
	return __atomic_add_fetch(&g_records, 1, __ATOMIC_RELAXED);
}

static uint32_t add_text(const char *bytes, size_t length)
{
	(void)bytes;
	(void)length;
	return count_record();
}

static uint32_t add_module(const struct mv_module *module)
{
	(void)module;
	return count_record();
}

static uint32_t add_frame(const struct mv_frame *frame)
{
	(void)frame;
	return count_record();
}

static uint32_t add_stack(const struct mv_stack *stack)
{
	(void)stack;
	return count_record();
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds for a capture of one and the same stack, the best of some rounds.  */
static double measure_here(void)
{
	double best = 0;
	int round, i;

	mv_stack_capture();
	for (round = 0; round < ROUNDS; round++) {
		double start = now_ns(), each;

		for (i = 0; i < CAPTURES; i++)
			mv_stack_capture();
		each = (now_ns() - start) / CAPTURES;
		if (!round || each < best)
			best = each;
	}
	return best;
}

/* With DEPTH frames of the program's between here and the capture.  */
__attribute__((noinline)) static double measure_at(unsigned depth)
{
	double each = depth > 1 ? measure_at(depth - 1) : measure_here();

	__asm__ volatile("" : "+m"(each));
	return each;
}

static void *run(void *argument)
{
	struct job *job = argument;

	job->each_ns = measure_at(job->depth);
	return NULL;
}

static void measure_known(unsigned depth, unsigned thread_count)
{
	pthread_t threads[THREADS_MAX];
	struct job jobs[THREADS_MAX];
	double sum = 0;
	unsigned i;

	for (i = 0; i < thread_count; i++) {
		jobs[i] = (struct job){.depth = depth};
		pthread_create(&threads[i], NULL, run, &jobs[i]);
	}
	for (i = 0; i < thread_count; i++) {
		pthread_join(threads[i], NULL);
		sum += jobs[i].each_ns;
	}
	printf("stack_known_%u_native_%u_threads %.1f ns\n", depth, thread_count, sum / thread_count);
}

/* One bit of PATH chooses which of two functions is called next, so that every path is a new stack.  */
__attribute__((noinline)) static uint32_t go_left(unsigned depth, unsigned path);

__attribute__((noinline)) static uint32_t go_right(unsigned depth, unsigned path)
{
	uint32_t id = !depth ? mv_stack_capture() : path & 1 ? go_left(depth - 1, path >> 1) : go_right(depth - 1, path >> 1);

	__asm__ volatile("" : "+r"(id));
	return id;
}

__attribute__((noinline)) static uint32_t go_left(unsigned depth, unsigned path)
{
	uint32_t id = !depth ? mv_stack_capture() : path & 1 ? go_left(depth - 1, path >> 1) : go_right(depth - 1, path >> 1);

	__asm__ volatile("" : "+r"(id));
	return id;
}

static void measure_new(unsigned depth)
{
	double start;
	unsigned i;

	for (i = 0; i < NEW_STACKS; i++)
		go_left(depth, i);
	start = now_ns();
	for (i = NEW_STACKS; i < 2 * NEW_STACKS; i++)
		go_left(depth, i);
	printf("stack_new_%u_native %.1f ns\n", depth, (now_ns() - start) / NEW_STACKS);
}

int main(void)
{
	static const struct mv_stack_tables tables = {
		.add_text = add_text, .add_module = add_module, .add_frame = add_frame, .add_stack = add_stack,
	};
	unsigned threads;

	mv_stack_prepare(MV_STACK_NATIVE);
	mv_stack_start(&tables, MV_STACK_NATIVE);
	for (threads = 1; threads <= THREADS_MAX; threads++) {
		measure_known(20, threads);
		measure_known(60, threads);
	}
	measure_new(20);
	measure_new(60);
	return 0;
}
