/* SPDX-License-Identifier: Apache-2.0 */
#include "python/check.h"

#include <errno.h>
#include <stddef.h>

#include "base/elf.h"
#include "base/text.h"
#include "python/frame.h"
#include "python/pytext.h"

/* An object of Python's; a reference that whoever holds it gives back.  */
struct object;

/* PyMethodDef, part of the stable ABI.  */
struct method {
	const char *name;
	struct object *(*function)(struct object *self, struct object *arguments);
	int flags;
	const char *description;
};

enum { METHOD_WITHOUT_ARGUMENTS = 4 };

static struct {
	int (*add_pending_call)(int (*function)(void *), void *argument);
	void *(*thread_state)(void);
	struct object *(*current_frame)(void);
	struct object *(*get_attribute)(struct object *of, const char *name);
	struct object *(*module)(struct object *name); /* NULL: not imported */
	struct object *(*import)(const char *name);
	struct object *(*function)(const struct method *method, struct object *self, struct object *module);
	struct object *(*call)(struct object *function, ...);
	struct object *none; /* the object itself */
	struct object *(*string)(const char *bytes);
	struct object *(*empty_code)(const char *file, const char *function, int first_line);
	const char *(*utf8)(struct object *string, ssize_t *length);
	long (*as_long)(struct object *number);
	void (*keep)(struct object *);
	void (*drop)(struct object *);
	void (*clear_error)(void);
	const uint8_t *(*bytes)(struct object *bytes);
	ssize_t (*bytes_size)(struct object *bytes);
} g_python;

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

static struct mv_pycheck g_check;
static struct mv_pyframe g_frames[MV_PYTHON_FRAMES]; /* the main thread's alone */

static bool find_functions(void)
{
	size_t i;

	for (i = 0; i < sizeof functions / sizeof *functions; i++) {
		void *found = mv_elf_symbol_anywhere(functions[i].name, NULL);

		if (!found)
			return false;
		memcpy(functions[i].place, &found, sizeof found);
	}
	return true;
}

/* NULL: there is no such attribute; the error is cleared.  */
static struct object *get(struct object *of, const char *name)
{
	struct object *found = of ? g_python.get_attribute(of, name) : NULL;

	if (!found)
		g_python.clear_error();
	return found;
}

static void drop(struct object *o)
{
	if (o)
		g_python.drop(o);
}

/* True if OF's attribute NAME is the number VALUE; None counts as 0.  */
static bool has_number(struct object *of, const char *name, long value)
{
	struct object *found = get(of, name);
	long number = found ? g_python.as_long(found) : 0;

	if (number == -1 && value != -1) {
		g_python.clear_error();
		number = 0;
	}
	drop(found);
	return number == value;
}

/* True if OF's attribute NAME is the very object at ADDRESS.  */
static bool has_object(struct object *of, const char *name, uintptr_t address)
{
	struct object *found = get(of, name);

	drop(found);
	return (uintptr_t)found == address;
}

/* True if our copy of the string STRING is what Python makes of it.  Names longer than the buffer count as equal.  */
static bool reads_text(const struct mv_pylayout *layout, struct object *string)
{
	char copy[512];
	ssize_t length;
	const char *utf8 = string ? g_python.utf8(string, &length) : NULL;

	if (!utf8) {
		g_python.clear_error();
		return true;
	}
	if ((size_t)length > sizeof copy)
		return true;
	return mv_pytext_copy(layout, (uintptr_t)string, copy, sizeof copy) == (size_t)length &&
	       !memcmp(copy, utf8, (size_t)length);
}

static bool reads_attribute(const struct mv_pylayout *layout, struct object *of, const char *name)
{
	struct object *found = get(of, name);
	bool is_equal = reads_text(layout, found);

	drop(found);
	return is_equal;
}

/* From 3.11 on, bytecode begins within the code object.  One half of it is enough to tell one place from another, and
 * does not reach beyond the object where the place is wrong.  */
static bool has_bytecode(const struct mv_pylayout *layout, struct object *code)
{
	struct object *found = get(code, "_co_code_adaptive");
	bool is_equal = true;

	if (found)
		is_equal = !memcmp(g_python.bytes(found), (const char *)code + layout->code_bytecode,
				   (size_t)g_python.bytes_size(found) / 2);
	drop(found);
	return is_equal;
}

/* The table of lines is an object of Python's, found where the layout says, with its bytes where the layout says.  */
static bool has_lines(const struct mv_pylayout *layout, struct object *code)
{
	struct object *found = get(code, layout->lines == MV_PYLINES_LNOTAB ? "co_lnotab" : "co_linetable");
	uintptr_t table = mv_py_word((uintptr_t)code, layout->code_lines);
	bool is_equal = (uintptr_t)found == table && found &&
			(uintptr_t)g_python.bytes(found) == table + layout->bytes_data &&
			(uint64_t)g_python.bytes_size(found) == mv_py_word(table, layout->bytes_length);

	drop(found);
	return is_equal;
}

static bool is_code_right(const struct mv_pylayout *layout, struct object *code)
{
	const char *name = layout->lines == MV_PYLINES_LOCATIONS ? "co_qualname" : "co_name";
	uintptr_t address = (uintptr_t)code;

	return has_object(code, "co_filename", mv_py_word(address, layout->code_file)) &&
	       has_object(code, name, mv_py_word(address, layout->code_name)) &&
	       has_number(code, "co_firstlineno", mv_py_int(address, layout->code_first_line)) &&
	       reads_attribute(layout, code, "co_filename") && reads_attribute(layout, code, name) &&
	       has_lines(layout, code) && has_bytecode(layout, code);
}

static bool is_frame_right(const struct mv_pylayout *layout, const struct mv_pyframe *frame, struct object *theirs)
{
	struct object *code = get(theirs, "f_code");
	bool is_right = (uintptr_t)code == frame->code && is_code_right(layout, code) &&
			has_number(theirs, "f_lasti", frame->lasti) &&
			has_number(theirs, "f_lineno", mv_pyframe_line(layout, frame));

	drop(code);
	return is_right;
}

/* Anchors lie on the stack, of which the callers' part is that with the higher addresses.  */
static bool are_anchors_right(const struct mv_pylayout *layout, const struct mv_pyframe frames[], unsigned n)
{
	uintptr_t below = (uintptr_t)&below;
	unsigned i;

	if (layout->anchor == MV_PYANCHOR_NONE)
		return true;
	for (i = 0; i < n; i++) {
		if (!frames[i].is_entry)
			continue;
		if (frames[i].anchor <= below)
			return false;
		below = frames[i].anchor;
	}
	return true;
}

static bool is_chain_right(const struct mv_pylayout *layout)
{
	uintptr_t thread = (uintptr_t)g_python.thread_state();
	struct object *frame = g_python.current_frame();
	unsigned n, i = 0;
	bool is_right = true, is_cut;

	if (!thread || !frame)
		return true;
	n = mv_pyframe_walk(layout, thread, g_frames, MV_PYTHON_FRAMES, &is_cut);
	if (!are_anchors_right(layout, g_frames, n))
		return false;
	g_python.keep(frame);
	while (frame && is_right && i < n) {
		struct object *back = get(frame, "f_back");

		is_right = is_frame_right(layout, &g_frames[i++], frame);
		drop(frame);
		frame = back;
	}
	/* The attribute f_back of the outermost frame is None, which has no code.  */
	if (is_right && !is_cut) {
		struct object *code = get(frame, "f_code");

		is_right = i == n && !code;
		drop(code);
	}
	drop(frame);
	return is_right;
}

/* A function of those that Python has loaded itself; NULL if it is not there.  */
static struct object *get_method(const char *module_name, const char *class_name, const char *name)
{
	struct object *key = g_python.string(module_name);
	struct object *module = key ? g_python.module(key) : NULL;
	struct object *class = get(module, class_name);
	struct object *method = get(class, name);

	if (!key || !module)
		g_python.clear_error();
	drop(class);
	drop(module);
	drop(key);
	return method;
}

/* Code whose qualified name is not its name, as is that of every method; this one is there in every version.  */
static bool is_method_right(const struct mv_pylayout *layout)
{
	struct object *method = get_method("_frozen_importlib", "_ModuleLock", "acquire");
	struct object *code = get(method, "__code__");
	bool is_right = !code || is_code_right(layout, code);

	drop(code);
	drop(method);
	return is_right;
}

/* The unit of two bytes that has RESUME; the count of units if none has.  */
static int find_resume(struct object *code, uint8_t resume)
{
	struct object *found = get(code, "co_code");
	int units = 0;

	if (found)
		while (2 * units < g_python.bytes_size(found) && g_python.bytes(found)[2 * units] != resume)
			units++;
	drop(found);
	return units;
}

static uint8_t first_opcode(struct object *code)
{
	struct object *found = get(code, "co_code");
	uint8_t opcode = found && g_python.bytes_size(found) ? *g_python.bytes(found) : 0;

	drop(found);
	return opcode;
}

/* A frame has begun when it comes to the first RESUME, which is the first instruction of code that does nothing.  */
static bool has_beginning(const struct mv_pylayout *layout, struct object *code)
{
	struct object *empty = g_python.empty_code("", "", 1);
	bool is_right = !code || !empty ||
			mv_py_int((uintptr_t)code, layout->code_first_traceable) == find_resume(code, first_opcode(empty));

	if (!empty)
		g_python.clear_error();
	drop(empty);
	return is_right;
}

/* A generator that has not begun holds its frame, of which only the code object is known: the last place with it.  */
static bool has_owner(const struct mv_pylayout *layout, struct object *generator, struct object *code)
{
	uintptr_t object = (uintptr_t)generator, at;

	for (at = mv_py_word(mv_py_word(object, MV_PYOBJECT_TYPE), MV_PYTYPE_SIZE); at > MV_PYOBJECT_TYPE; at -= sizeof(void *))
		if ((mv_py_word(object + at, layout->frame_code) & ~(uint64_t)layout->tag_mask) == (uintptr_t)code)
			return mv_py_byte(object + at, layout->frame_owner) == MV_PYOWNER_GENERATOR;
	return false;
}

static bool is_generator_right(const struct mv_pylayout *layout)
{
	struct object *function = get_method("_collections_abc", "Sequence", "__iter__");
	struct object *code = get(function, "__code__");
	struct object *generator = code ? g_python.call(function, g_python.none, NULL) : NULL;
	bool is_right = !generator || (has_beginning(layout, code) && has_owner(layout, generator, code));

	if (!generator)
		g_python.clear_error();
	drop(generator);
	drop(code);
	drop(function);
	return is_right;
}

/* What is hidden, from 3.11 on: frames that have not begun, unless they are those of generators.  */
static bool is_hiding_right(const struct mv_pylayout *layout)
{
	struct object *method, *code;
	bool is_right;

	if (!layout->code_first_traceable)
		return true;
	method = get_method("_frozen_importlib_external", "FileFinder", "__init__"); /* has a cell to make */
	code = get(method, "__code__");
	is_right = has_beginning(layout, code) && is_generator_right(layout);
	drop(code);
	drop(method);
	return is_right;
}

/* Strings with characters of one, two and four bytes.  */
static bool are_texts_right(const struct mv_pylayout *layout)
{
	static const char *const texts[] = {"na\xc3\xafve", "\xe2\x88\x82\xce\xb4", "\xf0\x9f\xa6\x8a"};
	bool is_right = true;
	size_t i;

	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct object *string = g_python.string(texts[i]);

		is_right = is_right && reads_text(layout, string);
		drop(string);
	}
	return is_right;
}

bool mv_pycheck_compare(const struct mv_pylayout *layout)
{
	return find_functions() && is_method_right(layout) && are_texts_right(layout) && is_hiding_right(layout) &&
	       is_chain_right(layout);
}

static struct object *tell_end(struct object *self, struct object *arguments)
{
	(void)self;
	(void)arguments;
	g_check.ends();
	g_python.keep(g_python.none);
	return g_python.none;
}

/* By the module atexit: what is registered there runs before the interpreter is marked as ending.  */
static void watch_end(void)
{
	static const struct method method = {"memviz", tell_end, METHOD_WITHOUT_ARGUMENTS, NULL};
	struct object *module = g_python.import("atexit");
	struct object *enroll = get(module, "register");
	struct object *function = g_python.function(&method, NULL, NULL);
	struct object *result = enroll && function ? g_python.call(enroll, function, NULL) : NULL;

	if (!result)
		g_python.clear_error();
	drop(result);
	drop(function);
	drop(enroll);
	drop(module);
}

static int make_request(void *argument)
{
	(void)argument;
	g_check.done(mv_pycheck_compare(g_check.layout));
	watch_end();
	return 0;
}

int mv_pycheck_request(const struct mv_pycheck *check)
{
	if (!find_functions())
		return -ENOENT;
	g_check = *check;
	return g_python.add_pending_call(make_request, NULL) == 0 ? 0 : -EAGAIN;
}
