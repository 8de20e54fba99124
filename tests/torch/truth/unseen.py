# SPDX-License-Identifier: Apache-2.0
"""Cases that were written when the first rules stood, to see what those are worth."""
import torch
from torch import nn
from torch.nn import functional as F

from parts import batch, wide_mlp


def stage(into, out):
    return nn.Sequential(nn.GroupNorm(8, into), nn.SiLU(), nn.Conv2d(into, out, 3, 1, 1))


class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv2d(4, 32, 3, 1, 1), nn.Conv2d(64, 4, 3, 1, 1)
        self.downs = nn.ModuleList([stage(32, 64), stage(64, 128)])
        self.ups = nn.ModuleList([stage(256, 64), stage(128, 32)])
        self.time = nn.Sequential(nn.Linear(64, 128), nn.SiLU(), nn.Linear(128, 128))
        self.middle = stage(128, 128)

    def forward(self, x, time):
        x = self.first(x)
        skipped = [x]
        for stage in self.downs:
            x = stage(F.avg_pool2d(x, 2))
            skipped.append(x)
        x = self.middle(x) + self.time(time)[:, :, None, None]
        for stage in self.ups:
            x = F.interpolate(stage(torch.cat([x, skipped.pop()], 1)), scale_factor=2)
        return self.last(torch.cat([x, skipped.pop()], 1))


def diffusion(watch):
    """With an average of the weights in a list, accumulation and bf16."""
    model = Unet().cuda()
    optimizer = torch.optim.AdamW(model.parameters())
    watch.owns(model, optimizer)
    average = watch.other([parameter.detach().clone() for parameter in model.parameters()])
    alphas = watch.other(torch.linspace(0.99, 0.01, 1000).cuda())
    for _ in watch.steps():
        for _ in range(2):
            x = batch(watch, 16, 4, 64, 64)
            noise = watch.input(torch.randn_like(x))
            times = watch.input(torch.randint(0, 1000, (16,), device="cuda"))
            embedded = watch.input(torch.randn(16, 64, device="cuda"))
            alpha = alphas[times][:, None, None, None]
            noisy = alpha.sqrt() * x + (1 - alpha).sqrt() * noise
            with torch.autocast("cuda", torch.bfloat16):
                loss = F.mse_loss(model(noisy, embedded).float(), noise) / 2
            loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        with torch.no_grad():
            torch._foreach_lerp_(average, list(model.parameters()), 0.01)


def player(out):
    return wide_mlp(1024, 256, nn.Tanh, last=out).cuda()


def ppo(watch, moves=32, games=256):
    """A rollout without gradients into buffers, which several epochs read; a frozen network to compare with."""
    policy, value, reference = player(64), player(1), player(64).requires_grad_(False)
    optimizer = torch.optim.Adam([*policy.parameters(), *value.parameters()], 3e-4)
    watch.owns(policy, value, reference, optimizer)
    seen = watch.other(torch.zeros(moves, games, 256, device="cuda"))
    likely, worth, apart = (watch.other(torch.zeros(moves, games, device="cuda")) for _ in range(3))
    for _ in watch.steps():
        with torch.no_grad():
            for move in range(moves):
                x = batch(watch, games, 256)
                logits = F.log_softmax(policy(x), -1)
                action = logits.argmax(-1, keepdim=True)
                seen[move], worth[move] = x, value(x)[:, 0]
                likely[move] = logits.gather(1, action)[:, 0]
                apart[move] = (logits - F.log_softmax(reference(x), -1)).sum(-1)
            gain = watch.other((apart - worth).flatten())
            all_seen, all_likely = seen.flatten(0, 1), likely.flatten()
        for _ in range(2):
            for part in torch.arange(moves * games).chunk(4):
                part = slice(int(part[0]), int(part[-1]) + 1)
                x = all_seen[part]
                ratio = (F.log_softmax(policy(x), -1).amax(-1) - all_likely[part]).exp()
                won = torch.min(ratio * gain[part], ratio.clamp(0.8, 1.2) * gain[part]).mean()
                loss = 0.5 * (value(x)[:, 0] - gain[part]).pow(2).mean() - won
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(policy.parameters(), 0.5)
                optimizer.step()


def leaked_graphs(watch):
    """A list of losses keeps their graphs; gradients are zeroed, not given up; evaluation in inference mode."""
    model = nn.Transformer(256, 8, 2, 2, 1024, batch_first=True).cuda()
    head = nn.Linear(256, 4096).cuda()
    optimizer = torch.optim.SGD([*model.parameters(), *head.parameters()], 0.1, momentum=0.9, nesterov=True)
    watch.owns(model, head, optimizer)
    losses = []
    for _ in watch.steps():
        source, target = batch(watch, 16, 64, 256), batch(watch, 16, 64, 256)
        y = watch.input(torch.randint(0, 4096, (16 * 64,)).to("cuda"))
        loss = F.cross_entropy(head(model(source, target)).flatten(0, 1), y)
        losses.append(head(model.encoder(source)).pow(2).mean())
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        optimizer.step()
        model.eval()
        with torch.inference_mode():
            for _ in range(3):
                value = F.cross_entropy(head(model(source, target)).flatten(0, 1), y)
        model.train()


def lbfgs(watch):
    """The optimizer calls forward and backward by itself."""
    model = wide_mlp(1024, 512, nn.Tanh).cuda()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=4, history_size=5)
    watch.owns(model, optimizer)
    x, y = batch(watch, 2048, 512), batch(watch, 2048, 512)

    def closure():
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        return loss

    for _ in watch.steps():
        optimizer.step(closure)
