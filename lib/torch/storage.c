/* SPDX-License-Identifier: Apache-2.0 */
/* The memory is found as PyTorch itself finds it, for to ask for it would allocate, or complain:
 *
 *	Tensor		TensorImpl		StorageImpl
 *	+0 impl ----->	+0 virtual functions	+0 virtual functions
 *			+8 references		+8 references
 *			+SKIP storage ------->	+SKIP data, its context and how to free it
 *						+SKIP + 24 device
 *
 * SKIP is 16, or 24 where references are counted in two words.  It is found once, by the class that the table of virtual
 * functions belongs to, and believed when the data of a tensor on a card is a block that is known.  What is of another
 * class is left alone.  */
#include "torch/storage.h"

#include "base/sys.h"

enum {
	SKIP_SHORT = 16,
	SKIP_LONG = 24,
	DEVICE = 24,	    /* behind the data: a byte that says of which kind, */
	DEVICE_HOST = 0,
	DEVICE_CUDA = 1,
	WORD = sizeof(uintptr_t),
	TABLES = 8,
	DOUBTS = 64,	    /* tensors on a card whose memory is not known, before the first that is */
};

static struct {
	uint32_t state; /* enum mv_storage_state; published after the rest */
	uint32_t skip;
	uint32_t doubts;
	uintptr_t tables[TABLES]; /* of virtual functions that were looked at; 0: none */
} g_storage;

enum mv_storage_state mv_storage_state(void)
{
	return (enum mv_storage_state)__atomic_load_n(&g_storage.state, __ATOMIC_ACQUIRE);
}

static void set_state(enum mv_storage_state state)
{
	__atomic_store_n(&g_storage.state, state, __ATOMIC_RELEASE);
}

static const char *word(const char *object, uint32_t offset)
{
	return *(const char *const *)(object + offset);
}

/* The Itanium C++ ABI: before an object's virtual functions stands the description of its class, whose second word is the
 * class's name as the linker knows it.  */
static bool is_of_class(const char *virtuals, const char *name, size_t length)
{
	const char *description, *own;
	size_t i;

	if (!mv_sys_readable(virtuals - WORD))
		return false;
	description = word(virtuals - WORD, 0);
	if (!mv_sys_readable(description + WORD))
		return false;
	own = word(description, WORD);
	for (i = 0; i <= length; i++)
		if ((!((uintptr_t)(own + i) % WORD) || !i) && !mv_sys_readable(own + i))
			return false;
		else if (own[i] != name[i])
			return false;
	return true;
}

/* Libraries that were not loaded together may each have a table of virtual functions of their own for one class, and a
 * class may be derived from it; each is looked at once.  The lowest bit says that it is no StorageImpl's.  */
static bool has_virtuals_of_storage(const char *object)
{
	static const char name[] = "N3c1011StorageImplE";
	uintptr_t virtuals = (uintptr_t)word(object, 0), known;
	size_t i;

	for (i = 0; i < TABLES; i++) {
		known = __atomic_load_n(&g_storage.tables[i], __ATOMIC_RELAXED);
		if (!known)
			break;
		if ((known & ~(uintptr_t)1) == virtuals)
			return !(known & 1);
	}
	known = is_of_class((const char *)virtuals, name, sizeof name - 1) ? virtuals : virtuals | 1;
	if (i < TABLES)
		__atomic_store_n(&g_storage.tables[i], known, __ATOMIC_RELAXED);
	return i < TABLES && !(known & 1);
}

static bool is_storage_at(const char *tensor, uint32_t skip)
{
	const char *storage = word(tensor, skip);

	return storage && mv_sys_readable(storage) > 0 && has_virtuals_of_storage(storage);
}

static void find_skip(const char *tensor)
{
	if (is_storage_at(tensor, SKIP_SHORT))
		g_storage.skip = SKIP_SHORT;
	else if (is_storage_at(tensor, SKIP_LONG))
		g_storage.skip = SKIP_LONG;
	else
		return;
	set_state(MV_STORAGE_DOUBTED);
}

/* The storage of TENSOR, an at::Tensor; NULL: it has none, or that cannot be told.  */
static const char *storage_of(const void *tensor)
{
	const char *impl = word(tensor, 0), *storage;

	if (!impl || mv_storage_state() == MV_STORAGE_REFUSED)
		return NULL;
	if (mv_storage_state() == MV_STORAGE_WAITING)
		find_skip(impl);
	if (mv_storage_state() == MV_STORAGE_WAITING)
		return NULL;
	storage = word(impl, g_storage.skip);
	return storage && has_virtuals_of_storage(storage) ? storage : NULL;
}

uint64_t mv_storage_card_address(const void *tensor)
{
	const char *storage = storage_of(tensor);

	if (!storage || storage[g_storage.skip + DEVICE] != DEVICE_CUDA)
		return 0;
	return (uintptr_t)word(storage, g_storage.skip);
}

bool mv_storage_is_on_host(const void *tensor)
{
	const char *storage = storage_of(tensor);

	return storage && storage[g_storage.skip + DEVICE] == DEVICE_HOST;
}

void mv_storage_answer(bool is_known)
{
	if (mv_storage_state() != MV_STORAGE_DOUBTED)
		return;
	if (is_known)
		set_state(MV_STORAGE_TRUSTED);
	else if (__atomic_add_fetch(&g_storage.doubts, 1, __ATOMIC_RELAXED) >= DOUBTS)
		set_state(MV_STORAGE_REFUSED);
}
