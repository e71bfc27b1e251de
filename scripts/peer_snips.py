#!/usr/bin/env python3
"""PyTorch + PEFT on snips_json: the numbers that Graft's run over the same rows is compared with.

  python3 -m venv .venv && .venv/bin/pip install -r scripts/peer-requirements.txt
  .venv/bin/python scripts/peer_snips.py train --model GGUF --data ../shared/data/format/snips_json/train.jsonl --output OUT
  .venv/bin/python scripts/peer_snips.py evaluate --model GGUF --adapter OUT/final \
      --data ../shared/data/format/snips_json/test.jsonl --output OUT

train: the first 1,000 rows in file order, batches of 4, one epoch; LoRA rank 16, alpha 32, no dropout, all linear layers, the
first adapter drawn by PEFT with seed 0 and saved as OUT/init; AdamW (betas .9 .999, eps 1e-8, no weight decay), gradient norm
clipped at 1.0; the loss is the mean over the batch's supervised tokens: assistant content and the <|im_end|> that closes it.
Update k = 0, 1, … of N uses lr·k/W for k < W = 10, then lr·(1 + cos(π(k − W)/(N − W)))/2: the first update's rate is 0.
Rows are padded on the right under an attention mask. OUT/losses.json holds each step's loss, learning rate, gradient norm
before clipping and supervised tokens; OUT/final the adapter.

evaluate: greedy, at most 96 new tokens, stops at <|im_end|>, batches of 32 sorted by length and padded on the left, the adapter
merged into the weights. OUT/predictions.jsonl holds {"id","prediction"} in file order; stdout one JSON object.
"""
import argparse
import json
import pathlib
import statistics
import sys
import time

import peft
import torch
from transformers import get_cosine_schedule_with_warmup

import peer_common as common

IGNORED = -100


def read_rows(path, limit):
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    return rows[:limit] if limit else rows


def prompt_ids(tokenizer, messages):
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return tokenizer(text, add_special_tokens=False).input_ids


def supervised(tokenizer, row):
    """Ids of a row whose last message is the assistant's, and labels on that message and its closing token."""
    prompt = prompt_ids(tokenizer, row["messages"][:-1])
    text = tokenizer.apply_chat_template(row["messages"], tokenize=False)
    ids = tokenizer(text, add_special_tokens=False).input_ids
    end = len(ids) - 1 - ids[::-1].index(tokenizer.eos_token_id) + 1
    assert ids[:len(prompt)] == prompt and tokenizer.decode(ids[end:]) == "\n", row["id"]
    return ids, [IGNORED] * len(prompt) + ids[len(prompt):end] + [IGNORED] * (len(ids) - end)


def padded(sequences, filler, left=False):
    width = max(map(len, sequences))
    fill = lambda s: [filler] * (width - len(s))
    return torch.tensor([fill(s) + s if left else s + fill(s) for s in sequences])


def autocast(options):
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.dtype == "bf16")


def train(options):
    output = pathlib.Path(options.output)
    tokenizer = common.load_tokenizer(options.model)
    rows = [supervised(tokenizer, row) for row in read_rows(options.data, options.limit or 1000)]
    model = common.load_model(options.model)
    torch.manual_seed(options.seed)
    model = peft.get_peft_model(model, common.lora_configuration()).train()
    model.save_pretrained(output / "init")
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=options.learning_rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    steps = (len(rows) + options.batch - 1) // options.batch
    schedule = get_cosine_schedule_with_warmup(optimizer, options.warmup, steps)
    log, began = [], time.perf_counter()
    for step in range(options.stop_after or steps):
        start = time.perf_counter()
        batch = rows[step * options.batch:(step + 1) * options.batch]
        ids, labels = (padded([r[i] for r in batch], f) for i, f in ((0, tokenizer.pad_token_id), (1, IGNORED)))
        mask = padded([[1] * len(r[0]) for r in batch], 0)
        with autocast(options):
            loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        rate = schedule.get_last_lr()[0]
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        log.append({"step": step + 1, "loss": loss.item(), "learning_rate": rate, "gradient_norm": norm.item(),
                    "tokens": int(mask.sum()), "supervised_tokens": int((labels != IGNORED).sum()),
                    "seconds": round(time.perf_counter() - start, 3)})
        print(json.dumps(log[-1]), file=sys.stderr, flush=True)
    seconds = time.perf_counter() - began
    (output / "losses.json").write_text(json.dumps(log, indent=0))
    model.save_pretrained(output / "final")
    tokens, targets = (sum(entry[k] for entry in log) for k in ("tokens", "supervised_tokens"))
    return {"steps": len(log), "seconds": round(seconds, 1), "tokens": tokens, "supervised_tokens": targets,
            "tokens_per_second": round(tokens / seconds, 1), "supervised_tokens_per_second": round(targets / seconds, 1),
            "last_20_losses_mean": statistics.mean(e["loss"] for e in log[-20:]), "dtype": options.dtype}


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def scores(rows, predictions):
    """Shares in percent; an intent or an object can only be right where the prediction is valid JSON."""
    valid = intent = exact = 0
    for row in rows:
        expected, found = json.loads(row["messages"][-1]["content"]), parsed(predictions[row["id"]])
        valid += found is not None
        intent += isinstance(found, dict) and found.get("intent") == expected["intent"]
        exact += found == expected
    share = lambda n: round(100 * n / len(rows), 2)
    figures = {"valid_json": share(valid), "intent": share(intent), "exact_object": share(exact)}
    return {**figures, "mean": round(statistics.mean(figures.values()), 2), "rows": len(rows)}


@torch.inference_mode()
def evaluate(options):
    output = pathlib.Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    tokenizer = common.load_tokenizer(options.model)
    model = common.load_model(options.model, torch.bfloat16 if options.dtype == "bf16" else torch.float32)
    if options.adapter:
        model = peft.PeftModel.from_pretrained(model, options.adapter).merge_and_unload()
    model.eval()
    rows = read_rows(options.data, options.limit)
    prompts = sorted(((prompt_ids(tokenizer, r["messages"][:-1]), r["id"]) for r in rows), key=lambda p: len(p[0]))
    predictions, new_tokens, start = {}, 0, time.perf_counter()
    for first in range(0, len(prompts), options.batch):
        chunk = prompts[first:first + options.batch]
        ids = padded([p for p, _ in chunk], tokenizer.pad_token_id, left=True)
        mask = padded([[1] * len(p) for p, _ in chunk], 0, left=True)
        out = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=96, do_sample=False,
                             eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
        for (_, name), produced in zip(chunk, out[:, ids.shape[1]:].tolist()):
            stop = produced.index(tokenizer.eos_token_id) if tokenizer.eos_token_id in produced else len(produced)
            new_tokens += min(stop + 1, len(produced))
            predictions[name] = tokenizer.decode(produced[:stop], clean_up_tokenization_spaces=False)
        print(f"{len(predictions)}/{len(rows)} rows, {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - start
    with open(output / options.predictions, "w", encoding="utf-8") as file:
        for row in rows:
            line = {"id": row["id"], "prediction": predictions[row["id"]]}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return {**scores(rows, predictions), "adapter": options.adapter, "dtype": options.dtype, "seconds": round(seconds, 1),
            "prompt_tokens": sum(len(p) for p, _ in prompts), "new_tokens": new_tokens}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, work, batch in (("train", train, 4), ("evaluate", evaluate, 32)):
        command = commands.add_parser(name)
        command.set_defaults(work=work)
        command.add_argument("--model", required=True)
        command.add_argument("--data", required=True)
        command.add_argument("--output", required=True)
        command.add_argument("--batch", type=int, default=batch)
        command.add_argument("--limit", type=int, help="rows from the start of the file")
        command.add_argument("--dtype", choices=["f32", "bf16"], default="f32", help="train: bf16 is autocast")
        command.add_argument("--threads", type=int, default=2)
        if work is train:
            command.add_argument("--learning-rate", type=float, default=1e-3)
            command.add_argument("--warmup", type=int, default=10)
            command.add_argument("--seed", type=int, default=0)
            command.add_argument("--stop-after", type=int, help="steps to make of the schedule, for a trial")
        else:
            command.add_argument("--adapter")
            command.add_argument("--predictions", default="predictions.jsonl", help="file name inside the output")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(json.dumps({**options.work(options), "versions": common.versions(), "peak_rss_mib": common.peak_mebibytes()}))


if __name__ == "__main__":
    main()
