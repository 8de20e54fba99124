/* SPDX-License-Identifier: Apache-2.0 */
/* What autograd keeps for backward.  Each tensor that it keeps becomes a SavedVariable (torch/csrc/autograd/
 * saved_variable.h), whose constructor libtorch_cpu and libtorch_python call through their linkage tables.  Where hooks of
 * saved tensors are set, the constructor hands the tensor to set_hooks_and_pack_data instead, and keeps what the hook
 * makes of it.
 *
 * Exceptions pass through: a checkpoint's hook throws one when it has what it wants.  Nothing here needs cleaning up.  */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "torch/storage.h"
#include "torch/real.h"
#include "torch/torch.h"

#define LIBRARY "libtorch_cpu.so"
#define SAVED_VARIABLE_C1 "_ZN5torch8autograd13SavedVariableC1ERKN2at6TensorEbb"
#define SAVED_VARIABLE_C2 "_ZN5torch8autograd13SavedVariableC2ERKN2at6TensorEbb"
#define SET_HOOKS \
	"_ZN5torch8autograd13SavedVariable23set_hooks_and_pack_dataEOSt10unique_ptrINS0_18SavedVariableHooksESt14default_deleteIS3_EERKN2at6TensorE"

typedef void (*construct_fn)(void *self, const void *tensor, bool is_output, bool is_inplace_on_view);
typedef void (*set_hooks_fn)(void *self, void *hooks, const void *tensor);

static bool g_has_saved; /* a tensor with memory on a card */

/* The constructor under way on this thread has met a hook.  initial-exec: see lib/torch/engine.c.  */
static __thread bool t_is_hooked __attribute__((tls_model("initial-exec")));

bool mv_torch_has_saved(void)
{
	return __atomic_load_n(&g_has_saved, __ATOMIC_RELAXED);
}

const char *mv_torch_saved_state(void)
{
	if (!mv_torch_labels())
		return MV_TORCH_NOT_WANTED;
	if (mv_storage_state() == MV_STORAGE_REFUSED)
		return "not read: tensors are laid out in a way that is not known";
	return mv_torch_has_saved() ? "every tensor that autograd keeps" : "no memory of a card yet";
}

/* ---- what is noted ---- */

/* TENSOR is an at::Tensor.  */
static void note(const void *tensor, bool is_hooked)
{
	const struct mv_sink *sink = mv_torch_labels();
	int saved = errno;
	uint64_t address = sink ? mv_storage_card_address(tensor) : 0;
	bool is_known;

	if (address) {
		is_known = sink->note_saved(address, is_hooked, mv_storage_state() == MV_STORAGE_TRUSTED);
		mv_storage_answer(is_known);
		if (is_known)
			__atomic_store_n(&g_has_saved, true, __ATOMIC_RELAXED);
	}
	errno = saved;
}

/* A hook may run anything, and make other saved variables meanwhile: the outer one has met a hook, too.  */
static void construct(construct_fn real, void *self, const void *tensor, bool is_output, bool is_inplace_on_view)
{
	bool was_hooked = t_is_hooked;

	t_is_hooked = false;
	real(self, tensor, is_output, is_inplace_on_view);
	if (!t_is_hooked)
		note(tensor, false);
	t_is_hooked = was_hooked;
}

/* ---- what PyTorch calls ---- */

void mv_saved_construct_1(void *self, const void *tensor, bool is_output, bool is_inplace_on_view)
	MV_TORCH_EXPORTED(SAVED_VARIABLE_C1);
void mv_saved_construct_2(void *self, const void *tensor, bool is_output, bool is_inplace_on_view)
	MV_TORCH_EXPORTED(SAVED_VARIABLE_C2);
void mv_saved_set_hooks(void *self, void *hooks, const void *tensor) MV_TORCH_EXPORTED(SET_HOOKS);

void mv_saved_construct_1(void *self, const void *tensor, bool is_output, bool is_inplace_on_view)
{
	static void *kept;
	construct_fn real = (construct_fn)mv_torch_real(&kept, LIBRARY, SAVED_VARIABLE_C1);

	if (real)
		construct(real, self, tensor, is_output, is_inplace_on_view);
}

void mv_saved_construct_2(void *self, const void *tensor, bool is_output, bool is_inplace_on_view)
{
	static void *kept;
	construct_fn real = (construct_fn)mv_torch_real(&kept, LIBRARY, SAVED_VARIABLE_C2);

	if (real)
		construct(real, self, tensor, is_output, is_inplace_on_view);
}

/* Noted before the hook runs, which may throw once it has the tensor.  */
void mv_saved_set_hooks(void *self, void *hooks, const void *tensor)
{
	static void *kept;
	set_hooks_fn real = (set_hooks_fn)mv_torch_real(&kept, LIBRARY, SET_HOOKS);

	t_is_hooked = true;
	note(tensor, true);
	if (real)
		real(self, hooks, tensor);
}
