#!/usr/bin/env python3
"""Puts the demo's results together: demo_summary.py WORK RUN MODEL DATA PROMPT SECONDS

Reads the JSON that the commands wrote under WORK, and RUN/metrics.jsonl; writes RUN/summary.json and
prints the comparison.
"""

import json
import os
import pathlib
import sys


def load(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"error: {path.name}: {error}")


def supervised_tokens_per_second(metrics_path):
    """Over all steps: tokens that the loss counts, by the seconds that the steps took."""
    steps = [json.loads(line) for line in metrics_path.read_text(encoding="utf-8").splitlines() if line]
    steps = [step for step in steps if "tokens" in step and "seconds" in step]
    seconds = sum(step["seconds"] for step in steps)
    return round(sum(step["tokens"] for step in steps) / seconds, 1) if seconds else None


def shown(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def print_comparison(base, adapter):
    names = [name for name in base if isinstance(base[name], (int, float)) and name in adapter]
    width = max(map(len, names), default=0)
    print(f"{'':{width}}  {'base':>10}  {'adapter':>10}")
    for name in names:
        print(f"{name:{width}}  {shown(base[name]):>10}  {shown(adapter[name]):>10}")


def main():
    work, run = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    model, data, prompt, seconds = sys.argv[3:]
    evaluation = load(work / "evaluate.json")
    for arm in ("base", "adapter"):
        if not isinstance(evaluation.get(arm), dict):
            sys.exit(f"error: `graft evaluate --json` reported no '{arm}' (keys: {', '.join(evaluation)})")
    usage = {name: load(work / f"{name}.usage.json") for name in ("train", "evaluate")}
    texts = {arm: load(work / f"generate-{arm}.json").get("text") for arm in ("base", "adapter")}
    summary = {
        "model": model,
        "dataset": data,
        "test_rows": sum(1 for _ in open(work / "test.jsonl", encoding="utf-8")),
        "base": evaluation["base"],
        "adapter": evaluation["adapter"],
        "training_seconds": usage["train"]["seconds"],
        "evaluation_seconds": usage["evaluate"]["seconds"],
        "total_seconds": int(seconds),
        "supervised_tokens_per_second": supervised_tokens_per_second(run / "metrics.jsonl"),
        "peak_memory_bytes": usage["train"]["peak_memory_bytes"],
        "completion": {"prompt": prompt, **texts},
    }
    temporary = run / ".summary.json.tmp"
    temporary.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(temporary, run / "summary.json")

    print_comparison(evaluation["base"], evaluation["adapter"])
    print(f"\nprompt:  {prompt}\nbase:    {texts['base']}\nadapter: {texts['adapter']}\n")
    print(f"trained in {usage['train']['seconds']:.0f} s, {summary['supervised_tokens_per_second']} "
          f"supervised tokens/s, peak memory {summary['peak_memory_bytes'] / 2**20:.0f} MiB")
    print(f"summary: {run / 'summary.json'}")


main()
