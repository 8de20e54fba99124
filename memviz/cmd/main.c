/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/option.h"
#include "cmd/tell.h"

static const struct mv_command *const commands[] = {
	&mv_command_run,    &mv_command_report, &mv_command_html,
	&mv_command_pack,   &mv_command_snapshot, &mv_command_info,
	&mv_command_check,
};

enum { COMMANDS = sizeof commands / sizeof *commands };

const struct mv_command *mv_command_at(unsigned n)
{
	return n < COMMANDS ? commands[n] : NULL;
}

const struct mv_command *mv_command_named(const char *name)
{
	unsigned i;

	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int unknown(const char *name)
{
	mv_tell("there is no command %s; try memviz help", name);
	return MV_EXIT_USAGE;
}

static void print_overview(FILE *out)
{
	unsigned i;

	fprintf(out, "usage: memviz COMMAND [options] …\n\n"
		     "Shows what fills the memory of a GPU during training, without changing the program.\n\n");
	for (i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "  %-10s %s\n\n", "help", "Say more about a command");
	fprintf(out, "  memviz run -- python train.py    records, and says what filled the card if memory runs out\n");
}

static int help(int argc, char **argv)
{
	const struct mv_command *command = argc > 1 ? mv_command_named(argv[1]) : NULL;

	if (argc > 1 && !command)
		return unknown(argv[1]);
	if (command)
		mv_option_help(command, stdout);
	else
		print_overview(stdout);
	return MV_EXIT_DONE;
}

static int dispatch(int argc, char **argv)
{
	const struct mv_command *command = mv_command_named(argv[0]);
	struct mv_args args;
	int code;

	if (!strcmp(argv[0], "help") || !strcmp(argv[0], "--help") || !strcmp(argv[0], "-h"))
		return help(argc, argv);
	if (!strcmp(argv[0], "--version")) {
		printf("memviz %s\n", MV_VERSION);
		return MV_EXIT_DONE;
	}
	if (!command)
		return unknown(argv[0]);
	code = mv_option_parse(command, argc, argv, &args);
	return code == MV_OPTION_GO_ON ? command->run(&args) : code;
}

int main(int argc, char **argv)
{
	int code;

	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		print_overview(stderr);
		return MV_EXIT_USAGE;
	}
	code = dispatch(argc - 1, argv + 1);
	/* A full disk shows when the last bytes are written.  */
	if (fflush(stdout) || ferror(stdout)) {
		mv_tell("stdout: cannot be written");
		return code ? code : MV_EXIT_BAD;
	}
	return code;
}
