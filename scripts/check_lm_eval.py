#!/usr/bin/env python3
"""Compares lm-eval over HTTP with the offline evaluation of `graft evaluate`, item by item.

    scripts/check_lm_eval.py --data DIR [--tasks piqa,hellaswag] [--rows 200] [--model smollm2]
        [--reference FILE] [--graft .build/release/graft]

DIR has `TASK/test.jsonl` for each task, rows of `query`, `choices` and `gold`; lm-eval reads them from
there, nothing is downloaded. `--reference` is a JSON file with log-likelihoods of another
implementation. Needs the package `lm-eval` with its extra `api`. Exits with 1 where an item differs: by
more than 1e-3 nats a token, or in which choice is the most probable.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from served import Served

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

TASK = """task: graft_{name}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {file}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{query}}}}"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: gold
metric_list:
  - metric: acc
  - metric: acc_norm
"""


def offline(options, file):
    """The outcomes of `graft evaluate`, and its figures."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as predictions:
        done = subprocess.run(
            [options.graft, "evaluate", "--model", options.model, "--data", file, "--quiet", "--json",
             "--predictions", predictions.name], capture_output=True, text=True, check=True)
        rows = [json.loads(line) for line in pathlib.Path(predictions.name).read_text().splitlines()]
    return {row["id"]: row["base"] for row in rows}, json.loads(done.stdout)["base"]


def over_http(options, folder, names, address):
    """lm-eval's samples and figures."""
    import lm_eval
    from lm_eval.tasks import TaskManager

    result = lm_eval.simple_evaluate(
        model="local-completions",
        model_args={
            "model": "served", "base_url": address + "v1/completions", "num_concurrent": 1,
            "tokenizer_backend": "remote", "tokenized_requests": True, "batch_size": 8,
            "max_retries": 1, "timeout": 600,
        },
        tasks=[f"graft_{name}" for name in names], task_manager=TaskManager(
            include_path=folder, include_defaults=False),
        log_samples=True, bootstrap_iters=0)
    return result["samples"], result["results"], lm_eval.__version__


def best(values):
    return max(range(len(values)), key=lambda index: (values[index], -index))


def compare(name, samples, figures, own, own_figures):
    worst, differing = 0.0, []
    for sample in samples:
        doc, mine = sample["doc"], own[sample["doc"]["id"]]
        theirs = [response[0] for response in sample["filtered_resps"]]
        for a, b, count in zip(theirs, mine["loglikelihood"], mine["tokens"]):
            worst = max(worst, abs(a - b) / count)
        normalized = [value / len(choice) for value, choice in zip(theirs, doc["choices"])]
        if best(theirs) != mine["choice"] or best(normalized) != mine["choice_norm"]:
            differing.append(doc["id"])
    acc, norm = figures["acc,none"], figures["acc_norm,none"]
    print(f"{name}: {len(samples)} items, acc {acc:.4f}, acc_norm {norm:.4f}; offline "
          f"{own_figures['acc']:.4f}, {own_figures['acc_norm']:.4f}; largest difference "
          f"{worst:.2e} nats a token; choices that differ: {differing or 'none'}", flush=True)
    return (not differing and worst < 1e-3 and len(samples) == len(own)
            and abs(acc - own_figures["acc"]) < 1e-9
            and abs(norm - own_figures["acc_norm"]) < 1e-9)


def compare_reference(name, own, reference):
    """The same items as another implementation scored them."""
    shared = [item for item in reference["tasks"][name]["items"] if item["id"] in own]
    worst, differing = 0.0, 0
    for item in shared:
        mine = own[item["id"]]
        for a, b, count in zip(item["loglik"], mine["loglikelihood"], item["tokens"]):
            worst = max(worst, abs(a - b) / count)
        differing += best(item["loglik"]) != mine["choice"]
    versions = reference["versions"]
    print(f"{name}: {len(shared)} items in common with transformers {versions['transformers']}; largest "
          f"difference {worst:.2e} nats a token; choices that differ: {differing}", flush=True)
    return worst < 1e-3 and differing == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--tasks", default="piqa,hellaswag")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--reference")
    parser.add_argument("--graft", default=".build/release/graft")
    options = parser.parse_args()
    names = options.tasks.split(",")
    reference = json.loads(pathlib.Path(options.reference).read_text()) if options.reference else None
    good = True
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HF_HOME"] = folder + "/cache"
        files = {}
        for name in names:
            lines = pathlib.Path(options.data, name, "test.jsonl").read_text().splitlines()
            if reference:
                # Rows that the reference knows come first, so that there is something to compare.
                known = {item["id"] for item in reference["tasks"][name]["items"]}
                lines.sort(key=lambda line: json.loads(line)["id"] not in known)
            files[name] = f"{folder}/{name}.jsonl"
            pathlib.Path(files[name]).write_text("\n".join(lines[:options.rows]) + "\n")
            pathlib.Path(f"{folder}/{name}.yaml").write_text(TASK.format(name=name, file=files[name]))
        with Served(options.graft, options.model, "--name", "served", "--numerics", "exact") as server:
            samples, results, version = over_http(options, folder, names, server.address)
        print(f"lm-eval {version}")
        for name in names:
            own, figures = offline(options, files[name])
            good &= compare(name, samples[f"graft_{name}"], results[f"graft_{name}"], own, figures)
            if reference:
                good &= compare_reference(name, own, reference)
    print("every item agrees" if good else "items differ")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
