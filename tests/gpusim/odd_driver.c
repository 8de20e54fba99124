/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/odd_driver.h"

#include <string.h>

#include "gpusim/odd_any.h"

enum { FIRST_ADDRESS = 1 << 30, STEP_BYTES = 1 << 20, CARD_BYTES = 1 << 30, VERSION = 12040 };

static __thread void (*t_back)(void);
static __thread int t_answer;
static uint64_t g_last = FIRST_ADDRESS;
static unsigned g_questions, g_device_questions;

void odd_call_back(void (*back)(void))
{
	t_back = back;
}

void odd_answer_with(int result)
{
	t_answer = result;
}

int odd_answer(void)
{
	return t_answer;
}

unsigned odd_questions(void)
{
	return g_questions;
}

unsigned odd_device_questions(void)
{
	return g_device_questions;
}

int cuInit(unsigned flags)
{
	(void)flags;
	return 0;
}

int cuMemAlloc_v2(uint64_t *address, size_t size)
{
	(void)size;
	if (t_back)
		t_back();
	if (!t_answer && address)
		*address = __atomic_add_fetch(&g_last, STEP_BYTES, __ATOMIC_RELAXED);
	return t_answer;
}

int cuMemFree_v2(uint64_t address)
{
	(void)address;
	return t_answer;
}

/* ---- questions ---- */

static int asked(void)
{
	__atomic_add_fetch(&g_questions, 1, __ATOMIC_RELAXED);
	return 0;
}

int cuCtxGetDevice(int *device)
{
	__atomic_add_fetch(&g_device_questions, 1, __ATOMIC_RELAXED);
	*device = 0;
	return 0;
}

int cuDriverGetVersion(int *version)
{
	*version = VERSION;
	return asked();
}

int cuDeviceTotalMem_v2(size_t *bytes, int device)
{
	(void)device;
	*bytes = CARD_BYTES;
	return asked();
}

int cuDeviceGetName(char *name, int size, int device)
{
	(void)device;
	strncpy(name, "Odd", (size_t)size);
	return asked();
}

int cuDeviceGetUuid_v2(uint8_t uuid[16], int device)
{
	(void)device;
	memset(uuid, 1, 16);
	return asked();
}

int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *is_active)
{
	(void)device;
	*flags = 0;
	*is_active = 1;
	return asked();
}
