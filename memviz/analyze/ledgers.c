/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/ledgers.h"

#include <errno.h>
#include <string.h>

#include "read/array.h"
#include "read/table.h"

#define NO_BLOCK UINT32_MAX
/* How far back a free that failed is looked for: it is the last one of its thread.  */
enum { FAILED_FREE_DISTANCE = 4096 };

static bool is_alive(const struct mv_block *block)
{
	return block->death_ns == MV_TIME_NEVER;
}

/* ---- roles ---- */

/* One block has one role for its whole life: the strongest that it ever had.  */
static int rank(uint8_t role)
{
	static const uint8_t ranks[MV_ROLE_KINDS] = {
		[MV_ROLE_PARAMETER] = 11, [MV_ROLE_BUFFER] = 10,    [MV_ROLE_OPTIMIZER] = 9, [MV_ROLE_GRADIENT] = 8,
		[MV_ROLE_INPUT] = 7,	  [MV_ROLE_ACTIVATION] = 6, [MV_ROLE_TEMPORARY] = 5, [MV_ROLE_WORKSPACE] = 4,
		[MV_ROLE_COPIED] = 3,	  [MV_ROLE_SAVED] = 2,	    [MV_ROLE_SAVED_HOOKED] = 1,
	};

	return role < MV_ROLE_KINDS ? ranks[role] : 0;
}

static void take_role(struct mv_block *block, uint8_t role, uint32_t name)
{
	if (rank(role) < rank(block->role) || !rank(role))
		return;
	if (name || role != block->role)
		block->name = name;
	block->role = role;
}

/* ---- adding and ending ---- */

/* The calls that make memory without an address say so, in older recordings by their names: cuMemCreate,
 * cuMemImportFromShareableHandle …  */
static bool is_handle(const struct mv_replay *replay, const struct mv_event *event)
{
	const char *api = mv_table_api(replay->recording, event->api);

	if (event->flags & MV_FLAG_HANDLE)
		return true;
	return event->ledger == MV_LEDGER_DEVICE &&
	       (strstr(api, "Create") || strstr(api, "Import") || strstr(api, "Array"));
}

static bool is_segment(const struct mv_block *block)
{
	return !block->is_handle && (block->ledger == MV_LEDGER_MAPPING || block->ledger == MV_LEDGER_DEVICE);
}

/* The device memory around ADDRESS belongs to a pool, and so does what is mapped there.  */
static void mark_segment(struct mv_ledgers *ledgers, uint64_t address)
{
	struct mv_block *segment;
	uint32_t at, *physical;

	if (!ledgers->segments.count || !mv_ranges_find(&ledgers->segments, address, &at))
		return;
	segment = &ledgers->replay->blocks[at];
	segment->is_pool = true;
	mv_ranges_remove(&ledgers->segments, segment->address, at);
	if (segment->ledger != MV_LEDGER_MAPPING)
		return;
	physical = mv_index_find(&ledgers->latest, MV_LEDGER_DEVICE, segment->extra);
	if (physical && *physical != NO_BLOCK)
		ledgers->replay->blocks[*physical].is_pool = true;
}

static int add_range(struct mv_ledgers *ledgers, uint32_t index)
{
	const struct mv_block *block = &ledgers->replay->blocks[index];

	if (block->ledger == MV_LEDGER_BLOCK) {
		mark_segment(ledgers, block->address);
		return ledgers->has_pooled ? mv_ranges_add(&ledgers->pooled, block->address, block->size_bytes, index) : 0;
	}
	return is_segment(block) ? mv_ranges_add(&ledgers->segments, block->address, block->size_bytes, index) : 0;
}

static void remove_range(struct mv_ledgers *ledgers, const struct mv_block *block, uint32_t index)
{
	if (block->ledger == MV_LEDGER_BLOCK)
		mv_ranges_remove(&ledgers->pooled, block->address, index);
	else if (!block->is_pool)
		mv_ranges_remove(&ledgers->segments, block->address, index);
}

static struct mv_block block_from(const struct mv_replay *replay, const struct mv_event *event)
{
	return (struct mv_block){
		.birth_ns = mv_replay_axis(replay, event->time_ns),
		.death_ns = MV_TIME_NEVER,
		.address = event->address,
		.size_bytes = event->size_bytes,
		.extra = event->extra,
		.stack = event->stack,
		.thread = event->thread,
		.step = event->step,
		.api = event->api,
		.ledger = event->ledger,
		.device = event->device,
		.phase = event->phase < MV_PHASE_KINDS ? event->phase : MV_PHASE_NONE,
		.flags = event->flags,
		.is_birth_known = true,
		.is_handle = is_handle(replay, event),
	};
}

static int append(struct mv_ledgers *ledgers, const struct mv_block *block, uint32_t *index)
{
	struct mv_replay *replay = ledgers->replay;

	if (replay->block_count >= NO_BLOCK ||
	    mv_array_grow(&replay->blocks, &replay->block_room, replay->block_count, sizeof *block))
		return -ENOMEM;
	*index = (uint32_t)replay->block_count++;
	replay->blocks[*index] = *block;
	return 0;
}

/* CAUSE is the free, NULL where it was lost.  */
static int end(struct mv_ledgers *ledgers, uint32_t index, uint64_t death_ns, const struct mv_event *cause)
{
	struct mv_replay *replay = ledgers->replay;
	struct mv_block *block = &replay->blocks[index];

	if (mv_array_grow(&replay->deaths, &replay->death_room, replay->death_count, sizeof *replay->deaths))
		return -ENOMEM;
	replay->deaths[replay->death_count++] = index;
	remove_range(ledgers, block, index);
	block->death_ns = death_ns;
	if (!cause)
		return 0;
	block->free_stack = cause->stack;
	block->free_thread = cause->thread;
	block->is_freed_by_graph = cause->flags & MV_FLAG_GRAPH;
	block->free_phase = cause->phase < MV_PHASE_KINDS ? cause->phase : MV_PHASE_NONE;
	take_role(block, cause->role, 0);
	return 0;
}

/* ---- events ---- */

/* The free of BLOCK, whose address was handed out again at NEXT_NS, was lost: where events are missing, so not behind
 * the last moment at which one is.  */
static uint64_t latest_end(struct mv_ledgers *ledgers, const struct mv_block *block, uint64_t next_ns)
{
	uint64_t end_ns = ledgers->incomplete_ns > block->birth_ns ? ledgers->incomplete_ns : next_ns;

	if (end_ns >= next_ns)
		return next_ns;
	ledgers->is_out_of_order = true;
	return end_ns;
}

int mv_ledgers_alloc(struct mv_ledgers *ledgers, const struct mv_event *event)
{
	struct mv_block block = block_from(ledgers->replay, event);
	uint32_t index, *latest;

	if (event->flags & MV_FLAG_CAPTURED || !event->size_bytes)
		return 0;
	latest = mv_index_at(&ledgers->latest, event->ledger, event->address, NO_BLOCK);
	if (!latest)
		return -ENOMEM;
	if (*latest != NO_BLOCK && is_alive(&ledgers->replay->blocks[*latest]) &&
	    end(ledgers, *latest, latest_end(ledgers, &ledgers->replay->blocks[*latest], block.birth_ns), NULL))
		return -ENOMEM;
	take_role(&block, event->role, event->ref);
	if (append(ledgers, &block, &index))
		return -ENOMEM;
	*latest = index;
	return add_range(ledgers, index);
}

/* A free whose allocation is not there says most of what is to be known about it.  */
static int free_unseen(struct mv_ledgers *ledgers, const struct mv_event *event, uint32_t *latest)
{
	struct mv_replay *replay = ledgers->replay;
	struct mv_block block = block_from(replay, event);
	uint32_t index;

	if (!event->size_bytes || block.birth_ns < replay->begin_ns)
		return 0;
	block.birth_ns = *latest == NO_BLOCK ? 0 : replay->blocks[*latest].death_ns;
	block.is_birth_known = false;
	block.stack = event->ref;
	block.phase = MV_PHASE_NONE;
	block.step = 0;
	block.flags = event->flags & (uint8_t)~MV_FLAG_GRAD;
	if (append(ledgers, &block, &index))
		return -ENOMEM;
	ledgers->is_out_of_order = true;
	*latest = index;
	return end(ledgers, index, mv_replay_axis(replay, event->time_ns), event);
}

int mv_ledgers_free(struct mv_ledgers *ledgers, const struct mv_event *event)
{
	uint32_t *latest;

	if (event->flags & MV_FLAG_CAPTURED)
		return 0;
	latest = mv_index_at(&ledgers->latest, event->ledger, event->address, NO_BLOCK);
	if (!latest)
		return -ENOMEM;
	if (*latest != NO_BLOCK && is_alive(&ledgers->replay->blocks[*latest]))
		return end(ledgers, *latest, mv_replay_axis(ledgers->replay, event->time_ns), event);
	return free_unseen(ledgers, event, latest);
}

int mv_ledgers_birth(struct mv_ledgers *ledgers, const struct mv_event *event)
{
	struct mv_replay *replay = ledgers->replay;
	struct mv_event birth = *event;
	uint32_t *latest = mv_index_find(&ledgers->latest, event->ledger, event->address);

	if (latest && *latest != NO_BLOCK && is_alive(&replay->blocks[*latest])) {
		take_role(&replay->blocks[*latest], event->role, event->ref);
		return 0;
	}
	birth.time_ns = event->extra < event->time_ns ? event->extra : event->time_ns;
	birth.extra = 0;
	ledgers->is_out_of_order = true;
	return mv_ledgers_alloc(ledgers, &birth);
}

void mv_ledgers_free_failed(struct mv_ledgers *ledgers, const struct mv_event *event)
{
	struct mv_replay *replay = ledgers->replay;
	uint32_t *latest = mv_index_find(&ledgers->latest, event->ledger, event->address);
	size_t i, last = replay->death_count > FAILED_FREE_DISTANCE ? replay->death_count - FAILED_FREE_DISTANCE : 0;
	struct mv_block *block;

	/* Without a size: the free had found nothing, so there is nothing to take back.  */
	if (!latest || *latest == NO_BLOCK || !event->size_bytes)
		return;
	block = &replay->blocks[*latest];
	if (is_alive(block) || block->free_thread != event->thread)
		return;
	for (i = replay->death_count; i-- > last;) {
		if (replay->deaths[i] != *latest)
			continue;
		memmove(&replay->deaths[i], &replay->deaths[i + 1],
			(replay->death_count - i - 1) * sizeof *replay->deaths);
		replay->death_count--;
		block->death_ns = MV_TIME_NEVER;
		block->free_stack = 0;
		block->free_thread = 0;
		block->free_phase = 0;
		block->is_freed_by_graph = false;
		return;
	}
}

/* ---- owners ---- */

static int index_pooled(struct mv_ledgers *ledgers)
{
	struct mv_replay *replay = ledgers->replay;
	uint32_t i;

	ledgers->has_pooled = true;
	for (i = 0; i < replay->block_count; i++) {
		const struct mv_block *block = &replay->blocks[i];

		if (block->ledger == MV_LEDGER_BLOCK && is_alive(block) &&
		    mv_ranges_add(&ledgers->pooled, block->address, block->size_bytes, i))
			return -ENOMEM;
	}
	return 0;
}

static struct mv_block *living_at(const struct mv_ledgers *ledgers, enum mv_ledger ledger, uint64_t address)
{
	uint32_t *latest = mv_index_find(&ledgers->latest, ledger, address);
	struct mv_block *block = latest && *latest != NO_BLOCK ? &ledgers->replay->blocks[*latest] : NULL;

	return block && is_alive(block) ? block : NULL;
}

/* A hook on a thread that runs backward is that of a checkpoint, whose forward is run again: what it gets is kept.  What is
 * copied from the host there had been moved to it meanwhile, and comes back for a moment.  */
static uint8_t role_said(const struct mv_event *event)
{
	bool is_backward = event->phase == MV_PHASE_BACKWARD;

	if (event->role == MV_ROLE_SAVED_HOOKED && is_backward)
		return MV_ROLE_SAVED;
	return event->role == MV_ROLE_COPIED && is_backward ? MV_ROLE_NONE : event->role;
}

int mv_ledgers_owner(struct mv_ledgers *ledgers, const struct mv_event *event)
{
	struct mv_block *block = living_at(ledgers, MV_LEDGER_BLOCK, event->address);
	uint32_t index;

	if (!block) {
		if (!ledgers->has_pooled && index_pooled(ledgers))
			return -ENOMEM;
		if (mv_ranges_find(&ledgers->pooled, event->address, &index))
			block = &ledgers->replay->blocks[index];
	}
	/* Without a pool, tensors are the driver's own allocations.  */
	if (!block)
		block = living_at(ledgers, MV_LEDGER_POOLED, event->address);
	if (!block)
		block = living_at(ledgers, MV_LEDGER_DEVICE, event->address);
	if (!block && mv_ranges_find(&ledgers->segments, event->address, &index))
		block = &ledgers->replay->blocks[index];
	if (!block)
		return 0;
	take_role(block, role_said(event), event->ref);
	block->kept_steps += role_said(event) == MV_ROLE_SAVED && block->kept_steps < UINT8_MAX;
	return 0;
}

/* ---- the end ---- */

/* BLOCK is there already, as LIVE says; what it says besides is taken over.  A copy can hold both a free and the
 * record that it was about to clear.  */
static bool is_same_life(struct mv_block *block, const struct mv_block *live)
{
	if (!block->is_birth_known && !is_alive(block) && block->death_ns > live->birth_ns) {
		block->birth_ns = live->birth_ns;
		block->phase = live->phase;
		block->flags = live->flags;
		block->step = live->step;
		block->thread = live->thread;
		block->is_birth_known = true;
	}
	return block->birth_ns >= live->birth_ns;
}

/* Alive at the end: the latest block there, or one whose birth is not among the events.  */
static int settle_one(struct mv_ledgers *ledgers, const struct mv_event *live)
{
	struct mv_replay *replay = ledgers->replay;
	struct mv_block made = block_from(replay, live);
	uint32_t index, *latest = mv_index_at(&ledgers->latest, live->ledger, live->address, NO_BLOCK);

	if (!latest)
		return -ENOMEM;
	if (*latest != NO_BLOCK && is_same_life(&replay->blocks[*latest], &made)) {
		take_role(&replay->blocks[*latest], live->role, live->ref);
		return 0;
	}
	ledgers->is_out_of_order = true;
	if (*latest != NO_BLOCK && is_alive(&replay->blocks[*latest]) && end(ledgers, *latest, made.birth_ns, NULL))
		return -ENOMEM;
	take_role(&made, live->role, live->ref);
	if (append(ledgers, &made, &index))
		return -ENOMEM;
	*latest = index;
	return add_range(ledgers, index);
}

static bool is_in_live_table(const struct mv_index *alive, const struct mv_block *block)
{
	return mv_index_find(alive, block->ledger, block->address);
}

/* Leave out what was born when events are missing, has no end, and is not alive.  */
static void drop_ghosts(struct mv_ledgers *ledgers, const struct mv_index *alive, uint64_t incomplete_ns)
{
	struct mv_replay *replay = ledgers->replay;
	uint64_t until = mv_replay_axis(replay, incomplete_ns);
	size_t i;

	if (incomplete_ns <= replay->start_ns || mv_recording_header(replay->recording)->losses[MV_LOSS_LIVE_FULL])
		return;
	for (i = 0; i < replay->block_count && replay->blocks[i].birth_ns <= until; i++) {
		struct mv_block *block = &replay->blocks[i];

		if (!is_alive(block) || is_in_live_table(alive, block))
			continue;
		block->size_bytes = 0;
		ledgers->is_out_of_order = true;
	}
}

int mv_ledgers_settle(struct mv_ledgers *ledgers, uint64_t incomplete_ns)
{
	const struct mv_recording *recording = ledgers->replay->recording;
	uint32_t i, count = mv_table_count(recording, MV_REGION_LIVE);
	struct mv_index alive = {0};
	int err = 0;

	for (i = 0; i < count && !err; i++) {
		const struct mv_event *live = mv_table_live(recording, i);

		if (!live || live->ledger >= MV_LEDGER_KINDS || !live->size_bytes || live->flags & MV_FLAG_CAPTURED)
			continue;
		err = settle_one(ledgers, live);
		if (!err && !mv_index_at(&alive, live->ledger, live->address, 0))
			err = -ENOMEM;
	}
	if (!err)
		drop_ghosts(ledgers, &alive, incomplete_ns);
	mv_index_release(&alive);
	return err;
}

void mv_ledgers_release(struct mv_ledgers *ledgers)
{
	mv_index_release(&ledgers->latest);
	mv_ranges_release(&ledgers->segments);
	mv_ranges_release(&ledgers->pooled);
}
