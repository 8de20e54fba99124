/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/cachefolder.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbol/hex.h"

enum { NAME_BYTES = 80 };

#define SUFFIX ".names"

static void name_of(const struct mv_cachefile_key *key, char name[NAME_BYTES])
{
	struct mv_text text = mv_text_in(name, NAME_BYTES);

	mv_hex_add(&text, key->build_id, key->build_id_bytes);
	mv_text_add(&text, SUFFIX);
}

/* -1: there is no such folder that is the user's alone to write.  */
static int open_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat status;

	if (fd >= 0 && !fstat(fd, &status) && status.st_uid == geteuid() && !(status.st_mode & (S_IWGRP | S_IWOTH)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* ---- reading ---- */

static void *read_all(int fd, size_t size)
{
	uint8_t *bytes = malloc(size + 1);
	size_t at = 0;
	ssize_t n = 1;

	while (bytes && at < size && n > 0) {
		n = read(fd, bytes + at, size - at);
		at += n > 0 ? (size_t)n : 0;
	}
	if (at == size)
		return bytes;
	free(bytes);
	return NULL;
}

static void *read_file(int folder, const char *name, size_t *size)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	void *bytes = NULL;
	struct stat status;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &status) && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
	    !(status.st_mode & (S_IWGRP | S_IWOTH)) && status.st_size <= MV_CACHEFILE_BYTES) {
		*size = (size_t)status.st_size;
		bytes = read_all(fd, *size);
	}
	close(fd);
	return bytes;
}

bool mv_cachefolder_read(const char *folder, const struct mv_cachefile_key *key, struct mv_cachefile *cache)
{
	int fd = open_folder(folder);
	char name[NAME_BYTES];
	void *bytes = NULL;
	size_t size = 0;

	if (fd >= 0) {
		name_of(key, name);
		bytes = read_file(fd, name, &size);
		close(fd);
	}
	return bytes && mv_cachefile_take(cache, bytes, size, key);
}

/* ---- making room ---- */

struct kept {
	char name[NAME_BYTES];
	uint64_t size_bytes;
	struct timespec written;
};

static int by_age(const void *a, const void *b)
{
	const struct timespec *one = &((const struct kept *)a)->written, *two = &((const struct kept *)b)->written;

	if (one->tv_sec != two->tv_sec)
		return one->tv_sec < two->tv_sec ? -1 : 1;
	return one->tv_nsec < two->tv_nsec ? -1 : one->tv_nsec > two->tv_nsec;
}

/* The files of FOLDER, also those that somebody has left half written.  Returns how many; *ALL_BYTES: what they take.  */
static size_t list(DIR *folder, struct kept **files, uint64_t *all_bytes)
{
	size_t count = 0, room = 0;
	struct dirent *entry;
	struct stat status;

	while ((entry = readdir(folder))) {
		if (strlen(entry->d_name) >= NAME_BYTES ||
		    fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) || !S_ISREG(status.st_mode))
			continue;
		if (count == room) {
			struct kept *grown = realloc(*files, (room = room ? room * 2 : 64) * sizeof *grown);

			if (!grown)
				return count;
			*files = grown;
		}
		strcpy((*files)[count].name, entry->d_name);
		(*files)[count].size_bytes = (uint64_t)status.st_size;
		(*files)[count++].written = status.st_mtim;
		*all_bytes += (uint64_t)status.st_size;
	}
	return count;
}

void mv_cachefolder_trim(const char *folder, uint64_t limit_bytes)
{
	int fd = open_folder(folder);
	DIR *open = fd < 0 ? NULL : fdopendir(fd);
	struct kept *files = NULL;
	uint64_t all_bytes = 0;
	size_t i, count;

	if (!open) {
		if (fd >= 0)
			close(fd);
		return;
	}
	count = list(open, &files, &all_bytes);
	if (count)
		qsort(files, count, sizeof *files, by_age);
	for (i = 0; i < count && all_bytes > limit_bytes; i++) {
		if (!unlinkat(fd, files[i].name, 0))
			all_bytes -= files[i].size_bytes;
	}
	free(files);
	closedir(open);
}

/* ---- writing ---- */

/* The folder, and those that it lies in.  */
static void make_folder(const char *folder)
{
	char path[PATH_MAX], *slash;

	if (strlen(folder) >= sizeof path)
		return;
	strcpy(path, folder);
	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(path, S_IRWXU);
		*slash = '/';
	}
	mkdir(path, S_IRWXU);
}

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
	size_t at = 0;
	ssize_t n = 1;

	while (at < size && n > 0) {
		n = write(fd, bytes + at, size - at);
		at += n > 0 ? (size_t)n : 0;
	}
	return at == size;
}

static void write_file(int folder, const char *name, const struct mv_cachefile *cache)
{
	char part[NAME_BYTES + 16];
	bool is_whole;
	int fd;

	snprintf(part, sizeof part, "%s.%d", name, (int)getpid());
	fd = openat(folder, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
	if (fd < 0)
		return;
	is_whole = write_all(fd, cache->bytes, cache->size_bytes);
	if (close(fd) || !is_whole || renameat(folder, part, folder, name))
		unlinkat(folder, part, 0);
}

void mv_cachefolder_write(const char *folder, const struct mv_cachefile_key *key, const struct mv_cachefile *cache)
{
	int fd = open_folder(folder);
	char name[NAME_BYTES];

	if (fd < 0) {
		make_folder(folder);
		fd = open_folder(folder);
	}
	if (fd < 0)
		return;
	name_of(key, name);
	write_file(fd, name, cache);
	close(fd);
	mv_cachefolder_trim(folder, MV_CACHEFOLDER_BYTES);
}
