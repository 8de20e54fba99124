/* SPDX-License-Identifier: Apache-2.0 */
/* What autograd keeps for backward.  Each tensor that it keeps becomes a SavedVariable (torch/csrc/autograd/
 * saved_variable.h), whose constructor libtorch_cpu and libtorch_python call through their linkage tables.  Where hooks of
 * saved tensors are set, the constructor hands the tensor to set_hooks_and_pack_data instead, and keeps what the hook
 * makes of it.
 *
 * The memory is found as PyTorch itself finds it, for to ask for it would allocate, or complain:
 *
 *	Tensor		TensorImpl		StorageImpl
 *	+0 impl ----->	+0 virtual functions	+0 virtual functions
 *			+8 references		+8 references
 *			+SKIP storage ------->	+SKIP data, its context and how to free it
 *						+SKIP + 24 device
 *
 * SKIP is 16, or 24 where references are counted in two words.  It is found once, by the class that the table of virtual
 * functions belongs to, and believed when the data of a tensor on a card is a block that is known.  What is of another
 * class is left alone.
 *
 * Exceptions pass through: a checkpoint's hook throws one when it has what it wants.  Nothing here needs cleaning up.  */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/sys.h"
#include "torch/real.h"
#include "torch/torch.h"

#define LIBRARY "libtorch_cpu.so"
#define SAVED_VARIABLE_C1 "_ZN5torch8autograd13SavedVariableC1ERKN2at6TensorEbb"
#define SAVED_VARIABLE_C2 "_ZN5torch8autograd13SavedVariableC2ERKN2at6TensorEbb"
#define SET_HOOKS \
	"_ZN5torch8autograd13SavedVariable23set_hooks_and_pack_dataEOSt10unique_ptrINS0_18SavedVariableHooksESt14default_deleteIS3_EERKN2at6TensorE"

typedef void (*construct_fn)(void *self, const void *tensor, bool is_output, bool is_inplace_on_view);
typedef void (*set_hooks_fn)(void *self, void *hooks, const void *tensor);

enum {
	SKIP_SHORT = 16,
	SKIP_LONG = 24,
	DEVICE = 24,	    /* behind the data: a byte that says of which kind, */
	DEVICE_CUDA = 1,
	WORD = sizeof(uintptr_t),
	TABLES = 8,
	DOUBTS = 64,	    /* tensors on a card whose memory is not known, before the first that is */
};

enum saved_state {
	STATE_WAITING, /* no tensor has been saved */
	STATE_DOUBTED, /* SKIP is known, but no block was found by it */
	STATE_TRUSTED,
	STATE_REFUSED,
};

static struct {
	uint32_t state; /* enum saved_state; published after the rest */
	uint32_t skip;
	uint32_t doubts;
	uintptr_t tables[TABLES]; /* of virtual functions that were looked at; 0: none */
} g_saved;

/* The constructor under way on this thread has met a hook.  initial-exec: see lib/torch/engine.c.  */
static __thread bool t_is_hooked __attribute__((tls_model("initial-exec")));

static enum saved_state state_now(void)
{
	return (enum saved_state)__atomic_load_n(&g_saved.state, __ATOMIC_ACQUIRE);
}

static void set_state(enum saved_state state)
{
	__atomic_store_n(&g_saved.state, state, __ATOMIC_RELEASE);
}

bool mv_torch_has_saved(void)
{
	return state_now() == STATE_TRUSTED;
}

const char *mv_torch_saved_state(void)
{
	if (!mv_torch_labels())
		return MV_TORCH_NOT_WANTED;
	switch (state_now()) {
	case STATE_WAITING:
		return "nothing yet";
	case STATE_DOUBTED:
		return "no memory of a card yet";
	case STATE_TRUSTED:
		return "every tensor that autograd keeps";
	case STATE_REFUSED:
		return "not read: tensors are laid out in a way that is not known";
	}
	return "";
}

/* ---- where a tensor's memory is ---- */

static const char *word(const char *object, uint32_t offset)
{
	return *(const char *const *)(object + offset);
}

/* The Itanium C++ ABI: before an object's virtual functions stands the description of its class, whose second word is the
 * class's name as the linker knows it.  */
static bool is_of_class(const char *virtuals, const char *name, size_t length)
{
	const char *description, *own;
	size_t i;

	if (!mv_sys_readable(virtuals - WORD))
		return false;
	description = word(virtuals - WORD, 0);
	if (!mv_sys_readable(description + WORD))
		return false;
	own = word(description, WORD);
	for (i = 0; i <= length; i++)
		if ((!((uintptr_t)(own + i) % WORD) || !i) && !mv_sys_readable(own + i))
			return false;
		else if (own[i] != name[i])
			return false;
	return true;
}

/* Libraries that were not loaded together may each have a table of virtual functions of their own for one class, and a
 * class may be derived from it; each is looked at once.  The lowest bit says that it is no StorageImpl's.  */
static bool has_virtuals_of_storage(const char *object)
{
	static const char name[] = "N3c1011StorageImplE";
	uintptr_t virtuals = (uintptr_t)word(object, 0), known;
	size_t i;

	for (i = 0; i < TABLES; i++) {
		known = __atomic_load_n(&g_saved.tables[i], __ATOMIC_RELAXED);
		if (!known)
			break;
		if ((known & ~(uintptr_t)1) == virtuals)
			return !(known & 1);
	}
	known = is_of_class((const char *)virtuals, name, sizeof name - 1) ? virtuals : virtuals | 1;
	if (i < TABLES)
		__atomic_store_n(&g_saved.tables[i], known, __ATOMIC_RELAXED);
	return i < TABLES && !(known & 1);
}

static bool is_storage_at(const char *tensor, uint32_t skip)
{
	const char *storage = word(tensor, skip);

	return storage && mv_sys_readable(storage) > 0 && has_virtuals_of_storage(storage);
}

static void find_skip(const char *tensor)
{
	if (is_storage_at(tensor, SKIP_SHORT))
		g_saved.skip = SKIP_SHORT;
	else if (is_storage_at(tensor, SKIP_LONG))
		g_saved.skip = SKIP_LONG;
	else
		return;
	set_state(STATE_DOUBTED);
}

/* The address of TENSOR's memory on a card; 0: it has none.  */
static uint64_t address_of(const char *tensor)
{
	const char *storage = word(tensor, g_saved.skip);

	if (!storage || !has_virtuals_of_storage(storage) || storage[g_saved.skip + DEVICE] != DEVICE_CUDA)
		return 0;
	return (uintptr_t)word(storage, g_saved.skip);
}

/* ---- what is noted ---- */

static void note_address(const struct mv_sink *sink, uint64_t address, bool is_hooked)
{
	if (state_now() == STATE_TRUSTED)
		sink->note_saved(address, is_hooked, true);
	else if (sink->note_saved(address, is_hooked, false))
		set_state(STATE_TRUSTED);
	else if (__atomic_add_fetch(&g_saved.doubts, 1, __ATOMIC_RELAXED) >= DOUBTS)
		set_state(STATE_REFUSED);
}

/* TENSOR is an at::Tensor.  */
static void note(const void *tensor, bool is_hooked)
{
	const struct mv_sink *sink = mv_torch_labels();
	const char *impl = word(tensor, 0);
	int saved = errno;
	uint64_t address;

	if (!sink || !impl || state_now() == STATE_REFUSED)
		return;
	if (state_now() == STATE_WAITING)
		find_skip(impl);
	address = state_now() == STATE_WAITING ? 0 : address_of(impl);
	if (address)
		note_address(sink, address, is_hooked);
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
