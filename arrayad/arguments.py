"""Arguments that are no arrays, looked at: flags, integers, axes and shapes.

Each function gives the argument as Python has it, or raises an error that names the function it was given to.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, SupportsIndex

if TYPE_CHECKING:
    from typing import TypeAlias

    Sides: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...] | list[int]  # all of a shape, or one of its numbers

__all__ = ["axis_of", "flag_of", "integer_of", "sides_of"]


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
    if not isinstance(shape, (tuple, list)):
        raise TypeError(f"{name}(): shape must be a tuple of ints, got {shape!r}")
    try:
        sides = tuple([n if n.__class__ is int else _index(n) for n in shape])
    except TypeError:
        raise TypeError(f"{name}(): shape must be an int or a tuple of ints, got {shape!r}") from None
    if min(sides, default=0) < 0:
        raise ValueError(f"{name}(): negative dimensions are not allowed, got {sides}")
    return sides
