/* SPDX-License-Identifier: Apache-2.0 */
/* NVIDIA's management library, NVML: the one that nvidia-smi asks.  It needs no context and makes no CUDA call, and knows
 * of all processes.
 *
 * Descriptors: a program may "close all" at any time, in another thread.  So the library is loaded where it shares none with
 * the program (mv_thread_run_apart), and never unloaded, which would close numbers that may be the program's by then.
 * NVML itself opens its devices where the program would, for they share one NVML: what it does when those are taken away,
 * or while it starts, is up to it.  It takes its errors for answers that are not there.
 *
 * Threads: one, of the recorder's own.  Fork: a child that uses it starts it anew.  Private to lib/cuda.  */
#ifndef CUDA_MANAGEMENT_H
#define CUDA_MANAGEMENT_H

#include "cuda/usage.h"

/* Add what NVML says of the card UUID to USAGE: total, used, reserved, this process, others.
 *
 * A card that is divided (MIG) is asked for as the part that the process has.  This process is known by its id, also
 * by those that it has in the namespaces around it, as far as /proc tells them; where it is not listed, or not with a
 * number, neither it nor the others are told.  */
void mv_management_ask(const uint8_t uuid[16], struct mv_usage *usage);

/* How that went so far, for people; a static string.  */
const char *mv_management_state(void);

#endif
