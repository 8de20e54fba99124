#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes, once, a Python environment with PyTorch but without NVIDIA's libraries, for the simulated GPU, and prints the
# path of its python.
#
#   tools/torch.sh [VERSION]     VERSION of torch; without it, the newest that is tested
#   tools/torch.sh --versions    those that are tested, newest first
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

version=${versions%% *}
case ${1-} in
--versions)
	printf '%s\n' $versions
	exit 0
	;;
-*)
	echo "usage: $0 [VERSION | --versions]" >&2
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
	rm -rf "$place"
	"$python" -m venv "$place" || fail "$python -m venv: failed (Debian has it in python3-venv)"
	# torch last: pip would complain of all that it lacks whenever another package is installed.
	"$place/bin/python" -m pip install --quiet --disable-pip-version-check $packages
	"$place/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "torch==$version"
	echo "$recipe" >"$place/recipe"
}

if ! is_complete; then
	mkdir -p "$cache"
	echo "torch.sh: making $place" >&2
	# Two that start at once wait for each other; the lock goes with this process.
	exec 9>"$cache/torch-$version-$tag.lock"
	flock 9
	is_complete || make_environment >&2
fi
echo "$place/bin/python"
