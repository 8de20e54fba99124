/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/author.h"

#include <string.h>

#include "base/text.h"

enum { NAME_BYTES = 48, AUTHORS_MAX = 32, AUTHORS_NAMED = 2 };

struct code {
	const char *code, *name;
};

static const struct code codes[MV_CODE_COUNT] = {
	[MV_CODE_OWN] = {"own", NULL},
	[MV_CODE_LIBRARY] = {"library", NULL},
	[MV_CODE_WRAPPER] = {"wrapper", NULL},
	[MV_CODE_DISPATCH] = {"dispatch", "PyTorch's dispatch"},
	[MV_CODE_AUTOGRAD] = {"autograd", "autograd's engine"},
	[MV_CODE_ALLOCATOR] = {"allocator", "PyTorch's allocator"},
	[MV_CODE_PYTHON] = {"python", "Python"},
	[MV_CODE_CUDA] = {"cuda", "CUDA"},
	[MV_CODE_SYSTEM] = {"system", "the system"},
	[MV_CODE_RECORDER] = {"recorder", "memviz"},
};

const char *mv_author_code(enum mv_code code)
{
	return codes[code].code;
}

/* ---- packages ---- */

/* What stands behind FOLDER in PATH; NULL if it is not in there.  */
static const char *behind(const char *path, const char *folder)
{
	const char *found = strstr(path, folder);

	return found ? found + strlen(folder) : NULL;
}

static const char *within_packages(const char *path)
{
	static const char *const folders[] = {"/site-packages/", "/dist-packages/", "/torch/hub/", "/transformers_modules/"};
	const char *found = NULL;
	size_t i;

	for (i = 0; i < sizeof folders / sizeof *folders && !found; i++)
		found = behind(path, folders[i]);
	return found;
}

/* PyTorch's own libraries are PyTorch, wherever they are installed; others go by their names, as "libnccl".  */
static const char *library(const char *path, size_t *length)
{
	const char *name = mv_text_base_name(path), *suffix = strstr(name, ".so");

	if (mv_text_starts(name, "libtorch") || mv_text_starts(name, "libc10"))
		name = suffix = "torch";
	*length = suffix && suffix > name ? (size_t)(suffix - name) : strlen(name);
	return name;
}

static const char *package(const struct mv_place *place, size_t *length)
{
	static const char suffix[] = ".py";
	const char *found = place->kind == MV_FRAME_NATIVE ? NULL : within_packages(place->file);

	if (place->kind == MV_FRAME_NATIVE)
		return library(place->module, length);
	if (!found)
		found = mv_text_base_name(place->file);
	*length = strcspn(found, "/");
	if (*length > strlen(suffix) && !strcmp(found + *length - strlen(suffix), suffix))
		*length -= strlen(suffix);
	return found;
}

bool mv_author_is_same(const struct mv_place *one, const struct mv_place *other)
{
	size_t length, other_length;
	const char *name = package(one, &length), *other_name = package(other, &other_length);

	return length == other_length && !memcmp(name, other_name, length);
}

void mv_author_write(const struct mv_place *place, char *bytes, size_t size)
{
	struct mv_text text = mv_text_in(bytes, size);
	size_t length;
	const char *name;

	if (place->code == MV_CODE_OWN)
		return;
	name = codes[place->code].name;
	length = name ? strlen(name) : 0;
	if (!name)
		name = package(place, &length);
	mv_text_add_bytes(&text, name, length);
}

/* ---- many frames ---- */

struct authors {
	char names[AUTHORS_MAX][NAME_BYTES];
	size_t frames[AUTHORS_MAX];
	size_t count;
};

static void count_author(struct authors *authors, const struct mv_place *place)
{
	char name[NAME_BYTES];
	size_t i;

	mv_author_write(place, name, sizeof name);
	if (!*name)
		return;
	for (i = 0; i < authors->count && !mv_text_equal(authors->names[i], name); i++)
		;
	if (i == AUTHORS_MAX)
		return;
	if (i == authors->count) {
		memcpy(authors->names[i], name, sizeof name);
		authors->frames[authors->count++] = 0;
	}
	authors->frames[i]++;
}

static size_t largest(const struct authors *authors)
{
	size_t i, best = 0;

	for (i = 1; i < authors->count; i++)
		if (authors->frames[i] > authors->frames[best])
			best = i;
	return best;
}

void mv_author_write_all(const struct mv_place *const *frames, size_t count, char *bytes, size_t size)
{
	struct mv_text text = mv_text_in(bytes, size);
	struct authors authors = {.count = 0};
	size_t i, named;

	for (i = 0; i < count; i++)
		count_author(&authors, frames[i]);
	for (named = 0; named < authors.count && named < AUTHORS_NAMED; named++) {
		size_t best = largest(&authors);

		mv_text_add(&text, named ? ", " : "");
		mv_text_add(&text, authors.names[best]);
		authors.frames[best] = 0;
	}
	if (named < authors.count)
		mv_text_add(&text, " and others");
}
