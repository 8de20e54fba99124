/* SPDX-License-Identifier: Apache-2.0 */
#include "demo/crew.h"

#include <pthread.h>
#include <stdbool.h>

/* Additions that take as long as some ten starts of a thread.  */
enum { WORTH_SHARING = 1 << 19 };

struct hand {
	const struct crew_task *task;
	struct card_share share;
	pthread_t thread;
	bool is_started;
};

static void *work(void *data)
{
	struct hand *hand = data;

	hand->task->kernel(hand->task->args, &hand->share);
	return NULL;
}

static struct hand hand_of(const struct crew_task *task, unsigned worker, unsigned workers)
{
	return (struct hand){
		.task = task,
		.share = {task->count * worker / workers, task->count * (worker + 1) / workers, worker},
	};
}

void crew_run(const struct crew_task *task)
{
	unsigned workers = task->count * task->item_cost < WORTH_SHARING ? 1 : CARD_WORKERS, i;
	struct hand hands[CARD_WORKERS];

	for (i = 0; i < workers; i++)
		hands[i] = hand_of(task, i, workers);
	for (i = 1; i < workers; i++)
		hands[i].is_started = !pthread_create(&hands[i].thread, NULL, work, &hands[i]);
	for (i = 0; i < workers; i++)
		if (!hands[i].is_started)
			work(&hands[i]);
	for (i = 1; i < workers; i++)
		if (hands[i].is_started)
			pthread_join(hands[i].thread, NULL);
}
