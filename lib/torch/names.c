/* SPDX-License-Identifier: Apache-2.0 */
/* The names of parameters and buffers: all modules that the garbage collector knows, each named from the outermost module
 * that holds it.  Where several outermost modules have memory (the two halves of a GAN), the names begin with the class
 * of theirs.  */
#include <stdlib.h>

#include "base/hash.h"
#include "base/sys.h"
#include "base/text.h"
#include "torch/owner.h"

enum {
	DEPTH_MAX = 64,
	PATH_BYTES = 512,
	MODULES_MAX = 1 << 18, /* room for them is taken as it is used */
};

struct module {
	PyObject *object; /* ours while we walk */
	bool is_inner;	  /* some module holds it */
	bool is_visited;
};

/* Of so many types it is kept in mind whether their objects are modules; a power of two.  */
enum { TYPES = 512 };

struct known_type {
	PyObject *type; /* borrowed: its objects keep it */
	bool is_module;
};

struct walk {
	const struct mv_tensor_view *view;
	PyObject *module_type;
	struct known_type types[TYPES];
	struct module *modules; /* sorted by OBJECT */
	size_t count;
	size_t roots; /* outermost modules that have memory */
	bool wants_gradients;
	char path_bytes[PATH_BYTES];
	struct mv_text path;
};

/* ---- finding the modules ---- */

/* Hundreds of thousands of objects are of a few hundred types.  */
static bool is_module(struct walk *walk, PyObject *object)
{
	const struct mv_python *python = walk->view->python;
	PyObject *type = python->type_of(object);
	struct known_type *known = &walk->types[mv_hash_u64((uintptr_t)type) % TYPES];

	if (known->type != type) {
		known->type = type;
		known->is_module = type && python->is_subtype(type, walk->module_type);
	}
	if (type)
		python->dec_ref(type);
	return known->is_module;
}

/* A visitor of the garbage collector's: 1 goes on.  It must not let go of any object, and this does not.  */
static int collect(PyObject *object, void *context)
{
	struct walk *walk = context;

	if (!is_module(walk, object) || walk->count == MODULES_MAX)
		return 1;
	walk->view->python->inc_ref(object);
	walk->modules[walk->count++] = (struct module){.object = object};
	return 1;
}

/* From 3.12 on the collector shows its objects; before, it makes a list of them, which takes five times as long.  */
static void collect_all(struct walk *walk)
{
	const struct mv_python *python = walk->view->python;
	PyObject *gc, *objects;
	ptrdiff_t i, count;

	if (python->visit_objects) {
		python->visit_objects(collect, walk);
		return;
	}
	gc = python->import("gc");
	objects = gc ? python->call_method(gc, "get_objects", NULL) : NULL;
	count = objects ? python->list_size(objects) : 0;
	for (i = 0; i < count; i++)
		collect(python->list_item(objects, i), walk);
	python->clear_error();
	if (objects)
		python->dec_ref(objects);
	if (gc)
		python->dec_ref(gc);
}

/* Shell sort: no memory, and few thousand entries at the most.  */
static void sort(struct module *modules, size_t count)
{
	size_t gap, i, at;

	for (gap = count / 2; gap; gap /= 2) {
		for (i = gap; i < count; i++) {
			struct module moved = modules[i];

			for (at = i; at >= gap && modules[at - gap].object > moved.object; at -= gap)
				modules[at] = modules[at - gap];
			modules[at] = moved;
		}
	}
}

static struct module *find(const struct walk *walk, const PyObject *object)
{
	size_t low = 0, high = walk->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (walk->modules[middle].object == object)
			return &walk->modules[middle];
		if (walk->modules[middle].object < object)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* ---- walking them ---- */

/* The dict NAME in the module's __dict__, borrowed: modules keep their parts there, and reading it runs no code of the
 * program's.  */
static PyObject *part(const struct walk *walk, PyObject *module, const char *name)
{
	const struct mv_python *python = walk->view->python;
	PyObject *dict = mv_python_attr(python, module, "__dict__");
	PyObject *value = dict ? python->dict_named(dict, name) : NULL;

	if (dict)
		python->dec_ref(dict);
	return value;
}

static void mark_children(struct walk *walk)
{
	PyObject *key, *value;
	size_t i;

	for (i = 0; i < walk->count; i++) {
		PyObject *children = part(walk, walk->modules[i].object, "_modules");
		ptrdiff_t position = 0;

		while (children && walk->view->python->dict_next(children, &position, &key, &value)) {
			struct module *child = find(walk, value);

			if (child)
				child->is_inner = true;
		}
	}
}

static void append_name(struct walk *walk, const char *name)
{
	if (walk->path.length)
		mv_text_add(&walk->path, ".");
	mv_text_add(&walk->path, name);
}

static void cut_path(struct walk *walk, size_t length)
{
	walk->path.length = length;
	walk->path.bytes[length] = 0;
}

static const char *name_of(const struct walk *walk, PyObject *key)
{
	const char *name = walk->view->python->utf8(key);

	walk->view->python->clear_error();
	return name ? name : "?";
}

static void note_part(struct walk *walk, PyObject *module, const char *which, enum mv_role role)
{
	PyObject *tensors = part(walk, module, which), *key, *value;
	size_t length = walk->path.length;
	ptrdiff_t position = 0;

	while (tensors && walk->view->python->dict_next(tensors, &position, &key, &value)) {
		uint64_t address;

		append_name(walk, name_of(walk, key));
		address = mv_tensor_note(walk->view, value, role, walk->path.bytes, 0);
		if (address && walk->wants_gradients && role == MV_ROLE_PARAMETER)
			mv_tensor_note_gradient(walk->view, value, address);
		cut_path(walk, length);
	}
}

static void note_module(struct walk *walk, struct module *module, int depth)
{
	PyObject *children, *key, *value;
	size_t length = walk->path.length;
	ptrdiff_t position = 0;

	if (!module || module->is_visited || depth > DEPTH_MAX)
		return;
	module->is_visited = true;
	note_part(walk, module->object, "_parameters", MV_ROLE_PARAMETER);
	note_part(walk, module->object, "_buffers", MV_ROLE_BUFFER);
	children = part(walk, module->object, "_modules");
	while (children && walk->view->python->dict_next(children, &position, &key, &value)) {
		append_name(walk, name_of(walk, key));
		note_module(walk, find(walk, value), depth + 1);
		cut_path(walk, length);
	}
}

static bool has_entries(const struct walk *walk, PyObject *module, const char *which)
{
	PyObject *dict = part(walk, module, which), *key, *value;
	ptrdiff_t position = 0;

	return dict && walk->view->python->dict_next(dict, &position, &key, &value);
}

static void count_roots(struct walk *walk)
{
	size_t i;

	for (i = 0; i < walk->count; i++) {
		PyObject *object = walk->modules[i].object;

		if (!walk->modules[i].is_inner &&
		    (has_entries(walk, object, "_parameters") || has_entries(walk, object, "_modules")))
			walk->roots++;
	}
}

static void begin_path(struct walk *walk, PyObject *root)
{
	const struct mv_python *python = walk->view->python;
	PyObject *type = python->type_of(root);
	PyObject *name = mv_python_attr(python, type, "__name__");

	cut_path(walk, 0);
	if (walk->roots > 1 && name)
		mv_text_add(&walk->path, name_of(walk, name));
	if (name)
		python->dec_ref(name);
	if (type)
		python->dec_ref(type);
}

static void note_all(struct walk *walk)
{
	size_t i;

	mark_children(walk);
	count_roots(walk);
	for (i = 0; i < walk->count; i++) {
		if (walk->modules[i].is_inner)
			continue;
		begin_path(walk, walk->modules[i].object);
		note_module(walk, &walk->modules[i], 0);
	}
}

static void walk_modules(struct walk *walk)
{
	void *memory;
	size_t i;

	if (mv_sys_map(MODULES_MAX * sizeof *walk->modules, &memory))
		return;
	walk->modules = memory;
	collect_all(walk);
	sort(walk->modules, walk->count);
	note_all(walk);
	for (i = 0; i < walk->count; i++)
		walk->view->python->dec_ref(walk->modules[i].object);
	mv_sys_unmap(memory, MODULES_MAX * sizeof *walk->modules);
}

void mv_names_walk(const struct mv_tensor_view *view, bool wants_gradients)
{
	const struct mv_python *python = view->python;
	struct walk walk = {.view = view, .wants_gradients = wants_gradients};

	walk.path = mv_text_in(walk.path_bytes, sizeof walk.path_bytes);
	walk.module_type = mv_python_attr(python, mv_python_module(python, "torch.nn.modules.module"), "Module");
	if (!walk.module_type)
		return;
	walk_modules(&walk);
	python->clear_error();
	python->dec_ref(walk.module_type);
}
