#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the folder that holds what the recorder for aarch64 is linked with besides libunwind: zstd, out of Debian's or
# Ubuntu's own package for that processor, which is fetched once and only unpacked.  The system's configuration is not
# changed; root is not needed.  Exit 77, and one line that says why: it cannot be had here.
set -eu

cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/memviz
target=$cache/aarch64
work=

skip() {
	echo "$1"
	exit 77
}

# The system's package sources, for one other processor.
write_config() {
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	cat >"$work/config" <<-END
		Dir::Etc::sourcelist "${list:-/dev/null}";
		Dir::Etc::sourceparts "${parts:-/dev/null}";
		Dir::State::lists "$work/lists";
		Dir::Cache "$work/cache";
		APT::Architecture "arm64";
		APT::Architectures { "arm64"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	END
}

fetch() {
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
	write_config
	cd "$work"
	apt-get -c "$work/config" update -qq >log 2>&1 </dev/null || true
	apt-get -c "$work/config" download -qq libzstd-dev >log 2>&1 </dev/null || skip "zstd for aarch64: $(tail -n 1 log)"
	dpkg-deb -x libzstd-dev_*.deb root
	mkdir out
	cp root/usr/lib/aarch64-linux-gnu/libzstd.a out
}

if [ ! -e "$target/libzstd.a" ]; then
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || skip 'zstd for aarch64 comes by apt'
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/.aarch64.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	(fetch)
	mv -T "$work/out" "$target" 2>/dev/null || [ -e "$target/libzstd.a" ]
fi
echo "$target"
