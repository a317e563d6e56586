"""A backend on array_api_strict: the standard and nothing more, on several devices.

It proves that operations and rules rest on the standard alone, save for the functions that the interface of backends names,
which are here in terms of the NumPy array inside. ``register()`` makes it known; its devices are ``strict`` (the library's
CPU), ``strict:1`` and ``strict:2``.
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
from arrayad.devices import device

array_types = (Array,)
device_type = "strict"
_RAW = {
    0: array_api_strict.Device("CPU_DEVICE"),
    1: array_api_strict.Device("device1"),
    2: array_api_strict.Device("device2"),
}
_DTYPES = {d: getattr(array_api_strict, d.name) for d in dtypes.ALL}


def register() -> None:
    """Make the backend known to arrayad."""
    set_array_api_strict_flags(api_version="2025.12")
    dtypes.from_raw.update({raw: d for d, raw in _DTYPES.items()})
    backends.register(sys.modules[__name__])


def _new(array: Any, like: Array) -> Array:
    return Array._new(np.asarray(array), device=like.device)


def _inner(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(_inner(part) for part in key)
    return key._array if isinstance(key, Array) else key


def _on_numpy(name: str, space: Any = numpy_backend) -> Any:
    """A function of the NumPy backend that the interface names beyond the standard."""
    function = getattr(space, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        like = next(x for x in args if isinstance(x, Array))
        out = function(*[_inner(x) for x in args], **kwargs)
        if isinstance(out, tuple):
            return type(out)(*[_new(part, like) for part in out])
        return _new(out, like) if isinstance(out, (np.ndarray, np.generic)) else out

    return call


getitem = _on_numpy("getitem")
scatter_add = _on_numpy("scatter_add")
index_put = _on_numpy("index_put")
setitem = _on_numpy("setitem")
contiguous = _on_numpy("contiguous")
is_contiguous = _on_numpy("is_contiguous")
is_writeable = _on_numpy("is_writeable")
owns_memory = _on_numpy("owns_memory")
strides = _on_numpy("strides")
offset = _on_numpy("offset")
shares_memory = _on_numpy("shares_memory")
linalg = types.SimpleNamespace(
    **{name: getattr(array_api_strict.linalg, name) for name in array_api_strict.linalg.__all__},
    **{name: _on_numpy(name, numpy_backend.linalg) for name in ("cofactors", "eig", "eigvals")},
)


class _Special:
    """Special functions are no part of the standard, so they are NumPy's backend's."""

    def __getattr__(self, name: str) -> Any:
        return _on_numpy(name, numpy_backend.special)


special = _Special()
einsum = _on_numpy("einsum")


def as_array(out: Array) -> Array:
    return out


def scalar(value: complex, like: Array) -> Array:
    return array_api_strict.asarray(value, dtype=like.dtype, device=like.device)


def raw_dtype(dtype: dtypes.DType) -> Any:
    return _DTYPES[dtype]


def raw_device(place: device) -> Any:
    return _RAW[place.index or 0]


def device_of(array: Array) -> device:
    index = list(_RAW.values()).index(array.device)
    return device("strict", index or None)


def devices() -> tuple[device, ...]:
    return tuple(device("strict", i or None) for i in _RAW)


def from_numpy(array: Any, place: Any) -> Array:
    return Array._new(np.asarray(array), device=place)


def to_numpy(array: Array) -> Any:
    return array._array


def generator(seed: Any) -> Any:
    raise NotImplementedError("random numbers are NumPy's here")
