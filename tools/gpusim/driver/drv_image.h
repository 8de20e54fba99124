/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a device code image, as far as documented formats tell: kernels and variables by name.
 *
 * PTX is text; a cubin is ELF with an ordinary symbol table.  Everything else, such as what nvcc embeds in programs,
 * is opaque: any name is then taken to be in it, and any variable to have MV_IMAGE_OPAQUE_BYTES.
 *
 * Threads: none of it keeps state.  Images are trusted, as they are by the real driver.  */
#ifndef GPUSIM_DRIVER_DRV_IMAGE_H
#define GPUSIM_DRIVER_DRV_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

enum { MV_IMAGE_OPAQUE_BYTES = 16 << 20 };

enum mv_image_kind { MV_IMAGE_OPAQUE, MV_IMAGE_PTX, MV_IMAGE_ELF };

enum mv_image_kind mv_image_kind_of(const void *image);

/* A copy of IMAGE, by malloc; NULL for an opaque image, whose size nobody knows, and when there is no memory.  */
void *mv_image_copy(const void *image);

/* The bytes of the file at PATH and a zero after them, by malloc.  NULL if PATH is NULL or can't be read.  */
char *mv_image_read(const char *path);

/* True if the copy IMAGE of a KIND of image has a kernel NAME.  */
bool mv_image_has_kernel(const void *image, enum mv_image_kind kind, const char *name);

/* Size in bytes of its variable NAME, 0 if there is none.  */
size_t mv_image_variable_size(const void *image, enum mv_image_kind kind, const char *name);

#endif
