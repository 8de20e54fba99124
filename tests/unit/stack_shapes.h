/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks that are hard to unwind, each made by a function that calls back in the midst of it.  In C++, because
 * exceptions are among them.  */
#ifndef UNIT_STACK_SHAPES_H
#define UNIT_STACK_SHAPES_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct shape {
	const char *name;
	void (*make)(void (*look)(void));
	bool is_beyond_rules; /* as every stack with a signal handler's frame, or one that is no thread's own */
};

extern const struct shape shapes[];
extern const size_t shape_count;

#ifdef __cplusplus
}
#endif

#endif
