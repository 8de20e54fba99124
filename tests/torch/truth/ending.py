# SPDX-License-Identifier: Apache-2.0
"""Training that runs out of memory.  What everything there was for is known from the same run with enough of it."""
import torch

from parts import gpt, next_word, words

LITTLE = 6 << 20


def run_short(watch, module, place):
    """The next forward of MODULE finds little room.  A backward gives back as much as it needs, so it is told to fail."""
    if place == "backward":
        return module.register_forward_hook(lambda _, given, out: out.register_hook(lambda _: watch.run_out()) and None)
    return module.register_forward_pre_hook(lambda *_: watch.room(LITTLE))


def at(watch, place, step, checkpointed=None):
    """In the middle of step STEP's forward or backward, of its optimizer's, or of the evaluation behind it."""
    model = gpt(checkpointed=checkpointed)
    optimizer = torch.optim.AdamW(model.parameters())
    watch.owns(model, optimizer)
    for i in watch.steps():
        x = words(watch)
        hook = run_short(watch, model.blocks[3], place) if i == step and place in ("forward", "backward") else None
        logits = model(x)
        loss = next_word(logits, x)
        loss.backward()
        if hook:
            hook.remove()
        if i == step and place == "optimizer":
            watch.room(3 * LITTLE)
        optimizer.step()
        optimizer.zero_grad()
        del logits, loss
        if i == step and place == "evaluation":
            run_short(watch, model.blocks[3], place)
        with torch.no_grad():
            x = words(watch, rows=16)
            value = next_word(model(x), x)
        if i == step:
            break
