#!/usr/bin/env python3
"""Training throughput of PyTorch + PEFT on this machine: one JSON object on stdout.

  python3 -m venv .venv && .venv/bin/pip install -r scripts/peer-requirements.txt
  .venv/bin/python scripts/peer_training.py --model GGUF_OR_DIR --batch 8 --length 256 --steps 4 --mode lora-f32

A step is forward, backward, clipping at 1.0 and a fused AdamW update at a constant 2e-4; attention is `sdpa`, every token is
supervised, nothing is checkpointed. LoRA: rank 16, alpha 32, all linear layers. `bf16` holds base and adapter in bf16.
One step is made before the clock starts (`first_step_seconds`: with `compile` it contains the compilation); with `--steps 0` it is the only one.
Ids are uniform from `--seed`, or consecutive tokens of `--text FILE`; each step has its own.
With `--serve` it says on stdout when the first steps are done, and then takes one more for each line on stdin: `Benchmarks
training` lets it take turns with graft that way. Compilation takes minutes; $TORCHINDUCTOR_CACHE_DIR keeps what it made.
"""
import argparse
import json
import statistics
import sys
import time

import peft
import torch

import peer_common as common

MODES = ["lora-f32", "lora-bf16", "lora-f32-compile", "lora-bf16-compile", "full-f32", "full-f32-compile"]


def batches(options, vocabulary):
    count = (options.steps + 1) * options.batch * options.length
    if options.text:
        with open(options.text, encoding="utf-8") as file:
            ids = common.load_tokenizer(options.model)(file.read(), add_special_tokens=False).input_ids
        if len(ids) < count:
            sys.exit(f"{options.text}: {len(ids)} tokens, but {count} are needed.")
        ids = torch.tensor(ids[:count])
    else:
        ids = torch.randint(0, vocabulary, (count,), generator=torch.Generator().manual_seed(options.seed))
    return ids.view(options.steps + 1, options.batch, options.length)


class Steps:
    """A model, its optimizer, and what each step took."""

    def __init__(self, options):
        self.model = trainable_model(options)
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.parameters, lr=2e-4, weight_decay=0.0, fused=True)
        self.run = torch.compile(self.model) if options.mode.endswith("compile") else self.model
        self.seconds, self.losses, self.parts = [], [], []

    def take(self, ids):
        start = time.perf_counter()
        loss = self.run(input_ids=ids, labels=ids).loss
        forward = time.perf_counter()
        loss.backward()
        backward = time.perf_counter()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        end = time.perf_counter()
        self.seconds.append(end - start)
        self.parts.append((forward - start, backward - forward, end - backward))
        self.losses.append(loss.item())
        print(f"step {len(self.losses) - 1}: loss {self.losses[-1]:.4f}, {self.seconds[-1]:.2f} s", file=sys.stderr)
        return {"seconds": self.seconds[-1], "loss": self.losses[-1], "peak_memory_bytes": common.peak_bytes()}


def serve(options):
    steps = Steps(options)
    data = batches(options, steps.model.config.vocab_size)
    # The second compiled step was slow as well: 12.8 s where the third took 3.0 s.
    warm = [steps.take(data[0]) for _ in range(3 if options.mode.endswith("compile") else 1)]
    count = 0

    def answer(_):
        nonlocal count
        count += 1
        return steps.take(data[count % len(data)])

    common.serve({"mode": options.mode, "first_step_seconds": warm[0]["seconds"], "versions": common.versions()}, answer)


def trainable_model(options):
    dtype = torch.bfloat16 if "bf16" in options.mode else torch.float32
    model = common.load_model(options.model, dtype)
    torch.manual_seed(options.seed)
    if options.mode.startswith("lora"):
        model = peft.get_peft_model(model, common.lora_configuration(options.rank, 2 * options.rank), autocast_adapter_dtype=False)
    return model.train()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--mode", choices=MODES, default="lora-f32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rank", type=int, default=16, help="alpha is twice that")
    parser.add_argument("--text")
    parser.add_argument("--serve", action="store_true", help="take a step when told to")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    if options.serve:
        return serve(options)
    steps = Steps(options)
    for ids in batches(options, steps.model.config.vocab_size):
        steps.take(ids)
    seconds, losses, parts = steps.seconds, steps.losses, steps.parts
    rates = [options.batch * options.length / s for s in seconds[1:]]
    speed = {"median": round(statistics.median(rates), 1), "min": round(min(rates), 1), "max": round(max(rates), 1)} if rates else None
    names = ("forward", "backward", "update")
    print(json.dumps({
        "mode": options.mode, "batch": options.batch, "length": options.length, "threads": options.threads,
        "timed_steps": options.steps,
        "tokens_per_second": speed,
        "median_seconds": {n: round(statistics.median(p), 3) for n, p in zip(names, zip(*parts[1:]))},
        "first_step_seconds": round(seconds[0], 2), "peak_rss_mib": common.peak_mebibytes(),
        "trainable_parameters": sum(p.numel() for p in steps.parameters), "losses": losses,
        "ids": options.text or f"uniform, seed {options.seed}", "versions": common.versions()}))


if __name__ == "__main__":
    main()
