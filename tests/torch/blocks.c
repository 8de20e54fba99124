/* SPDX-License-Identifier: Apache-2.0 */
/* blocks FILE [lines | why]: every banded block, one a line: birth and death by the machine's clock (0: not known, 0: alive),
 * address, bytes, band.  With lines, also the lines of Python, FILE:LINE, innermost first, that made the node of the graph
 * that backward was at when it asked for the block, and "-" if there is none.  With why, also whether the band is known or
 * guessed, by which call it was made, the reason (_ for blanks), the name, its label beside the band ("-": none), and from when
 * on it has that.  The first line has the moments of the peak and of the end.
 * For tests that know better.  */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyze/places.h"
#include "analyze/sublabel.h"
#include "analyze/timeline.h"
#include "read/table.h"

static uint64_t clock_of(const struct mv_timeline *timeline, uint64_t time_ns)
{
	return mv_timeline_header(timeline)->start_ns + time_ns;
}

static void print_origin(struct mv_places *places, uint32_t stack)
{
	const struct mv_place *frames[MV_TABLE_STACK_FRAMES];
	size_t i = 0, count = mv_places_stack(places, stack, frames, MV_TABLE_STACK_FRAMES, NULL);

	while (i < count && frames[i]->kind != MV_FRAME_FORWARD)
		i++;
	if (i == count)
		printf(" -");
	for (i++; i < count && frames[i]->kind != MV_FRAME_FORWARD; i++)
		if (frames[i]->kind == MV_FRAME_PYTHON)
			printf(" %s:%u", frames[i]->file, frames[i]->line);
}

static void print_word(const char *text)
{
	putchar(' ');
	for (; *text; text++)
		putchar(*text == ' ' ? '_' : *text);
}

static void print_why(const struct mv_timeline *timeline, const struct mv_block *block)
{
	const char *name = mv_timeline_text(timeline, block->name), *label = mv_sublabel_name((enum mv_sublabel)block->sublabel);

	print_word(mv_reason_is_guess((enum mv_reason)block->reason) ? "guessed" : "known");
	print_word(mv_timeline_api(timeline, block->api));
	print_word(mv_reason_text((enum mv_reason)block->reason));
	print_word(*name ? name : "-");
	print_word(*label ? label : "-");
	printf(" %" PRIu64, *label ? clock_of(timeline, block->sublabel_ns) : 0);
}

static void print(const struct mv_timeline *timeline, const struct mv_block *block)
{
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s",
	       block->is_birth_known ? clock_of(timeline, block->birth_ns) : 0,
	       block->death_ns == MV_TIME_NEVER ? 0 : clock_of(timeline, block->death_ns), block->address, block->size_bytes,
	       mv_band_name((enum mv_band)block->band));
}

int main(int argc, char **argv)
{
	struct mv_timeline *timeline;
	struct mv_places *places;
	struct mv_diag diag = {0};
	const struct mv_block *blocks;
	const struct mv_card *card;
	size_t i, count;

	if (argc < 2 || mv_timeline_open(argv[1], &timeline, &diag)) {
		fprintf(stderr, "blocks: %s\n", argc >= 2 ? diag.text : "FILE is missing");
		return 1;
	}
	card = mv_timeline_cards(timeline, &count);
	printf("%" PRIu64 " %" PRIu64 "\n", clock_of(timeline, count ? card->peak_ns : 0),
	       clock_of(timeline, mv_timeline_end(timeline)));
	blocks = mv_timeline_blocks(timeline, &count);
	if (mv_places_open(mv_timeline_recording(timeline), MV_PLACES_NO_NAMES, NULL, &places))
		return 1;
	for (i = 0; i < count; i++) {
		if (!mv_timeline_is_banded(timeline, &blocks[i]))
			continue;
		print(timeline, &blocks[i]);
		if (argc > 2 && !strcmp(argv[2], "lines"))
			print_origin(places, blocks[i].stack);
		if (argc > 2 && !strcmp(argv[2], "why"))
			print_why(timeline, &blocks[i]);
		putchar('\n');
	}
	mv_places_close(places);
	mv_timeline_close(timeline);
	return 0;
}
