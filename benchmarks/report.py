"""The command: what is run, and how it is written down."""

from __future__ import annotations

import argparse
import math
import re
import statistics
from typing import Any

import numpy as np

from .contestants import contestants
from .timing import interleave
from .workloads import LEFT_OUT, SMALL, SPELLINGS, WORKLOADS, small_arrays

REFERENCE = "torch"


def _close(first: list[Any], other: list[Any]) -> None:
    for a, b in zip(first, other, strict=True):
        tolerance = 2e-3 if a.dtype == np.float32 else 1e-7
        np.testing.assert_allclose(b, a, rtol=tolerance, atol=tolerance * float(np.max(np.abs(a), initial=0)))


def _row(name: str, times: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name}
    for clock in ("cpu", "wall"):
        row[clock] = {who: min(values) for who, values in getattr(times, clock).items()}
        if REFERENCE in row[clock]:
            row[f"{clock}_ratio"] = {who: times.ratio(who, REFERENCE, clock) for who in row[clock]}
    return row


def small_operations(libs: list[Any], rounds: int, only: str) -> dict[str, list[dict[str, Any]]]:
    """The statements, on tensors that record nothing and on tensors that require a gradient."""
    arrays = small_arrays()
    sections: dict[str, list[dict[str, Any]]] = {}
    for title, tracked in (("small operations", False), ("small operations, recorded", True)):
        rows = sections[title] = []
        for name, statement in SMALL.items():
            if not re.search(only, name):
                continue
            programs, results = {}, {}
            for lib in libs:
                if tracked and not hasattr(lib, "leaf"):
                    continue
                if lib.name in ("jax", "autograd") and tracked:
                    continue  # their tape is one with the transform that asks for it
                make = lib.leaf if tracked else lib.array
                names = {key: (make if value.dtype.kind == "f" else lib.array)(value) for key, value in arrays.items()}
                program = SPELLINGS.get((lib.name, name), statement)
                programs[lib.name] = (program, {**names, "xp": lib.xp})
                results[lib.name] = [lib.numpy(eval(program, programs[lib.name][1]))]
            for other in results.values():
                _close(results["arrayad"], other)
            rows.append(_row(name, interleave(programs, rounds)))
            _print(rows[-1])
    return sections


def workloads(libs: list[Any], rounds: int, only: str) -> list[dict[str, Any]]:
    """The whole computations."""
    rows = []
    for name, workload in WORKLOADS.items():
        if not re.search(only, name):
            continue
        steps, results = {}, {}
        for lib in libs:
            if (lib.name, name) not in LEFT_OUT:
                step = workload(lib)
                results[lib.name] = [lib.numpy(value) for value in step()]
                steps[lib.name] = ("step()", {"step": step})
        for other in results.values():
            _close(results["arrayad"], other)
        rows.append(_row(name, interleave(steps, 3 if name == "depth" else rounds)))
        _print(rows[-1])
    return rows


def _print(row: dict[str, Any]) -> None:
    ratios = row.get("cpu_ratio", {})
    cells = [f"{who} {1e6 * t:.4g} us" + (f" ({ratios[who]:.2f})" if who in ratios else "") for who, t in row["cpu"].items()]
    print(f"{row['name']:18} " + "  ".join(cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="")
    parser.add_argument("--against", nargs="*", default=["torch"])
    o = parser.parse_args()
    libs = contestants(["arrayad", *o.against])
    s = small_operations(libs, o.rounds, o.only)
    for t, rows in s.items():
        if rows:
            print(t, "geomean", math.exp(statistics.fmean(math.log(r["cpu_ratio"]["arrayad"]) for r in rows)))
    workloads(libs, o.rounds, o.only)
