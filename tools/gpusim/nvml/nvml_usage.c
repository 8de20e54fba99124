/* SPDX-License-Identifier: Apache-2.0 */
/* What is used of a card.  The driver knows, if this process has loaded it and keeps the card's primary context alive;
 * it is asked through its public functions, and never loaded or started for the purpose.  */
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "gpusim/api/cuda_device.h"
#include "gpusim/api/cuda_memory.h"
#include "gpusim/common/facts.h"
#include "gpusim/nvml/nvml.h"

/* nvmlMemory_v2_t says its size and its version, 2 shifted by 24.  */
enum { MEMORY_V2 = sizeof(nvmlMemory_v2_t) | 2 << 24, NO_INSTANCE = -1 };

struct driver {
	__typeof__(&cuDeviceGetByPCIBusId) find;
	__typeof__(&cuDevicePrimaryCtxGetState) state;
	__typeof__(&cuDevicePrimaryCtxRetain) retain;
	__typeof__(&cuDevicePrimaryCtxRelease_v2) release;
	__typeof__(&cuCtxPushCurrent_v2) push;
	__typeof__(&cuCtxPopCurrent_v2) pop;
	__typeof__(&cuMemGetInfo_v2) info;
};

static bool find_driver(struct driver *driver)
{
	void *handle = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);

	if (!handle)
		return false;
	driver->find = (__typeof__(driver->find))dlsym(handle, "cuDeviceGetByPCIBusId");
	driver->state = (__typeof__(driver->state))dlsym(handle, "cuDevicePrimaryCtxGetState");
	driver->retain = (__typeof__(driver->retain))dlsym(handle, "cuDevicePrimaryCtxRetain");
	driver->release = (__typeof__(driver->release))dlsym(handle, "cuDevicePrimaryCtxRelease_v2");
	driver->push = (__typeof__(driver->push))dlsym(handle, "cuCtxPushCurrent_v2");
	driver->pop = (__typeof__(driver->pop))dlsym(handle, "cuCtxPopCurrent_v2");
	driver->info = (__typeof__(driver->info))dlsym(handle, "cuMemGetInfo_v2");
	dlclose(handle);
	return driver->find && driver->state && driver->retain && driver->release && driver->push && driver->pop &&
	       driver->info;
}

/* With a context of DEVICE at hand, *USED is what is not free.  */
static void ask(const struct driver *driver, CUdevice device, unsigned long long *used)
{
	size_t free_bytes, total;
	CUcontext context;

	if (driver->retain(&context, device))
		return;
	if (!driver->push(context)) {
		if (!driver->info(&free_bytes, &total))
			*used = total - free_bytes;
		driver->pop(&context);
	}
	driver->release(device);
}

/* What is used of card NUMBER; *IS_MINE: this process has a context there.  */
static unsigned long long used_of(unsigned int number, bool *is_mine)
{
	char id[] = "0000:00:00.0";
	unsigned long long used = 0;
	unsigned int flags;
	struct driver driver;
	CUdevice device;
	int active = 0;

	id[5] = "0123456789ABCDEF"[mv_facts_pci_bus(number) >> 4];
	id[6] = "0123456789ABCDEF"[mv_facts_pci_bus(number) & 15];
	if (find_driver(&driver) && !driver.find(&device, id) && !driver.state(device, &flags, &active) && active)
		ask(&driver, device, &used);
	*is_mine = active;
	return used;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory)
{
	unsigned int number;
	nvmlReturn_t result = mv_nvml_number(device, &number);
	bool is_mine;

	if (result)
		return result;
	if (!memory)
		return NVML_ERROR_INVALID_ARGUMENT;
	memory->total = mv_facts()->memory_bytes;
	memory->used = used_of(number, &is_mine);
	memory->free = memory->total - memory->used;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *memory)
{
	nvmlMemory_t plain;
	nvmlReturn_t result;

	if (!memory)
		return NVML_ERROR_INVALID_ARGUMENT;
	if (memory->version != MEMORY_V2)
		return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
	result = nvmlDeviceGetMemoryInfo(device, &plain);
	if (result)
		return result;
	memory->total = plain.total;
	memory->reserved = 0;
	memory->free = plain.free;
	memory->used = plain.used;
	return NVML_SUCCESS;
}

/* Work takes no time here.  */
nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *rates)
{
	unsigned int number;
	nvmlReturn_t result = mv_nvml_number(device, &number);

	if (result)
		return result;
	if (!rates)
		return NVML_ERROR_INVALID_ARGUMENT;
	memset(rates, 0, sizeof(*rates));
	return NVML_SUCCESS;
}

/* ---- processes ---- */

/* In the manner of all lists of NVML: *COUNT is the room there is, and becomes what there is.  */
static nvmlReturn_t list(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *info)
{
	unsigned int number, room;
	unsigned long long used;
	nvmlReturn_t result = mv_nvml_number(device, &number);
	bool is_mine;

	if (result)
		return result;
	if (!count || (*count && !info))
		return NVML_ERROR_INVALID_ARGUMENT;
	used = used_of(number, &is_mine);
	room = *count;
	*count = is_mine;
	if (!is_mine)
		return NVML_SUCCESS;
	if (!room)
		return NVML_ERROR_INSUFFICIENT_SIZE;
	info->pid = (unsigned int)getpid();
	info->usedGpuMemory = used;
	info->gpuInstanceId = info->computeInstanceId = (unsigned int)NO_INSTANCE;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)
{
	return list(device, count, infos);
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v2(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)
{
	return list(device, count, infos);
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_v1_t *infos)
{
	nvmlProcessInfo_t info;
	nvmlReturn_t result = list(device, count, infos ? &info : NULL);

	if (!result && *count) {
		infos->pid = info.pid;
		infos->usedGpuMemory = info.usedGpuMemory;
	}
	return result;
}

/* Nobody draws on a simulated card.  */
nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlDevice_t device, unsigned int *count,
						      nvmlProcessInfo_t *infos)
{
	unsigned int number;
	nvmlReturn_t result = mv_nvml_number(device, &number);

	(void)infos;
	if (result)
		return result;
	if (!count)
		return NVML_ERROR_INVALID_ARGUMENT;
	*count = 0;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v2(nvmlDevice_t device, unsigned int *count,
						      nvmlProcessInfo_t *infos)
{
	return nvmlDeviceGetGraphicsRunningProcesses_v3(device, count, infos);
}

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_v1_t *infos)
{
	(void)infos;
	return nvmlDeviceGetGraphicsRunningProcesses_v3(device, count, NULL);
}
