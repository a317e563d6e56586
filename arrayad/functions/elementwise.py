"""Elementwise functions.

Unless noted otherwise, a function is its backend's of the same name, so a declaration consists of the accepted dtypes, a
rule for each argument, and a docstring, to which the declaration adds the sections that follow from it. Formulas of
derivatives are in any calculus text (Abramowitz & Stegun, chapter 4); comments give the conventions at singular points.
"""

from __future__ import annotations

import builtins
import math
from typing import TYPE_CHECKING, Any

from ..autograd.calls import promote
from ..autograd.operation import (
    ANY,
    COMPLEX,
    FLOATING,
    INTEGER,
    INTEGER_OR_BOOLEAN,
    NUMERIC,
    NUMERIC_OR_BOOLEAN,
    REAL,
    REAL_FLOATING,
    REAL_OR_BOOLEAN,
    differentiable,
    elementwise,
)
from ..dtypes import as_dtype, default_dtype_for, limits

if TYPE_CHECKING:
    from ..backends import Namespace
    from ..tensor import Tensor

__all__ = [
    "abs",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "ceil",
    "clip",
    "conj",
    "copysign",
    "cos",
    "cosh",
    "divide",
    "equal",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "hypot",
    "imag",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "nextafter",
    "not_equal",
    "positive",
    "pow",
    "real",
    "reciprocal",
    "remainder",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "trunc",
]

# On rules: NumPy computes `g * (c * f(x))` in the memory of `f(x)`, and allocates new memory for `g * c * f(x)`.

_BOOLEAN_OUTPUT = "its output is boolean"
_INTEGER_OUTPUT = "its output is of integers or booleans"


def zero_rule(xp: Namespace, g: Any) -> Any:
    """The rule of step functions, whose derivative is zero where it exists; as in PyTorch, it is zero at the steps too."""
    return xp.zeros_like(g)


def kept(xp: Namespace, condition: Any, g: Any) -> Any:
    """`g` where a condition holds, 0 elsewhere, even if `g` is infinite or NaN there."""
    return xp.where(condition, g, xp.zeros((), dtype=g.dtype, device=g.device))


def or_infinite(xp: Namespace, x: Any) -> Any:
    """`x` with infinity in place of zeros: a quotient by it is 0 there, and so are its derivatives."""
    return xp.where(x == 0, xp.full((), math.inf, dtype=x.dtype, device=x.device), x)


# Complex: d|z| along dz is Re(conj(sign z) dz), so backward is g * sign(z). At 0, the subgradient is 0.
@elementwise(takes=NUMERIC, conjugate=False, x=lambda xp, g, x: g * xp.sign(x))
def abs(x: Tensor, /) -> Tensor:
    """Absolute value of each element.

    At 0 the gradient is the subgradient 0.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.abs(xp.asarray([-1.5, 2.0]))
    tensor([1.5000, 2.0000])
    """


# Derivatives of the inverse functions in factored form: squares would overflow, and lose the part of `x` that is small
# beside 1. For complex numbers they are products of roots, for the branch cuts, and 1 is subtracted, for the signs of zeros,
# which select the side of a cut.


def _is_complex(x: Any) -> bool:
    return as_dtype(x.dtype).kind == "c"


def _root(xp: Namespace, x: Any) -> Any:
    """``sqrt(1 - x**2)``."""
    return xp.sqrt(-(x - 1)) * xp.sqrt(x - (-1)) if _is_complex(x) else xp.sqrt((1 - x) * (1 + x))


@elementwise(takes=FLOATING, x=lambda xp, g, x: -g / _root(xp, x))
def acos(x: Tensor, /) -> Tensor:
    """Principal value of the inverse cosine of each element, in radians."""


@elementwise(takes=FLOATING, x=lambda xp, g, x: g / (xp.sqrt(x - 1) * xp.sqrt(x - (-1))))
def acosh(x: Tensor, /) -> Tensor:
    """Principal value of the inverse hyperbolic cosine of each element."""


@elementwise(takes=NUMERIC_OR_BOOLEAN, x1=lambda xp, g: g, x2=lambda xp, g: g)
def add(x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Sum of the elements of two tensors.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.add(xp.asarray([1, 2]), 3)
    tensor([4, 5])
    """


@elementwise(takes=FLOATING, x=lambda xp, g, x: g / _root(xp, x))
def asin(x: Tensor, /) -> Tensor:
    """Principal value of the inverse sine of each element, in radians."""


def _asinh(xp: Namespace, g: Any, x: Any) -> Any:
    if _is_complex(x):
        return g / (xp.sqrt(1 + 1j * x) * xp.sqrt(1 - 1j * x))
    return g / xp.hypot(x, xp.ones((), dtype=x.dtype, device=x.device))


@elementwise(takes=FLOATING, x=_asinh)
def asinh(x: Tensor, /) -> Tensor:
    """Inverse hyperbolic sine of each element."""


def _atan(xp: Namespace, g: Any, x: Any) -> Any:
    return g / (1 + 1j * x) / (1 - 1j * x) if _is_complex(x) else g / (1 + x * x)


@elementwise(takes=FLOATING, x=_atan)
def atan(x: Tensor, /) -> Tensor:
    """Principal value of the inverse tangent of each element, in radians."""


def _atan2_slope(xp: Namespace, x: Any, other: Any) -> Any:
    """``x / (x**2 + other**2)``, whose squares may be out of range; at the origin 0."""
    radius = or_infinite(xp, xp.hypot(x, other))
    return x / radius / radius


@elementwise(
    takes=REAL_FLOATING,
    x1=lambda xp, g, x1, x2: g * _atan2_slope(xp, x2, x1),
    x2=lambda xp, g, x1, x2: -g * _atan2_slope(xp, x1, x2),
)
def atan2(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Angle in radians of the point with coordinates ``x2`` and ``x1``, in its quadrant, in ``[-pi, pi]``.

    At the origin the gradient is 0.
    """


@elementwise(takes=FLOATING, x=lambda xp, g, x: g / (1 - x) / (1 + x))
def atanh(x: Tensor, /) -> Tensor:
    """Inverse hyperbolic tangent of each element."""


@elementwise(takes=INTEGER_OR_BOOLEAN, reason=_INTEGER_OUTPUT)
def bitwise_and(x1: Tensor | int, x2: Tensor | int, /) -> Tensor:
    """Bitwise AND of the elements of two tensors."""


@elementwise(takes=INTEGER, reason=_INTEGER_OUTPUT)
def bitwise_left_shift(x1: Tensor | int, x2: Tensor | int, /) -> Tensor:
    """Bits of each element of ``x1`` shifted left by the element of ``x2``.

    The standard requires shift counts that are not negative. They are not checked, which would take a separate pass; for
    negative ones NumPy returns 0.
    """


@elementwise(takes=INTEGER_OR_BOOLEAN, reason=_INTEGER_OUTPUT)
def bitwise_invert(x: Tensor, /) -> Tensor:
    """Bitwise NOT of each element."""


@elementwise(takes=INTEGER_OR_BOOLEAN, reason=_INTEGER_OUTPUT)
def bitwise_or(x1: Tensor | int, x2: Tensor | int, /) -> Tensor:
    """Bitwise OR of the elements of two tensors."""


@elementwise(takes=INTEGER, reason=_INTEGER_OUTPUT)
def bitwise_right_shift(x1: Tensor | int, x2: Tensor | int, /) -> Tensor:
    """Bits of each element of ``x1`` shifted right by the element of ``x2``, keeping the sign.

    The standard requires shift counts that are not negative. They are not checked, which would take a separate pass; for
    negative ones NumPy returns 0, or -1 where the element is negative.
    """


@elementwise(takes=INTEGER_OR_BOOLEAN, reason=_INTEGER_OUTPUT)
def bitwise_xor(x1: Tensor | int, x2: Tensor | int, /) -> Tensor:
    """Bitwise exclusive OR of the elements of two tensors."""


@elementwise(takes=REAL, x=zero_rule)
def ceil(x: Tensor, /) -> Tensor:
    """Smallest integer not less than each element, in the element's dtype.

    The gradient is 0, at the steps too.
    """


def _inside(x: Any, min: Any, max: Any) -> Any:
    inside = x == x
    if min is not None:
        inside = inside & (x >= min)
    return inside if max is None else inside & (x <= max)


def _below(x: Any, min: Any, max: Any) -> Any:
    return x < min if max is None else (x < min) & (min <= max)


def _above(x: Any, min: Any, max: Any) -> Any:
    return x > max if min is None else (x > max) | ((x < min) & (max < min))


@differentiable(
    takes=REAL,
    grad_name="Clamp",
    # On a bound itself the gradient goes to x, as in PyTorch.
    x=lambda xp, g, x, min, max: kept(xp, _inside(x, min, max), g),
    min=lambda xp, g, x, min, max: kept(xp, _below(x, min, max), g),
    max=lambda xp, g, x, min, max: kept(xp, _above(x, min, max), g),
    used={
        "x": lambda xp, used, x, min, max: used & _inside(x, min, max),
        "min": lambda xp, used, x, min, max: used & _below(x, min, max),
        "max": lambda xp, used, x, min, max: used & _above(x, min, max),
    },
)
def clip(xp: Namespace, x: Tensor, /, min: Tensor | float | None = None, max: Tensor | float | None = None) -> Tensor:
    """Limit each element to ``[min, max]``: elements outside are replaced by the nearer bound.

    Parameters
    ----------
    x : Tensor
        Real-valued.
    min, max : Tensor, number or None
        Bounds that broadcast with `x`, cast to its dtype; only a bound of a higher kind (floating for an integer `x`)
        changes the dtype. None means no bound. Where ``min > max`` the result is `max`.

    Returns
    -------
    Tensor
        Of the broadcast shape.

    Raises
    ------
    TypeError
        For complex or boolean `x`.

    Notes
    -----
    Differentiable in all three; on a bound itself the gradient goes to `x`.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.clip(xp.arange(6), 1, 4)
    tensor([1, 1, 2, 3, 4, 4])
    """
    rank = as_dtype(x.dtype).rank
    if (min is not None and _rank(min) > rank) or (max is not None and _rank(max) > rank):
        x = promote(xp, x, *[bound for bound in (min, max) if bound is not None])[0]
    low = None if min is None else _bound(xp, min, x)
    high = None if max is None else _bound(xp, max, x)
    if low is not None and low.ndim == 0 and (high is None or high.ndim == 0):
        return xp.clip(x, low, high)
    out = x
    if low is not None:
        out = xp.maximum(out, low)
    if high is not None:
        out = xp.minimum(out, high)
    return xp.asarray(x, copy=True) if out is x else out


def _rank(x: Any) -> int:
    return (default_dtype_for(type(x)) if isinstance(x, (int, float)) else as_dtype(x.dtype)).rank


def _bound(xp: Namespace, bound: Any, x: Any) -> Any:
    """A bound in the dtype of `x`; one out of the range of an integer dtype becomes that dtype's own limit."""
    dtype = as_dtype(x.dtype)
    whole = dtype.kind in "iu"
    low, high = limits(dtype) if whole else (0, 0)
    if isinstance(bound, (int, float)):
        return xp.scalar(builtins.min(builtins.max(bound, low), high) if whole else bound, x)
    have = as_dtype(bound.dtype)
    if whole and have is not dtype and have.kind in "iu":
        least, greatest = limits(have)
        if least < low:
            bound = xp.maximum(bound, xp.asarray(low, dtype=bound.dtype, device=bound.device))
        if greatest > high:
            bound = xp.minimum(bound, xp.asarray(high, dtype=bound.dtype, device=bound.device))
    return xp.astype(bound, x.dtype, copy=False)


@elementwise(takes=NUMERIC, conjugate=False, x=lambda xp, g: xp.conj(g))
def conj(x: Tensor, /) -> Tensor:
    """Complex conjugate of each element; real elements are unchanged."""


# sign(x1) sign(x2) is computed from x1 and the output, and so is 0 at x1 = 0, as in PyTorch.
@elementwise(takes=REAL_FLOATING, x1=lambda xp, g, x1, out: g * xp.sign(x1) * xp.sign(out), x2=zero_rule)
def copysign(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Magnitude of each element of ``x1`` with the sign of the element of ``x2``.

    At ``x1 = 0`` the gradient is 0.
    """


@elementwise(takes=FLOATING, x=lambda xp, g, x: g * -xp.sin(x))
def cos(x: Tensor, /) -> Tensor:
    """Cosine of each element, in radians."""


@elementwise(takes=FLOATING, x=lambda xp, g, x: g * xp.sinh(x))
def cosh(x: Tensor, /) -> Tensor:
    """Hyperbolic cosine of each element."""


@elementwise(
    takes=FLOATING,
    grad_name="Div",
    x1=lambda xp, g, x2: g / x2,
    x2=lambda xp, g, x2, out: -g * out / x2,
)
def divide(x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Quotient of the elements of two tensors.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.divide(xp.asarray([1, 2]), 4)
    tensor([0.2500, 0.5000])
    """


@elementwise(takes=ANY, reason=_BOOLEAN_OUTPUT, compares=True)
def equal(x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Whether the elements of two tensors are equal."""


@elementwise(takes=FLOATING, x=lambda xp, g, out: g * out)
def exp(x: Tensor, /) -> Tensor:
    """Exponential of each element.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.zeros(2, requires_grad=True)
    >>> xp.exp(x)
    tensor([1., 1.], grad_fn=<ExpBackward0>)
    """


@elementwise(takes=FLOATING, x=lambda xp, g, out: g * (out + 1))
def expm1(x: Tensor, /) -> Tensor:
    """Exponential of each element minus 1, accurate even near 0."""


@elementwise(takes=REAL, x=zero_rule)
def floor(x: Tensor, /) -> Tensor:
    """Greatest integer not greater than each element, in the element's dtype.

    The gradient is 0, at the steps too.
    """


@elementwise(takes=REAL, x1=zero_rule, x2=zero_rule)
def floor_divide(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Greatest integer not greater than the quotient of the elements of two tensors.

    The gradient is 0, at the steps too.
    """


@elementwise(takes=REAL_OR_BOOLEAN, reason=_BOOLEAN_OUTPUT, compares=True)
def greater(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Whether the element of ``x1`` is greater than that of ``x2``."""


@elementwise(takes=REAL_OR_BOOLEAN, reason=_BOOLEAN_OUTPUT, compares=True)
def greater_equal(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Whether the element of ``x1`` is greater than or equal to that of ``x2``."""


@elementwise(
    takes=REAL_FLOATING,
    x1=lambda xp, g, x1, out: g * x1 / or_infinite(xp, out),  # at the origin, the subgradient 0
    x2=lambda xp, g, x2, out: g * x2 / or_infinite(xp, out),
)
def hypot(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Length of the hypotenuse of right triangles with the given legs, without intermediate overflow.

    At the origin the gradient is the subgradient 0.
    """


@elementwise(takes=COMPLEX, conjugate=False, view=True, x=lambda xp, g: g * 1j)
def imag(x: Tensor, /) -> Tensor:
    """Imaginary part of each element, as a view."""


@elementwise(takes=ANY, reason=_BOOLEAN_OUTPUT)
def isfinite(x: Tensor, /) -> Tensor:
    """Whether each element is finite: neither infinite nor NaN."""


@elementwise(takes=ANY, reason=_BOOLEAN_OUTPUT)
def isinf(x: Tensor, /) -> Tensor:
    """Whether each element is infinite, of either sign or, complex, in either part."""


@elementwise(takes=ANY, reason=_BOOLEAN_OUTPUT)
def isnan(x: Tensor, /) -> Tensor:
    """Whether each element is NaN or, complex, has a NaN part."""


@elementwise(takes=REAL_OR_BOOLEAN, reason=_BOOLEAN_OUTPUT, compares=True)
def less(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Whether the element of ``x1`` is less than that of ``x2``."""


@elementwise(takes=REAL_OR_BOOLEAN, reason=_BOOLEAN_OUTPUT, compares=True)
def less_equal(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Whether the element of ``x1`` is less than or equal to that of ``x2``."""


@elementwise(takes=FLOATING, x=lambda xp, g, x: g / x)
def log(x: Tensor, /) -> Tensor:
    """Natural logarithm of each element."""


@elementwise(takes=FLOATING, x=lambda xp, g, x: g / (1 + x))
def log1p(x: Tensor, /) -> Tensor:
    """Natural logarithm of 1 plus each element, accurate even near 0."""


@elementwise(takes=FLOATING, x=lambda xp, g, x: g / x / math.log(2))
def log2(x: Tensor, /) -> Tensor:
    """Logarithm to base 2 of each element."""


@elementwise(takes=FLOATING, x=lambda xp, g, x: g / x / math.log(10))
def log10(x: Tensor, /) -> Tensor:
    """Logarithm to base 10 of each element."""


def _softmax_of_two(xp: Namespace, g: Any, mine: Any, other: Any) -> Any:
    # exp(mine - logaddexp(mine, other)) from the difference only, by an exponential that never overflows; so derivatives of
    # all orders are finite. For equal infinities the difference is 0.
    both = (mine == other) & xp.isinf(mine)
    difference = xp.where(both, xp.zeros_like(mine), mine) - xp.where(both, xp.zeros_like(mine), other)
    less = difference < 0
    ratio = xp.exp(xp.where(less, difference, -difference))
    return g * (xp.where(less, ratio, xp.ones_like(ratio)) / (1 + ratio))


@elementwise(
    takes=REAL_FLOATING,
    x1=lambda xp, g, x1, x2: _softmax_of_two(xp, g, x1, x2),
    x2=lambda xp, g, x1, x2: _softmax_of_two(xp, g, x2, x1),
)
def logaddexp(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Logarithm of the sum of exponentials of the elements of two tensors."""


@elementwise(takes=ANY, reason=_BOOLEAN_OUTPUT)
def logical_and(x1: Tensor | bool, x2: Tensor | bool, /) -> Tensor:
    """Whether both elements are true (not zero)."""


@elementwise(takes=ANY, reason=_BOOLEAN_OUTPUT)
def logical_not(x: Tensor, /) -> Tensor:
    """Whether each element is false (zero)."""


@elementwise(takes=ANY, reason=_BOOLEAN_OUTPUT)
def logical_or(x1: Tensor | bool, x2: Tensor | bool, /) -> Tensor:
    """Whether either element is true (not zero)."""


@elementwise(takes=ANY, reason=_BOOLEAN_OUTPUT)
def logical_xor(x1: Tensor | bool, x2: Tensor | bool, /) -> Tensor:
    """Whether exactly one of the two elements is true (not zero)."""


def _chosen(xp: Namespace, g: Any, chosen: Any, tied: Any) -> Any:
    """The cotangent where an element was chosen, half of it at ties (PyTorch's and JAX's convention)."""
    return xp.where(tied, g / 2, kept(xp, chosen, g))


@elementwise(
    takes=REAL_OR_BOOLEAN,
    x1=lambda xp, g, x1, x2: _chosen(xp, g, x1 > x2, x1 == x2),
    x2=lambda xp, g, x1, x2: _chosen(xp, g, x2 > x1, x1 == x2),
    used={"x1": lambda xp, used, x1, x2: used & (x1 >= x2), "x2": lambda xp, used, x1, x2: used & (x2 >= x1)},
)
def maximum(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """The greater of the elements of two tensors; NaN if either is.

    At ties each argument gets half of the gradient.
    """


@elementwise(
    takes=REAL_OR_BOOLEAN,
    x1=lambda xp, g, x1, x2: _chosen(xp, g, x1 < x2, x1 == x2),
    x2=lambda xp, g, x1, x2: _chosen(xp, g, x2 < x1, x1 == x2),
    used={"x1": lambda xp, used, x1, x2: used & (x1 <= x2), "x2": lambda xp, used, x1, x2: used & (x2 <= x1)},
)
def minimum(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """The smaller of the elements of two tensors; NaN if either is.

    At ties each argument gets half of the gradient.
    """


@elementwise(
    takes=NUMERIC_OR_BOOLEAN,
    grad_name="Mul",
    x1=lambda xp, g, x2: g * x2,
    x2=lambda xp, g, x1: g * x1,
)
def multiply(x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Product of the elements of two tensors."""


@elementwise(takes=NUMERIC, grad_name="Neg", x=lambda xp, g: -g)
def negative(x: Tensor, /) -> Tensor:
    """Each element with its sign changed."""


@elementwise(takes=REAL_FLOATING, x1=lambda xp, g: g, x2=zero_rule)
def nextafter(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """The floating-point number next to the element of ``x1`` in the direction of that of ``x2``."""


@elementwise(takes=ANY, reason=_BOOLEAN_OUTPUT, compares=True)
def not_equal(x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Whether the elements of two tensors differ."""


@elementwise(takes=NUMERIC, x=lambda xp, g: g)
def positive(x: Tensor, /) -> Tensor:
    """Each element unchanged, in new memory."""


def _pow_base(xp: Namespace, g: Any, x1: Any, x2: Any) -> Any:
    # Where the exponent is 0 the derivative is 0, even at a base of 0 or infinity.
    zero = xp.zeros_like(x2)
    constant = x2 == 0
    if getattr(x2, "requires_grad", False):  # elsewhere this derivative is itself differentiated by x2
        constant = constant & ((x1 == 0) | xp.isinf(x1))
    return g * xp.where(constant, zero, x2) * x1 ** xp.where(constant, zero, x2 - 1)


def _pow_exponent(xp: Namespace, g: Any, x1: Any, out: Any) -> Any:
    # Where the base is 0, the limit is 0 for every exponent that has one; where the power is infinite, there is none.
    limit = (x1 == 0) & xp.isfinite(out)
    return g * out * xp.log(xp.where(limit, xp.ones((), dtype=x1.dtype, device=x1.device), x1))


@elementwise(takes=NUMERIC, x1=_pow_base, x2=_pow_exponent)
def pow(x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Each element of ``x1`` to the power of the element of ``x2``.

    The gradient of the base is 0 where the exponent is 0. The gradient of the exponent is 0 where the base is 0, unless the
    power is infinite.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.pow(xp.asarray([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """


@elementwise(takes=NUMERIC, conjugate=False, view=True, x=lambda xp, g: g)
def real(x: Tensor, /) -> Tensor:
    """Real part of each element, as a view."""


@elementwise(takes=FLOATING, x=lambda xp, g, out: -g * out * out)
def reciprocal(x: Tensor, /) -> Tensor:
    """One over each element."""


@elementwise(takes=REAL, x1=lambda xp, g: g, x2=lambda xp, g, x1, x2: -g * xp.floor_divide(x1, x2))
def remainder(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Remainder of dividing the elements of two tensors, with the sign of the divisor."""


@elementwise(takes=NUMERIC, x=zero_rule)
def round(x: Tensor, /) -> Tensor:
    """Nearest integer to each element, ties to even, in the element's dtype.

    The gradient is 0, at the steps too.
    """


def _sign(xp: Namespace, g: Any, x: Any, out: Any) -> Any:
    if as_dtype(x.dtype).kind != "c":
        return xp.zeros_like(g)
    # z/|z| moves only along the unit circle: the component of g along the sign itself is lost. It multiplies by the
    # reciprocal, which is real: CuPy's quotient by an infinite complex number is NaN.
    return (g - out * xp.real(xp.conj(out) * g)) * (1 / or_infinite(xp, xp.abs(x)))


@elementwise(takes=NUMERIC, grad_name="Sgn", conjugate=False, x=_sign)
def sign(x: Tensor, /) -> Tensor:
    """Sign of each element: -1, 0 or 1, NaN for NaN; for a complex number, the number divided by its magnitude.

    The gradient of a real tensor is 0, at 0 too.
    """


@elementwise(takes=REAL_FLOATING, reason=_BOOLEAN_OUTPUT)
def signbit(x: Tensor, /) -> Tensor:
    """Whether the sign bit of each element is set, as for -0."""


@elementwise(takes=FLOATING, x=lambda xp, g, x: g * xp.cos(x))
def sin(x: Tensor, /) -> Tensor:
    """Sine of each element, in radians."""


@elementwise(takes=FLOATING, x=lambda xp, g, x: g * xp.cosh(x))
def sinh(x: Tensor, /) -> Tensor:
    """Hyperbolic sine of each element."""


@elementwise(takes=NUMERIC, x=lambda xp, g, x: 2 * g * x)
def square(x: Tensor, /) -> Tensor:
    """Square of each element."""


@elementwise(takes=FLOATING, x=lambda xp, g, out: g / 2 / out)
def sqrt(x: Tensor, /) -> Tensor:
    """Principal square root of each element."""


@elementwise(takes=NUMERIC, grad_name="Sub", x1=lambda xp, g: g, x2=lambda xp, g: -g)
def subtract(x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Difference of the elements of two tensors."""


@elementwise(takes=FLOATING, x=lambda xp, g, out: g * (1 + out * out))
def tan(x: Tensor, /) -> Tensor:
    """Tangent of each element, in radians."""


@elementwise(takes=FLOATING, x=lambda xp, g, out: g * (1 - out * out))
def tanh(x: Tensor, /) -> Tensor:
    """Hyperbolic tangent of each element."""


@elementwise(takes=REAL, x=zero_rule)
def trunc(x: Tensor, /) -> Tensor:
    """Each element rounded toward zero, in the element's dtype.

    The gradient is 0, at the steps too.
    """
