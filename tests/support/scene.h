/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of a test's own, and a forged training run in it, recorded and replayed.  */
#ifndef SUPPORT_SCENE_H
#define SUPPORT_SCENE_H

#include "analyze/timeline.h"
#include "support/training.h"

/* A new folder, removed with everything in it when the program ends.  */
const char *scene_folder(void);

/* The path of NAME in it; valid until the fourth call after.  */
const char *scene_path(const char *name);

/* All of FILE, malloc'ed, aligned to 64, and its size; and the other way round.  */
void *scene_read(const char *path, size_t *size);
void scene_write(const char *path, const void *bytes, size_t size);

struct scene {
	char path[512];
	struct training *training;
	struct mv_timeline *timeline;
};

/* Forge PLAN's run, to the end or to the snapshot of its out-of-memory error, and open it.  */
void scene_open(struct scene *scene, const struct training_plan *plan);
void scene_close(struct scene *scene);

/* The first card.  */
const struct mv_card *scene_card(const struct scene *scene);

#endif
