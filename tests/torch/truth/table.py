# SPDX-License-Identifier: Apache-2.0
"""The cases, and what is wanted of each.  Nothing is trained and no torch loaded here."""
import dataclasses
import importlib
from typing import Optional


@dataclasses.dataclass(frozen=True)
class Case:
    """Trains by FUNCTION ("module.function") with SETTINGS.

    REPLACES: hooks of the program's own stand in for what autograd saves, so that the graph cannot be asked.
    PEAK and MEAN: the percentage of bytes that must be in the right band; LABELS: rightly labelled beside it.
    CAUSE: why that is missed for now."""

    name: str
    function: str
    settings: dict = dataclasses.field(default_factory=dict)
    peak: float = 99.5
    mean: Optional[float] = 99.0
    has_cudnn: bool = False
    replaces: bool = False
    environment: tuple = ()
    out_of_memory: bool = False
    cause: str = ""
    labels: float = 98.0

    def train(self, watch):
        module, function = self.function.split(".")
        getattr(importlib.import_module(module), function)(watch, **self.settings)


PLAIN = [
    Case("mlp", "plain.mlp"),
    Case("gpt", "plain.plain_gpt"),
    Case("gpt-bf16", "plain.held_gpt", {"autocast": "bfloat16"}),
    Case("gpt-checkpoint", "plain.held_gpt", {"checkpointed": {"use_reentrant": False}}, replaces=True),
    Case("gpt-checkpoint-reentrant", "plain.held_gpt", {"checkpointed": {"use_reentrant": True}}, replaces=True),
    Case("recompute-peak", "plain.recompute_peak", {"reentrant": False}, replaces=True),
    Case("recompute-peak-reentrant", "plain.recompute_peak", {"reentrant": True}, replaces=True),
    Case("accumulate", "plain.held_gpt", {"accumulate": 4, "rows": 4}),
    Case("lora", "plain.lora"),
    Case("gan", "plain.gan"),
    Case("gan-cudnn", "plain.gan", has_cudnn=True),
    Case("evaluation", "plain.evaluation"),
    Case("convnet", "plain.convnet"),
    Case("convnet-cudnn", "plain.convnet", has_cudnn=True),
    Case("lstm", "plain.lstm"),
    Case("ema-module", "plain.ema_module"),
    Case("ema-list", "plain.ema_list"),
]

TRICKY = [
    Case("step-in-backward", "tricky.step_in_backward"),
    Case("gradient-penalty", "tricky.gradient_penalty"),
    Case("scaler", "tricky.scaler"),
    Case("evaluation-with-graph", "tricky.evaluation_with_graph"),
    Case("distillation", "tricky.distillation"),
    Case("generation", "tricky.generation"),
    Case("own-optimizer", "tricky.own_optimizer", peak=95, mean=90),
    Case("kept-attribute", "tricky.kept_attribute", peak=95, mean=90),
    Case("compile-aot-eager", "tricky.compiled", {"backend": "aot_eager"}),
    Case("save-on-cpu", "tricky.saved_on_cpu", replaces=True),
]

UNSEEN = [
    Case("diffusion", "unseen.diffusion", peak=99, mean=97),
    Case("ppo", "unseen.ppo", peak=99, mean=97),
    # That what leaks has been released is only said once its line has come round.
    Case("leaked-graphs", "unseen.leaked_graphs", peak=99, mean=97, labels=85),
    Case("lbfgs", "unseen.lbfgs", peak=99, mean=97),
]

# For what compares or divides by what it has written to the card.
KEEPING = (("GPUSIM_BACKING", "host"),)

# Wanted of what PyTorch has besides.
MORE = {"peak": 98, "mean": 97}

CORNERS = [
    Case("threads", "corners.threads", **MORE),
    Case("ddp", "corners.ddp", environment=KEEPING, **MORE),
    Case("fsdp2", "corners.fsdp2", **MORE),
    Case("cuda-graph", "corners.cuda_graph", **MORE),
    Case("expandable", "plain.held_gpt", environment=(("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True"),), **MORE),
    Case("malloc-async", "plain.held_gpt", environment=(("PYTORCH_CUDA_ALLOC_CONF", "backend:cudaMallocAsync"),), **MORE),
    Case("subclass", "corners.subclass", **MORE),
    Case("vit", "corners.vit", **MORE),
    Case("tied", "corners.tied", **MORE),
    Case("frozen", "corners.frozen", **MORE),
    Case("channels-last", "plain.convnet", {"channels_last": True}, **MORE),
    Case("zeroed", "corners.zeroed", **MORE),
    Case("resumed", "corners.resumed", environment=KEEPING, **MORE),
]

TRAINERS = [
    Case("transformers", "trainers.transformers", **MORE),
    Case("transformers-checkpoint", "trainers.transformers", {"bf16": True, "gradient_checkpointing": True}, replaces=True, **MORE),
    Case("peft", "trainers.peft", **MORE),
    Case("lightning", "trainers.lightning", **MORE),
]


def ending(name, place, step, **settings):
    return Case(name, "ending.at", {"place": place, "step": step, **settings}, peak=98, mean=None, out_of_memory=True)


ENDINGS = [
    ending("oom-forward", "forward", 2),
    ending("oom-backward", "backward", 2),
    ending("oom-first-step", "optimizer", 0),
    ending("oom-later-step", "optimizer", 2),
    ending("oom-evaluation", "evaluation", 2),
    ending("oom-first-forward", "forward", 0),
    ending("oom-first-backward", "backward", 0),
]

CASES = {case.name: case for case in [*PLAIN, *TRICKY, *UNSEEN, *CORNERS, *TRAINERS, *ENDINGS]}
