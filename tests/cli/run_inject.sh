# SPDX-License-Identifier: Apache-2.0
# A program that is started without LD_PRELOAD is recorded where CUDA loads the recorder; another tool's place is not taken.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
cat > user.c <<'EOF'
#include <stddef.h>
int cudaFree(void *);
int cudaMalloc(void **, size_t);
int main(void)
{
	void *memory;
	return cudaFree(NULL) || cudaMalloc(&memory, 1 << 20);
}
EOF
cc -o user user.c -L"$BUILD/gpusim" -l:libcudart.so.12 || exit 77
run() { memviz run -q --gpu=sim:64MiB "$@" env -u LD_PRELOAD ./user; echo "exit $?, $(ls | grep -c memviz) recordings"; }
run
run --inject
memviz info user-*.memviz | sed -n 's/[0-9]*$/N/; s/^  start *//p'
memviz report user-*.memviz | sed -n 's/[0-9]*$/N/; s/^ *the start *//p'
memviz report --json user-*.memviz | sed -n 's/[0-9]*",$/N",/; /^  "start"/p'
CUDA_INJECTION64_PATH=/some/tool.so memviz run -q --inject sh -c 'echo "$CUDA_INJECTION64_PATH"'
