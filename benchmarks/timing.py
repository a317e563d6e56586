"""Time contestants side by side."""

from __future__ import annotations

import gc
import math
import statistics
import time
import timeit
from typing import Any

ENOUGH = 0.02  # seconds per measurement


class Times:
    """Seconds per run, by contestant: a list with one figure per round, of CPU and of wall time."""

    def __init__(self, names: list[str]) -> None:
        self.cpu: dict[str, list[float]] = {name: [] for name in names}
        self.wall: dict[str, list[float]] = {name: [] for name in names}

    def ratio(self, name: str, reference: str, clock: str = "cpu") -> float:
        """The median over rounds of a contestant's time divided by the reference's in the same round."""
        times = getattr(self, clock)
        return statistics.median(a / b for a, b in zip(times[name], times[reference], strict=True))


def interleave(programs: dict[str, tuple[str, dict[str, Any]]], rounds: int) -> Times:
    """Time statements, each over its own names, alternating, with the garbage collector enabled as for users.

    The collector ignores objects from before: a user of one library does not have the other libraries' modules in the
    process, which are most of what a full collection would visit, for 0.1 s.
    """
    timers = {
        name: timeit.Timer(statement, "import gc; gc.enable()", timer=time.process_time, globals=names)
        for name, (statement, names) in programs.items()
    }
    counts = {}
    for name, timer in timers.items():
        timer.timeit(1)  # warm
        counts[name] = max(1, math.ceil(ENOUGH / max(timer.timeit(1), 1e-7)))
    times = Times(list(timers))
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for name, timer in timers.items():
            start = time.perf_counter()
            times.cpu[name].append(timer.timeit(counts[name]) / counts[name])
            times.wall[name].append((time.perf_counter() - start) / counts[name])
    gc.unfreeze()
    return times
