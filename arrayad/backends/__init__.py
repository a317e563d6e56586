"""Backends: who holds the memory and computes.

A backend is a module of the form of `arrayad.backends.numpy`: the standard's namespace for one type of raw array, with
what it gets wrong put right, and the few functions beyond the standard that a Tensor and its differentiation need. It is
found by the type of the raw array through one dict, never by scanning.
"""

from __future__ import annotations

from typing import Any

from . import numpy as _numpy
from ..devices import TYPES, device

__all__ = ["Array", "Namespace", "backend_of_device", "backend_of_type", "default_backend", "register"]

Array = Any  # a raw array of some backend
Namespace = Any  # a backend, or `arrayad.functions`, which has the same names

by_type: dict[type, Namespace] = {}  # raw array type -> backend; `backend_of_type` says more where there is none
_by_device: dict[str, Namespace] = {}


def register(backend: Namespace) -> None:
    """Make a backend known by the types of its arrays and its kind of device."""
    for array_type in backend.array_types:
        by_type[array_type] = backend
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


def backend_of_device(place: device) -> Namespace:
    """The backend whose arrays live on a device.

    Raises
    ------
    RuntimeError
        If there is none here.
    """
    try:
        return _by_device[place.type]
    except KeyError:
        raise RuntimeError(f"device '{place}' is not available: no backend for {place.type!r} is installed") from None


def devices() -> tuple[device, ...]:
    """Every device that works here."""
    return tuple(place for backend in _by_device.values() for place in backend.devices())


register(_numpy)
default_backend: Namespace = _numpy
