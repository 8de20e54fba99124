/* SPDX-License-Identifier: Apache-2.0 */
/* dlclose, which means the same whoever calls it: the stacks are told, before other code can come to lie in the place of what
 * is unloaded.  (dlopen stays the loader's: what it finds depends on who calls it.)  */
#include "cuda/lookup.h"
#include "stack/stack.h"

__attribute__((visibility("default"))) int dlclose(void *handle);

int dlclose(void *handle)
{
	int (*close_next)(void *) = (int (*)(void *))mv_lookup_next_close();
	int result;

	if (!close_next)
		return -1;
	mv_stack_unload_begins();
	result = close_next(handle);
	mv_stack_unload_ends();
	return result;
}
