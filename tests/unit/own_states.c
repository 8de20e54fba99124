/* SPDX-License-Identifier: Apache-2.0 */
/* States of an optimizer that the program has written itself: nothing says what they are but their number and sizes.  */
#include "unit/harness.h"

#include "support/scene.h"

enum { MAIN = 1, AUTOGRAD = 2, PARAMETERS = 3, MIB = 1 << 20, SEGMENT_BYTES = 64 * MIB };

static const uint64_t sizes[PARAMETERS] = {8 * MIB, 2 * MIB, 32 * MIB};

static uint64_t g_next;

static uint64_t make(struct forge *forge, uint64_t size)
{
	uint64_t address = g_next;

	g_next += size;
	forge_alloc(forge, MAIN, MV_LEDGER_BLOCK, address, size, 0, MV_FLAG_GRAD);
	return address;
}

/* COUNT blocks as large as the parameters, for each of which the pool grows.  Returns the first one's address; they lie one
 * behind the other.  */
static uint64_t make_series(struct forge *forge, unsigned count)
{
	uint64_t first = g_next;
	unsigned i;

	for (i = 0; i < count; i++) {
		forge_alloc(forge, MAIN, MV_LEDGER_DEVICE, g_next, SEGMENT_BYTES, 0, 0);
		make(forge, sizes[i]);
	}
	return first;
}

static void go_back(struct forge *forge)
{
	forge_phase(forge, MAIN, 1, MV_PHASE_BACKWARD, NULL);
	forge_phase(forge, MAIN, 0, MV_PHASE_BACKWARD, NULL);
}

static struct forge *begin(void)
{
	struct forge *forge = forge_open(scene_path("states.memviz"), "train.py", 0);
	uint64_t first;
	unsigned i;

	forge_thread(forge, "", 0);
	forge_thread(forge, "python", 0);
	forge_thread(forge, "pt_autograd_0", 1);
	forge_device(forge, 0, "Card", UINT64_C(1) << 34);
	g_next = UINT64_C(0x7f0000000000);
	for (i = 0; i < PARAMETERS; i++) {
		first = make(forge, sizes[i]);
		forge_owner(forge, MAIN, first, MV_ROLE_PARAMETER, "weight");
	}
	forge_owner(forge, MAIN, make(forge, 4 * MIB), MV_ROLE_SAVED, NULL);
	return forge;
}

/* How many blocks of COUNT from FIRST on are in BAND, at the end of what FORGE has made.  */
static unsigned count_in(struct forge *forge, uint64_t first, unsigned count, enum mv_band band)
{
	struct mv_timeline *timeline;
	const struct mv_block *blocks;
	size_t i, block_count;
	unsigned found = 0;

	go_back(forge);
	go_back(forge);
	forge_finish(forge);
	CU_ASSERT_EQUAL_FATAL(mv_timeline_open(scene_path("states.memviz"), &timeline, NULL), 0);
	blocks = mv_timeline_blocks(timeline, &block_count);
	for (i = 0; i < block_count; i++)
		if (blocks[i].ledger == MV_LEDGER_BLOCK && blocks[i].address >= first && count) {
			found += blocks[i].band == band;
			count--;
		}
	mv_timeline_close(timeline);
	return found;
}

static void a_series_like_the_parameters_is_states(void)
{
	struct forge *forge = begin();
	uint64_t first = make_series(forge, PARAMETERS);

	CU_ASSERT_EQUAL(count_in(forge, first, PARAMETERS, MV_BAND_OPTIMIZER), PARAMETERS);
}

static void a_part_of_one_is_not(void)
{
	struct forge *forge = begin();
	uint64_t first = make_series(forge, PARAMETERS - 1);

	CU_ASSERT_EQUAL(count_in(forge, first, PARAMETERS - 1, MV_BAND_OPTIMIZER), 0);
}

static void where_the_framework_s_optimizer_steps_it_says_itself_what_is_a_state(void)
{
	struct forge *forge = begin();
	uint64_t first = make_series(forge, PARAMETERS);

	forge_phase(forge, MAIN, 1, MV_PHASE_OPTIMIZER, NULL);
	forge_phase(forge, MAIN, 0, MV_PHASE_OPTIMIZER, NULL);
	CU_ASSERT_EQUAL(count_in(forge, first, PARAMETERS, MV_BAND_OPTIMIZER), 0);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_series_like_the_parameters_is_states),
	HARNESS_TEST(a_part_of_one_is_not),
	HARNESS_TEST(where_the_framework_s_optimizer_steps_it_says_itself_what_is_a_state),
};
HARNESS_MAIN("own_states", tests)
