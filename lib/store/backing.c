/* SPDX-License-Identifier: Apache-2.0 */
#include "store/backing.h"

#include <errno.h>
#include <fcntl.h>

#include "base/sys.h"
#include "base/text.h"

enum { MODE_WHILE_WRITTEN = 0400, MODE = 0600 };

/* ---- a file ---- */

/* Some file systems make a file first and then open it as if it were any other, which its mode forbids.  */
static int create(const char *path)
{
	int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
	int fd = mv_sys_open(path, flags, MODE_WHILE_WRITTEN);

	if (fd != -EACCES)
		return fd;
	mv_sys_remove(path);
	return mv_sys_open(path, flags, MODE);
}

static int make_file(const char *path, uint64_t size)
{
	int err, fd = create(path);

	if (fd < 0)
		return fd;
	mv_sys_forbid_copies(fd);
	err = mv_sys_set_aside(fd, size);
	if (!err)
		return fd;
	mv_sys_close(fd);
	mv_sys_remove(path);
	return err;
}

static int open_file(struct mv_backing *backing, const char *path)
{
	struct mv_sys_status status = {0};
	int err, fd = make_file(path, backing->size_bytes);

	if (fd < 0)
		return fd;
	err = mv_sys_map_file(fd, backing->size_bytes, &backing->bytes);
	if (err) {
		mv_sys_close(fd);
		mv_sys_remove(path);
		return err;
	}
	/* A file that cannot be looked at is never found to have been cut.  */
	mv_sys_status(path, &status);
	backing->device = status.device;
	backing->inode = status.inode;
	backing->fd = fd;
	return 0;
}

/* ---- memory ---- */

/* A file in memory is found from outside by its name; without such files, plain memory does.  */
static int open_memory(struct mv_backing *backing, const char *path)
{
	int err, fd = mv_sys_memory_file(mv_text_base_name(path), backing->size_bytes);

	backing->is_memory = true;
	if (fd < 0)
		return mv_sys_map(backing->size_bytes, &backing->bytes);
	err = mv_sys_map_file(fd, backing->size_bytes, &backing->bytes);
	mv_sys_close(fd);
	return err ? mv_sys_map(backing->size_bytes, &backing->bytes) : 0;
}

/* -EINVAL: how some kernels say that they cannot map what lies on other machines.  */
static bool can_be_memory(int err)
{
	return err == -ENODEV || err == -EINVAL || err == -EFBIG;
}

int mv_backing_open(struct mv_backing *backing, const char *path, uint64_t size)
{
	int err;

	*backing = (struct mv_backing){.size_bytes = size, .fd = -1};
	err = open_file(backing, path);
	return can_be_memory(err) ? open_memory(backing, path) : err;
}

void mv_backing_let_go(struct mv_backing *backing)
{
	if (backing->fd >= 0)
		mv_sys_close(backing->fd);
	backing->fd = -1;
}

/* ---- the end ---- */

static void unmap(struct mv_backing *backing)
{
	mv_sys_unmap(backing->bytes, backing->size_bytes);
	backing->bytes = NULL;
}

static int write_memory(struct mv_backing *backing, const char *path, uint64_t size)
{
	backing->fd = make_file(path, size);
	return backing->fd < 0 ? backing->fd : mv_sys_write_at(backing->fd, backing->bytes, size, 0);
}

int mv_backing_save(struct mv_backing *backing, const char *path, uint64_t size)
{
	int err = backing->is_memory ? write_memory(backing, path, size) : mv_sys_truncate(backing->fd, size);
	bool is_there = backing->fd >= 0;

	unmap(backing);
	if (!err)
		mv_sys_set_mode(backing->fd, MODE);
	mv_backing_let_go(backing);
	if (err && is_there)
		mv_sys_remove(path);
	return err;
}

void mv_backing_drop(struct mv_backing *backing, const char *path)
{
	unmap(backing);
	mv_backing_let_go(backing);
	if (!backing->is_memory)
		mv_sys_remove(path);
}

/* ---- others ---- */

enum mv_backing_state mv_backing_look(const struct mv_backing *backing, const char *path)
{
	struct mv_sys_status status;
	int err = backing->is_memory || !backing->inode ? -EACCES : mv_sys_status(path, &status);

	if (err)
		return err == -ENOENT || err == -ENOTDIR ? MV_BACKING_GONE : MV_BACKING_WHOLE;
	if (status.inode != backing->inode || status.device != backing->device)
		return MV_BACKING_GONE;
	return status.size_bytes < backing->size_bytes ? MV_BACKING_CUT : MV_BACKING_WHOLE;
}

void mv_backing_blank(struct mv_backing *backing)
{
	if (!mv_sys_map_over(backing->bytes, backing->size_bytes))
		mv_sys_fork_omit(backing->bytes, backing->size_bytes);
}
