# SPDX-License-Identifier: Apache-2.0
# What is installed works from there, and goes away again.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
place() { make -s -C "$TOP" BUILD="$BUILD" DESTDIR="$PWD/root" PREFIX=/opt/memviz "$1"; }
place install || exit 1
(cd root/opt/memviz && find . -type f ! -path '*/gpusim/*' | sort)
cat > asks.c <<'EOC'
#include <stddef.h>
int cudaMalloc(void **, size_t);
int main(void)
{
	void *memory;

	return cudaMalloc(&memory, 1 << 20);
}
EOC
cc -o asks asks.c -L root/opt/memviz/lib/memviz/gpusim -l:libcudart.so.12 || exit 77
root/opt/memviz/bin/memviz run -q --gpu=sim:1GiB -- ./asks; echo "exit $?"
root/opt/memviz/bin/memviz check -q asks-*.memviz; echo "exit $?"
# Once more, over a library that a program has mapped.
so=root/opt/memviz/lib/memviz/libmemviz.so
ln $so mapped.so
mkdir shims
cat > shims/mv <<'EOC'
#!/bin/sh
for last; do :; done
[ "${last##*/}" != libmemviz.so ] || [ ! -s "$last" ] || echo "${last##*/} stays until the new one is complete"
PATH=${PATH#*:} exec mv "$@"
EOC
chmod +x shims/mv
PATH=$PWD/shims:$PATH place install || exit 1
[ "$(stat -c %i $so)" != "$(stat -c %i mapped.so)" ] && cmp mapped.so "$BUILD/libmemviz.so" && echo "what was mapped is untouched"
find root -name '.*'
place uninstall
find root -type f
