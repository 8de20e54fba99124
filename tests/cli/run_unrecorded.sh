# SPDX-License-Identifier: Apache-2.0
# Static programs, and programs with rights of their own, run all the same.
[ -e "$BUILD/libmemviz.so" ] || { echo "no recorder was built"; exit 77; }
printf '#include <stdio.h>\nint main(void) { puts("static"); return 3; }\n' > static.c
cc -static -o static static.c 2>/dev/null || { echo "no static libc"; exit 77; }
memviz run ./static; echo "exit $?"
printf '#!%s/static\n' "$PWD" > script; chmod +x script
memviz run ./script; echo "exit $?"
cp "$(command -v id)" other; chown 65534 other 2>/dev/null && chmod 4755 other || { echo "not root"; exit 77; }
memviz run ./other -u; echo "exit $?"
