#!/usr/bin/env python3
"""Loads an adapter directory with PEFT, and prints the logits of the adapted model as one JSON object.

  .venv/bin/python scripts/check_peft_roundtrip.py MODEL ADAPTER 5,17,23 [8,9 …] [--top K] [--dtype f64]
      [--graft .build/release/graft]

MODEL is a Hugging Face directory or a GGUF file; each argument after ADAPTER is one document's ids. Output:
{"documents": [{"input_ids": […], "logits": [[…] per position]}], …}; with --top, "top": [[{"id","logit"}, …] per position]
instead of "logits". With --graft, the program computes the same logits with the adapter, and "graft" says how far they are from
PEFT's, as max|a − b| / max|b| over each document. Exit code 1 where that is above 1e-4, and where PEFT finds a key missing or unexpected, warns about one, or loads other values than
the file holds.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import warnings

import peft
import torch
from safetensors.torch import load_file

import peer_common as common


def fail(message):
    sys.exit(f"check_peft_roundtrip: {message}")


def load(base, directory):
    file = pathlib.Path(directory) / "adapter_model.safetensors"
    stored = load_file(file)
    configuration = peft.PeftConfig.from_pretrained(directory)
    model = peft.get_peft_model(base, configuration)
    expected = peft.get_peft_model_state_dict(model)
    missing, unexpected = sorted(expected.keys() - stored.keys()), sorted(stored.keys() - expected.keys())
    if missing or unexpected:
        fail(f"missing keys {missing[:4]} ({len(missing)}), unexpected keys {unexpected[:4]} ({len(unexpected)})")
    base = model.unload()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = peft.PeftModel.from_pretrained(base, directory)
    relevant = [str(w.message) for w in caught if any(word in str(w.message) for word in ("missing", "unexpected", "keys", "adapter"))]
    if relevant:
        fail("PEFT warns: " + " | ".join(relevant))
    loaded = peft.get_peft_model_state_dict(model)
    different = [n for n in stored if n not in loaded or not torch.equal(loaded[n].float(), stored[n].float())]
    if different:
        fail(f"tensors loaded with other values: {different[:4]}")
    if all(not stored[n].any() for n in stored if "lora_B" in n):
        print("every lora_B is zero: the adapter changes nothing", file=sys.stderr)
    return model.eval(), sorted(stored)


def graft_logits(binary, model, adapter, ids, vocabulary):
    """Logits of every position, as `graft inspect` computes them."""
    arguments = [binary, "inspect", model, "--adapter", adapter, "--force-base", "--json", "--quiet", "--top", str(vocabulary),
                 "--ids", ",".join(map(str, ids))]
    run = subprocess.run(arguments, capture_output=True, text=True)
    if run.returncode:
        fail(f"{' '.join(arguments)}: exit code {run.returncode}: {run.stdout}{run.stderr}")
    result = torch.zeros(len(ids), vocabulary)
    for row, position in zip(result, json.loads(run.stdout)["positions"]):
        for entry in position["top"]:
            row[entry["id"]] = entry["logit"]
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("adapter")
    parser.add_argument("ids", nargs="+", type=lambda text: [int(i) for i in text.split(",")])
    parser.add_argument("--top", type=int)
    parser.add_argument("--dtype", choices=["f32", "f64"], default="f32")
    parser.add_argument("--graft", help="the program, whose logits are compared")
    options = parser.parse_args()
    torch.set_num_threads(1)
    dtype = {"f32": torch.float32, "f64": torch.float64}[options.dtype]
    model, names = load(common.load_model(options.model, dtype, attention="eager"), options.adapter)
    documents = []
    for ids in options.ids:
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
            with model.disable_adapter():
                base = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
        entry = {"input_ids": ids, "largest_change": (logits - base).abs().max().item()}
        if options.graft:
            own = graft_logits(options.graft, options.model, options.adapter, ids, logits.shape[-1])
            error = (own.double() - logits.double()).abs().max().item() / logits.abs().max().item()
            entry["graft"] = error
            if not error <= 1e-4:
                fail(f"logits of {ids} are {error:.2e} from PEFT's")
        if options.top:
            values, where = logits.topk(options.top, -1)
            entry["top"] = [[{"id": i, "logit": v} for i, v in zip(*row)] for row in zip(where.tolist(), values.tolist())]
        else:
            entry["logits"] = logits.tolist()
        documents.append(entry)
    print(json.dumps({"documents": documents, "tensors": names, "versions": common.versions()}))


if __name__ == "__main__":
    main()
