/* SPDX-License-Identifier: Apache-2.0 */
#include "python/probe.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/sys.h"

enum {
	LOWEST_ADDRESS = 4096,
	FRAMES = 64,		  /* that are compared, shims included */
	CHAIN_MAX = 100000,	  /* frames; Python's own limit on recursion is a thousand */
	LINE_MAX = 100000000,	  /* the first line of a code object */
	NAME_MAX_CHARS = 1 << 16, /* in a file's or function's name */
	TABLE_MAX_BYTES = 1 << 24,
	UNIT_BYTES = 2, /* of bytecode */
};

/* Each read says whether it could be done; a failure is the answer to the whole question.  */
static bool read_word(uintptr_t address, unsigned offset, uint64_t *value)
{
	uintptr_t at = address + offset;

	if (address < LOWEST_ADDRESS || at % sizeof *value || !mv_sys_readable((const void *)at))
		return false;
	*value = mv_py_word(address, offset);
	return true;
}

static bool read_int(uintptr_t address, unsigned offset, int32_t *value)
{
	uintptr_t at = address + offset;

	if (address < LOWEST_ADDRESS || at % sizeof *value || !mv_sys_readable((const void *)at))
		return false;
	*value = mv_py_int(address, offset);
	return true;
}

static bool read_byte(uintptr_t address, unsigned offset, uint8_t *value)
{
	if (address < LOWEST_ADDRESS || !mv_sys_readable((const void *)(address + offset)))
		return false;
	*value = mv_py_byte(address, offset);
	return true;
}

static bool has_type(uintptr_t object, uintptr_t type)
{
	uint64_t found;

	return object % sizeof(void *) == 0 && read_word(object, MV_PYOBJECT_TYPE, &found) && found == type;
}

static bool is_name(const struct mv_pylayout *layout, const struct mv_pytypes *types, uintptr_t string)
{
	uint64_t length;
	int32_t state;

	return has_type(string, types->text) && read_word(string, layout->text_length, &length) &&
	       length <= NAME_MAX_CHARS && read_int(string, layout->text_state, &state) &&
	       state & MV_PYTEXT_IS_COMPACT;
}

static bool is_table(const struct mv_pylayout *layout, const struct mv_pytypes *types, uintptr_t table)
{
	uint64_t length;

	return has_type(table, types->bytes) && read_word(table, layout->bytes_length, &length) &&
	       length <= TABLE_MAX_BYTES;
}

static bool is_code(const struct mv_pylayout *layout, const struct mv_pytypes *types, uintptr_t code)
{
	uint64_t file, name, lines;
	int32_t first_line;

	if (!has_type(code, types->code) || !read_word(code, layout->code_file, &file) ||
	    !read_word(code, layout->code_name, &name))
		return false;
	return is_name(layout, types, file) && is_name(layout, types, name) &&
	       read_word(code, layout->code_lines, &lines) && is_table(layout, types, lines) &&
	       read_int(code, layout->code_first_line, &first_line) && first_line >= 0 && first_line <= LINE_MAX;
}

/* To 3.10: a number, and the bytecode is an object of its own.  */
static bool stands_in_object(const struct mv_pylayout *layout, const struct mv_pytypes *types, uintptr_t frame,
			     uintptr_t code)
{
	uint64_t bytecode, length;
	int32_t position;

	if (!read_word(code, layout->code_bytecode, &bytecode) || !is_table(layout, types, bytecode) ||
	    !read_word(bytecode, layout->bytes_length, &length) || !read_int(frame, layout->frame_instr, &position))
		return false;
	return position >= -1 && (int64_t)position * layout->instr_bytes < (int64_t)length;
}

/* From 3.11: an address, and the bytecode is the end of the code object, whose size counts its units.  Before the first
 * unit: not begun.  */
static bool stands_in_code(const struct mv_pylayout *layout, uintptr_t frame, uintptr_t code)
{
	uint64_t instr, units;
	int32_t first_traceable;
	int64_t position;

	if (!read_word(frame, layout->frame_instr, &instr) || !read_word(code, MV_PYVAR_SIZE, &units) ||
	    !read_int(code, layout->code_first_traceable, &first_traceable))
		return false;
	position = (int64_t)(instr - (code + layout->code_bytecode));
	return units <= TABLE_MAX_BYTES && position >= -UNIT_BYTES && position < (int64_t)units * UNIT_BYTES &&
	       position % UNIT_BYTES == 0 && first_traceable >= 0 && first_traceable < (int32_t)units;
}

static bool is_frame(const struct mv_pylayout *layout, const struct mv_pytypes *types, uintptr_t frame)
{
	uint64_t code;

	if (!read_word(frame, layout->frame_code, &code))
		return false;
	code &= ~(uint64_t)layout->tag_mask;
	if (!is_code(layout, types, code))
		return false;
	return layout->instr_bytes ? stands_in_object(layout, types, frame, code)
				   : stands_in_code(layout, frame, code);
}

static bool read_owner(const struct mv_pylayout *layout, uintptr_t frame, uint8_t *owner)
{
	*owner = 0;
	return !layout->frame_owner ||
	       (read_byte(frame, layout->frame_owner, owner) && *owner <= MV_PYOWNER_LAST);
}

static bool read_first(const struct mv_pylayout *layout, uintptr_t thread, uint64_t *frame)
{
	uint64_t cframe;

	if (layout->thread_frame)
		return read_word(thread, layout->thread_frame, frame);
	return read_word(thread, layout->thread_cframe, &cframe) && read_word(cframe, layout->cframe_frame, frame);
}

/* The CFrames of the evaluations lead to the thread's own; at least ENTRIES of them: a greenlet has one more.  */
static bool has_cframes(const struct mv_pylayout *layout, uintptr_t thread, unsigned entries)
{
	uint64_t cframe;
	unsigned i;

	if (layout->anchor != MV_PYANCHOR_EACH && layout->anchor != MV_PYANCHOR_CFRAME)
		return true;
	if (!read_word(thread, layout->thread_cframe, &cframe))
		return false;
	for (i = 0; mv_py_is_evaluation(cframe, thread) && i < CHAIN_MAX; i++)
		if (!read_word(cframe, layout->cframe_previous, &cframe))
			return false;
	/* Not the thread's state itself: its address lies about everywhere on the stack.  */
	return i >= entries && cframe > thread && !mv_py_is_evaluation(cframe, thread);
}

static bool is_own_thread(const struct mv_pylayout *layout, uintptr_t thread)
{
	uint64_t id;

	return read_word(thread, layout->thread_id, &id) && id == (uint64_t)pthread_self();
}

/* Every evaluation ends in a shim, or in a frame marked as entry: the outermost frame of the chain, too.  */
static bool ends_chain(const struct mv_pylayout *layout, uintptr_t frame)
{
	uint8_t mark;

	if (layout->anchor == MV_PYANCHOR_SHIM)
		return read_byte(frame, layout->frame_owner, &mark) && mark >= layout->shim_owner;
	if (layout->anchor == MV_PYANCHOR_CFRAME)
		return read_byte(frame, layout->frame_entry, &mark) && mark == 1;
	return true;
}

/* Whether FRAME is the outermost one of an evaluation that has a CFrame.  */
static bool read_entry(const struct mv_pylayout *layout, uintptr_t frame, unsigned *entry)
{
	uint8_t mark = 1;

	if (layout->anchor == MV_PYANCHOR_CFRAME && !read_byte(frame, layout->frame_entry, &mark))
		return false;
	*entry = mark;
	return mark <= 1;
}

int mv_pyprobe_check(const struct mv_pylayout *layout, const struct mv_pytypes *types, uintptr_t thread)
{
	uint64_t frame, previous;
	unsigned i, entry, entries = 0;
	int good = 0;

	if (!is_own_thread(layout, thread) || !read_first(layout, thread, &frame))
		return -EINVAL;
	for (i = 0; frame && i < CHAIN_MAX; i++, frame = previous) {
		uint8_t owner;

		if (!read_word(frame, layout->frame_previous, &previous) || !read_owner(layout, frame, &owner) ||
		    !read_entry(layout, frame, &entry))
			return -EINVAL;
		entries += entry;
		if (i < FRAMES && !(layout->anchor == MV_PYANCHOR_SHIM && owner >= layout->shim_owner)) {
			if (!is_frame(layout, types, frame))
				return -EINVAL;
			good++;
		}
		if (!previous && !ends_chain(layout, frame))
			return -EINVAL;
	}
	return frame || !has_cframes(layout, thread, entries) ? -EINVAL : good;
}
