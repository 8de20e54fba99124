/* SPDX-License-Identifier: Apache-2.0 */
/* Where in the program the nodes of autograd's graph come from.  On the threads that run backward there is no frame of the
 * program's; but each node was made by a call in forward, and knows by which: PyTorch numbers the nodes that a thread makes
 * (ATen/SequenceNumber.h) and keeps the thread's own number with them, to match forward and backward in its profiler.
 *
 *	forward		at::sequence_number::get_and_increment: this thread makes its Nth node; we take the Python stack
 *	backward	Engine::evaluate_function(…, node, …): the node holds thread and N; the stack is found again
 *
 * libtorch_cpu, libtorch_cuda and libtorch_python call both through their linkage tables.  A node that is made in backward
 * (of a second derivative, or by a forward that is run again) comes from where the node that is evaluated comes from,
 * unless there is Python to say more.
 *
 *	Node (torch/csrc/autograd/function.h)
 *	+0	virtual functions
 *	+8	a weak pointer to itself, or from 2.11 or so on counts of references: SKIP is 24 or 16
 *	+SKIP	number; topological number; whether it has parents
 *	+SKIP + 24	thread
 *
 * SKIP is believed once a node's number and thread are those of one that we have seen made.
 *
 * The table has one word for each node: the lowest bits of its number say where, a hash of all of it and the thread what is
 * there, beside the stack.  The oldest are overwritten; a node that is not there has no stack, rather than a wrong one.  */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/sys.h"
#include "stack/stack.h"
#include "torch/real.h"
#include "torch/torch.h"
#include "torch/turn.h"

#define LIBRARY "libtorch_cpu.so"
#define NUMBER "_ZN2at15sequence_number17get_and_incrementEv"
#define EVALUATE \
	"_ZN5torch8autograd6Engine17evaluate_functionERSt10shared_ptrINS0_9GraphTaskEEPNS0_4NodeERNS0_11InputBufferERKS2_INS0_10ReadyQueueEE"

typedef uint64_t (*number_fn)(void);
typedef void (*evaluate_fn)(void *engine, void *task, const char *node, void *inputs, const void *queue);

enum {
	TABLE_NODES = 1 << 18, /* of graphs that are there at the same time */
	TABLE_BYTES = TABLE_NODES * sizeof(uint64_t),
	STRANGERS_MAX = 4096, /* nodes in backward that are not known, before the first that is */
	SKIP_SHORT = 16,
	SKIP_LONG = 24,
	THREAD = 24, /* behind the number */
	DEPTH = 16,  /* of backwards within nodes of others that are followed */
};

/* Of nodes that are made by no call in forward: those that add gradients up.  */
#define NO_NUMBER UINT64_MAX

enum node_state {
	STATE_WAITING, /* no node has been evaluated */
	STATE_TRUSTED,
	STATE_REFUSED,
};

static struct {
	uint32_t state;	 /* enum node_state; published after SKIP */
	uint32_t skip;
	uint32_t strangers;
	uint64_t *table; /* NULL: none made yet */
	uint32_t is_mapping; /* a thread makes it, or could not */
} g_nodes;

/* What this thread evaluates, innermost last.  An exception takes away what it passes without telling: what lies deeper in
 * the stack than whoever looks is over.  initial-exec: see lib/torch/engine.c.  */
static __thread struct {
	uint64_t thread; /* PyTorch's number of it; 0: not asked for */
	uint32_t depth;
	uint32_t stacks[DEPTH];
	uintptr_t frames[DEPTH];
} t_nodes __attribute__((tls_model("initial-exec")));

static enum node_state state_now(void)
{
	return (enum node_state)__atomic_load_n(&g_nodes.state, __ATOMIC_ACQUIRE);
}

const char *mv_torch_node_state(void)
{
	if (!mv_torch_labels())
		return MV_TORCH_NOT_WANTED;
	switch (state_now()) {
	case STATE_WAITING:
		return "none yet";
	case STATE_TRUSTED:
		return "traced to the forward that made its nodes";
	case STATE_REFUSED:
		return "not traced: nodes are laid out in a way that is not known";
	}
	return "";
}

/* ---- the table ---- */

/* A child's recording has stacks of its own: it finds the table empty.  */
static void map_table(void)
{
	void *memory;

	if (__atomic_exchange_n(&g_nodes.is_mapping, 1, __ATOMIC_ACQ_REL) || mv_sys_map(TABLE_BYTES, &memory))
		return;
	if (mv_sys_fork_wipe(memory, TABLE_BYTES))
		mv_sys_unmap(memory, TABLE_BYTES);
	else
		__atomic_store_n(&g_nodes.table, memory, __ATOMIC_RELEASE);
}

static uint64_t *entry_of(uint64_t *table, uint64_t thread, uint64_t number)
{
	return &table[(number + mv_hash_u64(thread)) % TABLE_NODES];
}

/* Never 0.  */
static uint32_t tag_of(uint64_t thread, uint64_t number)
{
	return (uint32_t)(mv_hash_add(thread, number) >> 32) | 1;
}

static void remember(uint64_t thread, uint64_t number, uint32_t stack)
{
	uint64_t *table = __atomic_load_n(&g_nodes.table, __ATOMIC_ACQUIRE);

	if (table)
		__atomic_store_n(entry_of(table, thread, number), (uint64_t)tag_of(thread, number) << 32 | stack,
				 __ATOMIC_RELAXED);
}

static bool recall(uint64_t thread, uint64_t number, uint32_t *stack)
{
	uint64_t *table = __atomic_load_n(&g_nodes.table, __ATOMIC_ACQUIRE), entry;

	if (!table)
		return false;
	entry = __atomic_load_n(entry_of(table, thread, number), __ATOMIC_RELAXED);
	*stack = (uint32_t)entry;
	return entry >> 32 == tag_of(thread, number);
}

/* ---- forward ---- */

static uint64_t own_thread(void)
{
	static void *kept;
	uint64_t (*current)(void);

	if (!t_nodes.thread) {
		current = (uint64_t (*)(void))mv_torch_real(&kept, LIBRARY, "_ZN2at14RecordFunction15currentThreadIdEv");
		t_nodes.thread = current ? current() : 0;
	}
	return t_nodes.thread;
}

static void note_made(uint64_t number)
{
	uint32_t origin = mv_torch_origin(), stack;

	if (!__atomic_load_n(&g_nodes.table, __ATOMIC_RELAXED))
		map_table();
	stack = mv_stack_capture_from(MV_STACK_PYTHON, origin);
	remember(own_thread(), number, stack ? stack : origin);
}

/* ---- backward ---- */

/* Forget what is over: what lies deeper than FRAME, or there.  */
static void leave(uintptr_t frame)
{
	while (t_nodes.depth && t_nodes.frames[t_nodes.depth - 1] <= frame)
		t_nodes.depth--;
}

static void enter(uintptr_t frame, uint32_t stack)
{
	leave(frame);
	if (t_nodes.depth == DEPTH)
		return;
	t_nodes.frames[t_nodes.depth] = frame;
	t_nodes.stacks[t_nodes.depth++] = stack;
}

uint32_t mv_torch_origin(void)
{
	if (!t_nodes.depth)
		return 0;
	leave((uintptr_t)__builtin_frame_address(0));
	return t_nodes.depth ? t_nodes.stacks[t_nodes.depth - 1] : 0;
}

static uint64_t word(const char *node, uint32_t offset)
{
	return *(const uint64_t *)(node + offset);
}

static bool recall_at(const char *node, uint32_t skip, uint32_t *stack)
{
	return recall(word(node, skip + THREAD), word(node, skip), stack);
}

static bool is_numbered(const char *node)
{
	return word(node, SKIP_SHORT) != NO_NUMBER && word(node, SKIP_LONG) != NO_NUMBER;
}

static void find_skip(const char *node)
{
	uint32_t stack;
	bool is_short = recall_at(node, SKIP_SHORT, &stack);

	if (is_short || recall_at(node, SKIP_LONG, &stack)) {
		g_nodes.skip = is_short ? SKIP_SHORT : SKIP_LONG;
		__atomic_store_n(&g_nodes.state, STATE_TRUSTED, __ATOMIC_RELEASE);
	} else if (is_numbered(node) && __atomic_add_fetch(&g_nodes.strangers, 1, __ATOMIC_RELAXED) >= STRANGERS_MAX) {
		__atomic_store_n(&g_nodes.state, STATE_REFUSED, __ATOMIC_RELEASE);
	}
}

/* The stack that made NODE; 0: not known.  */
static uint32_t stack_of(const char *node)
{
	uint32_t stack;

	if (state_now() == STATE_WAITING && __atomic_load_n(&g_nodes.table, __ATOMIC_RELAXED))
		find_skip(node);
	return state_now() == STATE_TRUSTED && recall_at(node, g_nodes.skip, &stack) ? stack : 0;
}

/* ---- what PyTorch calls ---- */

int mv_node_unwound(int version, int actions, uint64_t exception_class, void *exception, void *context);

int mv_node_unwound(int version, int actions, uint64_t exception_class, void *exception, void *context)
{
	(void)version, (void)exception_class, (void)exception, (void)context;
	return mv_turn_pass(actions, mv_turn_leave);
}

uint64_t mv_node_number(void) MV_TORCH_EXPORTED(NUMBER);
void mv_node_evaluate(void *engine, void *task, const char *node, void *inputs, const void *queue)
	MV_TORCH_EXPORTED(EVALUATE);

uint64_t mv_node_number(void)
{
	static void *kept;
	number_fn real = (number_fn)mv_torch_real(&kept, LIBRARY, NUMBER);
	uint64_t number = real ? real() : 0;
	int saved = errno;

	if (real && state_now() != STATE_REFUSED && mv_torch_labels())
		note_made(number);
	errno = saved;
	return number;
}

void mv_node_evaluate(void *engine, void *task, const char *node, void *inputs, const void *queue)
{
	static void *kept;
	evaluate_fn real = (evaluate_fn)mv_torch_real(&kept, LIBRARY, EVALUATE);
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

	__asm__ volatile(".cfi_personality 0x1b, mv_node_unwound"); /* as in lib/torch/engine.c */
	mv_turn_enter();
	if (mv_torch_labels())
		enter(frame, stack_of(node));
	if (real)
		real(engine, task, node, inputs, queue);
	leave(frame);
	mv_turn_leave();
}
