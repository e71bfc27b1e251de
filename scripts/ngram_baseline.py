#!/usr/bin/env python3
"""Bits per byte of a Kneser-Ney n-gram model over token ids, as a baseline for a language model.

    graft tokenizer encode --tokenizer DIR --input train.jsonl --json > train.ids
    graft tokenizer encode --tokenizer DIR --input test.jsonl --json > test.ids
    python3 scripts/ngram_baseline.py train.ids test.ids --bytes N [--order 5] [--vocab V]

Each line of a file of ids is {"ids": […]}: a document. Modified Kneser-Ney with interpolation and three
discounts an order (Chen and Goodman 1999, equations 20 to 27); the lowest order is interpolated with the
uniform distribution over the vocabulary, so that every token has some probability. Documents begin with
order - 1 start symbols and end with a token that is predicted too. N is the number of bytes of the text of
test.ids: bits are divided by it, as for any model.
"""

import argparse
import collections
import json
import math


def documents(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line)["ids"] for line in file if line.strip()]


class KneserNey:
    START, END = -1, -2

    def __init__(self, train, order, vocabulary):
        self.order, self.vocabulary = order, vocabulary + 1  # the end of a document is a token too
        highest = collections.Counter()
        for document in train:
            ids = self.padded(document)
            for end in range(order, len(ids) + 1):
                highest[tuple(ids[end - order:end])] += 1
        # Below the highest order a count is how many different tokens come before.
        counts = [highest]
        for length in range(order - 1, 0, -1):
            continuation = collections.Counter()
            for gram in counts[0]:
                continuation[gram[1:]] += 1
            counts.insert(0, continuation)
        self.levels = [self.level(count) for count in counts]

    def padded(self, document):
        return [self.START] * (self.order - 1) + list(document) + [self.END]

    @staticmethod
    def level(counts):
        of = collections.Counter(count for count in counts.values() if count <= 4)
        discounts = [0.0, 0.5, 1.0, 1.5]  # where counts of counts are too few to estimate from
        if all(of[n] for n in (1, 2, 3, 4)):
            ratio = of[1] / (of[1] + 2 * of[2])
            estimates = [n - (n + 1) * ratio * of[n + 1] / of[n] for n in (1, 2, 3)]
            if all(0 < estimate <= n for n, estimate in zip((1, 2, 3), estimates)):
                discounts = [0.0] + estimates
        totals, kinds = collections.Counter(), collections.defaultdict(lambda: [0, 0, 0])
        for gram, count in counts.items():
            totals[gram[:-1]] += count
            kinds[gram[:-1]][min(count, 3) - 1] += 1
        weights = {
            context: sum(discounts[n] * kind[n - 1] for n in (1, 2, 3)) / totals[context]
            for context, kind in kinds.items()}
        return counts, discounts, totals, weights

    def probability(self, gram):
        result = 1 / self.vocabulary
        for length, (counts, discounts, totals, weights) in enumerate(self.levels, 1):
            part = gram[self.order - length:]
            total = totals.get(part[:-1], 0)
            if not total:
                break
            count = counts.get(part, 0)
            kept = max(0.0, count - discounts[min(count, 3)]) if count else 0.0
            result = kept / total + weights[part[:-1]] * result
        return result

    def bits(self, document):
        ids = self.padded(document)
        return -sum(
            math.log2(self.probability(tuple(ids[end - self.order:end])))
            for end in range(self.order, len(ids) + 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("--bytes", type=int, required=True)
    parser.add_argument("--order", type=int, default=5)
    parser.add_argument("--vocab", type=int, default=4096)
    arguments = parser.parse_args()
    model = KneserNey(documents(arguments.train), arguments.order, arguments.vocab)
    test = documents(arguments.test)
    bits = sum(model.bits(document) for document in test)
    tokens = sum(len(document) + 1 for document in test)
    print(json.dumps({
        "order": arguments.order, "tokens": tokens, "bits": round(bits, 3),
        "bits_per_token": round(bits / tokens, 4), "bits_per_byte": round(bits / arguments.bytes, 4)}))


if __name__ == "__main__":
    main()
