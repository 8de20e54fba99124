/* SPDX-License-Identifier: Apache-2.0 */
/* A library that is preloaded before the recorder, and so stands between it and a program: it hands on what the program
 * gets when it looks up functions of the driver's, and writes for each, into the file SPY_OUT, a line
 *
 *	VERDICT NAME CALLER
 *
 * NAME is what the driver itself answers with, as it exports it, or what was asked for (- for an empty name); CALLER the object that asked.
 * VERDICT: wrapped (the recorder's function came), passed (the driver's), absent (the driver has none), or WRONG.  */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/elf.h"
#include "base/text.h"
#include "gpusim/verdict.h"

typedef int (*four_fn)(const char *name, void **function, int version, uint64_t flags);
typedef int (*five_fn)(const char *name, void **function, int version, uint64_t flags, int *status);

static void write_line(const char *verdict, const char *name, const void *caller)
{
	static int fd = -1;
	struct mv_elf elf = {.path = ""};

	if (fd < 0)
		fd = open(getenv("SPY_OUT"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	mv_elf_holding(caller, &elf);
	dprintf(fd, "%s %s %s\n", verdict, name, *elf.path ? mv_text_base_name(elf.path) : "program");
}

static void judge(const char *name, void *genuine, void *given, const void *caller)
{
	if (given != verdict_expected(name, genuine))
		write_line("WRONG", name, caller);
	else
		write_line(!genuine ? "absent" : given == genuine ? "passed" : "wrapped", name, caller);
}

/* ---- cuGetProcAddress ---- */

static four_fn four; /* the recorder's */
static five_fn five;

static void stand_before(void **function);

static void judge_answer(const char *asked, void *genuine, void *given, const void *caller)
{
	judge(genuine ? verdict_name(genuine) : *asked ? asked : "-", genuine, given, caller);
}

/* What CALLER was told, ERR and *FUNCTION, beside the driver's own answer.  */
static void judge_call(const char *name, bool is_same_error, void *genuine, int err, void **function, const void *caller)
{
	if (!is_same_error)
		write_line("WRONG", "error", caller);
	else if (!err)
		judge_answer(name, genuine, *function, caller);
	if (!err)
		stand_before(function);
}

static int spy_four(const char *name, void **function, int version, uint64_t flags)
{
	four_fn own = (four_fn)verdict_genuine("cuGetProcAddress");
	void *genuine = NULL;
	int err = four(name, function, version, flags);
	int genuine_err = own(name, &genuine, version, flags);

	judge_call(name, genuine_err == err, genuine, err, function, __builtin_return_address(0));
	return err;
}

static int spy_five(const char *name, void **function, int version, uint64_t flags, int *status)
{
	five_fn own = (five_fn)verdict_genuine("cuGetProcAddress_v2");
	int genuine_status = 0, err = five(name, function, version, flags, status);
	void *genuine = NULL;
	int genuine_err = own(name, &genuine, version, flags, &genuine_status);

	judge_call(name, genuine_err == err && (!status || *status == genuine_status), genuine, err, function,
	      __builtin_return_address(0));
	return err;
}

/* What the resolver is found with, by name or through itself, is spied upon, too.  */
static void stand_before(void **function)
{
	void *recorder_s_four = verdict_expected("cuGetProcAddress", verdict_genuine("cuGetProcAddress"));
	void *recorder_s_five = verdict_expected("cuGetProcAddress_v2", verdict_genuine("cuGetProcAddress_v2"));

	if (*function && *function == recorder_s_four) {
		four = (four_fn)*function;
		*function = (void *)spy_four;
	} else if (*function && *function == recorder_s_five) {
		five = (five_fn)*function;
		*function = (void *)spy_five;
	}
}

/* ---- dlsym ---- */

typedef void *(*dlsym_fn)(void *handle, const char *name);

static dlsym_fn next(void)
{
	static dlsym_fn found;
	struct mv_elf elf;

	if (!found && mv_elf_find("libmemviz.so", &elf))
		found = (dlsym_fn)mv_elf_symbol(&elf, "dlsym");
	return found;
}

static int is_of_driver(const char *name)
{
	return name && name[0] == 'c' && name[1] == 'u' && name[2] >= 'A' && name[2] <= 'Z';
}

/* Everything else is a jump, for the meaning of RTLD_NEXT depends on who calls.  */
__attribute__((visibility("default"), optimize("O2"))) void *dlsym(void *handle, const char *name)
{
	void *given;

	if (!is_of_driver(name))
		return next()(handle, name);
	given = next()(handle, name);
	judge(name, verdict_genuine(name), given, __builtin_return_address(0));
	stand_before(&given);
	return given;
}
