#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/gpusim/aarch64.sh BUILD: the recorder, the simulated GPU and the odd driver are compiled for aarch64, and programs run
# under them on an emulated processor; what they record is read by this machine's viewer.  Exit 77: it cannot be done here.
set -u
build=$1
out=$build/aarch64
compiler=aarch64-linux-gnu-gcc
passed=0 failed=0

skip() {
	echo "aarch64: 0 passed, 0 failed, 1 skipped: $1"
	exit 77
}

for tool in $compiler aarch64-linux-gnu-g++ qemu-aarch64-static; do
	command -v $tool >/dev/null || skip "$tool is not there"
done
zstd=$(tools/aarch64.sh) || skip "$zstd"

# Headers that are the same on all processors are those of this machine.
make --no-print-directory -j"$(nproc)" BUILD="$out" CC=$compiler CXX=aarch64-linux-gnu-g++ LDFLAGS="-L$zstd" \
	CFLAGS='-O2 -g -idirafter /usr/include' "$out/libmemviz.so" gpusim emulated-programs || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# try ALIVE PROGRAM LIBRARIES ACT: it goes as it should, and leaves one sound recording with so many allocations alive.
try() {
	mkdir "$work/one"
	qemu-aarch64-static -L /usr/aarch64-linux-gnu -E LD_PRELOAD="$out/libmemviz.so" -E LD_LIBRARY_PATH="$3" \
		-E GPUSIM_FORCE=1 -E GPUSIM_MEMORY=1GiB -E MEMVIZ_OUT="$work/one" "$2" "$4" >"$work/said" 2>&1
	status=$?
	found=$("$build/bin/memviz" check "$work"/one/*.memviz 2>&1)
	case "$status $found" in
	"0 "*": fine;"*", $1 alive") passed=$((passed + 1)) ;;
	*)
		failed=$((failed + 1))
		echo "$4: FAILED (exit $status): $found: $(cat "$work/said")"
		;;
	esac
	rm -r "$work/one"
}

tests=$(cd "$out/tests/gpusim" && pwd)
gpusim=$(cd "$out/gpusim" && pwd)
for act in throws ends_threads jumps cancels_within all_fail_with_nonsense unknown_table; do
	try 1 "$tests/on_odd/acts" "$tests/on_odd" $act
done
for act in calls_within all_results_are_null; do
	try 2 "$tests/on_odd/acts" "$tests/on_odd" $act
done
try 0 "$tests/on_odd/acts" "$tests/on_odd" asks_no_more
for act in device by_handle; do
	try 1 "$tests/acts" "$gpusim:$tests" $act
done
for act in by_default by_version by_itself by_stream; do
	try 2 "$tests/acts" "$gpusim:$tests" $act
done
for act in mapped threads; do
	try 0 "$tests/acts" "$gpusim:$tests" $act
done
echo "aarch64: $passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
