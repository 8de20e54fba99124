/* SPDX-License-Identifier: Apache-2.0 */
#include "python/frame.h"

#include "base/fold.h"
#include "python/code.h"
#include "python/line.h"

/* Frames that Python does not show are walked over, too, but not without end.  */
enum { WALK_MAX = 4 * MV_PYTHON_FRAMES };

uintptr_t mv_pyframe_first(const struct mv_pylayout *layout, uintptr_t thread)
{
	if (layout->thread_frame)
		return mv_py_word(thread, layout->thread_frame);
	return mv_py_word(mv_py_word(thread, layout->thread_cframe), layout->cframe_frame);
}

static uintptr_t code_of(const struct mv_pylayout *layout, uintptr_t frame)
{
	return mv_py_word(frame, layout->frame_code) & ~(uintptr_t)layout->tag_mask;
}

static uint64_t position_of(const struct mv_pylayout *layout, uintptr_t frame)
{
	if (layout->instr_bytes)
		return (uint32_t)mv_py_int(frame, layout->frame_instr);
	return mv_py_word(frame, layout->frame_instr);
}

uint64_t mv_pyframe_hash(const struct mv_pylayout *layout, uintptr_t thread, const uint32_t *epochs, uint64_t hash)
{
	uintptr_t frame = mv_pyframe_first(layout, thread);
	unsigned n;

	for (n = 0; frame && n < MV_PYTHON_FRAMES; n++) {
		uintptr_t code = code_of(layout, frame);
		uint64_t epoch = __atomic_load_n(&epochs[mv_pycode_bucket(code)], __ATOMIC_RELAXED);

		/* Addresses have 48 bits.  */
		hash = mv_fold(hash, code ^ epoch << 48, position_of(layout, frame));
		frame = mv_py_word(frame, layout->frame_previous);
	}
	return hash;
}

static unsigned owner_of(const struct mv_pylayout *layout, uintptr_t frame)
{
	return layout->frame_owner ? mv_py_byte(frame, layout->frame_owner) : 0;
}

static int32_t lasti_of(const struct mv_pylayout *layout, uintptr_t frame, uintptr_t code)
{
	if (layout->instr_bytes)
		return mv_py_int(frame, layout->frame_instr) * layout->instr_bytes;
	return (int32_t)(mv_py_word(frame, layout->frame_instr) - (code + layout->code_bytecode));
}

/* What the interpreter hides, too: a frame that is still being set up (the garbage collector may run in it), and the
 * piece of bytecode that makes an instance of a class (from 3.12), whose file and name are one and the same string.  */
static bool is_hidden(const struct mv_pylayout *layout, uintptr_t frame, uintptr_t code)
{
	if (!layout->code_first_traceable)
		return false;
	if (mv_py_word(code, layout->code_file) == mv_py_word(code, layout->code_name))
		return true;
	return owner_of(layout, frame) != MV_PYOWNER_GENERATOR &&
	       lasti_of(layout, frame, code) < 2 * mv_py_int(code, layout->code_first_traceable);
}

/* An evaluation ends: the last frame was its outermost one, unless it showed none.  */
static void end_evaluation(struct mv_pyframe frames[], unsigned n, uintptr_t anchor)
{
	if (!n || frames[n - 1].is_entry)
		return;
	frames[n - 1].is_entry = true;
	frames[n - 1].anchor = anchor;
}

static bool ends_evaluation(const struct mv_pylayout *layout, uintptr_t frame)
{
	switch ((enum mv_pyanchor)layout->anchor) {
	case MV_PYANCHOR_NONE:
	case MV_PYANCHOR_EACH:
		return true;
	case MV_PYANCHOR_CFRAME:
		return mv_py_byte(frame, layout->frame_entry);
	case MV_PYANCHOR_SHIM:
		return false;
	}
	return false;
}

/* The CFrame of the innermost evaluation, 0 where there is none.  */
static uintptr_t first_cframe(const struct mv_pylayout *layout, uintptr_t thread)
{
	uintptr_t cframe = layout->cframe_previous ? mv_py_word(thread, layout->thread_cframe) : 0;

	return mv_py_is_evaluation(cframe, thread) ? cframe : 0;
}

static uintptr_t next_cframe(const struct mv_pylayout *layout, uintptr_t thread, uintptr_t cframe)
{
	uintptr_t next = cframe ? mv_py_word(cframe, layout->cframe_previous) : 0;

	return mv_py_is_evaluation(next, thread) ? next : 0;
}

unsigned mv_pyframe_walk(const struct mv_pylayout *layout, uintptr_t thread, struct mv_pyframe frames[], unsigned max,
			 bool *is_cut)
{
	uintptr_t frame = mv_pyframe_first(layout, thread);
	uintptr_t cframe = first_cframe(layout, thread);
	unsigned n = 0, steps;

	*is_cut = false;
	for (steps = 0; frame && steps < WALK_MAX; steps++, frame = mv_py_word(frame, layout->frame_previous)) {
		uintptr_t code;

		if (layout->anchor == MV_PYANCHOR_SHIM && owner_of(layout, frame) >= layout->shim_owner) {
			end_evaluation(frames, n, frame);
			continue;
		}
		code = code_of(layout, frame);
		if (!is_hidden(layout, frame, code)) {
			*is_cut = n == max;
			if (*is_cut)
				break;
			frames[n++] = (struct mv_pyframe){.code = code, .lasti = lasti_of(layout, frame, code)};
		}
		if (ends_evaluation(layout, frame)) {
			end_evaluation(frames, n, cframe);
			cframe = next_cframe(layout, thread, cframe);
		}
	}
	return n;
}

uint32_t mv_pyframe_line(const struct mv_pylayout *layout, const struct mv_pyframe *frame)
{
	uintptr_t table = mv_py_word(frame->code, layout->code_lines);
	int line = mv_pyline_find(layout->lines, (const uint8_t *)table + layout->bytes_data,
				  mv_py_word(table, layout->bytes_length),
				  mv_py_int(frame->code, layout->code_first_line), frame->lasti);

	return line > 0 ? (uint32_t)line : 0;
}
