"""Run the benchmarks, contestants side by side in one process, and report the results.

Results are compared before anything is timed. Each round times every contestant once, in turn. A ratio is the median over
rounds of a contestant's time divided by torch's in the same round, so that other load on the machine affects both. Times are
CPU time on one thread; wall time is in the JSON too.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import platform
import re
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np

from . import footprint, import_time
from .contestants import KINDS, contestants
from .timing import Times, interleave
from .workloads import (
    FURTHER,
    LEFT_OUT,
    MEMORY,
    PARTS,
    SMALL,
    SPELLINGS,
    TARGETS,
    WORKLOADS,
    chain_of,
    small_arrays,
    tape_names,
)

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
TABLE = HERE.parent / "docs" / "performance-results.md"
US, THEM = "arrayad", "torch"
OPERATIONS = {
    "Small operations": (SMALL, False),
    "Small operations, recorded": (SMALL, True),
    "Further operations": (FURTHER, False),
    "Further operations, recorded": (FURTHER, True),
}
Row = dict[str, Any]  # name; and by contestant: cpu and wall, or cost (minima); ratio to torch


def compare(results: dict[str, list[Any]]) -> None:
    """Refuse to time programs with different results."""
    for who, other in results.items():
        for a, b in zip(results[US], other, strict=True):
            tolerance = 2e-3 if a.dtype == np.float32 else 1e-6
            scale = float(np.max(np.abs(a), initial=0))
            np.testing.assert_allclose(b, a, rtol=tolerance, atol=tolerance * scale, err_msg=f"{US} and {who} differ")


def timed(name: str, times: Times) -> Row:
    """A row of minima and of ratios to torch."""
    row: Row = {"name": name, "cpu": {}, "wall": {}}
    for who in times.cpu:
        row["cpu"][who], row["wall"][who] = min(times.cpu[who]), min(times.wall[who])
    if THEM in times.cpu:
        row["ratio"] = {who: times.ratio(who, THEM) for who in times.cpu}
    return shown(row)


def measured(name: str, costs: dict[str, float]) -> Row:
    """A row of costs other than time in this process."""
    ratio = {who: cost / costs[THEM] for who, cost in costs.items()} if THEM in costs else {}
    return shown({"name": name, "cost": costs, "ratio": ratio})


def shown(row: Row) -> Row:
    """Print a row as soon as it is measured, and return it."""
    ratios = row.get("ratio", {})
    costs = row.get("cpu") or row["cost"]
    cells = [f"{who} {costs[who]:.3g}" + (f" ({ratios[who]:.2f})" if who in ratios else "") for who in costs]
    print(f"{row['name']:22} " + "   ".join(cells), flush=True)
    return row


def small_operations(statements: dict[str, str], libs: list[Any], rounds: int, only: str, tracked: bool) -> list[Row]:
    """Time statements on tensors that record nothing, or on tensors that require a gradient."""
    rows = []
    # Raw NumPy records nothing, and HIPS autograd and JAX record only inside a transform.
    libs = [lib for lib in libs if hasattr(lib, "leaf")] if tracked else libs
    for name, statement in statements.items():
        if not re.search(only, name):
            continue
        programs, results = {}, {}
        for lib in libs:
            names = {"xp": lib.xp}
            for key, value in small_arrays().items():
                names[key] = lib.leaf(value) if tracked and value.dtype.kind == "f" else lib.array(value)
            program = SPELLINGS.get((lib.name, name), statement)
            programs[lib.name] = (program, names)
            results[lib.name] = [lib.numpy(eval(program, names))]
        compare(results)
        rows.append(timed(name, interleave(programs, rounds)))
    return rows


def parts(rounds: int) -> list[Row]:
    """Time the parts of a small operation that arrayad adds to NumPy."""
    names = tape_names()
    return [timed(name, interleave({US: (statement, names)}, rounds)) for name, statement in PARTS.items()]


def workloads(libs: list[Any], rounds: int, only: str) -> list[Row]:
    """Time the whole computations."""
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
        compare(results)
        rows.append(timed(name, interleave(steps, rounds)))
    return rows


def scaling(libs: list[Any], rounds: int, largest: int) -> list[Row]:
    """Time an operation and its backward in chains of growing length."""
    rows = []
    for power in range(2, largest + 1):
        length = 10**power
        steps = {lib.name: ("step()", {"step": chain_of(lib, length)}) for lib in libs if lib.name in (US, THEM)}
        times = interleave(steps, max(2, rounds // power))
        for series in (times.cpu, times.wall):
            for values in series.values():
                values[:] = [value / length for value in values]
        rows.append(timed(f"of 10^{power}", times))
    return rows


def footprints(names: list[str], runs: int) -> list[Row]:
    """Measure bytes of memory and disk, and seconds of the import."""
    names = [name for name in names if name in (US, THEM)]
    rows = [measured(f"peak memory: {w}", {n: float(footprint.peak_memory(n, w)) for n in names}) for w in MEMORY]
    times = [{name: import_time.once(name) for name in names} for _ in range(runs)]
    rows.append(measured("import", {name: statistics.median(t[name] for t in times) for name in names}))
    rows.append(measured("disk", {name: float(footprint.disk(name)) for name in names}))
    return rows


def mean_ratio(rows: list[Row]) -> float:
    """The geometric mean of arrayad's ratios to torch."""
    return math.exp(statistics.fmean(math.log(row["ratio"][US]) for row in rows))


# --- the table ---


_UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))


def _human(value: float, row: Row) -> str:
    if "cost" in row and row["name"] != "import":
        return f"{value / 1e6:.4g} MB"
    unit, scale = next((unit, scale) for unit, scale in _UNITS if value >= scale)
    return f"{value / scale:.3g} {unit}"


def markdown(report: dict[str, Any]) -> str:
    """The report as tables."""
    lines = [
        f"Written by `python -m benchmarks{report['options']}` on {report['date']}: {report['machine']}; "
        + ", ".join(f"{name} {version}" for name, version in report["versions"].items())
        + f". CPU time at one thread, the least of {report['rounds']} rounds; in brackets the ratio to torch, the median "
        "over rounds.",
        "",
    ]
    for title, rows in report["sections"].items():
        if not rows:
            continue
        names = list(dict.fromkeys(who for row in rows for who in row.get("cpu") or row["cost"]))
        lines += [f"### {title}", "", "| | " + " | ".join(names) + " | aim |", "|---|" + "---:|" * (len(names) + 1)]
        for row in rows:
            costs, ratios = row.get("cpu") or row["cost"], row.get("ratio", {})
            cells = []
            for who in names:
                ratio = f" ({ratios[who]:.2f})" if who in ratios and who != THEM else ""
                cells.append(_human(costs[who], row) + ratio if who in costs else "")
            aim = TARGETS.get(row["name"])
            lines.append(f"| {row['name']} | " + " | ".join(cells) + f" | {'' if aim is None else f'≤ {aim}'} |")
        if title in OPERATIONS and all("ratio" in row for row in rows):
            aim = f" ≤ {TARGETS[title]} |" if title in TARGETS else " |"
            lines.append(f"| **geometric mean of ratios** | {mean_ratio(rows):.2f} |" + " |" * (len(names) - 1) + aim)
        lines.append("")
    return "\n".join(lines)


def _machine() -> str:
    cpu = next((s.split(":")[1].strip() for s in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in s), "")
    return f"{cpu}, {platform.system()}, Python {platform.python_version()}"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="in two minutes: fewer rounds, shorter chains, torch alone")
    parser.add_argument("--only", default="", metavar="REGEX", help="operations and workloads whose names match")
    parser.add_argument("--against", nargs="*", default=list(KINDS), choices=list(KINDS), help="contestants; default: all")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} and docs/{TABLE.name}")
    options = parser.parse_args()
    rounds = 7 if options.quick else options.rounds
    names = [US, *(name for name in ([THEM] if options.quick else options.against) if name != US)]
    libs = contestants(names)
    only, whole = options.only, not options.only
    pair = [lib for lib in libs if lib.name in (US, THEM)]
    sections = {
        title: small_operations(statements, pair if statements is FURTHER else libs, rounds, only, tracked)
        for title, (statements, tracked) in OPERATIONS.items()
    }
    sections |= {
        "What a small operation is made of": parts(rounds) if whole else [],
        "Workloads": workloads(libs, rounds, only),
        "An operation and its backward, in chains": scaling(libs, rounds, 4 if options.quick else 6) if whole else [],
        "Memory, import and disk": footprints([lib.name for lib in libs], 5 if options.quick else 11) if whole else [],
    }
    for title, rows in sections.items():
        if title in OPERATIONS and rows and "ratio" in rows[0]:
            print(f"{title}: geometric mean of ratios {mean_ratio(rows):.2f}")
    if options.write:
        report = {
            "options": "".join(f" {word}" for word in sys.argv[1:]),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "machine": _machine(),
            "versions": {lib.name: lib.version for lib in libs},
            "rounds": rounds,
            "sections": sections,
        }
        RESULTS.write_text(json.dumps(report, indent=1) + "\n")
        TABLE.write_text(markdown(report))
