/* SPDX-License-Identifier: Apache-2.0 */
#include "read/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/sys.h"

static int map(struct mv_mapping *mapping, int fd)
{
	struct stat status;
	void *bytes;

	if (fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -ENODEV;
	if (!status.st_size)
		return 0;
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	/* There are file systems that share nothing.  No recorder maps a file there either.  */
	if (bytes == MAP_FAILED)
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	*mapping = (struct mv_mapping){bytes, (uint64_t)status.st_size};
	return 0;
}

int mv_mapping_open(struct mv_mapping *mapping, const char *path, struct mv_diag *diag)
{
	/* Not to wait for somebody to open the other end of a pipe.  */
	int err, fd = mv_sys_open(path, O_RDONLY | O_NONBLOCK, 0);

	*mapping = (struct mv_mapping){0};
	if (fd < 0)
		return mv_diag_set(diag, fd, 0, strerror(-fd));
	err = map(mapping, fd);
	mv_sys_close(fd);
	if (err)
		mv_diag_set(diag, err, 0, err == -ENODEV ? "not a plain file" : strerror(-err));
	return err;
}

void mv_mapping_close(struct mv_mapping *mapping)
{
	if (mapping->bytes)
		mv_sys_unmap((void *)mapping->bytes, mapping->size_bytes);
	*mapping = (struct mv_mapping){0};
}
