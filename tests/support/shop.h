/* SPDX-License-Identifier: Apache-2.0 */
/* Small objects, compiled and stripped on the spot, for tests of what can be known from them.  */
#ifndef SUPPORT_SHOP_H
#define SUPPORT_SHOP_H

#include <stdbool.h>
#include <stdint.h>

#include "symbol/symbols.h"

struct shop {
	char folder[64];
	uint8_t build_id[20];
	uint32_t build_id_bytes;
};

/* Make a folder with whole.so in it: the source in shop.c, with debug information.  False: it cannot be compiled here.  */
bool shop_open(struct shop *shop);
void shop_close(struct shop *shop);

/* Run COMMAND, as printf's, in the folder.  False: it failed.  */
bool shop_run(const struct shop *shop, const char *command, ...) __attribute__((format(printf, 2, 3)));

/* NAME, in the folder.  In a buffer of its own for each of the last four calls.  */
const char *shop_path(const struct shop *shop, const char *name);

/* The object at NAME in the folder, with the shop's build id, which is whole.so's.  */
struct mv_symbols_object shop_object(const struct shop *shop, const char *name);

/* Where SYMBOL is in whole.so, and how long it is; 0: it is not there.  */
uint64_t shop_address(const struct shop *shop, const char *symbol, uint64_t *size);

#endif
