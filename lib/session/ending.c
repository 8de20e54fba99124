/* SPDX-License-Identifier: Apache-2.0 */
/* The sink, for memory that does not end with a free of its own: it is kept by handles and mappings, or goes with
 * something else.  */
#include "session/session.h"

static void free_known(struct mv_session *session, struct mv_session_thread *thread, const struct mv_event *removed,
		       uint8_t flags, uint16_t api)
{
	struct mv_event event = {
		.kind = MV_EVENT_FREE,
		.address = removed->address,
		.extra = removed->extra,
		.flags = flags,
		.api = api,
	};

	mv_session_append_free(session, thread, &event, removed);
}

/* ---- handles ---- */

/* True if USERS were the last of HANDLE, which is removed, to *MEMORY.  */
static bool were_last(struct mv_session *session, uint64_t handle, struct mv_users users, struct mv_event *memory)
{
	static const uint8_t ledgers[] = {MV_LEDGER_DEVICE, MV_LEDGER_HOST, MV_LEDGER_RESERVATION};
	size_t i;

	for (i = 0; i < sizeof ledgers; i++)
		if (mv_live_count_users(&session->store.live, (enum mv_ledger)ledgers[i], handle, &users, memory))
			return true;
	return false;
}

void mv_session_note_users(uint64_t handle, struct mv_users users, uint16_t api)
{
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_join(&thread);
	struct mv_event removed;

	if (!session)
		return;
	if (were_last(session, handle, users, &removed))
		free_known(session, thread, &removed, 0, api);
	mv_session_leave(thread);
}

void mv_session_note_opened(struct mv_event *event)
{
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_enter(&thread);
	struct mv_event known;

	if (!session)
		return;
	/* Two threads that are first at once both say so; the count is right all the same.  */
	if (!mv_live_find(&session->store.live, (enum mv_ledger)event->ledger, event->address, &known))
		mv_session_append_seen(session, thread, event);
	mv_live_add_user(&session->store.live, event);
	mv_session_leave(thread);
}

/* ---- mappings ---- */

static void end_mapping(struct mv_session *session, struct mv_session_thread *thread, const struct mv_event *mapping,
			uint16_t api)
{
	struct mv_event memory;

	free_known(session, thread, mapping, 0, api);
	if (were_last(session, mapping->extra, (struct mv_users){.mappings = -1}, &memory))
		free_known(session, thread, &memory, 0, api);
}

/* Of what was mapped in one piece; where one is not known, those behind it are searched for.  */
static void unmap_rest(struct mv_session *session, struct mv_session_thread *thread, uint64_t address, uint64_t end,
		       uint16_t api)
{
	struct mv_event found, mapping;
	uint64_t cursor = 0;

	while (mv_live_next(&session->store.live, &cursor, &found))
		if (found.ledger == MV_LEDGER_MAPPING && found.address >= address && found.address < end &&
		    mv_live_remove(&session->store.live, MV_LEDGER_MAPPING, found.address, &mapping))
			end_mapping(session, thread, &mapping, api);
}

/* One call may take several mappings away, which lie one behind the other.  */
void mv_session_note_unmap(uint64_t address, uint64_t size_bytes, uint16_t api)
{
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_join(&thread);
	uint64_t end = address + size_bytes;
	struct mv_event mapping;

	if (!session)
		return;
	while (address < end && mv_live_remove(&session->store.live, MV_LEDGER_MAPPING, address, &mapping)) {
		end_mapping(session, thread, &mapping, api);
		address += mapping.size_bytes ? mapping.size_bytes : end - address;
	}
	if (address < end && size_bytes > 1)
		unmap_rest(session, thread, address, end, api);
	mv_session_leave(thread);
}

/* A resource of another interface's is what its mappings refer to; parts of an array have addresses made of it.  */
static bool is_behind(const struct mv_event *memory, uint64_t handle, uint64_t before_ns)
{
	bool is_part = memory->flags & MV_FLAG_HANDLE && !(memory->flags & MV_FLAG_IMPORTED) &&
		       memory->address >> MV_PART_BITS == mv_part_address(handle, 0) >> MV_PART_BITS;

	return memory->ledger == MV_LEDGER_MAPPING && memory->time_ns < before_ns &&
	       (is_part || (memory->flags & MV_FLAG_IMPORTED && memory->extra == handle));
}

void mv_session_note_hidden(uint64_t handle, uint64_t before_ns, uint16_t api)
{
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_join(&thread);
	struct mv_event found, mapping;
	uint64_t cursor = 0;

	if (!session)
		return;
	while (mv_live_next(&session->store.live, &cursor, &found))
		if (is_behind(&found, handle, before_ns) &&
		    mv_live_remove(&session->store.live, MV_LEDGER_MAPPING, found.address, &mapping))
			end_mapping(session, thread, &mapping, api);
	mv_session_leave(thread);
}

/* ---- contexts ---- */

/* Physical memory has handles, and memory of the driver's pools an owner that is no context.  */
static bool belongs_to_context(const struct mv_event *memory, uint8_t device, uint8_t context, uint64_t before_ns)
{
	bool is_kind = memory->ledger == MV_LEDGER_DEVICE || memory->ledger == MV_LEDGER_MANAGED ||
		       memory->ledger == MV_LEDGER_HOST;
	bool has_handles = memory->flags & MV_FLAG_HANDLE && (memory->references || memory->mappings);

	return is_kind && !has_handles && memory->device == device && memory->context == context &&
	       memory->time_ns < before_ns;
}

void mv_session_note_context_end(uint8_t device, uint8_t context, uint64_t before_ns, uint16_t api)
{
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_join(&thread);
	struct mv_event memory, removed;
	uint64_t cursor = 0;

	if (!session)
		return;
	while (mv_live_next(&session->store.live, &cursor, &memory))
		if (belongs_to_context(&memory, device, context, before_ns) &&
		    mv_live_remove(&session->store.live, (enum mv_ledger)memory.ledger, memory.address, &removed))
			free_known(session, thread, &removed, MV_FLAG_IMPLICIT, api);
	mv_session_leave(thread);
}
