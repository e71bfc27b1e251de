#!/usr/bin/env python3
"""Trains tokenizers with `graft tokenizer train` and with the trainer of `tokenizers` on the same text, and compares everything.

  .venv/bin/python scripts/check_tokenizer_training.py --text notes.txt DATA…

For each pre-tokenizer: vocabulary and merges must be the same, and then what `transformers.AutoTokenizer` makes of both directories, on
every string of the data (JSONL files, or directories of them), with ids, decoded text and conversations in ChatML, as
scripts/check_tokenizer_roundtrip.py compares them. Prints a JSON object a rule; exit code 1 at the first difference.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "fixtures"))
import tokenization_fixtures as fixtures  # noqa: E402

RULES = {"gpt2": "gpt-2", "smollm": "smollm", "qwen2": "qwen2", "llama3": "llama-bpe"}
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|tool|>", "<|reserved_0|>"]
CHATML = ("{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
          "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")


def reference(name, text, size, folder):
    tokenizer = Tokenizer(models.BPE(ignore_merges=name == "llama-bpe"))
    tokenizer.pre_tokenizer = fixtures.pre_tokenizer(name)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single="<|endoftext|> $A", pair="<|endoftext|> $A <|endoftext|>:1 $B:1", special_tokens=[("<|endoftext|>", 0)])])
    if name == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=SPECIAL)
    tokenizer.train_from_iterator([text], trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|endoftext|>", eos_token="<|endoftext|>", pad_token="<|endoftext|>")
    fast.chat_template = CHATML
    fast.save_pretrained(folder)


def model(folder):
    return json.loads((pathlib.Path(folder) / "tokenizer.json").read_text(encoding="utf-8"))["model"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+")
    parser.add_argument("--text", required=True, help="the text to train on")
    parser.add_argument("--graft", default=".build/release/graft")
    parser.add_argument("--vocab-size", type=int, default=8192)
    parser.add_argument("--lines", type=int, default=200, help="lines read of each file")
    options = parser.parse_args()

    text = pathlib.Path(options.text).read_bytes().decode()
    for rule, name in RULES.items():
        with tempfile.TemporaryDirectory() as scratch:
            ours, theirs = f"{scratch}/ours", f"{scratch}/theirs"
            subprocess.run(
                [options.graft, "tokenizer", "train", options.text, "--vocab-size", str(options.vocab_size), "--pre-tokenizer", rule,
                 "--special-token", "<|tool|>", "--reserved", "1", "--output", ours, "--quiet"], check=True, stdout=subprocess.DEVNULL)
            reference(name, text, options.vocab_size, theirs)
            for part in ["vocab", "merges"]:
                if model(ours)[part] != model(theirs)[part]:
                    sys.exit(f"check_tokenizer_training: {rule}: {part} differ")
            found = subprocess.run(
                [sys.executable, str(HERE / "check_tokenizer_roundtrip.py"), ours, theirs, *options.data, "--lines", str(options.lines)],
                check=True, stdout=subprocess.PIPE, text=True)
            print(json.dumps({"rule": rule, "merges": len(model(ours)["merges"]), **json.loads(found.stdout)}), flush=True)


if __name__ == "__main__":
    main()
