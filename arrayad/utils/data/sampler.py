"""Samplers: the order in which a loader takes the samples."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from ...arguments import flag_of, integer_of
from ...functions.creation import asarray
from ...functions.random import Generator, multinomial, randint, randperm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Sized

__all__ = [
    "BatchSampler",
    "DistributedSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
    "batches_of",
]

T_co = TypeVar("T_co", covariant=True)


class Sampler(Iterable[T_co], Generic[T_co]):
    """Indices of samples, in some order: a subclass defines ``__iter__`` and, if possible, ``__len__``.

    If a sampler draws random numbers from arrayad's default generator, directly or through another sampler, these depend on
    the loader's seed and the epoch, so that a loader can resume. A sampler with its own state defines ``state_dict()`` and
    ``load_state_dict(state)``, which a loader calls before a pass over it.
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} needs an __iter__()")


class _Ordered(Sampler[Any]):
    """A sampler that knows its whole order at once, as a NumPy array, range or list, of which batches are slices."""

    generator: Generator | None = None

    def _order(self) -> Any:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        order = self._order()
        return iter(order.tolist() if isinstance(order, np.ndarray) else order)

    def state_dict(self) -> dict[str, Any]:
        """The state of its generator, if it has its own; otherwise a loader keeps the seed."""
        return {} if self.generator is None else {"generator": self.generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Return to a state from `state_dict`."""
        if self.generator is not None and "generator" in state:
            self.generator.set_state(state["generator"])


class SequentialSampler(_Ordered):
    """The indices in ascending order.

    Parameters
    ----------
    data_source : sized
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def _order(self) -> range:
        return range(len(self.data_source))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(_Ordered):
    """The indices in random order, or drawn with replacement.

    Parameters
    ----------
    data_source : sized
    replacement : bool, optional
    num_samples : int, optional
        The number of indices to draw. Default: all. Without replacement, more indices than there are are taken from one
        random permutation after another.
    generator : Generator, optional
        Default: the one that `manual_seed` seeds.

    Raises
    ------
    ValueError
        If `num_samples` is not positive.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        if num_samples is not None and not _is_positive(num_samples):
            raise ValueError(f"RandomSampler(): num_samples must be a positive integer, got {num_samples!r}")
        self.data_source = data_source
        self.replacement = flag_of(replacement, "RandomSampler", "replacement")
        self.generator = generator
        self._num_samples = num_samples

    @property
    def num_samples(self) -> int:
        """The number of indices in a pass."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def _order(self) -> Any:
        n, count = len(self.data_source), self.num_samples
        if n == 0:
            return np.empty(0, np.int64)
        if self.replacement:
            return randint(0, n, (count,), generator=self.generator, device="cpu").numpy()
        passes = [randperm(n, generator=self.generator, device="cpu").numpy() for _ in range(-(-count // n))]
        return (passes[0] if len(passes) == 1 else np.concatenate(passes))[:count]

    def __len__(self) -> int:
        return self.num_samples if len(self.data_source) else 0


class SubsetRandomSampler(_Ordered):
    """Given indices in random order.

    Parameters
    ----------
    indices : sequence
    generator : Generator, optional
        Default: the one that `manual_seed` seeds.
    """

    def __init__(self, indices: Sequence[Any], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def _order(self) -> list[Any]:
        return [self.indices[i] for i in randperm(len(self.indices), generator=self.generator, device="cpu").tolist()]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(_Ordered):
    """Indices drawn with given weights.

    Parameters
    ----------
    weights : sequence of float, array or Tensor
        One per sample, not negative; they need not add up to 1.
    num_samples : int
        The number of indices to draw.
    replacement : bool, optional
        Whether an index can be drawn repeatedly.
    generator : Generator, optional
        Default: the one that `manual_seed` seeds.

    Raises
    ------
    ValueError
        If `num_samples` is not positive; when the weights are used, if they are negative, all 0, or too few are positive.
    """

    def __init__(self, weights: Any, num_samples: int, replacement: bool = True, generator: Generator | None = None) -> None:
        if not _is_positive(num_samples):
            raise ValueError(f"WeightedRandomSampler(): num_samples must be a positive integer, got {num_samples!r}")
        if not isinstance(replacement, bool):
            raise ValueError(f"WeightedRandomSampler(): replacement must be a bool, got {replacement!r}")
        # float64, since weights of many samples are small
        self.weights = asarray(np.asarray(weights, np.float64), device="cpu")
        if self.weights.ndim != 1:
            raise ValueError(
                f"WeightedRandomSampler(): weights must be one-dimensional, got shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def _order(self) -> Any:
        return multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator).numpy()

    def __len__(self) -> int:
        return self.num_samples


class DistributedSampler(_Ordered):
    """The indices assigned to one of several processes that train together, each with its own loader.

    Parameters
    ----------
    dataset : sized
    num_replicas : int
        The number of processes. PyTorch's sampler can ask its process group; here the number is required.
    rank : int
        The index of this process, from 0.
    shuffle : bool, optional
        Take the samples in a new random order each epoch, the same for all processes.
    seed : int, optional
        The seed of that order; the same in all processes.
    drop_last : bool, optional
        Drop samples at the end so that all processes get the same number. Default: repeat the first ones.

    Raises
    ------
    ValueError
        If `rank` is not in ``[0, num_replicas)``.

    Notes
    -----
    Each pass is the next epoch; `set_epoch` selects a particular one. PyTorch's sampler repeats the same order unless it is
    told the epoch.

    Examples
    --------
    >>> import arrayad as xp
    >>> list(xp.utils.data.DistributedSampler(range(5), num_replicas=2, rank=1, shuffle=False))
    [1, 3, 0]
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise ValueError("DistributedSampler(): num_replicas and rank are required: there is no process group to ask")
        rank = integer_of(rank, "DistributedSampler", "rank")
        if not _is_positive(num_replicas) or not 0 <= rank < num_replicas:
            raise ValueError(f"DistributedSampler(): rank must be in [0, num_replicas), got {rank} of {num_replicas}")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.shuffle = flag_of(shuffle, "DistributedSampler", "shuffle")
        self.seed = integer_of(seed, "DistributedSampler", "seed")
        self.drop_last = flag_of(drop_last, "DistributedSampler", "drop_last")
        self.epoch = 0

    def _order(self) -> Any:
        n = len(self.dataset)
        if self.shuffle:
            order = randperm(n, generator=Generator().manual_seed(self.seed + self.epoch), device="cpu").numpy()
        else:
            order = np.arange(n)
        self.epoch += 1
        return np.resize(order, len(self) * self.num_replicas)[self.rank :: self.num_replicas]

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch of the next pass.

        Parameters
        ----------
        epoch : int
        """
        self.epoch = integer_of(epoch, "set_epoch", "epoch")

    def state_dict(self) -> dict[str, Any]:
        """The epoch of the next pass."""
        return {"epoch": self.epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Return to a state from `state_dict`."""
        self.epoch = state["epoch"]

    def __len__(self) -> int:
        n = len(self.dataset)
        return n // self.num_replicas if self.drop_last else -(-n // self.num_replicas)


class BatchSampler(Sampler[list[Any]]):
    """Groups another sampler's indices into lists of a given size.

    Parameters
    ----------
    sampler : iterable of int
    batch_size : int
    drop_last : bool
        Whether to drop a last, shorter batch.

    Raises
    ------
    ValueError
        If `batch_size` is not a positive integer.

    Examples
    --------
    >>> import arrayad as xp
    >>> list(xp.utils.data.BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        if not _is_positive(batch_size):
            raise ValueError(f"BatchSampler(): batch_size should be a positive integer value, got {batch_size!r}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"BatchSampler(): drop_last should be a boolean value, got {drop_last!r}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[Any]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]  # TypeError for a sampler without length, as it should be
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)


def _is_positive(x: Any) -> bool:
    """Whether `x` is a positive integer."""
    return not isinstance(x, bool) and hasattr(x, "__index__") and operator.index(x) > 0


def batches_of(sampler: Any) -> Iterator[Any]:
    """Yield the indices of each batch: for arrayad's own samplers slices of their order, without a loop over indices."""
    if type(sampler) is BatchSampler:
        inner = sampler.sampler
        if isinstance(inner, _Ordered) and type(inner).__iter__ is _Ordered.__iter__:
            order, size = inner._order(), sampler.batch_size
            stop = len(order) - len(order) % size if sampler.drop_last else len(order)
            return (order[start : start + size] for start in range(0, stop, size))
    return iter(sampler)
