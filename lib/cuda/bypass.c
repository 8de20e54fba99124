/* SPDX-License-Identifier: Apache-2.0 */
/* Who calls the driver without us.  An object that was opened with RTLD_DEEPBIND finds what it needs itself before what is
 * preloaded; that it was opened so is written down nowhere, but its global offset table shows where its calls lead.
 *
 * The tables of a large library have a million entries, so that those which import nothing of interest are left out, and the
 * others are read until all that is of interest was met.
 *
 * Not seen: functions that an object has looked up and keeps elsewhere; those that it has not called yet where it is bound
 * lazily; other namespaces (dlmopen).  */
#include "base/elf.h"
#include "base/got.h"
#include "base/text.h"
#include "cuda/driver.h"
#include "cuda/hook.h"
#include "cuda/lookup.h"
#include "cuda/watch.h"

enum { OBJECTS_NAMED = 8, MET = 16 };

struct survey {
	struct mv_text *text;
	unsigned count;
	/* In the object under way: */
	unsigned imports;	/* names of interest, */
	unsigned met_count;	/* and those of them that have been met: */
	const char *met[MET];	/* where they stand in its table of strings */
	const char *found;	/* the first function that is reached without us; NULL: none */
};

static bool is_dlsym(const char *name)
{
	return mv_text_equal(name, "dlsym");
}

static bool is_of_driver(const struct mv_hook *hook)
{
	return hook && hook->home == MV_HOME_DRIVER;
}

static bool count_import(const char *name, void *context)
{
	struct survey *survey = context;

	survey->imports += is_dlsym(name) || is_of_driver(mv_hook_named(name));
	return false;
}

/* That of libc, or of whoever stands between it and us.  */
static bool is_other_dlsym(const void *value)
{
	static void *in_libc, *in_libdl;

	return value == (const void *)mv_lookup_next || value == mv_elf_kept(&in_libc, "libc.so.", "dlsym") ||
	       value == mv_elf_kept(&in_libdl, "libdl.so.", "dlsym");
}

/* A function that is called and kept has two places.  */
static void meet(struct survey *survey, const char *name)
{
	unsigned i;

	for (i = 0; i < survey->met_count && i < MET; i++)
		if (survey->met[i] == name)
			return;
	if (i < MET)
		survey->met[survey->met_count++] = name;
}

static bool leads_past(const struct mv_got_place *place, void *context)
{
	const void *value = __atomic_load_n(place->at, __ATOMIC_RELAXED);
	const struct mv_hook *hook = mv_hook_named(place->name);
	struct survey *survey = context;

	if (!is_of_driver(hook) && !is_dlsym(place->name))
		return false;
	if (value && (is_of_driver(hook) ? value == mv_driver_genuine(hook) : is_other_dlsym(value)))
		survey->found = place->name;
	meet(survey, place->name);
	return survey->found || survey->met_count == survey->imports;
}

static void name_object(struct survey *survey, const struct mv_elf *elf)
{
	survey->count++;
	if (survey->count > OBJECTS_NAMED)
		return;
	if (survey->count > 1)
		mv_text_add(survey->text, ", ");
	mv_text_add(survey->text, *elf->path ? mv_text_base_name(elf->path) : "the program");
	mv_text_add(survey->text, " (");
	mv_text_add(survey->text, survey->found);
	mv_text_add(survey->text, ")");
}

/* Objects of the driver's own are meant to find themselves.  */
static bool look_at(const struct mv_elf *elf, void *context)
{
	struct survey *survey = context;

	survey->imports = survey->met_count = 0;
	survey->found = NULL;
	if (!elf->dynamic)
		return false;
	mv_elf_each_import(elf, count_import, survey);
	if (survey->imports && !mv_driver_is_own((const void *)elf->dynamic))
		mv_got_each(elf, leads_past, survey);
	if (survey->found)
		name_object(survey, elf);
	return false;
}

unsigned mv_watch_describe_bypasses(struct mv_text *text)
{
	struct survey survey = {.text = text};

	mv_elf_each(look_at, &survey);
	if (survey.count > OBJECTS_NAMED) {
		mv_text_add(text, " and ");
		mv_text_add_u64(text, survey.count - OBJECTS_NAMED);
		mv_text_add(text, " more");
	}
	return survey.count;
}
