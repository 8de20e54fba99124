/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_entry.h"

#include <string.h>

#include "gpusim/api/cuda_device.h"
#include "gpusim/driver/drv_card.h"

enum { KNOWN_FLAGS = 3 };

/* The first row of NAME, or mv_entry_count.  */
static size_t find(const char *name)
{
	size_t low = 0, high = mv_entry_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(mv_entries[middle].base_name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < mv_entry_count && !strcmp(mv_entries[low].base_name, name) ? low : mv_entry_count;
}

/* True if ROW answers better than BEST, which may be NULL: a later ABI; among equals the per-thread form, if that is
 * wanted.  */
static bool is_better(const struct mv_entry *row, const struct mv_entry *best, cuuint64_t flags)
{
	bool is_own_wanted = flags & CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;

	if (row->is_per_thread && !is_own_wanted)
		return false;
	if (!best)
		return true;
	if (row->is_per_thread != best->is_per_thread)
		return row->is_per_thread;
	return row->version > best->version;
}

/* Per-thread forms came with 7.0; for older versions of CUDA the legacy form answers, whatever is wanted.  */
CUresult cuGetProcAddress_v2(const char *symbol, void **function, int version, cuuint64_t flags,
			     CUdriverProcAddressQueryResult *status)
{
	const struct mv_entry *best = NULL;
	size_t first, i;

	if (!symbol || !function || (flags & ~(cuuint64_t)KNOWN_FLAGS))
		return CUDA_ERROR_INVALID_VALUE;
	*function = NULL;
	if (version > 0 && (uint64_t)version > mv_facts()->driver_version)
		return CUDA_ERROR_INVALID_VALUE;
	first = find(symbol);
	for (i = first; i < mv_entry_count && !strcmp(mv_entries[i].base_name, symbol); i++) {
		if (mv_entries[i].version <= version && is_better(&mv_entries[i], best, flags))
			best = &mv_entries[i];
	}
	if (best)
		memcpy(function, &best->function, sizeof(*function));
	if (status)
		*status = best ? CU_GET_PROC_ADDRESS_SUCCESS :
			  i > first ? CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT :
				      CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
	return CUDA_SUCCESS;
}

/* The first form can't tell why nothing was found, except by failing.  */
CUresult cuGetProcAddress(const char *symbol, void **function, int version, cuuint64_t flags)
{
	CUresult err = cuGetProcAddress_v2(symbol, function, version, flags, NULL);

	if (!err && !*function)
		err = CUDA_ERROR_NOT_FOUND;
	return err;
}

/* Export tables are not documented, so there are none.  */
CUresult cuGetExportTable(const void **table, const CUuuid *id)
{
	if (!table || !id)
		return CUDA_ERROR_INVALID_VALUE;
	*table = NULL;
	return CUDA_ERROR_NOT_FOUND;
}
