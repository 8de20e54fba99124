/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that look whether anybody has touched what is theirs, and programs with much going on at once.  */
#include "gpusim/acts.h"

#include <fcntl.h>
#include <fenv.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memviz/memviz.h"

extern char **environ;

/* ---- what belongs to a process ---- */

enum { SIGNALS = 64, PATH_BYTES = 1024, VARIABLES = 256 };

struct belongings {
	void *handlers[SIGNALS + 1];
	sigset_t mask;
	char folder[PATH_BYTES];
	mode_t mode;
	char *variables[VARIABLES];
	int rounding, flags;
};

static void look(struct belongings *seen)
{
	struct sigaction action;
	int i;

	memset(seen, 0, sizeof *seen);
	for (i = 1; i <= SIGNALS; i++)
		if (!sigaction(i, NULL, &action))
			seen->handlers[i] = (void *)action.sa_handler;
	MUST(!sigprocmask(SIG_SETMASK, NULL, &seen->mask) && getcwd(seen->folder, sizeof seen->folder));
	seen->mode = umask(0);
	umask(seen->mode);
	for (i = 0; environ[i] && i < VARIABLES; i++)
		seen->variables[i] = environ[i];
	seen->rounding = fegetround();
	seen->flags = fetestexcept(FE_ALL_EXCEPT);
}

static void use_all(void)
{
	CUdeviceptr none;

	acts_open_card();
	MUST(!cuMemFree_v2(acts_get(MIB)));
	MUST(cuMemAlloc_v2(&none, (size_t)1 << 40) == CUDA_ERROR_OUT_OF_MEMORY);
	memviz_phase_push("forward");
	memviz_phase_pop();
	memviz_snapshot();
	acts_get(MIB);
}

static void looks_after_its_own(void)
{
	static struct belongings before, after;

	fesetround(FE_UPWARD);
	look(&before);
	use_all();
	look(&after);
	MUST(!memcmp(&before, &after, sizeof before));
}

static int tell_object(struct dl_phdr_info *info, size_t size, void *context)
{
	const char *name = strrchr(info->dlpi_name, '/');

	(void)size, (void)context;
	if (!strstr(info->dlpi_name, "libmemviz"))
		printf("%s\n", name ? name + 1 : info->dlpi_name);
	return 0;
}

static void tells_what_is_loaded(void)
{
	use_all();
	dl_iterate_phdr(tell_object, NULL);
}

/* The driver's code in memory is that in its file.  */
static int compare_code(struct dl_phdr_info *info, size_t size, void *context)
{
	static char bytes[1 << 20];
	FILE *file = strstr(info->dlpi_name, "libcuda.so") ? fopen(info->dlpi_name, "r") : NULL;
	int i;

	(void)size;
	for (i = 0; file && i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
			continue;
		MUST(segment->p_filesz < sizeof bytes && !fseek(file, (long)segment->p_offset, SEEK_SET));
		MUST(fread(bytes, 1, segment->p_filesz, file) == segment->p_filesz);
		MUST(!memcmp(bytes, (const void *)(info->dlpi_addr + segment->p_vaddr), segment->p_filesz));
		++*(int *)context;
	}
	if (file)
		fclose(file);
	return 0;
}

static void compares_the_driver_s_code(void)
{
	int compared = 0;

	use_all();
	dl_iterate_phdr(compare_code, &compared);
	MUST(compared > 0);
}

/* ---- memory ---- */

/* On a thread without a context, where the current one's card would be asked for in vain.  */
static void creates_beside_a_processor(void)
{
	CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED, .location = {CU_MEM_LOCATION_TYPE_HOST_NUMA, 0}};
	CUmemGenericAllocationHandle handle;

	MUST(!cuInit(0) && !cuMemCreate(&handle, 2 * MIB, &prop, 0));
}

/* ---- ends ---- */

static void use_at_the_end(void)
{
	MUST(!cuMemFree_v2(acts_get(MIB)));
	memviz_phase_push("end");
}

__attribute__((destructor)) static void use_after_the_end(void)
{
	if (getenv("ACTS_LATE"))
		use_at_the_end();
}

static void uses_the_card_to_the_end(void)
{
	atexit(use_at_the_end);
	acts_open_card();
	acts_get(MIB);
}

/* ---- descriptors ---- */

static const char OWN[] = "this is mine";
enum { OWN_FILES = 40, TAKES = 100 };

/* Every number that it can have had is the program's now.  */
static void take_all_descriptors(int *files)
{
	int fd, i;

	for (fd = 0; fd < 1024; fd++)
		close(fd);
	for (i = 0; i < 3; i++)
		MUST(open("/dev/null", O_RDWR) == i);
	for (i = 0; i < OWN_FILES; i++) {
		FILE *file = tmpfile();

		files[i] = file ? fileno(file) : -1;
		MUST(files[i] >= 0 && write(files[i], OWN, sizeof OWN) == sizeof OWN);
	}
}

static void check_descriptors(const int *files)
{
	char text[2 * sizeof OWN];
	int i;

	for (i = 0; i < OWN_FILES; i++)
		MUST(pread(files[i], text, sizeof text, 0) == sizeof OWN && !memcmp(text, OWN, sizeof OWN));
}

static void takes_all_descriptors(void)
{
	int files[OWN_FILES];

	acts_open_card();
	acts_get(MIB);
	take_all_descriptors(files);
	use_all();
	check_descriptors(files);
}

/* No number may be anybody else's, and none of these may be closed or read by others, for some tenths of a second.  */
static void takes_descriptors_among_samples(void)
{
	int files[OWN_FILES], i;

	acts_open_card();
	acts_get(MIB);
	for (i = 0; i < TAKES; i++) {
		take_all_descriptors(files);
		check_descriptors(files);
	}
	use_all();
}

static void be_a_daemon(void)
{
	int files[OWN_FILES];

	MUST(setsid() > 0);
	if (fork())
		_exit(0);
	MUST(!chdir("/"));
	take_all_descriptors(files);
	use_all();
	check_descriptors(files);
	exit(0);
}

/* Waits for what a shell would not.  */
static void becomes_a_daemon(void)
{
	int status, ended = 0;

	MUST(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	if (!fork())
		be_a_daemon();
	while (waitpid(-1, &status, 0) > 0) {
		MUST(status == 0);
		ended++;
	}
	MUST(ended == 2);
}

/* ---- much at once ---- */

enum { MANY = 64, ROUNDS = 300, SHARED = 97, CHILDREN = 10 };

static CUdeviceptr g_shared[SHARED];
static int g_stop;

/* What one thread allocates, another frees.  */
static void *exchange(void *argument)
{
	unsigned seed = (unsigned)(uintptr_t)argument;
	int i;

	acts_open_card();
	for (i = 0; i < ROUNDS; i++) {
		CUdeviceptr mine = acts_get(4096 * (size_t)(1 + rand_r(&seed) % 4)), other;

		other = __atomic_exchange_n(&g_shared[rand_r(&seed) % SHARED], mine, __ATOMIC_ACQ_REL);
		MUST(!other || !cuMemFree_v2(other));
	}
	return NULL;
}

/* Prints what is left by the driver's own books.  */
static void sixty_four_threads(void)
{
	pthread_t threads[MANY];
	size_t left = 0, size;
	uintptr_t i;

	acts_open_card();
	for (i = 0; i < MANY; i++)
		MUST(!pthread_create(&threads[i], NULL, exchange, (void *)(i + 1)));
	for (i = 0; i < MANY; i++)
		MUST(!pthread_join(threads[i], NULL));
	for (i = 0; i < SHARED; i++)
		if (g_shared[i]) {
			MUST(!cuMemGetAddressRange_v2(NULL, &size, g_shared[i]));
			left += size;
		}
	printf("%zu\n", left);
}

static void *churn(void *argument)
{
	(void)argument;
	acts_open_card();
	while (!__atomic_load_n(&g_stop, __ATOMIC_RELAXED))
		MUST(!cuMemFree_v2(acts_get(4096)));
	return NULL;
}

static void among_threads(void (*act)(void))
{
	pthread_t busy[3];
	int i;

	acts_open_card();
	for (i = 0; i < 3; i++)
		MUST(!pthread_create(&busy[i], NULL, churn, NULL));
	for (i = 0; i < CHILDREN; i++)
		act();
	__atomic_store_n(&g_stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 3; i++)
		MUST(!pthread_join(busy[i], NULL));
}

static int never(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)info, (void)size, (void)context;
	return 1;
}

/* The loader's locks and malloc's are free in the child, too.  */
static void fork_one_who_tells(void)
{
	int status;
	pid_t child = fork();

	if (!child) {
		MUST(dl_iterate_phdr(never, NULL) == 1);
		free(malloc(100));
		memviz_block_alloc("", MIB, 0, MIB);
		exit(0);
	}
	MUST(waitpid(child, &status, 0) == child && status == 0);
}

static void spawn_one(void)
{
	char *const arguments[] = {"true", NULL};
	pid_t child;
	int status;

	MUST(!posix_spawnp(&child, "true", NULL, NULL, arguments, environ));
	MUST(waitpid(child, &status, 0) == child && status == 0);
	MUST(system("true") == 0);
}

static void children_who_tell(void)
{
	among_threads(fork_one_who_tells);
}

static void spawns_among_threads(void)
{
	among_threads(spawn_one);
}

const struct act acts_manners[] = {
	{"looks_after_its_own", looks_after_its_own},
	{"tells_what_is_loaded", tells_what_is_loaded},
	{"compares_the_driver_s_code", compares_the_driver_s_code},
	{"creates_beside_a_processor", creates_beside_a_processor},
	{"uses_the_card_to_the_end", uses_the_card_to_the_end},
	{"takes_all_descriptors", takes_all_descriptors},
	{"takes_descriptors_among_samples", takes_descriptors_among_samples},
	{"becomes_a_daemon", becomes_a_daemon},
	{"sixty_four_threads", sixty_four_threads},
	{"children_who_tell", children_who_tell},
	{"spawns_among_threads", spawns_among_threads},
	{NULL, NULL},
};
