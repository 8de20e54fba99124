# SPDX-License-Identifier: Apache-2.0
"""What torch.profiler says of the same run: the categories of its memory timeline, with CPU activity only.

It looks at the window.  Its allocations and frees are those that witness.so has seen behind the line Q."""
import ctypes
import json

from torch.profiler import ProfilerActivity, _memory_profiler, profile

from watch import Watch

WITNESS = ctypes.CDLL(None)


class Profiled(Watch):
    def __init__(self):
        self.profile, self.is_on = None, False

    def window_begins(self):
        self.profile = profile(activities=[ProfilerActivity.CPU], profile_memory=True, record_shapes=True, with_stack=True)
        WITNESS.witness_mark(ctypes.c_uint32(ord("Q")), ctypes.c_uint64(0), ctypes.c_int64(0))
        self.profile.__enter__()
        self.is_on = True

    def window_ends(self):
        self.is_on = False
        self.profile.__exit__(None, None, None)

    def training_ends(self):
        if self.is_on:
            self.window_ends()

    def finish(self, path):
        with open(path + ".json", "w", encoding="utf-8") as file:
            json.dump(categories(self.profile._memory_profile()), file)
        return WITNESS.witness_dump((path + ".lines").encode())


def categories(memory):
    """Of each allocation and free, in order: time, address, and of its tensor the categories and when they changed; the
    same, by address, of tensors that were there before."""
    known, changes = {}, {}
    for (key, version), category in memory._category_snapshot().items():
        known.setdefault(key, {})[version] = category.name if category else None
    for time, action, (key, version), _ in memory.timeline:
        if action == _memory_profiler.Action.INCREMENT_VERSION:
            changes.setdefault(key, []).append((time, version + 1))
    allocations = allocations_of(memory)
    made = {key for _, _, key in allocations}
    told = {key: (known.get(key, {}), sorted(changes.get(key, ()))) for key in {*known, *made} if key}
    return {
        "allocations": [(time, address, told.get(key)) for time, address, key in allocations],
        "before": {key.storage.ptr: told[key] for key in known if key not in made and is_on_card(key)},
    }


def is_on_card(key):
    return isinstance(key, _memory_profiler.TensorKey) and key.device.type == "cuda"


def allocations_of(memory):
    found = []
    for event in memory._op_tree.dfs():
        kind, fields = event.typed
        if kind == _memory_profiler._EventType.Allocation and fields.device.type == "cuda":
            found.append((event.start_time_ns, fields.ptr, _memory_profiler.TensorKey.from_allocation(fields)))
    return sorted(found, key=lambda one: one[0])
