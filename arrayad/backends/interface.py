"""The interface of a backend.

A backend is a namespace of the array API standard for one type of raw array. `Backend` lists what it has beyond the
standard; docs/backends.md explains how to write one. Rules of differentiation are written over the same names, which
`arrayad.functions` has as well, so a rule may call whatever is listed here or in the standard.
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
RawDevice = Any  # the type of its arrays' `device`


# Functions of the standard that a backend supports for more dtypes than the standard requires, by the letters of their
# kinds: sums, comparisons and extrema of booleans, and the truth of numbers. `astype` also gives the truth of complex
# numbers.
BEYOND_THE_STANDARD = {
    "b": (
        "add", "argmax", "argmin", "argsort", "cumulative_prod", "cumulative_sum", "greater", "greater_equal", "less",
        "less_equal", "max", "maximum", "min", "minimum", "multiply", "prod", "sort", "sum",
    ),
    "iufc": ("logical_and", "logical_not", "logical_or", "logical_xor"),
}  # fmt: skip


class Random(Protocol):
    """A source of random numbers on one device."""

    state: Any  # its position in the sequence; can be pickled, and assigned to go back

    def uniform(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Uniform in ``[0, 1)``, of a raw floating dtype."""

    def normal(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Normal with mean 0 and variance 1, of a raw floating dtype."""

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Array:
        """Integers from `low` up to, but not including, `high`; int64."""

    def permutation(self, n: int) -> Array:
        """The integers from 0 to ``n - 1`` in random order; int64."""

    def choice(self, weights: Array, count: int, replacement: bool) -> Array:
        """`count` positions drawn with weights, a floating vector that need not add up to 1; int64."""


class Backend(Protocol):
    """What a backend has beyond the functions of the standard.

    Attributes
    ----------
    array_types : tuple of type
        The types of its raw arrays, by which it is found. If an operation's result has another of these types than its
        input, it is passed through `as_array`.
    device_type : str
        Its type of device, as in ``arrayad.device("cuda")``.
    asynchronous : bool
        Whether a function may return before its result is computed. If so, arrayad reads values only when the user asks for
        them: checks that need values are omitted.
    use_device : callable or None
        If functions compute on a current device: a context manager that makes the device of raw arrays current, and raises
        ValueError for arrays on different devices. Operations and rules are then called in it. None where it does not
        matter: without a current device, or with only one device.
    pin_memory, is_pinned : callable, optional
        Only for the backend of ``"cuda"``: a copy of a NumPy array in page-locked memory (the array itself if it already
        is), and whether an array is in such memory.
    linalg, fft, special : namespace
        The extensions of the standard. `linalg` also has ``cofactors(x)``, the matrices of cofactors of square matrices,
        including singular ones, and ``solve_triangular(x1, x2, *, upper, unitriangular)``. `special` has functions named and
        defined as in ``scipy.special``.
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
        """Its dtype for one of arrayad's; TypeError for float16, which is not in the standard, if it has none."""

    def raw_device(self, place: device, /) -> RawDevice:
        """Its device for one of arrayad's; the current one if the index is omitted. RuntimeError if it is not available."""

    def as_device(self, raw: RawDevice, /) -> device:
        """Our device for one of its own, with the index if there can be several."""

    def devices(self) -> tuple[device, ...]:
        """The available devices; none if the hardware is missing."""

    def to_device(self, array: Array, raw: RawDevice, /) -> Array:
        """A copy of an array on another of its devices."""

    # --- sharing with NumPy and others ---

    def from_numpy(self, array: np.ndarray[Any, Any], raw: RawDevice, /, *, non_blocking: bool = False) -> Array:
        """An array on one of its devices with the values of a NumPy array: sharing memory only if its memory is the host's.

        If `non_blocking`, without waiting for the copy where possible; the backend keeps the memory alive until then.
        """

    def to_numpy(self, array: Array, /) -> np.ndarray[Any, Any]:
        """A NumPy array with the values, which it waits for: sharing memory only if the backend's memory is the host's."""

    def from_dlpack(self, x: Any, /, *, device: RawDevice | None = None, copy: bool | None = None) -> Array:
        """An array from another library's export, on its own type of device or, by a copy, from the host."""

    def to_dlpack(self, array: Array, /, *, stream: Any, max_version: Any, dl_device: Any, copy: bool | None) -> Any:
        """The capsule that the standard's ``__dlpack__`` returns, for all of its arguments."""

    def as_array(self, out: Any, /) -> Array:
        """Convert what its functions may return in place of an array, such as a scalar, to an array."""

    def scalar(self, value: complex, like: Array, /) -> Array:
        """A 0-d array of a Python number for use as an operand, in the dtype and on the device of another array."""

    # Those of these arrays that may be reused: by type of the number, dtype and value, a zero by its repr, since 0.0 equals
    # -0.0; empty if none.
    kept_scalars: dict[type, dict[Any, dict[complex | str, Array]]]

    # --- elements by keys: raw integers, slices, None, Ellipsis and raw integer or boolean arrays, as NumPy's ---

    def getitem(self, x: Array, key: Any, /) -> Array:
        """``x[key]``, if possible a view for basic keys."""

    def setitem(self, x: Array, key: Any, value: Any, /) -> None:
        """``x[key] = value`` in place, for a raw array or a number."""

    def index_put(self, x: Array, key: Any, values: Any, /) -> Array:
        """A copy of `x` with values assigned at a key."""

    def scatter_add(self, values: Array, key: Any, shape: tuple[int, ...], /) -> Array:
        """Zeros of a shape with values added at a key, once per occurrence of an element: the transpose of `getitem`."""

    def add_at(self, x: Array, key: Any, values: Array, /) -> None:
        """Add values in place to ``x[key]``, once per occurrence of an element: `scatter_add` into an existing array."""

    def view_dtype(self, x: Array, dtype: DType, /) -> Array:
        """The memory of an array read in another dtype, the last axis scaled by the ratio of item sizes; no copy."""

    def spread(self, x: Array, shape: tuple[int, ...], /) -> Array:
        """``broadcast_to`` for a result that is only read: a view or a copy, whichever is faster."""

    def top(self, x: Array, k: int, axis: int, largest: bool, /) -> Array:
        """The positions of the `k` greatest or least elements along an axis, sorted; equal ones in their original order."""

    def clip(self, x: Array, low: Array, high: Array | None, /) -> Array:
        """``minimum(maximum(x, low), high)`` for 0-d bounds in the dtype of `x`, which may cross or be NaN."""

    def convolve(self, x1: Array, x2: Array, mode: str, /) -> Array:
        """NumPy's ``convolve`` of two vectors: ``"full"`` or, with the longer one first, ``"valid"``."""

    # --- memory ---

    def shares_memory(self, a: Array, b: Array, /) -> bool:
        """Whether `a`, which a function made from `b`, is a view of the memory of `b`."""

    def memory_of(self, a: Array, /) -> Any:
        """The object that owns the memory of `a`, `a` itself or another, to which every array on that memory refers."""

    def owns_memory(self, a: Array, /) -> bool:
        """Whether nothing else has the memory of `a`, just returned by a function; if in doubt, no."""

    def is_writeable(self, a: Array, /) -> bool:
        """Whether elements can be assigned without changing others."""

    def is_contiguous(self, a: Array, /) -> bool:
        """Whether elements are contiguous in memory in row-major order."""

    def contiguous(self, a: Array, /) -> Array:
        """The array with its elements in row-major order; a copy only if they are not already."""

    def strides(self, a: Array, /) -> tuple[int, ...]:
        """Steps in memory along each axis, in elements."""

    def offset(self, a: Array, /) -> int:
        """How many elements after the start of its memory the array begins."""

    # --- random numbers ---

    def generator(self, seed: int, raw: RawDevice, /) -> Random:
        """A source of random numbers on a device, from a seed of at least 0."""
