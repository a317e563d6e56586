"""Random numbers: PyTorch's functions, since the standard has none."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .creation import check_ends, finish, number_of, shape_of
from .data_types import check_tensor, dtype_of, finfo, floating_dtype_of
from .elementwise import log1p
from .manipulation import broadcast_shapes, broadcast_to, stack, unstack
from .searching import where
from .. import dtypes
from ..arguments import flag_of, integer_of
from ..autograd.modes import recording
from ..autograd.mutation import check_writeable
from ..autograd.operation import named, public
from ..autograd.tape import TensorBase, make
from ..backends import backend_of, backend_of_device, get_default_device, indexed, transfer
from ..devices import device as Device

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..arguments import Sides
    from ..devices import DeviceLike
    from ..dtypes import DType, DTypeLike
    from ..tensor import Tensor

__all__ = [
    "Generator",
    "bernoulli",
    "get_state",
    "initial_seed",
    "manual_seed",
    "multinomial",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
    "set_state",
]


class Generator:
    """An independent source of random numbers.

    Parameters
    ----------
    device : str or device, optional
        The device of the numbers drawn. Default: the CPU. A seed gives different numbers on different types of device.

    Examples
    --------
    >>> import arrayad as xp
    >>> g = xp.Generator().manual_seed(0)
    >>> h = xp.Generator().manual_seed(0)
    >>> bool((xp.rand(3, generator=g) == xp.rand(3, generator=h)).all())
    True
    """

    def __init__(self, device: str | Device = "cpu") -> None:
        place = Device(device)
        self._backend = backend_of_device(place)
        self._raw_device = self._backend.raw_device(place)
        self.device = self._backend.as_device(self._raw_device)
        self.seed()

    def manual_seed(self, seed: int) -> Generator:
        """Restart from a seed, a number of at least 0; returns the generator itself."""
        self._seed = integer_of(seed, "manual_seed", "seed", 0)
        self._source = self._backend.generator(self._seed, self._raw_device)
        return self

    def seed(self) -> int:
        """Restart from a seed drawn from the operating system, and return that seed."""
        import secrets  # here: it would cost `import arrayad` milliseconds

        self.manual_seed(secrets.randbits(63))
        return self._seed

    def initial_seed(self) -> int:
        """The seed from which it started."""
        return self._seed

    def __reduce__(self) -> Any:
        return _restored, (str(self.device), self.get_state())

    def get_state(self) -> Any:
        """The current state, for `set_state`; can be pickled."""
        state = self._source.state
        return self._seed, make(state) if isinstance(state, self._backend.array_types) else state  # `save` takes both

    def set_state(self, state: Any) -> None:
        """Return to a state from `get_state`."""
        source = self._backend.generator(0, self._raw_device)  # a new one, as after seeding, so that a loader notices
        try:
            seed, state = state
            source.state = transfer(state._array, self.device) if isinstance(state, TensorBase) else state
        except (TypeError, ValueError, KeyError) as error:
            raise type(error)(f"set_state(): this is no state of a generator of {self.device}: {error}") from None
        self._seed, self._source = seed, source


def _restored(place: str, state: Any) -> Generator:
    """Rebuild a generator from its pickle, in its state."""
    generator = Generator(place)
    generator.set_state(state)
    return generator


_default: dict[Device, Generator] = {}
_seed_of_all: int | None = None  # the last argument of `manual_seed`, for devices first used later


class _Scope(threading.local):
    """Replaces the default generators in this thread: a loader makes each sample draw from its own generator."""

    source: Callable[[Device], Generator] | None = None


scope = _Scope()


def _generator(generator: Generator | None, device: Any, name: str) -> Generator:
    """The given generator, or the device's default one."""
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"{name}(): generator must be a Generator or None, got {type(generator).__name__}")
    try:
        place = None if device is None else indexed(Device(device))
    except (RuntimeError, TypeError) as error:
        raise named(name, error) from None
    if generator is not None:
        if place is not None and place != generator.device:
            raise RuntimeError(f"{name}(): the generator is on {generator.device}, and device is {device}")
        return generator
    return default_generator(place)


def default_generator(device: DeviceLike | None = None) -> Generator:
    """Return the default generator of a device, which is used where none is given; it is created when first needed.

    Parameters
    ----------
    device : device, optional
        Default: the default device.
    """
    place = get_default_device() if device is None else indexed(Device(device))
    return (scope.source or _default_of)(place)


def _default_of(place: Device) -> Generator:
    """The default generator of a device, shared by all threads."""
    if place not in _default:
        generator = Generator(place)
        if _seed_of_all is not None:
            generator.manual_seed(_seed_of_all)
        _default.setdefault(place, generator)  # another thread may have been faster
    return _default[place]


def manual_seed(seed: int, /) -> Generator:
    """Seed the random numbers of every device.

    Parameters
    ----------
    seed : int
        At least 0. The numbers are NumPy's (PCG64) on the CPU and cuRAND's (Philox) on GPUs, not PyTorch's.

    Returns
    -------
    Generator
        The default device's generator.

    Examples
    --------
    >>> import arrayad as xp
    >>> generator = xp.manual_seed(0)
    >>> xp.randint(0, 10, (4,))
    tensor([8, 6, 5, 2])
    """
    global _seed_of_all
    default = default_generator().manual_seed(seed)
    if scope.source is not None:  # a sample's, which ends with the sample
        return default
    _seed_of_all = default.initial_seed()
    for generator in _default.values():
        generator.manual_seed(seed)
    return default


def get_state() -> dict[str, Any]:
    """Return the states of the default generators by device, for `set_state`; `arrayad.save` accepts them."""
    places = {get_default_device(), indexed(Device("cpu")), *_default}  # the first two even if nothing has been drawn yet
    return {str(place): default_generator(place).get_state() for place in places}


def set_state(states: dict[str, Any]) -> None:
    """Return the default generators to states from `get_state`.

    Generators of other devices, first used since then, restart from their seeds.
    """
    if not isinstance(states, dict):
        raise TypeError(f"set_state(): expected what get_state() gave, not {type(states).__name__}")
    named = set()
    for place, state in states.items():
        generator = default_generator(place)
        generator.set_state(state)
        named.add(generator.device)
    for since in _default.keys() - named:  # perhaps used first in a checkpoint, whose call is repeated
        generator = default_generator(since)
        generator.manual_seed(generator.initial_seed())


def seed() -> int:
    """Seed the random numbers of the default device from the operating system, and return the seed."""
    return default_generator().seed()


def initial_seed() -> int:
    """The seed from which the random numbers of the default device started."""
    return default_generator().initial_seed()


@public
def rand(
    shape: Sides,
    *more: int,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw random numbers, uniform in ``[0, 1)``.

    Parameters
    ----------
    shape : int or tuple of int
        Also accepted as several arguments, ``rand(3, 4)``.
    generator : Generator, optional
        Default: the device's.
    dtype : dtype, optional
        Real floating-point. Default: the default floating dtype.
    device : device, optional
    requires_grad : bool, optional

    Examples
    --------
    >>> import arrayad as xp
    >>> generator = xp.manual_seed(0)
    >>> xp.rand(3)
    tensor([0.8506, 0.6370, 0.5111])
    """
    source = _generator(generator, device, "rand")
    raw = source._backend.raw_dtype(floating_dtype_of(dtype, "rand"))
    return finish(source._source.uniform(shape_of(shape, more, "rand"), raw), requires_grad, "rand")


@public
def randn(
    shape: Sides,
    *more: int,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw random numbers, normal with mean 0 and variance 1.

    Parameters
    ----------
    shape : int or tuple of int
        Also accepted as several arguments, ``randn(3, 4)``.
    generator : Generator, optional
        Default: the device's.
    dtype : dtype, optional
        Real floating-point. Default: the default floating dtype.
    device : device, optional
    requires_grad : bool, optional

    Examples
    --------
    >>> import arrayad as xp
    >>> generator = xp.manual_seed(0)
    >>> xp.randn(3)
    tensor([ 1.1176, -1.3871, -0.4266])
    """
    source = _generator(generator, device, "randn")
    raw = source._backend.raw_dtype(floating_dtype_of(dtype, "randn"))
    return finish(source._source.normal(shape_of(shape, more, "randn"), raw), requires_grad, "randn")


@public
def randint(
    low: int = 0,
    high: int | tuple[int, ...] | None = None,
    size: int | tuple[int, ...] | None = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
) -> Tensor:
    """Draw random integers, uniform from `low` up to, but not including, `high`.

    Parameters
    ----------
    low, high : int
        A single one, as in ``randint(high, size)``, is `high`, and the integers start at 0.
    size : int or tuple of int
        The shape.
    generator : Generator, optional
        Default: the device's.
    dtype : dtype, optional
        Default: int64.
    device : device, optional

    Raises
    ------
    ValueError
        If ``low >= high``.
    OverflowError
        If they are out of the range of the dtype, or of int64, in which they are drawn.

    Examples
    --------
    >>> import arrayad as xp
    >>> generator = xp.manual_seed(0)
    >>> xp.randint(0, 10, (3,))
    tensor([8, 6, 5])
    """
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None:
        raise TypeError("randint(): missing argument 'size'")
    first, last = integer_of(low, "randint", "low"), integer_of(high, "randint", "high")
    if first >= last:
        raise ValueError(f"randint(): low must be less than high, got {low} and {high}")
    source = _generator(generator, device, "randint")
    chosen = dtypes.int64 if dtype is None else dtype_of(dtype, "randint")
    _check_drawn("randint", chosen, first, last - 1)
    drawn = source._source.integers(first, last, shape_of(size, (), "randint"))
    return make(source._backend.astype(drawn, source._backend.raw_dtype(chosen), copy=False))


def _check_drawn(name: str, dtype: DType, first: int, last: int) -> None:
    """Refuse integers out of the range of a dtype, or of int64, in which they are drawn."""
    if dtype.kind == "b" and not 0 <= first <= last <= 1:
        raise ValueError(f"{name}(): bool holds 0 and 1, and not {first} to {last}")
    for kind in (dtypes.int64, dtype):
        if kind.kind in "iuf":
            check_ends(first, last, kind, name)


def randperm(
    n: int, *, generator: Generator | None = None, dtype: DTypeLike | None = None, device: DeviceLike | None = None
) -> Tensor:
    """Return the integers from 0 to ``n - 1`` in random order.

    Parameters
    ----------
    n : int
    generator : Generator, optional
        Default: the device's.
    dtype : dtype, optional
        Default: int64.
    device : device, optional
    """
    count = integer_of(n, "randperm", "n", 0)
    source = _generator(generator, device, "randperm")
    chosen = dtypes.int64 if dtype is None else dtype_of(dtype, "randperm")
    _check_drawn("randperm", chosen, 0, count - 1)
    if chosen.kind == "f" and count - 1 > 2 / finfo(chosen).eps:
        raise ValueError(f"randperm(): {chosen.name} does not tell the integers from 0 to {count - 1} apart")
    return make(source._backend.astype(source._source.permutation(count), source._backend.raw_dtype(chosen), copy=False))


def rand_like(
    x: Tensor, /, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Draw random numbers, uniform in ``[0, 1)``, with the shape, dtype and device of another tensor.

    Parameters
    ----------
    x : Tensor
    dtype : dtype, optional
    device : device, optional
    requires_grad : bool, optional
    """
    check_tensor(x, "rand_like")
    place = x.device if device is None else device
    return rand(tuple(x.shape), dtype=x.dtype if dtype is None else dtype, device=place, requires_grad=requires_grad)


@public
def randint_like(
    x: Tensor,
    /,
    low: int = 0,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw random integers from ``[low, high)``, or ``[0, low)``, with the shape, dtype and device of another tensor.

    Parameters
    ----------
    x : Tensor
    low, high : int
        A single one is `high`, and the integers start at 0.
    generator : Generator, optional
        Default: the device's.
    dtype : dtype, optional
    device : device, optional
    requires_grad : bool, optional
    """
    check_tensor(x, "randint_like")
    kind = x.dtype if dtype is None else dtype
    drawn = randint(
        low, high, tuple(x.shape), generator=generator, dtype=kind, device=x.device if device is None else device
    )
    return finish(drawn._array, requires_grad, "randint_like")


def randn_like(
    x: Tensor, /, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Draw random numbers, normal with mean 0 and variance 1, with the shape, dtype and device of another tensor.

    Parameters
    ----------
    x : Tensor
    dtype : dtype, optional
    device : device, optional
    requires_grad : bool, optional
    """
    check_tensor(x, "randn_like")
    place = x.device if device is None else device
    return randn(tuple(x.shape), dtype=x.dtype if dtype is None else dtype, device=place, requires_grad=requires_grad)


@public
def normal(
    mean: Tensor | float,
    std: Tensor | float,
    size: int | tuple[int, ...] | None = None,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Draw random numbers, normal with given means and standard deviations.

    Parameters
    ----------
    mean, std : Tensor or number
        Of shapes that broadcast.
    size : int or tuple of int, optional
        The shape; required if both are numbers.
    generator : Generator, optional
        Default: the device's.

    Raises
    ------
    ValueError
        If `mean` or `std` do not broadcast to the size, or `std` is negative. On a GPU the values of a Tensor are not
        checked, since that would wait for them.

    Notes
    -----
    Differentiable with respect to `mean` and `std` (it is ``mean + std * randn(...)``).
    """
    for x, parameter in ((mean, "mean"), (std, "std")):
        if not isinstance(x, (int, float)):
            check_tensor(x, "normal", parameter)
    shapes: Any = [x.shape for x in (mean, std) if not isinstance(x, (int, float))]
    if size is None:
        if not shapes:
            raise TypeError("normal(): size is needed where mean and std are numbers")
        size = broadcast_shapes(*shapes)
    elif broadcast_shapes(wanted := shape_of(size, (), "normal"), *shapes) != wanted:
        raise ValueError(f"normal(): mean and std do not broadcast to the size {wanted}")
    like = [x for x in (mean, std) if not isinstance(x, (int, float))]
    if isinstance(std, (int, float)):
        negative = std < 0
    else:
        negative = not backend_of(std._array).asynchronous and bool((std < 0).any())
    if negative:
        raise ValueError(f"normal(): std must not be negative, got {std}")
    floating = [x.dtype for x in like if x.dtype.kind == "f"]
    dtype = dtypes.promote(*floating) if floating else None
    return mean + std * randn(size, generator=generator, dtype=dtype, device=like[0].device if like else None)


@public
def bernoulli(p: Tensor, /, *, generator: Generator | None = None) -> Tensor:
    """Draw random zeros and ones, the ones with given probabilities.

    Parameters
    ----------
    p : Tensor
        Real floating-point, in ``[0, 1]``.
    generator : Generator, optional
        Default: the device's.

    Returns
    -------
    Tensor
        Of the shape and dtype of `p`.

    Raises
    ------
    TypeError
        For any other dtype.
    ValueError
        If a probability is not in ``[0, 1]``. On a GPU this is not checked, since that would wait for the values.
    """
    check_tensor(p, "bernoulli", "p")
    if p.dtype.kind != "f":
        raise TypeError(f"bernoulli(): input dtype should be real-valued floating point dtypes. Got {p.dtype.name} instead.")
    source = _generator(generator, p.device, "bernoulli")
    if not (source._backend.asynchronous or bool(((p >= 0) & (p <= 1)).all())):
        raise ValueError("bernoulli(): probabilities must be between 0 and 1")
    # Numbers in half precision would have 11 bits.
    drawn = rand(tuple(p.shape), generator=source, dtype=dtypes.promote(p.dtype, dtypes.float32))
    return (drawn < p.detach()).to(p.dtype)


@public
def multinomial(
    weights: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Draw random positions with given weights.

    Parameters
    ----------
    weights : Tensor
        Not negative, of shape ``(N,)``, or ``(M, N)`` to draw for each row; they need not add up to 1.
    num_samples : int
        How many to draw; without replacement, at most the number of positive weights.
    replacement : bool, optional
        Whether a position can be drawn repeatedly.
    generator : Generator, optional
        Default: the device's.

    Returns
    -------
    Tensor
        int64, of shape ``(num_samples,)`` or ``(M, num_samples)``.

    Raises
    ------
    ValueError
        If the weights have other dimensions, are negative or all 0, or too few are positive. On a GPU their values are not
        checked, since that would wait for them; positions of weight 0 may then be drawn if too few are positive.
    """
    check_tensor(weights, "multinomial", "weights")
    if weights.dtype.kind == "c":
        raise TypeError(f"multinomial(): weights must be real, got {weights.dtype}")
    integer_of(num_samples, "multinomial", "num_samples", 0)
    replacement = flag_of(replacement, "multinomial", "replacement")
    source = _generator(generator, weights.device, "multinomial")
    if len(weights.shape) == 2 and weights.shape[0]:
        rows = unstack(weights)
        return stack([multinomial(row, num_samples, replacement, generator=source) for row in rows])
    size = math.prod(weights.shape)
    if not source._backend.asynchronous:
        host = source._backend.to_numpy(weights._array)
        size = int((host > 0).sum())
        if host.ndim != 1 or not np.isfinite(host).all() or not size or (host < 0).any():
            raise ValueError("multinomial(): weights must be of one or two dimensions, not negative, finite and not all 0")
    elif len(weights.shape) != 1:
        raise ValueError(f"multinomial(): weights must be of one or two dimensions, got {len(weights.shape)} dimensions")
    if not replacement and num_samples > size:
        raise ValueError(f"multinomial(): {num_samples} samples without replacement of {size} positive weights")
    return make(source._source.choice(weights._array, num_samples, replacement))


# --- in place ---


def _constant(x: Any, name: str, parameter: str) -> Any:
    """A real number without a derivative."""
    if isinstance(x, TensorBase) and x._node is not None and recording():
        raise TypeError(f"{name}(): {parameter} is not differentiable, but requires grad; pass its detach()")
    number = number_of(x, name, parameter)
    if isinstance(number, complex):
        raise TypeError(f"{name}(): {parameter} must be a real number, got {number}")
    return number


def _drawn(
    name: str, kind: Literal["uniform", "normal"], x: Tensor, generator: Generator | None, dtype: DType | None = None
) -> Tensor:
    """Random numbers, for the named function, with the shape, device and, by default, dtype of a tensor."""
    source = _generator(generator, x.device, name)
    own = floating_dtype_of(x.dtype, name)
    raw = source._backend.raw_dtype(own if dtype is None else dtype)
    return make(getattr(source._source, kind)(tuple(x.shape), raw))


def bernoulli_(x: Tensor, /, p: Tensor | float = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Set the elements to random zeros and ones, the ones with a given probability; returns the tensor itself."""
    if not isinstance(p, TensorBase) and not 0 <= (p := _constant(p, "bernoulli_", "p")) <= 1:
        raise ValueError(f"bernoulli_(): p must be between 0 and 1, got {p}")
    check_writeable(x, "bernoulli_")
    if isinstance(p, TensorBase):  # each element draws a separate number
        return x.copy_(bernoulli(broadcast_to(p, x.shape), generator=generator))
    return x.copy_(rand(x.shape, generator=generator, dtype=dtypes.float64, device=x.device) < float(p))


def exponential_(x: Tensor, /, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Set the elements to exponential random numbers of a given rate; returns the tensor itself."""
    if not isinstance(lambd, TensorBase):
        lambd = _constant(lambd, "exponential_", "lambd")
    if not lambd > 0:
        raise ValueError(f"exponential_(): the rate must be positive, got {lambd}")
    check_writeable(x, "exponential_")
    u = _drawn("exponential_", "uniform", x, generator, dtypes.float64)  # for its long tail
    return x.copy_(log1p(-u) / -lambd)


def random_(x: Tensor, /, low: int, high: int | None = None, *, generator: Generator | None = None) -> Tensor:
    """Set the elements to random integers from ``[low, high)``, or ``[0, low)``; returns the tensor itself."""
    check_writeable(x, "random_")
    return x.copy_(randint_like(x, *((low,) if high is None else (low, high)), generator=generator))


def uniform_(x: Tensor, /, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Set the elements to random numbers, uniform in ``[low, high)``; returns the tensor itself."""
    low, high = _constant(low, "uniform_", "low"), _constant(high, "uniform_", "high")
    if not low <= high:
        raise ValueError(f"uniform_(): low must not be above high, got {low} and {high}")
    if x.dtype.kind == "f" and not high - low <= finfo(x.dtype).max:
        raise ValueError(f"uniform_(): from {low} to {high} is further than {x.dtype.name} has numbers")
    check_writeable(x, "uniform_")
    u = _drawn("uniform_", "uniform", x, generator)
    if low != 0 or high != 1:
        u = low + (high - low) * u
        u = where(u < high, u, low)  # `high`, reached by rounding, is not in the interval
    return x.copy_(u)


def normal_(x: Tensor, /, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Set the elements to normal random numbers with a given mean and standard deviation; returns the tensor itself."""
    mean, std = _constant(mean, "normal_", "mean"), _constant(std, "normal_", "std")
    if not std >= 0:
        raise ValueError(f"normal_(): std must not be negative, got {std}")
    check_writeable(x, "normal_")
    return x.copy_(mean + std * _drawn("normal_", "normal", x, generator))
