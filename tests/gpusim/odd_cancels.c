/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that may be cancelled at any instruction, and are, while others go on.  */
#include "gpusim/odd_acts.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "memviz/memviz.h"

enum { CANCELLED = 2000, LATEST_NS = 200000, DEPTHS = 40, FORK_EACH = 100 };

static int g_is_over;
static uint64_t g_steady;

/* New stacks again and again, which take what is longest and asks the loader.  */
__attribute__((noinline)) static void pair_deep(int depth)
{
	uint64_t address;

	if (depth) {
		pair_deep(depth - 1);
	} else if (!cuMemAlloc_v2(&address, ODD_BYTES)) {
		cuMemFree_v2(address);
	}
	__asm__ volatile("");
}

static void *churn_cancellable(void *argument)
{
	int i;

	MUST(!pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL));
	for (i = 0;; i++) {
		pair_deep(i % DEPTHS);
		memviz_phase_push("again");
		memviz_phase_pop();
	}
	return argument;
}

static void *churn_steadily(void *argument)
{
	while (!__atomic_load_n(&g_is_over, __ATOMIC_RELAXED)) {
		pair_deep(2);
		g_steady++;
	}
	return argument;
}

/* A time after its start, another each time.  */
static void cancel_one(unsigned *seed)
{
	struct timespec moment = {0, rand_r(seed) % LATEST_NS};
	pthread_t thread;
	void *result;

	MUST(!pthread_create(&thread, NULL, churn_cancellable, NULL));
	nanosleep(&moment, NULL);
	MUST(!pthread_cancel(thread) && !pthread_join(thread, &result) && result == PTHREAD_CANCELED);
}

static int walk_once(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)info, (void)size, (void)context;
	return 1;
}

/* The loader is nobody's, here and in a child, which can use the card.  */
static void fork_one(void)
{
	int status;
	pid_t child = fork();

	if (!child) {
		alarm(20);
		MUST(dl_iterate_phdr(walk_once, NULL) == 1);
		_exit(0);
	}
	MUST(waitpid(child, &status, 0) == child && !status);
}

/* Prints how many pairs a thread made that nobody cancelled.  */
void odd_cancels_anywhere(void)
{
	unsigned seed = (unsigned)getpid();
	pthread_t steady;
	int i;

	odd_keep();
	MUST(!pthread_create(&steady, NULL, churn_steadily, NULL));
	for (i = 0; i < CANCELLED; i++) {
		cancel_one(&seed);
		if (i % FORK_EACH == 0)
			fork_one();
	}
	__atomic_store_n(&g_is_over, 1, __ATOMIC_RELAXED);
	MUST(!pthread_join(steady, NULL));
	MUST(dlopen("libodd_table.so", RTLD_NOW));
	odd_keep();
	printf("%llu\n", (unsigned long long)g_steady);
}

/* What the recorder sets for its own sake is back when it returns.  */
void odd_keeps_how_it_is_cancelled(void)
{
	static const int types[] = {PTHREAD_CANCEL_ASYNCHRONOUS, PTHREAD_CANCEL_DEFERRED};
	int i, type = -1, state = -1;

	for (i = 0; i < 2; i++) {
		MUST(!pthread_setcanceltype(types[i], NULL));
		odd_keep();
		memviz_phase_push("kept");
		memviz_phase_pop();
		memviz_snapshot();
		MUST(!pthread_setcanceltype(types[i], &type) && type == types[i]);
		MUST(!pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state) && state == PTHREAD_CANCEL_ENABLE);
	}
}
