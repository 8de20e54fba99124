/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/run.h"

#include <CUnit/CUnit.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MAX = 600 }; /* a program that takes longer hangs: with ThreadSanitizer some need 20 of a processor alone */

static const char *place(const char *variable)
{
	const char *value = getenv(variable);

	if (!value)
		fprintf(stderr, "%s is not set: run this with make check\n", variable);
	return value ? value : "";
}

static void set_up_child(const struct run *run, const char *const *settings)
{
	char preload[512];
	const char *sanitizer = getenv("MEMVIZ_TEST_PRELOAD"); /* a sanitizer's library must come first */

	snprintf(preload, sizeof preload, "%s %s", sanitizer ? sanitizer : "", place("MEMVIZ_TEST_SO"));
	setenv("LD_PRELOAD", preload, 1);
	setenv("LD_LIBRARY_PATH", place("MEMVIZ_TEST_GPUSIM"), 1);
	setenv("GPUSIM_MEMORY", "1GiB", 1);
	setenv("MEMVIZ_OUT", run->folder, 1);
	for (; settings && *settings; settings++)
		putenv(strdup(*settings));
}

static void read_file(const char *folder, const char *name, char text[RUN_TEXT])
{
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, text, RUN_TEXT - 1);
	text[n > 0 ? n : 0] = 0;
	close(fd);
	unlink(path);
}

static void redirect(const char *folder, const char *name, int fd)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	dup2(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), fd);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

void run_list(struct run *run)
{
	DIR *folder = opendir(run->folder);
	struct dirent *entry;

	run->file_count = 0;
	while ((entry = readdir(folder)) && run->file_count < RUN_FILES)
		if (entry->d_name[0] != '.')
			snprintf(run->files[run->file_count++], sizeof run->files[0], "%.127s", entry->d_name);
	closedir(folder);
	qsort(run->files, run->file_count, sizeof run->files[0], by_name);
}

void run_act(struct run *run, const char *name, const char *const *settings)
{
	run_program(run, (const char *const[]){place("MEMVIZ_TEST_ACTS"), name, NULL}, settings);
}

void run_program(struct run *run, const char *const *command, const char *const *settings)
{
	pid_t child;

	memset(run, 0, sizeof *run);
	strcpy(run->folder, "/tmp/memviz-run-XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(run->folder) != NULL);
	child = fork();
	if (!child) {
		redirect(run->folder, "stdout", 1);
		redirect(run->folder, "stderr", 2);
		set_up_child(run, settings);
		alarm(SECONDS_MAX);
		execvp(command[0], (char *const *)command);
		_exit(98);
	}
	CU_ASSERT_FATAL(waitpid(child, &run->status, 0) == child);
	read_file(run->folder, "stdout", run->out);
	read_file(run->folder, "stderr", run->err);
	run_list(run);
}

/* Also what was not listed: an act may leave more files than there is room for.  */
void run_clean(struct run *run)
{
	DIR *folder = opendir(run->folder);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
	rmdir(run->folder);
}

void run_look_into(struct run *run, const char *folder)
{
	run_clean(run);
	snprintf(run->folder, sizeof run->folder, "%s", folder);
	run_list(run);
}

int run_exited(const struct run *run, int code)
{
	if (WIFEXITED(run->status) && WEXITSTATUS(run->status) == code)
		return 1;
	fprintf(stderr, "status %#x, %s", run->status, run->err);
	return 0;
}

size_t run_count(const struct run *run, const char *which)
{
	size_t i, count = 0;

	for (i = 0; i < run->file_count; i++)
		count += strstr(run->files[i], which) != NULL;
	return count;
}

struct mv_timeline *run_open(const struct run *run, const char *which, size_t i)
{
	struct mv_timeline *timeline = NULL;
	struct mv_diag diag = {0};
	char path[256] = "";
	size_t at, seen = 0;

	for (at = 0; at < run->file_count; at++)
		if (strstr(run->files[at], which) && seen++ == i)
			snprintf(path, sizeof path, "%s/%s", run->folder, run->files[at]);
	if (mv_timeline_open(path, &timeline, &diag))
		fprintf(stderr, "%s: %s at %llu; %s\n", path, diag.text, (unsigned long long)diag.offset, run->err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(timeline);
	return timeline;
}

uint64_t run_alive(const struct mv_timeline *timeline, enum mv_ledger ledger)
{
	size_t count, i;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);
	uint64_t bytes = 0;

	for (i = 0; i < count; i++)
		if (blocks[i].ledger == ledger && blocks[i].death_ns == MV_TIME_NEVER)
			bytes += blocks[i].size_bytes;
	return bytes;
}

size_t run_blocks(const struct mv_timeline *timeline, enum mv_ledger ledger)
{
	size_t count, i, of_ledger = 0;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);

	for (i = 0; i < count; i++)
		of_ledger += blocks[i].ledger == ledger;
	return of_ledger;
}

struct mv_timeline *run_record(struct run *run, const char *act)
{
	run_act(run, act, NULL);
	CU_ASSERT(run_exited(run, 0));
	CU_ASSERT_STRING_EQUAL(run->err, "");
	CU_ASSERT_EQUAL(run->file_count, 1);
	return run_open(run, ".memviz", 0);
}

void run_end(struct run *run, struct mv_timeline *timeline)
{
	mv_timeline_close(timeline);
	run_clean(run);
}

uint64_t run_loss(const struct mv_timeline *timeline, enum mv_loss cause)
{
	return mv_timeline_header(timeline)->losses[cause];
}

const struct mv_block *run_block(const struct mv_timeline *timeline, enum mv_ledger ledger, size_t i)
{
	static const struct mv_block none;
	size_t count, at, seen = 0;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);

	for (at = 0; at < count; at++)
		if (blocks[at].ledger == ledger && seen++ == i)
			return &blocks[at];
	return &none;
}
