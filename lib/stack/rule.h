/* SPDX-License-Identifier: Apache-2.0 */
/* How to get from a frame to its caller's, for one place in the code, in 30 bits.
 *
 * CFA is the stack pointer that the caller has once the call has returned.  The return address lies right below it.  The
 * caller's frame pointer (rbp) is the callee's own, or has been saved.  What compilers make of code in C, C++ and Rust is of
 * this form but for one place in two thousand.
 *
 * Units: words of 8 bytes.  Threads, signals: pure functions.  */
#ifndef STACK_RULE_H
#define STACK_RULE_H

#include <stdbool.h>
#include <stdint.h>

enum mv_rule_kind {
	MV_RULE_NONE = 0,  /* no code that is known */
	MV_RULE_SP = 1,	   /* CFA is OFFSET above sp */
	MV_RULE_BP = 2,	   /* CFA is OFFSET above bp */
	MV_RULE_AT_BP = 3, /* CFA is ADD above what stands OFFSET above bp */
	MV_RULE_AT_SP = 4, /* CFA is ADD above what stands OFFSET above sp */
	MV_RULE_END = 5,   /* the outermost frame */
	MV_RULE_OTHER = 6, /* of another form */
};

/* bits: 0-2 kind, 3-19 offset (AT_: 3-11 offset, 12-19 add), 20-29 where bp is saved */
enum {
	MV_RULE_BITS = 30,
	MV_RULE_OFFSET_MAX = (1 << 16) - 1,
	MV_RULE_AT_OFFSET_MAX = (1 << 8) - 1,
	MV_RULE_ADD_MAX = (1 << 8) - 1,
	MV_RULE_SAVED_MAX = (1 << 9) - 1,
	MV_RULE_SAME_BP = -(1 << 9), /* as SAVED: bp has not been saved */
};

/* SAVED: where bp is, relative to CFA, but for AT_BP to bp.  */
struct mv_rule {
	enum mv_rule_kind kind;
	int64_t offset, add, saved;
};

/* The bits of RULE; those of MV_RULE_OTHER if a field is too large.  */
static inline uint32_t mv_rule_pack(const struct mv_rule *rule)
{
	bool is_at = rule->kind == MV_RULE_AT_BP || rule->kind == MV_RULE_AT_SP;
	int64_t limit = is_at ? MV_RULE_AT_OFFSET_MAX : MV_RULE_OFFSET_MAX;

	if (rule->offset < -limit || rule->offset > limit || rule->add < 0 || rule->add > (is_at ? MV_RULE_ADD_MAX : 0) ||
	    rule->saved < MV_RULE_SAME_BP || rule->saved > MV_RULE_SAVED_MAX)
		return MV_RULE_OTHER;
	return (uint32_t)rule->kind | ((uint32_t)rule->offset & (is_at ? 0x1ff : 0x1ffff)) << 3 |
	       (uint32_t)rule->add << 12 | ((uint32_t)rule->saved & 0x3ff) << 20;
}

static inline enum mv_rule_kind mv_rule_kind(uint32_t rule)
{
	return (enum mv_rule_kind)(rule & 7);
}

/* The fields of the bits.  A right shift of a negative number keeps its sign with every compiler that we know.  */
static inline int32_t mv_rule_offset(uint32_t rule)
{
	return (int32_t)(rule << 12) >> 15;
}

static inline int32_t mv_rule_at_offset(uint32_t rule)
{
	return (int32_t)(rule << 20) >> 23;
}

static inline uint32_t mv_rule_add(uint32_t rule)
{
	return rule >> 12 & MV_RULE_ADD_MAX;
}

static inline int32_t mv_rule_saved(uint32_t rule)
{
	return (int32_t)(rule << 2) >> 22;
}

#endif
