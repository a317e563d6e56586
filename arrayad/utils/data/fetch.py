"""Fetching the batches of a dataset: done by each worker, or by the loader itself if there are none."""

from __future__ import annotations

import itertools
import operator
import reprlib
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .collate import default_collate
from .dataset import gather, getitems_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .seeding import Seeds

__all__ = ["END", "Failed", "Fetcher", "MapFetcher", "StreamFetcher", "listed"]


class _End:
    """The end of an iterable dataset."""


END = _End()


class Failed:
    """Stands for a batch that could not be made; the pass continues after it."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class Fetcher:
    """Makes batches of a dataset, with separate random numbers for each sample."""

    def __init__(self, dataset: Any, collate_fn: Callable[[Any], Any], batched: bool, seeds: Seeds) -> None:
        self._dataset = dataset
        self._batched = batched
        self._collate = collate_fn
        self._doing: tuple[str, Any] = ("", None)  # what an error message says it was doing
        self.seeds = seeds

    def begin(self, key: int) -> None:
        """Start an epoch with its seed."""
        self.seeds.begin(key)

    def fetch(self, indices: Any = None) -> Any:
        """Return the batch for some indices; for an iterable dataset the next one, and `END` after the last."""
        try:
            return self._fetch(indices)
        except Exception as error:
            what, where = self._doing
            where = self.seeds.index if where is self.seeds else where
            note = f"raised while {what}{'' if where is None else reprlib.repr(listed(where))}"
            if isinstance(error, StopIteration):  # it would silently end the loop over the loader
                raise RuntimeError(f"StopIteration was {note}") from error
            error.add_note(note)
            raise

    def _fetch(self, indices: Any) -> Any:
        raise NotImplementedError


def listed(indices: Any) -> Any:
    """Indices as shown in errors."""
    return list(indices) if isinstance(indices, (np.ndarray, range)) else indices


class MapFetcher(Fetcher):
    """Makes batches of the samples at given indices.

    Parameters
    ----------
    dataset : dataset
    collate_fn : callable
    batched : bool
        Whether an index is a list that makes a batch, or a single one, whose sample is returned unchanged.
    seeds : Seeds
    """

    def __init__(self, dataset: Any, collate_fn: Callable[[Any], Any], batched: bool, seeds: Seeds) -> None:
        super().__init__(dataset, collate_fn, batched, seeds)
        self._gathers = batched and collate_fn is default_collate
        getitems = getitems_of(dataset) if batched else None
        self._several = getitems is not None
        self._get = getitems or partial(operator.getitem, dataset)
        self._getting = f"fetching the sample{'s at indices ' if self._several else ' at index '}"

    def _fetch(self, indices: Any) -> Any:
        if self._gathers:
            self._doing = "fetching the samples at indices ", indices
            batch = gather(self._dataset, indices)
            if batch is not NotImplemented:
                return batch
        given = indices.tolist() if isinstance(indices, np.ndarray) else indices
        with self.seeds:
            self._doing = self._getting, self.seeds
            if not self._batched:
                (found,) = self.seeds.each(self._get, [given])
            elif self._several:  # as one sample, seeded by all the indices
                (found,) = self.seeds.each(self._get, [list(given)])
            else:
                found = self.seeds.each(self._get, given)
            self._doing = f"{'collating the samples' if self._batched else 'converting the sample'} at ", given
            return self._collate(found)


class StreamFetcher(Fetcher):
    """Makes batches from an iterable dataset, for one of several readers.

    Parameters
    ----------
    dataset : IterableDataset
    collate_fn : callable
    batch_size : int or None
        None returns the samples unchanged.
    drop_last : bool
        Drop a last, shorter batch.
    seeds : Seeds
    reader, readers : int
        The index of this reader, and their number. The n-th sample of this reader is seeded as number ``n * readers +
        reader``.
    """

    def __init__(
        self,
        dataset: Any,
        collate_fn: Callable[[Any], Any],
        batch_size: int | None,
        drop_last: bool,
        seeds: Seeds,
        reader: int,
        readers: int,
    ) -> None:
        super().__init__(dataset, collate_fn, batch_size is not None, seeds)
        self._size = batch_size or 1
        self._least = self._size if drop_last else 1
        self._place = reader, readers
        self._samples: Iterator[Any] | None = None
        self._numbers: Iterator[int] = iter(())
        seeds.always()  # a sample cannot be fetched again

    def begin(self, key: int) -> None:
        """Start an epoch with its seed, reading from the start."""
        super().begin(key)
        self._samples = None

    def _fetch(self, indices: Any) -> Any:
        with self.seeds:
            if self._samples is None:
                self._numbers = itertools.count(*self._place)
                self._doing = "calling iter() of the dataset", None
                self.seeds.start("iter")
                self._samples = iter(())  # in case the next line raises
                self._samples = iter(self._dataset)
            batch: list[Any] = []
            for number in itertools.islice(self._numbers, self._size):
                self._doing = "fetching from the stream sample number ", number
                self.seeds.start(number)
                try:
                    batch.append(next(self._samples))
                except StopIteration:
                    self._samples = iter(())  # even if the dataset's iterator would continue
                    break
            if len(batch) < self._least:
                return END
            self._doing = "collating the samples of the stream up to number ", number
            return self._collate(batch if self._batched else batch[0])
