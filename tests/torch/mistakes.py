# SPDX-License-Identifier: Apache-2.0
"""mistakes.py NAME: training until memory runs out, by a mistake that people make.  The line of it ends in "# the mistake"."""
import sys

import torch
from torch.nn import functional as F

import nets


class Training:
    def __init__(self):
        self.model = nets.Gpt(width=256, layers=4, length=256).cuda()
        self.optimizer = torch.optim.AdamW(self.model.parameters())
        self.words, self.targets = (tensor.cuda() for tensor in self.model.batch())

    def step(self):
        logits = self.model(self.words)
        F.cross_entropy(logits, self.targets).backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return logits.detach()


def appended_results():
    """All results are kept, for a figure at the end."""
    training, results = Training(), []
    while True:
        logits = training.step()
        results.append(logits.softmax(-1))  # the mistake


def graphs_of_losses():
    """A sum of losses, each of which has its graph."""
    training, total = Training(), 0
    while True:
        loss = F.cross_entropy(training.model(training.words), training.targets)  # the mistake
        loss.backward(retain_graph=True)
        training.optimizer.step()
        training.optimizer.zero_grad()
        total = total + loss


def evaluation_with_graphs():
    """Results of an evaluation keep their graphs."""
    training, results = Training(), []
    for _ in range(4):
        training.step()
    while True:
        results.append(training.model(training.words))  # the mistake


if __name__ == "__main__":
    {name: value for name, value in globals().items() if callable(value)}[sys.argv[1]]()
