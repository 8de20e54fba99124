/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/descent.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/text.h"
#include "cmd/target.h"
#include "cmd/tell.h"
#include "read/array.h"

enum { PAUSE_FIRST_MS = 20, PAUSE_LAST_MS = 1000, COST_SHARE = 20, MS_NS = 1000000 };
enum { NAME_BYTES = 64, NAMED_MAX = 6, MAPS_MAX = 8 << 20, ENVIRONMENT_MAX = 1 << 20 };

static const char recorder[] = "libmemviz.so", driver[] = "libcuda.so", devices[] = "/dev/nvidia";

/* A process as /proc/PID/stat has it.  START tells it from others that have had its id.  */
struct process {
	pid_t pid, parent;
	unsigned long long start;
};

struct processes {
	struct process *at; /* malloc */
	size_t count;
};

/* One that descends from the program.  */
struct member {
	struct process process;
	ino_t image;	    /* of its executable file: another one after exec */
	bool is_settled;    /* nothing more is to be found out of that image */
};

/* A program that was not recorded.  */
struct miss {
	char name[NAME_BYTES];
	pid_t pid; /* the first one */
	unsigned count;
	const char *why, *advice;
	bool has_cuda;
};

struct mv_descent {
	struct processes last; /* look */
	struct member *members;
	size_t count, room;
	struct miss *misses;
	size_t miss_count, miss_room;
	int pause_ms;
};

/* ---- /proc ---- */

static FILE *open_of(pid_t pid, const char *what)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, what);
	return fopen(path, "re");
}

/* Up to MOST bytes of a file of PID's; malloc.  NULL: it cannot be read, or is empty.  */
static char *read_of(pid_t pid, const char *what, size_t most, size_t *size)
{
	FILE *file = open_of(pid, what);
	char *bytes = file ? malloc(most) : NULL;

	*size = bytes ? fread(bytes, 1, most, file) : 0;
	if (file)
		fclose(file);
	return bytes;
}

/* "PID (NAME) STATE PARENT …": the name may hold anything, so what counts stands behind the last bracket; START is the
 * twentieth field there.  */
static bool read_process(pid_t pid, struct process *process)
{
	char line[1024];
	FILE *file = open_of(pid, "stat");
	const char *at = file && fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
	int parent = 0, field;

	if (file)
		fclose(file);
	if (!at || sscanf(at, ") %*c %d", &parent) != 1)
		return false;
	for (field = 0; at && field < 20; field++)
		at = strchr(at + 1, ' ');
	*process = (struct process){.pid = pid, .parent = parent};
	return at && sscanf(at, " %llu", &process->start) == 1;
}

/* The process PID if it was there at the last look; that it is another one by now is as good as impossible.  Both lists
 * are in the order of ids, so AT only moves on.  */
static const struct process *last_seen(const struct processes *last, size_t *at, pid_t pid)
{
	while (*at < last->count && last->at[*at].pid < pid)
		++*at;
	return *at < last->count && last->at[*at].pid == pid ? &last->at[*at] : NULL;
}

/* Who is there now.  Only those who have come since LAST are read, which is what takes the time.  */
static struct processes read_all(const struct processes *last)
{
	struct processes all = {NULL, 0};
	size_t room = 0, at = 0;
	DIR *folder = opendir("/proc");
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		const struct process *seen = last_seen(last, &at, pid);

		if (pid <= 0 || mv_array_grow(&all.at, &room, all.count, sizeof *all.at))
			continue;
		if (seen)
			all.at[all.count++] = *seen;
		else if (read_process(pid, &all.at[all.count]))
			all.count++;
	}
	if (folder)
		closedir(folder);
	return all;
}

/* ---- who belongs to the program ---- */

static bool is_member(const struct mv_descent *descent, const struct process *process)
{
	size_t i;

	for (i = 0; i < descent->count; i++)
		if (descent->members[i].process.pid == process->pid && descent->members[i].process.start == process->start)
			return true;
	return false;
}

static bool has_member_parent(const struct mv_descent *descent, const struct process *process)
{
	size_t i;

	for (i = 0; i < descent->count; i++)
		if (descent->members[i].process.pid == process->parent && descent->members[i].process.start <= process->start)
			return true;
	return false;
}

static void add(struct mv_descent *descent, const struct process *process)
{
	if (!mv_array_grow(&descent->members, &descent->room, descent->count, sizeof *descent->members))
		descent->members[descent->count++] = (struct member){.process = *process};
}

/* Until nobody is found any more: children need not stand behind their parents.  */
static void gather(struct mv_descent *descent, pid_t program, const struct processes *all)
{
	size_t i, before;

	do {
		before = descent->count;
		for (i = 0; i < all->count; i++)
			if (!is_member(descent, &all->at[i]) &&
			    (all->at[i].pid == program || has_member_parent(descent, &all->at[i])))
				add(descent, &all->at[i]);
	} while (descent->count > before);
}

static bool is_among(const struct processes *all, const struct process *process)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		if (all->at[i].pid == process->pid && all->at[i].start == process->start)
			return true;
	return false;
}

/* Ids are used again, and a program may start very many processes.  */
static void drop_ended(struct mv_descent *descent, const struct processes *all)
{
	size_t i, kept = 0;

	for (i = 0; i < descent->count; i++)
		if (is_among(all, &descent->members[i].process))
			descent->members[kept++] = descent->members[i];
	descent->count = kept;
}

/* ---- who was not recorded ---- */

static void name_of(pid_t pid, char name[NAME_BYTES])
{
	FILE *file = open_of(pid, "comm");

	if (!file || !fgets(name, NAME_BYTES, file))
		snprintf(name, NAME_BYTES, "process");
	name[strcspn(name, "\n")] = 0;
	if (file)
		fclose(file);
}

static struct miss *miss_like(struct mv_descent *descent, const struct miss *miss)
{
	size_t i;

	for (i = 0; i < descent->miss_count; i++)
		if (mv_text_equal(descent->misses[i].name, miss->name) && mv_text_equal(descent->misses[i].why, miss->why))
			return &descent->misses[i];
	return NULL;
}

static void note(struct mv_descent *descent, struct miss miss)
{
	struct miss *like;

	name_of(miss.pid, miss.name);
	like = miss_like(descent, &miss);
	if (like) {
		like->count++;
		like->has_cuda |= miss.has_cuda;
	} else if (!mv_array_grow(&descent->misses, &descent->miss_room, descent->miss_count, sizeof miss)) {
		miss.count = 1;
		descent->misses[descent->miss_count++] = miss;
	}
}

static bool contains(const char *bytes, size_t size, const char *text)
{
	return bytes && memmem(bytes, size, text, strlen(text));
}

/* A program that something can be preloaded into, uses the driver, and has no recorder.  */
static void note_stripped(struct mv_descent *descent, pid_t pid)
{
	struct miss miss = {.pid = pid, .has_cuda = true};
	size_t size;
	char *environment = read_of(pid, "environ", ENVIRONMENT_MAX, &size);

	if (!contains(environment, size, "MEMVIZ_RUN=")) {
		miss.why = "was started with another environment";
		miss.advice = "LD_PRELOAD and MEMVIZ_OUT can be set there: memviz-run(1)";
	} else if (!contains(environment, size, recorder)) {
		miss.why = "was started without LD_PRELOAD";
		miss.advice = "memviz run --inject records such programs";
	} else {
		miss.why = "did not load the recorder";
	}
	note(descent, miss);
	free(environment);
}

/* True: nothing more is to be found out.  Somebody else's process shows nothing of itself.  */
static bool examine(struct mv_descent *descent, pid_t pid)
{
	char exe[64];
	size_t size;
	char *maps = read_of(pid, "maps", MAPS_MAX, &size);
	const char *obstacle;
	bool has_recorder = contains(maps, size, recorder);
	bool has_cuda = contains(maps, size, driver) || contains(maps, size, devices);

	free(maps);
	if (has_recorder)
		return true;
	snprintf(exe, sizeof exe, "/proc/%d/exe", (int)pid);
	obstacle = mv_target_obstacle(exe);
	if (obstacle)
		note(descent, (struct miss){.pid = pid, .why = obstacle, .has_cuda = has_cuda});
	else if (has_cuda)
		note_stripped(descent, pid);
	return obstacle || has_cuda;
}

/* A process that has just been forked, or is about to run another program, is still the one before: what is noted of
 * it is true, but of another image; so each image is looked at for the first time when it has been there for two looks.  */
static void look_at(struct mv_descent *descent, struct member *member)
{
	char exe[64];
	struct stat status;
	pid_t pid = member->process.pid;

	snprintf(exe, sizeof exe, "/proc/%d/exe", (int)pid);
	if (stat(exe, &status)) {
		/* Rights of its own hide a process from others.  */
		if (errno == EACCES && !member->is_settled)
			note(descent, (struct miss){.pid = pid, .why = "runs with rights of its own (setuid or capabilities)"});
		member->is_settled |= errno == EACCES;
		return;
	}
	if (status.st_ino != member->image) {
		member->image = status.st_ino;
		member->is_settled = false;
		return;
	}
	if (!member->is_settled)
		member->is_settled = examine(descent, pid);
}

int mv_descent_look(void *context, pid_t program)
{
	struct mv_descent *descent = context;
	uint64_t start_ns = mv_sys_monotonic_ns();
	struct processes all = read_all(&descent->last);
	int least_ms;
	size_t i;

	free(descent->last.at);
	descent->last = all;
	gather(descent, program, &all);
	drop_ended(descent, &all);
	for (i = 0; i < descent->count; i++)
		look_at(descent, &descent->members[i]);
	/* Looking takes a twentieth of the time, at most.  */
	least_ms = (int)((mv_sys_monotonic_ns() - start_ns) * COST_SHARE / MS_NS);
	descent->pause_ms = descent->pause_ms < PAUSE_LAST_MS / 2 ? 2 * descent->pause_ms : PAUSE_LAST_MS;
	return descent->pause_ms > least_ms ? descent->pause_ms : least_ms;
}

/* ---- telling ---- */

static void tell_miss(const struct miss *miss)
{
	char more[32] = "";

	if (miss->count > 1)
		snprintf(more, sizeof more, " and %u more", miss->count - 1);
	mv_tell("not recorded: %s (process %d%s): %s%s%s%s", miss->name, (int)miss->pid, more, miss->why,
		miss->has_cuda ? ", and used CUDA" : "", miss->advice ? "; " : "", miss->advice ? miss->advice : "");
}

void mv_descent_tell(const struct mv_descent *descent)
{
	size_t i;

	for (i = 0; descent && i < descent->miss_count && i < NAMED_MAX; i++)
		tell_miss(&descent->misses[i]);
	if (descent && descent->miss_count > NAMED_MAX)
		mv_tell("and %zu more programs were not recorded", descent->miss_count - NAMED_MAX);
}

struct mv_descent *mv_descent_open(void)
{
	struct mv_descent *descent = calloc(1, sizeof *descent);

	if (descent)
		descent->pause_ms = PAUSE_FIRST_MS;
	return descent;
}

void mv_descent_close(struct mv_descent *descent)
{
	if (!descent)
		return;
	free(descent->last.at);
	free(descent->members);
	free(descent->misses);
	free(descent);
}
