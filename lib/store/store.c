/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/sys.h"
#include "base/text.h"
#include "format/image.h"

/* How much room everything gets beside the ring.  Measured on GPT training: 1,500 stacks of 70 frames share most of
 * their frames; 60 bytes of text each.  */
enum {
	TEXT_BYTES = 4 << 20,
	NOTES_BYTES = 64 * sizeof(struct mv_note),
	APIS_BYTES = 512 * sizeof(uint32_t),
	THREADS_BYTES = 16384 * sizeof(struct mv_thread), /* that ever were; 100 a minute for nearly three hours */
	MODULES_BYTES = 2048 * sizeof(struct mv_module),
	FRAMES_BYTES = (1 << 18) * sizeof(struct mv_frame),
	STACKS_BYTES = (1 << 20) * sizeof(struct mv_stack),
	LIVE_PART_OF_RING = 4, /* 64 MiB of ring: 16 MiB, which is 262,144 pieces of memory alive at once */
	SLOTS = 16,
	SLOT_EVENTS = 16384, /* seven steps of a small GPT: 2.5 bytes an event; with 8192 2.8 */
};

static struct mv_image_plan plan_for(uint64_t ring_bytes)
{
	struct mv_image_plan plan = {.slots = SLOTS, .slot_events = SLOT_EVENTS};

	if (ring_bytes < MV_STORE_RING_BYTES_MIN)
		ring_bytes = MV_STORE_RING_BYTES_MIN;
	plan.size_bytes[MV_REGION_TEXT] = TEXT_BYTES;
	plan.size_bytes[MV_REGION_NOTES] = NOTES_BYTES;
	plan.size_bytes[MV_REGION_APIS] = APIS_BYTES;
	plan.size_bytes[MV_REGION_THREADS] = THREADS_BYTES;
	plan.size_bytes[MV_REGION_MODULES] = MODULES_BYTES;
	plan.size_bytes[MV_REGION_FRAMES] = FRAMES_BYTES;
	plan.size_bytes[MV_REGION_STACKS] = STACKS_BYTES;
	plan.size_bytes[MV_REGION_LIVE] = ring_bytes / LIVE_PART_OF_RING;
	plan.size_bytes[MV_REGION_RING] = ring_bytes & ~(uint64_t)63;
	return plan;
}

static void copy_facts(struct mv_file_header *header, const struct mv_file_header *facts)
{
	size_t from = offsetof(struct mv_file_header, pid), to = offsetof(struct mv_file_header, regions);

	memcpy((uint8_t *)header + from, (const uint8_t *)facts + from, to - from);
}

/* ---- private memory ---- */

struct dictionary_plan {
	size_t member; /* offset in struct mv_store */
	uint8_t region;
	uint8_t record_bytes;
	uint8_t loss;
};

static const struct dictionary_plan tables[] = {
	{offsetof(struct mv_store, text), MV_REGION_TEXT, 0, MV_LOSS_TEXT_FULL},
	{offsetof(struct mv_store, notes), MV_REGION_NOTES, sizeof(struct mv_note), MV_LOSS_TEXT_FULL},
	{offsetof(struct mv_store, apis), MV_REGION_APIS, sizeof(uint32_t), MV_LOSS_TEXT_FULL},
	{offsetof(struct mv_store, threads), MV_REGION_THREADS, sizeof(struct mv_thread), MV_LOSS_THREADS_FULL},
	{offsetof(struct mv_store, modules), MV_REGION_MODULES, sizeof(struct mv_module), MV_LOSS_MODULES_FULL},
	{offsetof(struct mv_store, frames), MV_REGION_FRAMES, sizeof(struct mv_frame), MV_LOSS_STACKS_FULL},
	{offsetof(struct mv_store, stacks), MV_REGION_STACKS, sizeof(struct mv_stack), MV_LOSS_STACKS_FULL},
};

enum { TABLES = sizeof tables / sizeof *tables };

static uint8_t *carve(uint8_t **at, size_t bytes)
{
	uint8_t *piece = *at;

	*at += (bytes + 63) & ~(size_t)63;
	return piece;
}

/* Lay out the private memory from AT on, and open everything in it unless STORE is NULL.  Returns the end.  */
static uint8_t *lay_out_memory(struct mv_store *store, const struct mv_image_plan *plan, uint8_t *at, int *err)
{
	uint8_t *piece;
	size_t i;

	for (i = 0; i < TABLES; i++) {
		const struct dictionary_plan *t = &tables[i];

		piece = carve(&at, mv_dictionary_index_bytes(plan->size_bytes[t->region], t->record_bytes));
		if (store)
			mv_dictionary_open((struct mv_dictionary *)((uint8_t *)store + t->member), store->header,
				      (enum mv_region_kind)t->region, t->record_bytes, piece,
				      &store->header->losses[t->loss]);
	}
	piece = carve(&at, mv_live_index_bytes(plan->size_bytes[MV_REGION_LIVE]));
	if (store)
		mv_live_open(&store->live, store->header, piece);
	piece = carve(&at, mv_ring_memory_bytes(plan->slot_events));
	if (store)
		*err = mv_ring_open(&store->ring, store->header, piece);
	return at;
}

static int open_parts(struct mv_store *store, const struct mv_image_plan *plan)
{
	uint8_t *none = (uint8_t *)64;
	int err;

	store->memory_bytes = (size_t)(lay_out_memory(NULL, plan, none, &err) - none);
	err = mv_sys_map(store->memory_bytes, &store->memory);
	if (!err)
		lay_out_memory(store, plan, store->memory, &err);
	return err;
}

static void note_backing(struct mv_store *store)
{
	if (store->backing.is_memory)
		mv_store_note(store, "backing", "memory: written at snapshots and at the end only, lost if the process is killed");
}

static int open_image(struct mv_store *store, const struct mv_image_plan *plan, const struct mv_file_header *layout,
		      const struct mv_file_header *facts)
{
	int err;

	store->header = store->backing.bytes;
	*store->header = *layout;
	copy_facts(store->header, facts);
	store->header->state = MV_FILE_RECORDING;
	mv_image_seal_layout(store->header);
	err = open_parts(store, plan);
	if (!err)
		note_backing(store);
	else if (store->memory)
		mv_sys_unmap(store->memory, store->memory_bytes);
	return err;
}

int mv_store_open(struct mv_store *store, const char *path, uint64_t ring_bytes, const struct mv_file_header *facts)
{
	struct mv_image_plan plan = plan_for(ring_bytes);
	struct mv_file_header layout = {0};
	int err;

	memset(store, 0, sizeof *store);
	err = mv_backing_open(&store->backing, path, mv_image_lay_out(&layout, &plan));
	if (err)
		return err;
	/* Not kept: nothing that closes descriptors can touch the recording.  */
	mv_backing_let_go(&store->backing);
	err = open_image(store, &plan, &layout, facts);
	if (err) {
		mv_backing_drop(&store->backing, path);
		store->header = NULL;
		return err;
	}
	/* A child must neither write into our file nor pay for our pages.  */
	mv_sys_fork_omit(store->header, layout.file_bytes);
	mv_sys_fork_omit(store->memory, store->memory_bytes);
	store->facts = *facts;
	strncpy(store->path, path, sizeof store->path - 1);
	return 0;
}

/* ---- adding ---- */

uint32_t mv_store_text(struct mv_store *store, const char *string)
{
	return mv_dictionary_add_text(&store->text, string, strlen(string));
}

/* The latest note with the key of NOTE says the same.  */
static bool is_said(const struct mv_store *store, const struct mv_note *note)
{
	const struct mv_note *notes = (const struct mv_note *)store->notes.region;
	uint64_t i = __atomic_load_n(store->notes.used_bytes, __ATOMIC_ACQUIRE) / sizeof *notes;

	while (i--)
		if (notes[i].key == note->key)
			return notes[i].value == note->value;
	return false;
}

void mv_store_note(struct mv_store *store, const char *key, const char *value)
{
	struct mv_note note = {mv_store_text(store, key), mv_store_text(store, value)};

	if (is_said(store, &note))
		return;
	mv_dictionary_append(&store->notes, &note);
}

void mv_store_lose(struct mv_store *store, enum mv_loss loss, uint64_t count)
{
	__atomic_fetch_add(&store->header->losses[loss], count, __ATOMIC_RELAXED);
}

void mv_store_lose_in_all(struct mv_store *store, enum mv_loss loss, uint64_t count)
{
	uint64_t *lost = &store->header->losses[loss], before = __atomic_load_n(lost, __ATOMIC_RELAXED);

	while (before < count &&
	       !__atomic_compare_exchange_n(lost, &before, count, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* ---- copies ---- */

static int copy_to(struct mv_store *store, const char *path, enum mv_file_state state, enum mv_snapshot_reason reason)
{
	uint64_t room = mv_image_compact_bytes(store->header), size;
	struct mv_backing copy;
	int err = mv_backing_open(&copy, path, room);

	if (err)
		return err;
	size = mv_image_compact(store->header, copy.bytes, room, state, reason, mv_sys_monotonic_ns());
	if (size)
		return mv_backing_save(&copy, path, size);
	mv_backing_drop(&copy, path);
	return -EAGAIN;
}

/* What PATH is called until it is complete.  */
static int name_part(const char *path, char part[MV_STORE_PATH_BYTES])
{
	struct mv_text name = mv_text_in(part, MV_STORE_PATH_BYTES);

	mv_text_add(&name, path);
	mv_text_add(&name, ".part");
	return name.is_cut ? -ENAMETOOLONG : 0;
}

int mv_store_snapshot(struct mv_store *store, const char *path, enum mv_file_state state,
		      enum mv_snapshot_reason reason)
{
	char part[MV_STORE_PATH_BYTES];
	int err = name_part(path, part);

	if (err)
		return err;
	mv_sys_remove(part);
	err = copy_to(store, part, state, reason);
	if (err)
		return err;
	err = mv_sys_rename(part, path);
	if (err)
		mv_sys_remove(part);
	return err;
}

int mv_store_finish(struct mv_store *store)
{
	int err;

	mv_ring_close(&store->ring);
	err = mv_store_snapshot(store, store->path, MV_FILE_FINISHED, MV_REASON_NONE);
	if (!err)
		return 0;
	store->header->end_ns = mv_sys_monotonic_ns();
	__atomic_store_n(&store->header->state, MV_FILE_FINISHED, __ATOMIC_RELEASE);
	return !store->backing.is_memory && mv_backing_look(&store->backing, store->path) == MV_BACKING_WHOLE ? 0 : err;
}

/* ---- a file that somebody else has changed ---- */

bool mv_store_is_cut(const struct mv_store *store)
{
	return mv_backing_look(&store->backing, store->path) == MV_BACKING_CUT;
}

/* A recording of nothing but a header: who it was, and how much is lost.  */
static void write_stone(const struct mv_store *store, uint64_t lost)
{
	static const struct mv_image_plan nothing = {.slots = 0};
	struct mv_file_header stone = {0};
	char part[MV_STORE_PATH_BYTES];
	int fd;

	mv_image_lay_out(&stone, &nothing);
	copy_facts(&stone, &store->facts);
	mv_image_seal_layout(&stone);
	stone.state = MV_FILE_FINISHED;
	stone.end_ns = mv_sys_monotonic_ns();
	stone.losses[MV_LOSS_CUT] = lost;
	mv_image_seal_state(&stone);
	if (name_part(store->path, part))
		return;
	mv_sys_remove(part);
	fd = mv_sys_open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	if (mv_sys_write_at(fd, &stone, sizeof stone, 0) || mv_sys_rename(part, store->path))
		mv_sys_remove(part);
	mv_sys_close(fd);
}

uint64_t mv_store_abandon(struct mv_store *store)
{
	uint64_t lost = mv_ring_appended(&store->ring);

	mv_backing_blank(&store->backing);
	write_stone(store, lost);
	return lost;
}
