# SPDX-License-Identifier: Apache-2.0
# memviz.h is all that a program needs: in C and C++, pedantic or not, with nothing linked; and so are README's lines for
# Python.  Without a recorder nothing happens.
[ -e "$BUILD/libmemviz.so" ] || { echo "no recorder was built"; exit 77; }
cat >user.c <<'EOF'
#include <memviz/memviz.h>
#include <stdio.h>
int main(void)
{
	static char pool[4096];
	memviz_block_alloc(pool, 1024, 0, sizeof pool);
	memviz_phase_push("mine");
	memviz_block_alloc(pool + 1024, 2048, 0, sizeof pool);
	memviz_tag(pool + 1024, MEMVIZ_PARAMETER, "weight");
	memviz_phase_pop();
	memviz_block_free(pool);
	printf("snapshot %d\n", memviz_snapshot());
	memviz_block_oom(1 << 20, 0, 2048, sizeof pool);
	return 0;
}
EOF
cp user.c user.cc
flags="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I$TOP/include"
for standard in c99 c11 gnu17; do cc -std=$standard $flags -o c user.c -ldl || echo "$standard: failed"; done
if command -v c++ >/dev/null; then
	for standard in c++11 c++17; do c++ -std=$standard $flags -o cc user.cc -ldl || echo "$standard: failed"; done
else
	cp c cc
fi
for program in c cc; do
	./$program
	memviz run -q ./$program 2>/dev/null
	memviz report --json --at=end $program-*.request1.memviz | python3 -c '
import json, sys
for block in json.load(sys.stdin)["largest_blocks"]: print(block["bytes"], block["phase"], block["band"], block["name"])'
	ls $program-* | sed 's/-[0-9]*/-PID/'
done
# README's three lines, as they stand there, between a block before and one after.
sed -n '/^    import ctypes$/,/^$/s/^    //p' "$TOP/README.md" >lines.py
wc -l <lines.py
python3 lines.py; echo "exit $?"
{
	echo 'import ctypes; ctypes.CDLL(None).memviz_block_alloc(ctypes.c_void_p(4096), ctypes.c_size_t(512), 0, ctypes.c_size_t(512))'
	cat lines.py
	echo 'memviz.memviz_block_alloc(ctypes.c_void_p(8192), ctypes.c_size_t(1024), 0, ctypes.c_size_t(2048))'
} >told.py
memviz run -q python3 told.py; echo "exit $?"
memviz report --json --at=end told-*.memviz | grep -o '"phase": "[a-z]*"'
grep -ao evaluation told-*.memviz
