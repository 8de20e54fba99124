/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/child.h"

#include <CUnit/CUnit.h>
#include <string.h>
#include <sys/wait.h>

#include "gpusim/api/cuda_memory.h"

enum { PATH_BYTES = 512 };

/* ---- in the child ---- */

static void *library;

void child_load(void)
{
	const char *folder = getenv("MEMVIZ_TEST_GPUSIM");
	char path[PATH_BYTES];

	snprintf(path, sizeof path, "%s/libcuda.so.1", folder ? folder : ".");
	library = dlopen(path, RTLD_NOW);
	MUST(library);
}

void *child_find(const char *name)
{
	void *function = dlsym(library, name);

	MUST(function);
	return function;
}

void child_open_card(CUdevice ordinal)
{
	CUcontext context;

	MUST(!CALL(cuInit)(0));
	MUST(!CALL(cuDevicePrimaryCtxRetain)(&context, ordinal));
	MUST(!CALL(cuCtxSetCurrent)(context));
}

size_t child_free_bytes(void)
{
	size_t free_bytes, total;

	MUST(!CALL(cuMemGetInfo_v2)(&free_bytes, &total));
	return free_bytes;
}

/* ---- around it ---- */

static void collect(FILE *from, char text[CHILD_TEXT_BYTES])
{
	size_t size;

	rewind(from);
	size = fread(text, 1, CHILD_TEXT_BYTES - 1, from);
	text[size] = 0;
	fclose(from);
}

static void prepare(const char *const *settings)
{
	unsetenv("CUDA_VISIBLE_DEVICES");
	setenv("GPUSIM_FORCE", "1", 1);
	setenv("GPUSIM_MEMORY", "1GiB", 1);
	for (; settings && *settings; settings++)
		putenv(strdup(*settings));
}

void child_run(struct child *child, void (*body)(void), const char *const *settings)
{
	FILE *out = tmpfile(), *err = tmpfile();
	pid_t pid;

	CU_ASSERT_FATAL(out && err);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(err), STDERR_FILENO);
		prepare(settings);
		body();
		fflush(stdout);
		_exit(0);
	}
	CU_ASSERT_FATAL(waitpid(pid, &child->status, 0) == pid);
	collect(out, child->out);
	collect(err, child->err);
}

void child_check(void (*body)(void), const char *said, const char *const *settings)
{
	struct child child;

	child_run(&child, body, settings);
	if (child.status)
		fprintf(stderr, "status %#x, %s", child.status, child.out);
	CU_ASSERT_EQUAL(child.status, 0);
	CU_ASSERT_STRING_EQUAL(child.err, said);
}
