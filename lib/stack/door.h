/* SPDX-License-Identifier: Apache-2.0 */
/* What libunwind gets when it asks for the system.  tools/libunwind.sh renames these imports of its archive, so that
 * inside the program it can open no file, make no pipe, allocate nothing and print nothing.
 *
 * libunwind keeps a pipe to find out whether memory can be read: it writes from the address in question.  A program
 * may close that pipe among "all descriptors" and be given the number for a file of its own, into which libunwind
 * would then write.  The question itself is answered here without a descriptor.
 *
 * Nobody but libunwind calls these.  They mean what their namesakes mean, except that what is refused fails.
 * Threads, signals: all safe.  They set errno, which mv_stack_capture preserves.  */
#ifndef STACK_DOOR_H
#define STACK_DOOR_H

#include <link.h>
#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

/* Memory: mincore and msync say yes; what counts is the write that always follows, which fails for an ADDRESS that
 * cannot be read.  */
int mv_door_mincore(void *address, size_t size, unsigned char *pages);
int mv_door_msync(void *address, size_t size, int flags);
ssize_t mv_door_write(int fd, const void *address, size_t size);

/* As they are, but past whoever else in the program has put himself in front of them; by name, or by number, where write
 * is as above.  */
void *mv_door_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
int mv_door_munmap(void *address, size_t size);
long mv_door_syscall(long number, ...);

/* The pipe: made without descriptors, never full.  */
int mv_door_pipe(int fds[2]);
int mv_door_pipe2(int fds[2], int flags);
ssize_t mv_door_read(int fd, void *bytes, size_t size);
int mv_door_close(int fd);

/* Threads: the program's own functions, of libc or of libpthread.  They have moved from one to the other, under a version
 * that older systems lack, so they are looked up when they are called; where there are none, there are no threads.  */
int mv_door_pthread_once(int *once, void (*run)(void));
int mv_door_pthread_key_create(unsigned *key, void (*destroy)(void *value));
int mv_door_pthread_setspecific(unsigned key, const void *value);

/* The same, and a system call of its own; so is the one for a program without threads.  */
int mv_door_pthread_sigmask(int how, const sigset_t *set, sigset_t *old);
int mv_door_sigprocmask(int how, const sigset_t *set, sigset_t *old);

/* The list of loaded objects, so that no fork comes between (base/walk.h).  */
int mv_door_dl_iterate_phdr(int (*visit)(struct dl_phdr_info *info, size_t size, void *context), void *context);

/* Refused: files (asked for objects without a search table, and for names of functions) and heap.  */
int mv_door_open(const char *path, int flags, ...);
int mv_door_fcntl(int fd, int command, ...);
int mv_door_stat(const char *path, void *result);
int mv_door_fstat(int fd, void *result);
void *mv_door_malloc(size_t size);
void mv_door_free(void *address);

#endif
