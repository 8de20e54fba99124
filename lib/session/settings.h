/* SPDX-License-Identifier: Apache-2.0 */
/* What the environment asks of the recorder: one table, read once when the library is loaded, before main and without
 * memory.  A value that cannot be read is kept for a message, which is printed when recording begins and not in
 * programs that never use CUDA; the default is used instead.  */
#ifndef SESSION_SETTINGS_H
#define SESSION_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/choice.h"

enum { MV_SETTINGS_OUT_BYTES = 768 };

/* No sample is taken, and no thread made for it.  */
#define MV_SETTINGS_NO_SAMPLES UINT64_MAX

struct mv_settings {
	bool is_on;
	bool is_verbose;
	bool snapshot_at_exit;
	bool tells_command; /* with its arguments */
	bool wants_labels; /* PyTorch is asked what memory is for */
	bool wants_ranges; /* NVTX's, also where a profiler has them */
	unsigned stacks; /* enum mv_choice_stacks */
	uint64_t ring_bytes;
	uint64_t snapshots;		 /* on out-of-memory errors, at most */
	uint64_t sample_ns;		 /* between samples; 0: only where something happens; MV_SETTINGS_NO_SAMPLES */
	char out[MV_SETTINGS_OUT_BYTES]; /* folder; "": where the program runs */
	const char *wrong;		 /* NAME=VALUE as it stands in the environment, of one that could not be read */
};

/* Read ENVIRONMENT, an array of NAME=VALUE strings that ends in NULL.  */
void mv_settings_read(struct mv_settings *settings, char *const *environment);

/* The table, for documentation and its tests: setting N, NULL behind the last.  */
struct mv_setting {
	const char *name;
	const char *value; /* default */
	const char *help;
};
const struct mv_setting *mv_setting(size_t n);

#endif
