#!/usr/bin/env python3
"""Tiny random models, SmolLM2, and what transformers and PEFT compute with them: Tests/Fixtures/Models and SmolLM2.

  python3 -m venv .venv && .venv/bin/pip install -r scripts/peer-requirements.txt
  .venv/bin/python scripts/reference_fixtures.py all      # or: models | lora | full | forms | preferences | gguf | smollm2 | base

Weights are drawn in float32 on the CPU from the seed beside each model's name; attention is `eager`, one thread. The formats
are described in the README.md of each folder. The script fails if float32 is further than 2e-5 from a float64 twin. `smollm2`
needs the model that scripts/get-model.sh smollm2 gets; `base` is of checkpoints/graft-base.
"""
import argparse
import json
import os
import pathlib
import shutil
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import peft
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, get_cosine_schedule_with_warmup

import peer_common as common
import reference_gguf
import reference_base
import reference_forms
import reference_preferences
import reference_smollm2
from reference_twin import Twin

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures/Models"
SMALL = dict(vocab_size=96, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=128, initializer_range=0.2, bos_token_id=1, eos_token_id=2,
             pad_token_id=2, tie_word_embeddings=False, rms_norm_eps=1e-5)
LLAMA3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}
# name: (seed, configuration class, what differs from SMALL)
MODELS = {
    "llama-untied": (1, transformers.LlamaConfig, {}),
    "llama-tied": (2, transformers.LlamaConfig, dict(tie_word_embeddings=True)),
    "llama-headdim": (3, transformers.LlamaConfig, dict(
        head_dim=12, num_key_value_heads=1, rms_norm_eps=1e-6, rope_parameters={"rope_type": "default", "rope_theta": 1e5})),
    "llama3-rope": (4, transformers.LlamaConfig, dict(num_attention_heads=2, num_key_value_heads=1, rope_parameters=LLAMA3)),
    "qwen2": (5, transformers.Qwen2Config, dict(tie_word_embeddings=True)),
    "qwen3": (6, transformers.Qwen3Config, dict(head_dim=12)),
    "mistral": (7, transformers.MistralConfig, dict(sliding_window=6)),
}
# These get the flat `rope_theta` and `rope_scaling` keys that published models have; the others the nested ones of transformers 5.
FLAT_ROPE_KEYS = ("llama-headdim", "llama3-rope")
FULL_MODELS = ("llama-untied", "llama-tied", "qwen2", "qwen3")
# Norm at which the second run of ten steps clips: at 0.5 every step does, at 2.0 some do and some do not.
LORA_MODELS = {"llama-untied": 0.5, "llama-tied": 2.0}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def make_model(name):
    seed, configuration, options = MODELS[name]
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(configuration(**{**SMALL, **options}), attn_implementation="eager")
    with torch.no_grad():
        for path, parameter in model.named_parameters():
            if "norm" in path:  # transformers starts norms at 1 and biases at 0, where mistakes would not show
                parameter.add_(0.2 * torch.randn_like(parameter))
            elif path.endswith(".bias"):
                parameter.normal_(std=0.3)
    return model.eval()


def documents(seed, vocabulary=SMALL["vocab_size"]):
    """Two documents of 23 and 14 tokens; prompts are masked, and so is a stretch inside the second answer."""
    generator = torch.Generator().manual_seed(1000 + seed)
    result = []
    for length, masked in ((23, [*range(9)]), (14, [*range(4), 8, 9])):
        ids = torch.randint(3, vocabulary, (length,), generator=generator).tolist()
        result.append({"input_ids": ids, "labels": [-100 if i in masked else t for i, t in enumerate(ids)]})
    return result


def forward(logits_of, docs):
    """Logits of each document and the mean loss over the supervised tokens of all of them together."""
    logits = [logits_of(d["input_ids"]) for d in docs]
    targets = [torch.tensor(d["labels"][1:]) for d in docs]
    total = sum(F.cross_entropy(l[:-1], t, ignore_index=-100, reduction="sum") for l, t in zip(logits, targets))
    return logits, total / sum(int((t != -100).sum()) for t in targets)


def peer(model):
    return lambda ids: model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]


def gradients(loss, named):
    return dict(zip(named, torch.autograd.grad(loss, list(named.values()))))


def relative(a, b):
    """‖a − b‖ / ‖b‖ in float64, or ‖a − b‖ itself where b is smaller than 1e-6."""
    difference, norm = (a.double() - b.double()).norm().item(), b.double().norm().item()
    return difference / norm if norm >= 1e-6 else difference


def position_error(a, b):
    """The largest over positions of max|a − b| / max|b|."""
    return ((a.double() - b.double()).abs().amax(-1) / b.double().abs().amax(-1)).max().item()


def checked(errors):
    assert max(errors.values()) < 2e-5, errors
    return errors


def doubled(model):
    return {n: p.detach().double().requires_grad_() for n, p in model.named_parameters(remove_duplicate=False)}


def heading(seed):
    return {"versions": common.versions(), "seed": seed}


def flatten_rope(path):
    configuration = json.loads(path.read_text())
    rope = configuration.pop("rope_parameters")
    configuration["rope_theta"] = rope.pop("rope_theta")
    configuration["rope_scaling"] = rope if rope["rope_type"] != "default" else None
    write_json(path, configuration)


def write_model(name):
    seed, directory = MODELS[name][0], FIXTURES / name
    model, docs = make_model(name), documents(MODELS[name][0])
    model.save_pretrained(directory)
    (directory / "generation_config.json").unlink(missing_ok=True)
    if name in FLAT_ROPE_KEYS:
        flatten_rope(directory / "config.json")
    named = dict(model.named_parameters())
    logits, loss = forward(peer(model), docs)
    grads = gradients(loss, named)
    reloaded = AutoModelForCausalLM.from_pretrained(directory, attn_implementation="eager")
    assert all(torch.equal(a, b) for a, b in zip(forward(peer(reloaded), docs)[0], logits)), name

    weights = doubled(model)
    twin = Twin(model.config, weights)
    exact, exact_loss = forward(twin.logits, docs)
    exact_grads = gradients(exact_loss, {n: weights[n] for n in named})
    errors = checked({
        "logits": max(map(position_error, logits, exact)), "loss": abs(loss.item() - exact_loss.item()),
        "gradients": max(relative(grads[n], exact_grads[n]) for n in named)})
    if name == "llama3-rope":
        assert set(twin.frequencies()[1]) == {"kept", "blended", "divided"}, twin.frequencies()
        show_that_it_matters(model, docs, logits, rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    if name == "mistral":
        show_that_it_matters(model, docs, logits, sliding_window=None)
    arrays = {f"logits.{i}": l.detach() for i, l in enumerate(logits)}
    arrays |= {f"gradient.{n}": g for n, g in grads.items()}
    save_file({n: a.contiguous() for n, a in arrays.items()}, directory / "reference.safetensors")
    write_json(directory / "reference.json", {
        **heading(seed), "documents": docs, "supervised_tokens": sum(l != -100 for d in docs for l in d["labels"][1:]),
        "loss": loss.item(), "largest_logit": max(l.abs().max().item() for l in logits), "float32_error": errors})
    print(name, f"loss {loss.item():.5f}", errors)


def show_that_it_matters(model, docs, logits, **change):
    changed = type(model.config)(**{**model.config.to_dict(), **change})
    other = [Twin(changed, doubled(model)).logits(d["input_ids"]) for d in docs]
    assert min(map(position_error, other, logits)) > 1e-2, change


def save_adapter(model, directory, base):
    """As PEFT writes it, but for three things: no model card, the base's plain name, target modules sorted."""
    model.peft_config["default"].base_model_name_or_path = base
    model.save_pretrained(directory)
    (directory / "README.md").unlink(missing_ok=True)
    configuration = json.loads((directory / "adapter_config.json").read_text())
    configuration["target_modules"].sort()
    write_json(directory / "adapter_config.json", configuration)


def adapter_weights(model):
    """Names as in adapter_model.safetensors."""
    return {n.replace(".default", ""): p for n, p in model.named_parameters() if p.requires_grad}


def ten_steps(logits_of, parameters, docs, clip=None, warmup=None, rate=1e-2):
    optimizer = torch.optim.AdamW(parameters, lr=rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    schedule = None if warmup is None else get_cosine_schedule_with_warmup(optimizer, warmup, num_training_steps=10)
    log = []
    for _ in range(10):
        loss = forward(logits_of, docs)[1]
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, clip if clip else float("inf"))
        log.append({"loss": loss.item(), "learning_rate": optimizer.param_groups[0]["lr"], "gradient_norm": norm.item()})
        optimizer.step()
        if schedule:
            schedule.step()
    return log


def twin_of_adapter(model, configuration, base_weights, scale):
    """The float64 twin with float64 copies of the adapter's weights, which the caller may train."""
    copies = {n: p.detach().double().requires_grad_() for n, p in adapter_weights(model).items()}
    layers = {}
    for name in copies:
        if name.endswith(".lora_A.weight"):
            stem = name.removesuffix(".lora_A.weight")
            layer = stem.removeprefix("base_model.model.")
            layers[layer] = (copies[name], copies[stem + ".lora_B.weight"], scale)
    return Twin(configuration, base_weights, layers), copies


def write_lora(name, clip):
    directory, docs, seed = FIXTURES / name, documents(MODELS[name][0]), MODELS[name][0]

    def fresh(**options):
        base = AutoModelForCausalLM.from_pretrained(directory, attn_implementation="eager")
        torch.manual_seed(100 + seed)
        model = peft.get_peft_model(base, common.lora_configuration(rank=4, alpha=8, **options)).eval()
        with torch.no_grad():
            for path, parameter in adapter_weights(model).items():
                if "lora_B" in path:  # PEFT starts B at zero, where the gradient of A is zero too
                    parameter.normal_(std=0.1)
        return model

    model = fresh()
    base_weights = {n: t.detach() for n, t in doubled(AutoModelForCausalLM.from_pretrained(directory)).items()}
    twin, copies = twin_of_adapter(model, model.config, base_weights, 8 / 4)
    save_adapter(model, directory / "adapter", name)
    logits, loss = forward(peer(model), docs)
    grads = gradients(loss, adapter_weights(model))
    exact, exact_loss = forward(twin.logits, docs)
    exact_grads = gradients(exact_loss, copies)
    errors = {"logits": max(map(position_error, logits, exact)), "loss": abs(loss.item() - exact_loss.item()),
              "gradients": max(relative(grads[n], exact_grads[n]) for n in grads)}
    arrays = {f"logits.{i}": l.detach() for i, l in enumerate(logits)} | {f"gradient.{n}": g for n, g in grads.items()}

    result = {**heading(100 + seed), "rank": 4, "alpha": 8, "loss": loss.item(), "optimizer": {
        "name": "AdamW", "learning_rate": 1e-2, "betas": [0.9, 0.999], "epsilon": 1e-8, "weight_decay": 0.01}}
    for key, folder, options in (("steps", "adapter-after", {}), ("clipped_steps", "adapter-after-clipped", dict(clip=clip, warmup=2))):
        model, (twin, copies) = fresh(), twin_of_adapter(fresh(), model.config, base_weights, 8 / 4)
        result[key] = ten_steps(peer(model), list(adapter_weights(model).values()), docs, **options)
        exact_steps = ten_steps(twin.logits, list(copies.values()), docs, **options)
        errors[key] = max(abs(a["loss"] - b["loss"]) for a, b in zip(result[key], exact_steps))
        save_adapter(model, directory / folder, name)
        suffix = folder.removeprefix("adapter")
        arrays |= {f"logits{suffix}.{i}": l.detach() for i, l in enumerate(forward(peer(model), docs)[0])}
    scaled = fresh(use_rslora=True)
    save_adapter(scaled, directory / "adapter-rslora", name)
    arrays |= {f"logits-rslora.{i}": l.detach() for i, l in enumerate(forward(peer(scaled), docs)[0])}
    result["clipped_steps_options"] = {"clip": clip, "schedule": "cosine", "warmup": 2, "steps": 10}
    result["float32_error"] = checked(errors)
    save_file({n: a.contiguous() for n, a in arrays.items()}, directory / "lora.safetensors")
    write_json(directory / "lora.json", result)
    print(name, "lora", [round(s["loss"], 4) for s in result["steps"]], [s["gradient_norm"] for s in result["clipped_steps"]], errors)


def write_full(name):
    """Ten steps in which every weight learns."""
    directory, docs, rate = FIXTURES / name, documents(MODELS[name][0]), 1e-3
    model = AutoModelForCausalLM.from_pretrained(directory, attn_implementation="eager").eval()
    weights = doubled(model)
    if model.config.tie_word_embeddings:
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    named = dict(model.named_parameters())
    steps = ten_steps(peer(model), list(named.values()), docs, rate=rate)
    exact = ten_steps(Twin(model.config, weights).logits, [weights[n] for n in named], docs, rate=rate)
    errors = checked({"losses": max(abs(a["loss"] - b["loss"]) for a, b in zip(steps, exact))})
    write_json(directory / "full.json", {**heading(MODELS[name][0]), "optimizer": {
        "name": "AdamW", "learning_rate": rate, "betas": [0.9, 0.999], "epsilon": 1e-8, "weight_decay": 0.01},
        "steps": steps, "float32_error": errors})
    print(name, "full", [round(s["loss"], 4) for s in steps], errors)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["all", "models", "lora", "forms", "full", "preferences", "gguf", "smollm2", "base"])
    what = parser.parse_args().what
    torch.set_num_threads(1)
    if what in ("all", "models"):
        for name in MODELS:
            shutil.rmtree(FIXTURES / name, ignore_errors=True)
            write_model(name)
    if what in ("all", "lora"):
        for name, clip in LORA_MODELS.items():
            write_lora(name, clip)
    if what in ("all", "forms"):
        reference_forms.write_all(FIXTURES, LORA_MODELS)
    if what in ("all", "full"):
        for name in FULL_MODELS:
            write_full(name)
    if what in ("all", "preferences"):
        for name in LORA_MODELS:
            reference_preferences.write(FIXTURES / name, MODELS[name][0], SMALL["vocab_size"], FIXTURES / "llama-bpe-tied")
    if what in ("all", "gguf"):
        reference_gguf.write_all(FIXTURES)
    if what in ("all", "smollm2"):
        reference_smollm2.write_all(FIXTURES.parent)
    if what in ("all", "base"):
        reference_base.write()


if __name__ == "__main__":
    sys.exit(main())
