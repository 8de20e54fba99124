/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include "stack/merge.h"

enum { NATIVE = 8, STEP = 0x100, STACK = 0x7000, OWN = 0x1000, INTERPRETER = 0x2000, OTHER = 0x3000 };

/* Native frames, innermost first, one for each letter of SHAPE: r the recorder's, i the interpreter's, x others.  Frame
 * N has the stack from STACK + N * STEP.  */
static unsigned fill_native(struct mv_native_frame frames[], const char *shape)
{
	unsigned n;

	for (n = 0; shape[n]; n++)
		frames[n] = (struct mv_native_frame){
			.ip = (shape[n] == 'r' ? OWN : shape[n] == 'i' ? INTERPRETER : OTHER) + n,
			.sp = STACK + n * STEP,
		};
	return n;
}

static struct mv_merge merge_of(const struct mv_native_frame *native, unsigned native_count,
				const struct mv_pyframe *python, unsigned python_count)
{
	return (struct mv_merge){
		.native = native,
		.python = python,
		.native_count = native_count,
		.python_count = python_count,
		.has_anchors = true,
		.own_start = OWN,
		.own_end = OWN + STEP,
		.interpreter_start = INTERPRETER,
		.interpreter_end = INTERPRETER + STEP,
	};
}

/* EXPECTED: digits are native frames, capital letters Python frames from A, "." the mark of a cut.  */
static void assert_merged(const struct mv_merge *merge, const char *expected)
{
	uint16_t merged[2 * NATIVE + 1];
	unsigned n = mv_merge_stack(merge, merged), i;
	char text[2 * NATIVE + 2] = "";

	for (i = 0; i < n; i++) {
		if (merged[i] == MV_MERGE_CUT)
			text[i] = '.';
		else
			text[i] = (char)(merged[i] & MV_MERGE_PYTHON ? 'A' + (merged[i] & 255) : '0' + merged[i]);
	}
	CU_ASSERT_STRING_EQUAL(text, expected);
}

static struct mv_pyframe inlined(void)
{
	return (struct mv_pyframe){.is_entry = false};
}

static struct mv_pyframe entry_in(unsigned native)
{
	return (struct mv_pyframe){.is_entry = true, .anchor = STACK + native * STEP + STEP / 2};
}

static void frames_without_python_stay(void)
{
	struct mv_native_frame native[NATIVE];
	struct mv_merge merge = merge_of(native, fill_native(native, "rrxxx"), NULL, 0);

	assert_merged(&merge, "234");
}

static void an_evaluation_is_replaced_by_its_frames(void)
{
	struct mv_native_frame native[NATIVE];
	struct mv_pyframe python[] = {inlined(), entry_in(3), entry_in(5)};
	struct mv_merge merge = merge_of(native, fill_native(native, "rxiiiiix"), python, 3);

	assert_merged(&merge, "12AB4C67");
}

static void own_frames_between_others_are_left_out(void)
{
	struct mv_native_frame native[NATIVE];
	struct mv_merge merge = merge_of(native, fill_native(native, "rxrxx"), NULL, 0);

	assert_merged(&merge, "134");
}

static void python_without_an_anchor_goes_to_the_interpreter(void)
{
	struct mv_native_frame native[NATIVE];
	struct mv_pyframe python[] = {{.is_entry = true}, {.is_entry = true}};
	struct mv_merge merge = merge_of(native, fill_native(native, "rxxiix"), python, 2);

	assert_merged(&merge, "12AB345");
}

static void without_stack_pointers_nothing_is_replaced(void)
{
	struct mv_native_frame native[] = {{.ip = OTHER}, {.ip = INTERPRETER}, {.ip = OTHER}};
	struct mv_pyframe python[] = {entry_in(1)};
	struct mv_merge merge = merge_of(native, 3, python, 1);

	assert_merged(&merge, "0A12");
}

static void python_alone(void)
{
	struct mv_pyframe python[] = {inlined(), entry_in(1), entry_in(2)};
	struct mv_merge merge = merge_of(NULL, 0, python, 3);

	assert_merged(&merge, "ABC");
}

static void a_cut_native_stack_keeps_all_python(void)
{
	struct mv_native_frame native[NATIVE];
	struct mv_pyframe python[] = {entry_in(2), entry_in(20), entry_in(30)};
	struct mv_merge merge = merge_of(native, fill_native(native, "rxiix"), python, 3);

	merge.native_is_cut = true;
	assert_merged(&merge, "1A34BC.");
}

static void cut_python_ends_the_stack(void)
{
	struct mv_native_frame native[NATIVE];
	struct mv_pyframe python[] = {entry_in(2), inlined(), inlined()};
	struct mv_merge merge = merge_of(native, fill_native(native, "rxiixix"), python, 3);

	merge.python_is_cut = true;
	assert_merged(&merge, "1ABC.");
}

/* A handler on a stack of its own, above the one that it interrupted.  */
static void stacks_in_any_order(void)
{
	struct mv_native_frame native[NATIVE];
	struct mv_pyframe python[] = {entry_in(3)};
	struct mv_merge merge = merge_of(native, fill_native(native, "rxxiix"), python, 1);

	native[0].sp += 0x100000;
	native[1].sp += 0x100000;
	assert_merged(&merge, "12A45");
}

static void evaluations_by_function(void)
{
	struct mv_native_frame native[NATIVE];
	struct mv_pyframe python[] = {{.is_entry = true}, {.is_entry = true}};
	struct mv_merge merge = merge_of(native, fill_native(native, "rxixix"), python, 2);

	merge.has_anchors = false;
	native[2].is_eval = true;
	native[4].is_eval = true;
	assert_merged(&merge, "1A3B5");
}

static const struct harness_test tests[] = {
	HARNESS_TEST(frames_without_python_stay),
	HARNESS_TEST(an_evaluation_is_replaced_by_its_frames),
	HARNESS_TEST(own_frames_between_others_are_left_out),
	HARNESS_TEST(python_without_an_anchor_goes_to_the_interpreter),
	HARNESS_TEST(without_stack_pointers_nothing_is_replaced),
	HARNESS_TEST(python_alone),
	HARNESS_TEST(a_cut_native_stack_keeps_all_python),
	HARNESS_TEST(cut_python_ends_the_stack),
	HARNESS_TEST(stacks_in_any_order),
	HARNESS_TEST(evaluations_by_function),
};
HARNESS_MAIN("stack_merge", tests)
