/* SPDX-License-Identifier: Apache-2.0 */
/* What the simulation promises beside answering as CUDA does: settings, capacity, several cards, what it says when it
 * can't, and that it keeps out of the way of a real driver.  MEMVIZ_TEST_RUNTIME says where the programs on the runtime
 * are, but for what their names end in.  */
#include "unit/harness.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "gpusim/api/cuda_copy.h"
#include "gpusim/api/cuda_memory.h"
#include "gpusim/child.h"
#include "gpusim/common/facts.h"

#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

enum { PATH_BYTES = 512, UNABLE = 77 };

static size_t total_bytes(void)
{
	size_t total;

	MUST(!CALL(cuInit)(0));
	MUST(!CALL(cuDeviceTotalMem_v2)(&total, 0));
	return total;
}

static int attribute(CUdevice_attribute number)
{
	int value;

	MUST(!CALL(cuDeviceGetAttribute)(&value, number, 0));
	return value;
}

/* ---- settings ---- */

static void has_three_gib(void)
{
	child_load();
	MUST(total_bytes() == 3 * GIB);
	child_open_card(0);
	MUST(child_free_bytes() == 3 * GIB);
}

static void a_card_has_the_capacity_that_was_asked_for(void)
{
	child_check(has_three_gib, "", SETTINGS("GPUSIM_MEMORY=3GiB"));
	child_check(has_three_gib, "", SETTINGS("GPUSIM_MEMORY=3072M"));
}

static void is_a_hopper(void)
{
	char name[64];
	int version;

	child_load();
	MUST(!CALL(cuInit)(0));
	MUST(!CALL(cuDeviceGetName)(name, sizeof name, 0) && !strcmp(name, "Pretended Card"));
	MUST(attribute(75) == 9 && attribute(76) == 0);
	MUST(!CALL(cuDriverGetVersion)(&version) && version == 12040);
}

static void a_card_is_what_it_was_told_to_be(void)
{
	child_check(is_a_hopper, "", SETTINGS("GPUSIM_CC=9.0", "GPUSIM_NAME=Pretended Card", "GPUSIM_DRIVER=12040"));
}

static void has_a_charged_context(void)
{
	child_load();
	child_open_card(0);
	MUST(child_free_bytes() == 1 * GIB - 300 * MIB);
	MUST(!CALL(cuDevicePrimaryCtxRelease_v2)(0));
	MUST(!CALL(cuDevicePrimaryCtxRetain)(&(CUcontext){0}, 0));
}

static void a_context_is_charged_what_was_set(void)
{
	child_check(has_a_charged_context, "", SETTINGS("GPUSIM_CONTEXT=300MiB"));
}

static void has_the_default_size(void)
{
	child_load();
	MUST(total_bytes() == 80 * GIB);
}

static void a_bad_size_is_one_line_and_the_default(void)
{
	child_check(has_the_default_size, "gpusim: GPUSIM_MEMORY=plenty can't be used; taking 80GiB\n",
	      SETTINGS("GPUSIM_MEMORY=plenty"));
}

static void has_one_card(void)
{
	int count;

	child_load();
	MUST(!CALL(cuInit)(0));
	MUST(!CALL(cuDeviceGetCount)(&count) && count == 1);
}

static void other_bad_settings_are_a_line_each(void)
{
	child_check(has_one_card,
	      "gpusim: GPUSIM_DEVICES=17 can't be used; taking 1\n"
	      "gpusim: GPUSIM_CC=new can't be used; taking 8.0\n"
	      "gpusim: GPUSIM_BACKING=disk can't be used; taking none\n",
	      SETTINGS("GPUSIM_DEVICES=17", "GPUSIM_CC=new", "GPUSIM_BACKING=disk"));
}

/* ---- capacity ---- */

/* Pages of 2 MiB until there is none left; then one byte more, and again when one page was given back.  */
static void fills_the_card(void)
{
	const size_t page = 2 * MIB, pages = 1 * GIB / page;
	CUdeviceptr ptr = 0, none;

	child_load();
	child_open_card(0);
	for (size_t i = 0; i < pages; i++)
		MUST(!CALL(cuMemAlloc_v2)(&ptr, page));
	MUST(child_free_bytes() == 0);
	MUST(CALL(cuMemAlloc_v2)(&none, 1) == CUDA_ERROR_OUT_OF_MEMORY);
	MUST(!CALL(cuMemFree_v2)(ptr));
	MUST(CALL(cuMemAlloc_v2)(&ptr, page + 1) == CUDA_ERROR_OUT_OF_MEMORY);
	MUST(!CALL(cuMemAlloc_v2)(&ptr, 1));
	MUST(child_free_bytes() == 0);
}

static void memory_runs_out_exactly_at_the_capacity(void)
{
	child_check(fills_the_card, "", NULL);
}

static void takes_all_at_once(void)
{
	CUdeviceptr ptr;

	child_load();
	child_open_card(0);
	MUST(CALL(cuMemAlloc_v2)(&ptr, 1 * GIB + 1) == CUDA_ERROR_OUT_OF_MEMORY);
	MUST(!CALL(cuMemAlloc_v2)(&ptr, 1 * GIB));
}

static void the_whole_card_can_be_one_allocation(void)
{
	child_check(takes_all_at_once, "", NULL);
}

/* ---- cards ---- */

static void uses_the_fourth_of_eight(void)
{
	CUdeviceptr ptr;
	int count;

	child_load();
	child_open_card(3);
	MUST(!CALL(cuDeviceGetCount)(&count) && count == 8);
	MUST(!CALL(cuMemAlloc_v2)(&ptr, 100 * MIB));
	MUST(child_free_bytes() == 1 * GIB - 100 * MIB);
	for (int i = 0; i < count; i++) {
		child_open_card(i);
		MUST(child_free_bytes() == 1 * GIB - (i == 3 ? 100 * MIB : 0));
	}
}

static void each_card_has_memory_of_its_own(void)
{
	child_check(uses_the_fourth_of_eight, "", SETTINGS("GPUSIM_DEVICES=8"));
}

static void sees_two_of_three(void)
{
	char first[32], second[32];
	int count;

	child_load();
	MUST(!CALL(cuInit)(0));
	MUST(!CALL(cuDeviceGetCount)(&count) && count == 2);
	MUST(!CALL(cuDeviceGetPCIBusId)(first, sizeof first, 0));
	MUST(!CALL(cuDeviceGetPCIBusId)(second, sizeof second, 1));
	MUST(strcmp(first, second) > 0);
}

static void hidden_cards_are_not_seen(void)
{
	child_check(sees_two_of_three, "", SETTINGS("GPUSIM_DEVICES=3", "CUDA_VISIBLE_DEVICES=2,0"));
}

/* ---- what lies in memory ---- */

static void copy_there_and_back(char *bytes, size_t size)
{
	CUdeviceptr ptr;

	child_load();
	child_open_card(0);
	MUST(!CALL(cuMemAlloc_v2)(&ptr, size));
	MUST(!CALL(cuMemcpyHtoD_v2)(ptr, bytes, size));
	memset(bytes, 1, size);
	MUST(!CALL(cuMemcpyDtoH_v2)(bytes, ptr, size));
}

static void reads_zeros(void)
{
	char bytes[] = "what was written";

	copy_there_and_back(bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		MUST(!bytes[i]);
}

static void reads_what_it_wrote(void)
{
	char bytes[] = "what was written";

	copy_there_and_back(bytes, sizeof bytes);
	MUST(!strcmp(bytes, "what was written"));
}

static void without_backing_copies_read_zeros(void)
{
	child_check(reads_zeros, "", NULL);
	child_check(reads_zeros, "", SETTINGS("GPUSIM_BACKING=none"));
}

static void with_backing_copies_are_real(void)
{
	child_check(reads_what_it_wrote, "", SETTINGS("GPUSIM_BACKING=host"));
}

/* ---- what is not simulated ---- */

/* A program goes on after it, so the library must neither end it nor say the same again.  */
static void calls_what_is_not_there(void)
{
	CUresult (*create)(void *group, const void *properties);

	child_load();
	create = (CUresult(*)(void *, const void *))child_find("cuMulticastCreate");
	MUST(create(NULL, NULL) == CUDA_ERROR_NOT_SUPPORTED);
	MUST(create(NULL, NULL) == CUDA_ERROR_NOT_SUPPORTED);
	child_open_card(0);
}

static void what_is_not_simulated_says_its_name_once(void)
{
	child_check(calls_what_is_not_there, "gpusim: cuMulticastCreate is not simulated\n", NULL);
}

/* ---- beside a real driver ---- */

static void a_real_driver_is_known_by_its_device_or_folder(void)
{
	CU_ASSERT_TRUE(mv_facts_is_real("/dev/null", "/no/such/folder"));
	CU_ASSERT_TRUE(mv_facts_is_real("/no/such/device", "/proc"));
	CU_ASSERT_FALSE(mv_facts_is_real("/no/such/device", "/no/such/folder"));
}

/* A folder in which there is nothing but the device of a real driver, to be a child's root.  */
static char root[64];

static void at_root(char path[PATH_BYTES], const char *name)
{
	snprintf(path, PATH_BYTES, "%s%s", root, name);
}

static void make_root(void)
{
	char path[PATH_BYTES];

	strcpy(root, "/tmp/memviz-root-XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(root) != NULL);
	at_root(path, "/dev");
	CU_ASSERT_FATAL(!mkdir(path, 0755));
	at_root(path, MV_FACTS_REAL_DEVICE);
	close(open(path, O_CREAT | O_WRONLY, 0644));
}

static void remove_root(void)
{
	char path[PATH_BYTES];

	at_root(path, MV_FACTS_REAL_DEVICE);
	unlink(path);
	at_root(path, "/dev");
	rmdir(path);
	rmdir(root);
}

/* Load the library and enter the folder; end the child if that can't be done.  */
static void enter_root(void)
{
	child_load();
	if (chroot(root) && (unshare(CLONE_NEWUSER) || chroot(root)))
		_exit(UNABLE);
}

static void finds_no_card(void)
{
	enter_root();
	MUST(CALL(cuInit)(0) == CUDA_ERROR_NO_DEVICE);
	MUST(CALL(cuInit)(0) == CUDA_ERROR_NO_DEVICE);
}

static void finds_a_card(void)
{
	enter_root();
	MUST(CALL(cuInit)(0) == CUDA_SUCCESS);
}

static void beside_a_real_driver_there_is_no_card_unless_forced(void)
{
	struct child child;

	make_root();
	child_run(&child, finds_no_card, SETTINGS("GPUSIM_FORCE=0"));
	if (WIFEXITED(child.status) && WEXITSTATUS(child.status) == UNABLE) {
		harness_skip("this needs the right to change the root folder");
	} else {
		CU_ASSERT_EQUAL(child.status, 0);
		CU_ASSERT_STRING_EQUAL(child.err, "gpusim: this machine has an NVIDIA driver; "
						  "GPUSIM_FORCE=1 simulates all the same\n");
		child_check(finds_a_card, "", SETTINGS("GPUSIM_FORCE=1"));
	}
	remove_root();
}

/* ---- on the runtime ---- */

static void start_program(const char *major)
{
	char path[PATH_BYTES];

	setenv("LD_LIBRARY_PATH", getenv("MEMVIZ_TEST_GPUSIM"), 1);
	snprintf(path, sizeof path, "%s_%s", getenv("MEMVIZ_TEST_RUNTIME"), major);
	execl(path, path, (char *)NULL);
}

static void start_program_12(void)
{
	start_program("12");
}

static void start_program_13(void)
{
	start_program("13");
}

static void check_program(void (*start)(void))
{
	struct child child;

	child_run(&child, start, SETTINGS("GPUSIM_NAME=Pretended Card", "GPUSIM_CC=9.0"));
	CU_ASSERT_EQUAL(child.status, 0);
	CU_ASSERT_STRING_EQUAL(child.err, "");
	CU_ASSERT_STRING_EQUAL(child.out, "Pretended Card 9.0 1073741824\n"
					  "malloc 8388608\n"
					  "async 41943040\n"
					  "freed 0\n");
}

static void a_program_on_runtime_12_works(void)
{
	check_program(start_program_12);
}

static void a_program_on_runtime_13_works(void)
{
	check_program(start_program_13);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_card_has_the_capacity_that_was_asked_for),
	HARNESS_TEST(a_card_is_what_it_was_told_to_be),
	HARNESS_TEST(a_context_is_charged_what_was_set),
	HARNESS_TEST(a_bad_size_is_one_line_and_the_default),
	HARNESS_TEST(other_bad_settings_are_a_line_each),
	HARNESS_TEST(memory_runs_out_exactly_at_the_capacity),
	HARNESS_TEST(the_whole_card_can_be_one_allocation),
	HARNESS_TEST(each_card_has_memory_of_its_own),
	HARNESS_TEST(hidden_cards_are_not_seen),
	HARNESS_TEST(without_backing_copies_read_zeros),
	HARNESS_TEST(with_backing_copies_are_real),
	HARNESS_TEST(what_is_not_simulated_says_its_name_once),
	HARNESS_TEST(a_real_driver_is_known_by_its_device_or_folder),
	HARNESS_TEST(beside_a_real_driver_there_is_no_card_unless_forced),
	HARNESS_TEST(a_program_on_runtime_12_works),
	HARNESS_TEST(a_program_on_runtime_13_works),
};
HARNESS_MAIN("simulation", tests)
