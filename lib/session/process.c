/* SPDX-License-Identifier: Apache-2.0 */
#include "session/process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/pids.h"
#include "base/sys.h"
#include "base/syscall.h"
#include "base/text.h"

extern char **environ;

enum { SECOND_NS = 1000000000 };

/* ---- what runs ---- */

/* Up to SIZE bytes of FILE.  Returns how many.  */
static size_t read_own(const char *file, char *buf, size_t size)
{
	int fd = mv_sys_open(file, O_RDONLY, 0);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = mv_sys_read_at(fd, buf, size, 0);
	mv_sys_close(fd);
	return n > 0 ? (size_t)n : 0;
}

static const char *next_argument(const char *argument, const char *end)
{
	argument += strlen(argument) + 1;
	return argument < end ? argument : NULL;
}

static bool is_python(const char *program)
{
	return mv_text_starts(mv_text_base_name(program), "python");
}

/* What Python was told to run: a script, or the module behind -m; NULL for -c and for nothing.  */
static const char *python_script(const char *argument, const char *end)
{
	while ((argument = next_argument(argument, end))) {
		if (mv_text_equal(argument, "-m"))
			return next_argument(argument, end);
		if (mv_text_equal(argument, "-c"))
			return NULL;
		if (argument[0] != '-')
			return argument;
		/* The options of Python's that take a value of their own.  */
		if (mv_text_equal(argument, "-W") || mv_text_equal(argument, "-X"))
			argument = next_argument(argument, end);
		if (!argument)
			return NULL;
	}
	return NULL;
}

/* A name that can be part of a file's: what is not a letter, a digit or one of . _ - becomes _.  */
static void set_program(struct mv_file_header *header, const char *name)
{
	size_t i;

	strncpy(header->program, mv_text_base_name(name), sizeof header->program - 1);
	for (i = 0; header->program[i]; i++) {
		char c = header->program[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
		      c == '_' || c == '-'))
			header->program[i] = '_';
	}
}

enum { COMMAND_BYTES = 4096 };

/* What was started: arguments that end in zeros.  Returns their bytes, 0: not known.  */
static size_t read_command(char line[COMMAND_BYTES])
{
	memset(line, 0, COMMAND_BYTES);
	return read_own("/proc/self/cmdline", line, COMMAND_BYTES - 1);
}

static void add_arguments(struct mv_text *text, const char *line, const char *end)
{
	const char *argument = line;

	for (; argument; argument = next_argument(argument, end)) {
		mv_text_add(text, argument == line ? "" : " ");
		mv_text_add(text, argument);
	}
}

static void add_names(struct mv_text *text, const char *line, const char *end)
{
	const char *script = is_python(line) ? python_script(line, end) : NULL, *argument = line;

	mv_text_add(text, mv_text_base_name(line));
	if (!script)
		return;
	while (next_argument(argument, end) != script)
		argument = next_argument(argument, end);
	mv_text_add(text, mv_text_equal(argument, "-m") ? " -m " : " ");
	mv_text_add(text, mv_text_base_name(script));
}

void mv_process_add_command(struct mv_text *text, bool is_whole)
{
	char line[COMMAND_BYTES];
	size_t size = read_command(line);

	if (size && is_whole)
		add_arguments(text, line, line + size);
	else if (size)
		add_names(text, line, line + size);
}

/* The name is cut by the kernel.  A parent that is not to be seen has none.  */
void mv_process_add_parent(struct mv_text *text)
{
	char path[32], name[32] = "";
	struct mv_text place = mv_text_in(path, sizeof path);
	pid_t parent = mv_sys_parent();

	mv_text_add(&place, "/proc/");
	mv_text_add_u64(&place, (uint64_t)parent);
	mv_text_add(&place, "/comm");
	read_own(path, name, sizeof name - 1);
	mv_text_add_u64(text, (uint64_t)parent);
	if (!name[0])
		return;
	mv_text_add(text, " (");
	mv_text_add_bytes(text, name, strcspn(name, "\n"));
	mv_text_add(text, ")");
}

static void find_program(struct mv_file_header *header)
{
	char line[COMMAND_BYTES];
	size_t size = read_command(line);
	const char *script = size && is_python(line) ? python_script(line, line + size) : NULL;

	set_program(header, script ? script : size && line[0] ? line : "program");
}

uint32_t mv_process_outer_pid(void)
{
	struct mv_pids pids = mv_pids_own();

	return pids.count > 1 && pids.at[1] != pids.at[0] ? pids.at[1] : 0;
}

/* ---- which rank ---- */

const char *mv_process_environment(const char *name)
{
	size_t length = strlen(name);
	char *const *entry;

	for (entry = environ; entry && *entry; entry++)
		if (!strncmp(*entry, name, length) && (*entry)[length] == '=')
			return *entry + length + 1;
	return "";
}

static bool read_number(const char *name, int32_t *number)
{
	uint64_t value;

	if (mv_text_parse_u64(mv_process_environment(name), &value) || value > INT32_MAX)
		return false;
	*number = (int32_t)value;
	return true;
}

static int32_t first_number(const char *const *names)
{
	int32_t number;

	for (; *names; names++)
		if (read_number(*names, &number))
			return number;
	return -1;
}

static void find_rank(struct mv_file_header *header)
{
	static const char *const rank[] = {"RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", NULL};
	static const char *const local[] = {"LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID", NULL};
	static const char *const world[] = {"WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS", NULL};

	header->rank = first_number(rank);
	header->local_rank = first_number(local);
	header->world_size = first_number(world);
}

void mv_process_describe(struct mv_file_header *header)
{
	header->pid = (uint32_t)mv_sys_pid();
	header->parent_pid = (uint32_t)mv_sys_parent();
	header->start_ns = mv_sys_monotonic_ns();
	header->start_realtime_ns = mv_sys_realtime_ns();
	find_rank(header);
	find_program(header);
}

/* ---- what the recording is called ---- */

static int current_folder(char *path, size_t size)
{
	long n = mv_syscall(SYS_getcwd, (long)path, (long)size, 0, 0, 0, 0);

	return n < 0 ? (int)n : path[0] == '/' ? 0 : -ENOENT;
}

/* "train.py" and "train" are both called train.  */
static void add_program(struct mv_text *name, const char *program)
{
	size_t length = strlen(program);

	if (length > 3 && mv_text_equal(program + length - 3, ".py"))
		length -= 3;
	mv_text_add_bytes(name, program, length);
}

int mv_process_name_recording(const struct mv_file_header *header, const char *folder, unsigned attempt, char *path,
			      size_t size)
{
	struct mv_text name;
	int err = folder[0] == '/' ? 0 : current_folder(path, size);

	if (err)
		return err;
	name = (struct mv_text){.bytes = path, .size = size, .length = folder[0] == '/' ? 0 : strlen(path)};
	if (folder[0] != '/' && folder[0])
		mv_text_add(&name, "/");
	mv_text_add(&name, folder);
	mv_text_add(&name, "/");
	add_program(&name, header->program);
	if (header->rank >= 0) {
		mv_text_add(&name, "-rank");
		mv_text_add_u64(&name, (uint64_t)header->rank);
	}
	mv_text_add(&name, "-");
	mv_text_add_u64(&name, header->pid);
	/* In a container process ids begin anew with each start.  */
	if (attempt > 1) {
		mv_text_add(&name, "-");
		mv_text_add_u64(&name, header->start_realtime_ns / SECOND_NS + attempt - 2);
	}
	mv_text_add(&name, ".memviz");
	return name.is_cut ? -ENAMETOOLONG : 0;
}

void mv_process_name_snapshot(const char *recording, const char *which, uint32_t number, char *path, size_t size)
{
	struct mv_text name = mv_text_in(path, size);

	mv_text_add_bytes(&name, recording, strlen(recording) - strlen(".memviz"));
	mv_text_add(&name, ".");
	mv_text_add(&name, which);
	mv_text_add_u64(&name, number);
	mv_text_add(&name, ".memviz");
}
