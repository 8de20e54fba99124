#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/gpusim/conformance.sh BUILD: what the simulated driver answers (conformance.h) against conformance.golden.
# tests/gpusim/conformance.sh BUILD --real: what this machine's own driver answers, on stdout, to become that file.
#
# In the golden file "= " begins what must be so, "~ " what depends on card or driver and is not compared, and "? " what
# no documentation settles and no card has told yet: a guess, which is counted as skipped.
set -u
LC_ALL=C
export LC_ALL
golden=$(dirname "$0")/conformance.golden
build=$(cd "${1:?usage: $0 BUILD [--real]}" && pwd) || exit 2
program=$build/tests/gpusim/conformance

unset LD_PRELOAD
if [ "${2:-}" = --real ]; then
	exec "$program"
fi
unset CUDA_VISIBLE_DEVICES $(env | sed -n 's/^\(GPUSIM_[A-Z]*\)=.*/\1/p')
said=$(mktemp) || exit 2
trap 'rm -f "$said"' EXIT
LD_LIBRARY_PATH=$build/gpusim GPUSIM_FORCE=1 "$program" >"$said" || exit 1

awk '
	function key(line) {
		sub(/^[=~?] /, "", line)
		sub(/: [^:]*$/, "", line)
		return line
	}
	/^#/ { next }
	NR == FNR { wanted[++count] = $0; next }
	{
		line = wanted[++at]
		kind = substr(line, 1, 1)
		if (line == $0) {
			passed += kind == "="
		} else if (key(line) != key($0) || kind == "=") {
			printf "conformance: %d: wanted %s\n", FNR, line == "" ? "nothing" : line
			printf "conformance: %d: said   %s\n", FNR, $0
			failed++
			if (key(line) != key($0))
				exit
		} else if (kind == "?") {
			unsettled++
			if (substr(line, 3) != substr($0, 3))
				printf "conformance: %d: unsettled %s, said %s\n", FNR, substr(line, 3), substr($0, 3)
		}
	}
	END {
		if (at < count) {
			printf "conformance: %d lines were not compared\n", count - at
			failed += count - at
		}
		printf "conformance: %d passed, %d failed, %d skipped\n", passed, failed, unsettled
		exit (failed > 0 || passed == 0)
	}' "$golden" "$said"
