#!/usr/bin/env python3
"""Measures a small base model: describe_base.py --graft G --model M --text T --held-out H --judge J --work W

Prints one JSON object: bits per byte of the held-out rows under the model and under a Kneser-Ney 5-gram that
was trained on the same text with the same tokens; twenty unselected samples (W/samples.jsonl: temperature
0.8, seed 1, from the beginning of a text); the judge's bits per byte of the samples and of the held-out rows;
the share of the samples' 8-grams of words that stand in the training text.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ngram_baseline import KneserNey  # noqa: E402


def rows(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def write(path, values):
    with open(path, "w", encoding="utf-8") as file:
        for value in values:
            file.write(json.dumps(value, ensure_ascii=False) + "\n")


def spoken(row):
    if "text" in row:
        return row["text"]
    return "\n".join(message["content"] for message in row["messages"])


def grams(text, length=8):
    words = re.findall(r"[a-z0-9']+", text.lower())
    return [tuple(words[start:start + length]) for start in range(len(words) - length + 1)]


class Measures:
    def __init__(self, arguments):
        self.arguments, self.work = arguments, pathlib.Path(arguments.work)

    def graft(self, *command):
        return subprocess.run(
            [self.arguments.graft, *command], check=True, stdout=subprocess.PIPE, text=True).stdout

    def bits_per_byte(self, model, path):
        report = self.graft("evaluate", "--model", model, "--data", str(path), "--no-generate", "--json", "-q")
        return json.loads(report)["base"]["bits_per_byte"]

    def ids(self, name, values):
        path = self.work / f"{name}.text.jsonl"
        write(path, [{"text": spoken(row)} for row in values])
        lines = self.graft(
            "tokenizer", "encode", "--tokenizer", self.arguments.model, "--input", str(path), "--json")
        return [json.loads(line)["ids"] for line in lines.splitlines()]

    def ngram(self, train, held_out):
        vocabulary = json.loads(
            (pathlib.Path(self.arguments.model) / "config.json").read_text())["vocab_size"]
        model = KneserNey(self.ids("train", train), 5, vocabulary)
        bits = sum(model.bits(document) for document in self.ids("held-out", held_out))
        return bits / sum(len(spoken(row).encode()) for row in held_out)

    def samples(self):
        start = json.loads((pathlib.Path(self.arguments.model) / "config.json").read_text())["bos_token_id"]
        write(self.work / "starts.jsonl", [{"input_ids": [start]}] * 20)
        self.graft(
            "generate", "--model", self.arguments.model, "--input", str(self.work / "starts.jsonl"), "--output",
            str(self.work / "answers.jsonl"), "--temperature", "0.8", "--seed", "1", "--max-tokens", "400", "-q")
        result = [row["completion"] for row in rows(self.work / "answers.jsonl")]
        write(self.work / "samples.jsonl", [{"text": text} for text in result if text])
        return result

    def all(self):
        arguments = self.arguments
        train, held_out = rows(arguments.text), rows(arguments.held_out)
        samples = self.samples()
        known = {gram for row in train for gram in grams(spoken(row))}
        found = [gram in known for text in samples for gram in grams(text)]
        held_out_grams = [gram in known for row in held_out for gram in grams(spoken(row))]
        base, ngram = self.bits_per_byte(arguments.model, arguments.held_out), self.ngram(train, held_out)
        judged = self.bits_per_byte(arguments.judge, self.work / "samples.jsonl")
        reference = self.bits_per_byte(arguments.judge, arguments.held_out)
        return {
            "bits_per_byte": base, "ngram_bits_per_byte": ngram, "below_ngram": 1 - base / ngram,
            "judge_on_samples": judged, "judge_on_held_out": reference, "judge_ratio": judged / reference,
            "known_8_grams": sum(found) / len(found),
            "known_8_grams_of_held_out": sum(held_out_grams) / len(held_out_grams),
            "samples": samples}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name in ("graft", "model", "text", "held-out", "judge", "work"):
        parser.add_argument(f"--{name}", required=True)
    print(json.dumps(Measures(parser.parse_args()).all(), indent=2, ensure_ascii=False))


main()
