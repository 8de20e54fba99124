/* SPDX-License-Identifier: Apache-2.0 */
/* One recording being written: the mapped file, or memory in its place (store/backing.h), with its tables, its live table
 * and its ring.
 *
 * Use: mv_store_open, then anything below from any thread, then mv_store_finish, after which nothing may be added.
 * Threads: safe.  Signals: the caller's guard keeps them out.
 * Fork: the file is not mapped in a child, which opens a store of its own and forgets this one.
 * Memory: the file (about twice the ring's size, set aside when it is made) and about 10 MiB of private pages.  */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "memviz/format.h"
#include "store/backing.h"
#include "store/dictionary.h"
#include "store/live.h"
#include "store/ring.h"

enum {
	MV_STORE_PATH_BYTES = 1024,
	MV_STORE_RING_BYTES_MIN = 4 << 20,
};

struct mv_store {
	struct mv_file_header *header; /* where BACKING is mapped; NULL: not open */
	struct mv_backing backing;
	struct mv_file_header facts; /* as given when it was made */
	struct mv_dictionary text, notes, apis, threads, modules, frames, stacks;
	struct mv_live live;
	struct mv_ring ring;
	void *memory; /* private pages: indexes, codec */
	size_t memory_bytes;
	char path[MV_STORE_PATH_BYTES];
};

/* Make the file PATH, for its owner alone, with a ring of RING bytes (at least MV_STORE_RING_BYTES_MIN), and copy what
 * FACTS says of the process: all of the header from PID to PROGRAM.  -EEXIST: there is such a file.  -ENOSPC, -EROFS,
 * -ENOENT, -EACCES …: it cannot be made, and nothing is left behind.  Where the file system cannot map files, and where the
 * process may not make one as large, there is none until the first snapshot or the end; a note says so.  */
int mv_store_open(struct mv_store *store, const char *path, uint64_t ring_bytes, const struct mv_file_header *facts);

/* Add a fact about the run, for people: KEY "python", VALUE "3.11.7".  What was said of KEY last is not said again.  */
void mv_store_note(struct mv_store *store, const char *key, const char *value);

/* The id of a string.  */
uint32_t mv_store_text(struct mv_store *store, const char *string);

/* Count what is lost.  */
void mv_store_lose(struct mv_store *store, enum mv_loss loss, uint64_t count);

/* The same where COUNT is what has been lost until now, all of it.  */
void mv_store_lose_in_all(struct mv_store *store, enum mv_loss loss, uint64_t count);

/* Set a snapshot aside: what is used of the recording at this moment, as file PATH, written beside it and renamed when
 * complete.  1,000,000 events take some tens of milliseconds.  Other threads may go on recording.
 * Returns 0 or -errno, with no file left.  */
int mv_store_snapshot(struct mv_store *store, const char *path, enum mv_file_state state,
		      enum mv_snapshot_reason reason);

/* The recording is complete: replaces the file by a compact one, and makes it anew if it was removed.  The store cannot be
 * added to any more, but its memory stays, because other threads may be about to.  If there is no room for the copy the file
 * stays as large as it is.  -errno: there is no file at all.  */
int mv_store_finish(struct mv_store *store);

/* True if somebody has cut the file: what is mapped must not be touched any more (store/backing.h).  A system call.  */
bool mv_store_is_cut(const struct mv_store *store);

/* Give up a store whose file was cut.  In the file's place there is a recording then that holds nothing but who it was and
 * how many events are lost, which is returned.  Threads that are at the store find zeros there, and do no harm; none may
 * begin anything with it any more.  */
uint64_t mv_store_abandon(struct mv_store *store);

#endif
