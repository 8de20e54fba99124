/* SPDX-License-Identifier: Apache-2.0 */
#include "python/layout.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* 3.8 is laid out like 3.9.  */
static const struct mv_pylayout known[] = {
	{
		.version = MV_PYTHON_3_9,
		.anchor = MV_PYANCHOR_NONE,
		.lines = MV_PYLINES_LNOTAB,
		.thread_id = 176,
		.thread_frame = 24,
		.frame_code = 32,
		.frame_previous = 24,
		.frame_instr = 104,
		.instr_bytes = 1,
		.code_file = 104,
		.code_name = 112,
		.code_first_line = 40,
		.code_lines = 120,
		.code_bytecode = 48,
		.text_length = 16,
		.text_state = 32,
		.text_ascii = 48,
		.text_wide = 72,
		.bytes_length = 16,
		.bytes_data = 32,
		.runtime_finalizing = 16,
	},
	{
		.version = MV_PYTHON_3_10,
		.anchor = MV_PYANCHOR_EACH,
		.lines = MV_PYLINES_RANGES,
		.thread_id = 176,
		.thread_frame = 24,
		.thread_cframe = 48,
		.cframe_previous = 8,
		.frame_code = 32,
		.frame_previous = 24,
		.frame_instr = 96,
		.instr_bytes = 2,
		.code_file = 104,
		.code_name = 112,
		.code_first_line = 40,
		.code_lines = 120,
		.code_bytecode = 48,
		.text_length = 16,
		.text_state = 32,
		.text_ascii = 48,
		.text_wide = 72,
		.bytes_length = 16,
		.bytes_data = 32,
		.runtime_finalizing = 16,
	},
	{
		.version = MV_PYTHON_3_11,
		.anchor = MV_PYANCHOR_CFRAME,
		.lines = MV_PYLINES_LOCATIONS,
		.thread_id = 152,
		.thread_cframe = 56,
		.cframe_frame = 8,
		.cframe_previous = 16,
		.frame_code = 32,
		.frame_previous = 48,
		.frame_instr = 56,
		.frame_owner = 69,
		.frame_entry = 68,
		.shim_owner = UINT8_MAX,
		.code_file = 112,
		.code_name = 128,
		.code_first_line = 72,
		.code_lines = 136,
		.code_bytecode = 184,
		.code_first_traceable = 168,
		.text_length = 16,
		.text_state = 32,
		.text_ascii = 48,
		.text_wide = 72,
		.bytes_length = 16,
		.bytes_data = 32,
		.runtime_finalizing = 24,
	},
	{
		.version = MV_PYTHON_3_12,
		.anchor = MV_PYANCHOR_SHIM,
		.lines = MV_PYLINES_LOCATIONS,
		.thread_id = 136,
		.thread_cframe = 56,
		.cframe_frame = 0,
		.frame_code = 0,
		.frame_previous = 8,
		.frame_instr = 56,
		.frame_owner = 70,
		.shim_owner = 3,
		.code_file = 112,
		.code_name = 128,
		.code_first_line = 68,
		.code_lines = 136,
		.code_bytecode = 192,
		.code_first_traceable = 176,
		.text_length = 16,
		.text_state = 32,
		.text_ascii = 40,
		.text_wide = 56,
		.bytes_length = 16,
		.bytes_data = 32,
		.runtime_finalizing = 24,
	},
};

/* ---- _Py_DebugOffsets ---------------------------------------------------------------------------------------
 *
 * Eight bytes "xdebugpy", PY_VERSION_HEX, whether the build is free-threaded, then groups of offsets.  All are 64-bit
 * words; each group begins with the size of its structure.  Groups and the structure itself grow with each version.  */

enum {
	DEBUG_VERSION = 1,
	DEBUG_FREE_THREADED = 2,
	DEBUG_RUNTIME_FINALIZING = 4,
	DEBUG_MAX_OFFSET = 4096, /* of the fields that are used here; all lie far below */

	DEBUG_WIDE_TEXT = 16,	    /* PyCompactUnicodeObject is so much larger than PyASCIIObject */
	DEBUG_FIRST_TRACEABLE = 16, /* _co_firsttraceable lies so far before co_code_adaptive */
};

/* Word numbers: of the first word of a group, and of fields within it.  */
struct debug_groups {
	uint16_t version;
	uint8_t thread, frame, code, bytes, text;
};

enum {
	THREAD_FRAME = 4,
	THREAD_ID = 5,
	FRAME_PREVIOUS = 1,
	FRAME_CODE = 2,
	FRAME_INSTR = 3,
	FRAME_OWNER = 5,
	CODE_FILE = 1,
	CODE_NAME = 3,
	CODE_LINES = 4,
	CODE_FIRST_LINE = 5,
	CODE_BYTECODE = 9,
	BYTES_LENGTH = 1,
	BYTES_DATA = 2,
	TEXT_STATE = 1,
	TEXT_LENGTH = 2,
	TEXT_ASCII = 3,
};

static const struct debug_groups debug_groups[] = {
	{.version = MV_PYTHON_3_13, .thread = 19, .frame = 28, .code = 34, .bytes = 64, .text = 67},
	{.version = MV_PYTHON_3_14, .thread = 22, .frame = 31, .code = 39, .bytes = 74, .text = 77},
};

static uint16_t offset_at(const uint64_t *words, unsigned group, unsigned field, bool *is_sane)
{
	uint64_t offset = words[group + field];

	if (offset >= DEBUG_MAX_OFFSET)
		*is_sane = false;
	return (uint16_t)offset;
}

static int read_debug_offsets(const struct debug_groups *groups, const uint64_t *words, struct mv_pylayout *layout)
{
	bool is_sane = true;

	*layout = (struct mv_pylayout){
		.version = groups->version,
		.anchor = MV_PYANCHOR_SHIM,
		.lines = MV_PYLINES_LOCATIONS,
		.thread_id = offset_at(words, groups->thread, THREAD_ID, &is_sane),
		.thread_frame = offset_at(words, groups->thread, THREAD_FRAME, &is_sane),
		.frame_code = offset_at(words, groups->frame, FRAME_CODE, &is_sane),
		.frame_previous = offset_at(words, groups->frame, FRAME_PREVIOUS, &is_sane),
		.frame_instr = offset_at(words, groups->frame, FRAME_INSTR, &is_sane),
		.frame_owner = offset_at(words, groups->frame, FRAME_OWNER, &is_sane),
		.shim_owner = 3,
		.tag_mask = 3,
		.code_file = offset_at(words, groups->code, CODE_FILE, &is_sane),
		.code_name = offset_at(words, groups->code, CODE_NAME, &is_sane),
		.code_first_line = offset_at(words, groups->code, CODE_FIRST_LINE, &is_sane),
		.code_lines = offset_at(words, groups->code, CODE_LINES, &is_sane),
		.code_bytecode = offset_at(words, groups->code, CODE_BYTECODE, &is_sane),
		.text_length = offset_at(words, groups->text, TEXT_LENGTH, &is_sane),
		.text_state = offset_at(words, groups->text, TEXT_STATE, &is_sane),
		.text_ascii = offset_at(words, groups->text, TEXT_ASCII, &is_sane),
		.bytes_length = offset_at(words, groups->bytes, BYTES_LENGTH, &is_sane),
		.bytes_data = offset_at(words, groups->bytes, BYTES_DATA, &is_sane),
		.runtime_finalizing = offset_at(words, 0, DEBUG_RUNTIME_FINALIZING, &is_sane),
	};
	if (!is_sane || layout->code_bytecode < DEBUG_FIRST_TRACEABLE)
		return -EINVAL;
	layout->code_first_traceable = layout->code_bytecode - DEBUG_FIRST_TRACEABLE;
	layout->text_wide = layout->text_ascii + DEBUG_WIDE_TEXT;
	return 0;
}

static int ask_runtime(unsigned version, const uint64_t *words, struct mv_pylayout *layout)
{
	size_t i;

	for (i = 0; i < sizeof debug_groups / sizeof *debug_groups; i++) {
		if (debug_groups[i].version != version)
			continue;
		if (memcmp(words, "xdebugpy", 8) || words[DEBUG_VERSION] >> 16 != version)
			return -EINVAL;
		if (words[DEBUG_FREE_THREADED])
			return -ENOTSUP;
		return read_debug_offsets(&debug_groups[i], words, layout);
	}
	return -ENOENT;
}

int mv_pylayout_choose(unsigned version, const void *runtime, struct mv_pylayout *layout)
{
	unsigned row = version == MV_PYTHON_3_8 ? MV_PYTHON_3_9 : version;
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++) {
		if (known[i].version == row) {
			*layout = known[i];
			layout->version = (uint16_t)version;
			return 0;
		}
	}
	return ask_runtime(version, runtime, layout);
}
