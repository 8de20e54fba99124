# SPDX-License-Identifier: Apache-2.0
"""Trains a small GPT with a batch that grows until it no longer fits.  Plain PyTorch, as a user writes it."""
import torch
from torch import nn
from torch.nn import functional as F

WORDS, WIDTH, LAYERS, LENGTH = 32000, 1024, 12, 1024
STEPS_PER_BATCH = 3


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attend, self.project = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        q, k, v = self.attend(self.norm1(x)).unflatten(-1, (3, WIDTH // 64, 64)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.project(mixed.transpose(1, 2).flatten(2))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WORDS, bias=False)

    def forward(self, tokens):
        x = self.words(tokens) + self.places(torch.arange(tokens.shape[1], device=tokens.device))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def main():
    with torch.device("cuda"):
        model = Gpt()
    optimizer = torch.optim.AdamW(model.parameters())
    total = torch.cuda.get_device_properties(0).total_memory
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.0f} million parameters, {total >> 30} GiB", flush=True)
    for step in range(100):
        batch = 1 + step // STEPS_PER_BATCH
        tokens = torch.randint(WORDS, (batch, LENGTH + 1)).cuda()
        loss = F.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if step % STEPS_PER_BATCH == 0:
            peak = torch.cuda.max_memory_allocated()
            print(f"step {step + 1:3}  batch {batch:2}  peak {peak / 2**30:5.2f} GiB", flush=True)


main()
