/* SPDX-License-Identifier: Apache-2.0 */
#include "python/check.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "python/frame.h"
#include "python/pyobject.h"
#include "python/pytext.h"

static const struct mv_pyfunctions *g_python;
static struct mv_pycheck g_check;
static struct mv_pyframe g_frames[MV_PYTHON_FRAMES]; /* the main thread's alone */

static bool find_functions(void)
{
	const struct mv_pyfunctions *found = mv_pyobject_functions();

	if (found)
		g_python = found;
	return found;
}

/* True if OF's attribute NAME is the number VALUE; None counts as 0.  */
static bool has_number(struct mv_pyobject *of, const char *name, long value)
{
	struct mv_pyobject *found = mv_pyobject_get(of, name);
	long number = found ? g_python->as_long(found) : 0;

	if (number == -1 && value != -1) {
		g_python->clear_error();
		number = 0;
	}
	mv_pyobject_drop(found);
	return number == value;
}

/* True if OF's attribute NAME is the very object at ADDRESS.  */
static bool has_object(struct mv_pyobject *of, const char *name, uintptr_t address)
{
	struct mv_pyobject *found = mv_pyobject_get(of, name);

	mv_pyobject_drop(found);
	return (uintptr_t)found == address;
}

/* True if our copy of the string STRING is what Python makes of it.  Names longer than the buffer count as equal.  */
static bool reads_text(const struct mv_pylayout *layout, struct mv_pyobject *string)
{
	char copy[512];
	ssize_t length;
	const char *utf8 = string ? g_python->utf8(string, &length) : NULL;

	if (!utf8) {
		g_python->clear_error();
		return true;
	}
	if ((size_t)length > sizeof copy)
		return true;
	return mv_pytext_copy(layout, (uintptr_t)string, copy, sizeof copy) == (size_t)length &&
	       !memcmp(copy, utf8, (size_t)length);
}

static bool reads_attribute(const struct mv_pylayout *layout, struct mv_pyobject *of, const char *name)
{
	struct mv_pyobject *found = mv_pyobject_get(of, name);
	bool is_equal = reads_text(layout, found);

	mv_pyobject_drop(found);
	return is_equal;
}

/* From 3.11 on, bytecode begins within the code object.  One half of it is enough to tell one place from another, and
 * does not reach beyond the object where the place is wrong.  */
static bool has_bytecode(const struct mv_pylayout *layout, struct mv_pyobject *code)
{
	struct mv_pyobject *found = mv_pyobject_get(code, "_co_code_adaptive");
	bool is_equal = true;

	if (found)
		is_equal = !memcmp(g_python->bytes(found), (const char *)code + layout->code_bytecode,
				   (size_t)g_python->bytes_size(found) / 2);
	mv_pyobject_drop(found);
	return is_equal;
}

/* The table of lines is an object of Python's, found where the layout says, with its bytes where the layout says.  */
static bool has_lines(const struct mv_pylayout *layout, struct mv_pyobject *code)
{
	struct mv_pyobject *found = mv_pyobject_get(code, layout->lines == MV_PYLINES_LNOTAB ? "co_lnotab" : "co_linetable");
	uintptr_t table = mv_py_word((uintptr_t)code, layout->code_lines);
	bool is_equal = (uintptr_t)found == table && found &&
			(uintptr_t)g_python->bytes(found) == table + layout->bytes_data &&
			(uint64_t)g_python->bytes_size(found) == mv_py_word(table, layout->bytes_length);

	mv_pyobject_drop(found);
	return is_equal;
}

static bool is_code_right(const struct mv_pylayout *layout, struct mv_pyobject *code)
{
	const char *name = layout->lines == MV_PYLINES_LOCATIONS ? "co_qualname" : "co_name";
	uintptr_t address = (uintptr_t)code;

	return has_object(code, "co_filename", mv_py_word(address, layout->code_file)) &&
	       has_object(code, name, mv_py_word(address, layout->code_name)) &&
	       has_number(code, "co_firstlineno", mv_py_int(address, layout->code_first_line)) &&
	       reads_attribute(layout, code, "co_filename") && reads_attribute(layout, code, name) &&
	       has_lines(layout, code) && has_bytecode(layout, code);
}

static bool is_frame_right(const struct mv_pylayout *layout, const struct mv_pyframe *frame, struct mv_pyobject *theirs)
{
	struct mv_pyobject *code = mv_pyobject_get(theirs, "f_code");
	bool is_right = (uintptr_t)code == frame->code && is_code_right(layout, code) &&
			has_number(theirs, "f_lasti", frame->lasti) &&
			has_number(theirs, "f_lineno", mv_pyframe_line(layout, frame));

	mv_pyobject_drop(code);
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
	uintptr_t thread = (uintptr_t)g_python->thread_state();
	struct mv_pyobject *frame = g_python->current_frame();
	unsigned n, i = 0;
	bool is_right = true, is_cut;

	if (!thread || !frame)
		return true;
	n = mv_pyframe_walk(layout, thread, g_frames, MV_PYTHON_FRAMES, &is_cut);
	if (!are_anchors_right(layout, g_frames, n))
		return false;
	g_python->keep(frame);
	while (frame && is_right && i < n) {
		struct mv_pyobject *back = mv_pyobject_get(frame, "f_back");

		is_right = is_frame_right(layout, &g_frames[i++], frame);
		mv_pyobject_drop(frame);
		frame = back;
	}
	/* The attribute f_back of the outermost frame is None, which has no code.  */
	if (is_right && !is_cut) {
		struct mv_pyobject *code = mv_pyobject_get(frame, "f_code");

		is_right = i == n && !code;
		mv_pyobject_drop(code);
	}
	mv_pyobject_drop(frame);
	return is_right;
}

/* Code whose qualified name is not its name, as is that of every method; this one is there in every version.  */
static bool is_method_right(const struct mv_pylayout *layout)
{
	struct mv_pyobject *method = mv_pyobject_method("_frozen_importlib", "_ModuleLock", "acquire");
	struct mv_pyobject *code = mv_pyobject_get(method, "__code__");
	bool is_right = !code || is_code_right(layout, code);

	mv_pyobject_drop(code);
	mv_pyobject_drop(method);
	return is_right;
}

/* The unit of two bytes that has RESUME; the count of units if none has.  */
static int find_resume(struct mv_pyobject *code, uint8_t resume)
{
	struct mv_pyobject *found = mv_pyobject_get(code, "co_code");
	int units = 0;

	if (found)
		while (2 * units < g_python->bytes_size(found) && g_python->bytes(found)[2 * units] != resume)
			units++;
	mv_pyobject_drop(found);
	return units;
}

static uint8_t first_opcode(struct mv_pyobject *code)
{
	struct mv_pyobject *found = mv_pyobject_get(code, "co_code");
	uint8_t opcode = found && g_python->bytes_size(found) ? *g_python->bytes(found) : 0;

	mv_pyobject_drop(found);
	return opcode;
}

/* A frame has begun when it comes to the first RESUME, which is the first instruction of code that does nothing.  */
static bool has_beginning(const struct mv_pylayout *layout, struct mv_pyobject *code)
{
	struct mv_pyobject *empty = g_python->empty_code("", "", 1);
	bool is_right = !code || !empty ||
			mv_py_int((uintptr_t)code, layout->code_first_traceable) == find_resume(code, first_opcode(empty));

	if (!empty)
		g_python->clear_error();
	mv_pyobject_drop(empty);
	return is_right;
}

/* A generator that has not begun holds its frame, of which only the code object is known: the last place with it.  */
static bool has_owner(const struct mv_pylayout *layout, struct mv_pyobject *generator, struct mv_pyobject *code)
{
	uintptr_t object = (uintptr_t)generator, at;

	for (at = mv_py_word(mv_py_word(object, MV_PYOBJECT_TYPE), MV_PYTYPE_SIZE); at > MV_PYOBJECT_TYPE; at -= sizeof(void *))
		if ((mv_py_word(object + at, layout->frame_code) & ~(uint64_t)layout->tag_mask) == (uintptr_t)code)
			return mv_py_byte(object + at, layout->frame_owner) == MV_PYOWNER_GENERATOR;
	return false;
}

static bool is_generator_right(const struct mv_pylayout *layout)
{
	struct mv_pyobject *function = mv_pyobject_method("_collections_abc", "Sequence", "__iter__");
	struct mv_pyobject *code = mv_pyobject_get(function, "__code__");
	struct mv_pyobject *generator = code ? g_python->call(function, g_python->none, NULL) : NULL;
	bool is_right = !generator || (has_beginning(layout, code) && has_owner(layout, generator, code));

	if (!generator)
		g_python->clear_error();
	mv_pyobject_drop(generator);
	mv_pyobject_drop(code);
	mv_pyobject_drop(function);
	return is_right;
}

/* What is hidden, from 3.11 on: frames that have not begun, unless they are those of generators.  */
static bool is_hiding_right(const struct mv_pylayout *layout)
{
	struct mv_pyobject *method, *code;
	bool is_right;

	if (!layout->code_first_traceable)
		return true;
	method = mv_pyobject_method("_frozen_importlib_external", "FileFinder", "__init__"); /* has a cell to make */
	code = mv_pyobject_get(method, "__code__");
	is_right = has_beginning(layout, code) && is_generator_right(layout);
	mv_pyobject_drop(code);
	mv_pyobject_drop(method);
	return is_right;
}

/* Strings with characters of one, two and four bytes.  */
static bool are_texts_right(const struct mv_pylayout *layout)
{
	static const char *const texts[] = {"na\xc3\xafve", "\xe2\x88\x82\xce\xb4", "\xf0\x9f\xa6\x8a"};
	bool is_right = true;
	size_t i;

	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct mv_pyobject *string = g_python->string(texts[i]);

		is_right = is_right && reads_text(layout, string);
		mv_pyobject_drop(string);
	}
	return is_right;
}

bool mv_pycheck_compare(const struct mv_pylayout *layout)
{
	return find_functions() && is_method_right(layout) && are_texts_right(layout) && is_hiding_right(layout) &&
	       is_chain_right(layout);
}

static struct mv_pyobject *tell_end(struct mv_pyobject *self, struct mv_pyobject *arguments)
{
	(void)self;
	(void)arguments;
	g_check.ends();
	g_python->keep(g_python->none);
	return g_python->none;
}

/* By the module atexit: what is registered there runs before the interpreter is marked as ending.  */
static void watch_end(void)
{
	static const struct mv_pymethod method = {"memviz", tell_end, MV_PYMETHOD_WITHOUT_ARGUMENTS, NULL};
	struct mv_pyobject *module = g_python->import("atexit");
	struct mv_pyobject *enroll = mv_pyobject_get(module, "register");
	struct mv_pyobject *function = g_python->function(&method, NULL, NULL);
	struct mv_pyobject *result = enroll && function ? g_python->call(enroll, function, NULL) : NULL;

	if (!result)
		g_python->clear_error();
	mv_pyobject_drop(result);
	mv_pyobject_drop(function);
	mv_pyobject_drop(enroll);
	mv_pyobject_drop(module);
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
	return g_python->add_pending_call(make_request, NULL) == 0 ? 0 : -EAGAIN;
}
