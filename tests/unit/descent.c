/* SPDX-License-Identifier: Apache-2.0 */
/* Children that a recorder cannot come to.  Each is a real one, which is known to run when it has said so.  */
#include "unit/harness.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/descent.h"

enum { TEXT = 4096, PATH = 512 };

/* Says that it runs, and waits until nobody is there any more.  With -DBARE it needs no libc, which may not be there for
 * other processors.  */
static const char waits[] =
	"#ifdef BARE\n"
	"static int call(int number, int fd, void *bytes) {\n"
	"	int result;\n"
	"	__asm__ volatile(\"int $0x80\" : \"=a\"(result) : \"a\"(number), \"b\"(fd), \"c\"(bytes), \"d\"(1) : \"memory\");\n"
	"	return result;\n"
	"}\n"
	"void _start(void) { char c = 'r'; call(4, 1, &c); call(3, 0, &c); call(1, 0, 0); }\n"
	"#else\n"
	"#include <unistd.h>\n"
	"int main(void) { char c; return write(1, \"r\", 1) != 1 || read(0, &c, 1) < 0; }\n"
	"#endif\n";

struct child {
	pid_t pid;
	int in, out;
};

/* ---- a workshop ---- */

static char g_folder[64];

static void open_workshop(void)
{
	strcpy(g_folder, "/tmp/memviz-descent-XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(g_folder) != NULL);
}

static void close_workshop(void)
{
	char command[PATH];

	snprintf(command, sizeof command, "rm -r %s", g_folder);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void in_folder(const char *name, char path[PATH])
{
	snprintf(path, PATH, "%s/%s", g_folder, name);
}

/* Build the waiting program as NAME with COMPILER; 0: that is not possible here.  */
static int build(const char *compiler, const char *name)
{
	char command[8 * PATH], source[PATH];
	FILE *file;

	in_folder("waits.c", source);
	file = fopen(source, "w");
	CU_ASSERT_FATAL(file != NULL);
	fputs(waits, file);
	fclose(file);
	/* What cannot run here is not built either.  */
	snprintf(command, sizeof command, "%s -o %s/%s %s 2>/dev/null && { test %s = libcuda.so.1 || %s/%s </dev/null >/dev/null; }",
		 compiler, g_folder, name, source, name, g_folder, name);
	return system(command) == 0;
}

/* Start NAME with ENVIRONMENT, from a process that stays its parent, and wait until it has said that it runs.  */
static struct child start(const char *name, char *const *environment)
{
	int in[2], out[2];
	char path[PATH], byte;
	struct child child;

	in_folder(name, path);
	CU_ASSERT_FATAL(!pipe(in) && !pipe(out));
	child = (struct child){fork(), in[1], out[0]};
	if (!child.pid) {
		pid_t grandchild;
		int status;

		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		grandchild = fork();
		if (!grandchild) {
			execve(path, (char *const[]){path, NULL}, environment);
			_exit(98);
		}
		close(0);
		waitpid(grandchild, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 97);
	}
	close(in[0]);
	close(out[1]);
	CU_ASSERT_EQUAL_FATAL(read(child.out, &byte, 1), 1);
	return child;
}

static void end(struct child *child)
{
	int status;

	close(child->in);
	close(child->out);
	CU_ASSERT_EQUAL(waitpid(child->pid, &status, 0), child->pid);
	CU_ASSERT_EQUAL(status, 0);
}

/* What is told of NAME, started with ENVIRONMENT; of two of them if IS_TWICE.  */
static void told_of(const char *name, char *const *environment, int is_twice, char text[TEXT])
{
	struct child child = start(name, environment), other = is_twice ? start(name, environment) : child;
	struct mv_descent *descent = mv_descent_open();
	int kept = dup(2), file, i;
	char path[PATH];
	ssize_t n;

	for (i = 0; i < 3; i++) {
		CU_ASSERT(mv_descent_look(descent, child.pid) > 0);
		mv_descent_look(descent, other.pid);
	}
	in_folder("said", path);
	file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	dup2(file, 2);
	mv_descent_tell(descent);
	dup2(kept, 2);
	n = pread(file, text, TEXT - 1, 0);
	text[n > 0 ? n : 0] = 0;
	close(file);
	close(kept);
	mv_descent_close(descent);
	/* The later one has inherited the earlier one's pipe.  */
	if (is_twice)
		end(&other);
	end(&child);
}

/* What is told of a program that COMPILER has built must end in WANTED.  */
static void check(const char *compiler, const char *wanted)
{
	char *const environment[] = {NULL};
	char text[TEXT];

	open_workshop();
	if (build(compiler, "waiting")) {
		told_of("waiting", environment, 0, text);
		CU_ASSERT(strstr(text, "memviz: not recorded: waiting (process ") == text);
		CU_ASSERT(strstr(text, wanted) != NULL);
	} else {
		harness_skip(compiler);
	}
	close_workshop();
}

/* ---- tests ---- */

static void static_programs_are_named(void)
{
	check("cc -static", "): is statically linked\n");
}

static void so_are_those_of_another_libc(void)
{
	check("musl-gcc", "): is linked with another libc (musl)\n");
}

static void so_are_those_for_another_processor(void)
{
	check("cc -m32 -DBARE -nostdlib -static -fno-pie -fno-stack-protector -O1", "): is a program for another kind of processor\n");
}

static void so_are_those_with_rights_of_their_own(void)
{
	char *const environment[] = {NULL};
	char text[TEXT], path[PATH];

	open_workshop();
	in_folder("waiting", path);
	if (!build("cc", "waiting") || geteuid() || chown(path, 65534, 65534) || chmod(path, 04755) ||
	    chmod(g_folder, 0711)) {
		harness_skip("not root, or no compiler");
	} else {
		told_of("waiting", environment, 0, text);
		CU_ASSERT(strstr(text, "): runs with rights of its own (setuid or capabilities)\n") != NULL);
	}
	close_workshop();
}

/* A program that is linked with something called like the driver.  */
static void check_user(char *const *environment, const char *wanted)
{
	char command[2 * PATH], text[TEXT];

	open_workshop();
	CU_ASSERT_FATAL(build("cc -shared -fPIC -Dmain=nothing", "libcuda.so.1"));
	snprintf(command, sizeof command, "cc -Wl,--no-as-needed %s/libcuda.so.1", g_folder);
	CU_ASSERT_FATAL(build(command, "waiting"));
	told_of("waiting", environment, 0, text);
	CU_ASSERT(strstr(text, wanted) != NULL);
	close_workshop();
}

static void users_of_cuda_without_the_recorder_are_named_and_a_way_in(void)
{
	char *const stripped[] = {"MEMVIZ_RUN=1-2", NULL}, *const cleared[] = {NULL};
	char *const refused[] = {"MEMVIZ_RUN=1-2", "CUDA_INJECTION64_PATH=/nowhere/libmemviz.so", NULL};

	check_user(stripped, "): was started without LD_PRELOAD, and used CUDA; memviz run --inject records such programs\n");
	check_user(cleared, "): was started with another environment, and used CUDA; LD_PRELOAD and MEMVIZ_OUT can be set");
	check_user(refused, "): did not load the recorder, and used CUDA\n");
}

static void programs_without_cuda_are_nobody_s_business(void)
{
	char *const environment[] = {NULL};
	char text[TEXT];

	open_workshop();
	CU_ASSERT_FATAL(build("cc", "waiting"));
	told_of("waiting", environment, 0, text);
	CU_ASSERT_STRING_EQUAL(text, "");
	close_workshop();
}

static void many_of_one_kind_are_one_line(void)
{
	char *const environment[] = {NULL};
	char text[TEXT];

	open_workshop();
	if (build("cc -static", "waiting")) {
		told_of("waiting", environment, 1, text);
		CU_ASSERT(strstr(text, " and 1 more): is statically linked\n") != NULL);
		CU_ASSERT(strchr(text, '\n') == text + strlen(text) - 1);
	} else {
		harness_skip("no static libc");
	}
	close_workshop();
}

static const struct harness_test tests[] = {
	HARNESS_TEST(static_programs_are_named),
	HARNESS_TEST(so_are_those_of_another_libc),
	HARNESS_TEST(so_are_those_for_another_processor),
	HARNESS_TEST(so_are_those_with_rights_of_their_own),
	HARNESS_TEST(users_of_cuda_without_the_recorder_are_named_and_a_way_in),
	HARNESS_TEST(programs_without_cuda_are_nobody_s_business),
	HARNESS_TEST(many_of_one_kind_are_one_line),
};
HARNESS_MAIN("descent", tests)
