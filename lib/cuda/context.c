/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that ends with a device's primary context: nobody frees it by itself.  What is allocated in another context while
 * a call is under way is told by its time.  */
#include "cuda/driver.h"
#include "cuda/hook.h"
#include "cuda/watch.h"

static void after_reset(struct mv_call *call)
{
	if (mv_call_result(call) == CUDA_SUCCESS)
		mv_watch_sink()->note_context_end((uint8_t)mv_call_arg(call, call->hook->address), call->started_ns,
						  call->api);
}

static void after_leave(struct mv_call *call)
{
	if (mv_call_result(call) == CUDA_SUCCESS && !mv_driver_has_context((int)mv_call_arg(call, call->hook->address)))
		after_reset(call);
}

const struct mv_hook_family mv_family_reset = {.before = mv_hook_note_start, .after = after_reset};
const struct mv_hook_family mv_family_leave = {.before = mv_hook_note_start, .after = after_leave};
