/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/choice.h"
#include "base/sys.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/descent.h"
#include "cmd/environment.h"
#include "cmd/harvest.h"
#include "cmd/launch.h"
#include "cmd/option.h"
#include "cmd/preload.h"
#include "cmd/target.h"
#include "cmd/tell.h"

enum {
	OPTION_OUT,
	OPTION_RING,
	OPTION_STACKS,
	OPTION_SNAPSHOTS,
	OPTION_SAMPLE,
	OPTION_AT_EXIT,
	OPTION_INJECT,
	OPTION_NVTX,
	OPTION_OFF,
	OPTION_GPU,
	OPTION_DEVICES,
	OPTION_COMPUTE,
	OPTION_BACKING,
	OPTION_FORCE_SIM,
	OPTION_VERBOSE,
	OPTION_QUIET,
};

static const struct mv_option options[] = {
	[OPTION_OUT] = {"out", "FOLDER", "for the recordings (the current one)", 'o'},
	[OPTION_RING] = {"ring", "SIZE", "room for past events; the oldest are overwritten\n(64MiB)", 0},
	[OPTION_STACKS] = {"stacks", "LIST", "stacks to take: native, python, frees, separated by\ncommas; all; none (native,python)", 0},
	[OPTION_SNAPSHOTS] = {"snapshots", "N", "out-of-memory errors that leave a snapshot (3)", 0},
	[OPTION_SAMPLE] = {"sample", "TIME", "time between samples of what is used of the card, as\n500ms (1s); 0: only at events; off: none", 0},
	[OPTION_AT_EXIT] = {"at-exit", NULL, "leave a snapshot when the program exits, too", 0},
	[OPTION_INJECT] = {"inject", NULL, "have the driver load the recorder, too, for programs\nthat drop LD_PRELOAD", 0},
	[OPTION_NVTX] = {"nvtx", NULL, "show the ranges that the program marks for NVIDIA's\nprofilers (NVTX) as phases", 0},
	[OPTION_OFF] = {"off", NULL, "load the recorder, but let it pass everything on", 0},
	[OPTION_GPU] = {"gpu", "sim[:SIZE]", "run on a simulated GPU of that memory: sim:24GiB", 0},
	[OPTION_DEVICES] = {"devices", "N", "so many simulated GPUs", 0},
	[OPTION_COMPUTE] = {"compute", "X.Y", "compute capability of the simulated GPU", 0},
	[OPTION_BACKING] = {"backing", "KIND", "what the simulated memory holds: none, host", 0},
	[OPTION_FORCE_SIM] = {"force-sim", NULL, "simulate also where there is a real driver", 0},
	[OPTION_VERBOSE] = {"verbose", NULL, "say where the recordings are when they begin", 'v'},
	[OPTION_QUIET] = {"quiet", NULL, "say nothing at the end, unless memory ran out", 'q'},
	{NULL, NULL, NULL, 0},
};

/* What the simulation can be: tools/gpusim/common/facts.c.  */
enum { DEVICES_MAX = 16, COMPUTE_MIN = 50, COMPUTE_MAX = 199 };
static const uint64_t MEMORY_MIN = UINT64_C(4) << 20, MEMORY_MAX = UINT64_C(1) << 40;
enum { PATH_BYTES = 4096, TOKEN_BYTES = 48 };

struct plan {
	const struct mv_args *args;
	struct mv_environment environment;
	struct mv_target target;
	const char *wanted;	 /* folder for the recordings, as the user says it */
	char folder[PATH_BYTES]; /* the same, absolute */
	char token[TOKEN_BYTES];
	bool is_recorded;
};

/* ---- options ---- */

static int wrong(const char *option, const char *value, const char *what)
{
	mv_tell("run: --%s=%s is not %s; try memviz help run", option, value, what);
	return MV_EXIT_USAGE;
}

static bool is_version(const char *text)
{
	unsigned major, minor;
	char excess;

	return isdigit((unsigned char)*text) && sscanf(text, "%2u.%1u%c", &major, &minor, &excess) == 2 &&
	       10 * major + minor >= COMPUTE_MIN && 10 * major + minor <= COMPUTE_MAX;
}

static int check_gpu(const struct mv_args *args)
{
	const char *gpu = args->value[OPTION_GPU], *devices = args->value[OPTION_DEVICES];
	const char *compute = args->value[OPTION_COMPUTE], *backing = args->value[OPTION_BACKING];
	uint64_t number;

	if (gpu && !mv_text_equal(gpu, "sim") && !mv_text_starts(gpu, "sim:"))
		return wrong("gpu", gpu, "sim or sim:SIZE");
	if (gpu && gpu[3] && mv_text_parse_size(gpu + 4, &number))
		return wrong("gpu", gpu, "sim or sim:SIZE");
	if (gpu && gpu[3] && (number < MEMORY_MIN || number > MEMORY_MAX))
		return wrong("gpu", gpu, "a size from 4MiB to 1TiB, such as sim:24GiB");
	if (!gpu && (devices || compute || backing || args->value[OPTION_FORCE_SIM])) {
		mv_tell("run: --devices, --compute, --backing and --force-sim go with --gpu=sim; try memviz help run");
		return MV_EXIT_USAGE;
	}
	if (devices && (mv_text_parse_u64(devices, &number) || number < 1 || number > DEVICES_MAX))
		return wrong("devices", devices, "a number from 1 to 16");
	if (compute && !is_version(compute))
		return wrong("compute", compute, "a version such as 9.0");
	if (backing && !mv_text_equal(backing, "none") && !mv_text_equal(backing, "host"))
		return wrong("backing", backing, "none or host");
	return MV_OPTION_GO_ON;
}

/* What can be told wrong here is; the recorder would only say so when the program is half way.  */
static int check_values(const struct mv_args *args)
{
	const char *ring = args->value[OPTION_RING], *snapshots = args->value[OPTION_SNAPSHOTS];
	const char *sample = args->value[OPTION_SAMPLE], *stacks = args->value[OPTION_STACKS];
	uint64_t number;
	unsigned chosen;

	if (ring && mv_text_parse_size(ring, &number))
		return wrong("ring", ring, "a size");
	if (stacks && mv_choice_stacks(stacks, &chosen))
		return wrong("stacks", stacks, "a list of native, python, frees; or all, or none");
	if (snapshots && mv_text_parse_u64(snapshots, &number))
		return wrong("snapshots", snapshots, "a number");
	if (sample && !mv_text_equal(sample, "off") && mv_text_parse_time(sample, &number))
		return wrong("sample", sample, "a time such as 500ms, at most an hour, 0 or off");
	return check_gpu(args);
}

static void set_if(struct plan *plan, int option, const char *name)
{
	if (plan->args->value[option])
		mv_environment_set(&plan->environment, name, plan->args->value[option]);
}

static void set_recorder(struct plan *plan)
{
	mv_environment_set(&plan->environment, "MEMVIZ_OUT", plan->folder);
	mv_environment_set(&plan->environment, "MEMVIZ_RUN", plan->token);
	set_if(plan, OPTION_RING, "MEMVIZ_RING");
	set_if(plan, OPTION_STACKS, "MEMVIZ_STACKS");
	set_if(plan, OPTION_SNAPSHOTS, "MEMVIZ_SNAPSHOTS");
	set_if(plan, OPTION_SAMPLE, "MEMVIZ_SAMPLE");
	if (plan->args->value[OPTION_AT_EXIT])
		mv_environment_set(&plan->environment, "MEMVIZ_AT_EXIT", "1");
	if (plan->args->value[OPTION_OFF])
		mv_environment_set(&plan->environment, "MEMVIZ_ON", "0");
	if (plan->args->value[OPTION_NVTX])
		mv_environment_set(&plan->environment, "MEMVIZ_NVTX", "1");
	if (plan->args->value[OPTION_VERBOSE])
		mv_environment_set(&plan->environment, "MEMVIZ_VERBOSE", "1");
}

static bool set_gpu(struct plan *plan)
{
	const struct mv_args *args = plan->args;
	struct mv_preload_gpu gpu = {
		.memory = args->value[OPTION_GPU] && args->value[OPTION_GPU][3] ? args->value[OPTION_GPU] + 4 : NULL,
		.devices = args->value[OPTION_DEVICES],
		.compute = args->value[OPTION_COMPUTE],
		.backing = args->value[OPTION_BACKING],
		.is_forced = args->value[OPTION_FORCE_SIM],
	};

	return !args->value[OPTION_GPU] || mv_preload_gpu(&plan->environment, &gpu);
}

/* ---- where recordings go ---- */

static const char *wanted_folder(const struct mv_args *args)
{
	const char *folder = args->value[OPTION_OUT] ? args->value[OPTION_OUT] : getenv("MEMVIZ_OUT");

	return folder && *folder ? folder : ".";
}

/* Why recordings cannot be written to FOLDER, which is made absolute; 0: they can.  */
static int find_folder(const char *folder, char absolute[PATH_BYTES])
{
	struct stat status;

	if (!realpath(folder, absolute) || stat(absolute, &status))
		return errno;
	if (!S_ISDIR(status.st_mode))
		return ENOTDIR;
	return access(absolute, W_OK | X_OK) ? errno : 0;
}

/* Where the recorder looks for room when there is none.  */
static const char *scratch_folder(void)
{
	return mv_text_scratch_folder(getenv("TMPDIR"));
}

/* ---- running ---- */

static void prepare_recorder(struct plan *plan)
{
	int err = find_folder(plan->wanted, plan->folder), scratch_err = 0;

	if (err && !plan->target.hides_others) {
		scratch_err = find_folder(scratch_folder(), plan->folder);
		mv_tell("%s: recordings cannot be written there (%s); %s%s", plan->wanted, strerror(err),
			scratch_err ? "the program runs unrecorded" : "they go to ", scratch_err ? "" : plan->folder);
		plan->wanted = plan->folder;
	}
	if (plan->target.obstacle)
		mv_tell("%s: %s and cannot be recorded; %s", plan->target.path, plan->target.obstacle,
			plan->target.hides_others ? "it runs unrecorded" : "what it starts can be");
	plan->is_recorded = !plan->target.hides_others && !scratch_err;
}

static int tell_not_found(const char *program, int err)
{
	if (err == -ENOENT)
		mv_tell("%s: there is no such program", program);
	else
		mv_tell("%s: cannot be run (%s)", program, strerror(-err));
	return err == -ENOENT ? MV_EXIT_NOT_FOUND : MV_EXIT_NOT_RUN;
}

/* Processes that found no room in the folder have looked for some elsewhere.  */
static void harvest(const struct plan *plan, uint64_t start_ns)
{
	char scratch[PATH_BYTES];
	bool has_scratch = !find_folder(scratch_folder(), scratch) && !mv_text_equal(scratch, plan->folder);
	const struct mv_harvest_place places[] = {
		{plan->folder, mv_text_equal(plan->wanted, ".") ? "" : plan->wanted},
		{has_scratch ? scratch : NULL, scratch},
		{NULL, NULL},
	};

	mv_harvest(places, plan->token, start_ns, plan->args->value[OPTION_QUIET]);
}

/* What the program starts is looked at where somebody will be told of it.  */
static int run_watched(struct plan *plan)
{
	struct mv_descent *descent =
		plan->is_recorded && !plan->args->value[OPTION_OFF] && !plan->args->value[OPTION_QUIET] ? mv_descent_open() : NULL;
	struct mv_launch_watch watch = {mv_descent_look, descent};
	int status = mv_launch(plan->target.path, plan->args->rest, plan->environment.at, descent ? &watch : NULL);

	mv_descent_tell(descent);
	mv_descent_close(descent);
	return status;
}

static int launch(struct plan *plan)
{
	uint64_t start_ns = mv_sys_realtime_ns();
	struct mv_preload_ways ways = {
		.by_cuda = plan->args->value[OPTION_INJECT],
		.by_nvtx = plan->args->value[OPTION_NVTX],
	};
	int status;

	snprintf(plan->token, sizeof plan->token, "%d-%llx", (int)getpid(), (unsigned long long)start_ns);
	if (plan->is_recorded)
		set_recorder(plan);
	/* The simulation first: what is prepended last stands first.  */
	if (!set_gpu(plan) || (plan->is_recorded && !mv_preload_recorder(&plan->environment, &ways)))
		return MV_EXIT_FAILED;
	if (plan->environment.is_broken) {
		mv_tell("out of memory");
		return MV_EXIT_FAILED;
	}
	status = run_watched(plan);
	if (status < 0)
		return tell_not_found(plan->args->rest[0], status);
	if (plan->is_recorded && !plan->args->value[OPTION_OFF])
		harvest(plan, start_ns);
	return status;
}

static int run(const struct mv_args *args)
{
	struct plan plan = {.args = args, .wanted = wanted_folder(args)};
	int err, code = check_values(args);

	if (code != MV_OPTION_GO_ON)
		return code;
	err = mv_target_find(args->rest[0], &plan.target);
	if (err)
		return tell_not_found(args->rest[0], err);
	mv_environment_open(&plan.environment);
	prepare_recorder(&plan);
	code = launch(&plan);
	mv_environment_close(&plan.environment);
	return code;
}

const struct mv_command mv_command_run = {
	.name = "run",
	.usage = "[options] [--] PROGRAM [ARGUMENT …]",
	.summary = "Run a program and record the GPU memory it uses",
	.details = "The program's exit status is passed on; 128 and the signal that ended it; 125 if\n"
		   "memviz failed, 126 if the program cannot be run, 127 if there is none.",
	.options = options,
	.rest_min = 1,
	.rest_max = -1,
	.is_launcher = true,
	.run = run,
};
