/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/common/facts.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gpusim/common/notice.h"

enum { FIRST_BUS = 0x10 };

#define FACT(field) offsetof(struct mv_facts, field)

static const char *const g_backings[] = { "none", "host", NULL };
static const char *const g_nvml[] = { "all", "unlisted", "unknown", "broken", NULL };
static const struct mv_knob g_knobs[] = {
	{ "GPUSIM_MEMORY", MV_KNOB_BYTES, FACT(memory_bytes), "80GiB", 4 << 20, UINT64_C(1) << 40, NULL },
	{ "GPUSIM_DEVICES", MV_KNOB_COUNT, FACT(card_count), "1", 1, MV_FACTS_CARD_MAX, NULL },
	{ "GPUSIM_CC", MV_KNOB_VERSION, FACT(compute), "8.0", 50, 199, NULL },
	{ "GPUSIM_NAME", MV_KNOB_TEXT, FACT(name), "Simulated GPU", 0, 0, NULL },
	{ "GPUSIM_BACKING", MV_KNOB_CHOICE, FACT(backing), "none", 0, 0, g_backings },
	{ "GPUSIM_CONTEXT", MV_KNOB_BYTES, FACT(context_bytes), "0", 0, UINT64_C(1) << 40, NULL },
	{ "GPUSIM_MODULES", MV_KNOB_BYTES, FACT(module_bytes), "0", 0, UINT64_C(1) << 40, NULL },
	{ "GPUSIM_LAUNCH", MV_KNOB_BYTES, FACT(launch_bytes), "0", 0, UINT64_C(1) << 40, NULL },
	{ "GPUSIM_OTHERS", MV_KNOB_BYTES, FACT(others_bytes), "0", 0, UINT64_C(1) << 40, NULL },
	{ "GPUSIM_SHARED", MV_KNOB_BYTES, FACT(shared_bytes), "0", 0, UINT64_C(1) << 40, NULL },
	{ "GPUSIM_HIDDEN", MV_KNOB_BYTES, FACT(hidden_bytes), "0", 0, UINT64_C(1) << 40, NULL },
	{ "GPUSIM_NVML", MV_KNOB_CHOICE, FACT(nvml), "all", 0, 0, g_nvml },
	{ "GPUSIM_DRIVER", MV_KNOB_COUNT, FACT(driver_version), "13020", 11000, 99990, NULL },
	{ "GPUSIM_FORCE", MV_KNOB_COUNT, FACT(is_forced), "0", 0, 1, NULL },
};

static struct mv_facts g_facts;

static void read_facts(void)
{
	mv_knob_read(g_knobs, sizeof(g_knobs) / sizeof(*g_knobs), &g_facts);
	g_facts.memory_bytes &= ~(MV_FACTS_PAGE_BYTES - 1);
	g_facts.outside_bytes = g_facts.others_bytes + g_facts.hidden_bytes;
	if (g_facts.outside_bytes > g_facts.memory_bytes)
		g_facts.outside_bytes = g_facts.memory_bytes;
}

const struct mv_facts *mv_facts(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, read_facts);
	return &g_facts;
}

unsigned int mv_facts_pci_bus(unsigned int number)
{
	return FIRST_BUS + number;
}

int mv_facts_find_pci(const char *id)
{
	unsigned int domain = 0, bus = 0, slot = 0;

	if (sscanf(id, "%x:%x:%x", &domain, &bus, &slot) != 3) {
		domain = 0;
		if (sscanf(id, "%x:%x", &bus, &slot) != 2)
			return -2;
	}
	if (domain || slot || bus < FIRST_BUS || bus - FIRST_BUS >= mv_facts()->card_count)
		return -1;
	return (int)(bus - FIRST_BUS);
}

void mv_facts_uuid(unsigned int number, unsigned char uuid[MV_FACTS_UUID_BYTES])
{
	memcpy(uuid, "gpusim simulated", MV_FACTS_UUID_BYTES);
	uuid[MV_FACTS_UUID_BYTES - 1] = (unsigned char)number;
}

void mv_facts_uuid_text(unsigned int number, char text[MV_FACTS_UUID_TEXT_BYTES])
{
	unsigned char uuid[MV_FACTS_UUID_BYTES];
	char *to = text + sprintf(text, "GPU");

	mv_facts_uuid(number, uuid);
	for (int i = 0; i < MV_FACTS_UUID_BYTES; i++) {
		bool begins_group = !i || i == 4 || i == 6 || i == 8 || i == 10;

		to += sprintf(to, "%s%02x", begins_group ? "-" : "", uuid[i]);
	}
}

bool mv_facts_is_real(const char *device, const char *folder)
{
	return !access(device, F_OK) || !access(folder, F_OK);
}

bool mv_facts_must_refuse(void)
{
	static int is_said;

	if (mv_facts()->is_forced || !mv_facts_is_real(MV_FACTS_REAL_DEVICE, MV_FACTS_REAL_FOLDER))
		return false;
	if (!__atomic_exchange_n(&is_said, 1, __ATOMIC_RELAXED))
		mv_notice("this machine has an NVIDIA driver; GPUSIM_FORCE=1 simulates all the same");
	return true;
}
