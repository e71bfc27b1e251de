#!/usr/bin/env python3
"""The perplexity that transformers gives in f32: peer_perplexity.py MODEL TEXT [--length 512] [--windows 40]

The same windows as `Benchmarks perplexity` and `llama-perplexity`: of each the second half is scored. MODEL is a
GGUF file, whose blocks transformers turns into f32, or a directory.
"""
import argparse
import math
import pathlib

import torch

from peer_common import load_model, load_tokenizer

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("model")
parser.add_argument("text", type=pathlib.Path)
parser.add_argument("--length", type=int, default=512)
parser.add_argument("--windows", type=int, default=40)
options = parser.parse_args()

model = load_model(options.model)
ids = load_tokenizer(options.model)(options.text.read_text(encoding="utf-8"), add_special_tokens=False)["input_ids"]
nats, count = 0.0, 0
for window in range(min(options.windows, len(ids) // options.length)):
    row = torch.tensor(ids[window * options.length:(window + 1) * options.length])
    with torch.inference_mode():
        logits = model(row[None]).logits[0].double()
    half = options.length // 2
    losses = torch.nn.functional.cross_entropy(logits[half:-1], row[half + 1:], reduction="sum")
    nats, count = nats + losses.item(), count + len(row) - half - 1
print(f"{math.exp(nats / count):.6f} of {count} tokens, torch {torch.__version__}")
