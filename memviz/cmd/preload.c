/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/preload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/tell.h"

static const char *const folders[] = {"..", "../lib/memviz", "../lib"};

enum { FOLDERS = sizeof folders / sizeof *folders };

/* The folder that this program lies in.  */
static bool own_folder(char folder[MV_PRELOAD_PATH_BYTES])
{
	ssize_t length = readlink("/proc/self/exe", folder, MV_PRELOAD_PATH_BYTES - 1);
	char *slash;

	if (length <= 0)
		return false;
	folder[length] = 0;
	slash = strrchr(folder, '/');
	if (slash)
		*slash = 0;
	return slash;
}

/* Find NAME where it may be.  False: it is not there.  */
static bool find(const char *name, char path[MV_PRELOAD_PATH_BYTES])
{
	char own[MV_PRELOAD_PATH_BYTES], candidate[3 * MV_PRELOAD_PATH_BYTES];
	int i;

	if (!own_folder(own))
		return false;
	for (i = 0; i < FOLDERS; i++) {
		snprintf(candidate, sizeof candidate, "%s/%s/%s", own, folders[i], name);
		if (!access(candidate, R_OK) && realpath(candidate, path))
			return true;
	}
	return false;
}

/* The loader takes spaces and colons for separators, and there is no way to quote them.  */
static bool is_loadable(const char *path)
{
	if (!path[strcspn(path, ": ")])
		return true;
	mv_tell("%s: cannot be loaded from a path with a space or a colon; install memviz elsewhere", path);
	return false;
}

static void set_if_free(struct mv_environment *environment, const char *name, const char *path)
{
	const char *there = mv_environment_get(environment, name);

	if (!there || !*there)
		mv_environment_set(environment, name, path);
}

bool mv_preload_recorder(struct mv_environment *environment, const struct mv_preload_ways *ways)
{
	char path[MV_PRELOAD_PATH_BYTES];

	if (!find("libmemviz.so", path)) {
		mv_tell("libmemviz.so: is not where this program is installed");
		return false;
	}
	if (!is_loadable(path))
		return false;
	mv_environment_prepend(environment, "LD_PRELOAD", path, ':');
	if (ways->by_cuda)
		set_if_free(environment, "CUDA_INJECTION64_PATH", path);
	if (ways->by_nvtx)
		set_if_free(environment, "NVTX_INJECTION64_PATH", path);
	return true;
}

/* ---- the simulated GPU ---- */

static bool has_real_driver(void)
{
	return !access("/dev/nvidiactl", F_OK) || !access("/proc/driver/nvidia", F_OK);
}

/* The file "preload" names the libraries to preload, in FOLDER unless they have a path, separated by white space.  They
 * go behind what is preloaded already.  */
static bool preload_listed(struct mv_environment *environment, const char *folder)
{
	char list[2 * MV_PRELOAD_PATH_BYTES] = "", name[512], path[MV_PRELOAD_PATH_BYTES + 16];
	size_t length = 0;
	FILE *file;

	snprintf(path, sizeof path, "%s/preload", folder);
	file = fopen(path, "re");
	while (file && fscanf(file, "%511s", name) == 1 && length < sizeof list)
		length += (size_t)snprintf(list + length, sizeof list - length, "%s%s%s%s", length ? ":" : "",
					   *name == '/' ? "" : folder, *name == '/' ? "" : "/", name);
	if (!file || length >= sizeof list) {
		mv_tell("%s: a list of libraries was expected", path);
		if (file)
			fclose(file);
		return false;
	}
	fclose(file);
	if (length)
		mv_environment_prepend(environment, "LD_PRELOAD", list, ':');
	return true;
}

static void set_if(struct mv_environment *environment, const char *name, const char *value)
{
	if (value)
		mv_environment_set(environment, name, value);
}

bool mv_preload_gpu(struct mv_environment *environment, const struct mv_preload_gpu *gpu)
{
	char folder[MV_PRELOAD_PATH_BYTES];

	if (has_real_driver() && !gpu->is_forced) {
		mv_tell("this machine has an NVIDIA driver; --force-sim hides it from the program");
		return false;
	}
	if (!find("gpusim", folder)) {
		mv_tell("gpusim: the simulated GPU is not where this program is installed");
		return false;
	}
	if (!is_loadable(folder) || !preload_listed(environment, folder))
		return false;
	mv_environment_prepend(environment, "LD_LIBRARY_PATH", folder, ':');
	set_if(environment, "GPUSIM_MEMORY", gpu->memory);
	set_if(environment, "GPUSIM_DEVICES", gpu->devices);
	set_if(environment, "GPUSIM_CC", gpu->compute);
	set_if(environment, "GPUSIM_BACKING", gpu->backing);
	set_if(environment, "GPUSIM_FORCE", gpu->is_forced ? "1" : NULL);
	return true;
}
