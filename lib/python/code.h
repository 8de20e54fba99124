/* SPDX-License-Identifier: Apache-2.0 */
/* Code objects that have been seen in stacks: what they are called, and when they die.
 *
 * Python frees code objects (exec, lambdas made in loops, modules' bodies) and gives their addresses to new ones, soon
 * and often; stacks are known by addresses.  So the deallocation function of the code type is replaced by one that first
 * looks whether the dying object is known.  If so, the epoch of its address changes, and with it the hash of every stack
 * that has a frame at an address of that epoch: the stack is looked at anew.  An epoch is shared by the addresses of one
 * bucket, so a death costs a few other stacks a second look, and a capture one load a frame.
 *
 * Considered instead: PyCode_AddWatcher (only from 3.12, for one interpreter, and needs the GIL), holding a reference
 * (needs the GIL), comparing fields of the object (the next one often has the same strings).
 *
 * Threads: epochs are read without a lock.  mv_pycode_find and mv_pycode_add: one thread at a time, under the caller's
 * lock.  The replaced function runs under the GIL, takes no lock, and may run in a forked child before it starts anew.
 * Memory: mapped once.  A full table costs look-ups, not truth.  */
#ifndef PYTHON_CODE_H
#define PYTHON_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MV_PYCODE_EPOCHS = 4096 };

struct mv_pycode_names {
	uint32_t file;	   /* text ids, as the recording counts them */
	uint32_t function;
	int32_t lasti; /* where a frame of it was last seen, */
	uint32_t line; /* which is this line: frames further out stay where they are from stack to stack */
};

/* Map the table, or empty it if it is there already.  Returns 0 or -ENOMEM.  */
int mv_pycode_start(void);

/* Put the watching function in place of the deallocation function of CODE_TYPE, the address of PyCode_Type, for the
 * rest of the process; it may be there already.  False: what stands there is not what is expected, so deaths would go
 * unseen.  Reads nothing that cannot be read.  Calls dl_iterate_phdr.  */
bool mv_pycode_watch(uintptr_t code_type);

/* MV_PYCODE_EPOCHS numbers.  */
const uint32_t *mv_pycode_epochs(void);

/* The number among them for a code object at ADDRESS.  Code objects are larger than 64 bytes.  */
static inline unsigned mv_pycode_bucket(uintptr_t address)
{
	return (unsigned)(address >> 6 ^ address >> 18) % MV_PYCODE_EPOCHS;
}

/* What the code object at ADDRESS is called, if it is known.  */
bool mv_pycode_find(uintptr_t address, struct mv_pycode_names *names);

/* From now on the code object at ADDRESS, which is alive, is known.  */
void mv_pycode_add(uintptr_t address, struct mv_pycode_names names);

/* A frame of the code object at ADDRESS, if it is known, has been seen at LASTI, which is LINE.  */
void mv_pycode_set_line(uintptr_t address, int32_t lasti, uint32_t line);

/* Tell the table that the code object at ADDRESS dies: what the watching function does.  */
void mv_pycode_remove(uintptr_t address);

#endif
