/* SPDX-License-Identifier: Apache-2.0 */
/* Servers of debug information, through libdebuginfod where it is installed.  Private to memviz/symbol.  */
#ifndef SYMBOL_DEBUGINFOD_H
#define SYMBOL_DEBUGINFOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ask the servers in DEBUGINFOD_URLS for the debug information of the object with BUILD_ID, and write to PATH[SIZE] where
 * it was put.  False: it is not to be had.  May take as long as a server does.  */
bool mv_debuginfod_find(const uint8_t *build_id, uint32_t bytes, char *path, size_t size);

#endif
