/* SPDX-License-Identifier: Apache-2.0 */
#include "torch/groups.h"

/* A state is a tensor or, for a few optimizers, a list of them.  */
static void note_state(const struct mv_tensor_view *view, PyObject *value, const char *name, uint64_t owner)
{
	ptrdiff_t i, count;

	if (mv_tensor_note(view, value, MV_ROLE_OPTIMIZER, name, owner))
		return;
	count = view->python->list_size(value);
	view->python->clear_error();
	for (i = 0; i < count; i++)
		mv_tensor_note(view, view->python->list_item(value, i), MV_ROLE_OPTIMIZER, name, owner);
}

static void note_states(const struct mv_tensor_view *view, PyObject *states, PyObject *parameter, uint64_t owner)
{
	PyObject *state = states ? view->python->dict_item(states, parameter) : NULL, *key, *value;
	ptrdiff_t position = 0;

	if (!state)
		return;
	while (view->python->dict_next(state, &position, &key, &value)) {
		const char *name = view->python->utf8(key);

		view->python->clear_error();
		note_state(view, value, name, owner);
	}
}

/* STATES NULL: nothing but the parameter.  Returns 1 if that has no name.  */
static size_t note_parameter(const struct mv_tensor_view *view, PyObject *states, PyObject *parameter)
{
	uint64_t owner = mv_tensor_note(view, parameter, MV_ROLE_PARAMETER, NULL, 0);

	if (states) {
		mv_tensor_note_gradient(view, parameter, owner);
		note_states(view, states, parameter, owner);
	}
	return owner && !view->sink->is_named(owner);
}

static size_t note_group(const struct mv_tensor_view *view, PyObject *states, PyObject *group)
{
	PyObject *parameters = group ? view->python->dict_named(group, "params") : NULL;
	ptrdiff_t i, count = parameters ? view->python->list_size(parameters) : 0;
	size_t unnamed = 0;

	for (i = 0; i < count; i++)
		unnamed += note_parameter(view, states, view->python->list_item(parameters, i));
	return unnamed;
}

static size_t note_groups(const struct mv_tensor_view *view, PyObject *optimizer, PyObject *states)
{
	PyObject *groups = mv_python_attr(view->python, optimizer, "param_groups");
	ptrdiff_t i, count = groups ? view->python->list_size(groups) : 0;
	size_t unnamed = 0;

	for (i = 0; i < count; i++)
		unnamed += note_group(view, states, view->python->list_item(groups, i));
	view->python->clear_error();
	if (groups)
		view->python->dec_ref(groups);
	return unnamed;
}

size_t mv_groups_count_unnamed(const struct mv_tensor_view *view, PyObject *optimizer)
{
	return note_groups(view, optimizer, NULL);
}

void mv_groups_note(const struct mv_tensor_view *view, PyObject *optimizer)
{
	PyObject *states = mv_python_attr(view->python, optimizer, "state");

	if (!states)
		return;
	note_groups(view, optimizer, states);
	view->python->dec_ref(states);
}
