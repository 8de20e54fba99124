/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/rules.h"

#include "base/hash.h"
#include "base/sys.h"
#include "stack/cfi.h"
#include "stack/fde.h"

uint64_t *mv_rules_table;
static uint64_t g_generation; /* as a count */

int mv_rules_start(void)
{
	void *memory;
	int err;

	if (mv_rules_table)
		return 0;
	mv_fde_start();
	err = mv_sys_map(sizeof *mv_rules_table * MV_RULES_WAYS << MV_RULES_SET_BITS, &memory);
	if (err)
		return err;
	__atomic_store_n(&mv_rules_table, memory, __ATOMIC_RELEASE);
	return 0;
}

void mv_rules_forget(void)
{
	__atomic_add_fetch(&g_generation, 1, __ATOMIC_RELEASE);
}

uint64_t mv_rules_generation(void)
{
	uint64_t count = __atomic_load_n(&g_generation, __ATOMIC_ACQUIRE);

	return count ? mv_hash_u64(count) & ((UINT64_C(1) << MV_RULES_ADDRESS_BITS) - 1) : 0;
}

/* Into a free place of its set, or into one that its address chooses.  */
static void keep(uintptr_t ip, uint64_t generation, uint32_t rule)
{
	uint64_t scrambled = mv_rules_scramble(ip, generation);
	uint64_t *set = &mv_rules_table[(scrambled >> MV_RULES_TAG_BITS) * MV_RULES_WAYS];
	size_t way = scrambled % MV_RULES_WAYS, i;

	for (i = 0; i < MV_RULES_WAYS; i++) {
		if (!__atomic_load_n(&set[i], __ATOMIC_RELAXED)) {
			way = i;
			break;
		}
	}
	__atomic_store_n(&set[way], scrambled << MV_RULE_BITS | rule, __ATOMIC_RELAXED);
}

/* The call lies before the address that it returns to, and may be the last instruction of its function.  Where there is no
 * object there may be one later, so that is not kept.  */
uint32_t mv_rules_learn(uintptr_t ip, uint64_t generation)
{
	struct mv_fde_tables tables;
	struct mv_rule rule = {.kind = MV_RULE_OTHER};
	const uint8_t *fde;
	uint32_t bits;

	if (!mv_fde_tables(ip - 1, &tables))
		return MV_RULE_NONE;
	fde = mv_fde_find(&tables, ip - 1);
	if (fde)
		rule = mv_cfi_rule(&tables, fde, ip - 1);
	bits = mv_rule_pack(&rule);
	keep(ip, generation, bits);
	return bits;
}
