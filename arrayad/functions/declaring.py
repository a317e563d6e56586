"""Declare special functions, which a backend has in a separate namespace."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .creation import asarray
from .data_types import astype
from .elementwise import zero_rule
from .. import dtypes
from ..autograd.operation import REAL, REAL_FLOATING, elementwise
from ..autograd.tape import TensorBase

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..backends import Namespace

F = TypeVar("F", bound="Callable[..., Any]")

__all__ = ["special"]


def special(*counts: str, in_double: bool = False, **rules: Any) -> Callable[[F], F]:
    """Declare an elementwise function that the backend has in ``special``.

    For several arguments, integers and booleans become the default floating dtype before all are promoted, like integer
    counts in SciPy; everywhere else in the namespace they take the other argument's dtype. Arguments named as counts affect
    the dtype of the result in the same way, but remain integers. Rules may be computed `in_double`.
    """
    if in_double:
        rules = {name: rule if rule is zero_rule else _in_double(rule) for name, rule in rules.items()}

    def declare(function: F) -> F:
        if function.__code__.co_argcount == 1:
            return elementwise(namespace="special", takes=REAL_FLOATING, **rules)(function)
        takes = REAL if counts else REAL_FLOATING
        on_promoted: Any = elementwise(namespace="special", takes=takes, mixed=bool(counts), **rules)(function)
        whole = frozenset(on_promoted.operation.parameters.index(name) for name in counts)

        @functools.wraps(on_promoted)
        def call(*args: Any, **kwargs: Any) -> Any:
            return on_promoted(*_promoted(args, whole), **kwargs)

        return call  # type: ignore[return-value]  # the same signature

    return declare


def _in_double(rule: Any) -> Any:
    """Make a rule compute in double precision, whatever the dtype."""

    @functools.wraps(rule)
    def call(xp: Namespace, g: Any, *values: Any) -> Any:
        if g.dtype == xp.float64:
            return rule(xp, g, *values)
        wide = [xp.astype(x, xp.float64) if x.dtype == g.dtype else x for x in values]  # others are counts
        return xp.astype(rule(xp, xp.astype(g, xp.float64), *wide), g.dtype)

    return call


def _promoted(args: tuple[Any, ...], counts: frozenset[int]) -> tuple[Any, ...]:
    """Convert arguments to one floating dtype, if one is a Tensor; others than Tensors and numbers are unchanged."""
    tensors = [x for x in args if isinstance(x, TensorBase)]
    raw = {x._array.dtype for x in tensors}
    numbers = len(tensors) < len(args)
    if not tensors or (len(raw) == 1 and not (numbers and len(args) > 2) and not counts):
        return args
    have = [dtypes.from_raw[dtype] for dtype in raw]
    dtype = dtypes.promote(*[dtypes.get_default_dtype() if d.kind in "biu" else d for d in have])
    if dtype.kind != "f":
        return args  # the function refuses them
    place = tensors[0].device  # type: ignore[attr-defined]  # of every Tensor
    return tuple(_cast(x, dtype, place, i in counts) for i, x in enumerate(args))


def _cast(x: Any, dtype: dtypes.DType, place: Any, count: bool) -> Any:
    if isinstance(x, TensorBase):
        whole = count and x.dtype.kind in "iu"  # type: ignore[attr-defined]  # of every Tensor
        return x if whole else astype(x, dtype, copy=False)  # type: ignore[arg-type]  # a TensorBase is a Tensor
    return asarray(float(x), dtype=dtype, device=place) if isinstance(x, (bool, int, float, np.integer, np.floating)) else x
