/* SPDX-License-Identifier: Apache-2.0 */
/* Three ways to the bytes, the best first: the mapping itself as the kernel offers it (needs rights over the process),
 * the file by its name in the process's own view of the file system, and the memory of the process.  */
#include "cmd/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "base/text.h"

/* How the kernel names what is mapped; a recording that lies in memory has a name, too.  */
static const char suffix[] = ".memviz", deleted[] = " (deleted)", in_memory[] = "/memfd:";

/* A line of /proc/PID/maps that is a recording.  */
struct mapped {
	uint64_t start, end;
	uint64_t inode;
	char path[MV_PROC_PATH_BYTES];
};

/* Recordings are mapped whole, shared and writable.  */
static bool parse_line(char *line, struct mapped *mapped)
{
	unsigned long long start, end, offset, inode;
	char rights[8];
	int at = 0;

	line[strcspn(line, "\n")] = 0;
	if (sscanf(line, "%llx-%llx %7s %llx %*s %llu %n", &start, &end, rights, &offset, &inode, &at) < 5 || !at)
		return false;
	*mapped = (struct mapped){.start = start, .end = end, .inode = inode};
	if (mv_text_starts(line + at, in_memory))
		at += (int)strlen(in_memory);
	snprintf(mapped->path, sizeof mapped->path, "%s", line + at);
	if (mv_text_ends(mapped->path, deleted))
		mapped->path[strlen(mapped->path) - strlen(deleted)] = 0;
	return offset == 0 && rights[1] == 'w' && rights[3] == 's' && mv_text_ends(mapped->path, suffix);
}

/* Look through the maps of PID for a recording; with INODE for that one.  1: found; 0: not; -errno.  */
static int find_mapped(const char *pid, uint64_t inode, struct mapped *mapped)
{
	char name[64], *line = NULL;
	size_t room = 0;
	int found = 0;
	FILE *maps;

	snprintf(name, sizeof name, "/proc/%s/maps", pid);
	maps = fopen(name, "re");
	if (!maps)
		return -errno;
	errno = 0;
	while (!found && getline(&line, &room, maps) > 0)
		found = parse_line(line, mapped) && (!inode || mapped->inode == inode);
	if (!found && errno)
		found = -errno;
	free(line);
	fclose(maps);
	return found;
}

/* ---- the bytes ---- */

static int map_whole(int fd, struct mv_proc_image *image)
{
	struct stat status;
	void *bytes;

	if (fstat(fd, &status))
		return -errno;
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	image->bytes = bytes;
	image->size_bytes = (uint64_t)status.st_size;
	return 0;
}

static int by_mapping(const char *pid, const struct mapped *mapped, struct mv_proc_image *image)
{
	char name[128];
	int fd, err;

	snprintf(name, sizeof name, "/proc/%s/map_files/%llx-%llx", pid, (unsigned long long)mapped->start,
		 (unsigned long long)mapped->end);
	fd = mv_sys_open(name, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	err = map_whole(fd, image);
	mv_sys_close(fd);
	return err;
}

static int by_name(const char *pid, const struct mapped *mapped, struct mv_proc_image *image)
{
	char name[MV_PROC_PATH_BYTES + 64];
	struct stat status;
	int fd, err = -ENOENT;

	snprintf(name, sizeof name, "/proc/%s/root%s", pid, mapped->path);
	fd = mv_sys_open(name, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	/* Another file may have taken the name.  */
	if (!fstat(fd, &status) && status.st_ino == mapped->inode && S_ISREG(status.st_mode))
		err = map_whole(fd, image);
	mv_sys_close(fd);
	return err;
}

static int by_memory(const char *pid, const struct mapped *mapped, struct mv_proc_image *image)
{
	uint64_t size = mapped->end - mapped->start;
	char name[64];
	void *bytes;
	int fd, err;

	snprintf(name, sizeof name, "/proc/%s/mem", pid);
	fd = mv_sys_open(name, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	err = mv_sys_map(size, &bytes);
	if (!err && mv_sys_read_at(fd, bytes, size, mapped->start) != (ssize_t)size) {
		mv_sys_unmap(bytes, size);
		err = -EIO;
	}
	mv_sys_close(fd);
	if (err)
		return err;
	image->bytes = bytes;
	image->size_bytes = size;
	return 0;
}

int mv_proc_open(pid_t number, struct mv_proc_image *image)
{
	struct mapped mapped;
	char pid[16];
	int found;

	memset(image, 0, sizeof *image);
	snprintf(pid, sizeof pid, "%d", (int)number);
	found = find_mapped(pid, 0, &mapped);
	if (found <= 0)
		return found ? (found == -ENOENT ? -ESRCH : found) : -ENOENT;
	snprintf(image->path, sizeof image->path, "%s", mapped.path);
	if (!by_mapping(pid, &mapped, image) || !by_name(pid, &mapped, image))
		return 0;
	return by_memory(pid, &mapped, image);
}

void mv_proc_close(struct mv_proc_image *image)
{
	if (image->bytes)
		mv_sys_unmap((void *)image->bytes, image->size_bytes);
	image->bytes = NULL;
}

pid_t mv_proc_holder(const char *path)
{
	struct mapped mapped;
	struct stat status;
	struct dirent *entry;
	pid_t holder = 0;
	DIR *processes;

	if (stat(path, &status))
		return 0;
	processes = opendir("/proc");
	while (processes && !holder && (entry = readdir(processes)))
		if (isdigit((unsigned char)*entry->d_name) && find_mapped(entry->d_name, status.st_ino, &mapped) > 0)
			holder = (pid_t)strtol(entry->d_name, NULL, 10);
	if (processes)
		closedir(processes);
	return holder;
}
