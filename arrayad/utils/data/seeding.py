"""The random numbers of a sample: they follow from the loader's seed, the epoch and the sample's index alone.

So a sample is the same whichever worker makes it, in whatever order, and after a resume.
"""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Any

import numpy as np

from ...functions.random import Generator, scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...devices import device

__all__ = ["Seeds", "seed_of"]

# The stub of numpy.random does not export these.
_get_bit_generator, _set_bit_generator = np.random.get_bit_generator, np.random.set_bit_generator  # type: ignore[attr-defined]

_MASK = (1 << 64) - 1
_PROBES = 32  # samples in a row


def seed_of(*parts: Any) -> int:
    """A 64-bit seed of integers or other indices: SplitMix64 (Steele, Lea & Flood 2014, figure 17), a step for each part."""
    z = 0
    for part in parts:
        number = part if part.__class__ is int else _number(part)
        z = (z + number + 0x9E3779B97F4A7C15) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        z ^= z >> 31
    return z


def _number(index: Any) -> int:
    """A number for an index that may be anything: `hash` will not do, since that of a string differs between processes."""
    try:
        return int(index.__index__())
    except (AttributeError, TypeError):
        return int.from_bytes(hashlib.blake2b(repr(index).encode(), digest_size=8).digest())


class _Globals:
    """Python's and NumPy's global generators, seeded before each sample for as long as samples draw from them.

    Seeding both takes 6 us, as much as many a sample. So it is left out after some samples in a row that drew from
    neither. Whether a sample draws after all is then seen from one number drawn of each and of its twin, a generator that
    was in the same state; it takes 0.6 us.
    """

    def __init__(self, give_back: bool) -> None:
        self._give_back = give_back  # whether this is the user's own process, whose generators are to be as they were
        self._probes = _PROBES
        self.eager = True
        self._random_twin = random.Random()
        self._numpy, self._numpy_twin = np.random.MT19937(0), np.random.MT19937(0)
        self._seed_numpy_twin = np.random.RandomState(self._numpy_twin).seed
        self._users: tuple[Any, Any] = (None, None)
        bits, twin_bits = random.getrandbits, self._random_twin.getrandbits
        raw, twin_raw = self._numpy.random_raw, self._numpy_twin.random_raw
        self._drawn: Callable[[], bool] = lambda: bits(32) != twin_bits(32) or raw() != twin_raw()

    def enter(self) -> None:
        # NumPy's global functions are set on a bit generator of ours for the time, which is 300 times as fast as to get and
        # set its state; a second normal number that NumPy keeps from a pair is lost.
        state = random.getstate() if self._give_back else None
        self._users = state, _get_bit_generator()
        _set_bit_generator(self._numpy)
        if state is not None and not self.eager:
            if state[2] is not None:  # a second normal number too, which a sample would get without being seen to draw
                random.setstate((*state[:2], None))
            self._random_twin.setstate(state)

    def leave(self) -> None:
        state, bit_generator = self._users
        _set_bit_generator(bit_generator)
        if state is not None:
            random.setstate(state)

    def seed(self, seed: int) -> None:
        """Seed both, where samples draw from them."""
        if self._probes:
            self._pair(seed)
        elif self.eager:
            random.seed(seed)
            np.random.seed(seed & 0xFFFFFFFF)  # noqa: NPY002  (the generator that users' code draws from)

    def _pair(self, seed: int) -> None:
        """Seed both and their twins."""
        random.seed(seed)
        self._random_twin.seed(seed)
        np.random.seed(seed & 0xFFFFFFFF)  # noqa: NPY002
        self._seed_numpy_twin(seed & 0xFFFFFFFF)

    def missed(self) -> bool:
        """Whether the sample just made drew numbers without having been seeded; from then on all are seeded."""
        if self._probes:
            if self._drawn():
                self._probes = 0
            else:
                self._probes -= 1
                if not self._probes:
                    self.eager = False
        elif not self.eager and self._drawn():
            self.eager = True
            return True
        return False


class Seeds:
    """What has the samples made inside a ``with`` block draw the random numbers that are theirs.

    Parameters
    ----------
    where : {"main", "process", "thread"}
        In threads Python's and NumPy's global generators, which all threads share, are left alone. In the main process they
        are given back as they were.
    """

    def __init__(self, where: str) -> None:
        self._key = 0
        self._index: Any = 0
        self._generators: dict[device, Generator] = {}
        self._globals = None if where == "thread" else _Globals(give_back=where == "main")
        self._outer: Callable[[device], Generator] | None = None
        # Whether the sample just made has to be made again, since it drew from a global generator that was not seeded.
        self.missed: Callable[[], bool] = bool if self._globals is None else self._globals.missed

    def begin(self, key: int) -> None:
        """Go to an epoch, by a seed that is the epoch's."""
        self._key = key

    def __enter__(self) -> None:
        self._outer, scope.source = scope.source, self._generator
        if self._globals is not None:
            self._globals.enter()

    def __exit__(self, *exception: object) -> None:
        if self._globals is not None:
            self._globals.leave()
        scope.source = self._outer

    def start(self, index: Any) -> None:
        """Go to a sample."""
        self._index = index
        if self._generators:
            self._generators.clear()
        generators = self._globals
        if generators is not None and generators.eager:
            generators.seed(seed_of(self._key, index))

    def always(self) -> None:
        """Seed before every sample from now on, whether samples draw or not: where one cannot be made again."""
        if self._globals is not None:
            self._globals._probes, self._globals.eager = 0, True

    def _generator(self, place: device) -> Generator:
        """What stands for arrayad's default generator of a device: one of the sample's, made when first drawn from."""
        generator = self._generators.get(place)
        if generator is None:
            generator = self._generators[place] = Generator(place).manual_seed(seed_of(self._key, self._index))
        return generator
