/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges that programs mark for NVIDIA's profilers (NVTX), taken for phases: PyTorch's torch.cuda.nvtx, nvtx3 in C and C++.
 *
 * NVTX, a header that is compiled into its users, asks one tool: at the first range, each of its copies loads the library
 * that NVTX_INJECTION64_PATH names and calls InitializeInjectionNvtx2 there.  That is us where the variable says so; where
 * it names a profiler, and ranges are wanted all the same, the profiler is asked first and then told of everything,
 * as if we were not there.  Nobody else is kept from NVTX by what this library exports: it is asked for by the handle of
 * the library that was named.
 *
 * Threads: safe.  Private to lib/cuda, but for what watch.h says of it.  */
#ifndef CUDA_NVTX_H
#define CUDA_NVTX_H

/* What dlsym(HANDLE, NAME) is to return if it is NVTX that asks a profiler; NULL: it is not our business.  */
void *mv_nvtx_decide(void *handle, const char *name);

#endif
