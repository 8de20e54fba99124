#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes, once, a Python environment with PyTorch but without NVIDIA's libraries, for the simulated GPU, and prints the
# path of its python.
#
#   tools/torch.sh [--trainers] [VERSION]     VERSION of torch; without it, the newest that is tested
#   tools/torch.sh --versions                 those that are tested, newest first
#
# --trainers: with what tools/trainers.txt lists as well.
#
# The environments lie in ${XDG_CACHE_HOME:-$HOME/.cache}/memviz/torch-VERSION-pyXY, about 2 GB each; removing one is
# safe.  One that an interrupted run left half made is made again.  PYTHON is the interpreter to use; pip's own settings
# (PIP_INDEX_URL, PIP_FIND_LINKS and so on) are honoured.
set -eu

# One release for each major version of CUDA: 13 and 12.
versions='2.15.0 2.6.0'

# What torch imports besides itself when it trains.
packages='numpy sympy typing_extensions'

fail() {
	echo "torch.sh: $*" >&2
	exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
with_trainers=
if [ "${1-}" = --trainers ]; then
	with_trainers=1
	shift
fi
version=${versions%% *}
case ${1-} in
--versions)
	printf '%s\n' $versions
	exit 0
	;;
-*)
	echo "usage: $0 [--trainers] [VERSION] | --versions" >&2
	exit 2
	;;
?*)
	version=$1
	;;
esac

python=${PYTHON:-python3}
tag=$("$python" -c 'import sys; print("py%d%d" % sys.version_info[:2])') || fail "$python: cannot be run"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/memviz
place=$cache/torch-$version-$tag
recipe="torch==$version $packages"

is_complete() {
	[ "$(cat "$place/recipe" 2>/dev/null)" = "$recipe" ]
}

# The file recipe comes last: without it, or with another, nothing is there.
make_environment() {
	echo "torch.sh: making $place" >&2
	rm -rf "$place"
	"$python" -m venv "$place" || fail "$python -m venv: failed (Debian has it in python3-venv)"
	# torch last: pip would complain of all that it lacks whenever another package is installed.
	"$place/bin/python" -m pip install --quiet --disable-pip-version-check $packages
	"$place/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "torch==$version"
	echo "$recipe" >"$place/recipe"
}

has_trainers() {
	[ -z "$with_trainers" ] || cmp -s "$here/trainers.txt" "$place/trainers"
}

# Without what they depend on, which would be another torch and NVIDIA's libraries: the list has what they import.
add_trainers() {
	has_trainers && return
	echo "torch.sh: adding trainers to $place" >&2
	"$place/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$here/trainers.txt"
	cp "$here/trainers.txt" "$place/trainers"
}

if ! is_complete || ! has_trainers; then
	mkdir -p "$cache"
	# Two that start at once wait for each other; the lock goes with this process.
	exec 9>"$cache/torch-$version-$tag.lock"
	flock 9
	is_complete || make_environment >&2
	add_trainers >&2
fi
echo "$place/bin/python"
