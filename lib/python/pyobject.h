/* SPDX-License-Identifier: Apache-2.0 */
/* Python's objects by its own public functions, for whoever may call them.
 *
 * Threads: only one that holds the GIL, but for mv_pyobject_functions; and ADD_PENDING_CALL takes a short lock of Python's
 * own.  Signals: no.  Memory: what Python allocates.  */
#ifndef PYTHON_PYOBJECT_H
#define PYTHON_PYOBJECT_H

#include <stdint.h>
#include <sys/types.h>

/* An object of Python's; a reference that whoever holds it gives back.  */
struct mv_pyobject;

/* PyMethodDef, part of the stable ABI.  */
struct mv_pymethod {
	const char *name;
	struct mv_pyobject *(*function)(struct mv_pyobject *self, struct mv_pyobject *arguments);
	int flags;
	const char *description;
};

enum { MV_PYMETHOD_WITHOUT_ARGUMENTS = 4 };

struct mv_pyfunctions {
	int (*add_pending_call)(int (*function)(void *), void *argument);
	void *(*thread_state)(void);
	struct mv_pyobject *(*current_frame)(void);
	struct mv_pyobject *(*get_attribute)(struct mv_pyobject *of, const char *name);
	struct mv_pyobject *(*module)(struct mv_pyobject *name); /* NULL: not imported */
	struct mv_pyobject *(*import)(const char *name);
	struct mv_pyobject *(*function)(const struct mv_pymethod *method, struct mv_pyobject *self, struct mv_pyobject *module);
	struct mv_pyobject *(*call)(struct mv_pyobject *function, ...);
	struct mv_pyobject *none; /* the object itself */
	struct mv_pyobject *(*string)(const char *bytes);
	struct mv_pyobject *(*empty_code)(const char *file, const char *function, int first_line);
	const char *(*utf8)(struct mv_pyobject *string, ssize_t *length);
	long (*as_long)(struct mv_pyobject *number);
	void (*keep)(struct mv_pyobject *);
	void (*drop)(struct mv_pyobject *);
	void (*clear_error)(void);
	const uint8_t *(*bytes)(struct mv_pyobject *bytes);
	ssize_t (*bytes_size)(struct mv_pyobject *bytes);
};

/* NULL: one was not found.  Those that were stay where they are as long as the interpreter does.  */
const struct mv_pyfunctions *mv_pyobject_functions(void);

/* The functions below are for when all have been found.  */

/* OF's attribute NAME.  NULL: there is none; the error is cleared.  OF may be NULL.  */
struct mv_pyobject *mv_pyobject_get(struct mv_pyobject *of, const char *name);

/* Give O back, unless it is NULL.  */
void mv_pyobject_drop(struct mv_pyobject *o);

/* A function of a class of those that Python has loaded itself; NULL if it is not there.  */
struct mv_pyobject *mv_pyobject_method(const char *module_name, const char *class_name, const char *name);

#endif
