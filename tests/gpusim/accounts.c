/* SPDX-License-Identifier: Apache-2.0 */
/* What is in use of a simulated card, and by whom: the driver and NVML say the same, and it is what the settings say.  */
#include "unit/harness.h"

#include "gpusim/api/cuda_memory.h"
#include "gpusim/api/cuda_module.h"
#include "gpusim/api/nvml.h"
#include "gpusim/child.h"

#define MIB ((size_t)1 << 20)

enum { ROOM = 4 };

static void *nvml(const char *name)
{
	static void *library;
	char path[512];

	snprintf(path, sizeof path, "%s/libnvidia-ml.so.1", getenv("MEMVIZ_TEST_GPUSIM"));
	if (!library)
		library = dlopen(path, RTLD_NOW);
	MUST(library && dlsym(library, name));
	return dlsym(library, name);
}

#define NVML(function) ((__typeof__(function) *)nvml(#function))

static nvmlDevice_t card(unsigned int number)
{
	nvmlDevice_t device;

	MUST(!NVML(nvmlDeviceGetHandleByIndex_v2)(number, &device));
	return device;
}

static unsigned long long used(unsigned int number)
{
	nvmlMemory_t memory;

	MUST(!NVML(nvmlDeviceGetMemoryInfo)(card(number), &memory));
	MUST(memory.total == 1024 * MIB && memory.free == memory.total - memory.used);
	return memory.used;
}

/* Who uses the card; PID 0 stands for this process.  */
static unsigned int users(unsigned int number, nvmlProcessInfo_t infos[ROOM])
{
	unsigned int count = ROOM;

	MUST(!NVML(nvmlDeviceGetComputeRunningProcesses_v3)(card(number), &count, infos));
	for (unsigned int i = 0; i < count; i++)
		if (infos[i].pid == (unsigned int)getpid())
			infos[i].pid = 0;
	return count;
}

static void start(void)
{
	child_load();
	MUST(!NVML(nvmlInit_v2)());
}

/* ---- nobody but this process ---- */

static void takes_modules_and_launches(void)
{
	CUfunction function;
	CUmodule module;

	start();
	MUST(used(0) == 0);
	child_open_card(0);
	MUST(used(0) == 100 * MIB);
	MUST(!CALL(cuModuleLoadData)(&module, ".version 8.0\n.target sm_80\n.visible .entry kernel()\n{\n}\n") && used(0) == 107 * MIB);
	MUST(!CALL(cuModuleGetFunction)(&function, module, "kernel"));
	for (int i = 0; i < 2; i++)
		MUST(!CALL(cuLaunchKernel)(function, 1, 1, 1, 32, 1, 1, 0, NULL, NULL, NULL) && used(0) == 110 * MIB);
	MUST(child_free_bytes() == (1024 - 110) * MIB);
	MUST(!CALL(cuModuleUnload)(module) && used(0) == 103 * MIB);
	MUST(!CALL(cuDevicePrimaryCtxRelease_v2)(0) && used(0) == 0);
}

static void contexts_modules_and_launches_are_charged(void)
{
	child_check(takes_modules_and_launches, "",
		    SETTINGS("GPUSIM_CONTEXT=100MiB", "GPUSIM_MODULES=7MiB", "GPUSIM_LAUNCH=3MiB"));
}

/* ---- others ---- */

static void shares_its_card(void)
{
	nvmlProcessInfo_t infos[ROOM];
	CUdeviceptr address;

	start();
	MUST(used(0) == 30 * MIB && users(0, infos) == 1 && infos[0].pid == 1 && infos[0].usedGpuMemory == 25 * MIB);
	child_open_card(0);
	MUST(!CALL(cuMemAlloc_v2)(&address, 2 * MIB));
	MUST(used(0) == 32 * MIB && child_free_bytes() == (1024 - 32) * MIB);
	MUST(users(0, infos) == 2 && infos[1].pid == 0 && infos[1].usedGpuMemory == 2 * MIB);
	MUST(used(1) == 30 * MIB && users(1, infos) == 1);
	MUST(CALL(cuMemAlloc_v2)(&address, (1024 - 31) * MIB) == CUDA_ERROR_OUT_OF_MEMORY);
	MUST(!CALL(cuMemAlloc_v2)(&address, (1024 - 32) * MIB));
}

static void a_card_may_be_shared(void)
{
	child_check(shares_its_card, "",
		    SETTINGS("GPUSIM_DEVICES=2", "GPUSIM_OTHERS=20MiB", "GPUSIM_SHARED=5MiB", "GPUSIM_HIDDEN=10MiB"));
}

/* ---- what NVML does not tell ---- */

static void is_not_listed(void)
{
	nvmlProcessInfo_t infos[ROOM];

	start();
	child_open_card(0);
	MUST(used(0) == 8 * MIB && users(0, infos) == 0);
}

static void is_listed_without_a_number(void)
{
	nvmlProcessInfo_t infos[ROOM];

	start();
	child_open_card(0);
	MUST(used(0) == 8 * MIB && users(0, infos) == 1 && infos[0].usedGpuMemory == NVML_VALUE_NOT_AVAILABLE);
}

static void finds_no_nvml(void)
{
	child_load();
	MUST(NVML(nvmlInit_v2)() == NVML_ERROR_DRIVER_NOT_LOADED);
}

static void nvml_may_know_less(void)
{
	child_check(is_not_listed, "", SETTINGS("GPUSIM_NVML=unlisted", "GPUSIM_CONTEXT=8MiB"));
	child_check(is_listed_without_a_number, "", SETTINGS("GPUSIM_NVML=unknown", "GPUSIM_CONTEXT=8MiB"));
	child_check(finds_no_nvml, "", SETTINGS("GPUSIM_NVML=broken"));
}

static const struct harness_test tests[] = {
	HARNESS_TEST(contexts_modules_and_launches_are_charged),
	HARNESS_TEST(a_card_may_be_shared),
	HARNESS_TEST(nvml_may_know_less),
};
HARNESS_MAIN("accounts", tests)
