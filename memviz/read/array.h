/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays that grow.  */
#ifndef READ_ARRAY_H
#define READ_ARRAY_H

#include <errno.h>
#include <stdlib.h>

/* Make room for one more behind the COUNT items of ITEM bytes in *ARRAY, malloc'ed, NULL at first, of *CAPACITY items.
 * Doubles, so that appending is cheap.  0 or -ENOMEM; *ARRAY stays valid either way.  */
static inline int mv_array_grow(void *array, size_t *capacity, size_t count, size_t item)
{
	void **at = array, *grown;
	size_t bytes, more = *capacity ? *capacity * 2 : 64;

	if (count < *capacity)
		return 0;
	if (__builtin_mul_overflow(more, item, &bytes))
		return -ENOMEM;
	grown = realloc(*at, bytes);
	if (!grown)
		return -ENOMEM;
	*at = grown;
	*capacity = more;
	return 0;
}

#endif
