#!/usr/bin/env python3
"""What `graft evaluate` does not know of the two datasets: score_answers.py DATASET PREDICTIONS.jsonl

PREDICTIONS is what `graft evaluate --predictions` wrote for DATASET/test.jsonl. A call of function_calls is
valid if it is a JSON object with `name`, one of the functions of the training rows, and an object
`arguments`; a note of clinic_notes is valid if it has the seven headings, each once and in order, with
something after each. Rows of seen and unseen templates are counted apart, base and adapter too; intervals
are Wilson's, of 95 %.
"""

import collections
import json
import math
import pathlib
import sys

HEADINGS = ["COMPLAINT", "DURATION", "SYMPTOMS", "DENIES", "MEDICATION", "ALLERGIES", "PLAN"]


def rows(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def answer(row):
    return row["messages"][-1]["content"]


def interval(count, total, z=1.96):
    share = count / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    reach = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return f"{100 * share:.1f} % [{100 * (middle - reach):.1f} .. {100 * (middle + reach):.1f}] of {total}"


def call(text):
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def is_call(text, functions):
    value = call(text)
    return value is not None and value.get("name") in functions and isinstance(value.get("arguments"), dict)


def is_note(text):
    lines = [line.split(":", 1) for line in text.strip().split("\n")]
    return [line[0] for line in lines] == HEADINGS and all(len(line) == 2 and line[1].strip() for line in lines)


def main():
    folder, predictions = pathlib.Path(sys.argv[1]), rows(sys.argv[2])
    functions = {call(answer(row))["name"] for row in rows(folder / "train.jsonl")} \
        if folder.name == "function_calls" else None
    counts = collections.defaultdict(collections.Counter)
    for prediction in predictions:
        half = "unseen" if "unseen" in prediction["id"] else "seen"
        wanted = prediction["reference"]
        for arm in ("base", "adapter"):
            if arm not in prediction:
                continue
            text, count = prediction[arm], counts[arm, half]
            count["rows"] += 1
            if functions is None:
                count["valid"] += is_note(text)
                count["exact"] += text.strip() == wanted.strip()
            else:
                count["valid"] += is_call(text, functions)
                count["exact"] += call(text) == call(wanted)
    for (arm, half), count in sorted(counts.items()):
        total = count["rows"]
        print(f"{arm:8} {half:7} valid {interval(count['valid'], total)}, exact {interval(count['exact'], total)}")


main()
