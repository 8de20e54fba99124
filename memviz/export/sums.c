/* SPDX-License-Identifier: Apache-2.0 */
#include "export/sums.h"

#include "export/column.h"
#include "export/page.h"

static uint64_t known(const struct mv_account *account)
{
	const struct mv_sample *said = &account->said;

	return (account->has_own ? MV_PAGE_KNOWS_OWN : 0) |
	       (mv_sample_tells(said, MV_TERM_OTHERS) ? MV_PAGE_KNOWS_OTHERS : 0) |
	       (mv_sample_tells(said, MV_TERM_POOL_RESERVED) ? MV_PAGE_KNOWS_POOLS : 0) |
	       (mv_sample_tells(said, MV_TERM_GRAPH_RESERVED) ? MV_PAGE_KNOWS_GRAPHS : 0) |
	       (account->is_first_lost ? MV_PAGE_FIRST_LOST : 0);
}

static void put_said(const struct mv_accounts *accounts, struct mv_column *column)
{
	static const enum mv_term terms[] = {MV_TERM_USED,	    MV_TERM_TOTAL,	   MV_TERM_RESERVED, MV_TERM_OTHERS,
					     MV_TERM_POOL_RESERVED, MV_TERM_GRAPH_RESERVED};
	size_t i, term;

	for (term = 0; term < sizeof terms / sizeof *terms; term++)
		for (i = 0; i < accounts->count; i++)
			mv_column_put(column, mv_sample_told(&accounts->items[i].said, terms[term]));
}

static void put_all(const struct mv_accounts *accounts, struct mv_column *column)
{
	const struct mv_account *items = accounts->items;
	size_t i, count = accounts->count;

	for (i = 0; i < count; i++)
		mv_column_put(column, items[i].said.time_ns - (i ? items[i - 1].said.time_ns : 0));
	for (i = 0; i < count; i++)
		mv_column_put(column, known(&items[i]));
	put_said(accounts, column);
	for (i = 0; i < count; i++)
		mv_column_put_signed(column, items[i].counted_bytes);
	for (i = 0; i < count; i++)
		mv_column_put_signed(column, items[i].context_bytes);
	for (i = 0; i < count; i++)
		mv_column_put_signed(column, items[i].modules_bytes);
	for (i = 0; i < count; i++)
		mv_column_put(column, items[i].changes);
}

int mv_sums_write(const struct mv_timeline *timeline, const struct mv_card *card, FILE *out, const char *prefix,
		  struct mv_lives_counts *counts)
{
	struct mv_accounts accounts;
	struct mv_column *column;
	int err = mv_accounts_make(timeline, card, &accounts);

	if (err)
		return err;
	err = mv_column_open(&column, out, prefix, "sums");
	if (!err) {
		put_all(&accounts, column);
		err = mv_column_close(column);
	}
	counts->sums = accounts.count;
	counts->source = accounts.source;
	mv_accounts_release(&accounts);
	return err;
}
