"""Samplers: the order in which a loader takes the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...functions.random import Generator, randint, randperm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sized

__all__ = ["BatchSampler", "RandomSampler", "Sampler", "SequentialSampler"]


class Sampler:
    """Indices of samples, in some order: a subclass gives ``__iter__`` and, if it can, ``__len__``."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} needs an __iter__()")


class SequentialSampler(Sampler):
    """The indices in order."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """The indices in random order, or drawn with replacement.

    Parameters
    ----------
    data_source : sized
    replacement : bool, optional
    num_samples : int, optional
        How many are drawn. Default: all.
    generator : Generator, optional
        Default: the one that `manual_seed` seeds.

    Raises
    ------
    ValueError
        If `num_samples` is not positive, or more than there are without replacement.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        if num_samples is not None and num_samples < 1:
            raise ValueError(f"RandomSampler(): num_samples must be positive, got {num_samples}")
        if num_samples is not None and not replacement and num_samples > len(data_source):
            raise ValueError(f"RandomSampler(): {num_samples} samples of {len(data_source)} need replacement=True")
        self.data_source = data_source
        self.replacement = replacement
        self.generator = generator
        self._num_samples = num_samples

    @property
    def num_samples(self) -> int:
        """How many indices it gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        if self.replacement and n:
            indices = randint(0, n, (self.num_samples,), generator=self.generator)
        else:
            indices = randperm(n, generator=self.generator)[: self.num_samples]
        return iter(indices.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """Lists of indices: those of another sampler, so many at a time.

    Parameters
    ----------
    sampler : iterable of int
    batch_size : int
    drop_last : bool
        Whether a last, shorter batch is left out.

    Raises
    ------
    ValueError
        If `batch_size` is not a positive integer.
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size < 1:
            raise ValueError(f"BatchSampler(): batch_size should be a positive integer value, got {batch_size!r}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        batch: list[int] = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]  # TypeError for a sampler without length, as it should be
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
