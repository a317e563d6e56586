"""The loader of batches."""

from __future__ import annotations

import copy
import os
import reprlib
import warnings
from typing import TYPE_CHECKING, Any, Generic

import numpy as np

from .collate import default_collate, default_convert
from .dataset import IterableDataset, StackDataset, Subset, TensorDataset
from .fetch import Failed
from .prefetch import moved_to, pinned
from .sampler import BatchSampler, RandomSampler, SequentialSampler
from ... import cuda
from ...arguments import flag_of
from ...devices import device as Device
from ...functions.random import Generator, default_generator, randint
from ...tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.context import BaseContext

    from typing_extensions import TypeVar

    from .dataset import Indexed
    from .pool import ProcessPool, ThreadPool
    from .worker import Work
    from ...devices import DeviceLike

    T_co = TypeVar("T_co", covariant=True, default=Any)  # the type of a batch: of the result of collate_fn
else:
    from typing import TypeVar

    T_co = TypeVar("T_co", covariant=True)

__all__ = ["DataLoader"]


_FIXED = frozenset(("dataset", "batch_size", "sampler", "batch_sampler", "drop_last", "num_workers", "persistent_workers"))


class _Position:
    """The position of a pass over a loader."""

    def __init__(self, epoch: int, done: int = 0, beyond: Iterable[int] = ()) -> None:
        self.epoch = epoch
        self.done = done  # number of batches returned without a gap before them
        self.beyond = set(beyond)  # numbers of batches returned before an earlier one was
        self.sampler: Any = None  # the state of the sampler before the pass
        self.started = False

    def __copy__(self) -> _Position:
        other = _Position(self.epoch, self.done, self.beyond)
        other.sampler, other.started = self.sampler, self.started
        return other

    def note(self, number: int) -> None:
        """Record that a batch was returned."""
        self.beyond.add(number)
        while self.done in self.beyond:
            self.beyond.remove(self.done)
            self.done += 1


class DataLoader(Generic[T_co]):
    """Iterates over the batches of a dataset, epoch after epoch.

    Parameters
    ----------
    dataset : Dataset, IterableDataset, sequence, numpy.ndarray or Tensor
        An object with a length and a sample for each index, or an iterable. A TensorDataset, an array or a Tensor is indexed
        once per batch.
    batch_size : int or None, optional
        The number of samples in a batch; None returns the samples themselves.
    shuffle : bool, optional
        Take the samples in a new random order each epoch.
    sampler : iterable of int, optional
        Another order of the samples.
    batch_sampler : iterable of list of int, optional
        The lists of indices that make the batches.
    num_workers : int, optional
        The number of workers that prepare batches in advance; 0 makes them in this process, one at a time.
    collate_fn : callable, optional
        Makes a batch from a list of samples. Default: `default_collate`; without batches `default_convert`.
    pin_memory : bool, optional
        Put the batches in page-locked memory, from which copies to a GPU can overlap with computation. Without a GPU it
        warns and does nothing.
    drop_last : bool, optional
        Drop a last, shorter batch.
    timeout : float, optional
        Seconds to wait for a batch from a worker; 0 means forever.
    worker_init_fn : callable, optional
        Called in each worker, with its index, before its first sample.
    multiprocessing_context : str or multiprocessing context, optional
        How to start worker processes: ``"fork"``, ``"forkserver"`` or ``"spawn"``; by default Python's choice. Or
        ``"thread"``: workers are threads of this process.
    generator : Generator, optional
        The source of the seed for order and samples, drawn once. Default: the generator that `manual_seed` seeds.
    prefetch_factor : int, optional
        How many batches each worker prepares in advance. Default: 2.
    persistent_workers : bool, optional
        Keep the workers, and what their datasets hold, from one epoch to the next.
    in_order : bool, optional
        Return the batches in the sampler's order, even if a later one is ready first.
    device : device, optional
        The device that Tensors of batches are moved to. The next batches are copied to a GPU while the program computes.

    Raises
    ------
    ValueError
        For arguments that are out of range or exclude each other.
    RuntimeError
        In the loop: if a worker dies, or returns no batch within `timeout`. An exception in a worker is raised in the loop,
        with the worker's traceback as a note.

    Notes
    -----
    The random numbers of a sample, drawn from arrayad, Python's ``random`` or ``numpy.random``, depend on the loader's seed,
    the epoch and the sample's index. So batches do not depend on the number of workers. In threads this holds only for
    arrayad's generators, since the others belong to the whole process. The seed is drawn when a loader is first iterated
    over, and again if the generator has been reseeded since.

    Examples
    --------
    >>> import arrayad as xp
    >>> for batch in xp.utils.data.DataLoader(xp.arange(5), batch_size=2):
    ...     print(batch)
    tensor([0, 1])
    tensor([2, 3])
    tensor([4])
    """

    def __init__(
        self,
        dataset: Indexed[Any],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], T_co] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: str | BaseContext | None = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        in_order: bool = True,
        device: DeviceLike | None = None,
    ) -> None:
        stream = isinstance(dataset, IterableDataset)
        for name, function in (("collate_fn", collate_fn), ("worker_init_fn", worker_init_fn)):
            if function is not None and not callable(function):
                raise TypeError(f"DataLoader(): {name} must be a function, not {type(function).__name__}")
        shuffle = flag_of(shuffle, "DataLoader", "shuffle")
        _check_order(stream, batch_size, shuffle, sampler, batch_sampler, drop_last)
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers, multiprocessing_context)
        if generator is not None and not isinstance(generator, Generator):
            raise TypeError(f"DataLoader(): generator must be a Generator or None, got {type(generator).__name__}")
        if generator is not None and generator.device.type != "cpu":
            raise ValueError(f"DataLoader(): generator must be on the CPU, got one on {generator.device}")
        threads = multiprocessing_context == "thread"
        if num_workers and not threads and _on_gpu(dataset):
            raise ValueError(
                "DataLoader(): worker processes cannot read tensors on a GPU; use num_workers=0 or "
                "multiprocessing_context='thread'"
            )
        if pin_memory and not cuda.is_available():
            warnings.warn("DataLoader(): pin_memory has no effect, since there is no GPU", UserWarning, stacklevel=2)
            pin_memory = False

        if batch_sampler is not None:
            batch_size = None
        batched = batch_sampler is not None or batch_size is not None
        if not stream:
            if sampler is None and batch_sampler is None:
                known: Any = dataset  # it must have a length, since the user has not given an order
                sampler = RandomSampler(known) if shuffle else SequentialSampler(known)
            if batch_size is not None and sampler is not None:
                batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset: Any = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = int(num_workers)
        self.collate_fn: Callable[[Any], Any] = collate_fn or (default_collate if batched else default_convert)
        self.pin_memory = pin_memory
        self.drop_last = drop_last
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self.device = None if device is None else Device(device)
        self._stream = stream
        self._batched = batched
        self._seed: int | None = None
        self._drawn_from: Any = None  # the sequence of numbers that the seed was drawn from
        self._position = _Position(0)
        self._pool: ProcessPool | ThreadPool | None = None  # workers that wait for the next epoch
        self._built = True

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and hasattr(self, "_built"):
            raise ValueError(f"DataLoader: {name} cannot be changed once the loader is made; make another")
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        # Workers stay with the original; a copy works without them.
        return {**self.__dict__, "_pool": None, "_drawn_from": None, "_position": copy.copy(self._position)}

    def __iter__(self) -> Iterator[T_co]:
        self._settle_seed()
        position = self._position
        if position.started:  # and left in the middle: go to the next epoch
            position = self._position = _Position(position.epoch + 1)
        position.sampler = self._sampler_state()
        position.started = True
        return _Iterator(self, position, self._source(position))

    def _source(self, position: _Position) -> Iterator[tuple[int, Any]]:
        """Yield the batches of a pass with their numbers, on their final device."""
        # The modules for making batches would take a tenth of the time of `import arrayad`.
        from . import passes, seeding, worker

        key = seeding.seed_of(self._seed, position.epoch)
        work = worker.Work(
            self.dataset,
            self._stream,
            self._batched,
            self.batch_size,
            self.drop_last,
            self.collate_fn,
            self.worker_init_fn,
            self.num_workers,
            self.prefetch_factor or 2,
        )
        todo = passes.tasks(self._order, key, position.done, frozenset(position.beyond))
        if self.num_workers == 0:
            source = passes.local(work, todo, key, position.done)
        else:
            pool = self._take_pool(work, key)
            run = passes.Run(work, todo, key, position.done, self.in_order, self.timeout, pool, self._give_back)
            source = run.batches()
        if self.pin_memory:
            source = pinned(source)
        return source if self.device is None else moved_to(self.device, source)

    def _take_pool(self, work: Work, key: int) -> ProcessPool | ThreadPool:
        """Return the waiting workers, or new ones; so iterators that run side by side have separate workers."""
        from . import pool

        waiting, self._pool = self._pool, None
        if waiting is not None and waiting.pid == os.getpid():  # not in a process that was forked while the loader existed
            return waiting
        if self.multiprocessing_context == "thread":
            return pool.ThreadPool(work, key)
        return pool.ProcessPool(work, key, self.multiprocessing_context)

    def _give_back(self, pool: ProcessPool | ThreadPool) -> None:
        """Take back workers whose pass is over."""
        if self.persistent_workers and self._pool is None:
            self._pool = pool
        else:
            pool.close(force=False)

    def __len__(self) -> int:
        """The number of batches of an epoch; for an iterable dataset, according to its length, if it has one."""
        if not self._stream:
            return len(self._order)  # TypeError without a length, as intended
        n = len(self.dataset)
        if self.batch_size is None:
            return n
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    # --- where it is ---

    def state_dict(self) -> dict[str, Any]:
        """Return the loader's position: the epoch and the batches returned so far, for the most recent iterator.

        Returns
        -------
        dict
            Contains numbers; small and picklable, with the sampler's own state if it has a ``state_dict``.

        Raises
        ------
        RuntimeError
            For an iterable dataset with workers and ``in_order=False``, where the batches returned depend on timing.

        Examples
        --------
        >>> import arrayad as xp
        >>> loader = xp.utils.data.DataLoader(xp.arange(6), batch_size=2, shuffle=True)
        >>> batches = iter(loader)
        >>> first = next(batches)
        >>> state = loader.state_dict()
        >>> rest = list(batches)
        >>> again = xp.utils.data.DataLoader(xp.arange(6), batch_size=2, shuffle=True)
        >>> again.load_state_dict(state)
        >>> [bool((x == y).all()) for x, y in zip(again, rest)]
        [True, True]
        """
        if self._stream and self.num_workers and not self.in_order:
            raise RuntimeError("state_dict(): an iterable dataset with workers can be resumed only with in_order=True")
        if self._seed is None:  # for an existing seed, only a pass checks whether the generator was reseeded
            self._settle_seed()
        position = self._position
        return {
            "seed": self._seed,
            "epoch": position.epoch,
            "batches": position.done,
            "beyond": sorted(position.beyond),
            "sampler": position.sampler if position.started else self._sampler_state(),
            "readers": max(self.num_workers, 1) if self._stream else None,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Make the next pass resume where `state_dict` was called, and later passes follow on; see the example there.

        Parameters
        ----------
        state : dict
            From a loader of the same dataset with the same batches. The number of workers may differ, except for an iterable
            dataset, whose batches depend on it. For such a dataset the earlier batches are made and discarded.

        Raises
        ------
        ValueError
            If it is not a state of a loader, or is from an iterable dataset read by another number of workers. The loader is
            then unchanged.
        """
        if not isinstance(state, dict) or set(state) != {"seed", "epoch", "batches", "beyond", "sampler", "readers"}:
            raise ValueError(f"load_state_dict(): expected what state_dict() gave, got {reprlib.repr(state)}")
        readers = max(self.num_workers, 1) if self._stream else None
        if state["readers"] != readers:
            raise ValueError(
                f"load_state_dict(): the state is from {_readers(state['readers'])}, but the loader has {_readers(readers)}"
            )
        if state["sampler"] is not None:
            self._innermost_sampler().load_state_dict(state["sampler"])
        self._seed, self._drawn_from = state["seed"], None
        self._position = _Position(state["epoch"], state["batches"], state["beyond"])

    @property
    def _order(self) -> Any:
        """The source of indices, of batches or of samples; None for an iterable dataset."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def _innermost_sampler(self) -> Any:
        """The sampler that may have a state; a BatchSampler has only that of its inner sampler."""
        sampler = self._order
        while type(sampler) is BatchSampler:
            sampler = sampler.sampler
        return sampler

    def _sampler_state(self) -> Any:
        sampler = self._innermost_sampler()
        return sampler.state_dict() if hasattr(sampler, "state_dict") and hasattr(sampler, "load_state_dict") else None

    def _settle_seed(self) -> None:
        """Draw the seed, if there is none yet, or the generator was reseeded since, which restarts at the first epoch."""
        numbers = (self.generator or default_generator("cpu"))._source
        if self._seed is None or (self._drawn_from is not None and self._drawn_from is not numbers):
            self._seed = int(randint(0, 2**63 - 1, (), generator=self.generator, device="cpu"))
            self._position = _Position(0)
        self._drawn_from = numbers


class _Iterator(Generic[T_co]):
    """The batches of one pass.

    Not a generator, whose frame would keep the last batch alive, and with it shared memory, while waiting for the next.
    """

    def __init__(self, loader: DataLoader[T_co], position: _Position, source: Iterator[tuple[int, T_co]]) -> None:
        self._loader = loader
        self._position = position
        self._source = source
        self._broken = False

    def __iter__(self) -> _Iterator[T_co]:
        return self

    def __next__(self) -> T_co:
        try:
            number, batch = next(self._source)
        except StopIteration:
            if self._broken:
                raise RuntimeError("DataLoader: this pass was broken off by an error; iterate over it again") from None
            if self._loader._position is self._position:
                self._loader._position = _Position(self._position.epoch + 1)
            raise
        except BaseException:  # a worker's end, or an interrupt: the position of the pass is kept
            self._broken = True
            raise
        self._position.note(number)
        if not isinstance(batch, Failed):
            return batch
        try:
            raise batch.error
        finally:
            del batch  # a reference cycle: the error has its traceback, which has this frame, which has the error


def _readers(count: int | None) -> str:
    return "a dataset with indices" if count is None else f"an iterable dataset read by {count}"


def _on_gpu(dataset: Any) -> bool:
    if isinstance(dataset, Tensor):
        return dataset.device.type != "cpu"
    if isinstance(dataset, TensorDataset):
        return any(x.device.type != "cpu" for x in dataset.tensors)
    if isinstance(dataset, Subset):
        return _on_gpu(dataset.dataset)
    return isinstance(dataset, StackDataset) and any(_on_gpu(x) for x in dataset._parts())


# --- argument checks ---


def _check_order(stream: bool, batch_size: Any, shuffle: Any, sampler: Any, batch_sampler: Any, drop_last: Any) -> None:
    if stream:
        for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
            if value is not None:
                raise ValueError(
                    f"DataLoader(): an IterableDataset has its own order, so {name} must be left out, got {value!r}"
                )
    if sampler is not None and shuffle:
        raise ValueError("DataLoader(): sampler and shuffle exclude each other")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError("DataLoader(): batch_sampler excludes batch_size, shuffle, sampler and drop_last")
    if batch_size is None and drop_last:
        raise ValueError("DataLoader(): drop_last needs a batch_size")
    if batch_size is not None and batch_sampler is None:
        BatchSampler((), batch_size, bool(drop_last))  # checks the batch size


def _check_workers(
    num_workers: Any, timeout: Any, prefetch_factor: Any, persistent_workers: Any, multiprocessing_context: Any
) -> None:
    if not isinstance(num_workers, (int, np.integer)) or isinstance(num_workers, bool) or num_workers < 0:
        raise ValueError(f"DataLoader(): num_workers must be an integer of at least 0, got {num_workers!r}")
    if not isinstance(timeout, (int, float)) or not timeout >= 0:
        raise ValueError(f"DataLoader(): timeout must be a number of at least 0, got {timeout!r}")
    if prefetch_factor is not None and (not isinstance(prefetch_factor, int) or prefetch_factor < 1):
        raise ValueError(f"DataLoader(): prefetch_factor must be a positive integer, got {prefetch_factor!r}")
    if num_workers == 0:
        for name, value in (
            ("timeout", timeout or None),
            ("prefetch_factor", prefetch_factor),
            ("persistent_workers", persistent_workers or None),
            ("multiprocessing_context", multiprocessing_context),
        ):
            if value is not None:
                raise ValueError(f"DataLoader(): {name} needs workers, and num_workers is 0")
        return
    import multiprocessing
    from multiprocessing.context import BaseContext

    methods = [*multiprocessing.get_all_start_methods(), "thread"]
    if isinstance(multiprocessing_context, str):
        if multiprocessing_context not in methods:
            raise ValueError(
                f"DataLoader(): multiprocessing_context must be one of {', '.join(methods)}, got {multiprocessing_context!r}"
            )
    elif not (multiprocessing_context is None or isinstance(multiprocessing_context, BaseContext)):
        raise TypeError(
            "DataLoader(): multiprocessing_context must be a string or a context of multiprocessing, got "
            f"{type(multiprocessing_context).__name__}"
        )
