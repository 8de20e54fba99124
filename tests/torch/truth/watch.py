# SPDX-License-Identifier: Apache-2.0
"""Who looks on while a case trains.

A case calls these methods and otherwise trains as anybody does.  Watch itself only counts steps: so the recorder finds a
program that knows nothing.  truth.Truth writes down what everything is, profiled.Profiled has torch.profiler look.
With either, allocations are those of the plain run, one for one."""
import gc

import torch

STEPS = 5
WINDOW = (2, 4)  # steps that count: from the beginning of the first to that of the second


class Watch:
    def steps(self):
        """Number the training steps.  What is garbage is freed between them, at the same place in every run."""
        gc.disable()
        for i in range(STEPS):
            self.step_begins(i)
            yield i
        self.training_ends()

    def step_begins(self, i):
        """Where a trainer brings its own loop."""
        gc.collect()
        if i == WINDOW[0]:
            self.window_begins()
        if i == WINDOW[1]:
            self.window_ends()

    def window_begins(self):
        pass

    def window_ends(self):
        pass

    def training_ends(self):
        pass

    def joins(self):
        """The calling thread trains, too."""

    def room(self, size_bytes):
        """From here on no more than so much is to be had."""
        torch.cuda.empty_cache()

    def run_out(self):
        """Here more is asked for than there can be."""

    # What a tensor is, said by who made it.  Each returns what it is given.

    def owns(self, *things):
        """Modules and optimizers whose tensors are to be known."""
        return things[0] if len(things) == 1 else things

    def input(self, *tensors):
        return tensors[0] if len(tensors) == 1 else tensors

    def other(self, *tensors):
        """Kept by the program for its own purposes."""
        return tensors[0] if len(tensors) == 1 else tensors

    def state(self, *tensors):
        """Of an optimizer that is not torch.optim's."""
        return tensors[0] if len(tensors) == 1 else tensors

    def gradient(self, *tensors):
        """Of which nobody else knows."""
        return tensors[0] if len(tensors) == 1 else tensors

    def parameter(self, tensor, name):
        """Of a module that is not known to hold it."""
        return tensor

    def kept_for_backward(self, tensor):
        """By other means than autograd's."""
        return tensor


class Cut(Watch):
    """The plain run, in which memory does run out."""

    def room(self, size_bytes):
        super().room(size_bytes)
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + size_bytes) / total)

    def run_out(self):
        torch.empty(1 << 45, dtype=torch.uint8, device="cuda")
