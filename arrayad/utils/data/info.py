"""Information for a worker about itself."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

__all__ = ["WorkerInfo", "get_worker_info", "here"]


class WorkerInfo(NamedTuple):
    """Information for a worker about itself.

    Attributes
    ----------
    id : int
        The index of this worker, from 0.
    num_workers : int
        The number of workers.
    seed : int
        A seed that depends on the loader's seed, the epoch in which the worker was started, and `id`. Samples have their own
        seeds, whichever worker makes them.
    dataset : dataset
        This worker's copy; for threads, the dataset shared by all.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


class _Here(threading.local):
    process: WorkerInfo | None = None  # in a worker process: a class attribute, visible to all its threads
    thread: WorkerInfo | None = None  # in a worker thread


here = _Here()


def get_worker_info() -> WorkerInfo | None:
    """Return the information for the calling worker; None outside workers.

    Examples
    --------
    >>> import arrayad as xp
    >>> print(xp.utils.data.get_worker_info())
    None
    """
    return here.thread or here.process
