/* SPDX-License-Identifier: Apache-2.0 */
/* What happens when memory runs out: an event, a record in the header, a snapshot, all before the program learns of it.
 * Nothing here allocates, and what may block is only the disk.  */
#include "session/session.h"

#include <fcntl.h>
#include <string.h>

#include "base/sys.h"
#include "base/text.h"
#include "cuda/watch.h"
#include "format/image.h"
#include "torch/torch.h"

/* A program whose failed thread allocates again, or whose other threads allocate so often, goes on.  */
enum { OTHERS_ALLOCS = 64 };

/* How long a snapshot waits for a sample of what is used of the card: many times what it takes.  */
static const uint64_t SAMPLE_NS = 25000000;

/* A pool that is told that the card is full gives back what it holds in reserve and asks again; when it gives up it says
 * so itself: PyTorch's, and one that told of its blocks through memviz.h.  Out of the driver's own pools PyTorch takes
 * the first answer, and before its first block there is nobody who would report.  */
static bool is_final(const struct mv_session *session, const struct mv_oom_report *report)
{
	if (!report->origin || report->ledger == MV_LEDGER_POOLED)
		return true;
	if (session->has_own_blocks)
		return false;
	return !session->has_blocks || !mv_torch_tries_again(report->origin);
}

/* The first errors keep their records, the latest has the last one.  */
static struct mv_oom *record_of(struct mv_file_header *header, uint32_t ordinal)
{
	return &header->ooms[ordinal < MV_FORMAT_OOMS ? ordinal - 1 : MV_FORMAT_OOMS - 1];
}

static void take_snapshot(struct mv_session *session, uint32_t ordinal)
{
	char path[MV_STORE_PATH_BYTES];
	int err;

	if (__atomic_fetch_add(&session->snapshots, 1, __ATOMIC_RELAXED) >= session->settings.snapshots)
		return;
	mv_session_note_state(session);
	mv_session_snapshot_path(session, "oom", ordinal, path);
	err = mv_store_snapshot(&session->store, path, MV_FILE_SNAPSHOT, MV_REASON_OOM);
	if (!err) {
		__atomic_store_n(&session->oom_latest, ordinal, __ATOMIC_RELAXED);
		mv_torch_expect_aftermath();
		return;
	}
	mv_store_lose(&session->store, MV_LOSS_SNAPSHOT, 1);
	mv_session_say("no snapshot of the out-of-memory error", NULL, mv_session_error(err));
}

/* The same request by the same thread with nothing allocated between: a pool that tries once more in vain.  */
static bool is_repeated(const struct mv_session *session, const struct mv_session_thread *thread,
			const struct mv_oom_report *report)
{
	uint64_t number = __atomic_load_n(&session->oom_number, __ATOMIC_ACQUIRE);

	return number && __atomic_load_n(&session->oom_thread, __ATOMIC_RELAXED) == thread->number &&
	       !__atomic_load_n(&session->oom_allocs, __ATOMIC_RELAXED) &&
	       record_of(session->store.header, (uint32_t)number)->requested_bytes == report->requested_bytes;
}

static void note_oom(struct mv_session *session, struct mv_session_thread *thread, const struct mv_oom_report *report)
{
	struct mv_file_header *header = session->store.header;
	uint32_t ordinal = __atomic_add_fetch(&header->oom_count, 1, __ATOMIC_RELAXED);
	struct mv_oom *record = record_of(header, ordinal);
	struct mv_event event = {
		.kind = MV_EVENT_OOM,
		.ledger = report->ledger,
		.size_bytes = report->requested_bytes,
		.extra = ordinal,
		.device = report->device,
		.api = report->api,
		.stack = mv_session_capture(session),
	};
	struct mv_oom oom = {
		.requested_bytes = report->requested_bytes,
		.allocated_bytes = report->allocated_bytes,
		.reserved_bytes = report->reserved_bytes,
		.ordinal = ordinal,
		.stack = event.stack,
		.thread = thread->number,
		.api = report->api,
		.device = report->device,
	};

	mv_watch_memory_info(report->device, &oom.free_bytes, &oom.total_bytes);
	if (ordinal <= session->settings.snapshots)
		mv_sampler_wait(session, SAMPLE_NS);
	mv_session_append(session, thread, &event);
	oom.time_ns = event.time_ns;
	*record = oom;
	__atomic_store_n(&session->oom_thread, thread->number, __ATOMIC_RELAXED);
	__atomic_store_n(&session->oom_allocs, 0, __ATOMIC_RELAXED);
	take_snapshot(session, ordinal);
	__atomic_store_n(&session->oom_number, ordinal, __ATOMIC_RELEASE);
}

void mv_session_note_oom(const struct mv_oom_report *report)
{
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_enter(&thread);

	if (!session)
		return;
	if (is_final(session, report) && !is_repeated(session, thread, report))
		note_oom(session, thread, report);
	mv_session_leave(thread);
}

/* ---- what came of it ---- */

/* The snapshot was closed when nothing was known; its header learns it now.  */
static void tell_snapshot(const char *path, uint32_t ordinal)
{
	struct mv_file_header header;
	int fd = mv_sys_open(path, O_RDWR | O_NOFOLLOW, 0);

	if (fd < 0)
		return;
	if (mv_sys_read_at(fd, &header, sizeof header, 0) == sizeof header) {
		record_of(&header, ordinal)->outcome = MV_OOM_SURVIVED;
		mv_image_seal_state(&header);
		mv_sys_write_at(fd, &header, sizeof header, 0);
	}
	mv_sys_close(fd);
}

static bool goes_on(struct mv_session *session, const struct mv_event *event)
{
	return event->thread == __atomic_load_n(&session->oom_thread, __ATOMIC_RELAXED) ||
	       __atomic_add_fetch(&session->oom_allocs, 1, __ATOMIC_RELAXED) >= OTHERS_ALLOCS;
}

void mv_session_check_outcome(struct mv_session *session, const struct mv_event *event)
{
	uint64_t number = __atomic_load_n(&session->oom_number, __ATOMIC_ACQUIRE);
	char path[MV_STORE_PATH_BYTES];

	if (!number || !goes_on(session, event))
		return;
	/* Only one thread tells.  */
	if (!__atomic_compare_exchange_n(&session->oom_number, &number, 0, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	record_of(session->store.header, (uint32_t)number)->outcome = MV_OOM_SURVIVED;
	mv_session_snapshot_path(session, "oom", (uint32_t)number, path);
	tell_snapshot(path, (uint32_t)number);
}

/* ---- what was found out afterwards ---- */

/* The first one stays where there is no room for another.  */
static void take_anew(struct mv_session *session, uint32_t ordinal)
{
	char path[MV_STORE_PATH_BYTES];

	mv_session_snapshot_path(session, "oom", ordinal, path);
	if (mv_store_snapshot(&session->store, path, MV_FILE_SNAPSHOT, MV_REASON_OOM))
		return;
	/* Somebody may have told the file that was there before.  */
	if (record_of(session->store.header, ordinal)->outcome == MV_OOM_SURVIVED)
		tell_snapshot(path, ordinal);
}

void mv_session_note_unwound(void)
{
	struct mv_event told = {.kind = MV_EVENT_OWNER, .flags = MV_FLAG_TOLD};
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_join(&thread);
	uint32_t ordinal;

	if (!session)
		return;
	mv_session_append(session, thread, &told);
	ordinal = __atomic_exchange_n(&session->oom_latest, 0, __ATOMIC_RELAXED);
	if (ordinal)
		take_anew(session, ordinal);
	mv_session_leave(thread);
}
