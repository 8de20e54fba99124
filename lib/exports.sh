#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes the linker's list of what libmemviz.so exports: every function that the tables in cuda/ watch, dlsym, dlvsym and dlclose,
# the functions through which PyTorch reports and hands memory on, CUDA's ways in for tools, and the promises of memviz/memviz.h.  Nothing else leaves
# the library.
set -eu
cd "$(dirname "$0")"
echo '{'
echo '	global:'
sed -n 's/^\(DRIVER\|RUNTIME\)(\([A-Za-z0-9_]*\).*/\t\t\2;/p' cuda/*.def
echo '		dlsym;'
echo '		dlvsym;'
echo '		dlclose;'
sed -n 's/^EXPORTED [a-z]* \(Initialize[A-Za-z0-9]*\)(.*/\t\t\1;/p' cuda/*.c
sed -n 's/^#define [A-Z0-9_]* "\(_Z[A-Za-z0-9_]*\)".*/\t\t\1;/p; s/^	"\(_Z[A-Za-z0-9_]*\)"$/\t\t\1;/p' torch/*.c
sed -n 's/^#define [A-Z0-9_]* "\(cublas[A-Za-z0-9_]*\)".*/\t\t\1;/p' torch/*.c
sed -n 's/^EXPORTED [a-z]* \(memviz_[a-z_]*\)(.*/\t\t\1;/p' session/*.c
echo '	local:'
echo '		*;'
echo '};'
