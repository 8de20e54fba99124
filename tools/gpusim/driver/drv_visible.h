/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the cards the program sees, and in which order: CUDA_VISIBLE_DEVICES, as the CUDA C++ Programming Guide
 * describes it.  A list of numbers, or of identities that begin with "GPU-" and may be cut short where they stay
 * unique; what comes behind the first that is wrong is not seen.  A card that is named twice is taken to be wrong.  */
#ifndef GPUSIM_DRIVER_DRV_VISIBLE_H
#define GPUSIM_DRIVER_DRV_VISIBLE_H

#include "gpusim/api/cuda_types.h"

/* Read the environment variable; by cuInit, once.  */
void mv_visible_start(void);

/* How many there are.  0 before mv_visible_start.  */
int mv_visible_count(void);

/* The number, among all cards, of the one that the program calls ORDINAL, which is valid.  */
unsigned int mv_visible_number(CUdevice ordinal);

#endif
