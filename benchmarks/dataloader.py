"""Compare the DataLoader with PyTorch's: the same data through both, in one run, alternating.

    python -m benchmarks.dataloader [--runs 7] [--memory] [--json FILE] [--markdown FILE]

For each case it measures the samples per second of both, or milliseconds to the first batch: the median of the runs; and the
median ratio of neighbouring runs, above 1 if arrayad is faster. With workers a run is an epoch. Without, it is some batches,
timed in CPU time, and there are ten times as many runs, so that other load on the machine affects both alike. Then it
measures the memory that ten epochs of 40 MB batches add to the processes, the maximum over the runs; with --memory only
this. PyTorch is optional: without it, only arrayad's figures are printed.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import multiprocessing
import os
import platform
import statistics
import time
import timeit
import zlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import arrayad as xp
from arrayad.utils import data as ours

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 64
LENGTH, WIDTH = 60_000, 784
ITEMS, MICROSECONDS = 6_400, 50
SOME = {"tensors": 200, "python": 10}  # batches per run without workers
EPOCHS, LARGE, LARGE_BATCHES = 10, (40, 1_000_000 // 4), 8


def work(data: bytes) -> None:
    """Compute a checksum of data, as if of a file being read.

    Unlike a wait by the clock, it takes the same CPU time on a busy machine; and it allocates nothing: the time of a loop
    over integers varies by a tenth with the state of the allocator's pools.
    """
    zlib.crc32(data)


def data_of(microseconds: float) -> bytes:
    """Data whose checksum takes the given time on an idle machine."""
    data = bytes(100_000)
    fastest = min(timeit.repeat(lambda: work(data), number=1, repeat=200))
    return bytes(round(len(data) * microseconds * 1e-6 / fastest))


class Busy:
    """A map-style dataset whose samples take some microseconds each."""

    def __init__(self) -> None:
        self.rows = np.random.default_rng(0).random((ITEMS, WIDTH), dtype=np.float32)
        self.data = data_of(MICROSECONDS)

    def __len__(self) -> int:
        return ITEMS

    def __getitem__(self, index: int) -> tuple[Any, int]:
        work(self.data)
        return self.rows[index], index % 10


class Large:
    """Samples of 1 MB, 40 to a batch."""

    def __len__(self) -> int:
        return LARGE[0] * LARGE_BATCHES

    def __getitem__(self, index: int) -> Any:
        return np.full(LARGE[1], index, np.float32)


def loaders(case: str, workers: int) -> dict[str, Any]:
    """A loader from each library for one case."""
    has_torch = importlib.util.find_spec("torch") is not None
    options = {"batch_size": LARGE[0] if case == "large" else BATCH, "shuffle": True, "num_workers": workers}
    made: dict[str, Any] = {}
    if case == "tensors":
        rng = np.random.default_rng(0)
        images, labels = rng.random((LENGTH, WIDTH), dtype=np.float32), rng.integers(0, 10, LENGTH)
        made["arrayad"] = ours.DataLoader(ours.TensorDataset(xp.asarray(images), xp.asarray(labels)), **options)
    else:
        dataset = Busy() if case == "python" else Large()
        made["arrayad"] = ours.DataLoader(dataset, **options)
    if has_torch:
        import torch
        from torch.utils import data as theirs

        if case == "tensors":
            dataset = theirs.TensorDataset(torch.from_numpy(images), torch.from_numpy(labels))
        made["torch"] = theirs.DataLoader(dataset, **options)
    return made


def epoch(loader: Any, batches: int | None = None, clock: Callable[[], float] = time.perf_counter) -> float:
    """Samples per second over an epoch, or over its first batches, by a given clock."""
    count = 0
    start = clock()
    for number, batch in enumerate(loader):
        count += len(batch[0] if isinstance(batch, list) else batch)
        if number + 1 == batches:
            break
    return count / (clock() - start)


def first(loader: Any) -> float:
    """Milliseconds to the first batch of an epoch."""
    start = time.perf_counter()
    iterator = iter(loader)
    next(iterator)
    taken = time.perf_counter() - start
    del iterator
    return 1000 * taken


def compare(measure: Any, made: dict[str, Any], runs: int) -> dict[str, list[float]]:
    """One figure per library and run, alternating; which library goes first alternates too."""
    values: dict[str, list[float]] = {name: [] for name in made}
    for loader in made.values():
        measure(loader)
    for turn in range(runs):
        for name in list(made)[:: 1 if turn % 2 else -1]:
            gc.collect()
            values[name].append(measure(made[name]))
    return values


def resident(pid: int) -> float:
    """The memory of a process in megabytes, including its share of shared memory."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no Pss of process {pid}")


def children() -> set[int]:
    """The processes started by this one, or by its fork server."""
    return {child.pid for child in multiprocessing.active_children() if child.pid is not None}


def growth(workers: int = 2) -> dict[str, float]:
    """The growth in megabytes of the parent, and of the worker that grows most, over ten epochs of 40 MB batches."""
    before = children()  # workers of earlier loaders, which are about to end
    loader = ours.DataLoader(Large(), batch_size=LARGE[0], shuffle=True, num_workers=workers, persistent_workers=True)
    sizes: list[dict[int, float]] = []
    for _ in range(EPOCHS + 1):
        for _batch in loader:
            pass
        del _batch
        gc.collect()
        sizes.append({pid: resident(pid) for pid in (os.getpid(), *(children() - before))})
    grown = {pid: sizes[-1][pid] - sizes[0][pid] for pid in sizes[0]}
    return {"parent": grown.pop(os.getpid()), "worker": max(grown.values())}


CASES = (
    ("TensorDataset 60,000 x 784 and labels, batches of 64, shuffled", "tensors", 0),
    ("TensorDataset 60,000 x 784 and labels, batches of 64, shuffled", "tensors", 2),
    ("Python dataset of 50 us a sample, batches of 64, shuffled", "python", 0),
    ("Python dataset of 50 us a sample, batches of 64, shuffled", "python", 2),
    ("batches of 40 MB", "large", 2),
)
FIRST = (
    ("first batch: TensorDataset", "tensors", 2),
    ("first batch: Python dataset", "python", 2),
)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for cases, measure, unit in () if options.memory else ((CASES, epoch, "samples/s"), (FIRST, first, "ms")):
        for name, case, workers in cases:
            if workers:
                values = compare(measure, loaders(case, workers), options.runs)
            else:
                values = compare(
                    partial(epoch, batches=SOME[case], clock=time.process_time), loaders(case, workers), 10 * options.runs
                )
            row: dict[str, Any] = {"case": name, "workers": workers, "unit": unit}
            row |= {library: statistics.median(found) for library, found in values.items()}
            if "torch" in values:
                pairs = zip(values["arrayad"], values["torch"], strict=True)
                row["ratio"] = statistics.median(a / b if unit == "samples/s" else b / a for a, b in pairs)
            rows.append(row)
            print(table([row], header=len(rows) == 1), flush=True)
    print("\nten epochs of 40 MB batches, 2 workers")
    growths = []
    for _ in range(options.runs):
        growths.append(growth())
        print(f"parent {growths[-1]['parent']:+.1f} MB, worker {growths[-1]['worker']:+.1f} MB", flush=True)
    grown = {name: max(found[name] for found in growths) for name in growths[0]}
    versions = {"python": platform.python_version(), "numpy": np.__version__, "cpus": os.cpu_count()}
    if importlib.util.find_spec("torch"):
        versions["torch"] = importlib.import_module("torch").__version__
    if options.json:
        result = {"versions": versions, "runs": options.runs, "rows": rows, "growth": growths}
        options.json.write_text(json.dumps(result, indent=1))
    if options.markdown:
        told = ", ".join(f"{name} {version}" for name, version in versions.items())
        options.markdown.write_text(
            "<!-- written by: python -m benchmarks.dataloader --markdown FILE -->\n\n"
            f"Medians of {options.runs} interleaved runs (without workers, ten times as many shorter runs, in CPU time); "
            f"{told}.\n\n"
            f"{table(rows, header=True)}\n\n"
            f"Ten epochs of 40 MB batches with 2 workers, in {options.runs} runs: the parent grows by "
            f"{grown['parent']:.1f} MB at most, a worker by {grown['worker']:.1f} MB.\n"
        )


def table(rows: list[dict[str, Any]], header: bool) -> str:
    """Rows in Markdown."""
    lines = ["| | workers | arrayad | PyTorch | ratio |", "|---|---:|---:|---:|---:|"] if header else []
    for row in rows:
        digits = 0 if row["unit"] == "samples/s" else 1
        figures = [f"{row[x]:,.{digits}f} {row['unit']}" if x in row else "" for x in ("arrayad", "torch")]
        ratio = f"{row['ratio']:.2f}" if "ratio" in row else ""
        lines.append(f"| {row['case']} | {row['workers']} | {' | '.join(figures)} | {ratio} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
