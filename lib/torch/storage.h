/* SPDX-License-Identifier: Apache-2.0 */
/* Where the memory of PyTorch's tensors is: read from the objects themselves, whose layout is found out at the first ones,
 * and refused if it is none that is known.  Private to lib/torch.
 *
 * Use: ask for an address, tell the sink, and, as long as the layout is not trusted, answer whether the sink knew it.
 * Threads: any.  Nothing is allocated or locked; a few nanoseconds.  */
#ifndef TORCH_STORAGE_H
#define TORCH_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

enum mv_storage_state {
	MV_STORAGE_WAITING, /* no tensor has been looked at */
	MV_STORAGE_DOUBTED, /* one was, but no block was found by it */
	MV_STORAGE_TRUSTED,
	MV_STORAGE_REFUSED,
};

enum mv_storage_state mv_storage_state(void);

/* The address of the memory of TENSOR, an at::Tensor, on a card; 0: it has none there, or that cannot be told.  */
uint64_t mv_storage_card_address(const void *tensor);

/* True if TENSOR's memory is known to be on the host.  */
bool mv_storage_is_on_host(const void *tensor);

/* An address of mv_storage_card_address was one of a block, or was not.  */
void mv_storage_answer(bool is_known);

#endif
