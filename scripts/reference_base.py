"""What transformers computes with checkpoints/graft-base, in float32: Tests/Fixtures/GraftBase.

Run by `scripts/reference_fixtures.py base`. Attention is `eager`, one thread; ten logits of each position.
"""
import hashlib
import json
import pathlib

import torch
import transformers

import peer_common as common

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = ROOT / "checkpoints" / "graft-base"
TEXTS = ["Once upon a time, there was a little duck.", "", "  two  spaces\n\n3 lines, 1,024 ducks é 東"]
CHATS = [[{"role": "user", "content": "Write a story with the words: boat, cake, cloud."}]]
LISTED = 10


def item(model, ids):
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids])).logits[0].double()
    top = logits.topk(LISTED, dim=-1)
    return {
        "ids": ids, "top_ids": top.indices.tolist(),
        "top_logits": [[round(value, 5) for value in row] for row in top.values.tolist()],
        "logsumexp": [round(value, 5) for value in logits.logsumexp(-1).tolist()]}


def write(target=ROOT / "Tests" / "Fixtures" / "GraftBase"):
    torch.set_num_threads(1)
    model = common.load_model(str(MODEL), torch.float32, attention="eager").eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(MODEL))
    texts = [{"text": text, **item(model, tokenizer(text).input_ids)} for text in TEXTS]
    chats = [
        {"messages": chat, **item(model, tokenizer.apply_chat_template(
            chat, add_generation_prompt=True, tokenize=True, return_dict=False))} for chat in CHATS]
    start = tokenizer(TEXTS[0]).input_ids
    greedy = model.generate(
        torch.tensor([start]), do_sample=False, max_new_tokens=24, pad_token_id=0)[0].tolist()
    target.mkdir(parents=True, exist_ok=True)
    weights = hashlib.sha256((MODEL / "model.safetensors").read_bytes()).hexdigest()
    (target / "logits.json").write_text(json.dumps({
        "versions": common.versions(), "script": "scripts/reference_fixtures.py base", "sha256": weights,
        "texts": texts, "chats": chats, "greedy": {"prompt": start, "ids": greedy[len(start):]}}) + "\n")
