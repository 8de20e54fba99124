/* SPDX-License-Identifier: Apache-2.0 */
/* The part of Python's C API that is used to ask for owners, looked up in the running interpreter: nothing is linked.
 * All of it is the stable ABI but PyUnicode_AsUTF8, which every CPython 3 exports, and what may be absent.
 *
 * To be called only where the interpreter calls us: with the GIL.  Private to lib/torch.  */
#ifndef TORCH_PYAPI_H
#define TORCH_PYAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct _object PyObject;

/* As Python's documentation describes PyMethodDef; FLAGS 1: METH_VARARGS.  */
struct mv_python_method {
	const char *name;
	PyObject *(*function)(PyObject *self, PyObject *args);
	int flags;
	const char *doc;
};

struct mv_python {
	int (*add_pending_call)(int (*function)(void *), void *argument); /* the first three need no GIL */
	int (*is_initialized)(void);
	int (*holds_gil)(void); /* the calling thread */
	PyObject *none;							  /* None itself */
	void (*inc_ref)(PyObject *object);
	void (*dec_ref)(PyObject *object);
	PyObject *(*get_attr)(PyObject *object, const char *name);
	PyObject *(*call_method)(PyObject *object, const char *name, const char *format, ...);
	PyObject *(*call)(PyObject *callable, PyObject *args_or_null);
	PyObject *(*new_weak)(PyObject *object, PyObject *callback);
	PyObject *(*new_function)(struct mv_python_method *method, PyObject *self, PyObject *module);
	PyObject *(*type_of)(PyObject *object);
	int (*is_subtype)(PyObject *type, PyObject *base);
	PyObject *(*tuple_item)(PyObject *tuple, ptrdiff_t index);
	ptrdiff_t (*list_size)(PyObject *list);
	PyObject *(*list_item)(PyObject *list, ptrdiff_t index);
	PyObject *(*dict_named)(PyObject *dict, const char *key);
	PyObject *(*dict_item)(PyObject *dict, PyObject *key);
	int (*dict_next)(PyObject *dict, ptrdiff_t *position, PyObject **key, PyObject **value);
	void *(*long_as_pointer)(PyObject *number);
	const char *(*utf8)(PyObject *string);
	void (*clear_error)(void);
	void (*fetch_error)(PyObject **type, PyObject **value, PyObject **trace);
	void (*restore_error)(PyObject *type, PyObject *value, PyObject *trace);
	PyObject *(*modules)(void);
	PyObject *(*import)(const char *name);
	/* From 3.12 on, otherwise NULL: all that the garbage collector knows, as long as VISIT returns 1.  */
	void (*visit_objects)(int (*visit)(PyObject *object, void *context), void *context);
};

/* The interpreter's functions, NULL if there is none or it lacks one.  Looked up once; a process that loads Python later
 * is looked at again at each call until it does.  */
const struct mv_python *mv_python(void);

/* Have the interpreter call FUNCTION, with the GIL, in the main thread and between two bytecodes.  It returns 0.  False: not
 * now; that is all of mv_python_takes_calls.  To be called without the GIL, and by any thread.  */
bool mv_python_takes_calls(void);
bool mv_python_call_soon(int (*function)(void *argument));

/* Conveniences over them.  None leaves an error set; NULL is what could not be had.  */
PyObject *mv_python_attr(const struct mv_python *python, PyObject *object, const char *name); /* new reference */
PyObject *mv_python_module(const struct mv_python *python, const char *name);		      /* borrowed */
bool mv_python_is_a(const struct mv_python *python, PyObject *object, PyObject *type);

#endif
