/* SPDX-License-Identifier: Apache-2.0 */
#include "torch/hook.h"

/* The compiler knows is_compiling, which is a constant to it, and so never sees what stands behind.  Releases that have no
 * such function have a compiler that is content with any.  */
static const char source[] =
	"def make(hook, is_compiling):\n"
	"    def memviz_hook(*arguments):\n"
	"        if not is_compiling():\n"
	"            return hook(*arguments)\n"
	"    return memviz_hook\n";

/* torch.compiler.is_compiling, a new reference, or NULL.  */
static PyObject *is_compiling(const struct mv_python *python)
{
	return mv_python_attr(python, mv_python_module(python, "torch.compiler"), "is_compiling");
}

/* The function that SOURCE makes, a new reference, or NULL.  */
static PyObject *maker(const struct mv_python *python)
{
	PyObject *builtins = python->import("builtins"), *names, *done, *make = NULL;

	if (!builtins)
		return NULL;
	names = python->call_method(builtins, "dict", NULL);
	done = names ? python->call_method(builtins, "exec", "sO", source, names) : NULL;
	if (done) {
		make = python->dict_named(names, "make");
		python->dec_ref(done);
	}
	if (make)
		python->inc_ref(make);
	if (names)
		python->dec_ref(names);
	python->dec_ref(builtins);
	return make;
}

PyObject *mv_hook_make(const struct mv_python *python, struct mv_python_method *method)
{
	PyObject *function = python->new_function(method, NULL, NULL), *asks = is_compiling(python);
	PyObject *make = function && asks ? maker(python) : NULL;
	PyObject *hook = make ? python->call_method(make, "__call__", "OO", function, asks) : NULL;

	python->clear_error();
	if (make)
		python->dec_ref(make);
	if (asks)
		python->dec_ref(asks);
	if (!hook)
		return function;
	python->dec_ref(function);
	return hook;
}
