"""Statistical functions: reductions and cumulative sums and products."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .elementwise import kept, or_infinite
from .manipulation import along
from ..arguments import integer_of
from ..autograd.operation import (
    FLOATING_ONLY,
    NUMERIC_OR_BOOLEAN,
    REAL_FLOATING_ONLY,
    REAL_OR_BOOLEAN,
    differentiable,
    linear,
    of_backend,
)
from ..dtypes import as_dtype, float16, float32
from ..size import inverse_of

if TYPE_CHECKING:
    from ..backends import Namespace
    from ..dtypes import DTypeLike
    from ..tensor import Tensor

    Axis = int | tuple[int, ...] | None

__all__ = ["cumulative_prod", "cumulative_sum", "max", "mean", "min", "prod", "std", "sum", "var"]


def axes_of(axis: Axis, rank: int) -> tuple[int, ...]:
    """The axes of a reduction, counted from the front; the reduction has already checked that they exist."""
    if axis is None or rank == 0:  # NumPy and PyTorch accept an axis of 0 for a 0-d array
        return tuple(range(rank))
    return tuple(a % rank for a in (axis if isinstance(axis, tuple) else (axis,)))


def keep(xp: Namespace, g: Any, x_shape: tuple[int, ...], axis: Axis) -> Any:
    """A reduction's output with its reduced axes kept, of length 1."""
    if len(g.shape) == len(x_shape):
        return g
    shape = list(x_shape)
    for a in range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,):
        shape[a] = 1
    return xp.reshape(g, tuple(shape))


def spread(xp: Namespace, g: Any, x_shape: tuple[int, ...], axis: Axis) -> Any:
    """Spread a reduction's output back over the elements that went into it."""
    return xp.spread(g if axis is None else keep(xp, g, x_shape, axis), x_shape)


def count_of(x_shape: tuple[int, ...], axis: Axis) -> int:
    """The number of elements that go into one element of a reduction."""
    if axis.__class__ is int and x_shape:
        return x_shape[axis]
    return math.prod([x_shape[a] for a in axes_of(axis, len(x_shape))])


@linear(takes=NUMERIC_OR_BOOLEAN, used="rules", x=lambda xp, g, x_shape, axis: spread(xp, g, x_shape, axis))
@of_backend
def sum(x: Tensor, /, *, axis: Axis = None, dtype: DTypeLike | None = None, keepdims: bool = False) -> Tensor:
    """Sum over axes.

    Parameters
    ----------
    x : Tensor
        Numeric or boolean.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.
    dtype : dtype, optional
        The dtype of the sum. Default: that of `x`; for integers and booleans the default integer dtype of their signedness.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.

    Returns
    -------
    Tensor
        0 without elements.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.sum(xp.asarray([[1, 2], [3, 4]]), axis=0)
    tensor([4, 6])
    """


def wide(xp: Namespace, x: Any) -> Any:
    """Half precision as float32: squares and counts in half precision soon overflow."""
    return xp.astype(x, float32) if as_dtype(x.dtype) is float16 else x


@linear(
    takes=FLOATING_ONLY,
    x=lambda xp, g, x_shape, axis: spread(xp, wide(xp, g) / _count(x_shape, axis, 0), x_shape, axis),
    used={"x": spread},
)
@of_backend
def mean(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Arithmetic mean over axes.

    Parameters
    ----------
    x : Tensor
        Floating-point. Integers are refused, since the floating dtype of their mean would be a guess.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.

    Returns
    -------
    Tensor
        NaN without elements.

    Raises
    ------
    TypeError
        For integers and booleans.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.mean(xp.asarray([1.0, 2.0, 4.5]))
    tensor(2.5000)
    """


def _count(x_shape: tuple[int, ...], axis: Axis, correction: float) -> float:
    count = count_of(x_shape, axis) - correction
    return count if count > 0 else math.nan


def _variance(xp: Namespace, x: Any, axis: Axis, correction: float, keepdims: bool) -> Any:
    if not isinstance(correction, (int, float, np.integer, np.floating, np.bool)):
        raise TypeError(f"correction must be a real number, got {correction!r}")
    x = wide(xp, x)
    deviation = x - xp.mean(x, axis=axis, keepdims=True)
    deviation *= deviation
    return xp.sum(deviation, axis=axis, keepdims=keepdims) / _count(x.shape, axis, correction)


def _deviation(xp: Namespace, g: Any, x: Any, x_shape: tuple[int, ...], axis: Axis, correction: float) -> Any:
    # The mean depends on the elements too, but the deviations from it add up to 0.
    x = wide(xp, x)
    deviation = x - xp.mean(x, axis=axis, keepdims=True)
    return keep(xp, g, x_shape, axis) / _count(x_shape, axis, correction) * deviation


@differentiable(
    takes=REAL_FLOATING_ONLY,
    x=lambda xp, g, x, x_shape, axis, correction: _deviation(xp, 2 * wide(xp, g), x, x_shape, axis, correction),
    used={"x": spread},
    selects=False,
)
def var(xp: Namespace, x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Tensor:
    """Variance over axes.

    Parameters
    ----------
    x : Tensor
        Real floating-point.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.
    correction : number, optional
        Subtracted from the number of elements in the divisor: 0 for the variance of a whole population, 1 for the unbiased
        estimate from a sample. (PyTorch's default is 1, the standard's 0.)
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.

    Returns
    -------
    Tensor
        NaN where the corrected count is not positive.

    Raises
    ------
    TypeError
        For any other dtype.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.asarray([1.0, 2.0, 6.0])
    >>> xp.var(x), xp.var(x, correction=1), xp.std(x)
    (tensor(4.6667), tensor(7.), tensor(2.1602))
    """
    out = _variance(xp, x, axis, correction, keepdims)
    return out if out.dtype == x.dtype else xp.astype(out, x.dtype)


@differentiable(
    takes=REAL_FLOATING_ONLY,
    x=lambda xp, g, x, out, x_shape, axis, correction: _deviation(
        xp, wide(xp, g) / or_infinite(xp, out), x, x_shape, axis, correction
    ),
    used={"x": spread},
    selects=False,
)
def std(xp: Namespace, x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Tensor:
    """Standard deviation over axes: the square root of `var`.

    Parameters
    ----------
    x : Tensor
        Real floating-point.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.
    correction : number, optional
        As for `var`.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.

    Raises
    ------
    TypeError
        For any other dtype.

    Notes
    -----
    Differentiable; where it is 0, the gradient is the subgradient 0, as in PyTorch.
    """
    out = xp.sqrt(_variance(xp, x, axis, correction, keepdims))
    return out if out.dtype == x.dtype else xp.astype(out, x.dtype)


def _attaining(xp: Namespace, x: Any, out: Any, x_shape: tuple[int, ...], axis: Axis) -> Any:
    return (x == keep(xp, out, x_shape, axis)) | (x != x)


def _share(xp: Namespace, g: Any, x: Any, out: Any, x_shape: tuple[int, ...], axis: Axis) -> Any:
    """The cotangent of an extremum, split equally among the elements that attain it (PyTorch's and JAX's convention)."""
    chosen = _attaining(xp, x, out, x_shape, axis)
    g = wide(xp, g)
    count = xp.sum(xp.astype(chosen, g.dtype), axis=axis, keepdims=True)
    # A selection, not a product with 0, so that forward mode, which transposes it, drops the tangents of the others.
    return kept(xp, chosen, keep(xp, g, x_shape, axis) / count)


def _used_of_extremum(xp: Namespace, used: Any, x: Any, out: Any, x_shape: tuple[int, ...], axis: Axis) -> Any:
    return keep(xp, used, x_shape, axis) & _attaining(xp, x, out, x_shape, axis)


@differentiable(takes=REAL_OR_BOOLEAN, grad_name="Amax", x=_share, used={"x": _used_of_extremum})
@of_backend
def max(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Maximum over axes; NaN if an element is NaN.

    Parameters
    ----------
    x : Tensor
        Real-valued, not empty along the axes.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.

    Raises
    ------
    ValueError
        Without elements.

    Notes
    -----
    Differentiable; tied elements get equal parts of the gradient.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.max(xp.asarray([[1.0, 5.0], [3.0, 2.0]]), axis=1)
    tensor([5., 3.])
    """


@differentiable(takes=REAL_OR_BOOLEAN, grad_name="Amin", x=_share, used={"x": _used_of_extremum})
@of_backend
def min(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Minimum over axes; NaN if an element is NaN.

    Parameters
    ----------
    x : Tensor
        Real-valued, not empty along the axes.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.

    Raises
    ------
    ValueError
        Without elements.

    Notes
    -----
    Differentiable; tied elements get equal parts of the gradient.
    """


def _check_cumulates(x: Any, axis: int | None, name: str) -> None:
    """Refuse a 0-d array, for which the standard requires an axis, and an invalid axis."""
    if x.ndim == 0:
        raise ValueError(f"{name}(): the tensor must have at least one dimension")
    if axis is not None:
        integer_of(axis, name, "axis")


def _exclusive_product(xp: Namespace, x: Any, axis: int) -> Any:
    """The product of the elements before each one along an axis."""
    products = xp.cumulative_prod(x, axis=axis, include_initial=True)
    return products[along(axis, None, -1)]


def _rest_product(xp: Namespace, g: Any, x: Any, x_shape: tuple[int, ...], axis: Axis) -> Any:
    """`g` times the product of all other elements; without division, so zeros are no exception."""
    axes = axes_of(axis, len(x_shape))
    others = tuple(i for i in range(len(x_shape)) if i not in axes)
    order = others + axes
    rows = tuple(x_shape[i] for i in others)
    flat = xp.reshape(xp.permute_dims(x, order), (*rows, count_of(x_shape, axis)))
    last = len(rows)
    before = _exclusive_product(xp, flat, last)
    after = xp.flip(_exclusive_product(xp, xp.flip(flat, axis=last), last), axis=last)
    rest = xp.reshape(before * after, tuple(x_shape[i] for i in order))
    return keep(xp, g, x_shape, axis) * xp.permute_dims(rest, inverse_of(order))


@differentiable(conjugate=True, takes=NUMERIC_OR_BOOLEAN, x=_rest_product)
@of_backend
def prod(x: Tensor, /, *, axis: Axis = None, dtype: DTypeLike | None = None, keepdims: bool = False) -> Tensor:
    """Product over axes.

    Parameters
    ----------
    x : Tensor
        Numeric or boolean.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.
    dtype : dtype, optional
        The dtype of the product. Default: that of `x`; for integers and booleans the default integer dtype of their
        signedness.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.

    Returns
    -------
    Tensor
        1 without elements.

    Notes
    -----
    Differentiable even where elements are 0.
    """


def _uncumulate(xp: Namespace, g: Any, axis: int | None, include_initial: bool) -> Any:
    axis = 0 if axis is None else axis % g.ndim
    if include_initial:
        g = g[along(axis, 1, None)]
    return xp.flip(xp.cumulative_sum(xp.flip(g, axis=axis), axis=axis), axis=axis)


@linear(takes=NUMERIC_OR_BOOLEAN, grad_name="Cumsum", x=_uncumulate)
def cumulative_sum(
    xp: Namespace,
    x: Tensor,
    /,
    *,
    axis: int | None = None,
    dtype: DTypeLike | None = None,
    include_initial: bool = False,
) -> Tensor:
    """Cumulative sums of the elements along an axis.

    Parameters
    ----------
    x : Tensor
        Numeric or boolean.
    axis : int, optional
        Also ``dim``. May be omitted if `x` is one-dimensional.
    dtype : dtype, optional
        The dtype of the sums, as for `sum`.
    include_initial : bool, optional
        Start with a 0, so that the axis becomes one longer.

    Raises
    ------
    ValueError
        If the axis is omitted and the tensor is not one-dimensional.

    Notes
    -----
    Differentiable.
    """
    _check_cumulates(x, axis, "cumulative_sum")
    return xp.cumulative_sum(x, axis=axis, dtype=dtype, include_initial=include_initial)


def _suffix_recurrence(xp: Namespace, g: Any, factors: Any, axis: int) -> Any:
    """``s`` with ``s[i] = g[i] + factors[i] * s[i + 1]`` along an axis, in log2(n) steps.

    The maps ``s -> g[i] + factors[i] * s`` are composed in pairs, then fours, and so on (Hillis & Steele 1986, "Data
    parallel algorithms", section "All partial sums"). There is no division.
    """
    length = g.shape[axis]
    step = 1
    while step < length:
        here, there = along(axis, None, length - step), along(axis, step, None)
        tail = along(axis, length - step, None)
        g, factors = (
            xp.concat([g[here] + factors[here] * g[there], g[tail]], axis=axis),
            xp.concat([factors[here] * factors[there], xp.zeros_like(factors[tail])], axis=axis),
        )
        step *= 2
    return g


def _uncumulate_product(xp: Namespace, g: Any, x: Any, axis: int | None, include_initial: bool) -> Any:
    """Element i occurs in the products from i on: the product before it times ``g[i] + x[i+1] (g[i+1] + x[i+2] (...))``."""
    axis = 0 if axis is None else axis % g.ndim
    if include_initial:
        g = g[along(axis, 1, None)]
    if g.shape[axis] == 0:
        return g
    following = xp.concat([x[along(axis, 1, None)], xp.zeros_like(x[along(axis, 0, 1)])], axis=axis)
    return _exclusive_product(xp, x, axis) * _suffix_recurrence(xp, g, following, axis)


@differentiable(conjugate=True, takes=NUMERIC_OR_BOOLEAN, grad_name="Cumprod", x=_uncumulate_product)
def cumulative_prod(
    xp: Namespace,
    x: Tensor,
    /,
    *,
    axis: int | None = None,
    dtype: DTypeLike | None = None,
    include_initial: bool = False,
) -> Tensor:
    """Cumulative products of the elements along an axis.

    Parameters
    ----------
    x : Tensor
        Numeric or boolean.
    axis : int, optional
        Also ``dim``. May be omitted if `x` is one-dimensional.
    dtype : dtype, optional
        The dtype of the products, as for `prod`.
    include_initial : bool, optional
        Start with a 1, so that the axis becomes one longer.

    Raises
    ------
    ValueError
        If the axis is omitted and the tensor is not one-dimensional.

    Notes
    -----
    Differentiable even where elements are 0.
    """
    _check_cumulates(x, axis, "cumulative_prod")
    return xp.cumulative_prod(x, axis=axis, dtype=dtype, include_initial=include_initial)
