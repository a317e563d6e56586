"""The CuPy backend: CuPy's own functions where they meet the standard, else array_api_compat's, else those defined here.

It is loaded when a ``"cuda"`` device is first requested; without a GPU it loads too and has no devices. CuPy's functions
return before the GPU is done, in the order of the current stream. They run on the current device, so with several GPUs every
call is made on the device of its arrays (`use_device`); with one GPU nothing is done.
"""

from __future__ import annotations

import math
import operator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

try:
    import cupy as cp
except ImportError as error:
    raise ImportError("it needs CuPy, which is not installed: pip install cupy-cuda13x, or cupy-cuda12x") from error

import array_api_compat.cupy as compat
import numpy as np
from array_api_compat.cupy import (  # noqa: F401  (the backend's namespace)
    broadcast_arrays,
    ceil,
    floor,
    isin,
    matrix_transpose,
    nonzero,
    permute_dims,
    searchsorted,
    sort,
    std,
    take_along_axis,
    tensordot,
    trunc,
    unique_all,
    unique_counts,
    unique_inverse,
    unique_values,
    unstack,
    var,
    vecdot,
)
from cupy import (  # noqa: F401  (the backend's namespace)
    abs,
    acos,
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
    broadcast_to,
    concat,
    conj,
    copysign,
    cos,
    cosh,
    cumulative_prod,
    cumulative_sum,
    diff,
    divide,
    equal,
    exp,
    expand_dims,
    flip,
    float64,
    greater,
    greater_equal,
    hypot,
    imag,
    int64,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    logaddexp,
    matmul,
    maximum,
    minimum,
    moveaxis,
    multiply,
    negative,
    nextafter,
    not_equal,
    ones_like,
    positive,
    pow,
    real,
    repeat,
    roll,
    round,
    signbit,
    sin,
    sinh,
    sqrt,
    square,
    squeeze,
    stack,
    subtract,
    take,
    tile,
    tril,
    triu,
    where,
    zeros_like,
)

from . import cupy_fft as fft  # noqa: F401
from . import cupy_linalg as linalg  # noqa: F401
from . import cupy_special as special  # noqa: F401
from . import fallbacks
from .fallbacks import of_complex
from ..devices import device as _device

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from ..dtypes import DType

Array = Any
RawDevice = Any  # cupy.cuda.Device

array_types: tuple[type, ...] = (cp.ndarray,)
device_type = "cuda"
asynchronous = True


def device_count() -> int:
    """The number of GPUs; 0 without a driver."""
    try:
        return int(cp.cuda.runtime.getDeviceCount())
    except cp.cuda.runtime.CUDARuntimeError:  # no driver, or none that this CUDA can use
        return 0


_COUNT = device_count()

# Devices as DLPack numbers them.
_DLPACK_CUDA = 2
_DLPACK_CUDA_MANAGED = 13


def _on_one_device(*arrays: Array) -> AbstractContextManager[Any]:
    """A context manager that makes the device of arrays current.

    Raises
    ------
    ValueError
        If they are on different devices.
    """
    if not arrays:
        return nullcontext()
    place: Any = arrays[0].device
    for a in arrays[1:]:
        if a.device != place:
            raise ValueError(f"arrays are on devices {place.id} and {a.device.id}")
    return place  # it is a context manager


use_device: Callable[..., AbstractContextManager[Any]] | None = _on_one_device if _COUNT > 1 else None


def _at(place: RawDevice) -> AbstractContextManager[Any]:
    """Make a device current; there is nothing to do if it is the only one."""
    return place if _COUNT > 1 and place is not None else nullcontext()


def _beside(array: Array) -> AbstractContextManager[Any]:
    return array.device if _COUNT > 1 else nullcontext()


# --- creation, which array_api_compat does on the current device, whichever device is given ---


def asarray(obj: Any, /, *, dtype: Any = None, device: RawDevice = None, copy: bool | None = None) -> Array:
    """From numbers, or from arrays of this backend, which stay on their device unless another is given."""
    with _at(getattr(obj, "device", None) if device is None else device):
        if isinstance(obj, cp.ndarray):
            return cp.array(obj, dtype=dtype, copy=copy)
        return _of_host(np.asarray(obj, dtype))


def _of_host(array: np.ndarray[Any, Any], **how: Any) -> Array:
    """A copy of a NumPy array; CuPy itself clears the memory for a zero, and so turns a 0-d -0.0 into 0.0."""
    return cp.full((), array[()], array.dtype) if array.ndim == 0 else cp.asarray(array, **how)


def arange(start: Any, stop: Any, step: Any, *, dtype: Any, device: RawDevice = None) -> Array:
    """A range; for floating dtypes each element is ``start + i*step`` computed in float64 and rounded once."""
    with _at(device):
        if np.dtype(dtype).kind in "fc":
            return cp.arange(start, stop, step, dtype=np.float64).astype(dtype, copy=False)
        return cp.arange(start, stop, step, dtype=dtype)


def empty(shape: Any, *, dtype: Any, device: RawDevice = None) -> Array:
    with _at(device):
        return cp.empty(shape, dtype)


def zeros(shape: Any, *, dtype: Any, device: RawDevice = None) -> Array:
    with _at(device):
        return cp.zeros(shape, dtype)


def ones(shape: Any, *, dtype: Any, device: RawDevice = None) -> Array:
    with _at(device):
        return cp.ones(shape, dtype)


def full(shape: Any, fill_value: Any, *, dtype: Any, device: RawDevice = None) -> Array:
    value = np.asarray(fill_value, dtype)  # refuses what is out of the dtype's range, where CuPy would wrap around
    with _at(device):
        return cp.full(shape, value[()], dtype)


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any, device: RawDevice = None) -> Array:
    with _at(device):
        return cp.eye(n_rows, n_cols, k, dtype)


def linspace(start: Any, stop: Any, /, num: int, *, dtype: Any, device: RawDevice = None, endpoint: bool = True) -> Array:
    with _at(device):
        if np.dtype(dtype).kind != "c":
            return cp.linspace(start, stop, num, endpoint, dtype=dtype)
        # CuPy's function is for real numbers.
        real = cp.linspace(start.real, stop.real, num, endpoint)
        return fallbacks.complex_of(cp, real, cp.linspace(start.imag, stop.imag, num, endpoint), dtype)


def from_dlpack(x: Any, /, *, device: RawDevice = None, copy: bool | None = None) -> Array:
    """From a GPU, sharing memory, in the order of the current stream; from the host by a copy.

    Raises
    ------
    BufferError
        If `copy` is False and a copy is needed.
    """
    if x.__dlpack_device__()[0] in (_DLPACK_CUDA, _DLPACK_CUDA_MANAGED):
        out = cp.from_dlpack(x)
        if device is None or out.device == device:
            return asarray(out, copy=True) if copy else out
    else:
        out = None
    if copy is False:
        raise BufferError("from_dlpack(): memory on another device requires a copy")
    return from_numpy(np.from_dlpack(x), device) if out is None else to_device(out, device)


def to_dlpack(array: Array, *, stream: Any, max_version: Any, dl_device: Any, copy: bool | None) -> Any:
    """CuPy's, which makes no copies on the GPU."""
    with _beside(array):
        if copy and dl_device in (None, array.__dlpack_device__()):
            array, copy = array.copy(), None
        try:
            return array.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)
        except ValueError as error:
            raise BufferError(f"__dlpack__(): {error}") from None


# --- the standard, where CuPy and array_api_compat differ from it ---


def astype(x: Array, dtype: Any, /, *, copy: bool = True) -> Array:
    """On the device of `x`, also if it is not called through an operation."""
    with _beside(x):
        return x.astype(dtype, copy=copy)


def clip(x: Array, low: Array, high: Array | None, /) -> Array:
    """CuPy's treats a bound that is NaN as no bound."""
    out = cp.maximum(x, low)
    return out if high is None else cp.minimum(out, high)


def remainder(x1: Array, x2: Array, /) -> Array:
    """CuPy's is NaN for an infinite `x2`."""
    return fallbacks.remainder(cp, cp.fmod, x1, x2) if x1.dtype.kind == "f" else cp.remainder(x1, x2)


def floor_divide(x1: Array, x2: Array, /) -> Array:
    """CuPy's is the floor of the rounded quotient for floating-point numbers, one too many where it was rounded up."""
    return fallbacks.floor_divide(cp, cp.fmod, x1, x2) if x1.dtype.kind == "f" else cp.floor_divide(x1, x2)


@of_complex(cp.reciprocal)
def reciprocal(x: Array, /) -> Array:
    """CuPy's is NaN for infinite numbers."""
    return cp.where(cp.isinf(x), cp.zeros((), x.dtype), cp.reciprocal(x))


# For complex numbers CuPy computes these as exp(x) - 1, the logarithm of x + 1, and a quotient of complex numbers: they lose
# small results, the signs of zeros, and infinities.


@of_complex(cp.expm1)
def expm1(x: Array, /) -> Array:
    return fallbacks.expm1(cp, x)


def _of_infinite(x: Array, out: Array) -> Array:
    """A logarithm of complex numbers that is infinite where either part is, whatever the other."""
    out.real = cp.where(cp.isinf(x.real) | cp.isinf(x.imag), cp.full((), math.inf, out.real.dtype), out.real)
    return out


@of_complex(cp.log1p)
def log1p(x: Array, /) -> Array:
    return _of_infinite(x, fallbacks.log1p(cp, x))


@of_complex(cp.log)
def log(x: Array, /) -> Array:
    return _of_infinite(x, cp.log(x))


def _log_of(x: Array, base: float) -> Array:
    out = log(x)
    out.real /= math.log(base)  # part by part: a complex quotient of an infinity is NaN
    out.imag /= math.log(base)
    return out


@of_complex(cp.log2)
def log2(x: Array, /) -> Array:
    return _log_of(x, 2)


@of_complex(cp.log10)
def log10(x: Array, /) -> Array:
    return _log_of(x, 10)


# For complex numbers CuPy's are NaN, or lack the sign of a zero, at special values of the standard: where the real part is
# infinite (for `tan`, the imaginary part), or is 0 beside a part that is not finite.


@of_complex(cp.tanh)
def tanh(x: Array, /) -> Array:
    out = cp.tanh(x)
    infinite, nothing = cp.isinf(x.real), (x.real == 0) & ~cp.isfinite(x.imag)
    out.real = cp.where(infinite, cp.copysign(cp.ones_like(x.real), x.real), cp.where(nothing, x.real, out.real))
    finite = infinite & cp.isfinite(x.imag)
    out.imag = cp.where(finite, cp.copysign(cp.zeros_like(x.imag), x.imag), out.imag)
    return out


@of_complex(cp.tan)
def tan(x: Array, /) -> Array:
    turned = tanh(fallbacks.complex_of(cp, -x.imag, x.real, x.dtype))
    return fallbacks.complex_of(cp, turned.imag, -turned.real, x.dtype)


@of_complex(cp.acosh)
def acosh(x: Array, /) -> Array:
    out = cp.acosh(x)
    right = (x.real == 0) & cp.isnan(x.imag)
    out.imag = cp.where(right, cp.full((), math.pi / 2, out.imag.dtype), out.imag)
    return out


def argsort(x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """CuPy's treats a 0-d array as one of length 1."""
    np.lib.array_utils.normalize_axis_index(axis, x.ndim)
    return compat.argsort(x, axis=axis, descending=descending, stable=stable)


def sign(x: Array, /) -> Array:
    """CuPy's is 0 for NaN and lexicographic for complex numbers; array_api_compat's waits for the GPU."""
    return fallbacks.sign(compat, cp.sign, x)


def _truth(x: Array) -> Array:
    return x != 0 if x.dtype.kind == "c" else x  # CuPy's logical functions do not accept complex numbers


def logical_and(x1: Array, x2: Array, /) -> Array:
    return cp.logical_and(_truth(x1), _truth(x2))


def logical_or(x1: Array, x2: Array, /) -> Array:
    return cp.logical_or(_truth(x1), _truth(x2))


def logical_xor(x1: Array, x2: Array, /) -> Array:
    return cp.logical_xor(_truth(x1), _truth(x2))


def logical_not(x: Array, /) -> Array:
    return cp.logical_not(_truth(x))


def reshape(x: Array, /, shape: tuple[int, ...], *, copy: bool | None = None) -> Array:
    """With ``copy=False`` a ValueError, as in NumPy; CuPy's error is about attributes. Lengths below -1 are refused."""
    sides = [operator.index(n) for n in (shape if isinstance(shape, (tuple, list)) else (shape,))]
    for n in sides:
        if n < -1:
            raise ValueError(f"shape {tuple(sides)} has a negative length")
    out = cp.reshape(x, sides)
    shared = shares_memory(out, x)
    if copy is False and not shared and x.size:
        raise ValueError("Unable to avoid creating a copy while reshaping.")
    return out.copy() if copy and shared else out


def _over_axes(function: Callable[..., Array]) -> Callable[..., Array]:
    """Make a reduction that accepts axes 0 and -1 of a 0-d array, as NumPy's of the same name does."""

    def call(x: Array, /, *, axis: Any = None, **how: Any) -> Array:
        return function(x, axis=None if axis in (0, -1) and x.ndim == 0 else axis, **how)

    return call


all, any, argmax, argmin, max, min, prod, sum = map(
    _over_axes, (cp.all, cp.any, cp.argmax, cp.argmin, cp.max, cp.min, cp.prod, cp.sum)
)


def mean(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """Complex numbers part by part: a complex quotient would mix the parts of an infinite sum."""
    if x.dtype.kind != "c":
        return cp.mean(x, axis=axis, keepdims=keepdims)
    parts = [cp.mean(part, axis=axis, keepdims=keepdims) for part in (x.real, x.imag)]
    return fallbacks.complex_of(cp, parts[0], parts[1], x.dtype)


def count_nonzero(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """With ``keepdims``, which CuPy lacks."""
    return sum(x != 0, axis=axis, keepdims=keepdims)


# --- dtypes and devices ---


def raw_dtype(dtype: DType) -> Any:
    """NumPy's dtype, which CuPy's arrays have."""
    return dtype.dtype


def raw_device(place: _device, /) -> RawDevice:
    """CuPy's device for ours; the current one if the index is omitted.

    Raises
    ------
    RuntimeError
        If there is no such GPU.
    """
    if not _COUNT:
        raise RuntimeError(f"device '{place}' is not available: there is no GPU, or no driver for it, that CuPy can use")
    if place.index is not None and place.index >= _COUNT:
        raise RuntimeError(f"device '{place}' is not available: there {'is' if _COUNT == 1 else 'are'} {_COUNT} GPU(s)")
    return cp.cuda.Device(place.index)


def as_device(raw: RawDevice) -> _device:
    """Our device for CuPy's."""
    return _device("cuda", raw.id)


def devices() -> tuple[_device, ...]:
    """The GPUs."""
    return tuple(_device("cuda", i) for i in range(_COUNT))


def to_device(array: Array, raw: RawDevice) -> Array:
    """A copy on another GPU, in the order of the current streams of both GPUs."""
    with array.device:
        array = contiguous(array)  # CuPy copies no others between GPUs
        source = cp.cuda.get_current_stream()
        ready = source.record()
    with raw:
        target = cp.cuda.get_current_stream()
        target.wait_event(ready)
        out = cp.array(array, copy=True)
        done = target.record()
    with array.device:  # for the default stream, which is interpreted as that of the current GPU
        source.wait_event(done)
    return out


# --- sharing with NumPy ---


def from_numpy(array: np.ndarray[Any, Any], raw: RawDevice, *, non_blocking: bool = False) -> Array:
    """A copy on a GPU; it is not waited for if `non_blocking`.

    CuPy copies from pinned memory directly and keeps it alive until then; from other memory through a pinned buffer.
    """
    with _at(raw):
        return _of_host(array, blocking=not non_blocking)


def to_numpy(array: Array) -> np.ndarray[Any, Any]:
    """A copy on the host, which waits for the GPU."""
    with _beside(array):  # in the order of the current stream of that GPU
        return np.asarray(array.get())


kept_scalars: dict[type, dict[Any, dict[complex | str, Array]]] = {}  # empty: they would have to be on the right device


def scalar(value: complex, like: Array) -> Array:
    """A 0-d array of a Python number in the dtype and on the device of another array."""
    return asarray(value, dtype=like.dtype, device=like.device)


def as_array(out: Any) -> Array:
    """CuPy's functions always return arrays."""
    return out


def pin_memory(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A copy of a NumPy array in page-locked memory; the array itself if it is there already.

    Raises
    ------
    RuntimeError
        If there is no GPU.
    """
    if is_pinned(array):
        return array
    raw_device(_device("cuda"))  # raises without a GPU
    import cupyx

    out: np.ndarray[Any, Any] = cupyx.empty_pinned(array.shape, array.dtype)
    out[...] = array
    return out


def is_pinned(array: np.ndarray[Any, Any]) -> bool:
    """Whether a NumPy array is in page-locked memory allocated by CuPy."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    return isinstance(owner, cp.cuda.PinnedMemoryPointer)


# --- elements by keys; integers out of range in arrays are not refused, since that would wait for them: they wrap around ---


def getitem(x: Array, key: Any) -> Array:
    """``x[key]``, a view for basic keys; if index arrays do not broadcast, NumPy's type of error."""
    try:
        return x[key]
    except ValueError as error:
        parts = key if key.__class__ is tuple else (key,)
        if any(part.__class__ is slice and part.step == 0 for part in parts):  # NumPy raises this type too
            raise
        raise IndexError(str(error)) from None


def _is_mask(key: Any, shape: tuple[int, ...]) -> bool:
    """Whether a key is a mask of the first axes: CuPy counts the true elements of a mask, and waits for the count."""
    return key.__class__ is cp.ndarray and key.dtype.kind == "b" and key.shape == shape[: key.ndim]


def setitem(x: Array, key: Any, value: Any) -> None:
    """``x[key] = value`` in place, also if not called through an operation; one value at a mask without waiting."""
    with _beside(x):
        if value.__class__ is cp.ndarray:
            value = value.copy() if memory_of(value) is memory_of(x) else value  # else read while written
        elif not value:
            value = asarray(value, dtype=x.dtype)  # keeps the sign of a zero
        if _is_mask(key, x.shape) and getattr(value, "ndim", 0) == 0:
            cp.copyto(x, value, casting="unsafe", where=key.reshape(key.shape + (1,) * (x.ndim - key.ndim)))
        else:
            x[key] = value


def index_put(x: Array, key: Any, values: Any) -> Array:
    """A copy of `x` with values assigned at a key."""
    out = x.copy()
    setitem(out, key, values)
    return out


def spread(x: Array, shape: tuple[int, ...]) -> Array:
    """A view."""
    return broadcast_to(x, shape)


def scatter_add(values: Array, key: Any, shape: tuple[int, ...]) -> Array:
    """Zeros of a shape with values added at a key; with integer arrays by atomic additions, in an undefined order."""
    if _integers_in(key):
        return fallbacks.scatter_add(cp, cp.add.at, values, key, shape)
    if _is_mask(key, shape) and values.ndim == len(shape) - key.ndim + 1:
        return fallbacks.scatter_by_mask(compat, values, key)
    out = cp.zeros(shape, values.dtype)
    out[key] = values
    return out


def add_at(x: Array, key: Any, values: Array) -> None:
    """Add `values` to ``x[key]`` in place, once per occurrence in the key."""
    if _integers_in(key) or _is_mask(key, x.shape):
        x += scatter_add(values, key, x.shape)
    else:
        x[key] += values


def _integers_in(key: Any) -> bool:
    """Whether a key contains integer arrays, and so may name an element more than once."""
    parts = key if key.__class__ is tuple else (key,)
    return bool([p for p in parts if p.__class__ is list or (p.__class__ is cp.ndarray and p.dtype.kind != "b")])


def top(x: Array, k: int, axis: int, largest: bool, /) -> Array:
    """By sorting everything."""
    return argsort(x, axis=axis, descending=largest)[(*(slice(None),) * axis, slice(k))]


def convolve(x1: Array, x2: Array, mode: str, /) -> Array:
    """By products: CuPy's uses Fourier transforms for floating dtypes, which spread rounding and NaNs over all."""
    if x1.dtype.kind not in "fc" or x1.size * x2.size > 2**24:
        return cp.convolve(x1, x2, mode)
    return fallbacks.convolve(cp, x1, x2, mode)


def view_dtype(x: Array, dtype: DType, /) -> Array:
    """The memory read in another dtype; the last axis becomes longer or shorter if the item size differs."""
    return x.view(dtype.dtype)


# --- memory ---


def shares_memory(a: Array, b: Array) -> bool:
    """Whether `a`, computed from `b`, is a view of its memory; by ownership."""
    return a is b or (a.base is not None and (a.base is b or a.base is b.base))


def memory_of(a: Array) -> Array:
    """The array that all views of a memory refer to."""
    return a if a.base is None else a.base


def owns_memory(a: Array) -> bool:
    """Whether no other array shares the memory of `a`, just returned by a function."""
    return a.base is None


def is_writeable(a: Array) -> bool:
    """False where one element stands for several; CuPy itself has no read-only arrays."""
    return not a.size or not [1 for n, step in zip(a.shape, a.strides, strict=True) if n > 1 and step == 0]


def is_contiguous(a: Array) -> bool:
    """Whether elements are contiguous in memory in C order."""
    return bool(a.flags.c_contiguous)


def contiguous(a: Array) -> Array:
    """The array in C order, a copy only if it is not yet."""
    with _beside(a):
        return cp.ascontiguousarray(a).reshape(a.shape)


def strides(a: Array) -> tuple[int, ...]:
    """Steps along each axis, in elements."""
    return tuple(step // a.itemsize for step in a.strides)


def offset(a: Array) -> int:
    """How many elements after the start of its memory the array begins."""
    return int(a.data.ptr - a.data.mem.ptr) // int(a.itemsize)


# --- random numbers ---


# How many threads draw. Each draws from its own sequence, whose state of 64 bytes it reads and writes in every call, however
# few numbers are drawn. CuPy's default is 8*256 per multiprocessor: a seed's numbers would depend on the GPU model, a state
# would not fit another model, and on one with 132 multiprocessors it would take 17 MB, for every `checkpoint` too. This
# number takes 1 MB, with a block of 256 threads for each of 64 multiprocessors: by instruction count about 1e11 float32
# numbers a second, where memory would allow some 1e12 on the largest GPU; a quarter of the threads would give a quarter of
# that. It must be a multiple of 256: CuPy launches whole blocks, whose threads do not stop at the last state.
_STATES = 1 << 14


class _Random:
    """Random numbers of cuRAND's Philox on one GPU, the same on all models; nothing waits."""

    def __init__(self, seed: int, raw: RawDevice) -> None:
        self._raw = raw
        with raw:
            self._bits = cp.random.Philox4x3210(seed, size=_STATES)
        self._source = cp.random.Generator(self._bits)

    @property
    def state(self) -> Any:
        # CuPy does not expose the state of its generators; this is where it is in CuPy 14. It stays on the GPU, so that
        # saving it for a checkpoint does not wait.
        with self._raw:
            return self._bits._state.copy()

    @state.setter
    def state(self, state: Any) -> None:
        own = self._bits._state
        if getattr(state, "shape", None) != own.shape:
            raise ValueError(f"expected {own.size} bytes on a GPU")
        with self._raw:
            own[...] = state

    # CuPy does not draw half precision below 1, nor any normal half precision.

    def uniform(self, shape: tuple[int, ...], dtype: Any) -> Array:
        with self._raw:
            if dtype == np.float16:
                return (self._source.integers(0, 2048, shape) / 2048).astype(dtype)
            return self._source.random(shape, dtype)

    def normal(self, shape: tuple[int, ...], dtype: Any) -> Array:
        with self._raw:
            drawn = self._source.standard_normal(shape, np.float32 if dtype == np.float16 else dtype)
            return drawn.astype(dtype, copy=False)

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Array:
        with self._raw:
            return self._source.integers(low, high, shape)

    def permutation(self, n: int) -> Array:
        with self._raw:
            return cp.argsort(self._source.integers(0, 2**63 - 1, (n,)))  # with so many bits that ties are very unlikely

    def choice(self, weights: Array, count: int, replacement: bool) -> Array:
        with self._raw:
            draw = self._source.random
            return fallbacks.choice(compat, lambda shape: draw(shape, np.float64), weights.astype(float), count, replacement)


def generator(seed: int, raw: RawDevice) -> _Random:
    """A source of random numbers on a GPU."""
    return _Random(seed, raw)
