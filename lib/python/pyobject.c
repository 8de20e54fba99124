/* SPDX-License-Identifier: Apache-2.0 */
#include "python/pyobject.h"

#include <stddef.h>
#include <string.h>

#include "base/elf.h"

static struct mv_pyfunctions g_python;

static const struct {
	const char *name;
	void *place;
} functions[] = {
	{"Py_AddPendingCall", &g_python.add_pending_call},
	{"PyGILState_GetThisThreadState", &g_python.thread_state},
	{"PyEval_GetFrame", &g_python.current_frame},
	{"PyObject_GetAttrString", &g_python.get_attribute},
	{"PyImport_GetModule", &g_python.module},
	{"PyImport_ImportModule", &g_python.import},
	{"PyCFunction_NewEx", &g_python.function},
	{"PyObject_CallFunctionObjArgs", &g_python.call},
	{"_Py_NoneStruct", &g_python.none},
	{"PyUnicode_FromString", &g_python.string},
	{"PyCode_NewEmpty", &g_python.empty_code},
	{"PyUnicode_AsUTF8AndSize", &g_python.utf8},
	{"PyLong_AsLong", &g_python.as_long},
	{"Py_IncRef", &g_python.keep},
	{"Py_DecRef", &g_python.drop},
	{"PyErr_Clear", &g_python.clear_error},
	{"PyBytes_AsString", &g_python.bytes},
	{"PyBytes_Size", &g_python.bytes_size},
};

const struct mv_pyfunctions *mv_pyobject_functions(void)
{
	size_t i;

	for (i = 0; i < sizeof functions / sizeof *functions; i++) {
		void *found = mv_elf_symbol_anywhere(functions[i].name, NULL);

		if (!found)
			return NULL;
		memcpy(functions[i].place, &found, sizeof found);
	}
	return &g_python;
}

struct mv_pyobject *mv_pyobject_get(struct mv_pyobject *of, const char *name)
{
	struct mv_pyobject *found = of ? g_python.get_attribute(of, name) : NULL;

	if (!found)
		g_python.clear_error();
	return found;
}

void mv_pyobject_drop(struct mv_pyobject *o)
{
	if (o)
		g_python.drop(o);
}

struct mv_pyobject *mv_pyobject_method(const char *module_name, const char *class_name, const char *name)
{
	struct mv_pyobject *key = g_python.string(module_name);
	struct mv_pyobject *module = key ? g_python.module(key) : NULL;
	struct mv_pyobject *class = mv_pyobject_get(module, class_name);
	struct mv_pyobject *method = mv_pyobject_get(class, name);

	if (!key || !module)
		g_python.clear_error();
	mv_pyobject_drop(class);
	mv_pyobject_drop(module);
	mv_pyobject_drop(key);
	return method;
}
