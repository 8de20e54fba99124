# SPDX-License-Identifier: Apache-2.0
"""What programs to be recorded have in common: a model, a step, and how they say what they know themselves."""
import json

import torch
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


def gradients_of(model):
    return {name: parameter.grad.data_ptr() for name, parameter in model.named_parameters() if parameter.grad is not None}
