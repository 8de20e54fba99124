# SPDX-License-Identifier: Apache-2.0
"""Programs that run out of memory, or are killed: of programs.py."""
import os
import signal
import threading

import torch

from workbench import MIB, gradients_of, net, say, stats, train_step


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
