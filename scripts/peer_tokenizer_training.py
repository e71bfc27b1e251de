#!/usr/bin/env python3
"""Trains a byte-level BPE tokenizer with `tokenizers`, when told to: JSON lines in, JSON lines out.

  .venv/bin/python scripts/peer_tokenizer_training.py --threads 2
  {"path": "text.txt", "vocabulary": 8192}

Answers with the seconds of training on the file's lines (each with its line feed, a sequence of its own), how many merges there are, and
the SHA-256 of their lines `left right`. Words are cut by SmolLM's rule; a pair must occur twice.
"""
import argparse
import hashlib
import json
import os
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    # Read when the library starts its threads.
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if options.threads > 1 else "false"
    os.environ["RAYON_NUM_THREADS"] = str(options.threads)

    import tokenizers
    from tokenizers import models, pre_tokenizers, trainers

    import peer_serve

    def answer(request):
        with open(request["path"], encoding="utf-8", newline="") as file:
            text = file.read()
        lines = [line + "\n" for line in text.split("\n")]
        lines[-1] = lines[-1][:-1]
        tokenizer = tokenizers.Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
        trainer = trainers.BpeTrainer(
            vocab_size=request["vocabulary"], min_frequency=2, show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
        start = time.perf_counter()
        tokenizer.train_from_iterator(lines, trainer)
        seconds = time.perf_counter() - start
        merges = [" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
        digest = hashlib.sha256("".join(merge + "\n" for merge in merges).encode())
        return {"seconds": seconds, "merges": len(merges), "sha256": digest.hexdigest()}

    peer_serve.serve({"tokenizers": tokenizers.__version__, "threads": options.threads}, answer)


if __name__ == "__main__":
    main()
