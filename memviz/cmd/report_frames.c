/* SPDX-License-Identifier: Apache-2.0 */
/* A stack in a report's text: the lines of the user's own and the one that is the origin; the rest is counted, folded
 * in its place, or shown.  */
#include <string.h>

#include "analyze/author.h"
#include "cmd/report_paper.h"
#include "read/table.h"

enum {
	LINES = 5,	/* of the user's own in a short form, and what they called */
	FOLD_FROM = 2,	/* so many frames of noise are less to read as one line */
	AUTHOR_BYTES = 96,
	FRAMES = MV_TABLE_STACK_FRAMES,
};

/* Behind an origin that is no line of the user's.  */
static const char foreign[] = ", not your code";
enum { FOREIGN_COLUMNS = sizeof foreign - 1 };

struct stack {
	const struct mv_place *frames[FRAMES];
	size_t count;
	size_t origin;
	/* Of Python's frames that tell anything, inside of the origin: the innermost one, and the innermost of the package
	 * that the origin called, which knows which of the layers it is; COUNT: there is none.  */
	size_t callee, layer;
};

static bool is_telling(const struct mv_place *place)
{
	return place->kind == MV_FRAME_PYTHON && !mv_place_is_noise(place);
}

static void find_callees(struct stack *stack)
{
	const struct mv_place *called = NULL;
	size_t i;

	stack->callee = stack->layer = stack->count;
	for (i = stack->origin < stack->count ? stack->origin : 0; i-- > 0;) {
		if (!is_telling(stack->frames[i]))
			continue;
		if (!called)
			called = stack->frames[i];
		stack->callee = i;
		if (mv_author_is_same(called, stack->frames[i]))
			stack->layer = i;
	}
}

static struct stack stack_of(const struct mv_paper *paper, uint32_t id)
{
	struct stack stack;

	stack.count = mv_places_stack(paper->view->places, id, stack.frames, FRAMES, &stack.origin);
	find_callees(&stack);
	return stack;
}

static void print_frame(const struct mv_paper *paper, const struct stack *stack, size_t i)
{
	const char *mark = paper->is_utf8 ? "\u25b8" : ">";
	bool is_foreign = stack->frames[i]->code != MV_CODE_OWN;
	char text[MV_PAPER_PLACE_COLUMNS + 1];

	/* A little shorter, for what is said behind it.  */
	mv_place_write(stack->frames[i], text, i == stack->origin && is_foreign ? sizeof text - FOREIGN_COLUMNS : sizeof text);
	if (i != stack->origin)
		fprintf(paper->out, "                %s\n", text);
	else
		fprintf(paper->out, paper->is_coloured ? "              \033[1m%s %s%s\033[0m\n" : "              %s %s%s\n",
			mark, text, is_foreign ? foreign : "");
}

/* "… 14 frames of PyTorch's dispatch"; with OWN that many of the user's before them.  */
static void print_folded(const struct mv_paper *paper, const struct mv_place *const *frames, size_t count, size_t own)
{
	char authors[AUTHOR_BYTES], text[2 * AUTHOR_BYTES] = "";

	mv_author_write_all(frames, count, authors, sizeof authors);
	if (own && count)
		snprintf(text, sizeof text, "%zu frame%s of yours, %zu of %s", own, own == 1 ? "" : "s", count, authors);
	else
		snprintf(text, sizeof text, "%zu frame%s of %s", own + count, own + count == 1 ? "" : "s", own ? "yours" : authors);
	fprintf(paper->out, paper->is_coloured ? "\033[2m                %s %s\033[0m\n" : "                %s %s\n",
		paper->is_utf8 ? "\u2026" : "...", text);
}

/* ---- the user's own ---- */

/* Own frames, those around the origin, and what says how frames belong together.  */
static bool stands(const struct stack *stack, size_t i)
{
	uint32_t kind = stack->frames[i]->kind;

	return stack->frames[i]->code == MV_CODE_OWN || i == stack->origin || i == stack->callee || i == stack->layer ||
	       (kind != MV_FRAME_NATIVE && kind != MV_FRAME_PYTHON);
}

static void print_short(const struct mv_paper *paper, const struct stack *stack)
{
	const struct mv_place *folded[FRAMES];
	size_t i, shown = 0, count = 0, own = 0;

	for (i = 0; i < stack->count; i++) {
		if (shown < LINES && stands(stack, i)) {
			print_frame(paper, stack, i);
			shown++;
		} else if (stack->frames[i]->code == MV_CODE_OWN) {
			own++;
		} else {
			folded[count++] = stack->frames[i];
		}
	}
	if (count || own)
		print_folded(paper, folded, count, own);
}

/* ---- all, in their order ---- */

static void print_all(const struct mv_paper *paper, const struct stack *stack, bool is_folded)
{
	size_t from, to;

	for (from = 0; from < stack->count; from = to) {
		for (to = from; is_folded && to < stack->count && to != stack->origin && mv_place_is_noise(stack->frames[to]);
		     to++)
			;
		if (to - from >= FOLD_FROM) {
			print_folded(paper, stack->frames + from, to - from, 0);
			continue;
		}
		to = from + 1;
		print_frame(paper, stack, from);
	}
}

void mv_report_print_frames(const struct mv_paper *paper, uint32_t id)
{
	struct stack stack = stack_of(paper, id);

	if (!stack.count)
		fprintf(paper->out, "                no stack was taken\n");
	else if (paper->view->frames == MV_REPORT_OWN)
		print_short(paper, &stack);
	else
		print_all(paper, &stack, paper->view->frames == MV_REPORT_FOLDED);
}
