/* SPDX-License-Identifier: Apache-2.0 */
/* How a call of CUDA's is watched: the row of a table says what the function is called and what its arguments mean, a
 * family of functions says what is noted before and after it.  One piece of assembly stands in front of all of them,
 * so that a row needs no code of its own and no signature has to be guessed: the program's registers and stack
 * arguments reach the real function as they came.
 *
 * To watch one more function, add a row to hooks.def.
 *
 * Threads: rows are constant; a call lives on the stack of its thread.  Private to lib/cuda.  */
#ifndef CUDA_HOOK_H
#define CUDA_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sink.h"

/* A call under way, on the stack of thunk_*.S, which knows the size and where the first four fields are.  */
struct mv_call {
	uint64_t args[8];	    /* the registers that carry arguments, in order; x86-64 uses six */
	uint64_t result;	    /* what the real function returned */
	const uint64_t *stack_args; /* the arguments behind those in registers */
	const void *caller;	    /* where the program goes on */
	const struct mv_hook *hook;
	bool is_watched; /* a call of the program's, not of the driver's or the runtime's own: FAMILY is asked */
	uint8_t spare;
	uint16_t api;	   /* the outermost call of the program's that led here */
	const void *origin; /* where the program called that */
	struct mv_undo undo;
	uint64_t started_ns; /* set by mv_hook_note_start */
};

/* What is done around the real function of a watched call.  NULL: nothing.  AFTER runs whatever the result is.  */
struct mv_hook_family {
	void (*before)(struct mv_call *call);
	void (*after)(struct mv_call *call);
};

/* Which library a function is found in.  */
enum mv_hook_home {
	MV_HOME_DRIVER = 0, /* libcuda.so: an event of its own, unless a watched call is under way */
	MV_HOME_RUNTIME,    /* libcudart.so: only gives its name to the events below it, unless those cannot be seen */
};

/* The first edition of some calls, from before 64-bit addresses, has 32-bit arguments.  */
enum mv_hook_narrow {
	MV_NARROW_SIZE = 1,
	MV_NARROW_ADDRESS = 2,
};

/* A row.  Positions of arguments count from 1; 0: the function has no such argument.  */
struct mv_hook {
	const char *name;		     /* as the ELF symbol is spelled */
	const struct mv_hook_family *family; /* NULL for names of the runtime that are no more than that */
	const char *base;   /* as cuGetProcAddress spells it */
	int since;	    /* the first CUDA version whose BASE is this symbol: 3020 */
	bool is_per_thread; /* the variant for per-thread default streams */
	uint8_t home;	    /* enum mv_hook_home */
	uint8_t narrow;	    /* enum mv_hook_narrow */
	uint8_t stack_bytes; /* of arguments on the stack, a multiple of 8 */
	uint8_t ledger;	    /* enum mv_ledger */
	uint8_t out;	    /* pointer to the address or handle that comes out */
	uint8_t address;    /* address or handle that goes in */
	uint8_t size;	    /* bytes; with PITCH, rows */
	uint8_t pitch;	    /* pointer to the bytes of a row, which come out */
	uint8_t extra;	    /* stream or handle, whichever the ledger's EXTRA is */
	uint8_t prop;	    /* pointer to CUmemAllocationProp: where physical memory is to lie */
};

extern const struct mv_hook mv_hooks[];
extern const unsigned mv_hook_count;

/* The wrapper that stands in front of row N: what the program gets instead of the real function.  */
extern void *const mv_hook_wrappers[];

/* The row of that name, or NULL.  About 50 ns for names that begin like CUDA's, 2 ns for others.  */
const struct mv_hook *mv_hook_named(const char *name);

/* The api id of a row in the recording.  */
static inline uint16_t mv_hook_api(const struct mv_hook *hook)
{
	return (uint16_t)(hook - mv_hooks + 1);
}

static inline uint64_t mv_call_arg(const struct mv_call *call, unsigned position)
{
	return position ? call->args[position - 1] : 0;
}

/* What the argument at POSITION, a pointer to eight bytes, points to; 0 for NULL.  Only after a success.  */
static inline uint64_t mv_call_out(const struct mv_call *call, unsigned position)
{
	const uint64_t *out = (const uint64_t *)(uintptr_t)mv_call_arg(call, position);

	return out ? *out : 0;
}

/* What the real function returned; the upper half of the register is nobody's.  */
static inline int mv_call_result(const struct mv_call *call)
{
	return (int)call->result;
}

/* The real function of a row as the wrapper calls it; and what the assembly does with it.  NULL: there is none, and
 * call->result is what the program gets.  */
struct mv_hook_target {
	void *real;
	uint64_t stack_bytes;
};
struct mv_hook_target mv_hook_enter(struct mv_call *call, unsigned row);
void mv_hook_leave(struct mv_call *call);

/* Where the wrapper of a row goes on at once, with the program's registers and return address; NULL: through the above.  */
extern void *mv_hook_straight[];

/* The place in the assembly that the real function returns to.  */
extern const char mv_hook_return[] __attribute__((visibility("hidden")));

/* The personality routine of the wrappers' frames: an exception, pthread_exit or a cancelled thread leaves a call.  */
int mv_hook_unwound(int version, int actions, uint64_t exception_class, void *exception, void *context);

/* ---- families ---- */

/* Note that CALL, which was to become EVENT, failed; with it, if memory ran out, that it did.  */
void mv_hook_note_failure(const struct mv_call *call, struct mv_event *event);

/* Note when CALL began: a family's BEFORE that has to tell memory of that time from what came since.  */
void mv_hook_note_start(struct mv_call *call);

extern const struct mv_hook_family mv_family_alloc;	  /* memory comes out: memory.c */
extern const struct mv_hook_family mv_family_appear;	  /* memory that was there becomes CUDA's: memory.c */
extern const struct mv_hook_family mv_family_free;	  /* memory goes away: memory.c */
extern const struct mv_hook_family mv_family_create;	  /* physical memory without an address: physical.c */
extern const struct mv_hook_family mv_family_retain;	  /* one more handle to it: physical.c */
extern const struct mv_hook_family mv_family_release;	  /* one less: physical.c */
extern const struct mv_hook_family mv_family_map;	  /* it becomes visible at an address: physical.c */
extern const struct mv_hook_family mv_family_unmap;	  /* and no more: physical.c */
extern const struct mv_hook_family mv_family_reset;	  /* a device's memory goes away: context.c */
extern const struct mv_hook_family mv_family_leave;	  /* so it does when the last one leaves: context.c */
extern const struct mv_hook_family mv_family_info;	  /* the program learns how much is free: memory.c */
extern const struct mv_hook_family mv_family_init;	  /* CUDA comes up: watch.c */
extern const struct mv_hook_family mv_family_procaddress; /* functions are looked up: procaddress.c */

#endif
