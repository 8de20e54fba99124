/* SPDX-License-Identifier: Apache-2.0 */
#include "support/hooked.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "cuda/driver.h"
#include "cuda/watch.h"

/* ---- a driver ---- */

struct hooked_driver hooked_driver;

int mv_driver_current_device(void)
{
	return hooked_driver.device;
}

uint64_t mv_driver_current_context(void)
{
	return hooked_driver.context;
}

bool mv_driver_is_capturing(uint64_t stream, bool is_per_thread)
{
	hooked_driver.questions++;
	return hooked_driver.capturing[is_per_thread] == stream;
}

int mv_driver_has_context(int device)
{
	return device == HOOKED_ALIVE ? 1 : device == HOOKED_MUTE ? -1 : 0;
}

bool mv_driver_describe(int device, struct mv_driver_device *description)
{
	(void)device, (void)description;
	return false;
}

void mv_hook_note_start(struct mv_call *call)
{
	call->started_ns = HOOKED_START_NS;
}

const struct mv_hook_family mv_family_procaddress = {0};

/* ---- a sink ---- */

enum { TOLD_MAX = 16 };

static struct told {
	const char *what;
	struct mv_event event; /* or what else was said, in the fields that fit best */
} g_told[TOLD_MAX];
static unsigned g_told_count;

static void tell(const char *what, const struct mv_event *event)
{
	if (g_told_count < TOLD_MAX)
		g_told[g_told_count] = (struct told){what, *event};
	g_told_count++;
}

static void note(struct mv_event *event)
{
	tell("note", event);
}

static void note_free(struct mv_event *event, struct mv_undo *undo)
{
	tell("free", event);
	if (undo) {
		undo->is_set = true;
		undo->event = *event;
		undo->event.ledger = MV_LEDGER_RESERVATION;
	}
}

static void note_free_failed(struct mv_event *event, const struct mv_undo *undo)
{
	(void)undo;
	tell("free failed", event);
}

static void note_users(uint64_t handle, struct mv_users users, uint16_t api)
{
	(void)api;
	tell("users", &(struct mv_event){.address = handle, .references = (uint16_t)users.references,
					 .mappings = (uint16_t)users.mappings, .time_ns = users.before_ns});
}

static void note_opened(struct mv_event *event)
{
	tell("opened", event);
}

static void note_unmap(uint64_t address, uint64_t size_bytes, uint16_t api)
{
	(void)api;
	tell("unmap", &(struct mv_event){.address = address, .size_bytes = size_bytes});
}

static void note_hidden(uint64_t handle, uint64_t before_ns, uint16_t api)
{
	(void)api;
	tell("hidden", &(struct mv_event){.address = handle, .time_ns = before_ns});
}

static void note_context_end(uint8_t device, uint8_t context, uint64_t before_ns, uint16_t api)
{
	(void)api;
	tell("context end", &(struct mv_event){.device = device, .context = context, .time_ns = before_ns});
}

static bool wants_device(uint8_t device)
{
	hooked_driver.introduced |= 1u << device;
	return false;
}

static void note_oom(const struct mv_oom_report *report)
{
	tell("oom", &(struct mv_event){.size_bytes = report->requested_bytes, .ledger = report->ledger});
}

const struct mv_sink *mv_watch_sink(void)
{
	static const struct mv_sink sink = {
		.note = note,
		.note_free = note_free,
		.note_free_failed = note_free_failed,
		.note_users = note_users,
		.note_opened = note_opened,
		.note_unmap = note_unmap,
		.note_hidden = note_hidden,
		.note_context_end = note_context_end,
		.wants_device = wants_device,
		.note_oom = note_oom,
	};

	return &sink;
}

/* ---- calls ---- */

void hooked_call(const char *name, int result, const uint64_t args[6])
{
	struct mv_call call = {.hook = mv_hook_named(name), .api = 9};
	unsigned i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(call.hook);
	g_told_count = 0;
	memset(g_told, 0, sizeof g_told);
	for (i = 0; i < 6; i++)
		call.args[i] = args[i];
	if (call.hook->family->before)
		call.hook->family->before(&call);
	call.result = (uint64_t)result | 0xabcd00000000; /* what is above an int is nobody's */
	if (call.hook->family->after)
		call.hook->family->after(&call);
}

unsigned hooked_told_count(void)
{
	return g_told_count;
}

const struct mv_event *hooked_told(unsigned i, const char *what)
{
	CU_ASSERT_FATAL(i < g_told_count && i < TOLD_MAX);
	CU_ASSERT_STRING_EQUAL_FATAL(g_told[i].what, what);
	return &g_told[i].event;
}

void hooked_set_up(void)
{
	int i;

	hooked_driver.device = 0;
	hooked_driver.context = 0;
	hooked_driver.introduced = 0;
	hooked_driver.capturing[0] = hooked_driver.capturing[1] = UINT64_MAX;
	for (i = 0; i < 16; i++)
		HOOKED_CALL("cuStreamEndCapture", 0, 0);
	hooked_driver.questions = 0;
}
