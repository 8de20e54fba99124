/* SPDX-License-Identifier: Apache-2.0 */
/* Who owned what when memory ran out.  At that moment Python must not be asked: the thread is inside the allocator, backward
 * may be under way, and gradients of the step at hand have not been told of yet.  But what owned memory then mostly does so
 * still when the exception has come back to Python, before the first of Python's frames is left:
 *
 *	allocator	it gives up; a snapshot is set aside			(mv_torch_expect_aftermath)
 *	engine		backward fails: its frames are unwound			(lib/torch/engine.c)
 *	libtorch_python	makes a Python exception of it, with the GIL		(here)
 *	Python		leaves one frame after the other, and lets go of their tensors
 *
 * libtorch_python calls the function that does so through its linkage table, since 2.1.  Where it does not, or where some
 * backward still runs then, a pending call asks again: between two bytecodes, or as the interpreter ends, when an error
 * that nobody has caught keeps its frames alive.  Attempts have an end.  */
#include "torch/aftermath.h"

#include <errno.h>

#include "torch/groups.h"
#include "torch/owner.h"
#include "torch/real.h"
#include "torch/steppers.h"
#include "torch/torch.h"
#include "torch/turn.h"

#define LIBRARY "libtorch_python.so"
#define TRANSLATE "_ZN5torch29translate_exception_to_pythonERKNSt15__exception_ptr13exception_ptrE"

typedef void (*translate_fn)(const void *exception);

enum {
	ASK_EVERY = 256, /* events, a power of two */
	ATTEMPTS_MAX = 64,
};

static uint32_t g_attempts; /* that are left; 0: nothing is to be found out */
static uint32_t g_is_asked; /* a pending call is under way */

static bool is_backward_over(void)
{
	bool is_over = mv_turn_begin_reading();

	if (is_over)
		mv_turn_end_reading();
	return is_over;
}

static void note(PyObject *optimizer, void *view)
{
	mv_groups_note(view, optimizer);
}

static void tell(const struct mv_python *python)
{
	struct mv_tensor_view view;

	if (!mv_tensor_view(&view))
		return;
	view.is_apart = true;
	mv_names_walk(&view, true);
	mv_steppers_each(python, note, &view);
	view.sink->note_unwound();
}

/* With the GIL.  Of two threads that come at once one finds nothing left to do.  */
static void look_back(void)
{
	const struct mv_python *python = mv_python();
	uint32_t left = __atomic_load_n(&g_attempts, __ATOMIC_RELAXED);
	PyObject *type, *value, *trace;

	if (!left || !python || !is_backward_over() ||
	    !__atomic_compare_exchange_n(&g_attempts, &left, 0, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	python->fetch_error(&type, &value, &trace);
	tell(python);
	python->clear_error();
	python->restore_error(type, value, trace);
}

static int pending(void *argument)
{
	(void)argument;
	__atomic_store_n(&g_is_asked, 0, __ATOMIC_RELAXED);
	look_back();
	return 0;
}

static void ask(void)
{
	if (!__atomic_exchange_n(&g_is_asked, 1, __ATOMIC_RELAXED) && !mv_python_call_soon(pending))
		__atomic_store_n(&g_is_asked, 0, __ATOMIC_RELAXED);
}

void mv_torch_expect_aftermath(void)
{
	if (!mv_torch_labels())
		return;
	__atomic_store_n(&g_attempts, ATTEMPTS_MAX, __ATOMIC_RELAXED);
	ask();
}

void mv_aftermath_tick(uint64_t events)
{
	uint32_t left = __atomic_load_n(&g_attempts, __ATOMIC_RELAXED);

	if (left && events % ASK_EVERY == 1 &&
	    __atomic_compare_exchange_n(&g_attempts, &left, left - 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		ask();
}

/* ---- what PyTorch calls ---- */

void mv_aftermath_translate(const void *exception) MV_TORCH_EXPORTED(TRANSLATE);

void mv_aftermath_translate(const void *exception)
{
	static void *kept;
	translate_fn real = (translate_fn)mv_torch_real(&kept, LIBRARY, TRANSLATE);
	int saved;

	if (real)
		real(exception);
	saved = errno;
	look_back();
	errno = saved;
}
