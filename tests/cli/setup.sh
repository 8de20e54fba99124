# SPDX-License-Identifier: Apache-2.0
# Where neither apt nor dnf is, the packages are named; where all is there, nothing is said.
mkdir bin; ln -s "$(command -v tr)" bin/tr
PATH="$PWD/bin" /bin/sh "$TOP/tools/setup.sh" build web; echo "exit $?"
