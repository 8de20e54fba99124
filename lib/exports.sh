#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes the linker's list of what libmemviz.so exports: every function that cuda/hooks.def watches, dlsym, the functions
# through which PyTorch reports, and the promises of memviz/memviz.h.  Nothing else leaves the library.
set -eu
cd "$(dirname "$0")"
echo '{'
echo '	global:'
sed -n 's/^\(DRIVER\|RUNTIME\)(\([A-Za-z0-9_]*\).*/\t\t\2;/p' cuda/hooks.def
echo '		dlsym;'
sed -n 's/^#define [A-Z0-9_]* "\(_Z[A-Za-z0-9_]*\)".*/\t\t\1;/p; s/^	"\(_Z[A-Za-z0-9_]*\)"$/\t\t\1;/p' torch/*.c
sed -n 's/^EXPORTED [a-z]* \(memviz_[a-z_]*\)(.*/\t\t\1;/p' session/*.c
echo '	local:'
echo '		*;'
echo '};'
