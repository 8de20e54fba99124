/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include "python/code.h"
#include "python/frame.h"
#include "stack/stack.h"

/* An interpreter small enough to lay out by hand.  */
struct code {
	uint64_t references, type;
	void *file, *name;
	int32_t first_traceable, spare;
	uint8_t bytecode[32];
};

struct frame {
	uint64_t head;
	struct code *code;
	struct frame *previous;
	void *instr;
	uint8_t owner, is_entry;
};

struct cframe {
	uint64_t head;
	struct frame *frame;
	struct cframe *previous;
};

struct thread {
	uint64_t head;
	struct frame *frame;
	struct cframe *cframe;
};

enum { SHIM = 3, FRAMES = 8 };

static const struct mv_pylayout layout = {
	.thread_frame = offsetof(struct thread, frame),
	.thread_cframe = offsetof(struct thread, cframe),
	.cframe_previous = offsetof(struct cframe, previous),
	.frame_code = offsetof(struct frame, code),
	.frame_previous = offsetof(struct frame, previous),
	.frame_instr = offsetof(struct frame, instr),
	.frame_owner = offsetof(struct frame, owner),
	.frame_entry = offsetof(struct frame, is_entry),
	.shim_owner = SHIM,
	.code_file = offsetof(struct code, file),
	.code_name = offsetof(struct code, name),
	.code_first_traceable = offsetof(struct code, first_traceable),
	.code_bytecode = offsetof(struct code, bytecode),
};

static char g_file, g_name;

struct program {
	struct code codes[FRAMES];
	struct frame frames[FRAMES];
	struct cframe cframes[FRAMES];
	struct thread thread;
};

/* FRAMES frames, each in code of its own, standing at byte 8; innermost first.  */
static void fill(struct program *program)
{
	int i;

	memset(program, 0, sizeof *program);
	for (i = 0; i < FRAMES; i++) {
		program->codes[i] = (struct code){.file = &g_file, .name = &g_name};
		program->frames[i] = (struct frame){
			.code = &program->codes[i],
			.previous = i + 1 < FRAMES ? &program->frames[i + 1] : NULL,
			.instr = program->codes[i].bytecode + 8,
		};
		program->cframes[i].previous = i + 1 < FRAMES ? &program->cframes[i + 1] : NULL;
	}
	program->thread = (struct thread){.frame = &program->frames[0], .cframe = &program->cframes[0]};
}

static unsigned walk(const struct program *program, enum mv_pyanchor anchor, struct mv_pyframe frames[], unsigned max,
		     bool *is_cut)
{
	struct mv_pylayout as = layout;

	as.anchor = (uint8_t)anchor;
	return mv_pyframe_walk(&as, (uintptr_t)&program->thread, frames, max, is_cut);
}

static void frames_come_innermost_first(void)
{
	struct mv_pyframe frames[FRAMES];
	struct program program;
	bool is_cut;
	int i;

	fill(&program);
	CU_ASSERT_EQUAL_FATAL(walk(&program, MV_PYANCHOR_EACH, frames, FRAMES, &is_cut), FRAMES);
	CU_ASSERT(!is_cut);
	for (i = 0; i < FRAMES; i++) {
		CU_ASSERT_EQUAL(frames[i].code, (uintptr_t)&program.codes[i]);
		CU_ASSERT_EQUAL(frames[i].lasti, 8);
		CU_ASSERT_EQUAL(frames[i].anchor, (uintptr_t)&program.cframes[i]);
	}
}

static void a_marked_frame_ends_an_evaluation(void)
{
	struct mv_pyframe frames[FRAMES];
	struct program program;
	bool is_cut;

	fill(&program);
	program.frames[2].is_entry = 1;
	program.frames[7].is_entry = 1;
	walk(&program, MV_PYANCHOR_CFRAME, frames, FRAMES, &is_cut);
	CU_ASSERT(!frames[1].is_entry && frames[2].is_entry && !frames[6].is_entry && frames[7].is_entry);
	CU_ASSERT_EQUAL(frames[2].anchor, (uintptr_t)&program.cframes[0]);
	CU_ASSERT_EQUAL(frames[7].anchor, (uintptr_t)&program.cframes[1]);
}

static void a_shim_ends_an_evaluation(void)
{
	struct mv_pyframe frames[FRAMES];
	struct program program;
	bool is_cut;

	fill(&program);
	program.frames[3].owner = SHIM;
	program.frames[7].owner = SHIM + 1;
	CU_ASSERT_EQUAL(walk(&program, MV_PYANCHOR_SHIM, frames, FRAMES, &is_cut), FRAMES - 2);
	CU_ASSERT(frames[2].is_entry && frames[5].is_entry && !frames[3].is_entry);
	CU_ASSERT_EQUAL(frames[2].anchor, (uintptr_t)&program.frames[3]);
	CU_ASSERT_EQUAL(frames[5].anchor, (uintptr_t)&program.frames[7]);
}

static void frames_that_begin_are_hidden(void)
{
	struct mv_pyframe frames[FRAMES];
	struct program program;
	bool is_cut;

	fill(&program);
	program.codes[0].first_traceable = 5;
	program.codes[1].first_traceable = 5;
	program.frames[1].owner = MV_PYOWNER_GENERATOR;
	program.codes[2].name = program.codes[2].file;
	CU_ASSERT_EQUAL(walk(&program, MV_PYANCHOR_SHIM, frames, FRAMES, &is_cut), FRAMES - 2);
	CU_ASSERT_EQUAL(frames[0].code, (uintptr_t)&program.codes[1]);
	CU_ASSERT_EQUAL(frames[1].code, (uintptr_t)&program.codes[3]);
}

static void an_evaluation_that_shows_nothing_keeps_no_anchor(void)
{
	struct mv_pyframe frames[FRAMES];
	struct program program;
	bool is_cut;

	fill(&program);
	program.frames[1].owner = SHIM;
	program.codes[2].first_traceable = 5;
	program.frames[3].owner = SHIM;
	walk(&program, MV_PYANCHOR_SHIM, frames, FRAMES, &is_cut);
	CU_ASSERT_EQUAL(frames[0].anchor, (uintptr_t)&program.frames[1]);
}

static void more_frames_than_room_are_cut(void)
{
	struct mv_pyframe frames[FRAMES];
	struct program program;
	bool is_cut;

	fill(&program);
	CU_ASSERT_EQUAL(walk(&program, MV_PYANCHOR_EACH, frames, 3, &is_cut), 3);
	CU_ASSERT(is_cut);
	program.frames[3].owner = SHIM;
	program.frames[3].previous = NULL;
	CU_ASSERT_EQUAL(walk(&program, MV_PYANCHOR_SHIM, frames, 3, &is_cut), 3);
	CU_ASSERT(!is_cut);
}

static void a_chain_without_end_is_left(void)
{
	struct mv_pyframe frames[FRAMES];
	struct program program;
	bool is_cut;

	fill(&program);
	program.frames[7].previous = &program.frames[0];
	CU_ASSERT_EQUAL(walk(&program, MV_PYANCHOR_EACH, frames, FRAMES, &is_cut), FRAMES);
	program.frames[0].owner = SHIM;
	program.frames[0].previous = &program.frames[0];
	CU_ASSERT_EQUAL(walk(&program, MV_PYANCHOR_SHIM, frames, FRAMES, &is_cut), 0);
	CU_ASSERT_NOT_EQUAL(mv_pyframe_hash(&layout, (uintptr_t)&program.thread, mv_pycode_epochs(), 1), 1);
}

static uint64_t hash(const struct program *program, const uint32_t epochs[])
{
	return mv_pyframe_hash(&layout, (uintptr_t)&program->thread, epochs, 1);
}

static void a_hash_is_that_of_places_and_epochs(void)
{
	static uint32_t epochs[MV_PYCODE_EPOCHS];
	struct program program;
	uint64_t before;

	fill(&program);
	before = hash(&program, epochs);
	CU_ASSERT_EQUAL(hash(&program, epochs), before);
	program.frames[5].instr = program.codes[5].bytecode + 10;
	CU_ASSERT_NOT_EQUAL(hash(&program, epochs), before);
	program.frames[5].instr = program.codes[5].bytecode + 8;
	program.frames[5].code = &program.codes[4];
	CU_ASSERT_NOT_EQUAL(hash(&program, epochs), before);
	program.frames[5].code = &program.codes[5];
	CU_ASSERT_EQUAL(hash(&program, epochs), before);
	epochs[mv_pycode_bucket((uintptr_t)&program.codes[5])]++;
	CU_ASSERT_NOT_EQUAL(hash(&program, epochs), before);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(frames_come_innermost_first),
	HARNESS_TEST(a_marked_frame_ends_an_evaluation),
	HARNESS_TEST(a_shim_ends_an_evaluation),
	HARNESS_TEST(frames_that_begin_are_hidden),
	HARNESS_TEST(an_evaluation_that_shows_nothing_keeps_no_anchor),
	HARNESS_TEST(more_frames_than_room_are_cut),
	HARNESS_TEST(a_chain_without_end_is_left),
	HARNESS_TEST(a_hash_is_that_of_places_and_epochs),
};
HARNESS_MAIN("python_frame", tests)
