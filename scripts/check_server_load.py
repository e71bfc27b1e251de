#!/usr/bin/env python3
"""Loads `graft serve` with honest and with dreadful clients, and measures what the honest ones notice.

    scripts/check_server_load.py [--model smollm2] [--seconds 150] [--streams 64]
        [--graft .build/release/graft] [--json FILE]

Three parts: the first token of a short prompt and the start; the gaps between the tokens of a few streams
without and with the largest prompt arriving; then, for the given time, as many honest streams while others
disconnect, stall, dribble and send rubbish. Only the standard library, only 127.0.0.1. Exits with 1 where
an honest client meets an error or memory grows.
"""

import argparse
import http.client
import json
import pathlib
import random
import socket
import statistics
import sys
import threading
import time

from served import Served

WORDS = "river stone light morning engine paper garden window letter music winter bridge".split()


class Server(Served):
    def __init__(self, options):
        super().__init__(
            options.graft, options.model, "--name", "served", "--stall-timeout", "5", "--body-timeout", "5",
            "--max-connections", "512", "--max-queue", "512", *options.flags)

    def memory(self, name="VmRSS"):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
        return 0.0

    def get(self, path):
        return self.ask("GET", path)[1]


def body(prompt, tokens, **more):
    return {"model": "served", "messages": [{"role": "user", "content": prompt}], "max_tokens": tokens,
            "temperature": 0.8, "stream": True, "ignore_eos": True, **more}


def stream(port, request, gaps=None, timeout=600):
    """Reads a stream to its end; seconds to the first token, and the number of pieces."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    begin = time.time()
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(request),
                           {"Content-Type": "application/json"})
        response = connection.getresponse()
        if response.status != 200:
            raise RuntimeError(f"{response.status} {response.read()[:200]}")
        first, last, pieces, ended = None, None, 0, False
        for line in response:
            if not line.startswith(b"data: "):
                continue
            if line.startswith(b"data: [DONE]"):
                ended = True
                break
            chunk = json.loads(line[6:])
            if "error" in chunk:
                raise RuntimeError(chunk["error"]["message"])
            if not any(choice["delta"].get("content") for choice in chunk["choices"]):
                continue
            now = time.time()
            if first is None:
                first = now - begin
            elif gaps is not None:
                gaps.append(now - last)
            last = now
            pieces += 1
        if not ended:
            raise RuntimeError("the stream was cut off")
        return first, pieces
    finally:
        connection.close()


def prompt(generator, words):
    return " ".join(generator.choice(WORDS) for _ in range(words))


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def first_tokens(server, count=12):
    generator = random.Random(1)
    return [stream(server.port, body(prompt(generator, 8), 4, seed=n))[0] for n in range(count)]


def gaps_of(server, streams, tokens, long_prompt=None):
    """The gaps of `streams` streams, and those while a long prompt was being read."""
    gaps, errors = [], []

    def client(number):
        generator = random.Random(number)
        try:
            stream(server.port, body(prompt(generator, 12), tokens, seed=number), gaps)
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(str(error))

    threads = [threading.Thread(target=client, args=(n,)) for n in range(streams)]
    for thread in threads:
        thread.start()
    if long_prompt:
        time.sleep(1.0)
        stream(server.port, body(long_prompt, 4, seed=0))
    for thread in threads:
        thread.join()
    return gaps, errors


class Storm:
    """Honest clients, and those who are not, for a time."""

    def __init__(self, server, options):
        self.server, self.options = server, options
        self.end = time.time() + options.seconds
        self.lock = threading.Lock()
        self.honest, self.errors, self.rude = 0, [], {}
        self.firsts, self.gaps, self.memory = [], [], []

    def honest_client(self, number):
        generator = random.Random(number)
        while time.time() < self.end:
            gaps = []
            try:
                first, pieces = stream(
                    self.server.port, body(prompt(generator, generator.randrange(4, 120)),
                                           generator.randrange(8, 65), seed=generator.randrange(1 << 30)),
                    gaps)
                with self.lock:
                    self.honest += 1
                    self.firsts.append(first or 0)
                    self.gaps += gaps
            except Exception as error:  # noqa: BLE001 - told below
                with self.lock:
                    self.errors.append(f"{type(error).__name__}: {error}")

    def count(self, what):
        with self.lock:
            self.rude[what] = self.rude.get(what, 0) + 1

    def rude_client(self, number):
        generator = random.Random(1000 + number)
        while time.time() < self.end:
            what = generator.choice(["disconnect", "stall", "rubbish", "dribble", "refused", "half"])
            try:
                getattr(self, what)(generator)
            except (OSError, http.client.HTTPException):
                pass
            self.count(what)
            time.sleep(generator.random() * 0.5)

    def raw(self, data):
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=20)
        connection.sendall(data)
        return connection

    def request(self, text, length=None):
        head = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Content-Length: {length if length is not None else len(text)}\r\n\r\n")
        return (head + text).encode()

    def disconnect(self, generator):
        connection = self.raw(self.request(json.dumps(body(prompt(generator, 30), 400))))
        connection.recv(generator.randrange(1, 2000))
        connection.close()

    def stall(self, generator):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.connect(("127.0.0.1", self.server.port))
        request = body(prompt(generator, 10), 400, logprobs=True, top_logprobs=20)
        connection.sendall(self.request(json.dumps(request)))
        time.sleep(min(9, max(0, self.end - time.time())))
        connection.close()

    def rubbish(self, generator):
        data = bytes(generator.randrange(256) for _ in range(generator.randrange(1, 4000)))
        if generator.random() < 0.5:
            data = b"POST /v1/chat/completions HTTP/1.1\r\n" + data
        connection = self.raw(data + b"\r\n\r\n")
        connection.settimeout(3)
        connection.recv(1000)
        connection.close()

    def dribble(self, generator):
        connection = self.raw(self.request("", length=1000))
        for _ in range(20):
            connection.sendall(b"{")
            time.sleep(0.4)
        connection.close()

    def half(self, generator):
        connection = self.raw(self.request(json.dumps(body("half", 50)))[:-20])
        time.sleep(generator.random())
        connection.close()

    def refused(self, generator):
        request = body("a", 8)
        request[generator.choice(["n", "temperature", "max_tokens", "nonsense", "logit_bias"])] = \
            generator.choice([-1, 10 ** 18, 1.5, "x", [], {"a": {"b": []}}])
        connection = self.raw(self.request(json.dumps(request)))
        connection.settimeout(10)
        connection.recv(4000)
        connection.close()

    def watch(self):
        begin = time.time()
        while time.time() < self.end:
            self.memory.append((time.time() - begin, self.server.memory()))
            time.sleep(2)

    def run(self):
        threads = [threading.Thread(target=self.honest_client, args=(n,)) for n in range(self.options.streams)]
        threads += [threading.Thread(target=self.rude_client, args=(n,)) for n in range(16)]
        threads.append(threading.Thread(target=self.watch))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--seconds", type=float, default=150)
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--gap-streams", type=int, default=4)
    parser.add_argument("--graft", default=".build/release/graft")
    parser.add_argument("--json")
    parser.add_argument("flags", nargs="*", help="further flags of graft serve, after --")
    options = parser.parse_args()
    server, result, good = Server(options), {}, True
    try:
        stats = server.get("/stats")
        result["start_seconds"] = server.start_seconds
        result["idle_mib"] = server.memory()
        firsts = first_tokens(server)
        result["first_token_ms"] = [1000 * statistics.median(firsts), 1000 * max(firsts)]
        print(f"ready after {server.start_seconds:.2f} s; first token of a short prompt "
              f"{result['first_token_ms'][0]:.0f} ms (median), {result['first_token_ms'][1]:.0f} ms (most)",
              flush=True)

        long_words = min(8000, stats["context"] - 600)
        generator = random.Random(7)
        quiet, errors = gaps_of(server, options.gap_streams, 160)
        loud, more = gaps_of(server, options.gap_streams, 160, prompt(generator, long_words))
        ratio = quantile(loud, 0.99) / quantile(quiet, 0.99)
        result["gap_p99_ms"] = [1000 * quantile(quiet, 0.99), 1000 * quantile(loud, 0.99)]
        good &= not errors + more
        print(f"{options.gap_streams} streams: 99 % of gaps below {result['gap_p99_ms'][0]:.0f} ms; with a "
              f"prompt of {long_words} words arriving {result['gap_p99_ms'][1]:.0f} ms, {ratio:.2f} times "
              f"{errors + more or ''}", flush=True)

        storm = Storm(server, options)
        storm.run()
        for _ in range(100):
            stats = server.get("/stats")
            if stats["running"] + stats["waiting"] + stats["requests"] == 0:
                break
            time.sleep(0.1)
        early = [mib for second, mib in storm.memory if second < options.seconds / 2]
        late = [mib for second, mib in storm.memory if second >= options.seconds / 2]
        grown = max(late, default=0) - max(early, default=0)
        result.update(
            honest=storm.honest, errors=len(storm.errors), rude=storm.rude,
            memory_mib=[max(early, default=0), max(late, default=0)], peak_mib=server.memory("VmHWM"),
            storm_first_p99_s=quantile(storm.firsts, 0.99), storm_gap_p99_ms=1000 * quantile(storm.gaps, 0.99),
            left=[stats["running"], stats["waiting"], stats["requests"]])
        print(f"{options.seconds:.0f} s of {options.streams} honest streams: {storm.honest} answers, "
              f"{len(storm.errors)} errors {storm.errors[:3] or ''}\nrude clients: {storm.rude}\nmemory at most "
              f"{result['memory_mib'][0]:.0f} MiB in the first half, {result['memory_mib'][1]:.0f} MiB in the "
              f"second; left over {result['left']}; cancelled {stats['cancelled']}", flush=True)
        good &= not storm.errors and grown < 32 and stats["running"] + stats["waiting"] == 0
    finally:
        code = server.end()
    good &= code == 0
    result["exit"] = code
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=2) + "\n")
    print("the honest ones noticed nothing" if good else f"not good (exit {code})")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
