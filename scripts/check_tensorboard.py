#!/usr/bin/env python3
"""Reads the event file of a run with TensorBoard's own reader and holds it against metrics.jsonl.

    python3 scripts/check_tensorboard.py RUN        (needs the package tensorboard)
"""
import glob
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def main() -> None:
    run = sys.argv[1]
    files = glob.glob(f"{run}/tensorboard/events.out.tfevents.*")
    if len(files) != 1:
        sys.exit(f"{len(files)} event files in {run}/tensorboard")
    events = EventAccumulator(files[0], size_guidance={"scalars": 0, "tensors": 0})
    events.Reload()
    with open(f"{run}/metrics.jsonl") as lines:
        metrics = [json.loads(line) for line in lines]
    names = {
        "train/loss": "loss",
        "train/learning_rate": "learning_rate",
        "train/gradient_norm": "gradient_norm",
        "train/tokens_per_second": "tokens_per_second",
        "valid/loss": "valid_loss",
    }
    for tag, key in names.items():
        wanted = [(line["step"], line[key]) for line in metrics if key in line]
        if not wanted:
            continue
        found = [(event.step, event.value) for event in events.Scalars(tag)]
        if [step for step, _ in found] != [step for step, _ in wanted]:
            sys.exit(f"{tag}: {len(found)} steps, metrics.jsonl has {len(wanted)}")
        for (step, value), (_, number) in zip(found, wanted):
            if abs(value - number) > 1e-6 * max(1, abs(number)):
                sys.exit(f"{tag}: {value} at step {step}, metrics.jsonl has {number}")
        print(f"{tag}: {len(found)} steps")
    for tag in events.Tags()["tensors"]:
        print(f"{tag}: {len(events.Tensors(tag))} texts")


if __name__ == "__main__":
    main()
