"""The DataLoader: batches, workers, seeds, resuming, errors, and what is left behind."""

# ruff: noqa: NPY002  (NumPy's global generator is what users' samples draw from)
from __future__ import annotations

import copy
import dataclasses
import faulthandler
import functools
import gc
import itertools
import multiprocessing
import os
import pickle
import random
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback
import weakref
from collections import OrderedDict, defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arrayad as xp
from arrayad.utils.checkpoint import checkpoint
from arrayad.utils.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    StackDataset,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    default_convert,
    get_worker_info,
    random_split,
)
from arrayad.utils.data.dataset import gather
from arrayad.utils.data.transport import Inbox, Outbox

ROOT = Path(__file__).parent.parent
# Python 3.12 and later warn of a fork while there are threads; pytest-xdist has one, the loader none
# (test_the_parent_has_no_threads).
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

FORK = {"num_workers": 2, "multiprocessing_context": "fork"}
THREAD = {"num_workers": 2, "multiprocessing_context": "thread"}
MODES = {"here": {}, "fork": FORK, "thread": THREAD}
SLOW_MODES = {
    "forkserver": {"num_workers": 2, "multiprocessing_context": "forkserver"},
    "spawn": {"num_workers": 2, "multiprocessing_context": "spawn"},
}
each_mode = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
every_mode = pytest.mark.parametrize("mode", (MODES | SLOW_MODES).values(), ids=MODES | SLOW_MODES)


def lists(batch: Any) -> Any:
    """A batch with lists in place of Tensors."""
    if isinstance(batch, xp.Tensor):
        return batch.tolist()
    if isinstance(batch, dict):
        return {key: lists(part) for key, part in batch.items()}
    return [lists(part) for part in batch] if isinstance(batch, (list, tuple)) else batch


def epoch(loader: Any) -> list[Any]:
    return [lists(batch) for batch in loader]


class Rows(Dataset):
    """Samples of an index and a row that is large enough for shared memory, in batches of two or more."""

    def __init__(self, n: int, width: int = 3000) -> None:
        self.n, self.width = n, width

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> Any:
        return {"index": index, "row": np.full(self.width, index, np.float32)}


class Random(Dataset):
    """Samples that draw from every generator, from some index on."""

    def __init__(self, n: int, first: int = 0) -> None:
        self.n, self.first = n, first

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> Any:
        if index < self.first:
            return index, 0.0, 0.0, xp.zeros(2)
        return index, random.gauss(0, 1) if index % 2 else random.random(), np.random.normal(), xp.rand(2)


# --- samplers and datasets ---


def test_samplers() -> None:
    g = xp.Generator().manual_seed(0)
    assert list(SequentialSampler("abc")) == [0, 1, 2]
    assert sorted(RandomSampler(range(50), generator=g)) == list(range(50))
    assert list(RandomSampler(range(50), generator=g)) != list(RandomSampler(range(50), generator=g))
    drawn = list(RandomSampler(range(3), replacement=True, num_samples=100, generator=g))
    assert set(drawn) == {0, 1, 2}
    assert len(drawn) == 100
    more = RandomSampler(range(4), num_samples=10, generator=g)
    assert len(more) == 10
    assert [sorted(list(more)[i : i + 4]) for i in (0, 4)] == [[0, 1, 2, 3]] * 2
    assert all(type(i) is int for i in RandomSampler(range(5)))
    assert list(RandomSampler([])) == []
    assert sorted(SubsetRandomSampler([7, 3, 5], generator=g)) == [3, 5, 7]
    weighted = WeightedRandomSampler([0.0, 1.0, 3.0], 4000, generator=g)
    counts = np.bincount(list(weighted), minlength=3)
    assert counts[0] == 0
    assert 2.5 < counts[2] / counts[1] < 3.6
    assert sorted(WeightedRandomSampler([0, 1, 2], 2, replacement=False, generator=g)) == [1, 2]


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize(("n", "replicas"), [(10, 3), (2, 4), (12, 4), (1, 1)])
def test_distributed_sampler(n: int, replicas: int, drop_last: bool) -> None:
    parts = [DistributedSampler(range(n), replicas, rank, seed=3, drop_last=drop_last) for rank in range(replicas)]
    passes = [[list(part) for part in parts] for _ in range(2)]
    for one in passes:
        assert {len(part) for part in one} == {len(parts[0])} == {n // replicas if drop_last else -(-n // replicas)}
        together = sorted(itertools.chain(*one))
        if drop_last:
            assert len(set(together)) == len(together)
        else:
            assert set(together) == set(range(n))
    if n == 10:
        assert passes[0] != passes[1]  # each pass is a separate epoch, even without set_epoch
    for part in parts:
        part.set_epoch(0)
    assert [list(part) for part in parts] == passes[0]
    if n == 10:
        assert (
            list(DistributedSampler(range(n), replicas, 1, shuffle=False, drop_last=drop_last))
            == [1, 4, 7, 0][: 4 - drop_last]
        )


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("sampler", [range(7), SequentialSampler(range(7)), [3, 1, 2, 0, 4, 5, 6]])
def test_batch_sampler(sampler: Any, drop_last: bool) -> None:
    batches = BatchSampler(sampler, 3, drop_last)
    expected = [list(sampler)[i : i + 3] for i in (0, 3, 6)][: 2 if drop_last else 3]
    assert list(batches) == expected
    assert len(batches) == len(expected)
    assert [lists(b) for b in DataLoader(range(7), batch_sampler=batches)] == expected


def test_datasets() -> None:
    both = Rows(2) + Rows(3)
    assert isinstance(both, ConcatDataset)
    assert [x["index"] for x in both.__getitems__([4, 0, -1, 1])] == [2, 0, 2, 1]
    assert both[-5]["index"] == 0
    for index in (5, -6):
        with pytest.raises(IndexError, match="out of range"):
            both[index]
    assert Subset("abcd", [3, 1]).__getitems__([1, 0]) == ["b", "d"]
    assert Subset(np.arange(9) * 2, [3, 1])[[1, 0]].tolist() == [2, 6]
    assert gather(Subset(xp.arange(5), range(2, 10**12)), [0, 2]).tolist() == [2, 4]  # ranges are not expanded
    assert StackDataset("ab", [1, 2])[1] == ("b", 2)
    assert StackDataset(x="ab", y=[1, 2]).__getitems__([1, 0]) == [{"x": "b", "y": 2}, {"x": "a", "y": 1}]
    chain = Stream(2) + Stream(3)
    assert isinstance(chain, ChainDataset)
    assert list(chain) == [0, 1, 0, 1, 2]
    assert len(chain) == 5


def test_random_split() -> None:
    g = xp.Generator().manual_seed(0)
    for lengths, sizes in (
        ([3, 7], [3, 7]),
        ([0.5, 0.3, 0.2], [5, 3, 2]),
        ([0.33, 0.33, 0.34], [4, 3, 3]),
        ([10, 0], [10, 0]),
        ([Fraction(1, 3), Fraction(2, 3)], [4, 6]),
        (iter([4, 6]), [4, 6]),
        (xp.asarray([0.5, 0.5]), [5, 5]),
        (np.asarray([2, 8]), [2, 8]),
    ):
        parts = random_split(range(10), lengths, generator=g)
        assert [len(part) for part in parts] == sizes
        assert sorted(itertools.chain(*parts)) == list(range(10))
    assert [len(part) for part in random_split(range(30), [0.1] * 10)] == [3] * 10
    assert [len(part) for part in random_split(range(1), [1, 0])] == [1, 0]


class Squared(TensorDataset):
    def __getitem__(self, index: Any) -> Any:
        return tuple(x**2 for x in super().__getitem__(index))


DATA = {
    "array": np.arange(24.0).reshape(8, 3),
    "vector": np.arange(8),
    "big-endian": np.arange(8.0).astype(">f8"),
    "tensor": xp.arange(8),
    "tensors": TensorDataset(xp.arange(16).reshape(8, 2), xp.arange(8) * 1.5),
    "subset": Subset(TensorDataset(xp.arange(10)), [2, 3, 4, 5, 6, 7, 8, 9]),
    "subset of subset": Subset(Subset(xp.arange(20), range(10, 20)), np.arange(8)),
    "stack": StackDataset(TensorDataset(xp.arange(8)), np.arange(8)),
    "named": StackDataset(a=xp.arange(8), b=np.arange(8.0)),
    "with history": TensorDataset(xp.arange(8.0, requires_grad=True)),
    # not gathered:
    "strings": np.array(list("abcdefgh")),
    "list": list(range(8)),
    "subclass": Squared(xp.arange(8)),
    "mixed": StackDataset(np.arange(8), "abcdefgh"),
}


@pytest.mark.parametrize("name", DATA)
@settings(deadline=None)
@given(indices=st.lists(st.integers(-8, 7), min_size=1, max_size=5))
def test_one_indexing_of_a_batch_gives_what_collating_samples_does(name: str, indices: list[int]) -> None:
    data = DATA[name]
    expected = default_collate([data[i] for i in indices])
    batch = next(iter(DataLoader(data, batch_sampler=[indices])))
    gathered = gather(data, indices)
    assert (gathered is NotImplemented) == (name in ("strings", "list", "subclass", "mixed", "big-endian"))
    assert re.sub("grad_fn=<.*?>", "grad_fn", repr(batch)) == re.sub("grad_fn=<.*?>", "grad_fn", repr(expected))
    with pytest.raises(IndexError):
        next(iter(DataLoader(data, batch_sampler=[[*indices, 8]])))


def test_batches_are_copies_of_arrays() -> None:
    data = np.arange(4)
    for batch in DataLoader(data, batch_size=4):
        batch += 1
    assert data.tolist() == [0, 1, 2, 3]


class Several(Dataset):
    """Counts how its samples are requested."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> Any:
        self.asked.append(index)
        return index

    def __getitems__(self, indices: list[int]) -> list[Any]:
        self.asked.append(indices)
        return [10 * i for i in indices]


class OneByOne(Several):
    def __getitem__(self, index: int) -> Any:
        return super().__getitem__(index) + 100


class Doubled(Subset):
    def __getitems__(self, indices: list[int]) -> list[Any]:
        return [2 * x for x in super().__getitems__(indices)]


def test_a_parts_own_getitems_is_asked() -> None:
    assert lists(next(iter(DataLoader(Doubled("ab", [1, 0]), batch_size=2)))) == ["bb", "aa"]


class FailsToStart(IterableDataset):
    def __iter__(self) -> Any:
        raise OSError("no file")


@each_mode
def test_a_stream_that_does_not_start_ends(mode: Any) -> None:
    batches = iter(DataLoader(FailsToStart(), **({**mode, "num_workers": 1} if mode else {})))
    with pytest.raises(OSError, match="no file"):
        next(batches)
    ends = []
    for _ in range(4):  # workers may have been asked for some batches ahead
        try:
            next(batches)
        except (OSError, StopIteration) as error:
            ends.append(type(error))
    assert ends[-1] is StopIteration


@pytest.mark.parametrize(
    "made_of",
    [
        lambda data: Subset(data, range(6)),
        lambda data: ConcatDataset([Subset(data, [0, 1]), Subset(data, [2, 3, 4, 5])]),
        lambda data: StackDataset(data, range(6)),
    ],
)
def test_samples_of_a_part_have_random_numbers_of_their_own(made_of: Any) -> None:
    def drawn(size: int) -> list[Any]:
        loader = DataLoader(made_of(Random(6)), batch_size=size, generator=xp.Generator().manual_seed(7), collate_fn=list)
        return [str(sample) for batch in loader for sample in batch]

    assert drawn(2) == drawn(3)


def test_getitems_is_asked_once_a_batch() -> None:
    data = Several()
    assert epoch(DataLoader(data, batch_size=4)) == [[0, 10, 20, 30], [40, 50]]
    assert data.asked == [[0, 1, 2, 3], [4, 5]]
    for made in (Subset(data, [5, 4]), ConcatDataset([data])):
        data.asked.clear()
        epoch(DataLoader(made, batch_size=6))
        assert len(data.asked) == 1
    # A class that changes its samples, and inherits a way to get several, means its own.
    data = OneByOne()
    assert epoch(DataLoader(data, batch_size=6)) == [[100, 101, 102, 103, 104, 105]]


@pytest.mark.parametrize("kind", ["subset", "tensors"])
def test_subclasses_that_fetch_several_samples(kind: str) -> None:
    class Ten(Subset if kind == "subset" else TensorDataset):  # type: ignore[misc]  # a class that is chosen
        def __getitems__(self, indices: Any) -> Any:
            return [10 * i for i in indices]

    dataset = Ten(xp.arange(4), [3, 2, 1]) if kind == "subset" else Ten(xp.arange(4))
    assert epoch(DataLoader(dataset, 2))[0] == [0, 10]


def test_a_subset_looks_only_at_the_indices_it_is_asked_for() -> None:
    looked = []

    class Counting(list):  # type: ignore[type-arg]  # of integers
        def __getitem__(self, i: Any) -> Any:
            looked.append(i)
            return super().__getitem__(i)

        def __iter__(self) -> Any:
            raise AssertionError("all of them")

    assert epoch(DataLoader(Subset(xp.arange(1000), Counting(range(1000))), 4, sampler=[1, 2, 3, 4])) == [[1, 2, 3, 4]]
    assert looked == [1, 2, 3, 4]
    assert epoch(DataLoader(Subset([0, {(1, 2): 5}][1], [(1, 2)]), None)) == [5]  # type: ignore[arg-type, misc]  # what is no integer


@pytest.mark.parametrize("reused", [np.empty(3, int), [0, 0, 0]], ids=["array", "list"])
def test_a_batch_sampler_that_writes_its_indices_over(reused: Any) -> None:
    class Reusing:
        def __iter__(self) -> Any:
            for i in range(4):
                reused[:] = range(3 * i, 3 * i + 3)
                yield reused

    for mode in ({}, THREAD, FORK):
        found = epoch(DataLoader(xp.arange(12), batch_sampler=Reusing(), **mode))  # type: ignore[arg-type]  # any iterable
        assert found == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]
    generators = ((i for i in range(3)) for _ in range(2))
    assert epoch(DataLoader(range(3), batch_sampler=generators)) == [[0, 1, 2]] * 2  # type: ignore[arg-type]  # as above


# --- collating ---


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass
class Sample:
    image: Any
    label: int
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Frozen:
    image: Any


class Stack(list):  # type: ignore[type-arg]  # of anything
    """A user's subclass of list."""


class Fixed(list):  # type: ignore[type-arg]  # of anything
    """A list that does not support assignment."""

    __setitem__ = None


def nested(i: int) -> Any:
    return {
        "point": Point(np.float32(i), xp.ones(2) * i),
        "tuple": (i, [0.5 * i, True], str(i)),
        "sample": Sample(np.full((2, 2), i, np.int16), i, {"complex": 1j * i}),
        "frozen": Frozen(np.uint8(i)),
        "ordered": OrderedDict(b=i, a=b"x"),
    }


@every_mode
def test_nested_samples(mode: Any) -> None:
    data = [nested(i) for i in range(4)]
    first, second = DataLoader(data, batch_size=2, **mode)
    assert isinstance(first["point"], Point)
    assert first["point"].x.tolist() == [0.0, 1.0]
    assert first["point"].x.dtype == xp.float32
    assert second["point"].y.tolist() == [[2.0, 2.0], [3.0, 3.0]]
    assert [lists(x) for x in second["tuple"]] == [[2, 3], [[1.0, 1.5], [True, True]], ["2", "3"]]
    assert second["tuple"][0].dtype == xp.int64
    assert second["tuple"][1][0].dtype == xp.float32
    assert second["tuple"][1][1].dtype == xp.bool
    assert isinstance(second["sample"], Sample)
    assert second["sample"].image.shape == (2, 2, 2)
    assert second["sample"].image.dtype == xp.int16
    assert second["sample"].extra["complex"].dtype == xp.complex64
    assert second["frozen"].image.tolist() == [2, 3]
    assert isinstance(second["ordered"], OrderedDict)
    assert second["ordered"]["a"] == [b"x", b"x"]


def test_collate_forms() -> None:
    counts = defaultdict(list, a=1)
    batch = default_collate([counts, counts])
    assert batch.default_factory is list
    assert counts["a"] == 1
    assert default_collate([np.float64(1), np.float64(2)]).dtype == xp.float64
    assert default_collate([1, 2.5]).dtype == xp.float32
    assert default_collate([xp.ones(2, requires_grad=True)] * 2).requires_grad
    assert default_collate([np.zeros((0, 3))] * 2).shape == (2, 0, 3)
    assert default_convert([bytearray(b"a"), np.str_("c")]) == [b"a", "c"]
    assert default_collate([Fixed([1]), Fixed([2])])[0].tolist() == [1, 2]  # a list, which can be made
    for make in (Stack, deque):
        batch = default_collate([make([i, {"a": i}]) for i in range(2)])
        assert type(batch) is make
        assert lists(list(batch)) == [[0, 1], {"a": [0, 1]}]
        assert default_convert(make([np.ones(1), "b"]))[0].tolist() == [1.0]
    batch = default_collate([MappingProxyType({"a": i}) for i in range(2)])  # a dict, since nothing is put into one
    assert lists(batch) == {"a": [0, 1]}
    converted = default_convert(Point(np.arange(2), ("a", None)))
    assert isinstance(converted, Point)
    assert converted.x.tolist() == [0, 1]
    assert converted.y == ["a", None]


RAGGED = {
    "arrays": ([np.zeros(3), np.zeros(4)], "one shape, got (3,), and (4,) in sample 1 of the batch"),
    "tensors": ([xp.zeros(3), xp.zeros(4)], "one shape, got (3,), and (4,) in sample 1 of the batch"),
    "lists": ([{"a": [1]}, {"a": [1]}, {"a": [1, 2]}], "one length, got 1, and 2 in sample 2 of the batch at sample['a']"),
    "keys": ([{"a": 1}, {"b": 1}], "one set of keys, got ['a'], and ['b'] in sample 1"),
    "deep": ([(1, {"a": np.zeros(1)}), (1, {"a": np.zeros(2)})], "at sample[1]['a']"),
    "forms": ([np.zeros(2), 1], "one shape, got (2,), and int in sample 1"),
}


def test_numbers_of_python_and_numpy_in_any_order() -> None:
    for samples in ([np.float64(1), 2.0], [2.0, np.float64(1)], [np.float32(1), 2]):
        assert default_collate(samples).dtype == xp.float32
    for samples in ([np.int32(1), 2], [2, np.int32(1)]):
        assert default_collate(samples).dtype == xp.int64
    for samples in ([2**63, 1], [2**63, -1], [2**70, 1]):
        with pytest.raises(OverflowError, match="no integer dtype holds"):
            default_collate(samples)
    with pytest.raises(TypeError, match=r"got tests\.test_dataloader\.Foreign, which from_dlpack\(\) converts"):
        default_collate([Foreign()])


class Foreign:
    def __dlpack__(self) -> Any:
        """As another library's arrays have it."""


@pytest.mark.parametrize("name", RAGGED)
@each_mode
def test_ragged_samples(name: str, mode: Any) -> None:
    samples, message = RAGGED[name]
    with pytest.raises(ValueError, match="default_collate") as caught:
        epoch(DataLoader(samples, batch_size=3, **mode))
    assert message in str(caught.value)
    assert "collating the samples at [0, 1" in "".join(caught.value.__notes__)
    assert [len(batch) for batch in DataLoader(samples, batch_size=3, collate_fn=list, **mode)] == [len(samples)]


def test_tensors_of_several_dtypes_are_promoted_as_elsewhere() -> None:
    samples = [xp.tensor(1), xp.tensor(1.0), xp.tensor(1.0, dtype=xp.float16)]
    for pair in itertools.permutations(samples, 2):
        assert default_collate(pair).dtype == xp.result_type(*pair)


def test_collating_arrays() -> None:
    assert default_collate(np.asarray([1, 2])).tolist() == [1, 2]  # type: ignore[arg-type]  # any sequence
    assert default_collate(xp.zeros(1)).tolist() == [0.0]  # type: ignore[arg-type]  # as above


@dataclasses.dataclass
class WithTwice:
    """A sample with a cached property."""

    x: float

    @functools.cached_property
    def twice(self) -> Any:
        return self.x * 2


def test_a_batch_has_properties_of_its_own() -> None:
    samples = [WithTwice(1.0), WithTwice(2.0)]
    assert samples[0].twice == 2.0
    assert default_collate(samples).twice.tolist() == [2.0, 4.0]


# --- batches ---


@each_mode
def test_batches(mode: Any) -> None:
    loader = DataLoader(Rows(10), batch_size=4, **mode)
    assert len(loader) == 3
    for _ in range(2):
        batches = list(loader)
        assert [b["index"].tolist() for b in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
        for batch in batches:
            assert batch["row"].dtype == xp.float32
            assert (batch["row"] == batch["index"][:, None]).all()
            batch["row"] += 1  # the memory is writable
    with pytest.raises(StopIteration):
        next(iter(DataLoader([], batch_size=4, **mode)))
    assert epoch(DataLoader([], **mode)) == []
    assert epoch(DataLoader([1, 2], batch_size=5, **mode)) == [[1, 2]]
    assert epoch(DataLoader([1, 2], batch_size=5, drop_last=True, **mode)) == []
    assert epoch(DataLoader([1, 2, 3], batch_size=None, **mode)) == [1, 2, 3]
    assert epoch(DataLoader(np.arange(3), batch_size=2, **mode)) == [[0, 1], [2]]
    assert epoch(DataLoader(xp.arange(3), batch_size=2, collate_fn=len, **mode)) == [2, 1]
    kinds = [
        [type(batch) for batch in DataLoader([[1, 2]], batch_size=size, collate_fn=collate, **mode)]
        for size, collate in ((1, default_convert), (None, default_collate))
    ]  # each where the other is the default
    assert kinds == [[list], [xp.Tensor]]


@each_mode
def test_shuffle(mode: Any) -> None:
    xp.manual_seed(0)
    loader = DataLoader(range(100), batch_size=10, shuffle=True, **mode)
    orders = [list(itertools.chain(*epoch(loader))) for _ in range(2)]
    assert orders[0] != orders[1]
    assert [sorted(order) for order in orders] == [list(range(100))] * 2
    xp.manual_seed(0)  # as in PyTorch, also for a loader that is there already
    assert [list(itertools.chain(*epoch(loader))) for _ in range(2)] == orders
    g = xp.Generator().manual_seed(0)
    own = [epoch(DataLoader(range(100), 10, shuffle=True, generator=g.manual_seed(0), **mode)) for _ in range(2)]
    assert own[0] == own[1]


@each_mode
def test_iterators_side_by_side(mode: Any) -> None:
    mode = {**mode, "persistent_workers": bool(mode)}
    loader = DataLoader(range(6), batch_size=2, **mode)
    assert [(lists(a), lists(b)) for a, b in zip(loader, loader, strict=True)] == [([i, i + 1],) * 2 for i in (0, 2, 4)]
    assert [[lists(b) for b in loader] for _ in loader] == [[[0, 1], [2, 3], [4, 5]]] * 3


class FirstWaits:
    """Returns the samples; those of the first batch only when told to, or when another batch is made."""

    def __init__(self, told: bool = False) -> None:
        self.told = told
        self.go = multiprocessing.get_context("fork").Event()

    def __call__(self, samples: list[int]) -> Any:
        if 0 in samples:
            assert self.go.wait(60)
        elif not self.told:
            self.go.set()
        return samples


@pytest.mark.parametrize("mode", [FORK, THREAD])
def test_in_order(mode: Any) -> None:
    expected = [[i, i + 1] for i in range(0, 20, 2)]
    assert list(DataLoader(range(20), batch_size=2, collate_fn=FirstWaits(), **mode)) == expected
    wait = FirstWaits(told=True)
    any_order = []
    for batch in DataLoader(range(20), batch_size=2, collate_fn=wait, in_order=False, **mode):
        wait.go.set()
        any_order.append(batch)
    assert any_order[0] == [2, 3]
    assert sorted(any_order) == expected


def test_batches_held_are_not_overwritten() -> None:
    """Batches beyond those lent as shared memory are copied; so descriptors do not run out, however many are kept."""
    code = """
        import resource
        from tests.test_dataloader import *
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        batches = list(DataLoader(Rows(400), batch_size=2, **FORK))
        print(all((b["row"] == b["index"][:, None]).all() and b["index"][0] == 2 * i for i, b in enumerate(batches)))
    """
    assert run(code).stdout.strip() == "True"


AHEAD, HELD = 2, 2  # batches of a worker: prepared in advance; in use by the program without a copy


class Counted:
    """Counts the batches that were collated."""

    def __init__(self) -> None:
        self.count = multiprocessing.get_context("fork").Value("i", 0)

    def __call__(self, samples: list[Any]) -> Any:
        batch = default_collate(samples)
        with self.count:
            self.count.value += 1
        return batch


@pytest.mark.parametrize("in_order", [True, False])
def test_segments_are_recycled(in_order: bool) -> None:
    """A worker allocates all its segments with its first batches and never more, however slow or greedy the program is."""
    files = len(os.listdir("/proc/self/fd"))
    made = Counted()
    loader = DataLoader(Rows(8 * 4), 4, True, collate_fn=made, persistent_workers=True, in_order=in_order, **FORK)
    for _ in loader:
        pass
    inboxes = loader._pool._inboxes
    segments = [list(inbox._segments) for inbox in inboxes]
    assert [len(x) for x in segments] == [AHEAD + HELD] * 2

    for slow, keeps in itertools.product((False, True), (0, 1, 2, 3, 5)):
        # An epoch to its end, one that is left, and one after it, in which answers of the one before may still take up room.
        for last, waits in ((None, slow), (2, False), (None, False)):
            kept: list[Any] = []
            made.count.value = 0
            for number, batch in enumerate(loader):
                kept.append(batch)
                del kept[: len(kept) - keeps]
                if number == last:
                    break
                if waits:  # until the workers have made everything they may
                    wait_for(lambda number=number: made.count.value >= min(8, number + 1 + 2 * AHEAD))
            assert all((batch["row"] == batch["index"][:, None]).all() for batch in [batch, *kept])
            assert [list(inbox._segments) for inbox in inboxes] == segments
    assert len(os.listdir("/proc/self/fd")) <= files + sum(map(len, segments)) + 10  # sockets and pipes


@settings(deadline=None)
@given(steps=st.lists(st.sampled_from(["give", "make", "take", "keep", "drop", "leave"]), min_size=60, max_size=60))
def test_segments_are_bounded_whatever_comes_first(steps: list[str]) -> None:
    """A worker and the program by turns, in any order that two processes may take: tasks given, batches made, fetched, kept
    and let go of, an epoch left in the middle."""
    outbox, inbox = Outbox(AHEAD), Inbox(AHEAD)
    tasks, answers, kept = [], [], []
    made = 0
    for step in [*steps, *["make", "leave"] * (AHEAD + HELD)]:
        if step == "give" and inbox.has_room:
            tasks.append(inbox.claim())
        elif step == "make" and tasks:
            outbox.release(tasks.pop(0))
            made += 1
            answers.append(outbox.pack(np.full(20_000 - made % 3, made, np.int16)) if made % 5 else (None, None))
        while answers and step in ("take", "keep", "leave"):
            parcel, fd = answers.pop(0)
            inbox.receive(parcel, fd)
            if parcel is not None and step == "leave":
                inbox.drop(parcel)
            elif parcel is not None:
                batch = inbox.unpack(parcel)
                assert (batch == batch[0]).all()
                if step == "keep":
                    kept.append((batch, batch.copy()))
                del batch
            if step != "leave":
                break
        if step == "drop" and kept:
            kept.pop(len(kept) // 2)
        assert all((batch == copied).all() for batch, copied in kept)
        assert len(outbox._segments) == min(made - made // 5, AHEAD + HELD)
    kept.clear()
    for _ in range(AHEAD + HELD):  # nothing is lost
        assert inbox.has_room
        inbox.claim()
    assert not inbox.has_room


cache: list[Any] = []


def caching(samples: list[Any]) -> Any:
    batch = default_collate(samples)
    cache.append(batch["row"])
    for kept in cache:
        assert (kept == kept[:, :1]).all()
        assert kept[1, 0] == kept[0, 0] + 1
    return batch


def test_a_worker_can_keep_what_it_has_collated() -> None:
    """The memory of the batch that was sent is not used for another."""
    loader = DataLoader(Rows(40), batch_size=2, collate_fn=caching, **FORK)
    assert [b["index"].tolist() for b in loader] == [[i, i + 1] for i in range(0, 40, 2)]


def test_batches_outlive_their_workers() -> None:
    loader = DataLoader(Rows(8), batch_size=4, **FORK)
    first = next(iter(loader))
    del loader
    gc.collect()
    assert (first["row"][3] == 3).all()


arrays = st.tuples(st.sampled_from(["<f4", "<i8", "|b1", "<c16"]), st.lists(st.integers(0, 60), max_size=3)).map(
    lambda x: np.arange(np.prod(x[1])).astype(x[0]).reshape(x[1])
)
batches = st.recursive(
    st.one_of(arrays, st.text(), st.integers(), st.binary(max_size=3000)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=8,
)


@settings(deadline=None)
@given(todo=st.lists(st.tuples(batches, st.booleans()), max_size=12))
def test_transport(todo: list[tuple[Any, bool]]) -> None:
    outbox, inbox, kept = Outbox(2), Inbox(2), []
    for batch, keep in todo:
        parcel, fd = outbox.pack(batch)
        parcel = pickle.loads(pickle.dumps(parcel))
        inbox.receive(parcel, fd)
        got = inbox.unpack(parcel)
        if keep:
            kept.append((batch, got))
        del got
        outbox.release(inbox.claim())
    for batch, got in kept:
        assert same(batch, got)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes() and b.flags.writeable
    if isinstance(a, (list, dict)):
        keys = a if isinstance(a, dict) else range(len(a))
        return type(a) is type(b) and len(a) == len(b) and all(same(a[k], b[k]) for k in keys)
    return a == b and type(a) is type(b)


def strings(samples: list[int]) -> list[str]:
    return [str(i) * 1000 for i in samples]


def test_large_tasks_and_answers_do_not_block_each_other() -> None:
    """Tasks of megabytes are sent while answers outside shared memory come in, both larger than socket buffers."""
    loader = DataLoader(np.arange(1_000_000), batch_size=200_000, shuffle=True, **FORK)
    assert sum(int(batch.sum()) for batch in loader) == 499_999_500_000
    loader = DataLoader(range(40_000), batch_size=4_000, collate_fn=strings, **FORK)
    assert sum(len(batch) for batch in loader) == 40_000


def test_a_tensor_from_a_worker_is_an_ordinary_one() -> None:
    batch = next(iter(DataLoader(Rows(4), batch_size=4, **FORK)))
    w = xp.ones(3000, requires_grad=True)
    out = (batch["row"] * w).sum()
    batch["row"].zero_()  # copy-on-write holds: nothing else sees the memory
    out.backward()
    assert (w.grad == 6).all()
    tracked = next(iter(DataLoader([xp.ones(2, requires_grad=True)], batch_size=None, **FORK)))
    assert tracked.requires_grad
    assert tracked.is_leaf


def test_the_machinery_of_workers_is_imported_when_needed() -> None:
    code = "import sys, arrayad; print([m for m in ('multiprocessing', 'socket', 'random', 'hashlib') if m in sys.modules])"
    assert run(code).stdout.strip() == "[]"


# --- iterable datasets ---


class Stream(IterableDataset):
    def __init__(self, n: int, shard: bool = False) -> None:
        self.n, self.shard = n, shard

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Any:
        info = get_worker_info()
        if self.shard and info is not None:
            return iter(range(info.id, self.n, info.num_workers))
        return iter(range(self.n))


class RandomStream(Stream):
    def __iter__(self) -> Any:
        for i in super().__iter__():
            yield i, random.random(), float(np.random.rand()), xp.rand(2)


@each_mode
def test_iterable(mode: Any) -> None:
    loader = DataLoader(Stream(11, shard=True), batch_size=3, **mode)
    expected = [[0, 2, 4], [1, 3, 5], [6, 8, 10], [7, 9]] if mode else [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10]]
    assert [epoch(loader) for _ in range(2)] == [expected] * 2
    assert len(loader) == 4
    full = [b for b in expected if len(b) == 3]
    assert epoch(DataLoader(Stream(11, shard=True), batch_size=3, drop_last=True, **mode)) == full
    assert sorted(epoch(DataLoader(Stream(5, shard=True), batch_size=None, **mode))) == list(range(5))
    assert epoch(DataLoader(Stream(0), batch_size=3, **mode)) == []


@each_mode
def test_iterable_of_uneven_shards(mode: Any) -> None:
    class Uneven(IterableDataset):
        def __iter__(self) -> Any:
            info = get_worker_info()
            return iter(range(100, 102) if info is not None and info.id == 0 else range(7))

    workers = {**mode, "num_workers": 3} if mode else {}
    loader = DataLoader(Uneven(), batch_size=2, **workers)
    seven = [[0, 1], [2, 3], [4, 5], [6]]
    both = [[100, 101], [0, 1], [0, 1], [2, 3], [2, 3], [4, 5], [4, 5], [6], [6]]
    assert [epoch(loader) for _ in range(2)] == [both if mode else seven] * 2
    with pytest.raises(TypeError, match="no len"):
        len(loader)


@pytest.mark.parametrize("persistent", [False, True])
def test_iterable_with_persistent_workers(persistent: bool) -> None:
    loader = DataLoader(Stream(10, shard=True), batch_size=2, persistent_workers=persistent, **FORK)
    next(iter(loader))
    assert [epoch(loader) for _ in range(2)] == [[[0, 2], [1, 3], [4, 6], [5, 7], [8], [9]]] * 2


# --- random numbers ---


@pytest.mark.parametrize("first", [0, 37], ids=["each sample draws", "samples from 37 on draw"])
def test_random_numbers_do_not_depend_on_workers(first: int) -> None:
    def epochs(**mode: Any) -> Any:
        xp.manual_seed(5)
        random.gauss(0, 1)  # for which Python keeps a second number for the next call
        loader = DataLoader(Random(90, first), batch_size=7, shuffle=bool(first % 2), **mode)
        return [epoch(loader) for _ in range(2)]

    expected = epochs()
    assert expected[0] != expected[1]
    values = list(itertools.chain(*(batch[1] for batch in expected[0])))
    assert len(set(values)) == 90 - first + bool(first)  # each sample has its own
    for workers in (1, 2, 3):
        assert epochs(num_workers=workers, multiprocessing_context="fork") == expected
    assert epochs(num_workers=2, multiprocessing_context="fork", persistent_workers=True, prefetch_factor=5) == expected
    for out in (epochs(**SLOW_MODES["forkserver"]),) if first else ():
        assert out == expected
    threads = epochs(**THREAD)
    assert [[batch[0], batch[3]] for batch in threads[0]] == [[batch[0], batch[3]] for batch in expected[0]]


class DrawnInThreads(Dataset[float]):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> float:
        with ThreadPoolExecutor(1) as other:
            return other.submit(lambda: xp.rand(()).item()).result()


def test_random_numbers_of_threads_that_samples_start() -> None:
    def epochs(workers: int) -> list[Any]:
        loader = DataLoader(DrawnInThreads(), generator=xp.Generator().manual_seed(3), **{**FORK, "num_workers": workers})
        return [batch for _ in range(2) for batch in epoch(loader)]

    assert len({batch[0] for batch in epochs(1)}) == 8
    assert epochs(1) == epochs(2)


def test_errors_that_nobody_read_let_the_dataset_go() -> None:
    class Fails(Dataset[Any]):
        def __len__(self) -> int:
            return 8

        def __getitem__(self, index: int) -> Any:
            raise ValueError("no sample")

    dataset = Fails()
    alive = weakref.ref(dataset)
    loader = DataLoader(dataset, **{**THREAD, "num_workers": 2})
    gc.collect()
    gc.disable()
    try:
        with pytest.raises(ValueError, match="no sample"):
            list(loader)
        del loader, dataset
        assert alive() is None
    finally:
        gc.enable()


def test_random_numbers_follow_the_index() -> None:
    """Not on its batch, nor on its place in the batch."""
    by_index = [
        {
            i: rest
            for batch in epoch(DataLoader(Random(40), generator=xp.Generator().manual_seed(9), **options))
            for i, *rest in zip(*batch, strict=True)
        }
        for options in ({"batch_size": 8}, {"batch_size": 3, "shuffle": True}, {"sampler": range(39, -1, -1), **FORK})
    ]
    assert by_index[0] == by_index[1] == by_index[2]


def test_a_batch_in_which_samples_begin_to_draw_late_is_fetched_twice() -> None:
    class Counting(Random):
        asked: ClassVar[list[int]] = []

        def __getitem__(self, index: int) -> Any:
            self.asked.append(index)
            return super().__getitem__(index)

    epoch(DataLoader(Counting(90, 52), batch_size=7))
    assert Counting.asked == [*range(56), *range(49, 90)]
    Counting.asked.clear()
    epoch(DataLoader(Counting(90), batch_size=7))
    assert Counting.asked == list(range(90))


@pytest.mark.parametrize("first", [0, 1000])
def test_the_users_generators_are_left_alone(first: int) -> None:
    def draws() -> Any:
        return random.random(), float(np.random.rand()), xp.rand(1).item()

    results = []
    for iterate in (True, False):
        random.seed(1)
        np.random.seed(1)
        xp.manual_seed(1)
        loader = DataLoader(Random(90, first), batch_size=9)
        batches = iter(loader)  # draws the loader's seed
        found = []
        for _ in range(8):
            if iterate:
                next(batches)
            found.append(draws())
        results.append(found)
    assert results[0] == results[1]


class Reseeding(Random):
    def __getitem__(self, index: int) -> Any:
        xp.manual_seed(0)
        return xp.rand(1), xp.initial_seed(), xp.utils.data.DataLoader(range(9), 3, shuffle=True).state_dict()["seed"]


def test_seeding_in_a_sample_ends_with_it() -> None:
    xp.manual_seed(3)
    expected = xp.rand(3).tolist()
    xp.manual_seed(3)
    batches = iter(DataLoader(Reseeding(4), batch_size=2, generator=xp.Generator()))
    assert len(set(itertools.chain(*next(batches)[0].tolist()))) == 1
    assert xp.rand(3).tolist() == expected


def test_random_numbers_of_sharded_streams() -> None:
    """In a stream that workers share by strides, each sample draws the same numbers, however many workers there are."""

    def samples(**mode: Any) -> Any:
        xp.manual_seed(2)
        return sorted(lists(x) for x in DataLoader(RandomStream(20, shard=True), batch_size=None, **mode))

    assert samples() == samples(**FORK) == samples(num_workers=3, multiprocessing_context="fork")


class Seeded(Several):
    def __getitems__(self, indices: list[int]) -> list[Any]:
        return [(i, np.random.rand()) for i in indices]


def test_random_numbers_of_several_at_once() -> None:
    g = xp.Generator()
    outs = [epoch(DataLoader(Seeded(), 4, generator=g.manual_seed(0), **mode)) for mode in ({}, FORK)]
    assert outs[0] == outs[1]


def noting(worker: int) -> None:
    info = get_worker_info()
    assert info is not None
    assert info.id == worker
    info.dataset.noted = [worker, info.num_workers, random.random(), np.random.rand(), xp.rand(1).item(), info.seed]


class Noted(Rows):
    def __getitem__(self, index: int) -> Any:
        return self.noted


def test_worker_init_fn() -> None:
    outs = []
    for _ in range(2):
        xp.manual_seed(0)
        loader = DataLoader(Noted(12), worker_init_fn=noting, collate_fn=lambda x: x[0], **FORK)
        outs.append({tuple(x) for x in loader})
    assert outs[0] == outs[1]
    assert {x[:2] for x in outs[0]} == {(0, 2), (1, 2)}
    assert len({x[2] for x in outs[0]}) == 2
    assert get_worker_info() is None


def test_numpys_second_normal_number_is_given_back() -> None:
    np.random.seed(0)
    expected = np.random.randn(4).tolist()
    np.random.seed(0)
    found = [np.random.randn()]
    next(iter(DataLoader([1, 2], 2)))
    assert [*found, *np.random.randn(3).tolist()] == expected


class Checkpointed(Rows):
    """Samples that draw their random numbers twice, from a state that is set in the sample."""

    def __getitem__(self, i: int) -> Any:
        state = xp.random.get_state()
        first = xp.rand(2)
        xp.random.set_state(state)
        x = xp.ones(2, requires_grad=True)
        y = checkpoint(lambda x: x * xp.rand(2), x)
        y.sum().backward()
        return (first == y.detach()).all(), (x.grad == y.detach()).all()


@each_mode
def test_random_numbers_of_a_sample_drawn_again(mode: Any) -> None:
    assert epoch(DataLoader(Checkpointed(4), batch_size=4, **mode)) == [[[True] * 4] * 2]


# --- resuming ---

RESUMED = [{}, FORK, {"num_workers": 3, "multiprocessing_context": "thread"}]


class Backwards(Sampler):
    """A user's sampler, which draws from arrayad's default generator as it goes."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __iter__(self) -> Any:
        for i in range(self.n):
            yield (self.n - i) * 100 + int(xp.randint(0, 100, (1,)))

    def __len__(self) -> int:
        return self.n


class Drawn(Random):
    """Of the generators that also work in threads."""

    def __getitem__(self, index: int) -> Any:
        return index, xp.rand(2)


def loader_of(kind: str, data: type[Random] = Random, **mode: Any) -> DataLoader:
    n = 23
    options: dict[str, Any] = {
        "sequential": {},
        "shuffle": {"shuffle": True},
        "replacement": {"sampler": RandomSampler(range(n), replacement=True, num_samples=40)},
        "own generator": {"sampler": RandomSampler(range(n), generator=xp.Generator().manual_seed(4))},
        "weighted": {"sampler": WeightedRandomSampler([1.0] * n, 30)},
        "distributed": {"sampler": DistributedSampler(range(n), 2, 1)},
        "user's": {"sampler": Backwards(n)},
        "batch sampler": {"batch_sampler": BatchSampler(RandomSampler(range(n)), 4, False), "batch_size": 1},
    }[kind]
    return DataLoader(data(n if kind != "user's" else 100 * n + 100), **{"batch_size": 4, **options, **mode})


KINDS = ["sequential", "shuffle", "replacement", "own generator", "weighted", "distributed", "user's", "batch sampler"]


@pytest.mark.parametrize("kind", KINDS)
def test_resume(kind: str) -> None:
    """After any batch of any epoch, with other workers; everything that follows is the same to the end of the next epoch."""
    for place, after in ((0, 0), (0, 2), (1, 1), (1, None), (2, 0)):
        xp.manual_seed(11)
        loader = loader_of(kind)
        for _ in range(place):
            epoch(loader)
        batches = iter(loader)
        for _ in range(len(loader) if after is None else after):
            next(batches)
        if after == 0:
            batches = None  # the state before an epoch
            loader = loader_of(kind)
            xp.manual_seed(11)
            for _ in range(place):
                epoch(loader)
        state = pickle.dumps(loader.state_dict())
        assert len(state) < 1000
        expected = [epoch(batches or loader), epoch(loader)]
        for mode in ({}, FORK) if kind in ("shuffle", "user's") else ({},):
            xp.manual_seed(99)
            again = loader_of(kind, **mode)
            again.load_state_dict(pickle.loads(state))
            assert pickle.dumps(again.state_dict()) == state
            assert [epoch(again), epoch(again)] == expected


@pytest.mark.parametrize("mode", RESUMED)
def test_resume_with_workers(mode: Any) -> None:
    loader = loader_of("shuffle", Drawn, **mode)
    batches = iter(loader)
    next(batches)
    next(batches)
    state = loader.state_dict()
    assert state["batches"] == 2  # not what workers have prepared
    expected = [epoch(batches), epoch(loader)]
    for other in RESUMED:
        again = loader_of("shuffle", Drawn, **other)
        again.load_state_dict(state)
        assert [epoch(again), epoch(again)] == expected


def test_resume_out_of_order() -> None:
    wait = FirstWaits(told=True)
    loader = DataLoader(range(20), batch_size=2, collate_fn=wait, in_order=False, **FORK)
    batches = iter(loader)
    given = [next(batches) for _ in range(4)]
    assert [0, 1] not in given
    state = loader.state_dict()
    wait.go.set()
    again = DataLoader(range(20), batch_size=2, collate_fn=list)
    again.load_state_dict(state)
    assert sorted(given + list(again)) == [[i, i + 1] for i in range(0, 20, 2)]


@pytest.mark.parametrize("mode", [{}, FORK, THREAD])
@pytest.mark.parametrize("after", [0, 1, 3, 5])
def test_resume_a_stream(mode: Any, after: int) -> None:
    xp.manual_seed(1)
    data = Stream(17, shard=True) if mode is THREAD else RandomStream(17, shard=True)
    loader = DataLoader(data, batch_size=3, **mode)
    epoch(loader)
    batches = iter(loader)
    for _ in range(after):
        next(batches)
    state = loader.state_dict()
    expected = [epoch(batches), epoch(loader)]
    again = DataLoader(data, batch_size=3, **mode)
    again.load_state_dict(state)
    assert [epoch(again), epoch(again)] == expected
    with pytest.raises(ValueError, match="iterable dataset read by"):
        DataLoader(data, num_workers=5).load_state_dict(state)


def test_breaking_off_goes_to_the_next_epoch() -> None:
    loader = DataLoader(range(9), batch_size=3)
    for _ in loader:
        break
    assert (loader.state_dict()["epoch"], loader.state_dict()["batches"]) == (0, 1)
    for _ in loader:
        break
    assert (loader.state_dict()["epoch"], loader.state_dict()["batches"]) == (1, 1)
    assert epoch(loader) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


def test_bad_states() -> None:
    loader = DataLoader(range(9), batch_size=3)
    before = loader.state_dict()
    for bad in ({}, 5, {**before, "readers": 2}):
        with pytest.raises(ValueError, match=r"load_state_dict\(\)"):
            loader.load_state_dict(bad)
    assert loader.state_dict() == before
    with pytest.raises(RuntimeError, match="in_order=True"):
        DataLoader(Stream(3), in_order=False, **FORK).state_dict()


def test_copies_of_a_loader() -> None:
    loader = DataLoader(range(6), batch_size=2, persistent_workers=True, shuffle=True, **FORK)
    first = epoch(loader)
    for copied in (copy.deepcopy(loader), pickle.loads(pickle.dumps(loader))):
        state = copied.state_dict()
        assert state == loader.state_dict()
        assert sorted(itertools.chain(*epoch(copied))) == list(range(6))
    assert first != []


def test_a_state_stays_where_it_is_when_random_numbers_are_seeded_anew() -> None:
    loader = DataLoader(range(8), 2, shuffle=True)
    batches = iter(loader)
    next(batches), next(batches)
    seed = loader.state_dict()["seed"]
    xp.manual_seed(0)
    state = loader.state_dict()
    assert (state["seed"], state["epoch"], state["batches"]) == (seed, 0, 2)
    rest = [batch.tolist() for batch in batches]
    assert loader.state_dict()["epoch"] == 1
    again = DataLoader(range(8), 2, shuffle=True)
    again.load_state_dict(state)
    again.state_dict()
    xp.manual_seed(5)
    assert [batch.tolist() for batch in again] == rest


def test_a_generator_that_is_set_back_starts_the_order_again() -> None:
    generator = xp.Generator().manual_seed(3)
    state = generator.get_state()
    loader = DataLoader(range(20), 20, shuffle=True, generator=generator)
    first = epoch(loader)
    generator.set_state(state)
    assert epoch(loader) == first


def test_a_pass_that_was_broken_off_says_so_and_keeps_its_place() -> None:
    class Interrupting(Rows):
        def __getitem__(self, i: int) -> Any:
            if i == 4 and not again:
                raise KeyboardInterrupt
            return i

    again: list[int] = []
    loader = DataLoader(Interrupting(8), 2)
    batches = iter(loader)
    assert [lists(next(batches)), lists(next(batches))] == [[0, 1], [2, 3]]
    with pytest.raises(KeyboardInterrupt):
        next(batches)
    with pytest.raises(RuntimeError, match="broken off"):
        next(batches)
    state = loader.state_dict()
    assert (state["epoch"], state["batches"]) == (0, 2)
    again.append(1)
    loader.load_state_dict(state)
    assert epoch(loader) == [[4, 5], [6, 7]]


def test_a_copy_of_a_loader_goes_on_by_itself() -> None:
    loader = DataLoader(range(4), 2)
    next(iter(loader))
    other = copy.copy(loader)
    list(loader)
    assert other.state_dict()["batches"] == 1


# --- errors ---


class ManyArguments(Exception):
    def __init__(self, code: int, message: str, *, where: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.where = code, where


class Unpicklable(Exception):
    def __init__(self, what: Any) -> None:
        super().__init__("cannot be pickled", what)
        self.handle = lambda: None


class Misleading(Exception):
    """Can be pickled, but is unpickled as another type."""

    def __init__(self, code: int = 7) -> None:
        super().__init__(f"code {code}")


class NoArguments(FileNotFoundError):
    """Has state that Python keeps outside of its attributes and arguments."""

    def __init__(self, path: str) -> None:
        super().__init__(2, "no image", path)


class Slotted(Exception):
    __slots__ = ("never_set",)


def local_class() -> Exception:
    class Local(Exception):
        pass

    return Local("only here")


ERRORS = {
    "ValueError": (lambda: ValueError("a", 1), ValueError, ("a", 1)),
    "KeyError": (lambda: KeyError("key"), KeyError, ("key",)),
    "OSError": (lambda: FileNotFoundError(2, "No such file", "x.png"), FileNotFoundError, (2, "No such file")),
    "UnicodeDecodeError": (lambda: UnicodeDecodeError("utf-8", b"x", 0, 1, "bad"), UnicodeDecodeError, None),
    "many arguments": (lambda: ManyArguments(3, "no", where="there"), ManyArguments, ("3: no",)),
    "misleading": (lambda: Misleading(5), Misleading, ("code 5",)),
    "slotted": (lambda: Slotted("a"), Slotted, ("a",)),
    "no arguments": (lambda: NoArguments("x.png"), NoArguments, None),
    "AttributeError": (lambda: AttributeError("no", name="absent", obj=3), AttributeError, ("no",)),
    "unpicklable": (lambda: Unpicklable(threading.Lock()), Unpicklable, None),
    "local": (local_class, Exception, None),
    "StopIteration": (lambda: StopIteration(4), RuntimeError, None),
    "MemoryError": (lambda: MemoryError("too much"), MemoryError, ("too much",)),
}


class Failing(Dataset):
    def __init__(self, error: str, at: int = 7) -> None:
        self.error, self.at = error, at

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> int:
        return index if index != self.at else self.fail()

    def fail(self) -> int:
        raise ERRORS[self.error][0]()


@pytest.mark.parametrize("error", ERRORS)
@each_mode
def test_errors_of_samples(error: str, mode: Any) -> None:
    _, kind, args = ERRORS[error]
    batches = iter(DataLoader(Failing(error), batch_size=2, **mode))
    assert [lists(next(batches)) for _ in range(3)] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(kind) as caught:
        next(batches)
    assert args is None or caught.value.args == args
    text = "".join(traceback.format_exception(caught.value))
    assert "in fail" in text  # the user's code, with its line
    assert "raise ERRORS[self.error][0]()" in text
    assert "fetching the sample at index 7" in text
    if mode:
        assert "DataLoader worker" in text
    if error == "many arguments":
        assert (caught.value.code, caught.value.where) == (3, "there")
    if error == "no arguments":
        assert (caught.value.errno, caught.value.filename) == (2, "x.png")
        assert str(caught.value) == "[Errno 2] no image: 'x.png'"
    if error == "AttributeError":
        assert caught.value.name == "absent"
        assert mode.get("multiprocessing_context") != "fork" or caught.value.obj is None  # may be the whole dataset
    if error == "local":
        assert "only here" in text


@each_mode
def test_a_pass_goes_on_after_an_error(mode: Any) -> None:
    loader = DataLoader(Failing("ValueError", at=4), batch_size=2, **mode)
    for start, expected in ((0, [[0, 1], [2, 3], "error", [6, 7], [8, 9], [10, 11]]), (4, [[8, 9], [10, 11]])):
        batches, found = iter(loader), []
        for _ in range(6 - start):
            try:
                found.append(lists(next(batches)))
            except ValueError:
                found.append("error")
            if len(found) == 4 - start:
                state = loader.state_dict()
        assert found == expected
        with pytest.raises(StopIteration):
            next(batches)
        loader = DataLoader(Failing("ValueError", at=4), batch_size=2, **mode)
        loader.load_state_dict(state)


@every_mode
def test_workers_make_what_the_program_would(mode: Any) -> None:
    """With the default dtype of each pass, also in workers that exist already."""
    before = xp.get_default_dtype()
    loader = DataLoader([0.1, 0.2], **mode, **({"persistent_workers": True} if mode else {}))
    try:
        for dtype in (xp.float64, xp.float32):
            xp.set_default_dtype(dtype)
            assert [batch.dtype for batch in loader] == [dtype] * 2
    finally:
        xp.set_default_dtype(before)


def test_a_worker_with_a_default_dtype_of_its_own() -> None:
    def init(_: int) -> None:
        xp.set_default_dtype(xp.float64)

    loader = DataLoader([0.1] * 4, worker_init_fn=init, persistent_workers=True, **FORK)
    assert [batch.dtype for _ in range(2) for batch in loader] == [xp.float64] * 8
    assert xp.get_default_dtype() == xp.float32


def test_a_loop_that_is_left_while_workers_wait_for_room(capfd: Any) -> None:
    loader = DataLoader(np.zeros((2000, 3500), np.float32), prefetch_factor=100, **FORK)
    iterator = iter(loader)
    next(iterator)
    time.sleep(0.5)  # the socket is full
    del iterator
    assert not loaders_children()
    assert capfd.readouterr().err == ""


def test_threads_with_loaders_leave_the_generators_of_all_alone() -> None:
    random.seed(0)
    np.random.seed(0)
    generator = np.random.get_bit_generator()
    threads = [threading.Thread(target=epoch, args=(DataLoader(Slowly(range(40)), batch_size=4),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (np.random.rand(), random.random()) == (0.5488135039273248, 0.8444218515250481)
    assert np.random.get_bit_generator() is generator


class Slowly(list[int]):
    def __getitem__(self, index: Any) -> Any:
        time.sleep(0.001)
        return super().__getitem__(index)


@pytest.mark.parametrize("mode", SLOW_MODES.values(), ids=SLOW_MODES)
def test_errors_from_other_processes(mode: Any) -> None:
    with pytest.raises(ManyArguments, match="3: no") as caught:
        epoch(DataLoader(Failing("many arguments"), batch_size=2, **mode))
    assert "in fail" in "".join(caught.value.__notes__)


class FailingStream(IterableDataset):
    def __iter__(self) -> Any:
        yield 1
        raise KeyError("stream")


def failing_init(worker: int) -> None:
    raise KeyError(f"init of {worker}")


class FailingSeveral(Several):
    def __getitems__(self, indices: list[int]) -> Any:
        raise KeyError("several")


@each_mode
def test_errors_elsewhere(mode: Any) -> None:
    with pytest.raises(KeyError, match="sample number 1") as caught:
        epoch(DataLoader(FailingStream(), batch_size=None, **({**mode, "num_workers": 1} if mode else {})))
    with pytest.raises(KeyError, match="several") as caught:
        epoch(DataLoader(FailingSeveral(), batch_size=3, **mode))
    assert "fetching the samples at indices [0, 1, 2]" in "".join(caught.value.__notes__)
    with pytest.raises(IndexError) as caught:
        epoch(DataLoader(np.arange(3), batch_sampler=[[0, 5]], **mode))
    assert "at indices [0, 5]" in "".join(caught.value.__notes__)
    if mode:
        with pytest.raises(KeyError, match=r"worker_init_fn\(\d\)"):
            epoch(DataLoader(range(3), worker_init_fn=failing_init, **mode))


def test_workers_that_could_not_be_initialized_end() -> None:
    others = set(threading.enumerate())
    for _ in range(3):
        iterator = iter(DataLoader(range(8), worker_init_fn=failing_init, **THREAD))
        with pytest.raises(KeyError, match="init of 0"):
            next(iterator)
        with pytest.raises(KeyError, match="init of 1"):
            next(iterator)
        with pytest.raises(RuntimeError, match=r"worker_init_fn\(0\) had failed before: KeyError\('init of 0'\)") as caught:
            next(iterator)
        assert len(caught.value.__notes__) == 1
        del iterator, caught
    gc.collect()  # of exceptions kept by pytest
    for thread in set(threading.enumerate()) - others:
        thread.join(5)
        assert not thread.is_alive()


def test_an_exit_in_a_thread_is_reported() -> None:
    def leave(samples: Any) -> None:
        sys.exit("bye")

    with pytest.raises(RuntimeError, match="SystemExit was raised in a worker thread: bye"):
        epoch(DataLoader(range(3), collate_fn=leave, **THREAD))


def with_lambda(samples: Any) -> Any:
    return lambda: samples


def test_a_batch_that_cannot_be_pickled() -> None:
    with pytest.raises(Exception, match="while pickling a batch") as caught:
        epoch(DataLoader(range(4), collate_fn=with_lambda, **FORK))
    assert "with_lambda" in str(caught.value) + "".join(caught.value.__notes__)
    del caught
    gc.collect()  # the traceback refers to the pass, which could continue
    # and a dataset that cannot is refused where it is sent, with nothing left running
    with pytest.raises((AttributeError, pickle.PicklingError)):
        iter(DataLoader([lambda: 0], **SLOW_MODES["spawn"]))
    assert not loaders_children()


def test_an_error_of_the_sampler_is_raised_as_it_is() -> None:
    def indices() -> Any:
        yield 0
        raise LookupError("sampler")

    for mode in (FORK, THREAD, {}):
        with pytest.raises(LookupError, match="sampler"):
            epoch(DataLoader(range(3), sampler=indices(), **mode))
    assert not loaders_children()


# --- workers that die or hang, and what they leave ---


def loaders_children() -> list[Any]:
    """The worker processes that still exist after a moment."""
    gc.collect()  # a failed pass could continue, as long as a traceback refers to it
    end = time.monotonic() + 30
    while (left := [p for p in multiprocessing.active_children() if "DataLoader" in p.name]) and time.monotonic() < end:
        time.sleep(0.01)
    return left


class Dying(Rows):
    def __init__(self, how: str) -> None:
        super().__init__(40)
        self.how = how
        self.time = multiprocessing.get_context("fork").Value("d", 0.0)  # of the death

    def __getitem__(self, index: int) -> Any:
        if index == 21:
            self.time.value = time.monotonic()
            if self.how == "exit":
                os._exit(3)
            elif self.how == "sys.exit":
                sys.exit(4)
            elif self.how == "hang":
                time.sleep(1000)
            faulthandler.disable()  # pytest's, which would print the stack
            os.kill(os.getpid(), getattr(signal, self.how))
        return super().__getitem__(index)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("SIGKILL", r"worker \d \(pid \d+\) was killed by signal 9 \(SIGKILL\); .* memory"),
        ("SIGSEGV", r"was killed by signal 11 \(SIGSEGV\)"),
        ("SIGTERM", r"was killed by signal 15 \(SIGTERM\)"),
        ("exit", "exited with code 3"),
        ("sys.exit", "exited with code 4"),
    ],
)
def test_a_worker_that_dies(how: str, message: str) -> None:
    data = Dying(how)
    with pytest.raises(RuntimeError, match=message) as caught:
        epoch(DataLoader(data, batch_size=2, **FORK))
    assert time.monotonic() - data.time.value < 10  # on a busy machine: far from a hang
    assert "batch 10 of the samples [20, 21]" in "".join(caught.value.__notes__)
    assert not loaders_children()


def test_an_idle_worker_that_is_killed() -> None:
    loader = DataLoader(Rows(10), batch_size=2, persistent_workers=True, **FORK)
    epoch(loader)
    victim = loaders_children_now()[0]
    os.kill(victim.pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match=f"pid {victim.pid}.*SIGKILL"):
        list(itertools.chain(*(loader for _ in range(5))))
    assert len(epoch(loader)) == 5  # with new workers
    assert len(loaders_children_now()) == 2


def loaders_children_now() -> list[Any]:
    return [p for p in multiprocessing.active_children() if "DataLoader" in p.name]


def test_timeout() -> None:
    with pytest.raises(RuntimeError, match=r"timed out after 2 seconds: waiting for worker \d \(pid \d+\) at batch 10"):
        epoch(DataLoader(Dying("hang"), batch_size=2, timeout=2, **FORK))
    assert not loaders_children()  # the one that hangs is ended too
    event = threading.Event()
    with pytest.raises(RuntimeError, match=r"timed out after 0.2 seconds: waiting for worker \d \(a thread\)"):
        epoch(DataLoader(range(4), collate_fn=lambda x: event.wait(60), timeout=0.2, **THREAD))
    event.set()
    assert len(epoch(DataLoader(Rows(10), batch_size=2, timeout=60, **FORK))) == 5


def check_shared_memory(before: set[str]) -> None:
    """Check that nothing new stays in /dev/shm; other programs' files there come and go."""
    new = set(os.listdir("/dev/shm")) - before
    wait_for(lambda: not new & set(os.listdir("/dev/shm")))


@pytest.mark.parametrize("persistent", [False, True])
def test_nothing_is_left_after(persistent: bool) -> None:
    before = set(os.listdir("/dev/shm"))
    files = len(os.listdir("/proc/self/fd"))
    loader = DataLoader(Rows(40), batch_size=4, persistent_workers=persistent, **FORK)
    epoch(loader)
    for _ in loader:
        break
    with pytest.raises(TypeError):
        [batch + 1 for batch in loader]
    gc.collect()
    workers = {p.pid for p in loaders_children_now()}
    never_begun = iter(loader)
    del never_begun
    if persistent:
        assert {p.pid for p in loaders_children_now()} == workers
        assert len(workers) == 2
        assert len(epoch(loader)) == 10
    del loader
    gc.collect()
    assert not loaders_children()
    check_shared_memory(before)
    assert len(os.listdir("/proc/self/fd")) <= files + 2


def test_persistent_workers_stay() -> None:
    class Pid(Rows):
        def __getitem__(self, index: int) -> int:
            return os.getpid()

    def pids(persistent: bool) -> list[set[int]]:
        loader = DataLoader(Pid(20), batch_size=1, persistent_workers=persistent, **FORK)
        return [set(itertools.chain(*epoch(loader))) for _ in range(3)]

    first, second, third = pids(True)
    assert first == second == third
    assert len(first) == 2
    first, second, third = pids(False)
    assert first.isdisjoint(second)
    assert os.getpid() not in first


def run(code: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120, **options)
    assert done.returncode == 0, done.stderr
    return done


def state(pid: int) -> str:
    """The state letter of a process: R running, S waiting, Z ended, also if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"


def alive(pid: int) -> bool:
    return state(pid) != "Z"


def started(code: str) -> tuple[subprocess.Popen[str], list[int]]:
    """A program in the middle of an epoch, and its workers."""
    prelude = """
        from tests.test_dataloader import *
        signal.signal(signal.SIGINT, signal.default_int_handler)  # which what is started in the background has not
    """
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(prelude) + textwrap.dedent(code)],
        stdin=subprocess.PIPE,  # stays open, so that a program can wait for its end
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    pids = [int(pid) for pid in program.stdout.readline().split()]
    assert pids, program.communicate()[1]
    return program, pids


def wait_for(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


PROGRAM = """
    loader = DataLoader(Rows({n}), batch_size=4, num_workers=2, multiprocessing_context={context!r}, collate_fn={collate})
    if __name__ == "__main__":
        for batch in loader:
            print(*[p.pid for p in loaders_children_now()], flush=True)
            time.sleep({pause})
"""


def hang(samples: list[Any]) -> Any:
    if samples[0]["index"] >= 8:
        time.sleep(1000)
    return default_collate(samples)


@pytest.mark.parametrize("context", ["fork", "forkserver", "spawn"])
def test_a_parent_that_is_killed(context: str) -> None:
    """Its workers end, and no memory stays behind."""
    before = set(os.listdir("/dev/shm"))
    program, pids = started(PROGRAM.format(n=4000, context=context, collate="default_collate", pause=1000))
    assert len(pids) == 2
    program.kill()
    program.communicate()
    wait_for(lambda: not any(alive(pid) for pid in pids))
    # forkserver's and spawn's resource tracker has nothing to do, since nothing has a name
    check_shared_memory(before)


@pytest.mark.parametrize(("collate", "pause"), [("hang", 0), ("default_collate", 1000)], ids=["waiting", "computing"])
@pytest.mark.parametrize("whole_group", [False, True])
@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_interrupt(collate: str, pause: float, whole_group: bool, context: str) -> None:
    """Ctrl-C ends the program and its workers, also while they start and in a batch; only the program reports it."""
    program, pids = started(PROGRAM.format(n=400, context=context, collate=collate, pause=pause))
    if collate == "hang":
        program.stdout.readline()  # the second batch; at the third the workers hang
    wait_for(lambda: state(program.pid) == "S")
    (os.killpg if whole_group else os.kill)(program.pid, signal.SIGINT)
    errors = program.communicate(timeout=60)[1]
    assert program.returncode == -signal.SIGINT
    assert errors.count("KeyboardInterrupt") == 1
    wait_for(lambda: not any(alive(pid) for pid in pids))


def test_workers_do_not_take_over_the_programs_handlers() -> None:
    code = """
        signal.signal(signal.SIGTERM, lambda *_: print("the program's handler", flush=True))
        loader = DataLoader(Rows(8), batch_size=4, num_workers=2, multiprocessing_context="fork", persistent_workers=True)
        epoch(loader)
        print(*[p.pid for p in loaders_children_now()], flush=True)
        sys.stdin.read()
    """
    program, pids = started(code)
    os.kill(pids[0], signal.SIGTERM)
    wait_for(lambda: not alive(pids[0]))
    program.kill()
    assert program.communicate()[0] == ""


def test_a_process_forked_by_the_program_does_not_end_the_workers() -> None:
    code = """
        from tests.test_dataloader import *
        loader = DataLoader(Rows(40), batch_size=2, persistent_workers=True, **FORK)
        batches = iter(loader)
        next(batches)
        if os.fork() == 0:
            del batches, loader
            gc.collect()
            os._exit(0)
        os.wait()
        print(len(list(batches)), len(list(loader)))
    """
    assert run(code).stdout.split() == ["19", "20"]


def test_the_parent_has_no_threads() -> None:
    threads, tasks = threading.active_count(), len(os.listdir("/proc/self/task"))
    for _ in DataLoader(Rows(10), batch_size=2, **FORK):
        assert threading.active_count() == threads
        assert len(os.listdir("/proc/self/task")) <= tasks  # BLAS ends its own at a fork


def test_threads_of_a_loader_that_cannot_start_all_of_them_end(monkeypatch: pytest.MonkeyPatch) -> None:
    before, start, started = threading.active_count(), threading.Thread.start, []

    def fails(thread: threading.Thread) -> None:
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", fails)
    with pytest.raises(RuntimeError, match="can't start"):
        list(DataLoader(range(4), num_workers=3, multiprocessing_context="thread"))
    for thread in started:
        thread.join(10)
    assert threading.active_count() == before


def test_a_pass_that_the_garbage_collector_ends_in_one_of_its_worker_threads() -> None:
    left, collected = threading.Event(), threading.Event()

    class Collecting(Rows):
        def __getitem__(self, i: int) -> Any:
            if i == 4:
                left.wait(10)
                gc.collect()  # pytest turns exceptions in finalizers into failures
                collected.set()
            return i

    before = threading.active_count()
    batches = iter(DataLoader(Collecting(8), batch_size=2, **THREAD))
    assert lists(next(batches)) == [0, 1]
    cycle: list[Any] = [batches]
    cycle.append(cycle)
    gc.disable()
    try:
        del batches, cycle
        left.set()
        assert collected.wait(10)
    finally:
        gc.enable()
    wait_for(lambda: threading.active_count() == before)


# --- devices ---


def test_pin_memory_without_a_gpu() -> None:
    if xp.cuda.is_available():
        batch = next(iter(DataLoader(Rows(4), batch_size=2, pin_memory=True)))
        assert batch["row"].is_pinned()
    else:
        with pytest.warns(UserWarning, match="pin_memory has no effect"):
            loader = DataLoader(Rows(4), batch_size=2, pin_memory=True)
        assert len(epoch(loader)) == 2


@each_mode
def test_device(mode: Any) -> None:
    data = [nested(i) for i in range(4)]
    for batch in DataLoader(data, batch_size=2, device="cpu", **mode):
        assert batch["point"].x.device == "cpu"
        assert isinstance(batch["sample"], Sample)


def test_other_devices() -> None:
    from . import strict

    strict.register()
    first, _ = DataLoader([nested(i) for i in range(4)], batch_size=2, device="strict:1", **FORK)
    assert first["point"].y.device == first["sample"].image.device == first["sample"].extra["complex"].device == "strict:1"
    assert first["tuple"][2] == ["0", "1"]
    pair = next(iter(DataLoader([(1, 2)], collate_fn=lambda x: (xp.ones(1), "a"), device="strict")))
    assert isinstance(pair, tuple)
    assert pair[0].device == xp.ones(1, device="strict").device
    data = TensorDataset(xp.arange(4, device="strict"))
    assert epoch(DataLoader(data, batch_size=3)) == [[[0, 1, 2]], [[3]]]
    assert epoch(DataLoader(data, batch_size=3, **THREAD)) == [[[0, 1, 2]], [[3]]]
    with pytest.raises(ValueError, match="worker processes cannot read tensors on a GPU"):
        DataLoader(Subset(data, [1]), **FORK)


def test_prefetch_to_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sequence of CUDA calls: copies of two batches in advance, and a wait only for the one that is due."""
    from contextlib import contextmanager

    from arrayad.utils.data import prefetch

    log: list[str] = []

    class Stream:
        def __init__(self, name: Any = "current") -> None:
            self.name = "side" if name != "current" else name

        def __enter__(self) -> None:
            log.append(f"enter {self.name}")

        def __exit__(self, *exception: object) -> None:
            log.append(f"leave {self.name}")

        def wait_stream(self, other: Stream) -> None:
            log.append(f"{self.name} waits for {other.name}")

        def wait_event(self, event: str) -> None:
            log.append(f"{self.name} waits for event {event}")

        def record_event(self) -> str:
            log.append("record")
            return str(log.count("record"))

    @contextmanager
    def current_device(place: Any) -> Any:
        yield

    class Moved:
        def to(self, place: Any, non_blocking: bool = False) -> str:
            log.append("copy")
            return "moved"

    monkeypatch.setattr(prefetch.cuda, "Stream", Stream)
    monkeypatch.setattr(prefetch.cuda, "current_stream", Stream)
    monkeypatch.setattr(prefetch.cuda, "device", current_device)
    source = ((i, [Moved()]) for i in range(3))
    batches = prefetch.moved_to(xp.device("cuda:0"), source)
    copy_one = ["side waits for current", "enter side", "copy", "record", "leave side"]
    assert next(batches) == (0, ["moved"])
    assert log == [*copy_one, *copy_one, "current waits for event 1"]
    log.clear()
    assert next(batches) == (1, ["moved"])
    assert log[-1] == "current waits for event 2"
    assert log[:-1] == copy_one
    assert [number for number, _ in batches] == [2]


# --- what is refused ---

REFUSED = {
    "num_workers=-1": "num_workers must be an integer of at least 0, got -1",
    "num_workers=1.5": "num_workers must be an integer of at least 0, got 1.5",
    "num_workers=2, timeout=-1": "timeout must be a number of at least 0, got -1",
    "num_workers=2, prefetch_factor=0": "prefetch_factor must be a positive integer, got 0",
    "timeout=3": "timeout needs workers, and num_workers is 0",
    "prefetch_factor=2": "prefetch_factor needs workers, and num_workers is 0",
    "persistent_workers=True": "persistent_workers needs workers, and num_workers is 0",
    "multiprocessing_context='fork'": "multiprocessing_context needs workers, and num_workers is 0",
    "num_workers=1, multiprocessing_context='x'": "multiprocessing_context must be one of",
    "sampler=[0], shuffle=True": "sampler and shuffle exclude each other",
    "batch_sampler=[[0]], drop_last=True": "batch_sampler excludes",
    "batch_size=None, drop_last=True": "drop_last needs a batch_size",
}


@pytest.mark.parametrize("arguments", REFUSED)
def test_refused(arguments: str) -> None:
    with pytest.raises(ValueError, match=r"DataLoader\(\)") as caught:
        eval(f"DataLoader(range(3), {arguments})")
    assert REFUSED[arguments] in str(caught.value)


@pytest.mark.parametrize("argument", ["shuffle=True", "sampler=[0]", "batch_sampler=[[0]]"])
def test_refused_of_streams(argument: str) -> None:
    with pytest.raises(ValueError, match="an IterableDataset has its own order"):
        eval(f"DataLoader(Stream(3), {argument})")
    DataLoader(Stream(3), shuffle=False)


def test_refused_types_and_changes() -> None:
    with pytest.raises(TypeError, match="generator must be a Generator or None, got int"):
        DataLoader(range(3), generator=3)
    with pytest.raises(TypeError, match="multiprocessing_context must be a string or a context"):
        DataLoader(range(3), num_workers=1, multiprocessing_context=3)
    loader = DataLoader(range(3), num_workers=1, multiprocessing_context=multiprocessing.get_context("fork"))
    assert epoch(loader) == [[0], [1], [2]]
    with pytest.raises(ValueError, match="batch_size cannot be changed"):
        loader.batch_size = 2
    loader.timeout = 5
