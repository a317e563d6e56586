"""Sorting functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .keys import key_along
from ..autograd.operation import REAL_OR_BOOLEAN, differentiable, not_differentiable, of_backend

if TYPE_CHECKING:
    from ..backends import Namespace
    from ..tensor import Tensor

__all__ = ["argsort", "sort"]


@not_differentiable("its output is of integers", takes=REAL_OR_BOOLEAN)
@of_backend
def argsort(x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """Return the positions that sort a tensor along an axis.

    Parameters
    ----------
    x : Tensor
        Real-valued.
    axis : int, optional
        Also ``dim``.
    descending : bool, optional
    stable : bool, optional
        Whether equal elements keep their order.

    Returns
    -------
    Tensor
        int64, of the shape of `x`.

    Notes
    -----
    Not differentiable: its output is of integers.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.argsort(xp.asarray([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """


def _unsort(xp: Namespace, g: Any, x: Any, axis: int, descending: bool) -> Any:
    """Move the cotangents back to the original positions."""
    order = xp.argsort(x, axis=axis, descending=descending, stable=True)
    shape = tuple(x.shape)
    return xp.scatter_add(g, key_along(xp, axis % len(shape), order, shape), shape)


@differentiable(takes=REAL_OR_BOOLEAN, x=_unsort, used={"x": _unsort}, selects=False)
def sort(xp: Namespace, x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """Sort the elements of a tensor along an axis.

    Parameters
    ----------
    x : Tensor
        Real-valued.
    axis : int, optional
        Also ``dim``.
    descending : bool, optional
    stable : bool, optional
        Whether equal elements keep their order.

    Notes
    -----
    Differentiable; equal elements get the gradients in their original order.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.sort(xp.asarray([3.0, 1.0, 2.0]), descending=True)
    tensor([3., 2., 1.])
    """
    return xp.sort(x, axis=axis, descending=descending, stable=stable)
