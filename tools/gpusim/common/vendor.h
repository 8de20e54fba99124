/* SPDX-License-Identifier: Apache-2.0 */
/* What stand-ins for the libraries on top of CUDA share.
 *
 * Such a stand-in carries the runtime's code with it, as NVIDIA's libraries carry theirs: what it allocates reaches the
 * driver on its own, not through the program's libcudart.
 *
 * Objects that a program holds by pointer begin with a word that says what they are, so that NULL, a freed object or
 * one of another kind is answered with an error.
 *
 * Threads: any.  Memory: malloc.  */
#ifndef GPUSIM_COMMON_VENDOR_H
#define GPUSIM_COMMON_VENDOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first member of every object.  */
struct mv_vendor_object {
	uint64_t magic;
};

/* Make an object of SIZE bytes and kind MAGIC, zero but for that.  NULL when there is no memory.  */
void *mv_vendor_new(size_t size, uint64_t magic);

/* True if OBJECT, which may be NULL, is an object of kind MAGIC.  */
bool mv_vendor_is(const void *object, uint64_t magic);

/* Free OBJECT if it is of kind MAGIC; false if it is not.  */
bool mv_vendor_free(void *object, uint64_t magic);

/* ---- attributes ---- */

/* A value that was set, in the order in which they were.  */
struct mv_vendor_value {
	int attribute;
	size_t size;			/* bytes */
	void *bytes;
	struct mv_vendor_value *next;
};

/* Keep a copy of SIZE bytes under ATTRIBUTE, in the list at *VALUES.  False when there is no memory.  */
bool mv_vendor_set(struct mv_vendor_value **values, int attribute, const void *bytes, size_t size);

/* The value of ATTRIBUTE, or NULL.  */
const struct mv_vendor_value *mv_vendor_get(const struct mv_vendor_value *values, int attribute);

/* Free the whole list.  */
void mv_vendor_clear(struct mv_vendor_value **values);

/* ---- symbols that the generated part of a library refers to ---- */

/* What a generated function of kind "launch" does with its first argument.  Defined by each library that has any.  */
long mv_stub_launch(const void *handle);

/* What one of kind "dot" or "norm" does: like a launch, but where the host will read RESULT, it becomes SIZE bytes of
 * zero, as everything is that a simulated card computes.  Defined by each library that has any.  */
long mv_stub_result(const void *handle, void *result, size_t size);

/* What ones of kind "create" and "destroy" do: an object that nothing is kept in.  Defined by each library that has
 * any.  */
long mv_stub_create(void **object);
long mv_stub_destroy(void *object);

#endif
