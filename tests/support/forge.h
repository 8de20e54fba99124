/* SPDX-License-Identifier: Apache-2.0 */
/* Makes recordings without a program to record: the recorder's own store is told what happened, at times that the
 * caller chooses.  Everything a forge makes is the same each time.
 *
 * Times lie in the future of the machine's clock, so that a stamp is never later than what was asked for.
 * Errors: whatever goes wrong ends the test program with a line that says what.  */
#ifndef SUPPORT_FORGE_H
#define SUPPORT_FORGE_H

#include <stddef.h>
#include <stdint.h>

#include "memviz/format.h"
#include "store/store.h"

#define FORGE_START_NS (UINT64_C(1) << 60)

struct forge {
	struct mv_store store;
	uint64_t now_ns; /* of the last event */
	uint64_t random;
	uint32_t step;	 /* put into events */
	uint8_t phase_of[64];
	char path[512];
};

/* Begin a recording of PROGRAM in the file PATH, which must not exist.  RING 0: the smallest.  */
struct forge *forge_open(const char *path, const char *program, uint64_t ring_bytes);

/* End it, leaving the file as it is: as if the process had been killed.  */
void forge_kill(struct forge *forge);

/* End it as a process does that exits.  */
void forge_finish(struct forge *forge);

/* Set a snapshot aside.  */
void forge_snapshot(struct forge *forge, const char *path, enum mv_snapshot_reason reason);

/* Tables.  Threads are numbered as events count them.  */
uint32_t forge_text(struct forge *forge, const char *text);
uint16_t forge_api(struct forge *forge, const char *name);
uint32_t forge_thread(struct forge *forge, const char *name, int is_autograd);
uint32_t forge_python(struct forge *forge, uint32_t callers, const char *file, const char *function, uint32_t line);
uint32_t forge_forward(struct forge *forge, uint32_t origin); /* what comes further in is backward of ORIGIN */
uint32_t forge_native(struct forge *forge, uint32_t callers, const struct mv_module *module, const char *path,
		      uint64_t address);

/* A card with a name and a capacity.  */
void forge_device(struct forge *forge, uint8_t device, const char *name, uint64_t total_bytes);

/* Let EVENT happen some microseconds after the last one, or at its time if it has one.  Phase and step are added;
 * what the recorder would know of a free is looked up.  Returns its time.  */
uint64_t forge_event(struct forge *forge, const struct mv_event *event);

/* The most common ones.  */
uint64_t forge_alloc(struct forge *forge, uint32_t thread, enum mv_ledger ledger, uint64_t address, uint64_t size,
		     uint32_t stack, uint8_t flags);
void forge_free(struct forge *forge, uint32_t thread, enum mv_ledger ledger, uint64_t address);
void forge_owner(struct forge *forge, uint32_t thread, uint64_t address, enum mv_role role, const char *name);
void forge_phase(struct forge *forge, uint32_t thread, int begins, enum mv_phase phase, const char *name);

/* An out-of-memory error; ORDINAL and TIME are added.  */
void forge_oom(struct forge *forge, const struct mv_oom *oom);

#endif
