/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_visible.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gpusim/common/facts.h"

static unsigned char g_numbers[MV_FACTS_CARD_MAX];	/* by ordinal */
static int g_count;

/* The one card whose identity begins with the LENGTH characters at WORD; -1: none, or more than one.  */
static int find_uuid(const char *word, size_t length)
{
	char text[MV_FACTS_UUID_TEXT_BYTES];
	int found = -1;

	for (unsigned int i = 0; i < mv_facts()->card_count; i++) {
		mv_facts_uuid_text(i, text);
		if (strncmp(text, word, length))
			continue;
		if (found >= 0)
			return -1;
		found = (int)i;
	}
	return found;
}

static int find(const char *word, size_t length)
{
	char *end;
	unsigned long number;

	if (length > 4 && !strncmp(word, "GPU-", 4))
		return find_uuid(word, length);
	if (!length || !isdigit((unsigned char)*word))
		return -1;
	number = strtoul(word, &end, 10);
	return end == word + length && number < mv_facts()->card_count ? (int)number : -1;
}

static bool is_listed(int number)
{
	for (int i = 0; i < g_count; i++) {
		if (g_numbers[i] == number)
			return true;
	}
	return false;
}

static void read_list(const char *list)
{
	for (;;) {
		size_t length;
		int number;

		list += strspn(list, " ");
		length = strcspn(list, ", ");
		number = find(list, length);
		if (number < 0 || is_listed(number))
			return;
		g_numbers[g_count++] = (unsigned char)number;
		list += length;
		list += strspn(list, " ");
		if (*list++ != ',')
			return;
	}
}

void mv_visible_start(void)
{
	const char *list = getenv("CUDA_VISIBLE_DEVICES");

	if (list) {
		read_list(list);
		return;
	}
	g_count = (int)mv_facts()->card_count;
	for (int i = 0; i < g_count; i++)
		g_numbers[i] = (unsigned char)i;
}

int mv_visible_count(void)
{
	return g_count;
}

unsigned int mv_visible_number(CUdevice ordinal)
{
	return g_numbers[ordinal];
}
