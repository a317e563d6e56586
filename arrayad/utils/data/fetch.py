"""Batches of a dataset: what each worker makes, and the loader itself where there are none."""

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
    """What stands for a batch that could not be made: a pass goes on after it."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class Fetcher:
    """What makes batches of a dataset, each sample with random numbers of its own."""

    def __init__(self, dataset: Any, collate_fn: Callable[[Any], Any], batched: bool, seeds: Seeds) -> None:
        self._dataset = dataset
        self._batched = batched
        self._collate = collate_fn
        self._doing: tuple[str, Any] = ("", None)  # what an error is said to have been raised at
        self.seeds = seeds

    def begin(self, key: int) -> None:
        """Go to an epoch, by its seed."""
        self.seeds.begin(key)

    def fetch(self, indices: Any = None) -> Any:
        """The batch of some indices; of an iterable dataset the next one, and `END` after the last."""
        try:
            return self._fetch(indices)
        except Exception as error:
            what, where = self._doing
            where = self.seeds.index if where is self.seeds else where
            note = f"raised while {what}{'' if where is None else reprlib.repr(listed(where))}"
            if isinstance(error, StopIteration):  # would end the loop over the loader, silently
                raise RuntimeError(f"StopIteration was {note}") from error
            error.add_note(note)
            raise

    def _fetch(self, indices: Any) -> Any:
        raise NotImplementedError


def listed(indices: Any) -> Any:
    """Indices as errors show them."""
    return list(indices) if isinstance(indices, (np.ndarray, range)) else indices


class MapFetcher(Fetcher):
    """Batches of the samples at given indices.

    Parameters
    ----------
    dataset : dataset
    collate_fn : callable
    batched : bool
        Whether indices come as several, or as one, whose sample is then given as it is.
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
            elif self._several:  # as one, seeded by all the indices
                (found,) = self.seeds.each(self._get, [list(given)])
            else:
                found = self.seeds.each(self._get, given)
            self._doing = f"{'collating the samples' if self._batched else 'converting the sample'} at ", given
            return self._collate(found)


class StreamFetcher(Fetcher):
    """Batches of what an iterable dataset gives, for one of several that read it.

    Parameters
    ----------
    dataset : IterableDataset
    collate_fn : callable
    batch_size : int or None
        None gives the samples as they are.
    drop_last : bool
        Leave out a last, shorter batch.
    seeds : Seeds
    reader, readers : int
        Which of how many this is. The n-th sample of this one is seeded as number ``n * readers + reader``.
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
        seeds.always()  # for a sample cannot be got again

    def begin(self, key: int) -> None:
        """Go to an epoch, by its seed: read from the start again."""
        super().begin(key)
        self._samples = None

    def _fetch(self, indices: Any) -> Any:
        with self.seeds:
            if self._samples is None:
                self._numbers = itertools.count(*self._place)
                self._doing = "calling iter() of the dataset", None
                self.seeds.start("iter")
                self._samples = iter(())  # if the next line raises
                self._samples = iter(self._dataset)
            batch: list[Any] = []
            for number in itertools.islice(self._numbers, self._size):
                self._doing = "fetching from the stream sample number ", number
                self.seeds.start(number)
                try:
                    batch.append(next(self._samples))
                except StopIteration:
                    self._samples = iter(())  # also where the dataset's would go on if asked again
                    break
            if len(batch) < self._least:
                return END
            self._doing = "collating the samples of the stream up to number ", number
            return self._collate(batch if self._batched else batch[0])
