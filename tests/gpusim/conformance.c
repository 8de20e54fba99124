/* SPDX-License-Identifier: Apache-2.0 */
/* conformance [SECTION…]: prints what the driver in libcuda.so.1 answers, see conformance.h.  */
#include "gpusim/conformance.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct conformance_cuda cu;

enum { NAME_BYTES = 256, CANNOT_START = 3 };

static const struct entry {
	const char *name;
	int version;
	size_t offset;
} entries[] = {
#define CONFORMANCE_CALL(function, base_name, version)                                                \
	{#base_name, version, offsetof(struct conformance_cuda, function)},
#include "gpusim/conformance.def"
#undef CONFORMANCE_CALL
};

static const struct section {
	const char *name;
	void (*run)(void);
} sections[] = {
	{"versions", conformance_versions},
	{"errors", conformance_errors},
	{"contexts", conformance_contexts},
	{"device memory", conformance_device},
	{"pools", conformance_pools},
	{"virtual memory", conformance_vmm},
	{"host memory", conformance_host},
	{"graphs", conformance_graphs},
	{"arrays", conformance_arrays},
	{"memory of others", conformance_shared},
};

/* ---- the driver ---- */

static CUresult lacking(void)
{
	return CUDA_ERROR_NOT_FOUND;
}

static void find(const struct entry *entry, __typeof__(cuGetProcAddress_v2) *look_up)
{
	void *function = NULL;

	if (look_up(entry->name, &function, entry->version, CU_GET_PROC_ADDRESS_DEFAULT, NULL) || !function) {
		function = (void *)lacking;
		printf("~ %s, as of %d: not there\n", entry->name, entry->version);
	}
	memcpy((char *)&cu + entry->offset, &function, sizeof function);
}

static bool load(void)
{
	void *library = dlopen("libcuda.so.1", RTLD_NOW);
	void *symbol = library ? dlsym(library, "cuGetProcAddress_v2") : NULL;
	__typeof__(cuGetProcAddress_v2) *look_up;
	size_t i;

	if (!symbol) {
		fprintf(stderr, "conformance: %s\n", dlerror());
		return false;
	}
	memcpy(&look_up, &symbol, sizeof look_up);
	for (i = 0; i < sizeof entries / sizeof *entries; i++)
		find(&entries[i], look_up);
	return true;
}

bool conformance_open_card(void)
{
	CUcontext context = NULL;
	CUresult err = cu.cuInit(0);

	if (!err)
		err = cu.cuDevicePrimaryCtxRetain(&context, 0);
	if (!err)
		err = cu.cuCtxSetCurrent(context);
	if (err)
		conformance_say("opening the first card", err);
	return !err;
}

long long conformance_free_bytes(void)
{
	size_t free_bytes = 0, total = 0;

	cu.cuMemGetInfo_v2(&free_bytes, &total);
	return (long long)free_bytes;
}

/* ---- lines ---- */

static const char *name_of(CUresult err)
{
	static char number[16];
	const char *name = NULL;

	if (!cu.cuGetErrorName(err, &name) && name)
		return name;
	snprintf(number, sizeof number, "%d", err);
	return number;
}

CUresult conformance_say(const char *call, CUresult err)
{
	printf("= %s: %s\n", call, name_of(err));
	return err;
}

CUresult conformance_say_refused(const char *call, CUresult err)
{
	printf("= %s: %s\n", call, err ? "refused" : "done");
	printf("= code of %s: %s\n", call, name_of(err));
	return err;
}

void conformance_tell(const char *what, long long value)
{
	printf("= %s: %lld\n", what, value);
}

void conformance_tell_here(const char *what, long long value)
{
	printf("~ %s: %lld\n", what, value);
}

/* ---- sections ---- */

static void say_which(void)
{
	char name[NAME_BYTES] = "?";
	int version = 0;

	cu.cuDriverGetVersion(&version);
	if (!cu.cuInit(0))
		cu.cuDeviceGetName(name, sizeof name, 0);
	printf("# driver %d.%d, device %s\n", version / 1000, version % 1000 / 10, name);
}

/* Call RUN in a process of its own; its status as waitpid tells it.  */
static int run_apart(void (*run)(void))
{
	int status = -1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		if (!load())
			_exit(CANNOT_START);
		run();
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, &status, 0);
	return status;
}

static void run_section(const struct section *section)
{
	int status;

	printf("# %s\n", section->name);
	status = run_apart(section->run);
	printf("= %s ended by signal: %d\n", section->name, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(name, argv[i]))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (run_apart(say_which))
		return 1;
	for (i = 0; i < sizeof sections / sizeof *sections; i++)
		if (is_wanted(sections[i].name, argc, argv))
			run_section(&sections[i]);
	return 0;
}
