/* SPDX-License-Identifier: Apache-2.0 */
/* churn THREADS SECONDS EVENTS BOOKS: a program that does what long trainings do to a card, for SECONDS or until EVENTS
 * events are done, whichever is later: THREADS threads allocate and free memory of all sorts, from 512 bytes to 4 MiB, out
 * of some hundred places in the program; most of it lives for a moment, some for long.
 *
 * While it runs it looks at itself, and prints a line for each sample:
 *	sample EVENTS ANONYMOUS_KIB RESIDENT_KIB FILE_BYTES
 * At the end it sets a snapshot aside and writes to the file BOOKS what the driver's books then hold, a line for each piece:
 *	LEDGER ADDRESS SIZE
 * It gives everything back afterwards, and fails if the card does not hold what it held at the beginning: then the driver
 * knew of more than the books.  */
#include <glob.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/measure.h"
#include "gpusim/api/cuda_device.h"
#include "gpusim/api/cuda_memory.h"
#include "gpusim/api/cuda_pool.h"
#include "gpusim/must.h"
#include "memviz/format.h"
#include "memviz/memviz.h"

enum {
	THREADS_MAX = 64,
	PLACES = 1024,	   /* pieces that a thread can hold at a time */
	DEPTH_MAX = 24,	   /* of its own frames */
	SHAPES = 128,	   /* of stacks */
	BATCH = 500,	   /* events between two looks at the clock */
	SAMPLES = 200,
	SIZE_CLASSES = 14, /* 512 bytes, 1 KiB … 4 MiB */
};

struct piece {
	uint64_t address; /* 0: nothing is there */
	uint64_t size_bytes;
	uint8_t ledger; /* enum mv_ledger */
};

struct worker {
	pthread_t id;
	uint64_t random;
	uint64_t done, quota; /* events */
	struct piece pieces[PLACES];
};

static struct worker g_workers[THREADS_MAX];
static CUcontext g_context;
static double g_start_ns, g_length_ns;

/* ---- what a piece is ---- */

static uint64_t next_random(struct worker *worker)
{
	worker->random = worker->random * 6364136223846793005u + 1442695040888963407u;
	return worker->random >> 33;
}

static uint64_t get_host(uint64_t size)
{
	void *memory = NULL;

	MUST(!cuMemHostAlloc(&memory, size, 0));
	return (uintptr_t)memory;
}

static uint64_t get_device(uint8_t ledger, uint64_t size)
{
	CUdeviceptr address = 0;

	if (ledger == MV_LEDGER_POOLED)
		MUST(!cuMemAllocAsync(&address, size, NULL));
	else if (ledger == MV_LEDGER_MANAGED)
		MUST(!cuMemAllocManaged(&address, size, CU_MEM_ATTACH_GLOBAL));
	else
		MUST(!cuMemAlloc_v2(&address, size));
	return address;
}

static void get(struct worker *worker, struct piece *piece)
{
	/* Managed and pinned memory is rare: the simulation maps each piece of it.  */
	static const uint8_t ledgers[16] = {MV_LEDGER_MANAGED, MV_LEDGER_HOST, MV_LEDGER_POOLED, MV_LEDGER_POOLED,
					    MV_LEDGER_POOLED,  MV_LEDGER_POOLED};
	uint8_t ledger = ledgers[next_random(worker) % 16];

	piece->ledger = ledger ? ledger : MV_LEDGER_DEVICE;
	piece->size_bytes = UINT64_C(512) << next_random(worker) % SIZE_CLASSES;
	piece->address = piece->ledger == MV_LEDGER_HOST ? get_host(piece->size_bytes)
							 : get_device(piece->ledger, piece->size_bytes);
}

static void give(struct piece *piece)
{
	if (piece->ledger == MV_LEDGER_HOST)
		MUST(!cuMemFreeHost((void *)(uintptr_t)piece->address));
	else if (piece->ledger == MV_LEDGER_POOLED)
		MUST(!cuMemFreeAsync(piece->address, NULL));
	else
		MUST(!cuMemFree_v2(piece->address));
	piece->address = 0;
}

/* What the driver says of the piece is what goes into the books.  */
static void write_piece(FILE *books, const struct piece *piece)
{
	CUdeviceptr base = piece->address;
	size_t size = piece->size_bytes;
	unsigned int flags;

	if (piece->ledger == MV_LEDGER_HOST)
		MUST(!cuMemHostGetFlags(&flags, (void *)(uintptr_t)piece->address));
	else
		MUST(!cuMemGetAddressRange_v2(&base, &size, piece->address));
	fprintf(books, "%u %" PRIu64 " %zu\n", piece->ledger, (uint64_t)base, size);
}

/* ---- what a thread does ---- */

/* The square of a random number: some places are used all the time, most of them seldom.  */
static struct piece *any_place(struct worker *worker)
{
	double x = (double)(next_random(worker) % (1 << 20)) / (1 << 20);

	return &worker->pieces[(size_t)(x * x * PLACES)];
}

static void turn_over(struct worker *worker)
{
	struct piece *piece = any_place(worker);

	if (piece->address)
		give(piece);
	else
		get(worker, piece);
	worker->done++;
}

static void left(struct worker *worker, unsigned shape, int depth);
static void right(struct worker *worker, unsigned shape, int depth);

static void descend(struct worker *worker, unsigned shape, int depth)
{
	if (!depth)
		turn_over(worker);
	else if (shape >> depth % 7 & 1)
		right(worker, shape, depth - 1);
	else
		left(worker, shape, depth - 1);
	__asm__ volatile("" ::: "memory"); /* no tail call */
}

static __attribute__((noinline)) void left(struct worker *worker, unsigned shape, int depth)
{
	descend(worker, shape, depth);
	__asm__ volatile("" ::: "memory");
}

static __attribute__((noinline)) void right(struct worker *worker, unsigned shape, int depth)
{
	descend(worker, shape, depth);
	__asm__ volatile("" ::: "memory");
}

/* As much of the time must be over as of the events is done.  */
static void keep_pace(const struct worker *worker)
{
	double due_ns = g_start_ns + g_length_ns * (double)worker->done / (double)worker->quota;
	double early_ns = due_ns - measure_now_ns();

	if (early_ns > 0)
		usleep((useconds_t)(early_ns / 1e3));
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	MUST(!cuCtxSetCurrent(g_context));
	while (worker->done < worker->quota) {
		unsigned shape = (unsigned)next_random(worker) % SHAPES;

		descend(worker, shape, (int)(shape % DEPTH_MAX) + 1);
		if (worker->done % BATCH == 0)
			keep_pace(worker);
	}
	return NULL;
}

/* ---- looking ---- */

static long status_kib(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	MUST(at);
	return atol(at + strlen(name));
}

static long long recording_bytes(void)
{
	char pattern[512];
	struct stat stat_buf = {0};
	glob_t found;

	snprintf(pattern, sizeof pattern, "%s/*-%d.memviz", getenv("MEMVIZ_OUT"), (int)getpid());
	MUST(!glob(pattern, 0, NULL, &found) && found.gl_pathc == 1);
	MUST(!stat(found.gl_pathv[0], &stat_buf));
	globfree(&found);
	return stat_buf.st_size;
}

static uint64_t events_done(int threads)
{
	uint64_t done = 0;
	int i;

	for (i = 0; i < threads; i++)
		done += __atomic_load_n(&g_workers[i].done, __ATOMIC_RELAXED);
	return done;
}

static void print_sample(int threads)
{
	char text[4096] = "";
	FILE *status = fopen("/proc/self/status", "r");

	MUST(status && fread(text, 1, sizeof text - 1, status));
	fclose(status);
	printf("sample %" PRIu64 " %ld %ld %lld\n", events_done(threads), status_kib(text, "RssAnon:"),
	       status_kib(text, "VmRSS:"), recording_bytes());
	fflush(stdout);
}

static void watch(int threads, uint64_t events)
{
	while (events_done(threads) < events) {
		usleep((useconds_t)(g_length_ns / 1e3 / SAMPLES));
		print_sample(threads);
	}
}

/* ---- all of it ---- */

static size_t free_bytes(void)
{
	size_t available, total;

	MUST(!cuMemGetInfo_v2(&available, &total));
	return available;
}

static void each_piece(int threads, void (*visit)(FILE *, struct piece *), FILE *file)
{
	int i, place;

	for (i = 0; i < threads; i++)
		for (place = 0; place < PLACES; place++)
			if (g_workers[i].pieces[place].address)
				visit(file, &g_workers[i].pieces[place]);
}

static void visit_write(FILE *books, struct piece *piece)
{
	write_piece(books, piece);
}

static void visit_give(FILE *none, struct piece *piece)
{
	(void)none;
	give(piece);
}

static void close_books(int threads, const char *path)
{
	FILE *books = fopen(path, "w");

	MUST(books);
	each_piece(threads, visit_write, books);
	MUST(!fclose(books));
	MUST(!memviz_snapshot());
}

static void give_all_back(int threads, size_t free_before)
{
	CUmemoryPool pool;

	each_piece(threads, visit_give, NULL);
	MUST(!cuCtxSynchronize());
	MUST(!cuDeviceGetDefaultMemPool(&pool, 0) && !cuMemPoolTrimTo(pool, 0));
	MUST(free_bytes() == free_before);
}

int main(int argc, char **argv)
{
	int i, threads = argc == 5 ? atoi(argv[1]) : 0;
	uint64_t events = argc == 5 ? strtoull(argv[3], NULL, 10) : 0;
	size_t free_before;

	if (threads < 1 || threads > THREADS_MAX || events < (uint64_t)threads) {
		fprintf(stderr, "usage: churn THREADS SECONDS EVENTS BOOKS\n");
		return 2;
	}
	MUST(!cuInit(0) && !cuDevicePrimaryCtxRetain(&g_context, 0) && !cuCtxSetCurrent(g_context));
	free_before = free_bytes();
	give(&(struct piece){get_device(MV_LEDGER_DEVICE, 512), 512, MV_LEDGER_DEVICE}); /* there is a recording from here on */
	g_start_ns = measure_now_ns();
	g_length_ns = atof(argv[2]) * 1e9;
	for (i = 0; i < threads; i++) {
		g_workers[i].random = (uint64_t)i + 1;
		g_workers[i].quota = events / (uint64_t)threads;
		MUST(!pthread_create(&g_workers[i].id, NULL, work, &g_workers[i]));
	}
	watch(threads, events / (uint64_t)threads * (uint64_t)threads);
	for (i = 0; i < threads; i++)
		MUST(!pthread_join(g_workers[i].id, NULL));
	close_books(threads, argv[4]);
	give_all_back(threads, free_before);
	return 0;
}
