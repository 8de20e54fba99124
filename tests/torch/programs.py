# SPDX-License-Identifier: Apache-2.0
"""programs.py NAME: programs to be recorded, as people write them: nothing in here knows of the recorder.

Each prints what it knows itself, as one line of JSON, and the test compares.  Those that die stand in deaths.py, those that
are about stacks and graphs in sources.py."""
import os
import sys
import threading

import torch
from torch import nn

import deaths
import sources
from workbench import MIB, gradients_of, net, say, stats, train_step


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
    {**vars(deaths), **vars(sources), **globals()}[sys.argv[1]]()
