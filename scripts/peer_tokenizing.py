#!/usr/bin/env python3
"""Encodes a file with `tokenizers` on one thread, when told to: JSON lines in, JSON lines out.

  .venv/bin/python scripts/peer_tokenizing.py --tokenizer DIR/tokenizer.json
  {"path": "text.txt", "lines": true}

Answers with the seconds of `encode_batch_fast` over the file's lines (or over the whole file), how many ids there are, and the
SHA-256 of all of them (each time from an empty cache): for each text the number of ids and the ids, 32 bits each, little-endian.
"""
import argparse
import hashlib
import os
import struct
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import tokenizers  # noqa: E402

import peer_serve  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", required=True)
    options = parser.parse_args()

    def answer(request):
        tokenizer = tokenizers.Tokenizer.from_file(options.tokenizer)
        tokenizer.encode_special_tokens = True
        with open(request["path"], encoding="utf-8", newline="") as file:
            text = file.read()
        texts = text.split("\n") if request["lines"] else [text]
        start = time.perf_counter()
        encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        seconds = time.perf_counter() - start
        digest, count = hashlib.sha256(), 0
        for ids in (encoding.ids for encoding in encodings):
            digest.update(struct.pack(f"<i{len(ids)}i", len(ids), *ids))
            count += len(ids)
        return {"seconds": seconds, "ids": count, "sha256": digest.hexdigest()}

    peer_serve.serve({"tokenizers": tokenizers.__version__}, answer)


if __name__ == "__main__":
    main()
