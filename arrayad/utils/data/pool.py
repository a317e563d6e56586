"""Workers, processes and threads that make batches, as seen from the main process."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import queue
import selectors
import signal
import socket
import threading
import time
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .transport import Channel, Inbox
from .worker import Answer, rebuild_error, run_in_process, run_in_thread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

    from .worker import Task, Work

__all__ = ["ProcessPool", "ThreadPool"]

_WATCH = 1.0  # seconds between checks that workers are alive, beside the closing of their connection, which tells at once
_GRACE = 0.2  # seconds that workers have to end before they are no longer waited for


@contextmanager
def _without_interrupts(context: BaseContext) -> Iterator[None]:
    """Start a process with the keyboard interrupt blocked, until it ignores the interrupt itself.

    Not for a forkserver, which this may start and which may then start processes for others too; and not on Windows.
    """
    if not hasattr(signal, "pthread_sigmask") or context.get_start_method() == "forkserver":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class ProcessPool:
    """Worker processes.

    There is no thread in the parent, so forking stays safe, and no lock that a killed worker could hold. A process is
    started with its first task, so that the first worker runs while others are still being started.

    Parameters
    ----------
    work : Work
    key : int
        The seed of the first epoch.
    context : multiprocessing context, str or None
    """

    def __init__(self, work: Work, key: int, context: BaseContext | str | None) -> None:
        self.run = 0  # the number of the current pass
        self._work = work
        self._key = key
        self._context = multiprocessing.get_context(context) if context is None or isinstance(context, str) else context
        self._selector = selectors.DefaultSelector()
        self._channels: dict[int, Channel] = {}
        self._processes: dict[int, BaseProcess] = {}
        self._inboxes = [Inbox(work.prefetch_factor) for _ in range(work.num_workers)]
        # Also if the pool is dropped without `close`, and at the end of the program.
        self.pid = os.getpid()
        self._end = weakref.finalize(self, _end, self.pid, self._selector, self._channels, self._processes)

    def has_room(self, worker: int) -> bool:
        """Whether a worker has memory for one more batch."""
        return self._inboxes[worker].has_room

    def is_new(self, worker: int) -> bool:
        """Whether a worker has not allocated all its memory yet."""
        return self._inboxes[worker].is_new

    def submit(self, worker: int, task: Task) -> None:
        """Give a worker a task."""
        message = pickle.dumps((task, self._inboxes[worker].claim()), protocol=5)
        channel = self._channels.get(worker)
        if channel is None:
            self._start(worker, message)
        else:
            channel.send(message)
            self._watch(worker)

    def _start(self, worker: int, message: bytes) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)
            channel = self._channels[worker] = Channel(ours)
            self._selector.register(channel, selectors.EVENT_READ, worker)
            channel.send(message)
            inherited = []
            if self._context.get_start_method() == "fork":
                inherited = [other.sock for other in self._channels.values()]
            process = self._context.Process(  # type: ignore[attr-defined]  # of a context of each kind
                target=run_in_process,
                args=(self._work, worker, self._key, theirs, inherited),
                name=f"DataLoader worker {worker}",
                daemon=True,
            )
            with _without_interrupts(self._context):
                process.start()
            self._processes[worker] = process
            self._watch(worker)

    def _watch(self, worker: int) -> None:
        """Also wait for the socket to accept more, if something could not be sent yet."""
        channel = self._channels[worker]
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if channel.has_unsent else 0)
        if self._selector.get_key(channel).events != events:
            self._selector.modify(channel, events, worker)

    def receive(self, timeout: float | None) -> list[tuple[int, Answer]]:
        """Return the answers that have come, with their workers; at least one, unless `timeout` seconds pass.

        Raises
        ------
        RuntimeError
            If a worker has died.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            wait = _WATCH if end is None else min(_WATCH, max(0.0, end - time.monotonic()))
            ready = self._selector.select(wait)
            answers = []
            for key, events in ready:
                channel: Any = key.fileobj
                if events & selectors.EVENT_WRITE:
                    channel.flush()
                    self._watch(key.data)
                if events & selectors.EVENT_READ:
                    answers += [(key.data, self._open(key.data, message)) for message in channel.receive()]
            if answers:
                return answers
            for worker, process in self._processes.items():
                if self._channels[worker].ended or (not ready and process.exitcode is not None):
                    raise RuntimeError(self._epitaph(worker))
            if end is not None and time.monotonic() >= end:
                return []

    def _open(self, worker: int, message: bytes) -> Answer:
        answer: Answer = pickle.loads(message)
        parcel = answer.content if answer.kind == "batch" else None
        fd = self._channels[worker].take_fd() if parcel is not None and parcel.size else None
        self._inboxes[worker].receive(parcel, fd)
        return answer

    def content(self, worker: int, answer: Answer) -> Any:
        """Return the batch or the exception of an answer."""
        if answer.kind == "error":
            return rebuild_error(answer.content)
        return self._inboxes[worker].unpack(answer.content)

    def drop(self, worker: int, answer: Answer) -> None:
        """Discard an answer."""
        if answer.kind == "batch":
            self._inboxes[worker].drop(answer.content)

    def describe(self, worker: int) -> str:
        """Describe a worker in words."""
        return f"worker {worker} (pid {self._processes[worker].pid})"

    def _epitaph(self, worker: int) -> str:
        process = self._processes[worker]
        process.join(_WATCH)
        code = process.exitcode
        if code is None:
            how = "closed its connection"
        elif code >= 0:
            how = f"exited with code {code}; its standard error may say why"
        else:
            name = next((f" ({s.name})" for s in signal.Signals if s == -code), "")  # real-time signals have no name
            how = f"was killed by signal {-code}{name}"
            if -code == signal.SIGKILL:
                how += "; the system kills processes so when memory runs out"
        return f"DataLoader {self.describe(worker)} {how}"

    def close(self, force: bool) -> None:
        """End the workers: idle ones at once, others after their current batch or, by force, now."""
        processes = list(self._processes.values())
        self._end()
        if os.getpid() != self.pid:  # in a process forked from the one that the workers belong to
            return
        if force:
            for process in processes:
                process.terminate()
            _join(processes, _WATCH)
            for process in processes:
                if process.is_alive():
                    process.kill()
        # A busy worker ends after its batch, or with this process, since it is a daemon.
        _join(processes, _GRACE)


def _join(processes: list[BaseProcess], seconds: float) -> None:
    end = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, end - time.monotonic()))


def _end(
    pid: int, selector: selectors.BaseSelector, channels: dict[int, Channel], processes: dict[int, BaseProcess]
) -> None:
    for channel in channels.values():
        channel.close(everywhere=os.getpid() == pid)  # a process forked from the pool's has a copy, and may drop it
    channels.clear()
    processes.clear()
    selector.close()


class ThreadPool:
    """Worker threads, which use the dataset directly and return the batches directly.

    Parameters
    ----------
    work : Work
    key : int
        The seed of the first epoch.
    """

    def __init__(self, work: Work, key: int) -> None:
        self.run = 0  # the number of the current pass
        self._answers: queue.SimpleQueue[tuple[int, Answer]] = queue.SimpleQueue()
        self._tasks: list[queue.SimpleQueue[Task | None]] = [queue.SimpleQueue() for _ in range(work.num_workers)]
        self._threads = [
            threading.Thread(
                target=run_in_thread,
                args=(work, i, key, tasks, self._answers),
                name=f"DataLoader worker {i}",
                daemon=True,
            )
            for i, tasks in enumerate(self._tasks)
        ]
        self.pid = os.getpid()
        self._end = weakref.finalize(self, _end_threads, self._tasks)
        try:
            for thread in self._threads:
                thread.start()
        except BaseException:  # there may be no more threads, or an interrupt came
            self._end()
            raise

    def has_room(self, worker: int) -> bool:
        """Always true: a worker can take one more task, since batches use the program's memory."""
        return True

    def is_new(self, worker: int) -> bool:
        """Always false: a worker has no memory of its own."""
        return False

    def submit(self, worker: int, task: Task) -> None:
        """Give a worker a task."""
        self._tasks[worker].put(task)

    def receive(self, timeout: float | None) -> list[tuple[int, Answer]]:
        """Return an answer that has come, with its worker, unless `timeout` seconds pass."""
        try:
            return [self._answers.get(timeout=timeout)]
        except queue.Empty:
            return []

    def content(self, worker: int, answer: Answer) -> Any:
        """Return the batch or the exception of an answer."""
        return answer.content

    def drop(self, worker: int, answer: Answer) -> None:
        """Discard an answer."""

    def describe(self, worker: int) -> str:
        """Describe a worker in words."""
        return f"worker {worker} (a thread)"

    def close(self, force: bool) -> None:
        """End the workers: idle ones at once, others after their current batch."""
        self._end()
        end = time.monotonic() + _GRACE
        for thread in self._threads:
            if thread.ident != threading.get_ident():  # the garbage collector may call this in one of them
                thread.join(max(0.0, end - time.monotonic()))
        while not self._answers.empty():  # an exception in one refers to its thread's frame, and that to the queue
            self._answers.get_nowait()


def _end_threads(tasks: list[queue.SimpleQueue[Any]]) -> None:
    for waiting in tasks:
        while not waiting.empty():  # answers that are no longer needed
            try:
                waiting.get_nowait()
            except queue.Empty:
                break
        waiting.put(None)
