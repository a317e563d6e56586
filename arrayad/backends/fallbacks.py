"""Replacements for what a library may lack or do differently, written over the library's own namespace `xp`.

A backend uses what it needs from here. Nothing here depends on a particular library, so all of it is tested without a GPU:
on array_api_strict what needs only the standard, on NumPy what uses `view` or functions passed as arguments.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "choice",
    "cofactors",
    "complex_of",
    "convolve",
    "empty_transform",
    "expm1",
    "floor_divide",
    "log1p",
    "matrix_rank",
    "of_complex",
    "pinv",
    "remainder",
    "scatter_add",
    "scatter_by_mask",
    "sign",
    "solve",
]

Array = Any
Namespace = Any


def remainder(xp: Namespace, fmod: Callable[[Array, Array], Array], x1: Array, x2: Array) -> Array:
    """The remainder with the sign of `x2` of floating arrays, from C's `fmod`, which has the sign of `x1` and is exact.

    For a finite `x1` and an infinite `x2` it is `x1` if the signs agree, else `x2`, as the standard says; computed from the
    quotient it would be NaN.
    """
    rest = fmod(x1, x2)
    turned = (rest != 0) & ((rest < 0) != (x2 < 0))
    return xp.where(turned, rest + x2, xp.where(rest == 0, xp.copysign(rest, x2), rest))


def floor_divide(xp: Namespace, fmod: Callable[[Array, Array], Array], x1: Array, x2: Array) -> Array:
    """The floor of the exact quotient of floating arrays, from C's `fmod`; for 0 and infinity, that of the IEEE quotient."""
    rest = fmod(x1, x2)
    whole = (x1 - rest) / x2
    whole = xp.where((rest != 0) & ((rest < 0) != (x2 < 0)), whole - 1, whole)
    out = xp.floor(whole)
    out = xp.where(whole - out > 0.5, out + 1, out)
    out = xp.where(whole == 0, xp.copysign(xp.zeros_like(whole), x1 / x2), out)
    return xp.where((x2 == 0) | xp.isinf(x1) | xp.isinf(x2), xp.floor(x1 / x2), out)


def complex_of(xp: Namespace, real: Array, imag: Array, dtype: Any) -> Array:
    """Complex numbers from their parts; ``real + 1j*imag`` would lose signs of zeros."""
    out = xp.empty(real.shape, dtype=dtype)
    out.real, out.imag = real, imag
    return out


def of_complex(of_real: Any) -> Callable[[Callable[[Array], Array]], Any]:
    """Make a function of complex numbers one of all dtypes: for real ones `of_real`, which operations then call directly."""

    def declare(function: Callable[[Array], Array]) -> Any:
        @functools.wraps(function)
        def call(x: Array, /) -> Array:
            return function(x) if x.dtype.kind == "c" else of_real(x)

        call.of_real = of_real  # type: ignore[attr-defined]  # a function may have any attribute; operations ask for this one
        return call

    return declare


def expm1(xp: Namespace, x: Array) -> Array:
    """``exp(x) - 1`` of complex numbers, accurate for small ones."""
    a, b = x.real, x.imag
    half = xp.sin(b / 2)
    real = xp.expm1(a) * xp.cos(b) - 2 * half * half + 0.0  # never -0
    out = complex_of(xp, real, xp.exp(a) * xp.sin(b), x.dtype)
    return xp.where(xp.isfinite(x), out, xp.exp(x) - 1)


def log1p(xp: Namespace, x: Array) -> Array:
    """``log(1 + x)`` of complex numbers, accurate for small ones, and on the side of the cut given by the sign of a zero."""
    a, b = x.real, x.imag
    out = xp.log(complex_of(xp, 1 + a, b, x.dtype))
    near = (xp.abs(a) < 0.5) & (xp.abs(b) < 0.5)
    a, b = xp.where(near, a, xp.zeros_like(a)), xp.where(near, b, xp.zeros_like(b))  # squares of the others may overflow
    small = xp.log1p(a * (2 + a) + b * b) / 2
    return complex_of(xp, xp.where(near, small, out.real), out.imag, x.dtype)


def convolve(xp: Namespace, x1: Array, x2: Array, mode: str) -> Array:
    """The convolution of two vectors, ``"full"`` or ``"valid"``: windows of the longer one times the other."""
    if x1.shape[0] < x2.shape[0]:
        x1, x2 = x2, x1
    n = x2.shape[0]
    if mode == "full":
        side = xp.zeros((n - 1,), dtype=x1.dtype)
        x1 = xp.concat([side, x1, side])
    count = x1.shape[0] - n + 1
    places = xp.arange(count)[:, None] + xp.arange(n - 1, -1, -1)[None, :]
    return xp.sum(x1[places] * x2[None, :], axis=1)


def sign(xp: Namespace, sign: Callable[[Array], Array], x: Array) -> Array:
    """The sign of numbers, from a `sign` of real ones: NaN for NaN; for complex numbers ``x / abs(x)``, 0 at 0."""
    if not xp.isdtype(x.dtype, "complex floating"):
        return xp.where(xp.isnan(x), x, sign(x)) if xp.isdtype(x.dtype, "real floating") else sign(x)
    size = xp.abs(x)
    return xp.where(size == 0, xp.zeros_like(x), x / xp.astype(xp.where(size == 0, xp.ones_like(size), size), x.dtype))


def solve(xp: Namespace, solve: Callable[[Array, Array], Array], x1: Array, x2: Array) -> Array:
    """Solve linear equations of stacks that broadcast, by a `solve` of equal stacks ``(..., M, M)`` and ``(..., M, K)``."""
    columns = x2[:, None] if x2.ndim == 1 else x2
    stack = np.broadcast_shapes(x1.shape[:-2], columns.shape[:-2])
    if 0 in (*stack, *columns.shape[-2:]):
        out = xp.zeros((*stack, *columns.shape[-2:]), dtype=x2.dtype, device=x2.device)
        return out[..., 0] if x2.ndim == 1 else out
    left = xp.broadcast_to(x1, (*stack, *x1.shape[-2:]))
    out = solve(left, xp.broadcast_to(columns, (*stack, *columns.shape[-2:])))
    return out[..., 0] if x2.ndim == 1 else out


def matrix_rank(xp: Namespace, x: Array, rtol: Any) -> Array:
    """The number of singular values that count as greater than 0."""
    if 0 in x.shape[-2:]:
        return xp.zeros(x.shape[:-2], dtype=xp.int64, device=x.device)
    values = xp.linalg.svdvals(x)
    return xp.count_nonzero(values > _cutoff(xp, values, x, rtol), axis=-1)


def _cutoff(xp: Namespace, values: Array, x: Array, rtol: Any) -> Array:
    """The threshold of singular values that count as 0: `rtol` times the largest; by default the longer side times eps."""
    if rtol is None:
        rtol = max(x.shape[-2:]) * float(xp.finfo(values.dtype).eps)
    elif not isinstance(rtol, (int, float)):
        rtol = rtol[..., None]
    return xp.max(values, axis=-1, keepdims=True) * rtol


def pinv(xp: Namespace, x: Array, rtol: Any) -> Array:
    """The pseudoinverse from singular values; those that count as 0 are left out, as in `matrix_rank`."""
    if 0 in x.shape[-2:]:
        return xp.zeros((*x.shape[:-2], x.shape[-1], x.shape[-2]), dtype=x.dtype, device=x.device)
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    none = s <= _cutoff(xp, s, x, rtol)
    inverse = xp.where(none, xp.zeros_like(s), 1 / xp.where(none, xp.ones_like(s), s))
    left, right = xp.matrix_transpose(vh), xp.matrix_transpose(u)
    if xp.isdtype(x.dtype, "complex floating"):
        left, right = xp.conj(left), xp.conj(right)
    return xp.matmul(left * xp.astype(inverse[..., None, :], x.dtype), right)


def cofactors(xp: Namespace, x: Array) -> Array:
    """Matrices of cofactors from the singular value decomposition, so singular matrices are no exception.

    ``cof(U S V^H) = det(U) det(V^H) conj(U) cof(S) conj(V^H)``, and the cofactor of a diagonal matrix at ``i`` is the
    product of its other elements. For a matrix with NaN or infinities, which has no such decomposition, they are NaN.
    """
    finite = xp.all(xp.isfinite(x), axis=(-2, -1), keepdims=True)
    u, s, vh = xp.linalg.svd(xp.where(finite, x, xp.eye(x.shape[-1], dtype=x.dtype, device=x.device)))
    one = xp.eye(s.shape[-1], dtype=s.dtype, device=s.device) != 0
    others = xp.prod(xp.where(one, xp.ones_like(s[..., None, :]), s[..., None, :]), axis=-1)
    scale = xp.linalg.det(u) * xp.linalg.det(vh)
    out = scale[..., None, None] * xp.matmul(xp.conj(u) * xp.astype(others[..., None, :], u.dtype), xp.conj(vh))
    return xp.where(finite, out, xp.asarray(math.nan, dtype=x.dtype, device=x.device))


def scatter_add(
    xp: Namespace, add_at: Callable[[Array, Any, Array], None], values: Array, key: Any, shape: tuple[int, ...]
) -> Array:
    """Zeros with values added at a key that may name an element more than once.

    Parameters
    ----------
    add_at : callable
        ``add_at(array, key, values)`` adds in place to arrays of float32, float64 and uint64, for which GPUs have atomic
        additions. A complex number is two of these, and integers add up alike with and without a sign.
    """
    kind = values.dtype.kind
    if kind == "f":
        out = xp.zeros(shape, dtype=values.dtype)
        add_at(out, key, values)
    elif kind == "c":
        out = xp.zeros(shape, dtype=values.dtype)
        add_at(out.real, key, values.real)
        add_at(out.imag, key, values.imag)
    else:
        total = xp.zeros(shape, dtype=xp.uint64)
        add_at(total, key, values.astype(xp.int64).view(xp.uint64))
        out = total.view(xp.int64).astype(values.dtype)
    return out


def scatter_by_mask(xp: Namespace, values: Array, mask: Array) -> Array:
    """Zeros with consecutive rows of values where a mask is true; the number of true elements is not read."""
    rest = values.shape[1:]
    if not values.shape[0]:
        return xp.zeros((*mask.shape, *rest), dtype=values.dtype, device=values.device)
    places = xp.cumulative_sum(xp.astype(xp.reshape(mask, (-1,)), xp.int64), axis=0) - 1
    rows = xp.take(values, xp.maximum(places, xp.zeros_like(places)), axis=0)
    rows = xp.reshape(rows, (*mask.shape, *rest))
    return xp.where(xp.reshape(mask, mask.shape + (1,) * len(rest)), rows, xp.zeros_like(rows))


def choice(
    xp: Namespace, uniform: Callable[[tuple[int, ...]], Array], weights: Array, count: int, replacement: bool
) -> Array:
    """Positions drawn with weights, from uniform random numbers in ``[0, 1)``; no value is waited for.

    With replacement, by inverting the distribution function. Without, a position of weight w gets an exponential random time
    of rate w, and the positions with the earliest times are taken (Efraimidis and Spirakis 2006).
    """
    if replacement:
        ends = xp.cumulative_sum(weights)
        found = xp.searchsorted(ends, uniform((count,)) * ends[-1], side="right")
        return xp.minimum(found, xp.zeros_like(found) + (weights.shape[0] - 1))
    return xp.argsort(-xp.log1p(-uniform(weights.shape)) / weights)[:count]


def empty_transform(
    xp: Namespace, x: Array, lengths: tuple[int, ...], axes: tuple[int, ...], dtype: Any, halved: bool = False
) -> Array:
    """The Fourier transform of no elements, for a library without a plan for it: zeros of the given lengths along the axes.

    Parameters
    ----------
    halved : bool, optional
        Whether it is a real transform, whose result for length n has ``n // 2 + 1`` elements.

    Raises
    ------
    ValueError
        If a length is 0.
    """
    if min(lengths) < 1:
        raise ValueError(f"Invalid number of FFT data points ({min(lengths)}) specified.")
    shape = list(x.shape)
    for axis, n in zip(axes, lengths, strict=True):
        shape[axis] = n // 2 + 1 if halved else n
    return xp.zeros(tuple(shape), dtype=dtype)
