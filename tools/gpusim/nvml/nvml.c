/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/nvml/nvml.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "gpusim/common/facts.h"

/* What nvidia-smi would show; programs compare it with what their CUDA release wants.  */
#define DRIVER_TEXT "600.00"

enum { FABRIC_COMPUTE = 90, FABRIC_BYTES_MAX = 256 };

static int g_users;	/* initialisations less shutdowns; atomic */

static const struct {
	nvmlReturn_t result;
	const char *text;
} g_texts[] = {
	{ NVML_SUCCESS, "Success" },
	{ NVML_ERROR_UNINITIALIZED, "Uninitialized" },
	{ NVML_ERROR_INVALID_ARGUMENT, "Invalid Argument" },
	{ NVML_ERROR_NOT_SUPPORTED, "Not Supported" },
	{ NVML_ERROR_NOT_FOUND, "Not Found" },
	{ NVML_ERROR_INSUFFICIENT_SIZE, "Insufficient Size" },
	{ NVML_ERROR_DRIVER_NOT_LOADED, "Driver Not Loaded" },
	{ NVML_ERROR_ARGUMENT_VERSION_MISMATCH, "Argument Version Mismatch" },
};

const char *nvmlErrorString(nvmlReturn_t result)
{
	for (size_t i = 0; i < sizeof(g_texts) / sizeof(*g_texts); i++) {
		if (g_texts[i].result == result)
			return g_texts[i].text;
	}
	return "Unknown Error";
}

/* ---- life ---- */

nvmlReturn_t nvmlInit_v2(void)
{
	if (mv_facts_must_refuse() || mv_facts()->nvml == MV_NVML_BROKEN)
		return NVML_ERROR_DRIVER_NOT_LOADED;
	__atomic_add_fetch(&g_users, 1, __ATOMIC_RELAXED);
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlInit(void)
{
	return nvmlInit_v2();
}

nvmlReturn_t nvmlInitWithFlags(unsigned int flags)
{
	(void)flags;
	return nvmlInit_v2();
}

nvmlReturn_t nvmlShutdown(void)
{
	int users = __atomic_load_n(&g_users, __ATOMIC_RELAXED);

	do {
		if (users <= 0)
			return NVML_ERROR_UNINITIALIZED;
	} while (!__atomic_compare_exchange_n(&g_users, &users, users - 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return NVML_SUCCESS;
}

nvmlReturn_t mv_nvml_check(void)
{
	return __atomic_load_n(&g_users, __ATOMIC_RELAXED) > 0 ? NVML_SUCCESS : NVML_ERROR_UNINITIALIZED;
}

/* ---- the machine ---- */

static nvmlReturn_t tell(char *to, unsigned int size, const char *text)
{
	nvmlReturn_t result = mv_nvml_check();

	if (result)
		return result;
	if (!to)
		return NVML_ERROR_INVALID_ARGUMENT;
	if (strlen(text) >= size)
		return NVML_ERROR_INSUFFICIENT_SIZE;
	strcpy(to, text);
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned int size)
{
	return tell(version, size, DRIVER_TEXT);
}

nvmlReturn_t nvmlSystemGetNVMLVersion(char *version, unsigned int size)
{
	return tell(version, size, DRIVER_TEXT);
}

/* Answers before nvmlInit too.  */
nvmlReturn_t nvmlSystemGetCudaDriverVersion(int *version)
{
	if (!version)
		return NVML_ERROR_INVALID_ARGUMENT;
	*version = (int)mv_facts()->driver_version;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int *version)
{
	return nvmlSystemGetCudaDriverVersion(version);
}

/* ---- cards ---- */

/* A handle is the number of a card, and one, so that none is NULL.  */
static nvmlReturn_t give(unsigned int number, nvmlDevice_t *device)
{
	if (number >= mv_facts()->card_count)
		return NVML_ERROR_INVALID_ARGUMENT;
	*device = (nvmlDevice_t)(uintptr_t)(number + 1);
	return NVML_SUCCESS;
}

nvmlReturn_t mv_nvml_number(nvmlDevice_t device, unsigned int *number)
{
	nvmlReturn_t result = mv_nvml_check();

	if (result)
		return result;
	if (!device || (uintptr_t)device > mv_facts()->card_count)
		return NVML_ERROR_INVALID_ARGUMENT;
	*number = (unsigned int)((uintptr_t)device - 1);
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count)
{
	nvmlReturn_t result = mv_nvml_check();

	if (result)
		return result;
	if (!count)
		return NVML_ERROR_INVALID_ARGUMENT;
	*count = (unsigned int)mv_facts()->card_count;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCount(unsigned int *count)
{
	return nvmlDeviceGetCount_v2(count);
}

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device)
{
	nvmlReturn_t result = mv_nvml_check();

	if (result)
		return result;
	return device ? give(index, device) : NVML_ERROR_INVALID_ARGUMENT;
}

nvmlReturn_t nvmlDeviceGetHandleByIndex(unsigned int index, nvmlDevice_t *device)
{
	return nvmlDeviceGetHandleByIndex_v2(index, device);
}

nvmlReturn_t nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *device)
{
	nvmlReturn_t result = mv_nvml_check();
	char text[MV_FACTS_UUID_TEXT_BYTES];

	if (result)
		return result;
	if (!uuid || !device)
		return NVML_ERROR_INVALID_ARGUMENT;
	for (unsigned int i = 0; i < mv_facts()->card_count; i++) {
		mv_facts_uuid_text(i, text);
		if (!strcmp(text, uuid))
			return give(i, device);
	}
	return NVML_ERROR_NOT_FOUND;
}

nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char *id, nvmlDevice_t *device)
{
	nvmlReturn_t result = mv_nvml_check();
	int number;

	if (result)
		return result;
	if (!id || !device)
		return NVML_ERROR_INVALID_ARGUMENT;
	number = mv_facts_find_pci(id);
	if (number == -2)
		return NVML_ERROR_INVALID_ARGUMENT;
	return number < 0 ? NVML_ERROR_NOT_FOUND : give((unsigned int)number, device);
}

nvmlReturn_t nvmlDeviceGetHandleByPciBusId(const char *id, nvmlDevice_t *device)
{
	return nvmlDeviceGetHandleByPciBusId_v2(id, device);
}

nvmlReturn_t nvmlDeviceGetIndex(nvmlDevice_t device, unsigned int *index)
{
	unsigned int number;
	nvmlReturn_t result = mv_nvml_number(device, &number);

	if (result)
		return result;
	if (!index)
		return NVML_ERROR_INVALID_ARGUMENT;
	*index = number;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMinorNumber(nvmlDevice_t device, unsigned int *minor)
{
	return nvmlDeviceGetIndex(device, minor);
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned int size)
{
	unsigned int number;
	nvmlReturn_t result = mv_nvml_number(device, &number);

	return result ? result : tell(name, size, mv_facts()->name);
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned int size)
{
	char text[MV_FACTS_UUID_TEXT_BYTES];
	unsigned int number;
	nvmlReturn_t result = mv_nvml_number(device, &number);

	if (result)
		return result;
	mv_facts_uuid_text(number, text);
	return tell(uuid, size, text);
}

nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *info)
{
	unsigned int number;
	nvmlReturn_t result = mv_nvml_number(device, &number);

	if (result)
		return result;
	if (!info)
		return NVML_ERROR_INVALID_ARGUMENT;
	memset(info, 0, sizeof(*info));
	info->bus = mv_facts_pci_bus(number);
	snprintf(info->busIdLegacy, sizeof(info->busIdLegacy), "0000:%02X:00.0", info->bus);
	snprintf(info->busId, sizeof(info->busId), "00000000:%02X:00.0", info->bus);
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetPciInfo_v2(nvmlDevice_t device, nvmlPciInfo_t *info)
{
	return nvmlDeviceGetPciInfo_v3(device, info);
}

nvmlReturn_t nvmlDeviceGetPciInfo(nvmlDevice_t device, nvmlPciInfo_t *info)
{
	return nvmlDeviceGetPciInfo_v3(device, info);
}

nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int *major, int *minor)
{
	unsigned int number;
	nvmlReturn_t result = mv_nvml_number(device, &number);

	if (result)
		return result;
	if (!major || !minor)
		return NVML_ERROR_INVALID_ARGUMENT;
	*major = (int)mv_facts()->compute / 10;
	*minor = (int)mv_facts()->compute % 10;
	return NVML_SUCCESS;
}

/* NVML: cards of compute capability 9.0 and later can tell; these are in no fabric, which is all zeros.  */
nvmlReturn_t nvmlDeviceGetGpuFabricInfoV(nvmlDevice_t device, nvmlGpuFabricInfoV_t *info)
{
	unsigned int number;
	nvmlReturn_t result = mv_nvml_number(device, &number);
	size_t size;

	if (result)
		return result;
	if (!info)
		return NVML_ERROR_INVALID_ARGUMENT;
	if (mv_facts()->compute < FABRIC_COMPUTE)
		return NVML_ERROR_NOT_SUPPORTED;
	size = info->version & 0xffffff;
	if (size < sizeof(*info) || size > FABRIC_BYTES_MAX)
		return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
	memset(info->rest, 0, size - sizeof(*info));
	return NVML_SUCCESS;
}
