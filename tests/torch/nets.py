# SPDX-License-Identifier: Apache-2.0
"""Small networks of the kinds that people train, and batches for them."""
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

CLASSES = 64
WORDS = 512


class Mlp(nn.Module):
    def __init__(self, width=256, layers=4):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(width, CLASSES)
        self.width = width

    def forward(self, x):
        for layer in self.layers:
            x = self.dropout(torch.relu(layer(x)))
        return self.head(x)

    def batch(self, rows=32):
        return torch.randn(rows, self.width), torch.zeros(rows, dtype=torch.long)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.dropout = heads, nn.Dropout(0.1)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.act, self.down = nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)

    def forward(self, x):
        heads = self.attend(self.norm1(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*heads, is_causal=True).transpose(1, 2).flatten(2)
        x = x + self.dropout(self.project(mixed))
        return x + self.dropout(self.down(self.act(self.up(self.norm2(x)))))


class Gpt(nn.Module):
    """CHECKPOINTED: None, or the arguments of checkpoint."""

    def __init__(self, width=128, layers=3, length=64, words=WORDS, checkpointed=None):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(length, width)
        self.blocks = nn.ModuleList(Block(width, heads=4) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, words, bias=False)
        self.length, self.checkpointed = length, checkpointed
        self.register_buffer("order", torch.arange(length))

    def forward(self, x):
        x = self.words(x) + self.places(self.order[:x.shape[1]])
        for block in self.blocks:
            x = block(x) if self.checkpointed is None else checkpoint(block, x, **self.checkpointed)
        return self.head(self.norm(x)).flatten(0, 1)

    def batch(self, rows=8):
        words = torch.zeros(rows, self.length, dtype=torch.long)
        return words, words.flatten()


class Conv(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
            nn.Conv2d(width, 2 * width, 3, stride=2), nn.BatchNorm2d(2 * width), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(2 * width, 2 * width, 3, padding=2, dilation=2, groups=4), nn.GroupNorm(4, 2 * width), nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 2, stride=2), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(width, CLASSES)

    def forward(self, x):
        return self.head(self.layers(x))

    @staticmethod
    def batch(rows=8):
        return torch.randn(rows, 3, 32, 32), torch.zeros(rows, dtype=torch.long)


class Lstm(nn.Module):
    def __init__(self, width=64, length=24):
        super().__init__()
        self.words = nn.Embedding(WORDS, width)
        self.lstm = nn.LSTM(width, width, num_layers=2, batch_first=True, dropout=0.2, bidirectional=True)
        self.gru = nn.GRU(2 * width, width)
        self.head = nn.Linear(width, CLASSES)
        self.length = length

    def forward(self, x):
        steps, _ = self.lstm(self.words(x))
        _, last = self.gru(steps.transpose(0, 1))
        return self.head(last[-1])

    def batch(self, rows=8):
        return torch.zeros(rows, self.length, dtype=torch.long), torch.zeros(rows, dtype=torch.long)
