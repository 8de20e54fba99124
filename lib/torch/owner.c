/* SPDX-License-Identifier: Apache-2.0 */
#include "torch/owner.h"

#include "base/hash.h"
#include "base/sys.h"
#include "torch/aftermath.h"
#include "torch/groups.h"
#include "torch/hook.h"
#include "torch/scopes.h"
#include "torch/steppers.h"
#include "torch/torch.h"

enum owner_state {
	STATE_WAITING,	 /* no hooks yet */
	STATE_ASKED,	 /* a pending call is under way */
	STATE_HOOKED,	 /* each optimizer step tells */
	STATE_IMPOSSIBLE /* this torch has no global step hooks, or this Python lacks something */
};

enum {
	ASK_EVERY = 64,		    /* events between attempts to register, a power of two, */
	ATTEMPTS_MAX = 200,	    /* which have an end */
	NAMES_FIRST_AT = 1 << 10,   /* events after which modules are named though no step has come, */
	NAMES_LAST_AT = 1 << 22,    /* and again each time there are eight times as many */
	WALKS_ALWAYS = 3,	    /* steps that are always told in full; later ones */
	WALK_PART = 4000,	    /* only as often as it costs no more than a quarter of a thousandth of the time */
	NAMES_PART = 50,	    /* without a step, a fiftieth */
	NAMES_WALKS = 3,	    /* for parameters that have none; later ones are only as often as that, too */
};

static int g_state; /* enum owner_state */
static uint64_t g_events, g_attempts, g_steps;
static bool g_is_captured; /* the step that has begun last; with the GIL */
static uint64_t g_walk_end_ns, g_walk_cost_ns; /* of the last walk over an optimizer, */
static uint64_t g_names_end_ns, g_names_cost_ns, g_names_walks; /* and over all modules */

/* How many of an optimizer's parameters have no name though all modules were walked: nobody but it holds them.  */
enum { LOOSE = 16 };
static struct {
	PyObject *optimizer; /* it may be gone, and another in its place */
	size_t count;
} g_loose[LOOSE];

const char *mv_torch_owner_state(void)
{
	if (!mv_torch_labels())
		return MV_TORCH_NOT_WANTED;
	switch ((enum owner_state)__atomic_load_n(&g_state, __ATOMIC_RELAXED)) {
	case STATE_WAITING:
	case STATE_ASKED:
		return "no optimizer of PyTorch's was seen";
	case STATE_HOOKED:
		return "told at each optimizer step";
	case STATE_IMPOSSIBLE:
		return "cannot be had from this PyTorch or Python";
	}
	return "";
}

static void set_state(enum owner_state state)
{
	__atomic_store_n(&g_state, state, __ATOMIC_RELAXED);
}

/* ---- an optimizer's step ---- */

static void walk_names(const struct mv_tensor_view *view)
{
	uint64_t start_ns = mv_sys_monotonic_ns();

	mv_names_walk(view, false);
	g_names_end_ns = mv_sys_monotonic_ns();
	g_names_cost_ns = g_names_end_ns - start_ns;
	g_names_walks++;
}

/* A walk over all modules takes as long as a whole step of a small network.  So it waits for a parameter that has no name
 * and is new, or for its time: there may be modules that nobody optimizes.  What belongs to a parameter takes its name from
 * it, so this comes first.  */
static void see_to_names(const struct mv_tensor_view *view, PyObject *optimizer, uint64_t now_ns)
{
	size_t count = mv_groups_count_unnamed(view, optimizer), at = mv_hash_u64((uintptr_t)optimizer) % LOOSE;
	bool is_due = now_ns - g_names_end_ns >= g_names_cost_ns * WALK_PART;
	bool is_new = count && (g_loose[at].optimizer != optimizer || g_loose[at].count != count);

	if (!is_due && (!is_new || g_names_walks >= NAMES_WALKS))
		return;
	walk_names(view);
	g_loose[at].optimizer = optimizer;
	g_loose[at].count = mv_groups_count_unnamed(view, optimizer);
}

static bool is_worth_it(uint64_t step, uint64_t now_ns)
{
	return step < WALKS_ALWAYS || now_ns - g_walk_end_ns >= g_walk_cost_ns * WALK_PART;
}

/* A step that becomes part of a CUDA graph is taken again and again without Python: what it makes lives with the graph.  */
static bool is_captured(void)
{
	const struct mv_python *python = mv_python();
	PyObject *module = mv_python_module(python, "torch._C");
	PyObject *answer = module ? python->call_method(module, "_cuda_isCurrentStreamCapturing", NULL) : NULL;
	bool is = answer && python->long_as_pointer(answer);

	if (answer)
		python->dec_ref(answer);
	python->clear_error();
	return is;
}

static void visit(PyObject *optimizer, void *view)
{
	mv_groups_note(view, optimizer);
}

/* Tell what the optimizers of this thread hold, if it is time, or else what OPTIMIZER holds, which has stepped OWN_STEPS
 * times, while it is new.  Returns MV_FLAG_TOLD if all were told, otherwise 0.  */
static uint8_t tell(PyObject *optimizer, uint64_t step, uint32_t own_steps)
{
	struct mv_tensor_view view;
	uint64_t start_ns = mv_sys_monotonic_ns();
	bool is_time;

	g_is_captured = is_captured();
	is_time = g_is_captured || is_worth_it(step, start_ns);
	if ((!is_time && own_steps >= WALKS_ALWAYS) || !mv_tensor_view(&view))
		return 0;
	see_to_names(&view, optimizer, start_ns);
	if (!is_time) {
		mv_groups_note(&view, optimizer);
		return 0;
	}
	start_ns = mv_sys_monotonic_ns();
	if (own_steps == MV_STEPPERS_NO)
		mv_groups_note(&view, optimizer);
	mv_steppers_each(view.python, visit, &view);
	g_walk_end_ns = mv_sys_monotonic_ns();
	g_walk_cost_ns = g_walk_end_ns - start_ns;
	return MV_FLAG_TOLD;
}

static PyObject *return_none(const struct mv_python *python)
{
	python->inc_ref(python->none);
	return python->none;
}

#define PHASE_NAME "optimizer step"

/* hook(optimizer, args, kwargs), as torch.optim documents it.  */
static PyObject *before_step(PyObject *self, PyObject *args)
{
	const struct mv_python *python = mv_python();
	const struct mv_sink *sink = mv_torch_sink();
	uint64_t step = __atomic_load_n(&g_steps, __ATOMIC_RELAXED);
	PyObject *optimizer = python->tuple_item(args, 0);
	uint8_t told;

	(void)self;
	told = tell(optimizer, step, mv_steppers_step(python, optimizer));
	if (sink)
		sink->note_phase(true, MV_PHASE_OPTIMIZER, PHASE_NAME, told);
	return return_none(python);
}

/* States that the first steps make are told at once: there may be no second step.  */
static PyObject *after_step(PyObject *self, PyObject *args)
{
	const struct mv_python *python = mv_python();
	const struct mv_sink *sink = mv_torch_sink();
	PyObject *optimizer = python->tuple_item(args, 0);
	uint64_t step = __atomic_fetch_add(&g_steps, 1, __ATOMIC_RELAXED);
	struct mv_tensor_view view;

	(void)self;
	if ((step < WALKS_ALWAYS || mv_steppers_steps(optimizer) <= WALKS_ALWAYS || g_is_captured) && mv_tensor_view(&view))
		mv_groups_note(&view, optimizer);
	if (sink)
		sink->note_phase(false, MV_PHASE_OPTIMIZER, PHASE_NAME, 0);
	return return_none(python);
}

/* ---- registering ---- */

static bool register_hook(const struct mv_python *python, PyObject *module, const char *registrar,
			  struct mv_python_method *method)
{
	PyObject *function = mv_hook_make(python, method);
	PyObject *handle = function ? python->call_method(module, registrar, "O", function) : NULL;

	if (function)
		python->dec_ref(function);
	if (handle)
		python->dec_ref(handle);
	python->clear_error();
	return handle != NULL;
}

/* And what depends on it.  */
static void note_version(const struct mv_python *python)
{
	PyObject *version = mv_python_attr(python, mv_python_module(python, "torch"), "__version__");
	const char *text = version ? python->utf8(version) : NULL;
	const struct mv_sink *sink = mv_torch_sink();

	python->clear_error();
	if (text && sink)
		sink->note_fact("torch", text);
	mv_scopes_watch(text);
	if (version)
		python->dec_ref(version);
}

/* At once: a process that is killed says nothing of it in the end.  */
static void settle(enum owner_state state)
{
	const struct mv_sink *sink = mv_torch_sink();

	set_state(state);
	if (sink)
		sink->note_fact("owners", mv_torch_owner_state());
}

static void register_hooks(const struct mv_python *python)
{
	static struct mv_python_method before = {"memviz_before_step", before_step, 1, NULL};
	static struct mv_python_method after = {"memviz_after_step", after_step, 1, NULL};
	PyObject *module = mv_python_module(python, "torch.optim.optimizer");

	if (!module) {
		set_state(STATE_WAITING);
		return;
	}
	note_version(python);
	if (register_hook(python, module, "register_optimizer_step_pre_hook", &before) &&
	    register_hook(python, module, "register_optimizer_step_post_hook", &after))
		settle(STATE_HOOKED);
	else
		settle(STATE_IMPOSSIBLE);
}

/* Runs in the main thread between two bytecodes.  An error that is on its way there is none of our business.  */
static int pending_register(void *argument)
{
	const struct mv_python *python = mv_python();
	PyObject *type, *value, *trace;

	(void)argument;
	python->fetch_error(&type, &value, &trace);
	register_hooks(python);
	python->restore_error(type, value, trace);
	return 0;
}

/* It may be that the first forward has come just before.  */
static bool is_long_since_names(void)
{
	return !g_names_walks || mv_sys_monotonic_ns() - g_names_end_ns >= g_names_cost_ns * NAMES_PART;
}

static int pending_names(void *argument)
{
	const struct mv_python *python = mv_python();
	PyObject *type, *value, *trace;
	struct mv_tensor_view view;

	(void)argument;
	python->fetch_error(&type, &value, &trace);
	if (is_long_since_names() && mv_tensor_view(&view))
		walk_names(&view);
	python->clear_error();
	python->restore_error(type, value, trace);
	return 0;
}

static void ask_to_register(void)
{
	int waiting = STATE_WAITING;

	if (!mv_python_takes_calls() || __atomic_add_fetch(&g_attempts, 1, __ATOMIC_RELAXED) > ATTEMPTS_MAX)
		return;
	if (!__atomic_compare_exchange_n(&g_state, &waiting, STATE_ASKED, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	if (!mv_python_call_soon(pending_register))
		set_state(STATE_WAITING);
}

/* In the first forward, which may be as far as it gets.  */
static void ask_for_first_names(void)
{
	static bool has_asked;

	if (!mv_torch_has_saved() || __atomic_exchange_n(&has_asked, true, __ATOMIC_RELAXED))
		return;
	if (!mv_python_call_soon(pending_names))
		__atomic_store_n(&has_asked, false, __ATOMIC_RELAXED);
}

/* 1, 8, 64 … times NAMES_FIRST_AT.  */
static bool is_time_for_names(uint64_t events)
{
	if (events < NAMES_FIRST_AT || events > NAMES_LAST_AT || events & (events - 1))
		return false;
	return __builtin_ctzll(events / NAMES_FIRST_AT) % 3 == 0;
}

void mv_torch_tick(void)
{
	uint64_t events = __atomic_add_fetch(&g_events, 1, __ATOMIC_RELAXED);
	enum owner_state state = (enum owner_state)__atomic_load_n(&g_state, __ATOMIC_RELAXED);

	if (!mv_torch_labels())
		return;
	mv_aftermath_tick(events);
	if (state == STATE_WAITING && events % ASK_EVERY == 1)
		ask_to_register();
	if (state != STATE_HOOKED || __atomic_load_n(&g_steps, __ATOMIC_RELAXED))
		return;
	ask_for_first_names();
	if (is_time_for_names(events))
		mv_python_call_soon(pending_names);
}
