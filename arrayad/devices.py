"""Devices: where the memory of a Tensor is."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from .arguments import integer_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from typing import TypeAlias

__all__ = ["default", "device", "installed"]

TYPES = ["cpu", "cuda"]  # backends add theirs


@functools.cache
def installed() -> dict[str, EntryPoint]:
    """The backends of other packages, by their type of device: the entry points of the group ``arrayad.backends``."""
    from importlib.metadata import entry_points  # here: it would cost `import arrayad` milliseconds, and is rarely needed

    return {point.name: point for point in entry_points(group="arrayad.backends")}


class device:
    """A place for tensors: ``device("cpu")``, ``device("cuda")``, ``device("cuda", 1)`` or ``device("cuda:1")``.

    Devices compare and hash by what they name, and equal their name as a string, so both ``x.device == device("cpu")``
    and ``x.device == "cpu"`` hold.

    Parameters
    ----------
    type : str or device
        ``"cpu"`` or ``"cuda"``, optionally with ``":index"``.
    index : int, optional
        The index, where there are several devices of the type.

    Attributes
    ----------
    type : str
    index : int or None

    Raises
    ------
    RuntimeError
        If the string names no type of device.
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
        if (
            (kind not in TYPES and kind not in installed())
            or (":" in type and not number.isdigit())
            or (number and index is not None)
        ):
            known = ", ".join(dict.fromkeys((*TYPES, *installed())))
            raise RuntimeError(f"device(): expected one of {known}, with or without ':index'. Got {type!r}")
        self.type = kind
        self.index = int(number) if number else None if index is None else integer_of(index, "device", "index", 0)

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return f"device(type={self.type!r})" if self.index is None else f"device(type={self.type!r}, index={self.index})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, device):
            return self.type == other.type and self.index == other.index
        return str(self) == other if isinstance(other, str) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (self.type, self.index)


# What `device` accepts.
DeviceLike: TypeAlias = device | str


class _Default:
    device = device("cpu")


default = _Default()
"""Where tensors are made without saying where; `arrayad.set_default_device` sets it."""
