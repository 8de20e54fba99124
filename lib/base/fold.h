/* SPDX-License-Identifier: Apache-2.0 */
/* A hash of a sequence of words, two at a step: the product of two 64-bit numbers, its halves folded together.  Half
 * the latency of mv_hash_add a word, which is what a capture spends on hashing.
 *
 * Threads, signals: pure functions.  */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include <stdint.h>

/* Continue HASH with A and B: the order of steps matters.  */
static inline uint64_t mv_fold(uint64_t hash, uint64_t a, uint64_t b)
{
	/* Odd, half of the bits set, no pattern: the digits of pi.  */
	const uint64_t pi_1 = 0x243f6a8885a308d3u, pi_2 = 0x13198a2e03707345u;
	unsigned __int128 product = (unsigned __int128)(hash ^ a ^ pi_1) * (b ^ pi_2);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#endif
