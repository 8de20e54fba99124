/* SPDX-License-Identifier: Apache-2.0 */
#include "torch/steppers.h"

/* One that has died leaves its slot to the next.  */
struct stepper {
	PyObject *object; /* only compared; NULL: never used */
	PyObject *weak;	  /* ours */
	const void *thread;
	uint32_t steps;
};

static struct stepper g_steppers[MV_STEPPERS];
static size_t g_count;
static bool g_is_busy;

static const void *this_thread(void)
{
	static __thread char t_here __attribute__((tls_model("initial-exec")));

	return &t_here;
}

static bool enter(void)
{
	return !__atomic_test_and_set(&g_is_busy, __ATOMIC_ACQUIRE);
}

static void leave(void)
{
	__atomic_clear(&g_is_busy, __ATOMIC_RELEASE);
}

/* A new reference, or NULL: it has died.  */
static PyObject *living(const struct mv_python *python, const struct stepper *stepper)
{
	PyObject *object = stepper->weak ? python->call(stepper->weak, NULL) : NULL;

	if (!object)
		python->clear_error();
	if (object != python->none)
		return object;
	python->dec_ref(object);
	return NULL;
}

static bool is_alive(const struct mv_python *python, const struct stepper *stepper)
{
	PyObject *object = living(python, stepper);

	if (object)
		python->dec_ref(object);
	return object != NULL;
}

/* The slot of OPTIMIZER, or one that it may have: a dead one's or a new one; NULL: all are taken.  */
static struct stepper *slot_for(const struct mv_python *python, PyObject *optimizer)
{
	struct stepper *dead = NULL;
	size_t i;

	for (i = 0; i < g_count; i++)
		if (g_steppers[i].object == optimizer && is_alive(python, &g_steppers[i]))
			return &g_steppers[i];
	for (i = 0; i < g_count && !dead; i++)
		if (!is_alive(python, &g_steppers[i]))
			dead = &g_steppers[i];
	if (!dead && g_count < MV_STEPPERS)
		dead = &g_steppers[g_count++];
	if (!dead)
		return NULL;
	if (dead->weak)
		python->dec_ref(dead->weak);
	*dead = (struct stepper){.object = optimizer, .weak = python->new_weak(optimizer, NULL)};
	if (!dead->weak)
		python->clear_error();
	return dead;
}

uint32_t mv_steppers_step(const struct mv_python *python, PyObject *optimizer)
{
	struct stepper *stepper;
	uint32_t steps = MV_STEPPERS_NO;

	if (!enter())
		return steps;
	stepper = slot_for(python, optimizer);
	if (stepper) {
		stepper->thread = this_thread();
		steps = stepper->steps;
		stepper->steps += steps < MV_STEPPERS_NO - 1;
	}
	leave();
	return steps;
}

uint32_t mv_steppers_steps(const PyObject *optimizer)
{
	uint32_t steps = MV_STEPPERS_NO;
	size_t i;

	if (!enter())
		return steps;
	for (i = 0; i < g_count; i++)
		if (g_steppers[i].object == optimizer)
			steps = g_steppers[i].steps;
	leave();
	return steps;
}

void mv_steppers_each(const struct mv_python *python, void (*visit)(PyObject *optimizer, void *context), void *context)
{
	size_t i;

	if (!enter())
		return;
	for (i = 0; i < g_count; i++) {
		PyObject *optimizer = g_steppers[i].thread == this_thread() ? living(python, &g_steppers[i]) : NULL;

		if (!optimizer)
			continue;
		visit(optimizer, context);
		python->dec_ref(optimizer);
	}
	leave();
}
