/* SPDX-License-Identifier: Apache-2.0 */
/* Names of C++ and Rust as people write them; the only door to libiberty.  */
#ifndef SYMBOL_DEMANGLE_H
#define SYMBOL_DEMANGLE_H

/* NAME as a person would write it, without the version of a symbol; or a copy of it if it is not mangled; malloc'ed.  NULL: out of memory.  */
char *mv_demangle(const char *name);

#endif
