/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the NVML stand-in know of each other.
 *
 * It tells what common/facts.h says of the cards, whatever CUDA_VISIBLE_DEVICES may be, and never starts CUDA: programs
 * use it to count cards before they fork.  Cards and their memory are each process's own, so the only processes that use
 * one are the one that asks and the one that GPUSIM_OTHERS pretends.  */
#ifndef GPUSIM_NVML_NVML_H
#define GPUSIM_NVML_NVML_H

#include "gpusim/api/nvml.h"

/* The number of the card that DEVICE stands for into *NUMBER; an error unless NVML runs and there is such a card.  */
nvmlReturn_t mv_nvml_number(nvmlDevice_t device, unsigned int *number);

/* NVML_SUCCESS while NVML runs.  */
nvmlReturn_t mv_nvml_check(void);

#endif
