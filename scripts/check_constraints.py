#!/usr/bin/env python3
"""Checks the constraints on random JSON schemas: every text that is written must be valid by `jsonschema`.

Generates schemas over the keywords that must work (type, properties, required, additionalProperties, items,
prefixItems, enum, const, anyOf, oneOf, allOf, $ref, pattern, lengths, bounds of numbers, numbers of items and of
properties) from a seed; `Benchmarks constraint-walk` writes texts under each with a model that takes any allowed token
at random, within a number of tokens that just suffices or little more; `jsonschema` checks the texts. Also fuzzes:
schemas and expressions are mutated, and whatever comes must be an error or texts, in bounded time.

    scripts/check_constraints.py --python .venv/bin/python --tokenizer checkpoints/graft-base --count 10000

Needs jsonschema (4.26 was used). Exits with 1 if anything fails.
"""

import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMES = ["name", "age", "id", "a", "b", "c", "tags", "city", "naïve", "x y", 'q"uote', "ключ", "名前", "a/b", "a~b", ""]
WORDS = ["red", "green", "", "blue sky", "é", "日本", 'quo"te', "back\\slash", "tab\there", "😀", "null", "1"]
PATTERNS = [
    "^[a-z]+$", "^[A-Z][a-z]{2,5}$", r"^\d{3}-\d{4}$", "abc", "^(foo|bar|baz)$", "^a.c$", r"^\w+@\w+\.(com|org)$",
    "[0-9]$", "^x", r"^\S+$", "^[^a-z]{2,4}$", r"^(\d+|[a-f]{2})(,(\d+|[a-f]{2}))*$", "^é+$", "^[α-ω]{1,3}$", "^$|^y$",
    r"^\u00e9?[\x41-\x43]*$", r"^(?:a|b){2,3}?c$", "^[\\s\\S]{2}$", "^[一-龠]{1,4}$", r"\.$", "^-?[0-9]{1,3}$", "^😀$",
]


class Generator:
    """Random schemas; a schema that nothing satisfies may come out, and is then expected to be refused."""

    def __init__(self, rng):
        self.rng = rng

    def value(self, depth=0):
        rng = self.rng
        kind = rng.randrange(8 if depth < 2 else 6)
        if kind == 0:
            return None
        if kind == 1:
            return rng.random() < 0.5
        if kind == 2:
            return rng.choice([0, 1, -1, 7, 42, 1000000007, -12345])
        if kind == 3:
            return rng.choice([0.5, -1.25, 1e-3, 1e21, 2.0, 3.14159])
        if kind in (4, 5):
            return rng.choice(WORDS)
        if kind == 6:
            return [self.value(depth + 1) for _ in range(rng.randrange(3))]
        return {rng.choice(NAMES): self.value(depth + 1) for _ in range(rng.randrange(3))}

    def integer(self):
        rng = self.rng
        schema = {"type": "integer"}
        low = rng.choice([None, 0, 1, -5, -100, 17, 999, 10**6, -(10**12), 2.5])
        if low is not None:
            schema[rng.choice(["minimum", "exclusiveMinimum"])] = low
        if rng.random() < 0.6:
            base = -50 if low is None else low
            schema[rng.choice(["maximum", "exclusiveMaximum"])] = base + rng.choice([2, 3, 10, 99, 12345, 10**9])
        if rng.random() < 0.15:
            schema["multipleOf"] = rng.choice([1, 2, 3, 5, 7, 10, 25])
            if "maximum" in schema or "exclusiveMaximum" in schema:
                key = "maximum" if "maximum" in schema else "exclusiveMaximum"
                schema[key] += 60
        return schema

    def number(self):
        rng = self.rng
        schema = {"type": "number"}
        low = rng.choice([None, 0, 0.5, -1.5, 1e-3, -100, 3, 1e6])
        if low is not None:
            schema[rng.choice(["minimum", "exclusiveMinimum"])] = low
        if rng.random() < 0.5:
            base = 0 if low is None else low
            schema[rng.choice(["maximum", "exclusiveMaximum"])] = base + rng.choice([0.25, 1, 10.5, 1000])
        return schema

    def string(self):
        rng = self.rng
        schema = {"type": "string"}
        kind = rng.random()
        if kind < 0.4:
            schema["pattern"] = rng.choice(PATTERNS)
            if rng.random() < 0.3:
                schema["maxLength"] = rng.choice([8, 9, 12, 40])
            if rng.random() < 0.2:
                schema["minLength"] = rng.choice([1, 2])
        elif kind < 0.75:
            low = rng.randrange(6)
            if rng.random() < 0.7:
                schema["minLength"] = low
            if rng.random() < 0.7:
                schema["maxLength"] = low + rng.choice([0, 1, 5, 30, 1000])
        elif kind < 0.85:
            schema["format"] = rng.choice(["date", "time", "date-time", "uuid", "email", "ipv4", "ipv6", "hostname", "uri"])
        return schema

    def array(self, depth):
        rng = self.rng
        schema = {"type": "array"}
        if rng.random() < 0.85:
            schema["items"] = self.schema(depth + 1)
        if rng.random() < 0.25:
            schema["prefixItems"] = [self.schema(depth + 1) for _ in range(rng.randrange(1, 4))]
            if rng.random() < 0.4:
                schema["items"] = False
        low = rng.randrange(4) if rng.random() < 0.5 else 0
        if schema.get("items") is False:
            low = min(low, len(schema["prefixItems"]))
        if low:
            schema["minItems"] = low
        if rng.random() < 0.5:
            schema["maxItems"] = low + rng.randrange(4)
        return schema

    def object(self, depth):
        rng = self.rng
        schema = {"type": "object"}
        names = rng.sample(NAMES, rng.randrange(6))
        if names or rng.random() < 0.5:
            schema["properties"] = {name: self.schema(depth + 1) for name in names}
        if rng.random() < 0.75:
            schema["required"] = [name for name in names if rng.random() < 0.6]
        kind = rng.random()
        if kind < 0.55:
            schema["additionalProperties"] = False
        elif kind < 0.75:
            schema["additionalProperties"] = self.schema(depth + 1)
        if kind >= 0.55 and rng.random() < 0.2:
            schema.setdefault("required", []).append("undeclared")
        if rng.random() < 0.15:
            count = len(schema.get("required", []))
            most = count + 2 if kind >= 0.55 else len(names)
            schema["minProperties"] = rng.randrange(most + 1)
        if rng.random() < 0.15:
            schema["maxProperties"] = max(len(schema.get("required", [])), schema.get("minProperties", 0)) + rng.randrange(3)
        return schema

    def schema(self, depth=0):
        rng = self.rng
        if depth > 3:
            return rng.choice([{"type": "null"}, {"type": "boolean"}, self.integer(), self.string(), {"const": self.value(2)}])
        kind = rng.random()
        if kind < 0.17:
            return self.object(depth)
        if kind < 0.29:
            return self.array(depth)
        if kind < 0.45:
            return self.string()
        if kind < 0.56:
            return self.integer()
        if kind < 0.61:
            return self.number()
        if kind < 0.68:
            values = [self.value() for _ in range(rng.randrange(1, 5))]
            if rng.random() < 0.3:
                values.append("a string")
                return {"type": ["string", "null"], "enum": values}
            return {"enum": values}
        if kind < 0.72:
            return {"const": self.value()}
        if kind < 0.80:
            schema = {"anyOf": [self.schema(depth + 1) for _ in range(rng.randrange(1, 4))]}
            if rng.random() < 0.3:
                schema["title"] = "siblings"
                schema["minLength"] = 1
                schema["maximum"] = 10**6
                schema["maxItems"] = 20
            return schema
        if kind < 0.84:
            tag = rng.choice(["kind", "a"])
            return {"oneOf": [
                {"type": "object", "properties": {tag: {"const": word}, "v": self.schema(depth + 2)},
                 "required": [tag], "additionalProperties": False} for word in rng.sample(WORDS, 2)]}
        if kind < 0.88:
            return {"allOf": [
                {"type": "object", "properties": {"a": self.schema(depth + 2)}, "required": ["a"]},
                {"properties": {"b": self.schema(depth + 2)}},
            ]}
        if kind < 0.93:
            return {"$ref": rng.choice(["#/$defs/node", "#/$defs/word", "#/$defs/list"])}
        if kind < 0.96:
            return {"type": rng.sample(["string", "integer", "null", "boolean", "number"], 2)}
        return rng.choice([True, {}, {"description": "anything"}])

    def root(self):
        schema = self.schema()
        if "$ref" in json.dumps(schema):
            if not isinstance(schema, dict):
                schema = {}
            schema = {**schema, "$defs": {
                "word": self.string(),
                "node": {"type": "object", "properties": {
                    "value": self.rng.choice([self.integer(), self.string()]),
                    "next": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]}},
                    "required": ["value", "next"], "additionalProperties": False},
                "list": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/list"}, self.integer()]}, "maxItems": 3},
            }}
        return schema


def mutated(rng, text):
    """One to four edits of a text: bytes, pieces doubled or cut, numbers blown up, depth."""
    for _ in range(rng.randrange(1, 5)):
        kind = rng.randrange(9)
        at = rng.randrange(len(text) + 1)
        to = min(len(text), at + rng.randrange(12))
        if kind == 0:
            text = text[:at] + text[to:]
        elif kind == 1:
            text = text[:at] + text[at:to] * rng.randrange(2, 5) + text[to:]
        elif kind == 2:
            text = text[:at] + rng.choice('{}[]():,"\\*+?|^$.-0123456789eE\u0000é😀') + text[at:]
        elif kind == 3:
            text = re.sub(r"\d+", lambda m: rng.choice(["0", "-1", "1e308", "9223372036854775807", "99999", "1e-320"]), text, count=1)
        elif kind == 4:
            words = ["minLength", "maxItems", "pattern", "anyOf", "$ref", "oneOf", "enum", "required", "not", "items", "const"]
            text = re.sub(r"[A-Za-z$]{4,}", lambda m: rng.choice(words), text, count=1)
        elif kind == 5:
            text = text.replace('"string"', '{"$ref": "#"}', 1)
        elif kind == 6:
            text = text[:at] + rng.choice(["(", "(a+)+", "{0,99999}", "(?=a)", "[^", "\\p{L}", "(a|b)*a(a|b){16}", "\\u{110000}"]) + text[at:]
        elif kind == 7:
            depth = rng.choice([10, 60, 300])
            text = rng.choice(['{"items":', '{"anyOf":[', "(", "["]) * depth + text
        else:
            text = text[:at] + text[at : at + 400] + text[at:]
    return text[:20000]


def run(args, lines, name, folder, texts, slack):
    source, target = folder / f"{name}.jsonl", folder / f"{name}-out.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    start = time.time()
    process = subprocess.run(
        [args.benchmarks, "constraint-walk", "--tokenizer", args.tokenizer, "--input", source, "--output", target,
         "--texts", str(texts), "--slack", str(slack), "--seed", str(args.seed)])
    if process.returncode != 0:
        print(f"{name}: the walker ended with {process.returncode}")
        return None, 0
    return [json.loads(line) for line in target.read_text().split("\n") if line], time.time() - start


def replaced(rng, value):
    """The value with one part of it, at any depth, replaced by something else."""
    if isinstance(value, (dict, list)) and value and rng.random() < 0.8:
        result = value.copy()
        key = rng.choice(list(result) if isinstance(result, dict) else range(len(result)))
        if isinstance(key, str) and rng.random() < 0.1:
            result[rng.choice(["anyOf", "allOf", "items", "maximum", "enum", "typo", "minItems", "oneOf"])] = result.pop(key)
        else:
            result[key] = replaced(rng, result[key])
        return result
    generator = Generator(rng)
    return rng.choice([
        None, True, False, 0, -1, 1e308, 1e-320, 10**30, 2**63 - 1, 99999, "", "string", [], {}, "#/$defs/node", "#", "(a|b)*a(a|b){18}",
        "(.{0,200}x){0,200}", {"$ref": "#"}, {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}, generator.schema(2), generator.value(), [generator.schema(3)] * 3])


def check_schemas(args, folder):
    import jsonschema

    rng = random.Random(args.seed)
    schemas = [Generator(rng).root() for _ in range(args.count)]
    results, seconds = run(args, [{"schema": schema} for schema in schemas], "schemas", folder, args.texts, args.slack)
    if results is None:
        return False
    failures, refused, empty, texts, slowest, tokens, mask = [], collections.Counter(), 0, 0, 0, 0, 0
    slow = None
    for schema, result in zip(schemas, results, strict=True):
        if "error" in result:
            if result["error"] == "CON.EMPTY":
                empty += 1
                if args.show_empty:
                    print("empty:", json.dumps(schema, ensure_ascii=False)[:300])
            else:
                refused[result["error"] + " " + result["message"][:160]] += 1
                if args.verbose:
                    print("refused:", result["message"], json.dumps(schema, ensure_ascii=False)[:300])
            continue
        if result["compile_ms"] > slowest:
            slowest, slow = result["compile_ms"], schema
        validator = jsonschema.Draft202012Validator(schema)
        for text in result["texts"]:
            texts += 1
            tokens += text["tokens"]
            mask += text["mask_ms"]
            problem = text["problem"]
            if problem is None and text["tokens"] > text["limit"]:
                problem = "too many tokens"
            if problem is None:
                try:
                    value = json.loads(text["text"], object_pairs_hook=no_repeats)
                    error = next(validator.iter_errors(value), None)
                    problem = error and error.message[:200]
                except ValueError as error:
                    problem = str(error)
            if problem is not None:
                failures.append((schema, text["text"], problem))
    for schema, text, problem in failures[:10]:
        print("FAILED:", problem, "\n  text:", text[:300], "\n  schema:", json.dumps(schema, ensure_ascii=False)[:600])
    print(f"schemas: {len(schemas)}, refused: {sum(refused.values())}, without any value: {empty}, texts: {texts}, "
          f"failures: {len(failures)}; slowest to compile: {slowest:.1f} ms; {mask / max(tokens, 1):.4f} ms of mask a token; "
          f"{seconds:.0f} s")
    if args.verbose:
        print("slowest:", json.dumps(slow, ensure_ascii=False)[:1000])
    for message, count in refused.most_common(20):
        print(f"  {count} {message}")
    return not failures and not refused


def no_repeats(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a key twice")
    return dict(pairs)


def check_fuzz(args, folder):
    rng = random.Random(args.seed + 1)
    lines = []
    for _ in range(args.fuzz):
        if rng.random() < 0.3:
            lines.append({"regex": mutated(rng, rng.choice(PATTERNS))})
        elif rng.random() < 0.6:
            schema = Generator(rng).root()
            for _ in range(rng.randrange(1, 4)):
                schema = replaced(rng, schema)
            lines.append({"schema_text": json.dumps(schema)})
        else:
            lines.append({"schema_text": mutated(rng, json.dumps(Generator(rng).root(), ensure_ascii=False))})
    results, seconds = run(args, lines, "fuzz", folder, 1, 3)
    if results is None:
        return False
    codes = collections.Counter(result.get("error", "compiled") for result in results)
    slow = max(results, key=lambda result: result["compile_ms"] if "compile_ms" in result else 0)
    bad = [(line, text) for line, result in zip(lines, results, strict=True) for text in result.get("texts", []) if text["problem"]]
    for line, text in bad[:10]:
        print("FAILED:", text["problem"], json.dumps(line)[:300])
    worst = slow.get("compile_ms", 0)
    print(f"fuzz: {len(lines)} inputs in {seconds:.0f} s, problems: {len(bad)}, slowest to compile: {worst:.0f} ms; "
          + ", ".join(f"{code} {count}" for code, count in codes.most_common()))
    return not bad and "other" not in codes


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tokenizer", default=str(ROOT / "checkpoints/graft-base"))
    parser.add_argument("--benchmarks", default=str(ROOT / ".build/release/Benchmarks"))
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--texts", type=int, default=3)
    parser.add_argument("--slack", type=int, default=60)
    parser.add_argument("--fuzz", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--show-empty", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        good = check_schemas(args, folder) if args.count else True
        if args.fuzz:
            good = check_fuzz(args, folder) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
