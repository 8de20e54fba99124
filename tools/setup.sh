#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# setup.sh [build] [check] [web] [aarch64] [torch] [mpi] [pythons]
#
# Installs what is missing to build memviz (build, the default), to test it (check), to test the page in real browsers
# (web), to test it for another processor (aarch64), to run PyTorch on the simulated GPU (torch), to start it by MPI
# (mpi), and to get other Pythons to test with (pythons), by the system's package manager.  Says what it installs; says and does nothing if nothing is missing.  As root,
# or as a user with sudo.
# Exit 0: everything is there.  1: something is missing; one line says what.
set -eu

say() {
	echo "setup: $1" >&2
}

fail() {
	say "$1"
	exit 1
}

# What each purpose needs, by the names that the distributions give it.
packages() { # MANAGER PURPOSE
	case $1-$2 in
	apt-build) echo gcc g++ make libc6-dev libzstd-dev libxxhash-dev zlib1g-dev libdw-dev libelf-dev liblzma-dev libjansson-dev \
		libiberty-dev dpkg-dev xz-utils ca-certificates ;;
	apt-check) echo libcunit1-dev python3 clang libclang-rt-dev gdb strace libjemalloc2 libtcmalloc-minimal libmimalloc \
		musl-tools bindfs btrfs-progs ;;
	apt-mpi) echo openmpi-bin libopenmpi-dev ;;
	apt-web) echo chromium chromium-driver firefox-esr python3 ;;
	apt-aarch64) [ "$(uname -m)" = aarch64 ] || echo gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static ;;
	apt-torch) echo python3 python3-venv ;;
	apt-pythons) echo python3 python3-venv patchelf libffi-dev zlib1g-dev xz-utils ;;
	dnf-build) echo gcc gcc-c++ make glibc-devel libzstd-devel libzstd-static xxhash-devel zlib-devel elfutils-devel \
		elfutils-libelf-devel xz-devel jansson-devel binutils-devel 'dnf-command(download)' cpio xz tar ;;
	dnf-check) echo CUnit-devel python3 clang compiler-rt gdb strace jemalloc gperftools-libs mimalloc libasan libasan-static \
		musl-gcc bindfs btrfs-progs ;;
	dnf-mpi) echo openmpi openmpi-devel ;;
	dnf-web) echo chromium chromedriver firefox python3 ;;
	dnf-torch | dnf-pythons) echo python3 ;;
	esac
}

is_installed() { # MANAGER PACKAGE
	case $1-$2 in
	# The names of these depend on the release; what they are for does not.
	apt-libclang-rt-dev) [ -n "$(find /usr/lib/llvm-* /usr/lib/clang -name 'libclang_rt.fuzzer*' 2>/dev/null | head -n 1)" ] ;;
	apt-libtcmalloc-minimal | apt-libmimalloc)
		[ -n "$(find /usr/lib -name "$(echo "$2" | tr - _).so.*" 2>/dev/null | head -n 1)" ] ;;
	apt-*) dpkg-query -W -f '${db:Status-Status}' "$2" 2>/dev/null | grep -qx installed ;;
	dnf-*) rpm -q --whatprovides "$2" >/dev/null 2>&1 ;;
	esac
}

# The package that holds clang's run-time libraries, in the release's own version.
clang_rt() {
	version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9][0-9]*\)$/\1/p' | head -n 1)
	echo "libclang-rt-${version:-14}-dev"
}

# With the number that the release gives to PACKAGE, a library; nothing where it has none.
numbered() { # PACKAGE
	apt-cache pkgnames "$1" 2>/dev/null | grep -E "^$1[0-9.]+(t64)?$" | sort -V | tail -n 1
}

missing_of() { # MANAGER PURPOSE…
	manager=$1
	shift
	for purpose; do
		for package in $(packages "$manager" "$purpose"); do
			is_installed "$manager" "$package" || echo "$package"
		done
	done | sort -u | tr '\n' ' '
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		fail "run this as root, or install: $missing"
	fi
}

install_apt() {
	as_root apt-get update -qq || fail "apt-get update failed; to install: $missing"
	case " $missing " in
	*" libclang-rt-dev "*) missing=$(echo "$missing" | sed "s/libclang-rt-dev/$(clang_rt)/") ;;
	esac
	for package in libtcmalloc-minimal libmimalloc; do
		case " $missing " in
		*" $package "*) missing=$(echo "$missing" | sed "s/$package/$(numbered $package)/") ;;
		esac
	done
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
		fail "apt-get could not install: $missing"
}

install_dnf() {
	# shellcheck disable=SC2086
	as_root dnf install -y -q $missing || fail "dnf could not install: $missing"
}

main() {
	[ $# -gt 0 ] || set -- build
	if command -v apt-get >/dev/null; then
		manager=apt
	elif command -v dnf >/dev/null; then
		manager=dnf
	else
		fail "no apt-get or dnf here; please install: $(for purpose; do packages apt "$purpose"; done | tr '\n' ' ')(Debian's names)"
	fi
	missing=$(missing_of $manager "$@")
	[ -n "$missing" ] || return 0
	say "installing $missing"
	install_$manager
}

main "$@"
