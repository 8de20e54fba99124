#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the compiler does not check: layers, owners of foreign things, names, and what the recorder exports and needs.
# usage: tests/lint/lint.sh [BUILD]; from the top of the tree.  Prints a line for each finding; exit 1 if there is one.
set -u
LC_ALL=C
export LC_ALL
build=${1:-build}
status=0

# fail TEXT: report and go on.
fail() {
	echo "lint: $1"
	status=1
}

# lines PATTERN FILES…: lines of C code, comments and strings left out where that is easy, that match PATTERN.
code() {
	pattern=$1
	shift
	grep -nE "$pattern" "$@" /dev/null | grep -vE '^[^:]*:[0-9]*:[[:space:]]*(/\*|\*|//)'
}

sources() {
	git ls-files -co --exclude-standard -- "$@"
}

grep -H '^#include "' $(sources 'lib/*.[ch]' 'memviz/*.[ch]') | awk -f tests/lint/layers.awk || status=1

# One owner for each foreign thing.
owner() { # HEADER FILE…: only those may include it
	header=$1
	shift
	for file in $(grep -l "^#include <$header>" $(sources '*.[ch]')); do
		case " $* " in
		*" $file "*) ;;
		*) fail "$file: $header belongs to $*" ;;
		esac
	done
}
owner 'libunwind.h' lib/stack/native.c
owner 'zstd.h' lib/format/pack.c
owner 'xxhash.h' lib/format/checksum.c

# The recorder neither allocates, nor prints, nor ends the program.
found=$(code '(^|[^_[:alnum:]>.])(malloc|calloc|realloc|free|strdup|printf|fprintf|exit|_exit|abort|assert)[[:space:]]*\(' \
	$(sources 'lib/*.[ch]') | grep -v '^lib/stack/door\.')
[ -z "$found" ] || fail "not in the recorder:
$found"
found=$(code '(^|[^_[:alnum:]>.])(exit|_exit|printf|puts|perror)[[:space:]]*\(' \
	$(sources 'memviz/*.[ch]' | grep -v '^memviz/cmd/'))
[ -z "$found" ] || fail "only in memviz/cmd:
$found"
found=$(code '(^|[^_[:alnum:]>.])(dlopen|dladdr|backtrace)[[:space:]]*\(' $(sources 'lib/*.[ch]'))
[ -z "$found" ] || fail "waits for the loader's lock:
$found"

# Names: a file's base name is unique among the sources of the house; every file says its licence.
twice=$(sources 'lib/*.c' 'memviz/*.c' 'tools/*.c' | sed 's|.*/||' | sort | uniq -d)
[ -z "$twice" ] || fail "more than one file called $twice"
for file in $(sources '*.[chS]' '*.sh' '*.py' '*.js' '*.css' '*.mk' '*.awk' '*.def'); do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || fail "$file: no licence line"
done
for header in $(sources 'lib/*.h' 'memviz/*.h' 'include/*.h' 'tools/*.h' 'tests/*.h'); do
	grep -q '^#ifndef [A-Z0-9_]*_H$' "$header" || fail "$header: no include guard"
done

# Headers stand alone.
for header in $(sources 'lib/*.h' 'memviz/*.h' 'include/*.h'); do
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Iinclude -Ilib -Imemviz -I"$build/gen" -fsyntax-only -x c "$header" 2>/dev/null ||
		fail "$header: does not compile alone"
done

# What leaves the library, and what it needs.  What it calls of libc is nothing that allocates, waits, ends the program or
# reads its environment, nor what others put themselves in front of.
refused='malloc calloc realloc free mmap munmap mremap abort exit _exit getenv secure_getenv setenv dlopen dlsym dlvsym dladdr'
refused="$refused open read write close fopen printf puts signal sigaction sigprocmask fork pthread_create backtrace"
so=$build/libmemviz.so
if [ -e "$so" ]; then
	nm -D --defined-only "$so" | awk '{ print $3 }' | sort >"$build/lint.exports"
	sed -n 's/^		\([A-Za-z_][A-Za-z0-9_]*\);$/\1/p' "$build/gen/exports.map" | sort >"$build/lint.allowed"
	diff "$build/lint.allowed" "$build/lint.exports" >"$build/lint.diff" ||
		fail "exports differ from the list: $(cat "$build/lint.diff")"
	needed=$(readelf -d "$so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(libc|libdl|libpthread)\.so')
	[ -z "$needed" ] || fail "libmemviz.so needs $needed"
	newest=$(objdump -T "$so" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
	[ "$(printf '%s\n' "$newest" GLIBC_2.28 | sort -V | tail -n 1)" = GLIBC_2.28 ] ||
		fail "libmemviz.so needs $newest; systems of 2018 have GLIBC_2.28"
	objdump -T "$so" | grep -q GLIBC_PRIVATE && fail "libmemviz.so calls what is glibc's own, and other from system to system"
	readelf -d "$so" | grep -q TEXTREL && fail 'libmemviz.so has text relocations'
	readelf -lW "$so" | grep 'GNU_STACK' | grep -q 'RW ' || fail 'libmemviz.so wants an executable stack'
	found=$(nm -D --undefined-only "$so" | awk '{ print $NF }' | sed 's/@.*//' | grep -xE "$(echo "$refused" | tr ' ' '|')")
	[ -z "$found" ] || fail "libmemviz.so calls what it must not: $found"
	tls=$(readelf -lW "$so" | awk '$1 == "TLS" { print $6 }')
	[ "$((${tls:-0}))" -lt 1024 ] || fail "libmemviz.so has $((tls)) bytes of thread-local storage"
fi
exit $status
