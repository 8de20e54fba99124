# SPDX-License-Identifier: Apache-2.0
"""Training by other people's loops."""
import tempfile

import torch
from torch import nn
from torch.nn import functional as F

from parts import LENGTH, WORDS
from watch import STEPS


class Texts(torch.utils.data.Dataset):
    def __len__(self):
        return 8 * STEPS

    def __getitem__(self, i):
        words = torch.arange(LENGTH) % WORDS
        return {"input_ids": words, "labels": words}


def see_inputs(watch, model):
    """What a trainer gives to the model is an input."""
    model.register_forward_pre_hook(lambda module, given, named: watch.input(*given, *named.values()) and None, with_kwargs=True)


def gpt2(**settings):
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(GPT2Config(vocab_size=WORDS, n_embd=256, n_layer=6, n_head=4, n_positions=LENGTH, **settings))


def transformers(watch, model=None, **settings):
    from transformers import Trainer, TrainerCallback, TrainingArguments

    class Steps(TrainerCallback):
        def on_train_begin(self, arguments, state, control, **things):
            watch.owns(things["model"])

        def on_step_begin(self, arguments, state, control, **things):
            if state.global_step == 0:
                watch.owns(getattr(things["optimizer"], "optimizer", things["optimizer"]))
            watch.step_begins(state.global_step)

    model = model or gpt2()
    see_inputs(watch, model)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(output_dir=folder, per_device_train_batch_size=8, num_train_epochs=1, report_to="none",
                                      save_strategy="no", disable_tqdm=True, logging_steps=2, **settings)
        Trainer(model=model, args=arguments, train_dataset=Texts(), callbacks=[Steps()]).train()
    watch.training_ends()


def peft(watch):
    from peft import LoraConfig, get_peft_model

    model = get_peft_model(gpt2(), LoraConfig(r=16, target_modules=["c_attn"], task_type="CAUSAL_LM"))
    transformers(watch, model=model, bf16=True)


def lightning(watch):
    import lightning

    class Net(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(512, 2048), nn.GELU(), nn.Dropout(0.1), nn.Linear(2048, 2048), nn.GELU(), nn.Linear(2048, 10))

        def forward(self, x):
            return self.net(x)

        def training_step(self, batch, i):
            x, y = watch.input(*batch)
            loss = F.cross_entropy(self(x), y)
            self.log("loss", loss)
            return loss

        def validation_step(self, batch, i):
            x, y = watch.input(*batch)
            self.log("val_loss", F.cross_entropy(self(x), y))

        def on_train_start(self):
            watch.owns(self, self.optimizers().optimizer)

        def on_train_batch_start(self, batch, i):
            watch.step_begins(i)

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters())

    data = torch.utils.data.TensorDataset(torch.randn(1024 * STEPS, 512), torch.zeros(1024 * STEPS, dtype=torch.long))
    batches = torch.utils.data.DataLoader(data, batch_size=1024)
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(max_epochs=1, accelerator="gpu", devices=1, logger=False, enable_checkpointing=False,
                                    enable_progress_bar=False, enable_model_summary=False, default_root_dir=folder,
                                    num_sanity_val_steps=0, val_check_interval=1, limit_val_batches=1, gradient_clip_val=1.0)
        trainer.fit(Net(), batches, batches)
    watch.training_ends()
