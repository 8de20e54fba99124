/* SPDX-License-Identifier: Apache-2.0 */
/* The door to the operating system.  Each call returns a value or -errno and touches no errno, so that nobody above
 * this file has to think about it.  tests/fault/ puts its own version of this file in its place and lets the Nth call
 * fail.
 *
 * Units: bytes, nanoseconds.
 * Threads: all safe.  Signals and fork: all async-signal-safe; no state.
 * Memory: never malloc; what mv_sys_map returns belongs to the caller.  */
#ifndef BASE_SYS_H
#define BASE_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { MV_SYS_PAGE_BYTES = 4096 };

/* Open PATH, close-on-exec, never as a terminal.  FLAGS are those of open(2), MODE its permissions.
 * Returns a descriptor.  */
int mv_sys_open(const char *path, int flags, mode_t mode);

/* From now on the calling thread, which is not the process's only one, shares no descriptors with others: it has none, or,
 * on kernels before 5.9, copies of all that there are.  Nobody else's are closed.  -errno: it still shares them, because
 * that is forbidden here.  */
int mv_sys_part_descriptors(void);

/* Close FD.  Cannot fail in a way that a caller could act on.  */
void mv_sys_close(int fd);

/* Set SIZE bytes of FD aside on the disk, so that writing into them later cannot run out of space.  Where the file
 * system has no such call, zeros are written instead.  -ENOSPC, -EDQUOT: the disk is full; -EFBIG: over the process's
 * limit for files.  */
int mv_sys_set_aside(int fd, uint64_t size);

/* Where a file system writes what is changed to another place (btrfs), ask it to keep the places that are set aside for FD,
 * which is empty yet: otherwise a full disk would be met when a mapped page is written.  No harm where that is not so.  */
void mv_sys_forbid_copies(int fd);

/* A file in memory, SIZE bytes of zeros, which is called NAME in the list of what the process has mapped.  Returns a
 * descriptor; -ENOSYS on kernels before 3.17; -EFBIG: over the process's limit for files.  */
int mv_sys_memory_file(const char *name, uint64_t size);

/* Set the permissions of FD.  */
int mv_sys_set_mode(int fd, mode_t mode);

/* What PATH is; a symbolic link is not followed.  */
struct mv_sys_status {
	uint64_t size_bytes;
	uint64_t device, inode; /* tell a file from every other */
};
int mv_sys_status(const char *path, struct mv_sys_status *status);

/* Give the bytes [OFFSET, OFFSET + SIZE) of FD back to the file system; they read as zeros.  The size of the file
 * stays.  -EOPNOTSUPP where the file system cannot.  */
int mv_sys_punch(int fd, uint64_t offset, uint64_t size);

/* Make FD exactly SIZE bytes long.  */
int mv_sys_truncate(int fd, uint64_t size);

/* Read up to SIZE bytes of FD at OFFSET into BUF.  Returns the bytes read, fewer only at the end of the file.  */
ssize_t mv_sys_read_at(int fd, void *buf, size_t size, uint64_t offset);

/* Write all SIZE bytes of BUF to FD at OFFSET.  Returns 0.  -ENOSPC after a part may have been written.  */
int mv_sys_write_at(int fd, const void *buf, size_t size, uint64_t offset);

/* Write all SIZE bytes of BUF to FD where it stands: for messages to people.  Returns 0.  */
int mv_sys_write(int fd, const void *buf, size_t size);

/* True if FD takes bytes now: writing waits for nobody and brings no SIGPIPE.  */
bool mv_sys_takes_bytes(int fd);

/* True if the calling thread is on its alternate signal stack.  */
bool mv_sys_on_signal_stack(void);

/* Rename FROM to TO, replacing it; remove PATH.  */
int mv_sys_rename(const char *from, const char *to);
int mv_sys_remove(const char *path);

/* Where the symbolic link PATH leads, into TARGET[SIZE]; ends in a zero.  Returns its length, at most SIZE - 1: a longer
 * one is cut.  */
ssize_t mv_sys_read_link(const char *path, char *target, size_t size);

/* Map SIZE bytes of FD from its start, shared and writable.  Returns 0 and *ADDRESS.  */
int mv_sys_map_file(int fd, size_t size, void **address);

/* Map SIZE bytes of zeros, private.  Pages take memory when they are first written.  Returns 0 and *ADDRESS.  */
int mv_sys_map(size_t size, void **address);

/* Put zeros in the place of what is mapped at [ADDRESS, ADDRESS + SIZE), at once for all threads.  */
int mv_sys_map_over(void *address, size_t size);

/* Undo mv_sys_map or mv_sys_map_file.  */
void mv_sys_unmap(void *address, size_t size);

/* Make the pages of [ADDRESS, ADDRESS + SIZE), whole ones, writable or read-only.  */
int mv_sys_protect(void *address, size_t size, bool is_writable);

/* In a forked child: leave [ADDRESS, ADDRESS + SIZE) out (mv_sys_fork_omit), or make it read as zeros
 * (mv_sys_fork_wipe).  -EINVAL on kernels before 4.14 for the latter.  */
int mv_sys_fork_omit(void *address, size_t size);
int mv_sys_fork_wipe(void *address, size_t size);

/* Who runs: process, its parent, thread.  */
pid_t mv_sys_pid(void);
pid_t mv_sys_parent(void);
pid_t mv_sys_thread(void);

/* True if THREAD is a thread of this process, ending ones included.  */
bool mv_sys_thread_lives(pid_t thread);

/* True if THREAD of this process runs no more code, though it is still there as the first of a process is to the end; or if
 * nothing can be said.  */
bool mv_sys_may_have_ended(pid_t thread);

/* Name of the calling thread, at most 15 characters and a zero, into NAME[16]; and give it one.  */
void mv_sys_thread_name(char name[16]);
void mv_sys_name_thread(const char *name);

/* A number that nobody could guess; 0 while the kernel has none.  */
uint64_t mv_sys_random(void);

/* Nanoseconds of CLOCK_MONOTONIC and of CLOCK_REALTIME.  */
uint64_t mv_sys_monotonic_ns(void);
uint64_t mv_sys_realtime_ns(void);

/* CLOCK_MONOTONIC as it was at the last tick, some milliseconds ago at most; a quarter of the others' cost.  */
uint64_t mv_sys_coarse_ns(void);

/* Let another thread run; do nothing for some time, less than a second, unless a signal comes.  */
void mv_sys_yield(void);
void mv_sys_sleep(uint32_t time_ns);

/* Sleep until *WORD is not VALUE any more and somebody wakes it, at most TIME_NS; it may also be for nothing.
 * mv_sys_wake wakes all who sleep on WORD.  */
void mv_sys_wait(const uint32_t *word, uint32_t value, uint64_t time_ns);
void mv_sys_wake(const uint32_t *word);

/* Block the signals in MASK, bit N - 1 for signal N, and no others, for the calling thread.  Returns the mask before.  */
uint64_t mv_sys_block_signals(uint64_t mask);

/* True if the eight bytes around ADDRESS can be read.  Never faults, has no side effect; about 100 ns.
 * The kernel reads the new signal mask before it rejects an impossible HOW.  */
int mv_sys_readable(const void *address);

/* True if the four bytes at ADDRESS can be written to, or nothing can be said.  Changes nothing: the kernel adds 0 to
 * them.  About 1 us.  */
bool mv_sys_writable(void *address);

#endif
