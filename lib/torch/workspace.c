/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch takes cuBLAS's memory from its pool, for each handle and stream, and never gives it back.  It is born in
 * the midst of whatever phase multiplies first, so that neither that nor its life says what it is.  Later releases (2.15)
 * take it anew for each multiplication: that is a temporary, and nothing to be noted.
 *
 * PyTorch hands it over before each multiplication, through its linkage table.  cuBLAS declares:
 *	cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void *workspace, size_t workspaceSizeInBytes);
 *
 * What has been handed over is remembered until it is given back, and noted when it comes a second time.  Two that share
 * a slot push each other out, and are noted later, or again.
 *
 * A process may hold several cuBLAS, and others than PyTorch call this function, too: each reaches the one that it was
 * linked against, which stays loaded for as long as its caller does.  */
#include "torch/workspace.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "torch/real.h"
#include "torch/torch.h"

#define SET_WORKSPACE "cublasSetWorkspace_v2"

enum { STATUS_SUCCESS = 0, STATUS_NOT_INITIALIZED = 1, SLOTS = 64, NOTED = 1, CALLERS = 16 };

typedef int (*set_workspace_fn)(void *handle, void *workspace, size_t size_bytes);

/* Addresses, which are even, and the lowest bit: it has been noted.  Slots are words of their own, and a lost one is found
 * again at the next multiplication, so that no order matters.  */
static uintptr_t g_slots[SLOTS];

/* What was found for a place in the program.  Read while it may be written: CHECK is the exclusive or of both, so that a
 * mixture is taken for nothing.  */
static struct {
	uintptr_t real, check;
} g_callers[CALLERS];

static set_workspace_fn real_for(const void *caller)
{
	size_t i = mv_hash_u64((uintptr_t)caller) % CALLERS;
	uintptr_t real = __atomic_load_n(&g_callers[i].real, __ATOMIC_RELAXED);

	if (real && (real ^ __atomic_load_n(&g_callers[i].check, __ATOMIC_RELAXED)) == (uintptr_t)caller)
		return (set_workspace_fn)real;
	real = (uintptr_t)mv_elf_symbol_for(caller, SET_WORKSPACE, g_callers);
	__atomic_store_n(&g_callers[i].real, real, __ATOMIC_RELAXED);
	__atomic_store_n(&g_callers[i].check, real ^ (uintptr_t)caller, __ATOMIC_RELAXED);
	return (set_workspace_fn)real;
}

static uintptr_t *slot_of(const void *address)
{
	return &g_slots[mv_hash_u64((uintptr_t)address) % SLOTS];
}

void mv_workspace_forget(const void *address)
{
	uintptr_t *slot = slot_of(address);

	if ((__atomic_load_n(slot, __ATOMIC_RELAXED) & ~(uintptr_t)NOTED) == (uintptr_t)address)
		__atomic_store_n(slot, 0, __ATOMIC_RELAXED);
}

/* True if ADDRESS comes for the second time.  */
static bool comes_again(const void *address)
{
	uintptr_t *slot = slot_of(address), known = __atomic_load_n(slot, __ATOMIC_RELAXED);

	if (known == ((uintptr_t)address | NOTED))
		return false;
	__atomic_store_n(slot, (uintptr_t)address | (known == (uintptr_t)address ? NOTED : 0), __ATOMIC_RELAXED);
	return known == (uintptr_t)address;
}

static void note(const void *workspace)
{
	const struct mv_sink *sink = mv_torch_labels();
	int saved = errno;

	if (sink && workspace && comes_again(workspace))
		sink->note_owner((uintptr_t)workspace, MV_ROLE_WORKSPACE, NULL, 0, false);
	errno = saved;
}

int mv_workspace_set(void *handle, void *workspace, size_t size_bytes) MV_TORCH_EXPORTED(SET_WORKSPACE);

int mv_workspace_set(void *handle, void *workspace, size_t size_bytes)
{
	set_workspace_fn real = real_for(__builtin_return_address(0));
	int status = real ? real(handle, workspace, size_bytes) : STATUS_NOT_INITIALIZED;

	if (status == STATUS_SUCCESS)
		note(workspace);
	return status;
}
