#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/gpusim/table.sh [WORK]: the recorder's table of watched functions against what CUDA has.  WORK: a folder for what
# it makes.
#
# Names: every function of the driver's that sounds of memory is in the table or in tests/gpusim/not_memory.  A CUDA
# release that adds one fails here, by its name.  Asked are the names that gpusim exports, which are those of drivers up
# to 13.2, and where there is a toolkit (in $CUDA_HOME or /usr/local/cuda) its stub library and CUPTI's list.
# Versions: each row's symbol, base name and version against tools/gpusim/names/entries and the toolkit's typedefs.
# Arguments: where a row says that an argument is, one of the right kind and width stands in the toolkit's prototype.
set -u
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
home=${CUDA_HOME:-/usr/local/cuda}
passed=0 failed=0 skipped=0

. "$here/work.sh"

fail() {
	echo "table: $1"
	failed=$((failed + 1))
}

skip() {
	echo "table: skipped: $1"
	skipped=$((skipped + 1))
}

cat "$top"/lib/cuda/*.def | grep -E '^(DRIVER|RUNTIME)\(' >"$work/rows"
sed -n 's/^[A-Z]*(\([A-Za-z0-9_]*\).*/\1/p' "$work/rows" | sort >"$work/symbols"
sort -u "$work/symbols" | cmp -s - "$work/symbols" || fail "twice in the table: $(uniq -d "$work/symbols" | tr '\n' ' ')"

# ---- names ----

grep -vE '^(#|$)' "$here/not_memory" | sed 's/  .*//; s/.*/^(&)$/' >"$work/not_memory"

# check_names SOURCE FILE: no name in FILE that sounds of memory is new.
check_names() {
	grep -E 'Mem|Array|Ipc|Multicast|Pool|Ctx|Module|Library|Link|Checkpoint|Capture|Graph|External|Limit|Alloc|Free' "$2" |
		sort -u >"$work/sounds"
	grep -vxFf "$work/symbols" "$work/sounds" | grep -vEf "$work/not_memory" >"$work/new"
	while read -r name; do
		fail "$name: $1 has it; watch it in lib/cuda/*.def, or say in tests/gpusim/not_memory why not"
	done <"$work/new"
	passed=$((passed + $(wc -l <"$work/sounds") - $(wc -l <"$work/new")))
}

grep '^cu' "$top/tools/gpusim/names/libcuda" | sed 's/[^A-Za-z0-9_].*//' >"$work/simulated"
check_names 'the simulated driver' "$work/simulated"
stub=$(ls "$home"/lib64/stubs/libcuda.so "$home"/lib/stubs/libcuda.so 2>/dev/null | head -n 1)
if [ -n "$stub" ]; then
	nm -D --defined-only "$stub" | awk '$3 ~ /^cu/ { print $3 }' >"$work/stub"
	check_names "$stub" "$work/stub"
else
	skip "names: no stub library in $home"
fi
cupti=$(ls "$home"/include/cupti_driver_cbid.h "$home"/extras/CUPTI/include/cupti_driver_cbid.h 2>/dev/null | head -n 1)
if [ -n "$cupti" ]; then
	sed -n 's/.*CBID_\(cu[A-Za-z0-9_]*\) .*/\1/p' "$cupti" >"$work/cupti"
	check_names "$cupti" "$work/cupti"
else
	skip "names: no cupti_driver_cbid.h in $home"
fi
# What is excused must not be watched, and what is watched must exist somewhere.
grep -Ef "$work/not_memory" "$work/symbols" | grep '^cu[A-Z]' >"$work/both"
while read -r name; do
	grep -qE "^DRIVER\($name, pool_(of|at)," "$work/rows" || fail "$name: watched, and said to be no memory"
done <"$work/both"

# ---- versions ----

sed -n 's/^DRIVER(\([A-Za-z0-9_]*\), [a-z_0-9]*, "\([A-Za-z0-9]*\)", \([0-9]*\).*/\2 \3 \1/p' "$work/rows" >"$work/versions"
[ "$(wc -l <"$work/versions")" = "$(grep -c '^DRIVER' "$work/rows")" ] || fail "not all rows could be read"
awk 'NR == FNR { if (!/^#/) known[$1 " " $2 " " $3] = 1; next } !($0 in known)' \
	"$top/tools/gpusim/names/entries" "$work/versions" >"$work/wrong"
while read -r base since symbol; do
	fail "$symbol: that it is $base since $since is not what names/entries say"
done <"$work/wrong"
passed=$((passed + $(wc -l <"$work/versions") - $(wc -l <"$work/wrong")))

# PFN_cuMemAllocAsync_v11020_ptsz; what is newer than the toolkit is not in it.
version=$(sed -n 's/^#define CUDA_VERSION \([0-9]*\).*/\1/p' "$home/include/cuda.h" 2>/dev/null)
if ls "$home"/include/cuda*Typedefs.h >/dev/null 2>&1 && [ -n "$version" ]; then
	cat "$home"/include/cuda*Typedefs.h | grep -o 'PFN_cu[A-Za-z0-9]*_v[0-9]*[_a-z]*)' | tr -d ')' | sort -u >"$work/typedefs"
	awk -v version="$version" '$2 <= version {
		print "PFN_" $1 "_v" $2 ($3 ~ /_ptsz$/ ? "_ptsz" : "") " " $3 }' "$work/versions" >"$work/wanted"
	while read -r type symbol; do
		if grep -qx "$type" "$work/typedefs"; then
			passed=$((passed + 1))
		else
			fail "$symbol: the toolkit has no $type"
		fi
	done <"$work/wanted"
else
	skip "versions: no cudaTypedefs.h in $home"
fi

# ---- arguments ----

if ! [ -e "$home/include/cuda.h" ] || ! [ -e "$home/include/cuda_runtime_api.h" ]; then
	skip "arguments: no CUDA toolkit in $home"
elif ! command -v "${CXX:-c++}" >/dev/null; then
	skip "arguments: no C++ compiler"
else
	printf '#include <cuda.h>\n#include <cuda_runtime_api.h>\n' >"$work/headers.cc"
	flags="-w -std=gnu++17 -I$home/include -I$top/include -D__CUDA_API_VERSION_INTERNAL"
	# shellcheck disable=SC2086
	${CXX:-c++} $flags -E "$work/headers.cc" | tr -cs 'A-Za-z0-9_' '\n' | sort -u >"$work/words"
	awk -f "$here/table.awk" "$work/words" "$work/rows" >"$work/rows.inc"
	# shellcheck disable=SC2086
	if ${CXX:-c++} $flags -I"$work" -o "$work/table" "$here/table.cc" 2>"$work/errors"; then
		"$work/table" >"$work/out"
		failed=$((failed + $(grep -c '^table: ' "$work/out")))
		grep '^table: ' "$work/out"
		passed=$((passed + $(sed -n 's/^\([0-9]*\) right$/\1/p' "$work/out")))
	else
		sed -n 's/^[^ ]* error: /table: /p' "$work/errors" | head
		fail 'the comparison does not compile'
	fi
	unknown=$(grep -c '^// unknown' "$work/rows.inc")
	[ "$unknown" = 0 ] || echo "table: $unknown rows are of other releases or of graphics headers: $(
		sed -n 's|^// unknown ||p' "$work/rows.inc" | tr '\n' ' ')"
fi

echo "table: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
