"""Shapes and counts of elements, in the standard's form and PyTorch's at once."""

from __future__ import annotations

import math

__all__ = ["Count", "Size"]


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

    def __call__(self, dim: int | None = None) -> Size | int:
        """The shape, or one side of it."""
        return self.shape if dim is None else self.shape[dim]
