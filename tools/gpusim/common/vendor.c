/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/common/vendor.h"

#include <stdlib.h>
#include <string.h>

void *mv_vendor_new(size_t size, uint64_t magic)
{
	struct mv_vendor_object *object = calloc(1, size);

	if (object)
		object->magic = magic;
	return object;
}

bool mv_vendor_is(const void *object, uint64_t magic)
{
	const struct mv_vendor_object *head = object;

	return head && head->magic == magic;
}

bool mv_vendor_free(void *object, uint64_t magic)
{
	if (!mv_vendor_is(object, magic))
		return false;
	((struct mv_vendor_object *)object)->magic = 0;
	free(object);
	return true;
}

/* ---- attributes ---- */

static struct mv_vendor_value *find(struct mv_vendor_value *values, int attribute)
{
	while (values && values->attribute != attribute)
		values = values->next;
	return values;
}

bool mv_vendor_set(struct mv_vendor_value **values, int attribute, const void *bytes, size_t size)
{
	struct mv_vendor_value *value = find(*values, attribute);
	void *copy = malloc(size + 1);

	if (!copy)
		return false;
	if (size)
		memcpy(copy, bytes, size);
	if (!value) {
		value = calloc(1, sizeof(*value));
		if (!value) {
			free(copy);
			return false;
		}
		value->attribute = attribute;
		value->next = *values;
		*values = value;
	}
	free(value->bytes);
	value->bytes = copy;
	value->size = size;
	return true;
}

const struct mv_vendor_value *mv_vendor_get(const struct mv_vendor_value *values, int attribute)
{
	return find((struct mv_vendor_value *)(uintptr_t)values, attribute);
}

void mv_vendor_clear(struct mv_vendor_value **values)
{
	while (*values) {
		struct mv_vendor_value *next = (*values)->next;

		free((*values)->bytes);
		free(*values);
		*values = next;
	}
}
