#!/usr/bin/env python3
"""Loads a saved tokenizer directory with `tokenizers` and `transformers`, and compares it with another tokenizer.

  .venv/bin/python scripts/check_tokenizer_roundtrip.py SAVED ORIGINAL DATA…

SAVED is a directory that Graft wrote; ORIGINAL the directory that the tokenizer came from, or, where it came from a GGUF file, the
authors' directory (what transformers makes of a GGUF file cuts digits otherwise); DATA are JSONL files or directories of them.
Compared on every string of the data: ids with and without special tokens in the text, ids with what the post-processor adds, and
decoded text; then special tokens, their ids, and the chat template's text and ids on conversations made of those strings. Prints one
JSON object; exit code 1 at the first difference.
"""
import argparse
import json
import pathlib
import sys

import tokenizers
import transformers


def fail(message):
    sys.exit(f"check_tokenizer_roundtrip: {message}")


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def texts(paths, limit):
    for path in map(pathlib.Path, paths):
        for file in sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]:
            with open(file, encoding="utf-8") as lines:
                for number, line in enumerate(lines):
                    if number == limit:
                        break
                    yield from strings(json.loads(line))


def compare(what, saved, original, text=None):
    if saved != original:
        fail(f"{what}: {str(saved)[:300]} is not {str(original)[:300]}" + (f", for {text[:200]!r}" if text is not None else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("saved")
    parser.add_argument("original")
    parser.add_argument("data", nargs="+")
    parser.add_argument("--lines", type=int, default=200, help="lines read of each file")
    options = parser.parse_args()

    fast = tokenizers.Tokenizer.from_file(str(pathlib.Path(options.saved) / "tokenizer.json"))
    saved, original = (transformers.AutoTokenizer.from_pretrained(path) for path in (options.saved, options.original))
    for name in ["bos_token", "eos_token", "pad_token", "unk_token"]:
        compare(name, getattr(saved, name), getattr(original, name))
    compare("vocabulary", saved.get_vocab(), original.get_vocab())
    compare("special ids", sorted(saved.all_special_ids), sorted(original.all_special_ids))

    seen, characters = [], 0
    for text in texts(options.data, options.lines):
        fast.encode_special_tokens = False
        ids = original(text, add_special_tokens=False)["input_ids"]
        compare("ids of tokenizers", fast.encode(text, add_special_tokens=False).ids, ids, text)
        compare("ids of transformers", saved(text, add_special_tokens=False)["input_ids"], ids, text)
        compare("ids with the post-processor's", saved(text)["input_ids"], original(text)["input_ids"], text)
        fast.encode_special_tokens = True
        plain = original(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        compare("ids of ordinary text", fast.encode(text, add_special_tokens=False).ids, plain, text)
        compare("text", saved.decode(ids), original.decode(ids), text)
        seen.append(text)
        characters += len(text)

    chats = 0
    if original.chat_template is not None:
        for index in range(0, len(seen) - 2, 7):
            system, user, answer = seen[index : index + 3]
            messages = [{"role": "user", "content": user}, {"role": "assistant", "content": answer}]
            if index % 2:
                messages.insert(0, {"role": "system", "content": system})
            for prompt in [False, True]:
                for tokenize in [False, True]:
                    arguments = {"add_generation_prompt": prompt, "tokenize": tokenize, "return_dict": False}
                    expected = original.apply_chat_template(messages, **arguments)
                    compare("chat", saved.apply_chat_template(messages, **arguments), expected, user)
            chats += 1
    print(json.dumps({"strings": len(seen), "characters": characters, "conversations": chats, "differences": 0}))


if __name__ == "__main__":
    main()
