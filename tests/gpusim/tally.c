/* SPDX-License-Identifier: Apache-2.0 */
/* A preloaded library that counts what is called of libc: all that allocates, locks, reads the environment, or takes the
 * loader's lock.  */
#include "gpusim/tally.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>

/* libc's own, under the names by which it exports them for this purpose.  */
void *libc_malloc(size_t size) __asm__("__libc_malloc");
void *libc_calloc(size_t count, size_t size) __asm__("__libc_calloc");
void *libc_realloc(void *address, size_t size) __asm__("__libc_realloc");
void libc_free(void *address) __asm__("__libc_free");

/* Of each thread, so that nobody is charged with what another does beside it.  */
static __thread struct tally t_tally __attribute__((tls_model("initial-exec")));

static struct {
	char *(*get)(const char *name);
	int (*lock)(pthread_mutex_t *mutex);
	int (*iterate)(int (*visit)(struct dl_phdr_info *, size_t, void *), void *context);
} g_real;

static void find_real(void)
{
	g_real.get = (char *(*)(const char *))dlsym(RTLD_NEXT, "getenv");
	g_real.lock = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_lock");
	g_real.iterate = (int (*)(int (*)(struct dl_phdr_info *, size_t, void *), void *))dlsym(RTLD_NEXT,
												 "dl_iterate_phdr");
}

static void count(unsigned *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

struct tally tally_now(void)
{
	return t_tally;
}

void *malloc(size_t size)
{
	count(&t_tally.allocations);
	return libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	count(&t_tally.allocations);
	return libc_calloc(n, size);
}

void *realloc(void *address, size_t size)
{
	count(&t_tally.allocations);
	return libc_realloc(address, size);
}

void free(void *address)
{
	if (address)
		count(&t_tally.allocations);
	libc_free(address);
}

char *getenv(const char *name)
{
	count(&t_tally.environment);
	if (!g_real.get)
		find_real();
	return g_real.get(name);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	count(&t_tally.locks);
	if (!g_real.lock)
		find_real();
	return g_real.lock(mutex);
}

int dl_iterate_phdr(int (*visit)(struct dl_phdr_info *, size_t, void *), void *context)
{
	count(&t_tally.locks);
	if (!g_real.iterate)
		find_real();
	return g_real.iterate(visit, context);
}
