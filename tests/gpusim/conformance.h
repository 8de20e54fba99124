/* SPDX-License-Identifier: Apache-2.0 */
/* What a driver answers, line by line, so that two of them can be compared: NVIDIA's and the simulated one.
 *
 * A line is "= CALL: ANSWER", or "~ CALL: ANSWER" where the answer depends on card or driver; it has no address in it
 * and nothing else that changes from run to run.  The lines are the same ones in the same order whatever is answered.
 *
 * Each section is a process of its own, so that none finds the driver used by another, and one that dies takes only its
 * own lines along.
 *
 * Units: bytes.  Memory: what is allocated is small, and goes with the section.  */
#ifndef GPUSIM_CONFORMANCE_H
#define GPUSIM_CONFORMANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "gpusim/api/cuda_copy.h"
#include "gpusim/api/cuda_device.h"
#include "gpusim/api/cuda_graph.h"
#include "gpusim/api/cuda_memory.h"
#include "gpusim/api/cuda_pool.h"

#define MIB ((size_t)1 << 20)

/* The driver's functions, asked for by name and version as the runtime does; one that it lacks answers
 * CUDA_ERROR_NOT_FOUND.  */
struct conformance_cuda {
#define CONFORMANCE_CALL(function, base_name, version) __typeof__(function) *function;
#include "gpusim/conformance.def"
#undef CONFORMANCE_CALL
};

extern struct conformance_cuda cu;

/* Call FUNCTION and say so; the line has the arguments as they are written here.  The result is what it returned.  */
#define TRY(function, ...) conformance_say(#function "(" #__VA_ARGS__ ")", cu.function(__VA_ARGS__))

/* As TRY, for a call that is documented to fail without the code being told: one line says whether it failed, one
 * which code it was.  */
#define TRY_REFUSED(function, ...) conformance_say_refused(#function "(" #__VA_ARGS__ ")", cu.function(__VA_ARGS__))

CUresult conformance_say(const char *call, CUresult err);
CUresult conformance_say_refused(const char *call, CUresult err);

/* Say that WHAT is VALUE; the second where that depends on card or driver.  */
void conformance_tell(const char *what, long long value);
void conformance_tell_here(const char *what, long long value);

/* Initialise CUDA and make the first card's primary context current, without a line.  False if that fails, which is
 * said.  */
bool conformance_open_card(void);

/* Free memory of the current context's card.  */
long long conformance_free_bytes(void);

/* Sections.  */
void conformance_versions(void);
void conformance_errors(void);
void conformance_contexts(void);
void conformance_device(void);
void conformance_pools(void);
void conformance_vmm(void);
void conformance_host(void);
void conformance_graphs(void);
void conformance_arrays(void);
void conformance_shared(void);

#endif
