/* SPDX-License-Identifier: Apache-2.0 */
#include "session/sampler.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/thread.h"
#include "base/walk.h"
#include "cuda/usage.h"
#include "session/session.h"

enum phase {
	UNSTARTED = 0,
	RUNNING,
	STOPPING, /* one more sample, then it ends */
	ENDED,
};

enum { TRIES = 4, SETTLE_NS = 500000 };

static const uint64_t
	TICK_NS = 1000000000, /* how often it looks whether anybody else is left, at least */
	EXIT_NS = 500000000;  /* how long exit waits: NVML may be starting, and must not be taken down meanwhile */

static uint32_t phase_of(const struct mv_sampler *sampler)
{
	return __atomic_load_n(&sampler->phase, __ATOMIC_ACQUIRE);
}

static bool go_on(struct mv_sampler *sampler, uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(&sampler->phase, &from, to, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* ---- a sample ---- */

static void append(struct mv_session *session, struct mv_session_thread *thread, uint8_t device,
		   const struct mv_usage *usage)
{
	struct mv_event event = {
		.kind = MV_EVENT_USAGE,
		.address = ++session->sampler.count,
		.device = device,
	};
	int term;

	for (term = MV_TERM_NONE + 1; term < MV_TERM_KINDS; term++) {
		if (!(usage->known & 1u << term))
			continue;
		event.extra = (uint64_t)term;
		event.size_bytes = usage->bytes[term];
		mv_session_append(session, thread, &event);
	}
}

/* What is told about memory and what is in use of a card agree while nobody allocates or frees: an allocation is noted
 * behind the call, a free before it.  So wait for a moment in which nothing was noted, but not for long.  */
static void ask_in_peace(struct mv_session *session, uint8_t device, const uint8_t uuid[16], struct mv_usage *usage)
{
	struct mv_sampler *sampler = &session->sampler;
	int i;

	for (i = 0; i < TRIES; i++) {
		__atomic_store_n(&sampler->has_moved, false, __ATOMIC_RELAXED);
		mv_walk_enter();
		mv_usage_ask(device, uuid, __atomic_load_n(&sampler->has_pools, __ATOMIC_RELAXED), usage);
		mv_walk_leave();
		if (!usage->known || phase_of(sampler) != RUNNING)
			return;
		mv_sys_sleep(SETTLE_NS);
		if (!__atomic_load_n(&sampler->has_moved, __ATOMIC_RELAXED))
			return;
	}
}

static void sample_card(struct mv_session *session, uint8_t device)
{
	const struct mv_device *card = &session->store.header->devices[device];
	struct mv_session_thread *thread;
	struct mv_usage usage;

	if (!__atomic_load_n(&card->total_bytes, __ATOMIC_ACQUIRE))
		return;
	ask_in_peace(session, device, card->uuid, &usage);
	/* Not before: what is asked runs code of others, in which we are not inside.  */
	if (!usage.known || mv_session_join(&thread) != session)
		return;
	append(session, thread, device, &usage);
	mv_session_leave(thread);
}

static void sample(struct mv_session *session)
{
	unsigned device;

	for (device = 0; device < MV_FORMAT_DEVICES; device++)
		sample_card(session, (uint8_t)device);
}

/* ---- the thread ---- */

/* The field behind COUNT others of /proc/self/stat, from the state on, which follows the name in its brackets.  */
static const char *field(const char *stat, int count)
{
	const char *at = strrchr(stat, ')');

	for (at = at ? at + 1 : ""; *at && count >= 0; at++)
		if (*at == ' ' && !count--)
			return at + 1;
	return at;
}

/* The main thread has ended, which leaves its body behind, and all others are gone: libc ends the process when the last of
 * its threads does.  Nothing is opened while it runs: the program may give the number to another file before we close it.  */
static bool is_alone(void)
{
	char stat[1024] = "";
	int fd = mv_sys_may_have_ended(mv_sys_pid()) ? mv_sys_open("/proc/self/stat", O_RDONLY, 0) : -1;

	if (fd < 0)
		return false;
	mv_sys_read_at(fd, stat, sizeof stat - 1, 0);
	mv_sys_close(fd);
	return *field(stat, 0) == 'Z' && !strncmp(field(stat, 17), "2 ", 2);
}

static void answer(struct mv_session *session, uint32_t wanted)
{
	struct mv_sampler *sampler = &session->sampler;

	sample(session);
	__atomic_store_n(&sampler->done, wanted, __ATOMIC_RELEASE);
	mv_sys_wake(&sampler->done);
}

/* How long to sleep until the period ends, or somebody has to be looked for.  */
static uint64_t nap_ns(const struct mv_session *session, uint64_t since_ns)
{
	uint64_t period_ns = session->settings.sample_ns, left_ns;

	if (!period_ns)
		return TICK_NS;
	left_ns = since_ns < period_ns ? period_ns - since_ns : 0;
	return left_ns < TICK_NS ? left_ns : TICK_NS;
}

static void serve(struct mv_session *session)
{
	struct mv_sampler *sampler = &session->sampler;
	uint64_t sampled_ns = 0, looked_ns = mv_sys_monotonic_ns();

	while (phase_of(sampler) == RUNNING && mv_session_current() == session) {
		uint32_t wanted = __atomic_load_n(&sampler->wanted, __ATOMIC_ACQUIRE);
		uint64_t now_ns = mv_sys_monotonic_ns(), period_ns = session->settings.sample_ns;

		if (wanted != sampler->done || (period_ns && now_ns - sampled_ns >= period_ns)) {
			answer(session, wanted);
			sampled_ns = mv_sys_monotonic_ns();
			continue;
		}
		if (now_ns - looked_ns >= TICK_NS) {
			if (is_alone())
				return;
			looked_ns = now_ns;
		}
		mv_sys_wait(&sampler->wanted, wanted, nap_ns(session, now_ns - sampled_ns));
	}
}

static void *run(void *argument)
{
	struct mv_session *session = argument;
	struct mv_sampler *sampler = &session->sampler;

	mv_sys_name_thread("memviz");
	serve(session);
	if (phase_of(sampler) == STOPPING)
		answer(session, __atomic_load_n(&sampler->wanted, __ATOMIC_ACQUIRE));
	__atomic_store_n(&sampler->phase, ENDED, __ATOMIC_RELEASE);
	__atomic_add_fetch(&sampler->done, 1, __ATOMIC_RELEASE);
	mv_sys_wake(&sampler->done);
	return NULL;
}

/* ---- beginning and end ---- */

static void wake(struct mv_sampler *sampler)
{
	__atomic_add_fetch(&sampler->wanted, 1, __ATOMIC_RELEASE);
	mv_sys_wake(&sampler->wanted);
}

/* Sleep on DONE until it is not SEEN any more.  False: TIME_NS have passed.  */
static bool sleep_on(const struct mv_sampler *sampler, uint32_t seen, uint64_t end_ns)
{
	uint64_t now_ns = mv_sys_monotonic_ns();

	if (now_ns >= end_ns)
		return false;
	mv_sys_wait(&sampler->done, seen, end_ns - now_ns);
	return true;
}

/* At exit, before whatever was registered or loaded earlier takes itself down: NVIDIA's libraries among it.  */
static void at_exit(void)
{
	struct mv_session *session = mv_session_current();
	uint64_t end_ns = mv_sys_monotonic_ns() + EXIT_NS;
	struct mv_sampler *sampler;
	uint32_t done;

	if (!session)
		return;
	sampler = &session->sampler;
	mv_sampler_stop(session);
	do
		done = __atomic_load_n(&sampler->done, __ATOMIC_ACQUIRE);
	while (phase_of(sampler) == STOPPING && sleep_on(sampler, done, end_ns));
}

static void start(struct mv_session *session)
{
	if (mv_thread_start(run, session))
		__atomic_store_n(&session->sampler.phase, ENDED, __ATOMIC_RELEASE);
	else
		atexit(at_exit);
}

void mv_sampler_want(struct mv_session *session)
{
	struct mv_sampler *sampler = &session->sampler;

	if (session->settings.sample_ns == MV_SETTINGS_NO_SAMPLES)
		return;
	wake(sampler);
	if (go_on(sampler, UNSTARTED, RUNNING))
		start(session);
}

/* Where the thread is there already, a context was noted, and its card becomes known behind that.  */
void mv_sampler_expect(struct mv_session *session)
{
	if (phase_of(&session->sampler) == RUNNING)
		wake(&session->sampler);
	__atomic_store_n(&session->sampler.is_expected, true, __ATOMIC_RELAXED);
}

bool mv_sampler_is_expected(struct mv_session *session)
{
	bool *is_expected = &session->sampler.is_expected;

	return __atomic_load_n(is_expected, __ATOMIC_RELAXED) && __atomic_exchange_n(is_expected, false, __ATOMIC_RELAXED);
}

bool mv_sampler_wait(struct mv_session *session, uint64_t time_ns)
{
	struct mv_sampler *sampler = &session->sampler;
	uint64_t end_ns = mv_sys_monotonic_ns() + time_ns;
	uint32_t wanted, done;

	if (phase_of(sampler) != RUNNING)
		return false;
	wanted = __atomic_add_fetch(&sampler->wanted, 1, __ATOMIC_RELEASE);
	mv_sys_wake(&sampler->wanted);
	do {
		done = __atomic_load_n(&sampler->done, __ATOMIC_ACQUIRE);
		if ((int32_t)(done - wanted) >= 0)
			return true;
	} while (phase_of(sampler) == RUNNING && sleep_on(sampler, done, end_ns));
	return false;
}

/* Read first: all threads come here, each time.  */
static void set(bool *flag)
{
	if (!__atomic_load_n(flag, __ATOMIC_RELAXED))
		__atomic_store_n(flag, true, __ATOMIC_RELAXED);
}

void mv_sampler_note(struct mv_session *session, const struct mv_event *event)
{
	if (event->ledger == MV_LEDGER_POOLED)
		set(&session->sampler.has_pools);
	if (event->ledger == MV_LEDGER_POOLED || event->ledger == MV_LEDGER_DEVICE || event->kind == MV_EVENT_CALL)
		set(&session->sampler.has_moved);
}

void mv_sampler_stop(struct mv_session *session)
{
	if (go_on(&session->sampler, RUNNING, STOPPING))
		wake(&session->sampler);
}
