#!/usr/bin/env python3
"""Refuses imports that go up, or across, a floor.

The table below is the only list of floors. A target imports only targets of floors below its own; what
comes from outside may be imported only by the targets named here. `Package.swift` must agree: every
import is a declared dependency, and every declared dependency is allowed.
"""

import json
import pathlib
import re
import subprocess
import sys

FLOORS = {
    0: ["COpenBLAS", "CKernels", "CPeaks"],
    1: ["TensorCore", "SafeIO"],
    2: ["Tokenization", "Autodiff", "ModelFiles", "Charts"],
    3: ["Datasets", "NN", "Constraints"],
    4: ["Models", "Adapters", "Optimizers"],
    5: ["Training", "Inference"],
    6: ["Evaluation"],
    7: ["Verification"],
    8: ["Server"],
    9: ["graft", "Benchmarks"],
}

# Pairs that the floors would allow, with the reason why they are refused all the same.
NEVER = {
    ("Tokenization", "TensorCore"): "text has no tensors",
    ("Datasets", "TensorCore"): "it hands out token ids and masks, not tensors",
    ("Datasets", "Autodiff"): "it hands out token ids and masks, not tensors",
    ("Datasets", "ModelFiles"): "rows know nothing of weights",
    ("NN", "ModelFiles"): "layers do not know how they are stored",
    ("NN", "Tokenization"): "layers see ids, not text",
    ("Adapters", "Tokenization"): "adapters know layers, not text",
    ("Evaluation", "Training"): "it measures what is there and changes nothing",
}

# Who may import a module that is not an ordinary library of ours.
ONLY_IN = {
    "COpenBLAS": {"TensorCore", "Benchmarks"},
    "CKernels": {"TensorCore", "TensorCoreTests", "Inference", "InferenceTests"},
    "CPeaks": {"Benchmarks"},
    "Crypto": {"SafeIO"},
    "Logging": {"graft", "Server", "ServerTests"},
    "Hummingbird": {"Server", "ServerTests"},
    "HummingbirdCore": {"Server"},
    "HummingbirdTesting": {"ServerTests"},
    "NIOCore": {"Server", "ServerTests"},
    "NIOHTTP1": {"Server"},
    "HTTPTypes": {"Server", "ServerTests"},
    "ArgumentParser": {"graft", "Benchmarks"},
    "Yams": {"graft"},
}

# Modules that come with the toolchain and the system.
SYSTEM = {"Foundation", "FoundationEssentials", "FoundationNetworking", "Glibc", "Musl", "Darwin", "Dispatch", "Synchronization"}
ONLY_IN_TESTS = {"Testing"}

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias|actor)\s+)?(\w+)",
    re.MULTILINE,
)
BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
FLOOR_OF = {name: floor for floor, names in FLOORS.items() for name in names}


def refusal(target, module, is_test):
    """Why `target` must not depend on `module`, or None."""
    if module in ONLY_IN and target not in ONLY_IN[module]:
        return f"only {', '.join(sorted(ONLY_IN[module]))} may"
    if is_test or module not in FLOOR_OF:
        return None
    if FLOOR_OF[module] >= FLOOR_OF[target]:
        return f"floor {FLOOR_OF[target]} imports only floors below it; {module} is on floor {FLOOR_OF[module]}"
    return NEVER.get((target, module))


def declared_dependencies(target):
    for dependency in target["dependencies"]:
        for kind in ("byName", "target", "product"):
            if kind in dependency:
                yield dependency[kind][0]


def imports(folder):
    """Yields (path, line, module) of every import of the Swift files under `folder`."""
    for path in sorted(pathlib.Path(folder).rglob("*.swift")):
        text = path.read_text(encoding="utf-8")
        text = BLOCK_COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)
        for match in IMPORT.finditer(text):
            yield path, text.count("\n", 0, match.start(1)) + 1, match.group(1)


def main():
    dump = subprocess.run(["swift", "package", "dump-package"], capture_output=True, text=True)
    if dump.returncode != 0:
        sys.exit(f"Package.swift cannot be read:\n{dump.stderr}")
    problems = []
    for target in json.loads(dump.stdout)["targets"]:
        name = target["name"]
        is_test = target["type"] == "test" or name == "TestSupport"
        if not is_test and name not in FLOOR_OF:
            problems.append(f"Package.swift: target {name} stands on no floor; add it to scripts/check_imports.py")
            continue
        declared = set(declared_dependencies(target))
        for module in sorted(declared):
            if reason := refusal(name, module, is_test):
                problems.append(f"Package.swift: {name} must not depend on {module}: {reason}")
        folder = target.get("path") or f"{'Tests' if is_test else 'Sources'}/{name}"
        allowed = declared | SYSTEM | (ONLY_IN_TESTS if is_test else set())
        for path, line, module in imports(folder):
            if reason := refusal(name, module, is_test):
                problems.append(f"{path}:{line}: {name} must not import {module}: {reason}")
            elif module not in allowed:
                problems.append(f"{path}:{line}: {module} is no declared dependency of {name}")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
