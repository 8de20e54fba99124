# SPDX-License-Identifier: Apache-2.0
"""Networks and batches that several cases share."""
import torch
from torch import nn
from torch.nn import functional as F

import nets

WORDS = 8192
LENGTH = 256


def gpt(**settings):
    """36 MB of parameters; its logits are as large as all else that a forward keeps."""
    return nets.Gpt(**{"width": 256, "layers": 6, "length": LENGTH, "words": WORDS, **settings}).cuda()


def wide_mlp(inner=2048, outer=512, act=nn.ReLU, last=None):
    return nn.Sequential(nn.Linear(outer, inner), act(), nn.Linear(inner, inner), act(), nn.Linear(inner, last or outer))


def words(watch, rows=8, length=LENGTH):
    """As a loader gives them: pinned, copied while the program goes on."""
    return watch.input(torch.randint(0, WORDS, (rows, length)).pin_memory().to("cuda", non_blocking=True))


def batch(watch, *shape):
    return watch.input(torch.randn(*shape).to("cuda"))


def next_word(logits, words):
    return F.cross_entropy(logits, words.flatten())


def train(watch, model, optimizer, batches=words, loss_of=None, between=None):
    """The plain loop, in which the logits are no variable of the program's."""
    loss_of = loss_of or (lambda x: next_word(model(x), x))
    for _ in watch.steps():
        loss_of(batches(watch)).backward()
        optimizer.step()
        if between:
            between()
        optimizer.zero_grad()
