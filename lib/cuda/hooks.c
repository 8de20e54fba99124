/* SPDX-License-Identifier: Apache-2.0 */
#include "cuda/family.h"

#include "base/text.h"
#include "memviz/format.h"

#define DRIVER(symbol, kind, base_name, version, ...) \
	{.name = #symbol, .family = &mv_family_##kind, .base = base_name, .since = version, ##__VA_ARGS__},
#define RUNTIME(symbol, ...) {.name = #symbol, .home = MV_HOME_RUNTIME, ##__VA_ARGS__},

const struct mv_hook mv_hooks[MV_HOOK_COUNT] = {
#include "cuda/hooks.def"
};

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* The table is short and this is asked when functions are looked up, not when they are called.  Names that are not CUDA's
 * leave at the first test: cudnnCreate, cublasCreate, curl_easy_init.  */
const struct mv_hook *mv_hook_named(const char *name)
{
	unsigned i;

	if (name[0] != 'c' || name[1] != 'u' || !(is_capital(name[2]) || mv_text_starts(name, "cuda")))
		return NULL;
	for (i = 0; i < MV_HOOK_COUNT; i++)
		if (mv_text_equal(mv_hooks[i].name, name))
			return &mv_hooks[i];
	return NULL;
}
