/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "base/syscall.h"

/* Older headers lack it; the value is the kernel's.  */
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1u << 1)
#endif

#define CALL(number, a, b, c, d, e, f) \
	mv_syscall(SYS_##number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

int mv_sys_open(const char *path, int flags, mode_t mode)
{
	return (int)CALL(openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NOCTTY, mode, 0, 0);
}

/* The first call is one that containers allow, other than the second; and it copies nothing only to close it.  */
int mv_sys_part_descriptors(void)
{
	if (!CALL(close_range, 0, ~0u, CLOSE_RANGE_UNSHARE, 0, 0, 0))
		return 0;
	return (int)CALL(unshare, CLONE_FILES, 0, 0, 0, 0, 0);
}

void mv_sys_close(int fd)
{
	CALL(close, fd, 0, 0, 0, 0, 0);
}

static int write_zeros(int fd, uint64_t size)
{
	static const char zeros[1 << 16];
	uint64_t done;

	for (done = 0; done < size;) {
		uint64_t n = size - done < sizeof zeros ? size - done : sizeof zeros;
		int err = mv_sys_write_at(fd, zeros, n, done);

		if (err)
			return err;
		done += n;
	}
	return 0;
}

/* A file over the process's limit would bring a signal that ends the program.  */
static int is_over_limit(uint64_t size)
{
	struct rlimit limit;

	return !CALL(prlimit64, 0, RLIMIT_FSIZE, 0, &limit, 0, 0) && size > limit.rlim_cur;
}

int mv_sys_set_aside(int fd, uint64_t size)
{
	long err;

	if (is_over_limit(size))
		return -EFBIG;
	do
		err = CALL(fallocate, fd, 0, 0, size, 0, 0);
	while (err == -EINTR);
	if (err == -EOPNOTSUPP || err == -ENOSYS)
		return write_zeros(fd, size);
	return (int)err;
}

void mv_sys_forbid_copies(int fd)
{
	int flags;

	if (CALL(ioctl, fd, FS_IOC_GETFLAGS, &flags, 0, 0, 0))
		return;
	flags |= FS_NOCOW_FL;
	CALL(ioctl, fd, FS_IOC_SETFLAGS, &flags, 0, 0, 0);
}

int mv_sys_memory_file(const char *name, uint64_t size)
{
	int fd = is_over_limit(size) ? -EFBIG : (int)CALL(memfd_create, name, MFD_CLOEXEC, 0, 0, 0, 0);
	int err = fd < 0 ? fd : mv_sys_truncate(fd, size);

	if (!err)
		return fd;
	if (fd >= 0)
		mv_sys_close(fd);
	return err;
}

int mv_sys_set_mode(int fd, mode_t mode)
{
	return (int)CALL(fchmod, fd, mode, 0, 0, 0, 0);
}

int mv_sys_status(const char *path, struct mv_sys_status *status)
{
	struct stat raw;
	long err = CALL(newfstatat, AT_FDCWD, path, &raw, AT_SYMLINK_NOFOLLOW, 0, 0);

	if (!err)
		*status = (struct mv_sys_status){(uint64_t)raw.st_size, raw.st_dev, raw.st_ino};
	return (int)err;
}

int mv_sys_punch(int fd, uint64_t offset, uint64_t size)
{
	return (int)CALL(fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size, 0, 0);
}

int mv_sys_truncate(int fd, uint64_t size)
{
	return (int)CALL(ftruncate, fd, size, 0, 0, 0, 0);
}

ssize_t mv_sys_read_at(int fd, void *buf, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		long n = CALL(pread64, fd, (char *)buf + done, size - done, offset + done, 0, 0);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return n;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int mv_sys_write_at(int fd, const void *buf, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		long n = CALL(pwrite64, fd, (const char *)buf + done, size - done, offset + done, 0, 0);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n ? (int)n : -ENOSPC;
		done += (size_t)n;
	}
	return 0;
}

int mv_sys_write(int fd, const void *buf, size_t size)
{
	size_t done = 0;

	while (done < size) {
		long n = CALL(write, fd, (const char *)buf + done, size - done, 0, 0, 0);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n ? (int)n : -EIO;
		done += (size_t)n;
	}
	return 0;
}

bool mv_sys_takes_bytes(int fd)
{
	struct pollfd poll = {.fd = fd, .events = POLLOUT};
	struct timespec now = {0, 0};

	return CALL(ppoll, &poll, 1, &now, 0, 0, 0) == 1 && poll.revents == POLLOUT;
}

bool mv_sys_on_signal_stack(void)
{
	stack_t stack = {0};

	return !CALL(sigaltstack, 0, &stack, 0, 0, 0, 0) && stack.ss_flags & SS_ONSTACK;
}

int mv_sys_rename(const char *from, const char *to)
{
	return (int)CALL(renameat2, AT_FDCWD, from, AT_FDCWD, to, 0, 0);
}

int mv_sys_remove(const char *path)
{
	return (int)CALL(unlinkat, AT_FDCWD, path, 0, 0, 0, 0);
}

ssize_t mv_sys_read_link(const char *path, char *target, size_t size)
{
	long n = CALL(readlinkat, AT_FDCWD, path, target, size - 1, 0, 0);

	target[n < 0 ? 0 : n] = 0;
	return n;
}

static int map(size_t size, int flags, int fd, void **address)
{
	long p = CALL(mmap, 0, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (p < 0 && p > -4096)
		return (int)p;
	*address = (void *)p;
	return 0;
}

int mv_sys_map_file(int fd, size_t size, void **address)
{
	return map(size, MAP_SHARED, fd, address);
}

int mv_sys_map(size_t size, void **address)
{
	return map(size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, address);
}

int mv_sys_map_over(void *address, size_t size)
{
	long p = CALL(mmap, address, size, PROT_READ | PROT_WRITE,
		      MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p < 0 && p > -4096 ? (int)p : 0;
}

void mv_sys_unmap(void *address, size_t size)
{
	CALL(munmap, address, size, 0, 0, 0, 0);
}

int mv_sys_protect(void *address, size_t size, bool is_writable)
{
	return (int)CALL(mprotect, address, size, is_writable ? PROT_READ | PROT_WRITE : PROT_READ, 0, 0, 0);
}

int mv_sys_fork_omit(void *address, size_t size)
{
	return (int)CALL(madvise, address, size, MADV_DONTFORK, 0, 0, 0);
}

int mv_sys_fork_wipe(void *address, size_t size)
{
	return (int)CALL(madvise, address, size, MADV_WIPEONFORK, 0, 0, 0);
}

pid_t mv_sys_pid(void)
{
	return (pid_t)CALL(getpid, 0, 0, 0, 0, 0, 0);
}

pid_t mv_sys_parent(void)
{
	return (pid_t)CALL(getppid, 0, 0, 0, 0, 0, 0);
}

pid_t mv_sys_thread(void)
{
	return (pid_t)CALL(gettid, 0, 0, 0, 0, 0, 0);
}

uint64_t mv_sys_random(void)
{
	uint64_t number = 0;

	return CALL(getrandom, &number, sizeof number, GRND_NONBLOCK, 0, 0, 0) == sizeof number ? number : 0;
}

bool mv_sys_thread_lives(pid_t thread)
{
	return CALL(tgkill, mv_sys_pid(), thread, 0, 0, 0, 0) != -ESRCH;
}

/* Each thread tells the kernel where its list of robust mutexes begins; the kernel forgets it when it ends.  */
bool mv_sys_may_have_ended(pid_t thread)
{
	void *list = NULL;
	size_t size;

	return CALL(get_robust_list, thread, &list, &size, 0, 0, 0) || !list;
}

void mv_sys_thread_name(char name[16])
{
	name[0] = 0;
	CALL(prctl, PR_GET_NAME, name, 0, 0, 0, 0);
	name[15] = 0;
}

void mv_sys_name_thread(const char *name)
{
	CALL(prctl, PR_SET_NAME, name, 0, 0, 0, 0);
}

/* libc's clock_gettime reads the kernel's page of times with no system call and sets no errno for a valid clock.  */
static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t mv_sys_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t mv_sys_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t mv_sys_coarse_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_COARSE);
}

void mv_sys_yield(void)
{
	CALL(sched_yield, 0, 0, 0, 0, 0, 0);
}

void mv_sys_sleep(uint32_t time_ns)
{
	struct timespec time = {0, time_ns};

	CALL(nanosleep, &time, 0, 0, 0, 0, 0);
}

void mv_sys_wait(const uint32_t *word, uint32_t value, uint64_t time_ns)
{
	struct timespec time = {(time_t)(time_ns / 1000000000u), (long)(time_ns % 1000000000u)};

	CALL(futex, word, FUTEX_WAIT_PRIVATE, value, &time, 0, 0);
}

void mv_sys_wake(const uint32_t *word)
{
	CALL(futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, 0, 0, 0);
}

uint64_t mv_sys_block_signals(uint64_t mask)
{
	uint64_t before = 0;

	CALL(rt_sigprocmask, SIG_SETMASK, &mask, &before, sizeof before, 0, 0);
	return before;
}

int mv_sys_readable(const void *address)
{
	uintptr_t word = (uintptr_t)address & ~(uintptr_t)7;

	/* A HOW that does not exist is rejected only after the set has been read.  */
	return CALL(rt_sigprocmask, ~0, word, 0, 8, 0, 0) != -EFAULT;
}

/* Wakes nobody, and on the way changes the second word as OPERATION says: by adding 0.  */
bool mv_sys_writable(void *address)
{
	int operation = FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0);
	uint32_t nobody = 0;

	return CALL(futex, &nobody, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0, address, operation) != -EFAULT;
}
