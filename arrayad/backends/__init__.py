"""Backends: the libraries that hold the memory and compute.

A backend is a module (or an object) that conforms to `Backend`: the standard's namespace for one type of raw array, with its
library's deviations corrected, and the few functions beyond the standard that Tensors and differentiation need. It is found
by the type of the raw array through one dict, never by scanning, and loaded when its type of device is first requested.
"""

from __future__ import annotations

import importlib
from typing import Any

from . import numpy as _numpy
from .interface import Backend, Random
from .. import dtypes
from ..devices import TYPES, default, device, installed

__all__ = [
    "Array",
    "Backend",
    "Namespace",
    "Random",
    "attributes",
    "backend_of",
    "backend_of_device",
    "backend_of_type",
    "by_type",
    "devices",
    "get_default_device",
    "indexed",
    "loaded",
    "register",
    "scalar_types",
    "set_default_device",
    "transfer",
    "uses_current_device",
]

Array = Any  # a raw array of some backend
# A `Backend` with the standard's functions, or `arrayad.functions`, which has the same names. The types of their arguments
# and results are the backend's own, so nothing more specific can be said.
Namespace = Any

by_type: dict[type, Namespace] = {}  # raw array type -> backend; `backend_of_type` raises a clear error if there is none
scalar_types: set[type] = set()  # those of them that a backend's functions may return in place of 0-d arrays
# Attributes of backends that call paths look up, by name and raw array type: a fifth of the time of a double lookup.
attributes: dict[str, dict[type, Any]] = {
    name: {} for name in ("as_array", "is_writeable", "kept_scalars", "raw_dtype", "scalar", "shares_memory")
}
_by_device: dict[str, Namespace] = {}
_OURS = {"cuda": "arrayad.backends.cupy"}  # loaded when first requested


def register(backend: Backend) -> None:
    """Register a backend by the types of its arrays, its dtypes and its type of device."""
    found = {name: getattr(backend, name) for name in attributes}  # all of it, before anything is registered
    raw = {}
    for dtype in dtypes.SUPPORTED:
        try:
            raw[backend.raw_dtype(dtype)] = dtype
        except TypeError:  # half precision, which is not in the standard
            continue
    dtypes.from_raw.update(raw)
    for array_type in backend.array_types:
        by_type[array_type] = backend
        for name, value in found.items():
            attributes[name][array_type] = value
    scalar_types.update(backend.array_types[1:])
    _by_device[backend.device_type] = backend
    if backend.device_type not in TYPES:
        TYPES.append(backend.device_type)


def backend_of_type(array_type: type) -> Namespace:
    """The backend that holds raw arrays of a type.

    Raises
    ------
    TypeError
        If there is none.
    """
    try:
        return by_type[array_type]
    except KeyError:
        raise TypeError(f"no backend for arrays of type {array_type.__module__}.{array_type.__qualname__}") from None


def backend_of(array: Array) -> Namespace:
    """The backend that holds a raw array.

    Raises
    ------
    TypeError
        If there is none.
    """
    return backend_of_type(array.__class__)


def backend_of_device(place: device) -> Namespace:
    """The backend whose arrays live on a device; it is loaded if necessary.

    Raises
    ------
    RuntimeError
        If there is none here.
    """
    backend = _by_device.get(place.type)
    return _load(place.type) if backend is None else backend


def _load(kind: str) -> Namespace:
    try:
        if kind in _OURS:
            backend: Any = importlib.import_module(_OURS[kind])
        elif kind in installed():
            backend = installed()[kind].load()
        else:
            raise RuntimeError(f"device '{kind}' is not available: no backend for {kind!r} is installed")
    except ImportError as error:
        raise RuntimeError(f"device '{kind}' is not available: {error}") from error
    register(backend)
    return backend


def loaded(kind: str) -> Namespace | None:
    """The backend of a type of device, if it has been loaded."""
    return _by_device.get(kind)


def devices() -> tuple[device, ...]:
    """All available devices."""
    for kind in (*_OURS, *installed()):
        if kind not in _by_device:
            try:
                _load(kind)
            except RuntimeError:  # something it requires is not installed
                continue
    return tuple(place for backend in _by_device.values() for place in backend.devices())


def uses_current_device() -> bool:
    """Whether a backend computes on a current device, so that calls must run on the device of their arrays."""
    return any(backend.use_device is not None for backend in _by_device.values())


def transfer(array: Array, place: device, *, non_blocking: bool = False) -> Array:
    """Return a raw array on another device, of any backend; the array itself if it is there.

    Parameters
    ----------
    array : raw array
    place : device
    non_blocking : bool, optional
        Do not wait for a copy to a device to finish, if the backend can.

    Raises
    ------
    RuntimeError
        If the device is not available.
    """
    there, here = backend_of_device(place), backend_of(array)
    raw = there.raw_device(place)
    if there is not here:
        return there.from_numpy(here.to_numpy(array), raw, non_blocking=non_blocking)
    return array if array.device == raw else here.to_device(array, raw)


def indexed(place: device) -> device:
    """Add the index to a device, where there are several of its type and none is given: the current one's.

    Raises
    ------
    RuntimeError
        If it is not available.
    """
    backend = backend_of_device(place)
    found: device = backend.as_device(backend.raw_device(place))
    return found


def get_default_device() -> device:
    """The device of tensors created without a `device` argument.

    Returns
    -------
    device
        With an index where there are several of a type: for ``"cuda"`` that of the current GPU.
    """
    return indexed(default.device)


def set_default_device(place: str | device, /) -> None:
    """Set the device of tensors created without a `device` argument.

    Parameters
    ----------
    place : str or device

    Raises
    ------
    RuntimeError
        If it is not available.
    """
    wanted = device(place)
    backend_of_device(wanted).raw_device(wanted)
    default.device = wanted


register(_numpy)
