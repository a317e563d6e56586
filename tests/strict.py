"""A backend on array_api_strict: only the standard, on several devices.

It proves that operations and rules depend only on the standard and on the functions that the interface of backends lists,
which are implemented here on the NumPy array inside. ``register()`` registers it. Its devices, ``strict:0`` (the library's
CPU), ``strict:1`` and ``strict:2``, have separate memory, like GPUs: nothing is shared with NumPy.
"""

from __future__ import annotations

import sys
import types
from typing import Any

import array_api_strict
import numpy as np
from array_api_strict import *  # noqa: F403  (the namespace)
from array_api_strict._array_object import Array
from array_api_strict._flags import set_array_api_strict_flags

from arrayad import backends, dtypes
from arrayad.backends import numpy as numpy_backend
from arrayad.backends.interface import BEYOND_THE_STANDARD
from arrayad.devices import device

array_types = (Array,)
device_type = "strict"
asynchronous = False
use_device = None
_RAW = (
    array_api_strict.Device("CPU_DEVICE"),
    array_api_strict.Device("device1"),
    array_api_strict.Device("device2"),
)
_DTYPES = {d: getattr(array_api_strict, d.name) for d in dtypes.STANDARD}


def register() -> None:
    """Register the backend with arrayad."""
    set_array_api_strict_flags(api_version="2025.12")
    backends.register(sys.modules[__name__])


def _new(array: Any, like: Array) -> Array:
    return Array._new(np.asarray(array), device=like.device)


def _inner(key: Any) -> Any:
    if isinstance(key, (tuple, list)):
        return type(key)(_inner(part) for part in key)
    return key._array if isinstance(key, Array) else key


def _on_numpy(name: str, space: Any = numpy_backend) -> Any:
    """A function of the NumPy backend that the interface lists beyond the standard."""
    function = getattr(space, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        like = next(x for x in args if isinstance(x, Array))
        for part in args:
            for x in part if isinstance(part, (tuple, list)) else (part,):
                if isinstance(x, Array) and x.device != like.device:
                    raise ValueError(f"{name}: arrays on {like.device} and {x.device}")
        out = function(*[_inner(x) for x in args], **kwargs)
        if hasattr(out, "_make"):
            return out._make([_new(part, like) for part in out])
        return _new(out, like) if isinstance(out, (np.ndarray, np.generic)) else out

    return call


getitem = _on_numpy("getitem")
scatter_add = _on_numpy("scatter_add")
add_at = _on_numpy("add_at")
index_put = _on_numpy("index_put")
setitem = _on_numpy("setitem")
contiguous = _on_numpy("contiguous")
is_contiguous = _on_numpy("is_contiguous")
is_writeable = _on_numpy("is_writeable")
strides = _on_numpy("strides")
offset = _on_numpy("offset")
shares_memory = _on_numpy("shares_memory")
spread = array_api_strict.broadcast_to
convolve = _on_numpy("convolve")
top = _on_numpy("top")
clip = _on_numpy("clip")  # the library's own refuses bounds that cross
view_dtype = _on_numpy("view_dtype")
linalg = types.SimpleNamespace(
    **{name: getattr(array_api_strict.linalg, name) for name in array_api_strict.linalg.__all__},
    **{name: _on_numpy(name, numpy_backend.linalg) for name in ("cofactors", "eig", "eigvals", "solve_triangular")},
)


class _Special:
    """Special functions are not in the standard, so they come from NumPy's backend."""

    def __getattr__(self, name: str) -> Any:
        return _on_numpy(name, numpy_backend.special)


special = _Special()


def _beyond(name: str, kinds: str) -> Any:
    """A function of the standard that backends support for further dtypes, those of some kinds."""
    standard, beyond = getattr(array_api_strict, name), _on_numpy(name)

    def call(x: Array, /, *args: Any, **kwargs: Any) -> Any:
        dtype = kwargs.get("dtype")
        if dtypes.from_raw[x.dtype].kind not in kinds:
            return standard(x, *args, **kwargs)
        return beyond(x, *args, **(kwargs if dtype is None else {**kwargs, "dtype": dtypes.from_raw[dtype].dtype}))

    return call


for _kinds, _names in BEYOND_THE_STANDARD.items():
    globals().update({name: _beyond(name, _kinds) for name in _names})


def astype(x: Array, dtype: Any, /, *, copy: bool = True) -> Array:
    """`astype`, also from complex numbers to booleans."""
    if dtype == array_api_strict.bool and dtypes.from_raw[x.dtype].kind == "c":
        return x != 0
    return array_api_strict.astype(x, dtype, copy=copy)


# --- where array_api_strict departs from the standard ---


def reshape(x: Array, /, shape: Any, *, copy: bool | None = None) -> Array:
    """A ValueError where a copy is needed and forbidden, but not without elements."""
    try:
        return array_api_strict.reshape(x, shape, copy=None if x.size == 0 and not copy else copy)
    except AttributeError as error:
        raise ValueError(str(error)) from None


def _with_initial(name: str) -> Any:
    """A cumulative function that refuses an axis out of range also with ``include_initial``."""
    function = globals()[name]

    def call(x: Array, /, *, axis: int | None = None, **kwargs: Any) -> Array:
        if axis is not None and not -x.ndim <= axis < x.ndim:
            raise IndexError(f"axis {axis} is out of bounds for array of dimension {x.ndim}")
        return function(x, axis=axis, **kwargs)

    return call


cumulative_sum = _with_initial("cumulative_sum")
cumulative_prod = _with_initial("cumulative_prod")


def memory_of(a: Array) -> Any:
    return numpy_backend.memory_of(a._array)


def owns_memory(a: Any) -> bool:
    return isinstance(a, Array) and a._array.base is None


def as_array(out: Array) -> Array:
    return out


kept_scalars: dict[type, Any] = {}


def scalar(value: complex, like: Array) -> Array:
    return array_api_strict.asarray(value, dtype=like.dtype, device=like.device)


def raw_dtype(dtype: dtypes.DType) -> Any:
    if dtype not in _DTYPES:
        raise TypeError(f"array_api_strict has no {dtype.name}")
    return _DTYPES[dtype]


def raw_device(place: device) -> Any:
    if (place.index or 0) >= len(_RAW):
        raise RuntimeError(f"device '{place}' is not available: there are {len(_RAW)} strict devices")
    return _RAW[place.index or 0]


def as_device(raw: Any) -> device:
    return device("strict", _RAW.index(raw))


def devices() -> tuple[device, ...]:
    return tuple(as_device(raw) for raw in _RAW)


def to_device(array: Array, raw: Any) -> Array:
    return Array._new(array._array.copy(), device=raw)


def from_numpy(array: Any, raw: Any, *, non_blocking: bool = False) -> Array:
    return Array._new(np.array(array), device=raw)


def to_numpy(array: Array) -> Any:
    return array._array.copy()


def to_dlpack(array: Array, *, stream: Any, max_version: Any, dl_device: Any, copy: bool | None) -> Any:
    return array.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)


class _Random:
    """NumPy's random numbers, on one of the devices."""

    def __init__(self, seed: int, raw: Any) -> None:
        self._source = numpy_backend.generator(seed, "cpu")
        self._raw = raw

    @property
    def state(self) -> Any:
        return self._source.state

    @state.setter
    def state(self, state: Any) -> None:
        self._source.state = state

    def uniform(self, shape: tuple[int, ...], dtype: Any) -> Array:
        return from_numpy(self._source.uniform(shape, dtypes.from_raw[dtype].dtype), self._raw)

    def normal(self, shape: tuple[int, ...], dtype: Any) -> Array:
        return from_numpy(self._source.normal(shape, dtypes.from_raw[dtype].dtype), self._raw)

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Array:
        return from_numpy(self._source.integers(low, high, shape), self._raw)

    def permutation(self, n: int) -> Array:
        return from_numpy(self._source.permutation(n), self._raw)

    def choice(self, weights: Array, count: int, replacement: bool) -> Array:
        return from_numpy(self._source.choice(weights._array, count, replacement), self._raw)


def generator(seed: int, raw: Any) -> _Random:
    return _Random(seed, raw)
