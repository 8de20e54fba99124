/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stddef.h>

#include "cmd/command.h"
#include "cmd/report_view.h"
#include "cmd/tell.h"
#include "read/recording.h"
#include "read/verify.h"

enum { OPTION_QUIET };

static const struct mv_option options[] = {
	[OPTION_QUIET] = {"quiet", NULL, "say nothing if all is well", 'q'},
	{NULL, NULL, NULL, 0},
};

/* A file that is damaged is the answer; one that is no recording is none.  */
static int tell_damage(const char *path, const struct mv_diag *diag)
{
	int code = mv_tell_recording(path, diag);

	return diag->err == -EINVAL || diag->err == -ENODATA ? MV_EXIT_BAD : code;
}

static void print_result(const char *path, const struct mv_recording *recording, const struct mv_verified *verified)
{
	printf("%s: fine; %llu events in %llu chunks and open slots, %llu stacks, %llu alive%s\n", path,
	       (unsigned long long)verified->events, (unsigned long long)verified->chunks,
	       (unsigned long long)verified->stacks, (unsigned long long)verified->alive,
	       mv_recording_is_unfinished(recording) ? "; not finished" : "");
	/* The file is fine; what it is about need not be all there.  */
	if (mv_loss_is_any(recording)) {
		printf("but lost were\n");
		mv_loss_print(recording);
	}
}

static int check(const char *path, bool is_quiet)
{
	struct mv_recording *recording;
	struct mv_verified verified;
	struct mv_diag diag = {0};

	if (mv_recording_open(path, &recording, &diag))
		return tell_damage(path, &diag);
	if (mv_verify(recording, &verified, &diag)) {
		mv_recording_close(recording);
		return tell_damage(path, &diag);
	}
	if (!is_quiet)
		print_result(path, recording, &verified);
	mv_recording_close(recording);
	return MV_EXIT_DONE;
}

static int run(const struct mv_args *args)
{
	int i, code = MV_EXIT_DONE;

	for (i = 0; i < args->rest_count; i++) {
		int now = check(args->rest[i], args->value[OPTION_QUIET]);

		code = now > code ? now : code;
	}
	return code;
}

const struct mv_command mv_command_check = {
	.name = "check",
	.usage = "[options] FILE …",
	.summary = "Check the structure and the checksums of recordings",
	.details = "Exits with 1, and says at which byte, if one is damaged.",
	.options = options,
	.rest_min = 1,
	.rest_max = -1,
	.run = run,
};
