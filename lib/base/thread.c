/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/elf.h"
#include "base/sys.h"
#include "base/walk.h"

/* All signals but 32 and 33, which libc waits for every thread to answer.  */
#define BLOCKED (~(UINT64_C(3) << 31))

enum { WAIT_NS = 1000000000 };

typedef int (*create_fn)(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
typedef int (*attributes_fn)(pthread_attr_t *attributes);
typedef int (*set_size_fn)(pthread_attr_t *attributes, size_t size);
typedef int (*set_int_fn)(pthread_attr_t *attributes, int value);
typedef void *(*open_fn)(const char *name, int flags);
typedef int (*close_fn)(void *handle);

/* NAME of libc's, or of whoever stands before it.  */
static void *function(const char *name)
{
	static const char here;

	return mv_elf_symbol_anywhere(name, &here);
}

struct threads {
	create_fn create;
	attributes_fn init, destroy;
	set_size_fn set_stack_size;
	set_int_fn set_detached;
};

static bool find_threads(struct threads *threads)
{
	*threads = (struct threads){
		.create = (create_fn)function("pthread_create"),
		.init = (attributes_fn)function("pthread_attr_init"),
		.destroy = (attributes_fn)function("pthread_attr_destroy"),
		.set_stack_size = (set_size_fn)function("pthread_attr_setstacksize"),
		.set_detached = (set_int_fn)function("pthread_attr_setdetachstate"),
	};
	return threads->create && threads->init && threads->destroy && threads->set_stack_size && threads->set_detached;
}

/* The program's thread-local storage is taken from the stack; where it is so large that a small one cannot hold it, the
 * thread gets the stack that the program's have.  */
static int create(const struct threads *threads, void *(*run)(void *), void *argument)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int err;

	if (threads->init(&attributes))
		return ENOMEM;
	threads->set_detached(&attributes, PTHREAD_CREATE_DETACHED);
	threads->set_stack_size(&attributes, MV_THREAD_STACK_BYTES);
	err = threads->create(&thread, &attributes, run, argument);
	threads->destroy(&attributes);
	if (err != EINVAL || threads->init(&attributes))
		return err;
	threads->set_detached(&attributes, PTHREAD_CREATE_DETACHED);
	err = threads->create(&thread, &attributes, run, argument);
	threads->destroy(&attributes);
	return err;
}

/* A thread inherits what is blocked; if it blocked signals itself, one could come before.  */
int mv_thread_start(void *(*run)(void *), void *argument)
{
	struct threads threads;
	uint64_t before;
	int err, cancel_type;

	if (!find_threads(&threads))
		return -ENOENT;
	/* libc holds locks of its own meanwhile, and so may the program's malloc.  */
	cancel_type = mv_cancel_defer();
	before = mv_sys_block_signals(BLOCKED);
	err = create(&threads, run, argument);
	mv_sys_block_signals(before);
	mv_cancel_restore(cancel_type);
	return -err;
}

struct apart {
	void (*work)(void *argument);
	void *argument;
	uint32_t is_done;
};

/* Once it is done APART may be gone; to wake somebody for nothing does no harm.  */
static void *run_apart(void *argument)
{
	struct apart *apart = argument;

	mv_sys_part_descriptors();
	mv_walk_enter();
	apart->work(apart->argument);
	mv_walk_leave();
	__atomic_store_n(&apart->is_done, true, __ATOMIC_RELEASE);
	mv_sys_wake(&apart->is_done);
	return NULL;
}

int mv_thread_run_apart(void (*work)(void *), void *argument)
{
	struct apart apart = {.work = work, .argument = argument};
	int err = mv_thread_start(run_apart, &apart);

	while (!err && !__atomic_load_n(&apart.is_done, __ATOMIC_ACQUIRE))
		mv_sys_wait(&apart.is_done, false, WAIT_NS);
	return err;
}

void *mv_thread_open_library(const char *name, bool is_loaded)
{
	open_fn open = (open_fn)function("dlopen");

	return open ? open(name, is_loaded ? RTLD_LAZY | RTLD_NOLOAD : RTLD_LAZY) : NULL;
}

void mv_thread_close_library(void *handle)
{
	close_fn close = (close_fn)function("dlclose");

	if (close)
		close(handle);
}
