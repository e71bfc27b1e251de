"""What the peer scripts share: loading a model and its tokenizer, LoRA on all linear layers, versions."""
import pathlib

import peft
import tokenizers
import torch
import transformers
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
from transformers import AutoModelForCausalLM, AutoTokenizer

from peer_serve import peak_bytes, serve  # noqa: F401 (what the scripts use is here)

LINEAR_LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def _source(path):
    """Arguments of `from_pretrained` for a GGUF file or for a Hugging Face directory."""
    path = pathlib.Path(path)
    if path.is_dir():
        return [str(path)], {}
    return [str(path.parent)], {"gguf_file": path.name}


def load_model(path, dtype=torch.float32, attention="sdpa"):
    arguments, options = _source(path)
    return AutoModelForCausalLM.from_pretrained(
        *arguments, **options, dtype=dtype, attn_implementation=attention)


def load_tokenizer(path):
    """The tokenizer of a GGUF or a directory; a GGUF's "smollm" pre-tokenizer gets its digit split back.

    transformers' GGUF reader drops that split, which the published tokenizer.json has.
    """
    arguments, options = _source(path)
    tokenizer = AutoTokenizer.from_pretrained(*arguments, **options)
    if options and "smollm" in pathlib.Path(path).name.lower():
        tokenizer.backend_tokenizer.pre_tokenizer = Sequence(
            [Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)])
        assert tokenizer("  3", add_special_tokens=False).tokens() == ["ĠĠ", "3"]
    return tokenizer


def lora_configuration(rank=16, alpha=32, **options):
    return peft.LoraConfig(
        r=rank, lora_alpha=alpha, lora_dropout=0.0, target_modules=LINEAR_LAYERS, bias="none",
        task_type="CAUSAL_LM", **options)


def versions():
    return {"torch": torch.__version__, "transformers": transformers.__version__,
            "peft": peft.__version__, "tokenizers": tokenizers.__version__}


def peak_mebibytes():
    return round(peak_bytes() / (1 << 20))
