# SPDX-License-Identifier: Apache-2.0
"""What PyTorch has besides: several threads, distributed wrappers, graphs, subclasses of tensors, layouts, resuming."""
import contextlib
import io
import os
import tempfile
import threading

import torch
from torch import nn
from torch.nn import functional as F

from parts import batch, gpt, next_word, train, wide_mlp, words
from watch import STEPS


class Turns:
    """Threads go one after the other from one point to the next, so that every run is the same."""

    def __init__(self, count):
        self.count, self.next, self.change = count, 0, threading.Condition()

    def take(self, mine):
        with self.change:
            self.change.wait_for(lambda: self.next == mine)

    def give(self):
        with self.change:
            self.next = (self.next + 1) % self.count
            self.change.notify_all()

    def pause(self, mine):
        self.give()
        self.take(mine)


def threads(watch):
    """Two networks train at once; while one is in backward, the other one is in the middle of its forward."""
    turns, models = Turns(2), [gpt(layers=3), gpt(width=128)]

    def work(mine, steps):
        turns.take(mine)
        watch.joins()
        model = models[mine]
        optimizer = torch.optim.AdamW(model.parameters())
        watch.owns(model, optimizer)
        for _ in steps:
            x = words(watch)
            middle = model.blocks[1].register_forward_hook(lambda *_: turns.pause(mine))
            loss = next_word(model(x), x)
            middle.remove()
            loss.backward()
            turns.pause(mine)
            optimizer.step()
            optimizer.zero_grad()
            del loss
        turns.give()

    both = [threading.Thread(target=work, args=(0, watch.steps())), threading.Thread(target=work, args=(1, range(STEPS)))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()


@contextlib.contextmanager
def alone():
    """A process group of one."""
    with tempfile.TemporaryDirectory() as folder:
        store = torch.distributed.FileStore(os.path.join(folder, "store"), 1)
        torch.distributed.init_process_group("nccl", store=store, rank=0, world_size=1, device_id=torch.device("cuda:0"))
        yield
        torch.distributed.destroy_process_group()


def ddp(watch):
    with alone():
        model = nn.parallel.DistributedDataParallel(gpt(), device_ids=[0])
        optimizer = torch.optim.AdamW(model.parameters())
        watch.owns(model.module, optimizer)
        train(watch, model, optimizer)


def tell_gathered(watch):
    """Parameters are whole only while they are used."""
    from torch.distributed.fsdp._fully_shard._fsdp_param import FSDPParam

    to_unsharded = FSDPParam.to_unsharded

    def told(self):
        to_unsharded(self)
        watch.parameter(self._unsharded_param, self._param_fqn)

    FSDPParam.to_unsharded = told


def fsdp2(watch):
    from torch.distributed.fsdp import fully_shard

    tell_gathered(watch)

    with alone():
        model = gpt()
        for block in model.blocks:
            fully_shard(block)
        fully_shard(model)
        optimizer = torch.optim.AdamW(model.parameters())
        watch.owns(model, optimizer)
        train(watch, model, optimizer)


def cuda_graph(watch):
    """The whole step is captured once, as PyTorch's manual has it; its memory comes from a pool of its own."""
    model = wide_mlp().cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    watch.owns(model, optimizer)
    x, y = batch(watch, 1024, 512), batch(watch, 1024, 512)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()

    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    captured = torch.cuda.CUDAGraph()
    with torch.cuda.graph(captured):
        step()
    for _ in watch.steps():
        x.copy_(torch.randn(1024, 512))
        captured.replay()
        with torch.no_grad():
            F.mse_loss(model(x), y)


class Packed(torch.Tensor):
    """A weight in eight bits: a wrapper without memory of its own around two tensors."""

    @staticmethod
    def __new__(cls, data, scale):
        return torch.Tensor._make_wrapper_subclass(cls, data.shape, dtype=scale.dtype, device=data.device)

    def __init__(self, data, scale):
        self.data8, self.scale = data, scale

    def __tensor_flatten__(self):
        return ["data8", "scale"], None

    @staticmethod
    def __tensor_unflatten__(inner, meta, outer_size, outer_stride):
        return Packed(inner["data8"], inner["scale"])

    @classmethod
    def __torch_dispatch__(cls, function, types, arguments=(), settings=None):
        if function is torch.ops.aten.detach.default:
            return cls(arguments[0].data8, arguments[0].scale)
        if function is torch.ops.aten._to_copy.default:
            device = settings.get("device")
            return cls(arguments[0].data8.to(device), arguments[0].scale.to(device))
        return function(*torch.utils._pytree.tree_map_only(cls, cls.whole, arguments), **(settings or {}))

    def whole(self):
        return self.data8.to(self.scale.dtype) * self.scale


def subclass(watch):
    """Frozen weights in eight bits, with small trained ones beside."""
    from plain import Lora

    model = gpt().requires_grad_(False)
    for block in model.blocks:
        for name in ("attend", "project", "up", "down"):
            layer = getattr(block, name)
            packed = Packed(torch.zeros(layer.weight.shape, dtype=torch.int8, device="cuda"), torch.ones(layer.weight.shape[0], 1, device="cuda"))
            layer.weight = nn.Parameter(packed, requires_grad=False)
            setattr(block, name, Lora(layer).cuda())
    optimizer = torch.optim.AdamW([parameter for parameter in model.parameters() if parameter.requires_grad])
    watch.owns(model, optimizer)
    train(watch, model, optimizer)


class Vit(nn.Module):
    def __init__(self, width=192, layers=6):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 16, 16)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(torch.zeros(1, 65, width))
        layer = nn.TransformerEncoderLayer(width, 4, 4 * width, batch_first=True, norm_first=True)
        self.encoder, self.head = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False), nn.Linear(width, 100)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.places
        return self.head(self.encoder(x)[:, 0])


def vit(watch):
    """With mixed precision and a schedule of the learning rate."""
    model = Vit().cuda()
    optimizer = torch.optim.AdamW(model.parameters())
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    watch.owns(model, optimizer)
    for _ in watch.steps():
        x, y = batch(watch, 32, 3, 128, 128), watch.input(torch.randint(0, 100, (32,)).cuda())
        with torch.autocast("cuda", torch.bfloat16):
            out = model(x)
            loss = F.cross_entropy(out, y, label_smoothing=0.1)
        loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()


def tied(watch):
    """The head is the embedding, and the gradients of both are one."""
    model = gpt()
    model.head.weight = model.words.weight
    optimizer = torch.optim.AdamW(model.parameters())
    watch.owns(model, optimizer)
    train(watch, model, optimizer)


def frozen(watch):
    """Only the last blocks are trained."""
    model = gpt()
    for part in (model.words, model.places, *model.blocks[:4]):
        part.requires_grad_(False)
    optimizer = torch.optim.AdamW([parameter for parameter in model.parameters() if parameter.requires_grad])
    watch.owns(model, optimizer)
    train(watch, model, optimizer)


def zeroed(watch):
    """Gradients are zeroed and stay."""
    model = gpt()
    optimizer = torch.optim.Adam(model.parameters(), amsgrad=True)
    watch.owns(model, optimizer)
    for _ in watch.steps():
        x = words(watch)
        optimizer.zero_grad(set_to_none=False)
        next_word(model(x), x).backward()
        optimizer.step()


def resumed(watch):
    """Model and optimizer are made anew from what an earlier run has saved."""
    first = gpt()
    optimizer = torch.optim.AdamW(first.parameters())
    x = words(watch)
    next_word(first(x), x).backward()
    optimizer.step()
    saved = io.BytesIO()
    torch.save({"model": first.state_dict(), "optimizer": optimizer.state_dict()}, saved)
    del first, optimizer, x
    saved.seek(0)
    model = gpt()
    optimizer = torch.optim.AdamW(model.parameters())
    kept = torch.load(saved, map_location="cuda")
    model.load_state_dict(kept["model"])
    optimizer.load_state_dict(kept["optimizer"])
    del kept
    watch.owns(model, optimizer)
    train(watch, model, optimizer)
