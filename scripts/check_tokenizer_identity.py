#!/usr/bin/env python3
"""Compares `graft tokenizer encode` with `tokenizers`, id for id, on random Unicode strings and on a directory of JSONL.

  python3 -m venv .venv && .venv/bin/pip install -r scripts/peer-requirements.txt
  .venv/bin/python scripts/check_tokenizer_identity.py --graft .build/release/graft --count 1000000
  .venv/bin/python scripts/check_tokenizer_identity.py --data ../shared/data --count 0 --tokenizer DIR/tokenizer.json

For each of the four pre-tokenizers a tokenizer is made whose merges would reach across every boundary: it is trained on random
strings that nothing splits, so that a boundary in another place mostly gives other ids. The strings come from `--seed`: all
planes, unassigned code points too, combining marks, newlines and other white space, digits of all scripts, contractions in any
case, emoji joined by ZWJ, spelled-out control tokens. Ids are then decoded again and their texts compared as well.
`--tokenizer FILE` adds that tokenizer. Exit code 1 if anything differs; the first differences are printed.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

RULES = ["gpt-2", "smollm", "qwen2", "llama-bpe"]
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
PIECES = [
    "'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'T", "'RE", "'Ve", "'M", "'lL", "'D", "'\u017f", "'", "''", "\u2019s", "don't",
    " ", " ", "  ", "   ", "\n", "\n\n", "\r\n", "\r", "\t", " \n", "\n ", " \n \n", "\u00a0", "\u2003", "\u3000", "\u2028", "\x85",
    "\x1c", "\u180e", "\u200b", "\ufeff", "0", "7", "12", "345", "6789", "3.14", "1,000", "\u0663\u0664", "\u0967", "\u00bd", "\u00b2",
    "\u2167", "\U0001d7d8", "\u3007", "the", " the", "The", "ing", " a", "I", "e\u0301", "\u00e9", "a\u0323\u0307", "q\u0307\u0323",
    "\u1100\u1161\u11a8", "\uac00\u11a8", "\u1100\u1161", "\u212b", "\u2126", "\ufb01", "\u0344", "\u0958", "\u09cb", "\U0001d15e",
    "\U0001f469\u200d\U0001f4bb", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f3f3\ufe0f\u200d\U0001f308",
    "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea", "1\ufe0f\u20e3", "!", "...", "?!", "_", "-", "(", ")", "\"", "#", "\u3002", "\u00bf",
    "<|im_start|>", "<|im_end|>", "<|im_", "|>", "\x00", "\x07", "\x7f", "\uffff", "\U0010ffff", "\ud7ff", "\ue000",
]  # fmt: skip
# First code point and how many; a block is drawn first, then a character of it.
BLOCKS = [
    (0x20, 95), (0x20, 95), (0x61, 26), (0x41, 26), (0x30, 10), (0x09, 5), (0x80, 0x180), (0x180, 0x170), (0x2B0, 0xC0), (0x370, 0x190),
    (0x500, 0x400), (0x900, 0x500), (0xE00, 0x300), (0x1100, 0x100), (0x1200, 0xE00), (0x2000, 0x70), (0x2070, 0x190), (0x2200, 0xE00),
    (0x3000, 0x400), (0x4E00, 0x5200), (0xA000, 0xC00), (0xAC00, 0x2BA4), (0xF900, 0x700), (0x0, 0xD800), (0xE000, 0x2000),
    (0x10000, 0x3000), (0x13000, 0xA000), (0x1D000, 0x3000), (0x1F000, 0x1000), (0x20000, 0x14000), (0xE0000, 0x200), (0x10000, 0x100000),
]  # fmt: skip


def draw(generator):
    parts = []
    for _ in range(generator.randrange(1, 9)):
        if generator.random() < 0.45:
            parts.append(generator.choice(PIECES))
            continue
        first, size = generator.choice(BLOCKS)
        # Neighbours of the same block, so that runs of one class meet runs of another.
        parts.extend(chr(first + generator.randrange(size)) for _ in range(generator.randrange(1, 5)))
    return "".join(parts)


def pre_tokenizer(name):
    level = pre_tokenizers.ByteLevel
    if name == "gpt-2":
        return level(add_prefix_space=False)
    if name == "smollm":
        digits = pre_tokenizers.Digits(individual_digits=True)
        return pre_tokenizers.Sequence([digits, level(add_prefix_space=False)])
    numbers = r"\p{N}" if name == "qwen2" else r"\p{N}{1,3}"
    pattern = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|" + numbers
               + r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
    split = pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False)
    return pre_tokenizers.Sequence([split, level(add_prefix_space=False, use_regex=False)])


def trained(name, seed):
    """A tokenizer with the rule `name` whose merges were learnt where no rule split the text."""
    generator = random.Random(seed)
    tokenizer = Tokenizer(models.BPE(ignore_merges=name == "llama-bpe"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(
        vocab_size=30_000, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=CONTROL)
    tokenizer.train_from_iterator((draw(generator) for _ in range(60_000)), trainer)
    tokenizer.pre_tokenizer = pre_tokenizer(name)
    tokenizer.decoder = decoders.ByteLevel()
    if name == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_tokens([AddedToken("<think>", special=False)])
    return tokenizer


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


class Comparison:
    def __init__(self, graft, name, path, folder):
        self.graft, self.name, self.path, self.folder = graft, name, str(path), folder
        self.reference = Tokenizer.from_file(self.path)
        self.reference.encode_special_tokens = True
        self.texts = self.ids = self.differences = self.text_differences = 0

    def run_graft(self, command, rows):
        write_rows(self.folder / "in.jsonl", rows)
        subprocess.run(
            [self.graft, "tokenizer", command, "--tokenizer", self.path, "--input", str(self.folder / "in.jsonl"),
             "--output", str(self.folder / "out.jsonl"), "--json"], check=True)
        with open(self.folder / "out.jsonl", encoding="utf-8", newline="\n") as file:
            return [json.loads(line) for line in file]

    def check(self, texts):
        ours = [row["ids"] for row in self.run_graft("encode", [{"text": text} for text in texts])]
        theirs = [e.ids for e in self.reference.encode_batch(texts, add_special_tokens=False)]
        assert len(ours) == len(theirs) == len(texts)
        for text, a, b in zip(texts, ours, theirs):
            if a != b:
                self.differences += 1
                if self.differences <= 10:
                    print(f"{self.name}: {text!r}\n  graft      {a}\n  tokenizers {b}", file=sys.stderr)
        decoded = [row["text"] for row in self.run_graft("decode", [{"ids": ids} for ids in theirs])]
        expected = self.reference.decode_batch(theirs, skip_special_tokens=False)
        for ids, a, b in zip(theirs, decoded, expected):
            if a != b:
                self.text_differences += 1
                if self.text_differences <= 10:
                    print(f"{self.name}: {ids}\n  graft      {a!r}\n  tokenizers {b!r}", file=sys.stderr)
        self.texts += len(texts)
        self.ids += sum(map(len, theirs))


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def data_strings(directory):
    for path in sorted(pathlib.Path(directory).rglob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            for line in file:
                if line.strip():
                    yield from strings(json.loads(line))


def chunks(source, size):
    chunk = []
    for item in source:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graft", default=".build/release/graft")
    parser.add_argument("--count", type=int, default=1_000_000, help="random strings for each tokenizer")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rules", nargs="*", choices=RULES, default=RULES)
    parser.add_argument("--tokenizer", action="append", default=[], help="a tokenizer.json to compare with besides")
    parser.add_argument("--data", help="a directory whose JSONL files are compared too, every string in them")
    options = parser.parse_args()

    results = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        paths = [(path, path) for path in options.tokenizer]
        for rule in options.rules:
            trained(rule, options.seed + 1_000_003).save(str(folder / f"{rule}.json"))
            paths.append((rule, folder / f"{rule}.json"))
        for index, (name, path) in enumerate(paths):
            start = time.monotonic()
            for what in ["random", "data"]:
                comparison = Comparison(options.graft, name, path, folder)
                generator = random.Random(options.seed * 1_000 + index)
                source = (draw(generator) for _ in range(options.count)) if what == "random" else data_strings(options.data or "/dev/null")
                for chunk in chunks(source, 50_000):
                    comparison.check(chunk)
                if comparison.texts:
                    results.append({
                        "tokenizer": name, "texts_from": what, "texts": comparison.texts, "ids": comparison.ids,
                        "differences": comparison.differences, "text_differences": comparison.text_differences})
                    print(f"{results[-1]}, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    print(json.dumps({"seed": options.seed, "results": results}, indent=1))
    sys.exit(any(r["differences"] or r["text_differences"] for r in results))


if __name__ == "__main__":
    main()
