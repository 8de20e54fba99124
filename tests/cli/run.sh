#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/cli/run.sh BUILD [NAME…]: the viewer end to end.
#
# NAME.sh runs in an empty folder with memviz and forge at hand; what it prints, on stdout and stderr, must be NAME.out,
# and its exit status what NAME.exit says (0 if there is none; 77: skipped).  UPDATE=1 writes NAME.out instead.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd) || exit 2
shift
export PATH="$build/bin:$build/tests:$PATH" LC_ALL=C.UTF-8 TZ=UTC NO_COLOR=1 MEMVIZ_CACHE=no BUILD="$build" TOP="$here/../.."
unset MAKEFLAGS MFLAGS MAKELEVEL MEMVIZ_OUT MEMVIZ_RING MEMVIZ_STACKS MEMVIZ_ON MEMVIZ_VERBOSE MEMVIZ_SNAPSHOTS MEMVIZ_AT_EXIT MEMVIZ_SAMPLE MEMVIZ_DEBUG_DIR LD_PRELOAD
[ $# -gt 0 ] || set -- $(cd "$here" && ls *.sh | grep -v '^run\.sh$' | sed 's/\.sh$//')
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

for name; do
	mkdir "$work/$name"
	(cd "$work/$name" && sh "$here/$name.sh") >"$work/out" 2>&1
	status=$?
	wanted=$(cat "$here/$name.exit" 2>/dev/null || echo 0)
	[ -z "${UPDATE:-}" ] || [ $status = 77 ] || cp "$work/out" "$here/$name.out"
	if [ $status = 77 ]; then
		echo "$name: skipped: $(tail -n 1 "$work/out")"
		skipped=$((skipped + 1))
	elif [ $status = "$wanted" ] && diff -u "$here/$name.out" "$work/out"; then
		passed=$((passed + 1))
	else
		echo "$name: FAILED (exit $status, wanted $wanted)"
		failed=$((failed + 1))
	fi
done
echo "cli: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $((passed + skipped)) -gt 0 ]
