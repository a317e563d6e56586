"""Keys, and the operations that index tensors by keys whose arrays are raw.

`arrayad.functions.indexing` has the functions that users call, which convert their keys to this form.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..autograd.calls import apart, two_devices
from ..autograd.modes import recording
from ..autograd.mutation import replay, replay_raw
from ..autograd.operation import linear, of_backend
from ..autograd.tape import TensorBase
from ..backends import backend_of, by_type
from ..size import inverse_of

if TYPE_CHECKING:
    from ..autograd.tape import Step
    from ..backends import Namespace
    from ..tensor import Tensor

__all__ = ["BOUNDS", "PLAIN", "getitem", "getitem_step", "index_put", "key_along", "raw_key", "scatter_add", "view_put"]

PLAIN = frozenset((int, bool, type(None), type(...)))  # in keys with nothing to replace
BOUNDS = frozenset((int, type(None)))  # likewise in slices


def raw_key(key: Any, x: Any, *others: Any) -> Any:
    """Convert an index into a tensor: integers, slices, None, Ellipsis, booleans, lists and raw arrays.

    The tape and views keep keys, so nothing in one may change later. Tensors in a key are copied if `x` or another operand
    is tracked; NumPy arrays and other sequences, which are accepted as well, are always copied.

    Raises
    ------
    IndexError
        For a Tensor, array or sequence that is neither integer nor boolean.
    RuntimeError
        For a Tensor on another device than `x`.
    """
    if isinstance(key, tuple):  # special cases for the most frequent parts: 0.3 us less for each slice
        return tuple(
            [
                part
                if part.__class__ in PLAIN
                or (
                    part.__class__ is slice
                    and part.start.__class__ in BOUNDS
                    and part.stop.__class__ in BOUNDS
                    and part.step.__class__ in BOUNDS
                )
                else _raw_part(part, x, others)
                for part in key
            ]
        )
    return _raw_part(key, x, others)


def _raw_part(part: Any, x: Any, others: tuple[Any, ...]) -> Any:
    if part.__class__ in PLAIN:
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
            return int(a)  # as in PyTorch: the result is then a view, unlike with an array
        if apart(a, x._array):
            raise two_devices("an index", (a, x._array))
        kept = recording() and any(isinstance(y, TensorBase) and y._node is not None for y in (x, *others))
        return backend_of(a).asarray(a, copy=True) if kept else a
    if isinstance(part, (list, tuple)):
        return [_raw_part(p, x, others) for p in part]
    if isinstance(part, np.bool):
        return bool(part)
    if (hasattr(part, "__index__") and not hasattr(part, "__array__")) or isinstance(part, np.integer):
        return operator.index(part)
    if part.__class__ in by_type and not isinstance(part, np.ndarray):
        return part  # another backend's raw array, passed by an operation
    array = np.array(part)
    _check_index(array.dtype)
    if array.ndim == 0 and array.dtype.kind != "b":
        return int(array)
    like = x._array
    return backend_of(like).from_numpy(array, like.device)


def _check_index(dtype: Any) -> None:
    if dtype.kind not in "biu":
        raise IndexError(f"tensors used as indices must be of an integer or the boolean dtype. Got {dtype.name}")


@linear(
    grad_name="Slice",
    view=True,
    used="rules",
    x=lambda xp, g, x_shape, key: xp.scatter_add(g, key, x_shape),
    add=lambda xp, total, g, x_shape, key: xp.add_at(total, key, g),
)
@of_backend
def getitem(x: Tensor, key: Any, /) -> Tensor:
    """Return the elements at a raw key."""


def getitem_step(key: Any) -> Step:
    """The step by which a view through a raw key is described."""
    return getitem.operation, (key,), {}  # type: ignore[attr-defined]  # of every declared function


@linear(grad_name="IndexAdd", used="rules", values=lambda xp, g, key: xp.getitem(g, key))
@of_backend
def scatter_add(values: Tensor, /, key: Any, shape: tuple[int, ...]) -> Tensor:
    """Return zeros of a shape with values added at a raw key: the transpose of `getitem`."""


def _assigned(xp: Namespace, g: Any, key: Any) -> Any:
    """The transpose of assigning values at a key; of several for one element, the last was assigned."""
    part = xp.getitem(g, key)
    if not _may_repeat(key):
        return part
    numbers = xp.reshape(xp.arange(0, math.prod(part.shape), 1, dtype=xp.int64, device=g.device), tuple(part.shape))
    last = xp.index_put(xp.zeros(tuple(g.shape), dtype=xp.int64, device=g.device), key, numbers)
    return xp.where(xp.getitem(last, key) == numbers, part, xp.zeros((), dtype=g.dtype, device=g.device))


def _may_repeat(key: Any) -> bool:
    """Whether a raw key may name an element twice: whether it has more than one integer along an axis."""
    parts = key if key.__class__ is tuple else (key,)
    return any(
        part.__class__ is list
        or (
            part.__class__ not in PLAIN
            and part.__class__ is not slice
            and part.size > 1
            and dtypes.as_dtype(part.dtype).kind != "b"
        )
        for part in parts
    )


def _without(xp: Namespace, g: Any, key: Any) -> Any:
    xp.setitem(g, key, xp.zeros((), dtype=g.dtype, device=g.device))
    return g


@linear(
    x=lambda xp, g, key: xp.index_put(g, key, xp.zeros((), dtype=g.dtype, device=g.device)),
    values=_assigned,
    spend=_without,
    used="rules",
    selects=("x",),
)
@of_backend
def index_put(x: Tensor, key: Any, values: Tensor | complex, /) -> Tensor:
    """Return a copy of `x` with values assigned at a raw key."""


# The axes of an array from the outermost to the innermost in memory; None if that is their order.
Layout = tuple[int, ...] | None


def _laid_out(xp: Namespace, a: Any, layout: Layout) -> Any:
    """Copy an array to the layout of a base: only then do the steps to a view give a view of it too, not a copy."""
    if layout is None:
        return xp.contiguous(a)
    return xp.permute_dims(xp.contiguous(xp.permute_dims(a, layout)), inverse_of(layout))


def _seen(xp: Namespace, a: Any, steps: tuple[Step, ...], layout: Layout) -> Any:
    if any(op.name == "view_dtype" for op, *_ in steps):  # it reads adjacent elements
        a = _laid_out(xp, a, layout)
    return replay(steps, a) if isinstance(a, TensorBase) else replay_raw(steps, a)


def _moves(steps: tuple[Step, ...]) -> bool:
    """Whether the steps show whole elements, rather than, say, their real parts."""
    return all(op.used is not None for op, *_ in steps)


def _unseen(xp: Namespace, g: Any, steps: tuple[Step, ...], layout: Layout) -> Any:
    """`g` with zeros in place of the part that the steps show."""
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
    """Return a copy of `x` with a value in place of the part that a chain of view operations shows.

    This is what an in-place operation on a view does to its base, and how it is recorded. `layout` is the base's, which the
    steps presuppose.
    """
    out = _laid_out(xp, xp.asarray(x, copy=True), layout)
    seen = replay_raw(steps, out)
    if dtypes.from_raw[seen.dtype].kind != "c" and dtypes.from_raw[value.dtype].kind == "c":
        value = xp.real(value)  # a base's cotangent, where the view is a part of complex numbers
    xp.setitem(seen, ..., value)
    return out


def key_along(xp: Namespace, axis: int, indices: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """The key of elements at positions along an axis, counted from the front, and at their own indices along the others."""
    rank = len(shape)
    key = [
        xp.reshape(xp.arange(0, n, 1, dtype=xp.int64, device=indices.device), (1,) * i + (n,) + (1,) * (rank - 1 - i))
        for i, n in enumerate(shape)
    ]
    key[axis] = indices
    return tuple(key)
