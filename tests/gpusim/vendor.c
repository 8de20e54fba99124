/* SPDX-License-Identifier: Apache-2.0 */
/* NVIDIA's own runtimes, and those within its libraries, as they look up the driver's functions: each gets the recorder's in
 * the place of a watched one, and the driver's in that of any other.
 *
 * They run on drivers of the simulation's, on which they give up soon after, as they should: it is no driver of NVIDIA's.
 * By then they have looked up all that they use.  spy.c stands between them and the recorder and says what they got.
 *
 * Beside what run.h needs, MEMVIZ_TEST_DRIVERS is the folder of the drivers, MEMVIZ_TEST_NVIDIA that of the libraries
 * (tools/nvidia.sh), MEMVIZ_TEST_CALLERS that of caller.c and caller_PACKAGE, MEMVIZ_TEST_SPY the spy.  */
#include "unit/harness.h"

#include <glob.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gpusim/run.h"

enum { PATH_BYTES = 1024, NAME_BYTES = 128, UNAVAILABLE = 77 };

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	CU_ASSERT_PTR_NOT_NULL_FATAL(value);
	return value;
}

/* ---- what they got ---- */

struct tally {
	unsigned wrapped, passed, wrong;
	unsigned by_library; /* of the wrapped: looked up by a library whose name begins like that */
	int has_alloc;	     /* among them: what cudaMalloc needs */
};

static void count_line(struct tally *tally, const char *line, const char *library)
{
	char verdict[NAME_BYTES], name[NAME_BYTES], caller[NAME_BYTES];

	if (sscanf(line, "%127s %127s %127s", verdict, name, caller) != 3 || !strcmp(verdict, "WRONG")) {
		fprintf(stderr, "%s", line);
		tally->wrong++;
	} else if (!strcmp(verdict, "passed")) {
		tally->passed++;
	} else if (!strcmp(verdict, "wrapped")) {
		tally->wrapped++;
		tally->by_library += !strncmp(caller, library, strlen(library));
		tally->has_alloc |= !strcmp(name, "cuMemAlloc_v2");
	}
}

static struct tally read_tally(const char *path, const char *library)
{
	struct tally tally = {0};
	FILE *lines = fopen(path, "r");
	char line[PATH_BYTES];

	while (lines && fgets(line, sizeof line, lines))
		count_line(&tally, line, library);
	if (lines)
		fclose(lines);
	unlink(path);
	return tally;
}

/* ---- one library, one driver ---- */

static const struct driver {
	const char *name, *version;
} drivers[] = {
	{"both", "GPUSIM_DRIVER=13020"},
	{"four", "GPUSIM_DRIVER=11080"},
	{"none", "GPUSIM_DRIVER=11020"},
};

struct vendor_library {
	const char *package, *file, *function;
	const char *looks_up; /* the name of what does, to its beginning; NULL: FILE */
};

static void run_spied(struct run *run, const struct driver *driver, const char *const *command, char spy_out[PATH_BYTES])
{
	char path[PATH_BYTES], preload[PATH_BYTES], out[PATH_BYTES + 16];
	const char *settings[] = {path, preload, out, driver->version, NULL};

	strcpy(spy_out, "/tmp/memviz-spy-XXXXXX");
	close(mkstemp(spy_out));
	snprintf(path, sizeof path, "LD_LIBRARY_PATH=%s/%s", variable("MEMVIZ_TEST_DRIVERS"), driver->name);
	snprintf(preload, sizeof preload, "LD_PRELOAD=%s %s", variable("MEMVIZ_TEST_SPY"), variable("MEMVIZ_TEST_SO"));
	snprintf(out, sizeof out, "SPY_OUT=%s", spy_out);
	run_program(run, command, settings);
}

/* False: it cannot be had.  */
static int spy_on(const struct driver *driver, const char *const *command, const char *looks_up)
{
	struct tally tally;
	char spy_out[PATH_BYTES];
	struct run run;
	int is_there;

	run_spied(&run, driver, command, spy_out);
	tally = read_tally(spy_out, looks_up);
	is_there = !WIFEXITED(run.status) || WEXITSTATUS(run.status) != UNAVAILABLE;
	printf("%s, driver %s: %u wrapped, %u passed\n", looks_up, driver->name, tally.wrapped, tally.passed);
	if (is_there) {
		CU_ASSERT(run_exited(&run, 0));
		CU_ASSERT_EQUAL(tally.wrong, 0);
		CU_ASSERT(tally.has_alloc && tally.by_library > 0 && tally.passed > 0);
	}
	run_clean(&run);
	return is_there;
}

/* ---- libraries ---- */

static int find_file(const struct vendor_library *library, char path[PATH_BYTES])
{
	static const char *const places[] = {"lib/%s", "nvidia/*/lib/%s"};
	char inside[NAME_BYTES], pattern[PATH_BYTES];
	glob_t found;
	size_t i;

	for (i = 0; i < 2; i++) {
		snprintf(inside, sizeof inside, places[i], library->file);
		snprintf(pattern, sizeof pattern, "%s/%s/%s", variable("MEMVIZ_TEST_NVIDIA"), library->package, inside);
		if (glob(pattern, 0, NULL, &found))
			continue;
		snprintf(path, PATH_BYTES, "%s", found.gl_pathv[0]);
		globfree(&found);
		return 1;
	}
	return 0;
}

static int spy_on_library(const struct vendor_library *library)
{
	char path[PATH_BYTES], caller[PATH_BYTES];
	const char *command[] = {caller, path, library->function, NULL};
	size_t i;

	if (!find_file(library, path))
		return 0;
	snprintf(caller, sizeof caller, "%s/caller", variable("MEMVIZ_TEST_CALLERS"));
	for (i = 0; i < sizeof drivers / sizeof *drivers; i++)
		if (!spy_on(&drivers[i], command, library->looks_up ? library->looks_up : library->file))
			return 0;
	return 1;
}

/* Those of LIBRARIES, which ends in one without a package, that can be had.  */
static void spy_on_all(const struct vendor_library *library)
{
	int there = 0;

	for (; library->package; library++) {
		int is_there = spy_on_library(library);

		if (!is_there)
			printf("%s: %s is not there\n", library->package, library->file);
		there += is_there;
	}
	if (!there)
		harness_skip("none of them can be had");
}

static void dynamic_runtimes_get_the_wrappers(void)
{
	static const struct vendor_library libraries[] = {
		{"nvidia-cuda-runtime", "libcudart.so.13", "cudaMalloc", NULL},
		{"nvidia-cuda-runtime-cu12", "libcudart.so.12", "cudaMalloc", NULL},
		{"nvidia-cuda-runtime-cu11", "libcudart.so.11.0", "cudaMalloc", NULL},
		{"toolkit", "libcudart.so.13", "cudaMalloc", NULL},
		{"toolkit", "libcudart.so.12", "cudaMalloc", NULL},
		{NULL, NULL, NULL, NULL},
	};

	spy_on_all(libraries);
}

static void the_runtime_in_cublas_gets_the_wrappers(void)
{
	static const struct vendor_library libraries[] = {
		{"nvidia-cublas-cu12", "libcublas.so.12", "cublasCreate_v2", "libcublas"},
		{"nvidia-cublas-cu12", "libcublasLt.so.12", "cublasLtCreate", NULL},
		{"toolkit", "libcublas.so.13", "cublasCreate_v2", "libcublas"},
		{"toolkit", "libcublasLt.so.13", "cublasLtCreate", NULL},
		{NULL, NULL, NULL, NULL},
	};

	spy_on_all(libraries);
}

static void the_runtime_in_cudnn_gets_the_wrappers(void)
{
	static const struct vendor_library libraries[] = {
		{"nvidia-cudnn-cu13", "libcudnn.so.9", "cudnnCreate", "libcudnn"},
		{"toolkit", "libcudnn.so.9", "cudnnCreate", "libcudnn"},
		{NULL, NULL, NULL, NULL},
	};

	spy_on_all(libraries);
}

static void the_runtime_in_nccl_gets_the_wrappers(void)
{
	static const struct vendor_library libraries[] = {
		{"nvidia-nccl-cu12", "libnccl.so.2", "ncclMemAlloc", NULL},
		{"toolkit", "libnccl.so.2", "ncclMemAlloc", NULL},
		{NULL, NULL, NULL, NULL},
	};

	spy_on_all(libraries);
}

static void the_runtimes_in_other_libraries_get_the_wrappers(void)
{
	static const struct vendor_library libraries[] = {
		{"toolkit", "libcufft.so.12", "cufftCreate", NULL},
		{"toolkit", "libcusparse.so.12", "cusparseCreate", "libcusparse"},
		{"toolkit", "libcusolver.so.12", "cusolverDnCreate", "libcu"},
		{NULL, NULL, NULL, NULL},
	};

	spy_on_all(libraries);
}

/* ---- static runtimes ---- */

static int spy_on_static(const char *package)
{
	char caller[PATH_BYTES];
	const char *command[] = {caller, "", "", NULL};
	size_t i;

	snprintf(caller, sizeof caller, "%s/caller_%s", variable("MEMVIZ_TEST_CALLERS"), package);
	if (access(caller, X_OK)) {
		printf("%s: no static runtime\n", package);
		return 0;
	}
	for (i = 0; i < sizeof drivers / sizeof *drivers; i++)
		spy_on(&drivers[i], command, "program");
	return 1;
}

static void static_runtimes_get_the_wrappers(void)
{
	int there = spy_on_static("nvidia-cuda-runtime") + spy_on_static("nvidia-cuda-runtime-cu12") +
		    spy_on_static("toolkit");

	if (!there)
		harness_skip("none of them can be had");
}

static const struct harness_test tests[] = {
	HARNESS_TEST(dynamic_runtimes_get_the_wrappers),
	HARNESS_TEST(static_runtimes_get_the_wrappers),
	HARNESS_TEST(the_runtime_in_cublas_gets_the_wrappers),
	HARNESS_TEST(the_runtime_in_cudnn_gets_the_wrappers),
	HARNESS_TEST(the_runtime_in_nccl_gets_the_wrappers),
	HARNESS_TEST(the_runtimes_in_other_libraries_get_the_wrappers),
};
HARNESS_MAIN("vendor", tests)
