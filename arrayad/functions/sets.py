"""Set functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .. import dtypes
from ..autograd.calls import promote
from ..autograd.operation import composite, not_differentiable
from ..autograd.tape import TensorBase

if TYPE_CHECKING:
    from ..backends import Namespace
    from ..tensor import Tensor

__all__ = ["isin", "unique_all", "unique_counts", "unique_inverse", "unique_values"]


@not_differentiable("its output is boolean")
def isin(xp: Namespace, x1: Tensor | int, x2: Tensor | int, /, *, invert: bool = False) -> Tensor:
    """Test whether each element of one tensor is among those of another.

    Parameters
    ----------
    x1, x2 : Tensor or number
        At least one is a Tensor.
    invert : bool, optional
        Test whether it is not.

    Returns
    -------
    Tensor
        Boolean, of the shape of `x1`.

    Notes
    -----
    Not differentiable: its output is boolean.
    """
    try:
        x1, x2 = promote(xp, x1, x2)
    except OverflowError:  # a number out of the dtype's range is none of the elements
        like: Any = x2 if isinstance(x1, int) else x1
        shape = () if isinstance(x1, int) else like.shape
        return xp.full(shape, bool(invert), dtype=xp.raw_dtype(dtypes.bool), device=like.device)
    return xp.isin(x1, x2, invert=invert)


class UniqueAll(NamedTuple):
    """The result of `unique_all`."""

    values: Tensor
    indices: Tensor
    inverse_indices: Tensor
    counts: Tensor


@composite()
def unique_all(xp: Namespace, x: Tensor, /) -> UniqueAll:
    """Return the unique elements, their first positions, the index of the unique value for each element, and their counts.

    Parameters
    ----------
    x : Tensor
        Of any shape and dtype. Every NaN counts as different.

    Returns
    -------
    UniqueAll
        A named tuple: ``values``, ``indices``, ``inverse_indices`` (of the shape of `x`) and ``counts``.

    Notes
    -----
    Differentiable. The gradient of a value goes to its first occurrence.
    """
    if not isinstance(x, TensorBase):
        return UniqueAll(*xp.unique_all(x))
    found: UniqueAll = xp.unique_all(x.detach())
    return found._replace(values=xp.take(xp.reshape(x, (-1,)), found.indices))


class UniqueCounts(NamedTuple):
    """The result of `unique_counts`."""

    values: Tensor
    counts: Tensor


@composite()
def unique_counts(xp: Namespace, x: Tensor, /) -> UniqueCounts:
    """Return the unique elements and the number of occurrences of each.

    Parameters
    ----------
    x : Tensor
        Of any shape and dtype. Every NaN counts as different.

    Returns
    -------
    UniqueCounts
        A named tuple: ``values`` and ``counts``.

    Notes
    -----
    Differentiable. The gradient of a value goes to its first occurrence.
    """
    if not isinstance(x, TensorBase):
        return UniqueCounts(*xp.unique_counts(x))
    found = unique_all(x)
    return UniqueCounts(found.values, found.counts)


class UniqueInverse(NamedTuple):
    """The result of `unique_inverse`."""

    values: Tensor
    inverse_indices: Tensor


@composite()
def unique_inverse(xp: Namespace, x: Tensor, /) -> UniqueInverse:
    """Return the unique elements and, for each element, the index of its value among them.

    Parameters
    ----------
    x : Tensor
        Of any shape and dtype. Every NaN counts as different.

    Returns
    -------
    UniqueInverse
        A named tuple: ``values`` and ``inverse_indices`` (of the shape of `x`).

    Notes
    -----
    Differentiable. The gradient of a value goes to its first occurrence.
    """
    if not isinstance(x, TensorBase):
        return UniqueInverse(*xp.unique_inverse(x))
    found = unique_all(x)
    return UniqueInverse(found.values, found.inverse_indices)


@composite()
def unique_values(xp: Namespace, x: Tensor, /) -> Tensor:
    """Return the unique elements.

    Parameters
    ----------
    x : Tensor
        Of any shape and dtype. Every NaN counts as different.

    Notes
    -----
    Differentiable. The gradient of a value goes to its first occurrence.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.unique_values(xp.asarray([2, 1, 2]))
    tensor([1, 2])
    """
    return unique_all(x).values if isinstance(x, TensorBase) else xp.unique_values(x)
