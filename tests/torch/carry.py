# SPDX-License-Identifier: Apache-2.0
"""carry.py CASE: one thing that people do with PyTorch, done on the simulated GPU; the exit status says if it went as
on a card.  Which cases there are: carry.py --list."""
import gc
import os
import pickle
import sys
import tempfile

import torch
from torch import nn
from torch.nn import functional as F

import nets

STEPS = 3
MIB = 1 << 20
PIECE = 160 * MIB  # a multiple of what every allocator takes from the card at a time: 2, 20 and 32 MiB
ALLOCATOR = os.environ.get("CARRY_ALLOCATOR", "native")


def check(condition, *values):
    if not condition:
        raise AssertionError(f"does not hold: {values}")


# ---- what must be so after everything ----

def used_on_card():
    free, total = torch.cuda.mem_get_info()
    check(0 <= free <= total == torch.cuda.get_device_properties(0).total_memory, free, total)
    return total - free


def check_counters(stats):
    for kind in ("allocated_bytes", "reserved_bytes"):
        current, peak = stats[f"{kind}.all.current"], stats[f"{kind}.all.peak"]
        check(0 <= current <= peak, kind, current, peak)
        check(stats[f"{kind}.all.allocated"] - stats[f"{kind}.all.freed"] == current, kind, current)


def check_segments(reserved, active):
    segments = torch.cuda.memory_snapshot()
    check(sum(segment["total_size"] for segment in segments) == reserved, reserved)
    blocks = [block for segment in segments for block in segment["blocks"]]
    check(sum(block["size"] for block in blocks if block["state"] == "active_allocated") == active, active)


def check_memory():
    """What the allocator says of itself and what the card says of it."""
    torch.cuda.synchronize()
    stats = torch.cuda.memory_stats()
    allocated, reserved = torch.cuda.memory_allocated(), torch.cuda.memory_reserved()
    check(torch.cuda.get_allocator_backend() == ("cudaMallocAsync" if ALLOCATOR == "async" else "native"), ALLOCATOR)
    check(0 < allocated <= reserved <= used_on_card(), allocated, reserved)
    check(stats["allocated_bytes.all.current"] == allocated, allocated)
    check(stats["reserved_bytes.all.current"] == reserved, reserved)
    if ALLOCATOR != "async":
        check_counters(stats)
        check_segments(reserved, stats["active_bytes.all.current"])


def check_given_back():
    """All that is left is what libraries keep: workspaces and the like."""
    gc.collect()
    torch.cuda.synchronize()
    torch._C._cuda_clearCublasWorkspaces()
    torch.cuda.empty_cache()
    check(torch.cuda.memory_allocated() <= MIB, torch.cuda.memory_allocated())
    check(used_on_card() <= 64 * MIB, used_on_card())


# ---- training ----

def step(model, optimizer, autocast=None, scaler=None):
    x, y = (tensor.cuda(non_blocking=True) for tensor in getattr(model, "module", model).batch())
    optimizer.zero_grad()
    with torch.autocast("cuda", autocast or torch.bfloat16, enabled=autocast is not None):
        loss = F.cross_entropy(model(x), y)
    (scaler.scale(loss) if scaler else loss).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    if scaler:
        scaler.step(optimizer)
        scaler.update()
    else:
        optimizer.step()
    return loss.item()


def train(model, optimizer=torch.optim.AdamW, autocast=None, is_scaled=False, **settings):
    model = model.cuda()
    optimizer = optimizer(model.parameters(), **settings)
    scaler = torch.amp.GradScaler("cuda") if is_scaled else None
    for _ in range(STEPS):
        loss = step(model, optimizer, autocast, scaler)
        check(loss == loss, loss)
    check_memory()


def with_cudnn(is_on, work):
    torch.backends.cudnn.enabled = is_on
    work()
    torch.backends.cudnn.benchmark = True
    work()


def mlp():
    train(nets.Mlp())
    train(nets.Mlp(), torch.optim.SGD, lr=0.1, momentum=0.9)
    train(nets.Mlp(), torch.optim.Adam, capturable=True)


def gpt():
    train(nets.Gpt())


def gpt_bf16():
    train(nets.Gpt(), autocast=torch.bfloat16)
    train(nets.Gpt().bfloat16())


def gpt_fp16():
    train(nets.Gpt(), autocast=torch.float16, is_scaled=True)


def gpt_fused():
    train(nets.Gpt(), fused=True)
    train(nets.Gpt(), fused=True, autocast=torch.float16, is_scaled=True)


def gpt_foreach():
    train(nets.Gpt(), foreach=True)
    train(nets.Gpt(), foreach=False)


def gpt_checkpoint():
    torch.cuda.reset_peak_memory_stats()
    train(nets.Gpt(layers=8))
    plain = torch.cuda.max_memory_allocated()
    gc.collect()
    torch.cuda.reset_peak_memory_stats()
    train(nets.Gpt(layers=8, checkpointed={"use_reentrant": False}))
    check(torch.cuda.max_memory_allocated() < plain, torch.cuda.max_memory_allocated(), plain)


def conv():
    with_cudnn(False, lambda: train(nets.Conv()))


def conv_cudnn():
    check(torch.backends.cudnn.is_acceptable(torch.ones(1, device="cuda")))
    with_cudnn(True, lambda: train(nets.Conv()))
    train(nets.Conv(), autocast=torch.bfloat16)
    train(nets.Conv().to(memory_format=torch.channels_last))


def lstm():
    with_cudnn(False, lambda: train(nets.Lstm()))


def lstm_cudnn():
    with_cudnn(True, lambda: train(nets.Lstm()))
    train(nets.Lstm(), autocast=torch.float16, is_scaled=True)


# ---- running out ----

def fill(size):
    """Take pieces of SIZE bytes until there are no more; what was said then, and how many there were."""
    pieces = []
    try:
        while True:
            pieces.append(torch.empty(size, dtype=torch.uint8, device="cuda"))
    except torch.OutOfMemoryError as error:
        return str(error), len(pieces)


def oom():
    torch.ones(1, device="cuda")
    capacity = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    spare = capacity - used_on_card()
    text, count = fill(PIECE)
    check(count == spare // PIECE, count, spare)
    if ALLOCATOR == "async":
        check("CUDA out of memory" in text or "Allocation on device" in text, text)
    else:
        check(f"CUDA out of memory. Tried to allocate {PIECE // MIB}.00 MiB" in text, text)
        check(f"total capacity of {capacity / (1 << 30):.2f} GiB" in text, text)
        check(torch.cuda.memory_stats()["num_ooms"] == 1)
    check_given_back()
    check(fill(PIECE)[1] == count, count)


def oom_training():
    model = nets.Gpt().cuda()
    optimizer = torch.optim.AdamW(model.parameters())
    step(model, optimizer)
    rows = 1 << 14
    try:
        F.cross_entropy(model(model.batch(rows)[0].cuda()), model.batch(rows)[1].cuda()).backward()
        check(False, "there was room for it")
    except torch.OutOfMemoryError:
        optimizer.zero_grad()
    gc.collect()
    torch.cuda.empty_cache()
    step(model, optimizer)
    check_memory()


# ---- histories ----

def snapshot():
    torch.cuda.memory._record_memory_history(max_entries=100000)
    train(nets.Gpt())
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "snapshot.pickle")
        torch.cuda.memory._dump_snapshot(path)
        with open(path, "rb") as file:
            history = pickle.load(file)
    torch.cuda.memory._record_memory_history(enabled=None)
    check(sum(segment["total_size"] for segment in history["segments"]) == torch.cuda.memory_reserved())
    events = history["device_traces"][0]
    actions = {event["action"] for event in events}
    check({"alloc", "free_requested", "free_completed"} <= actions, actions)
    check(actions & {"segment_alloc", "segment_map"}, actions)
    check(any(frame["filename"].endswith("carry.py") for event in events for frame in event["frames"]))


# ---- streams, graphs, workers, cards ----

def streams():
    side, end = torch.cuda.Stream(), torch.cuda.Event(enable_timing=True)
    start = torch.cuda.Event(enable_timing=True)
    x = torch.randn(512, 512, device="cuda")
    start.record()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        y = x @ x
        x.record_stream(side)
        end.record()
    y.record_stream(torch.cuda.current_stream())
    end.synchronize()
    check(start.elapsed_time(end) >= 0 and side.query())
    check(not y.cpu().any())
    check_memory()


def graph():
    model, x = nets.Mlp().cuda(), torch.randn(8, 256, device="cuda")
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        model(x)
    torch.cuda.current_stream().wait_stream(side)
    captured = torch.cuda.CUDAGraph()
    with torch.cuda.graph(captured):
        y = model(x)
    for _ in range(STEPS):
        captured.replay()
    check(y.shape == (8, nets.CLASSES))
    check_memory()


def loader():
    data = torch.utils.data.TensorDataset(torch.randn(64, 256), torch.zeros(64, dtype=torch.long))
    model = nets.Mlp().cuda()
    batches = torch.utils.data.DataLoader(data, batch_size=8, num_workers=2, pin_memory=True)
    count = 0
    for x, y in batches:
        check(x.is_pinned())
        F.cross_entropy(model(x.cuda(non_blocking=True)), y.cuda(non_blocking=True)).backward()
        count += 1
    check(count == 8, count)
    check_memory()


def cards():
    count = torch.cuda.device_count()
    check(count == int(os.environ["GPUSIM_DEVICES"]), count)
    for i in range(count):
        x = torch.ones(MIB, device=f"cuda:{i}")
        check(torch.cuda.memory_allocated(i) == 4 * MIB)
        x = x.to(f"cuda:{(i + 1) % count}")
        del x
    check(torch.cuda.can_device_access_peer(0, 1))
    output = nn.DataParallel(nets.Mlp().cuda(), device_ids=[0, 1])(torch.randn(8, 256).cuda())
    check(output.shape == (8, nets.CLASSES))


# ---- distributed, alone ----

def alone(wrap):
    with tempfile.TemporaryDirectory() as folder:
        store = torch.distributed.FileStore(os.path.join(folder, "store"), 1)
        torch.distributed.init_process_group("nccl", store=store, rank=0, world_size=1,
                                             device_id=torch.device("cuda:0"))
        wrap()
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


def ddp():
    def work():
        model = nn.parallel.DistributedDataParallel(nets.Gpt().cuda(), device_ids=[0])
        train(model)
        with model.no_sync():
            step(model, torch.optim.SGD(model.parameters()))
    alone(work)


def fsdp():
    from torch.distributed.fsdp import FullyShardedDataParallel
    alone(lambda: train(FullyShardedDataParallel(nets.Gpt().cuda(), use_orig_params=True)))


def fsdp2():
    from torch.distributed.fsdp import fully_shard

    def work():
        model = nets.Gpt().cuda()
        for block in model.blocks:
            fully_shard(block)
        train(fully_shard(model))
    alone(work)


def collectives():
    def work():
        x = torch.ones(1024, device="cuda")
        parts = [torch.empty_like(x)]
        torch.distributed.all_reduce(x)
        torch.distributed.all_gather(parts, x)
        torch.distributed.reduce_scatter_tensor(torch.empty_like(x), x)
        torch.distributed.all_gather_into_tensor(torch.empty_like(x), x)
        torch.distributed.all_to_all_single(torch.empty_like(x), x)
        torch.distributed.broadcast(x, 0)
        torch.cuda.synchronize()
    alone(work)


# The hooks that these set hold the parameters in cycles that Python's collector can't see.
KEEPS_MEMORY = {ddp, fsdp}

CASES = {case.__name__: case for case in (
    mlp, gpt, gpt_bf16, gpt_fp16, gpt_fused, gpt_foreach, gpt_checkpoint, conv, conv_cudnn, lstm, lstm_cudnn, oom,
    oom_training, snapshot, streams, graph, loader, cards, collectives, ddp, fsdp, fsdp2)}


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(CASES))
        return
    check(torch.cuda.is_available())
    case = CASES[sys.argv[1]]
    case()
    if case not in KEEPS_MEMORY:
        check_given_back()


if __name__ == "__main__":
    main()
