/* SPDX-License-Identifier: Apache-2.0 */
/* What is copied from the host to a card: inputs, and whatever else the program brings along.  Every copy between tensors
 * goes through one function of libtorch_cpu (at::Tensor::copy_ and _to_copy for .to() and .cuda()), which the libraries call
 * through their linkage tables, with the same signature since 1.8.
 *
 * Exceptions pass through.  Nothing here needs cleaning up.  */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "torch/real.h"
#include "torch/storage.h"
#include "torch/torch.h"

#define LIBRARY "libtorch_cpu.so"
#define COPY "_ZN2at4_ops5copy_4callERNS_6TensorERKS2_b"

typedef void *(*copy_fn)(void *self, const void *source, bool non_blocking);

static void note(const void *to, const void *from)
{
	const struct mv_sink *sink = mv_torch_labels();
	int saved = errno;
	uint64_t address = sink && mv_storage_is_on_host(from) ? mv_storage_card_address(to) : 0;

	if (address)
		mv_storage_answer(sink->note_owner(address, MV_ROLE_COPIED, NULL, 0, mv_storage_state() == MV_STORAGE_TRUSTED));
	errno = saved;
}

void *mv_copy_call(void *self, const void *source, bool non_blocking) MV_TORCH_EXPORTED(COPY);

void *mv_copy_call(void *self, const void *source, bool non_blocking)
{
	static void *kept;
	copy_fn real = (copy_fn)mv_torch_real(&kept, LIBRARY, COPY);
	void *result = real ? real(self, source, non_blocking) : self;

	note(self, source);
	return result;
}
