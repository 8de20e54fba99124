/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/option.h"

#include <getopt.h>
#include <string.h>

#include "cmd/tell.h"

enum { HELP = 'h', LONG_ONLY = 256, COLUMN = 26 };

/* ---- reading ---- */

struct tables {
	struct option options[MV_OPTIONS_MAX + 2];
	char letters[2 * MV_OPTIONS_MAX + 8];
	int count;
};

/* What getopt returns for option I: its letter, or a number of its own.  */
static int code_of(const struct mv_command *command, int i)
{
	return command->options[i].letter ? command->options[i].letter : LONG_ONLY + i;
}

static void fill(struct tables *tables, const struct mv_command *command)
{
	char *letter = tables->letters;
	int i;

	memset(tables, 0, sizeof *tables);
	/* A plus: stop at the first argument.  A colon: tell what is missing.  */
	if (command->is_launcher)
		*letter++ = '+';
	*letter++ = ':';
	*letter++ = HELP;
	for (i = 0; command->options[i].name; i++) {
		const struct mv_option *option = &command->options[i];

		tables->options[i] = (struct option){
			.name = option->name,
			.has_arg = option->argument ? required_argument : no_argument,
			.val = code_of(command, i),
		};
		if (!option->letter)
			continue;
		*letter++ = option->letter;
		if (option->argument)
			*letter++ = ':';
	}
	tables->options[i] = (struct option){.name = "help", .has_arg = no_argument, .val = HELP};
	tables->count = i;
}

static int wrong(const struct mv_command *command, const char *what, const char *which)
{
	mv_tell("%s: %s%s; try memviz help %s", command->name, what, which ? which : "", command->name);
	return MV_EXIT_USAGE;
}

static int wrong_option(const struct mv_command *command, char **argv, int code)
{
	char letter[] = {'-', (char)optopt, 0};
	const char *given = optind > 0 ? argv[optind - 1] : "";

	if (optopt && optopt < LONG_ONLY && strncmp(given, "--", 2))
		given = letter;
	return wrong(command, code == ':' ? "an argument is missing behind " : "there is no option ", given);
}

static void keep(const struct mv_command *command, struct mv_args *args, int code)
{
	int i;

	for (i = 0; command->options[i].name; i++)
		if (code_of(command, i) == code)
			args->value[i] = optarg ? optarg : "";
}

static int check_rest(const struct mv_command *command, const struct mv_args *args)
{
	if (args->rest_count < command->rest_min) {
		mv_tell("%s: something is missing: memviz %s %s; try memviz help %s", command->name, command->name,
			command->usage, command->name);
		return MV_EXIT_USAGE;
	}
	if (command->rest_max >= 0 && args->rest_count > command->rest_max)
		return wrong(command, "one too many: ", args->rest[command->rest_max]);
	return MV_OPTION_GO_ON;
}

int mv_option_parse(const struct mv_command *command, int argc, char **argv, struct mv_args *args)
{
	struct tables tables;
	int code;

	fill(&tables, command);
	memset(args, 0, sizeof *args);
	opterr = 0;
	optind = 0;
	while ((code = getopt_long(argc, argv, tables.letters, tables.options, NULL)) != -1) {
		if (code == HELP) {
			mv_option_help(command, stdout);
			return MV_EXIT_DONE;
		}
		if (code == ':' || code == '?')
			return wrong_option(command, argv, code);
		keep(command, args, code);
	}
	args->rest = argv + optind;
	args->rest_count = argc - optind;
	return check_rest(command, args);
}

/* ---- telling ---- */

static void print_indented(const char *text, FILE *out)
{
	const char *end;

	for (; (end = strchr(text, '\n')); text = end + 1)
		fprintf(out, "%.*s\n%*s", (int)(end - text), text, COLUMN, "");
	fprintf(out, "%s\n", text);
}

static void print_option(const struct mv_option *option, FILE *out)
{
	char left[64], letter[] = {'-', option->letter, ',', ' ', 0};

	snprintf(left, sizeof left, "  %s--%s%s%s", option->letter ? letter : "    ", option->name,
		 option->argument ? "=" : "", option->argument ? option->argument : "");
	fprintf(out, "%-*s", COLUMN, left);
	if (strlen(left) >= COLUMN)
		fprintf(out, "\n%*s", COLUMN, "");
	print_indented(option->help, out);
}

void mv_option_help(const struct mv_command *command, FILE *out)
{
	static const struct mv_option help = {.name = "help", .letter = 'h', .help = "this text"};
	int i;

	fprintf(out, "usage: memviz %s %s\n\n%s.\n", command->name, command->usage, command->summary);
	if (command->details)
		fprintf(out, "\n%s\n", command->details);
	fprintf(out, "\n");
	for (i = 0; command->options[i].name; i++)
		print_option(&command->options[i], out);
	print_option(&help, out);
}
