/* SPDX-License-Identifier: Apache-2.0 */
/* What a subcommand is: a name, a table of options, a function.  The table drives parsing, --help and the check of the
 * manual pages.  */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include <stdbool.h>

enum mv_exit {
	MV_EXIT_DONE = 0,
	MV_EXIT_BAD = 1,   /* it ran and the answer is bad */
	MV_EXIT_USAGE = 2,
	MV_EXIT_INPUT = 3, /* an input cannot be read */
	/* memviz run, as env, timeout and shells do: */
	MV_EXIT_FAILED = 125,	 /* we failed */
	MV_EXIT_NOT_RUN = 126,	 /* the program cannot be run */
	MV_EXIT_NOT_FOUND = 127, /* there is no such program */
	MV_EXIT_SIGNAL = 128,	 /* plus the signal that ended the program */
};

struct mv_option {
	const char *name; /* "at": --at; NULL ends the table */
	const char *argument; /* for people: "WHEN"; NULL: takes none */
	const char *help;     /* lines after the first are indented by --help */
	char letter;	      /* 'a': -a; 0: none */
};

enum { MV_OPTIONS_MAX = 24 };

/* What was given: VALUE[I] belongs to option I of the table; NULL: not given; "" for options without argument.  */
struct mv_args {
	const char *value[MV_OPTIONS_MAX];
	char **rest;
	int rest_count;
};

struct mv_command {
	const char *name;
	const char *usage;   /* behind the name: "[options] FILE" */
	const char *summary; /* one line */
	const char *details; /* a paragraph for --help; NULL: none */
	const struct mv_option *options;
	int rest_min, rest_max; /* how many arguments beside options; -1: any number */
	bool is_launcher;	/* options end at the first other argument */
	int (*run)(const struct mv_args *args); /* returns enum mv_exit, or a program's status */
};

extern const struct mv_command mv_command_run, mv_command_snapshot, mv_command_info, mv_command_report, mv_command_html,
	mv_command_pack, mv_command_check;

/* The command NAME, NULL if there is none; and number N of all, NULL behind the last.  */
const struct mv_command *mv_command_named(const char *name);
const struct mv_command *mv_command_at(unsigned n);

#endif
