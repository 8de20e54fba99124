/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/tell.h"

static bool failed(const char *path)
{
	mv_tell("%s: cannot be written (%s)", path, strerror(errno));
	return false;
}

bool mv_output_open(struct mv_output *output, const char *path)
{
	int fd;

	memset(output, 0, sizeof *output);
	output->is_stdout = !strcmp(path, "-");
	if (output->is_stdout) {
		output->file = stdout;
		return true;
	}
	if (strlen(path) >= sizeof output->path) {
		errno = ENAMETOOLONG;
		return failed(path);
	}
	strcpy(output->path, path);
	snprintf(output->part, sizeof output->part, "%s.part%d", path, (int)getpid());
	/* Recordings are private, and so is what is made of them.  */
	fd = open(output->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	output->file = fd < 0 ? NULL : fdopen(fd, "w");
	return output->file || failed(path);
}

bool mv_output_finish(struct mv_output *output)
{
	bool is_whole = !ferror(output->file);

	/* Main looks after stdout, whoever wrote to it.  */
	if (output->is_stdout)
		return true;
	if (fclose(output->file) || !is_whole || rename(output->part, output->path)) {
		failed(output->path);
		unlink(output->part);
		return false;
	}
	return true;
}

void mv_output_drop(struct mv_output *output)
{
	if (output->is_stdout)
		return;
	fclose(output->file);
	unlink(output->part);
}
