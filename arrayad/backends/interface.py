"""What a backend is.

A backend is a namespace of the array API standard for one type of raw array. `Backend` lists what it has beyond the
standard; docs/backends.md says how to write one. Rules of differentiation are written over the same names, which
`arrayad.functions` has as well, so what a rule may call is what is listed here or in the standard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import numpy as np

    from ..devices import device
    from ..dtypes import DType

__all__ = ["BEYOND_THE_STANDARD", "Backend", "Random"]

Array = Any  # a raw array of the backend
RawDevice = Any  # what its arrays have as `device`


# Functions of the standard that a backend has for more dtypes than the standard asks, by the letters of the kinds: sums,
# comparisons and extrema of booleans, and the truth of numbers. `astype`, too, gives the truth of complex numbers.
BEYOND_THE_STANDARD = {
    "b": (
        "add", "argmax", "argmin", "argsort", "cumulative_prod", "cumulative_sum", "greater", "greater_equal", "less",
        "less_equal", "max", "maximum", "min", "minimum", "multiply", "prod", "sort", "sum",
    ),
    "iufc": ("logical_and", "logical_not", "logical_or", "logical_xor"),
}  # fmt: skip


class Random(Protocol):
    """A source of random numbers on one device."""

    state: Any  # where it is in its sequence; can be pickled, and assigned to go back there

    def uniform(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """In ``[0, 1)``, of a raw floating dtype."""

    def normal(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Of mean 0 and variance 1, of a raw floating dtype."""

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Array:
        """From `low` up to, not including, `high`; int64."""

    def permutation(self, n: int) -> Array:
        """The integers from 0 to ``n - 1`` in random order; int64."""

    def choice(self, weights: Array, count: int, replacement: bool) -> Array:
        """`count` positions drawn with weights, a floating vector that need not add up to 1; int64."""


class Backend(Protocol):
    """What a backend has beyond the functions of the standard.

    Attributes
    ----------
    array_types : tuple of type
        Of its raw arrays, by which it is found. An operation's result that is of another of these types than its input is
        passed through `as_array`.
    device_type : str
        Its kind of device, as in ``arrayad.device("cuda")``.
    asynchronous : bool
        Whether a function may return before its result is there. Then nothing in arrayad looks at values unless the user
        asks for them: the checks that need values are not made.
    use_device : callable or None
        Where functions compute on a current device: a context manager that makes that of raw arrays current, and raises
        ValueError for arrays that are not on one. Operations and rules are then called in it. None where it does not matter.
    pin_memory, is_pinned : callable, optional
        Of the backend of ``"cuda"`` alone: a copy of a NumPy array in page-locked memory (the array itself if it is there),
        and whether an array is.
    linalg, fft, special : namespace
        The extensions of the standard; `linalg` with ``cofactors(x)``, the matrices of cofactors of square ones, singular
        ones included, and ``solve_triangular(x1, x2, *, upper, unitriangular)``; `special` with functions named and defined
        as in ``scipy.special``.
    """

    @property
    def array_types(self) -> tuple[type, ...]: ...  # noqa: D102  (attributes are described above)
    @property
    def device_type(self) -> str: ...  # noqa: D102
    @property
    def asynchronous(self) -> bool: ...  # noqa: D102
    @property
    def use_device(self) -> Callable[..., AbstractContextManager[Any]] | None: ...  # noqa: D102

    # --- dtypes and devices ---

    def raw_dtype(self, dtype: DType, /) -> Any:
        """Its dtype for one of ours; TypeError for float16, which is not of the standard, if it has none."""

    def raw_device(self, place: device, /) -> RawDevice:
        """Its device for one of ours; the current one where the index is left out. RuntimeError if it is not there."""

    def as_device(self, raw: RawDevice, /) -> device:
        """Ours for one of its devices, with the index if there can be several."""

    def devices(self) -> tuple[device, ...]:
        """The devices that work here; none where the hardware is missing."""

    def to_device(self, array: Array, raw: RawDevice, /) -> Array:
        """A copy of an array on another of its devices."""

    # --- sharing with NumPy and others ---

    def from_numpy(self, array: np.ndarray[Any, Any], raw: RawDevice, /, *, non_blocking: bool = False) -> Array:
        """An array on one of its devices with the values of a NumPy array: the same memory only if it is the host's.

        Without waiting for the copy where `non_blocking` and possible; the backend keeps the memory alive till then.
        """

    def to_numpy(self, array: Array, /) -> np.ndarray[Any, Any]:
        """A NumPy array with the values, which waits for them: the same memory only if it is the host's."""

    def from_dlpack(self, x: Any, /, *, device: RawDevice | None = None, copy: bool | None = None) -> Array:
        """An array of what another library exports, from its kind of device or, by a copy, from the host."""

    def to_dlpack(self, array: Array, /, *, stream: Any, max_version: Any, dl_device: Any, copy: bool | None) -> Any:
        """The capsule that the standard's ``__dlpack__`` gives, for all of its arguments."""

    def as_array(self, out: Any, /) -> Array:
        """What its functions may give in place of an array, a scalar of its own say, as an array."""

    def scalar(self, value: complex, like: Array, /) -> Array:
        """A 0-d array, to compute with, of a Python number, in the dtype and on the device of another array."""

    # Of those, what may be used again: by type of the number, dtype and value, a zero by its repr, since 0.0 equals -0.0;
    # empty if nothing.
    kept_scalars: dict[type, dict[Any, dict[complex | str, Array]]]

    # --- elements by keys: raw integers, slices, None, Ellipsis and raw integer or boolean arrays, as NumPy's ---

    def getitem(self, x: Array, key: Any, /) -> Array:
        """``x[key]``, a view for basic keys if it can."""

    def setitem(self, x: Array, key: Any, value: Any, /) -> None:
        """``x[key] = value`` in place, of a raw array or a number."""

    def index_put(self, x: Array, key: Any, values: Any, /) -> Array:
        """A copy of `x` with values assigned at a key."""

    def scatter_add(self, values: Array, key: Any, shape: tuple[int, ...], /) -> Array:
        """Zeros of a shape with values added at a key, as often as it names an element: the transpose of `getitem`."""

    def add_at(self, x: Array, key: Any, values: Array, /) -> None:
        """Add values in place to ``x[key]``, as often as it names an element: `scatter_add` into an array that is there."""

    def view_dtype(self, x: Array, dtype: DType, /) -> Array:
        """The memory of an array read in another dtype, the last axis longer or shorter by the items' sizes; no copy."""

    def spread(self, x: Array, shape: tuple[int, ...], /) -> Array:
        """``broadcast_to``, for what is only read: a view or a copy, whichever is faster."""

    def top(self, x: Array, k: int, axis: int, largest: bool, /) -> Array:
        """The positions of the `k` greatest or least elements along an axis, in order, and of equal ones in theirs."""

    def clip(self, x: Array, low: Array, high: Array | None, /) -> Array:
        """``minimum(maximum(x, low), high)`` for 0-d bounds in the dtype of `x`, which may cross or be NaN."""

    def convolve(self, x1: Array, x2: Array, mode: str, /) -> Array:
        """NumPy's, of two vectors: ``"full"`` or, with the longer one first, ``"valid"``."""

    # --- memory ---

    def shares_memory(self, a: Array, b: Array, /) -> bool:
        """Whether `a`, which a function made from `b`, is a view of the memory of `b`."""

    def memory_of(self, a: Array, /) -> Any:
        """The object that owns the memory of `a`, `a` itself or another, to which each array on it refers."""

    def owns_memory(self, a: Array, /) -> bool:
        """Whether nothing else has the memory of `a`, fresh from a function; if in doubt, no."""

    def is_writeable(self, a: Array, /) -> bool:
        """Whether elements can be assigned, each without changing another."""

    def is_contiguous(self, a: Array, /) -> bool:
        """Whether elements follow each other in memory in row-major order."""

    def contiguous(self, a: Array, /) -> Array:
        """The array with its elements in row-major order; a copy only if they are not yet."""

    def strides(self, a: Array, /) -> tuple[int, ...]:
        """Steps in memory between neighbours along each axis, in elements."""

    def offset(self, a: Array, /) -> int:
        """How many elements after the start of its memory the array begins."""

    # --- random numbers ---

    def generator(self, seed: int, raw: RawDevice, /) -> Random:
        """A source of random numbers on a device, started from a seed of at least 0."""
