/* SPDX-License-Identifier: Apache-2.0 */
/* NCCL: communicators, and collectives of one rank.
 *
 * Ranks don't meet: with more than one, each goes on as if the others had done their part, and only what a rank has
 * itself gets where it belongs.  For one rank that is all there is, and right.  */
#include "gpusim/api/nccl.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gpusim/api/rt_copy.h"
#include "gpusim/api/rt_device.h"
#include "gpusim/api/rt_memory.h"
#include "gpusim/common/knob.h"
#include "gpusim/common/vendor.h"

#define COMM_MAGIC UINT64_C(0x6d765f6e63636c01)

/* Programs ask for features by version; this is the newest whose names are known.  */
enum { VERSION = 23007, NO_COLOR = -1 };

struct ncclComm {
	struct mv_vendor_object head;
	int ranks, rank, device;
	void *buffers;		/* what GPUSIM_NCCL says, NULL: nothing */
};

/* By ncclDataType_t, bytes.  */
static const unsigned char g_type_sizes[] = { 1, 1, 4, 4, 8, 8, 2, 4, 8, 2, 1, 1 };

/* By ncclResult_t.  */
static const char *const g_messages[] = {
	"no error", "unhandled cuda error", "unhandled system error", "internal error", "invalid argument",
	"invalid usage", "remote process exited or there was a network error", "NCCL operation in progress", "timeout",
};

static bool is_comm(ncclComm_t comm)
{
	return mv_vendor_is(comm, COMM_MAGIC);
}

/* ---- the library ---- */

ncclResult_t ncclGetVersion(int *version)
{
	if (!version)
		return ncclInvalidArgument;
	*version = VERSION;
	return ncclSuccess;
}

const char *ncclGetErrorString(ncclResult_t result)
{
	if (result < 0 || (size_t)result >= sizeof(g_messages) / sizeof(*g_messages))
		return "unknown result code";
	return g_messages[result];
}

const char *ncclGetLastError(ncclComm_t comm)
{
	(void)comm;
	return "";
}

ncclResult_t ncclGetUniqueId(ncclUniqueId *id)
{
	static unsigned int last;

	if (!id)
		return ncclInvalidArgument;
	memset(id, 0, sizeof(*id));
	snprintf(id->internal, sizeof(id->internal), "gpusim-%d-%u", (int)getpid(),
		 __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED));
	return ncclSuccess;
}

ncclResult_t ncclMemAlloc(void **ptr, size_t size)
{
	if (!ptr || !size)
		return ncclInvalidArgument;
	return cudaMalloc(ptr, size) ? ncclUnhandledCudaError : ncclSuccess;
}

ncclResult_t ncclMemFree(void *ptr)
{
	return cudaFree(ptr) ? ncclUnhandledCudaError : ncclSuccess;
}

/* ---- communicators ---- */

static uint64_t buffer_bytes(void)
{
	const struct mv_knob knob = { .name = "GPUSIM_NCCL", .kind = MV_KNOB_BYTES, .fallback = "0",
				      .high = UINT64_C(1) << 40 };
	uint64_t bytes;

	mv_knob_read(&knob, 1, &bytes);
	return bytes;
}

static ncclResult_t make(ncclComm_t *comm, int ranks, int rank)
{
	ncclComm_t made;

	if (!comm || ranks < 1 || rank < 0 || rank >= ranks)
		return ncclInvalidArgument;
	made = mv_vendor_new(sizeof(*made), COMM_MAGIC);
	if (!made)
		return ncclInternalError;
	made->ranks = ranks;
	made->rank = rank;
	if (cudaGetDevice(&made->device) || cudaMalloc(&made->buffers, buffer_bytes())) {
		mv_vendor_free(made, COMM_MAGIC);
		return ncclUnhandledCudaError;
	}
	*comm = made;
	return ncclSuccess;
}

ncclResult_t ncclCommInitRank(ncclComm_t *comm, int ranks, ncclUniqueId id, int rank)
{
	(void)id;
	return make(comm, ranks, rank);
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t *comm, int ranks, ncclUniqueId id, int rank, ncclConfig_t *config)
{
	(void)config;
	return ncclCommInitRank(comm, ranks, id, rank);
}

ncclResult_t ncclCommInitRankScalable(ncclComm_t *comm, int ranks, int rank, int ids_count, ncclUniqueId *ids,
				      ncclConfig_t *config)
{
	(void)config;
	return ids_count < 1 || !ids ? ncclInvalidArgument : make(comm, ranks, rank);
}

ncclResult_t ncclCommInitAll(ncclComm_t *comms, int count, const int *devices)
{
	ncclResult_t result = comms && count > 0 ? ncclSuccess : ncclInvalidArgument;
	int before = 0;

	cudaGetDevice(&before);
	for (int i = 0; i < count && !result; i++) {
		if (cudaSetDevice(devices ? devices[i] : i))
			result = ncclInvalidArgument;
		else
			result = make(&comms[i], count, i);
	}
	cudaSetDevice(before);
	return result;
}

/* How many others choose the same color nobody tells, so a part is as large as the whole.  */
ncclResult_t ncclCommSplit(ncclComm_t comm, int color, int key, ncclComm_t *split, ncclConfig_t *config)
{
	(void)key;
	(void)config;
	if (!is_comm(comm) || !split)
		return ncclInvalidArgument;
	*split = NULL;
	return color == NO_COLOR ? ncclSuccess : make(split, comm->ranks, comm->rank);
}

ncclResult_t ncclCommFinalize(ncclComm_t comm)
{
	return is_comm(comm) ? ncclSuccess : ncclInvalidArgument;
}

ncclResult_t ncclCommDestroy(ncclComm_t comm)
{
	int before = 0;

	if (!comm)
		return ncclSuccess;
	if (!is_comm(comm))
		return ncclInvalidArgument;
	cudaGetDevice(&before);
	cudaSetDevice(comm->device);
	cudaFree(comm->buffers);
	cudaSetDevice(before);
	mv_vendor_free(comm, COMM_MAGIC);
	return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t comm)
{
	return ncclCommDestroy(comm);
}

static ncclResult_t answer(ncclComm_t comm, int *to, int value)
{
	if (!to)
		return ncclInvalidArgument;
	*to = value;
	return is_comm(comm) ? ncclSuccess : ncclInvalidArgument;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t *result)
{
	return answer(comm, result, ncclSuccess);
}

ncclResult_t ncclCommCount(ncclComm_t comm, int *count)
{
	return answer(comm, count, is_comm(comm) ? comm->ranks : 0);
}

ncclResult_t ncclCommCuDevice(ncclComm_t comm, int *device)
{
	return answer(comm, device, is_comm(comm) ? comm->device : 0);
}

ncclResult_t ncclCommUserRank(ncclComm_t comm, int *rank)
{
	return answer(comm, rank, is_comm(comm) ? comm->rank : 0);
}

ncclResult_t ncclCommRegister(ncclComm_t comm, void *ptr, size_t size, void **handle)
{
	if (!is_comm(comm) || !ptr || !size || !handle)
		return ncclInvalidArgument;
	*handle = ptr;
	return ncclSuccess;
}

ncclResult_t ncclCommDeregister(ncclComm_t comm, void *handle)
{
	return is_comm(comm) && handle ? ncclSuccess : ncclInvalidArgument;
}

ncclResult_t ncclRedOpCreatePreMulSum(ncclRedOp_t *op, void *scalar, ncclDataType_t type, int residence,
				      ncclComm_t comm)
{
	(void)type;
	(void)residence;
	return scalar ? answer(comm, op, ncclNumOps) : ncclInvalidArgument;
}

ncclResult_t ncclRedOpDestroy(ncclRedOp_t op, ncclComm_t comm)
{
	return is_comm(comm) && op >= ncclNumOps ? ncclSuccess : ncclInvalidArgument;
}

/* ---- collectives ---- */

ncclResult_t ncclGroupStart(void)
{
	return ncclSuccess;
}

ncclResult_t ncclGroupEnd(void)
{
	return ncclSuccess;
}

/* Bytes of COUNT elements of TYPE into *SIZE.  */
static ncclResult_t size_of(ncclComm_t comm, size_t count, ncclDataType_t type, size_t *size)
{
	if (!is_comm(comm) || type < 0 || (size_t)type >= sizeof(g_type_sizes) ||
	    __builtin_mul_overflow(count, (size_t)g_type_sizes[type], size))
		return ncclInvalidArgument;
	return ncclSuccess;
}

static ncclResult_t copy(const void *from, void *to, size_t size, nccl_stream_t stream)
{
	if (from == to || !size)
		return ncclSuccess;
	return cudaMemcpyAsync(to, from, size, cudaMemcpyDeviceToDevice, stream) ? ncclUnhandledCudaError : ncclSuccess;
}

static const char *part(const void *whole, int index, size_t size)
{
	return (const char *)whole + (size_t)index * size;
}

ncclResult_t ncclAllReduce(const void *from, void *to, size_t count, ncclDataType_t type, ncclRedOp_t op,
			   ncclComm_t comm, nccl_stream_t stream)
{
	size_t size;
	ncclResult_t result = size_of(comm, count, type, &size);

	(void)op;
	return result ? result : copy(from, to, size, stream);
}

ncclResult_t ncclReduce(const void *from, void *to, size_t count, ncclDataType_t type, ncclRedOp_t op, int root,
			ncclComm_t comm, nccl_stream_t stream)
{
	if (!is_comm(comm) || root < 0 || root >= comm->ranks)
		return ncclInvalidArgument;
	return comm->rank == root ? ncclAllReduce(from, to, count, type, op, comm, stream) : ncclSuccess;
}

ncclResult_t ncclBroadcast(const void *from, void *to, size_t count, ncclDataType_t type, int root, ncclComm_t comm,
			   nccl_stream_t stream)
{
	return ncclReduce(from, to, count, type, 0, root, comm, stream);
}

ncclResult_t ncclBcast(void *ptr, size_t count, ncclDataType_t type, int root, ncclComm_t comm, nccl_stream_t stream)
{
	return ncclBroadcast(ptr, ptr, count, type, root, comm, stream);
}

ncclResult_t ncclReduceScatter(const void *from, void *to, size_t count, ncclDataType_t type, ncclRedOp_t op,
			       ncclComm_t comm, nccl_stream_t stream)
{
	size_t size;
	ncclResult_t result = size_of(comm, count, type, &size);

	(void)op;
	return result ? result : copy(part(from, comm->rank, size), to, size, stream);
}

ncclResult_t ncclAllGather(const void *from, void *to, size_t count, ncclDataType_t type, ncclComm_t comm,
			   nccl_stream_t stream)
{
	size_t size;
	ncclResult_t result = size_of(comm, count, type, &size);

	return result ? result : copy(from, (void *)(uintptr_t)part(to, comm->rank, size), size, stream);
}

ncclResult_t ncclAlltoAll(const void *from, void *to, size_t count, ncclDataType_t type, ncclComm_t comm,
			  nccl_stream_t stream)
{
	size_t size;
	ncclResult_t result = size_of(comm, count, type, &size);

	if (result)
		return result;
	return copy(part(from, comm->rank, size), (void *)(uintptr_t)part(to, comm->rank, size), size, stream);
}

ncclResult_t ncclGather(const void *from, void *to, size_t count, ncclDataType_t type, int root, ncclComm_t comm,
			nccl_stream_t stream)
{
	if (!is_comm(comm) || root < 0 || root >= comm->ranks)
		return ncclInvalidArgument;
	return comm->rank == root ? ncclAllGather(from, to, count, type, comm, stream) : ncclSuccess;
}

ncclResult_t ncclScatter(const void *from, void *to, size_t count, ncclDataType_t type, int root, ncclComm_t comm,
			 nccl_stream_t stream)
{
	if (!is_comm(comm) || root < 0 || root >= comm->ranks)
		return ncclInvalidArgument;
	return comm->rank == root ? ncclReduceScatter(from, to, count, type, 0, comm, stream) : ncclSuccess;
}

ncclResult_t ncclSend(const void *from, size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
		      nccl_stream_t stream)
{
	size_t size;
	ncclResult_t result = size_of(comm, count, type, &size);

	(void)stream;
	if (!result && (!from || peer < 0 || peer >= comm->ranks))
		result = ncclInvalidArgument;
	return result;
}

ncclResult_t ncclRecv(void *to, size_t count, ncclDataType_t type, int peer, ncclComm_t comm, nccl_stream_t stream)
{
	return ncclSend(to, count, type, peer, comm, stream);
}
