/* SPDX-License-Identifier: Apache-2.0 */
#include "demo/card.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "demo/crew.h"
#include "gpusim/api/rt_copy.h"
#include "gpusim/api/rt_device.h"
#include "gpusim/api/rt_memory.h"
#include "gpusim/api/rt_properties.h"
#include "gpusim/api/rt_stream.h"

/* A launch on its way through the stream; freed by the host function that runs it.  */
struct launch {
	_Alignas(16) unsigned char args[CARD_ARGS_BYTES];
	struct crew_task task;
};

static cudaError_t keep(struct card *card, cudaError_t error)
{
	if (card->error == cudaSuccess)
		card->error = error;
	return error;
}

/* ---- can the host reach the card's memory? ---- */

/* True if the host finds BYTES[SIZE] at the device address AT.  write(2) answers EFAULT where a plain read would end the
 * process.  */
static bool host_finds(const void *at, const void *bytes, size_t size)
{
	char seen[64];
	int ends[2];
	bool is_found;

	if (size > sizeof seen || pipe(ends))
		return false;
	is_found = write(ends[1], at, size) == (ssize_t)size && read(ends[0], seen, size) == (ssize_t)size &&
		   !memcmp(seen, bytes, size);
	close(ends[0]);
	close(ends[1]);
	return is_found;
}

static int probe(struct card *card)
{
	static const char pattern[] = "the host can read this";
	void *memory = NULL;
	int err;

	if (keep(card, cudaMalloc(&memory, sizeof pattern)))
		return -ENODEV;
	card_write(card, memory, pattern, sizeof pattern);
	err = card_wait(card) ? -ENODEV : 0;
	if (!err && !host_finds(memory, pattern, sizeof pattern))
		err = -EOPNOTSUPP;
	keep(card, cudaFree(memory));
	return err;
}

/* ---- the card ---- */

int card_open(struct card *card, int device)
{
	struct cudaDeviceProp properties;
	int err;

	*card = (struct card){.device = device};
	if (keep(card, cudaSetDevice(device)) || keep(card, cudaGetDeviceProperties(&properties, device)) ||
	    keep(card, cudaStreamCreate(&card->stream)))
		return -ENODEV;
	snprintf(card->name, sizeof card->name, "%s", properties.name);
	err = probe(card);
	if (err)
		card_close(card);
	return err;
}

void card_close(struct card *card)
{
	if (!card->stream)
		return;
	card_wait(card);
	keep(card, cudaStreamDestroy(card->stream));
	card->stream = NULL;
}

static void run_launch(void *data)
{
	struct launch *launch = data;

	crew_run(&launch->task);
	free(launch);
}

void card_launch(struct card *card, const struct card_work *work)
{
	struct launch *launch = work->args_bytes <= CARD_ARGS_BYTES ? calloc(1, sizeof *launch) : NULL;

	if (!launch) {
		keep(card, cudaErrorInvalidValue);
		return;
	}
	memcpy(launch->args, work->args, work->args_bytes);
	launch->task = (struct crew_task){work->kernel, launch->args, work->count, work->item_cost};
	if (keep(card, cudaLaunchHostFunc(card->stream, run_launch, launch)))
		free(launch);
}

void card_write(struct card *card, void *to, const void *from, size_t size)
{
	keep(card, cudaMemcpyAsync(to, from, size, cudaMemcpyHostToDevice, card->stream));
}

void card_clear(struct card *card, void *to, size_t size)
{
	keep(card, cudaMemsetAsync(to, 0, size, card->stream));
}

int card_read(struct card *card, void *to, const void *from, size_t size)
{
	keep(card, cudaMemcpyAsync(to, from, size, cudaMemcpyDeviceToHost, card->stream));
	return card_wait(card);
}

int card_wait(struct card *card)
{
	keep(card, cudaStreamSynchronize(card->stream));
	return card->error == cudaSuccess ? 0 : -EIO;
}

const char *card_error(const struct card *card)
{
	return cudaGetErrorString(card->error);
}

void card_capacity(size_t *free_bytes, size_t *total_bytes)
{
	*free_bytes = *total_bytes = 0;
	(void)cudaMemGetInfo(free_bytes, total_bytes);
}
