/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/sublabels.h"

#include "analyze/sublabelfacts.h"

static void assign(struct mv_sublabel_court *court, struct mv_block *block)
{
	struct mv_sublabel_facts facts = mv_sublabel_facts_of(court, block);
	uint64_t since_ns;
	const struct mv_sublabelrule *rule = mv_sublabelrules_find(&facts, &since_ns);

	if (!rule)
		return;
	block->sublabel = (uint8_t)rule->label;
	block->sublabel_ns = since_ns;
}

int mv_sublabels_assign(const struct mv_timeline *timeline, struct mv_replay *replay)
{
	struct mv_sublabel_court court;
	size_t i;
	int err = mv_sublabel_court_open(&court, timeline, replay);

	if (err)
		return err;
	for (i = replay->block_count; i-- > 0;)
		if (replay->blocks[i].is_birth_known && mv_timeline_is_banded(timeline, &replay->blocks[i]))
			assign(&court, &replay->blocks[i]);
	mv_sublabel_court_close(&court);
	return 0;
}
