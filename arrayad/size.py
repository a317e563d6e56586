"""Shapes, counts of elements and axes, in the standard's form and PyTorch's at once."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    Sides: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...] | list[int]  # all of a shape, or one of its numbers

__all__ = ["Count", "Size", "axis_of", "flag_of", "integer_of", "inverse_of", "sides_of"]


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
        """A side, or of a slice the sides as a shape, too."""
        found = tuple.__getitem__(self, key)
        return Size(found) if found.__class__ is tuple else found

    def __add__(self, other: tuple[Any, ...], /) -> Size:
        """A shape with further sides behind."""
        return Size(tuple.__add__(self, other))

    def __radd__(self, other: tuple[int, ...], /) -> Size:
        """A shape with further sides in front."""
        return Size((*other, *self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, count: SupportsIndex, /) -> Size:
        """The sides again and again."""
        return Size(tuple.__mul__(self, count))

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)


class Count(int):
    """The number of elements, as the standard's ``x.size``, that can be called as PyTorch's ``x.size()``.

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
        """The shape, or one side of it."""
        return self.shape if dim is None else self.shape[axis_of(dim, len(self.shape), "size")]


def _index(x: Any) -> int:
    """`operator.index`, to which a bool is no integer; NumPy's and Tensors of them are none already."""
    if x.__class__ is bool:
        raise TypeError
    return operator.index(x)


def flag_of(x: Any, name: str, parameter: str) -> Any:
    """An argument of the function of a name that has to be a bool, or None where that is its default.

    An integer counts as Python has it, and so does one of either in an array without dimensions. What has elements to
    count is refused: of ``[False]`` Python knows but that it is not empty.

    Raises
    ------
    TypeError
        If it is none.
    """
    flag = x.item() if getattr(x, "ndim", None) == 0 else x
    if flag is not None and not isinstance(flag, int):
        raise TypeError(f"{name}(): {parameter} must be a bool, not {type(x).__name__}")
    return flag


def integer_of(x: Any, name: str, parameter: str, least: int | None = None) -> int:
    """An argument of the function of a name that has to be an integer, and may have to be at least so large.

    Raises
    ------
    TypeError
        If it is none.
    ValueError
        If it is less.
    """
    try:
        number = _index(x)
    except TypeError:
        raise TypeError(f"{name}(): {parameter} must be an int, got {x!r}") from None
    if least is not None and number < least:
        bound = f"be at least {least}" if least else "not be negative"
        raise ValueError(f"{name}(): {parameter} must {bound}, got {x}")
    return number


def axis_of(axis: int, rank: int, name: str) -> int:
    """An axis counted from the front.

    Raises
    ------
    IndexError
        If there is no such axis.
    TypeError
        If it is not an integer.
    """
    try:
        place = _index(axis)
    except TypeError:
        raise TypeError(f"{name}(): an axis must be an int, got {axis!r}") from None
    if not -rank <= place < rank:
        raise IndexError(f"{name}(): axis {axis} is out of range for a tensor of {rank} dimensions")
    return place % rank


def sides_of(shape: Any, name: str) -> tuple[int, ...]:
    """The lengths that a shape is made of.

    Raises
    ------
    TypeError
        If it is neither a tuple nor a list, or not made of integers.
    ValueError
        If one of them is negative.
    """
    try:
        if not isinstance(shape, (tuple, list)):
            raise TypeError
        sides = tuple([n if n.__class__ is int else _index(n) for n in shape])
    except TypeError:
        raise TypeError(f"{name}(): shape must be an int or a tuple of ints, got {shape!r}") from None
    if min(sides, default=0) < 0:
        raise ValueError(f"{name}(): negative dimensions are not allowed, got {sides}")
    return sides


def inverse_of(order: Sequence[int]) -> tuple[int, ...]:
    """The permutation that undoes one."""
    back = [0] * len(order)
    for i, place in enumerate(order):
        back[place] = i
    return tuple(back)
