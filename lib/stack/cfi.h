/* SPDX-License-Identifier: Apache-2.0 */
/* What an entry of the unwind tables (fde.h) says about one place in the code, as a rule.
 *
 * An entry holds a program (rows.h), which is run up to the stretch of code that is wanted; before it, that of the CIE, which
 * many entries have in common.
 *
 * Format: Linux Standard Base, Core, "Exception Frames"; DWARF 5, 6.4.1.  On other processors than AMD64 every rule is
 * MV_RULE_OTHER.
 *
 * Nothing outside the tables' segment is read, whatever they hold.
 * Threads, signals: pure functions.  */
#ifndef STACK_CFI_H
#define STACK_CFI_H

#include <stdint.h>

#include "stack/fde.h"
#include "stack/rule.h"

/* The rule for PC, which FDE of TABLES is about; MV_RULE_OTHER where that is not so, or is damaged.  */
struct mv_rule mv_cfi_rule(const struct mv_fde_tables *tables, const uint8_t *fde, uintptr_t pc);

#endif
