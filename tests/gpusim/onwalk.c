/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/onwalk.h"

#include <dlfcn.h>
#include <link.h>

typedef int (*visit_fn)(struct dl_phdr_info *info, size_t size, void *context);
typedef int (*walk_fn)(visit_fn visit, void *context);

static void (*g_before)(void);
static __thread int t_depth __attribute__((tls_model("initial-exec")));

void on_walk(void (*before)(void))
{
	__atomic_store_n(&g_before, before, __ATOMIC_RELEASE);
}

int dl_iterate_phdr(visit_fn visit, void *context)
{
	walk_fn next = (walk_fn)dlsym(RTLD_NEXT, "dl_iterate_phdr");
	void (*before)(void) = __atomic_load_n(&g_before, __ATOMIC_ACQUIRE);
	int result;

	if (before && !t_depth)
		before();
	t_depth++;
	result = next(visit, context);
	t_depth--;
	return result;
}
