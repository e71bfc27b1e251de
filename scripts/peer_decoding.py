#!/usr/bin/env python3
"""Prompt processing and decoding of transformers' `generate` in f32, when told to: JSON lines in, JSON lines out.

  .venv/bin/python scripts/peer_decoding.py --model GGUF_OR_DIR
  {"batch": 1, "prompt": 512, "tokens": 0}     seconds of a prompt and its first token
  {"batch": 8, "prompt": 64, "tokens": 32}     seconds of 32 more tokens for each of 8 sequences, after the first

Prompts are random ids; greedy; nothing ends a sequence early. `--once` generates one token and ends: for start-up.
"""
import argparse
import json
import time

import torch
from transformers import StoppingCriteria

import peer_common as common


class Clock(StoppingCriteria):
    """Writes down when each token was there."""

    def __init__(self):
        self.times = []

    def __call__(self, ids, scores, **options):
        self.times.append(time.perf_counter())
        return torch.zeros(len(ids), dtype=torch.bool)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    model = common.load_model(options.model, torch.bfloat16 if options.dtype == "bf16" else torch.float32).eval()
    model.generation_config.eos_token_id = None
    generator = torch.Generator().manual_seed(0)

    @torch.inference_mode()
    def answer(request):
        ids = torch.randint(0, model.config.vocab_size, (request["batch"], request["prompt"]), generator=generator)
        clock = Clock()
        start = time.perf_counter()
        model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=request["tokens"] + 1, do_sample=False,
            pad_token_id=0, stopping_criteria=[clock])
        assert len(clock.times) == request["tokens"] + 1
        seconds = clock.times[-1] - (clock.times[0] if request["tokens"] else start)
        return {"seconds": seconds, "peak_memory_bytes": common.peak_bytes()}

    if options.once:
        print(json.dumps(answer({"batch": 1, "prompt": 16, "tokens": 0})))
    else:
        common.serve({"dtype": options.dtype, "versions": common.versions()}, answer)


if __name__ == "__main__":
    main()
