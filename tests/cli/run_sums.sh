# SPDX-License-Identifier: Apache-2.0
# How the memory of a card adds up: what a program asked for, and what else is in use, as NVML says.  In the end the
# recorder waits for it.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
cat > modest.c <<'EOF'
#include <stddef.h>
int cudaMalloc(void **, size_t);
int main(void)
{
	void *memory;

	return cudaMalloc(&memory, 100 << 20) || cudaMalloc(&memory, 3 << 19);
}
EOF
cc -g -O0 -o modest modest.c -L"$BUILD/gpusim" -l:libcudart.so.12 || exit 77
export GPUSIM_CONTEXT=300MiB GPUSIM_OTHERS=120MiB GPUSIM_HIDDEN=5MiB
sums() { memviz run -q -o . "$@" --gpu=sim:2GiB -- ./modest; memviz report --at=end modest-*.memviz | sed -n '/ADDS UP/,/^$/p'; }
sums
memviz report --at=end --json modest-*.memviz | sed -n '/"reconciliation"/,$p' | sed 's/"said_ns": [0-9]*/"said_ns": TIME/'
rm modest-*
GPUSIM_SHARED=7MiB GPUSIM_HIDDEN=0 sums
rm modest-*
GPUSIM_NVML=unlisted sums
rm modest-*
GPUSIM_NVML=broken sums
