/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of the simulation, read from the environment.
 *
 *   GPUSIM_MEMORY=80GiB     capacity of each card
 *   GPUSIM_DEVICES=1        number of cards, 1 to 16
 *   GPUSIM_CC=8.0           compute capability, as MAJOR.MINOR
 *   GPUSIM_NAME=...         what the cards are called
 *   GPUSIM_BACKING=none     none: device memory is address space only, and copies from it read zeros;
 *                           host: it is host memory, committed when first touched, and copies are real
 *   GPUSIM_CONTEXT=0        charged to a card for each context while it is alive
 *   GPUSIM_MODULES=0        charged for each module and library while it is loaded
 *   GPUSIM_LAUNCH=0         charged to a context by its first launch of a kernel, for as long as it is alive: local
 *                           memory, and what is loaded late
 *   GPUSIM_OTHERS=0         used of each card by another process, number 1 in NVML's lists
 *   GPUSIM_SHARED=0         counted by NVML for that process too, although it is in use but once
 *   GPUSIM_HIDDEN=0         used of each card by nobody that NVML lists
 *   GPUSIM_NVML=all         what NVML tells of processes: all; unlisted: not of this one, as in a container with
 *                           process ids of its own; unknown: not what they use, as with MIG and WSL; broken: it does
 *                           not start
 *   GPUSIM_DRIVER=13020     version that cuDriverGetVersion answers, 1000 * major + 10 * minor
 *   GPUSIM_FORCE=0          1: simulate also where a real NVIDIA driver is present
 *   GPUSIM_WORKSPACE=auto   charged for each cuBLAS handle; auto: 32MiB for 9.0 and later, else 4MiB
 *   GPUSIM_NCCL=0           charged for each NCCL communicator
 *
 * CUDA_VISIBLE_DEVICES is honoured too (driver/drv_visible.h).
 *
 * A size is a number, with a fraction if need be, and K, M, G or T (of 1024), with iB or B after it or not.  A value
 * that can't be read is worth one line on stderr and the default.
 *
 * What real hardware charges for a context, a module, a launch, and NCCL for a communicator, depends on card, driver and
 * kernels, and has not been measured for the simulation; hence zero.
 *
 * Each stand-in library reads the settings that are its own, once, when first used: never in a constructor.  */
#ifndef GPUSIM_COMMON_KNOB_H
#define GPUSIM_COMMON_KNOB_H

#include <stddef.h>
#include <stdint.h>

enum mv_knob_kind {
	MV_KNOB_BYTES,		/* a size, into a uint64_t */
	MV_KNOB_COUNT,		/* a whole number, into a uint64_t */
	MV_KNOB_VERSION,	/* MAJOR.MINOR, into a uint64_t as 10 * major + minor */
	MV_KNOB_CHOICE,		/* one of the words in CHOICES, its index into a uint64_t */
	MV_KNOB_TEXT,		/* any text, copied into a char[MV_KNOB_TEXT_BYTES] */
};

enum { MV_KNOB_TEXT_BYTES = 256 };

/* One setting.  What it says goes to OFFSET of the caller's structure.  */
struct mv_knob {
	const char *name;		/* of the environment variable */
	enum mv_knob_kind kind;
	size_t offset;			/* bytes */
	const char *fallback;		/* the default, written as a user would */
	uint64_t low, high;		/* inclusive bounds of a number; unused for words and text */
	const char *const *choices;	/* NULL-terminated, for MV_KNOB_CHOICE */
};

/* Read COUNT settings into SETTINGS.  Every field gets a value, if only the default.  Cannot fail.  */
void mv_knob_read(const struct mv_knob *knobs, size_t count, void *settings);

#endif
