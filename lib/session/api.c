/* SPDX-License-Identifier: Apache-2.0 */
/* The recorder's side of memviz/memviz.h: functions that a program finds by name.  */
#include <errno.h>
#include <stdint.h>

#include "base/text.h"
#include "cuda/watch.h"
#include "session/session.h"

#define EXPORTED __attribute__((visibility("default")))

/* These are the promises of memviz.h, where the inline functions have the same names.  */
EXPORTED void memviz_phase_push(const char *name);
EXPORTED void memviz_phase_pop(void);
EXPORTED void memviz_block_alloc(const void *address, size_t size, int device, size_t reserved);
EXPORTED void memviz_block_free(const void *address);
EXPORTED void memviz_block_oom(size_t size, int device, size_t allocated, size_t reserved);
EXPORTED void memviz_tag(const void *address, int role, const char *name);
EXPORTED int memviz_snapshot(void);

static const struct mv_sink *sink(void)
{
	return mv_watch_sink();
}

static enum mv_phase phase_named(const char *name)
{
	if (mv_text_equal(name, "backward"))
		return MV_PHASE_BACKWARD;
	if (mv_text_equal(name, "optimizer"))
		return MV_PHASE_OPTIMIZER;
	return MV_PHASE_USER;
}

void memviz_phase_push(const char *name)
{
	int saved = errno;

	if (sink() && name)
		sink()->note_phase(true, phase_named(name), name, 0);
	errno = saved;
}

void memviz_phase_pop(void)
{
	int saved = errno;

	if (sink())
		sink()->note_phase(false, MV_PHASE_NONE, NULL, 0);
	errno = saved;
}

void memviz_block_alloc(const void *address, size_t size, int device, size_t reserved)
{
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.ledger = MV_LEDGER_BLOCK,
		.address = (uintptr_t)address,
		.size_bytes = size,
		.extra = reserved,
		.device = (uint8_t)device,
		.api = mv_session_api(MV_API_BLOCK),
	};
	int saved = errno;

	if (sink())
		sink()->note(&event);
	errno = saved;
}

void memviz_block_free(const void *address)
{
	struct mv_event event = {
		.kind = MV_EVENT_FREE,
		.ledger = MV_LEDGER_BLOCK,
		.address = (uintptr_t)address,
		.api = mv_session_api(MV_API_BLOCK),
	};
	int saved = errno;

	if (sink())
		sink()->note_free(&event, NULL);
	errno = saved;
}

void memviz_block_oom(size_t size, int device, size_t allocated, size_t reserved)
{
	struct mv_oom_report report = {
		.requested_bytes = size,
		.allocated_bytes = allocated,
		.reserved_bytes = reserved,
		.device = (uint8_t)device,
		.ledger = MV_LEDGER_BLOCK,
		.api = mv_session_api(MV_API_BLOCK),
	};
	int saved = errno;

	if (sink())
		sink()->note_oom(&report);
	errno = saved;
}

void memviz_tag(const void *address, int role, const char *name)
{
	int saved = errno;

	if (sink() && role > MV_ROLE_NONE && role <= MV_ROLE_TEMPORARY)
		sink()->note_owner((uintptr_t)address, (enum mv_role)role, name, 0, true);
	errno = saved;
}

int memviz_snapshot(void)
{
	int saved = errno, err = mv_session_snapshot();

	errno = saved;
	return err ? -1 : 0;
}
