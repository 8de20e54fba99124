# SPDX-License-Identifier: Apache-2.0
# NVTX ranges, of NVIDIA's own headers, are phases where that is asked for; a profiler hears all that it would hear alone.
[ -e "$BUILD/libmemviz.so" ] && [ -e "$BUILD/gpusim/preload" ] || { echo "no recorder or no simulated GPU was built"; exit 77; }
toolkit=${CUDA_HOME:-/usr/local/cuda}/include
[ -e "$toolkit/nvtx3/nvToolsExt.h" ] || { echo "no NVTX headers in ${CUDA_HOME:-/usr/local/cuda}"; exit 77; }
cat > user.c <<'EOF'
#include <nvtx3/nvToolsExt.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
int cudaMalloc(void **, size_t);
static nvtxRangeId_t across;
static void get(size_t mebibytes) { void *memory; cudaMalloc(&memory, mebibytes << 20); }
static void *elsewhere(void *unused) { nvtxRangeEnd(across); return unused; }
static void attributed(nvtxDomainHandle_t domain, nvtxStringHandle_t name)
{
	nvtxEventAttributes_t range = {.version = NVTX_VERSION, .size = NVTX_EVENT_ATTRIB_STRUCT_SIZE};
	range.messageType = NVTX_MESSAGE_TYPE_REGISTERED;
	range.message.registered = name;
	nvtxDomainRangePushEx(domain, &range);
	get(3);
	nvtxDomainRangePop(domain);
}
int main(void)
{
	nvtxDomainHandle_t domain = nvtxDomainCreateA("house");
	pthread_t thread;
	nvtxRangeId_t first, second;
	int depth;

	get(1);
	depth = nvtxRangePushA("pushed");
	get(2);
	nvtxRangePushW(L"gr\u00f6\u00dfer");
	get(4);
	nvtxRangePop();
	nvtxRangePop();
	attributed(domain, nvtxDomainRegisterStringA(domain, "registered"));
	first = nvtxRangeStartA("first");
	second = nvtxRangeStartA("second");
	nvtxRangeEnd(first);
	get(5);
	nvtxRangeEnd(second);
	across = nvtxRangeStartA("across");
	pthread_create(&thread, NULL, elsewhere, NULL);
	pthread_join(thread, NULL);
	nvtxRangePushA("last");
	nvtxRangePop();
	get(6);
	printf("depth %d\n", depth);
	return 0;
}
EOF
cat > profiler.c <<'EOF'
#include <nvtx3/nvToolsExt.h>
#include <stdio.h>
static int push(const char *name) { printf("profiler: %s\n", name); return 7; }
static nvtxRangeId_t start(const char *name) { printf("profiler: start %s\n", name); return 4711; }
static void end(nvtxRangeId_t id) { printf("profiler: end %d\n", (int)id); }
int InitializeInjectionNvtx2(NvtxGetExportTableFunc_t tables)
{
	const NvtxExportTableCallbacks *callbacks = tables(NVTX_ETID_CALLBACKS);
	NvtxFunctionTable table;
	unsigned count;
	callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE, &table, &count);
	*table[NVTX_CBID_CORE_RangePushA] = (NvtxFunctionPointer)push;
	*table[NVTX_CBID_CORE_RangeStartA] = (NvtxFunctionPointer)start;
	*table[NVTX_CBID_CORE_RangeEnd] = (NvtxFunctionPointer)end;
	return 1;
}
EOF
cc -o user user.c -I"$toolkit" -L"$BUILD/gpusim" -l:libcudart.so.12 -ldl -lpthread || exit 77
cc -shared -fPIC -o profiler.so profiler.c -I"$toolkit" || exit 77
phases() { # RECORDING: what lies in which phase, in MiB; names of ranges that it holds
	memviz report "$1" --json --at=end --top=100 >report.json
	python3 - <<'EOF'
import json
for block in sorted(json.load(open("report.json"))["largest_blocks"], key=lambda b: b["bytes"]):
    print(block["bytes"] >> 20, block["phase"])
EOF
	grep -aoE 'pushed|größer|registered|first|second|across|last' "$1" | sort -u | tr '\n' ' '
	echo
	rm -f "$1"
}
echo "-- alone"; memviz run -q --gpu=sim:64MiB ./user; phases user-*.memviz
echo "-- asked for"; memviz run -q --nvtx --gpu=sim:64MiB ./user; phases user-*.memviz
export NVTX_INJECTION64_PATH="$PWD/profiler.so"
echo "-- a profiler's"; memviz run -q --gpu=sim:64MiB ./user; phases user-*.memviz
echo "-- both"; memviz run -q --nvtx --gpu=sim:64MiB ./user; phases user-*.memviz
