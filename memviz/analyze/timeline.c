/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/timeline.h"

#include <errno.h>
#include <stdlib.h>

#include "analyze/bands.h"
#include "analyze/plumbing.h"
#include "analyze/replay.h"
#include "analyze/rulebook.h"
#include "analyze/series.h"
#include "analyze/sublabels.h"
#include "read/recording.h"
#include "read/table.h"

enum { DEVICES = 256 };

struct mv_timeline {
	struct mv_recording *recording;
	struct mv_replay replay;
	struct mv_card *cards;
	size_t card_count;
	uint16_t card_of[DEVICES]; /* 1 + its index; 0: not in use */
	struct mv_oom ooms[MV_FORMAT_OOMS];
	size_t oom_count;
};

/* ---- what it holds ---- */

const struct mv_file_header *mv_timeline_header(const struct mv_timeline *timeline)
{
	return mv_recording_header(timeline->recording);
}

uint64_t mv_timeline_begin(const struct mv_timeline *timeline)
{
	return timeline->replay.begin_ns;
}

uint64_t mv_timeline_end(const struct mv_timeline *timeline)
{
	return timeline->replay.end_ns;
}

const struct mv_recording *mv_timeline_recording(const struct mv_timeline *timeline)
{
	return timeline->recording;
}

const struct mv_block *mv_timeline_blocks(const struct mv_timeline *timeline, size_t *count)
{
	*count = timeline->replay.block_count;
	return timeline->replay.blocks;
}

const uint32_t *mv_timeline_deaths(const struct mv_timeline *timeline, size_t *count)
{
	*count = timeline->replay.death_count;
	return timeline->replay.deaths;
}

const struct mv_span *mv_timeline_spans(const struct mv_timeline *timeline, size_t *count)
{
	*count = timeline->replay.span_count;
	return timeline->replay.spans;
}

const struct mv_card *mv_timeline_cards(const struct mv_timeline *timeline, size_t *count)
{
	*count = timeline->card_count;
	return timeline->cards;
}

const struct mv_oom *mv_timeline_ooms(const struct mv_timeline *timeline, size_t *count)
{
	*count = timeline->oom_count;
	return timeline->ooms;
}

const struct mv_card_memory *mv_timeline_memory(const struct mv_timeline *timeline, size_t *count)
{
	*count = timeline->replay.memory_count;
	return timeline->replay.memory;
}

const struct mv_samples *mv_timeline_samples(const struct mv_timeline *timeline)
{
	return &timeline->replay.samples;
}

const struct mv_card *mv_timeline_card(const struct mv_timeline *timeline, uint8_t device)
{
	uint16_t card = timeline->card_of[device];

	return card ? &timeline->cards[card - 1] : NULL;
}

bool mv_timeline_is_banded(const struct mv_timeline *timeline, const struct mv_block *block)
{
	const struct mv_card *card = mv_timeline_card(timeline, block->device);

	if (!card || block->flags & MV_FLAG_IMPORTED)
		return false;
	if (card->has_pool)
		return block->ledger == MV_LEDGER_BLOCK;
	return block->ledger == MV_LEDGER_DEVICE || block->ledger == MV_LEDGER_POOLED;
}

const char *mv_timeline_text(const struct mv_timeline *timeline, uint32_t id)
{
	return mv_recording_text(timeline->recording, id);
}

const char *mv_timeline_api(const struct mv_timeline *timeline, uint16_t api)
{
	return mv_table_api(timeline->recording, api);
}

/* ---- making one ---- */

static bool is_of_a_card(const struct mv_block *block)
{
	return block->ledger == MV_LEDGER_BLOCK || block->ledger == MV_LEDGER_DEVICE ||
	       block->ledger == MV_LEDGER_POOLED;
}

static void describe_card(const struct mv_timeline *timeline, struct mv_card *card)
{
	const struct mv_file_header *header = mv_timeline_header(timeline);

	if (card->device >= MV_FORMAT_DEVICES)
		return;
	card->capacity_bytes = header->devices[card->device].total_bytes;
	card->name = header->devices[card->device].name;
}

static int find_cards(struct mv_timeline *timeline)
{
	const struct mv_file_header *header = mv_timeline_header(timeline);
	bool is_used[DEVICES] = {false}, has_pool[DEVICES] = {false};
	size_t i;

	for (i = 0; i < MV_FORMAT_DEVICES; i++)
		is_used[i] = header->devices[i].total_bytes > 0;
	for (i = 0; i < timeline->replay.block_count; i++) {
		const struct mv_block *block = &timeline->replay.blocks[i];

		is_used[block->device] |= is_of_a_card(block);
		has_pool[block->device] |= block->ledger == MV_LEDGER_BLOCK;
	}
	timeline->cards = calloc(DEVICES, sizeof *timeline->cards);
	if (!timeline->cards)
		return -ENOMEM;
	for (i = 0; i < DEVICES; i++) {
		if (!is_used[i])
			continue;
		timeline->cards[timeline->card_count] = (struct mv_card){.device = (uint8_t)i, .has_pool = has_pool[i]};
		describe_card(timeline, &timeline->cards[timeline->card_count]);
		timeline->card_of[i] = (uint16_t)++timeline->card_count;
	}
	return 0;
}

static void find_ooms(struct mv_timeline *timeline)
{
	const struct mv_file_header *header = mv_timeline_header(timeline);
	size_t i;

	timeline->oom_count = header->oom_count < MV_FORMAT_OOMS ? header->oom_count : MV_FORMAT_OOMS;
	for (i = 0; i < timeline->oom_count; i++) {
		timeline->ooms[i] = header->ooms[i];
		timeline->ooms[i].time_ns = mv_replay_axis(&timeline->replay, header->ooms[i].time_ns);
	}
}

static void find_peaks(struct mv_timeline *timeline)
{
	size_t i;

	for (i = 0; i < timeline->card_count; i++) {
		struct mv_card *card = &timeline->cards[i];
		struct mv_series series = mv_series_of(timeline, card->device);

		while (mv_series_next(&series)) {
			if (series.time_ns < timeline->replay.begin_ns || series.total_bytes <= card->peak_bytes)
				continue;
			card->peak_bytes = series.total_bytes;
			card->peak_ns = series.time_ns;
		}
	}
}

static int make(struct mv_timeline *timeline, const struct mv_rulebook *book, struct mv_diag *diag)
{
	int err = mv_replay_run(timeline->recording, &timeline->replay, diag);

	if (err)
		return err;
	find_ooms(timeline);
	mv_plumbing_strip(&timeline->replay, timeline->ooms, timeline->oom_count);
	if (find_cards(timeline) || mv_bands_assign(timeline, &timeline->replay))
		return mv_diag_set(diag, -ENOMEM, 0, "out of memory");
	mv_rulebook_apply(book, timeline, &timeline->replay);
	if (mv_sublabels_assign(timeline, &timeline->replay))
		return mv_diag_set(diag, -ENOMEM, 0, "out of memory");
	find_peaks(timeline);
	return 0;
}

static int make_of(struct mv_recording *recording, const struct mv_rulebook *book, struct mv_timeline **timeline,
		   struct mv_diag *diag)
{
	struct mv_timeline *made = calloc(1, sizeof *made);
	int err;

	*timeline = NULL;
	if (!made) {
		mv_recording_close(recording);
		return mv_diag_set(diag, -ENOMEM, 0, "out of memory");
	}
	made->recording = recording;
	err = make(made, book, diag);
	if (err)
		mv_timeline_close(made);
	else
		*timeline = made;
	return err;
}

int mv_timeline_of(struct mv_recording *recording, struct mv_timeline **timeline, struct mv_diag *diag)
{
	return make_of(recording, NULL, timeline, diag);
}

int mv_timeline_open_by(const struct mv_rulebook *book, const char *path, struct mv_timeline **timeline, struct mv_diag *diag)
{
	struct mv_recording *recording;
	int err = mv_recording_open(path, &recording, diag);

	*timeline = NULL;
	return err ? err : make_of(recording, book, timeline, diag);
}

int mv_timeline_open(const char *path, struct mv_timeline **timeline, struct mv_diag *diag)
{
	return mv_timeline_open_by(NULL, path, timeline, diag);
}

void mv_timeline_close(struct mv_timeline *timeline)
{
	if (!timeline)
		return;
	free(timeline->cards);
	mv_replay_release(&timeline->replay);
	mv_recording_close(timeline->recording);
	free(timeline);
}
