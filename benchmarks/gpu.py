"""Measure the cost of arrayad on a GPU beside CuPy, on which it is based, and PyTorch.

    python -m benchmarks.gpu [--rounds 20] [--calls 50] [--output FILE]

A figure is the wall time per call in a run of many calls, which ends with a wait for the GPU: the minimum over rounds, in
which the contestants take turns. Small arrays show the cost of launching, large ones that nothing is copied. Without a GPU,
one line says so.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import arrayad

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = {"10 x 10": 10, "2000 x 2000": 2000}
LAYERS = (784, 256, 10)
BATCH = 256


def tensors(xp: Any) -> tuple[dict[str, Callable[[], Any]], Callable[[], Any]]:
    """The workloads in arrayad or PyTorch, in names that both have, and the function that waits for the GPU."""
    work: dict[str, Callable[[], Any]] = {}
    for name, n in SIZES.items():
        x, y = (xp.rand(n, n, device="cuda") for _ in range(2))
        work[f"add, {name}"] = lambda x=x, y=y: x + y
        work[f"matmul, {name}"] = lambda x=x, y=y: x @ y
        t = xp.rand(n, n, device="cuda", requires_grad=True)
        work[f"exp(x * y).sum() and its gradient, {name}"] = lambda t=t, y=y: xp.autograd.grad(xp.exp(t * y).sum(), t)
    images, labels = xp.rand(BATCH, LAYERS[0], device="cuda"), xp.randint(0, LAYERS[-1], (BATCH, 1), device="cuda")
    weights = [(xp.randn(a, b, device="cuda") / math.sqrt(a)).requires_grad_() for a, b in pairwise(LAYERS)]

    def step() -> None:
        scores = xp.log_softmax(xp.relu(images @ weights[0]) @ weights[1], dim=-1)
        (-xp.take_along_dim(scores, labels, dim=1).mean()).backward()
        with xp.no_grad():
            for w in weights:
                w -= 0.01 * w.grad
                w.grad = None

    work["training step, 784-256-10, batch 256"] = step
    return work, xp.cuda.synchronize


def cupys() -> tuple[dict[str, Callable[[], Any]], Callable[[], Any]]:
    """The workloads that CuPy supports: those without gradients."""
    import cupy as cp

    work: dict[str, Callable[[], Any]] = {}
    for name, n in SIZES.items():
        x, y = (cp.random.random((n, n), dtype=np.float32) for _ in range(2))
        work[f"add, {name}"] = lambda x=x, y=y: x + y
        work[f"matmul, {name}"] = lambda x=x, y=y: x @ y
    return work, cp.cuda.runtime.deviceSynchronize


def contestants() -> dict[str, tuple[dict[str, Callable[[], Any]], Callable[[], Any]]]:
    """The installed contestants that have a GPU."""
    found = {"arrayad": tensors(arrayad), "CuPy": cupys()}
    try:
        import torch
    except ImportError:
        return found
    return found | ({"PyTorch": tensors(torch)} if torch.cuda.is_available() else {})


def measure(rounds: int, calls: int) -> dict[str, dict[str, float]]:
    """Seconds per call, by workload and contestant."""
    times: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(lambda: math.inf))
    found = contestants()
    for round_ in range(rounds + 1):
        for who, (work, wait) in found.items():
            for name, call in work.items():
                wait()
                start = time.perf_counter()
                for _ in range(calls):
                    call()
                wait()
                if round_:  # the first round compiles kernels
                    times[name][who] = min(times[name][who], (time.perf_counter() - start) / calls)
    return times


def table(times: dict[str, dict[str, float]]) -> str:
    """Microseconds per call, and arrayad's ratio to each contestant."""
    others = [who for who in ("CuPy", "PyTorch") if any(who in row for row in times.values())]
    lines = [
        f"| microseconds a call | arrayad | {' | '.join(f'{who} | ratio' for who in others)} |",
        f"|---|---:|{'---:|---:|' * len(others)}",
    ]
    for name, row in times.items():
        cells = [f"{row['arrayad'] * 1e6:.1f}"]
        for who in others:
            cells += [f"{row[who] * 1e6:.1f}", f"{row['arrayad'] / row[who]:.2f}"] if who in row else ["", ""]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--calls", type=int, default=50)
    parser.add_argument("--output", type=Path, help="write the table to this Markdown file as well")
    options = parser.parse_args()
    if not arrayad.cuda.is_available():
        print("arrayad on a GPU: skipped, for there is none, or no CuPy for it")
        return 0
    found = f"{arrayad.cuda.get_device_name()}\n\n{table(measure(options.rounds, options.calls))}\n"
    print(found)
    if options.output:
        options.output.write_text(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
