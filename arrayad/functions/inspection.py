"""Inspection: the capabilities of the namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .creation import place_of
from .. import dtypes
from ..backends import devices, get_default_device

if TYPE_CHECKING:
    from .data_types import Kind
    from ..devices import DeviceLike
    from ..devices import device as Device
    from ..dtypes import DType

__all__ = ["__array_namespace_info__"]


class Devices(tuple["Device", ...]):
    """Devices: a tuple, as the standard has it from 2025.12 on, that can be added to a list, its earlier form."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return [*self, *other] if isinstance(other, list) else tuple(self) + other


class Info:
    """The object that `arrayad.__array_namespace_info__` returns: capabilities, devices and dtypes.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.__array_namespace_info__().default_dtypes()["real floating"]
    arrayad.float32
    """

    def capabilities(self) -> dict[str, Any]:
        """Which optional parts of the standard are supported."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> Device:
        """The device of tensors created without a `device` argument."""
        return get_default_device()

    def default_dtypes(self, *, device: DeviceLike | None = None) -> dict[str, DType]:
        """The dtypes of results where nothing else determines them.

        Raises
        ------
        RuntimeError
            If the device is not available.
        """
        place_of(device, "default_dtypes")
        real = dtypes.get_default_dtype()
        return {
            "real floating": real,
            "complex floating": dtypes.COMPLEX_OF[real],
            "integral": dtypes.int64,
            "indexing": dtypes.int64,
        }

    def dtypes(self, *, device: DeviceLike | None = None, kind: Kind | tuple[Kind, ...] | None = None) -> dict[str, DType]:
        """The dtypes by name, all or those of some kinds.

        Raises
        ------
        ValueError
            For a string that names no kind.
        RuntimeError
            If the device is not available.
        """
        place_of(device, "dtypes")
        kinds = tuple(dtypes.KINDS) if kind is None else kind if isinstance(kind, tuple) else (kind,)
        unknown = [k for k in kinds if not (isinstance(k, str) and k in dtypes.KINDS)]
        if unknown:
            raise ValueError(f"dtypes(): expected one of {', '.join(map(repr, dtypes.KINDS))}. Got {unknown[0]!r}")
        letters = "".join(dtypes.KINDS[k] for k in kinds)
        return {d.name: d for d in dtypes.STANDARD if d.kind in letters}

    def devices(self) -> Devices:
        """The available devices."""
        return Devices(devices())


def __array_namespace_info__() -> Info:  # noqa: N807  (the standard's name)
    """Return the capabilities of the namespace.

    Returns
    -------
    object
        With ``capabilities``, ``default_device``, ``default_dtypes``, ``devices`` and ``dtypes``.
    """
    return Info()
