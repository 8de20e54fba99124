/* SPDX-License-Identifier: Apache-2.0 */
/* Mixing numbers, for tables that hold addresses and ids.  Not for data that an enemy chooses.
 *
 * Threads, signals: pure functions.  */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

/* Spread VALUE over all 64 bits (the finaliser of splitmix64, Steele et al. 2014).  */
static inline uint64_t mv_hash_u64(uint64_t value)
{
	value ^= value >> 30;
	value *= 0xbf58476d1ce4e5b9u;
	value ^= value >> 27;
	value *= 0x94d049bb133111ebu;
	return value ^ value >> 31;
}

/* Continue HASH with VALUE: the order of values matters.  */
static inline uint64_t mv_hash_add(uint64_t hash, uint64_t value)
{
	return mv_hash_u64(hash ^ (value + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2)));
}

#endif
