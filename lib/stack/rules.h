/* SPDX-License-Identifier: Apache-2.0 */
/* Rules (rule.h) by return address, learned from the objects' unwind tables when they are first asked for.
 *
 * One table for all threads.  An entry is one word: the address, scrambled so that some of its bits say where the entry
 * stands and the others lie in it, and the rule.  So there is nothing to lock, and nothing that could be read half.
 *
 * Unloaded code: addresses are scrambled together with a number, the generation.  When an object has been unloaded,
 * mv_rules_forget begins the next one, in which nothing that was known before is found any more.  A capture goes by the
 * generation that was there when it began: the objects that its own frames lie in stay loaded meanwhile.
 *
 * Threads: safe.  Signals: not inside the loader; a handler that interrupts mv_rules_find is no problem.  Fork: a child goes
 * on with the table.
 * Memory: 512 KiB, mapped once, taken as they are used.  A full table forgets.  */
#ifndef STACK_RULES_H
#define STACK_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/rule.h"

enum {
	MV_RULES_SET_BITS = 14,
	MV_RULES_WAYS = 4,
	MV_RULES_ADDRESS_BITS = 48, /* scrambled; of programs, 47 */
	MV_RULES_TAG_BITS = MV_RULES_ADDRESS_BITS - MV_RULES_SET_BITS,
};

_Static_assert(MV_RULES_TAG_BITS + MV_RULE_BITS == 64, "an entry is one word");

/* The table, which rules.c fills.  NULL: not started.  */
extern uint64_t *mv_rules_table;

/* Map the table.  Returns 0 or -ENOMEM.  */
int mv_rules_start(void);

/* Begin a generation, and which one it is.  */
void mv_rules_forget(void);
uint64_t mv_rules_generation(void);

/* The rule for the call that returns to IP, from the unwind tables; it is found in GENERATION from now on.  */
uint32_t mv_rules_learn(uintptr_t ip, uint64_t generation);

/* Generations differ in all bits.  Multiplication by an odd number is one to one, so that no two addresses look the same.  */
static inline uint64_t mv_rules_scramble(uintptr_t ip, uint64_t generation)
{
	return (ip ^ generation) * UINT64_C(0x9e3779b97f4a7c15) & ((UINT64_C(1) << MV_RULES_ADDRESS_BITS) - 1);
}

/* The same, from the table if it is there.  About 2 ns.  Addresses that no code can have have no rule.  */
static inline uint32_t mv_rules_find(uintptr_t ip, uint64_t generation)
{
	uint64_t scrambled = mv_rules_scramble(ip, generation);
	uint64_t tag = scrambled & ((UINT64_C(1) << MV_RULES_TAG_BITS) - 1);
	const uint64_t *set = &mv_rules_table[(scrambled >> MV_RULES_TAG_BITS) * MV_RULES_WAYS];
	size_t i;

	if (ip >> (MV_RULES_ADDRESS_BITS - 1))
		return MV_RULE_NONE;
	for (i = 0; i < MV_RULES_WAYS; i++) {
		uint64_t entry = __atomic_load_n(&set[i], __ATOMIC_RELAXED);

		/* An entry that is free is no rule.  */
		if (entry >> MV_RULE_BITS == tag && entry)
			return (uint32_t)(entry & ((1u << MV_RULE_BITS) - 1));
	}
	return mv_rules_learn(ip, generation);
}

#endif
