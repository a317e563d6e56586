"""Special functions, named as SciPy names them.

Unless noted otherwise, a function is its backend's of the same name, on NumPy that of ``scipy.special``: all but `cbrt`,
`exp2`, `expit`, `logsumexp`, `log_softmax`, `sinc` and `softmax` require SciPy there (``pip install scipy``). Formulas of
derivatives are from the NIST Digital Library of Mathematical Functions (https://dlmf.nist.gov); comments cite its equations
and give the conventions at singular points.
"""

from __future__ import annotations

import functools
import math
import operator
from typing import TYPE_CHECKING, Any, NoReturn

from .beyond import log_softmax, softmax
from .beyond import logsumexp as _logsumexp
from .creation import asarray, number_of, ones_like
from .data_types import check_tensor, finfo
from .declaring import special
from .distributions import (
    bdtr,
    bdtrc,
    bdtri,
    betainc,
    betaincc,
    betaincinv,
    chdtr,
    chdtrc,
    chdtri,
    fdtr,
    fdtrc,
    fdtri,
    gammainc,
    gammaincc,
    gammainccinv,
    gammaincinv,
    gdtr,
    gdtrc,
    nbdtr,
    nbdtrc,
    nbdtri,
    pdtr,
    pdtrc,
    pdtri,
    stdtr,
    stdtrit,
)
from .elementwise import (
    abs,
    add,
    equal,
    exp,
    greater,
    isfinite,
    kept,
    less,
    less_equal,
    log,
    logical_and,
    multiply,
    or_infinite,
    sign,
    subtract,
    zero_rule,
)
from .manipulation import reshape
from .searching import where
from .statistical import axes_of, max, sum
from .utility import any
from ..autograd.modes import no_grad
from ..autograd.operation import public
from ..autograd.tape import TensorBase
from ..backends import backend_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .statistical import Axis
    from ..backends import Namespace
    from ..tensor import Tensor

__all__ = [
    "bdtr",
    "bdtrc",
    "bdtri",
    "beta",
    "betainc",
    "betaincc",
    "betaincinv",
    "betaln",
    "binom",
    "boxcox",
    "boxcox1p",
    "cbrt",
    "chdtr",
    "chdtrc",
    "chdtri",
    "cosdg",
    "cosm1",
    "cotdg",
    "digamma",
    "ellipe",
    "ellipk",
    "ellipkm1",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp1",
    "exp2",
    "exp10",
    "expi",
    "expit",
    "expn",
    "exprel",
    "fdtr",
    "fdtrc",
    "fdtri",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammainccinv",
    "gammaincinv",
    "gammaln",
    "gammasgn",
    "gdtr",
    "gdtrc",
    "huber",
    "hyp1f1",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "inv_boxcox",
    "inv_boxcox1p",
    "j0",
    "j1",
    "k0",
    "k0e",
    "k1",
    "k1e",
    "kl_div",
    "log_expit",
    "log_ndtr",
    "log_softmax",
    "loggamma",
    "logit",
    "logsumexp",
    "lpmv",
    "multigammaln",
    "nbdtr",
    "nbdtrc",
    "nbdtri",
    "ndtr",
    "ndtri",
    "pdtr",
    "pdtrc",
    "pdtri",
    "poch",
    "polygamma",
    "pseudo_huber",
    "psi",
    "radian",
    "rel_entr",
    "rgamma",
    "sinc",
    "sindg",
    "softmax",
    "spence",
    "stdtr",
    "stdtrit",
    "tandg",
    "xlog1py",
    "xlogy",
    "y0",
    "y1",
    "yn",
    "zeta",
    "zetac",
]

_2_SQRTPI = 2 / math.sqrt(math.pi)
_SQRT2PI = math.sqrt(2 * math.pi)
_DEGREE = math.pi / 180


def _series(t: Any, coefficients: list[float]) -> Any:
    """A polynomial by Horner's scheme, with the coefficient of the lowest power first."""
    out = 0 * t + coefficients[-1]
    for c in reversed(coefficients[:-1]):
        out = out * t + c
    return out


def _split(xp: Namespace, near: Any, x: Any, instead: float) -> tuple[Any, Any]:
    """`x` where it is near 0 and 0 elsewhere, and `x` where it is not near 0 and a given number elsewhere.

    For functions that use a series near 0: neither form then has an infinite derivative, of any order.
    """
    return xp.where(near, x, xp.zeros_like(x)), xp.where(near, xp.zeros_like(x) + instead, x)


# --- error functions and the normal distribution ---


@special(x=lambda xp, g, x: g * (_2_SQRTPI * xp.exp(-(x * x))))
def erf(x: Tensor, /) -> Tensor:
    """Error function of each element: ``2/sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 to it (DLMF 7.2.1).

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.special.erf(xp.asarray([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """


@special(x=lambda xp, g, x: g * (-_2_SQRTPI * xp.exp(-(x * x))))
def erfc(x: Tensor, /) -> Tensor:
    """1 minus the error function of each element, accurate even where that is near 1 (DLMF 7.2.2)."""


# DLMF 7.12.1, differentiated: the derivative of -1 / (sqrt(pi) x**2), in powers of 1 / (2 x**2).
_ERFCX_SLOPE = [(-1) ** n * math.prod(range(1, 2 * n + 2, 2)) for n in range(13)]


def _erfcx_rule(xp: Namespace, g: Any, x: Any, out: Any) -> Any:
    # To the right the two terms of the formula cancel.
    near = x <= 10
    low, high = _split(xp, near, x, 10.0)
    inverse = 1 / (high * high)
    return g * xp.where(near, 2 * low * out - _2_SQRTPI, -_2_SQRTPI / 2 * inverse * _series(inverse / 2, _ERFCX_SLOPE))


@special(x=_erfcx_rule)
def erfcx(x: Tensor, /) -> Tensor:
    """``exp(x**2) * erfc(x)`` of each element, without intermediate underflow (DLMF 7.2.3 at an imaginary argument)."""


@special(x=lambda xp, g, out: g / _2_SQRTPI * xp.exp(out * out))
def erfinv(x: Tensor, /) -> Tensor:
    """Inverse of the error function of each element, from ``[-1, 1]``; NaN outside of it (DLMF 7.17.1)."""


@special(x=lambda xp, g, x: g / _SQRT2PI * xp.exp(-x * x / 2))
def ndtr(x: Tensor, /) -> Tensor:
    """Cumulative distribution function of the standard normal distribution at each element."""


def _log_ndtr_rule(xp: Namespace, g: Any, x: Any, out: Any) -> Any:
    # Density over distribution function. To the left both underflow, and erfcx gives their quotient; to the right erfcx
    # overflows.
    right = x > 0
    high, low = _split(xp, right, x, 0.0)
    above = xp.exp(-high * high / 2 - xp.where(right, out, xp.zeros_like(out))) / _SQRT2PI
    return g * xp.where(right, above, math.sqrt(2 / math.pi) / xp.special.erfcx(-low / math.sqrt(2)))


@special(x=_log_ndtr_rule)
def log_ndtr(x: Tensor, /) -> Tensor:
    """Logarithm of `ndtr` of each element, accurate even where that underflows."""


@special(x=lambda xp, g, out: g * (_SQRT2PI * xp.exp(out * out / 2)))
def ndtri(x: Tensor, /) -> Tensor:
    """Inverse of `ndtr` of each element: quantiles of the standard normal distribution; NaN outside of ``[0, 1]``."""


# --- the gamma function, its logarithm's derivatives and its quotients ---


@special(grad_name="Lgamma", x=lambda xp, g, x: g * xp.special.digamma(x))
def gammaln(x: Tensor, /) -> Tensor:
    """Logarithm of the absolute value of the gamma function of each element (DLMF 5.2.1)."""


@special(x=lambda xp, g, x: g * xp.special.polygamma(1, x))
def digamma(x: Tensor, /) -> Tensor:
    """Logarithmic derivative of the gamma function at each element, also ``psi`` (DLMF 5.2.2)."""


psi = digamma


def _no_order(name: str) -> Callable[..., NoReturn]:
    def rule(xp: Namespace, g: Any) -> NoReturn:
        raise NotImplementedError(
            f"{name}(): the derivative with respect to an order or a parameter is not implemented; detach() it if unwanted"
        )

    return rule


@special(n=_no_order("polygamma"), x=lambda xp, g, n, x: g * xp.special.polygamma(n + 1, x))
def _polygamma(n: Tensor | int, x: Tensor | float, /) -> Tensor:
    """`polygamma`, after its checks."""


@public
def polygamma(n: Tensor | int, x: Tensor | float, /) -> Tensor:
    """Derivative of order `n` of `digamma` at each element (DLMF 5.15.1).

    Parameters
    ----------
    n : Tensor or int
        Integers, not negative; 0 gives `digamma` itself.
    x : Tensor or number
        Real floating-point; integers and booleans become the default floating dtype.

    Raises
    ------
    ValueError
        For a negative order given as a Python number; in a Tensor it gives NaN.

    Notes
    -----
    Differentiable with respect to `x`.
    """
    if not isinstance(n, TensorBase) and operator.index(n) < 0:
        raise ValueError(f"polygamma(): the order must not be negative, got {n}")
    return _polygamma(n, x)


@special(
    x1=lambda xp, g, x1, x2, out: g * out * (xp.special.digamma(x1) - xp.special.digamma(x1 + x2)),
    x2=lambda xp, g, x1, x2, out: g * out * (xp.special.digamma(x2) - xp.special.digamma(x1 + x2)),
)
def beta(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Beta function of the elements of two tensors (DLMF 5.12.1)."""


@special(
    x1=lambda xp, g, x1, x2: g * (xp.special.digamma(x1) - xp.special.digamma(x1 + x2)),
    x2=lambda xp, g, x1, x2: g * (xp.special.digamma(x2) - xp.special.digamma(x1 + x2)),
)
def betaln(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Logarithm of the absolute value of the beta function of the elements of two tensors (DLMF 5.12.1)."""


@special(x=lambda xp, g, x, out: g * out * xp.special.digamma(x))
def gamma(x: Tensor, /) -> Tensor:
    """Gamma function of each element (DLMF 5.2.1)."""


def _rgamma_rule(xp: Namespace, g: Any, x: Any) -> Any:
    # To the left by reflection (DLMF 5.5.3), all parts of which, and their derivatives, are finite at the poles of gamma.
    near = x <= 0.5
    low, high = _split(xp, near, x, 1.0)
    whole = xp.round(low)
    sign, angle = 1 - 2 * xp.remainder(whole, xp.ones_like(x) * 2), math.pi * (low - whole)
    reflected = xp.special.gamma(1 - low) * (xp.cos(angle) - xp.sin(angle) * xp.special.digamma(1 - low) / math.pi)
    return g * xp.where(near, sign * reflected, -xp.special.rgamma(high) * xp.special.digamma(high))


@special(x=_rgamma_rule)
def rgamma(x: Tensor, /) -> Tensor:
    """1 over the gamma function of each element, 0 at its poles."""


@special(x=lambda xp, g, x: g * xp.special.digamma(x))
def loggamma(x: Tensor, /) -> Tensor:
    """Logarithm of the gamma function of each element; NaN for negative elements, unlike `gammaln`."""


@special(x=zero_rule)
def gammasgn(x: Tensor, /) -> Tensor:
    """Sign of the gamma function of each element, a step function."""


@public
def multigammaln(a: Tensor, d: Tensor | int) -> Tensor:
    """Logarithm of the multivariate gamma function of dimension `d` of each element (DLMF 35.3.4).

    Parameters
    ----------
    a : Tensor
        Real floating-point, above ``(d - 1) / 2``; integers and booleans become the default floating dtype.
    d : int or Tensor
        An integer, not negative.

    Raises
    ------
    ValueError
        If `d` is not such a number, or `a` is not above the bound.

    Notes
    -----
    Differentiable with respect to `a`.
    """
    try:
        dimension = float(number_of(d, "multigammaln", "d"))
    except TypeError:
        raise ValueError("multigammaln(): the dimension must be one whole number") from None
    if dimension < 0 or dimension % 1:
        raise ValueError(f"multigammaln(): the dimension must be a whole number and not negative, got {d}")
    check_tensor(a, "multigammaln", "a")
    waits = backend_of(a._array).asynchronous  # values are then not checked
    if not waits and bool(any(less_equal(a, (dimension - 1) / 2))):
        raise ValueError(f"multigammaln(): elements must be above (d - 1) / 2 = {(dimension - 1) / 2}")
    terms = [gammaln(subtract(a, j / 2)) for j in range(int(dimension))]
    return functools.reduce(add, terms, multiply(a, 0.0)) + dimension * (dimension - 1) / 4 * math.log(math.pi)


@special(
    n=lambda xp, g, n, k, out: g * out * (xp.special.digamma(n + 1) - xp.special.digamma(n - k + 1)),
    k=lambda xp, g, n, k, out: g * out * (xp.special.digamma(n - k + 1) - xp.special.digamma(k + 1)),
)
def binom(n: Tensor | float, k: Tensor | float, /) -> Tensor:
    """Binomial coefficient ``n`` over ``k`` of the elements of two tensors, also of real numbers (DLMF 1.2.6, 5.2.4).

    The derivative is NaN where it would be a limit: at integers where the coefficient is 0.
    """


def _poch_rule(xp: Namespace, g: Any, z: Any, m: Any, out: Any) -> Any:
    # On the left digamma(z) has poles: by reflection (DLMF 5.5.4) if z + m is there too and m an integer, else as a product.
    left, one = z <= 0.5, xp.ones_like(out)
    reflected = left & (z + m <= 0.5) & (m == xp.round(m))
    product = left & ~reflected
    above = xp.where(reflected, 1 - z - m, xp.where(product, one, z + m))
    below = xp.where(reflected, 1 - z, xp.where(product, one, z))
    slope = xp.where(product, one, out) * (xp.special.digamma(above) - xp.special.digamma(below))
    low, top = xp.where(product, z, one), xp.where(product, z + m, one)
    inner = xp.special.digamma(top) * xp.special.rgamma(low) + _rgamma_rule(xp, one, low)
    return g * xp.where(product, xp.special.gamma(top) * inner, slope)


@special(z=_poch_rule, m=lambda xp, g, z, m, out: g * out * xp.special.digamma(z + m))
def poch(z: Tensor | float, m: Tensor | float, /) -> Tensor:
    """Pochhammer's symbol ``gamma(z + m) / gamma(z)`` of the elements of two tensors (DLMF 5.2.5).

    Where both ``z`` and ``z + m`` are integers and not positive, the derivative with respect to `m` does not exist, and is
    NaN.
    """


# --- zeta functions ---

# Euler and Maclaurin's formula for Hurwitz' zeta function, DLMF 25.11.28: Bernoulli numbers over factorials.
_BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510]
_EULER_MACLAURIN = [b / math.factorial(2 * k) for k, b in enumerate(_BERNOULLI, start=1)]


def _zeta_slope(xp: Namespace, x: Any, q: Any) -> Any:
    """The derivative of Hurwitz' zeta function with respect to its exponent: that of each term of the formula."""
    terms = 12
    out = 0 * (x + q)
    for n in range(terms):
        log_n = xp.log(q + n)
        out = out - log_n * xp.exp(-x * log_n)
    log_n = xp.log(q + terms)
    power = xp.exp(-x * log_n)
    out = out - power * (q + terms) * (log_n + 1 / (x - 1)) / (x - 1) - log_n * power / 2
    product, slope = x, xp.ones_like(x)  # x (x + 1) ... and its derivative
    power = power / (q + terms)
    for k, factor in enumerate(_EULER_MACLAURIN):
        out = out + factor * (slope - log_n * product) * power
        for i in (2 * k + 1, 2 * k + 2):
            product, slope = product * (x + i), slope * (x + i) + product
        power = power / (q + terms) ** 2
    return out


@special(
    x=lambda xp, g, x, q: g * _zeta_slope(xp, x, q),
    q=lambda xp, g, x, q: -g * x * xp.special.zeta(x + 1, q),
)
def _zeta(x: Tensor | float, q: Tensor | float, /) -> Tensor:
    """`zeta` of two arguments."""


def _riemann_zeta_rule(xp: Namespace, g: Any, x: Any) -> Any:
    # To the far left by the reflection formula (DLMF 25.4.1), differentiated, from the right; near 0 it contains a pole.
    right = x >= -1
    high, low = _split(xp, right, x, -2.0)
    mirrored, angle = 1 - low, low * (math.pi / 2)
    value, slope = xp.special.zeta(mirrored, xp.ones_like(x)), _zeta_slope(xp, mirrored, xp.ones_like(x))
    scale = 2 * xp.exp((low - 1) * math.log(2 * math.pi) + xp.special.gammaln(mirrored))
    turned = (math.log(2 * math.pi) - xp.special.digamma(mirrored)) * value - slope
    reflected = scale * (xp.sin(angle) * turned + math.pi / 2 * xp.cos(angle) * value)
    return g * xp.where(right, _zeta_slope(xp, high, xp.ones_like(x)), reflected)


@special(x=_riemann_zeta_rule)
def _riemann_zeta(x: Tensor, /) -> Tensor:
    """`zeta` of one argument."""


@special(x=_riemann_zeta_rule)
def zetac(x: Tensor, /) -> Tensor:
    """Riemann's zeta function minus 1, at each element."""


@public
def zeta(x: Tensor | float, q: Tensor | float | None = None) -> Tensor:
    """Hurwitz' zeta function, the sum of ``(n + q)**-x`` (DLMF 25.11.1), or Riemann's (DLMF 25.2.1).

    Parameters
    ----------
    x : Tensor or number
        The exponent.
    q : Tensor or number, optional
        Where the sum starts; if omitted, the function is Riemann's.

    Notes
    -----
    Differentiable with respect to both, in both modes and any order.
    """
    return _riemann_zeta(x) if q is None else _zeta(x, q)  # type: ignore[arg-type]  # numbers are refused


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


# Derivatives: DLMF 10.29.2 and 10.29.3. Those of the scaled functions have a kink at 0; the value there is the mean of both
# sides.
@special(x=lambda xp, g, x: g * xp.special.i1(x))
def i0(x: Tensor, /) -> Tensor:
    """Modified Bessel function of the first kind and order 0 of each element (DLMF 10.25.2)."""


@special(x=lambda xp, g, x, out: g * (xp.special.i1e(x) - xp.sign(x) * out))
def i0e(x: Tensor, /) -> Tensor:
    """``exp(-abs(x)) * i0(x)`` of each element, without intermediate overflow."""


@special(x=lambda xp, g, x: g * (xp.special.i0(x) - _i1_over_x(xp, x)))
def i1(x: Tensor, /) -> Tensor:
    """Modified Bessel function of the first kind and order 1 of each element (DLMF 10.25.2)."""


@special(x=lambda xp, g, x, out: g * (xp.special.i0e(x) - xp.sign(x) * out - _i1e_over_x(xp, x)))
def i1e(x: Tensor, /) -> Tensor:
    """``exp(-abs(x)) * i1(x)`` of each element, without intermediate overflow."""


def _j1_over_x(xp: Namespace, x: Any) -> Any:
    near, far = _split(xp, xp.abs(x) < 1, x, 1.0)
    return xp.where(xp.abs(x) < 1, _series(-near * near / 4, _I1_OVER_X), xp.special.j1(far) / far)


# Derivatives: DLMF 10.6.2 and 10.6.3, and 10.29.2 and 10.29.3 for the modified ones.
@special(x=lambda xp, g, x: g * -xp.special.j1(x))
def j0(x: Tensor, /) -> Tensor:
    """Bessel function of the first kind and order 0 of each element (DLMF 10.2.2)."""


@special(x=lambda xp, g, x: g * (xp.special.j0(x) - _j1_over_x(xp, x)))
def j1(x: Tensor, /) -> Tensor:
    """Bessel function of the first kind and order 1 of each element (DLMF 10.2.2)."""


@special(x=lambda xp, g, x: g * -xp.special.y1(x))
def y0(x: Tensor, /) -> Tensor:
    """Bessel function of the second kind and order 0 of each element (DLMF 10.2.3)."""


@special(x=lambda xp, g, x, out: g * (xp.special.y0(x) - out / x))
def y1(x: Tensor, /) -> Tensor:
    """Bessel function of the second kind and order 1 of each element (DLMF 10.2.3)."""


@special(n=zero_rule, x=lambda xp, g, n, x: g * (xp.special.yn(n - 1, x) - xp.special.yn(n + 1, x)) / 2)
def yn(n: Tensor | int, x: Tensor | float, /) -> Tensor:
    """Bessel function of the second kind and integer order `n` of the elements of `x` (DLMF 10.2.3)."""


@special(x=lambda xp, g, x: g * -xp.special.k1(x))
def k0(x: Tensor, /) -> Tensor:
    """Modified Bessel function of the second kind and order 0 of each element (DLMF 10.25.3)."""


@special(x=lambda xp, g, x, out: g * (out - xp.special.k1e(x)))
def k0e(x: Tensor, /) -> Tensor:
    """``exp(x) * k0(x)`` of each element, without intermediate underflow."""


@special(x=lambda xp, g, x, out: -g * (xp.special.k0(x) + out / x))
def k1(x: Tensor, /) -> Tensor:
    """Modified Bessel function of the second kind and order 1 of each element (DLMF 10.25.3)."""


@special(x=lambda xp, g, x, out: g * (out - xp.special.k0e(x) - out / x))
def k1e(x: Tensor, /) -> Tensor:
    """``exp(x) * k1(x)`` of each element, without intermediate underflow."""


# --- elliptic and exponential integrals, hypergeometric and Legendre functions ---

# DLMF 19.5.1 and 19.5.2, in powers of m: exact to double precision for |m| < 0.1.
_ELLIPTIC = [math.pi / 2 * (math.comb(2 * n, n) / 4**n) ** 2 for n in range(18)]
_ELLIPK_SLOPE = [n * c for n, c in enumerate(_ELLIPTIC)][1:]
_ELLIPE_SLOPE = [n * c / (1 - 2 * n) for n, c in enumerate(_ELLIPTIC)][1:]


def _ellipk_slope(xp: Namespace, m: Any, rest: Any) -> Any:
    """The derivative of the first kind with respect to the parameter `m`, where `rest` is ``1 - m`` (DLMF 19.4.1)."""
    small = xp.abs(m) < 0.1
    near, far = _split(xp, small, m, 0.5)
    remainder = xp.where(small, 1 - far, rest)
    slope = (xp.special.ellipe(far) - remainder * xp.special.ellipkm1(remainder)) / (2 * far * remainder)
    return xp.where(small, _series(near, _ELLIPK_SLOPE), slope)


def _ellipe_slope(xp: Namespace, g: Any, m: Any) -> Any:
    small = xp.abs(m) < 0.1
    near, far = _split(xp, small, m, 0.5)
    slope = (xp.special.ellipe(far) - xp.special.ellipk(far)) / (2 * far)  # DLMF 19.4.2
    return g * xp.where(small, _series(near, _ELLIPE_SLOPE), slope)


@special(m=lambda xp, g, m: g * _ellipk_slope(xp, m, 1 - m))
def ellipk(m: Tensor, /) -> Tensor:
    """Complete elliptic integral of the first kind of the parameter `m`, the modulus squared (DLMF 19.2.8)."""


@special(p=lambda xp, g, p: -g * _ellipk_slope(xp, 1 - p, p))
def ellipkm1(p: Tensor, /) -> Tensor:
    """Complete elliptic integral of the first kind of the parameter ``1 - p``, accurate even near its singularity at 0."""


@special(m=_ellipe_slope)
def ellipe(m: Tensor, /) -> Tensor:
    """Complete elliptic integral of the second kind of the parameter `m`, the modulus squared (DLMF 19.2.8)."""


@special(x=lambda xp, g, x: -g * xp.exp(-x) / x)
def exp1(x: Tensor, /) -> Tensor:
    """Exponential integral ``E1`` of each element (DLMF 6.2.1)."""


@special(x=lambda xp, g, x: g * xp.exp(x) / x)
def expi(x: Tensor, /) -> Tensor:
    """Exponential integral ``Ei`` of each element (DLMF 6.2.5)."""


def _expn_rule(xp: Namespace, g: Any, n: Any, x: Any) -> Any:
    # DLMF 8.19.13; below order 0, where there is no expn, its closed form.
    n = xp.trunc(n)  # as SciPy does
    positive = n > 0
    lower = xp.special.expn(xp.where(positive, n - 1, xp.zeros_like(n)), x)
    return -g * xp.where(positive, lower, xp.exp(-x) * (1 + 1 / x) / x)


@special(n=zero_rule, x=_expn_rule)
def expn(n: Tensor | int, x: Tensor | float, /) -> Tensor:
    """Generalized exponential integral of integer order `n` of the elements of `x` (DLMF 8.19.3).

    `n` is truncated to an integer.
    """


# The derivative of spence(1 - u), log(1 - u) / u, in powers of u: exact to double precision for |u| < 0.25.
_SPENCE_SLOPE = [-1 / (k + 1) for k in range(26)]


def _spence_rule(xp: Namespace, g: Any, z: Any) -> Any:
    small = xp.abs(z - 1) < 0.25
    near, far = _split(xp, small, 1 - z, 0.5)
    slope = xp.log(xp.where(small, 1 - far, z)) / far  # DLMF 25.12.2
    return g * xp.where(small, _series(near, _SPENCE_SLOPE), slope)


@special(z=_spence_rule)
def spence(z: Tensor, /) -> Tensor:
    """Dilogarithm of 1 minus each element, also called Spence's function (DLMF 25.12.1)."""


# DLMF 13.3.15
@special(
    a=_no_order("hyp1f1"), b=_no_order("hyp1f1"), x=lambda xp, g, a, b, x: g * a / b * xp.special.hyp1f1(a + 1, b + 1, x)
)
def hyp1f1(a: Tensor | float, b: Tensor | float, x: Tensor | float, /) -> Tensor:
    """Kummer's confluent hypergeometric function ``M(a, b, x)`` of the elements of three tensors (DLMF 13.2.2).

    Derivatives with respect to `a` and `b` are not implemented and raise NotImplementedError: the series differentiated term
    by term loses all digits for large negative `x`, and other methods work only on parts of the domain.
    """


def _lpmv_rule(xp: Namespace, g: Any, m: Any, v: Any, x: Any, out: Any) -> Any:
    return g * ((m + v) * xp.special.lpmv(m, v - 1, x) - v * x * out) / (1 - x * x)  # DLMF 14.10.5


@special(m=_no_order("lpmv"), v=_no_order("lpmv"), x=_lpmv_rule)
def lpmv(m: Tensor | float, v: Tensor | float, x: Tensor | float, /) -> Tensor:
    """Legendre function of integer order `m` and real degree `v`, at `x` in ``[-1, 1]`` (DLMF 14.3.1).

    There is no derivative with respect to `m`, an integer, and that with respect to `v` is not implemented; both raise
    NotImplementedError.
    """


# --- logistic functions ---


@special(grad_name="Sigmoid", x=lambda xp, g, out: g * out * (1 - out))
def expit(x: Tensor, /) -> Tensor:
    """The logistic function ``1 / (1 + exp(-x))`` of each element, also `arrayad.sigmoid`; it needs no SciPy.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.special.expit(xp.asarray([-xp.inf, 0.0, 1.0]))
    tensor([0.0000, 0.5000, 0.7311])
    """


@special(x=lambda xp, g, x: g / (x * (1 - x)))
def logit(x: Tensor, /) -> Tensor:
    """Inverse of `expit` of each element: ``log(x / (1 - x))``; NaN outside of ``[0, 1]``."""


@special(grad_name="LogSigmoid", x=lambda xp, g, x: g * xp.special.expit(-x))
def log_expit(x: Tensor, /) -> Tensor:
    """Logarithm of `expit` of each element, accurate even where that underflows."""


# --- entropies: 0 log 0 is 0, and the derivatives there, even infinite ones, are taken as 0, so that terms of probability 0
# contribute no gradient ---


def _log_where(xp: Namespace, good: Any, x: Any) -> Any:
    """The logarithm where it is used, 0 elsewhere."""
    return xp.log(xp.where(good, x, xp.ones_like(x)))


def _quotient(xp: Namespace, x1: Any, x2: Any) -> Any:
    """A quotient, 0 where numerator and denominator are."""
    both = (x1 == 0) & (x2 == 0)
    return xp.where(both, xp.zeros_like(x1), x1) / xp.where(both, xp.ones_like(x2), x2)


@special(
    x1=lambda xp, g, x1, x2: g * _log_where(xp, (x1 != 0) | (x2 > 0), x2),
    x2=lambda xp, g, x1, x2: g * _quotient(xp, x1, x2),
)
def xlogy(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """``x1 * log(x2)`` of the elements of two tensors, 0 where ``x1`` is 0, even at ``log(0)``.

    Where both are 0, so are the derivatives.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.special.xlogy(xp.asarray([0.0, 2.0]), xp.asarray([0.0, 1.0]))
    tensor([0., 0.])
    """


@special(
    x1=lambda xp, g, x1, x2: g * xp.log1p(xp.where((x1 != 0) | (x2 > -1), x2, xp.zeros_like(x2))),
    x2=lambda xp, g, x1, x2: g * _quotient(xp, x1, 1 + x2),
)
def xlog1py(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """``x1 * log1p(x2)`` of the elements of two tensors, 0 where ``x1`` is 0, even at ``log1p(-1)``.

    Where ``x1`` is 0 and ``x2`` is -1, so are the derivatives.
    """


@special(x=lambda xp, g, x: kept(xp, x > 0, -g * (1 + _log_where(xp, x > 0, x))))
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


@special(
    x1=lambda xp, g, x1, x2: kept(xp, (x1 > 0) & (x2 > 0), g * (_log_ratio(xp, x1, x2) + 1)),
    x2=lambda xp, g, x1, x2: -g * _ratio(xp, x1, x2),
)
def rel_entr(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """``x1 * log(x1 / x2)`` of the elements of two tensors, a term of a relative entropy.

    It is 0 where ``x1`` is 0 and ``x2`` is not negative, and ``inf`` where it is undefined; there the derivatives are 0.
    """


@special(
    x1=lambda xp, g, x1, x2: g * _log_ratio(xp, x1, x2),
    x2=lambda xp, g, x1, x2: kept(xp, (x1 >= 0) & (x2 >= 0), g * (1 - _ratio(xp, x1, x2))),
)
def kl_div(x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """``x1 * log(x1 / x2) - x1 + x2`` of the elements of two tensors, a term of a Kullback-Leibler divergence.

    It is ``x2`` where ``x1`` is 0 and ``x2`` is not negative; there the derivative with respect to ``x1`` is taken as 0. It
    is ``inf`` where it is undefined; there both derivatives are taken as 0. (PyTorch's ``kl_div`` is another function, of
    logarithms.)
    """


# --- powers, angles, losses ---


@special(x=lambda xp, g, out: g / (3 * out * out))
def cbrt(x: Tensor, /) -> Tensor:
    """Cube root of each element."""


@special(x=lambda xp, g, out: g * math.log(2) * out)
def exp2(x: Tensor, /) -> Tensor:
    """2 to the power of each element."""


@special(x=lambda xp, g, out: g * math.log(10) * out)
def exp10(x: Tensor, /) -> Tensor:
    """10 to the power of each element."""


@special(x=lambda xp, g, x: -g * xp.sin(x))
def cosm1(x: Tensor, /) -> Tensor:
    """Cosine of each element minus 1, accurate even near 0."""


# The derivative of (exp(x) - 1) / x, in powers of x: exact to double precision for |x| < 1.
_EXPREL_SLOPE = [(k + 1) / math.factorial(k + 2) for k in range(18)]


def _exprel_slope(xp: Namespace, x: Any) -> Any:
    small = xp.abs(x) < 1
    near, far = _split(xp, small, x, 1.0)
    return xp.where(small, _series(near, _EXPREL_SLOPE), (xp.exp(far) - xp.expm1(far) / far) / far)


@special(x=lambda xp, g, x: g * _exprel_slope(xp, x))
def exprel(x: Tensor, /) -> Tensor:
    """``(exp(x) - 1) / x`` of each element, 1 at 0."""


@special(x=lambda xp, g, x: g * _DEGREE * xp.special.cosdg(x))
def sindg(x: Tensor, /) -> Tensor:
    """Sine of each element in degrees."""


@special(x=lambda xp, g, x: -g * _DEGREE * xp.special.sindg(x))
def cosdg(x: Tensor, /) -> Tensor:
    """Cosine of each element in degrees."""


@special(x=lambda xp, g, out: g * _DEGREE * (1 + out * out))
def tandg(x: Tensor, /) -> Tensor:
    """Tangent of each element in degrees."""


@special(x=lambda xp, g, out: -g * _DEGREE * (1 + out * out))
def cotdg(x: Tensor, /) -> Tensor:
    """Cotangent of each element in degrees."""


@special(
    d=lambda xp, g: g * _DEGREE,
    m=lambda xp, g: g * (_DEGREE / 60),
    s=lambda xp, g: g * (_DEGREE / 3600),
)
def radian(d: Tensor | float, m: Tensor | float, s: Tensor | float, /) -> Tensor:
    """Convert degrees, minutes and seconds to radians."""


def _boxcox_shape(xp: Namespace, log_x: Any, lmbda: Any) -> Any:
    # Uses exprel(l log x) * log x for the transform, so that the quotient by l is no exception at 0; at x = 0 it is -1 / l.
    at_zero = (log_x == -math.inf) & (lmbda > 0)
    log_x = xp.where(at_zero, xp.zeros_like(log_x), log_x)
    there = xp.where(at_zero, lmbda, xp.ones_like(lmbda))
    return xp.where(at_zero, 1 / (there * there), log_x * log_x * _exprel_slope(xp, lmbda * log_x))


@special(
    x=lambda xp, g, x, lmbda: g * x ** (lmbda - 1),
    lmbda=lambda xp, g, x, lmbda: g * _boxcox_shape(xp, xp.log(x), lmbda),
)
def boxcox(x: Tensor | float, lmbda: Tensor | float, /) -> Tensor:
    """Box and Cox's transform ``(x**lmbda - 1) / lmbda`` of the elements of two tensors, ``log(x)`` at ``lmbda = 0``."""


@special(
    x=lambda xp, g, x, lmbda: g * (1 + x) ** (lmbda - 1),
    lmbda=lambda xp, g, x, lmbda: g * _boxcox_shape(xp, xp.log1p(x), lmbda),
)
def boxcox1p(x: Tensor | float, lmbda: Tensor | float, /) -> Tensor:
    """`boxcox` of ``1 + x``, accurate even near 0."""


@special(
    y=lambda xp, g, lmbda, out: g * out ** (1 - lmbda),
    lmbda=lambda xp, g, lmbda, out: -g * _boxcox_shape(xp, xp.log(out), lmbda) * out ** (1 - lmbda),
)
def inv_boxcox(y: Tensor | float, lmbda: Tensor | float, /) -> Tensor:
    """Inverse of `boxcox` in its first argument."""


@special(
    y=lambda xp, g, lmbda, out: g * (1 + out) ** (1 - lmbda),
    lmbda=lambda xp, g, lmbda, out: -g * _boxcox_shape(xp, xp.log1p(out), lmbda) * (1 + out) ** (1 - lmbda),
)
def inv_boxcox1p(y: Tensor | float, lmbda: Tensor | float, /) -> Tensor:
    """Inverse of `boxcox1p` in its first argument."""


@special(
    delta=lambda xp, g, delta, r: kept(xp, xp.abs(r) > delta, g * (xp.abs(r) - delta)),
    r=lambda xp, g, delta, r: g * xp.where(xp.abs(r) <= delta, r, delta * xp.sign(r)),
)
def huber(delta: Tensor | float, r: Tensor | float, /) -> Tensor:
    """Huber's loss: ``r**2 / 2`` up to `delta` from 0, ``delta * (abs(r) - delta / 2)`` beyond.

    Infinite for negative `delta`.
    """


def _pseudo_huber_radius(xp: Namespace, delta: Any, r: Any) -> Any:
    """The root of ``delta**2 + r**2``; the loss is ``delta * (root - delta)``. Where both are 0, so are the slopes."""
    return or_infinite(xp, xp.hypot(delta, r))


def _pseudo_huber_bound(xp: Namespace, g: Any, delta: Any, r: Any) -> Any:
    # root - 2 delta + delta**2 / root is (root - delta)**2 / root, with root - delta = r**2 / (root + delta)
    radius = _pseudo_huber_radius(xp, delta, r)
    above = r * (r / (radius + delta))
    return g * (above * (above / radius))


@special(
    delta=_pseudo_huber_bound,
    r=lambda xp, g, delta, r: g * (delta * (r / _pseudo_huber_radius(xp, delta, r))),
)
def pseudo_huber(delta: Tensor | float, r: Tensor | float, /) -> Tensor:
    """A smooth form of Huber's loss, ``delta**2 * (sqrt(1 + (r / delta)**2) - 1)``; infinite for negative delta."""


# --- others ---

# The derivative of sin(u)/u over u, in powers of u**2: exact to double precision for |u| < 1.
_SINC_SLOPE = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 11)]


def _sinc_rule(xp: Namespace, g: Any, x: Any) -> Any:
    u = math.pi * x
    near, far = _split(xp, xp.abs(u) < 1, u, 1.0)
    slope = (xp.cos(far) - xp.sin(far) / far) / far
    return g * math.pi * xp.where(xp.abs(u) < 1, near * _series(near * near, _SINC_SLOPE), slope)


@special(x=_sinc_rule)
def sinc(x: Tensor, /) -> Tensor:
    """``sin(pi * x) / (pi * x)`` of each element, 1 at 0; it needs no SciPy."""


@public
def logsumexp(
    a: Tensor, axis: Axis = None, b: Tensor | float | None = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """Logarithm of the sum of exponentials over axes, without intermediate overflow, in SciPy's form; it needs no SciPy.

    Parameters
    ----------
    a : Tensor
        Real floating-point; integers and booleans become the default floating dtype.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.
    b : Tensor, number or None, optional
        Factors of the exponentials, of a shape that broadcasts with that of `a`; they may be negative or 0.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.
    return_sign : bool, optional
        Return the sign of the sum too, and the logarithm of its absolute value.

    Returns
    -------
    Tensor or tuple of Tensor
        The logarithm: NaN where the sum is negative and its sign is not returned. With `return_sign`, logarithm and sign.

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
    # Elements that do not count must not overflow either.
    a = where(logical_and(unused, greater(a - top, math.log(finfo(a.dtype).max) - 1)), -math.inf, a)
    total = sum(multiply(factors, exp(a - top)), axis=axis, keepdims=True)
    nothing = equal(total, 0)
    out = where(nothing, -math.inf, log(abs(where(nothing, 1.0, total))) + top)
    if not return_sign:
        out = where(less(total, 0), math.nan, out)
    axes = axes_of(axis, a.ndim)
    shape = tuple(total.shape) if keepdims else tuple(n for i, n in enumerate(total.shape) if i not in axes)
    return (reshape(out, shape), reshape(sign(total), shape)) if return_sign else reshape(out, shape)
