"""Special functions, named as SciPy names them.

Unless said otherwise a function is its backend's of the same name, on NumPy that of ``scipy.special``: all but `expit`,
`logsumexp`, `log_softmax`, `sinc` and `softmax` need SciPy there (``pip install arrayad[scipy]``). Formulas of derivatives
are those of the NIST Digital Library of Mathematical Functions (https://dlmf.nist.gov), whose equations comments name;
comments also give the conventions at singular points.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, NoReturn

from .beyond import log_softmax, softmax
from .beyond import logsumexp as _logsumexp
from .creation import asarray, ones_like
from .elementwise import abs, add, equal, exp, greater, isfinite, less, log, logical_and, multiply, sign
from .manipulation import reshape
from .searching import where
from .statistical import axes_of, max, sum
from ..autograd.operation import REAL_FLOATING, differentiable, elementwise
from ..autograd.tape import TensorBase, no_grad

if TYPE_CHECKING:
    from .statistical import Axis
    from ..backends import Namespace
    from ..tensor import Tensor

__all__ = [
    "betaln",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "expit",
    "gammainc",
    "gammaincc",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "kl_div",
    "log_expit",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "rel_entr",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
]

_2_SQRTPI = 2 / math.sqrt(math.pi)
_SQRT2PI = math.sqrt(2 * math.pi)


def _series(t: Any, coefficients: list[float]) -> Any:
    """A polynomial by Horner's scheme, of the coefficient of the lowest power first."""
    out = 0 * t + coefficients[-1]
    for c in reversed(coefficients[:-1]):
        out = out * t + c
    return out


def _split(xp: Namespace, near: Any, x: Any, instead: float) -> tuple[Any, Any]:
    """`x` where it is near and 0 elsewhere, and `x` where it is not near and a number elsewhere.

    For functions that take a series near 0: of neither form is a derivative, of whatever order, ever infinite.
    """
    return xp.where(near, x, xp.zeros_like(x)), xp.where(near, xp.zeros_like(x) + instead, x)


# --- error functions and the normal distribution ---


@elementwise(namespace="special", takes=REAL_FLOATING, x=lambda xp, g, x: g * _2_SQRTPI * xp.exp(-x * x))
def erf(x: Tensor, /) -> Tensor:
    """Error function of each element: ``2/sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 on (DLMF 7.2.1).

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.special.erf(xp.asarray([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """


@elementwise(namespace="special", takes=REAL_FLOATING, x=lambda xp, g, x: -g * _2_SQRTPI * xp.exp(-x * x))
def erfc(x: Tensor, /) -> Tensor:
    """1 minus the error function of each element, exact also where that is near 1 (DLMF 7.2.2)."""


@elementwise(namespace="special", takes=REAL_FLOATING, x=lambda xp, g, x, out: g * (2 * x * out - _2_SQRTPI))
def erfcx(x: Tensor, /) -> Tensor:
    """``exp(x**2) * erfc(x)`` of each element, without underflow between (DLMF 7.2.3 at an imaginary argument)."""


@elementwise(namespace="special", takes=REAL_FLOATING, x=lambda xp, g, out: g / _2_SQRTPI * xp.exp(out * out))
def erfinv(x: Tensor, /) -> Tensor:
    """Inverse of the error function of each element, from ``[-1, 1]``; NaN outside of it (DLMF 7.17.1)."""


@elementwise(namespace="special", takes=REAL_FLOATING, x=lambda xp, g, x: g / _SQRT2PI * xp.exp(-x * x / 2))
def ndtr(x: Tensor, /) -> Tensor:
    """Cumulative distribution function of the standard normal distribution at each element."""


def _log_ndtr_rule(xp: Namespace, g: Any, x: Any, out: Any) -> Any:
    # Density over distribution function. To the left both underflow, and erfcx has their quotient; to the right erfcx
    # overflows.
    right = x > 0
    high, low = _split(xp, right, x, 0.0)
    above = xp.exp(-high * high / 2 - xp.where(right, out, xp.zeros_like(out))) / _SQRT2PI
    return g * xp.where(right, above, math.sqrt(2 / math.pi) / xp.special.erfcx(-low / math.sqrt(2)))


@elementwise(namespace="special", takes=REAL_FLOATING, x=_log_ndtr_rule)
def log_ndtr(x: Tensor, /) -> Tensor:
    """Logarithm of `ndtr` of each element, exact also where that underflows."""


@elementwise(namespace="special", takes=REAL_FLOATING, x=lambda xp, g, out: g * _SQRT2PI * xp.exp(out * out / 2))
def ndtri(x: Tensor, /) -> Tensor:
    """Inverse of `ndtr` of each element: quantiles of the standard normal distribution; NaN outside of ``[0, 1]``."""


# --- gamma functions ---


@elementwise(namespace="special", takes=REAL_FLOATING, grad_name="Lgamma", x=lambda xp, g, x: g * xp.special.digamma(x))
def gammaln(x: Tensor, /) -> Tensor:
    """Logarithm of the absolute value of the gamma function of each element (DLMF 5.2.1)."""


@elementwise(namespace="special", takes=REAL_FLOATING, x=lambda xp, g, x: g * xp.special.polygamma(1, x))
def digamma(x: Tensor, /) -> Tensor:
    """Logarithmic derivative of the gamma function at each element, also ``psi`` (DLMF 5.2.2)."""


psi = digamma


@differentiable(takes=REAL_FLOATING, x=lambda xp, g, x, n: g * xp.special.polygamma(n + 1, x))
def _polygamma(xp: Namespace, x: Tensor, /, n: int) -> Tensor:
    return xp.special.polygamma(n, x)


def polygamma(n: int, x: Tensor, /) -> Tensor:
    """Derivative of order `n` of `digamma` at each element (DLMF 5.15.1).

    Parameters
    ----------
    n : int
        Not negative; 0 gives `digamma` itself.
    x : Tensor
        Real floating-point; integers and booleans become the default floating dtype.

    Raises
    ------
    ValueError
        For a negative order.

    Notes
    -----
    Differentiable with respect to `x`.
    """
    n = operator.index(n)
    if n < 0:
        raise ValueError(f"polygamma(): the order must not be negative, got {n}")
    return _polygamma(x, n)


@elementwise(
    namespace="special",
    takes=REAL_FLOATING,
    x1=lambda xp, g, x1, x2: g * (xp.special.digamma(x1) - xp.special.digamma(x1 + x2)),
    x2=lambda xp, g, x1, x2: g * (xp.special.digamma(x2) - xp.special.digamma(x1 + x2)),
)
def betaln(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Logarithm of the absolute value of the beta function of the elements of two tensors (DLMF 5.12.1)."""


def _no_rule_for_shape(xp: Namespace, g: Any) -> NoReturn:
    raise NotImplementedError(
        "gammainc(), gammaincc(): the derivative with respect to the first argument, which has no closed form, is not "
        "implemented; detach() it if it is not wanted"
    )


def _gamma_density(xp: Namespace, x1: Any, x2: Any) -> Any:
    # DLMF 8.8.13, x2**(x1 - 1) * exp(-x2) / gamma(x1), by logarithms, since both factors may be beyond the dtype; at 0,
    # where a derivative of the logarithm would be infinite, as it stands; at infinity, where there would be inf - inf, 0.
    zero, infinite = x2 == 0, xp.isinf(x2)
    one = xp.ones_like(x2)
    x2, at_zero = xp.where(zero | infinite, one, x2), xp.where(zero, x2, one)
    log_gamma = xp.special.gammaln(x1)
    density = xp.exp((x1 - 1) * xp.log(x2) - x2 - log_gamma)
    density = xp.where(zero, at_zero ** (x1 - 1) * xp.exp(-at_zero - log_gamma), density)
    return xp.where(infinite, xp.zeros_like(density), density)


@elementwise(
    namespace="special",
    takes=REAL_FLOATING,
    x1=_no_rule_for_shape,
    x2=lambda xp, g, x1, x2: g * _gamma_density(xp, x1, x2),
)
def gammainc(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Regularized lower incomplete gamma function ``P(x1, x2)`` of the elements of two tensors (DLMF 8.2.4).

    The derivative with respect to ``x1`` is not implemented: asking for it raises NotImplementedError.
    """


@elementwise(
    namespace="special",
    takes=REAL_FLOATING,
    x1=_no_rule_for_shape,
    x2=lambda xp, g, x1, x2: -g * _gamma_density(xp, x1, x2),
)
def gammaincc(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Regularized upper incomplete gamma function ``Q(x1, x2)`` of the elements of two tensors (DLMF 8.2.4).

    The derivative with respect to ``x1`` is not implemented: asking for it raises NotImplementedError.
    """


# --- Bessel functions ---

# DLMF 10.25.2 for order 1, over x and in powers of x**2 / 4: exact to double precision for |x| < 1.
_I1_OVER_X = [0.5 / (math.factorial(k) * math.factorial(k + 1)) for k in range(10)]


def _i1_over_x(xp: Namespace, x: Any) -> Any:
    near, far = _split(xp, xp.abs(x) < 1, x, 1.0)
    return xp.where(xp.abs(x) < 1, _series(near * near / 4, _I1_OVER_X), xp.special.i1(far) / far)


def _i1e_over_x(xp: Namespace, x: Any) -> Any:
    near, far = _split(xp, xp.abs(x) < 1, x, 1.0)
    series = _series(near * near / 4, _I1_OVER_X) * xp.exp(-xp.abs(near))
    return xp.where(xp.abs(x) < 1, series, xp.special.i1e(far) / far)


# Derivatives: DLMF 10.29.2 and 10.29.3. Those of the scaled functions have a kink at 0; there, the mean of both sides.
@elementwise(namespace="special", takes=REAL_FLOATING, x=lambda xp, g, x: g * xp.special.i1(x))
def i0(x: Tensor, /) -> Tensor:
    """Modified Bessel function of the first kind and order 0 of each element (DLMF 10.25.2)."""


@elementwise(namespace="special", takes=REAL_FLOATING, x=lambda xp, g, x, out: g * (xp.special.i1e(x) - xp.sign(x) * out))
def i0e(x: Tensor, /) -> Tensor:
    """``exp(-abs(x)) * i0(x)`` of each element, without overflow between."""


@elementwise(namespace="special", takes=REAL_FLOATING, x=lambda xp, g, x: g * (xp.special.i0(x) - _i1_over_x(xp, x)))
def i1(x: Tensor, /) -> Tensor:
    """Modified Bessel function of the first kind and order 1 of each element (DLMF 10.25.2)."""


@elementwise(
    namespace="special",
    takes=REAL_FLOATING,
    x=lambda xp, g, x, out: g * (xp.special.i0e(x) - xp.sign(x) * out - _i1e_over_x(xp, x)),
)
def i1e(x: Tensor, /) -> Tensor:
    """``exp(-abs(x)) * i1(x)`` of each element, without overflow between."""


# --- logistic functions ---


@elementwise(namespace="special", takes=REAL_FLOATING, grad_name="Sigmoid", x=lambda xp, g, out: g * out * (1 - out))
def expit(x: Tensor, /) -> Tensor:
    """The logistic function ``1 / (1 + exp(-x))`` of each element, also `arrayad.sigmoid`; it needs no SciPy.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.special.expit(xp.asarray([-xp.inf, 0.0, 1.0]))
    tensor([0.0000, 0.5000, 0.7311])
    """


@elementwise(namespace="special", takes=REAL_FLOATING, x=lambda xp, g, x: g / (x * (1 - x)))
def logit(x: Tensor, /) -> Tensor:
    """Inverse of `expit` of each element: ``log(x / (1 - x))``; NaN outside of ``[0, 1]``."""


@elementwise(namespace="special", takes=REAL_FLOATING, grad_name="LogSigmoid", x=lambda xp, g, x: g * xp.special.expit(-x))
def log_expit(x: Tensor, /) -> Tensor:
    """Logarithm of `expit` of each element, exact also where that underflows."""


# --- entropies: 0 log 0 is 0, and the derivatives there, be they infinite, are taken as 0, so that terms of probability 0
# send nothing ---


def _log_where(xp: Namespace, good: Any, x: Any) -> Any:
    """The logarithm where it is looked at, 0 elsewhere."""
    return xp.log(xp.where(good, x, xp.ones_like(x)))


@elementwise(
    namespace="special",
    takes=REAL_FLOATING,
    x1=lambda xp, g, x1, x2: g * _log_where(xp, (x1 != 0) | (x2 > 0), x2),
    x2=lambda xp, g, x1, x2: g * x1 / xp.where((x1 == 0) & (x2 == 0), xp.ones_like(x2), x2),
)
def xlogy(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """``x1 * log(x2)`` of the elements of two tensors, 0 where ``x1`` is, also at ``log(0)``.

    Where both are 0, so are the derivatives.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.special.xlogy(xp.asarray([0.0, 2.0]), xp.asarray([0.0, 1.0]))
    tensor([0., 0.])
    """


@elementwise(
    namespace="special",
    takes=REAL_FLOATING,
    x1=lambda xp, g, x1, x2: g * xp.log1p(xp.where((x1 != 0) | (x2 > -1), x2, xp.zeros_like(x2))),
    x2=lambda xp, g, x1, x2: g * x1 / xp.where((x1 == 0) & (x2 == -1), xp.ones_like(x2), 1 + x2),
)
def xlog1py(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """``x1 * log1p(x2)`` of the elements of two tensors, 0 where ``x1`` is, also at ``log1p(-1)``.

    Where ``x1`` is 0 and ``x2`` is -1, so are the derivatives.
    """


@elementwise(
    namespace="special",
    takes=REAL_FLOATING,
    x=lambda xp, g, x: xp.where(x > 0, -g * (1 + _log_where(xp, x > 0, x)), xp.zeros_like(g)),
)
def entr(x: Tensor, /) -> Tensor:
    """``-x * log(x)`` of each element, a term of an entropy: 0 at 0, ``-inf`` for negative elements.

    At 0 the derivative, which is infinite, is taken as 0.
    """


def _log_ratio(xp: Namespace, x1: Any, x2: Any) -> Any:
    good = (x1 > 0) & (x2 > 0)
    return _log_where(xp, good, x1) - _log_where(xp, good, x2)


def _ratio(xp: Namespace, x1: Any, x2: Any) -> Any:
    good = (x1 > 0) & (x2 > 0)
    return xp.where(good, x1, xp.zeros_like(x1)) / xp.where(good, x2, xp.ones_like(x2))


@elementwise(
    namespace="special",
    takes=REAL_FLOATING,
    x1=lambda xp, g, x1, x2: xp.where((x1 > 0) & (x2 > 0), g * (_log_ratio(xp, x1, x2) + 1), xp.zeros_like(g)),
    x2=lambda xp, g, x1, x2: -g * _ratio(xp, x1, x2),
)
def rel_entr(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """``x1 * log(x1 / x2)`` of the elements of two tensors, a term of a relative entropy.

    It is 0 where ``x1`` is 0 and ``x2`` not negative, and ``inf`` where it has no value; there the derivatives are 0.
    """


@elementwise(
    namespace="special",
    takes=REAL_FLOATING,
    x1=lambda xp, g, x1, x2: g * _log_ratio(xp, x1, x2),
    x2=lambda xp, g, x1, x2: xp.where((x1 >= 0) & (x2 >= 0), g * (1 - _ratio(xp, x1, x2)), xp.zeros_like(g)),
)
def kl_div(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """``x1 * log(x1 / x2) - x1 + x2`` of the elements of two tensors, a term of a Kullback-Leibler divergence.

    It is ``x2`` where ``x1`` is 0 and ``x2`` not negative, where the derivative with respect to ``x1`` is taken as 0, and
    ``inf`` where it has no value, where both are. (PyTorch's ``kl_div`` is another function, of logarithms.)
    """


# --- others ---

# The derivative of sin(u)/u over u, in powers of u**2: exact to double precision for |u| < 1.
_SINC_SLOPE = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 11)]


def _sinc_rule(xp: Namespace, g: Any, x: Any) -> Any:
    u = math.pi * x
    near, far = _split(xp, xp.abs(u) < 1, u, 1.0)
    slope = (xp.cos(far) - xp.sin(far) / far) / far
    return g * math.pi * xp.where(xp.abs(u) < 1, near * _series(near * near, _SINC_SLOPE), slope)


@elementwise(namespace="special", takes=REAL_FLOATING, x=_sinc_rule)
def sinc(x: Tensor, /) -> Tensor:
    """``sin(pi * x) / (pi * x)`` of each element, 1 at 0; it needs no SciPy."""


def logsumexp(
    a: Tensor, axis: Axis = None, b: Tensor | float | None = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """Logarithm of the sum of exponentials over axes, without overflow between, in SciPy's form; it needs no SciPy.

    Parameters
    ----------
    a : Tensor
        Real floating-point; integers and booleans become the default floating dtype.
    axis : int, tuple of int or None, optional
        None is all.
    b : Tensor, number or None, optional
        Factors of the exponentials, of a shape that broadcasts with that of `a`; they may be negative or 0.
    keepdims : bool, optional
        Keep the reduced axes, with length 1.
    return_sign : bool, optional
        Give the sign of the sum too, and the logarithm of its absolute value.

    Returns
    -------
    Tensor or tuple of Tensor
        The logarithm: NaN where the sum is negative and its sign not asked for. With `return_sign`, logarithm and sign.

    Notes
    -----
    Differentiable in `a` and `b`; where the sum is 0 the gradient is 0.
    """
    if b is None:
        out = _logsumexp(a, axis, keepdims)
        return (out, where(isfinite(out), 1.0, sign(exp(out)))) if return_sign else out
    a = add(a, 0.0)
    factors: Any = b if isinstance(b, TensorBase) else asarray(b, dtype=a.dtype, device=a.device)
    a, factors = a * ones_like(factors, dtype=a.dtype), factors * ones_like(a)
    unused = equal(factors, 0)
    with no_grad():  # the derivatives of the shift cancel
        top = max(where(unused, -math.inf, a), axis=axis, keepdims=True)
        top = where(isfinite(top), top, 0.0)
    # What does not count must not overflow either.
    a = where(logical_and(unused, greater(a - top, 80.0)), -math.inf, a)
    total = sum(multiply(factors, exp(a - top)), axis=axis, keepdims=True)
    nothing = equal(total, 0)
    out = where(nothing, -math.inf, log(abs(where(nothing, 1.0, total))) + top)
    if not return_sign:
        out = where(less(total, 0), math.nan, out)
    axes = axes_of(axis, a.ndim)
    shape = tuple(total.shape) if keepdims else tuple(n for i, n in enumerate(total.shape) if i not in axes)
    return (reshape(out, shape), reshape(sign(total), shape)) if return_sign else reshape(out, shape)
