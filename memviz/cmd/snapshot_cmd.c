/* SPDX-License-Identifier: Apache-2.0 */
/* Of a process: a copy of what it has recorded so far.  Of a file: the same, finished: what a process that died left as
 * it was, or, if it is damaged, what can still be read.  */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/output.h"
#include "cmd/proc.h"
#include "cmd/report_view.h"
#include "cmd/tell.h"
#include "format/image.h"
#include "read/copy.h"
#include "read/mapping.h"
#include "read/recording.h"
#include "read/recover.h"
#include "read/tracks.h"

enum { OPTION_OUTPUT };

static const struct mv_option options[] = {
	[OPTION_OUTPUT] = {"output", "FILE", "the snapshot to write; - is stdout", 'o'},
	{NULL, NULL, NULL, 0},
};

enum { NUMBER_MAX = 9999, LIVE_ATTEMPTS = 3 };

/* ---- writing ---- */

static int write_copy(const struct mv_copy *copy, const char *path)
{
	struct mv_output output;

	if (!mv_output_open(&output, path))
		return MV_EXIT_BAD;
	/* What went wrong is found when the output is finished.  */
	fwrite(copy->bytes, 1, copy->size_bytes, output.file);
	return mv_output_finish(&output) ? MV_EXIT_DONE : MV_EXIT_BAD;
}

/* NAME.memviz becomes NAME.snapN.memviz here, with the first N that is free.  */
static void name_snapshot(const char *recording, char path[MV_OUTPUT_PATH_BYTES])
{
	const char *base = mv_text_base_name(recording);
	size_t length = strlen(base) - strlen(".memviz");
	unsigned n;

	for (n = 1; n <= NUMBER_MAX; n++) {
		struct mv_text text = mv_text_in(path, MV_OUTPUT_PATH_BYTES);

		mv_text_add_bytes(&text, base, length);
		mv_text_add(&text, ".snap");
		mv_text_add_u64(&text, n);
		mv_text_add(&text, ".memviz");
		if (access(path, F_OK))
			return;
	}
}

/* ---- of a process ---- */

static int tell_process(pid_t pid, int err)
{
	switch (err) {
	case -ESRCH:
		mv_tell("process %d: there is no such process", (int)pid);
		break;
	case -ENOENT:
		mv_tell("process %d: records nothing (not started by memviz run, or has not used CUDA yet)", (int)pid);
		break;
	default:
		mv_tell("process %d: its recording cannot be read (%s)", (int)pid, strerror(-err));
	}
	return MV_EXIT_INPUT;
}

static int copy_live(const struct mv_proc_image *image, struct mv_copy *copy, struct mv_diag *diag)
{
	struct mv_copy_label label = {MV_FILE_SNAPSHOT, MV_REASON_REQUEST, mv_sys_monotonic_ns()};
	int err = mv_image_check(image->bytes, image->size_bytes, diag);

	return err ? err : mv_copy_take(image->bytes, &label, copy, diag);
}

static int snapshot_process(pid_t pid, const char *output)
{
	char path[MV_OUTPUT_PATH_BYTES], size[MV_TELL_BYTES];
	struct mv_proc_image image;
	struct mv_diag diag = {0};
	struct mv_copy copy;
	int i, code, err = -EINVAL;

	/* Bytes that were read from a process's memory are from different moments: once more may do.  */
	for (i = 0; i < LIVE_ATTEMPTS && err == -EINVAL; i++) {
		err = mv_proc_open(pid, &image);
		if (err)
			return tell_process(pid, err);
		err = copy_live(&image, &copy, &diag);
		mv_proc_close(&image);
	}
	if (err)
		return mv_tell_diag(image.path, &diag);
	if (!output) {
		name_snapshot(image.path, path);
		output = path;
	}
	code = write_copy(&copy, output);
	if (code == MV_EXIT_DONE)
		mv_tell("%s: %s, of process %d", output, mv_tell_size(copy.size_bytes, size), (int)pid);
	mv_copy_release(&copy);
	return code;
}

/* ---- of a file ---- */

/* The latest event, or 0.  */
static uint64_t last_event_ns(const struct mv_recording *recording)
{
	const struct mv_tracks *tracks = mv_recording_tracks(recording);
	uint64_t last_ns = 0;
	size_t i;

	for (i = 0; i < tracks->count; i++) {
		const struct mv_track *track = &tracks->at[i];
		uint64_t end_ns = track->open_count ? track->open[track->open_count - 1].time_ns
						    : track->chunks[track->chunk_count - 1]->last_ns;

		if (end_ns > last_ns)
			last_ns = end_ns;
	}
	return last_ns;
}

static void tell_losses(const char *path, const struct mv_recording *recording)
{
	if (mv_loss_is_any(recording))
		mv_tell("%s: something was lost while it was recorded: memviz info says what", path);
}

static int finish(const char *path, const struct mv_recording *recording, const char *output)
{
	struct mv_copy_label label = {MV_FILE_FINISHED, MV_REASON_NONE, last_event_ns(recording)};
	const struct mv_file_header *header = mv_recording_header(recording);
	struct mv_diag diag = {0};
	struct mv_copy copy;
	int code;

	if (!mv_recording_is_unfinished(recording)) {
		label.state = (enum mv_file_state)header->state;
		label.reason = (enum mv_snapshot_reason)header->reason;
		label.end_ns = header->end_ns;
	}
	if (mv_copy_take(header, &label, &copy, &diag))
		return mv_tell_diag(path, &diag);
	code = write_copy(&copy, output);
	if (code == MV_EXIT_DONE && mv_recording_is_unfinished(recording))
		mv_tell("%s: finished; nothing is lost but what the program had not done yet", output);
	mv_copy_release(&copy);
	return code;
}

static void tell_recovered(const char *output, const struct mv_recovered *recovered)
{
	mv_tell("%s: recovered %llu events in %llu chunks", output, (unsigned long long)recovered->events,
		(unsigned long long)recovered->chunks);
	if (recovered->chunks_lost || recovered->events_lost || recovered->table_bytes_lost || recovered->alive_lost)
		mv_tell("lost: %llu events, %llu chunks, %llu bytes of names and stacks, %llu records of what is alive",
			(unsigned long long)recovered->events_lost, (unsigned long long)recovered->chunks_lost,
			(unsigned long long)recovered->table_bytes_lost, (unsigned long long)recovered->alive_lost);
	if (recovered->is_header_mended)
		mv_tell("the header was damaged and mended: what it says of the program may be wrong");
}

/* The damaged file stays, under another name, where the recovered one takes its place.  */
static bool keep_damaged(const char *path)
{
	char kept[MV_OUTPUT_PATH_BYTES + 16];
	unsigned n;

	for (n = 1; n <= NUMBER_MAX; n++) {
		snprintf(kept, sizeof kept, n > 1 ? "%s.damaged%u" : "%s.damaged", path, n);
		if (!link(path, kept)) {
			mv_tell("%s: is the damaged file as it was", kept);
			return true;
		}
		/* What an earlier one has left is not this one.  */
		if (errno != EEXIST)
			break;
	}
	mv_tell("%s: cannot be made to keep the damaged file (%s); choose another place with -o", kept, strerror(errno));
	return false;
}

static int recover(const char *path, const char *output)
{
	struct mv_recovered recovered;
	struct mv_mapping mapping;
	struct mv_diag diag = {0};
	struct mv_copy copy;
	int code = MV_EXIT_DONE;

	if (mv_mapping_open(&mapping, path, &diag))
		return mv_tell_diag(path, &diag);
	if (mv_recover(mapping.bytes, mapping.size_bytes, &copy, &recovered, &diag)) {
		mv_mapping_close(&mapping);
		return mv_tell_diag(path, &diag);
	}
	mv_mapping_close(&mapping);
	if (!output)
		code = keep_damaged(path) ? MV_EXIT_DONE : MV_EXIT_BAD;
	if (code == MV_EXIT_DONE)
		code = write_copy(&copy, output ? output : path);
	if (code == MV_EXIT_DONE)
		tell_recovered(output ? output : path, &recovered);
	mv_copy_release(&copy);
	return code;
}

static int snapshot_file(const char *path, const char *output)
{
	struct mv_recording *recording;
	struct mv_diag diag = {0};
	pid_t holder;
	int code, err = mv_recording_open(path, &recording, &diag);

	if (err == -EINVAL) {
		mv_tell_diag(path, &diag);
		return recover(path, output);
	}
	if (err)
		return mv_tell_diag(path, &diag);
	tell_losses(path, recording);
	holder = mv_recording_is_unfinished(recording) ? mv_proc_holder(path) : 0;
	if (holder) {
		code = snapshot_process(holder, output);
	} else if (!mv_recording_is_unfinished(recording) && !output) {
		mv_tell("%s: is finished already", path);
		code = MV_EXIT_DONE;
	} else {
		code = finish(path, recording, output ? output : path);
	}
	mv_recording_close(recording);
	return code;
}

static int run(const struct mv_args *args)
{
	const char *what = args->rest[0], *output = args->value[OPTION_OUTPUT];
	uint64_t pid;

	if (!mv_text_parse_u64(what, &pid) && pid <= INT32_MAX)
		return snapshot_process((pid_t)pid, output);
	return snapshot_file(what, output);
}

const struct mv_command mv_command_snapshot = {
	.name = "snapshot",
	.usage = "[-o FILE] PID|FILE",
	.summary = "Set aside what a process has recorded, or finish and recover a file",
	.details = "Of a process: what it has recorded so far, without disturbing it; by default\n"
		   "as NAME.snapN.memviz in the current folder.\n"
		   "Of a file that its process left unfinished: finished, in its place or as -o\n"
		   "says. Of a damaged file: what can still be read; the damaged one is kept beside.",
	.options = options,
	.rest_min = 1,
	.rest_max = 1,
	.run = run,
};
