"""Devices: where the memory of a Tensor is."""

from __future__ import annotations

from typing import Any

__all__ = ["device", "get_default_device", "set_default_device"]

TYPES = ["cpu", "cuda"]  # backends add theirs


class device:
    """A place for tensors: ``device("cpu")``, ``device("cuda")``, ``device("cuda", 1)`` or ``device("cuda:1")``.

    Devices compare and hash by what they name, and equal their name as a string, so both ``x.device == device("cpu")``
    and ``x.device == "cpu"`` hold.

    Parameters
    ----------
    type : str or device
        ``"cpu"`` or ``"cuda"``, with ``":index"`` if wanted.
    index : int, optional
        Which one of several.

    Attributes
    ----------
    type : str
    index : int or None

    Raises
    ------
    RuntimeError
        If the string names no kind of device.
    TypeError
        If `type` is neither a string nor a device.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.zeros(3).device
    device(type='cpu')
    >>> str(xp.device("cuda:1"))
    'cuda:1'
    """

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, type: str | device, index: int | None = None) -> None:
        if isinstance(type, device):
            self.type, self.index = type.type, type.index if index is None else index
            return
        if not isinstance(type, str):
            raise TypeError(f"device(): expected a string such as 'cpu' or 'cuda:0', got {type!r}")
        kind, _, number = type.partition(":")
        if kind not in TYPES or (":" in type and not number.isdigit()) or (number and index is not None):
            raise RuntimeError(f"device(): expected one of {', '.join(TYPES)}, with or without ':index'. Got {type!r}")
        self.type = kind
        self.index = int(number) if number else index

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return f"device(type={self.type!r})" if self.index is None else f"device(type={self.type!r}, index={self.index})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (device, str)):
            return str(self) == str(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (self.type, self.index)


_default = device("cpu")


def get_default_device() -> device:
    """The device of tensors that are made without saying where."""
    return _default


def set_default_device(place: str | device, /) -> None:
    """Set the device of tensors that are made without saying where.

    Parameters
    ----------
    place : str or device
    """
    global _default
    _default = device(place)
