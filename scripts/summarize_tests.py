#!/usr/bin/env python3
"""Counts the results of one `swift test` run: summarize_tests.py LOG XML EXIT_CODE COUNTS.

Prints which tests failed, and which were skipped with their reasons; appends `PASSED FAILED` to the file
COUNTS, and ends with exit code 1 when anything failed.

With CI=true a skipped test counts as failed, except where its reason says that it needs data beside the
repository (`../shared`), which no clone has.
"""

import os
import re
import sys
import xml.etree.ElementTree as ElementTree

OUTSIDE_THE_REPOSITORY = "../shared"


def read_cases(path):
    """Yields (name, outcome, reason) of every test; outcome is passed, failed or skipped."""
    # A run that crashed leaves no file.
    if not os.path.exists(path):
        return
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            yield name, "failed", ""
        elif skipped is not None:
            yield name, "skipped", (skipped.text or "").strip()
        else:
            yield name, "passed", ""


def main():
    log_path, xml_path, exit_code, counts_path = sys.argv[1:]
    exit_code = int(exit_code)
    with open(log_path, encoding="utf-8", errors="replace") as log:
        cancelled = re.findall(r"Test (\S+) was cancelled.*?(?:: \"(.*)\")?$", log.read(), re.MULTILINE)
    cases = list(read_cases(xml_path))
    passed = [name for name, outcome, _ in cases if outcome == "passed"]
    failed = [name for name, outcome, _ in cases if outcome == "failed"]
    # A test that cancels itself appears among the passed ones of the XML.
    skipped = [(name, reason) for name, outcome, reason in cases if outcome == "skipped"]
    passed_count = max(0, len(passed) - len(cancelled))
    skipped += cancelled

    for name in failed:
        print(f"failed:  {name}")
    for name, reason in skipped:
        print(f"skipped: {name}: {reason or 'no reason given'}")
    problems = len(failed)
    if os.environ.get("CI") == "true":
        refused = [name for name, reason in skipped if OUTSIDE_THE_REPOSITORY not in reason]
        for name in refused:
            print(f"failed:  {name} (CI does not allow it to be skipped)")
        problems += len(refused)
    if not cases:
        print("no test results were written: the tests crashed or did not start")
    if exit_code != 0 or not cases:
        problems = max(problems, 1)
    print(f"{passed_count} passed, {problems} failed, {len(skipped)} skipped")
    with open(counts_path, "a", encoding="utf-8") as counts:
        counts.write(f"{passed_count} {problems}\n")
    sys.exit(1 if problems else 0)


main()
