/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/api/strings.h"

int nvshmem_selected_device_transport;
