# SPDX-License-Identifier: Apache-2.0
"""Training as tutorials and examples have it."""
import copy

import torch
from torch import nn
from torch.nn import functional as F

import nets
from parts import batch, gpt, next_word, train, wide_mlp, words


def mlp(watch):
    model = wide_mlp().cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    watch.owns(model, optimizer)
    for _ in watch.steps():
        x, y = batch(watch, 1024, 512), batch(watch, 1024, 512)
        optimizer.zero_grad()
        out = model(x)
        loss = F.mse_loss(out, y)
        loss.backward()
        optimizer.step()


def plain_gpt(watch):
    model = gpt()
    optimizer = torch.optim.AdamW(model.parameters())
    watch.owns(model, optimizer)
    train(watch, model, optimizer)


def held_gpt(watch, autocast=None, accumulate=1, rows=8, checkpointed=None, model=None, after_step=None, fused=None):
    """The logits stay a variable of the loop's, as in most training scripts."""
    model = model or gpt(checkpointed=checkpointed)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], fused=fused)
    watch.owns(model, optimizer)
    for _ in watch.steps():
        for _ in range(accumulate):
            x = words(watch, rows)
            with torch.autocast("cuda", getattr(torch, autocast or "bfloat16"), enabled=autocast is not None):
                logits = model(x)
                loss = next_word(logits, x)
            (loss / accumulate).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if after_step:
            after_step(model)
        optimizer.zero_grad()


class Lora(nn.Module):
    def __init__(self, inner, rank=16):
        super().__init__()
        self.inner = inner
        self.down = nn.Parameter(torch.randn(rank, inner.in_features))
        self.up = nn.Parameter(torch.zeros(inner.out_features, rank))

    def forward(self, x):
        return self.inner(x) + F.linear(F.linear(x, self.down), self.up)


def lora(watch):
    model = gpt().requires_grad_(False)
    for block in model.blocks:
        block.attend, block.project = Lora(block.attend), Lora(block.project)
    held_gpt(watch, model=model.cuda())


def up(into, out):
    return nn.Sequential(nn.ConvTranspose2d(into, out, 4, 2, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU(True))


def down(into, out):
    return nn.Sequential(nn.Conv2d(into, out, 4, 2, 1, bias=False), nn.BatchNorm2d(out), nn.LeakyReLU(0.2, True))


class Painter(nn.Sequential):
    def __init__(self):
        super().__init__(nn.ConvTranspose2d(100, 256, 4, 1, 0, bias=False), nn.BatchNorm2d(256), nn.ReLU(True),
                         up(256, 128), up(128, 64), up(64, 32), nn.ConvTranspose2d(32, 3, 4, 2, 1), nn.Tanh())


class Critic(nn.Sequential):
    def __init__(self):
        super().__init__(down(3, 32), down(32, 64), down(64, 128), down(128, 256), nn.Conv2d(256, 1, 4, 1, 0), nn.Flatten(0))


def gan(watch, rows=64):
    painter, critic = Painter().cuda(), Critic().cuda()
    of_painter = torch.optim.Adam(painter.parameters(), 2e-4, (0.5, 0.999))
    of_critic = torch.optim.Adam(critic.parameters(), 2e-4, (0.5, 0.999))
    watch.owns(painter, critic, of_painter, of_critic)
    judge = F.binary_cross_entropy_with_logits
    for _ in watch.steps():
        real = batch(watch, rows, 3, 64, 64)
        yes, no = watch.input(torch.ones(rows, device="cuda"), torch.zeros(rows, device="cuda"))
        critic.zero_grad()
        loss_real = judge(critic(real), yes)
        loss_real.backward()
        noise = watch.input(torch.randn(rows, 100, 1, 1, device="cuda"))
        fake = painter(noise)
        loss_fake = judge(critic(fake.detach()), no)
        loss_fake.backward()
        of_critic.step()
        painter.zero_grad()
        loss = judge(critic(fake), yes)
        loss.backward()
        of_painter.step()


def evaluation(watch):
    def evaluate(model):
        model.eval()
        total, guesses = 0, []
        with torch.no_grad():
            for _ in range(2):
                x = words(watch, rows=8)
                logits = model(x)
                total += next_word(logits, x)
                guesses.append(logits.argmax(-1))
        watch.other(total, guesses)
        model.train()

    held_gpt(watch, rows=4, after_step=evaluate)


def conv_block(into, out, stride=1):
    return nn.Sequential(nn.Conv2d(into, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True))


def convnet(watch, channels_last=False, optimizer=None):
    model = nn.Sequential(conv_block(3, 32, 2), nn.MaxPool2d(2), conv_block(32, 64), conv_block(64, 128, 2),
                          conv_block(128, 256, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 1000)).cuda()
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = model.to(memory_format=layout)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    watch.owns(model, optimizer)
    criterion = nn.CrossEntropyLoss()
    for _ in watch.steps():
        x = watch.input(torch.randn(32, 3, 128, 128).to("cuda", memory_format=layout))
        y = watch.input(torch.randint(0, 1000, (32,)).to("cuda"))
        out = model(x)
        loss = criterion(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(4096, 256)
        self.lstm = nn.LSTM(256, 512, 2, batch_first=True, dropout=0.2)
        self.head = nn.Linear(512, 4096)

    def forward(self, x, state=None):
        out, state = self.lstm(self.words(x), state)
        return self.head(out).flatten(0, 1), state


def lstm(watch):
    """The state goes on from batch to batch, cut off its graph."""
    model, state = Reader().cuda(), None
    optimizer = torch.optim.Adam(model.parameters())
    watch.owns(model, optimizer)
    for _ in watch.steps():
        x = watch.input(torch.randint(0, 4096, (32, 48)).to("cuda"))
        state = state and tuple(part.detach() for part in state)
        out, state = model(x, state)
        loss = next_word(out, x)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        optimizer.step()


def ema_module(watch):
    model = gpt()
    average = watch.owns(copy.deepcopy(model).requires_grad_(False))

    @torch.no_grad()
    def follow(model):
        for kept, now in zip(average.parameters(), model.parameters()):
            kept.lerp_(now, 0.01)

    held_gpt(watch, rows=4, model=model, after_step=follow)


def ema_list(watch):
    model = gpt()
    average = watch.other([parameter.detach().clone() for parameter in model.parameters()])

    @torch.no_grad()
    def follow(model):
        for kept, now in zip(average, model.parameters()):
            kept.lerp_(now, 0.01)

    held_gpt(watch, rows=4, model=model, after_step=follow)


class Segments(nn.Module):
    """Four blocks are recomputed at a time, and little else is large: so the peak is in the middle of that."""

    def __init__(self, reentrant):
        super().__init__()
        self.first, self.last, self.reentrant = nn.Linear(128, 256), nn.Linear(256, 64), reentrant
        self.parts = nn.ModuleList(nn.Sequential(*[nets.Block(256, 4) for _ in range(4)]) for _ in range(3))

    def forward(self, x):
        x = self.first(x)
        for part in self.parts:
            x = nets.checkpoint(part, x, use_reentrant=self.reentrant)
        return self.last(x)


def recompute_peak(watch, reentrant):
    model = Segments(reentrant).cuda()
    optimizer = torch.optim.AdamW(model.parameters())
    watch.owns(model, optimizer)
    for _ in watch.steps():
        x, y = batch(watch, 16, 256, 128), batch(watch, 16, 256, 64)
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
