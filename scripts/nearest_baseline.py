#!/usr/bin/env python3
"""What copying the nearest training row comes to: nearest_baseline.py DATA [--split test] [--output FILE]

For each row of DATA/SPLIT.jsonl the answer of the most similar row of DATA/train.jsonl is taken: cosine of
tf-idf vectors of the question's words, 1 + ln(count) by ln((1 + rows) / (1 + rows with the word)) + 1. FILE
gets one object a line with `id`, `line`, `reference` and `answer`, as `graft compare` reads it. An adapter
that answers no better has learnt nothing that a search would not find.

--train-rows N takes only the first N training rows. Needs Python's standard library only.
"""

import argparse
import collections
import json
import math
import pathlib
import re
import sys

WORD = re.compile(r"[a-z0-9]+")


def rows(path, limit=None):
    result = []
    with open(path, encoding="utf-8") as file:
        for line, text in enumerate(file, 1):
            if text.strip():
                result.append((line, json.loads(text)))
            if limit and len(result) == limit:
                break
    return result


def question_and_answer(row):
    if "messages" in row:
        if row["messages"][-1]["role"] != "assistant":
            sys.exit(f"row {row.get('id')}: the last message is not the assistant's")
        asked = [m["content"] for m in row["messages"][:-1] if m["role"] == "user"]
        return "\n".join(asked), row["messages"][-1]["content"]
    if "prompt" in row and "completion" in row:
        return row["prompt"], row["completion"]
    sys.exit(f"row {row.get('id')}: neither messages nor prompt and completion")


def counts(text):
    return collections.Counter(WORD.findall(text.lower()))


def vector(words, weights):
    found = {word: (1 + math.log(count)) * weights[word] for word, count in words.items() if word in weights}
    norm = math.sqrt(sum(value * value for value in found.values()))
    return {word: value / norm for word, value in found.items()} if norm else {}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--train-rows", type=int)
    parser.add_argument("--output", default="-")
    arguments = parser.parse_args()

    known = [question_and_answer(row) for _, row in rows(arguments.data / "train.jsonl", arguments.train_rows)]
    words = [counts(question) for question, _ in known]
    spread = collections.Counter(word for row in words for word in row)
    weights = {word: math.log((1 + len(known)) / (1 + count)) + 1 for word, count in spread.items()}
    vectors = [vector(row, weights) for row in words]

    output = sys.stdout if arguments.output == "-" else open(arguments.output, "w", encoding="utf-8")
    for line, row in rows(arguments.data / f"{arguments.split}.jsonl"):
        question, reference = question_and_answer(row)
        wanted = vector(counts(question), weights)
        # The first of equals: max keeps the earliest.
        nearest = max(
            range(len(known)),
            key=lambda place: sum(value * vectors[place].get(word, 0) for word, value in wanted.items()),
        )
        found = {"id": row.get("id"), "line": line, "reference": reference, "answer": known[nearest][1]}
        print(json.dumps(found, ensure_ascii=False), file=output)
    if output is not sys.stdout:
        output.close()


main()
