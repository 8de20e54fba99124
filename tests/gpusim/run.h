/* SPDX-License-Identifier: Apache-2.0 */
/* Runs acts (acts.h) under the recorder on the simulated GPU, each in a folder of its own, and opens what they leave.
 *
 * The libraries and the program are looked for where the makefile puts them: the environment variables MEMVIZ_TEST_SO,
 * MEMVIZ_TEST_GPUSIM and MEMVIZ_TEST_ACTS.  */
#ifndef GPUSIM_RUN_H
#define GPUSIM_RUN_H

#include <stddef.h>

#include "analyze/timeline.h"

enum { RUN_FILES = 16, RUN_TEXT = 4096 };

struct run {
	char folder[64];
	int status; /* of waitpid */
	char out[RUN_TEXT], err[RUN_TEXT];
	char files[RUN_FILES][128]; /* names in FOLDER, sorted */
	size_t file_count;
};

/* Run NAME with SETTINGS, an array of NAME=VALUE that ends in NULL, or NULL, beside MEMVIZ_OUT.  */
void run_act(struct run *run, const char *name, const char *const *settings);

/* The same with any program: COMMAND, its path and its arguments, ends in NULL.  */
void run_program(struct run *run, const char *const *command, const char *const *settings);

/* The recordings are in FOLDER, which takes the place of the run's own, now removed.  */
void run_look_into(struct run *run, const char *folder);

/* Fill FILES with what is in the folder now.  */
void run_list(struct run *run);

/* Remove the folder and all in it.  */
void run_clean(struct run *run);

/* 1 if the program ended by itself with exit status CODE.  */
int run_exited(const struct run *run, int code);

/* Open recording number I, of those whose names contain WHICH; the test fails if there is none or it is damaged.  */
struct mv_timeline *run_open(const struct run *run, const char *which, size_t i);

/* How many files there are whose names contain WHICH.  */
size_t run_count(const struct run *run, const char *which);

/* Bytes of LEDGER that were alive at the end; number of blocks of LEDGER that were ever allocated.  */
uint64_t run_alive(const struct mv_timeline *timeline, enum mv_ledger ledger);
size_t run_blocks(const struct mv_timeline *timeline, enum mv_ledger ledger);

/* Run an act that ends well, says nothing and leaves one recording, and open that; then close it and clean up.  */
struct mv_timeline *run_record(struct run *run, const char *act);
void run_end(struct run *run, struct mv_timeline *timeline);

/* Losses of that cause; block number I of LEDGER, a zeroed one if there is none.  */
uint64_t run_loss(const struct mv_timeline *timeline, enum mv_loss cause);
const struct mv_block *run_block(const struct mv_timeline *timeline, enum mv_ledger ledger, size_t i);

#endif
