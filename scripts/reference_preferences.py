"""Ten steps of preference training on the tiny models with TRL: Tests/Fixtures/Models/*/preferences.json.

DPO is TRL's DPOTrainer (loss_type sigmoid), whose reference is the base with the adapter off. TRL 1.x has dropped label smoothing
from that loss; with it the loss is what TRL 0.x computed, `-(1 - e) logsigmoid(h) - e logsigmoid(-h)` (Mitchell 2023), on the same trainer's
log-probabilities. ORPO is trl.experimental.orpo's loss: cross-entropy of the chosen text, prompt included, minus beta times the odds ratio.
All start from `adapter/`, and each step sees all three pairs; AdamW without clipping at a constant rate.
"""
import json
import os
import tempfile
import types
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
warnings.filterwarnings("ignore")
import datasets
import peft
import torch
import torch.nn.functional as F
import transformers
import trl
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl.experimental.orpo.orpo_trainer import ORPOTrainer

import peer_common as common

BETA, SMOOTHING, RATE, DECAY, STEPS = 0.3, 0.1, 3e-3, 0.01, 10


def pairs(seed, vocabulary):
    """Three prompts of 7, 4 and 11 tokens, each with two answers of different lengths."""
    generator = torch.Generator().manual_seed(2000 + seed)
    draw = lambda count: torch.randint(3, vocabulary, (count,), generator=generator).tolist()
    return [{"prompt_ids": draw(p), "chosen_ids": draw(c), "rejected_ids": draw(r)} for p, c, r in ((7, 9, 5), (4, 3, 12), (11, 6, 6))]


class Recorded(trl.DPOTrainer):
    """TRL's trainer on ids that are there already; notes each step's loss and rewards."""

    smoothing = 0.0

    def _prepare_dataset(self, dataset, *arguments, **options):
        return dataset

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        loss = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        metrics = {k: v[-1] for k, v in self._metrics["train"].items() if k.startswith(("rewards/", "logps/"))}
        if self.smoothing:
            h = self.margins(model, inputs)
            loss = (-(1 - self.smoothing) * F.logsigmoid(h) - self.smoothing * F.logsigmoid(-h)).mean()
        self.steps.append({"loss": loss.item(), **metrics})
        return loss

    def margins(self, model, inputs):
        def sums():
            logits = model(inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False).logits[:, :-1]
            found = torch.gather(logits.log_softmax(-1), 2, inputs["input_ids"][:, 1:, None])[..., 0]
            return (found * inputs["completion_mask"][:, 1:]).sum(1).chunk(2)
        chosen, rejected = sums()
        with torch.no_grad(), self.accelerator.unwrap_model(model).disable_adapter():
            base_chosen, base_rejected = sums()
        return self.beta * ((chosen - base_chosen) - (rejected - base_rejected))


def base(directory):
    return AutoModelForCausalLM.from_pretrained(directory, attn_implementation="eager")


def load(model, directory):
    found = peft.set_peft_model_state_dict(model, load_file(directory / "adapter/adapter_model.safetensors"))
    assert not found.unexpected_keys, found


def dpo(directory, rows, tokenizer, smoothing):
    with tempfile.TemporaryDirectory() as folder:
        arguments = trl.DPOConfig(
            output_dir=folder, beta=BETA, loss_type=["sigmoid"], per_device_train_batch_size=len(rows), max_steps=STEPS,
            learning_rate=RATE, weight_decay=DECAY, lr_scheduler_type="constant", max_grad_norm=0.0, optim="adamw_torch",
            use_cpu=True, bf16=False, gradient_checkpointing=False, report_to=[], save_strategy="no", logging_steps=1,
            remove_unused_columns=False, disable_tqdm=True, max_length=None)
        trainer = Recorded(
            model=base(directory), args=arguments, train_dataset=datasets.Dataset.from_list(rows), processing_class=tokenizer,
            peft_config=common.lora_configuration(rank=4, alpha=8))
        trainer.steps, trainer.smoothing = [], smoothing
        load(trainer.model, directory)
        trainer.model.float()
        trainer.train()
        return trainer.steps


def orpo(directory, rows, tokenizer):
    model = peft.get_peft_model(base(directory), common.lora_configuration(rank=4, alpha=8)).eval()
    load(model, directory)
    pad = lambda lists, value: torch.nn.utils.rnn.pad_sequence([torch.tensor(x) for x in lists], batch_first=True, padding_value=value)
    batch = {}
    for side in ("chosen", "rejected"):
        ids = [r["prompt_ids"] + r[f"{side}_ids"] for r in rows]
        labels = [[-100] * len(r["prompt_ids"]) + r[f"{side}_ids"] for r in rows]
        batch |= {f"{side}_input_ids": pad(ids, 2), f"{side}_labels": pad(labels, -100),
                  f"{side}_attention_mask": pad([[1] * len(x) for x in ids], 0)}
    accelerator = types.SimpleNamespace(device=torch.device("cpu"), gather_for_metrics=lambda x: x)
    trainer = types.SimpleNamespace(
        beta=BETA, is_encoder_decoder=False, padding_value=2, accelerator=accelerator, aux_loss_enabled=False,
        concatenated_inputs=ORPOTrainer.concatenated_inputs, get_batch_logps=ORPOTrainer.get_batch_logps)
    for name in ("concatenated_forward", "odds_ratio_loss"):
        setattr(trainer, name, types.MethodType(getattr(ORPOTrainer, name), trainer))
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=DECAY)
    steps = []
    for _ in range(STEPS):
        loss, metrics = ORPOTrainer.get_batch_loss_metrics(trainer, model, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps.append({"loss": loss.item()} | {k: v for k, v in metrics.items() if k.startswith(("rewards/", "logps/")) or k == "nll_loss"})
    return steps


def write(directory, seed, vocabulary, tokenizer_directory):
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_directory)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    rows = pairs(seed, vocabulary)
    result = {
        "versions": {**common.versions(), "trl": trl.__version__}, "seed": 2000 + seed, "pairs": rows, "beta": BETA,
        "label_smoothing": SMOOTHING, "optimizer": {"name": "AdamW", "learning_rate": RATE, "weight_decay": DECAY},
        "dpo": dpo(directory, rows, tokenizer, 0.0), "dpo_smoothed": dpo(directory, rows, tokenizer, SMOOTHING),
        "orpo": orpo(directory, rows, tokenizer)}
    (directory / "preferences.json").write_text(json.dumps(result, indent=1) + "\n")
    for key in ("dpo", "dpo_smoothed", "orpo"):
        print(directory.name, key, [round(s["loss"], 4) for s in result[key]])
