/* SPDX-License-Identifier: Apache-2.0 */
#include "support/scene.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char g_folder[64];

static void need(int is_fine, const char *what)
{
	if (is_fine)
		return;
	perror(what);
	exit(99);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

static void remove_folder(void)
{
	nftw(g_folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scene_folder(void)
{
	if (!g_folder[0]) {
		const char *base = getenv("TMPDIR");

		snprintf(g_folder, sizeof g_folder, "%.40s/memviz-XXXXXX", base ? base : "/tmp");
		need(mkdtemp(g_folder) != NULL, g_folder);
		atexit(remove_folder);
	}
	return g_folder;
}

const char *scene_path(const char *name)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", scene_folder(), name);
	return path;
}

void *scene_read(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	void *bytes;

	need(file != NULL, path);
	fseek(file, 0, SEEK_END);
	*size = (size_t)ftell(file);
	rewind(file);
	bytes = aligned_alloc(64, (*size + 64) & ~(size_t)63);
	need(bytes && fread(bytes, 1, *size, file) == *size, path);
	fclose(file);
	return bytes;
}

void scene_write(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	need(file && fwrite(bytes, 1, size, file) == size && !fclose(file), path);
}

void scene_open(struct scene *scene, const struct training_plan *plan)
{
	static unsigned number;
	struct mv_diag diag = {0};
	struct forge *forge;
	char name[32];

	snprintf(name, sizeof name, "scene%u.memviz", number++);
	snprintf(scene->path, sizeof scene->path, "%s", scene_path(name));
	forge = forge_open(scene->path, "train.py", 0);
	scene->training = training_run(forge, plan);
	if (plan->oom && !plan->is_oom_survived) {
		unlink(scene->path);
		forge_snapshot(forge, scene->path, MV_REASON_OOM);
		forge_kill(forge);
	} else {
		forge_finish(forge);
	}
	if (mv_timeline_open(scene->path, &scene->timeline, &diag)) {
		fprintf(stderr, "%s: byte %llu: %s\n", scene->path, (unsigned long long)diag.offset, diag.text);
		exit(99);
	}
}

void scene_close(struct scene *scene)
{
	mv_timeline_close(scene->timeline);
	training_release(scene->training);
	unlink(scene->path);
}

const struct mv_card *scene_card(const struct scene *scene)
{
	size_t count;

	return mv_timeline_cards(scene->timeline, &count);
}
