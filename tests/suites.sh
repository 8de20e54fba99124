#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/suites.sh TITLE SUITE…: runs each suite of CUnit (unit/harness.h), all of them even if one fails, and adds up what
# they say.  Exit 1 if a test failed, if a suite ended without its last line, or if nothing was run.
set -u
title=$1
shift
passed=0 failed=0 skipped=0

for suite; do
	said=$(mktemp) || exit 2
	{ "$suite"; echo "status $?"; } | tee "$said" | grep -v '^status [0-9]*$'
	set -- $(sed -n 's/^[a-z_]*: \([0-9]*\) tests, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$said")
	status=$(sed -n 's/^status //p' "$said")
	rm -f "$said"
	if [ $# -ne 3 ]; then
		echo "$suite: FAILED: it ended early (exit $status)"
		set -- 1 1 0
	elif [ "$2" = 0 ] && [ "$status" != 0 ] && [ "$status" != 77 ]; then
		echo "$suite: FAILED: exit $status"
		set -- "$1" 1 "$3"
	fi
	passed=$((passed + $1 - $2 - $3)) failed=$((failed + $2)) skipped=$((skipped + $3))
done
echo "$title: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $((passed + skipped)) -gt 0 ]
