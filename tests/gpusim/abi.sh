#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/gpusim/abi.sh [WORK]: what tools/gpusim/api declares of the driver and the runtime against the headers of an
# installed CUDA toolkit, in $CUDA_HOME or /usr/local/cuda; skipped where there is none.  WORK: a folder for what it
# makes.
#
# Prototypes: ours keep CUDA's names of types, so they are compiled after CUDA's own; one that differs is an error.
# Types, fields and constants: one program that prints sizes, places and values is compiled with our headers and with
# CUDA's; what the two print must be the same.
set -u
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
toolkit=${CUDA_HOME:-/usr/local/cuda}/include
passed=0 failed=0 skipped=0

if ! [ -e "$toolkit/cuda.h" ] || ! [ -e "$toolkit/cuda_runtime_api.h" ]; then
	echo "abi: skipped: no CUDA toolkit in ${CUDA_HOME:-/usr/local/cuda}"
	echo "abi: 0 passed, 0 failed, 1 skipped"
	exit 0
fi
. "$here/work.sh"
version=$(sed -n 's/^#define CUDA_VERSION \([0-9]*\).*/\1/p' "$toolkit/cuda.h")
major=$((version / 1000))

ours() { # ours ARGUMENT…: the compiler, with our headers
	${CC:-cc} -w -std=gnu11 -I"$top/lib" -I"$top/tools" -DMV_CUDART_MAJOR=$major "$@"
}

theirs() { # theirs ARGUMENT…: the compiler, with CUDA's, which then declare all versions of a function
	${CC:-cc} -w -std=gnu11 -I"$toolkit" -D__CUDA_API_VERSION_INTERNAL "$@"
}

# Fields that are not compared: with a dash, those that stand for others or lie under a name of our own; with a number,
# those that releases before that one lack, or know otherwise.
others='CUDA_MEMSET_NODE_PARAMS_v2.fill -
CUDA_RESOURCE_VIEW_DESC.rest -
CUDA_TEXTURE_DESC.reserved -
CUgraphNodeParams.event -
CUgraphNodeParams.graph 12090
CUmemPoolProps.reserved 12060
CUmemPoolProps.usage 12060
struct cudaDeviceProp.reserved 13000
struct cudaDeviceProp.reserved1 -
struct cudaDeviceProp.reserved2 -
struct cudaGraphNodeParams.event -
struct cudaGraphNodeParams.graph 12090
struct cudaMemPoolProps.reserved 12060
struct cudaMemPoolProps.usage 12060'

include() { # include FILE…: C that includes them
	for file; do
		echo "#include \"$file\""
	done
}

program() { # program FACTS: C that prints them
	awk -F '\t' '
		BEGIN { print "#include <stddef.h>\n#include <stdio.h>\nint main(void)\n{" }
		{ printf "\tprintf(\"%%s %%#llx\\n\", \"%s\", (unsigned long long)(%s));\n", $1, $2 }
		END { print "\treturn 0;\n}" }' "$1"
}

words() { # words FILE: the identifiers in it
	tr -cs 'A-Za-z0-9_' '\n' <"$1" | sort -u
}

# known FILE: lines of FILE, of which the first field is a name, that the toolkit declares.  Others are skipped.
known() {
	awk -F '\t' 'NR == FNR { is_known[$1] = 1; next }
		{ name = $1; sub(/^struct /, "", name); sub(/\..*/, "", name); if (name in is_known) print }' \
		"$work/words" "$1" >"$1.known"
	skipped=$((skipped + $(wc -l <"$1") - $(wc -l <"$1.known")))
}

check_prototypes() { # check_prototypes NAME
	awk -v mode=prototypes -v from="$2" -f "$here/abi.awk" "$work/$1.i" |
		awk '{ name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name); print name "\t" $0 }' >"$work/$1.prototypes"
	known "$work/$1.prototypes"
	{ cat "$work/$1.theirs.c"; cut -f 2- "$work/$1.prototypes.known"; } >"$work/$1.redeclared.c"
	theirs -fsyntax-only "$work/$1.redeclared.c" 2>"$work/$1.errors"
	bad=$(grep -c 'error:' "$work/$1.errors")
	grep 'error:' "$work/$1.errors" | sed 's/^[^ ]* error: /abi: /'
	failed=$((failed + bad)) passed=$((passed + $(wc -l <"$work/$1.prototypes.known") - bad))
}

check_facts() { # check_facts NAME
	awk -v mode=facts -v from="$2" -f "$here/abi.awk" "$work/$1.i" >"$work/$1.all"
	echo "$others" | awk -v version="$version" '
		NR == FNR { since = $NF; sub(/ [^ ]*$/, ""); if (since == "-" || version < since) is_out[$0] = 1; next }
		{ name = $0; sub(/\t.*/, "", name); if (!(name in is_out)) print }' - "$work/$1.all" >"$work/$1.facts"
	known "$work/$1.facts"
	for side in ours theirs; do
		{ cat "$work/$1.$side.c"; program "$work/$1.facts.known"; } >"$work/$1.$side.print.c"
		if ! $side -o "$work/$1.$side" "$work/$1.$side.print.c" 2>"$work/$1.errors"; then
			sed -n 's/^[^ ]* error: /abi: /p' "$work/$1.errors"
			failed=$((failed + 1))
			return
		fi
		"$work/$1.$side" >"$work/$1.$side.out"
	done
	diff "$work/$1.ours.out" "$work/$1.theirs.out" | sed -n 's/^</abi: ours:  /p; s/^>/abi: theirs:/p'
	bad=$(diff "$work/$1.ours.out" "$work/$1.theirs.out" | grep -c '^<')
	failed=$((failed + bad)) passed=$((passed + $(wc -l <"$work/$1.ours.out") - bad))
}

check() { # check NAME PATTERN HEADERS THEIRS: PATTERN says from which of our files declarations count
	(cd "$top/tools" && include $3) >"$work/$1.ours.c"
	include $4 >"$work/$1.theirs.c"
	ours -E -dD -o "$work/$1.i" "$work/$1.ours.c" && theirs -E -dD -o "$work/$1.theirs.i" "$work/$1.theirs.c" || exit 2
	words "$work/$1.theirs.i" >"$work/words"
	check_prototypes "$1" "$2"
	check_facts "$1" "$2"
}

check driver 'cuda/abi[.]h|api/cuda_' 'gpusim/api/cuda_*.h' 'cuda.h cudaProfiler.h'
# What code made by nvcc calls is declared in crt/host_runtime.h, which only C++ can read.
if [ $major = 12 ] || [ $major = 13 ]; then
	check runtime 'api/rt_' 'gpusim/api/rt_*.h' 'cuda_runtime_api.h cuda_profiler_api.h'
else
	echo "abi: skipped: the runtime of CUDA $major is not simulated"
	skipped=$((skipped + 1))
fi
echo "abi: compared with CUDA $major.$((version % 1000 / 10))"
echo "abi: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
