/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/tell.h"

static bool failed(const char *path)
{
	mv_tell("%s: cannot be written (%s)", path, strerror(errno));
	return false;
}

/* What is there already, behind symbolic links, is what will be written.  */
static bool resolve(struct mv_output *output, const char *path)
{
	struct stat status;
	bool is_link = !lstat(path, &status) && S_ISLNK(status.st_mode);
	char *resolved = is_link ? realpath(path, NULL) : NULL;

	path = resolved ? resolved : path;
	if (strlen(path) >= sizeof output->path) {
		free(resolved);
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(output->path, path);
	free(resolved);
	return true;
}

static bool is_device(const char *path)
{
	struct stat status;

	return !stat(path, &status) && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
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
	if (!resolve(output, path))
		return failed(path);
	if (is_device(path)) {
		output->file = fopen(path, "we");
		return output->file || failed(path);
	}
	snprintf(output->part, sizeof output->part, "%s.part%d", output->path, (int)getpid());
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
	if (!fclose(output->file) && is_whole && (!output->part[0] || !rename(output->part, output->path)))
		return true;
	failed(output->path);
	if (output->part[0])
		unlink(output->part);
	return false;
}

void mv_output_drop(struct mv_output *output)
{
	if (output->is_stdout)
		return;
	fclose(output->file);
	if (output->part[0])
		unlink(output->part);
}

bool mv_output_spares(const char *path, const char *input)
{
	struct stat here, there;

	if (!path || stat(path, &here) || stat(input, &there) || here.st_dev != there.st_dev || here.st_ino != there.st_ino)
		return true;
	mv_tell("%s: is the recording that is read; choose another place for the result", path);
	return false;
}
