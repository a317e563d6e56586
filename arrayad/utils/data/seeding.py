"""The random numbers of a sample: they depend only on the loader's seed, the epoch and the sample's index.

So a sample is the same whichever worker makes it, in whatever order, and after resuming.
"""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random.mtrand import get_bit_generator, set_bit_generator  # up to NumPy 2.4 the stub of numpy.random lacks them

from ...functions.random import Generator, scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ...devices import device

__all__ = ["Seeds", "seed_of"]

_MASK = (1 << 64) - 1
_PROBES = 32  # samples in a row


def seed_of(*parts: Any) -> int:
    """A 64-bit seed from integers or other indices: SplitMix64 (Steele, Lea & Flood 2014, figure 17), one step per part."""
    z = 0
    for part in parts:
        number = part if part.__class__ is int else _number(part)
        z = (z + number + 0x9E3779B97F4A7C15) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        z ^= z >> 31
    return z


def _number(index: Any) -> int:
    """A number for any index: `hash` will not do, since that of a string differs between processes."""
    try:
        return int(index.__index__())
    except (AttributeError, TypeError):
        return int.from_bytes(hashlib.blake2b(repr(index).encode(), digest_size=8).digest())


class _Globals:
    """Seeds Python's and NumPy's global generators before each sample, for as long as samples draw from them.

    Seeding both takes 6 us, as much as many a sample. So it is omitted once some consecutive samples have drawn from
    neither. Whether one draws after all is detected at the end of a batch, by comparing a number drawn from each generator
    with one from a twin that was in the same state.
    """

    def __init__(self, give_back: bool) -> None:
        self._give_back = give_back  # whether this is the main process, whose generators must be restored
        self._probes = _PROBES  # samples to go until seeding is omitted; -1: never
        self._random_twin = random.Random()
        self._numpy, self._numpy_twin = np.random.MT19937(0), np.random.MT19937(0)
        self._seed_numpy_twin = np.random.RandomState(self._numpy_twin).seed
        self._users: tuple[Any, Any, Any] = (None, None, None)

    @property
    def eager(self) -> bool:
        """Whether samples are seeded."""
        return self._probes != 0

    def always(self) -> None:
        """Seed all samples from now on."""
        self._probes = -1

    def enter(self) -> None:
        """Save the state of the generators."""
        # NumPy's global functions temporarily use a bit generator of ours, which is faster than getting and setting their
        # state; but the second normal number that NumPy keeps from a pair is only in the state, which costs 40 us a batch.
        state = random.getstate() if self._give_back else None
        normal: Any = np.random.get_state(legacy=False) if self._give_back else None  # noqa: NPY002  (the users' own)
        self._users = state, get_bit_generator(), normal["gauss"] if normal and normal["has_gauss"] else None
        set_bit_generator(self._numpy)
        if state is not None and not self.eager:
            if state[2] is not None:  # also a second normal number, which a sample could draw unnoticed
                random.setstate((*state[:2], None))
            self._random_twin.setstate(state)

    def leave(self) -> None:
        """Restore the generators."""
        state, bit_generator, normal = self._users
        set_bit_generator(bit_generator)
        if normal is not None:
            whole: Any = np.random.get_state(legacy=False)  # noqa: NPY002  (as above)
            np.random.set_state({**whole, "has_gauss": 1, "gauss": normal})  # noqa: NPY002  (as above)
        if state is not None:
            random.setstate(state)

    def seed(self, seed: int) -> None:
        """Seed both, and their twins while these are needed."""
        random.seed(seed)
        np.random.seed(seed & 0xFFFFFFFF)  # noqa: NPY002  (the generator that users' code draws from)
        if self._probes >= 0:
            self._random_twin.seed(seed)
            self._seed_numpy_twin(seed & 0xFFFFFFFF)

    def drawn(self) -> bool:
        """Whether numbers were drawn since the generators and their twins were in the same state."""
        return (
            random.getrandbits(32) != self._random_twin.getrandbits(32)
            or self._numpy.random_raw() != self._numpy_twin.random_raw()
        )

    def probe(self) -> None:
        """Note, after a seeded sample, whether it drew."""
        if self._probes > 0:
            self._probes = -1 if self.drawn() else self._probes - 1


class Seeds:
    """Makes the samples of a batch, fetched in a ``with`` block, draw their own random numbers.

    Parameters
    ----------
    where : {"main", "process", "thread"}
        In threads Python's and NumPy's global generators, which all threads share, are left alone. In the main process they
        are restored. In a worker process, threads that a sample starts draw the sample's numbers too.
    """

    def __init__(self, where: str) -> None:
        self._key = 0
        self.index: Any = 0  # the current sample
        self._eager = False
        self._generators: dict[device, Generator] = {}
        self._globals = None if where == "thread" else _Globals(give_back=where == "main")
        self._scope: Any = scope  # the generators of this thread, or of all threads
        if where == "process":
            vars(scope).pop("source", None)  # this thread's, if it was forked
            self._scope = type(scope)
        self._outer: Callable[[device], Generator] | None = None

    def begin(self, key: int) -> None:
        """Start an epoch with its seed."""
        self._key = key

    def __enter__(self) -> None:
        self._outer, self._scope.source = self._scope.source, self._generator
        if self._globals is not None:
            self._eager = self._globals.eager
            self._globals.enter()

    def __exit__(self, *exception: object) -> None:
        if self._globals is not None:
            self._globals.leave()
        self._scope.source = self._outer

    def each(self, get: Callable[[Any], Any], indices: Iterable[Any]) -> list[Any]:
        """Call a function for each of some indices, each with its own random numbers.

        If seeding was omitted and a call drew from a global generator, repeat all of them, seeded.
        """
        found = []
        try:
            for index in indices:
                self.start(index)
                found.append(get(index))
                if self._eager:
                    self._globals.probe()  # type: ignore[union-attr]  # there, where it is eager
        except Exception:
            if not self._missed():
                raise
        else:
            if not self._missed():
                return found
        return self.each(get, indices)

    def start(self, index: Any) -> None:
        """Start a sample."""
        self.index = index
        if self._generators:
            self._generators.clear()
        if self._eager:
            self._globals.seed(seed_of(self._key, index))  # type: ignore[union-attr]  # as above

    def _missed(self) -> bool:
        """Whether samples drew from an unseeded global generator; if so, all samples are seeded from now on."""
        if self._eager or self._globals is None or not self._globals.drawn():
            return False
        self.always()
        return True

    def always(self) -> None:
        """Seed all samples from now on, whether they draw or not: for samples that cannot be fetched again."""
        if self._globals is not None:
            self._globals.always()
            self._eager = True

    def _generator(self, place: device) -> Generator:
        """Replaces arrayad's default generator of a device by the sample's own, created when it is first drawn from."""
        generator = self._generators.get(place)
        if generator is None:
            generator = self._generators[place] = Generator(place).manual_seed(seed_of(self._key, self.index))
        return generator
