/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/accounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "read/array.h"

const char *mv_source_name(enum mv_source source)
{
	static const char *const names[] = {
		[MV_SOURCE_NONE] = "none", [MV_SOURCE_DRIVER] = "driver", [MV_SOURCE_NVML] = "nvml"};

	return names[source];
}

/* ---- what is counted ---- */

uint64_t mv_account_pools(const struct mv_holdings *holdings, const struct mv_sample *sample)
{
	uint64_t reserved = mv_sample_told(sample, MV_TERM_POOL_RESERVED);

	return reserved > holdings->pooled_bytes ? reserved : holdings->pooled_bytes;
}

int64_t mv_account_counted(const struct mv_holdings *holdings, const struct mv_sample *sample)
{
	return (int64_t)(holdings->device_bytes + holdings->rounding_bytes + mv_account_pools(holdings, sample) +
			 mv_sample_told(sample, MV_TERM_GRAPH_RESERVED));
}

/* ---- context and modules ---- */

enum { FIRST_SAMPLES = 3 };

static const uint32_t KINDS_OF_MODULES = 1u << MV_CHANGE_MODULE_BEGIN | 1u << MV_CHANGE_MODULE_END | 1u << MV_CHANGE_LIMIT,
		      KINDS_OF_CONTEXTS = 1u << MV_CHANGE_CONTEXT_BEGIN | 1u << MV_CHANGE_CONTEXT_END;

/* A walk from sample to sample.  */
struct walk {
	const struct mv_timeline *timeline;
	struct mv_holdings holdings;
	size_t next_call;
	/* Of the samples that say what this process uses:  */
	unsigned count;
	bool has_changed;	/* calls since the first have changed what it uses */
	int64_t before;		/* what the last one had beyond what was counted */
	int64_t first, context; /* at the first ones; growth by contexts since */
	int64_t modules;
	uint32_t changes;
	uint64_t first_number;
};

/* What calls up to END_NS, from the next one on, were about: a bit for each kind of change, and how many.  */
static uint32_t changes_until(struct walk *walk, uint64_t end_ns, uint32_t *count)
{
	const struct mv_samples *samples = mv_timeline_samples(walk->timeline);
	uint32_t kinds = 0;

	*count = 0;
	for (; walk->next_call < samples->call_count && samples->calls[walk->next_call].time_ns <= end_ns; walk->next_call++) {
		const struct mv_card_call *call = &samples->calls[walk->next_call];

		if (call->device != walk->holdings.device || call->change >= MV_CHANGE_KINDS)
			continue;
		kinds |= 1u << call->change;
		*count += (KINDS_OF_MODULES & 1u << call->change) != 0;
	}
	return kinds & (KINDS_OF_MODULES | KINDS_OF_CONTEXTS);
}

/* What the process has at first.  An allocation that NVML counts already and the recorder not yet, or a free the other way
 * round, makes it seem more, never less: so the least of a few samples in which no call says that it has changed.  */
static void note_first(struct walk *walk, const struct mv_sample *sample, int64_t beyond)
{
	if (!walk->count)
		walk->first_number = sample->number;
	if (!walk->count || (walk->count < FIRST_SAMPLES && !walk->has_changed && beyond < walk->first))
		walk->first = beyond;
}

/* Where between two samples both happened, it is modules.  */
static void note_growth(struct walk *walk, uint32_t kinds, uint32_t count, int64_t growth)
{
	if (kinds & KINDS_OF_MODULES) {
		walk->modules = mv_bytes_plus(walk->modules, growth);
		walk->changes += count;
	} else if (kinds) {
		walk->context = mv_bytes_plus(walk->context, growth);
	}
}

/* SAMPLE says what this process uses.  Where that is less than what is counted, memory came between NVML's answer and its
 * note, from a program that never paused: it says nothing of the rest.  */
static void note_own(struct walk *walk, const struct mv_sample *sample)
{
	int64_t process = (int64_t)sample->bytes[MV_TERM_PROCESS];
	int64_t beyond = mv_bytes_minus(process, mv_account_counted(&walk->holdings, sample));
	uint32_t count, kinds;

	if (beyond < 0)
		return;
	kinds = changes_until(walk, sample->time_ns, &count);
	if (walk->count) {
		walk->has_changed |= kinds != 0;
		note_growth(walk, kinds, count, mv_bytes_minus(beyond, walk->before));
	}
	note_first(walk, sample, beyond);
	walk->before = beyond;
	walk->count++;
}

/* The numbers of samples count those of all cards, whose first ones come one behind the other.  */
static bool is_first_lost(const struct walk *walk)
{
	size_t cards;

	mv_timeline_cards(walk->timeline, &cards);
	return walk->count && mv_timeline_begin(walk->timeline) && walk->first_number > cards;
}

static int add(struct mv_accounts *accounts, const struct walk *walk, const struct mv_sample *said)
{
	bool has_own = walk->count && mv_sample_tells(said, MV_TERM_PROCESS);

	if (mv_array_grow(&accounts->items, &accounts->room, accounts->count, sizeof *accounts->items))
		return -ENOMEM;
	accounts->items[accounts->count++] = (struct mv_account){
		.said = *said,
		.counted_bytes = mv_account_counted(&walk->holdings, said),
		.has_own = has_own,
		.context_bytes = has_own ? mv_bytes_plus(walk->first, walk->context) : 0,
		.modules_bytes = has_own ? walk->modules : 0,
		.changes = has_own ? walk->changes : 0,
		.is_first_lost = is_first_lost(walk),
	};
	return 0;
}

static int add_sample(struct mv_accounts *accounts, struct walk *walk, const struct mv_sample *sample)
{
	bool tells_own = mv_sample_tells(sample, MV_TERM_PROCESS), tells_used = mv_sample_tells(sample, MV_TERM_USED);

	if (!tells_own && !tells_used)
		return 0;
	if (mv_holdings_seek(&walk->holdings, sample->time_ns))
		return -ENOMEM;
	if (tells_own)
		note_own(walk, sample);
	return tells_used ? add(accounts, walk, sample) : 0;
}

static int add_samples(struct mv_accounts *accounts, struct walk *walk)
{
	const struct mv_samples *samples = mv_timeline_samples(walk->timeline);
	size_t i;

	for (i = 0; i < samples->sample_count; i++)
		if (samples->samples[i].device == walk->holdings.device && add_sample(accounts, walk, &samples->samples[i]))
			return -ENOMEM;
	return 0;
}

/* ---- the driver's word ---- */

static int add_word(struct mv_accounts *accounts, struct walk *walk, uint64_t time_ns, uint64_t free_bytes,
		    uint64_t total_bytes)
{
	struct mv_sample said = {
		.time_ns = time_ns,
		.device = walk->holdings.device,
		.known = 1u << MV_TERM_USED | 1u << MV_TERM_TOTAL,
	};

	if (!total_bytes || free_bytes > total_bytes)
		return 0;
	said.bytes[MV_TERM_USED] = total_bytes - free_bytes;
	said.bytes[MV_TERM_TOTAL] = total_bytes;
	return mv_holdings_seek(&walk->holdings, time_ns) ? -ENOMEM : add(accounts, walk, &said);
}

/* Both lists are in the order of time; at one time, what an error says comes last.  */
static int add_words(struct mv_accounts *accounts, struct walk *walk)
{
	size_t m = 0, o = 0, memory_count, oom_count;
	const struct mv_card_memory *memory = mv_timeline_memory(walk->timeline, &memory_count);
	const struct mv_oom *ooms = mv_timeline_ooms(walk->timeline, &oom_count);
	int err = 0;

	while (!err && (m < memory_count || o < oom_count)) {
		bool is_oom = m == memory_count || (o < oom_count && ooms[o].time_ns < memory[m].time_ns);
		uint8_t device = is_oom ? ooms[o].device : memory[m].device;

		if (device != walk->holdings.device)
			;
		else if (is_oom)
			err = add_word(accounts, walk, ooms[o].time_ns, ooms[o].free_bytes, ooms[o].total_bytes);
		else
			err = add_word(accounts, walk, memory[m].time_ns, memory[m].free_bytes, memory[m].total_bytes);
		*(is_oom ? &o : &m) += 1;
	}
	return err;
}

/* ---- */

int mv_accounts_make(const struct mv_timeline *timeline, const struct mv_card *card, struct mv_accounts *accounts)
{
	struct walk walk = {.timeline = timeline, .holdings = mv_holdings_of(timeline, card->device)};
	int err;

	*accounts = (struct mv_accounts){.source = MV_SOURCE_NVML};
	err = add_samples(accounts, &walk);
	if (!err && !accounts->count) {
		mv_holdings_release(&walk.holdings);
		walk = (struct walk){.timeline = timeline, .holdings = mv_holdings_of(timeline, card->device)};
		err = add_words(accounts, &walk);
		accounts->source = accounts->count ? MV_SOURCE_DRIVER : MV_SOURCE_NONE;
	}
	mv_holdings_release(&walk.holdings);
	if (err)
		mv_accounts_release(accounts);
	return err;
}

void mv_accounts_release(struct mv_accounts *accounts)
{
	free(accounts->items);
	memset(accounts, 0, sizeof *accounts);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a < b ? b - a : a - b;
}

const struct mv_account *mv_accounts_at(const struct mv_accounts *accounts, uint64_t time_ns)
{
	const struct mv_account *best = NULL;
	size_t i;

	for (i = 0; i < accounts->count; i++) {
		const struct mv_account *account = &accounts->items[i];
		bool is_better = accounts->source == MV_SOURCE_DRIVER ?
					 account->said.time_ns <= time_ns :
					 !best || distance(account->said.time_ns, time_ns) < distance(best->said.time_ns, time_ns);

		if (is_better)
			best = account;
	}
	return best;
}
