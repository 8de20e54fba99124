/* SPDX-License-Identifier: Apache-2.0 */
/* Linked in the place of lib/base/sys.c: the same door to the system, but the Nth call through it fails.  */
#ifndef FAULT_SYS_H
#define FAULT_SYS_H

/* From now on the Nth call (from 1) that can fail fails with ERR, a negative errno; 0: none does.  */
void fault_fail_at(unsigned n, int err);

/* From now on every file that is to be mapped is refused with ERR, a negative errno; 0: no more.  */
void fault_forbid_mapping(int err);

/* Calls since then; true if one has failed.  */
unsigned fault_calls(void);
int fault_has_failed(void);

#endif
