"""Indexing: reading, writing and gathering by keys."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, Protocol, SupportsIndex, TypeAlias

import numpy as np

from .. import dtypes
from ..arguments import axis_of
from ..autograd.mutation import assign_item, check_writeable, replay, replay_raw
from ..autograd.operation import linear, of_backend
from ..autograd.tape import TensorBase, recording
from ..backends import backend_of, by_type
from ..size import inverse_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import EllipsisType

    from ..autograd.tape import Step
    from ..backends import Namespace
    from ..tensor import Tensor

    class SupportsDLPack(Protocol):
        """An array: a Tensor, or another library's."""

        @property
        def __dlpack__(self) -> Callable[..., Any]: ...

    Part: TypeAlias = SupportsIndex | slice | EllipsisType | SupportsDLPack | list[Any] | range | None
    Key: TypeAlias = Part | tuple[Part | tuple[Any, ...], ...]  # a tuple in a tuple is as a list
    Values: TypeAlias = complex | SupportsDLPack | np.generic | list[Any] | tuple[Any, ...]

__all__ = ["getitem", "index_put", "scatter_add", "setitem", "take", "take_along_axis", "view_put"]


_PLAIN = frozenset((int, bool, type(None), type(...)))  # of keys with nothing to replace
_BOUNDS = frozenset((int, type(None)))  # of slices likewise
_EXACT = frozenset((int, slice, type(None), type(...)))  # of keys that are the same if they are equal


def raw_key(key: Any, x: Any, *others: Any) -> Any:
    """An index into a tensor of integers, slices, None, Ellipsis, booleans, lists and raw arrays.

    The tape keeps keys, and so do views, so nothing in one may change later: Tensors are copied where `x`, or one of the
    other operands, is tracked, and NumPy's arrays and other sequences, which are taken as well, always.

    Raises
    ------
    IndexError
        For a Tensor, an array or a sequence that is neither of integers nor boolean.
    """
    if isinstance(key, tuple):  # what most parts are is spelled out: 0.3 us less for each slice
        return tuple(
            [
                part
                if part.__class__ in _PLAIN
                or (
                    part.__class__ is slice
                    and part.start.__class__ in _BOUNDS
                    and part.stop.__class__ in _BOUNDS
                    and part.step.__class__ in _BOUNDS
                )
                else _raw_part(part, x, others)
                for part in key
            ]
        )
    return _raw_part(key, x, others)


def _raw_part(part: Any, x: Any, others: tuple[Any, ...]) -> Any:
    if part.__class__ in _PLAIN:
        return part
    if isinstance(part, (float, complex, str)):
        raise IndexError(
            f"only integers, slices, None, Ellipsis and arrays of integers or booleans are indices, not {part!r}"
        )
    if isinstance(part, slice):
        bounds = (part.start, part.stop, part.step)
        return slice(*[bound if bound is None else operator.index(bound) for bound in bounds])
    if isinstance(part, TensorBase):
        a = part._array
        dtype = dtypes.from_raw[a.dtype]
        _check_index(dtype)
        if a.ndim == 0 and dtype.kind != "b":
            return int(a)  # as in PyTorch: so it is a view, which an array would not give
        kept = recording() and any(isinstance(y, TensorBase) and y._node is not None for y in (x, *others))
        return backend_of(a).asarray(a, copy=True) if kept else a
    if isinstance(part, (list, tuple)):
        return [_raw_part(p, x, others) for p in part]
    if isinstance(part, np.bool):
        return bool(part)
    if (hasattr(part, "__index__") and not hasattr(part, "__array__")) or isinstance(part, np.integer):
        return operator.index(part)
    if part.__class__ in by_type and not isinstance(part, np.ndarray):
        return part  # another backend's raw array, as operations hand them on
    array = np.array(part)
    _check_index(array.dtype)
    if array.ndim == 0 and array.dtype.kind != "b":
        return int(array)
    like = x._array
    return backend_of(like).from_numpy(array, like.device)


def _check_index(dtype: Any) -> None:
    if dtype.kind not in "biu":
        raise IndexError(f"tensors used as indices must be of an integer or the boolean dtype. Got {dtype.name}")


def getitem(x: Tensor, key: Key) -> Tensor:
    """The elements at a key: ``x[key]``."""
    # Spelled out for the keys of most calls: 0.1 us less.
    if key.__class__ in _PLAIN or (
        key.__class__ is slice
        and key.start.__class__ in _BOUNDS
        and key.stop.__class__ in _BOUNDS
        and key.step.__class__ in _BOUNDS
    ):
        return _getitem(x, key)
    return _getitem(x, raw_key(key, x))


@linear(
    grad_name="Slice",
    view=True,
    used="rules",
    x=lambda xp, g, x_shape, key: xp.scatter_add(g, key, x_shape),
    add=lambda xp, total, g, x_shape, key: xp.add_at(total, key, g),
)
@of_backend
def _getitem(x: Tensor, key: Any, /) -> Tensor:
    """`getitem` of a raw key."""


def getitem_step(key: Any) -> Step:
    """What a view through a raw key is seen by."""
    return _getitem.operation, (key,), {}  # type: ignore[attr-defined]  # of every declared function


def scatter_add(values: Tensor, key: Any, shape: tuple[int, ...]) -> Tensor:
    """Zeros of a shape with values added at a key, also where it names an element twice: the transpose of `getitem`."""
    return _scatter_add(values, raw_key(key, values), shape)


@linear(grad_name="IndexAdd", used="rules", values=lambda xp, g, key: xp.getitem(g, key))
@of_backend
def _scatter_add(values: Tensor, /, key: Any, shape: tuple[int, ...]) -> Tensor:
    """`scatter_add` at a raw key."""


def _assigned(xp: Namespace, g: Any, key: Any) -> Any:
    """The transpose of assigning values at a key: of several for one element, the last was assigned."""
    part = xp.getitem(g, key)
    if not _may_repeat(key):
        return part
    numbers = xp.reshape(xp.arange(0, math.prod(part.shape), 1, dtype=xp.int64, device=g.device), tuple(part.shape))
    last = xp.index_put(xp.zeros(tuple(g.shape), dtype=xp.int64, device=g.device), key, numbers)
    return xp.where(xp.getitem(last, key) == numbers, part, xp.zeros((), dtype=g.dtype, device=g.device))


def _may_repeat(key: Any) -> bool:
    """Whether a raw key may name an element twice: if it has more than one integer along an axis."""
    parts = key if key.__class__ is tuple else (key,)
    return any(
        part.__class__ is list
        or (
            part.__class__ not in _PLAIN
            and part.__class__ is not slice
            and part.size > 1
            and dtypes.as_dtype(part.dtype).kind != "b"
        )
        for part in parts
    )


@linear(
    x=lambda xp, g, key: xp.index_put(g, key, xp.zeros((), dtype=g.dtype, device=g.device)),
    values=_assigned,
    used="rules",
    selects=("x",),
)
@of_backend
def _index_put(x: Tensor, key: Any, values: Tensor | complex, /) -> Tensor:
    """`index_put` at a raw key."""


def index_put(x: Tensor, key: Key, values: Tensor | complex) -> Tensor:
    """A copy of `x` with values assigned at a key: what ``x[key] = values`` does in place."""
    return _index_put(x, raw_key(key, x, values), values)


def setitem(x: Any, key: Key, value: Values, /, name: str = "__setitem__") -> None:
    """Assign in place: ``x[key] = value``, also for a method of another name.

    Raises
    ------
    TypeError
        If the value is neither a Tensor nor a number, or complex for a real tensor.
    """
    if isinstance(value, np.generic):
        value = value.item()  # a number, which is not wrapped round
    if not isinstance(value, (TensorBase, bool, int, float, complex)):
        from .creation import beside  # lists and other libraries' arrays are rare here

        value = beside(value, [x], name)
    raw: Any = value
    if isinstance(value, TensorBase):
        raw = value._array
        have, want = dtypes.from_raw[raw.dtype], dtypes.from_raw[x._array.dtype]
        if have.kind == "c" and want.kind != "c":
            raise TypeError(f"{name}(): a {have.name} value cannot be assigned into {want.name}; take real() first")
    elif isinstance(value, complex) and dtypes.from_raw[x._array.dtype].kind != "c":
        raise TypeError(f"{name}(): a complex number cannot be assigned into {dtypes.from_raw[x._array.dtype].name}")
    op = _index_put.operation  # type: ignore[attr-defined]  # of every declared function
    place = raw_key(key, x, value)
    if isinstance(value, TensorBase) and _stands_at(value, x, place):
        check_writeable(x, name)
        return
    assign_item(x, place, value, op, raw, name)


def _stands_at(view: Any, x: Any, key: Any) -> bool:
    """Whether a tensor is the view of another at a raw key: what ``x[key] += y`` assigns, and has written already.

    Recorded, to assign it again takes as long as all of the rest.
    """
    storage = view._storage
    if storage is None or storage.aliases is None or storage is not x._storage or view is x or view._steps is None:
        return False
    before, (op, args, _) = view._steps
    return (
        before is x._steps
        and op is _getitem.operation  # type: ignore[attr-defined]  # of every declared function
        and view._viewed is (x if x._viewed is None else x._viewed)
        and (x._node is None if view._node is None else x._node is not None and view._node.hooks is None)
        and all(part.__class__ in _EXACT for part in (key if key.__class__ is tuple else (key,)))
        and args == (key,)
    )


# The axes of an array from the outermost to the innermost in memory; None if they are so in order.
Layout = tuple[int, ...] | None


def _laid_out(xp: Namespace, a: Any, layout: Layout) -> Any:
    """An array in the layout of a base: only so do the steps to a view give a view, and no copy, of it too."""
    if layout is None:
        return xp.contiguous(a)
    return xp.permute_dims(xp.contiguous(xp.permute_dims(a, layout)), inverse_of(layout))


def _seen(xp: Namespace, a: Any, steps: tuple[Step, ...], layout: Layout) -> Any:
    if any(op.name == "view_dtype" for op, *_ in steps):  # which reads what lies side by side
        a = _laid_out(xp, a, layout)
    return replay(steps, a) if isinstance(a, TensorBase) else replay_raw(steps, a)


def _moves(steps: tuple[Step, ...]) -> bool:
    """Whether the steps show whole elements, not their real parts, say."""
    return all(op.used is not None for op, *_ in steps)


def _unseen(xp: Namespace, g: Any, steps: tuple[Step, ...], layout: Layout) -> Any:
    """`g` with zeros in place of what the steps show of it."""
    op = view_put.operation  # type: ignore[attr-defined]  # of every declared function
    zero = xp.zeros((), dtype=g.dtype, device=g.device)
    return op.call(g, zero, steps, layout) if isinstance(g, TensorBase) else op.function(xp, g, zero, steps, layout)


@linear(
    grad_name="CopySlices",
    x=_unseen,
    value=_seen,
    used={
        "x": lambda xp, used, steps, layout: _unseen(xp, used, steps, layout) if _moves(steps) else used,
        "value": lambda xp, used, steps, layout: _seen(xp, used, steps, layout) if _moves(steps) else None,
    },
    selects=("x",),
)
def view_put(xp: Namespace, x: Tensor, value: Tensor, steps: tuple[Step, ...], layout: Layout, /) -> Tensor:
    """A copy of `x` with a value in place of what a chain of view operations shows of it.

    It is what an in-place operation on a view does to its base, and is recorded as that. `layout` is the base's, which the
    steps presuppose.
    """
    out = _laid_out(xp, xp.asarray(x, copy=True), layout)
    seen = replay_raw(steps, out)
    if dtypes.from_raw[seen.dtype].kind != "c" and dtypes.from_raw[value.dtype].kind == "c":
        value = xp.real(value)  # a cotangent of a base, where the view is a part of complex numbers
    xp.setitem(seen, ..., value)
    return out


def _scatter_along(xp: Namespace, g: Any, x_shape: tuple[int, ...], indices: Any, axis: int) -> Any:
    """The transpose of `take_along_axis`: a scatter-add by the full coordinates of each taken element."""
    axis %= len(x_shape)
    rank = len(x_shape)
    key = [
        xp.reshape(xp.arange(0, n, 1, dtype=xp.int64, device=g.device), (1,) * i + (n,) + (1,) * (rank - 1 - i))
        for i, n in enumerate(x_shape)
    ]
    key[axis] = indices
    return xp.scatter_add(g, tuple(key), x_shape)


def _scatter_taken(xp: Namespace, g: Any, x_shape: tuple[int, ...], indices: Any, axis: int | None) -> Any:
    place = 0 if axis is None else axis % len(x_shape)
    return xp.scatter_add(g, (*(slice(None),) * place, indices), x_shape)


@linear(grad_name="IndexSelect", used="rules", x=_scatter_taken)
def take(xp: Namespace, x: Tensor, indices: Tensor, /, *, axis: int | None = None) -> Tensor:
    """Elements, or slices along an axis, by their integer positions.

    Parameters
    ----------
    x : Tensor
    indices : Tensor
        Of integers, any shape.
    axis : int, optional
        Also ``dim``. May be left out if `x` is one-dimensional.

    Returns
    -------
    Tensor
        Of the shape of `x` with that of `indices` in place of the axis.

    Raises
    ------
    IndexError
        If an index is out of range.
    ValueError
        If the axis is left out of a tensor that is not one-dimensional.

    Notes
    -----
    Differentiable with respect to `x`.
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


@linear(grad_name="Gather", used="rules", x=_scatter_along)
def take_along_axis(xp: Namespace, x: Tensor, indices: Tensor, /, *, axis: int = -1) -> Tensor:
    """Elements along an axis, each by its own integer position, as `argsort` gives them.

    Parameters
    ----------
    x : Tensor
    indices : Tensor
        Of integers, of a shape that broadcasts with that of `x` along all other axes.
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
