"""The work of a worker: batches for tasks, in a separate process or thread.

A task is ``(run, key, number, indices, wanted, dtype)``: the number of a batch in a run, which is one pass over the loader;
the seed of its epoch; the indices of its samples, None for an iterable dataset; whether the batch is wanted, or only skipped
on the way to where a loader resumes; the default dtype, which each process sets for itself. Each task has one answer,
``(run, number, kind, content)``. Once there is a task of a new run, batches of older runs are no longer made.
"""

from __future__ import annotations

import gc
import inspect
import os
import pickle
import signal
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from .collate import memory
from .fetch import END, MapFetcher, StreamFetcher
from .info import WorkerInfo, here
from .seeding import Seeds, seed_of
from .transport import Channel, Outbox
from ...dtypes import set_default_dtype
from ...functions.random import manual_seed

if TYPE_CHECKING:
    import queue
    import socket
    from collections.abc import Callable

    from .fetch import Fetcher
    from ...dtypes import DType

__all__ = ["Answer", "Task", "Work", "rebuild_error", "run_in_process", "run_in_thread"]

_WATCH = 1.0  # seconds between checks that the parent process still exists


class Task(NamedTuple):
    """A batch to make."""

    run: int
    key: int
    number: int
    indices: Any
    wanted: bool
    dtype: DType  # the default dtype of the pass


class Answer(NamedTuple):
    """The result of a task."""

    run: int
    number: int
    kind: str  # "batch", "passed" (not wanted, whether made or not), "end" (of an iterable dataset) or "error"
    content: Any


class Work(NamedTuple):
    """The common parameters of a loader's workers."""

    dataset: Any
    stream: bool  # whether the dataset is iterable
    batched: bool
    batch_size: int | None
    drop_last: bool
    collate_fn: Callable[[Any], Any]
    init: Callable[[int], None] | None
    num_workers: int
    prefetch_factor: int

    def fetcher(self, where: str, reader: int = 0) -> Fetcher:
        """The object that makes the batches."""
        seeds = Seeds(where)
        if self.stream:
            readers = max(self.num_workers, 1)
            return StreamFetcher(self.dataset, self.collate_fn, self.batch_size, self.drop_last, seeds, reader, readers)
        return MapFetcher(self.dataset, self.collate_fn, self.batched, seeds)


class _Worker:
    """The common part of workers in processes and in threads."""

    def __init__(self, work: Work, where: str, number: int, info: WorkerInfo) -> None:
        self._fetcher = work.fetcher(where, number)
        self._init = work.init
        self._number = number
        self._seed = info.seed
        self._run = -1
        # A description of an exception: the exception itself would keep the program's frames, and so the loader, alive.
        self._failed = ""

    def answer(self, task: Task) -> tuple[str, Any]:
        """Return the kind and the content of the answer to a task; an error as it was raised."""
        try:
            if self._init is not None:
                init, self._init = self._init, None
                self._initialize(init)
            if self._failed:
                raise RuntimeError(self._failed)
            if task.run != self._run:
                self._run = task.run
                self._fetcher.begin(task.key)
            batch = self._fetcher.fetch(task.indices)
        except Exception as error:  # noqa: BLE001  (whatever a user's code raises is the parent's to raise)
            return "error", error
        if batch is END:
            return "end", None
        return ("batch", batch) if task.wanted else ("passed", None)

    def _initialize(self, init: Callable[[int], None]) -> None:
        seeds = self._fetcher.seeds
        seeds.begin(self._seed)
        with seeds:
            seeds.start("worker_init_fn")
            try:
                init(self._number)
            except Exception as error:
                error.add_note(f"raised by worker_init_fn({self._number})")
                self._failed = f"worker_init_fn({self._number}) had failed before: {error!r}"
                raise


def run_in_process(work: Work, number: int, key: int, sock: socket.socket, inherited: list[socket.socket]) -> None:
    """The main function of a worker process.

    Parameters
    ----------
    work : Work
    number : int
        The index of the worker.
    key : int
        The seed of the first epoch.
    sock : socket
        This end of the connection.
    inherited : list of socket
        The sockets that a forked process has from its parent and must not keep open.
    """
    # A keyboard interrupt goes to all processes at once; only the parent reacts to it. Its handlers, which a forked process
    # has too, do not apply here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked until here
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    for other in inherited:
        other.close()
    # Memory from before the fork is shared with the parent page by page, until it is written to: exclude it from garbage
    # collection.
    gc.freeze()
    parent = os.getppid()
    sock.setblocking(True)
    channel, outbox, waiting = Channel(sock), Outbox(work.prefetch_factor), deque[Task]()
    memory.empty = outbox.empty
    type(here).process = info = WorkerInfo(number, work.num_workers, seed_of(key, "worker", number), work.dataset)
    manual_seed(info.seed)  # for draws between batches, say in the dataset's threads; after a fork all have the parent's
    worker = _Worker(work, "process", number, info)
    dtype: DType | None = None
    while not channel.ended:
        for message in channel.receive(0 if waiting else _WATCH):
            task, released = pickle.loads(message)
            outbox.release(released)
            waiting.append(task)
        if os.getppid() != parent:  # killed; other processes that it forked may still hold its end of the connection open
            return
        if waiting and not channel.ended:
            task = waiting.popleft()
            stale = waiting and waiting[-1].run != task.run
            if task.dtype != dtype:  # the program's has changed; otherwise a worker_init_fn's setting stays
                dtype = task.dtype
                set_default_dtype(dtype)
            kind, content = ("passed", None) if stale else worker.answer(task)
            try:
                _send(channel, outbox, task, kind, content, info)
            except ConnectionError:  # it is closed, perhaps while this waits for room
                return
            outbox.discard()
            del content  # its memory will be used for another batch


def _send(channel: Channel, outbox: Outbox, task: Task, kind: str, content: Any, info: WorkerInfo) -> None:
    fd = None
    if kind == "batch":
        try:
            content, fd = outbox.pack(content)
        except Exception as error:  # noqa: BLE001  (of the pickling of what a user's code gave)
            error.add_note("raised while pickling a batch, to send it from a worker process")
            kind, content = "error", error
    if kind == "error":
        content = _portable(content, info)
    try:
        channel.send(pickle.dumps(Answer(task.run, task.number, kind, content), protocol=5), fd)
    finally:
        if fd is not None:
            os.close(fd)


def run_in_thread(
    work: Work, number: int, key: int, tasks: queue.SimpleQueue[Task | None], answers: queue.SimpleQueue[tuple[int, Answer]]
) -> None:
    """The main function of a worker thread; a None among the tasks ends it."""
    here.thread = info = WorkerInfo(number, work.num_workers, seed_of(key, "worker", number), work.dataset)
    worker = _Worker(work, "thread", number, info)
    while (task := tasks.get()) is not None:
        try:
            kind, content = worker.answer(task)
        except BaseException as error:  # noqa: BLE001  (an exit would end this thread alone, and nobody would know)
            kind, content = "error", RuntimeError(f"{type(error).__name__} was raised in a worker thread: {error}")
            content.__cause__ = error
        if kind == "error":
            content.add_note(f"raised in DataLoader worker {number} (a thread)")
        answers.put((number, Answer(task.run, task.number, kind, content)))
        del content  # the batch must not stay alive here while this waits


# --- exceptions from one process to another ---


def _portable(error: Exception, info: WorkerInfo) -> tuple[bytes | None, str]:
    """Return a pickled exception, None if it cannot be pickled, and its traceback in words."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(os.path.dirname(__file__)):
        trace = trace.tb_next  # down to the user's code
    lines = traceback.format_exception(type(error), error, trace if trace is not None else error.__traceback__)
    text = f"raised in DataLoader worker {info.id} (pid {os.getpid()}):\n{''.join(lines)}"
    error.__traceback__ = None
    for candidate in (error, _Bare(error)):
        try:
            data = pickle.dumps(candidate)
            copy = pickle.loads(data)
            same = str(copy) == str(error) and _attributes(copy).keys() == _attributes(error).keys()
            if type(copy) is type(error) and (candidate is not error or same):
                return data, text
        except Exception:  # noqa: BLE001  (an exception's class may do anything when it is pickled)
            continue
    return None, text


class _Bare:
    """Create an exception without its constructor, whose arguments may differ from those it passes to `Exception`."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __reduce__(self) -> Any:
        attributes = {name: value for name, value in _attributes(self._error).items() if _pickles(value)}
        args = tuple(arg if _pickles(arg) else repr(arg) for arg in self._error.args)
        return _rebuild_bare, (type(self._error), args, attributes)


def _rebuild_bare(kind: type[Exception], args: tuple[Any, ...], attributes: dict[str, Any]) -> Exception:
    error = kind.__new__(kind, *args)
    error.args = args
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


def _attributes(error: Exception) -> dict[str, Any]:
    """The state of an exception, also that of Python's own classes, such as ``errno``; not an AttributeError's object."""
    own = {
        name: getattr(error, name, None)
        for kind in type(error).__mro__
        for name, attribute in vars(kind).items()
        if inspect.ismemberdescriptor(attribute) and not name.startswith("__") and name != "obj"
    }
    return {name: value for name, value in {**own, **vars(error)}.items() if value is not None}


def _pickles(value: Any) -> bool:
    try:
        pickle.loads(pickle.dumps(value))
    except Exception:  # noqa: BLE001  (a user's class may do anything when it is pickled)
        return False
    return True


def rebuild_error(portable: tuple[bytes | None, str]) -> Exception:
    """Rebuild an exception from another process, with the traceback there as a note."""
    data, text = portable
    error: Exception | None = None
    if data is not None:
        try:
            error = pickle.loads(data)
        except Exception:  # noqa: BLE001  (what could be rebuilt in the worker may not be here, after a spawn)
            error = None
    if error is None:
        return RuntimeError(f"an exception that cannot be rebuilt in this process was {text}")
    error.add_note(text)
    return error
