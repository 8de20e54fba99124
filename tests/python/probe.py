# SPDX-License-Identifier: Apache-2.0
"""The probe library (probe.c) as Python sees it: HOLD keeps the GIL around a call, FREE gives it up."""
import collections
import ctypes
import os

NATIVE, PYTHON = 1, 2
CAPTURES, STACKS, CUT, FAILED, REPEATED = range(5)

Frame = collections.namedtuple("Frame", "kind file line name")

PATH = os.environ["MEMVIZ_PROBE"]
HOLD = getattr(ctypes, "PyDLL", ctypes.CDLL)(PATH)  # PyPy has no other
FREE = ctypes.CDLL(PATH)
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_uint32)

for library in (HOLD, FREE):
    library.probe_capture.restype = ctypes.c_uint32
    library.probe_capture_elsewhere.restype = ctypes.c_uint32
    library.probe_capture_in_callback.restype = ctypes.c_uint32
    library.probe_capture_in_callback.argtypes = [CALLBACK]
    library.probe_describe.argtypes = [ctypes.c_uint32, ctypes.c_char_p, ctypes.c_int]
    library.probe_state.restype = ctypes.c_char_p
    library.probe_field.restype = ctypes.c_char_p
    library.probe_count.restype = ctypes.c_ulong
    library.probe_break_layout.restype = ctypes.c_bool
    library.probe_bench.restype = ctypes.c_double


_known = {}  # a stack's number says all about it


def start(parts=NATIVE | PYTHON):
    _known.clear()
    return HOLD.probe_start(parts)


def state():
    return HOLD.probe_state().decode()


def count(which):
    return HOLD.probe_count(which)


def fields():
    """The names of a layout's fields, each at its number."""
    names = []
    while HOLD.probe_field(len(names)):
        names.append(HOLD.probe_field(len(names)).decode())
    return names


def frames(stack):
    """The frames of a stack, innermost first; a native frame's FILE is its object, a label's its text."""
    if stack not in _known:
        _known[stack] = _read_frames(stack)
    return _known[stack]


def _read_frames(stack):
    buffer = ctypes.create_string_buffer(1 << 18)
    size = HOLD.probe_describe(stack, buffer, len(buffer))
    assert size >= 0
    result = []
    for line in ctypes.string_at(buffer, size).decode().splitlines():
        kind, *rest = line.split("\t")
        if kind == "python":
            result.append(Frame(kind, rest[0], int(rest[1]), rest[2]))
        else:
            result.append(Frame(kind, rest[0], 0, rest[1] if len(rest) > 1 else ""))
    return result


def python_frames(stack):
    return [frame for frame in frames(stack) if frame.kind == "python"]
