/* SPDX-License-Identifier: Apache-2.0 */
/* Where backward runs.  torch::autograd::Engine::execute is one backward, from the thread that asked for it;
 * Engine::thread_init is the life of a thread that does nothing else.  libtorch_python calls both through its linkage
 * table, with the same signatures since 1.8.
 *
 * Exceptions pass through execute, an OutOfMemoryError for one.  A clean-up as C compiles it would need the C++ runtime's
 * unwinder; but the unwinder of the process asks each frame's personality routine on its way, and ours takes note.  */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "torch/real.h"
#include "torch/torch.h"
#include "torch/turn.h"

#define LIBRARY "libtorch_cpu.so"

#define ENGINE_EXECUTE \
	"_ZN5torch8autograd6Engine7executeERKSt6vectorINS0_4EdgeESaIS3_EERKS2_IN2at6TensorESaIS9_EEbbbS7_"
#define ENGINE_THREAD_INIT "_ZN5torch8autograd6Engine11thread_initEiRKSt10shared_ptrINS0_10ReadyQueueEEb"

/* std::vector<at::Tensor>, which is returned as any structure of this size.  */
struct variable_list {
	void *begin, *end, *capacity;
};

typedef struct variable_list (*execute_fn)(void *engine, const void *roots, const void *inputs, bool keep_graph,
					   bool create_graph, bool accumulate_grad, const void *outputs);
typedef void (*thread_init_fn)(void *engine, int device, const void *ready_queue, bool should_increment);

static __thread bool t_is_autograd __attribute__((tls_model("initial-exec")));

bool mv_torch_is_autograd_thread(void)
{
	return t_is_autograd;
}

static void note_backward(bool begins)
{
	const struct mv_sink *sink = mv_torch_sink();

	if (begins)
		mv_turn_enter();
	if (sink)
		sink->note_phase(begins, MV_PHASE_BACKWARD, NULL, 0);
	if (!begins)
		mv_turn_leave();
}

static void end_backward(void)
{
	note_backward(false);
}

int mv_engine_unwound(int version, int actions, uint64_t exception_class, void *exception, void *context);

int mv_engine_unwound(int version, int actions, uint64_t exception_class, void *exception, void *context)
{
	(void)version, (void)exception_class, (void)exception, (void)context;
	return mv_turn_pass(actions, end_backward);
}

struct variable_list mv_engine_execute(void *engine, const void *roots, const void *inputs, bool keep_graph,
				       bool create_graph, bool accumulate_grad, const void *outputs)
	MV_TORCH_EXPORTED(ENGINE_EXECUTE);

struct variable_list mv_engine_execute(void *engine, const void *roots, const void *inputs, bool keep_graph,
				       bool create_graph, bool accumulate_grad, const void *outputs)
{
	static void *kept;
	execute_fn execute = (execute_fn)mv_torch_real(&kept, LIBRARY, ENGINE_EXECUTE);
	struct variable_list gradients = {NULL, NULL, NULL};

	__asm__ volatile(".cfi_personality 0x1b, mv_engine_unwound"); /* relative to the place, four bytes */
	note_backward(true);
	if (execute)
		gradients = execute(engine, roots, inputs, keep_graph, create_graph, accumulate_grad, outputs);
	note_backward(false);
	return gradients;
}

void mv_engine_thread_init(void *engine, int device, const void *ready_queue, bool should_increment)
	MV_TORCH_EXPORTED(ENGINE_THREAD_INIT);

void mv_engine_thread_init(void *engine, int device, const void *ready_queue, bool should_increment)
{
	static void *kept;
	thread_init_fn thread_init = (thread_init_fn)mv_torch_real(&kept, LIBRARY, ENGINE_THREAD_INIT);

	t_is_autograd = true;
	if (thread_init)
		thread_init(engine, device, ready_queue, should_increment);
	t_is_autograd = false;
}

bool mv_torch_tries_again(const void *origin)
{
	struct mv_elf elf;

	return origin && mv_elf_holding(origin, &elf) &&
	       mv_text_starts(mv_text_base_name(elf.path), "libc10_cuda.so");
}
