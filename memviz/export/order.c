/* SPDX-License-Identifier: Apache-2.0 */
#include "export/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_shown(const struct mv_block *block, uint8_t device)
{
	return block->device == device && block->ledger != MV_LEDGER_RESERVATION;
}

static void list_births(struct mv_order *order, size_t block_count, uint8_t device)
{
	size_t i;

	for (i = 0; i < block_count; i++)
		if (is_shown(&order->blocks[i], device)) {
			order->number[i] = (uint32_t)order->birth_count;
			order->births[order->birth_count++] = (uint32_t)i;
		}
}

static void list_deaths(struct mv_order *order, const uint32_t *deaths, size_t death_count, uint8_t device)
{
	size_t i;

	for (i = 0; i < death_count; i++)
		if (is_shown(&order->blocks[deaths[i]], device))
			order->deaths[order->death_count++] = deaths[i];
}

int mv_order_make(const struct mv_timeline *timeline, uint8_t device, struct mv_order *order)
{
	size_t block_count, death_count;
	const uint32_t *deaths = mv_timeline_deaths(timeline, &death_count);

	memset(order, 0, sizeof *order);
	order->blocks = mv_timeline_blocks(timeline, &block_count);
	order->births = malloc((block_count + 1) * sizeof *order->births);
	order->deaths = malloc((death_count + 1) * sizeof *order->deaths);
	order->number = malloc((block_count + 1) * sizeof *order->number);
	if (!order->births || !order->deaths || !order->number) {
		mv_order_clear(order);
		return -ENOMEM;
	}
	list_births(order, block_count, device);
	list_deaths(order, deaths, death_count, device);
	return 0;
}

void mv_order_clear(struct mv_order *order)
{
	free(order->births);
	free(order->deaths);
	free(order->number);
	memset(order, 0, sizeof *order);
}

/* Deaths first, but not before the birth of what dies.  */
static bool is_death_next(const struct mv_order *order, const struct mv_order_cursor *cursor)
{
	uint32_t dying;

	if (cursor->deaths == order->death_count)
		return false;
	if (cursor->births == order->birth_count)
		return true;
	dying = order->deaths[cursor->deaths];
	return order->number[dying] < cursor->births &&
	       order->blocks[dying].death_ns <= order->blocks[order->births[cursor->births]].birth_ns;
}

/* Time never runs backwards, whatever a damaged file says.  */
bool mv_order_next(const struct mv_order *order, struct mv_order_cursor *cursor)
{
	uint64_t time_ns;

	if (cursor->births == order->birth_count && cursor->deaths == order->death_count)
		return false;
	cursor->is_birth = !is_death_next(order, cursor);
	if (cursor->is_birth) {
		cursor->block = order->births[cursor->births++];
		time_ns = order->blocks[cursor->block].birth_ns;
	} else {
		cursor->block = order->deaths[cursor->deaths++];
		time_ns = order->blocks[cursor->block].death_ns;
	}
	if (time_ns > cursor->time_ns)
		cursor->time_ns = time_ns;
	return true;
}
