# SPDX-License-Identifier: Apache-2.0
"""PyTorch on the simulated GPU, whose kernels take no time: what is left is PyTorch's own work, and its recorder's.

    loop.py compare MODE    prints "empty" and nanoseconds for torch.empty and its free, 20 Python calls deep; "step" and
                            milliseconds for one training step of a GPT; "pairs", how many blocks such a step allocates; "events" and
                            how many were allocated and freed in all.
                            MODE is one of OWN: PyTorch's own recorder, with those settings; or off
    loop.py train EVENTS    trains the GPT until so many have happened; prints "events" and "steps"
"""
import os
import sys
import time

import torch
from torch.nn import functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "torch"))

import nets  # noqa: E402

# Stacks of Python only; of Python and C++, for allocations as ours are; the same for frees as well, as it is by default.
OWN = {
    "python": {"stacks": "python"},
    "allocs": {"stacks": "all", "context": "alloc"},
    "all": {"stacks": "all", "context": "all"},
}
OWN_ENTRIES = 100000  # as PyTorch's tutorial has it

PAIRS, LOOPS, STEPS, DEPTH = 10000, 9, 60, 20

torch.backends.cudnn.enabled = False


def low(values):
    """The lower quartile: a step waits for its threads to be run, and on a busy machine that is most of what varies."""
    return sorted(values)[len(values) // 4]


def deep(function, depth):
    return deep(function, depth - 1) if depth > 1 else function()


def time_pairs():
    start = time.perf_counter_ns()
    for _ in range(PAIRS):
        torch.empty(4096, device="cuda")
    return (time.perf_counter_ns() - start) / PAIRS


class Training:
    """A GPT of 12 layers in bfloat16, in the manner of every tutorial."""

    def __init__(self):
        self.model = nets.Gpt(width=256, layers=12, length=256).cuda()
        self.optimizer = torch.optim.AdamW(self.model.parameters())
        self.words, self.targets = (tensor.cuda() for tensor in self.model.batch())

    def step(self):
        with torch.autocast("cuda", torch.bfloat16):
            loss = F.cross_entropy(self.model(self.words), self.targets)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()

    def time_step(self):
        start = time.perf_counter_ns()
        self.step()
        return (time.perf_counter_ns() - start) / 1e6


def events():
    counts = torch.cuda.memory_stats()
    return counts["allocation.all.allocated"] + counts["allocation.all.freed"]


def allocations():
    return torch.cuda.memory_stats()["allocation.all.allocated"]


def check_own():
    """PyTorch's recorder has as many entries as it may keep, and the last allocations have stacks."""
    entries = torch.cuda.memory._snapshot()["device_traces"][0]
    if len(entries) < OWN_ENTRIES or not all(entry["frames"] for entry in entries[-10:] if entry["action"] == "alloc"):
        sys.exit("loop.py: PyTorch has recorded %d entries, or no stacks" % len(entries))


def compare(mode):
    if mode in OWN:
        torch.cuda.memory._record_memory_history(max_entries=OWN_ENTRIES, **OWN[mode])
    # The thread of forward and the one of backward take turns: on two processors the machine's scheduler is measured, too.
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    torch.empty(1, device="cuda")
    print("empty", low([deep(time_pairs, DEPTH) for _ in range(LOOPS)]))
    training = Training()
    print("step", low([training.time_step() for _ in range(STEPS)][STEPS // 3:]))
    before = allocations()
    training.step()
    print("pairs", allocations() - before)
    print("events", events())
    if mode in OWN:
        check_own()


def train(wanted):
    training, steps = Training(), 0
    while events() < wanted:
        training.step()
        steps += 1
    print("events", events())
    print("steps", steps)


if __name__ == "__main__":
    if sys.argv[1] == "compare":
        compare(sys.argv[2])
        # All is measured, and PyTorch's own end fails now and then.
        sys.stdout.flush()
        os._exit(0)
    else:
        train(int(sys.argv[2]))
