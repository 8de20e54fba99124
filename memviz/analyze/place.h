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

#include "analyze/native_names.h"

/* Whose code it is, and what it tells.  */
enum mv_code {
	MV_CODE_OWN,	 /* the user's own */
	MV_CODE_LIBRARY, /* an installed package's or a library's, that does something: its name tells what */
	/* Noise: frames that only lead there, the same whatever is done.  */
	MV_CODE_WRAPPER, /* of a package, around what it was given */
	MV_CODE_DISPATCH,
	MV_CODE_AUTOGRAD,
	MV_CODE_ALLOCATOR,
	MV_CODE_PYTHON,	  /* the interpreter and Python's own library */
	MV_CODE_CUDA,	  /* the driver and the runtime */
	MV_CODE_SYSTEM,	  /* C's and C++'s libraries */
	MV_CODE_RECORDER, /* memviz's own */
	MV_CODE_COUNT,
};

struct mv_place {
	const char *function; /* "" where it is not known */
	const char *file;     /* source file; "" where it is not known */
	const char *module;   /* native frames: path of the loaded object, otherwise "" */
	uint64_t offset;      /* native frames: of the call in the module; 0: not known */
	uint64_t start;	      /* and of the function that it is in; 0: not known */
	uint32_t line;	      /* 0: not known */
	uint32_t kind;	      /* enum mv_frame_kind */
	uint8_t code;	      /* enum mv_code */
	const struct mv_place *outer; /* the function that this one was inlined into; NULL: it is a frame of its own */
};

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

/* The outermost frame of STACK that is a function of the program's own Python code.  NULL if there is none.  */
const struct mv_place *mv_places_entry(struct mv_places *places, uint32_t stack);

/* True for a frame that tells nothing: see enum mv_code.  So is a library's function whose name is not known.  */
bool mv_place_is_noise(const struct mv_place *place);

/* Where in its module PLACE is for people: without a name, where the function begins, if that is known, which all addresses
 * in it have in common.  */
uint64_t mv_place_offset(const struct mv_place *place);

/* Write PLACE to TEXT[SIZE] as "model.py:40 in block", "Engine::execute (libtorch_cpu.so)" or "libtorch_cpu.so+0x1234".
 * Of C++ names the last two parts are written, without parameters.  */
void mv_place_write(const struct mv_place *place, char *text, size_t size);

/* The same of the origin of STACK: "backward of model.py:40 in block", where that is so.  False, and TEXT is left alone: it
 * has none.  */
bool mv_places_write_origin(struct mv_places *places, uint32_t stack, char *text, size_t size);

#endif
