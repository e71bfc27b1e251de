"""A tiny Llama with a tiny byte-level BPE, as a Hugging Face directory and as GGUF files of several types.

GGUF files keep the q and k rows of `llama` models interleaved, as llama.cpp's rotary embedding wants them; transformers undoes
that when it reads them, so the logits in `gguf.safetensors` check names, permutation and dequantisation at once.
"""
import json
import warnings

import gguf
import numpy
import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
from tokenizers.trainers import BpeTrainer
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

import peer_common as common

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
VOCABULARY = 320
CORPUS = [
    "The ferry leaves the harbour at noon, and the gulls follow the ferry.",
    "Write the answer as one line of text, then stop; the answer is the last line.",
    "A small boat on the river, an older boat in the harbour, a rope between the two.",
    "user and assistant take turns: the user asks and the assistant answers.",
]
TEMPLATE = """{%- if messages[0]['role'] != 'system' -%}{{ '<|im_start|>system\\nAnswer in one line.<|im_end|>\\n' }}{%- endif -%}
{%- for message in messages -%}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"""
TEXTS = ["", " ", "The ferry leaves at 12:45.", "  two  spaces\n\n\tand a tab ", "Ünïcödé 你好 🙂 e\u0301", "it's 3.14, isn't it?",
         "<|im_start|>not a token<|im_end|>", "\x00\x7f\u2028", "answers answers answering"]
CHATS = [
    [{"role": "user", "content": "Where is the ferry?"}],
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."},
     {"role": "user", "content": "\n\nWhen does it leave? 🙂"}],
]
TYPES = {"f32": gguf.GGMLQuantizationType.F32, "f16": gguf.GGMLQuantizationType.F16, "bf16": gguf.GGMLQuantizationType.BF16,
         "q8_0": gguf.GGMLQuantizationType.Q8_0, "q4_0": gguf.GGMLQuantizationType.Q4_0, "q4_1": gguf.GGMLQuantizationType.Q4_1}
FILE_TYPES = {"f32": gguf.LlamaFileType.ALL_F32, "f16": gguf.LlamaFileType.MOSTLY_F16, "bf16": gguf.LlamaFileType.MOSTLY_BF16,
              "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0, "q4_0": gguf.LlamaFileType.MOSTLY_Q4_0, "q4_1": gguf.LlamaFileType.MOSTLY_Q4_1}
# directory: (seed, tied embeddings, types to write)
MODELS = {"llama-bpe-tied": (21, True, list(TYPES)), "llama-bpe-untied": (22, False, ["f32", "q8_0"])}


def make_tokenizer():
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)])
    tokenizer.decoder = ByteLevelDecoder()
    tokenizer.train_from_iterator(CORPUS, BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, initial_alphabet=ByteLevel.alphabet(), show_progress=False))
    assert tokenizer.get_vocab_size() == VOCABULARY
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|im_end|>",
        unk_token="<|endoftext|>", chat_template=TEMPLATE)


def make_model(seed, tied):
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(transformers.LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128, initializer_range=0.2, tie_word_embeddings=tied, rms_norm_eps=1e-5,
        bos_token_id=1, eos_token_id=2, pad_token_id=2), attn_implementation="eager")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model.eval()


def interleaved(weight, heads):
    """Rows of each head from halves (HF) to pairs (llama.cpp): row 2i + j of a head was row j · d/2 + i."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def write_gguf(path, model, tokenizer, kind):
    c = model.config
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("Tiny Llama for tests")
    writer.add_context_length(c.max_position_embeddings)
    writer.add_embedding_length(c.hidden_size)
    writer.add_block_count(c.num_hidden_layers)
    writer.add_feed_forward_length(c.intermediate_size)
    writer.add_head_count(c.num_attention_heads)
    writer.add_head_count_kv(c.num_key_value_heads)
    writer.add_layer_norm_rms_eps(c.rms_norm_eps)
    writer.add_rope_freq_base(c.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(c.hidden_size // c.num_attention_heads)
    writer.add_vocab_size(c.vocab_size)
    writer.add_file_type(FILE_TYPES[kind])
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    tokens = tokenizer.convert_ids_to_tokens(range(VOCABULARY))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if t in SPECIAL else gguf.TokenType.NORMAL for t in tokens])
    writer.add_token_merges([" ".join(m) for m in backend["model"]["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, c.num_hidden_layers)
    heads = {"q_proj": c.num_attention_heads, "k_proj": c.num_key_value_heads}
    for name, parameter in model.named_parameters():
        values = parameter.detach().numpy()
        projection = name.split(".")[-2]
        if projection in heads:
            values = interleaved(values, heads[projection])
        stored = TYPES[kind] if values.ndim == 2 else gguf.GGMLQuantizationType.F32
        packed = gguf.quantize(numpy.ascontiguousarray(values), stored)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), packed, raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@torch.inference_mode()
def logits(model, ids):
    return model(input_ids=torch.tensor([ids]), use_cache=False).logits[0].clone()


def write_all(fixtures):
    warnings.filterwarnings("ignore")
    tokenizer = make_tokenizer()
    for name, (seed, tied, kinds) in MODELS.items():
        directory = fixtures / name
        directory.mkdir(parents=True, exist_ok=True)
        model = make_model(seed, tied)
        model.save_pretrained(directory)
        tokenizer.save_pretrained(directory)
        (directory / "generation_config.json").unlink(missing_ok=True)
        chats = [tokenizer.apply_chat_template(c, tokenize=False, add_generation_prompt=True) for c in CHATS]
        encode = lambda text, **options: tokenizer(text, add_special_tokens=False, **options).input_ids
        ids = encode(chats[0])[:16]
        arrays = {"logits": logits(model, ids)}
        for kind in kinds:
            path = directory / f"model-{kind}.gguf"
            write_gguf(path, model, tokenizer, kind)
            read = AutoModelForCausalLM.from_pretrained(
                directory, gguf_file=path.name, dtype=torch.float32, attn_implementation="eager").eval()
            assert read.config.tie_word_embeddings == tied, name
            arrays[f"logits.{kind}"] = logits(read, ids)
            print(name, kind, path.stat().st_size, "bytes; largest logit difference to f32",
                  (arrays[f"logits.{kind}"] - arrays["logits"]).abs().max().item())
        assert torch.equal(arrays["logits.f32"], arrays["logits"]), name
        save_file(arrays, directory / "gguf.safetensors")
        reference = {
            "versions": common.versions() | {"gguf": gguf_version()}, "seed": seed, "input_ids": ids,
            # As ordinary text: what looks like a control token is not one.
            "texts": [{"text": t, "ids": encode(t, split_special_tokens=True)} for t in TEXTS],
            "chats": [{"messages": c, "text": t, "ids": encode(t)} for c, t in zip(CHATS, chats)]}
        (directory / "gguf.json").write_text(json.dumps(reference, indent=1, ensure_ascii=True) + "\n")


def gguf_version():
    from importlib.metadata import version
    return version("gguf")
