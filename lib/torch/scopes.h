/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges that programs name with torch.profiler.record_function, and PyTorch itself: optimizer.step and zero_grad, a loader's
 * next batch, DistributedDataParallel.  Each is a phase of the thread that runs it; no profiler needs to run.
 *
 * A range that ends on another thread than it began on (of torch.distributed.rpc's) ends one of that thread's.
 *
 * Threads: any.  Memory: none.  Cost: a microsecond more for each range; ten instructions for each other scope.  Private to
 * lib/torch.  */
#ifndef TORCH_SCOPES_H
#define TORCH_SCOPES_H

/* To be called once, with the GIL.  VERSION: torch's, NULL: not known.  */
void mv_scopes_watch(const char *version);

#endif
