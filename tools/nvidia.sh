#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts links to some of NVIDIA's libraries into a folder, for the tests of how real runtimes look up the driver's
# functions: the runtimes by themselves, and libraries that carry one within.  Nothing of them runs on a GPU here.
#
#   tools/nvidia.sh FOLDER
#
# FOLDER/PACKAGE is a link to what the package of that name on PyPI holds, FOLDER/toolkit one to an installed toolkit,
# CUDA_HOME or /usr/local/cuda.  One that cannot be had is left out and said on stderr.  Packages are downloaded once, 0.9 GB
# in all, and lie in ${XDG_CACHE_HOME:-$HOME/.cache}/memviz/nvidia; removing them is safe.  PYTHON is the interpreter to use;
# pip's own settings are honoured.
set -eu

# Each runtime, both for themselves and as something carries it: 11 has the older resolver only.
packages='
nvidia-cuda-runtime==13.5.37
nvidia-cuda-runtime-cu12==12.9.79
nvidia-cuda-runtime-cu11==11.8.89
nvidia-cublas-cu12==12.4.5.8
nvidia-cudnn-cu13==9.15.1.9
nvidia-nccl-cu12==2.21.5
'

[ $# -eq 1 ] || {
	echo "usage: $0 FOLDER" >&2
	exit 2
}

python=${PYTHON:-python3}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/memviz/nvidia
mkdir -p "$cache" "$1"
# Two that start at once wait for each other; the lock goes with this process.
exec 9>"$cache/lock"
flock 9

# A pip of our own: the system's may be missing.  What is there under its own name is complete.
get() { # PACKAGE==VERSION
	[ ! -d "$cache/$1" ] || return 0
	echo "nvidia.sh: getting $1" >&2
	rm -rf "$cache/new"
	[ -x "$cache/pip/bin/pip" ] || "$python" -m venv "$cache/pip" >&2 || return 1
	"$cache/pip/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
		--target "$cache/new" "$1" >&2 && mv "$cache/new" "$cache/$1"
}

for package in $packages; do
	link=$1/${package%%==*}
	rm -f "$link"
	if get "$package"; then
		ln -s "$cache/$package" "$link"
	else
		echo "nvidia.sh: $package cannot be had" >&2
	fi
done
rm -f "$1/toolkit"
toolkit=${CUDA_HOME:-/usr/local/cuda}
[ ! -d "$toolkit" ] || ln -s "$toolkit" "$1/toolkit"
