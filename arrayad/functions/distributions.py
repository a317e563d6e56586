"""Incomplete gamma and beta functions, and the cumulative distribution functions built on them, with SciPy's names.

Unless noted otherwise, a function is its backend's of the same name, on NumPy that of ``scipy.special``. Derivatives with
respect to shape parameters, which have no closed form, are integrals of the density times its score (see `gamma_moment` and
`beta_moment`). These are declared functions themselves, so that there are derivatives of all orders.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .data_types import finfo
from .declaring import special
from .elementwise import kept, zero_rule
from .. import dtypes
from ..autograd.operation import REAL_FLOATING, differentiable
from ..autograd.tape import TensorBase

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..backends import Namespace
    from ..tensor import Tensor

__all__ = [
    "bdtr",
    "bdtrc",
    "bdtri",
    "betainc",
    "betaincc",
    "betaincinv",
    "chdtr",
    "chdtrc",
    "chdtri",
    "fdtr",
    "fdtrc",
    "fdtri",
    "gammainc",
    "gammaincc",
    "gammainccinv",
    "gammaincinv",
    "gdtr",
    "gdtrc",
    "nbdtr",
    "nbdtrc",
    "nbdtri",
    "pdtr",
    "pdtrc",
    "pdtri",
    "stdtr",
    "stdtrit",
]


# Rules take exponentials of differences of logarithms, which are as large as the shapes: a narrower dtype would lose all
# digits.
_distribution = functools.partial(special, in_double=True)


# --- integrals of densities times powers of their score ---

_EXPONENT = 46.0  # exp(-46) is below the resolution of 1 in double precision
_PANELS = ((0.25, 4.0), (0.5, 40.0), (1.0, math.inf))  # ends: a fraction of the whole, or a value if nearer
_CHUNK = 2048  # elements integrated at a time, so that the nodes take 2 MB


@functools.cache
def _nodes() -> Any:
    """The nodes from 0 to 2, and their weights, as rows; computed when needed, since ``numpy.polynomial`` imports slowly."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    return nodes + 1, weights


def _on_tensors(xp: Namespace, function: Any, *args: Any) -> Any:
    """Call a declared function in a rule: on raw arrays its forward, on Tensors itself."""
    if any(isinstance(x, TensorBase) for x in args):
        return function(*args)
    return function.operation.function(xp, *args)


def _integral(xp: Namespace, arrays: tuple[Any, ...], ends: Callable[..., Any], integrand: Callable[..., Any]) -> Any:
    """The integral of a function of ``w`` from 0 to the end that `ends` returns for the elements of arrays.

    By Gauss-Legendre quadrature on panels that are narrow near 0, where the density may have a singularity just outside the
    interval, and wide in the tail.
    """
    arrays = tuple(xp.broadcast_arrays(*arrays))
    shape = arrays[0].shape
    flat = [xp.reshape(x, (-1, 1)) for x in arrays]
    count = flat[0].shape[0]
    parts = []
    for start in range(0, max(count, 1), _CHUNK):
        chunk = [x[start : min(start + _CHUNK, count), :] for x in flat]
        end = ends(*chunk)
        nodes, weights = (xp.asarray(n / 2, dtype=end.dtype, device=end.device)[None, :] for n in _nodes())
        start_of, total = xp.zeros_like(end), xp.zeros_like(end[:, 0])
        for fraction, most in _PANELS:
            stop = xp.minimum(end * fraction, xp.zeros_like(end) + most)
            values = integrand(start_of + (stop - start_of) * nodes, *chunk)
            total = total + xp.sum(weights * values, axis=-1) * (stop - start_of)[:, 0]
            start_of = stop
        parts.append(total)
    out = parts[0] if len(parts) == 1 else xp.concat(parts)
    return xp.reshape(out, shape)


def _newton(xp: Namespace, w: Any, value: Callable[[Any], Any], slope: Callable[[Any], Any]) -> Any:
    """The root of a convex, rising function, by Newton's method from its right, so that every iterate stays on the right."""
    for _ in range(24):
        w = w - value(w) / slope(w)
    return w


def _gamma_rule(xp: Namespace, g: Any, a: Any, x: Any, k: int) -> Any:
    # The score of the density is log(t) - digamma(a), so d/da M_k = M_(k+1) - k trigamma(a) M_(k-1).
    slope = _on_tensors(xp, gamma_moment, a, x, k + 1)
    if k:
        slope = slope - k * xp.special.polygamma(1, a) * _on_tensors(xp, gamma_moment, a, x, k - 1)
    return g * slope


def _gamma_end_rule(xp: Namespace, g: Any, a: Any, x: Any, k: int) -> Any:
    density = gamma_density(xp, a, x)
    inside = xp.where(density == 0, xp.ones_like(x), x)  # at an end the logarithm is infinite, and the product 0
    return g * density * (xp.log(inside) - xp.special.digamma(a)) ** k


@differentiable(takes=REAL_FLOATING, a=_gamma_rule, x=_gamma_end_rule)
def gamma_moment(xp: Namespace, a: Tensor, x: Tensor, /, k: int = 0) -> Tensor:
    """The integral from 0 to `x` of the density of the gamma distribution times a power of its score.

    For ``k = 0`` it is ``gammainc(a, x)``, for ``k = 1`` the derivative of that with respect to `a`.

    Parameters
    ----------
    a, x : Tensor
        Of one real floating dtype; positive, NaN otherwise.
    k : int
        The power of ``log(t) - digamma(a)``.

    Notes
    -----
    Differentiable, in both modes and any order. With ``t = x exp(-w)`` below the mean and ``t = x exp(w)`` above it, the
    integrand falls smoothly and is integrated to about 1e-13 of the whole.
    """
    valid = (a > 0) & (x > 0) & xp.isfinite(a) & xp.isfinite(x)
    one = xp.ones_like(a)
    low = x <= a
    safe_a, safe_x = xp.where(valid, a, one), xp.where(valid, x, one)

    known = _central_moment(xp, xp.where((a > 0) & xp.isfinite(a), a, one), k)

    def side(sign: int, a: Any, x: Any) -> Any:
        # exponent(w) - exponent(0) decreases without bound: -a w - x (exp(-w) - 1), or a w - x (exp(w) - 1)
        def fall(w: Any, a: Any, x: Any) -> Any:
            return sign * a * w - x * xp.expm1(sign * w)

        def end(a: Any, x: Any) -> Any:
            start = (
                (_EXPONENT + x) / a if sign < 0 else xp.minimum(xp.sqrt(2 * _EXPONENT / x), xp.log1p(2.2 * _EXPONENT / x))
            )
            return _newton(xp, start, lambda w: -fall(w, a, x) - _EXPONENT, lambda w: sign * (x * xp.exp(sign * w) - a))

        def integrand(w: Any, a: Any, x: Any) -> Any:
            log_x = xp.log(x)
            top = a * log_x - x - xp.special.gammaln(a)
            return xp.exp(top + fall(w, a, x)) * (log_x + sign * w - xp.special.digamma(a)) ** k

        return _integral(xp, (a, x), end, integrand)

    # Each side is evaluated at numbers on that side, even where the other is selected.
    below = side(-1, safe_a, xp.where(low, safe_x, safe_a / 2))
    above = known - side(1, safe_a, xp.where(low, 2 * safe_a, safe_x))
    out = xp.where(low, below, above)
    out = xp.where(valid, out, out * math.nan)
    out = xp.where((x == 0) & (a > 0), 0 * one, out)
    return xp.where(xp.isinf(x) & (a > 0), known, out)


def _central_moment(xp: Namespace, a: Any, k: int) -> Any:
    """The `k`-th moment of the score over the whole gamma distribution, from its cumulants, which are polygammas."""
    moments = [xp.ones_like(a), xp.zeros_like(a)]
    for n in range(2, k + 1):
        terms = [math.comb(n - 1, j - 1) * xp.special.polygamma(j - 1, a) * moments[n - j] for j in range(2, n + 1)]
        moments.append(functools.reduce(lambda s, t: s + t, terms))
    return moments[k]


def _beta_rule(which: int) -> Callable[..., Any]:
    """The rule for one of the shapes; the scores are log(t) and log(1 - t) minus their means."""

    def rule(xp: Namespace, g: Any, a: Any, b: Any, x: Any, j: int, k: int) -> Any:
        # d/da M_jk = M_(j+1)k - j (trigamma(a) - trigamma(a + b)) M_(j-1)k + k trigamma(a + b) M_j(k-1)
        both = xp.special.polygamma(1, a + b)
        own = xp.special.polygamma(1, b if which else a) - both
        slope = _on_tensors(xp, beta_moment, a, b, x, j + (not which), k + which)
        if j:
            slope = slope + j * (both if which else -own) * _on_tensors(xp, beta_moment, a, b, x, j - 1, k)
        if k:
            slope = slope + k * (-own if which else both) * _on_tensors(xp, beta_moment, a, b, x, j, k - 1)
        return g * slope

    return rule


def _beta_scores(xp: Namespace, a: Any, b: Any) -> tuple[Any, Any]:
    both = xp.special.digamma(a + b)
    return xp.special.digamma(a) - both, xp.special.digamma(b) - both


def _beta_end_rule(xp: Namespace, g: Any, a: Any, b: Any, x: Any, j: int, k: int) -> Any:
    mean1, mean2 = _beta_scores(xp, a, b)
    density = beta_density(xp, a, b, x)
    inside = xp.where(density == 0, xp.ones_like(x) / 2, x)  # at an end a logarithm is infinite, and the product 0
    return g * density * (xp.log(inside) - mean1) ** j * (xp.log1p(-inside) - mean2) ** k


@differentiable(takes=REAL_FLOATING, a=_beta_rule(0), b=_beta_rule(1), x=_beta_end_rule)
def beta_moment(xp: Namespace, a: Tensor, b: Tensor, x: Tensor, /, j: int = 0, k: int = 0) -> Tensor:
    """The integral from 0 to `x` of the density of the beta distribution times powers of its scores.

    For ``j = k = 0`` it is ``betainc(a, b, x)``; for ``j = 1`` or ``k = 1``, the derivative of that with respect to `a` or
    `b`.

    Parameters
    ----------
    a, b, x : Tensor
        Of one real floating dtype; positive, and `x` at most 1; NaN otherwise.
    j, k : int
        The powers of ``log(t) - E[log(t)]`` and of ``log(1 - t) - E[log(1 - t)]``.

    Notes
    -----
    Differentiable, in both modes and any order. Integrated like `gamma_moment`, with ``t = x exp(-w)`` up to about the mean
    and ``1 - t = (1 - x) exp(-w)`` above it.
    """
    proper = (a > 0) & (b > 0) & xp.isfinite(a) & xp.isfinite(b)
    valid = proper & (x > 0) & (x < 1)
    one = xp.ones_like(a + b + x)
    safe_a, safe_b, safe_x = xp.where(valid, a, one), xp.where(valid, b, one), xp.where(valid, x, one / 2)
    # If `a` is far below 1, the side above, whose nodes are on the scale of 1 - x, would miss the variation near x.
    low = safe_x * (xp.maximum(safe_a, one) + xp.maximum(safe_b, one)) <= xp.maximum(safe_a, one)

    def side(a: Any, b: Any, x: Any, j: int, k: int) -> Any:
        def end(a: Any, b: Any, x: Any) -> Any:
            more = xp.maximum(b - 1, xp.zeros_like(b))
            start = (_EXPONENT - more * xp.log1p(-x)) / a

            def value(w: Any) -> Any:
                return a * w - more * (xp.log1p(-x * xp.exp(-w)) - xp.log1p(-x)) - _EXPONENT

            def slope(w: Any) -> Any:
                t = x * xp.exp(-w)
                return a - more * t / (1 - t)

            return _newton(xp, start, value, slope)

        def integrand(w: Any, a: Any, b: Any, x: Any) -> Any:
            log_t, log_rest = xp.log(x) - w, xp.log1p(-x * xp.exp(-w))
            mean1, mean2 = _beta_scores(xp, a, b)
            density = xp.exp(a * log_t + (b - 1) * log_rest - xp.special.betaln(a, b))
            return density * (log_t - mean1) ** j * (log_rest - mean2) ** k

        return _integral(xp, (a, b, x), end, integrand)

    # Each side is evaluated at numbers on that side, even where the other is selected.
    below = side(safe_a, safe_b, xp.where(low, safe_x, safe_a / (safe_a + safe_b + 1)), j, k)
    above = side(safe_b, safe_a, xp.where(low, safe_b / (safe_a + safe_b + 1), 1 - safe_x), k, j)
    known = _joint_moment(xp, xp.where(proper, a, one), xp.where(proper, b, one), j, k)
    out = xp.where(low, below, known - above)
    out = xp.where(valid, out, out * math.nan)
    inside = (a > 0) & (b > 0)
    out = xp.where(inside & (x == 0), 0 * one, out)
    return xp.where(inside & (x == 1), known, out)


def _joint_moment(xp: Namespace, a: Any, b: Any, j: int, k: int) -> Any:
    """The moment of the scores over the whole beta distribution, from their joint cumulants, which are polygammas."""
    if j == 0 and k == 0:
        return xp.ones_like(a + b)
    out = xp.zeros_like(a + b)
    first = j > 0  # the recursion lowers one of the powers
    top_j, top_k = (j - 1, k) if first else (j, k - 1)
    for p in range(top_j + 1):
        for q in range(top_k + 1):
            order = p + q  # of the polygamma, for the cumulant with one power more
            if order == 0:
                continue  # the scores are centred
            cumulant = -xp.special.polygamma(order, a + b)
            if first and q == 0:
                cumulant = cumulant + xp.special.polygamma(order, a)
            if not first and p == 0:
                cumulant = cumulant + xp.special.polygamma(order, b)
            ways = math.comb(top_j, p) * math.comb(top_k, q)
            out = out + ways * cumulant * _joint_moment(xp, a, b, top_j - p, top_k - q)
    return out


# --- densities, for the rules ---


def gamma_density(xp: Namespace, a: Any, x: Any, power: int = 0) -> Any:
    """The density of the gamma distribution, DLMF 8.8.13: ``x**(a - 1) * exp(-x) / gamma(a)``, times a power of ``x``.

    By logarithms, since both factors may be out of the dtype's range; at 0, where a derivative of the logarithm would be
    infinite, directly; at infinity, where there would be inf - inf, 0.
    """
    zero, infinite = x == 0, xp.isinf(x)
    one = xp.ones_like(x)
    x, at_zero = xp.where(zero | infinite, one, x), xp.where(zero, x, one)
    log_gamma = xp.special.gammaln(a)
    density = xp.exp((a - 1) * xp.log(x) - x - log_gamma)
    density = density * x**power if power else density
    density = xp.where(zero, at_zero ** (a - 1 + power) * xp.exp(-at_zero - log_gamma), density)
    return kept(xp, ~infinite, density)


def beta_density(xp: Namespace, a: Any, b: Any, x: Any, power: int = 0, power_of_rest: int = 0) -> Any:
    """The density of the beta distribution, DLMF 8.17.1: ``x**(a - 1) * (1 - x)**(b - 1) / beta(a, b)``.

    By logarithms, like `gamma_density`, and at 0 and 1 directly; times powers of ``x`` and of ``1 - x``.
    """
    at_end = (x == 0) | (x == 1)
    half = xp.ones_like(x) / 2
    x, end = xp.where(at_end, half, x), xp.where(at_end, x, half)
    log_beta = xp.special.betaln(a, b)
    density = xp.exp((a - 1) * xp.log(x) + (b - 1) * xp.log1p(-x) - log_beta)
    density = density * x**power * (1 - x) ** power_of_rest if power or power_of_rest else density
    # For large shapes it is 0 there, times a factor that may be out of range.
    scale = xp.exp(xp.minimum(-log_beta, math.log(finfo(dtypes.as_dtype(log_beta.dtype)).max) - 1))
    return xp.where(at_end, end ** (a - 1 + power) * (1 - end) ** (b - 1 + power_of_rest) * scale, density)


def _t_density(xp: Namespace, df: Any, t: Any) -> Any:
    square = t * t
    infinite = xp.isinf(square)
    square = xp.where(infinite, xp.zeros_like(square), square)
    log_beta = xp.special.betaln(df / 2, xp.ones_like(df) / 2)
    return kept(xp, ~infinite, xp.exp(-(df + 1) / 2 * xp.log1p(square / df) - log_beta) / xp.sqrt(df))


def _t_shape(xp: Namespace, df: Any, t: Any) -> Any:
    """The derivative of the t distribution function with respect to the degrees of freedom."""
    # DLMF 8.17: the tail beyond |t| is half of I_x(df/2, 1/2) at x = df / (df + t**2), or 1 - I_y(1/2, df/2) at y = 1 - x;
    # the smaller of the two is accurate.
    half = xp.ones_like(df) / 2
    square = t * t
    at_zero, at_infinity = square == 0, xp.isinf(square)
    square = xp.where(at_zero | at_infinity, df, square)
    x, y = df / (df + square), square / (df + square)
    near = y < half
    slope = xp.where(
        near,
        -_on_tensors(xp, beta_moment, half, df / 2, xp.where(near, y, half), 0, 1),
        _on_tensors(xp, beta_moment, df / 2, half, xp.where(near, half, x), 1, 0),
    )
    a, b = xp.where(near, half, df / 2), xp.where(near, df / 2, half)
    slope = slope / 2 + beta_density(xp, a, b, xp.where(near, y, x)) * square / (df + square) ** 2
    slope = xp.where(at_infinity, xp.zeros_like(slope), -xp.sign(t) * slope / 2)
    # Close to 0 it is linear in t, with the derivative of the density at 0.
    change = (xp.special.digamma((df + 1) / 2) - xp.special.digamma(df / 2) - 1 / df) / 2
    zero = xp.zeros((), dtype=df.dtype, device=df.device)
    return xp.where(at_zero, t * (_t_density(xp, df, zero) * change), slope)


def _f_point(xp: Namespace, dfn: Any, dfd: Any, x: Any) -> tuple[Any, Any, Any, Any]:
    """Where F's distribution function is I_u(dfn/2, dfd/2), its shapes and u; elsewhere those of 1 - I_(1-u)(dfd/2, dfn/2).

    The smaller of u and 1 - u is accurate.
    """
    infinite = xp.isinf(x)
    odds = dfn * xp.where(infinite, xp.ones_like(x), x)
    near = (odds <= dfd) & ~infinite
    u = xp.where(near, odds, dfd) / (dfd + odds)
    u = xp.where(infinite, xp.zeros_like(u), u)
    return near, xp.where(near, dfn, dfd) / 2, xp.where(near, dfd, dfn) / 2, u


def _f_slope(xp: Namespace, dfn: Any, dfd: Any, x: Any) -> Any:
    near, a, b, u = _f_point(xp, dfn, dfd, x)
    # Times du/dx = dfn / dfd * (1 - u)**2. Each side is evaluated at numbers on that side, even where the other is selected.
    half = xp.ones_like(u) / 2
    left = beta_density(xp, a, b, xp.where(near, u, half), 0, 2)
    right = beta_density(xp, a, b, xp.where(near, half, u), 2, 0)
    return xp.where(near, left, right) * dfn / dfd


def _f_dfn(xp: Namespace, dfn: Any, dfd: Any, x: Any) -> Any:
    near, a, b, u = _f_point(xp, dfn, dfd, x)
    first, second = (_on_tensors(xp, beta_moment, a, b, u, j, 1 - j) for j in (1, 0))
    return xp.where(near, first, -second) / 2 + beta_density(xp, a, b, u, 1, 1) / dfn


def _f_dfd(xp: Namespace, dfn: Any, dfd: Any, x: Any) -> Any:
    near, a, b, u = _f_point(xp, dfn, dfd, x)
    first, second = (_on_tensors(xp, beta_moment, a, b, u, j, 1 - j) for j in (1, 0))
    return xp.where(near, second, -first) / 2 - beta_density(xp, a, b, u, 1, 1) / dfd


def _gamma_shape(xp: Namespace, a: Any, x: Any) -> Any:
    return _on_tensors(xp, gamma_moment, a, x, 1)


def _moved(xp: Namespace, change: Any, density: Any) -> Any:
    """The derivative of a quantile, from the distribution function's; 0 where that and the density are 0."""
    return -change / xp.where((change == 0) & (density == 0), xp.ones_like(density), density)


# --- incomplete gamma functions ---


@_distribution(
    a=lambda xp, g, a, x: g * _gamma_shape(xp, a, x),
    x=lambda xp, g, a, x: g * gamma_density(xp, a, x),
)
def gammainc(a: Tensor | float, x: Tensor | float, /) -> Tensor:
    """Regularized lower incomplete gamma function ``P(a, x)`` of the elements of two tensors (DLMF 8.2.4).

    It is the distribution function of the gamma distribution with shape `a`.
    """


@_distribution(
    a=lambda xp, g, a, x: -g * _gamma_shape(xp, a, x),
    x=lambda xp, g, a, x: -g * gamma_density(xp, a, x),
)
def gammaincc(a: Tensor | float, x: Tensor | float, /) -> Tensor:
    """Regularized upper incomplete gamma function ``Q(a, x) = 1 - P(a, x)`` of the elements of two tensors (DLMF 8.2.4)."""


@_distribution(
    a=lambda xp, g, a, out: g * _moved(xp, _gamma_shape(xp, a, out), gamma_density(xp, a, out)),
    y=lambda xp, g, a, out: g / gamma_density(xp, a, out),
)
def gammaincinv(a: Tensor | float, y: Tensor | float, /) -> Tensor:
    """Inverse of `gammainc` in its second argument: quantiles of the gamma distribution."""


@_distribution(
    a=lambda xp, g, a, out: g * _moved(xp, _gamma_shape(xp, a, out), gamma_density(xp, a, out)),
    y=lambda xp, g, a, out: -g / gamma_density(xp, a, out),
)
def gammainccinv(a: Tensor | float, y: Tensor | float, /) -> Tensor:
    """Inverse of `gammaincc` in its second argument."""


# --- incomplete beta functions ---


@_distribution(
    a=lambda xp, g, a, b, x: g * _on_tensors(xp, beta_moment, a, b, x, 1, 0),
    b=lambda xp, g, a, b, x: g * _on_tensors(xp, beta_moment, a, b, x, 0, 1),
    x=lambda xp, g, a, b, x: g * beta_density(xp, a, b, x),
)
def betainc(a: Tensor | float, b: Tensor | float, x: Tensor | float, /) -> Tensor:
    """Regularized incomplete beta function ``I_x(a, b)`` of the elements of three tensors (DLMF 8.17.2).

    It is the distribution function of the beta distribution with shapes `a` and `b`.
    """


@_distribution(
    a=lambda xp, g, a, b, x: -g * _on_tensors(xp, beta_moment, a, b, x, 1, 0),
    b=lambda xp, g, a, b, x: -g * _on_tensors(xp, beta_moment, a, b, x, 0, 1),
    x=lambda xp, g, a, b, x: -g * beta_density(xp, a, b, x),
)
def betaincc(a: Tensor | float, b: Tensor | float, x: Tensor | float, /) -> Tensor:
    """1 minus `betainc` of the elements of three tensors, accurate even where that is near 1."""


@_distribution(
    a=lambda xp, g, a, b, out: g * _moved(xp, _on_tensors(xp, beta_moment, a, b, out, 1, 0), beta_density(xp, a, b, out)),
    b=lambda xp, g, a, b, out: g * _moved(xp, _on_tensors(xp, beta_moment, a, b, out, 0, 1), beta_density(xp, a, b, out)),
    y=lambda xp, g, a, b, out: g / beta_density(xp, a, b, out),
)
def betaincinv(a: Tensor | float, b: Tensor | float, y: Tensor | float, /) -> Tensor:
    """Inverse of `betainc` in its third argument: quantiles of the beta distribution."""


# --- continuous distributions ---


@_distribution(
    v=lambda xp, g, v, x: g / 2 * _gamma_shape(xp, v / 2, x / 2),
    x=lambda xp, g, v, x: g / 2 * gamma_density(xp, v / 2, x / 2),
)
def chdtr(v: Tensor | float, x: Tensor | float, /) -> Tensor:
    """Chi-squared distribution function with `v` degrees of freedom, at `x`."""


@_distribution(
    v=lambda xp, g, v, x: -g / 2 * _gamma_shape(xp, v / 2, x / 2),
    x=lambda xp, g, v, x: -g / 2 * gamma_density(xp, v / 2, x / 2),
)
def chdtrc(v: Tensor | float, x: Tensor | float, /) -> Tensor:
    """Chi-squared survival function, 1 minus `chdtr`."""


@_distribution(
    v=lambda xp, g, v, out: g * _moved(xp, _gamma_shape(xp, v / 2, out / 2), gamma_density(xp, v / 2, out / 2)),
    p=lambda xp, g, v, out: -g * 2 / gamma_density(xp, v / 2, out / 2),
)
def chdtri(v: Tensor | float, p: Tensor | float, /) -> Tensor:
    """Inverse of `chdtrc` in its second argument."""


@_distribution(
    a=lambda xp, g, a, b, x: g * gamma_density(xp, b, a * x, 1) / a,
    b=lambda xp, g, a, b, x: g * _gamma_shape(xp, b, a * x),
    x=lambda xp, g, a, b, x: g * gamma_density(xp, b, a * x) * a,
)
def gdtr(a: Tensor | float, b: Tensor | float, x: Tensor | float, /) -> Tensor:
    """Gamma distribution function with rate `a` and shape `b`, at `x`."""


@_distribution(
    a=lambda xp, g, a, b, x: -g * gamma_density(xp, b, a * x, 1) / a,
    b=lambda xp, g, a, b, x: -g * _gamma_shape(xp, b, a * x),
    x=lambda xp, g, a, b, x: -g * gamma_density(xp, b, a * x) * a,
)
def gdtrc(a: Tensor | float, b: Tensor | float, x: Tensor | float, /) -> Tensor:
    """Gamma survival function, 1 minus `gdtr`."""


@_distribution(
    df=lambda xp, g, df, t: g * _t_shape(xp, df, t),
    t=lambda xp, g, df, t: g * _t_density(xp, df, t),
)
def stdtr(df: Tensor | float, t: Tensor | float, /) -> Tensor:
    """Student's t distribution function with `df` degrees of freedom, at `t`."""


@_distribution(
    df=lambda xp, g, df, out: g * _moved(xp, _t_shape(xp, df, out), _t_density(xp, df, out)),
    p=lambda xp, g, df, out: g / _t_density(xp, df, out),
)
def stdtrit(df: Tensor | float, p: Tensor | float, /) -> Tensor:
    """Inverse of `stdtr` in its second argument: quantiles of Student's t distribution."""


@_distribution(
    dfn=lambda xp, g, dfn, dfd, x: g * _f_dfn(xp, dfn, dfd, x),
    dfd=lambda xp, g, dfn, dfd, x: g * _f_dfd(xp, dfn, dfd, x),
    x=lambda xp, g, dfn, dfd, x: g * _f_slope(xp, dfn, dfd, x),
)
def fdtr(dfn: Tensor | float, dfd: Tensor | float, x: Tensor | float, /) -> Tensor:
    """F distribution function with `dfn` and `dfd` degrees of freedom, at `x`."""


@_distribution(
    dfn=lambda xp, g, dfn, dfd, x: -g * _f_dfn(xp, dfn, dfd, x),
    dfd=lambda xp, g, dfn, dfd, x: -g * _f_dfd(xp, dfn, dfd, x),
    x=lambda xp, g, dfn, dfd, x: -g * _f_slope(xp, dfn, dfd, x),
)
def fdtrc(dfn: Tensor | float, dfd: Tensor | float, x: Tensor | float, /) -> Tensor:
    """F survival function, 1 minus `fdtr`."""


@_distribution(
    dfn=lambda xp, g, dfn, dfd, out: g * _moved(xp, _f_dfn(xp, dfn, dfd, out), _f_slope(xp, dfn, dfd, out)),
    dfd=lambda xp, g, dfn, dfd, out: g * _moved(xp, _f_dfd(xp, dfn, dfd, out), _f_slope(xp, dfn, dfd, out)),
    p=lambda xp, g, dfn, dfd, out: g / _f_slope(xp, dfn, dfd, out),
)
def fdtri(dfn: Tensor | float, dfd: Tensor | float, p: Tensor | float, /) -> Tensor:
    """Inverse of `fdtr` in its third argument: quantiles of the F distribution."""


# --- discrete distributions: step functions of their counts ---


def _beside(xp: Namespace, count: Any, p: Any) -> Any:
    """A count, which may be an integer, in the floating dtype of the other arguments."""
    return count if count.dtype == p.dtype else xp.astype(count, p.dtype)


def _binomial_slope(xp: Namespace, k: Any, n: Any, p: Any) -> Any:
    """Minus the derivative of the binomial distribution function with respect to the probability."""
    k, n = xp.floor(k), xp.trunc(_beside(xp, n, p))
    inside = (k >= 0) & (k < n)
    one = xp.ones_like(k + n)
    return kept(xp, inside, beta_density(xp, xp.where(inside, k + 1, one), xp.where(inside, n - k, one), p))


def _negative_binomial_slope(xp: Namespace, k: Any, n: Any, p: Any) -> Any:
    return beta_density(xp, xp.trunc(_beside(xp, n, p)), xp.trunc(_beside(xp, k, p)) + 1, p)


@_distribution("n", k=zero_rule, n=zero_rule, p=lambda xp, g, k, n, p: -g * _binomial_slope(xp, k, n, p))
def bdtr(k: Tensor | float, n: Tensor | float, p: Tensor | float, /) -> Tensor:
    """Binomial distribution function: at most `k` successes in `n` trials of probability `p`.

    A step function of `k` and `n`, so the derivatives with respect to these are 0.
    """


@_distribution("n", k=zero_rule, n=zero_rule, p=lambda xp, g, k, n, p: g * _binomial_slope(xp, k, n, p))
def bdtrc(k: Tensor | float, n: Tensor | float, p: Tensor | float, /) -> Tensor:
    """Binomial survival function, 1 minus `bdtr`."""


@_distribution("n", k=zero_rule, n=zero_rule, y=lambda xp, g, k, n, out: -g / _binomial_slope(xp, k, n, out))
def bdtri(k: Tensor | float, n: Tensor | float, y: Tensor | float, /) -> Tensor:
    """Inverse of `bdtr` in its third argument."""


@_distribution("k", "n", k=zero_rule, n=zero_rule, p=lambda xp, g, k, n, p: g * _negative_binomial_slope(xp, k, n, p))
def nbdtr(k: Tensor | float, n: Tensor | float, p: Tensor | float, /) -> Tensor:
    """Negative binomial distribution function: at most `k` failures before `n` successes of probability `p`.

    A step function of `k` and `n`, so the derivatives with respect to these are 0.
    """


@_distribution("k", "n", k=zero_rule, n=zero_rule, p=lambda xp, g, k, n, p: -g * _negative_binomial_slope(xp, k, n, p))
def nbdtrc(k: Tensor | float, n: Tensor | float, p: Tensor | float, /) -> Tensor:
    """Negative binomial survival function, 1 minus `nbdtr`."""


@_distribution("k", "n", k=zero_rule, n=zero_rule, y=lambda xp, g, k, n, out: g / _negative_binomial_slope(xp, k, n, out))
def nbdtri(k: Tensor | float, n: Tensor | float, y: Tensor | float, /) -> Tensor:
    """Inverse of `nbdtr` in its third argument."""


@_distribution(k=zero_rule, m=lambda xp, g, k, m: -g * gamma_density(xp, xp.floor(k) + 1, m))
def pdtr(k: Tensor | float, m: Tensor | float, /) -> Tensor:
    """Poisson distribution function: at most `k` events when `m` are expected.

    A step function of `k`, so the derivative with respect to it is 0.
    """


@_distribution(k=zero_rule, m=lambda xp, g, k, m: g * gamma_density(xp, xp.floor(k) + 1, m))
def pdtrc(k: Tensor | float, m: Tensor | float, /) -> Tensor:
    """Poisson survival function, 1 minus `pdtr`."""


@_distribution("k", k=zero_rule, y=lambda xp, g, k, out: -g / gamma_density(xp, xp.trunc(_beside(xp, k, out)) + 1, out))
def pdtri(k: Tensor | float, y: Tensor | float, /) -> Tensor:
    """Inverse of `pdtr` in its second argument."""
