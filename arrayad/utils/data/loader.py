"""The loader of batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .collate import default_convert
from .dataset import fetch
from .sampler import BatchSampler, RandomSampler, SequentialSampler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ...functions.random import Generator

__all__ = ["DataLoader"]


class DataLoader:
    """Batches of a dataset, epoch after epoch.

    Parameters
    ----------
    dataset : Dataset, sequence, numpy.ndarray or Tensor
        What has a length and a sample for each index. A TensorDataset, an array or a Tensor is indexed once for a batch.
    batch_size : int or None, optional
        How many samples a batch has; None gives the samples themselves.
    shuffle : bool, optional
        Take the samples in a new random order each epoch.
    sampler : iterable of int, optional
        Another order.
    batch_sampler : iterable of list of int, optional
        The indices of each batch.
    num_workers : int, optional
        Only 0: the batches are made in this process.
    collate_fn : callable, optional
        Makes a batch of a list of samples. Default: `default_collate`.
    drop_last : bool, optional
        Leave out a last, shorter batch.
    generator : Generator, optional
        Where the random order comes from. Default: the one that `manual_seed` seeds.

    Raises
    ------
    ValueError
        For arguments that exclude each other.
    NotImplementedError
        For workers.

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
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[list[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        drop_last: bool = False,
        generator: Generator | None = None,
    ) -> None:
        if num_workers < 0:
            raise ValueError(f"DataLoader(): num_workers must not be negative, got {num_workers}")
        if num_workers:
            raise NotImplementedError(f"DataLoader(): num_workers must be 0, got {num_workers}: there are no workers yet")
        if sampler is not None and shuffle:
            raise ValueError("DataLoader(): sampler and shuffle exclude each other")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError("DataLoader(): batch_sampler excludes batch_size, shuffle, sampler and drop_last")
        if batch_size is None and drop_last:
            raise ValueError("DataLoader(): drop_last needs a batch_size")
        if sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.generator = generator

    def __iter__(self) -> Iterator[Any]:
        if self.batch_sampler is None:
            convert = default_convert if self.collate_fn is None else self.collate_fn
            return (convert(self.dataset[i]) for i in self.sampler)
        return (fetch(self.dataset, indices, self.collate_fn) for indices in self.batch_sampler)

    def __len__(self) -> int:
        """The number of batches of an epoch."""
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]
