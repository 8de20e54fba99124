/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of functions' names, as C++ and Python write them.  Private to memviz/analyze.
 *
 * Threads: pure.  Memory: none; what is returned lies within what was given.  */
#ifndef ANALYZE_SIGNATURE_H
#define ANALYZE_SIGNATURE_H

#include <stddef.h>

/* The qualified name in a demangled C++ SIGNATURE, without the result's type and parameters; *LENGTH bytes:
 * "void std::apply<f>(int)" → "std::apply<f>".  Plain names are returned as they are.  */
const char *mv_signature_name(const char *signature, size_t *length);

/* Its last two parts: "DeviceCachingAllocator::malloc".  */
const char *mv_signature_short(const char *signature, size_t *length);

/* The last part of a Python function's qualified name: "Module._apply" is _apply, and so is "_apply", which older
 * interpreters say.  */
const char *mv_signature_method(const char *function);

#endif
