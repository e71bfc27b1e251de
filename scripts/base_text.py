#!/usr/bin/env python3
"""Makes the text that checkpoints/graft-base is trained on, in three steps around graft.

    base_text.py teacher STORIES/ OUT/        rows that teach SmolLM2 to write such stories on demand
    base_text.py prompts STORIES/ OUT.jsonl   12,000 requests for stories, three words each
    base_text.py join --stories F --written F… --requests F --output OUT.jsonl

STORIES/ has train.jsonl and valid.jsonl with rows {"text"}: a sample of TinyStories. Between the steps graft
fine-tunes SmolLM2 on the teacher's rows and answers the requests (the commands stand in the card of
graft-base). `join` puts the stories, the written ones (every third as a conversation, so that the base knows
the chat template), SNIPS requests and the rows of base_practice.py together. Seeded: the same inputs give the same bytes.
"""

import argparse
import collections
import hashlib
import json
import pathlib
import random
import re
import sys

import base_practice

SYSTEM = "You write short stories for small children, in simple words."


def texts(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line)["text"] for line in file if line.strip()]


def write(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


class Words:
    """The words that requests are made of: neither rare nor in every story."""

    def __init__(self, stories):
        self.count = collections.Counter(
            word for story in stories for word in set(re.findall(r"[a-z]{3,}", story)))
        self.common = {word for word, count in self.count.items() if count > 0.12 * len(stories)}

    def of(self, story, generator):
        found = {
            word for word in re.findall(r"(?<![A-Za-z])[a-z]{3,}(?![A-Za-z])", story)
            if word not in self.common and self.count[word] >= 3}
        words = sorted(found)
        generator.shuffle(words)
        return words[:3]

    def pool(self):
        return sorted(w for w, count in self.count.items() if count >= 5 and w not in self.common)


def request(words):
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": f"Write a story with the words: {', '.join(words)}."}]


def teacher(arguments):
    generator = random.Random(41)
    source, target = pathlib.Path(arguments.stories), pathlib.Path(arguments.output)
    words = Words(texts(source / "train.jsonl"))
    target.mkdir(parents=True, exist_ok=True)
    for name in ("train", "valid"):
        rows = []
        for story in texts(source / f"{name}.jsonl"):
            chosen = words.of(story, generator)
            if len(chosen) == 3:
                rows.append({"messages": request(chosen) + [{"role": "assistant", "content": story}]})
        write(target / f"{name}.jsonl", rows)


def prompts(arguments):
    generator = random.Random(41)
    source = pathlib.Path(arguments.stories)
    words = Words(texts(source / "train.jsonl"))
    for name in ("train", "valid"):  # one stream of random numbers, on from where the teacher's rows end
        for story in texts(source / f"{name}.jsonl"):
            words.of(story, generator)
    pool, chosen = words.pool(), {}
    while len(chosen) < 12_000:
        chosen[tuple(generator.sample(pool, 3))] = True
    write(arguments.output, [{"messages": request(words)} for words in chosen])


def written_stories(paths):
    """The stories that came to an end by themselves, without repeats."""
    seen = set()
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                text = row["completion"].strip()
                if row["finish_reason"] == "stop" and len(text) > 200 and text not in seen:
                    seen.add(text)
                    yield row["messages"], text


def words_of(rows):
    """Words that stand in at least two stories."""
    count = collections.Counter(
        word for row in rows for word in set(re.findall(r"(?<![A-Za-z])[a-z]{2,}(?![A-Za-z])", row["text"])))
    return [word for word, times in count.items() if times >= 2]


def join(arguments):
    rows = [{"text": story} for story in texts(arguments.stories)]
    counts = collections.Counter(stories=len(rows))
    for number, (messages, text) in enumerate(written_stories(arguments.written)):
        if number % 3 == 0:
            answer = [{"role": "assistant", "content": text}]
            rows.append({"messages": [m for m in messages if m["role"] == "user"] + answer})
        else:
            rows.append({"text": text})
        counts["written"] += 1
    with open(arguments.requests, encoding="utf-8") as file:
        for line in file:
            messages = [m for m in json.loads(line)["messages"] if m["role"] != "system"]
            system = {"role": "system", "content": "Answer with one JSON object."}
            rows.append({"messages": [system] + messages})
            counts["requests"] += 1
    practice = list(base_practice.rows(sorted(words_of(rows[:counts["stories"]])), 12_000, seed=53))
    rows += practice
    counts["practice"] = len(practice)
    random.Random(47).shuffle(rows)
    write(arguments.output, rows)
    digest = hashlib.sha256(pathlib.Path(arguments.output).read_bytes()).hexdigest()
    print(json.dumps({**counts, "rows": len(rows), "sha256": digest}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    steps = parser.add_subparsers(required=True)
    for name, function in (("teacher", teacher), ("prompts", prompts)):
        step = steps.add_parser(name)
        step.add_argument("stories")
        step.add_argument("output")
        step.set_defaults(run=function)
    step = steps.add_parser("join")
    step.add_argument("--stories", required=True)
    step.add_argument("--written", nargs="+", required=True)
    step.add_argument("--requests", required=True)
    step.add_argument("--output", required=True)
    step.set_defaults(run=join)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    sys.exit(main())
