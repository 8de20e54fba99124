/* SPDX-License-Identifier: Apache-2.0 */
/* One recording, from the first event of a process to its end: what the watching rooms say becomes events in the store.
 *
 * The library does nothing when it is loaded but read its settings.  The first event makes the file (begin.h), wherever
 * it comes from, unless it is a call that failed otherwise than for lack of memory: where CUDA does not come up there is
 * nothing to record.  If there can be no file, one line says why and the program goes on unrecorded.
 *
 * Threads: safe.  Signals: an event that arrives while its own thread is inside here is counted and dropped.
 * Fork: a child finds nothing begun, and so begins a recording of its own if it ever uses CUDA.  Exit: what is there is closed when the library's destructor runs; a process that ends without that
 * leaves a file that can be read all the same.
 * Private to lib/session.  */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guard.h"
#include "base/sink.h"
#include "session/sampler.h"
#include "session/settings.h"
#include "store/store.h"

struct mv_session {
	struct mv_store store;
	struct mv_settings settings;
	int out_err;	     /* why the recording is not in the folder that was asked for; 0: it is */
	uint64_t looked_ns;  /* at the file, by the coarse clock */
	uint64_t generation; /* differs from that of every other session of this address space */
	bool is_recording;   /* cleared when the recording is closed */
	bool has_blocks;     /* a pool has reported: PyTorch's, */
	bool has_own_blocks; /* or one of the program's, through memviz.h */
	bool has_device[MV_FORMAT_DEVICES]; /* a thread has described it, or is about to */
	uint32_t threads;    /* that have told something */
	uint32_t snapshots;  /* taken on out-of-memory errors, */
	uint32_t requests;   /* on request */
	uint64_t oom_number; /* of the error whose outcome is open, 0: none */
	uint32_t oom_thread; /* that failed */
	uint32_t oom_allocs; /* by other threads since */
	uint32_t oom_latest; /* whose snapshot may yet be taken anew, 0: none */
	struct mv_sampler sampler;
};

/* What a thread is doing.  */
struct mv_session_thread {
	uint64_t generation; /* of the session it is known to; 0: none */
	struct mv_guard guard;
	int cancel_type;     /* how it was cancelled before it went inside (base/cancel.h) */
	uint32_t number;     /* in the recording */
	uint32_t depth;	     /* phases that have begun and not ended; those beyond PHASES are counted only */
	uint8_t phases[32];  /* enum mv_phase of each; in the upper half what memory is in: a phase that the program has
			      * named does not hide the one around it */
	bool is_autograd;
};

/* The session, begun if need be, and the calling thread, marked as inside.  NULL: nothing is to be recorded.  */
struct mv_session *mv_session_enter(struct mv_session_thread **thread);
void mv_session_leave(struct mv_session_thread *thread);

/* The same for what is nothing to begin a recording with: a forked child frees what it has inherited, and no more.  */
struct mv_session *mv_session_join(struct mv_session_thread **thread);

/* The session if one is recording, without beginning one.  */
struct mv_session *mv_session_current(void);

/* The settings as the environment had them.  */
const struct mv_settings *mv_session_settings(void);

/* Complete EVENT with what is known of THREAD and append it.  Its time is left in it.  */
void mv_session_append(struct mv_session *session, struct mv_session_thread *thread, struct mv_event *event);

/* Calls that tell of memory and are no rows of CUDA's table.  */
enum mv_session_call {
	MV_API_TORCH = 0, /* PyTorch's caching allocator reports */
	MV_API_BLOCK = 1, /* memviz_block_alloc and the others of memviz.h */
	MV_API_CALLS = 2,
};

/* The api id of CALL in the recording.  */
uint16_t mv_session_api(enum mv_session_call call);

/* Note the fact KEY, a number.  */
void mv_session_note_number(struct mv_store *store, const char *key, uint64_t number);

/* Note what has become known of the process since recording began: before everything that leaves it.  */
void mv_session_note_state(struct mv_session *session);

/* Set a snapshot aside because the program asks for it.  Returns 0 or -errno; -ESRCH where nothing is recorded.  */
int mv_session_snapshot(void);

enum { MV_SESSION_PHASE_BITS = 4 };

/* The phase that THREAD is in.  */
enum mv_phase mv_session_phase(const struct mv_session_thread *thread);

/* Write the name of snapshot NUMBER taken for WHICH ("oom") into PATH[MV_STORE_PATH_BYTES].  */
void mv_session_snapshot_path(const struct mv_session *session, const char *which, uint32_t number, char *path);

/* Close the recording, for good.  */
void mv_session_finish(void);

/* One line for people, on stderr: "memviz: WHAT NAME (WHY)"; NAME and WHY may be NULL.  */
void mv_session_say(const char *what, const char *name, const char *why);

/* The name of -ERR: "No space left on device".  */
const char *mv_session_error(int err);

/* ---- the sinks ---- */

extern const struct mv_sink mv_session_sink; /* note.c */

/* note.c hands these on, which base/sink.h describes: told.c, oom.c.  */
bool mv_session_wants_device(uint8_t device);
void mv_session_note_device(uint8_t device, uint64_t total_bytes, const char *name, const uint8_t uuid[16]);
void mv_session_note_phase(bool begins, enum mv_phase phase, const char *name, uint8_t flags);
bool mv_session_note_owner(uint64_t address, enum mv_role role, const char *name, uint64_t owner, bool is_sure);
bool mv_session_is_named(uint64_t address);
bool mv_session_note_saved(uint64_t address, bool is_hooked, bool is_sure);
void mv_session_note_fact(const char *key, const char *value);
void mv_session_note_oom(const struct mv_oom_report *report);
void mv_session_note_unwound(void);

/* And these: ending.c.  */
void mv_session_note_users(uint64_t handle, struct mv_users users, uint16_t api);
void mv_session_note_opened(struct mv_event *event);
void mv_session_note_unmap(uint64_t address, uint64_t size_bytes, uint16_t api);
void mv_session_note_hidden(uint64_t handle, uint64_t before_ns, uint16_t api);
void mv_session_note_context_end(uint8_t device, uint8_t context, uint64_t before_ns, uint16_t api);

/* The calling thread's stack, from which the node of backward that it is at, if any, has its origin: lib/torch.  */
uint32_t mv_session_capture(const struct mv_session *session);

/* Append EVENT with its stack, if it is of a kind that wants one.  */
void mv_session_append_seen(struct mv_session *session, struct mv_session_thread *thread, struct mv_event *event);

/* Complete EVENT, a free, with what is known of REMOVED, which it ends, and append it: so that it can be understood when the
 * allocation has been overwritten.  */
void mv_session_append_free(struct mv_session *session, struct mv_session_thread *thread, struct mv_event *event,
			    const struct mv_event *removed);

/* THREAD has just become known: tell of the phases that it is in already.  */
void mv_session_tell_phases(struct mv_session *session, struct mv_session_thread *thread);
/* EVENT, an allocation, has succeeded: the program may have survived an error.  */
void mv_session_check_outcome(struct mv_session *session, const struct mv_event *event);

#endif
