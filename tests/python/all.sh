#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# all.sh PYTHON…: the tests of stacks with each of these interpreters, as many at once as there are processors.
#
# MEMVIZ_PROBE and what else test_stack.py reads is passed on.  Prints a line for each interpreter, all that it said if
# something failed, and at the end how many passed.
set -u
here=$(dirname "$0")

describe() { # PYTHON
	"$1" -c 'import platform, sys, sysconfig
print(platform.python_implementation(), platform.python_version(),
      "debug" * bool(sysconfig.get_config_var("Py_DEBUG")), "no GIL" * bool(sysconfig.get_config_var("Py_GIL_DISABLED")))'
}

# Exit 0: all passed.
try() { # PYTHON
	said=$({ "$1" -B "$here/test_stack.py" && "$1" -B "$here/mutations.py"; } 2>&1)
	status=$?
	echo "$(describe "$1") $1: $(echo "$said" | grep -E '^Ran |^OK|^FAILED|^not noticed| mistakes, ' | tr '\n' ';')"
	[ $status = 0 ] || echo "$said"
	return $status
}

if [ "${1-}" = --one ]; then
	try "$2"
	exit
fi
[ $# -gt 0 ] || {
	echo "usage: $0 PYTHON…" >&2
	exit 2
}
failed=$(mktemp) || exit 2
trap 'rm -f "$failed"' EXIT
# Each line is written at once; what failed leaves a mark.
printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} sh -c 'out=$("$0" --one "$1") || echo x >>"$2"; echo "$out"' "$0" {} "$failed"
bad=$(wc -l <"$failed")
echo "$(($# - bad)) passed, $bad failed"
[ "$bad" = 0 ]
