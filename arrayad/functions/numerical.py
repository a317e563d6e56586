"""Functions beyond the standard that array-API code uses: order statistics, convolution, interpolation, integration, roots.

They have NumPy's forms. All but `convolve` are composed of the standard's functions, and so are differentiable like these.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from .creation import asarray, eye, linspace, ones_like, zeros
from .data_types import astype, check_tensor, dtype_of, result_type
from .elementwise import abs as magnitude
from .elementwise import (
    add,
    ceil,
    clip,
    conj,
    divide,
    equal,
    floor,
    greater_equal,
    isfinite,
    isinf,
    isnan,
    less_equal,
    logical_and,
    minimum,
    multiply,
    negative,
    not_equal,
    pow,
    real,
    round,
    sqrt,
    subtract,
)
from .indexing import scatter_add, take
from .linear_algebra import diagonal, eigvals, matmul, matrix_transpose
from .manipulation import concat, expand_dims, moveaxis, permute_dims, reshape
from .searching import argmin, nonzero, searchsorted, where
from .sorting import sort
from .statistical import max as greatest
from .statistical import mean, sum
from .statistical import min as least
from .utility import all, diff
from .. import dtypes
from ..arguments import axis_of, integer_of
from ..autograd.calls import promote
from ..autograd.modes import no_grad
from ..autograd.operation import NUMERIC, multilinear, public
from ..autograd.tape import TensorBase
from ..backends import backend_of

if TYPE_CHECKING:
    from .statistical import Axis
    from ..backends import Namespace
    from ..devices import DeviceLike
    from ..dtypes import DTypeLike
    from ..tensor import Tensor

    Method = Literal["linear", "lower", "higher", "midpoint", "nearest"]

__all__ = [
    "bincount",
    "convolve",
    "corrcoef",
    "cov",
    "diag",
    "histc",
    "interp",
    "logspace",
    "median",
    "quantile",
    "roots",
    "trapezoid",
]


# --- order statistics ---


def _checked(axis: Axis, rank: int, name: str) -> tuple[int, ...]:
    """The axes for the named function, counted from the front; IndexError if there is no such axis."""
    if axis is None:
        return tuple(range(rank))
    axes = tuple([axis_of(a, rank, name) for a in (axis if isinstance(axis, tuple) else (axis,))])
    if len(set(axes)) < len(axes):
        raise ValueError(f"{name}(): axes {axis} name one twice")
    return axes


def _together(x: Tensor, axes: tuple[int, ...]) -> tuple[Tensor, tuple[int, ...]]:
    """Merge some axes, counted from the front, into one, the last; and the shape that keeps them, with length 1."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    others = [i for i in range(x.ndim) if i not in axes]
    x = permute_dims(x, (*others, *axes))
    return reshape(x, (*x.shape[: len(others)], math.prod(x.shape[len(others) :]))), kept


def _interpolated(ordered: Tensor, at: Tensor, method: str) -> Tensor:
    """The elements of the last, sorted axis at float64 positions that may be between two."""
    if method == "nearest":
        return take(ordered, astype(round(at), dtypes.int64), axis=-1)
    low, high = (astype(f(at.detach()), dtypes.int64) for f in (floor, ceil))
    if at.requires_grad and method == "linear":  # at an element, the slope to its right
        high = minimum(low + 1, ordered.shape[-1] - 1)
    if method == "lower":
        return take(ordered, low, axis=-1)
    if method == "higher":
        return take(ordered, high, axis=-1)
    between = 0.5 * astype(not_equal(low, high), at.dtype) if method == "midpoint" else subtract(at, low)
    part = astype(between, ordered.dtype, copy=False)
    below, above = take(ordered, low, axis=-1), take(ordered, high, axis=-1)
    # Equal infinities have no difference, and anything between -inf and a number is -inf. (Equal numbers share the
    # gradient.)
    stays = isinf(below) & (isfinite(above) | equal(below, above))
    differ = ~stays & ~(isinf(above) & equal(part, 0))
    gap = subtract(where(differ, above, 0.0), where(differ, below, 0.0))
    return add(below, multiply(gap, part))


_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


@public
def quantile(
    x: Tensor, q: Tensor | float, /, *, axis: Axis = None, keepdims: bool = False, method: Method = "linear"
) -> Tensor:
    """Quantiles over axes, in NumPy's form.

    Parameters
    ----------
    x : Tensor
        Real-valued; integers become the default floating dtype.
    q : Tensor or float
        Probabilities between 0 and 1: one, or a one-dimensional tensor.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.
    method : str, optional
        The value between two elements: ``"linear"``, ``"lower"``, ``"higher"``, ``"midpoint"`` or ``"nearest"``.

    Returns
    -------
    Tensor
        With an axis in front if `q` has one; NaN where an element is NaN.

    Raises
    ------
    ValueError
        Without elements, for a probability outside of 0 to 1, or an unknown method.

    Notes
    -----
    Differentiable with respect to `x` and, with ``"linear"``, to `q`.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.quantile(xp.asarray([1.0, 2.0, 4.0, 8.0]), 0.5)
    tensor(3.)
    """
    check_tensor(x, "quantile")
    if method not in _METHODS:
        raise ValueError(f"quantile(): unknown method {method!r}; there are {', '.join(map(repr, _METHODS))}")
    if x.dtype.kind == "c":
        raise TypeError(f"quantile(): input dtype should be real-valued dtypes. Got {x.dtype.name} instead.")
    axes = _checked(axis, x.ndim, "quantile")
    ordered, kept = _together(x if x.dtype.kind == "f" else astype(x, dtypes.get_default_dtype()), axes)
    count = ordered.shape[-1]
    if count == 0:
        raise ValueError("quantile(): an empty tensor has no quantile")
    probabilities = q if isinstance(q, TensorBase) else asarray(q, dtype=dtypes.float64, device=x.device)
    waits = backend_of(x._array).asynchronous  # values are then not checked
    if probabilities.ndim > 1 or (not waits and not bool(all((probabilities >= 0) & (probabilities <= 1)))):
        raise ValueError("quantile(): probabilities must be a number or one-dimensional, and between 0 and 1")
    ordered = sort(ordered, axis=-1, stable=False)  # a sixth of the time; equal elements have one value
    out = _interpolated(ordered, multiply(astype(probabilities, dtypes.float64, copy=False), float(count - 1)), method)
    # A NaN is sorted last, and is then the quantile for every probability.
    last = ordered[..., -1:] if probabilities.ndim else ordered[..., -1]
    out = where(isnan(last), last, out)
    out = moveaxis(out, -1, 0) if probabilities.ndim else out
    shape = kept if keepdims else tuple(n for i, n in enumerate(x.shape) if i not in axes)
    return reshape(out, (*probabilities.shape, *shape))


@public
def median(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Median over axes; for an even number of elements, the mean of the two middle ones.

    Parameters
    ----------
    x : Tensor
        Real-valued; integers become the default floating dtype.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.

    Returns
    -------
    Tensor
        NaN where an element is NaN, and without elements.

    Notes
    -----
    Differentiable; the gradient goes to the elements that a stable sort puts in the middle.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.median(xp.asarray([1.0, 8.0, 2.0]))
    tensor(2.)
    """
    check_tensor(x, "median")
    axes = _checked(axis, x.ndim, "median")
    if math.prod(x.shape[a] for a in axes) == 0:
        floating = x if x.dtype.kind == "f" else astype(x, dtypes.get_default_dtype())
        return sum(floating, axis=axes, keepdims=keepdims) + math.nan
    return quantile(x, 0.5, axis=axes, keepdims=keepdims)


@public
def bincount(x: Tensor, /, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """Count the occurrences of each number from 0 on, or sum the weights of its occurrences.

    Parameters
    ----------
    x : Tensor
        One-dimensional; integers that are not negative.
    weights : Tensor, optional
        Of the shape of `x`.
    minlength : int, optional
        The minimum length of the result.

    Returns
    -------
    Tensor
        Of length ``max(x) + 1`` or more; int64, or the floating dtype of the weights; float64 for integer weights.

    Raises
    ------
    ValueError
        If `x` is not one-dimensional or has a negative element, or the weights have another shape.
    TypeError
        If `x` is not of an integer dtype.

    Notes
    -----
    Differentiable with respect to `weights`.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.bincount(xp.asarray([0, 2, 2]), weights=xp.asarray([0.5, 1.0, 2.0]))
    tensor([0.5000, 0.0000, 3.0000])
    """
    check_tensor(x, "bincount")
    if x.dtype.kind not in "iu":
        raise TypeError(f"bincount(): input dtype should be integer dtypes. Got {x.dtype.name} instead.")
    if weights is not None:
        check_tensor(weights, "bincount", "weights")
    if x.ndim != 1 or (weights is not None and weights.shape != x.shape):
        raise ValueError("bincount(): x must be one-dimensional, and weights of its shape")
    at_least, length = integer_of(minlength, "bincount", "minlength", 0), 0
    if x.shape[0]:
        if int(least(x)) < 0:
            raise ValueError("bincount(): elements must not be negative")
        length = int(greatest(x)) + 1
    length = max(length, at_least)
    if weights is None:
        values: Any = ones_like(x, dtype=dtypes.int64)
    else:
        values = weights if weights.dtype.kind in "fc" else astype(weights, dtypes.float64)
    return scatter_add(values, x, (length,))


@public
def histc(x: Tensor, /, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """Count the elements in each of a number of bins of equal width.

    Parameters
    ----------
    x : Tensor
        Real floating-point.
    bins : int, optional
    min, max : float, optional
        The ends, which belong to the bins; elements outside are not counted. If the ends are equal, the least and the
        greatest element are used.

    Raises
    ------
    TypeError
        For any other dtype.
    ValueError
        If `min` is above `max`, or an end is not finite.

    Notes
    -----
    Not differentiable: the counts are constant almost everywhere.
    """
    check_tensor(x, "histc")
    if x.dtype.kind != "f":
        raise TypeError(f"histc(): input dtype should be real-valued floating point. Got {x.dtype.name} instead.")
    bins, dtype = integer_of(bins, "histc", "bins", 1), x.dtype
    x = astype(reshape(x.detach(), (-1,)), dtypes.float64)  # where the range of all float32 numbers has a finite width
    low, high = float(min), float(max)
    if low == high and x.shape[0]:
        low, high = float(least(x)), float(greatest(x))
    if not (low <= high and math.isfinite(high - low)):
        raise ValueError(f"histc(): the ends must be finite and in order, got {low} and {high}")
    low, high = (low - 1, high + 1) if low == high else (low, high)
    x = x[logical_and(greater_equal(x, low), less_equal(x, high))]
    places = astype(floor((x - low) * (bins / (high - low))), dtypes.int64)
    return astype(bincount(minimum(places, bins - 1), minlength=bins), dtype)


@public
def cov(x: Tensor, /, *, correction: float = 1) -> Tensor:
    """The covariance matrix of variables.

    Parameters
    ----------
    x : Tensor
        Numeric: one row of observations per variable, or those of a single variable; integers become the default floating
        dtype.
    correction : float, optional
        Subtracted from the number of observations in the divisor.

    Returns
    -------
    Tensor
        A matrix; for a single variable its variance.

    Raises
    ------
    ValueError
        For more than two dimensions.

    Notes
    -----
    Differentiable.
    """
    check_tensor(x, "cov")
    if x.ndim > 2:
        raise ValueError(f"cov(): expected at most two dimensions, got {x.ndim}")
    rows = x if x.ndim == 2 else reshape(x, (1, -1))
    rows = astype(rows, dtypes.get_default_dtype()) if x.dtype.kind in "biu" else rows
    count = rows.shape[1] - correction
    rows = rows - mean(rows, axis=1, keepdims=True)
    out = matmul(rows, conj(matrix_transpose(rows))) / (max(0, count))
    return out[0, 0] if rows.shape[0] == 1 else out


@public
def corrcoef(x: Tensor, /) -> Tensor:
    """The correlation coefficients of variables: covariances over the products of their standard deviations.

    Parameters
    ----------
    x : Tensor
        As for `cov`.

    Notes
    -----
    Differentiable.
    """
    c = cov(x)
    if c.ndim == 0:
        return c / c
    scale = sqrt(real(diagonal(c)))
    out = c / scale[:, None] / scale[None, :]
    # Rounding must not take it out of its range, nor the clipping its gradient.
    return out if out.dtype.kind == "c" else out + (clip(out, -1.0, 1.0) - out).detach()


# --- diagonals ---


@public
def diag(x: Tensor, /, k: int = 0) -> Tensor:
    """The diagonal of a matrix, or a matrix with a vector on its diagonal and zeros elsewhere.

    Parameters
    ----------
    x : Tensor
        Of one or two dimensions.
    k : int, optional
        Which diagonal: above the main one if positive, below if negative.

    Raises
    ------
    ValueError
        For another number of dimensions.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.diag(xp.asarray([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    check_tensor(x, "diag")
    if x.ndim == 2:
        return diagonal(x, offset=k)
    if x.ndim != 1:
        raise ValueError(f"diag(): expected one or two dimensions, got {x.ndim}")
    return on_diagonal(x, integer_of(k, "diag", "k"))


def on_diagonal(x: Tensor, k: int) -> Tensor:
    """Matrices with the vectors of the last axis on a diagonal: in memory, every ``size + 1``-th element."""
    count = x.shape[-1]
    size = count + abs(k)
    first = k if k > 0 else -k * size
    flat = scatter_add(x, (..., slice(first, first + count * (size + 1), size + 1)), (*x.shape[:-1], size * size))
    return reshape(flat, (*x.shape[:-1], size, size))


# --- convolution ---


def _convolve_x1(xp: Namespace, g: Any, x2: Any, mode: str) -> Any:
    """The correlation with the other vector: "valid" for a "full" convolution, and the reverse."""
    return xp.convolve(g, xp.flip(x2), "valid" if mode == "full" else "full")


def _convolve_x2(xp: Namespace, g: Any, x1: Any, mode: str) -> Any:
    if mode == "full":
        return xp.convolve(g, xp.flip(x1), "valid")
    return xp.flip(xp.convolve(x1, xp.flip(g), "valid"))


@multilinear(takes=NUMERIC, x1=_convolve_x1, x2=_convolve_x2)
def _convolve(xp: Namespace, x1: Tensor, x2: Tensor, /, mode: str = "full") -> Tensor:
    """The full convolution, or "valid", where the second vector is not the longer one."""
    return xp.convolve(*promote(xp, x1, x2), mode)


@public
def convolve(x1: Tensor, x2: Tensor, /, mode: Literal["full", "same", "valid"] = "full") -> Tensor:
    """Discrete convolution of two vectors, in NumPy's form.

    Parameters
    ----------
    x1, x2 : Tensor
        One-dimensional, not empty, numeric.
    mode : str, optional
        ``"full"``: at every overlap, of length ``N + M - 1``; ``"same"``: its middle, of the length of the longer vector;
        ``"valid"``: where the shorter lies within the longer.

    Raises
    ------
    ValueError
        For an unknown mode, or arguments that are not one-dimensional or are empty.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.convolve(xp.asarray([1, 2, 3]), xp.asarray([1, 1]))
    tensor([1, 3, 5, 3])
    """
    check_tensor(x1, "convolve", "x1")
    check_tensor(x2, "convolve", "x2")
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"convolve(): unknown mode {mode!r}; there are 'full', 'same' and 'valid'")
    if x1.ndim != 1 or x2.ndim != 1 or 0 in (x1.shape[0], x2.shape[0]):
        raise ValueError("convolve(): both must be one-dimensional and not empty")
    low, high = sorted((x1.shape[0], x2.shape[0]))
    if mode == "valid":
        return _convolve(x1, x2, mode) if x1.shape[0] == high else _convolve(x2, x1, mode)
    out = _convolve(x1, x2, "full")
    if mode == "full":
        return out
    return out[(low - 1) // 2 : (low - 1) // 2 + high]


# --- interpolation, integration ---


@public
def interp(x: Tensor, xp: Tensor, fp: Tensor, /, left: complex | None = None, right: complex | None = None) -> Tensor:
    """Piecewise linear interpolation, in NumPy's form.

    Parameters
    ----------
    x : Tensor
        The positions at which to interpolate.
    xp, fp : Tensor
        One-dimensional and of the same length, not 0: positions, in ascending order, and the values there.
    left, right : number, optional
        The values before the first position and after the last. Default: the values at these.

    Returns
    -------
    Tensor
        Of the shape of `x`.

    Raises
    ------
    ValueError
        If `xp` and `fp` differ in length.

    Notes
    -----
    Differentiable with respect to `x`, `xp` and `fp`; at a position in `xp` the derivative is that of the piece to its
    right.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.interp(xp.asarray([0.5, 3.0]), xp.asarray([0.0, 1.0]), xp.asarray([10.0, 20.0]))
    tensor([15., 20.])
    """
    for value, name in ((x, "x"), (xp, "xp"), (fp, "fp")):
        check_tensor(value, "interp", name)
    if xp.ndim != 1 or fp.shape != xp.shape or xp.shape[0] == 0:
        raise ValueError("interp(): xp and fp must be one-dimensional, of one length, and not empty")
    dtype = result_type(x, xp, fp, dtypes.get_default_dtype())
    points = result_type(x, xp)
    x, xp, fp = astype(x, points, copy=False), astype(xp, points, copy=False), astype(fp, dtype, copy=False)
    count = xp.shape[0]
    with no_grad():
        place = searchsorted(xp, reshape(x, (-1,)), side="right")
        place = reshape(place, tuple(x.shape))
        before, after = place == 0, greater_equal(x, xp[-1])
        low = where(before, 0, place - 1)
        high = where(place < count, place, count - 1)
    x0, x1 = take(xp, low), take(xp, high)
    f0, f1 = take(fp, low), take(fp, high)
    inside = logical_and(place > 0, place < count)
    width = where(inside, x1 - x0, 1)
    out = where(inside, f0 + (f1 - f0) * divide(where(inside, x - x0, 0), width), f0)
    if left is not None:
        out = where(before, left, out)
    if right is not None:
        out = where(logical_and(after, not_equal(x, xp[-1])), right, out)
    return where(isnan(x), x, out) if x.dtype.kind == "f" else out


@public
def trapezoid(y: Tensor, x: Tensor | None = None, dx: Any = 1.0, axis: int = -1) -> Tensor:
    """Integral along an axis by the trapezoidal rule, in NumPy's form.

    Parameters
    ----------
    y : Tensor
        Values; integers become the default floating dtype.
    x : Tensor, optional
        The positions: one-dimensional, or of a shape that broadcasts with `y`.
    dx : number or Tensor, optional
        The spacing, if `x` is not given.
    axis : int, optional
        Also ``dim``.

    Returns
    -------
    Tensor
        Of the shape of `y` without the axis.

    Notes
    -----
    Differentiable with respect to all of `y`, `x` and `dx`.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.trapezoid(xp.asarray([1.0, 2.0, 3.0]))
    tensor(4.)
    """
    check_tensor(y, "trapezoid", "y")
    place = axis_of(axis, y.ndim, "trapezoid")
    if y.dtype.kind in "biu":
        y = astype(y, dtypes.get_default_dtype())
    if x is not None:
        check_tensor(x, "trapezoid")
        if x.shape[0 if x.ndim == 1 else axis] != y.shape[place]:
            raise ValueError(f"trapezoid(): x of shape {tuple(x.shape)} does not fit an axis of length {y.shape[place]}")
        steps = diff(x, axis=0 if x.ndim == 1 else axis)
        if x.ndim == 1:
            steps = reshape(steps, (-1,) + (1,) * (y.ndim - 1 - place))
    else:
        steps = dx
    n = y.shape[place]
    where_low = (slice(None),) * place + (slice(0, n - 1 if n else 0),)
    where_high = (slice(None),) * place + (slice(1, None),)
    return sum((y[where_low] + y[where_high]) * steps / 2, axis=axis)


@public
def logspace(
    start: float,
    stop: float,
    num: int = 50,
    *,
    endpoint: bool = True,
    base: float = 10.0,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
) -> Tensor:
    """Powers of a base whose exponents are evenly spaced.

    Parameters
    ----------
    start, stop : number
        The first and the last exponent.
    num : int, optional
        The number of values.
    endpoint : bool, optional
        Whether `stop` is the last exponent.
    base : number, optional
    dtype : dtype, optional
        Default: the default floating dtype.
    device : device, optional

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    wanted = dtypes.get_default_dtype() if dtype is None else dtype_of(dtype, "logspace")
    exact = dtypes.float64 if wanted.kind in "biuf" else dtypes.complex128
    return astype(pow(base, linspace(start, stop, num, dtype=exact, device=device, endpoint=endpoint)), wanted, copy=False)


# --- polynomials ---


@public
def roots(p: Tensor, /) -> Tensor:
    """Roots of a polynomial, by the eigenvalues of its companion matrix.

    Parameters
    ----------
    p : Tensor
        One-dimensional: the coefficients, highest power first. Integers become the default floating dtype.

    Returns
    -------
    Tensor
        Complex; as many as the degree without leading zeros.

    Raises
    ------
    ValueError
        If `p` is not one-dimensional.

    Notes
    -----
    Differentiable with respect to the coefficients from the first nonzero one on, where the roots differ. For two or more
    zeros at the end, which make 0 a multiple root, the gradient is 0.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.roots(xp.asarray([1.0, -3.0, 2.0]))
    tensor([2.+0.j, 1.+0.j])
    """
    check_tensor(p, "roots", "p")
    if p.ndim != 1:
        raise ValueError(f"roots(): the coefficients must be one-dimensional, got {p.ndim} dimensions")
    if p.dtype.kind in "biu":
        p = astype(p, dtypes.get_default_dtype())
    (places,) = nonzero(p.detach())
    if not places.shape[0]:
        return zeros(0, dtype=dtypes.COMPLEX_OF[p.dtype], device=p.device)
    first, last = int(places[0]), int(places[-1])
    if p.requires_grad and last == p.shape[0] - 2 and first < last:
        # A simple root at 0, which moves with the last coefficient: it is found with the others, and put in their order.
        found, order = _eigenvalues_of(p[first:]), roots(p.detach())
        return take(found, argmin(magnitude(expand_dims(order, axis=1) - found.detach()), axis=1))
    zeros_behind = p.shape[0] - 1 - last
    p = p[first : last + 1]
    degree = p.shape[0] - 1
    behind = zeros(zeros_behind, dtype=dtypes.COMPLEX_OF[p.dtype], device=p.device)
    return concat([_eigenvalues_of(p), behind]) if degree else behind


def _eigenvalues_of(p: Tensor) -> Tensor:
    """The roots of a polynomial whose first coefficient is not 0: the eigenvalues of its companion matrix."""
    degree = p.shape[0] - 1
    row = expand_dims(negative(p[1:]) / p[0], axis=0)
    below = eye(degree - 1, degree, dtype=p.dtype, device=p.device)
    return eigvals(concat([row, below], axis=0))
