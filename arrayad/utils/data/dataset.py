"""Datasets: map-style, with a length and a sample for each index, and iterable."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np

from ...autograd.tape import make
from ...dtypes import from_raw
from ...functions.creation import asarray, number_of
from ...functions.random import randperm
from ...tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...functions.random import Generator

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "gather",
    "getitems_of",
    "random_split",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

if TYPE_CHECKING:

    class Indexed(Protocol[T_co]):
        """An object with a sample for each index: a Dataset, a sequence, an array or a Tensor."""

        def __getitem__(self, index: int, /) -> T_co: ...


class Dataset(Generic[T_co]):
    """A collection of samples: a subclass defines ``__getitem__(index)`` and, except for `IterableDataset`, ``__len__``.

    It may also define ``__getitems__(indices)``, which takes a list of indices and returns the list of their samples; the
    loader then fetches a batch with one call. Any sequence, NumPy array or Tensor can serve as a dataset too. ``a + b`` is a
    `ConcatDataset`.

    Examples
    --------
    >>> import arrayad as xp
    >>> class Squares(xp.utils.data.Dataset):
    ...     def __len__(self):
    ...         return 5
    ...
    ...     def __getitem__(self, index):
    ...         return index**2
    >>> list(xp.utils.data.DataLoader(Squares(), batch_size=3))
    [tensor([0, 1, 4]), tensor([ 9, 16])]
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__} needs a __getitem__(index)")

    def __add__(self, other: Indexed[T]) -> ConcatDataset[T_co | T]:
        return ConcatDataset([self, other])

    # No __len__: without it, len() of a dataset that lacks one is a TypeError, by which others recognize that there is none.


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """Samples that come one after another, without indices: a subclass defines ``__iter__``.

    Each worker iterates over its own copy. If several workers should read a dataset only once, give each its part, by
    `get_worker_info`. ``a + b`` is a `ChainDataset`.

    Examples
    --------
    >>> import itertools
    >>> import arrayad as xp
    >>> class Count(xp.utils.data.IterableDataset):
    ...     def __iter__(self):
    ...         info = xp.utils.data.get_worker_info()
    ...         first, step = (0, 1) if info is None else (info.id, info.num_workers)
    ...         return itertools.islice(range(10), first, None, step)
    >>> list(xp.utils.data.DataLoader(Count(), batch_size=5))
    [tensor([0, 1, 2, 3, 4]), tensor([5, 6, 7, 8, 9])]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} needs an __iter__()")

    def __add__(self, other: IterableDataset[T]) -> ChainDataset[T_co | T]:  # type: ignore[override]  # none that has indices
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Samples that are tuples of the rows of tensors. A loader indexes each tensor once per batch.

    Parameters
    ----------
    *tensors : Tensor
        Of equal length.

    Raises
    ------
    ValueError
        If the lengths differ, or there is no tensor.
    TypeError
        For what is not a Tensor.

    Examples
    --------
    >>> import arrayad as xp
    >>> data = xp.utils.data.TensorDataset(xp.arange(3), xp.arange(3) * 10)
    >>> data[1]
    (tensor(1), tensor(10))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors:
            raise ValueError("TensorDataset(): at least one tensor is needed")
        for x in tensors:
            if not isinstance(x, Tensor):
                raise TypeError(f"TensorDataset(): expected Tensors, got {type(x).__name__}; asarray() makes one")
        if len({len(x) for x in tensors}) > 1:
            raise ValueError(f"TensorDataset(): lengths must be equal, got {', '.join(str(len(x)) for x in tensors)}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([x[index] for x in self.tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])


class StackDataset(Dataset[Any]):
    """Datasets combined sample by sample: a sample is a tuple, or a dict, of one sample of each.

    Parameters
    ----------
    *args : dataset
        Samples are then tuples.
    **kwargs : dataset
        Samples are then dicts.

    Raises
    ------
    ValueError
        If there is no dataset, both kinds of arguments are given, or the lengths differ.

    Examples
    --------
    >>> import arrayad as xp
    >>> data = xp.utils.data.StackDataset(image=xp.zeros(3, 2), name=["a", "b", "c"])
    >>> data[1]
    {'image': tensor([0., 0.]), 'name': 'b'}
    """

    def __init__(self, *args: Indexed[Any], **kwargs: Indexed[Any]) -> None:
        if bool(args) == bool(kwargs):
            raise ValueError("StackDataset(): give at least one dataset, all by position or all by name")
        self.datasets: tuple[Any, ...] | dict[str, Any] = args or kwargs
        lengths = [len(x) for x in self._parts()]
        if len(set(lengths)) > 1:
            raise ValueError(f"StackDataset(): lengths must be equal, got {', '.join(str(n) for n in lengths)}")

    def _parts(self) -> list[Any]:
        return list(self.datasets.values() if isinstance(self.datasets, dict) else self.datasets)

    def _join(self, parts: Iterable[Any]) -> Any:
        return dict(zip(self.datasets, parts, strict=True)) if isinstance(self.datasets, dict) else tuple(parts)

    def __getitem__(self, index: Any) -> Any:
        return self._join([x[index] for x in self._parts()])

    def __getitems__(self, indices: Sequence[Any]) -> list[Any]:
        """The samples at several indices; each dataset is asked for all of its own at once if it supports that."""
        columns = [_several(x, indices) for x in self._parts()]
        return [self._join(row) for row in zip(*columns, strict=True)]

    def __len__(self) -> int:
        return len(self._parts()[0])


class ConcatDataset(Dataset[T_co]):
    """Datasets concatenated.

    Parameters
    ----------
    datasets : iterable of dataset

    Raises
    ------
    ValueError
        If there is no dataset.
    TypeError
        For an `IterableDataset`, which has no indices; use `ChainDataset` for these.

    Examples
    --------
    >>> import arrayad as xp
    >>> data = xp.utils.data.ConcatDataset(["ab", "cde"])
    >>> len(data), data[2], data[-1]
    (5, 'c', 'e')
    """

    def __init__(self, datasets: Iterable[Indexed[T_co]]) -> None:
        self.datasets: list[Any] = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset(): at least one dataset is needed")
        if any(isinstance(x, IterableDataset) for x in self.datasets):
            raise TypeError("ConcatDataset(): an IterableDataset has no indices; use ChainDataset")
        self.cumulative_sizes = list(itertools.accumulate(len(x) for x in self.datasets))

    def _parts(self) -> list[Any]:
        return self.datasets

    def _locate(self, index: Any) -> tuple[int, int]:
        """Which dataset, and the index in it."""
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"ConcatDataset: index {index} is out of range for {len(self)} samples")
        which = bisect.bisect_right(self.cumulative_sizes, position)
        return which, position - (self.cumulative_sizes[which - 1] if which else 0)

    def __getitem__(self, index: Any) -> T_co:
        which, position = self._locate(index)
        sample: T_co = self.datasets[which][position]
        return sample

    def __getitems__(self, indices: Sequence[Any]) -> list[T_co]:
        """The samples at several indices; each dataset is asked for all of its own at once if it supports that."""
        located = [self._locate(index) for index in indices]
        samples: list[Any] = [None] * len(located)
        for which in {which for which, _ in located}:
            places = [place for place, (owner, _) in enumerate(located) if owner == which]
            found = _several(self.datasets[which], [located[place][1] for place in places])
            for place, sample in zip(places, found, strict=True):
                samples[place] = sample
        return samples

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset[T_co]):
    """Iterable datasets concatenated.

    Parameters
    ----------
    datasets : iterable of IterableDataset

    Examples
    --------
    >>> import arrayad as xp
    >>> class Count(xp.utils.data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter(range(2))
    >>> list(Count() + Count())
    [0, 1, 0, 1]
    """

    def __init__(self, datasets: Iterable[IterableDataset[T_co]]) -> None:
        self.datasets: list[Any] = list(datasets)
        for x in self.datasets:
            if not isinstance(x, IterableDataset):
                raise TypeError(f"ChainDataset(): expected IterableDatasets, got {type(x).__name__}")

    def __iter__(self) -> Iterator[T_co]:
        return itertools.chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(len(x) for x in self.datasets)


class Subset(Dataset[T_co]):
    """Some samples of a dataset.

    Parameters
    ----------
    dataset : dataset
    indices : sequence
        The indices of the samples in `dataset`.

    Examples
    --------
    >>> import arrayad as xp
    >>> list(xp.utils.data.Subset("abcde", [3, 1]))
    ['d', 'b']
    """

    def __init__(self, dataset: Indexed[T_co], indices: Sequence[Any]) -> None:
        self.dataset: Any = dataset
        self.indices = indices

    def _parts(self) -> list[Any]:
        return [self.dataset]

    def __getitem__(self, index: Any) -> T_co:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]  # as the dataset handles a list
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Sequence[Any]) -> list[T_co]:
        """The samples at several indices; the dataset is asked for all at once if it supports that."""
        return _several(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Indexed[T], lengths: Sequence[float], generator: Generator | None = None) -> list[Subset[T]]:
    """Split a dataset at random into disjoint parts.

    Parameters
    ----------
    dataset : dataset
    lengths : sequence of int or of float
        The lengths of the parts: numbers that add up to the length of the dataset, or fractions that add up to 1. Samples
        left over by rounding fractions down go to the first parts, one each.
    generator : Generator, optional
        Default: the one that `manual_seed` seeds.

    Raises
    ------
    ValueError
        If the lengths are negative or do not add up.
    TypeError
        If a single number is given.

    Examples
    --------
    >>> import arrayad as xp
    >>> [len(part) for part in xp.utils.data.random_split(range(10), [0.75, 0.25])]
    [8, 2]
    """
    total = len(dataset)  # type: ignore[arg-type]  # of a Dataset that has one, which its class does not say
    if not isinstance(lengths, Iterable):
        raise TypeError(f"random_split(): lengths must be a list of the parts' lengths, not {lengths}")
    lengths = [n if isinstance(n, Real) else number_of(n, "random_split", "each of the lengths") for n in lengths]
    if any(n < 0 for n in lengths):
        raise ValueError(f"random_split(): lengths must not be negative, got {list(lengths)}")
    sizes = [int(n) for n in lengths]
    if any(n != size for n, size in zip(lengths, sizes, strict=True)) or math.isclose(sum(lengths), 1):
        if not math.isclose(sum(lengths), 1):
            raise ValueError(f"random_split(): fractions must add up to 1, got {list(lengths)}")
        # Fractions such as 0.1 * 30 = 2.9999999999999996 are meant to be integers.
        sizes = [math.floor(n * total + 1e-9 * total) for n in lengths]
        for i in range(total - sum(sizes)):
            sizes[i % len(sizes)] += 1
    if sum(sizes) != total:
        raise ValueError(f"random_split(): lengths must add up to the {total} samples of the dataset, got {list(lengths)}")
    order = randperm(total, generator=generator, device="cpu").tolist()
    ends = itertools.accumulate(sizes)
    return [Subset(dataset, order[end - size : end]) for end, size in zip(ends, sizes, strict=True)]


# --- several samples at once ---


def getitems_of(dataset: Any) -> Any:
    """The ``__getitems__`` of a dataset, None if it has none.

    An inherited one does not count if the class has its own ``__getitem__``, which it would bypass. Nor does that of a
    dataset composed of others that have none: each of their samples then has its own random numbers.
    """
    getitems = getattr(dataset, "__getitems__", None)
    for base in type(dataset).__mro__:
        if "__getitems__" in vars(base):
            if base in (Subset, ConcatDataset, StackDataset) and all(getitems_of(part) is None for part in dataset._parts()):
                return None
            break
        if "__getitem__" in vars(base):
            return getitems if "__getitems__" in getattr(dataset, "__dict__", ()) else None
    return getitems


def _several(dataset: Any, indices: Sequence[Any]) -> list[Any]:
    getitems = getitems_of(dataset)
    return list(getitems(indices)) if getitems is not None else [dataset[i] for i in indices]


def _is_plain(dataset: Any, kind: type) -> bool:
    """Whether a dataset's samples are those of its kind, unchanged by a subclass."""
    names = ("__getitem__", "__getitems__")
    return isinstance(dataset, kind) and all(getattr(type(dataset), n, None) is getattr(kind, n, None) for n in names)


def gather(dataset: Any, indices: Any) -> Any:
    """Return `default_collate` of the samples at some indices, with one indexing operation per array in the dataset.

    Parameters
    ----------
    dataset : dataset
        A NumPy array, a Tensor, or a TensorDataset, StackDataset or Subset of such.
    indices : sequence of int

    Returns
    -------
    Tensor, list or dict
        `NotImplemented` for other datasets and other indices.
    """
    if isinstance(dataset, Tensor):
        key = _key(indices)
        return NotImplemented if key is None or not dataset.ndim else _rows(dataset, key)
    if isinstance(dataset, np.ndarray):
        key = _key(indices)
        if key is None or not dataset.ndim or dataset.dtype not in from_raw or type(dataset) not in (np.ndarray, np.memmap):
            return NotImplemented
        return make(np.asarray(dataset).take(key, 0))
    if _is_plain(dataset, TensorDataset):
        key = _key(indices)
        return NotImplemented if key is None else [_rows(x, key) for x in dataset.tensors]
    if _is_plain(dataset, Subset):
        key, own = _key(indices), dataset.indices
        if key is None:
            return NotImplemented
        # Of a list only the requested elements are checked: it may be as long as the dataset.
        few = [own[i] for i in key] if isinstance(own, (list, tuple, range)) else np.asarray(own)[key]
        return gather(dataset.dataset, few)
    if _is_plain(dataset, StackDataset):
        parts = [gather(x, indices) for x in dataset._parts()]
        if any(part is NotImplemented for part in parts):
            return NotImplemented
        joined = dataset._join(parts)
        return joined if isinstance(joined, Mapping) else list(joined)
    return NotImplemented


def _key(indices: Any) -> Any:
    """Indices as an array, None if they are not all integers."""
    if isinstance(indices, range):
        return np.arange(indices.start, indices.stop, indices.step)
    try:
        key = indices if isinstance(indices, np.ndarray) else np.asarray(indices)
    except ValueError:  # for indices that are sequences themselves
        return None
    return key if key.ndim == 1 and key.dtype.kind in "iu" else None


def _rows(x: Tensor, key: Any) -> Tensor:
    if x._node is None and x._array.__class__ is np.ndarray:
        rows: Tensor = make(x._array.take(key, 0))  # half the time of general indexing
        return rows
    return x[asarray(key, device=x.device)]
