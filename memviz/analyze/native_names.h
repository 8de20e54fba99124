/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions of native frames are called: as the recording says, if memviz pack has put that into it, and else as
 * the objects say that are on this machine.
 *
 * A recording that says it is believed, and nothing on this machine is opened for it.
 *
 * Threads: one at a time.  Memory: malloc; what is returned lives until mv_names_close.  */
#ifndef ANALYZE_NATIVE_NAMES_H
#define ANALYZE_NATIVE_NAMES_H

#include "read/recording.h"
#include "symbol/symbols.h"

struct mv_names;

/* An object with native frames.  */
struct mv_names_object {
	const struct mv_module *module;
	const char *path;
	uint32_t frames;	     /* that are in it */
	enum mv_symbols_state state; /* of a packed recording: MV_SYMBOLS_ABSENT if it has nothing to say of any of them */
};

/* SOURCES: see symbol/symbols.h.  0 or -ENOMEM.  RECORDING must live longer.  */
int mv_names_open(const struct mv_recording *recording, const struct mv_symbols_sources *sources, struct mv_names **names);
void mv_names_close(struct mv_names *names);

/* True if the recording says itself what functions are called.  */
bool mv_names_are_packed(const struct mv_names *names);

/* Fill *ANSWER for the native frame FRAME.  False: nothing is known; *ANSWER is all zero.  */
bool mv_names_find(struct mv_names *names, uint32_t frame, struct mv_symbols_answer *answer);

/* Look after all objects that have native frames.  Returns them, *COUNT, until the next call of this or the next.  */
const struct mv_names_object *mv_names_objects(struct mv_names *names, size_t *count);

/* Those that frames were looked up in, in vain.  */
const struct mv_names_object *mv_names_missing(struct mv_names *names, size_t *count);

#endif
