"""Manipulation functions: shapes, order and joining of tensors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .data_types import check_tensor
from .keys import getitem_step
from ..arguments import axis_of, integer_of, sides_of
from ..autograd.operation import linear, of_backend, public
from ..dtypes import as_dtype
from ..size import Size, inverse_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..autograd.tape import Step
    from ..backends import Namespace
    from ..tensor import Tensor

__all__ = [
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "concat",
    "expand_dims",
    "flip",
    "moveaxis",
    "permute_dims",
    "repeat",
    "reshape",
    "roll",
    "squeeze",
    "stack",
    "tile",
    "unstack",
]


@public
def broadcast_arrays(*arrays: Tensor) -> tuple[Tensor, ...]:
    """Broadcast tensors against each other.

    Parameters
    ----------
    *arrays : Tensor
        Of shapes that broadcast.

    Returns
    -------
    tuple of Tensor
        All of the broadcast shape; views, which are read-only where one element stands for several.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.

    Notes
    -----
    Differentiable.
    """
    for x in arrays:
        check_tensor(x, "broadcast_arrays", "arrays")
    shape = broadcast_shapes(*[x.shape for x in arrays])
    return tuple([broadcast_to(x, shape) for x in arrays])


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape to which shapes broadcast.

    Parameters
    ----------
    *shapes : tuple of int

    Raises
    ------
    ValueError
        If they do not broadcast.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.broadcast_shapes((7, 1), (3,))
    arrayad.Size([7, 3])
    """
    result: list[int] = []
    for shape in shapes:
        sides = sides_of(shape, "broadcast_shapes")
        result = [1] * (len(sides) - len(result)) + result
        for i, n in enumerate(sides, len(result) - len(sides)):
            if n != 1 and result[i] not in (1, n):
                raise ValueError(
                    f"broadcast_shapes(): shapes {', '.join(str(tuple(s)) for s in shapes)} cannot be broadcast together"
                )
            result[i] = result[i] if n == 1 else n
    return Size(result)


@linear(grad_name="Expand", view=True, used="rules", x=lambda xp, g: g)
def broadcast_to(xp: Namespace, x: Tensor, /, shape: tuple[int, ...]) -> Tensor:
    """Broadcast a tensor to a shape.

    Parameters
    ----------
    x : Tensor
    shape : tuple of int

    Returns
    -------
    Tensor
        A view, which is read-only where one element stands for several.

    Raises
    ------
    ValueError
        If the tensor does not broadcast to the shape.

    Notes
    -----
    Differentiable.
    """
    try:
        return xp.broadcast_to(x, shape if isinstance(shape, tuple) else sides_of(shape, "broadcast_to"))
    except (TypeError, ValueError):  # its message is about NumPy's iterator
        sides = sides_of(shape, "broadcast_to")
        raise ValueError(f"shape {tuple(x.shape)} cannot be broadcast to shape {sides}") from None


def along(axis: int, start: int | None, stop: int | None) -> tuple[Any, ...]:
    """The key of a slice along one axis, counted from the front."""
    return (*(slice(None),) * axis, slice(start, stop), ...)


def _parts(xp: Namespace, g: Any, arrays_shape: list[Any], axis: int | None) -> list[Any]:
    """The parts of `g` that came from each of the joined arrays."""
    place = 0 if axis is None else axis % g.ndim
    parts, start = [], 0
    for shape in arrays_shape:
        stop = start + (math.prod(shape) if axis is None else shape[place])
        part = g[along(place, start, stop)]
        parts.append(xp.reshape(part, shape) if axis is None else part)
        start = stop
    return parts


@linear(grad_name="Cat", used="rules", arrays=_parts)
@of_backend
def concat(arrays: Sequence[Tensor], /, *, axis: int | None = 0) -> Tensor:
    """Join tensors along an axis.

    Parameters
    ----------
    arrays : tuple or list of Tensor
        Of the same shape, except along the axis. Different dtypes are promoted.
    axis : int or None, optional
        Also ``dim``. None joins the flattened tensors.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    TypeError
        If the dtypes have no common one, or `arrays` is not a sequence of Tensors.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.concat([xp.zeros(2), xp.ones(1)])
    tensor([0., 0., 1.])
    """


@linear(grad_name="Unsqueeze", view=True, used="rules", x=lambda xp, g, x_shape: xp.reshape(g, x_shape))
@of_backend
def expand_dims(x: Tensor, /, axis: int | tuple[int, ...]) -> Tensor:
    """Add axes of length 1 to a tensor.

    Parameters
    ----------
    x : Tensor
    axis : int or tuple of int
        Also ``dim``. Their positions in the result.

    Returns
    -------
    Tensor
        A view.

    Raises
    ------
    IndexError
        If an axis is out of range.
    ValueError
        If one is given twice.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.expand_dims(xp.arange(2), axis=1)
    tensor([[0],
            [1]])
    """


@linear(view=True, used="rules", x=lambda xp, g, axis: xp.flip(g, axis=axis))
@of_backend
def flip(x: Tensor, /, *, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Reverse the elements of a tensor along axes.

    Parameters
    ----------
    x : Tensor
    axis : int, tuple of int or None, optional
        Also ``dim``. The axes to reverse; None means all axes.

    Returns
    -------
    Tensor
        A view where the backend has negative strides.

    Notes
    -----
    Differentiable.
    """


@linear(
    grad_name="Movedim", view=True, used="rules", x=lambda xp, g, source, destination: xp.moveaxis(g, destination, source)
)
@of_backend
def moveaxis(x: Tensor, source: int | tuple[int, ...], destination: int | tuple[int, ...], /) -> Tensor:
    """Move axes of a tensor to other positions, keeping the others in order.

    Parameters
    ----------
    x : Tensor
    source, destination : int or tuple of int

    Returns
    -------
    Tensor
        A view.

    Notes
    -----
    Differentiable.
    """


@linear(grad_name="Permute", view=True, used="rules", x=lambda xp, g, axes: xp.permute_dims(g, inverse_of(axes)))
@of_backend
def permute_dims(x: Tensor, /, axes: tuple[int, ...]) -> Tensor:
    """Permute the axes of a tensor.

    Parameters
    ----------
    x : Tensor
    axes : tuple of int
        Also ``dims``. Every axis once.

    Returns
    -------
    Tensor
        A view.

    Raises
    ------
    ValueError
        If `axes` does not name every axis once.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.permute_dims(xp.ones(2, 3, 4), (2, 0, 1)).shape
    arrayad.Size([4, 2, 3])
    """


def _counts(xp: Namespace, repeats: Any) -> Any:
    """The repetition counts; NumPy accepts no uint64 for them."""
    if isinstance(repeats, (int, float, complex)):
        return integer_of(repeats, "repeat", "repeats")
    if as_dtype(repeats.dtype).kind == "b":
        raise TypeError("repeat(): repeats should be of integer dtypes. Got bool instead.")
    return xp.astype(repeats, xp.int64) if as_dtype(repeats.dtype).kind == "u" else repeats


def _unrepeat(xp: Namespace, g: Any, x_shape: tuple[int, ...], repeats: Any, axis: int | None) -> Any:
    """Sum over the copies of each element: a scatter-add by the element that each copy came from."""
    flat = axis is None or not x_shape
    shape = (math.prod(x_shape),) if flat else x_shape
    place = 0 if axis is None or flat else axis % len(x_shape)
    places, counts = xp.arange(0, g.shape[place], 1, dtype=xp.int64, device=g.device), _counts(xp, repeats)
    if isinstance(counts, int):
        places = places // counts
    else:  # not by `repeat`, which on a GPU waits for the number of copies
        ends = xp.cumulative_sum(xp.broadcast_to(counts, (shape[place],)), axis=0)
        places = xp.searchsorted(ends, places, side="right")
    key = (*(slice(None),) * place, places)
    return xp.reshape(xp.scatter_add(g, key, shape), x_shape)


@linear(x=_unrepeat, used="rules")
def repeat(xp: Namespace, x: Tensor, repeats: int | Tensor, /, *, axis: int | None = None) -> Tensor:
    """Repeat each element of a tensor.

    Parameters
    ----------
    x : Tensor
    repeats : int or Tensor
        The number of repetitions: one for all elements, or an integer Tensor with one for each element along the axis.
    axis : int or None, optional
        Also ``dim``. None repeats the elements of the flattened tensor.

    Raises
    ------
    ValueError
        If `repeats` does not fit or is negative.

    Notes
    -----
    Differentiable with respect to `x`.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.repeat(xp.asarray([1, 2]), 2)
    tensor([1, 1, 2, 2])
    """
    return xp.repeat(x, _counts(xp, repeats), axis=axis)


@linear(grad_name="View", view=True, used="rules", x=lambda xp, g, x_shape: xp.reshape(g, x_shape))
@of_backend
def reshape(x: Tensor, /, shape: tuple[int, ...], *, copy: bool | None = None) -> Tensor:
    """Return the same elements, in row-major order, in another shape.

    Parameters
    ----------
    x : Tensor
    shape : tuple of int
        One length may be -1, which is computed from the others.
    copy : bool, optional
        True always copies, False never does, None only if it must.

    Returns
    -------
    Tensor
        A view if the memory layout allows it.

    Raises
    ------
    ValueError
        If the shape does not fit, or `copy` is False and a copy is needed.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.reshape(xp.arange(6), (2, -1))
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """


def _unroll(xp: Namespace, g: Any, shift: Any, axis: Any) -> Any:
    return xp.roll(g, tuple(-n for n in shift) if isinstance(shift, (tuple, list)) else -shift, axis=axis)


@linear(used="rules", x=_unroll)
def roll(xp: Namespace, x: Tensor, /, shift: int | tuple[int, ...], *, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Shift the elements of a tensor along axes; those shifted off the end reappear at the start.

    Parameters
    ----------
    x : Tensor
    shift : int or tuple of int
        The number of places; a tuple has one for each axis.
    axis : int, tuple of int or None, optional
        Also ``dim``. None rolls the flattened tensor.

    Raises
    ------
    ValueError
        If there are several shifts, but not as many axes.

    Notes
    -----
    Differentiable.
    """
    shifts = shift if isinstance(shift, tuple) else (shift,)
    for n in shifts:
        integer_of(n, "roll", "shift")  # NumPy truncates non-integers
    axes = axis if isinstance(axis, tuple) else (axis,)
    if isinstance(shift, tuple) and len(shifts) != len(axes):
        raise ValueError(f"{len(shifts)} shifts for {len(axes)} axes")
    return xp.roll(x, shift, axis=axis)


@linear(view=True, used="rules", x=lambda xp, g, x_shape: xp.reshape(g, x_shape))
@of_backend
def squeeze(x: Tensor, /, axis: int | tuple[int, ...]) -> Tensor:
    """Remove axes of length 1 from a tensor.

    Parameters
    ----------
    x : Tensor
    axis : int or tuple of int
        Also ``dim``.

    Returns
    -------
    Tensor
        A view.

    Raises
    ------
    ValueError
        If an axis is longer than 1.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.squeeze(xp.ones(2, 1), axis=1)
    tensor([1., 1.])
    """


@linear(grad_name="Stack", used="rules", arrays=lambda xp, g, axis: list(xp.unstack(g, axis=axis)))
def stack(xp: Namespace, arrays: Sequence[Tensor], /, *, axis: int = 0) -> Tensor:
    """Join tensors along a new axis.

    Parameters
    ----------
    arrays : tuple or list of Tensor
        Of one shape. Different dtypes are promoted.
    axis : int, optional
        Also ``dim``. The position of the new axis.

    Raises
    ------
    ValueError
        If the shapes differ.
    IndexError
        If the axis is out of range.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.stack([xp.zeros(2), xp.ones(2)])
    tensor([[0., 0.],
            [1., 1.]])
    """
    if len({x.shape for x in arrays}) > 1:
        raise ValueError(f"stack(): shapes must be equal, got {', '.join(str(tuple(x.shape)) for x in arrays)}")
    return xp.stack(arrays, axis=axis)


def _per_axis(repetitions: Any) -> tuple[int, ...]:
    given = repetitions if isinstance(repetitions, (tuple, list)) else (repetitions,)
    return tuple([integer_of(n, "tile", "repetitions", 0) for n in given])


def _copies(xp: Namespace, g: Any, x_shape: tuple[int, ...], repetitions: Any) -> tuple[Any, tuple[int, ...]]:
    """Split the axes with copies into copies and positions; returns the result and the axes of the copies."""
    repetitions = _per_axis(repetitions)
    rank = max(len(x_shape), len(repetitions))
    sides = (1,) * (rank - len(x_shape)) + tuple(x_shape)
    counts = (1,) * (rank - len(repetitions)) + repetitions
    shape: list[int] = []
    copies: list[int] = []
    for count, side in zip(counts, sides, strict=True):
        if count != 1:
            copies.append(len(shape))
            shape.append(count)
        shape.append(side)
    return xp.reshape(g, tuple(shape)), tuple(copies)


def _untile(xp: Namespace, g: Any, x_shape: tuple[int, ...], repetitions: Any) -> Any:
    split, copies = _copies(xp, g, x_shape, repetitions)
    return xp.reshape(xp.sum(split, axis=copies), x_shape)


def _used_of_tile(xp: Namespace, used: Any, x_shape: tuple[int, ...], repetitions: Any) -> Any:
    split, copies = _copies(xp, used, x_shape, repetitions)
    return xp.reshape(xp.any(split, axis=copies), x_shape)


@linear(grad_name="Repeat", x=_untile, used={"x": _used_of_tile})
def tile(xp: Namespace, x: Tensor, repetitions: int | tuple[int, ...], /) -> Tensor:
    """Tile a tensor along its axes.

    Parameters
    ----------
    x : Tensor
    repetitions : int or tuple of int
        How often along each axis, or along the last one; the shorter of shape and repetitions is extended with ones in
        front.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.tile(xp.asarray([1, 2]), (2,))
    tensor([1, 2, 1, 2])
    """
    return xp.tile(x, _per_axis(repetitions))


def _restack(xp: Namespace, g: Any, axis: int) -> Any:
    """Join the cotangents of the parts, with zeros for missing ones."""
    like = next(part for part in g if part is not None)
    return xp.stack([xp.zeros_like(like) if part is None else part for part in g], axis=axis)


def _part(i: int, axis: int = 0) -> Step:
    """The step that yields the part of the given index."""
    return getitem_step((*(slice(None),) * axis, i) if axis >= 0 else (..., i, *(slice(None),) * (-1 - axis)))


@linear(grad_name="Unbind", used="rules", part=_part, x=_restack)
def unstack(xp: Namespace, x: Tensor, /, *, axis: int = 0) -> tuple[Tensor, ...]:
    """Split a tensor along an axis into parts without that axis.

    Parameters
    ----------
    x : Tensor
        With at least one axis.
    axis : int, optional
        Also ``dim``.

    Returns
    -------
    tuple of Tensor
        Views without that axis.

    Notes
    -----
    Differentiable.
    """
    return tuple(xp.unstack(x, axis=axis_of(axis, len(x.shape), "unstack")))
