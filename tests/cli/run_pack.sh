# SPDX-License-Identifier: Apache-2.0
# A packed recording shows the same names where the libraries are not; what is not packed says which files are missing.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
mkdir libs packed
cat > grind.c <<'EOC'
#include <stddef.h>
int cudaMalloc(void **, size_t);
static void *g_kept[64];
static inline __attribute__((always_inline)) int take(int n)
{
	return cudaMalloc(&g_kept[n], (size_t)(n + 1) << 20) + 1;
}
static __attribute__((noinline)) int take_hidden(int n)
{
	return take(n) * 2;
}
int grind(int n)
{
	return take_hidden(n) + take(n + 1);
}
EOC
echo 'int grind(int); int main(void) { return grind(1) + grind(3) < 0; }' > app.c
build() { cc -g -O2 -shared -fPIC "$@" -o libs/libgrind.so grind.c -L"$BUILD/gpusim" -l:libcudart.so.12; }
build -Wl,--build-id=0xaabbccdd00112233445566778899aabbccddeeff || exit 77
cc -g -O2 -Wl,--build-id=0x11bbccdd00112233445566778899aabbccddeeff -o app app.c -Llibs -lgrind -Wl,-rpath,"$PWD/libs",-rpath-link,"$BUILD/gpusim" || exit 77
memviz run -q -o . --gpu=sim:1GiB ./app; echo "exit $?"
mv app-*.memviz app.memviz
cp app.memviz original.memviz
told() { sed -E 's|/[^ ]*/(run_pack/)|\1|; s/[0-9]+ of [0-9]+ native frames/N of N native frames/; s/[0-9]+ of [0-9]+ lib/N of N lib/'; }
show() { # FILE FOLDER: all that shows names
	memviz report --native "$1" -o "$2/report" && memviz report --json --native "$1" -o "$2/json" &&
		memviz html --native "$1" -o "$2/html" && memviz html "$1" -o "$2/own"
}
mkdir before after without
show app.memviz before
memviz pack app.memviz -o packed/app.memviz 2>&1 | told
cmp app.memviz original.memviz && memviz check -q packed/app.memviz && echo "the recording is as it was, and the copy is sound"
grep -E 'grind|take' before/report

echo "--- without the libraries"
mkdir hidden; mv libs/libgrind.so app hidden
show packed/app.memviz after
for what in report json html own; do cmp before/$what after/$what && echo "$what: the same"; done
memviz info packed/app.memviz | grep -A 9 ' names' | grep -E ' names|grind' | told
show app.memviz without
sed -n '/^WHAT IS MISSING/,$p' without/report
grep -c -E 'grind.c|take' without/report
grep -A 2 '"path": ".*/run_pack/' without/json | told
memviz info app.memviz | grep -E '/run_pack/' | told
memviz pack app.memviz -o again.memviz 2>&1 | told

echo "--- with debug information elsewhere"
mkdir -p debug/.build-id/aa
cp hidden/libgrind.so debug/.build-id/aa/bbccdd00112233445566778899aabbccddeeff.debug
memviz info --debug-dir=debug app.memviz | grep -E '/run_pack/' | told
memviz report --native --debug-dir=debug app.memviz | grep -c -E 'grind.c'

echo "--- another build in their place"
build -DANOTHER -Wl,--build-id=0xffffffff00112233445566778899aabbccddeeff
memviz report --native app.memviz | grep -E 'names|grind.c'
memviz info app.memviz | grep -E 'libgrind' | told
memviz report --native packed/app.memviz | cmp - before/report && echo "packed: the same"

echo "--- what is packed stays packed"
memviz snapshot packed/app.memviz -o copy.memviz && memviz report --native copy.memviz | cmp - before/report && echo "a copy: the same"
head -c "$(($(wc -c < packed/app.memviz) - 64))" packed/app.memviz > cut.memviz
memviz snapshot cut.memviz -o mended.memviz 2>/dev/null; memviz check mended.memviz | grep -c fine
memviz pack packed/app.memviz -o twice.memviz 2>&1 | told
cmp packed/app.memviz twice.memviz && echo "twice: the same"

echo "--- other files"
forge gpt-killed killed.memviz && memviz pack killed.memviz 2>/dev/null
memviz info killed.packed.memviz | grep state
forge gpt-oom-forward oom.memviz && memviz pack oom.memviz -o - 2>/dev/null > oom.packed && memviz info oom.packed | grep state
memviz pack app.c; echo "exit $?"
memviz pack none.memviz; echo "exit $?"
memviz pack app.memviz -o app.memviz; echo "exit $?"
{ (trap '' XFSZ; ulimit -f 8; memviz pack app.memviz -o big.memviz); echo "exit $?"; } 2>&1 | cat
memviz pack app.memviz -o /dev/full; echo "exit $?"
ls | grep big || echo "nothing is left of it"
