"""PyTorch's forms of indexing: elements and slices by their positions along an axis, and by masks."""

from __future__ import annotations

import builtins
import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

import numpy as np

from .creation import arange, beside, convert, empty, full, zeros_like
from .data_types import astype, check_tensor, to_common_dtype
from .elementwise import not_equal
from .indexing import getitem, index_put, setitem, take, take_along_axis
from .indexing import scatter_add as added_at
from .keys import index_put as put_at_key
from .keys import key_along, raw_key
from .keys import scatter_add as added_at_key
from .manipulation import broadcast_arrays, concat, expand_dims, moveaxis, reshape, stack
from .numerical import bincount
from .searching import nonzero, searchsorted, where
from .sets import unique_all, unique_counts, unique_values
from .sorting import argsort
from .statistical import cumulative_sum
from .utility import any
from .. import dtypes
from ..arguments import axis_of, integer_of
from ..autograd.calls import check_devices
from ..autograd.mutation import add_item, check_writeable, overwrite
from ..autograd.operation import REAL_OR_BOOLEAN, not_differentiable, of_backend, public
from ..autograd.tape import TensorBase
from ..backends import backend_of

if TYPE_CHECKING:
    from .indexing import Values
    from ..tensor import Tensor

__all__ = [
    "argwhere",
    "bucketize",
    "gather",
    "index_add",
    "index_copy",
    "index_fill",
    "index_select",
    "masked_fill",
    "masked_select",
    "narrow",
    "scatter",
    "scatter_add",
    "select",
    "take_along_dim",
    "topk",
    "unique",
]


@public
def narrow(x: Tensor, /, dim: int, start: int, length: int) -> Tensor:
    """Return a view of the part of a tensor along an axis that starts at `start` and has length `length`.

    Parameters
    ----------
    x : Tensor
    dim, start, length : int

    Raises
    ------
    IndexError
        If the part is not within the tensor.

    Notes
    -----
    Differentiable.
    """
    check_tensor(x, "narrow")
    axis = axis_of(dim, x.ndim, "narrow")
    size = x.shape[axis]
    start, length = integer_of(start, "narrow", "start"), integer_of(length, "narrow", "length")
    first = start + size if start < 0 else start
    if not 0 <= first <= first + length <= size:
        raise IndexError(f"narrow(): {length} elements from {start} on are not within a length of {size}")
    return getitem(x, (*(slice(None),) * axis, slice(first, first + length)))


@public
def select(x: Tensor, /, dim: int, index: int) -> Tensor:
    """Return a view of the part of a tensor at an index along an axis, which it lacks; differentiable."""
    check_tensor(x, "select")
    return getitem(x, (*(slice(None),) * axis_of(dim, x.ndim, "select"), integer_of(index, "select", "index")))


@public
def index_select(x: Tensor, /, dim: int, index: Tensor) -> Tensor:
    """`take` under PyTorch's name: slices along an axis by their positions; differentiable."""
    return take(x, index, axis=dim)


def _slices(name: str, x: Tensor, dim: int, index: Tensor, source: Any = None) -> tuple[Any, ...]:
    """The key of slices along an axis; RuntimeError if `source` has another shape than these."""
    check_tensor(x, name)
    check_tensor(index, name, "index")
    check_devices(name, x, index, source)
    axis = axis_of(dim, x.ndim, name)
    if index.ndim > 1:
        raise IndexError(f"{name}(): index must be one-dimensional, got {index.ndim} dimensions")
    if index.dtype.kind not in "iu":
        raise TypeError(f"{name}(): index must be of integers, got {index.dtype.name}")
    index = reshape(index, (-1,))
    if source is not None:
        check_tensor(source, name, "source")
        wanted = (*x.shape[:axis], index.shape[0], *x.shape[axis + 1 :])
        if tuple(source.shape) != wanted:
            raise RuntimeError(f"{name}(): source must have the shape {wanted} of the slices, got {tuple(source.shape)}")
    return (*(slice(None),) * axis, index)


@public
def index_add(x: Tensor, /, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """Add slices of another tensor to slices of a tensor along an axis, once per occurrence of an index.

    Parameters
    ----------
    x : Tensor
    dim : int
    index : Tensor
        Integer positions along the axis, one-dimensional.
    source : Tensor
        Of the shape of `x`, with the length of `index` along the axis.
    alpha : number, optional
        Multiplies `source`.

    Notes
    -----
    Differentiable with respect to `x` and `source`.
    """
    key = _slices("index_add", x, dim, index, source)
    x, source = to_common_dtype(x, source)
    return x + added_at(source if alpha == 1 else source * alpha, key, tuple(x.shape))


@public
def index_copy(x: Tensor, /, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Replace slices of a tensor along an axis by slices of another.

    Parameters
    ----------
    x : Tensor
    dim : int
    index : Tensor
        Integer positions along the axis, one-dimensional, without duplicates.
    source : Tensor
        Of the shape of `x`, with the length of `index` along the axis.

    Notes
    -----
    Differentiable with respect to `x` and `source`.
    """
    return index_put(x, _slices("index_copy", x, dim, index, source), source)


@public
def index_fill(x: Tensor, /, dim: int, index: Tensor, value: Tensor | complex) -> Tensor:
    """Replace slices of a tensor along an axis by a value.

    Parameters
    ----------
    x : Tensor
    dim : int
    index : Tensor
        Integer positions along the axis, one-dimensional.
    value : number or 0-dimensional Tensor

    Notes
    -----
    Differentiable with respect to `x` and `value`.
    """
    return index_put(x, _slices("index_fill", x, dim, index), value)


@public
def index_add_(x: Tensor, /, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """`index_add` in place; returns the tensor itself. Differentiable like the function."""
    key = raw_key(_slices("index_add_", x, dim, index, source), x, source)
    whole, source = to_common_dtype(x, source)
    return _add_in_place(x, whole, key, source if alpha == 1 else source * alpha, "index_add_")


@public
def index_copy_(x: Tensor, /, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """`index_copy` in place; returns the tensor itself. Differentiable like the function."""
    setitem(x, _slices("index_copy_", x, dim, index, source), source, "index_copy_")
    return x


@public
def index_fill_(x: Tensor, /, dim: int, index: Tensor, value: Tensor | complex) -> Tensor:
    """`index_fill` in place; returns the tensor itself. Differentiable like the function."""
    setitem(x, _slices("index_fill_", x, dim, index), value, "index_fill_")
    return x


@public
def fill_diagonal_(x: Tensor, /, fill_value: complex, wrap: bool = False) -> Tensor:
    """Fill the diagonal of a matrix, or of a tensor with equal lengths; returns the tensor itself.

    With `wrap`, the diagonal of a tall matrix starts again below the end of the first one.
    """
    shape = x._array.shape
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise RuntimeError(f"fill_diagonal_(): expected a matrix, or sides of one length, got shape {tuple(shape)}")
    rows = np.arange(shape[0] if wrap and len(shape) == 2 else min(shape))
    columns = rows % (shape[1] + 1)
    rows, columns = rows[columns < shape[1]], columns[columns < shape[1]]
    setitem(x, (rows, *[columns] * (len(shape) - 1)), fill_value, "fill_diagonal_")
    return x


def _add_in_place(x: Any, whole: Any, key: Any, values: Any, name: str) -> Any:
    """Add values at a raw key to a tensor, which is `whole` in the dtype of the sum."""
    if not add_item(x, key, values, name):
        check_writeable(x, name)
        overwrite(x, whole + added_at_key(values, key, tuple(x.shape)), name)
    return x


@public
def gather(x: Tensor, /, dim: int, index: Tensor) -> Tensor:
    """Select elements along an axis, each by its own integer position.

    Parameters
    ----------
    x : Tensor
    dim : int
    index : Tensor
        Integers, of as many dimensions; along other axes not longer than `x`, whose further elements are ignored.

    Returns
    -------
    Tensor
        Of the shape of `index`; the standard's `take_along_axis` broadcasts.

    Raises
    ------
    RuntimeError
        If the shapes do not fit.

    Notes
    -----
    Differentiable with respect to `x`.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.asarray([[1.0, 2.0], [3.0, 4.0]])
    >>> xp.gather(x, 1, xp.asarray([[0], [1]]))  # x[0, 0] and x[1, 1]
    tensor([[1.],
            [4.]])
    """
    check_tensor(x, "gather")
    check_tensor(index, "gather", "index")
    axis = axis_of(dim, x.ndim, "gather")
    shape = tuple(index.shape)
    if not _fits(shape, x.shape, axis):
        raise RuntimeError(f"gather(): an index of shape {shape} does not fit a tensor of shape {tuple(x.shape)}")
    if builtins.any(n < m for i, (n, m) in enumerate(zip(shape, x.shape, strict=True)) if i != axis):
        x = getitem(x, tuple([slice(None) if i == axis else slice(n) for i, n in enumerate(shape)]))
    return take_along_axis(x, index, axis=axis)


def _fits(shape: tuple[int, ...], other: tuple[int, ...], axis: int | None = None) -> bool:
    """Whether a shape has as many axes as another, none of them longer, except the given axis."""
    return len(shape) == len(other) and all(n <= m or i == axis for i, (n, m) in enumerate(zip(shape, other, strict=True)))


def _places(name: str, x: Tensor, dim: int, index: Tensor, source: Any) -> tuple[Any, Any]:
    """The raw key of the elements that `index` names along an axis, and the part of a source that they get."""
    check_tensor(x, name)
    check_tensor(index, name, "index")
    check_devices(name, x, index, source)
    axis = axis_of(dim, x.ndim, name)
    shape = tuple(index.shape)
    whole = not isinstance(source, TensorBase) or source.ndim == 0  # type: ignore[attr-defined]  # of every Tensor
    if not (_fits(shape, x.shape, axis) and (whole or _fits(shape, source.shape))):
        beside = "" if whole else f" and a source of shape {tuple(source.shape)}"
        raise RuntimeError(f"{name}(): an index of shape {shape} does not fit a tensor of shape {tuple(x.shape)}{beside}")
    key = key_along(backend_of(index._array), axis, raw_key(index, x, source), shape)
    return key, source if whole or source.shape == shape else getitem(source, tuple([slice(n) for n in shape]))


@public
def scatter(
    x: Tensor, /, dim: int, index: Tensor, src: Tensor | complex | None = None, *, value: complex | None = None
) -> Tensor:
    """Replace elements at positions along an axis by elements of another tensor, or a value: the reverse of `gather`.

    Parameters
    ----------
    x : Tensor
    dim : int
    index : Tensor
        Integer positions along the axis, of as many dimensions as `x`; along other axes not longer than `x`.
    src : Tensor or number
        The new elements; a Tensor has the shape of `index` or is cropped to it. Of several for one position, the last is
        used.
    value : number, optional
        A value in place of `src`.

    Raises
    ------
    RuntimeError
        If the shapes do not fit.

    Notes
    -----
    Differentiable with respect to `x` and `src`.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.zeros(5).scatter_(0, xp.tensor([3]), value=1)
    tensor([0., 0., 0., 1., 0.])
    """
    if (src is None) is (value is None):
        raise TypeError("scatter(): give either src or value")
    key, part = _places("scatter", x, dim, index, value if src is None else src)
    return put_at_key(x, key, part)


@public
def scatter_add(x: Tensor, /, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Add elements of another tensor to a tensor at positions along an axis, once per occurrence.

    Parameters
    ----------
    x : Tensor
    dim : int
    index : Tensor
        As for `scatter`.
    src : Tensor
        Of the shape of `index`, or cropped to it.

    Raises
    ------
    RuntimeError
        If the shapes do not fit.

    Notes
    -----
    Differentiable with respect to `x` and `src`.
    """
    check_tensor(src, "scatter_add", "src")
    key, part = _places("scatter_add", x, dim, index, src)
    x, part = to_common_dtype(x, part)
    return x + added_at_key(part, key, tuple(x.shape))


@public
def scatter_(
    x: Tensor, /, dim: int, index: Tensor, src: Tensor | complex | None = None, *, value: complex | None = None
) -> Tensor:
    """`scatter` in place; returns the tensor itself. Differentiable like the function."""
    if (src is None) is (value is None):
        raise TypeError("scatter_(): give either src or value")
    key, part = _places("scatter_", x, dim, index, value if src is None else src)
    setitem(x, key, part, "scatter_")
    return x


@public
def scatter_add_(x: Tensor, /, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """`scatter_add` in place; returns the tensor itself. Differentiable like the function."""
    check_tensor(src, "scatter_add_", "src")
    key, part = _places("scatter_add_", x, dim, index, src)
    whole, part = to_common_dtype(x, part)
    return _add_in_place(x, whole, key, part, "scatter_add_")


@public
def take_along_dim(x: Tensor, /, indices: Tensor, dim: int | None = None) -> Tensor:
    """`take_along_axis` under PyTorch's name; without an axis, for the flattened tensors. Differentiable."""
    if dim is not None:
        return take_along_axis(x, indices, axis=dim)
    return take_along_axis(reshape(x, (-1,)), reshape(indices, (-1,)), axis=0)


@public
def bucketize(x: Tensor, /, boundaries: Tensor, *, right: bool = False) -> Tensor:
    """Find the sorted boundaries between which elements lie: `searchsorted` with its arguments swapped.

    Parameters
    ----------
    x : Tensor
    boundaries : Tensor
        One-dimensional.
    right : bool, optional
        Whether an element equal to a boundary lies above it.

    Notes
    -----
    Not differentiable: its output is of integers.
    """
    return searchsorted(boundaries, x, side="right" if right else "left")


@public
def unfold(x: Tensor, dim: int, size: int, step: int) -> Tensor:
    """`Tensor.unfold`."""
    axis = axis_of(dim, x.ndim, "unfold")
    size, step = integer_of(size, "unfold", "size", 0), integer_of(step, "unfold", "step", 1)
    if size > x.shape[axis]:
        raise ValueError(f"unfold(): a window of {size} is longer than the axis, {x.shape[axis]}")
    front = (slice(None),) * axis
    last = x.shape[axis] - size
    count = last // step + 1
    # By slices if they are few or long: each adds its gradient at once. The slices are of one position in all windows or, if
    # these are fewer, of one window.
    if 0 < min(size, count) <= max(8, math.prod(x.shape) // x.shape[axis] * max(size, count) // 256):
        if size < count:
            places = [getitem(x, (*front, slice(i, last + i + 1, step))) for i in range(size)]
            return moveaxis(stack(places, axis=axis + 1), axis + 1, -1)
        windows = [getitem(x, (*front, slice(i, i + size))) for i in range(0, last + 1, step)]
        return moveaxis(stack(windows, axis=axis), axis + 1, -1)
    starts = arange(0, last + 1, step, device=x.device)
    numbers = expand_dims(starts, axis=1) + arange(size, device=x.device)
    return moveaxis(getitem(x, (*front, numbers)), axis + 1, -1)


@overload
def unique(
    x: Tensor,
    /,
    sorted: bool = True,
    return_inverse: Literal[False] = False,
    return_counts: Literal[False] = False,
    dim: int | None = None,
) -> Tensor: ...
@overload
def unique(
    x: Tensor,
    /,
    sorted: bool = True,
    *,
    return_inverse: Literal[True],
    return_counts: Literal[True],
    dim: int | None = None,
) -> tuple[Tensor, Tensor, Tensor]: ...
@overload
def unique(
    x: Tensor,
    /,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any: ...
@public
def unique(
    x: Tensor, /, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Return the unique elements, or slices along an axis, in ascending order.

    Parameters
    ----------
    x : Tensor
    sorted : bool, optional
        For PyTorch's signature; they are always sorted.
    return_inverse : bool, optional
        Whether to return the index of the unique value for each element or slice.
    return_counts : bool, optional
        Whether to return the number of occurrences of each.
    dim : int, optional
        The axis of the slices. Default: individual elements.

    Returns
    -------
    Tensor or tuple of Tensor
        The standard's functions are `unique_all` and the like.

    Notes
    -----
    Differentiable: the gradient of a value, or slice, goes to its first occurrence.
    """
    check_tensor(x, "unique")
    if dim is None and not return_inverse:  # sorting the elements suffices
        return tuple(unique_counts(x)) if return_counts else unique_values(x)
    if dim is None:
        found = unique_all(x)
        out = (found[0], found[2], found[3])
    else:
        out = _unique_slices(moveaxis(x, dim, 0), dim)
    wanted = (True, return_inverse, return_counts)
    given = tuple([part for part, asked in zip(out, wanted, strict=True) if asked])
    return given if len(given) > 1 else given[0]


def _unique_slices(x: Tensor, dim: int) -> tuple[Tensor, Tensor, Tensor]:
    """The unique slices along the first axis, moved back to an axis, the index for each slice, and the counts."""
    rows = reshape(x.detach(), (x.shape[0], math.prod(x.shape[1:])))
    order = arange(x.shape[0], device=x.device)
    for i in reversed(range(rows.shape[1])):
        order = take(order, argsort(take(rows[:, i], order)))
    ordered = take(rows, order, axis=0)
    differs = any(not_equal(ordered[1:, ...], ordered[:-1, ...]), axis=1)
    first = concat([full((1,), True, device=x.device), differs])[: x.shape[0]]
    number = cumulative_sum(astype(first, dtypes.int64)) - 1
    inverse = index_put(zeros_like(order), order, number)
    return moveaxis(getitem(take(x, order, axis=0), first), 0, dim), inverse, bincount(number)


class TopK(NamedTuple):
    """The result of `topk`."""

    values: Tensor
    indices: Tensor


@not_differentiable("its output is of integers", takes=REAL_OR_BOOLEAN)
@of_backend
def _top(x: Tensor, k: int, axis: int, largest: bool, /) -> Tensor:
    """The positions that `topk` returns."""


@public
def topk(x: Tensor, /, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> TopK:
    """Return the `k` greatest elements along an axis, in descending order, and their positions.

    Parameters
    ----------
    x : Tensor
        Real-valued.
    k : int
    dim : int, optional
    largest : bool, optional
        If false, return the least elements, in ascending order.
    sorted : bool, optional
        For PyTorch's signature; they are always sorted.

    Returns
    -------
    values, indices : Tensor
        Of length `k` along the axis; among equal elements, those with lower positions come first.

    Raises
    ------
    ValueError
        If there are fewer than `k` elements.

    Notes
    -----
    The values are differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.topk(xp.asarray([3.0, 1.0, 2.0]), 2).indices
    tensor([0, 2])
    """
    check_tensor(x, "topk")
    axis = axis_of(dim, x.ndim, "topk")
    k = integer_of(k, "topk", "k")
    if not 0 <= k <= x.shape[axis]:
        raise ValueError(f"topk(): k must be from 0 to the length {x.shape[axis]} of the axis, got {k}")
    indices = _top(x, k, axis, largest)
    return TopK(take_along_axis(x, indices, axis=axis), indices)


@public
def masked_fill(x: Tensor, /, mask: Tensor, value: Values) -> Tensor:
    """Replace elements where a mask is true by a value; differentiable, also with respect to the value.

    Parameters
    ----------
    x : Tensor
    mask : Tensor
        Boolean, otherwise TypeError; broadcasts with `x`.
    value : number or Tensor
        Cast to the dtype of `x`, and broadcast with it.
    """
    check_tensor(x, "masked_fill")
    _check_mask(mask, "masked_fill")
    if not isinstance(value, (TensorBase, int, float, complex, np.generic)):
        value = beside(value, [x], "masked_fill")
    check_devices("masked_fill", x, mask, value)
    return where(mask, convert(value, x.dtype, x.device, None, "masked_fill"), x)


def _check_mask(mask: Any, name: str) -> None:
    check_tensor(mask, name, "mask")
    if mask.dtype is not dtypes.bool:
        raise TypeError(f"{name}(): the mask must be boolean, got {mask.dtype.name}")


@public
def masked_select(x: Tensor, /, mask: Tensor) -> Tensor:
    """The elements where a boolean mask, which broadcasts with the tensor, is true, as a vector; differentiable."""
    check_tensor(x, "masked_select")
    _check_mask(mask, "masked_select")
    check_devices("masked_select", x, mask)
    x, mask = (x, mask) if x.shape == mask.shape else broadcast_arrays(x, mask)
    return getitem(x, mask)


@public
def argwhere(x: Tensor, /) -> Tensor:
    """The positions of the nonzero elements, one row of coordinates each; not differentiable."""
    check_tensor(x, "argwhere")
    return stack(nonzero(x), axis=1) if x.ndim else empty((int(x != 0), 0), dtype=dtypes.int64, device=x.device)
