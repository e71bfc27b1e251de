#!/usr/bin/env python3
"""Writes datasets/clinic_notes: a short, invented clinic dialogue -> a note of seven lines.

The words come from clinic_note_phrases.py, all written by hand; nobody in these rows exists and
nothing in them is medical advice. What is to be learnt is the house format (seven headings in
one order, "none" where nothing was said, plain speech turned into the clinic's short terms).
test.jsonl is half rows of phrasings that training shows and half rows whose complaint,
symptom and plan phrasings occur in no other split. The same bytes on each run; Python 3.9 or
later, no packages.
"""

import json
import os
import random
import re

from clinic_note_phrases import (
    ACUTE_DURATIONS, ALLERGIES, COMPLAINTS, DENIALS, DURATIONS, GREETINGS, MEDICINES, PLANS,
    QUESTIONS, SYMPTOMS)

SEED = 7
COUNTS = {"train": 1200, "valid": 100, "test_seen": 100, "test_unseen": 100}
SYSTEM = ("Write the clinic note for the dialogue. One line each: COMPLAINT, DURATION, SYMPTOMS, "
          "DENIES, MEDICATION, ALLERGIES, PLAN. Write none where nothing was said.")
OUTPUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "datasets", "clinic_notes")


def hold_out(table, rng):
    """(seen, unseen): of each term's phrasings, one is kept for the unseen half of the test."""
    seen, unseen = {}, {}
    for term, phrasings in table.items():
        assert len(phrasings) >= 3, f"{term}: fewer than three phrasings"
        kept = rng.randrange(len(phrasings))
        unseen[term] = [phrasings[kept]]
        seen[term] = phrasings[:kept] + phrasings[kept + 1:]
    return seen, unseen


def sentence(text):
    return text[0].upper() + text[1:]


def history(rng, facts, complaint, phrases):
    """The doctor's questions and the patient's answers up to the plan, and the note's lines."""
    lines, note = [], {}
    opening = rng.choice(phrases["complaint"][complaint])
    said, written = rng.choice(DURATIONS[:ACUTE_DURATIONS] if facts["acute"] else DURATIONS)
    note["COMPLAINT"], note["DURATION"] = complaint, written
    lines.append(("Doctor", rng.choice(GREETINGS)))
    if rng.random() < 0.5:
        lines.append(("Patient", f"{sentence(opening)}. It's been like this {said}."))
    else:
        lines.append(("Patient", sentence(opening) + "."))
        lines.append(("Doctor", rng.choice(QUESTIONS["duration"])))
        lines.append(("Patient", sentence(rng.choice(["{0}.", "i'd say {0}.", "{0}, more or less."])
                                          .format(said))))

    count = rng.choice([0, 1, 1, 2, 2])
    symptoms = rng.sample(facts["symptoms"], count)
    denied = rng.sample([s for s in facts["symptoms"] if s not in symptoms], rng.choice([0, 1, 1]))
    lines.append(("Doctor", rng.choice(QUESTIONS["symptoms"])))
    if symptoms:
        text = ", and ".join(rng.choice(phrases["symptom"][s]) for s in symptoms)
        lines.append(("Patient", sentence(rng.choice(["yes, ", "", "well, "]) + text) + "."))
    else:
        lines.append(("Patient", rng.choice(["No, nothing else.", "Not that I noticed.",
                                             "Just that, really."])))
    if denied:
        lines.append(("Doctor", f"Any {denied[0]}?"))
        lines.append(("Patient", rng.choice(DENIALS)))
    note["SYMPTOMS"] = "; ".join(symptoms) or "none"
    note["DENIES"] = "; ".join(denied) or "none"

    if rng.random() < 0.7:
        lines.append(("Doctor", rng.choice(QUESTIONS["medication"])))
        if rng.random() < 0.75:
            name, dose_said, dose, frequencies = rng.choice(MEDICINES)
            often_said, often = rng.choice(frequencies)
            lines.append(("Patient", rng.choice([
                f"I take {name}, {dose_said}, {often_said}.",
                f"{sentence(name)}, {dose_said}, {often_said}.",
                f"Only {name}. {sentence(dose_said)}, {often_said}."])))
            note["MEDICATION"] = f"{name} {dose} {often}"
        else:
            lines.append(("Patient", rng.choice(["No, nothing.", "Nothing at all.", "No tablets."])))
    if rng.random() < 0.6:
        lines.append(("Doctor", rng.choice(QUESTIONS["allergies"])))
        if rng.random() < 0.6:
            allergy, reaction, short = rng.choice(ALLERGIES)
            lines.append(("Patient", rng.choice([
                f"Yes, {allergy}. I got {reaction}.",
                f"I can't have {allergy}, it gives me {reaction}.",
                f"{sentence(allergy)} gave me {reaction} once."])))
            note["ALLERGIES"] = f"{allergy} ({short})"
        else:
            lines.append(("Patient", rng.choice(["None that I know of.", "No allergies.", "No."])))
    return lines, note


def dialogue(rng, phrases):
    complaint = rng.choice(list(COMPLAINTS))
    facts = COMPLAINTS[complaint]
    lines, note = history(rng, facts, complaint, phrases)
    plan = rng.sample(facts["plan"], rng.choice([1, 2, 2]))
    said = [sentence(rng.choice(phrases["plan"][item])) + "." for item in plan]
    lines.append(("Doctor", " ".join(said)))
    note["PLAN"] = "; ".join(plan)
    headings = ["COMPLAINT", "DURATION", "SYMPTOMS", "DENIES", "MEDICATION", "ALLERGIES", "PLAN"]
    return ("\n".join(f"{who}: {text}" for who, text in lines),
            "\n".join(f"{heading}: {note.get(heading, 'none')}" for heading in headings))


def normalised(text):
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def rows(rng, split, count, phrases, taken):
    result = []
    while len(result) < count:
        text, note = dialogue(rng, phrases)
        if normalised(text) in taken:
            continue
        taken.add(normalised(text))
        result.append({
            "id": f"note-{split}-{len(result):04d}",
            "messages": [
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": text},
                {"role": "assistant", "content": note},
            ],
        })
    return result


def main():
    rng = random.Random(SEED)
    tables = {
        "complaint": {term: facts["says"] for term, facts in COMPLAINTS.items()},
        "symptom": SYMPTOMS,
        "plan": PLANS,
    }
    seen, unseen = {}, {}
    for kind, table in tables.items():
        seen[kind], unseen[kind] = hold_out(table, rng)
    for term, facts in COMPLAINTS.items():
        for kind in ("symptoms", "plan"):
            table = SYMPTOMS if kind == "symptoms" else PLANS
            assert len(facts[kind]) >= 3 and set(facts[kind]) <= set(table), (term, kind)
    taken, data = set(), {}
    for split, count in COUNTS.items():
        data[split] = rows(rng, split, count, unseen if split == "test_unseen" else seen, taken)

    others = "\n".join(row["messages"][1]["content"].lower()
                       for split in ("train", "valid", "test_seen") for row in data[split])
    leaks = [text for table in unseen.values() for term in table.values() for text in term
             if re.search(r"(?<!\w)" + re.escape(text.lower()) + r"(?!\w)", others)]
    assert not leaks, f"held-out phrasings in other splits: {leaks}"
    data["test"] = data.pop("test_seen") + data.pop("test_unseen")

    os.makedirs(OUTPUT, exist_ok=True)
    for split, content in data.items():
        with open(os.path.join(OUTPUT, split + ".jsonl"), "w", encoding="utf-8", newline="\n") as out:
            for row in content:
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    phrasings = sum(len(p) for table in tables.values() for p in table.values())
    held = sum(len(p) for table in unseen.values() for p in table.values())
    print(f"{len(COMPLAINTS)} complaints, {len(SYMPTOMS)} symptoms, {len(PLANS)} plan items, "
          f"{phrasings} phrasings ({held} only in the unseen half of the test)")
    print({split: len(content) for split, content in data.items()})


if __name__ == "__main__":
    main()
