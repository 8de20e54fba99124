# SPDX-License-Identifier: Apache-2.0
"""programs.py NAME: programs to be recorded, as people write them: nothing in here knows of the recorder.

Each prints what it knows itself, as one line of JSON, and the test compares."""
import dataclasses
import functools
import json
import os
import signal
import sys
import threading
import time

import torch
import torch.utils.checkpoint
from torch import nn

torch.backends.cudnn.enabled = False
MIB = 1 << 20


def net(width=512, layers=4):
    return nn.Sequential(*[nn.Sequential(nn.Linear(width, width), nn.GELU()) for _ in range(layers)]).cuda()


def train_step(model, optimizer, batch=256):
    x = torch.randn(batch, model[0][0].in_features, device="cuda")
    loss = model(x).square().mean()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()


def say(**facts):
    print(json.dumps(facts), flush=True)


def stats():
    """What PyTorch's allocator counts by itself."""
    s = torch.cuda.memory_stats()
    return {"allocs": s["allocation.all.allocated"], "frees": s["allocation.all.freed"],
            "live": s["allocated_bytes.all.current"], "reserved": s["reserved_bytes.all.current"],
            "bytes": s["allocated_bytes.all.allocated"], "ooms": s["num_ooms"]}


def steps():
    """Ends at once, so that the recording ends where the counts do."""
    model = net()
    optimizer = torch.optim.AdamW(model.parameters())
    for _ in range(20):
        train_step(model, optimizer)
    say(**stats())
    os._exit(0)


def ranks():
    """As torchrun starts it; the loaders' workers use no card."""
    import torch.distributed

    torch.distributed.init_process_group("gloo")
    rank = torch.distributed.get_rank()
    torch.cuda.set_device(rank)
    kept = torch.empty((rank + 1) * MIB, device="cuda")
    for method in ("fork", "forkserver", "spawn"):
        loader = torch.utils.data.DataLoader(Numbers(), batch_size=16, num_workers=2, multiprocessing_context=method)
        assert len([batch.cuda() for batch in loader]) == 4
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()
    del kept


def ranges():
    before = torch.empty(MIB, device="cuda")
    with torch.cuda.nvtx.range("stage one"):
        within = torch.empty(2 * MIB, device="cuda")
    started = torch.cuda.nvtx.range_start("stage two")
    between = torch.empty(3 * MIB, device="cuda")
    torch.cuda.nvtx.range_end(started)
    model = net()
    optimizer = torch.optim.AdamW(model.parameters())
    with torch.cuda.nvtx.range("step"):
        train_step(model, optimizer)
    after = torch.empty(4 * MIB, device="cuda")
    state = sum(s["exp_avg"].nbytes + s["exp_avg_sq"].nbytes for s in optimizer.state.values())
    say(addresses=[t.data_ptr() for t in (before, within, between, after)], state=state)
    os._exit(0)


def captured():
    """A step that becomes a CUDA graph after others, as PyTorch's manual has it."""
    model, x = net(), torch.randn(256, 512, device="cuda")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def step():
        optimizer.zero_grad(set_to_none=True)
        model(x).square().mean().backward()
        optimizer.step()

    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(5):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    graph.replay()
    say(gradients=gradients_of(model))
    os._exit(0)


def named_ranges():
    """No profiler runs.  Ranges stand within each other, and an error leaves one."""
    model = net()
    optimizer = torch.optim.AdamW(model.parameters())
    train_step(model, optimizer)
    before = torch.empty(MIB, device="cuda")
    with torch.profiler.record_function("encoder"):
        within = torch.empty(2 * MIB, device="cuda")
        with torch.autograd.profiler.record_function("layer 0"):
            inner = torch.empty(3 * MIB, device="cuda")
    try:
        with torch.profiler.record_function("decoder"):
            raise ValueError
    except ValueError:
        after = torch.empty(4 * MIB, device="cuda")
    with torch.profiler.record_function("step"):
        train_step(model, optimizer)
    state = sum(s["exp_avg"].nbytes + s["exp_avg_sq"].nbytes for s in optimizer.state.values())
    say(addresses=[t.data_ptr() for t in (before, within, inner, after)], state=state)
    os._exit(0)


def threads():
    def work():
        model = net()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        for _ in range(10):
            train_step(model, optimizer)

    both = [threading.Thread(target=work) for _ in range(2)]
    [t.start() for t in both]
    [t.join() for t in both]
    say(**stats())
    os._exit(0)


def out_of_memory():
    model = net()
    optimizer = torch.optim.AdamW(model.parameters())
    train_step(model, optimizer)
    torch.empty(100 << 30, dtype=torch.uint8, device="cuda")


def out_of_memory_caught():
    model = net()
    optimizer = torch.optim.AdamW(model.parameters())
    for i in range(4):
        train_step(model, optimizer)
        try:
            torch.empty(100 << 30, dtype=torch.uint8, device="cuda")
        except torch.cuda.OutOfMemoryError as error:
            caught = str(error)
    train_step(model, optimizer)
    say(caught=caught, **stats())


class Greedy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, gradient):
        return gradient + torch.empty(100 << 30, dtype=torch.uint8, device="cuda").sum()


def out_of_memory_in_backward():
    """The error is thrown on autograd's thread and comes out of backward() on this one."""
    x = torch.randn(64, 64, device="cuda", requires_grad=True)
    try:
        Greedy.apply(x * 2).sum().backward()
    except torch.cuda.OutOfMemoryError:
        pass
    after = torch.empty(3 * MIB, dtype=torch.uint8, device="cuda")
    say(after=after.data_ptr())
    os._exit(0)


def out_of_memory_in_an_operator_s_backward():
    """There is no Python on the thread that asks; x and y fit on the card, x's gradient does not.

    Ends at once: torch 2.15 ends in std::terminate now and then after an error in backward, by itself."""
    x = torch.empty(3 << 30, dtype=torch.uint8, device="cuda").view(torch.float32).requires_grad_()
    y = torch.log_softmax(x, 0)
    try:
        y.backward(y)
    except torch.cuda.OutOfMemoryError:
        os._exit(1)


def gradients_of(model):
    return {name: parameter.grad.data_ptr() for name, parameter in model.named_parameters() if parameter.grad is not None}


def out_of_memory_with_gradients():
    """The first backward fails half way, and whoever catches the error lets go of its frames at once."""
    model = net()

    def step():
        hidden = model[0](torch.randn(256, 512, device="cuda"))
        hidden.register_hook(lambda gradient: torch.empty(100 << 30, dtype=torch.uint8, device="cuda"))
        for layer in list(model)[1:]:
            hidden = layer(hidden)
        hidden.square().mean().backward()

    try:
        step()
    except torch.cuda.OutOfMemoryError:
        pass
    say(gradients=gradients_of(model))
    os._exit(0)


def out_of_memory_beside_a_backward():
    """Another thread is in the midst of its backward when memory runs out here; later it goes on, and so does this one."""
    model, other = net(), net()
    is_there, may_go = threading.Event(), threading.Event()

    def train_other():
        loss = other(torch.randn(256, 512, device="cuda")).square().mean()
        loss.register_hook(lambda _: (is_there.set(), may_go.wait()) and None)
        loss.backward()

    model(torch.randn(256, 512, device="cuda")).square().mean().backward()
    thread = threading.Thread(target=train_other)
    thread.start()
    is_there.wait()
    try:
        torch.empty(100 << 30, dtype=torch.uint8, device="cuda")
    except torch.cuda.OutOfMemoryError:
        pass
    may_go.set()
    thread.join()
    for _ in range(1000):
        torch.empty(1, device="cuda")
    say(gradients=gradients_of(model), others=gradients_of(other))
    os._exit(0)


def killed():
    model = net()
    optimizer = torch.optim.AdamW(model.parameters())
    for _ in range(5):
        train_step(model, optimizer)
    say(**stats())
    os.kill(os.getpid(), signal.SIGKILL)


def killed_in_its_first_step():
    model = net()
    optimizer = torch.optim.AdamW(model.parameters())
    for _ in range(20):
        model(torch.randn(256, 512, device="cuda")).square().mean().backward()
    say(steps=len(optimizer.state))
    os.kill(os.getpid(), signal.SIGKILL)


def for_ever():
    model = net()
    optimizer = torch.optim.AdamW(model.parameters())
    say(ready=1)
    while True:
        train_step(model, optimizer)


class Numbers(torch.utils.data.Dataset):
    def __len__(self):
        return 64

    def __getitem__(self, i):
        return torch.full((16,), float(i))


def loader():
    """Workers load torch, and never touch the card."""
    model = nn.Linear(16, 1).cuda()
    loader = torch.utils.data.DataLoader(Numbers(), batch_size=8, num_workers=2, pin_memory=True)
    for batch in loader:
        model(batch.cuda(non_blocking=True)).sum().backward()
    say(batches=len(loader))


def profiled():
    model = net(64, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train_step(model, optimizer)
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=activities, profile_memory=True, record_shapes=True) as profile:
        for _ in range(3):
            train_step(model, optimizer)
    # Every allocation and free, signed.  Which operator each is put down to depends on how two threads were scheduled.
    memory = [e for e in profile.profiler.kineto_results.events() if e.name() == "[memory]"]
    assert memory
    say(sizes=sorted(e.nbytes() for e in memory if e.device_type() == torch.autograd.DeviceType.CUDA))


def history():
    torch.cuda.memory._record_memory_history(stacks="python")
    model = net(64, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        train_step(model, optimizer)
    trace = torch.cuda.memory._snapshot()["device_traces"][0]
    say(actions=[[e["action"], e["size"]] for e in trace])


def compiled():
    """What torch.compile trips over in an optimizer's step."""
    import torch._dynamo

    model = net(64, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train_step(model, optimizer)
    model(torch.randn(8, 64, device="cuda")).sum().backward()
    try:
        torch.compile(lambda: optimizer.step(), backend="eager")()
    except torch._dynamo.exc.InternalTorchDynamoError:
        pass  # of a package that it lacks here, after it has looked at the step
    say(breaks=dict(torch._dynamo.utils.counters["graph_break"]))


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


def asynchronous():
    """Under backend:cudaMallocAsync PyTorch reports nothing itself; the driver's pool is watched."""
    kept = [torch.empty(MIB * (i + 1), dtype=torch.uint8, device="cuda") for i in range(8)]
    del kept[0]
    try:
        torch.empty(100 << 30, dtype=torch.uint8, device="cuda")
    except torch.cuda.OutOfMemoryError:
        pass
    say(addresses=[t.data_ptr() for t in kept], sizes=[t.numel() for t in kept])
    os._exit(0)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
