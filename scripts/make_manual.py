#!/usr/bin/env python3
"""Writes the man pages: graft --experimental-dump-help | make_manual.py VERSION FOLDER.

One page for the program and one for each command, from the same texts as --help. The exit codes are
taken from README.md, where they are documented.
"""

import json
import pathlib
import re
import sys

README = pathlib.Path(__file__).resolve().parent.parent / "README.md"

ENVIRONMENT = [
    (
        "GRAFT_HOME",
        "Where a model that is given by name is looked for after ./checkpoints: in "
        "$GRAFT_HOME/checkpoints and in $GRAFT_HOME. Without it, ~/.local/share/graft is taken.",
    ),
    (
        "GRAFT_KERNELS",
        "The instruction set to compute with: portable, avx2 or avx512. Without it, the best of the processor.",
    ),
]
# The ones that occur in help texts; others become \[uXXXX].
SPECIAL = {"…": "...", "×": r"\[mu]", "–": r"\[en]", "²": r"\[S2]", "°": r"\[de]", "\u00a0": r"\ "}


def text(plain):
    """Plain text as roff text."""
    result = plain.replace("\\", r"\[rs]").replace("-", r"\-").replace("'", r"\[aq]").replace("`", r"\[ga]")
    result = "".join(SPECIAL.get(c, c if ord(c) < 128 else rf"\[u{ord(c):04X}]") for c in result)
    # A line that begins like a request is none.
    return re.sub(r"^\.", r"\\\&.", result, flags=re.MULTILINE)


def paragraphs(discussion):
    """The paragraphs of a discussion; blocks that are indented stay as they are."""
    for block in discussion.strip().split("\n\n"):
        lines = block.split("\n")
        heading = lines[0] if any(line.startswith("  ") for line in lines[1:]) else None
        yield ".PP"
        if heading is None:
            yield text(" ".join(lines))
            continue
        yield text(heading)
        yield from [".PP", ".RS 4", ".nf", *(text(line.removeprefix("  ")) for line in lines[1:]), ".fi", ".RE"]


def name_of(form):
    dashes = "--" if form["kind"] == "long" else "-"
    return text(dashes + form["name"])


def value_of(argument):
    return rf"\fI{text(argument['valueName'])}\fR" if argument["kind"] != "flag" else ""


def explanation(argument):
    parts = [argument.get("abstract", "")]
    notes = []
    if values := argument.get("allValues") or argument.get("allValueStrings"):
        notes.append("values: " + ", ".join(values))
    if default := argument.get("defaultValue"):
        notes.append(f"default: {default}")
    if notes:
        parts.append(f"({'; '.join(notes)})")
    return text(" ".join(part for part in parts if part))


def synopsis(command, path):
    words = [rf"\fB{text(' '.join(path))}\fR"]
    shown = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]
    if command.get("subcommands"):
        words.append(r"\fIcommand\fR")
    for argument in shown:
        if argument["kind"] == "positional":
            word = value_of(argument)
        elif argument["isOptional"]:
            continue
        else:
            word = rf"\fB{name_of(argument['preferredName'])}\fR {value_of(argument)}"
        words.append(word)
    words.append(r"[\fIoptions\fR]")
    return " ".join(words)


def options(command):
    for argument in command.get("arguments", []):
        if not argument.get("shouldDisplay", True):
            continue
        yield ".TP"
        if argument["kind"] == "positional":
            yield value_of(argument)
        else:
            names = ", ".join(rf"\fB{name_of(form)}\fR" for form in argument["names"])
            yield f"{names} {value_of(argument)}".rstrip()
        yield explanation(argument)


def exit_codes():
    section = README.read_text(encoding="utf-8").partition("## Exit codes\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([\d, ]+) \| (.+) \|$", section, re.MULTILINE)
    if not rows:
        sys.exit(f"{README}: no table of exit codes")
    for code, meaning in rows:
        yield from [".TP", rf"\fB{code}\fR", text(meaning)]


def page(command, path, version):
    title = "-".join(path)
    yield f'.TH {text(title.upper())} 1 "" "graft {version}" "graft"'
    yield from [".SH NAME", rf"{text(title)} \- {text(command['abstract'].rstrip('.'))}"]
    yield from [".SH SYNOPSIS", synopsis(command, path)]
    yield ".SH DESCRIPTION"
    yield from list(paragraphs(command.get("discussion") or command["abstract"]))[1:]
    if subcommands := pages_below(command):
        yield ".SH COMMANDS"
        for below in subcommands:
            name = text("-".join([*path, below["commandName"]]))
            yield from [".TP", rf"\fB{name}\fR(1)", text(below["abstract"])]
    yield from [".SH OPTIONS", *options(command)]
    yield ".SH ENVIRONMENT"
    for variable, meaning in ENVIRONMENT:
        yield from [".TP", rf"\fB{variable}\fR", text(meaning)]
    yield from [".SH EXIT STATUS", *exit_codes()]
    if len(path) > 1:
        yield from [".SH SEE ALSO", rf"\fB{path[0]}\fR(1)"]


def pages_below(command):
    return [
        below
        for below in command.get("subcommands", [])
        if below["commandName"] != "help" and below.get("shouldDisplay", True)
    ]


def commands(command, above=()):
    path = [*above, command["commandName"]]
    yield command, path
    for below in pages_below(command):
        yield from commands(below, path)


def main():
    version, folder = sys.argv[1:]
    root = json.load(sys.stdin)["command"]
    for command, path in commands(root):
        lines = "\n".join(page(command, path, version)) + "\n"
        (pathlib.Path(folder) / f"{'-'.join(path)}.1").write_text(lines, encoding="ascii")


main()
