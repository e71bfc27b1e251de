#!/usr/bin/env python3
"""Asks `graft serve` with the official `openai` client, unmodified.

    scripts/check_openai_client.py [--model graft-base] [--graft .build/release/graft]

Needs the packages `openai` and `pydantic`. Starts a server on a free port and ends it; exits with 1 where
an answer is not what the client's types and the API promise.
"""

import argparse
import json
import math
import pathlib
import shutil
import sys
import tempfile
import time
from typing import Literal

from served import Served

try:
    import openai
    from pydantic import BaseModel
except ImportError:
    print("pip install openai")
    sys.exit(3)

KEY = "check-openai-client-key"
TRIED = []


def expect(condition, what):
    TRIED.append(what)
    if not condition:
        raise AssertionError(what)
    print(f"ok: {what}", flush=True)


def raises(kind, what, call, **facts):
    try:
        call()
    except kind as error:
        for name, value in facts.items():
            expect(getattr(error, name) == value, f"{what}: {name} is {value!r}")
        return expect(True, f"{what} raises {kind.__name__}")
    expect(False, f"{what} raises {kind.__name__}")


def models(client, model):
    listed = client.models.list().data
    expect([m.id for m in listed] == [model], "models.list names the base")
    expect(client.models.retrieve(model).id == model, "models.retrieve finds it")
    raises(openai.NotFoundError, "an unknown model", lambda: client.models.retrieve("a/b"),
           code="model_not_found")


def chat(client, model):
    messages = [{"role": "user", "content": "Name three rivers."}]
    answer = client.chat.completions.create(
        model=model, messages=messages, max_tokens=16, temperature=0, n=2)
    expect(answer.object == "chat.completion" and len(answer.choices) == 2, "chat.completions.create")
    expect(answer.choices[0].message.content == answer.choices[1].message.content, "greedy choices agree")
    expect(answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens,
           "usage adds up")
    expect(answer._request_id, "the request has an id")
    expect(answer.model_extra["graft"]["receipt"], "the receipt is there")
    whole = answer.choices[0].message.content

    text, usage, reasons, ids = "", None, [], set()
    stream = client.chat.completions.create(
        model=model, messages=messages, max_tokens=16, temperature=0, stream=True,
        stream_options={"include_usage": True})
    for chunk in stream:
        ids.add(chunk.id)
        for choice in chunk.choices:
            text += choice.delta.content or ""
            if choice.finish_reason:
                reasons.append(choice.finish_reason)
        usage = chunk.usage or usage
    expect(text == whole, "the streamed text is the text")
    expect(usage.completion_tokens * 2 == answer.usage.completion_tokens, "the stream tells its usage")
    expect(reasons in (["stop"], ["length"]) and len(ids) == 1, "one reason, one id")

    with client.chat.completions.stream(
            model=model, messages=messages, max_tokens=16, temperature=0) as helper:
        for _ in helper:
            pass
        final = helper.current_completion_snapshot
    expect(final.choices[0].message.content == whole, "the stream helper collects the same")

    seeds = [client.chat.completions.create(
        model=model, messages=messages, max_tokens=16, temperature=1.5, seed=s
    ).choices[0].message.content for s in (1, 1, 2)]
    expect(seeds[0] == seeds[1] and seeds[0] != seeds[2], "a seed decides the answer")
    raw = client.chat.completions.with_raw_response.create(
        model=model, messages=messages, max_tokens=2)
    expect(raw.headers["x-graft-receipt"], "the receipt is a header")


def logprobs(client, model):
    answer = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Hi"}], max_tokens=6, temperature=0,
        logprobs=True, top_logprobs=5)
    content = answer.choices[0].logprobs.content
    text = b"".join(bytes(token.bytes) for token in content).decode("utf-8", "replace")
    expect(text == answer.choices[0].message.content, "the tokens' bytes are the text")
    expect(all(token.logprob == token.top_logprobs[0].logprob for token in content), "greedy is the first")
    expect(all(len(token.top_logprobs) == 5 for token in content), "five alternatives")
    sums = [sum(math.exp(t.logprob) for t in token.top_logprobs) for token in content]
    expect(all(0 < total <= 1 + 1e-5 for total in sums), "probabilities are probabilities")


class River(BaseModel):
    kind: str
    length: int
    deep: bool


def structured(client, model):
    messages = [{"role": "user", "content": "Describe a river as JSON."}]
    answer = client.chat.completions.parse(
        model=model, messages=messages, max_tokens=200, temperature=0, response_format=River)
    expect(isinstance(answer.choices[0].message.parsed, River), "parse gives an object of the class")
    answer = client.chat.completions.create(
        model=model, messages=messages, max_tokens=120, temperature=1, seed=3,
        response_format={"type": "json_object"})
    expect(isinstance(json.loads(answer.choices[0].message.content), dict), "JSON mode gives an object")
    answer = client.chat.completions.create(
        model=model, messages=messages, max_tokens=30, temperature=1, seed=4,
        extra_body={"regex": "[a-c]{3}-[0-9]{2}"})
    expect(len(answer.choices[0].message.content) == 6, "a regular expression is kept")
    raises(openai.BadRequestError, "an unknown keyword", lambda: client.chat.completions.create(
        model=model, messages=messages,
        response_format={"type": "json_schema", "json_schema": {
            "name": "x", "schema": {"type": "object", "no_such_keyword": 1}}}))
    raises(openai.BadRequestError, "a schema that cannot be closed in time",
           lambda: client.chat.completions.parse(
               model=model, messages=messages, max_tokens=2, response_format=River))


def completions(client, model):
    answer = client.completions.create(
        model=model, prompt=["Once upon", "a time"], max_tokens=5, temperature=0, n=2, logprobs=3)
    expect([c.index for c in answer.choices] == [0, 1, 2, 3], "two prompts, two choices each")
    expect(all(len(c.logprobs.tokens) == len(c.logprobs.token_logprobs) for c in answer.choices),
           "legacy log-probabilities")
    echoed = client.completions.create(
        model=model, prompt="Once upon a", max_tokens=1, temperature=0, logprobs=1, echo=True)
    expect(echoed.choices[0].text.startswith("Once upon a"), "echo")
    expect(echoed.choices[0].logprobs.token_logprobs[0] is None, "the first token has no score")
    text = "".join(chunk.choices[0].text for chunk in client.completions.create(
        model=model, prompt="Once upon", max_tokens=5, temperature=0, stream=True))
    expect(text == answer.choices[0].text, "the streamed completion is the completion")


def embeddings(client, model):
    both = client.embeddings.create(model=model, input=["one river", "two rivers"])
    expect(abs(sum(x * x for x in both.data[0].embedding) - 1) < 1e-4, "embeddings have length 1")
    plain = client.embeddings.create(model=model, input="one river", encoding_format="float")
    expect(max(abs(a - b) for a, b in zip(plain.data[0].embedding, both.data[0].embedding)) < 1e-6,
           "base64 and numbers are the same")
    expect(len(client.embeddings.create(model=model, input="a", dimensions=8).data[0].embedding) == 8,
           "dimensions")


def errors(client, model, address):
    messages = [{"role": "user", "content": "Hi"}]
    create = client.chat.completions.create
    raises(openai.BadRequestError, "a temperature of 9",
           lambda: create(model=model, messages=messages, temperature=9), param="temperature")
    raises(openai.BadRequestError, "an unknown member",
           lambda: create(model=model, messages=messages, extra_body={"flavour": 1}), param="flavour",
           code="unknown_parameter")
    raises(openai.NotFoundError, "an unknown model", lambda: create(model="none", messages=messages))
    raises(openai.BadRequestError, "a prompt that does not fit",
           lambda: create(model=model, messages=messages, max_tokens=10 ** 9),
           code="context_length_exceeded")
    stranger = openai.OpenAI(base_url=address + "v1", api_key="wrong", max_retries=0)
    raises(openai.AuthenticationError, "a wrong key", stranger.models.list, code="invalid_api_key")
    begin = time.time()
    raises(openai.InternalServerError, "a deadline that is over",
           lambda: create(model=model, messages=messages, max_tokens=200, temperature=1,
                          extra_body={"deadline_ms": 1, "ignore_eos": True}), status_code=504)
    expect(time.time() - begin < 2, "the client does not try again what would fail again")


class Alarm(BaseModel):
    hour: int
    day: Literal["Monday", "Sunday"]


def tools(graft, folder):
    """A tiny model of random weights with a template that writes calls: what it must call is valid all the same."""
    fixtures = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures"
    model = pathlib.Path(folder) / "model"
    shutil.copytree(fixtures / "Models/llama-bpe-tied", model)
    templates = json.loads((fixtures / "Tokenization/template-cases.json").read_text())["templates"]
    (model / "chat_template.jinja").write_text(templates["thinking"])
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 4096}))
    with Served(graft, model, "--name", "tiny") as server:
        client = openai.OpenAI(base_url=server.address + "v1", api_key="none")
        ask = dict(model="tiny", messages=[{"role": "user", "content": "Wake me."}], max_tokens=300, temperature=1.5,
                   tools=[openai.pydantic_function_tool(Alarm)], tool_choice="required", parallel_tool_calls=False)
        answer = client.chat.completions.parse(**ask, seed=1)
        calls = answer.choices[0].message.tool_calls
        expect(answer.choices[0].finish_reason == "tool_calls" and len(calls) == 1, "tools: one call")
        expect(isinstance(calls[0].function.parsed_arguments, Alarm), "tools: parse gives the arguments")
        with client.chat.completions.stream(**ask, seed=1) as stream:
            for _ in stream:
                pass
            streamed = stream.get_final_completion().choices[0].message.tool_calls
        expect([c.function.arguments for c in streamed] == [c.function.arguments for c in calls],
               "tools: the stream tells the same call")
        message = client.chat.completions.create(**ask, seed=2).choices[0].message
        result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "done"}
        again = client.chat.completions.create(**{**ask, "messages": ask["messages"] + [message, result]}, seed=3)
        expect(again.choices[0].message.tool_calls, "tools: the answer's message and the result can be sent back")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="graft-base")
    parser.add_argument("--graft", default=".build/release/graft")
    options = parser.parse_args()
    with tempfile.NamedTemporaryFile("w", suffix=".keys") as keys:
        keys.write(KEY + "\n")
        keys.flush()
        with Served(options.graft, options.model, "--name", "base", "--api-key-file", keys.name) as server:
            client = openai.OpenAI(base_url=server.address + "v1", api_key=KEY)
            for check in (models, chat, logprobs, completions, embeddings, structured):
                check(client, "base")
            errors(client, "base", server.address)
    expect(server.process.returncode == 0, "the server ends in order")
    with tempfile.TemporaryDirectory() as folder:
        tools(options.graft, folder)
    print(f"openai {openai.__version__}: {len(TRIED)} expectations hold")


if __name__ == "__main__":
    main()
