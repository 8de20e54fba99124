/* SPDX-License-Identifier: Apache-2.0 */
/* pairs pool|driver FRAMES THREADS LOOPS COUNT: what an allocation and its free cost, in nanoseconds: on the clock, and on
 * the next line of the processors.
 *
 * Each of THREADS goes FRAMES deep and does LOOPS loops of COUNT pairs, after one that is not counted; the first figure is
 * the median loop, the mean over the threads; the second is over all of them and their loops, the first included, which is
 * what counts where there are more threads than processors.  The same program without the recorder says what is to be
 * subtracted.
 *
 * pool: told through memviz.h.  driver: cuMemAlloc and cuMemFree, which go through the recorder's hooks.  */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "bench/pool.h"
#include "gpusim/api/cuda_device.h"
#include "gpusim/api/cuda_memory.h"

enum { THREADS_MAX = 64, LOOPS_MAX = 64, DRIVER_BYTES = 1 << 20 };

struct job {
	double (*pairs)(int thread, int count);
	int thread, frames, loops, count;
	double median_ns;
};

static void must(int is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "pairs: not true: %s\n", what);
	exit(1);
}

static void open_card(void)
{
	CUcontext context;

	must(!cuInit(0), "cuInit");
	must(!cuDevicePrimaryCtxRetain(&context, 0), "cuDevicePrimaryCtxRetain");
	must(!cuCtxSetCurrent(context), "cuCtxSetCurrent");
}

static double driver_pairs(int thread, int count)
{
	double start;
	int i;

	(void)thread;
	open_card();
	start = measure_now_ns();
	for (i = 0; i < count; i++) {
		CUdeviceptr address;

		must(!cuMemAlloc_v2(&address, DRIVER_BYTES), "cuMemAlloc");
		must(!cuMemFree_v2(address), "cuMemFree");
	}
	return (measure_now_ns() - start) / count;
}

static double median_loop(const struct job *job)
{
	double ns[LOOPS_MAX];
	int i;

	job->pairs(job->thread, job->count);
	for (i = 0; i < job->loops; i++)
		ns[i] = job->pairs(job->thread, job->count);
	return measure_median(ns, job->loops);
}

/* FRAMES deep, each a frame of its own.  */
static __attribute__((noinline)) double descend(const struct job *job, int frames)
{
	double ns = frames > 1 ? descend(job, frames - 1) : median_loop(job);

	__asm__ volatile("" ::: "memory"); /* no tail call */
	return ns;
}

static void *run(void *argument)
{
	struct job *job = argument;

	job->median_ns = descend(job, job->frames);
	return NULL;
}

static double at_once(const struct job *job, int threads)
{
	struct job jobs[THREADS_MAX];
	pthread_t ids[THREADS_MAX];
	double sum = 0;
	int i;

	for (i = 0; i < threads; i++) {
		jobs[i] = *job;
		jobs[i].thread = i;
		must(!pthread_create(&ids[i], NULL, run, &jobs[i]), "pthread_create");
	}
	for (i = 0; i < threads; i++) {
		pthread_join(ids[i], NULL);
		sum += jobs[i].median_ns;
	}
	return sum / threads;
}

static double processors_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	struct job job = {.pairs = pool_pairs};
	double start, clock_ns;
	int threads;

	if (argc != 6) {
		fprintf(stderr, "usage: pairs pool|driver FRAMES THREADS LOOPS COUNT\n");
		return 2;
	}
	if (!strcmp(argv[1], "driver"))
		job.pairs = driver_pairs;
	job.frames = atoi(argv[2]);
	threads = atoi(argv[3]);
	job.loops = atoi(argv[4]);
	job.count = atoi(argv[5]);
	must(threads > 0 && threads <= THREADS_MAX && job.loops > 0 && job.loops <= LOOPS_MAX && job.count > 0, "arguments");
	if (job.pairs == driver_pairs)
		open_card();
	start = processors_ns();
	clock_ns = at_once(&job, threads);
	printf("%.2f\n%.2f\n", clock_ns, (processors_ns() - start) / ((double)threads * (job.loops + 1) * job.count));
	return 0;
}
