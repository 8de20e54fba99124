/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "symbol/binary.h"

/* ---- where ---- */

static int is_program(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return errno == ENOTDIR ? -ENOENT : -errno;
	if (!S_ISREG(status.st_mode) || access(path, X_OK))
		return -EACCES;
	return 0;
}

/* An empty folder in PATH is the current one.  */
static int search(const char *program, char *path)
{
	const char *folder = getenv("PATH"), *end;
	int err, result = -ENOENT;

	for (folder = folder ? folder : "/usr/local/bin:/usr/bin:/bin";; folder = end + 1) {
		end = strchrnul(folder, ':');
		if (snprintf(path, MV_TARGET_PATH_BYTES, "%.*s%s%s", (int)(end - folder), folder, end > folder ? "/" : "",
			     program) < MV_TARGET_PATH_BYTES) {
			err = is_program(path);
			if (!err)
				return 0;
			if (err == -EACCES)
				result = err;
		}
		if (!*end)
			return result;
	}
}

/* ---- whether ---- */

static const char rights_of_its_own[] = "runs with rights of its own (setuid or capabilities)";

static const char *obstacle_of(const char *path, int depth);

enum { INTERPRETERS_MAX = 4 }; /* that are scripts themselves: the kernel's own limit */

/* The program that runs a script: its first line is "#! PROGRAM ARGUMENT".  */
static const char *obstacle_of_script(const char *path, int depth)
{
	char line[MV_TARGET_PATH_BYTES], *start, *end;
	FILE *file = fopen(path, "re");
	bool is_script = file && fgets(line, sizeof line, file) && !strncmp(line, "#!", 2);

	if (file)
		fclose(file);
	if (!is_script || depth == INTERPRETERS_MAX)
		return NULL;
	start = line + 2 + strspn(line + 2, " \t");
	end = start + strcspn(start, " \t\r\n");
	*end = 0;
	return obstacle_of(start, depth + 1);
}

/* Programs that run with other rights than their caller's get no libraries from the caller.  */
static bool raises_rights(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return false;
	if ((status.st_mode & S_ISUID && status.st_uid != getuid()) ||
	    (status.st_mode & S_ISGID && status.st_mode & S_IXGRP && status.st_gid != getgid()))
		return true;
	return getuid() && getxattr(path, "security.capability", NULL, 0) > 0;
}

static const char *obstacle_of(const char *path, int depth)
{
	struct mv_binary binary;

	if (raises_rights(path))
		return rights_of_its_own;
	if (mv_binary_look(path, &binary))
		return NULL;
	if (!binary.is_elf)
		return obstacle_of_script(path, depth);
	if (binary.is_foreign)
		return "is a program for another kind of processor";
	if (binary.is_static)
		return "is statically linked";
	return binary.is_musl ? "is linked with another libc (musl)" : NULL;
}

const char *mv_target_obstacle(const char *path)
{
	return obstacle_of(path, 0);
}

int mv_target_find(const char *program, struct mv_target *target)
{
	int err;

	memset(target, 0, sizeof *target);
	if (!*program || strlen(program) >= sizeof target->path)
		return -ENOENT;
	if (strchr(program, '/')) {
		strcpy(target->path, program);
		err = is_program(target->path);
	} else {
		err = search(program, target->path);
	}
	if (!err)
		target->obstacle = mv_target_obstacle(target->path);
	target->hides_others = target->obstacle == rights_of_its_own;
	return err;
}
