#!/usr/bin/env python3
"""Writes datasets/function_calls: a spoken-style request -> one line of JSON, the call to make.

Everything comes from the hand-written templates in function_call_templates.py and the
hand-written values in function_call_values.py; the seed decides only which are combined.
A quarter of the templates and three tenths of the values of every open list occur in
test_unseen.jsonl alone. The same bytes on each run; Python 3.9 or later, no packages.
"""

import json
import os
import random
import re

from function_call_templates import FUNCTIONS
from function_call_values import CLOSED, OPEN

SEED = 20
COUNTS = {"train": 1600, "valid": 150, "test_seen": 200, "test_unseen": 200}
# Drawn last, so that no other row depends on how many there are.
MORE_TRAINING = 4400
SYSTEM = "Answer with one JSON function call."
OUTPUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "datasets", "function_calls")
SLOT = re.compile(r"\{(\w+)\}")


def parse_functions():
    """[(name, {argument: kind}, [template])] with every argument of every template declared."""
    functions = []
    for name, signature, templates in FUNCTIONS:
        arguments = dict(pair.split(":") for pair in signature.split())
        lines = [line.strip() for line in templates.strip().splitlines()]
        for line in lines:
            for slot in SLOT.findall(line):
                assert slot in arguments, f"{name}: {{{slot}}} is not declared"
        used = {slot for line in lines for slot in SLOT.findall(line)}
        assert used == set(arguments), f"{name}: unused {set(arguments) - used}"
        assert len(set(lines)) == len(lines), f"{name}: a template twice"
        functions.append((name, arguments, lines))
    return functions


def hold_out_templates(functions, rng):
    """A quarter of all templates, spread over the functions, so that training still shows every
    argument of every function at least once."""
    seen, unseen, total = [], [], 0
    for name, arguments, lines in functions:
        quota = (total + len(lines)) // 4 - total // 4
        total += len(lines)
        while True:
            order = rng.sample(lines, len(lines))
            kept = order[quota:]
            if {slot for line in kept for slot in SLOT.findall(line)} == set(arguments):
                break
        seen += [(name, arguments, line) for line in lines if line in kept]
        unseen += [(name, arguments, line) for line in lines if line not in kept]
    return seen, unseen


def hold_out_values(rng):
    """Open lists split 70 : 30; closed lists (weekdays, units, on/off) are shared by all splits."""
    seen, unseen = dict(CLOSED), dict(CLOSED)
    for kind, values in OPEN.items():
        assert len(set(map(str, values))) == len(values), f"{kind}: a value twice"
        order = rng.sample(values, len(values))
        cut = -(-len(values) * 3 // 10)
        unseen[kind], seen[kind] = order[:cut], order[cut:]
    return seen, unseen


def value_of(entry):
    """A value is (as said, as written in the call), or one text that is both."""
    return entry if isinstance(entry, tuple) else (entry, entry)


def fill(rng, name, arguments, template, values):
    chosen, call = {}, {}
    for slot in SLOT.findall(template):
        kind = arguments[slot]
        if kind.endswith("[]"):
            picked = [value_of(v) for v in rng.sample(values[kind[:-2]], rng.choice([2, 2, 3]))]
            texts = [said for said, _ in picked]
            chosen[slot] = ", ".join(texts[:-1]) + " and " + texts[-1]
            call[slot] = [written for _, written in picked]
        else:
            options = [value_of(v) for v in values[kind]]
            options = [v for v in options if v[0] not in chosen.values()]
            chosen[slot], call[slot] = rng.choice(options)
    text = SLOT.sub(lambda match: chosen[match.group(1)], template)
    text = text[0].upper() + text[1:]
    # People do not always type capitals or the last full stop.
    style = rng.random()
    if style < 0.25 and text[-1] == ".":
        text = text[:-1]
    if style < 0.15 and not text.startswith(("I ", "I'")):
        text = text[0].lower() + text[1:]
    # Declared order, so that one request has one answer.
    ordered = {slot: call[slot] for slot in arguments if slot in call}
    return text, {"name": name, "arguments": ordered}


def normalised(text):
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def rows(rng, split, count, templates, values, taken, first=0):
    """`count` rows whose requests stand in no other row; templates are used in turn."""
    result, turn = [], 0
    while len(result) < count:
        if turn % len(templates) == 0:
            order = rng.sample(templates, len(templates))
        name, arguments, template = order[turn % len(templates)]
        turn += 1
        assert turn < 50 * count, f"{split}: the lists are too short for {count} rows"
        request, call = fill(rng, name, arguments, template, values)
        if normalised(request) in taken:
            continue
        taken.add(normalised(request))
        result.append({
            "id": f"call-{split}-{first + len(result):04d}",
            "messages": [
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": request},
                {"role": "assistant", "content": json.dumps(call, ensure_ascii=False)},
            ],
        })
    return result


def check_held_out(data, values):
    """No value that is promised to the unseen test stands in any other request."""
    others = " \n ".join(
        " " + row["messages"][1]["content"].lower() + " "
        for split in ("train", "valid", "test_seen") for row in data[split])
    leaks = []
    for kind in OPEN:
        for entry in values[kind]:
            said = value_of(entry)[0].lower()
            if re.search(r"(?<!\w)" + re.escape(said) + r"(?!\w)", others):
                leaks.append((kind, said))
    assert not leaks, f"held-out values in other splits: {leaks}"


def main():
    rng = random.Random(SEED)
    functions = parse_functions()
    seen_templates, unseen_templates = hold_out_templates(functions, rng)
    seen_values, unseen_values = hold_out_values(rng)
    taken, data = set(), {}
    for split, count in COUNTS.items():
        unseen = split == "test_unseen"
        data[split] = rows(
            rng, split, count, unseen_templates if unseen else seen_templates,
            unseen_values if unseen else seen_values, taken)
    data["train"] += rows(
        rng, "train", MORE_TRAINING, seen_templates, seen_values, taken, first=COUNTS["train"])
    check_held_out(data, unseen_values)
    data["test"] = data["test_seen"] + data["test_unseen"]

    os.makedirs(OUTPUT, exist_ok=True)
    for split, content in data.items():
        with open(os.path.join(OUTPUT, split + ".jsonl"), "w", encoding="utf-8", newline="\n") as out:
            for row in content:
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    open_count = sum(len(v) for v in OPEN.values())
    held = sum(len(unseen_values[kind]) for kind in OPEN)
    closed_count = sum(len(v) for v in CLOSED.values())
    print(f"{len(functions)} functions, {len(seen_templates) + len(unseen_templates)} templates "
          f"({len(unseen_templates)} only in test_unseen), {open_count} values in {len(OPEN)} open lists "
          f"({held} only in test_unseen), {closed_count} values in {len(CLOSED)} closed lists")
    print({split: len(content) for split, content in data.items()})


if __name__ == "__main__":
    main()
