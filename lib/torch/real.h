/* SPDX-License-Identifier: Apache-2.0 */
/* The functions behind those that the library stands in for.  Private to lib/torch.  */
#ifndef TORCH_REAL_H
#define TORCH_REAL_H

#include "base/elf.h"

/* SYMBOL of LIBRARY ("libc10.so"), or of whoever else has it: packages rename the libraries that they bring along.  Looked
 * for until it is found and then kept in *KEPT, which starts as NULL.  The libraries are not in the scope that RTLD_NEXT
 * searches: Python loads them apart.  */
static inline void *mv_torch_real(void **kept, const char *library, const char *symbol)
{
	void *function = mv_elf_kept(kept, library, symbol);

	return function ? function : mv_elf_kept_anywhere(kept, symbol);
}

/* What a function needs that stands in for the C++ function SYMBOL.  */
#define MV_TORCH_EXPORTED(symbol) __asm__(symbol) __attribute__((visibility("default")))

#endif
