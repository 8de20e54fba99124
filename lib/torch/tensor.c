/* SPDX-License-Identifier: Apache-2.0 */
#include "torch/tensor.h"

#include "torch/torch.h"
#include "torch/turn.h"

enum { DEPTH_MAX = 4 }; /* classes around tensors within each other */

bool mv_tensor_view(struct mv_tensor_view *view)
{
	PyObject *torch, *parameter;

	view->python = mv_python();
	view->sink = mv_torch_sink();
	view->is_apart = false;
	if (!view->python || !view->sink)
		return false;
	torch = mv_python_module(view->python, "torch");
	parameter = mv_python_module(view->python, "torch.nn.parameter");
	view->tensor_type = mv_python_attr(view->python, torch, "Tensor");
	view->parameter_type = mv_python_attr(view->python, parameter, "Parameter");
	if (!view->tensor_type || !view->parameter_type)
		return false;
	/* The modules hold them.  */
	view->python->dec_ref(view->tensor_type);
	view->python->dec_ref(view->parameter_type);
	return true;
}

/* An ordinary tensor, as opposed to one of a class that answers for others.  */
static bool is_plain(const struct mv_tensor_view *view, PyObject *object)
{
	PyObject *type = view->python->type_of(object);
	bool is = type == view->tensor_type || type == view->parameter_type;

	if (type)
		view->python->dec_ref(type);
	return is;
}

static uint64_t data_pointer(const struct mv_python *python, PyObject *tensor)
{
	PyObject *number = python->call_method(tensor, "data_ptr", NULL);
	uint64_t address = 0;

	if (number) {
		address = (uintptr_t)python->long_as_pointer(number);
		python->dec_ref(number);
	}
	python->clear_error();
	return address;
}

/* The tensor that OBJECT's memory is in, a new reference, or NULL.  */
static PyObject *local_tensor(const struct mv_tensor_view *view, PyObject *object)
{
	PyObject *local;

	if (!mv_python_is_a(view->python, object, view->tensor_type))
		return NULL;
	if (!is_plain(view, object)) {
		local = mv_python_attr(view->python, object, "_local_tensor");
		if (local)
			return local;
	}
	view->python->inc_ref(object);
	return object;
}

static bool is_on_card(const struct mv_tensor_view *view, PyObject *tensor)
{
	PyObject *answer = mv_python_attr(view->python, tensor, "is_cuda");
	bool is = answer && view->python->long_as_pointer(answer);

	if (answer)
		view->python->dec_ref(answer);
	view->python->clear_error();
	return is;
}

static uint64_t note_plain(const struct mv_tensor_view *view, PyObject *tensor, enum mv_role role, const char *name,
			   uint64_t owner)
{
	uint64_t address = data_pointer(view->python, tensor);

	if (!address)
		return 0;
	/* A view into a larger block does not begin where memory does; a tensor of the host has no block.  */
	if (!view->sink->note_owner(address, role, name, owner, false) && is_on_card(view, tensor))
		view->sink->note_owner(address, role, name, owner, true);
	return address;
}

/* What PyTorch's protocol for classes around tensors has: (names of attributes that are tensors, anything).  NULL: TENSOR
 * is of no such class.  A new reference.  */
static PyObject *inner_names(const struct mv_tensor_view *view, PyObject *tensor)
{
	const struct mv_python *python = view->python;
	PyObject *both = is_plain(view, tensor) ? NULL : python->call_method(tensor, "__tensor_flatten__", NULL);
	PyObject *names = both ? python->tuple_item(both, 0) : NULL;

	if (names)
		python->inc_ref(names);
	if (both)
		python->dec_ref(both);
	python->clear_error();
	return names;
}

static uint64_t note_within(const struct mv_tensor_view *view, PyObject *tensor, enum mv_role role, const char *name,
			    uint64_t owner, int depth)
{
	const struct mv_python *python = view->python;
	PyObject *names = depth < DEPTH_MAX ? inner_names(view, tensor) : NULL;
	ptrdiff_t i, count = names ? python->list_size(names) : 0;
	uint64_t first = 0;

	for (i = 0; i < count; i++) {
		const char *attribute = python->utf8(python->list_item(names, i));
		PyObject *inner = attribute ? mv_python_attr(python, tensor, attribute) : NULL;
		uint64_t address = inner ? note_within(view, inner, role, name, owner, depth + 1) : 0;

		python->clear_error();
		if (inner)
			python->dec_ref(inner);
		first = first ? first : address;
	}
	if (names)
		python->dec_ref(names);
	python->clear_error();
	return names ? first : note_plain(view, tensor, role, name, owner);
}

uint64_t mv_tensor_note(const struct mv_tensor_view *view, PyObject *object, enum mv_role role, const char *name,
			uint64_t owner)
{
	PyObject *tensor = local_tensor(view, object);
	uint64_t address;

	if (!tensor)
		return 0;
	address = note_within(view, tensor, role, name, owner, 0);
	view->python->dec_ref(tensor);
	return address;
}

/* A new reference, or NULL.  */
static PyObject *gradient_of(const struct mv_tensor_view *view, PyObject *parameter)
{
	PyObject *gradient;

	if (!view->is_apart)
		return mv_python_attr(view->python, parameter, "grad");
	if (!mv_turn_begin_reading())
		return NULL;
	gradient = mv_python_attr(view->python, parameter, "grad");
	mv_turn_end_reading();
	return gradient;
}

void mv_tensor_note_gradient(const struct mv_tensor_view *view, PyObject *parameter, uint64_t owner)
{
	PyObject *gradient = gradient_of(view, parameter);

	if (!gradient)
		return;
	mv_tensor_note(view, gradient, MV_ROLE_GRADIENT, "grad", owner);
	view->python->dec_ref(gradient);
}
