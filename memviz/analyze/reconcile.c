/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/reconcile.h"

#include <errno.h>

#include "analyze/holdings.h"
#include "analyze/samples.h"

/* ---- names ---- */

const char *mv_part_name(enum mv_part part)
{
	static const char *const names[MV_PART_COUNT] = {
		[MV_PART_LEDGER] = "ledger",   [MV_PART_ROUNDING] = "rounding",
		[MV_PART_POOLS] = "pools",     [MV_PART_GRAPHS] = "graphs",
		[MV_PART_CONTEXT] = "context", [MV_PART_MODULES] = "modules",
		[MV_PART_OTHERS] = "others",   [MV_PART_UNEXPLAINED] = "unexplained",
	};

	return names[part];
}

const char *mv_basis_name(enum mv_basis basis)
{
	static const char *const names[] = {
		[MV_BASIS_UNKNOWN] = "unknown", [MV_BASIS_COUNTED] = "counted",	 [MV_BASIS_PAGES] = "pages",
		[MV_BASIS_DRIVER] = "driver",	[MV_BASIS_NVML] = "nvml",	 [MV_BASIS_FIRST] = "first_sample",
		[MV_BASIS_GROWTH] = "growth",	[MV_BASIS_REST] = "rest",
	};

	return names[basis];
}

const char *mv_source_name(enum mv_source source)
{
	static const char *const names[] = {
		[MV_SOURCE_NONE] = "none", [MV_SOURCE_DRIVER] = "driver", [MV_SOURCE_NVML] = "nvml"};

	return names[source];
}

/* ---- what was said ---- */

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a < b ? b - a : a - b;
}

/* The sample of DEVICE nearest to TIME_NS that says what is used, or NULL.  */
static const struct mv_sample *nearest(const struct mv_samples *samples, uint8_t device, uint64_t time_ns)
{
	const struct mv_sample *best = NULL;
	size_t i;

	for (i = 0; i < samples->sample_count; i++) {
		const struct mv_sample *sample = &samples->samples[i];

		if (sample->device == device && mv_sample_tells(sample, MV_TERM_USED) &&
		    (!best || distance(sample->time_ns, time_ns) < distance(best->time_ns, time_ns)))
			best = sample;
	}
	return best;
}

/* The next sample of DEVICE from index *AT on that says what this process uses, or NULL.  */
static const struct mv_sample *next_of_process(const struct mv_samples *samples, uint8_t device, size_t *at)
{
	while (*at < samples->sample_count) {
		const struct mv_sample *sample = &samples->samples[(*at)++];

		if (sample->device == device && mv_sample_tells(sample, MV_TERM_PROCESS))
			return sample;
	}
	return NULL;
}

/* What the driver said last before that moment, as a sample of NVML's would say it.  */
static void consider(struct mv_sample *said, uint64_t time_ns, uint64_t free_bytes, uint64_t total_bytes, uint64_t now_ns)
{
	if (!total_bytes || free_bytes > total_bytes || time_ns > now_ns || (said->known && time_ns < said->time_ns))
		return;
	said->time_ns = time_ns;
	said->known = 1u << MV_TERM_USED | 1u << MV_TERM_TOTAL;
	said->bytes[MV_TERM_USED] = total_bytes - free_bytes;
	said->bytes[MV_TERM_TOTAL] = total_bytes;
}

static struct mv_sample said_by_driver(const struct mv_timeline *timeline, uint8_t device, uint64_t now_ns)
{
	struct mv_sample said = {.device = device};
	size_t i, count;
	const struct mv_card_memory *memory = mv_timeline_memory(timeline, &count);
	const struct mv_oom *ooms;

	for (i = 0; i < count; i++)
		if (memory[i].device == device)
			consider(&said, memory[i].time_ns, memory[i].free_bytes, memory[i].total_bytes, now_ns);
	ooms = mv_timeline_ooms(timeline, &count);
	for (i = 0; i < count; i++)
		if (ooms[i].device == device)
			consider(&said, ooms[i].time_ns, ooms[i].free_bytes, ooms[i].total_bytes, now_ns);
	return said;
}

/* ---- what is counted ---- */

static uint64_t told(const struct mv_sample *sample, enum mv_term term)
{
	return sample && mv_sample_tells(sample, term) ? sample->bytes[term] : 0;
}

/* What pools hold: at least what was handed out of them.  */
static uint64_t pools_hold(const struct mv_holdings *holdings, const struct mv_sample *sample)
{
	uint64_t reserved = told(sample, MV_TERM_POOL_RESERVED);

	return reserved > holdings->pooled_bytes ? reserved : holdings->pooled_bytes;
}

/* All that the process is known to have: SAMPLE says what was in reserve.  */
static int64_t counted(const struct mv_holdings *holdings, const struct mv_sample *sample)
{
	return (int64_t)(holdings->device_bytes + holdings->rounding_bytes + pools_hold(holdings, sample) +
			 told(sample, MV_TERM_GRAPH_RESERVED));
}

/* ---- context and modules ---- */

enum { FIRST_SAMPLES = 3 };

static const uint32_t KINDS_OF_MODULES = 1u << MV_CHANGE_MODULE_BEGIN | 1u << MV_CHANGE_MODULE_END | 1u << MV_CHANGE_LIMIT,
		      KINDS_OF_CONTEXTS = 1u << MV_CHANGE_CONTEXT_BEGIN | 1u << MV_CHANGE_CONTEXT_END;

struct found {
	int64_t context, modules;
	uint32_t changes; /* calls that the latter comes from */
	bool is_there;
	uint64_t first; /* number of the sample that it begins with */
};

/* What calls on DEVICE up to END_NS, from index *AT on, were about: a bit for each kind of change, and how many.  */
static uint32_t changes_until(const struct mv_samples *samples, uint8_t device, size_t *at, uint64_t end_ns,
			      uint32_t *count)
{
	uint32_t kinds = 0;

	*count = 0;
	for (; *at < samples->call_count && samples->calls[*at].time_ns <= end_ns; ++*at) {
		const struct mv_card_call *call = &samples->calls[*at];

		if (call->device != device || call->change >= MV_CHANGE_KINDS)
			continue;
		kinds |= 1u << call->change;
		*count += (KINDS_OF_MODULES & 1u << call->change) != 0;
	}
	return kinds;
}

/* Where between two samples both happened, it is modules.  */
static void attribute(struct found *found, uint32_t kinds, uint32_t count, int64_t growth)
{
	if (kinds & KINDS_OF_MODULES) {
		found->modules += growth;
		found->changes += count;
	} else {
		found->context += growth;
	}
}

/* What the process has beyond what is counted, at SAMPLE.  */
static int residual(struct mv_holdings *holdings, const struct mv_sample *sample, int64_t *bytes)
{
	int err = mv_holdings_seek(holdings, sample->time_ns);

	*bytes = (int64_t)sample->bytes[MV_TERM_PROCESS] - counted(holdings, sample);
	return err;
}

/* What the process has at first.  An allocation that NVML counts already and the recorder not yet, or a free the other way
 * round, makes it seem more, never less: so the least of a few samples in which no call says that it has changed.  */
static int find_first(const struct mv_samples *samples, struct mv_holdings *holdings, const struct mv_sample *last,
		      struct found *found)
{
	const struct mv_sample *sample;
	size_t at = 0, call = 0;
	uint32_t count;
	int64_t bytes;
	int i;

	for (i = 0; i < FIRST_SAMPLES && (sample = next_of_process(samples, holdings->device, &at)); i++) {
		uint32_t kinds = changes_until(samples, holdings->device, &call, sample->time_ns, &count);

		if (sample->time_ns > last->time_ns || (i && kinds & (KINDS_OF_MODULES | KINDS_OF_CONTEXTS)))
			return 0;
		if (residual(holdings, sample, &bytes))
			return -ENOMEM;
		if (!i)
			*found = (struct found){.context = bytes, .is_there = true, .first = sample->number};
		else if (bytes < found->context)
			found->context = bytes;
	}
	return 0;
}

/* What calls have changed since, up to the sample LAST.  */
static int find_changes(const struct mv_samples *samples, struct mv_holdings *holdings, const struct mv_sample *last,
			struct found *found)
{
	const struct mv_sample *before, *sample;
	uint32_t kinds, count;
	int64_t then, now;
	size_t at = 0, call = 0;

	before = next_of_process(samples, holdings->device, &at);
	if (before)
		changes_until(samples, holdings->device, &call, before->time_ns, &count);
	for (; (sample = next_of_process(samples, holdings->device, &at)) && sample->time_ns <= last->time_ns;
	     before = sample) {
		kinds = changes_until(samples, holdings->device, &call, sample->time_ns, &count);
		if (!(kinds & (KINDS_OF_MODULES | KINDS_OF_CONTEXTS)))
			continue;
		if (residual(holdings, before, &then) || residual(holdings, sample, &now))
			return -ENOMEM;
		attribute(found, kinds, count, now - then);
	}
	return 0;
}

/* Up to the sample LAST.  */
static int find_own(const struct mv_timeline *timeline, const struct mv_sample *last, struct found *found)
{
	const struct mv_samples *samples = mv_timeline_samples(timeline);
	struct mv_holdings first = mv_holdings_of(timeline, last->device), later = first;
	int err = find_first(samples, &first, last, found);

	if (!err)
		err = find_changes(samples, &later, last, found);
	mv_holdings_release(&first);
	mv_holdings_release(&later);
	return err;
}

/* ---- the equation ---- */

static void put(struct mv_equation *equation, enum mv_part part, int64_t bytes, enum mv_basis basis)
{
	equation->parts[part].bytes = bytes;
	equation->parts[part].basis = basis;
}

static void put_rest(struct mv_equation *equation)
{
	int64_t rest = (int64_t)equation->used_bytes;
	int i;

	for (i = 0; i < MV_PART_UNEXPLAINED; i++)
		rest -= equation->parts[i].bytes;
	put(equation, MV_PART_UNEXPLAINED, rest, MV_BASIS_REST);
}

/* The driver is asked what it holds in reserve once the program has used its pools, or memory of graphs.  */
static enum mv_basis basis_of_reserve(const struct mv_holdings *now, const struct mv_sample *said, enum mv_term term)
{
	if (mv_sample_tells(said, term))
		return MV_BASIS_DRIVER;
	return now->pooled_bytes ? MV_BASIS_UNKNOWN : MV_BASIS_COUNTED;
}

static void put_counted(struct mv_equation *equation, const struct mv_holdings *now, const struct mv_sample *said)
{
	put(equation, MV_PART_LEDGER, (int64_t)(now->device_bytes + now->pooled_bytes), MV_BASIS_COUNTED);
	put(equation, MV_PART_ROUNDING, (int64_t)now->rounding_bytes, MV_BASIS_PAGES);
	put(equation, MV_PART_POOLS, (int64_t)(pools_hold(now, said) - now->pooled_bytes),
	    basis_of_reserve(now, said, MV_TERM_POOL_RESERVED));
	put(equation, MV_PART_GRAPHS, (int64_t)told(said, MV_TERM_GRAPH_RESERVED),
	    basis_of_reserve(now, said, MV_TERM_GRAPH_RESERVED));
	equation->managed_bytes = now->managed_bytes;
}

static void put_found(struct mv_equation *equation, const struct mv_sample *said, const struct found *found)
{
	if (found->is_there && mv_sample_tells(said, MV_TERM_PROCESS)) {
		put(equation, MV_PART_CONTEXT, found->context, MV_BASIS_FIRST);
		put(equation, MV_PART_MODULES, found->modules, MV_BASIS_GROWTH);
		equation->changes = found->changes;
	}
	if (mv_sample_tells(said, MV_TERM_OTHERS))
		put(equation, MV_PART_OTHERS, (int64_t)said->bytes[MV_TERM_OTHERS], MV_BASIS_NVML);
}

/* Used at the moment: as it was said, and what has been got and given back between.  What the process gave back cannot
 * exceed what was in use.  */
static void put_used(struct mv_equation *equation, const struct mv_holdings *now, const struct mv_holdings *then,
		     const struct mv_sample *said)
{
	int64_t used = (int64_t)told(said, MV_TERM_USED) + counted(now, said) - counted(then, said);

	equation->used_bytes = used > 0 ? (uint64_t)used : 0;
	equation->total_bytes = told(said, MV_TERM_TOTAL);
	equation->reserved_bytes = told(said, MV_TERM_RESERVED);
	equation->said_ns = said->time_ns;
	equation->said_bytes = told(said, MV_TERM_USED);
}

/* The numbers of samples count those of all cards, whose first ones come one behind the other.  */
static bool is_first_lost(const struct mv_timeline *timeline, const struct found *found)
{
	size_t cards;

	mv_timeline_cards(timeline, &cards);
	return found->is_there && mv_timeline_begin(timeline) && found->first > cards;
}

static int take_apart(const struct mv_timeline *timeline, const struct mv_sample *said, struct mv_holdings *then,
		      struct mv_holdings *now, struct mv_equation *equation)
{
	struct found found = {0};

	if (equation->source == MV_SOURCE_NVML && find_own(timeline, said, &found))
		return -ENOMEM;
	if (mv_holdings_seek(then, said->time_ns))
		return -ENOMEM;
	put_used(equation, now, then, said);
	put_found(equation, said, &found);
	equation->is_first_lost = is_first_lost(timeline, &found);
	return 0;
}

int mv_reconcile(const struct mv_timeline *timeline, const struct mv_card *card, uint64_t time_ns,
		 struct mv_equation *equation)
{
	const struct mv_sample *sample = nearest(mv_timeline_samples(timeline), card->device, time_ns);
	struct mv_sample said = sample ? *sample : said_by_driver(timeline, card->device, time_ns);
	struct mv_holdings now = mv_holdings_of(timeline, card->device), then = now;
	int err = mv_holdings_seek(&now, time_ns);

	*equation = (struct mv_equation){
		.source = sample ? MV_SOURCE_NVML : said.known ? MV_SOURCE_DRIVER : MV_SOURCE_NONE};
	put_counted(equation, &now, &said);
	if (equation->source == MV_SOURCE_NONE)
		equation->used_bytes = (uint64_t)counted(&now, &said);
	else if (!err)
		err = take_apart(timeline, &said, &then, &now, equation);
	put_rest(equation);
	mv_holdings_release(&now);
	mv_holdings_release(&then);
	return err;
}
