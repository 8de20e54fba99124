# SPDX-License-Identifier: Apache-2.0
"""Training in which something is done in another way than usual."""
import torch
from torch import nn
from torch.nn import functional as F

from parts import batch, gpt, next_word, train, wide_mlp, words


def step_in_backward(watch):
    """One optimizer for each parameter, stepped as soon as its gradient is there."""
    model = gpt()
    optimizers = {parameter: torch.optim.AdamW([parameter], foreach=False) for parameter in model.parameters()}
    watch.owns(model, *optimizers.values())

    def step(parameter):
        watch.gradient(parameter.grad)
        optimizers[parameter].step()
        optimizers[parameter].zero_grad()

    for parameter in model.parameters():
        parameter.register_post_accumulate_grad_hook(step)
    for _ in watch.steps():
        x = words(watch)
        loss = next_word(model(x), x)
        loss.backward()


def gradient_penalty(watch):
    """The loss contains a gradient: backward goes through a backward."""
    model = wide_mlp(1024, 512, nn.Softplus, last=1).cuda()
    optimizer = torch.optim.Adam(model.parameters())
    watch.owns(model, optimizer)
    for _ in watch.steps():
        x = batch(watch, 2048, 512).requires_grad_()
        score = model(x).sum()
        slope, = torch.autograd.grad(score, x, create_graph=True)
        loss = ((slope.norm(2, 1) - 1) ** 2).mean() - score
        optimizer.zero_grad()
        loss.backward()
        if x.grad is not None:
            watch.gradient(x.grad)
        x.grad = None
        optimizer.step()


def scaler(watch):
    model = gpt()
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    watch.owns(model, optimizer)
    scaler = torch.amp.GradScaler("cuda")
    for _ in watch.steps():
        x = words(watch)
        with torch.autocast("cuda", torch.float16):
            logits = model(x)
            loss = next_word(logits, x)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()


def evaluation_with_graph(watch):
    """no_grad was forgotten, and the batches are larger."""
    model = gpt()
    optimizer = torch.optim.AdamW(model.parameters())
    watch.owns(model, optimizer)
    for _ in watch.steps():
        x = words(watch, rows=4)
        loss = next_word(model(x), x)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        del loss
        x = words(watch, rows=12)
        value = next_word(model(x), x)
        value.item()
        del value


def generation(watch):
    """Inference with a cache of keys and values, and no optimizer at all."""
    model = watch.owns(gpt(length=1024).eval())
    with torch.inference_mode():
        for _ in watch.steps():
            x, cache = words(watch), []
            hidden = model.words(x)
            for block in model.blocks:
                keys, values = (torch.randn(8, 4, 1024, 64, device="cuda") for _ in range(2))
                cache.append(watch.other(keys, values))
                hidden = block(hidden)
            for _ in range(8):
                word = model.head(model.norm(hidden[:, -1:])).argmax(-1)
                hidden = model.words(word)
                for block in model.blocks:
                    hidden = block(hidden)


def distillation(watch):
    """The teacher's answer is made without gradients, and saved by the loss."""
    teacher = gpt().requires_grad_(False).eval()
    student = gpt(width=128, layers=3)
    optimizer = torch.optim.AdamW(student.parameters(), fused=True)
    watch.owns(teacher, student, optimizer)
    for _ in watch.steps():
        x = words(watch)
        with torch.no_grad():
            wanted = F.softmax(teacher(x), -1)
        loss = F.kl_div(F.log_softmax(student(x), -1), wanted, reduction="batchmean")
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def own_optimizer(watch):
    """Momentum by hand, in a list."""
    model = watch.owns(gpt())
    momenta = [watch.state(torch.zeros_like(parameter)) for parameter in model.parameters()]
    for _ in watch.steps():
        x = words(watch)
        loss = next_word(model(x), x)
        loss.backward()
        with torch.no_grad():
            for parameter, momentum in zip(model.parameters(), momenta):
                momentum.mul_(0.9).add_(parameter.grad)
                parameter.sub_(momentum, alpha=0.1)
                parameter.grad = None


class Gelu(nn.Module):
    def __init__(self, watch):
        super().__init__()
        self.watch = watch

    def forward(self, x):
        return KeepingGelu.apply(x, self.watch)


class KeepingGelu(torch.autograd.Function):
    """As many hand-written kernels do: what is needed in backward is an attribute, of which autograd knows nothing."""

    @staticmethod
    def forward(ctx, x, watch):
        ctx.x = watch.kept_for_backward(x.detach())
        return F.gelu(x)

    @staticmethod
    def backward(ctx, gradient):
        return torch.ops.aten.gelu_backward(gradient, ctx.x), None


def kept_attribute(watch):
    model = gpt()
    for block in model.blocks:
        block.act = Gelu(watch)
    optimizer = torch.optim.AdamW(model.parameters())
    watch.owns(model, optimizer)
    for _ in watch.steps():
        x = words(watch, rows=16)
        loss = next_word(model(x), x)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def compiled(watch, backend):
    model = gpt()
    optimizer = torch.optim.AdamW(model.parameters())
    watch.owns(model, optimizer)
    faster = torch.compile(model, backend=backend)
    train(watch, model, optimizer, loss_of=lambda x: next_word(faster(x), x))


def saved_on_cpu(watch):
    model = gpt()
    optimizer = torch.optim.AdamW(model.parameters())
    watch.owns(model, optimizer)

    def loss_of(x):
        with torch.autograd.graph.save_on_cpu():
            return next_word(model(x), x)

    train(watch, model, optimizer, loss_of=loss_of)
