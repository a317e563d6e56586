"""A pass over a dataset: its tasks in order, and the batches made for them, in this process or by workers."""

from __future__ import annotations

import itertools
import reprlib
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .fetch import END, Failed, listed
from .sampler import batches_of
from .seeding import Seeds
from .worker import Task
from ...dtypes import get_default_dtype

if TYPE_CHECKING:
    from collections.abc import Callable

    from .pool import ProcessPool, ThreadPool
    from .worker import Answer, Work

__all__ = ["Run", "local", "tasks"]


def tasks(order: Any, key: int, done: int, beyond: frozenset[int]) -> Iterator[tuple[int, Any]]:
    """Yield the numbers and the indices of the batches of an epoch that are still to be made.

    Parameters
    ----------
    order : iterable or None
        The sampler; None for an iterable dataset, which has no indices and is always read from the start.
    key : int
        The seed of the epoch.
    done : int
        How many batches from the start were made before.
    beyond : frozenset of int
        The numbers of later batches that were made before.
    """
    if order is None:
        yield from zip(itertools.count(), itertools.repeat(None))  # infinite
    # A sampler draws from a generator of the epoch, so that a pass can be repeated from its seed.
    seeds = Seeds("thread")
    seeds.begin(key)
    seeds.start("order")
    with seeds:
        batches = batches_of(order)
    for number in itertools.count():
        with seeds:
            try:
                indices = next(batches)
            except StopIteration:
                return
        if number >= done and number not in beyond:
            yield number, _kept(indices)


def _kept(indices: Any) -> Any:
    """The indices of a batch, copied since a sampler may reuse the list for the next batch."""
    if hasattr(indices, "copy"):
        return indices.copy()
    return list(indices) if isinstance(indices, Iterator) else indices


def local(work: Work, todo: Iterator[tuple[int, Any]], key: int, skipped: int) -> Iterator[tuple[int, Any]]:
    """Yield the batches of a pass with their numbers, made here, without the first `skipped` of an iterable dataset."""
    # Python's and NumPy's global generators belong to the whole process: outside the main thread they are left alone.
    fetcher = work.fetcher("main" if threading.current_thread() is threading.main_thread() else "thread")
    fetcher.begin(key)
    for number, indices in todo:
        batch: list[Any] = []
        try:
            batch.append(fetcher.fetch(indices))
        except Exception as error:  # noqa: BLE001  (whatever a user's code raises is raised where the batch would be)
            batch.append(Failed(error))
        if batch[0] is END:
            return
        if number >= skipped:
            yield number, batch.pop()  # no reference stays here while the program uses the batch


class Run:
    """A pass with workers: it gives them tasks in advance, and yields the batches in order.

    Parameters
    ----------
    work : Work
    todo : iterator
        Of the tasks.
    key : int
        The seed of the epoch.
    skipped : int
        How many batches at the start of an iterable dataset are dropped.
    in_order : bool
    timeout : float
        Seconds to wait for a batch; 0 means forever.
    pool : ProcessPool or ThreadPool
        The workers, which are used by this pass only.
    give_back : callable
        Takes the workers back at the end, if they are intact.
    """

    def __init__(
        self,
        work: Work,
        todo: Iterator[tuple[int, Any]],
        key: int,
        skipped: int,
        in_order: bool,
        timeout: float,
        pool: ProcessPool | ThreadPool,
        give_back: Callable[[Any], None],
    ) -> None:
        self._stream = work.stream
        self._todo = todo
        self._key = key
        self._skipped = skipped
        self._ahead = work.num_workers * work.prefetch_factor  # how many batches are prepared in advance
        self._in_order = in_order
        self._timeout = timeout or None
        self._pool = pool
        self._give_back = give_back
        self._dtype = get_default_dtype()
        self._run = pool.run = pool.run + 1
        self._indices: dict[int, Any] = {}  # of the batches in work, for error messages
        self._order: deque[int] = deque()  # the numbers of the batches in work or ready
        self._answers: dict[int, tuple[int, Answer]] = {}
        # The number of tasks of each worker that may get more.
        self._workers: dict[int, int] = dict.fromkeys(range(work.num_workers), 0)
        self._owners: dict[int, int] = {}
        try:
            self._hand_out()
        except BaseException:
            self._pool.close(force=True)
            raise

    def _hand_out(self) -> None:
        """Give tasks to the workers until enough batches are in work, or no worker has room for more."""
        while len(self._order) < self._ahead and (worker := self._next_worker()) is not None:
            task = next(self._todo, None)
            if task is None:
                self._workers.clear()
                break
            number, indices = task
            self._order.append(number)
            self._owners[number] = worker
            self._indices[number] = indices
            self._workers[worker] += 1
            wanted = number >= self._skipped
            self._pool.submit(worker, Task(self._run, self._key, number, indices, wanted, self._dtype))

    def _next_worker(self) -> int | None:
        """The least busy worker; for a stream, the next in turn, so that the order does not depend on their speed."""
        if not self._stream:
            able = [worker for worker in self._workers if self._pool.has_room(worker)]
            new = [worker for worker in able if self._pool.is_new(worker)]  # so that all soon have their full memory
            return min(new or able, key=self._workers.__getitem__, default=None)
        worker = next(iter(self._workers), None)
        if worker is None or not self._pool.has_room(worker):
            return None
        self._workers[worker] = self._workers.pop(worker)
        return worker

    def batches(self) -> Iterator[tuple[int, Any]]:
        """Yield the batches with their numbers."""
        batches = self._batches()
        next(batches)  # so that it takes back the workers even if it is dropped before the first batch
        return batches

    def _batches(self) -> Iterator[tuple[int, Any]]:
        healthy = False
        given = 0
        try:
            yield -1, None  # it has started
            while (number := self._wait()) is not None:
                worker, answer = self._answers.pop(number)
                self._order.remove(number)
                del self._owners[number]
                if answer.kind == "end":
                    continue
                if self._stream:
                    # At the end of a stream some tasks give no batch, so batches are renumbered.
                    number, given = given, given + 1
                    if number < self._skipped:
                        self._pool.drop(worker, answer)
                        continue
                batch = [self._pool.content(worker, answer)]
                if answer.kind == "error":
                    batch = [Failed(*batch)]
                del answer
                self._hand_out()
                yield number, batch.pop()  # no reference stays here while the program uses the batch
            healthy = True
        except GeneratorExit:
            healthy = True
            raise
        finally:
            if healthy:
                for worker, answer in self._answers.values():
                    self._pool.drop(worker, answer)
                self._give_back(self._pool)
            else:
                self._pool.close(force=True)

    def _wait(self) -> int | None:
        """Wait for the batch that is due and return its number; None when there are no more."""
        end = None if self._timeout is None else time.monotonic() + self._timeout
        while True:
            self._hand_out()
            if not self._order and not self._workers:
                return None
            if self._in_order:
                if self._order and self._order[0] in self._answers:
                    return self._order[0]
            elif self._answers:
                return next(iter(self._answers))
            remaining = None if end is None else max(0.0, end - time.monotonic())
            try:
                answers = self._pool.receive(remaining)
            except RuntimeError as error:
                error.add_note(self._under_way())
                raise
            if not answers:
                raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds: {self._under_way()}")
            for worker, answer in answers:
                self._take(worker, answer)

    def _take(self, worker: int, answer: Answer) -> None:
        if answer.run != self._run:  # from an epoch that was abandoned
            self._pool.drop(worker, answer)
            return
        self._answers[answer.number] = worker, answer
        self._indices.pop(answer.number, None)
        if answer.kind == "end":
            self._workers.pop(worker, None)
        elif worker in self._workers:
            self._workers[worker] -= 1

    def _under_way(self) -> str:
        """What the workers are doing, in words."""
        first: dict[int, int] = {}
        for number in self._order:
            if number not in self._answers:
                first.setdefault(self._owners[number], number)
        at = [
            f"{self._pool.describe(worker)} at batch {number}"
            + ("" if self._indices[number] is None else f" of the samples {reprlib.repr(listed(self._indices[number]))}")
            for worker, number in sorted(first.items())
        ]
        return f"waiting for {', '.join(at) or 'workers that are at batches of an epoch that was left'}"
