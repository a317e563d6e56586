"""Shapes and numbers of elements, in the standard's form and PyTorch's at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from .arguments import axis_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Count", "Size", "broadcasts", "inverse_of"]


class Size(tuple[int, ...]):
    """A shape: a tuple that prints as in PyTorch.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.zeros((2, 3)).shape
    arrayad.Size([2, 3])
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"arrayad.Size({list(self)})"

    @overload
    def __getitem__(self, key: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, key: slice, /) -> Size: ...
    def __getitem__(self, key: Any, /) -> Any:
        """A length or, for a slice, the lengths as a shape."""
        found = tuple.__getitem__(self, key)
        return Size(found) if found.__class__ is tuple else found

    def __add__(self, other: tuple[Any, ...], /) -> Size:
        """The shape with further lengths appended."""
        return Size(tuple.__add__(self, other))

    def __radd__(self, other: tuple[int, ...], /) -> Size:
        """The shape with further lengths prepended."""
        return Size((*other, *self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, count: SupportsIndex, /) -> Size:
        """The lengths repeated."""
        return Size(tuple.__mul__(self, count))

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)


class Count(int):
    """The number of elements, as the standard's ``x.size``, that can also be called as PyTorch's ``x.size()``.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.zeros((2, 3))
    >>> x.size == 6, x.size(), x.size(0)
    (True, arrayad.Size([2, 3]), 2)
    """

    shape: Size

    @overload
    def __call__(self, dim: None = None) -> Size: ...
    @overload
    def __call__(self, dim: int) -> int: ...
    def __call__(self, dim: int | None = None) -> Any:
        """The shape, or one length of it."""
        return self.shape if dim is None else self.shape[axis_of(dim, len(self.shape), "size")]


def broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether a shape broadcasts to another."""
    if shape == to:
        return True
    before = len(to) - len(shape)
    return before >= 0 and all(n in (1, m) for n, m in zip(shape, to[before:], strict=True))


def inverse_of(order: Sequence[int]) -> tuple[int, ...]:
    """The inverse of a permutation."""
    back = [0] * len(order)
    for i, place in enumerate(order):
        back[place] = i
    return tuple(back)
