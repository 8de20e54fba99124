/* SPDX-License-Identifier: Apache-2.0 */
/* Compares rows of lib/cuda/*.def with the prototypes of an installed toolkit; see table.sh, which makes rows.inc of them.
 * Prints a line for each difference and how much is right.  C++, because C cannot take a prototype to pieces.  */
#include <cuda.h>
#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <tuple>
#include <type_traits>

#define _Static_assert static_assert
#include "memviz/format.h"

/* As in lib/cuda/hook.h, whose own declarations of CUDA would be in the way.  */
enum { MV_NARROW_SIZE = 1, MV_NARROW_ADDRESS = 2, MV_NARROW_EXTRA = 4 };
enum { REGISTERS = 6 }; /* that carry arguments on x86-64 */

struct row {
	const char *symbol, *family;
	unsigned narrow, stack_bytes, ledger, out, address, size, pitch, extra, prop, count, device, pool, flags, change;
	bool is_per_thread;
};

static unsigned g_right;

static void check(bool is_right, const struct row &row, const char *what)
{
	if (is_right)
		g_right++;
	else
		printf("table: %s: %s\n", row.symbol, what);
}

static bool is_of(const struct row &row, const char *family)
{
	return !strcmp(row.family, family);
}

/* ---- what an argument is ---- */

struct argument {
	bool exists, is_pointer, is_struct;
	size_t size, target_size; /* of what it points to, 0: nothing known */
	bool is_device, is_pool, is_unsigned;
	const void *target; /* which type it points to, without const */
};

template <class T> struct type_name {
	static const char place;
};
template <class T> const char type_name<T>::place = 0;

template <class T> static const void *name_of()
{
	return &type_name<T>::place;
}

/* 0 for what has none: void, and what is only declared.  */
template <class T> static auto size_of(int) -> decltype(sizeof(T))
{
	return std::is_void_v<T> ? 0 : sizeof(T);
}

template <class T> static size_t size_of(long)
{
	return 0;
}

template <class T> static argument describe()
{
	using target = std::remove_cv_t<std::remove_pointer_t<T>>;
	argument it = {};

	it.exists = true;
	it.is_pointer = std::is_pointer_v<T>;
	it.is_struct = std::is_class_v<T>;
	it.size = sizeof(T);
	it.target_size = it.is_pointer ? size_of<target>(0) : 0;
	it.is_device = std::is_same_v<T, CUdevice>;
	it.is_pool = std::is_same_v<T, CUmemoryPool>;
	it.is_unsigned = std::is_unsigned_v<T>;
	it.target = it.is_pointer ? name_of<target>() : nullptr;
	return it;
}

enum { ARGUMENTS = 16 };

struct prototype {
	argument at[ARGUMENTS + 1]; /* counted from 1 */
	unsigned stack_bytes;
	bool has_floats;
};

template <class F> struct reader;
template <class R, class... A> struct reader<R (*)(A...)> {
	static prototype read()
	{
		prototype it = {};
		unsigned n = 0, registers = 0;

		((it.at[++n] = describe<A>(), it.has_floats |= std::is_floating_point_v<A>), ...);
		for (unsigned i = 1; i <= n; i++)
			if (it.at[i].is_struct && it.at[i].size > 16)
				it.stack_bytes += (unsigned)(it.at[i].size + 7) / 8 * 8;
			else if (++registers > REGISTERS)
				it.stack_bytes += 8;
		return it;
	}
};

/* ---- what it should be ---- */

/* The structure that a family reads through PROP.  */
static const struct {
	const char *family;
	const void *wide, *narrow;
} props[] = {
	{"create", name_of<CUmemAllocationProp>(), nullptr},
	{"multicast", name_of<CUmulticastObjectProp>(), nullptr},
	{"array", name_of<CUDA_ARRAY_DESCRIPTOR>(), name_of<CUDA_ARRAY_DESCRIPTOR_v1>()},
	{"array3d", name_of<CUDA_ARRAY3D_DESCRIPTOR>(), name_of<CUDA_ARRAY3D_DESCRIPTOR_v1>()},
	{"mipmap", name_of<CUDA_ARRAY3D_DESCRIPTOR>(), nullptr},
	{"tiles", name_of<CUarrayMapInfo>(), nullptr},
	{"import", name_of<CUDA_EXTERNAL_MEMORY_HANDLE_DESC>(), nullptr},
	{"buffer", name_of<CUDA_EXTERNAL_MEMORY_BUFFER_DESC>(), nullptr},
	{"levels", name_of<CUDA_EXTERNAL_MEMORY_MIPMAPPED_ARRAY_DESC>(), nullptr},
	{"hide", name_of<CUgraphicsResource>(), nullptr},
	{"pool", name_of<CUmemPoolProps>(), nullptr},
	{"pool_at", name_of<CUmemLocation>(), nullptr},
	{"node", name_of<CUgraphNodeParams>(), nullptr},
	{"node_alloc", name_of<CUDA_MEM_ALLOC_NODE_PARAMS>(), nullptr},
};

static void check_prop(const struct row &row, const argument &prop)
{
	for (auto &known : props)
		if (is_of(row, known.family)) {
			check(prop.target == (row.narrow ? known.narrow : known.wide), row, "prop points to something else");
			return;
		}
	check(false, row, "prop: table.cc does not know what the family reads");
}

static void check_memory(const struct row &row, const argument *at)
{
	size_t address_bytes = row.narrow & MV_NARROW_ADDRESS ? 4 : 8, size_bytes = row.narrow & MV_NARROW_SIZE ? 4 : 8;
	bool size_is_pointer = is_of(row, "resource");

	if (row.out)
		check(at[row.out].is_pointer && (at[row.out].target_size == address_bytes || is_of(row, "procaddress")), row,
		      "out is no pointer to an address");
	if (row.address)
		check(at[row.address].size == address_bytes, row, "address has another width");
	if (row.size && size_is_pointer)
		check(at[row.size].target_size == size_bytes, row, "size points to another width");
	else if (row.size)
		check(at[row.size].is_unsigned && at[row.size].size == size_bytes, row, "size is none, or has another width");
	if (row.pitch)
		check(at[row.pitch].target_size == size_bytes && at[row.pitch + 1].size == size_bytes, row,
		      "pitch and width are elsewhere");
}

static void check_rest(const struct row &row, const argument *at)
{
	if (row.extra && is_of(row, "info"))
		check(at[row.extra].target_size == 8, row, "extra is no pointer to a size");
	else if (row.extra)
		check(at[row.extra].size == (row.narrow & MV_NARROW_EXTRA ? 4u : 8u), row, "extra has another width");
	if (row.device)
		check(at[row.device].is_device, row, "device is none");
	if (row.pool)
		check(at[row.pool].is_pool, row, "pool is none");
	if (row.count)
		check(at[row.count].is_unsigned && at[row.count].size == 4, row, "count is none");
	if (row.prop)
		check_prop(row, at[row.prop]);
}

template <class F> static void compare(const struct row &row)
{
	const prototype it = reader<F>::read();

	check(it.stack_bytes == row.stack_bytes, row, "stack_bytes is not what the stack has");
	check(!it.has_floats, row, "floating-point arguments are not passed on");
	check_memory(row, it.at);
	check_rest(row, it.at);
}

int main(void)
{
	struct row own = {"struct mv_graph_node_params", "lib/cuda/abi.h"};

#include "rows.inc"
	check(offsetof(CUgraphNodeParams, alloc) == 16 && offsetof(CUgraphNodeParams, free) == 16, own, "lies elsewhere");
	check(offsetof(CUarrayMapInfo, resource.array) == 8, own, "CUarrayMapInfo lies elsewhere");
	printf("%u right\n", g_right);
	return 0;
}
