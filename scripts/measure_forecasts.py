#!/usr/bin/env python3
"""Runs ten configurations and holds the forecasts of time and peak memory against what came.

    python3 scripts/measure_forecasts.py [--graft .build/release/graft] [--steps 12] [--threads 2]

Prints a Markdown table; the runs go to a temporary directory. Takes some six minutes on two cores with nothing else on
them: what disturbs a run but not its forecast, or the other way round, is an error of time that says nothing. The exit
code is 1 where an error is above 15 %. An error is forecast / actual - 1.
"""
import argparse
import json
import subprocess
import sys
import tempfile

CALLS = "datasets/function_calls"
NOTES = "datasets/clinic_notes"
CONFIGURATIONS = [
    ("graft-base", CALLS, "rank 16", []),
    ("graft-base", CALLS, "batch 32, rank 64", ["--batch-size", "32", "--lora-rank", "64"]),
    ("graft-base", CALLS, "full", ["--method", "full"]),
    ("graft-base", NOTES, "batch 4 × 2, dropout",
     ["--batch-size", "4", "--accumulate", "2", "--lora-dropout", "0.1"]),
    ("smollm2", CALLS, "rank 16", []),
    ("smollm2", CALLS, "bf16", ["--precision", "bf16"]),
    ("smollm2", NOTES, "rank 64, batch 4", ["--lora-rank", "64", "--batch-size", "4"]),
    ("smollm2", NOTES, "recompute", ["--recompute", "--batch-size", "4"]),
    ("smollm2", CALLS, "bf16, q and v", ["--precision", "bf16", "--lora-targets", "q_proj,v_proj"]),
    ("smollm2", CALLS, "full", ["--method", "full", "--batch-size", "4"]),
]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--graft", default=".build/release/graft")
    parser.add_argument("--steps", default="12")
    parser.add_argument("--threads", default="2")
    options = parser.parse_args()
    print("| Model | Rows | Settings | time: forecast | came | error | memory: forecast | came | error |")
    print("|---|---|---|---|---|---|---|---|---|")
    worst = {"time": 0.0, "memory": 0.0}
    with tempfile.TemporaryDirectory() as scratch:
        for index, (model, data, name, flags) in enumerate(CONFIGURATIONS):
            command = [
                options.graft, "train", "--model", model, "--data", data, "--output",
                f"{scratch}/{index}", "--steps", options.steps, "--threads", options.threads,
                "--eval-rows", "8", "--sample-tokens", "16", "--json", "--quiet", *flags,
            ]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"{' '.join(command)}: {done.stderr}")
            time, memory = (json.loads(done.stdout)["forecast"][key]
                            for key in ("seconds", "peak_memory_bytes"))
            for kind, found in (("time", time), ("memory", memory)):
                worst[kind] = max(worst[kind], abs(found["error_percent"]))
            mib = 1 << 20
            print(f"| {model} | {data.split('/')[-1]} | {name} "
                  f"| {time['forecast']:.1f} s | {time['actual']:.1f} s | {time['error_percent']:+.1f} % "
                  f"| {memory['forecast'] / mib:.0f} MiB | {memory['actual'] / mib:.0f} MiB "
                  f"| {memory['error_percent']:+.1f} % |", flush=True)
    print(f"\nThe largest errors: time {worst['time']:.1f} %, memory {worst['memory']:.1f} %.")
    sys.exit(max(worst.values()) > 15)


if __name__ == "__main__":
    main()
