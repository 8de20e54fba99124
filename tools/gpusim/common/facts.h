/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the simulated machine before anything runs on it: the settings of common/knob.h that describe its
 * cards, and what follows from them.  The driver and the management library tell the same.
 *
 * A card's number is its place among all that there are; a program may see fewer (driver/drv_visible.h).
 *
 * Threads: any.  Nothing is read before the first call.  Memory: none.  */
#ifndef GPUSIM_COMMON_FACTS_H
#define GPUSIM_COMMON_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "gpusim/common/knob.h"

enum {
	MV_FACTS_CARD_MAX = 16,
	MV_FACTS_UUID_BYTES = 16,
	MV_FACTS_UUID_TEXT_BYTES = 41,		/* "GPU-" and 36 characters, and what ends them */
};

/* Granularity of physical memory; a card's capacity is a multiple of it.  */
#define MV_FACTS_PAGE_BYTES (UINT64_C(2) << 20)

enum mv_facts_backing { MV_BACKING_NONE, MV_BACKING_HOST };

/* What NVML tells of processes.  */
enum mv_facts_nvml { MV_NVML_ALL, MV_NVML_UNLISTED, MV_NVML_UNKNOWN, MV_NVML_BROKEN };

struct mv_facts {
	uint64_t memory_bytes;		/* of each card */
	uint64_t card_count;		/* at least 1 */
	uint64_t compute;		/* 10 * major + minor */
	uint64_t backing;		/* enum mv_facts_backing */
	uint64_t context_bytes;
	uint64_t module_bytes;		/* charged for each module and library */
	uint64_t launch_bytes;		/* charged to a context by its first launch */
	uint64_t others_bytes;		/* used of each card by another process, which NVML lists with */
	uint64_t shared_bytes;		/* these in addition, which are this process's as well */
	uint64_t hidden_bytes;		/* used of each card, and of no process that is listed */
	uint64_t outside_bytes;		/* of OTHERS and HIDDEN, what the card has room for */
	uint64_t nvml;			/* enum mv_facts_nvml */
	uint64_t driver_version;	/* 1000 * major + 10 * minor */
	uint64_t is_forced;
	char name[MV_KNOB_TEXT_BYTES];
};

/* The settings, read from the environment by the first call.  Cannot fail.  */
const struct mv_facts *mv_facts(void);

/* The bus on which card NUMBER is; it is device 0 there, in domain 0.  */
unsigned int mv_facts_pci_bus(unsigned int number);

/* The number of the card at ID, "[DOMAIN:]BUS:DEVICE[.FUNCTION]" in hexadecimal; -1 if there is none, -2 if ID can't
 * be read.  */
int mv_facts_find_pci(const char *id);

/* The identity of card NUMBER, as bytes and as nvidia-smi would print them.  */
void mv_facts_uuid(unsigned int number, unsigned char uuid[MV_FACTS_UUID_BYTES]);
void mv_facts_uuid_text(unsigned int number, char text[MV_FACTS_UUID_TEXT_BYTES]);

/* True where a real NVIDIA driver is installed: DEVICE or FOLDER exists, which are paths and for everybody but tests
 * MV_FACTS_REAL_DEVICE and MV_FACTS_REAL_FOLDER.  */
bool mv_facts_is_real(const char *device, const char *folder);
#define MV_FACTS_REAL_DEVICE "/dev/nvidiactl"
#define MV_FACTS_REAL_FOLDER "/proc/driver/nvidia"

/* True, and said on stderr by the first call, where the simulation must not run: there is a real driver, and nobody
 * asked for GPUSIM_FORCE=1.  */
bool mv_facts_must_refuse(void);

#endif
