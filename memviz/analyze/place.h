/* SPDX-License-Identifier: Apache-2.0 */
/* Frames and stacks as people read them.
 *
 * Use: mv_places_open, look up, mv_places_close.  Native functions are looked up as asked for, and each once: that opens
 * the objects that were recorded, if they are on this machine.
 * Threads: one at a time.  Memory: malloc; what is returned lives until mv_places_close.  */
#ifndef ANALYZE_PLACE_H
#define ANALYZE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "read/recording.h"

struct mv_place {
	const char *function; /* "" where it is not known */
	const char *file;     /* source file; "" where it is not known */
	const char *module;   /* native frames: path of the loaded object, otherwise "" */
	uint64_t offset;      /* native frames: of the call in the module; 0: not known */
	uint32_t line;	      /* 0: not known */
	uint32_t kind;	      /* enum mv_frame_kind */
	bool is_user;	      /* code of the program's own, not of an installed package or library */
};

struct mv_places;

/* Of which native functions the names are looked up.  */
enum mv_places_names {
	MV_PLACES_NO_NAMES,
	MV_PLACES_OWN_NAMES, /* of the program and what it brings along; of libraries where a stack has nothing else */
	MV_PLACES_ALL_NAMES,
};

/* 0 or -ENOMEM.  RECORDING must live longer.  */
int mv_places_open(const struct mv_recording *recording, enum mv_places_names names, struct mv_places **places);
void mv_places_close(struct mv_places *places);

/* The frame of that index; never NULL.  */
const struct mv_place *mv_places_frame(struct mv_places *places, uint32_t frame);

/* The first ROOM frames of STACK, innermost first.  Returns how many.  */
size_t mv_places_stack(struct mv_places *places, uint32_t stack, const struct mv_place **frames, size_t room);

/* The frame of STACK that a person would point at: the innermost one of the program's own Python code; otherwise the
 * innermost of any Python code; otherwise the innermost native one of the program's own; otherwise, as in backward, the
 * operator's.  NULL for an empty stack.  No other frame is looked up but in the last case.  */
const struct mv_place *mv_places_headline(struct mv_places *places, uint32_t stack);

/* The outermost frame of STACK that is a function of the program's own Python code.  NULL if there is none.  */
const struct mv_place *mv_places_entry(struct mv_places *places, uint32_t stack);

/* True for a function that every allocation goes through: of the runtime, or of a framework's pool.  */
bool mv_place_is_plumbing(const struct mv_place *place);

/* Write PLACE to TEXT[SIZE] as "model.py:40 in block", "Engine::execute (libtorch_cpu.so)" or "libtorch_cpu.so+0x1234".
 * Of C++ names the last two parts are written, without parameters.  */
void mv_place_write(const struct mv_place *place, char *text, size_t size);

#endif
