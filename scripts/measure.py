#!/usr/bin/env python3
"""Runs a command and writes what it used: measure.py USAGE.json COMMAND…

USAGE.json gets `seconds` (wall clock) and `peak_memory_bytes` (largest resident size). The exit code is
that of the command; a command that a signal ended gives 128 + its number, as in a shell.
"""

import json
import resource
import subprocess
import sys
import time


def main():
    usage_path, command = sys.argv[1], sys.argv[2:]
    start = time.monotonic()
    code = subprocess.run(command, stdin=subprocess.DEVNULL).returncode
    usage = {
        "seconds": round(time.monotonic() - start, 2),
        # Linux counts in KiB.
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
    }
    with open(usage_path, "w", encoding="utf-8") as file:
        json.dump(usage, file)
    sys.exit(code if code >= 0 else 128 - code)


main()
