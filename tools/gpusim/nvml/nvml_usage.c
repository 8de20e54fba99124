/* SPDX-License-Identifier: Apache-2.0 */
/* What is used of a card.  The driver knows of this process, if that has loaded it; it is never loaded or started for the
 * purpose.  Of everybody else the settings say it.  */
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "gpusim/api/own.h"
#include "gpusim/common/facts.h"
#include "gpusim/nvml/nvml.h"

/* nvmlMemory_v2_t says its size and its version, 2 shifted by 24.  */
enum { MEMORY_V2 = sizeof(nvmlMemory_v2_t) | 2 << 24, NO_INSTANCE = -1, OTHER_PID = 1, PROCESSES = 2 };

/* What this process uses of card NUMBER.  */
static struct gpusim_usage own(unsigned int number)
{
	void *handle = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
	struct gpusim_usage usage = { 0, false };
	__typeof__(&gpusim_usage) ask;

	if (!handle)
		return usage;
	ask = (__typeof__(ask))dlsym(handle, "gpusim_usage");
	if (ask)
		ask(number, &usage);
	dlclose(handle);
	return usage;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory)
{
	unsigned int number;
	nvmlReturn_t result = mv_nvml_number(device, &number);

	if (result)
		return result;
	if (!memory)
		return NVML_ERROR_INVALID_ARGUMENT;
	memory->total = mv_facts()->memory_bytes;
	memory->used = own(number).bytes + mv_facts()->outside_bytes;
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

static nvmlProcessInfo_t process(unsigned int pid, unsigned long long used)
{
	bool is_known = mv_facts()->nvml != MV_NVML_UNKNOWN;

	return (nvmlProcessInfo_t){ pid, is_known ? used : NVML_VALUE_NOT_AVAILABLE, (unsigned int)NO_INSTANCE,
				    (unsigned int)NO_INSTANCE };
}

/* Whoever uses card NUMBER.  Returns how many.  */
static unsigned int find_processes(unsigned int number, nvmlProcessInfo_t processes[PROCESSES])
{
	const struct mv_facts *facts = mv_facts();
	struct gpusim_usage usage = own(number);
	unsigned int count = 0;

	if (facts->others_bytes || facts->shared_bytes)
		processes[count++] = process(OTHER_PID, facts->others_bytes + facts->shared_bytes);
	if (usage.is_user && facts->nvml != MV_NVML_UNLISTED)
		processes[count++] = process((unsigned int)getpid(), usage.bytes);
	return count;
}

/* In the manner of all lists of NVML: *COUNT is the room there is, and becomes what there is.  */
static nvmlReturn_t list(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)
{
	nvmlProcessInfo_t processes[PROCESSES];
	unsigned int number, room;
	nvmlReturn_t result = mv_nvml_number(device, &number);

	if (result)
		return result;
	if (!count || (*count && !infos))
		return NVML_ERROR_INVALID_ARGUMENT;
	room = *count;
	*count = find_processes(number, processes);
	if (*count > room)
		return NVML_ERROR_INSUFFICIENT_SIZE;
	if (*count)
		memcpy(infos, processes, *count * sizeof(*processes));
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
	nvmlProcessInfo_t all[PROCESSES];
	unsigned int there = PROCESSES;
	nvmlReturn_t result = list(device, &there, all);
	bool fits;

	if (result)
		return result;
	if (!count || (*count && !infos))
		return NVML_ERROR_INVALID_ARGUMENT;
	fits = there <= *count;
	*count = there;
	for (unsigned int i = 0; fits && i < there; i++)
		infos[i] = (nvmlProcessInfo_v1_t){ all[i].pid, all[i].usedGpuMemory };
	return fits ? NVML_SUCCESS : NVML_ERROR_INSUFFICIENT_SIZE;
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
