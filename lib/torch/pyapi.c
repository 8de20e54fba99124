/* SPDX-License-Identifier: Apache-2.0 */
#include "torch/pyapi.h"

#include "base/elf.h"

struct entry {
	const char *symbol;
	size_t offset; /* in struct mv_python */
};

#define ENTRY(field, symbol) {symbol, offsetof(struct mv_python, field)}

static const struct entry may_be_absent = ENTRY(visit_objects, "PyUnstable_GC_VisitObjects");

static const struct entry entries[] = {
	ENTRY(add_pending_call, "Py_AddPendingCall"),
	ENTRY(is_initialized, "Py_IsInitialized"),
	ENTRY(holds_gil, "PyGILState_Check"),
	ENTRY(none, "_Py_NoneStruct"),
	ENTRY(inc_ref, "Py_IncRef"),
	ENTRY(dec_ref, "Py_DecRef"),
	ENTRY(get_attr, "PyObject_GetAttrString"),
	ENTRY(call_method, "PyObject_CallMethod"),
	ENTRY(call, "PyObject_CallObject"),
	ENTRY(new_weak, "PyWeakref_NewRef"),
	ENTRY(new_function, "PyCFunction_NewEx"),
	ENTRY(type_of, "PyObject_Type"),
	ENTRY(is_subtype, "PyType_IsSubtype"),
	ENTRY(tuple_item, "PyTuple_GetItem"),
	ENTRY(list_size, "PyList_Size"),
	ENTRY(list_item, "PyList_GetItem"),
	ENTRY(dict_named, "PyDict_GetItemString"),
	ENTRY(dict_item, "PyDict_GetItem"),
	ENTRY(dict_next, "PyDict_Next"),
	ENTRY(long_as_pointer, "PyLong_AsVoidPtr"),
	ENTRY(utf8, "PyUnicode_AsUTF8"),
	ENTRY(clear_error, "PyErr_Clear"),
	ENTRY(fetch_error, "PyErr_Fetch"),
	ENTRY(restore_error, "PyErr_Restore"),
	ENTRY(modules, "PyImport_GetModuleDict"),
	ENTRY(import, "PyImport_ImportModule"),
};

static bool has_interpreter(const struct mv_elf *elf, void *context)
{
	struct mv_elf *found = context;

	*found = *elf;
	return mv_elf_symbol(elf, entries[0].symbol) != NULL;
}

static bool fill(struct mv_python *python, const struct mv_elf *interpreter, const struct entry *entry)
{
	void *address = mv_elf_symbol(interpreter, entry->symbol);

	*(void **)((char *)python + entry->offset) = address;
	return address != NULL;
}

static bool look_up(struct mv_python *python)
{
	struct mv_elf interpreter;
	size_t i;

	if (!mv_elf_each(has_interpreter, &interpreter))
		return false;
	for (i = 0; i < sizeof entries / sizeof *entries; i++)
		if (!fill(python, &interpreter, &entries[i]))
			return false;
	fill(python, &interpreter, &may_be_absent);
	return true;
}

/* Two threads that look at once write the same.  */
const struct mv_python *mv_python(void)
{
	static struct mv_python python;
	static int is_there;

	if (__atomic_load_n(&is_there, __ATOMIC_ACQUIRE))
		return &python;
	if (!look_up(&python))
		return NULL;
	__atomic_store_n(&is_there, 1, __ATOMIC_RELEASE);
	return &python;
}

PyObject *mv_python_attr(const struct mv_python *python, PyObject *object, const char *name)
{
	PyObject *value = object ? python->get_attr(object, name) : NULL;

	if (!value)
		python->clear_error();
	return value;
}

PyObject *mv_python_module(const struct mv_python *python, const char *name)
{
	PyObject *modules = python->modules();

	return modules ? python->dict_named(modules, name) : NULL;
}

bool mv_python_is_a(const struct mv_python *python, PyObject *object, PyObject *type)
{
	PyObject *own = object && type ? python->type_of(object) : NULL;
	bool is = own && python->is_subtype(own, type);

	if (own)
		python->dec_ref(own);
	return is;
}

/* An interpreter that is loaded need not be running, and then asking it is a crash.  From 3.13 on a thread that has the
 * GIL may lose it while it asks; one that has not only waits.  */
bool mv_python_takes_calls(void)
{
	const struct mv_python *python = mv_python();

	return python && python->is_initialized() && !python->holds_gil();
}

bool mv_python_call_soon(int (*function)(void *argument))
{
	return mv_python_takes_calls() && !mv_python()->add_pending_call(function, NULL);
}
