/* SPDX-License-Identifier: Apache-2.0 */
/* What PyTorch tells, unasked and unchanged: the blocks of its caching allocator, the errors in which it gives up,
 * where backward begins and ends and where what it works on comes from, what autograd keeps for it, which ranges are named,
 * and, at each optimizer step and once an error has come back to Python, what is a parameter, a gradient, a state.
 *
 * The library exports the functions through which PyTorch's own libraries report to each other; every call is passed
 * on.  Python is entered only where Python itself calls, or PyTorch with the GIL: in a pending call, which the interpreter
 * runs between two bytecodes of the main thread, in the optimizer's documented step hooks, and where an exception of C++
 * becomes Python's.
 *
 * Threads: safe.  Signals: none of this runs in a handler.  Fork: a child's interpreter has the hooks of its parent;
 * they tell the sink of the moment.  Memory: none but what Python allocates for what it is asked.  */
#ifndef TORCH_TORCH_H
#define TORCH_TORCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sink.h"

/* Tell SINK, which lives as long as the process.  NULL: nobody.  Blocks are noted as calls of API.  WANTS_LABELS: besides
 * blocks and phases also what memory is for.  */
void mv_torch_set_sink(const struct mv_sink *sink, uint16_t api, bool wants_labels);
const struct mv_sink *mv_torch_sink(void);
/* The same for what memory is for; NULL where that is not wanted.  */
const struct mv_sink *mv_torch_labels(void);
uint16_t mv_torch_api(void);

/* What the api is called.  */
#define MV_TORCH_API_NAME "PyTorch caching allocator"

/* Something has been allocated that the caching allocator does not report: a chance to ask for owners.  A few
 * nanoseconds; nothing where there is no Python.  */
void mv_torch_tick(void);

/* Memory has run out for good, and a snapshot lies there: once the error has come back to Python, the sink is told of the
 * owners of that moment, and then of the end of it (note_unwound).  A microsecond.  */
void mv_torch_expect_aftermath(void);

/* True if the call that began at ORIGIN is the caching allocator's, which tries again and reports when it gives up.  */
bool mv_torch_tries_again(const void *origin);

/* True on a thread that only runs backward.  */
bool mv_torch_is_autograd_thread(void);

/* True while a node of autograd's graph is being let go on this thread.  */
bool mv_torch_is_releasing(void);

/* True once autograd has kept a tensor of a card: a network is there, and used.  */
bool mv_torch_has_saved(void);

#define MV_TORCH_NOT_WANTED "not asked for"

/* Where, in forward, the node of the graph was made that backward is at in this thread: a stack of the recording; 0: it is at
 * none, or that is not known.  A few nanoseconds.  */
uint32_t mv_torch_origin(void);

/* What is known about the optimizer hooks, of what autograd keeps, of nodes and of named ranges, for people; static strings.  */
const char *mv_torch_owner_state(void);
const char *mv_torch_saved_state(void);
const char *mv_torch_node_state(void);
const char *mv_torch_scope_state(void);

#endif
