/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/reconcile.h"

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
		rest = mv_bytes_minus(rest, equation->parts[i].bytes);
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
	put(equation, MV_PART_POOLS, (int64_t)(mv_account_pools(now, said) - now->pooled_bytes),
	    basis_of_reserve(now, said, MV_TERM_POOL_RESERVED));
	put(equation, MV_PART_GRAPHS, (int64_t)mv_sample_told(said, MV_TERM_GRAPH_RESERVED),
	    basis_of_reserve(now, said, MV_TERM_GRAPH_RESERVED));
	equation->managed_bytes = now->managed_bytes;
}

static void put_found(struct mv_equation *equation, const struct mv_account *account)
{
	if (account->has_own) {
		put(equation, MV_PART_CONTEXT, account->context_bytes, MV_BASIS_FIRST);
		put(equation, MV_PART_MODULES, account->modules_bytes, MV_BASIS_GROWTH);
		equation->changes = account->changes;
	}
	if (mv_sample_tells(&account->said, MV_TERM_OTHERS))
		put(equation, MV_PART_OTHERS, (int64_t)account->said.bytes[MV_TERM_OTHERS], MV_BASIS_NVML);
	equation->is_first_lost = account->is_first_lost;
}

/* Used at the moment: as it was said, and what has been got and given back between.  What the process gave back cannot
 * exceed what was in use.  */
static void put_used(struct mv_equation *equation, const struct mv_holdings *now, const struct mv_account *account)
{
	const struct mv_sample *said = &account->said;
	int64_t since = mv_bytes_minus(mv_account_counted(now, said), account->counted_bytes);
	int64_t used = mv_bytes_plus((int64_t)mv_sample_told(said, MV_TERM_USED), since);

	equation->used_bytes = used > 0 ? (uint64_t)used : 0;
	equation->total_bytes = mv_sample_told(said, MV_TERM_TOTAL);
	equation->reserved_bytes = mv_sample_told(said, MV_TERM_RESERVED);
	equation->said_ns = said->time_ns;
	equation->said_bytes = mv_sample_told(said, MV_TERM_USED);
}

static void take_apart(struct mv_equation *equation, const struct mv_holdings *now, const struct mv_account *account)
{
	static const struct mv_sample nothing;

	put_counted(equation, now, account ? &account->said : &nothing);
	if (account) {
		put_used(equation, now, account);
		put_found(equation, account);
	} else {
		equation->used_bytes = (uint64_t)mv_account_counted(now, &nothing);
	}
	put_rest(equation);
}

int mv_reconcile(const struct mv_timeline *timeline, const struct mv_card *card, uint64_t time_ns,
		 struct mv_equation *equation)
{
	struct mv_holdings now = mv_holdings_of(timeline, card->device);
	struct mv_accounts accounts;
	const struct mv_account *account;
	int err = mv_accounts_make(timeline, card, &accounts);

	if (err)
		return err;
	account = mv_accounts_at(&accounts, time_ns);
	*equation = (struct mv_equation){.source = account ? accounts.source : MV_SOURCE_NONE};
	err = mv_holdings_seek(&now, time_ns);
	if (!err)
		take_apart(equation, &now, account);
	mv_holdings_release(&now);
	mv_accounts_release(&accounts);
	return err;
}
