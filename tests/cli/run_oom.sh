# SPDX-License-Identifier: Apache-2.0
# A program on the simulated GPU runs out of memory; what is said is about this run alone.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
cat > hungry.c <<'EOF'
#include <stddef.h>
#include <stdio.h>
int cudaMalloc(void **, size_t);
__attribute__((noinline)) static int ask(size_t mebibytes)
{
	void *memory;
	int err = cudaMalloc(&memory, mebibytes << 20);

	printf("%zu MiB: %d\n", mebibytes, err);
	return err;
}
int main(void)
{
	ask(100);
	return ask(3000) ? 4 : 0;
}
EOF
cc -g -O0 -o hungry hungry.c -L"$BUILD/gpusim" -l:libcudart.so.12 || exit 77
forge gpt-oom-forward earlier-1.oom1.memviz
plain() { sed 's/hungry-[0-9]*/hungry-PID/; s/([0-9.]* KiB)/(SIZE)/; s/+0x[0-9a-f]*/+OFFSET/'; }
memviz run --sample=off --gpu=sim:2GiB -- ./hungry 2>log; echo "exit $?"
plain <log
memviz run -q --gpu=sim:8GiB -- ./hungry; echo "exit $?"
ls | sed 's/hungry-[0-9]*/hungry-PID/' | sort | uniq -c | sed 's/^ *//'
memviz check -q *.memviz; echo "exit $?"
memviz report hungry-*.oom1.memviz | plain | sed -n '2,22p' | sed 's/: .* after the recording/: TIME after the recording/'
mkdir other
memviz run -q -o other --gpu=sim:2GiB -- ./hungry 2>&1 | plain
memviz run -q -o other --gpu=sim:3090MiB -- ./hungry 2>&1 | plain | grep -e 'did not fit' -e 'room '
