/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <errno.h>
#include <unistd.h>

#include "session/process.h"
#include "session/settings.h"

static struct mv_settings read_one(const char *entry)
{
	char *const environment[] = {"PATH=/bin", (char *)(uintptr_t)entry, "MEMVIZ_UNKNOWN=1", NULL};
	struct mv_settings settings;

	mv_settings_read(&settings, environment);
	return settings;
}

static void an_empty_environment_means_the_defaults(void)
{
	struct mv_settings settings = read_one("HOME=/");

	CU_ASSERT(settings.is_on && !settings.is_verbose && !settings.snapshot_at_exit);
	CU_ASSERT_EQUAL(settings.ring_bytes, 64 << 20);
	CU_ASSERT_EQUAL(settings.snapshots, 3);
	CU_ASSERT_EQUAL(settings.sample_ns, 1000000000);
	CU_ASSERT_EQUAL(settings.stacks, MV_STACKS_NATIVE | MV_STACKS_PYTHON);
	CU_ASSERT_STRING_EQUAL(settings.out, "");
	CU_ASSERT_PTR_NULL(settings.wrong);
}

static void each_setting_is_read(void)
{
	CU_ASSERT(!read_one("MEMVIZ_ON=0").is_on);
	CU_ASSERT_STRING_EQUAL(read_one("MEMVIZ_OUT=/data/runs").out, "/data/runs");
	CU_ASSERT_EQUAL(read_one("MEMVIZ_RING=256MiB").ring_bytes, 256 << 20);
	CU_ASSERT_EQUAL(read_one("MEMVIZ_STACKS=none").stacks, 0);
	CU_ASSERT_EQUAL(read_one("MEMVIZ_STACKS=python,frees").stacks, MV_STACKS_PYTHON | MV_STACKS_FREES);
	CU_ASSERT_EQUAL(read_one("MEMVIZ_STACKS=all").stacks, MV_STACKS_NATIVE | MV_STACKS_PYTHON | MV_STACKS_FREES);
	CU_ASSERT_EQUAL(read_one("MEMVIZ_STACKS=libunwind").stacks, MV_STACKS_NATIVE | MV_STACKS_LIBUNWIND);
	CU_ASSERT_EQUAL(read_one("MEMVIZ_SNAPSHOTS=0").snapshots, 0);
	CU_ASSERT_EQUAL(read_one("MEMVIZ_SAMPLE=250ms").sample_ns, 250000000);
	CU_ASSERT_EQUAL(read_one("MEMVIZ_SAMPLE=0").sample_ns, 0);
	CU_ASSERT_EQUAL(read_one("MEMVIZ_SAMPLE=off").sample_ns, MV_SETTINGS_NO_SAMPLES);
	CU_ASSERT(read_one("MEMVIZ_AT_EXIT=yes").snapshot_at_exit);
	CU_ASSERT(read_one("MEMVIZ_VERBOSE=1").is_verbose);
}

static void a_value_that_cannot_be_read_leaves_the_default(void)
{
	static const char *const wrong[] = {"MEMVIZ_RING=lots", "MEMVIZ_ON=perhaps", "MEMVIZ_STACKS=native,rust",
					    "MEMVIZ_SNAPSHOTS=-1", "MEMVIZ_SAMPLE=5", "MEMVIZ_SAMPLE=2h"};
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct mv_settings settings = read_one(wrong[i]);

		CU_ASSERT_PTR_EQUAL(settings.wrong, wrong[i]);
		CU_ASSERT(settings.is_on && settings.ring_bytes == 64 << 20 && settings.snapshots == 3);
		CU_ASSERT_EQUAL(settings.stacks, MV_STACKS_NATIVE | MV_STACKS_PYTHON);
	}
}

static void a_folder_that_is_too_long_is_refused(void)
{
	char entry[1200] = "MEMVIZ_OUT=/";
	struct mv_settings settings;

	memset(entry + 12, 'x', sizeof entry - 13);
	settings = read_one(entry);
	CU_ASSERT_PTR_NOT_NULL(settings.wrong);
	CU_ASSERT_STRING_EQUAL(settings.out, "");
}

static void a_recording_is_named_by_program_rank_and_pid(void)
{
	struct mv_file_header header = {
		.pid = 4017, .rank = -1, .program = "train.py", .start_realtime_ns = UINT64_C(1790000000999999999)};
	char path[256];

	CU_ASSERT(!mv_process_name_recording(&header, "/out", 1, path, sizeof path));
	CU_ASSERT_STRING_EQUAL(path, "/out/train-4017.memviz");
	header.rank = 3;
	CU_ASSERT(!mv_process_name_recording(&header, "/out", 2, path, sizeof path));
	CU_ASSERT_STRING_EQUAL(path, "/out/train-rank3-4017-1790000000.memviz");
	CU_ASSERT(!mv_process_name_recording(&header, "/out", 3, path, sizeof path));
	CU_ASSERT_STRING_EQUAL(path, "/out/train-rank3-4017-1790000001.memviz");
	CU_ASSERT_EQUAL(mv_process_name_recording(&header, "/out", 1, path, 16), -ENAMETOOLONG);
}

static void a_relative_folder_is_found_after_a_change_of_folder(void)
{
	struct mv_file_header header = {.pid = 1, .rank = -1, .program = "a"};
	char path[512];

	CU_ASSERT(!mv_process_name_recording(&header, "runs", 1, path, sizeof path));
	CU_ASSERT_EQUAL(path[0], '/');
	CU_ASSERT_PTR_NOT_NULL(strstr(path, "/runs/a-1.memviz"));
}

static void the_process_is_described(void)
{
	struct mv_file_header header = {0};

	setenv("RANK", "5", 1);
	unsetenv("WORLD_SIZE");
	unsetenv("OMPI_COMM_WORLD_SIZE");
	unsetenv("PMI_SIZE");
	unsetenv("SLURM_NTASKS");
	mv_process_describe(&header);
	CU_ASSERT_EQUAL(header.rank, 5);
	CU_ASSERT_EQUAL(header.world_size, -1);
	CU_ASSERT(header.pid > 0 && header.parent_pid > 0 && header.start_ns > 0);
	CU_ASSERT(header.program[0] != 0);
}

static void a_command_is_told_by_name_and_its_arguments_on_request(void)
{
	char bytes[2048];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);

	mv_process_add_command(&text, false);
	CU_ASSERT_STRING_EQUAL(bytes, "settings");
	text = mv_text_in(bytes, sizeof bytes);
	mv_process_add_command(&text, true);
	CU_ASSERT_PTR_NOT_NULL(strchr(bytes, '/'));
	text = mv_text_in(bytes, sizeof bytes);
	mv_process_add_parent(&text);
	CU_ASSERT_EQUAL(strtol(bytes, NULL, 10), getppid());
	CU_ASSERT(strchr(bytes, '(') && bytes[strlen(bytes) - 1] == ')');
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_command_is_told_by_name_and_its_arguments_on_request),
	HARNESS_TEST(an_empty_environment_means_the_defaults),
	HARNESS_TEST(each_setting_is_read),
	HARNESS_TEST(a_value_that_cannot_be_read_leaves_the_default),
	HARNESS_TEST(a_folder_that_is_too_long_is_refused),
	HARNESS_TEST(a_recording_is_named_by_program_rank_and_pid),
	HARNESS_TEST(a_relative_folder_is_found_after_a_change_of_folder),
	HARNESS_TEST(the_process_is_described),
};
HARNESS_MAIN("settings", tests)
