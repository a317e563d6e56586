"""Indexing: reading, writing and gathering by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, SupportsIndex, TypeAlias

import numpy as np

from .creation import beside, check_meaning
from .data_types import check_tensor
from .keys import BOUNDS, PLAIN, key_along, raw_key
from .keys import getitem as at_key
from .keys import index_put as put_at_key
from .keys import scatter_add as added_at_key
from .. import dtypes
from ..arguments import axis_of
from ..autograd.calls import apart, check_devices, two_devices
from ..autograd.mutation import assign_item, check_writeable
from ..autograd.operation import linear, public
from ..autograd.tape import TensorBase
from ..backends import backend_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import EllipsisType

    from ..backends import Namespace
    from ..tensor import Tensor

    class SupportsDLPack(Protocol):
        """An array: a Tensor, or another library's."""

        @property
        def __dlpack__(self) -> Callable[..., Any]: ...

    Part: TypeAlias = SupportsIndex | slice | EllipsisType | SupportsDLPack | list[Any] | range | None
    Key: TypeAlias = Part | tuple[Part | tuple[Any, ...], ...]  # a tuple inside a tuple acts as a list
    Values: TypeAlias = complex | SupportsDLPack | np.generic | list[Any] | tuple[Any, ...]

__all__ = ["getitem", "index_put", "put_along_axis", "scatter_add", "setitem", "take", "take_along_axis"]

_EXACT = frozenset((int, slice, type(None), type(...)))  # in keys that are the same if they are equal


def getitem(x: Tensor, key: Key) -> Tensor:
    """Return the elements at a key: ``x[key]``."""
    # Special cases for the most frequent keys: 0.1 us less.
    if key.__class__ in PLAIN or (
        key.__class__ is slice
        and key.start.__class__ in BOUNDS
        and key.stop.__class__ in BOUNDS
        and key.step.__class__ in BOUNDS
    ):
        return at_key(x, key)
    return at_key(x, raw_key(key, x))


def scatter_add(values: Tensor, key: Any, shape: tuple[int, ...]) -> Tensor:
    """Return zeros of a shape with values added at a key, once per occurrence of an element: the transpose of `getitem`."""
    return added_at_key(values, raw_key(key, values), shape)


def index_put(x: Tensor, key: Key, values: Tensor | complex) -> Tensor:
    """Return a copy of `x` with values assigned at a key: the functional form of ``x[key] = values``."""
    return put_at_key(x, raw_key(key, x, values), values)


def setitem(x: Any, key: Key, value: Values, /, name: str = "__setitem__") -> None:
    """Assign in place: ``x[key] = value``; errors may name another method.

    Raises
    ------
    TypeError
        If the value is neither a Tensor nor a number, is complex for a real tensor, or is a masked array or a matrix.
    RuntimeError
        If the value is on another device.
    """
    if isinstance(value, np.generic):
        value = value.item()  # a number, which is not wrapped around
    if isinstance(value, np.ndarray):
        check_meaning(value, name)
    if not isinstance(value, (TensorBase, bool, int, float, complex)):
        value = beside(value, [x], name)
    if isinstance(value, TensorBase):
        if apart(value._array, x._array):
            raise two_devices(f"{name}()", (value._array, x._array))
        have, want = dtypes.from_raw[value._array.dtype], dtypes.from_raw[x._array.dtype]
        if have.kind == "c" and want.kind != "c":
            raise TypeError(f"{name}(): a {have.name} value cannot be assigned into {want.name}; take real() first")
    elif isinstance(value, complex) and dtypes.from_raw[x._array.dtype].kind != "c":
        raise TypeError(f"{name}(): a complex number cannot be assigned into {dtypes.from_raw[x._array.dtype].name}")
    op = put_at_key.operation  # type: ignore[attr-defined]  # of every declared function
    place = raw_key(key, x, value)
    if isinstance(value, TensorBase) and _stands_at(value, x, place):
        check_writeable(x, name)
        return
    assign_item(x, place, value, op, name)


def _stands_at(view: Any, x: Any, key: Any) -> bool:
    """Whether a tensor is the view of another at a raw key, which ``x[key] += y`` assigns after having written to it.

    Recording this second assignment would take as long as everything else.
    """
    storage = view._storage
    if storage is None or storage.aliases is None or storage is not x._storage or view is x or view._steps is None:
        return False
    before, (op, args, _) = view._steps
    return (
        before is x._steps
        and op is at_key.operation  # type: ignore[attr-defined]  # of every declared function
        and view._viewed is (x if x._viewed is None else x._viewed)
        and (x._node is None if view._node is None else x._node is not None and view._node.hooks is None)
        and all(part.__class__ in _EXACT for part in (key if key.__class__ is tuple else (key,)))
        and args == (key,)
    )


def _scatter_along(xp: Namespace, g: Any, x_shape: tuple[int, ...], indices: Any, axis: int) -> Any:
    return xp.scatter_add(g, key_along(xp, axis % len(x_shape), indices, x_shape), x_shape)


def _scatter_taken(xp: Namespace, g: Any, x_shape: tuple[int, ...], indices: Any, axis: int | None) -> Any:
    place = 0 if axis is None else axis % len(x_shape)
    return xp.scatter_add(g, (*(slice(None),) * place, indices), x_shape)


@linear(grad_name="IndexSelect", used="rules", selects=("x",), x=_scatter_taken)
def take(xp: Namespace, x: Tensor, indices: Tensor, /, *, axis: int | None = None) -> Tensor:
    """Select elements, or slices along an axis, by their integer positions.

    Parameters
    ----------
    x : Tensor
    indices : Tensor
        Integers, of any shape.
    axis : int, optional
        Also ``dim``. May be omitted if `x` is one-dimensional.

    Returns
    -------
    Tensor
        Of the shape of `x`, with the shape of `indices` in place of the axis.

    Raises
    ------
    IndexError
        If an index is out of range.
    ValueError
        If the axis is omitted and the tensor is not one-dimensional.

    Notes
    -----
    Differentiable with respect to `x`.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.take(xp.asarray([[1, 2, 3], [4, 5, 6]]), xp.asarray([2, 0]), axis=1)
    tensor([[3, 1],
            [6, 4]])
    """
    if dtypes.as_dtype(indices.dtype).kind not in "iu":
        raise TypeError(f"take(): indices should be of integer dtypes. Got {dtypes.as_dtype(indices.dtype).name} instead.")
    if axis is None and x.ndim != 1:
        raise ValueError(f"take(): axis is needed for a tensor of {x.ndim} dimensions")
    place = 0 if axis is None else axis_of(axis, x.ndim, "take")  # the standard has one-dimensional indices only
    if indices.ndim == 1:
        return xp.take(x, indices, axis=place)
    taken = xp.take(x, xp.reshape(indices, (-1,)), axis=place)
    return xp.reshape(taken, (*x.shape[:place], *indices.shape, *x.shape[place + 1 :]))


@linear(grad_name="Gather", used="rules", selects=("x",), x=_scatter_along)
def take_along_axis(xp: Namespace, x: Tensor, indices: Tensor, /, *, axis: int = -1) -> Tensor:
    """Select elements along an axis, each by its own integer position, such as those from `argsort`.

    Parameters
    ----------
    x : Tensor
    indices : Tensor
        Integers, of a shape that broadcasts with that of `x` along all other axes.
    axis : int, optional
        Also ``dim``.

    Raises
    ------
    IndexError
        If an index is out of range.

    Notes
    -----
    Differentiable with respect to `x`.
    """
    return xp.take_along_axis(x, indices, axis=axis)


@public
def put_along_axis(x: Tensor, indices: Tensor, /, values: Tensor | complex, axis: int = -1) -> None:
    """Assign in place along an axis, each element at its own integer position: the counterpart of `take_along_axis`.

    Parameters
    ----------
    x : Tensor
        The tensor to write to.
    indices : Tensor
        Integers, of a shape that broadcasts with that of `x` along all other axes.
    values : Tensor or number
        Of a shape that broadcasts with `indices`.
    axis : int, optional
        Also ``dim``.

    Raises
    ------
    IndexError
        If an index is out of range.

    Notes
    -----
    Differentiable with respect to `x` and `values`, like ``x[...] = values``.
    """
    check_tensor(x, "put_along_axis")
    check_tensor(indices, "put_along_axis", "indices")
    check_devices("put_along_axis", x, indices, values)
    axis = axis_of(axis, x.ndim, "put_along_axis")
    if not indices.ndim:
        raise ValueError("put_along_axis(): indices must have as many dimensions as the tensor, got 0")
    places = raw_key(indices, x, values)
    setitem(x, key_along(backend_of(indices._array), axis, places, tuple(x.shape)), values)
