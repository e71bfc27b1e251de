#!/usr/bin/env python3
"""Many clients at once: `graft serve` in turn with llama.cpp's `llama-server` on the same file.

    scripts/peer_server.py --llama-server PATH [--model checkpoints/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf]
        [--graft .build/release/graft] [--streams 8] [--adapters 0] [--tokens 128] [--rounds 5] [--json FILE]

Each of the streams asks for one answer of a fixed length after a prompt of about 24 tokens; a round's figure
is all tokens of the answers by the time until the last has ended; memory is the most that a server had resident.
With --adapters N, N random LoRA adapters of rank 8 on all projections are written for both, and stream s asks for
adapter s modulo N. Both servers stay up and are asked in turn, after one round that does not count. Needs numpy
and gguf.
"""

import argparse
import concurrent.futures
import http.client
import json
import pathlib
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import gguf
import numpy

WORDS = "river stone light morning engine paper garden window letter music winter bridge".split()
PROJECTIONS = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
RANK, ALPHA = 8, 16


def projections(model):
    """The shape of every projection in the file, as (outputs, inputs), by its GGUF name."""
    shapes = {}
    for tensor in gguf.GGUFReader(model).tensors:
        kind = tensor.name.split(".")[2] if tensor.name.startswith("blk.") else ""
        if kind in PROJECTIONS and tensor.name.endswith(".weight"):
            shapes[tensor.name] = (int(tensor.shape[1]), int(tensor.shape[0]))
    return shapes


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in tensors.values():
            file.write(array.tobytes())


def write_adapter(directory, number, shapes):
    """The same random numbers for both; llama.cpp's order of rows in q and k does not matter to a clock."""
    generator = numpy.random.default_rng(number)
    writer = gguf.GGUFWriter(directory / f"a{number}.gguf", "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", ALPHA)
    peft = {}
    for name, (outputs, inputs) in shapes.items():
        a = generator.normal(0, 0.02, (RANK, inputs)).astype(numpy.float32)
        b = generator.normal(0, 0.02, (outputs, RANK)).astype(numpy.float32)
        writer.add_tensor(f"{name}.lora_a", a)
        writer.add_tensor(f"{name}.lora_b", b)
        _, layer, kind, _ = name.split(".")
        path = f"base_model.model.model.layers.{layer}.{PROJECTIONS[kind]}"
        peft[f"{path}.lora_A.weight"], peft[f"{path}.lora_B.weight"] = a, b
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    folder = directory / "peft" / f"a{number}"
    folder.mkdir(parents=True)
    write_safetensors(folder / "adapter_model.safetensors", peft)
    (folder / "adapter_config.json").write_text(json.dumps({
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": RANK, "lora_alpha": ALPHA, "bias": "none",
        "target_modules": [path.split(".")[1] for path in PROJECTIONS.values()]}))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    def __init__(self, name, command, request):
        self.name, self.request, self.port = name, request, free_port()
        self.process = subprocess.Popen(
            [*map(str, command), "--port", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                if self.ask("GET", "/health")[0] == 200:
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                sys.exit(f"{name} ended with {self.process.returncode}: {' '.join(map(str, command))}")
            time.sleep(0.1)
        sys.exit(f"{name} was not ready after a minute")

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def answer(self, stream, round_number, tokens):
        words = random.Random(1000 * round_number + stream)
        request = {"prompt": " ".join(words.choice(WORDS) for _ in range(24)), "max_tokens": tokens,
                   "ignore_eos": True, "temperature": 0.8, "seed": stream, **self.request(stream)}
        status, answer = self.ask("POST", "/v1/completions", json.dumps(request))
        usage = json.loads(answer).get("usage") if status == 200 else None
        if not usage or usage["completion_tokens"] != tokens:
            sys.exit(f"{self.name} answered {status} {answer[:300]}")
        return usage["completion_tokens"]

    def rate(self, streams, round_number, tokens):
        begin = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(streams) as pool:
            total = sum(pool.map(lambda stream: self.answer(stream, round_number, tokens), range(streams)))
        return total / (time.perf_counter() - begin)


def peak_mebibytes(process):
    """The most that was resident at a time."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--llama-server", required=True)
    parser.add_argument("--model", default="checkpoints/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--graft", default=".build/release/graft")
    parser.add_argument("--json")
    for name, value in [("streams", 8), ("adapters", 0), ("tokens", 128), ("rounds", 5), ("threads", 2)]:
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        shapes = projections(options.model) if options.adapters else {}
        for number in range(options.adapters):
            write_adapter(scratch, number, shapes)
        graft = [options.graft, "serve", "--model", options.model, "--name", "base", "--quiet", "--threads",
                 options.threads]
        llama = [options.llama_server, "-m", options.model, "-np", options.streams, "-c",
                 options.streams * (options.tokens + 128), "-t", options.threads, "-tb", options.threads]
        if options.adapters:
            graft += ["--adapters", scratch / "peft"]
            llama += ["--lora-init-without-apply", "--lora",
                      ",".join(str(scratch / f"a{number}.gguf") for number in range(options.adapters))]
        count = options.adapters
        servers = [
            Server("graft", graft, lambda stream: {"model": f"a{stream % count}" if count else "base"}),
            Server("llama-server", llama,
                   lambda stream: {"lora": [{"id": stream % count, "scale": 1.0}]} if count else {}),
        ]
        rates = {server.name: [] for server in servers}
        try:
            for number in range(options.rounds + 1):
                for server in servers:
                    rate = server.rate(options.streams, number, options.tokens)
                    if number:
                        rates[server.name].append(rate)
            peaks = {server.name: peak_mebibytes(server.process) for server in servers}
        finally:
            for server in servers:
                server.process.terminate()
                server.process.wait()
    ratios = [ours / theirs for ours, theirs in zip(*rates.values())]
    result = {"streams": options.streams, "adapters": count, "tokens": options.tokens, "rates": rates,
              "ratios": ratios, "peak_mebibytes": peaks}
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=2) + "\n")
    for name, values in rates.items():
        print(f"{name}: {statistics.median(values):.0f} tokens/s, median of {len(values)} rounds "
              f"[{min(values):.0f} .. {max(values):.0f}]; {peaks[name]} MiB at most")
    print(f"ratio: {statistics.median(ratios):.2f} [{min(ratios):.2f} .. {max(ratios):.2f}]")


if __name__ == "__main__":
    main()
