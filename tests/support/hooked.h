/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of watched functions without a driver and without assembly: rows of the real table, a driver that the test makes
 * up, and a sink that keeps what it is told.  For suites that link families of lib/cuda.
 *
 * Threads: one.  */
#ifndef SUPPORT_HOOKED_H
#define SUPPORT_HOOKED_H

#include <stdbool.h>
#include <stdint.h>

#include "cuda/family.h"

#define HOOKED_MIB ((uint64_t)1 << 20)
#define HOOKED_GARBAGE ((uint64_t)0x10) /* a pointer that nobody may follow */
#define HOOKED_AT(variable) ((uint64_t)(uintptr_t)(variable))

/* What the driver answers.  */
struct hooked_driver {
	int device; /* of the current context, */
	uint64_t context; /* and its handle */
	uint64_t capturing[2]; /* the stream that is captured, without and with per-thread default streams */
	unsigned questions; /* about captures */
	unsigned introduced; /* cards that were to be told of since hooked_set_up, a bit each */
};

extern struct hooked_driver hooked_driver;

/* The card whose primary context is there, and the one of which the driver does not say.  */
enum { HOOKED_ALIVE = 1, HOOKED_MUTE = 3 };

/* No context, and no stream is being captured, whatever the test before has left.  */
void hooked_set_up(void);

/* NAME is called with ARGS, and the driver returns RESULT.  When the call begins it is HOOKED_START_NS.  */
enum { HOOKED_START_NS = 77 };
void hooked_call(const char *name, int result, const uint64_t args[6]);
#define HOOKED_CALL(name, result, ...) hooked_call(name, result, (const uint64_t[6]){__VA_ARGS__})

/* How often that call told the sink something; and time I of that, which the test fails if it was not WHAT: "note",
 * "free", "free failed", "users", "opened", "unmap", "hidden", "context end", "oom".  What is no event is in the fields
 * that fit best.  */
unsigned hooked_told_count(void);
const struct mv_event *hooked_told(unsigned i, const char *what);

#endif
