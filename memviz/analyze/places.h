/* SPDX-License-Identifier: Apache-2.0 */
/* Frames and stacks of a recording, as places.
 *
 * Use: mv_places_open, look up, mv_places_close.  Native functions are looked up as asked for, and each once: that opens
 * the objects that were recorded, if they are on this machine.
 * Threads: one at a time.  Memory: malloc; what is returned lives until mv_places_close.  */
#ifndef ANALYZE_PLACES_H
#define ANALYZE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/native_names.h"
#include "analyze/place.h"

struct mv_places;

/* Of which native functions the names are looked up.  */
enum mv_places_names {
	MV_PLACES_NO_NAMES,
	MV_PLACES_OWN_NAMES, /* of the program and what it brings along; of libraries where a stack has nothing else */
	MV_PLACES_ALL_NAMES,
};

/* SOURCES: of names of native functions (symbol/symbols.h); NULL: the objects themselves.  0 or -ENOMEM.  RECORDING must
 * live longer.  */
int mv_places_open(const struct mv_recording *recording, enum mv_places_names names, const struct mv_symbols_sources *sources,
		   struct mv_places **places);
void mv_places_close(struct mv_places *places);

/* Where names come from; NULL: none are wanted.  */
struct mv_names *mv_places_names(const struct mv_places *places);

/* The frame of that index; never NULL.  Of functions that were inlined there the innermost.  */
const struct mv_place *mv_places_frame(struct mv_places *places, uint32_t frame);

/* The first ROOM frames of STACK, innermost first; each function that was inlined is one of its own.  Returns how many;
 * *ORIGIN (NULL allowed) is which of them is the origin, ROOM if none of them is.  */
size_t mv_places_stack(struct mv_places *places, uint32_t stack, const struct mv_place **frames, size_t room,
		       size_t *origin);

/* The origin of what STACK asked for: the frame that a person would point at, NULL for an empty stack.  It is
 *
 *	the innermost frame of the user's own Python code; without any
 *	the innermost of the outermost package's, for then that is the program; without Python
 *	the innermost native frame of the user's own that is no noise; where all is libraries', as in backward,
 *	the node of backward, or else the operator that was called first, or else the innermost frame that is no noise.
 *
 * Of functions that were inlined into each other there, the innermost of the user's own.
 *
 * Python comes first because extensions that a package has built for itself lie anywhere.  Native frames of libraries are
 * looked up only in the last case.  */
const struct mv_place *mv_places_origin(struct mv_places *places, uint32_t stack);

/* True if the origin of STACK did not ask for memory itself: backward did, at a node of the graph that the line there had
 * made in forward.  */
bool mv_places_is_backward(struct mv_places *places, uint32_t stack);

/* The first ROOM frames of STACK that are of the user's own Python code, innermost first.  Returns how many.  */
size_t mv_places_own(struct mv_places *places, uint32_t stack, const struct mv_place **frames, size_t room);

/* The outermost frame of STACK that is a function of the program's own Python code.  NULL if there is none.  */
const struct mv_place *mv_places_entry(struct mv_places *places, uint32_t stack);

/* As mv_place_write the origin of STACK: "backward of model.py:40 in block", where that is so.  False, and TEXT is left alone: it
 * has none.  */
bool mv_places_write_origin(struct mv_places *places, uint32_t stack, char *text, size_t size);

#endif
