/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/command.h"
#include "cmd/naming.h"
#include "cmd/output.h"
#include "cmd/tell.h"
#include "export/packed.h"

enum { OPTION_OUTPUT, OPTION_DEBUG_DIR, OPTION_DEBUGINFOD, OPTION_NO_CACHE };

static const struct mv_option options[] = {
	[OPTION_OUTPUT] = {"output", "FILE", "what to write; - is stdout", 'o'},
	[OPTION_DEBUG_DIR] = MV_NAMING_OPTION_DEBUG_DIR,
	[OPTION_DEBUGINFOD] = MV_NAMING_OPTION_DEBUGINFOD,
	[OPTION_NO_CACHE] = MV_NAMING_OPTION_NO_CACHE,
	{NULL, NULL, NULL, 0},
};

enum { MISSING_LINES = 10 };

#define SUFFIX ".memviz"

/* NAME.memviz becomes NAME.packed.memviz, beside it.  */
static void name_output(const char *path, char output[MV_OUTPUT_PATH_BYTES])
{
	struct mv_text text = mv_text_in(output, MV_OUTPUT_PATH_BYTES);
	size_t length = strlen(path), suffix = strlen(SUFFIX);

	if (length > suffix && mv_text_equal(path + length - suffix, SUFFIX))
		length -= suffix;
	mv_text_add_bytes(&text, path, length);
	mv_text_add(&text, ".packed" SUFFIX);
}

static void tell_missing(struct mv_names *names)
{
	size_t i, count;
	const struct mv_names_object *missing = mv_names_missing(names, &count);
	char id[MV_NAMING_ID_BYTES];

	for (i = 0; i < count && i < MISSING_LINES; i++)
		mv_tell("%s (build id %s): %s", missing[i].path, mv_naming_build_id(&missing[i], id),
			mv_naming_state(missing[i].state));
	if (count > i)
		mv_tell("and %zu more", count - i);
}

static void tell(const char *output, struct mv_names *names, const struct mv_packed *packed)
{
	mv_tell("%s: %u of %u native frames have names%s", output, packed->named, packed->frames,
		mv_names_are_packed(names) ? ", as before: it was packed already" : "");
	tell_missing(names);
}

static int write_packed(const struct mv_recording *recording, struct mv_names *names, const char *path, const char *output)
{
	struct mv_diag diag = {0};
	struct mv_packed packed;
	struct mv_output out;
	struct mv_copy copy;
	int code = MV_EXIT_BAD;

	if (mv_packed_make(recording, names, &copy, &packed, &diag))
		return mv_tell_diag(path, &diag);
	if (mv_output_open(&out, output)) {
		/* What went wrong is found when the output is finished.  */
		fwrite(copy.bytes, 1, copy.size_bytes, out.file);
		code = mv_output_finish(&out) ? MV_EXIT_DONE : MV_EXIT_BAD;
	}
	if (code == MV_EXIT_DONE)
		tell(output, names, &packed);
	mv_copy_release(&copy);
	return code;
}

static int pack(const struct mv_args *args, const char *path, const char *output)
{
	struct mv_recording *recording;
	struct mv_diag diag = {0};
	struct mv_naming naming;
	struct mv_names *names;
	int code = MV_EXIT_BAD;

	if (mv_recording_open(path, &recording, &diag))
		return mv_tell_recording(path, &diag);
	mv_naming_read(&naming, &(struct mv_naming_choice){args->value[OPTION_DEBUG_DIR], args->value[OPTION_DEBUGINFOD],
							   args->value[OPTION_NO_CACHE]});
	if (mv_names_open(recording, &naming.sources, &names))
		mv_tell("out of memory");
	else
		code = write_packed(recording, names, path, output);
	mv_names_close(names);
	mv_recording_close(recording);
	return code;
}

static int run(const struct mv_args *args)
{
	const char *path = args->rest[0], *output = args->value[OPTION_OUTPUT];
	char beside[MV_OUTPUT_PATH_BYTES];

	if (!output) {
		name_output(path, beside);
		output = beside;
	}
	if (!mv_output_spares(output, path))
		return MV_EXIT_USAGE;
	return pack(args, path, output);
}

const struct mv_command mv_command_pack = {
	.name = "pack",
	.usage = "[options] FILE",
	.summary = "Make a copy that carries the names of its C and C++ functions",
	.details = "For a machine that has none of the libraries: there, every command shows the copy\n"
		   "as it shows FILE here. FILE stays as it is; the copy is NAME.packed.memviz beside\n"
		   "it, or as -o says.",
	.options = options,
	.rest_min = 1,
	.rest_max = 1,
	.run = run,
};
