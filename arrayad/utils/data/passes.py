"""A pass over a dataset: its tasks in order, and the batches that are made of them, here or by workers."""

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
    """The numbers and the indices of the batches of an epoch that are still to be made.

    Parameters
    ----------
    order : iterable or None
        The sampler; None for an iterable dataset, which has no indices and is always read from the start.
    key : int
        The seed of the epoch.
    done : int
        How many batches, the first ones, were made before.
    beyond : frozenset of int
        The numbers of later ones that were made before.
    """
    if order is None:
        yield from zip(itertools.count(), itertools.repeat(None))  # without an end
    # A sampler draws from a generator of the epoch's, so that a pass can be made again from its seed.
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
    """The indices of a batch, which a sampler may write the next ones over."""
    if hasattr(indices, "copy"):
        return indices.copy()
    return list(indices) if isinstance(indices, Iterator) else indices


def local(work: Work, todo: Iterator[tuple[int, Any]], key: int, skipped: int) -> Iterator[tuple[int, Any]]:
    """The batches of a pass with their numbers, made here; the first `skipped` ones of an iterable dataset are left out."""
    # Python's and NumPy's global generators are the whole process's: in a thread beside others they are left alone.
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
            yield number, batch.pop()  # kept by nobody here while the program uses it


class Run:
    """A pass with workers: gives them tasks, ahead of what is asked for, and the batches in their order.

    Parameters
    ----------
    work : Work
    todo : iterator
        Of the tasks.
    key : int
        The seed of the epoch.
    skipped : int
        How many batches, the first ones of an iterable dataset, are left out.
    in_order : bool
    timeout : float
        Seconds to wait for a batch; 0 for ever.
    pool : ProcessPool or ThreadPool
        The workers, which are this pass' alone.
    give_back : callable
        What the workers are given to at its end, if they are well.
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
        self._ahead = work.num_workers * work.prefetch_factor  # how many batches are made ahead
        self._in_order = in_order
        self._timeout = timeout or None
        self._pool = pool
        self._give_back = give_back
        self._dtype = get_default_dtype()
        self._run = pool.run = pool.run + 1
        self._indices: dict[int, Any] = {}  # of the batches that workers are at, to say so if one fails
        self._order: deque[int] = deque()  # the numbers of the batches that are under way or ready
        self._answers: dict[int, tuple[int, Answer]] = {}
        # How many tasks each worker has, of those that may be given more.
        self._workers: dict[int, int] = dict.fromkeys(range(work.num_workers), 0)
        self._owners: dict[int, int] = {}
        try:
            self._hand_out()
        except BaseException:
            self._pool.close(force=True)
            raise

    def _hand_out(self) -> None:
        """Give tasks to the workers till enough batches are under way, or no worker has room for more."""
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
        """The worker that has the least to do; of a stream, the next in turn, which must not depend on how fast they are."""
        if not self._stream:
            able = [worker for worker in self._workers if self._pool.has_room(worker)]
            new = [worker for worker in able if self._pool.is_new(worker)]  # so that all have soon grown as far as they will
            return min(new or able, key=self._workers.__getitem__, default=None)
        worker = next(iter(self._workers), None)
        if worker is None or not self._pool.has_room(worker):
            return None
        self._workers[worker] = self._workers.pop(worker)
        return worker

    def batches(self) -> Iterator[tuple[int, Any]]:
        """The batches with their numbers."""
        batches = self._batches()
        next(batches)  # so that it gives back the workers also if it is dropped before a batch is asked for
        return batches

    def _batches(self) -> Iterator[tuple[int, Any]]:
        healthy = False
        given = 0
        try:
            yield -1, None  # it has begun
            while (number := self._wait()) is not None:
                worker, answer = self._answers.pop(number)
                self._order.remove(number)
                del self._owners[number]
                if answer.kind == "end":
                    continue
                if self._stream:
                    # Numbers of batches count those that came to nothing at the end of a stream, so they are counted anew.
                    number, given = given, given + 1
                    if number < self._skipped:
                        self._pool.drop(worker, answer)
                        continue
                batch = [self._pool.content(worker, answer)]
                if answer.kind == "error":
                    batch = [Failed(*batch)]
                del answer
                self._hand_out()
                yield number, batch.pop()  # kept by nobody here while the program uses it
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
        """The number of the batch that is due, when it is there; None when there are no more."""
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
        if answer.run != self._run:  # of an epoch that was broken off
            self._pool.drop(worker, answer)
            return
        self._answers[answer.number] = worker, answer
        self._indices.pop(answer.number, None)
        if answer.kind == "end":
            self._workers.pop(worker, None)
        elif worker in self._workers:
            self._workers[worker] -= 1

    def _under_way(self) -> str:
        """What the workers are at, in words."""
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
