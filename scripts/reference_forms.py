"""Forms of LoRA other than the plain one, as PEFT trains, saves, loads and merges them: `reference_fixtures.py forms`.

For each model and form FIXTURES/MODEL/forms/FORM holds PEFT's directory of the initial adapter, `after/` the one that ten
steps of AdamW make of it, and reference.safetensors logits, gradients, and for some forms the merged weights. The losses of the steps
are in forms.json. `pissa` is made by PEFT's own conversion of a PiSSA adapter to a plain one. A model whose projections have biases
gets the one form that has all but expressions.
"""
import json
import shutil

import peft
import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

import peer_common as common

# name: (options of LoraConfig, options of the ten steps)
FORMS = {
    "rslora": dict(use_rslora=True),
    "dora": dict(use_dora=True),
    "patterns": dict(
        rank_pattern={"q_proj": 2, r"layers\.1\.mlp\..*": 3}, alpha_pattern={"model.layers.0.self_attn.v_proj": 5, "down_proj": 12},
        layers_to_transform=None),
    "layers": dict(layers_to_transform=[1], layers_pattern="layers"),
    "tokens": dict(),  # token ids follow from the documents: `forms`
    "everything": dict(
        use_dora=True, use_rslora=True, rank_pattern={"q_proj": 2}, exclude_modules=["k_proj"]),
    "expression": dict(target_modules=r"model\.layers\.[0-1]\.(self_attn\.(q|v)_proj|mlp\.up_proj)"),
    "loraplus": dict(),
}
BIASED_MODEL, BIASED_FORMS = "qwen2", ("everything",)
MERGED = ("rslora", "dora", "everything", "patterns")


def options_of(form, docs):
    """Trained tokens are some that the documents have, in no order, and one that they may not have."""
    first, second = docs[0]["input_ids"], docs[1]["input_ids"]
    ids = list(dict.fromkeys([max(first), min(second), first[3], 30]))
    if form == "tokens":
        return {**FORMS[form], "trainable_token_indices": ids}
    if form == "everything":
        return {**FORMS[form], "trainable_token_indices": {"embed_tokens": ids[:2], "lm_head": ids[:2]}}
    return FORMS[form]


def load(directory):
    return AutoModelForCausalLM.from_pretrained(directory, attn_implementation="eager")


def configuration(options):
    options = dict(options)
    if "target_modules" in options:
        return peft.LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, task_type="CAUSAL_LM", **options)
    return common.lora_configuration(rank=4, alpha=8, **options)


def fresh(directory, seed, options):
    torch.manual_seed(seed)
    model = peft.get_peft_model(load(directory), configuration(options)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not parameter.requires_grad:
                continue
            if "lora_B" in name:
                parameter.normal_(std=0.1)
            elif "magnitude" in name or "token" in name:  # where a mistake of scale or place would not show
                parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def trained(model):
    """Names as in adapter_model.safetensors, where a magnitude is a tensor of its own."""
    return {n.replace(".default", "").replace("magnitude_vector.weight", "magnitude_vector"): p
            for n, p in model.named_parameters() if p.requires_grad}


def optimizer_of(model, form):
    options = dict(betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    if form != "loraplus":
        return torch.optim.AdamW(trained(model).values(), lr=1e-2, **options)
    groups = {False: [], True: []}
    for name, parameter in trained(model).items():
        groups["lora_B" in name].append(parameter)
    return torch.optim.AdamW(
        [dict(params=groups[False], lr=2e-3), dict(params=groups[True], lr=2e-3 * 8)], **options)


def save(model, directory, base):
    from reference_fixtures import write_json
    model.peft_config["default"].base_model_name_or_path = base
    model.save_pretrained(directory)
    (directory / "README.md").unlink(missing_ok=True)
    file = directory / "adapter_config.json"
    content = json.loads(file.read_text())
    for key in ("target_modules", "exclude_modules"):
        if isinstance(content[key], list):
            content[key].sort()
    write_json(file, content)


def write_form(fixtures, name, form, docs, seed):
    from reference_fixtures import forward, gradients, peer
    base, directory = fixtures / name, fixtures / name / "forms" / form
    options = options_of(form, docs)
    model = fresh(base, seed, options)
    save(model, directory, name)
    logits, loss = forward(peer(model), docs)
    arrays = {f"logits.{i}": l.detach() for i, l in enumerate(logits)}
    arrays |= {f"gradient.{n}": g for n, g in gradients(loss, trained(model)).items()}
    optimizer, losses = optimizer_of(model, form), []
    for _ in range(10):
        loss = forward(peer(model), docs)[1]
        optimizer.zero_grad()
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    save(model, directory / "after", name)
    after = forward(peer(model), docs)[0]
    arrays |= {f"logits-after.{i}": l.detach() for i, l in enumerate(after)}
    reloaded = peft.PeftModel.from_pretrained(load(base), directory / "after").eval()
    again = forward(peer(reloaded), docs)[0]
    assert max((a - b).abs().max().item() for a, b in zip(after, again)) < 1e-5, form
    if form in MERGED:
        merged = reloaded.merge_and_unload()
        kept = ("layers.0.self_attn.q_proj", "layers.1.mlp.down_proj", "embed_tokens", "lm_head")
        arrays |= {f"merged.{n}": p.detach() for n, p in merged.named_parameters() if any(k in n for k in kept)}
    save_file({n: a.contiguous().clone() for n, a in arrays.items()}, directory / "reference.safetensors")
    print(name, form, [round(l, 5) for l in losses])
    return losses


def write_pissa(fixtures, name, docs, seed):
    """PiSSA of rank 2 trained for three steps, and PEFT's conversion of it for the base as it was."""
    from reference_fixtures import forward, peer, write_json
    base, directory = fixtures / name, fixtures / name / "forms" / "pissa"
    torch.manual_seed(seed)
    options = dict(rank=2, alpha=4)
    model = peft.get_peft_model(load(base), common.lora_configuration(init_lora_weights="pissa", **options)).eval()
    first = {n: p.detach().clone() for n, p in trained(model).items()}
    arrays = {f"start.{n}": p for n, p in first.items() if "layers.0" in n}
    start = directory / "start"
    model.peft_config["default"].init_lora_weights = True
    model.save_pretrained(start)
    model.peft_config["default"].init_lora_weights = "pissa"
    optimizer, losses = torch.optim.AdamW(trained(model).values(), lr=1e-2, weight_decay=0.01), []
    for _ in range(10):
        loss = forward(peer(model), docs)[1]
        optimizer.zero_grad()
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    arrays |= {f"logits-after.{i}": l.detach() for i, l in enumerate(forward(peer(model), docs)[0])}
    model.save_pretrained(directory, path_initial_model_for_weight_conversion=start)
    (directory / "README.md").unlink(missing_ok=True)
    shutil.rmtree(start)
    content = json.loads((directory / "adapter_config.json").read_text())
    content["target_modules"].sort()
    content["base_model_name_or_path"] = name
    write_json(directory / "adapter_config.json", content)
    save_file({n: a.contiguous().clone() for n, a in arrays.items()}, directory / "reference.safetensors")
    print(name, "pissa", content["r"], content["lora_alpha"], [round(l, 5) for l in losses])
    return losses


def write_forms(fixtures, name, forms, with_pissa):
    from reference_fixtures import MODELS, documents, heading, write_json
    seed = 200 + MODELS[name][0]
    shutil.rmtree(fixtures / name / "forms", ignore_errors=True)
    docs = documents(MODELS[name][0])
    losses = {form: write_form(fixtures, name, form, docs, seed) for form in forms}
    if with_pissa:
        losses["pissa"] = write_pissa(fixtures, name, docs, seed)
    write_json(fixtures / name / "forms" / "forms.json", {
        **heading(seed), "learning_rate": 1e-2, "weight_decay": 0.01,
        "loraplus": {"learning_rate": 2e-3, "ratio": 8}, "losses": losses})


def write_all(fixtures, models):
    for name in models:
        write_forms(fixtures, name, FORMS, with_pissa=True)
    write_forms(fixtures, BIASED_MODEL, BIASED_FORMS, with_pissa=False)
