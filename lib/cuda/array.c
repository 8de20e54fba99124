/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays.  The driver hides where they lie and how large they are: their handle stands for the address, and their size is
 * computed from what was asked for, without the padding that the hardware's layout needs.  */
#include "base/hash.h"
#include "cuda/family.h"
#include "cuda/watch.h"

/* ---- sizes ---- */

/* What the bits of a format are for.  */
enum unit {
	UNIT_CHANNEL, /* each channel of an element */
	UNIT_ELEMENT, /* an element, whatever its channels; of planar formats all planes together */
	UNIT_BLOCK,   /* 4 by 4 elements */
};

struct format {
	uint8_t first, last; /* values of CUarray_format */
	uint8_t bits;
	uint8_t unit; /* enum unit */
};

/* cuda.h, CUarray_format.  */
static const struct format formats[] = {
	{0x01, 0x01, 8, UNIT_CHANNEL},	{0x02, 0x02, 16, UNIT_CHANNEL}, {0x03, 0x03, 32, UNIT_CHANNEL}, /* unsigned */
	{0x08, 0x08, 8, UNIT_CHANNEL},	{0x09, 0x09, 16, UNIT_CHANNEL}, {0x0a, 0x0a, 32, UNIT_CHANNEL}, /* signed */
	{0x10, 0x10, 16, UNIT_CHANNEL}, {0x20, 0x20, 32, UNIT_CHANNEL},				      /* half, float */
	{0x50, 0x50, 32, UNIT_ELEMENT},							      /* UNORM_INT_101010_2 */
	{0x91, 0x92, 64, UNIT_BLOCK},	{0x93, 0x96, 128, UNIT_BLOCK},			      /* BC1; BC2, BC3 */
	{0x97, 0x98, 64, UNIT_BLOCK},	{0x99, 0x9e, 128, UNIT_BLOCK},			      /* BC4; BC5 to BC7 */
	{0x9f, 0x9f, 24, UNIT_ELEMENT}, {0xa1, 0xa1, 24, UNIT_ELEMENT},			      /* P010, P016 */
	{0xa2, 0xa2, 16, UNIT_ELEMENT}, {0xa3, 0xa4, 32, UNIT_ELEMENT},			      /* NV16; P210, P216 */
	{0xa5, 0xa5, 16, UNIT_ELEMENT}, {0xa6, 0xa9, 32, UNIT_ELEMENT}, /* YUY2; Y210, Y216, AYUV, Y410 */
	{0xb0, 0xb0, 12, UNIT_ELEMENT}, {0xb1, 0xb1, 64, UNIT_ELEMENT},			      /* NV12, Y416 */
	{0xb2, 0xb2, 24, UNIT_ELEMENT}, {0xb3, 0xb3, 48, UNIT_ELEMENT},			      /* Y444_PLANAR8 and 10 */
	{0xb4, 0xb4, 24, UNIT_ELEMENT}, {0xb5, 0xb5, 48, UNIT_ELEMENT},			      /* YUV444, semi-planar */
	{0xc0, 0xc0, 8, UNIT_ELEMENT},	{0xc1, 0xc1, 16, UNIT_ELEMENT}, {0xc2, 0xc2, 32, UNIT_ELEMENT}, /* UNORM_INT8 */
	{0xc3, 0xc3, 16, UNIT_ELEMENT}, {0xc4, 0xc4, 32, UNIT_ELEMENT}, {0xc5, 0xc5, 64, UNIT_ELEMENT}, /* and 16 */
	{0xc6, 0xc6, 8, UNIT_ELEMENT},	{0xc7, 0xc7, 16, UNIT_ELEMENT}, {0xc8, 0xc8, 32, UNIT_ELEMENT}, /* SNORM_INT8 */
	{0xc9, 0xc9, 16, UNIT_ELEMENT}, {0xca, 0xca, 32, UNIT_ELEMENT}, {0xcb, 0xcb, 64, UNIT_ELEMENT}, /* and 16 */
};

/* What a later CUDA adds is taken for channels of 32 bits.  */
static const struct format unknown_format = {0, 0, 32, UNIT_CHANNEL};

static const struct format *format_of(int value)
{
	size_t i;

	for (i = 0; i < sizeof formats / sizeof *formats; i++)
		if (value >= formats[i].first && value <= formats[i].last)
			return &formats[i];
	return &unknown_format;
}

/* Nothing that the driver has made goes round the end of 64 bits; what an unsuccessful program asks for may.  */
static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t level_bytes(const CUDA_ARRAY3D_DESCRIPTOR *level)
{
	const struct format *format = format_of(level->Format);
	uint64_t across = level->Width ? level->Width : 1, down = level->Height ? level->Height : 1;
	uint64_t slices = level->Depth ? level->Depth : 1, bits = format->bits;

	if (format->unit == UNIT_BLOCK) {
		across = across / 4 + (across % 4 != 0);
		down = down / 4 + (down % 4 != 0);
	}
	if (format->unit == UNIT_CHANNEL)
		bits *= level->NumChannels;
	bits = times(times(times(across, down), slices), bits);
	return bits == UINT64_MAX ? bits : bits / 8 + (bits % 8 != 0);
}

static size_t halved(size_t extent)
{
	return extent > 1 ? extent / 2 : extent;
}

/* Layers and the faces of a cube are as many in each level.  False: there is no smaller one.  */
static bool shrink(CUDA_ARRAY3D_DESCRIPTOR *level)
{
	CUDA_ARRAY3D_DESCRIPTOR before = *level;

	level->Width = halved(level->Width);
	level->Height = halved(level->Height);
	if (!(level->Flags & (CUDA_ARRAY3D_LAYERED | CUDA_ARRAY3D_CUBEMAP)))
		level->Depth = halved(level->Depth);
	return level->Width != before.Width || level->Height != before.Height || level->Depth != before.Depth;
}

/* The driver makes no more levels than there are sizes.  */
uint64_t mv_hook_array_bytes(const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned levels)
{
	CUDA_ARRAY3D_DESCRIPTOR level = *descriptor;
	uint64_t sum = level_bytes(&level);

	while (levels-- > 1 && shrink(&level))
		if (__builtin_add_overflow(sum, level_bytes(&level), &sum))
			return UINT64_MAX;
	return sum;
}

/* ---- births ---- */

static void note_array(const struct mv_call *call, const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned levels)
{
	bool is_hollow = descriptor->Flags & (CUDA_ARRAY3D_SPARSE | CUDA_ARRAY3D_DEFERRED_MAPPING);
	struct mv_event event = {
		/* Memory is put behind it later, and counted where that is made.  */
		.ledger = is_hollow ? MV_LEDGER_RESERVATION : MV_LEDGER_NONE,
		.size_bytes = mv_hook_array_bytes(descriptor, levels),
	};

	mv_hook_note_memory(call, &event);
}

static void note_refusal(const struct mv_call *call)
{
	struct mv_event event = {.ledger = call->hook->ledger};

	mv_hook_note_memory(call, &event);
}

static void after_array(struct mv_call *call)
{
	const void *prop = mv_call_in(call, call->hook->prop);
	const CUDA_ARRAY_DESCRIPTOR_v1 *narrow = prop;
	const CUDA_ARRAY_DESCRIPTOR *wide = prop;
	CUDA_ARRAY3D_DESCRIPTOR descriptor = {0};

	if (!prop) {
		note_refusal(call);
		return;
	}
	if (call->hook->narrow)
		descriptor = (CUDA_ARRAY3D_DESCRIPTOR){narrow->Width, narrow->Height, 0, narrow->Format,
						       narrow->NumChannels, 0};
	else
		descriptor = (CUDA_ARRAY3D_DESCRIPTOR){wide->Width, wide->Height, 0, wide->Format, wide->NumChannels, 0};
	note_array(call, &descriptor, 1);
}

static void after_array3d(struct mv_call *call)
{
	const void *prop = mv_call_in(call, call->hook->prop);
	const CUDA_ARRAY3D_DESCRIPTOR_v1 *narrow = prop;
	CUDA_ARRAY3D_DESCRIPTOR descriptor;

	if (!prop) {
		note_refusal(call);
		return;
	}
	if (call->hook->narrow)
		descriptor = (CUDA_ARRAY3D_DESCRIPTOR){narrow->Width,  narrow->Height,	    narrow->Depth,
						       narrow->Format, narrow->NumChannels, narrow->Flags};
	else
		descriptor = *(const CUDA_ARRAY3D_DESCRIPTOR *)prop;
	note_array(call, &descriptor, 1);
}

static void after_mipmap(struct mv_call *call)
{
	const CUDA_ARRAY3D_DESCRIPTOR *descriptor = mv_call_in(call, call->hook->prop);

	if (descriptor)
		note_array(call, descriptor, (unsigned)mv_call_arg(call, call->hook->count));
	else
		note_refusal(call);
}

/* ---- parts with physical memory of their own ---- */

static uint64_t part_of(const CUarrayMapInfo *info)
{
	const unsigned *words = (const unsigned *)&info->subresource;
	uint64_t hash = (uint64_t)info->subresourceType;
	size_t i;

	/* Where it begins, and for a tail of small levels how long it is.  */
	for (i = 0; i < offsetof(__typeof__(info->subresource), sparseLevel.extentWidth) / sizeof *words; i++)
		hash = mv_hash_add(hash, words[i]);
	return hash;
}

static void note_part(const struct mv_call *call, const CUarrayMapInfo *info)
{
	uint64_t address = mv_part_address((uintptr_t)info->resource.array, part_of(info));
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.ledger = MV_LEDGER_MAPPING,
		.address = address,
		.extra = info->memHandle.memHandle,
		.flags = MV_FLAG_HANDLE,
		.api = call->api,
	};

	mv_watch_sink()->note_unmap(address, 1, call->api);
	if (info->memOperationType != CU_MEM_OPERATION_TYPE_MAP || !event.extra)
		return;
	mv_watch_sink()->note_users(event.extra, (struct mv_users){.mappings = 1}, call->api);
	mv_watch_sink()->note(&event);
}

static void after_tiles(struct mv_call *call)
{
	const CUarrayMapInfo *list = mv_call_in(call, call->hook->prop);
	uint32_t i, count = (uint32_t)mv_call_arg(call, call->hook->count);

	for (i = 0; mv_call_is_done(call) && list && i < count; i++)
		note_part(call, &list[i]);
}

/* With an array without memory of its own goes what was behind it.  */
static void after_array_end(struct mv_call *call)
{
	mv_family_free.after(call);
	if (mv_call_is_done(call) && call->undo.is_set && call->undo.event.ledger == MV_LEDGER_RESERVATION)
		mv_watch_sink()->note_hidden(mv_call_arg(call, call->hook->address), call->started_ns, call->api);
}

static void before_array_end(struct mv_call *call)
{
	mv_hook_note_start(call);
	mv_family_free.before(call);
}

const struct mv_hook_family mv_family_array_end = {.before = before_array_end, .after = after_array_end};
const struct mv_hook_family mv_family_tiles = {.after = after_tiles};
const struct mv_hook_family mv_family_array = {.after = after_array};
const struct mv_hook_family mv_family_array3d = {.after = after_array3d};
const struct mv_hook_family mv_family_mipmap = {.after = after_mipmap};
