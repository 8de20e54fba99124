/* SPDX-License-Identifier: Apache-2.0 */
/* Where the bytes of a recording lie while it is written: in a file that is mapped, so that they outlive the process; or
 * in memory, where the file system cannot map files or the process may not make one as large as that.
 *
 * Others may do to the file what they please, and the program must not notice.  Removing or renaming it takes nothing
 * away.  Cutting it does: the kernel answers a touch of what is mapped behind the end of a file with SIGBUS, which nothing
 * but a signal handler could stop, and the recorder installs none.  Against that
 *
 * - while it is written, the file may be read by its owner, and written by nobody: opening it for writing and truncate(2)
 *   fail, but for a process that may do everything (root, CAP_DAC_OVERRIDE), for an owner who changes its permissions
 *   first, and on file systems that would not open such a file at all, where it is writable by its owner;
 * - those who may do everything are noticed by looking (mv_backing_look), before the mapping is touched, as often as the
 *   clock ticks.  What remains: a root that cuts the file while the program is within an event, or makes its next one before
 *   the clock has ticked, ends the program.
 *
 * Other ways were looked at: a lease (F_SETLEASE) delays whoever cuts by 45 seconds at most, but also whoever reads, and
 * signals; sealing is for memory; the immutable flag needs root and leaves files that cannot be removed; writing with
 * pwrite costs as much as three events, for each; memory that another process holds ends with the container.
 *
 * Space: set aside when the file is made, on file systems that move what is changed, too (btrfs), so that no page that is
 * written later can meet a full disk.
 * Threads: as said below.  Fork: not mapped in a child.  */
#ifndef STORE_BACKING_H
#define STORE_BACKING_H

#include <stdbool.h>
#include <stdint.h>

struct mv_backing {
	void *bytes; /* mapped, shared and writable */
	uint64_t size_bytes;
	uint64_t device, inode; /* of the file */
	int fd;			/* -1: closed */
	bool is_memory;
};

enum mv_backing_state {
	MV_BACKING_WHOLE = 0,
	MV_BACKING_GONE = 1, /* removed, or another file has its name: what is mapped is all there */
	MV_BACKING_CUT = 2,  /* shorter than what is mapped: touching that ends the program */
};

/* Make PATH, for its owner alone, with SIZE bytes set aside, and map it.  Where it cannot be mapped, map memory, and leave
 * no file.  -EEXIST, -ENOSPC, -EROFS …: it cannot be made; nothing is left behind.  */
int mv_backing_open(struct mv_backing *backing, const char *path, uint64_t size);

/* Close the descriptor, of which nothing is to be feared then from whoever closes descriptors.  */
void mv_backing_let_go(struct mv_backing *backing);

/* Leave the first SIZE bytes as file PATH, which may be written again, and unmap them.  The descriptor is open if there is a
 * file.  Returns 0 or -errno, with no file left.  */
int mv_backing_save(struct mv_backing *backing, const char *path, uint64_t size);

/* Unmap, close, and remove the file.  */
void mv_backing_drop(struct mv_backing *backing, const char *path);

/* What has become of the file, called PATH.  A system call; what cannot be found out is taken for whole.  */
enum mv_backing_state mv_backing_look(const struct mv_backing *backing, const char *path);

/* The file was cut: put zeros where it was mapped, for threads that are at it.  */
void mv_backing_blank(struct mv_backing *backing);

#endif
