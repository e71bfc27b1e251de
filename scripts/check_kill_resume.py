#!/usr/bin/env python3
"""Proves that a run which was killed ends with the bytes of one that was not: check_kill_resume.py

Each of --kills runs begins in a directory of its own, on a random number of threads, gets `kill -9` at a
random moment, and goes on with the same command on another random number of threads. The SHA-256 of its
adapter must be that of the run that nobody disturbed. A third of the kills and more are aimed at a save:
they come while an unfinished directory is there. Kills that come after the last step do not count and are
made again. With --damage, the newest state of every run that has two is damaged first, by turns cut,
changed in one bit, or without one of its files; the run must say so and go on from the one before.

    scripts/check_kill_resume.py                                   200 kills of a tiny model
    scripts/check_kill_resume.py --model smollm2 --kills 5 --steps 6 --data datasets/function_calls
    scripts/check_kill_resume.py --kills 30 --damage

The last line sums up; the exit code is 1 where a hash differs or too few kills hit a save.
"""

import argparse
import json
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TINY = ROOT / "Tests/Fixtures/Models/llama-bpe-tied/model-q8_0.gguf"
DAMAGES = ["cut", "bit", "file"]
# What an unfinished file or directory is called until it is moved into place.
UNFINISHED = re.compile(r"\..+\.(tmp|old)-\d+-[0-9a-z]+")


def tiny_rows(folder):
    path = folder / "train.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        for number in range(12):
            row = {"messages": [{"role": "user", "content": f"say {number}"},
                                {"role": "assistant", "content": f"it is {number}!"}]}
            file.write(json.dumps(row) + "\n")
    return path


class Run:
    """One training run, in processes that come and go."""

    def __init__(self, options, folder, data):
        self.options, self.folder = options, folder
        self.command = [
            options.graft, "train", "--model", options.model, "--data", str(data), "--output", str(folder),
            "--steps", str(options.steps), "--batch-size", "4", "--learning-rate", "5e-3",
            "--lora-dropout", "0.1", "--save-every", "1", "--keep", "2", "--max-length", "256", "--json", "--quiet"]

    def start(self, threads):
        return subprocess.Popen(
            self.command + ["--threads", str(threads)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, cwd=ROOT)

    def finish(self, threads):
        process = self.start(threads)
        output, error = process.communicate()
        if process.returncode != 0:
            sys.exit(f"{self.folder}: exit code {process.returncode}\n{error}")
        return json.loads(output)["adapter_sha256"], error

    def is_saving(self):
        for part in ("", "state", "checkpoints"):
            try:
                names = [entry.name for entry in (self.folder / part).iterdir()]
            except OSError:
                continue
            if any(UNFINISHED.fullmatch(name) for name in names):
                return True
        return False

    def steps_taken(self):
        try:
            return (self.folder / "metrics.jsonl").read_bytes().count(b"\n")
        except OSError:
            return 0

    def is_finished(self):
        try:
            return json.loads((self.folder / "run.json").read_text())["state"] == "finished"
        except (OSError, ValueError, KeyError):
            return False


def kill(run, threads, moment, aims):
    """Kills a process of the run; returns (killed, inside a save)."""
    process = run.start(threads)
    deadline = time.monotonic() + moment
    while process.poll() is None:
        now = time.monotonic()
        if now >= deadline and (not aims or run.is_saving()):
            break
        time.sleep(0 if aims and now >= deadline else min(0.001, max(deadline - now, 0)))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    killed = process.returncode == -signal.SIGKILL and not run.is_finished()
    # A kill after the last step proves nothing.
    killed = killed and run.steps_taken() < run.options.steps
    return killed, killed and run.is_saving()


def damage(run, kind, generator):
    """Damages the newest of two states; returns a word for it, or None where there are not two."""
    states = sorted((run.folder / "state").glob("step-*"), key=lambda path: int(path.name[5:]))
    if len(states) < 2:
        return None
    file = generator.choice(sorted(states[-1].iterdir()))
    content = bytearray(file.read_bytes())
    if kind == "cut":
        del content[len(content) * 2 // 3:]
    elif kind == "bit":
        content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
    if kind == "file":
        file.unlink()
    else:
        file.write_bytes(content)
    return f"{states[-1].name}/{file.name}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--graft", default=str(ROOT / ".build/release/graft"))
    parser.add_argument("--model", default=str(TINY))
    parser.add_argument("--data", help="rows to train on (default: twelve of its own)")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--inside", type=int, help="kills that must hit a save (default: three in ten)")
    parser.add_argument("--damage", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    least = options.kills * 3 // 10 if options.inside is None else options.inside
    generator = random.Random(options.seed)

    with tempfile.TemporaryDirectory(prefix="graft-kills-") as name:
        folder = pathlib.Path(name)
        data = options.data or tiny_rows(folder)
        start = time.monotonic()
        expected, _ = Run(options, folder / "straight", data).finish(2)
        duration = time.monotonic() - start
        count = dict.fromkeys(("kills", "inside", "late", "before", "equal", "fallbacks"), 0)
        while count["kills"] < options.kills:
            if count["late"] > 4 * options.kills + 20:
                sys.exit("most kills come after the last step: take more --steps")
            run = Run(options, folder / f"run-{count['kills']}-{count['late']}", data)
            aims = generator.random() < 0.6
            moment = generator.uniform(0, duration * (0.6 if aims else 0.9))
            killed, inside = kill(run, generator.randint(1, 4), moment, aims)
            if not killed:
                count["late"] += 1
                shutil.rmtree(run.folder, ignore_errors=True)
                continue
            count["kills"] += 1
            count["inside"] += inside
            count["before"] += run.steps_taken() == 0
            damaged = damage(run, DAMAGES[count["kills"] % 3], generator) if options.damage else None
            found, error = run.finish(generator.randint(1, 4))
            count["equal"] += found == expected
            count["fallbacks"] += damaged is not None and damaged in error
            if found != expected:
                print(f"kill {count['kills']}: {found}, expected {expected} (damaged: {damaged})\n{error}")
            if damaged and damaged not in error:
                print(f"kill {count['kills']}: nothing was said of {damaged}\n{error}")
                count["equal"] -= 1
            shutil.rmtree(run.folder, ignore_errors=True)
    print(
        f"{count['kills']} kills, {count['inside']} inside a save, {count['before']} before the first step, "
        f"none after the last ({count['late']} that were late were made again); "
        f"{count['equal']} final hashes equal {expected[:12]}"
        + (f"; {count['fallbacks']} damaged states were met by the one before" if options.damage else ""))
    sys.exit(0 if count["equal"] == count["kills"] and count["inside"] >= least else 1)


main()
