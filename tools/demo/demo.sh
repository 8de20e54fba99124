#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo.sh BUILD SIZE PROGRAM…: runs PROGRAM under the recorder, on a simulated GPU of SIZE, until it runs out of memory,
# and leaves in this folder what is made of the snapshot: demo.html, the timeline, and demo.txt, the report.
#
# Exit 0: memory ran out, and both were made.
set -eu

fail() {
	echo "demo: $1" >&2
	exit 1
}

build=$1 size=$2
shift 2
memviz=$build/bin/memviz
out=$build/demo/recordings
rm -rf "$out"
mkdir -p "$out"

echo "memviz run --gpu=sim:$size -- $*"
"$memviz" run --out="$out" --gpu=sim:"$size" --force-sim ${BACKING:+--backing="$BACKING"} -- "$@" && status=0 || status=$?
[ "$status" = 1 ] || fail "$1 was to run out of memory, but its exit status is $status"
snapshot=$(ls "$out"/*.oom1.memviz 2>/dev/null) || fail "$1 did not run out of memory"
"$memviz" report "$snapshot" >demo.txt
"$memviz" html "$snapshot" -o demo.html

echo
sed -n '1,/^HOW IT ADDS UP/p' demo.txt | sed '$d'
echo "demo.txt   the whole report"
echo "demo.html  the timeline: open it in a browser"
echo "$out  the recordings, for $memviz info, report, html, check"
