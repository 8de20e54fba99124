# SPDX-License-Identifier: Apache-2.0
"""Programs whose memory comes out of many places and graphs: of programs.py."""
import dataclasses
import functools
import os
import sys
import threading
import time

import torch
import torch.utils.checkpoint
from torch import nn

from workbench import MIB, net, say, stats, train_step


def frames():
    def made_here():
        return torch.empty(7 * MIB, dtype=torch.uint8, device="cuda")  # the line that the report must name

    kept = made_here()
    say(line=made_here.__code__.co_firstlineno + 1, address=kept.data_ptr())
    os._exit(0)


class Noted:
    """Memory, and the lines that asked for it: each a line that calls note."""

    def __init__(self):
        self.kept, self.lines = [], {}

    def note(self, tensor):
        frame = sys._getframe(1)
        self.kept.append(tensor)
        self.lines[tensor.data_ptr()] = [frame.f_code.co_filename, frame.f_lineno]
        return tensor


def origins():
    """Code of others stands between a line and the memory, and between it and the program, in many ways."""
    noted, make = Noted(), functools.partial(torch.empty, MIB, device="cuda")
    note = noted.note

    @dataclasses.dataclass
    class Box:
        held: object = dataclasses.field(default_factory=lambda: note(make()))

    class Layer(nn.Module):
        def forward(self, x):
            return x + note(make())

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, gradient):
            note(make())
            return gradient * 2

    @torch.no_grad()
    def without_gradients():
        note(make())

    thread = threading.Thread(target=lambda: note(make()))
    thread.start()
    thread.join()
    Box()
    without_gradients()
    functools.reduce(lambda count, _: note(make()), range(3))
    exec("note(make())", {"note": note, "make": make})
    exec(compile("\ndef cell():\n    note(make())\ncell()", "<ipython-input-3-1f0c6a>", "exec"), {"note": note, "make": make})
    nn.Sequential(Layer(), nn.Sequential(Layer())).cuda()(make())
    weight = torch.ones(MIB, device="cuda", requires_grad=True)
    weight.register_hook(lambda gradient: note(make()).zero_())
    Twice.apply(weight).sum().backward()
    other = torch.ones(MIB, device="cuda", requires_grad=True)
    other.sum().backward()
    say(lines=noted.lines, gradient=other.grad.data_ptr())
    os._exit(0)


def graph_of(tensor):
    """All nodes of the graph that TENSOR is the end of."""
    nodes, found = [tensor.grad_fn], set()
    while nodes:
        node = nodes.pop()
        if node not in found:
            found.add(node)
            nodes += [following for following, _ in node.next_functions if following]
    return found


def kept_by(nodes):
    """The addresses of what they keep for backward."""
    kept = [getattr(node, name) for node in nodes for name in dir(node) if name.startswith("_saved_")]
    flat = [one for some in kept for one in (some if isinstance(some, (tuple, list)) else [some])]
    return {one.untyped_storage().data_ptr() for one in flat if torch.is_tensor(one) and one.is_cuda}


def saved():
    """All that autograd keeps is told by its graph; the program itself holds on to some more."""
    model = net()
    train_step(model, torch.optim.AdamW(model.parameters()))
    x = torch.randn(256, 512, device="cuda")
    hidden = model[0](x)
    held = hidden + 1
    loss = nn.functional.cross_entropy(model[1:](held * 2), torch.zeros(256, dtype=torch.long, device="cuda"))
    kept = kept_by(graph_of(loss)) - {p.data_ptr() for p in model.parameters()}
    loss.backward(retain_graph=True)
    say(kept=sorted(kept), held=held.data_ptr())
    os._exit(0)


def checkpointed():
    """What a forward makes under a checkpoint goes at once; when it is run again, it is kept."""
    model, facts = net(), []

    def segment(x):
        hidden = model[0](x)
        wide = (hidden @ hidden.T).relu()
        facts.append([time.monotonic_ns(), wide.data_ptr(), threading.current_thread() is threading.main_thread()])
        return wide @ hidden

    x = torch.randn(256, 512, device="cuda")
    for reentrant in (False, True):
        x = torch.utils.checkpoint.checkpoint(segment, x, use_reentrant=reentrant)
    x.sum().backward()
    say(facts=facts)
    os._exit(0)


def later():
    """A second network, some steps after the first; and a parameter that no module holds."""
    first, loose = net(), nn.Parameter(torch.zeros(MIB, device="cuda"))
    optimizer = torch.optim.AdamW([*first.parameters(), loose])
    for _ in range(3):
        train_step(first, optimizer)
    second = net(256, 2)
    optimizer = torch.optim.AdamW(second.parameters())
    for _ in range(300):
        train_step(second, optimizer)
    say(first=[p.data_ptr() for p in first.parameters()], second=[p.data_ptr() for p in second.parameters()],
        states=[s["exp_avg"].data_ptr() for s in optimizer.state.values()], loose=loose.data_ptr())
    os._exit(0)


def copied():
    """What comes from the host, in three ways; what does not; and a parameter into which something comes that has a name."""
    model, on_host = net(), torch.randn(256, 512)
    optimizer = torch.optim.AdamW(model.parameters())
    train_step(model, optimizer)
    into = torch.zeros(256, 512, device="cuda")
    into[1:].copy_(on_host[1:])
    given = [on_host.cuda(), on_host.to("cuda", torch.float16), into]
    made = [given[0].clone(), torch.ones(256, 512, device="cuda")]
    model[0][0].weight.data.copy_(torch.zeros(512, 512))
    for x in (given[0], made[0]):
        model(x).sum().backward()
    say(given=[t.data_ptr() for t in given], made=[t.data_ptr() for t in made], weight=model[0][0].weight.data_ptr())
    os._exit(0)


def multiplies():
    """cuBLAS gets memory to compute with, of a size that PyTorch can be told."""
    model = net()
    model(torch.ones(256, 512, device="cuda")).sum().backward()
    say(**stats())
    os._exit(0)


def frames_of(frame, line):
    """FRAME, which stands at LINE, and its callers, as [qualified name, file, line]; innermost first."""
    result = []
    while frame:
        code = frame.f_code
        result.append([getattr(code, "co_qualname", code.co_name), code.co_filename, line or frame.f_lineno])
        frame, line = frame.f_back, None
    return result


def places():
    """A training step in which each operator is called by Python: where each new tensor was made, by its address."""
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_flatten

    kept, made = [], {}

    def note(values, frames):
        for tensor in tree_flatten(values)[0]:
            if isinstance(tensor, torch.Tensor) and tensor.is_cuda:
                kept.append(tensor)
                made.setdefault(tensor.untyped_storage().data_ptr(), frames)

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, arguments=(), options=None):
            note([arguments, options], None)  # what is there already
            result, line = function(*arguments, **(options or {})), sys._getframe().f_lineno
            note(result, frames_of(sys._getframe(), line))
            return result

    model = net(64, 3)
    optimizer = torch.optim.AdamW(model.parameters())
    for _ in range(2):
        with Watch():
            x = torch.randn(16, 64, device="cuda")
            loss = [model(y).square().mean() for y in (x, x + 1)][1]
        loss.backward()
        with Watch():
            optimizer.step(lambda: torch.add(loss, *(torch.ones_like(loss) for _ in range(1))))
    say(made={address: frames for address, frames in made.items() if frames})
    os._exit(0)
