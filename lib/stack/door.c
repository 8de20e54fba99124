/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/door.h"

#include <errno.h>
#include <stdarg.h>

#include "base/elf.h"
#include "base/sys.h"
#include "base/syscall.h"
#include "base/walk.h"

enum { SYSCALL_ARGUMENTS = 6, KERNEL_SIGSET_BYTES = 8 };

static int refuse(void)
{
	errno = ENOSYS;
	return -1;
}

/* What the kernel answered, as libc tells it.  */
static long told(long ret)
{
	if (ret > -4096 && ret < 0) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}

int mv_door_mincore(void *address, size_t size, unsigned char *pages)
{
	(void)address;
	(void)size;
	(void)pages;
	return 0;
}

int mv_door_msync(void *address, size_t size, int flags)
{
	(void)address;
	(void)size;
	(void)flags;
	return 0;
}

/* libunwind repeats a read or write for as long as errno is EINTR, which it does not reset: so it is reset here.  */
ssize_t mv_door_write(int fd, const void *address, size_t size)
{
	(void)fd;
	errno = 0;
	if (mv_sys_readable(address))
		return (ssize_t)size;
	errno = EFAULT;
	return -1;
}

long mv_door_syscall(long number, ...)
{
	long args[SYSCALL_ARGUMENTS];
	va_list list;
	int i;

	va_start(list, number);
	for (i = 0; i < SYSCALL_ARGUMENTS; i++)
		args[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_write)
		return mv_door_write((int)args[0], (const void *)args[1], (size_t)args[2]);
	return told(mv_syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]));
}

void *mv_door_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	return (void *)told(mv_syscall(SYS_mmap, (long)address, (long)size, protection, flags, fd, offset));
}

int mv_door_munmap(void *address, size_t size)
{
	return (int)told(mv_syscall(SYS_munmap, (long)address, (long)size, 0, 0, 0, 0));
}

int mv_door_pipe(int fds[2])
{
	fds[0] = -1;
	fds[1] = -1;
	return 0;
}

int mv_door_pipe2(int fds[2], int flags)
{
	(void)flags;
	return mv_door_pipe(fds);
}

ssize_t mv_door_read(int fd, void *bytes, size_t size)
{
	(void)fd;
	(void)bytes;
	errno = 0;
	return (ssize_t)size;
}

int mv_door_close(int fd)
{
	(void)fd;
	return 0;
}

int mv_door_pthread_once(int *once, void (*run)(void))
{
	static void *kept;
	int (*real)(int *, void (*)(void)) = (int (*)(int *, void (*)(void)))mv_elf_kept_anywhere(&kept, "pthread_once");

	if (real)
		return real(once, run);
	if (!*once) {
		*once = 1;
		run();
	}
	return 0;
}

int mv_door_pthread_key_create(unsigned *key, void (*destroy)(void *value))
{
	static void *kept;
	int (*real)(unsigned *, void (*)(void *)) =
		(int (*)(unsigned *, void (*)(void *)))mv_elf_kept_anywhere(&kept, "pthread_key_create");

	return real ? real(key, destroy) : ENOSYS;
}

int mv_door_pthread_setspecific(unsigned key, const void *value)
{
	static void *kept;
	int (*real)(unsigned, const void *) =
		(int (*)(unsigned, const void *))mv_elf_kept_anywhere(&kept, "pthread_setspecific");

	return real ? real(key, value) : ENOSYS;
}

int mv_door_pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)-mv_syscall(SYS_rt_sigprocmask, how, (long)set, (long)old, KERNEL_SIGSET_BYTES, 0, 0);
}

int mv_door_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return mv_door_pthread_sigmask(how, set, old) ? -1 : 0;
}

int mv_door_dl_iterate_phdr(int (*visit)(struct dl_phdr_info *info, size_t size, void *context), void *context)
{
	return mv_walk_objects(visit, context);
}

int mv_door_open(const char *path, int flags, ...)
{
	(void)path;
	(void)flags;
	return refuse();
}

int mv_door_fcntl(int fd, int command, ...)
{
	(void)fd;
	(void)command;
	return refuse();
}

int mv_door_stat(const char *path, void *result)
{
	(void)path;
	(void)result;
	return refuse();
}

int mv_door_fstat(int fd, void *result)
{
	(void)fd;
	(void)result;
	return refuse();
}

void *mv_door_malloc(size_t size)
{
	(void)size;
	refuse();
	return NULL;
}

void mv_door_free(void *address)
{
	(void)address;
}
