/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of what is used of the cards, by whomever (enum mv_term), for the equation that a report shows: a thread of the
 * recorder's takes them, called "memviz", and nobody else ever asks NVML.
 *
 * It begins behind the first call of CUDA's that succeeded and was recorded.  A sample is taken soon after a card is first
 * used, after a call that changes memory which no ledger shows (MV_EVENT_CALL), and every MEMVIZ_SAMPLE; before an
 * out-of-memory error's snapshot and at exit, somebody waits for it, but not for long.
 *
 * Threads: mv_sampler_want is for any, with no lock held; it never waits.
 * Signals: the thread takes none.  Fork: a child has no sampler until it records something of CUDA's itself; a fork waits
 * until the thread has left what may hold locks of NVML's, of the driver's or of the loader's (base/walk.h).
 * Exit: the handler of exit has the last sample taken and the thread leave what is not ours, for libraries go on to take
 * themselves down.  A program whose main thread has ended by pthread_exit ends when all others but this one have.
 * Descriptors: NVML's own, which it opens once; and while the main thread has ended one each second, for a moment.  */
#ifndef SESSION_SAMPLER_H
#define SESSION_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

struct mv_event;
struct mv_session;

/* Part of a session.  Zero: no thread was wanted yet.  WANTED and DONE are counts that are slept on.  */
struct mv_sampler {
	uint32_t phase;	 /* enum of sampler.c */
	uint32_t wanted; /* samples asked for, */
	uint32_t done;	 /* and how many of them are there */
	uint32_t count;	 /* samples taken, of all cards; the thread's */
	bool has_pools;	 /* the driver's pools or graphs' memory have been used: ask what they hold */
	bool is_expected; /* a card is known, and what it became known by is about to be noted */
	bool has_moved;	 /* memory has changed hands, or may have, since it was cleared */
};

/* A card has become known: a sample will be wanted behind the next event, and one at once if the thread is there already.
 * mv_sampler_is_expected is true once for each, but two at once are one.  */
void mv_sampler_expect(struct mv_session *session);
bool mv_sampler_is_expected(struct mv_session *session);

/* A sample is wanted soon.  Called behind a call of the driver's, outside of the recorder's own code: the first time it makes
 * the thread.  */
void mv_sampler_want(struct mv_session *session);

/* The same where nothing may be made, and wait for it, at most TIME_NS.  True: it is there.  */
bool mv_sampler_wait(struct mv_session *session, uint64_t time_ns);

/* EVENT is noted.  */
void mv_sampler_note(struct mv_session *session, const struct mv_event *event);

/* The recording ends: no more samples.  Does not wait.  */
void mv_sampler_stop(struct mv_session *session);

#endif
