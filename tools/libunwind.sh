#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# libunwind.sh [TARBALL]
#
# Builds the libunwind that is linked into the recorder, once, and prints the directory that holds it: lib/libunwind.a
# and include/.  The source is the distribution's own package (apt or dnf), or TARBALL.
#
# The libraries that distributions ship cannot be used: the archive is not position independent, and the shared object
# brings a second C++ unwinder into the program.  Here exceptions, compressed debug sections and .debug_frame are left
# out, and what would open files, make pipes, allocate or print is renamed, so that the recorder answers it itself
# (lib/stack/door.c).
#
# Needs: a C compiler, make, binutils, tar, and either apt-get (with xz-utils where the source is compressed so) or dnf
# with its download command, rpm2cpio and cpio; autoconf, automake and libtool only for a source without configure.
# The system's configuration is not changed; root is not needed.
set -eu

# Change this number when the build below changes: an older result is then built anew.
RECIPE=5

CONFIGURE='--disable-shared --enable-static --with-pic --disable-cxx-exceptions --disable-minidebuginfo
	--disable-zlibdebuginfo --disable-debug-frame --disable-tests --disable-documentation --disable-coredump
	--disable-ptrace --disable-setjmp --disable-nto --disable-weak-backtrace'

# initial-exec: the general model of thread-local storage may call malloc.  NDEBUG: an assertion would end the program.
COMPILE='-O2 -g -fPIC -fvisibility=hidden -ftls-model=initial-exec -fasynchronous-unwind-tables -w'

# What the recorder answers in the system's place.
RENAMED='close dl_iterate_phdr fcntl free fstat malloc mincore mmap msync munmap open pipe pipe2 pthread_key_create pthread_once
	pthread_setspecific pthread_sigmask read sigprocmask stat syscall write'

cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/memviz
cc=${CC:-cc}
work=

fail() {
	echo "libunwind.sh: $1" >&2
	exit 1
}

need() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null || fail "$tool is needed to build libunwind and is not there"
	done
}

# run WHAT COMMAND...: the command's output goes to a file; of a failure, the first line that complains is shown.
run() {
	what=$1
	shift
	"$@" >"$work/log" 2>&1 </dev/null && return
	why=$(cat "$work/update" "$work/log" 2>/dev/null | grep -E '^E: |[Ee]rror[: ]|not found|cannot ' | head -n 1)
	fail "$what failed: ${why:-$(tail -n 1 "$work/log")}"
}

# is_ready DIR: it was built by this recipe, for this compiler's processor.
is_ready() {
	[ -f "$1/lib/libunwind.a" ] && [ "$(cat "$1/recipe" 2>/dev/null)" = "$recipe" ]
}

# ---- getting the source ----

# The system's package sources, with source packages in place of binary ones.
write_apt_sources() {
	list='' parts=''
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	for file in "$list" "$parts"/*.list; do
		[ -r "$file" ] || continue
		sed -n 's/^[[:space:]]*deb[[:space:]]/deb-src /p' "$file" >"$work/apt/sources/$(basename "$file" .list).list"
	done
	for file in "$parts"/*.sources; do
		[ -r "$file" ] || continue
		sed 's/^[Tt]ypes:.*/Types: deb-src/' "$file" >"$work/apt/sources/$(basename "$file")"
	done
}

# Hooks of the system's own update are not ours to run, and a normal user could not.
write_apt_config() {
	cat >"$work/apt/config" <<-END
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$work/apt/sources";
		Dir::State::lists "$work/apt/lists";
		Dir::Cache "$work/apt/cache";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	END
}

# A source of the system's that cannot be reached matters only if it is the one with libunwind.
fetch_with_apt() {
	mkdir -p "$work/apt/sources" "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
	write_apt_sources
	write_apt_config
	apt-get -c "$work/apt/config" update >"$work/update" 2>&1 </dev/null || true
	cd "$work/source"
	run 'fetching the source of libunwind with apt-get' \
		apt-get -c "$work/apt/config" source --download-only --tar-only libunwind
	rm "$work/update"
	set -- libunwind_*.orig.tar.*
	tarball=$work/source/$1
}

fetch_with_dnf() {
	need rpm2cpio cpio
	cd "$work/source"
	run 'fetching the source of libunwind with dnf' dnf -q download --source --destdir "$work/source" libunwind
	run 'unpacking the source package' sh -c 'rpm2cpio ./*.src.rpm | cpio -idm'
	set -- libunwind-*.tar.*
	tarball=$work/source/$1
}

fetch() {
	mkdir "$work/source"
	if [ -n "$tarball" ]; then
		:
	elif command -v apt-get >/dev/null; then
		fetch_with_apt
	elif command -v dnf >/dev/null; then
		fetch_with_dnf
	else
		fail 'neither apt-get nor dnf is here: name the source of libunwind (libunwind.sh TARBALL)'
	fi
	[ -r "$tarball" ] || fail "the source of libunwind was not found"
}

# ---- building ----

prepare() {
	mkdir "$work/build"
	run 'unpacking libunwind' tar -xf "$tarball" -C "$work/build" --strip-components=1
	cd "$work/build"
	if [ ! -x configure ]; then
		need autoreconf automake libtoolize
		run 'autoreconf of libunwind' autoreconf -i
	fi
	# A table that it does not understand is an error like others, no reason to end the program; and behind a system call
	# that does not return there is nothing.
	sed -i 's/\<abort *();/return -UNW_EBADFRAME;/' src/dwarf/*.c
	sed -i 's/\<abort *();/__builtin_unreachable ();/' src/*/Gos-linux.c
	version=$(sed -n "s/^PACKAGE_VERSION='\(.*\)'/\1/p" configure)
	[ -n "$version" ] || fail 'the source of libunwind names no version'
}

build() {
	cd "$work/build"
	# shellcheck disable=SC2086
	run 'configuring libunwind' ./configure $CONFIGURE ${cross:+"--host=${cross%-}"} CC="$cc" CFLAGS="$COMPILE" CPPFLAGS=-DNDEBUG LDFLAGS=
	run 'building libunwind' make -j"$(nproc)"
}

# The archive and what it needs to be used: its headers, its licence, the recipe.
collect() {
	mkdir -p "$work/out/lib" "$work/out/include"
	cp "$work"/build/include/libunwind*.h "$work/out/include"
	cp "$work/build/COPYING" "$work/out"
	set --
	for name in $RENAMED; do
		set -- "$@" --redefine-sym "$name=mv_door_$name"
	done
	run 'renaming what libunwind imports' \
		"${cross}objcopy" "$@" "$work/build/src/.libs/libunwind.a" "$work/out/lib/libunwind.a"
	echo "$recipe" >"$work/out/recipe"
}

# An unwinder for C++ exceptions would replace the program's own; compression would be a new dependency.
check() {
	"${cross}nm" "$work/out/lib/libunwind.a" >"$work/symbols" 2>/dev/null
	if grep -qE ' [TWV] (_Unwind_|backtrace$)' "$work/symbols"; then
		fail 'libunwind was built with an unwinder for C++ exceptions'
	fi
	if grep -qE ' U (lzma_|uncompress)' "$work/symbols"; then
		fail 'libunwind was built with compression'
	fi
	if grep -qE ' U (abort|calloc|dl_iterate_phdr|malloc|mmap|munmap|open(64)?|pipe2?|read|realloc|sigprocmask|write)$' "$work/symbols"; then
		fail 'libunwind imports what it must not'
	fi
}

# Another build may have finished first, and an older recipe's result may be in the way.
install_result() {
	target=$cache/libunwind-$version-$RECIPE${cross:+-${machine%%-*}}
	if ! is_ready "$target"; then
		[ ! -e "$target" ] || mv -T "$target" "$work/old" 2>/dev/null || true
		mv -T "$work/out" "$target" 2>/dev/null || is_ready "$target" || fail "cannot write $target"
	fi
	echo "$target"
}

tarball=${1:-}
case $tarball in
'' | /*) ;;
*) tarball=$PWD/$tarball ;;
esac
command -v "${cc%% *}" >/dev/null || fail "no C compiler: $cc is not there"
machine=$($cc -dumpmachine)
recipe="$RECIPE ${machine%%-*}"
# The tools of another processor's compiler bear its name.
cross=
case $machine in
"$(uname -m)"-*) ;;
*) cross=${cc%gcc} ;;
esac

for directory in "$cache"/libunwind-*; do
	if [ -z "$tarball" ] && is_ready "$directory"; then
		echo "$directory"
		exit 0
	fi
done

need make "${cross}nm" "${cross}objcopy" tar
# What a surrounding make or build sets is meant for another program.
unset MAKEFLAGS MFLAGS MAKELEVEL CFLAGS CPPFLAGS LDFLAGS
mkdir -p "$cache" || fail "cannot make $cache"
work=$(mktemp -d "$cache/.build.XXXXXX") || fail "cannot write into $cache"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
echo "libunwind.sh: building libunwind for the recorder, once, in $cache" >&2
fetch
prepare
build
collect
check
install_result
