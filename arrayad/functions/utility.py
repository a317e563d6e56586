"""Utility functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .data_types import check_tensor
from .elementwise import not_equal, subtract
from .indexing import getitem
from .manipulation import along, concat
from .. import dtypes
from ..arguments import axis_of, integer_of
from ..autograd.operation import not_differentiable, of_backend, public

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["all", "any", "diff"]


@not_differentiable("its output is boolean")
@of_backend
def all(x: Tensor, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
    """Whether all elements along axes are true (nonzero); true without elements.

    Parameters
    ----------
    x : Tensor
        Of any dtype.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.

    Notes
    -----
    Not differentiable: its output is boolean.
    """


@not_differentiable("its output is boolean")
@of_backend
def any(x: Tensor, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
    """Whether any element along axes is true (nonzero); false without elements.

    Parameters
    ----------
    x : Tensor
        Of any dtype.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.

    Notes
    -----
    Not differentiable: its output is boolean.
    """


@public
def diff(x: Tensor, /, n: int = 1, *, axis: int = -1, prepend: Tensor | None = None, append: Tensor | None = None) -> Tensor:
    """Differences between neighbours along an axis, taken `n` times.

    Parameters
    ----------
    x : Tensor
        With at least one axis. The difference of booleans is whether they differ.
    n : int, optional
        How often; 0 gives `x`. The standard has it by name only, NumPy and PyTorch also by position.
    axis : int, optional
        Also ``dim``.
    prepend, append : Tensor, optional
        Tensors to join before and after `x` along the axis first.

    Returns
    -------
    Tensor
        Shorter by `n` along the axis.

    Raises
    ------
    ValueError
        If `n` is negative.
    IndexError
        If there is no such axis.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.diff(xp.asarray([1, 4, 9, 16]))
    tensor([3, 5, 7])
    """
    check_tensor(x, "diff")
    n = integer_of(n, "diff", "n", 0)
    axis = axis_of(axis, x.ndim, "diff")
    for part, parameter in ((prepend, "prepend"), (append, "append")):
        if part is not None:
            check_tensor(part, "diff", parameter)
    parts = [part for part in (prepend, x, append) if part is not None]
    out: Any = concat(parts, axis=axis) if len(parts) > 1 else x
    difference = not_equal if dtypes.from_raw[out._array.dtype] is dtypes.bool else subtract
    for _ in range(min(n, out.shape[axis])):  # nothing is left after that
        out = difference(getitem(out, along(axis, 1, None)), getitem(out, along(axis, None, -1)))
    return out
