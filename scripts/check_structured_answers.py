#!/usr/bin/env python3
"""Random JSON schemas through `graft serve`: every answer must be valid by `jsonschema`; what do the masks cost?

    scripts/check_structured_answers.py [--model smollm2] [--count 200] [--tokens 200] [--python-seed 1] [--json FILE]

The schemas are those of check_constraints.py. Each answer is followed by one of as many tokens to the same
prompt without a schema; the time from the first token to the last is summed for both, so that their ratio is what
masks add to decoding. Needs jsonschema; only 127.0.0.1. Exits with 1 where an answer is wrong.
"""

import argparse
import json
import pathlib
import random
import sys
import time

import jsonschema

from check_constraints import Generator, no_repeats
from served import Served

TOPICS = "a river, a town, a ship, a book, a recipe, a patient, an engine, a garden".split(", ")


def stream(server, request):
    """(status, text or error, tokens, seconds from the first piece to the end)."""
    connection, response = server.open("POST", "/v1/chat/completions", request)
    if response.status != 200:
        return response.status, json.loads(response.read())["error"], 0, 0.0
    text, tokens, first, last = "", 0, None, None
    for line in response:
        if not line.startswith(b"data: {"):
            continue
        chunk = json.loads(line[6:])
        if "error" in chunk:
            return 500, chunk["error"], 0, 0.0
        for choice in chunk["choices"]:
            last = time.perf_counter()
            first = first or last
            text += choice["delta"].get("content") or ""
        if chunk.get("usage"):
            tokens = chunk["usage"]["completion_tokens"]
    connection.close()
    return 200, text, tokens, last - first


def problem_of(schema, text):
    try:
        value = json.loads(text, object_pairs_hook=no_repeats)
    except ValueError as error:
        return str(error)
    error = next(jsonschema.Draft202012Validator(schema).iter_errors(value), None)
    return error and error.message[:200]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--graft", default=".build/release/graft")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--python-seed", type=int, default=1)
    parser.add_argument("--json")
    options = parser.parse_args()

    rng = random.Random(options.python_seed)
    valid, empty, wrong, seconds, tokens = 0, 0, [], [0.0, 0.0], 0
    with Served(options.graft, options.model, "--name", "served") as server:
        while valid + len(wrong) < options.count:
            schema = Generator(rng).root()
            request = {
                "model": "served", "max_tokens": options.tokens, "temperature": 0.8, "seed": rng.randrange(1 << 30),
                "stream": True, "stream_options": {"include_usage": True},
                "messages": [{"role": "user", "content": f"Describe {rng.choice(TOPICS)} as JSON."}]}
            constrained = {**request, "response_format": {
                "type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}}
            status, answer, count, took = stream(server, constrained)
            if status == 400 and "allows no text" in answer.get("message", ""):
                empty += 1
                continue
            problem = f"{status} {answer}" if status != 200 else problem_of(schema, answer)
            if problem:
                wrong.append((problem, answer, schema))
                continue
            valid += 1
            if count >= 8:
                _, _, free, free_took = stream(server, {**request, "max_tokens": count, "ignore_eos": True})
                assert free == count, (free, count)
                seconds[0] += took
                seconds[1] += free_took
                tokens += count
    for problem, answer, schema in wrong[:10]:
        print("FAILED:", problem, "\n  answer:", str(answer)[:300], "\n  schema:", json.dumps(schema)[:600])
    overhead = seconds[0] / seconds[1] - 1 if seconds[1] else float("nan")
    print(f"{valid} of {valid + len(wrong)} answers valid ({empty} schemas that nothing satisfies were refused); "
          f"{tokens} tokens, {1000 * seconds[0] / max(tokens, 1):.2f} ms each with a schema, "
          f"{1000 * seconds[1] / max(tokens, 1):.2f} ms without: {100 * overhead:+.1f} %")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            {"valid": valid, "wrong": len(wrong), "empty": empty, "tokens": tokens, "seconds": seconds}) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
