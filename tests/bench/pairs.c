/* SPDX-License-Identifier: Apache-2.0 */
/* What an allocation and its free cost while they are recorded: one line for each number of frames and of threads,
 * "name value unit".  Run under the recorder; the loop itself, without one, is subtracted.
 *
 * usage: pairs NAME FRAMES…
 *
 * The events are those of a framework's pool, told through memviz.h, so that no driver's time is in the figures.  */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "memviz/memviz.h"

enum { PAIRS = 200000, ROUNDS = 5, PLACES = 64 };

struct job {
	int frames;
	int is_told; /* 0: the loop alone */
	char *base;
	double ns_per_pair;
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void one_pair(const struct job *job, int i)
{
	char *address = job->base + i % PLACES * 512;

	if (!job->is_told)
		return;
	memviz_block_alloc(address, 512 * (size_t)(1 + i % 7), 0, 1 << 30);
	memviz_block_free(address);
}

static double loop(const struct job *job)
{
	double start = now_ns();
	int i;

	for (i = 0; i < PAIRS; i++) {
		one_pair(job, i);
		__asm__ volatile("" ::: "memory");
	}
	return (now_ns() - start) / PAIRS;
}

/* FRAMES deep, each a frame of its own.  */
static __attribute__((noinline)) double descend(const struct job *job, int frames)
{
	double ns = frames > 1 ? descend(job, frames - 1) : loop(job);

	__asm__ volatile("" ::: "memory"); /* no tail call */
	return ns;
}

static void *run(void *argument)
{
	struct job *job = argument;

	job->ns_per_pair = descend(job, job->frames);
	return NULL;
}

/* The mean over THREADS that run at once.  */
static double at_once(int frames, int threads, int is_told)
{
	struct job jobs[8];
	pthread_t ids[8];
	double sum = 0;
	int i;

	for (i = 0; i < threads; i++) {
		jobs[i] = (struct job){frames, is_told, (char *)(uintptr_t)((size_t)(i + 1) << 32), 0};
		pthread_create(&ids[i], NULL, run, &jobs[i]);
	}
	for (i = 0; i < threads; i++) {
		pthread_join(ids[i], NULL);
		sum += jobs[i].ns_per_pair;
	}
	return sum / threads;
}

static double best(int frames, int threads, int is_told)
{
	double least = 1e18;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		double ns = at_once(frames, threads, is_told);

		least = ns < least ? ns : least;
	}
	return least;
}

int main(int argc, char **argv)
{
	int i, threads;

	if (argc < 3) {
		fprintf(stderr, "usage: pairs NAME FRAMES...\n");
		return 2;
	}
	for (i = 2; i < argc; i++)
		for (threads = 1; threads <= 2; threads++)
			printf("pair_%s_%s_frames_%d_threads %.0f ns\n", argv[1], argv[i], threads,
			       best(atoi(argv[i]), threads, 1) - best(atoi(argv[i]), threads, 0));
	return 0;
}
