# SPDX-License-Identifier: Apache-2.0
"""What everything is, from sources that the recorder does not use: owners from Python's objects after each phase, saved
tensors from saved_tensors_hooks and a walk of the graph, phases from the functions that are called.

What is said stands between the allocations and frees in the lines of witness.so:

    P G S   the storage at ADDRESS is a parameter or buffer, a gradient, an optimizer's state; VALUE is its name's number
    I O     an input; something else that the program keeps
    V       packed for a backward
    ( )     a backward begins, ends; [ ] an optimizer's step; VALUE is the depth
    W w     the window begins, ends
    C       the backward that begins here records gradients itself
    E e     the walk of a graph begins, ends, whose backward comes next; within it each V is what the walk found"""
import ctypes
import functools
import json
import threading

import torch
import torch.utils.checkpoint as checkpoint
from torch import nn
from torch._guards import TracingContext
from torch.optim import optimizer as optim

from names import band_by_names
from watch import Watch

WITNESS = ctypes.CDLL(None)


def tensors_in(thing):
    if torch.is_tensor(thing):
        yield thing
    elif isinstance(thing, dict):
        yield from tensors_in(list(thing.values()))
    elif isinstance(thing, (list, tuple)):
        for part in thing:
            yield from tensors_in(part)


def local(tensor):
    """The tensors that the memory of one is in: of a distributed one its part, of a subclass its inner ones."""
    if hasattr(tensor, "_local_tensor"):
        return local(tensor._local_tensor)
    if hasattr(tensor, "__tensor_flatten__"):
        return [inner for name in tensor.__tensor_flatten__()[0] for inner in local(getattr(tensor, name))]
    return [tensor]


def address(tensor):
    return tensor.untyped_storage().data_ptr()


class Held:
    """Autograd holds this in place of a tensor; so the tensor lives as long as it would by itself."""

    def __init__(self, tensor):
        self.tensor = tensor.detach() if tensor.requires_grad else tensor


def unpack(held):
    return held.tensor if isinstance(held, Held) else held


class Truth(Watch):
    def __init__(self, can_walk):
        self.can_walk = can_walk
        self.things, self.names, self.numbers = [], [""], {"": 0}
        self.depth = threading.local()
        if torch.cuda.get_allocator_backend() == "native":
            torch.cuda.memory._record_memory_history(stacks="python")
        self.patch_backward()
        self.patch_recomputation()
        optim.register_optimizer_step_pre_hook(lambda *_: self.phase("[", 1))
        optim.register_optimizer_step_post_hook(lambda *_: self.phase("]", -1))
        self.hold_saved()

    # ---- saying it ----

    def mark(self, kind, where=0, value=0):
        WITNESS.witness_mark(ctypes.c_uint32(ord(kind)), ctypes.c_uint64(where), ctypes.c_int64(value))

    def note(self, kind, thing, name=""):
        for tensor in tensors_in(thing):
            for part in local(tensor):
                if part.is_cuda and part.layout == torch.strided:
                    self.mark(kind, address(part), self.number(name))

    def number(self, name):
        if name not in self.numbers:
            self.numbers[name] = len(self.names)
            self.names.append(name)
        return self.numbers[name]

    @staticmethod
    def history():
        """PyTorch's own, with stacks; there is none with backend:cudaMallocAsync."""
        if torch.cuda.get_allocator_backend() != "native":
            return ()
        return torch.cuda.memory._snapshot()["device_traces"][0]

    def finish(self, path):
        by_names = [band_by_names([frame["name"] for frame in entry.get("frames", ())])
                    for entry in self.history() if entry["action"] == "alloc"]
        with open(path + ".json", "w", encoding="utf-8") as file:
            json.dump({"names": self.names, "by_names": by_names}, file)
        return WITNESS.witness_dump((path + ".lines").encode())

    # ---- the owners ----

    def look_at_module(self, module):
        for name, parameter in module.named_parameters():
            self.note("P", parameter, name)
            if parameter.grad is not None:
                self.note("G", parameter.grad, name + "/grad")
        for name, buffer in module.named_buffers():
            self.note("P", buffer, name)

    def look_at_optimizer(self, optimizer, names):
        for parameter, state in optimizer.state.items():
            for key, value in state.items():
                self.note("S", value, f"{names.get(parameter, '')}/{key}")

    def look(self):
        modules = [thing for thing in self.things if isinstance(thing, nn.Module)]
        names = {parameter: name for module in modules for name, parameter in module.named_parameters()}
        for thing in self.things:
            if isinstance(thing, nn.Module):
                self.look_at_module(thing)
            else:
                self.look_at_optimizer(thing, names)

    # ---- phases ----

    def phase(self, kind, change):
        """Its depth: a backward may run another one, for a checkpoint, on a thread of autograd's."""
        depth = getattr(self.depth, "value", 0)
        self.depth.value = depth + change
        self.look()
        is_within = kind in "()" and torch._C._current_graph_task_id() != -1
        self.mark(kind, 0, is_within + max(depth, depth + change))

    def patch_backward(self):
        for name in ("backward", "grad"):
            setattr(torch.autograd, name, self.watched(getattr(torch.autograd, name)))

    def watched(self, run):
        @functools.wraps(run)
        def call(tensors, *arguments, **settings):
            self.walk(tensors)
            self.phase("(", 1)
            if settings.get("create_graph"):
                self.mark("C")
            try:
                return run(tensors, *arguments, **settings)
            finally:
                self.phase(")", -1)

        return call

    def window_begins(self):
        self.mark("W")

    def window_ends(self):
        self.mark("w")

    # ---- what is saved ----

    def pack(self, tensor):
        if not tensor.is_cuda:
            return tensor
        held = Held(tensor)
        self.note("V", held.tensor)
        return held

    def joins(self):
        self.hold_saved()

    def hold_saved(self):
        """On the calling thread."""
        torch.autograd.graph.saved_tensors_hooks(self.pack, unpack).__enter__()

    def patch_recomputation(self):
        """What a checkpoint's second forward packs goes past the hooks of the program."""
        truth, plain = self, checkpoint._recomputation_hook

        class Recomputation(plain):
            def __init__(self, *arguments):
                super().__init__(*arguments)
                pack = self.pack_hook
                self.pack_hook = lambda tensor: (truth.note("V", tensor), pack(tensor))[1]

        checkpoint._recomputation_hook = Recomputation

    def walk(self, tensors):
        """The storages that the graph's nodes say that they keep; those that a compiler draws up keep nothing yet."""
        if not self.can_walk or TracingContext.try_get():
            return
        self.mark("E")
        seen, todo = set(), [tensor.grad_fn for tensor in tensors_in(tensors)]
        while todo:
            node = todo.pop()
            if node is None or node in seen:
                continue
            seen.add(node)
            self.note("V", self.kept_by(node))
            todo += [following for following, _ in node.next_functions]
        self.mark("e")

    @staticmethod
    def kept_by(node):
        kept = []
        for name in dir(node):
            if name.startswith("_saved_") or name == "saved_tensors":
                try:
                    kept.append(getattr(node, name))
                except RuntimeError:
                    pass  # freed by an earlier backward
        return kept

    # ---- what the case says ----

    def owns(self, *things):
        self.things += things
        self.look()
        return super().owns(*things)

    def input(self, *tensors):
        self.note("I", tensors)
        return super().input(*tensors)

    def other(self, *tensors):
        self.note("O", tensors)
        return super().other(*tensors)

    def state(self, *tensors):
        self.note("S", tensors)
        return super().state(*tensors)

    def gradient(self, *tensors):
        self.note("G", tensors)
        return super().gradient(*tensors)

    def parameter(self, tensor, name):
        self.note("P", tensor, name)
        return super().parameter(tensor, name)

    def kept_for_backward(self, tensor):
        self.note("V", tensor)
        return super().kept_for_backward(tensor)
