# SPDX-License-Identifier: Apache-2.0
"""backward.py CASE: trains, and writes down for each node of autograd's graph where it was made and when it was evaluated.

PyTorch itself notes the first, in its anomaly mode: the Python stack in which a node is made, or, where there is none, the
node that was being evaluated.  The second comes from the node's own hooks.  Nothing in here knows of the recorder."""
import json
import os
import re
import sys
import threading
import time

import torch
import torch.utils.checkpoint
from torch import nn
from torch.nn import functional as F

import nets

torch.autograd.set_detect_anomaly(True, check_nan=False)
SPANS, NODES = [], set()


def made_at(node):
    """The lines, innermost first, that made NODE."""
    while node is not None:
        stack = node.metadata.get("traceback_")
        if stack:
            lines = [re.search(r'File "(.*)", line (\d+)', frame) for frame in stack]
            return [f"{line[1]}:{line[2]}" for line in lines][::-1]
        node = node.metadata.get("parent_")
    return []


def watch(output):
    """Have each node of OUTPUT's graph tell when it is evaluated."""
    nodes = [output.grad_fn] if torch.is_tensor(output) else []
    while nodes:
        node = nodes.pop()
        if node is None or node in NODES:
            continue
        NODES.add(node)
        nodes += [following for following, _ in node.next_functions]
        if type(node).__name__ != "AccumulateGrad":
            span = [0, 0, made_at(node), type(node).__name__]
            node.register_prehook(lambda _, span=span: begin(span))
            node.register_hook(lambda *_, span=span: end(span))


def begin(span):
    span[0] = time.monotonic_ns()


def end(span):
    span[1] = time.monotonic_ns()
    SPANS.append(list(span))


def train(model, batch, backward=lambda loss: loss.backward(), steps=2):
    optimizer = torch.optim.AdamW(model.parameters())
    for _ in range(steps):
        x, y = (tensor.cuda() for tensor in batch)
        loss = F.cross_entropy(model(x), y)
        watch(loss)
        backward(loss)
        optimizer.step()
        optimizer.zero_grad()


def mlp():
    model = nets.Mlp().cuda()
    train(model, model.batch())


def gpt():
    model = nets.Gpt().cuda()
    train(model, model.batch(rows=2))


class Checkpointed(nn.Module):
    def __init__(self, is_reentrant):
        super().__init__()
        self.is_reentrant = is_reentrant
        self.first = nn.Linear(256, 256)
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(256, 512), nn.GELU(), nn.Linear(512, 256)) for _ in range(3))

    def forward(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = torch.utils.checkpoint.checkpoint(block, x, use_reentrant=self.is_reentrant)
        return x


def checkpoint():
    train(Checkpointed(False).cuda(), (torch.randn(64, 256), torch.zeros(64, dtype=torch.long)))


def reentrant():
    train(Checkpointed(True).cuda(), (torch.randn(64, 256), torch.zeros(64, dtype=torch.long)))


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(256, 256), nn.Tanh(), nn.Linear(256, 256), nn.Softplus(), nn.Linear(256, 10))

    def forward(self, x):
        return self.layers(x)


def double():
    model = Twice().cuda()

    def backward(loss):
        gradients = torch.autograd.grad(loss, model.parameters(), create_graph=True)
        penalty = sum(gradient.square().sum() for gradient in gradients)
        watch(penalty)
        (loss + penalty).backward()

    train(model, (torch.randn(64, 256), torch.zeros(64, dtype=torch.long)), backward)


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return 3 * x.square() * gradient


class Custom(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(256, 256), nn.Linear(256, 10)

    def forward(self, x):
        x = self.one(x)
        view = x.view(8, 8, 256)
        view += 1
        x = Cube.apply(x)
        return self.two(x[:, :128].repeat(1, 2).relu_())


def custom():
    train(Custom().cuda(), (torch.randn(64, 256), torch.zeros(64, dtype=torch.long)))


def threads():
    def work():
        model = nets.Mlp().cuda()
    train(model, model.batch())

    both = [threading.Thread(target=work) for _ in range(2)]
    [thread.start() for thread in both]
    [thread.join() for thread in both]


if __name__ == "__main__":
    torch.nn.modules.module.register_module_forward_hook(lambda module, inputs, output: watch(output))
    globals()[sys.argv[1]]()
    print(json.dumps(SPANS), flush=True)
    os._exit(0)
