/* SPDX-License-Identifier: Apache-2.0 */
/* audit RECORDING BOOKS: does the recording say that those pieces of memory are alive which the driver's books (churn.c)
 * hold, and no others?  Prints a line for each of: events (all that were recorded, overwritten ones included), alive, books,
 * wrong (pieces that only one side has, or of different sizes), stacks, and each loss that is not zero.  Exit 0: yes, and
 * nothing was lost.  */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/timeline.h"
#include "read/recording.h"
#include "read/tracks.h"

struct piece {
	uint64_t address, size_bytes;
	unsigned ledger;
};

struct pieces {
	struct piece *at;
	size_t count;
};

static int in_order(const void *left, const void *right)
{
	const struct piece *a = left, *b = right;

	if (a->ledger != b->ledger)
		return a->ledger < b->ledger ? -1 : 1;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return a->size_bytes < b->size_bytes ? -1 : a->size_bytes > b->size_bytes;
}

static void add(struct pieces *pieces, struct piece piece)
{
	/* A power of two is full.  */
	if (!(pieces->count & (pieces->count - 1)))
		pieces->at = realloc(pieces->at, (pieces->count ? pieces->count * 2 : 1) * sizeof *pieces->at);
	if (!pieces->at)
		exit(2);
	pieces->at[pieces->count++] = piece;
}

static void sort(struct pieces *pieces)
{
	if (pieces->count)
		qsort(pieces->at, pieces->count, sizeof *pieces->at, in_order);
}

static struct pieces read_books(const char *path)
{
	struct pieces pieces = {NULL, 0};
	FILE *file = fopen(path, "r");
	struct piece piece;

	if (!file) {
		fprintf(stderr, "audit: %s: cannot be read\n", path);
		exit(2);
	}
	while (fscanf(file, "%u %" SCNu64 " %" SCNu64, &piece.ledger, &piece.address, &piece.size_bytes) == 3)
		add(&pieces, piece);
	fclose(file);
	sort(&pieces);
	return pieces;
}

static struct pieces alive_in(const struct mv_timeline *timeline)
{
	struct pieces pieces = {NULL, 0};
	size_t count, i;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);

	for (i = 0; i < count; i++)
		if (blocks[i].death_ns == MV_TIME_NEVER)
			add(&pieces, (struct piece){blocks[i].address, blocks[i].size_bytes, blocks[i].ledger});
	sort(&pieces);
	return pieces;
}

/* Pieces that only one of both has.  */
static size_t differences(const struct pieces *a, const struct pieces *b)
{
	size_t i = 0, j = 0, same = 0;

	while (i < a->count && j < b->count) {
		int order = in_order(&a->at[i], &b->at[j]);

		same += order == 0;
		i += order <= 0;
		j += order >= 0;
	}
	return a->count + b->count - 2 * same;
}

static uint64_t print_losses(const struct mv_file_header *header)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < MV_LOSS_COUNT; i++) {
		sum += header->losses[i];
		if (header->losses[i])
			printf("loss_%d %" PRIu64 "\n", i, header->losses[i]);
	}
	return sum;
}

int main(int argc, char **argv)
{
	struct mv_timeline *timeline;
	struct mv_diag diag = {0};
	const struct mv_file_header *header;
	struct pieces books, alive;
	uint64_t lost, used_bytes;
	size_t wrong;

	if (argc != 3 || mv_timeline_open(argv[1], &timeline, &diag)) {
		fprintf(stderr, "audit: %s\n", argc == 3 ? diag.text : "usage: audit RECORDING BOOKS");
		return 2;
	}
	header = mv_timeline_header(timeline);
	books = read_books(argv[2]);
	alive = alive_in(timeline);
	wrong = differences(&books, &alive);
	printf("events %" PRIu64 "\n",
	       header->events_evicted + mv_recording_tracks(mv_timeline_recording(timeline))->events);
	used_bytes = header->used_bytes[MV_REGION_STACKS];
	printf("alive %zu\nbooks %zu\nwrong %zu\nstacks %" PRIu64 "\n", alive.count, books.count, wrong,
	       used_bytes / sizeof(struct mv_stack));
	lost = print_losses(header) + mv_recording_missing(mv_timeline_recording(timeline));
	printf("lost %" PRIu64 "\n", lost);
	mv_timeline_close(timeline);
	free(books.at);
	free(alive.at);
	return wrong || lost || !books.count;
}
