# SPDX-License-Identifier: Apache-2.0
# A program that used CUDA unseen is named at the end, with the reason; one that did not is not worth a word.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
cat > user.c <<'EOT'
#include <stddef.h>
#include <unistd.h>
int cudaFree(void *);
int main(void)
{
	char byte;
	return cudaFree(NULL) || read(0, &byte, 1) < 0;
}
EOT
cc -o user user.c -L"$BUILD/gpusim" -l:libcudart.so.12 || exit 77
# Children are looked for once a second at the least; this one lives until there is nothing to read.
run() { memviz run --gpu=sim:64MiB sh -c "$1" 2>&1 | sed 's/process [0-9]*/process N/'; }
run 'sleep 4 | env -u LD_PRELOAD ./user'
run 'sleep 4 | env -u LD_PRELOAD cat'
