"""Measure `import arrayad` beside `import numpy` and other installed libraries: new interpreters, alternating.

    python -m benchmarks.import_time [--runs 15]

Prints each median time and its ratio to NumPy's.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys

CONTESTANTS = ("numpy", "arrayad", "array_api_compat.numpy", "array_api_strict", "torch")
# Bytecode is cached, as for users, even if this process is told not to.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def once(name: str) -> float:
    """Seconds of the import in a new interpreter, by its own clock."""
    code = f"from time import perf_counter as clock; start = clock(); import {name}; print(clock() - start)"
    done = subprocess.run([sys.executable, "-c", code], check=True, env=ENVIRONMENT, capture_output=True, text=True)
    return float(done.stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    names = [name for name in CONTESTANTS if importlib.util.find_spec(name.split(".")[0])]
    for name in names:
        once(name)  # compiles, and fills the disk cache
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(options.runs):
        for name in names:
            times[name].append(once(name))
    reference = statistics.median(times["numpy"])
    print(f"{'import':24} {'ms':>8} {'ratio':>7}")
    for name, values in times.items():
        cost = statistics.median(values)
        print(f"{name:24} {1000 * cost:8.1f} {cost / reference:7.2f}")


if __name__ == "__main__":
    main()
