/* SPDX-License-Identifier: Apache-2.0 */
#include "fault/sys.h"

/* The real functions under other names.  */
#define mv_sys_open real_open
#define mv_sys_set_aside real_set_aside
#define mv_sys_truncate real_truncate
#define mv_sys_read_at real_read_at
#define mv_sys_write_at real_write_at
#define mv_sys_rename real_rename
#define mv_sys_map_file real_map_file
#define mv_sys_map real_map
#include "../../lib/base/sys.c"
#undef mv_sys_open
#undef mv_sys_set_aside
#undef mv_sys_truncate
#undef mv_sys_read_at
#undef mv_sys_write_at
#undef mv_sys_rename
#undef mv_sys_map_file
#undef mv_sys_map

/* As the header, read under the other names, would have declared them.  */
__typeof__(real_open) mv_sys_open;
__typeof__(real_set_aside) mv_sys_set_aside;
__typeof__(real_truncate) mv_sys_truncate;
__typeof__(real_read_at) mv_sys_read_at;
__typeof__(real_write_at) mv_sys_write_at;
__typeof__(real_rename) mv_sys_rename;
__typeof__(real_map_file) mv_sys_map_file;
__typeof__(real_map) mv_sys_map;

static unsigned g_at, g_calls;
static int g_err, g_has_failed, g_map_err;

void fault_fail_at(unsigned n, int err)
{
	g_at = n;
	g_err = err;
	g_calls = 0;
	g_has_failed = 0;
}

void fault_forbid_mapping(int err)
{
	g_map_err = err;
}

unsigned fault_calls(void)
{
	return g_calls;
}

int fault_has_failed(void)
{
	return g_has_failed;
}

static int fails(void)
{
	if (++g_calls != g_at)
		return 0;
	g_has_failed = 1;
	return g_err;
}

int mv_sys_open(const char *path, int flags, mode_t mode)
{
	int err = fails();

	return err ? err : real_open(path, flags, mode);
}

int mv_sys_set_aside(int fd, uint64_t size)
{
	int err = fails();

	return err ? err : real_set_aside(fd, size);
}

int mv_sys_truncate(int fd, uint64_t size)
{
	int err = fails();

	return err ? err : real_truncate(fd, size);
}

ssize_t mv_sys_read_at(int fd, void *buf, size_t size, uint64_t offset)
{
	int err = fails();

	return err ? err : real_read_at(fd, buf, size, offset);
}

int mv_sys_write_at(int fd, const void *buf, size_t size, uint64_t offset)
{
	int err = fails();

	return err ? err : real_write_at(fd, buf, size, offset);
}

int mv_sys_rename(const char *from, const char *to)
{
	int err = fails();

	return err ? err : real_rename(from, to);
}

int mv_sys_map_file(int fd, size_t size, void **address)
{
	int err = g_map_err ? g_map_err : fails();

	return err ? err : real_map_file(fd, size, address);
}

int mv_sys_map(size_t size, void **address)
{
	int err = fails();

	return err ? err : real_map(size, address);
}
