"""Write the table of differentiable functions, with the accuracy that the tests of rules measure.

    python -m tests.differentiation --output docs/differentiation.md

For every declared operation: the largest difference, relative to the size of the numbers, between its derivatives and
central differences (reverse) or its reverse derivatives (forward), over all its samples.
"""

from __future__ import annotations

import argparse
import datetime
import inspect
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import arrayad as xp
from arrayad.autograd.operation import operations

from .samples import SAMPLES
from .test_rules import forward, forward_over_reverse, reverse, reverse_twice


def measure(name: str) -> list[float]:
    """The worst differences for an operation in reverse, forward, reverse twice and forward over reverse."""
    worst = []
    for derivatives in (reverse, forward, reverse_twice, forward_over_reverse):
        pairs = [derivatives(sample) for sample in SAMPLES[name]]
        worst.append(max(abs(found - expected) / max(1.0, abs(found), abs(expected)) for found, expected in pairs))
    return worst


def convention(op: Any) -> str:
    """What the docstring's notes say about ties and singular points."""
    text = inspect.getdoc(op.call) or ""
    if op.kind == "elementwise":  # between the summary and the sections
        return " ".join(text.partition("\n\n")[2].partition("Parameters\n---")[0].split())
    notes = re.search(r"Notes\n-+\n(.*?)(\n\n[A-Z]\w+\n-+|\Z)", text, re.DOTALL)
    found = " ".join((notes.group(1) if notes else "").split())
    found = re.sub(r"^Differentiable(, in both modes and any order)?[.,;]? ?", "", found)
    return found[:1].upper() + found[1:]


def source(op: Any) -> str:
    """The source of the formula: a reference beside the rule, or the one at the top of its file."""
    for rule in op.rules:
        if rule is not None:
            comments = re.findall(
                r"# (.*(?:arXiv:|DLMF|\((?:19|20)\d\d\)|\b(?:19|20)\d\d\b).*)", inspect.getsource(rule.function)
            )
            if comments:
                return comments[0]
    if op.kind in ("linear", "multilinear"):
        return "transpose"
    if op.kind == "composite":
        return "its parts"
    return {"linear_algebra": _GILES}.get(op.function.__module__.rpartition(".")[2], "calculus")


_GILES = (
    'M. B. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation" (2008), '
    "elsewhere in this table Giles 2008"
)
INTRODUCTION = (
    "The largest relative difference over all samples: *reverse* and *second order* against central differences in float64 "
    "(whose own error is about 1e-9), *forward* and *forward over reverse* against reverse. Functions that are plain "
    "compositions of these (`diff`, `meshgrid`, `broadcast_arrays`, …) are differentiable because their parts are."
)


def page() -> str:
    """The page, in Markdown."""
    lines = [
        "<!-- written by: python -m tests.differentiation --output docs/differentiation.md -->",
        "",
        "# Differentiation by function",
        "",
        INTRODUCTION,
        "",
        f"arrayad {xp.__version__}, NumPy {np.__version__}, {datetime.date.today()}.",
        "",
        "| function | kind | reverse | forward | second order | forward over reverse |",
        "|---|---|---:|---:|---:|---:|",
    ]
    points, sources, others = [], [], []
    for op in sorted(operations.values(), key=lambda op: op.name):
        if op.name in SAMPLES:
            figures = " | ".join(f"{value:.0e}" if value else "0" for value in measure(op.name))
            lines.append(f"| `{op.name}` | {op.kind} | {figures} |")
            if convention(op):
                points.append(f"| `{op.name}` | {convention(op)} |")
            sources.append((source(op), f"`{op.name}`"))
        elif not op.function.__name__.startswith("_"):
            others.append((op.reason, f"`{op.name}`"))
    lines += ["", "## At ties and singular points", "", "| function | |", "|---|---|", *points]
    lines += ["", "## Sources of the rules", "", "| source | functions |", "|---|---|", *_grouped(sources)]
    return "\n".join([*lines, "", "## Not differentiable", "", "| why | functions |", "|---|---|", *_grouped(others), ""])


def _grouped(pairs: list[tuple[str, str]]) -> list[str]:
    """Rows of a table: a common entry, and the functions that share it."""
    return [f"| {key} | {', '.join(name for k, name in pairs if k == key)} |" for key in sorted({k for k, _ in pairs})]


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        parser.parse_args().output.write_text(page())


if __name__ == "__main__":
    main()
