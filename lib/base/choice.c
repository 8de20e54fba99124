/* SPDX-License-Identifier: Apache-2.0 */
#include "base/choice.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* The bits of one word; -1: there is no such word.  */
static int stacks_named(const char *word, size_t length)
{
	static const struct {
		const char *word;
		int bits;
	} words[] = {
		{"none", 0},
		{"native", MV_STACKS_NATIVE},
		{"python", MV_STACKS_PYTHON},
		{"frees", MV_STACKS_FREES},
		{"libunwind", MV_STACKS_NATIVE | MV_STACKS_LIBUNWIND},
		{"all", MV_STACKS_NATIVE | MV_STACKS_PYTHON | MV_STACKS_FREES},
	};
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i].word) == length && !memcmp(words[i].word, word, length))
			return words[i].bits;
	return -1;
}

int mv_choice_stacks(const char *value, unsigned *stacks)
{
	unsigned chosen = 0;

	for (;;) {
		size_t length = strcspn(value, ",");
		int bits = stacks_named(value, length);

		if (bits < 0)
			return -EINVAL;
		chosen |= (unsigned)bits;
		if (!value[length])
			break;
		value += length + 1;
	}
	*stacks = chosen;
	return 0;
}
