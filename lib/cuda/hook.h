/* SPDX-License-Identifier: Apache-2.0 */
/* How a call of CUDA's is watched: the row of a table says what the function is called and what its arguments mean, a
 * family of functions says what is noted before and after it.  One piece of assembly stands in front of all of them,
 * so that a row needs no code of its own and no signature has to be guessed: the program's registers and stack
 * arguments reach the real function as they came.
 *
 * To watch one more function, add a row to one of the .def files that hooks.def lists.
 *
 * Threads: rows are constant; a call lives on the stack of its thread.  Private to lib/cuda.  */
#ifndef CUDA_HOOK_H
#define CUDA_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sink.h"
#include "cuda/abi.h"

/* A call under way, on the stack of thunk_*.S, which knows the size and where the first four fields are.  */
struct mv_call {
	uint64_t args[8];	    /* the registers that carry arguments, in order; x86-64 uses six */
	uint64_t result;	    /* what the real function returned */
	const uint64_t *stack_args; /* the arguments behind those in registers */
	const void *caller;	    /* where the program goes on */
	const struct mv_hook *hook;
	bool is_watched; /* a call of the program's, not of the driver's or the runtime's own: FAMILY is asked */
	uint8_t flags;   /* enum mv_event_flag: what a family's BEFORE found out */
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

/* The first edition of some calls, from before 64-bit addresses, has 32-bit arguments; so have enumerations.  */
enum mv_hook_narrow {
	MV_NARROW_SIZE = 1, /* and what a descriptor says in bytes or elements */
	MV_NARROW_ADDRESS = 2,
	MV_NARROW_EXTRA = 4,
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
	uint8_t extra;	     /* stream, handle or whatever the ledger's EXTRA is */
	uint8_t prop;	     /* pointer to a structure that the family reads: what is asked for */
	uint8_t count;	     /* how many structures there are; the levels of a mipmap */
	uint8_t device;	     /* CUdevice; 0: that of the current context */
	uint8_t pool;	     /* CUmemoryPool that memory comes from */
	uint8_t flags;	     /* enum mv_event_flag that always hold */
	uint8_t change;	     /* enum mv_change: what a call does to memory that no ledger shows */
};

enum {
#define DRIVER(symbol, ...) MV_ROW_##symbol,
#define RUNTIME(symbol, ...) MV_ROW_##symbol,
#include "cuda/hooks.def"
#undef DRIVER
#undef RUNTIME
	MV_HOOK_COUNT
};

extern const struct mv_hook mv_hooks[MV_HOOK_COUNT];

/* The wrapper that stands in front of row N: what the program gets instead of the real function.  */
extern void *const mv_hook_wrappers[MV_HOOK_COUNT];

/* The row of that name, or NULL.  Below a microsecond for names that begin like CUDA's, 2 ns for others.  */
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

static inline bool mv_call_is_done(const struct mv_call *call)
{
	return mv_call_result(call) == CUDA_SUCCESS;
}

/* What the argument at POSITION, a pointer, points to: NULL where there is none, or where the driver refused the call,
 * maybe because the pointer is garbage.  It has looked there if the call succeeded, or if it was memory that lacked.  */
static inline const void *mv_call_in(const struct mv_call *call, unsigned position)
{
	bool was_read = mv_call_is_done(call) || mv_call_result(call) == CUDA_ERROR_OUT_OF_MEMORY;

	return was_read ? (const void *)(uintptr_t)mv_call_arg(call, position) : NULL;
}

static inline uint64_t mv_call_narrowed(const struct mv_call *call, enum mv_hook_narrow what, uint64_t value)
{
	return call->hook->narrow & what ? (uint32_t)value : value;
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

#endif
