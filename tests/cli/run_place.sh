# SPDX-License-Identifier: Apache-2.0
# The loader cannot be told of a path with a space or a colon.
[ -e "$BUILD/libmemviz.so" ] || { echo "no recorder was built"; exit 77; }
mkdir "a b" "a b/bin"; cp "$BUILD/bin/memviz" "a b/bin"; cp "$BUILD/libmemviz.so" "a b"
"a b/bin/memviz" run true 2>&1 | sed 's/ .*a b/ PATH\/a b/'
mkdir bin; cp "$BUILD/bin/memviz" bin
bin/memviz run true; echo "exit $?"
