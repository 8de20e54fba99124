/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/series.h"

struct mv_series mv_series_of(const struct mv_timeline *timeline, uint8_t device)
{
	return (struct mv_series){.timeline = timeline, .device = device};
}

/* SIGN is 1 or, as an unsigned number, -1.  */
static void count(struct mv_series *series, const struct mv_block *block, uint64_t sign)
{
	if (block->device != series->device)
		return;
	if (mv_timeline_is_banded(series->timeline, block)) {
		series->band_bytes[block->band] += sign * block->size_bytes;
		series->band_blocks[block->band] += sign;
		series->total_bytes += sign * block->size_bytes;
	}
	if (block->flags & MV_FLAG_IMPORTED)
		return;
	if (block->ledger == MV_LEDGER_DEVICE || block->ledger == MV_LEDGER_POOLED)
		series->device_bytes += sign * block->size_bytes;
	if (block->ledger == MV_LEDGER_DEVICE && block->is_pool)
		series->pool_bytes += sign * block->size_bytes;
}

/* The time of the next change, MV_TIME_NEVER if there is none.  */
static uint64_t next_time(const struct mv_series *series, uint64_t *birth_ns, uint64_t *death_ns)
{
	size_t births, deaths;
	const struct mv_block *blocks = mv_timeline_blocks(series->timeline, &births);
	const uint32_t *dead = mv_timeline_deaths(series->timeline, &deaths);

	*birth_ns = series->next_birth < births ? blocks[series->next_birth].birth_ns : MV_TIME_NEVER;
	*death_ns = series->next_death < deaths ? blocks[dead[series->next_death]].death_ns : MV_TIME_NEVER;
	return *birth_ns < *death_ns ? *birth_ns : *death_ns;
}

/* At one time, births come first: a life may be shorter than the clock.  */
static void step(struct mv_series *series, bool is_birth)
{
	size_t n;
	const struct mv_block *blocks = mv_timeline_blocks(series->timeline, &n);
	const uint32_t *dead = mv_timeline_deaths(series->timeline, &n);

	if (is_birth)
		count(series, &blocks[series->next_birth++], 1);
	else
		count(series, &blocks[dead[series->next_death++]], 0 - (uint64_t)1);
}

bool mv_series_next(struct mv_series *series)
{
	uint64_t birth_ns, death_ns, time_ns = next_time(series, &birth_ns, &death_ns);

	if (time_ns == MV_TIME_NEVER)
		return false;
	series->time_ns = time_ns;
	do
		step(series, birth_ns == time_ns);
	while (next_time(series, &birth_ns, &death_ns) == time_ns);
	return true;
}

void mv_series_seek(struct mv_series *series, uint64_t time_ns)
{
	uint64_t birth_ns, death_ns;

	while (next_time(series, &birth_ns, &death_ns) <= time_ns && mv_series_next(series))
		;
}
