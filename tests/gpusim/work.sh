# SPDX-License-Identifier: Apache-2.0
# To be sourced: work is the folder that the script's first argument names, else one that goes when the script ends.
if [ $# -gt 0 ]; then
	work=$1
	mkdir -p "$work" || exit 2
else
	work=$(mktemp -d) || exit 2
	trap 'rm -rf "$work"' EXIT
fi
