"""Checks of non-array arguments: flags, integers, axes and shapes.

Each function returns the argument as a Python object, or raises an error that names the function it was passed to.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, SupportsIndex

if TYPE_CHECKING:
    from typing import TypeAlias

    Sides: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...] | list[int]  # a whole shape, or one length of it

__all__ = ["axis_of", "flag_of", "integer_of", "sides_of"]


def _index(x: Any) -> int:
    """`operator.index`, but a bool is refused, as NumPy booleans and boolean Tensors already are."""
    if x.__class__ is bool:
        raise TypeError
    return operator.index(x)


def flag_of(x: Any, name: str, parameter: str) -> Any:
    """Return the argument of the named function as a bool, or None if that is its default.

    An integer counts as in Python, and so does a 0-d array of either kind. Anything with a length is refused: the truth of
    ``[False]`` in Python only says that it is not empty.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    flag = x.item() if getattr(x, "ndim", None) == 0 and hasattr(x, "item") else x  # a dtype has the former too
    if flag is not None and not isinstance(flag, int):
        raise TypeError(f"{name}(): {parameter} must be a bool, not {type(x).__name__}")
    return flag


def integer_of(x: Any, name: str, parameter: str, least: int | None = None) -> int:
    """Return the argument of the named function as an integer, optionally checked against a minimum.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is less than the minimum.
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
    """Return an axis, counted from the front.

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
    """Return a shape as a tuple of lengths.

    Raises
    ------
    TypeError
        If it is neither a tuple nor a list, or an element is not an integer.
    ValueError
        If a length is negative.
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
