# SPDX-License-Identifier: Apache-2.0
# A program of another libc, in a run that is recorded, runs as ever: its loader takes the recorder in.
[ -e "$BUILD/libmemviz.so" ] || { echo "no recorder was built"; exit 77; }
command -v musl-gcc >/dev/null || { echo "no musl-gcc"; exit 77; }
printf '#include <stdio.h>\nint main(void) { puts("other"); return 3; }\n' >other.c
musl-gcc -o other other.c || exit 77
memviz run sh -c './other; echo "exit $?"'; echo "exit $?"
memviz run ./other; echo "exit $?"
