#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Gets, once, the interpreters with which the reader of Python frames is tested and which are not installed here, and
# prints the path of every interpreter that there is, one a line: the system's, pyenv's, and those that it has got.
#
#   tools/pythons.sh               get what is missing of other releases of Debian
#   tools/pythons.sh --build       and build the one that Debian does not have, some minutes
#   tools/pythons.sh --have        get nothing
#   tools/pythons.sh --packages    get the packages that the tests use, and print where: a folder for each minor version
#
# Packages of other releases come from the mirror that the system's apt uses, with all that they need, and run with
# their own C library if it is newer than the system's.  What is built is built from Debian's source, without the GIL.
# All lies in ${XDG_CACHE_HOME:-$HOME/.cache}/memviz/pythons, about 1.3 GB; removing it is safe.  What cannot be had is left
# out and said on stderr.  Root is not needed, and the system's configuration is not changed.
#
# Needs: apt-get and patchelf; to build, a C compiler, make, libffi-dev, zlib1g-dev and xz-utils (tools/setup.sh pythons).
set -eu

# RELEASE PACKAGE
packages='bullseye python3.9
bullseye python3.9-dbg
trixie python3.13
trixie python3.13-dbg
sid python3.13
sid python3.14
sid python3.14-dbg
sid python3.15
sid pypy3'

# NAME RELEASE SOURCE OPTION
builds='python3.13t trixie python3.13 --disable-gil'

oldest=8 # minor version
cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/memviz/pythons

say() {
	echo "pythons.sh: $*" >&2
}

# ---- Debian's packages ----

# An apt with no packages installed, so that all that is needed is fetched; its source is the system's of Debian, with
# RELEASE in place of the system's release.  Hooks of the system's own update are not ours to run.
write_config() { # RELEASE
	mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -m 1 '/debian/$') || mirror=
	[ -n "$mirror" ] || { say "apt knows no mirror of Debian: run apt-get update"; return 1; }
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -r $keys ] && signed="[signed-by=$keys] " || signed=
	mkdir -p "$cache/$1/lists/partial" "$cache/$1/archives/partial" "$cache/$1/root"
	: >"$cache/$1/status"
	printf '%s %s%s %s main\n' deb "$signed" "$mirror" "$1" deb-src "$signed" "$mirror" "$1" >"$cache/$1/sources.list"
	cat >"$cache/$1/config" <<-END
		Dir::Etc::sourcelist "$cache/$1/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::State::lists "$cache/$1/lists";
		Dir::State::status "$cache/$1/status";
		Dir::Cache "$cache/$1";
		APT::Sandbox::User "root";
		APT::Install-Recommends "false";
		Acquire::Languages "none";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	END
}

ask_apt() { # RELEASE COMMAND…
	config=$cache/$1/config
	shift
	apt-get -c "$config" -qq "$@" >"$cache/log" 2>&1 </dev/null && return
	say "apt-get $*: $(tail -n 1 "$cache/log")"
	return 1
}

# The lists are fetched once for a run: sid's are old tomorrow.
start_release() { # RELEASE
	case " $started " in *" $1 "*) return ;; esac
	started="$started $1"
	write_config "$1" && ask_apt "$1" update
}

unpack() { # RELEASE PACKAGE
	start_release "$1" && ask_apt "$1" install --download-only "$2" || return 1
	for file in "$cache/$1"/archives/*.deb; do
		dpkg-deb -x "$file" "$cache/$1/root"
		rm "$file"
	done
}

# The loader that goes with the newer of the system's C library and ROOT's: what is tested is linked with the system's.
loader_for() { # ROOT
	other=$(find "$1" -name 'ld-2.*.so' -o -name ld-linux-x86-64.so.2 -type f | head -n 1)
	theirs=$("$other" "$(find "$1" -name libc.so.6 | head -n 1)" | sed -n '1s/.*version \([0-9.]*[0-9]\).*/\1/p')
	ours=$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)
	if [ "$(printf '%s\n' "$ours" "$theirs" | sort -V | tail -n 1)" = "$ours" ]; then
		echo /lib64/ld-linux-x86-64.so.2
	else
		echo "$other"
	fi
}

# A program finds its shared objects by this, and an interpreter its library by where it lies.
adapt() { # ROOT PROGRAM
	loader=$(loader_for "$1")
	paths=$1/usr/lib/x86_64-linux-gnu:$1/lib/x86_64-linux-gnu
	case $loader in /lib64/*) paths=/lib/x86_64-linux-gnu:$paths ;; esac
	patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$paths" "$2"
}

get_package() { # RELEASE PACKAGE
	unpack "$1" "$2" || return 1
	ln -sf "$(readlink -f "$cache/$1/root/usr/bin/$2")" "$cache/have/$1-$2"
	# Others, too: a package that needs another one has brought it again.
	for link in "$cache/have/$1"-*; do
		adapt "$cache/$1/root" "$(readlink "$link")"
	done
}

# ---- built from source ----

build() { # NAME RELEASE SOURCE OPTION
	work=$cache/work
	rm -rf "$work" && mkdir "$work" && cd "$work" && start_release "$2" || return 1
	ask_apt "$2" source --download-only --tar-only "$3" && tar -xf ./*.orig.tar.xz --strip-components=1 || return 1
	# The libraries' tests are most of what would be installed.
	./configure -q --prefix="$cache/$1" --disable-test-modules --without-ensurepip "$4" >"$cache/log" 2>&1 &&
		make -s -j "$(nproc)" >>"$cache/log" 2>&1 && make -s install >>"$cache/log" 2>&1 || {
		say "building $1: $(tail -n 1 "$cache/log")"
		return 1
	}
	cd "$cache" && rm -rf "$work"
	ln -sf "$cache/$1/bin/python3" "$cache/have/$1"
}

# ---- packages of Python ----

# For the minor version of every interpreter here; pip's own settings are honoured.
get_greenlet() {
	pip=$cache/pip/bin/pip
	[ -x "$pip" ] || "${PYTHON:-python3}" -m venv "$cache/pip" || return 1
	for program in $(print_all); do
		minor=$("$program" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
		[ ! -e "$cache/packages/$minor" ] || continue
		"$pip" install -q --disable-pip-version-check --only-binary :all: --implementation cp --python-version "$minor" \
			--target "$cache/packages/new" greenlet && mv "$cache/packages/new" "$cache/packages/$minor" ||
			say "greenlet for Python $minor cannot be had"
	done >&2
}

# ---- all ----

get_packages() {
	for tool in apt-get patchelf; do
		command -v $tool >/dev/null || { say "$tool is needed to get other interpreters"; return; }
	done
	echo "$packages" | while read -r release package; do
		[ ! -x "$cache/have/$release-$package" ] || continue
		say "getting $package of $release"
		get_package "$release" "$package" </dev/null || say "$package of $release cannot be had"
	done
}

get_builds() {
	echo "$builds" | while read -r name release source option; do
		[ ! -x "$cache/have/$name" ] || continue
		say "building $name"
		build "$name" "$release" "$source" "$option" </dev/null || say "$name cannot be had"
	done
}

# True if PROGRAM runs, is of a version that counts and can call the tests' library.
is_usable() { # PROGRAM
	"$1" -c "import sys, ctypes; sys.exit(sys.version_info < (3, $oldest))" 2>/dev/null
}

print_all() {
	for program in /usr/bin/python3.*[0-9] "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python3.*[0-9] "$cache"/have/*; do
		[ -x "$program" ] && is_usable "$program" && readlink -f "$program"
	done
	return 0
}

started=
mkdir -p "$cache/have" "$cache/packages"
# Two that start at once wait for each other; the lock goes with this process.
exec 9>"$cache/lock"
flock 9
case ${1-} in
'') get_packages ;;
--build)
	get_packages
	get_builds
	;;
--have) ;;
--packages)
	get_greenlet
	echo "$cache/packages"
	exit
	;;
*)
	echo "usage: $0 [--build | --have | --packages]" >&2
	exit 2
	;;
esac
print_all
