/* SPDX-License-Identifier: Apache-2.0 */
/* A place in code, where a frame stands, as people read it: what it is called, whose it is, how it is written.
 *
 * Threads: pure functions.  Memory: a place's strings are the caller's.  */
#ifndef ANALYZE_PLACE_H
#define ANALYZE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memviz/format.h"

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

/* True for a frame that tells nothing: see enum mv_code.  So is a library's function whose name is not known.  */
bool mv_place_is_noise(const struct mv_place *place);

/* Where in its module PLACE is for people: without a name, where the function begins, if that is known, which all addresses
 * in it have in common.  */
uint64_t mv_place_offset(const struct mv_place *place);

/* Write PLACE to TEXT[SIZE] as "model.py:40 in block", "Engine::execute (libtorch_cpu.so)" or "libtorch_cpu.so+0x1234".
 * Of C++ names the last two parts are written, without parameters.  */
void mv_place_write(const struct mv_place *place, char *text, size_t size);

#endif
