/* SPDX-License-Identifier: Apache-2.0 */
/* Where CPython keeps what a stack is made of.  The only place that knows; everybody else goes by the fields below.
 *
 * CPython promises nothing about these structures, but they never change within a minor version.  3.8 to 3.12 are
 * written down here (offsetof on each version's headers, x86-64; what lies before a field is pointers and numbers,
 * the same on every 64-bit processor); 3.13 and 3.14 say themselves in _Py_DebugOffsets at the start of _PyRuntime.
 * Builds without the GIL are refused: their frames may change under a reader.  Nothing here is trusted before
 * mv_pyprobe_check has compared it with live memory.
 *
 * Units: offsets in bytes.  Threads, signals, fork: pure functions.  */
#ifndef PYTHON_LAYOUT_H
#define PYTHON_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	MV_PYTHON_3_8 = 0x0308,
	MV_PYTHON_3_9 = 0x0309,
	MV_PYTHON_3_10 = 0x030a,
	MV_PYTHON_3_11 = 0x030b,
	MV_PYTHON_3_12 = 0x030c,
	MV_PYTHON_3_13 = 0x030d,
	MV_PYTHON_3_14 = 0x030e,
};

/* How the C frame of an evaluation (one activation of the interpreter's loop) is told from others, by what lies in it.
 * One evaluation runs a Python function and, since 3.11, those that it calls.  */
enum mv_pyanchor {
	MV_PYANCHOR_NONE = 0,	/* nothing; the loop's function is known by its address.  One evaluation, one frame */
	MV_PYANCHOR_EACH = 1,	/* a CFrame.  One evaluation, one frame */
	MV_PYANCHOR_CFRAME = 2, /* a CFrame; the outermost frame of an evaluation has IS_ENTRY set */
	MV_PYANCHOR_SHIM = 3,	/* a frame without a function, behind the outermost one */
};

enum mv_pylines {
	MV_PYLINES_LNOTAB = 0,	  /* to 3.9 */
	MV_PYLINES_RANGES = 1,	  /* 3.10 */
	MV_PYLINES_LOCATIONS = 2, /* from 3.11 */
};

/* Fields that a version lacks are zero; no field that is used lies at offset 0, but for those marked.  */
struct mv_pylayout {
	uint16_t version; /* major and minor, as in enum */
	uint8_t anchor;	  /* enum mv_pyanchor */
	uint8_t lines;	  /* enum mv_pylines */

	/* PyThreadState: a frame, or (3.11, 3.12) a CFrame that leads to one.  CFrames are a chain, of which the last one is
	 * part of the PyThreadState; what follows it, 3.10 leaves to chance.  */
	uint16_t thread_id, thread_frame, thread_cframe;
	uint16_t cframe_frame /* may be 0 */, cframe_previous;

	/* The frame.  Where it stands: an address; or a number, in units of INSTR_BYTES, if that is not zero.  */
	uint16_t frame_code /* may be 0 */, frame_previous, frame_instr, instr_bytes;
	uint16_t frame_owner, frame_entry;
	uint8_t shim_owner; /* this or a higher owner: a shim */
	uint8_t tag_mask;   /* low bits of frame_code that are no address */

	/* PyCodeObject.  NAME: the qualified one where there is one.  Bytecode: within the object, or (to 3.10) a bytes
	 * object.  FIRST_TRACEABLE: the interpreter hides a frame that stands before this unit of two bytes.  */
	uint16_t code_file, code_name, code_first_line, code_lines, code_bytecode, code_first_traceable;

	/* PyUnicodeObject and PyBytesObject.  */
	uint16_t text_length, text_state, text_ascii, text_wide, bytes_length, bytes_data;

	uint16_t runtime_finalizing; /* in _PyRuntime: who runs the interpreter's end */
};

/* The same in all versions: PyObject, PyVarObject, PyTypeObject.  */
enum {
	MV_PYOBJECT_TYPE = 8,
	MV_PYVAR_SIZE = 16,
	MV_PYTYPE_NAME = 24,
	MV_PYTYPE_SIZE = 32, /* of its objects, without what varies from one to the next */
	MV_PYTYPE_DEALLOC = 48,
	MV_PYTHREAD_BYTES = 1024, /* PyThreadState is not larger, where CFrames matter */
	MV_PYOWNER_GENERATOR = 1, /* frame_owner: the frame lies in a generator */
	MV_PYOWNER_LAST = 4,	  /* no version has a higher one */
};

/* PyASCIIObject.state: two bits interned, three bits bytes per character, compact, ASCII.  */
enum {
	MV_PYTEXT_KIND_SHIFT = 2,
	MV_PYTEXT_KIND_MASK = 7,
	MV_PYTEXT_IS_COMPACT = 1 << 5,
	MV_PYTEXT_IS_ASCII = 1 << 6,
};

/* Fill *LAYOUT for VERSION.  RUNTIME: address of _PyRuntime, where 3.13 and later are asked.  Returns 0; -ENOENT: a
 * version that is not known; -ENOTSUP: a build without the GIL; -EINVAL: it contradicts itself.  */
int mv_pylayout_choose(unsigned version, const void *runtime, struct mv_pylayout *layout);

/* True if CFRAME belongs to an evaluation, and not to THREAD itself.  */
static inline bool mv_py_is_evaluation(uintptr_t cframe, uintptr_t thread)
{
	return cframe && cframe - thread >= MV_PYTHREAD_BYTES;
}

/* What stands OFFSET bytes behind ADDRESS.  */
static inline uint64_t mv_py_word(uintptr_t address, unsigned offset)
{
	uint64_t value;

	memcpy(&value, (const char *)address + offset, sizeof value);
	return value;
}

static inline int32_t mv_py_int(uintptr_t address, unsigned offset)
{
	int32_t value;

	memcpy(&value, (const char *)address + offset, sizeof value);
	return value;
}

static inline uint8_t mv_py_byte(uintptr_t address, unsigned offset)
{
	return *((const uint8_t *)address + offset);
}

#endif
