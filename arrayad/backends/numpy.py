"""The NumPy backend: NumPy's own functions, which meet the standard, and the few that are corrected here.

NumPy is used directly and not through ``array_api_compat.numpy``, which imports all of NumPy's lazy submodules and so
doubles the time of ``import arrayad`` (measured by ``benchmarks/import_time.py``).
"""

from __future__ import annotations

import builtins
import functools
import importlib
import math
import operator
from sys import getrefcount, maxsize
from typing import Any

import numpy as np
from numpy import (  # noqa: F401  (the backend's namespace)
    abs,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    broadcast_arrays,
    ceil,
    concat,
    conj,
    copysign,
    cos,
    cosh,
    diff,
    divide,
    empty,
    equal,
    exp,
    eye,
    float64,
    floor,
    full,
    greater,
    greater_equal,
    hypot,
    imag,
    int64,
    isfinite,
    isin,
    isinf,
    isnan,
    less,
    less_equal,
    linspace,
    log,
    log2,
    log10,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    multiply,
    negative,
    nextafter,
    not_equal,
    positive,
    real,
    signbit,
    sin,
    sinh,
    sqrt,
    square,
    std,
    subtract,
    tensordot,
    tile,
    trunc,
    unique_all,
    unique_inverse,
    var,
    vecdot,
    zeros,
)

from . import fallbacks
from . import numpy_linalg as linalg  # noqa: F401
from .fallbacks import complex_of, of_complex
from ..devices import device
from ..dtypes import SUPPORTED, DType

Array = np.ndarray[Any, Any]

# NumPy's functions return scalars in place of 0-d arrays. Tensors never hold these, but results of rules may be scalars.
array_types: tuple[type, ...] = (np.ndarray, *(d.dtype.type for d in SUPPORTED))
device_type = "cpu"
asynchronous = False
use_device = None
_CPU = device("cpu")
_HALF = np.dtype(np.float16)


def __getattr__(name: str) -> Any:
    # Importing numpy.fft costs a twentieth of `import numpy`, so it waits for the first transform.
    if name == "fft":
        globals()[name] = np.fft
        return np.fft
    # Special functions come from SciPy, which is optional.
    if name == "special":
        module = globals()[name] = importlib.import_module(".numpy_special", __package__)
        return module
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# --- the standard, where NumPy differs from it ---


def _whole_quotients(x1: Array, x2: Array, bound: float) -> Array | None:
    """Floors of the quotients of many float32, in float64, where they are exact; None if one may be beyond the bound.

    With these a remainder takes a quarter of NumPy's time, which loops with C's `fmod`. NumPy handles infinities, NaNs and
    divisions by zero, with its warnings.
    """
    if not x2.size or x1.dtype.char != "f" or x2.dtype is not x1.dtype or not x2.all():
        return None
    with np.errstate(all="ignore"):
        out = np.divide(x1, x2, dtype=np.float64)
    np.floor(out, out)
    return out if -bound < out.min() and out.max() < bound and not np.isinf(x2).any() else None


def remainder(x1: Array, x2: Array, /) -> Array:
    """``numpy.remainder``; for float32 rounded once, like NumPy's: a quotient of 28 bits times 24 fits into float64."""
    quotients = None if x1.size < 4096 else _whole_quotients(x1, x2, 2.0**28)
    if quotients is None:
        return np.remainder(x1, x2)
    quotients *= x2
    out = np.subtract(x1, quotients, out=quotients).astype(np.float32)
    return np.copysign(out, x2, out=out)


def floor_divide(x1: Array, x2: Array, /) -> Array:
    """NumPy's, except that a quotient with an infinite operand is the floor of the true quotient, as the standard says."""
    if x1.dtype.kind != "f":
        return np.floor_divide(x1, x2)
    quotients = None if x1.size < 4096 else _whole_quotients(x1, x2, 2.0**24)
    if quotients is not None:
        return quotients.astype(np.float32)
    infinite = np.isinf(x1) | np.isinf(x2)
    if not infinite.any():
        return np.floor_divide(x1, x2)
    with np.errstate(invalid="ignore"):
        return np.where(infinite, np.floor(np.divide(x1, x2)), np.floor_divide(x1, x2))


@of_complex(np.expm1)
def expm1(x: Array, /) -> Array:
    """NumPy's, except that infinities and NaNs are computed as ``exp(x) - 1``, whose special values are C99's.

    The real part of a result is never -0: ``expm1(-0 + 0j)`` has real part 0.
    """
    out = np.asarray(np.expm1(x))
    finite = np.isfinite(x)
    if not finite.all():
        with np.errstate(invalid="ignore"):
            out = np.asarray(np.where(finite, out, np.exp(x) - 1))
    out.real += 0.0
    return out


@of_complex(np.log1p)
def log1p(x: Array, /) -> Array:
    """NumPy's is the logarithm of the rounded sum, which loses small numbers."""
    return fallbacks.log1p(np, x)


def logaddexp(x1: Array, x2: Array, /) -> Array:
    """For many elements, NumPy's formula by its vectorized functions: 8 ns an element, where NumPy's function takes 28.

    Equal infinities and NaN give NaN here; NumPy's function is called then.
    """
    if x1.size < 1024 > x2.size or x1.dtype.char not in "fd":
        return np.logaddexp(x1, x2)
    with np.errstate(invalid="ignore", under="ignore"):
        out = np.subtract(x1, x2)
        np.abs(out, out)
        np.negative(out, out)
        np.exp(out, out)
        np.log1p(out, out)
    out += np.maximum(x1, x2)
    return np.logaddexp(x1, x2) if np.isnan(out).any() else out


@of_complex(np.sign)
def sign(x: Array, /) -> Array:
    """NumPy's, except that it is NaN where either part is, also beside an infinity."""
    return np.where(np.isnan(x), np.array(complex(np.nan, np.nan), x.dtype), np.sign(x))


@of_complex(np.reciprocal)
def reciprocal(x: Array, /) -> Array:
    """By a quotient, which has signed zeros, and infinities for zeros."""
    return np.divide(1, x)


@of_complex(np.tanh)
def tanh(x: Array, /) -> Array:
    """NumPy's, but the imaginary part at an infinite real part has the sign of that of `x`, not of its double's sine."""
    out = np.tanh(x)
    infinite = np.isinf(x.real)
    if infinite.any():
        limits = complex_of(np, np.copysign(1, x.real), np.copysign(0, x.imag), x.dtype)
        out = np.where(infinite, limits, out)
    return out


@of_complex(np.tan)
def tan(x: Array, /) -> Array:
    """NumPy's, except that special values are those of ``-1j * tanh(1j * x)``."""
    out = np.tan(x)
    infinite = np.isinf(x.imag)
    if infinite.any():
        limits = complex_of(np, np.copysign(0, x.real), np.copysign(1, x.imag), x.dtype)
        out = np.where(infinite, limits, out)
    return out


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Array:
    """``numpy.asarray``, whose ``device`` accepts only ``"cpu"``."""
    return np.asarray(obj, dtype=dtype, copy=copy)


def arange(start: Any, stop: Any, step: Any, *, dtype: Any, device: Any = None) -> Array:
    """A range; for floating dtypes each element is ``start + i*step`` computed in float64 and rounded once."""
    floating = np.dtype(dtype).kind == "f"
    return np.arange(start, stop, step).astype(dtype) if floating else np.arange(start, stop, step, dtype=dtype)


# NumPy's functions without their Python wrappers, which cost more than a short array does. The figures are microseconds for
# an array of 64 numbers.

# With ``out=...`` a reduction returns an array, not a NumPy scalar. `keepdims` is Any because NumPy's types, from 2.5 on,
# have an overload for True and one for False, but none for bool.


def _reduced(ufunc: np.ufunc, x: Array, axis: Any, keepdims: bool) -> Array:
    """``ufunc.reduce`` along an axis, in the dtype of the array; for many elements by `_in_parts`, where that is better."""
    if x.size >= 512 and x.ndim > 1 and axis.__class__ is int and -x.ndim <= axis < x.ndim:
        if x.flags.c_contiguous:
            out = _in_parts(ufunc, x, axis % x.ndim)
            if out is not None:
                return np.expand_dims(out, axis) if keepdims else out
        elif x.flags.f_contiguous:
            return _reduced(ufunc, x.T, x.ndim - 1 - axis % x.ndim, keepdims).T
    return ufunc.reduce(x, axis, None, keepdims=keepdims, out=...)


def _in_parts(ufunc: np.ufunc, x: Array, axis: int) -> Array | None:
    """The same for contiguous arrays with short rows, or with so many rows that their sums lose digits; else None.

    NumPy's loop takes 20 to 50 ns for each short row. Short rows are therefore reduced otherwise: rows of up to 128 are
    added by ``einsum``, in a third of the time; up to 16 columns one after another, in a tenth to a third; along the first
    axis several rows at once, as one long row: 100,000 of ten in a seventh.
    """
    length = x.shape[axis]
    others = x.size // length
    below = x.strides[axis] // x.itemsize  # elements between neighbours in a column
    if ufunc is np.add and 6 <= length <= 128 and others >= 128 and axis == x.ndim - 1 and x.dtype.kind in "fc":
        out: Array = np.einsum("...i->...", x)  # not by a product with ones, for which OpenBLAS may start threads
        return out if np.isfinite(out).all() else None  # otherwise NumPy's own loop may have to warn
    if 2 <= length <= 16 and below * length <= 128 and others >= 64 * length:
        before: tuple[Any, ...] = (slice(None),) * axis
        out = ufunc(x[(*before, 0)], x[(*before, 1)])
        for i in range(2, length):
            ufunc(out, x[(*before, i)], out=out)
        return out
    if axis != 0:
        return None
    if 2 <= others <= 10 and length >= 64 * others and x.size < 16384:
        out = ufunc.reduce(np.ascontiguousarray(x.reshape(length, others).T), -1)
        return out.reshape(x.shape[1:])
    if 2 <= others <= 64 and length >= 400 and length >= 16 * others:
        together = builtins.min(512 // others, math.isqrt(length))
        whole = length // together * together
        partly = _reduced(ufunc, x[:whole].reshape(-1, together * others), 0, False).reshape(together, *x.shape[1:])
    elif ufunc is np.add and length >= 4096 and x.dtype.kind in "fc":
        # Many rows are added one after another, and the error grows with their number: 1 % for a million in single
        # precision. Adding blocks of the square root of their number, it grows with that, in the same time.
        together = math.isqrt(length)
        whole = length // together * together
        partly = ufunc.reduce(x[:whole].reshape(together, -1, *x.shape[1:]), 1)
    else:
        return None
    total: Array = ufunc.reduce(np.concatenate([partly, x[whole:]]))
    return total


def sum(x: Array, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Array:
    """``numpy.sum``: 0.8 us instead of 2.1; half precision in single, since sums of ones in half precision stop at 2,048."""
    if dtype is not None and dtype == x.dtype and x.dtype.kind in "fc":
        dtype = None
    if dtype is None and x.dtype is _HALF:
        return np.add.reduce(x, axis, np.float32, keepdims=keepdims, out=...).astype(_HALF)
    if x.size >= 512 and dtype is None and (x.dtype.kind in "fc" or (x.itemsize == 8 and x.size >= 16384)):
        return _reduced(np.add, x, axis, keepdims)
    return np.add.reduce(x, axis, dtype, keepdims=keepdims, out=...)


def prod(x: Array, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Array:
    """``numpy.prod``: 0.8 us instead of 2.0."""
    return np.multiply.reduce(x, axis, dtype, keepdims=keepdims, out=...)


def max(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """``numpy.max``: 1.0 us instead of 2.1."""
    return _reduced(np.maximum, x, axis, keepdims)


def min(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """``numpy.min``: 1.0 us instead of 2.1."""
    return _reduced(np.minimum, x, axis, keepdims)


def all(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """``numpy.all``: 1.0 us instead of 2.3."""
    return np.logical_and.reduce(x, axis, keepdims=keepdims, out=...)


def any(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """``numpy.any``: 1.0 us instead of 2.3."""
    return np.logical_or.reduce(x, axis, keepdims=keepdims, out=...)


def mean(x: Array, /, *, axis: Any = None, keepdims: Any = False) -> Array:
    """``numpy.mean``: 2.0 us instead of 4.5; NumPy's where it sums in float32, warns of no elements or refuses an axis."""
    if x.itemsize == 2 or x.size == 0 or x.ndim == 0:
        return np.mean(x, axis=axis, keepdims=keepdims)
    total = _reduced(np.add, x, axis, keepdims)
    for part in (total,) if x.dtype.kind == "f" else (total.real, total.imag):  # a complex quotient would mix the two parts
        part /= x.size // total.size
    return total


def clip(x: Array, low: Array, high: Array | None, /) -> Array:
    """Clip to 0-d bounds in its dtype by ``numpy.clip``: 0.2 ns an element, where `maximum` and `minimum` together take 1.0.

    For float32, too, it takes a third to a half of the time of ``maximum`` alone.
    """
    if x.size < 1024 or (high is None and x.dtype.char != "f"):
        out: Array = np.maximum(x, low)
        return out if high is None else np.minimum(out, high)
    out = x.clip(low, np.inf if high is None else high)
    for bound in (low, high):
        if bound is not None and bound == 0 and x.dtype.kind == "f":
            out += bound  # so that -0 becomes the zero of the bound, as for the extrema
    return out


def pow(x1: Array, x2: Array, /) -> Array:
    """``numpy.pow``, replaced by equal functions for a few exponents: a twentieth to a half of the time for many numbers.

    NumPy's operator does this for Python numbers, which are arrays here. For complex powers that are not finite, C gives
    other values.
    """
    if x2.size == 1 and x2.item() == 0.5 and x1.dtype.kind == "f":
        out = _root(x1)
        return out if x2.ndim <= x1.ndim else out.reshape((1,) * (x2.ndim - x1.ndim) + x1.shape)
    if x1.size < 256 or x2.ndim or x2.dtype is not x1.dtype or x1.itemsize == 2:
        return np.pow(x1, x2)
    kind, exponent = x1.dtype.kind, x2.item()
    if kind == "c" and exponent == 2 and x1.size >= 1024:
        with np.errstate(over="ignore", invalid="ignore"):
            out = np.square(x1)
        return out if np.isfinite(out).all() else np.pow(x1, x2)
    if exponent == 2 and kind in "fiu":
        return np.square(x1)
    if exponent == 3 and kind == "f":
        out = x1 * x1
        out *= x1
        return out
    if exponent == -1 and kind == "f":
        return np.reciprocal(x1)
    return np.pow(x1, x2)


def _root(x: Array) -> Array:
    """The power of a half, which is infinite at -inf and never -0; NumPy's for a single exponent is the square root.

    For one exponent per element C is right; for few elements it takes less time than looking for infinities.
    """
    if x.size < 128 and x.size != 1:
        halves = np.empty_like(x)
        halves.fill(0.5)
        return np.pow(x, halves, out=...)
    if np.fmin.reduce(x, None) == -np.inf:
        x = np.where(x == -np.inf, np.inf, x)
    out = np.sqrt(x)
    out += 0.0
    return out


def _product(x1: Array, x2: Array) -> Array:
    """The product of two matrices that are not both small.

    OpenBLAS multiplies a few rows by a transposed matrix, as in a layer of a network or its gradient, in a third to four
    fifths of the time the other way round. ``dot`` fills its result with zeros first, a fifth of the time of a large product
    of few terms, such as the gradient of a layer's weights; but only ``dot`` is fast for a column times a row.
    """
    rows, terms = x1.shape
    columns = x2.shape[1]
    few = 1 < rows <= 64 and 4 * rows <= terms and 4 * rows <= columns and rows * x2.size > 150_000
    if few and x2.mT.flags.c_contiguous and x2.dtype.char == "f":
        return np.ascontiguousarray(x2.mT.dot(x1.mT).mT)
    return np.matmul(x1, x2) if rows * columns > 65_536 and 1 < terms == len(x2) else x1.dot(x2)


def _floating(x1: Array, x2: Array) -> str | None:
    """The dtype in which matrices of half precision or integers have the same product; None if there is none.

    NumPy multiplies these without a library: two of 300 rows of float16 in 120 ms, and in 1.3 as float32; of int64 in 22,
    and in 1.7 as float64, which is exact as long as no sum of products reaches 53 bits.
    """
    if x1.dtype is not x2.dtype or builtins.min(x1.ndim, x2.ndim) < 2 or builtins.min(x1.shape[-2:] + x2.shape[-1:]) < 8:
        return None
    if x1.dtype is _HALF:
        return "float32"
    if x1.dtype.kind not in "iu":
        return None
    largest, other = [builtins.max(int(x.max()), -int(x.min())) for x in (x1, x2)]
    return "float64" if largest * other * x1.shape[-1] < 2**53 else None


def matmul(x1: Array, x2: Array, /) -> Array:
    """``numpy.matmul``; by ``dot`` where it gives the same, in one product: 0.33 us instead of 0.86.

    A stack of matrices times one matrix is computed as a single tall matrix times that matrix.
    """
    few = x1.size + x2.size < 4096
    if few and 0 < x1.ndim <= 2 and 0 < x2.ndim <= 2:
        return x1.dot(x2)
    if not few and x1.dtype.char not in "fdFD" and x1.size and x2.size:
        wider = _floating(x1, x2)
        if wider is not None:
            out = matmul(x1.astype(wider), x2.astype(wider))
            # Through int64, which wraps around when cast to a narrower dtype; for casts from floats C does not define the
            # result.
            return (out if x1.dtype is _HALF else out.astype(np.int64)).astype(x1.dtype)
    if x1.ndim == 2 == x2.ndim:
        return _product(x1, x2)
    if 0 < x1.ndim <= 2 and 0 < x2.ndim <= 2:
        return x1.dot(x2)
    if x2.ndim == 2 < x1.ndim and x1.flags.c_contiguous and x1.dtype is x2.dtype and x1.size and x2.size:
        out = np.empty((*x1.shape[:-1], x2.shape[1]), x1.dtype)
        x1.reshape(-1, x1.shape[-1]).dot(x2, out.reshape(-1, x2.shape[1]))
        return out
    return np.matmul(x1, x2)


def reshape(x: Array, shape: Any, *, copy: bool | None = None) -> Array:
    """``numpy.reshape``: 0.15 us instead of 0.73; a negative length other than -1, which NumPy treats as -1, is refused."""
    try:
        for n in shape:
            if n < -1:
                raise ValueError(f"shape {shape} has a negative length")
    except TypeError:  # a single length, or objects that stand for integers, which NumPy converts
        if not isinstance(shape, (tuple, list)):
            return reshape(x, (operator.index(shape),), copy=copy)
    return x.reshape(shape) if copy is None else x.reshape(shape, copy=copy)


def astype(x: Array, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Array:
    """``numpy.astype``: 0.2 us instead of 1.0; a broadcast array becomes contiguous."""
    return x.astype(dtype, "C" if 0 in x.strides else "K", copy=copy)


def matrix_transpose(x: Array, /) -> Array:
    """``numpy.matrix_transpose``: 0.15 us instead of 0.58."""
    return x.mT if x.ndim > 1 else np.matrix_transpose(x)


def permute_dims(x: Array, /, axes: tuple[int, ...]) -> Array:
    """``numpy.permute_dims``: 0.15 us instead of 0.41."""
    if not isinstance(axes, tuple):
        raise TypeError(f"axes must be a tuple of ints, got {axes!r}")
    return x.transpose(axes)


def squeeze(x: Array, /, axis: int | tuple[int, ...]) -> Array:
    """``numpy.squeeze``: 0.2 us instead of 0.41."""
    return x.squeeze(axis)


def argmax(x: Array, /, *, axis: Any = None, keepdims: Any = False) -> Array:
    """``numpy.argmax``: 0.3 us instead of 1.3."""
    return x.argmax(axis, keepdims=keepdims)


def argmin(x: Array, /, *, axis: Any = None, keepdims: Any = False) -> Array:
    """``numpy.argmin``: 0.3 us instead of 1.3."""
    return x.argmin(axis, keepdims=keepdims)


def nonzero(x: Array, /) -> tuple[Array, ...]:
    """``numpy.nonzero``: 0.8 us instead of 1.2."""
    return x.nonzero()


def repeat(x: Array, repeats: Any, /, *, axis: int | None = None) -> Array:
    """``numpy.repeat``: 0.5 us instead of 1.2."""
    if repeats.__class__ is int and repeats * x.size > maxsize:  # overflows in NumPy, which then writes past the end
        raise ValueError("array is too big")
    return x.repeat(repeats, axis)


def round(x: Array, /) -> Array:
    """``numpy.round``: 0.4 us instead of 1.1."""
    return x.round()


def searchsorted(x1: Array, x2: Array, /, *, side: Any = "left", sorter: Any = None) -> Array:
    """``numpy.searchsorted``: 0.3 us instead of 1.1."""
    return x1.searchsorted(x2, side, sorter)


def take(x: Array, indices: Array, /, *, axis: int | None = None) -> Array:
    """``numpy.take``: 0.3 us instead of 1.2."""
    return x.take(indices, axis)


def cumulative_sum(x: Array, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    """``numpy.cumulative_sum``: 0.9 us instead of 1.5; half precision and long single precision in twice the precision."""
    if (dtype is None or dtype == x.dtype) and (x.dtype is _HALF or (x.dtype.char in "fF" and x.size >= 512)):
        wide = np.float32 if x.dtype is _HALF else np.float64 if x.dtype.kind == "f" else np.complex128
        return np.cumulative_sum(x, axis=axis, dtype=wide, include_initial=include_initial).astype(x.dtype)
    if axis is None or include_initial:
        return np.cumulative_sum(x, axis=axis, dtype=dtype, include_initial=include_initial)
    return np.add.accumulate(x, axis, dtype)


def cumulative_prod(x: Array, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    """``numpy.cumulative_prod``: 0.9 us instead of 1.5."""
    if axis is None or include_initial:
        return np.cumulative_prod(x, axis=axis, dtype=dtype, include_initial=include_initial)
    return np.multiply.accumulate(x, axis, dtype)


# For a single valid axis, the functions below use a key; NumPy handles tuples of axes and errors.


def _before(axis: Any, rank: int) -> tuple[Any, ...] | None:
    """The key of all axes before the given one; None for what is not a number of an axis."""
    return (slice(None),) * (axis if axis >= 0 else axis + rank) if axis.__class__ is int and -rank <= axis < rank else None


def expand_dims(x: Array, /, axis: Any) -> Array:
    """``numpy.expand_dims``: 0.5 us instead of 2.1."""
    before = _before(axis, x.ndim + 1)
    return np.expand_dims(x, axis) if before is None else x[(*before, None)]


def stack(arrays: Any, /, *, axis: int = 0) -> Array:
    """``numpy.stack``: for two arrays 1.9 us instead of 3.0."""
    before = _before(axis, arrays[0].ndim + 1)
    if before is None or len({x.shape for x in arrays}) > 1:
        return np.stack(arrays, axis=axis)
    key = (*before, None)
    return np.concatenate([x[key] for x in arrays], len(before))


def unstack(x: Array, /, *, axis: int = 0) -> tuple[Array, ...]:
    """``numpy.unstack``: for eight 1.4 us instead of 4.8."""
    before = _before(axis, x.ndim)
    if before is None:
        return np.unstack(x, axis=axis)
    return tuple([x[(*before, i, ...)] for i in range(x.shape[axis])])


def flip(x: Array, /, *, axis: Any = None) -> Array:
    """``numpy.flip``: 0.5 us instead of 1.6."""
    before = _before(axis, x.ndim)
    return np.flip(x, axis) if before is None else x[(*before, slice(None, None, -1))]


def roll(x: Array, /, shift: Any, *, axis: Any = None) -> Array:
    """``numpy.roll``: 1.9 us instead of 6.2."""
    before = _before(axis, x.ndim)
    if before is None or shift.__class__ is not int or not x.size:
        return np.roll(x, shift, axis=axis)
    at = -shift % x.shape[axis]
    return np.concatenate([x[(*before, slice(at, None))], x[(*before, slice(at))]], axis)


@functools.lru_cache(maxsize=64)
def _triangle(rows: int, columns: int, k: int) -> Array:
    """The mask of a lower triangle of a small matrix, which takes most of the time of ``numpy.tril``."""
    return np.tri(rows, columns, k, bool)


def tril(x: Array, /, *, k: int = 0) -> Array:
    """``numpy.tril``: for 64 numbers 1.5 us instead of 6.0."""
    if x.ndim < 2 or x.shape[-2] * x.shape[-1] > 4096:
        return np.tril(x, k)
    return np.where(_triangle(*x.shape[-2:], k), x, np.zeros((), x.dtype))


def triu(x: Array, /, *, k: int = 0) -> Array:
    """``numpy.triu``: for 64 numbers 1.5 us instead of 6.5."""
    if x.ndim < 2 or x.shape[-2] * x.shape[-1] > 4096:
        return np.triu(x, k)
    return np.where(_triangle(*x.shape[-2:], k - 1), np.zeros((), x.dtype), x)


def moveaxis(x: Array, source: Any, destination: Any, /) -> Array:
    """``numpy.moveaxis``: 0.9 us instead of 3.2."""
    first, last = _before(source, x.ndim), _before(destination, x.ndim)
    if first is None or last is None:
        return np.moveaxis(x, source, destination)
    order = list(range(x.ndim))
    order.insert(len(last), order.pop(len(first)))
    return x.transpose(order)


def ones(shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Array:
    """``numpy.ones``: 0.4 us instead of 1.0."""
    out = np.empty(shape, dtype)
    out.fill(1)
    return out


def zeros_like(x: Array, /, *, dtype: Any = None, device: Any = None) -> Array:
    """``numpy.zeros_like``: 0.25 us instead of 1.0."""
    return np.zeros(x.shape, x.dtype if dtype is None else dtype)


def ones_like(x: Array, /, *, dtype: Any = None, device: Any = None) -> Array:
    """``numpy.ones_like``: 0.45 us instead of 1.0."""
    return ones(x.shape, dtype=x.dtype if dtype is None else dtype)


def _stretched(x: Array, shape: tuple[int, ...]) -> list[int] | None:
    """The strides of an array viewed in a shape; None if it does not fit, has no elements or is not contiguous."""
    before = len(shape) - x.ndim
    if before < 0 or not x.size or not x.flags.c_contiguous:
        return None
    strides = [0] * before
    for have, wanted, stride in zip(x.shape, shape[before:], x.strides, strict=True):
        if have != wanted and have != 1:
            return None
        strides.append(stride if have == wanted else 0)
    return strides


def broadcast_to(x: Array, /, shape: tuple[int, ...]) -> Array:
    """``numpy.broadcast_to``: 2.0 us instead of 2.8, for one number 1.0; writable where no element stands for several."""
    strides = (0,) * len(shape) if x.size == 1 and x.ndim <= len(shape) else _stretched(x, shape)
    out: Array | None = None if strides is None else np.ndarray(shape, x.dtype, x, 0, strides)
    if out is None or out.shape != shape:  # NumPy says what is wrong; it takes a shape of (-1,) as (1,) here
        out = np.broadcast_to(x, shape)
    else:
        out.flags.writeable = False
    return x.reshape(shape) if out.size == x.size else out


def spread(x: Array, shape: tuple[int, ...], /) -> Array:
    """A copy if the elements are few: 0.5 us instead of 1 to 2, and reading it takes half the time."""
    if math.prod(shape) > 8192:
        return broadcast_to(x, shape)
    out = np.empty(shape, x.dtype)
    out[...] = x
    return out


def unique_values(x: Array, /) -> Array:
    """Sorted, as in PyTorch and as many rely on. NumPy's own hashes: 110 ms and more for a million, this takes 10."""
    ordered = np.sort(x, axis=None)
    return ordered[_first_of_equals(ordered)]


def unique_counts(x: Array, /) -> tuple[Array, Array]:
    """``numpy.unique_counts``, without the wrapper."""
    ordered = np.sort(x, axis=None)
    ends = np.flatnonzero(np.concatenate((_first_of_equals(ordered), (True,))))  # each group ends where the next begins
    return ordered[ends[:-1]], ends[1:] - ends[:-1]


def _first_of_equals(ordered: Array) -> Array:
    """Where an element of a sorted vector differs from the one before; a NaN equals none."""
    differs = np.ones(ordered.size, bool)
    np.not_equal(ordered[1:], ordered[:-1], out=differs[1:])
    return differs


def count_nonzero(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """Return an array also where NumPy returns a Python ``int``."""
    return np.asarray(np.count_nonzero(x, axis=axis, keepdims=keepdims))


def take_along_axis(x: Array, indices: Array, /, *, axis: int = -1) -> Array:
    """With the standard's default for the axis; many elements by their positions in memory."""
    if indices.size < _MANY or x.ndim != indices.ndim or indices.dtype.kind not in "iu":
        return np.take_along_axis(x, indices, axis=axis)
    key: list[Any] = list(np.indices(x.shape, sparse=True))
    key[np.lib.array_utils.normalize_axis_index(axis, x.ndim)] = indices
    return getitem(x, tuple(key))


def sort(x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """With ``descending``, which NumPy lacks; of equal numbers only zeros can be told apart, by their signs.

    Zeros keep their order, hence the flip before and after. A stable sort of a million random numbers takes 100 ms, any sort
    10, so a large array is sorted stably only if it contains a negative zero, whose only bit is the sign.
    """
    stable = stable and x.dtype.kind == "f"
    if stable and x.size > 1000:
        bits = x.view(f"i{x.itemsize}")
        stable = bool((bits == np.iinfo(bits.dtype).min).any())
    out = np.flip(x, axis=axis).copy() if descending and stable else x.copy()
    out.sort(axis, stable=stable)
    return np.flip(out, axis=axis) if descending else out


def argsort(x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """With ``descending``; equal elements keep their order in that case too, hence the flip before and after.

    A 0-d array has no axis to sort along, as `sort` says; ``numpy.argsort`` treats it as one of length 1.
    """
    axis = np.lib.array_utils.normalize_axis_index(axis, x.ndim)
    if not descending:
        return np.argsort(x, axis=axis, stable=stable)
    backward = np.flip(np.argsort(np.flip(x, axis=axis), axis=axis, stable=stable), axis=axis)
    return np.subtract(x.shape[axis] - 1, backward, dtype=backward.dtype)


def _top_few(x: Array, k: int, axis: int, largest: bool) -> Array | None:
    """Find them one after another, overwriting each; None if one is NaN or equals the overwriting value.

    In 32 rows of 50,000 finding the greatest takes 0.7 ms, a partition 20; five in each of 1,000 rows 1.3 instead of 15.
    """
    rows = np.array(np.moveaxis(x, axis, -1), order="C")
    shape = (*rows.shape[:-1], k)
    rows = rows.reshape(-1, rows.shape[-1])
    least, greatest = (-np.inf, np.inf) if x.dtype.kind == "f" else (np.iinfo(x.dtype).min, np.iinfo(x.dtype).max)
    gone = least if largest else greatest
    every = np.arange(len(rows))
    places = np.empty((len(rows), k), np.int64)
    for i in range(k):
        place = places[:, i] = rows.argmax(-1) if largest else rows.argmin(-1)
        found = rows[every, place]
        if not (found > gone if largest else found < gone).all():
            return None  # a NaN, which is found first, or an overwritten element
        rows[every, place] = gone
    return np.moveaxis(places.reshape(shape), -1, axis)


def top(x: Array, k: int, axis: int, largest: bool, /) -> Array:
    """By a partition if there are few: ten of a million in a twentieth of the time of sorting everything."""
    length = x.shape[axis]
    if 0 < k <= 10 and 8 * k <= length and x.size and x.dtype.kind in "fiu":
        places = _top_few(x, k, axis, largest)
        if places is not None:
            return places
    if not 0 < 8 * k <= length or (x.dtype.kind == "f" and np.isnan(x).any()):
        return argsort(x, axis=axis, descending=largest)[(*(slice(None),) * axis, slice(k))]
    rows = np.moveaxis(x, axis, -1)
    place = length - k if largest else k - 1
    last = np.partition(rows, place, axis=-1)[..., place, None]
    chosen, alike = rows > last if largest else rows < last, rows == last
    room = k - chosen.sum(-1, keepdims=True)
    chosen |= alike & (np.cumsum(alike, -1) <= room)
    places = np.nonzero(chosen)[-1].reshape(*rows.shape[:-1], k)
    order = argsort(np.take_along_axis(rows, places, -1), axis=-1, descending=largest)
    return np.moveaxis(np.take_along_axis(places, order, -1), -1, axis)


_BITS: dict[int, Any] = {4: np.int32, 8: np.int64}


def where(condition: Array, x1: Array, x2: Array, /) -> Array:
    """``numpy.where``, which branches at each element: 3.6 ns if no branch is predictable, 0.6 if all are.

    Many elements are selected by bit masks if that is not slower in either case: for items of 4 bytes (0.5 ns), and with 0
    as the other value (0.3 ns, 0.7 for 8 bytes), as in the gradients of `relu`, `clip` and `where`.
    """
    if condition.size < 4096 or condition.dtype != np.bool or x1.dtype is not x2.dtype:
        return np.where(condition, x1, x2)
    shape = condition.shape
    integer = _BITS.get(x1.itemsize)
    if integer is None or x1.shape != shape or x2.shape not in ((), shape) or x1.dtype.kind == "c":
        return np.where(condition, x1, x2)
    other = x2.view(integer)
    zero = x2.ndim == 0 and not other  # by bits: -0.0 does not count
    if not zero and x1.itemsize > 4:
        return np.where(condition, x1, x2)
    out = np.empty(shape, x1.dtype)
    bits = out.view(integer)
    bits[...] = condition
    np.negative(bits, bits)  # all bits or none
    bits &= x1.view(integer) if zero else x1.view(integer) ^ other
    if not zero:
        bits ^= other
    return out


# --- what a Tensor needs beyond the standard ---


# NumPy returns scalars, which cannot be written to, where the standard wants 0-d arrays.
as_array = np.asarray


kept_scalars: dict[type, dict[Any, dict[complex | str, Array]]] = {int: {}, float: {}}


def scalar(value: complex, like: Array) -> Array:
    """A 0-d array of a Python number in the dtype of another array, for use as an operand and not to be written to.

    Recent ones are kept: creating one takes twice as long as finding it, and numbers in formulas recur. Complex numbers are
    not kept, since their parts may be zeros of either sign.
    """
    dtype = like.dtype
    found = kept_scalars.get(value.__class__)
    kept = {} if found is None else found.setdefault(dtype, {})
    key = value or repr(value)
    out = kept.get(key)
    if out is None:
        out = np.asarray(value, dtype=dtype)
        if len(kept) >= 1024:
            kept.clear()
        out.flags.writeable = False
        kept[key] = out
    return out


def raw_dtype(dtype: DType) -> np.dtype[Any]:
    """NumPy's dtype for arrayad's."""
    return dtype.dtype


def raw_device(place: device) -> str:
    """NumPy's device for arrayad's.

    Raises
    ------
    RuntimeError
        For an index other than 0: there is only one CPU.
    """
    if place.index:
        raise RuntimeError(f"device '{place}' is not available: there is one cpu device")
    return "cpu"


def as_device(raw: Any) -> device:
    """Our device for NumPy's."""
    return _CPU


def devices() -> tuple[device, ...]:
    """The devices of this backend."""
    return (_CPU,)


def to_device(array: Array, raw: Any) -> Array:
    """A copy of an array on another device; there is none."""
    return array.copy()


def from_numpy(array: Array, raw: Any, *, non_blocking: bool = False) -> Array:
    """A raw array of this backend, on a raw device, with the values of a NumPy array."""
    return array


def to_numpy(array: Array) -> Array:
    """A NumPy array with the values of a raw array; sharing memory if the backend's memory is the host's."""
    return array


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Array:
    """NumPy's, on its only device; what it cannot import, such as a dtype that it lacks, is a BufferError."""
    try:
        return np.from_dlpack(x, device=device, copy=copy)
    except (RuntimeError, ValueError) as error:  # ValueError: of CuPy
        raise BufferError(f"from_dlpack(): {error}") from None


def to_dlpack(array: Array, *, stream: Any, max_version: Any, dl_device: Any, copy: bool | None) -> Any:
    """NumPy's, with the standard's type of error: NumPy raises ValueError up to 2.3, RuntimeError up to 2.4."""
    try:
        return array.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)
    except (ValueError, RuntimeError) as error:
        raise BufferError(f"__dlpack__(): {error}") from None
    except TypeError as error:
        raise TypeError(f"__dlpack__(): {error}") from None


_MANY = 16384  # the number of elements from which computing positions first pays


def _places(x: Array, key: Any) -> Array | None:
    """Where in memory many elements are that a key of integer arrays, one per axis, names; None for other keys.

    With these positions a million elements are read and written in half of NumPy's time with one index per axis.
    """
    if key.__class__ is not tuple or len(key) != x.ndim or not x.flags.c_contiguous:
        return None
    most = 0
    for part in key:
        if part.__class__ is not np.ndarray or part.dtype.kind not in "iu" or not part.size:
            return None
        most = builtins.max(most, part.size)
    if most < _MANY:
        return None
    for part, length in zip(key, x.shape, strict=True):
        if part.min() < 0 or part.max() >= length:  # NumPy counts from the end, or says what is wrong
            return None
    places = np.zeros((), np.intp)
    for part, length in zip(key, x.shape, strict=True):
        try:
            places = places * length + part.astype(np.intp, copy=False)
        except ValueError:  # shapes that do not fit, which NumPy reports
            return None
    return places


def getitem(x: Array, key: Any) -> Array:
    """``x[key]``, a view for basic keys also where NumPy would give a scalar."""
    if x.size >= _MANY and (places := _places(x, key)) is not None:
        return x.reshape(-1).take(places)
    out = x[key]
    if out.__class__ is np.ndarray:
        return out
    return x[(*key, ...) if key.__class__ is tuple else (key, ...)]


def setitem(x: Array, key: Any, value: Any) -> None:
    """``x[key] = value`` in place."""
    # NumPy reads a value on the same memory first, but not for a mask, nor with steps of one sign.
    if value.__class__ is np.ndarray and np.may_share_memory(x, value):
        value = value.copy()
    if x.dtype.kind == "b" and key.__class__ is np.ndarray and np.may_share_memory(x, key):
        key = key.copy()
    if x.size >= _MANY and (places := _places(x, key)) is not None:
        x.reshape(-1)[places] = value
    else:
        x[key] = value


def index_put(x: Array, key: Any, values: Any) -> Array:
    """A copy of `x` with `values` assigned at `key`."""
    out = np.array(x)
    setitem(out, key, values)
    return out


def convolve(x1: Array, x2: Array, mode: Any, /) -> Array:
    """NumPy's, with positional arguments only."""
    return np.convolve(x1, x2, mode)


def view_dtype(x: Array, dtype: DType, /) -> Array:
    """The memory read in another dtype; the last axis becomes longer or shorter if the item size differs."""
    return x.view(dtype.dtype)


def scatter_add(values: Array, key: Any, shape: tuple[int, ...]) -> Array:
    """Zeros of a shape with `values` added at `key`: the transpose of ``getitem``."""
    out = np.zeros(shape, values.dtype)
    if _arrays_in(key) <= {"b"}:  # every element occurs at most once
        out[key] = values
    else:
        add_at(out, key, values)
    return out


def add_at(x: Array, key: Any, values: Array) -> None:
    """Add `values` to ``x[key]`` in place, once per occurrence in the key."""
    key = key[0] if key.__class__ is tuple and len(key) == 1 else key
    kinds = _arrays_in(key)
    if not kinds:
        part = getitem(x, key)
        part += values
    elif kinds == {"b"}:
        x[key] += values
    # ``numpy.add.at`` takes 10 ns an element, but 2 if target and index are one-dimensional: hence positions in memory.
    elif x.ndim > 1 and x.flags.c_contiguous and (key.__class__ is np.ndarray or x.size <= 8 * values.size):
        if key.__class__ is np.ndarray:
            length = math.prod(x.shape[1:])
            if key.size and not -x.shape[0] <= key.min() <= key.max() < x.shape[0]:
                x[key]  # raises the error
            rows = key.astype(np.intp)  # the dtype of positions in memory
            rows[rows < 0] += x.shape[0]
            places = np.add.outer(rows * length, np.arange(length)).reshape((*rows.shape, *x.shape[1:]))
        else:
            places = _places(x, key)
            if places is None:  # here it pays to number all elements
                places = np.arange(x.size).reshape(x.shape)[key]
        np.add.at(x.reshape(-1), places.reshape(-1), np.broadcast_to(values, places.shape).reshape(-1))
    else:
        np.add.at(x, key, values)


def _arrays_in(key: Any) -> set[str]:
    """The kinds of dtypes of the arrays in a key, with lists as integers: such a key may name an element more than once."""
    kinds = set()
    for part in key if key.__class__ is tuple else (key,):
        if part.__class__ is np.ndarray:
            kinds.add(part.dtype.kind)
        elif part.__class__ is bool:
            kinds.add("b")
        elif part.__class__ is list:
            kinds.add("i")
    return kinds


def shares_memory(a: Array, b: Array) -> bool:
    """Whether `a`, computed from `b`, is a view of its memory; by ownership, which is exact for NumPy's functions."""
    base = a.base
    return a is b if base is None else base is b or base is b.base or a is b


def memory_of(a: Array) -> Array:
    """The array that all views of a memory refer to, as far as NumPy knows."""
    while isinstance(a.base, np.ndarray):
        a = a.base
    return a


def owns_memory(a: Array) -> bool:
    """Whether no other array shares the memory of `a`, just returned by a function, or a view of all of one now gone."""
    if a.base is None:
        return True
    whole = a.base.__class__ is np.ndarray and a.nbytes == a.base.nbytes and a.base.flags.owndata and a.flags.writeable
    return whole and _references_to_base(a) == _ALONE


def _references_to_base(a: Array) -> int:
    return getrefcount(a.base)


_ALONE = _references_to_base(np.empty(1)[:])  # depends on how Python calls the function


def is_writeable(a: Array) -> bool:
    """Whether elements can be assigned: not for broadcast views, even another library's, nor read-only sources."""
    if 0 in a.strides and a.size and 0 in [s for s, n in zip(a.strides, a.shape, strict=True) if n > 1]:
        return False
    return a.flags.writeable


def is_contiguous(a: Array) -> bool:
    """Whether elements are contiguous in memory in C order."""
    return a.flags.c_contiguous


def contiguous(a: Array) -> Array:
    """The array in C order, a copy only if it is not yet."""
    return np.ascontiguousarray(a).reshape(a.shape)


def strides(a: Array) -> tuple[int, ...]:
    """Steps along each axis, in elements."""
    return tuple(s // a.itemsize for s in a.strides)


def offset(a: Array) -> int:
    """How many elements after the start of its memory the array begins."""
    owner = memory_of(a)
    return (a.__array_interface__["data"][0] - owner.__array_interface__["data"][0]) // a.itemsize


class _Random:
    """Random numbers of NumPy's generator PCG64, from a seed."""

    def __init__(self, seed: int) -> None:
        self._source = np.random.default_rng(seed)

    @property
    def state(self) -> Any:
        return self._source.bit_generator.state

    @state.setter
    def state(self, state: Any) -> None:
        self._source.bit_generator.state = state

    def uniform(self, shape: tuple[int, ...], dtype: Any) -> Array:
        if dtype == np.float16:  # NumPy does not draw it: all its values in [0, 1) with 11 bits
            return np.asarray(self._source.integers(0, 2048, shape) / 2048).astype(dtype)
        return np.asarray(self._source.random(shape, dtype))

    def normal(self, shape: tuple[int, ...], dtype: Any) -> Array:
        if dtype == np.float16:
            return np.asarray(self._source.standard_normal(shape, np.float32)).astype(dtype)
        return np.asarray(self._source.standard_normal(shape, dtype))

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Array:
        return np.asarray(self._source.integers(low, high, shape))

    def permutation(self, n: int) -> Array:
        return self._source.permutation(n)

    def choice(self, weights: Array, count: int, replacement: bool) -> Array:
        shares = weights / weights.max().astype(float)  # their sum could be infinite
        shares[weights > 0] += 1e-300  # a weight that is small beside the others is not impossible
        return self._source.choice(weights.size, count, replacement, shares / shares.sum())


def generator(seed: int, raw: Any) -> _Random:
    """A source of random numbers."""
    return _Random(seed)
