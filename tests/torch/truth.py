# SPDX-License-Identifier: Apache-2.0
"""truth.py CASE STEPS FACTS [OOM]: trains, and writes down what each piece of memory is while it knows.

A fact is the time, a role and the address of a storage: parameters and buffers, gradients before a step, states after
one, inputs, and whatever autograd packs for backward.  Phases are written down too: what died in the phase it was born
in, and nobody claimed, was temporary.  OOM is forward or backward: half way through it, in the step behind the last one,
more is asked for than there can be."""
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

torch.backends.cudnn.enabled = False
FACTS = []


def note(role, tensor):
    if torch.is_tensor(tensor) and tensor.is_cuda:
        FACTS.append((time.monotonic_ns(), role, tensor.untyped_storage().data_ptr()))


def phase(name):
    FACTS.append((time.monotonic_ns(), "phase", name))


class Packed:
    """Autograd holds this in place of a tensor; so the tensor lives as long as it would by itself."""

    def __init__(self, tensor):
        self.tensor = tensor.detach()
        note("activation", self.tensor)


def unpack(held):
    return held.tensor if isinstance(held, Packed) else held


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(2048, 2048) for _ in range(8))
        self.head = nn.Linear(2048, 1000)

    def middle(self):
        return self.layers[4]

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.head(x)

    @staticmethod
    def batch():
        return torch.randn(1024, 2048), torch.zeros(1024, dtype=torch.long)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.heads, self.norm1, self.norm2 = width // 64, nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, t, w = x.shape
        q, k, v = self.attend(self.norm1(x)).view(b, t, self.heads, 3 * 64).transpose(1, 2).chunk(3, -1)
        weights = torch.softmax(q @ k.transpose(-2, -1) / 8, -1)
        x = x + self.project((weights @ v).transpose(1, 2).reshape(b, t, w))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Gpt(nn.Module):
    def __init__(self, words=16384, width=512, layers=6, length=256):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(length, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, words, bias=False)

    def middle(self):
        return self.blocks[3]

    def forward(self, x):
        x = self.words(x) + self.places(torch.arange(x.shape[1], device=x.device))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)).flatten(0, 1)

    @staticmethod
    def batch():
        return torch.zeros(8, 256, dtype=torch.long), torch.zeros(8 * 256, dtype=torch.long)


def note_owners(model, optimizer):
    for tensor in [*model.parameters(), *model.buffers()]:
        note("parameter", tensor)
        note("gradient", tensor.grad)
    for state in optimizer.state.values():
        for tensor in state.values():
            note("optimizer", tensor)


def run_out():
    torch.empty(1 << 45, dtype=torch.uint8, device="cuda")


def fail(model, oom):
    """The middle of the model runs out of memory, on the way there or back."""
    if oom == "forward":
        model.middle().register_forward_pre_hook(lambda module, inputs: run_out())
    else:
        model.middle().register_forward_hook(lambda module, inputs, out: out.register_hook(lambda _: run_out()) and None)


def step(model, optimizer, is_bf16):
    x, y = (tensor.cuda() for tensor in model.batch())
    note("other", x)
    note("other", y)
    phase("forward")
    with torch.autograd.graph.saved_tensors_hooks(Packed, unpack), torch.autocast("cuda", torch.bfloat16, enabled=is_bf16):
        loss = F.cross_entropy(model(x), y)
    optimizer.zero_grad()
    phase("backward")
    try:
        loss.backward()
    finally:
        note_owners(model, optimizer)
    phase("step")
    optimizer.step()
    phase("rest")
    note_owners(model, optimizer)


def train(case, steps, oom):
    model = (Mlp() if case == "mlp" else Gpt()).cuda()
    optimizer = torch.optim.AdamW(model.parameters())
    for tensor in [*model.parameters(), *model.buffers()]:
        note("parameter", tensor)
    for i in range(steps + bool(oom)):
        if i == steps:
            fail(model, oom)
        step(model, optimizer, case.endswith("bf16"))


def main():
    case, steps, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    status = 0
    try:
        train(case, steps, sys.argv[4] if len(sys.argv) > 4 else None)
    except torch.OutOfMemoryError:
        status = 9
    with open(path, "w", encoding="utf-8") as file:
        json.dump(FACTS, file)
    return status


if __name__ == "__main__":
    sys.exit(main())
