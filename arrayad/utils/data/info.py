"""What a worker knows of itself."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

__all__ = ["WorkerInfo", "get_worker_info", "here"]


class WorkerInfo(NamedTuple):
    """What a worker is told of itself.

    Attributes
    ----------
    id : int
        Which worker this is, from 0.
    num_workers : int
        How many there are.
    seed : int
        A seed that follows from the loader's, the epoch in which the worker was started, and `id`. Samples have seeds of
        their own, whichever worker makes them.
    dataset : dataset
        This worker's copy; with threads, the one that all share.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


class _Here(threading.local):
    process: WorkerInfo | None = None  # of a process that is a worker: a class attribute, which all its threads see
    thread: WorkerInfo | None = None  # of a thread that is one


here = _Here()


def get_worker_info() -> WorkerInfo | None:
    """What the worker that calls is told of itself; None outside workers.

    Examples
    --------
    >>> import arrayad as xp
    >>> print(xp.utils.data.get_worker_info())
    None
    """
    return here.thread or here.process
