"""Practice rows for base_text.py: short conversations whose answer copies spans of the request.

A small model that only ever read stories learns values by heart and does not look them up in the request. These rows cannot be
learnt by heart: their spans are drawn anew for each row, from words of the stories, made-up names and numbers. They are
written here, share no wording with the datasets of this repository, and are seeded.
"""

import json
import random

SYLLABLES = "ba be bo ca co da de di do fa fe fi ga go ha hi ja ka ki ko la le li lo ma me mi mo na ne ni no pa pe ra re ri ro " \
    "sa se si so ta te ti to va ve vi wa wi ya yo za zo bran crel dorn fen gris hult jond kest lin mur nast pril quen rast " \
    "stel trom und vart wex".split()
KEYS = "colour size owner place title from to first second third left right thing part word note code label value kind shape " \
    "reason goal object person sound weight start finish middle".split()


class Spans:
    def __init__(self, words, generator):
        self.words, self.generator = words, generator

    def name(self):
        g = self.generator
        return "".join(g.choice(SYLLABLES) for _ in range(g.randint(2, 3))).capitalize()

    def number(self):
        g = self.generator
        return g.choice([
            str(g.randint(0, 20)), str(g.randint(20, 999)), f"{g.randint(0, 23):02}:{g.randint(0, 59):02}",
            f"{g.randint(1, 99)}.{g.randint(0, 99):02}"])

    def phrase(self):
        g = self.generator
        words = [g.choice(self.words) for _ in range(g.randint(1, 4))]
        if g.random() < 0.25:
            words[g.randrange(len(words))] = self.name()
        if g.random() < 0.2:
            words = [word.capitalize() for word in words]
        if g.random() < 0.2:
            words.insert(0, g.choice(["the", "a", "my", "our"]))
        return " ".join(words)

    def any(self):
        return self.generator.choices(
            [self.phrase, self.name, self.number, lambda: f"{self.name()} {self.name()}"], [6, 2, 1, 1])[0]()


def as_json(value):
    return json.dumps(value, ensure_ascii=False)


def repeat(s, g):
    span = s.any()
    return g.choice([f"Repeat: {span}", f"Say {span}.", f"Write down {span}, please."]), span


def pair(s, g):
    a, b = s.any(), s.any()
    return f"Swap: {a} / {b}", f"{b} / {a}"


def mapping(s, g):
    keys = g.sample(KEYS, g.randint(1, 4))
    value = {key: s.any() for key in keys}
    parts = [g.choice([f"{key} is {value[key]}", f"{key}: {value[key]}", f"{value[key]} is the {key}"]) for key in keys]
    g.shuffle(parts)
    order = [key for key in KEYS if key in value]
    return "; ".join(parts), as_json({key: value[key] for key in order})


def ordered(s, g):
    keys = g.sample(KEYS, g.randint(2, 3))
    values = [s.any() for _ in keys]
    request = f"Keys {', '.join(keys)}. Values {' | '.join(values)}."
    return request, as_json(dict(zip(keys, values)))


def listing(s, g):
    items = [s.phrase() for _ in range(g.randint(2, 4))]
    return f"Make a list: {', '.join(items[:-1])} and {items[-1]}.", as_json(items)


def nested(s, g):
    key = g.choice(KEYS)
    name, value = s.name(), s.any()
    return f"{name}, and its {key} is {value}.", as_json({"name": name, "about": {key: value}})


def question(s, g):
    people = [s.name() for _ in range(g.randint(1, 3))]
    things = [s.phrase() for _ in people]
    verb, asked = g.choice([("has", "have"), ("wants", "want"), ("found", "find"), ("lost", "lose"), ("sees", "see")])
    told = " ".join(f"{person} {verb} {thing}." for person, thing in zip(people, things))
    place = g.randrange(len(people))
    did = "did" if verb in ("found", "lost") else "does"
    return f"{told} What {did} {people[place]} {asked}?", things[place]


def after(s, g):
    words = g.sample(s.words, g.randint(4, 9))
    place = g.randrange(len(words) - 1)
    return f"{' '.join(words)}. What comes after {words[place]}?", words[place + 1]


def rows(words, count, seed):
    generator = random.Random(seed)
    spans = Spans(words, generator)
    kinds = [repeat, pair, mapping, mapping, ordered, listing, nested, question, after]
    for _ in range(count):
        request, answer = generator.choice(kinds)(spans, generator)
        yield {"messages": [{"role": "user", "content": request}, {"role": "assistant", "content": answer}]}
