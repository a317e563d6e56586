"""``numpy.linalg``, which meets the standard except for the dtype of ``eig`` and ``eigvals``, and what it lacks."""

from __future__ import annotations

import functools
import importlib
from typing import Any

import numpy as np
from numpy.linalg import (  # noqa: F401  (the backend's namespace)
    cholesky,
    cross,
    eigh,
    eigvalsh,
    matrix_norm,
    matrix_power,
    matrix_rank,
    outer,
    pinv,
    qr,
    slogdet,
    solve,
    svd,
    svdvals,
    trace,
)

from . import fallbacks

Array = np.ndarray[Any, Any]


def diagonal(x: Array, /, *, offset: int = 0) -> Array:
    """A view that is writable where `x` is; NumPy's is read-only."""
    out = np.linalg.diagonal(x, offset=offset)
    out.flags.writeable = x.flags.writeable
    return out


def vector_norm(x: Array, /, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Array:
    """``numpy.linalg.vector_norm``: 1.8 microseconds instead of 3.1 for 64 real numbers."""
    if x.itemsize == 2:  # their squares soon overflow
        return vector_norm(x.astype(np.float32), axis=axis, keepdims=keepdims, ord=ord).astype(x.dtype)
    if ord != 2 or x.dtype.kind != "f" or not x.ndim:
        return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)
    squares = None if x.size < 65536 else _added_squares(x, axis)
    if squares is None:
        squares = np.add.reduce(x * x, axis, keepdims=keepdims, out=...)
    elif keepdims:
        squares = squares.reshape([1] * x.ndim) if axis is None else np.expand_dims(squares, axis)
    return np.sqrt(squares)


def _added_squares(x: Array, axis: Any) -> Array | None:
    """Without an array of squares: a quarter of the time for a million, or 1,000 rows; None if not possible, or on overflow.

    ``vecdot`` adds a long row less accurately than ``add.reduce``: at most 1,024 elements.
    """
    if not x.flags.c_contiguous:
        return None
    if axis is None or (x.ndim == 1 and axis in (0, -1)):
        whole = x.size // 1024 * 1024
        rows, rest = x.reshape(-1)[:whole].reshape(-1, 1024), x.reshape(-1)[whole:]
        out = np.add.reduce(np.vecdot(rows, rows), out=...)
        out += np.vecdot(rest, rest)
    elif axis in (-1, x.ndim - 1) and 2 <= x.shape[-1] <= 1024:
        out = np.vecdot(x, x)
    else:
        return None
    return out if np.isfinite(out).all() else None


def det(x: Array, /) -> Array:
    """``numpy.linalg.det``; for many matrices of 2 rows by its formula, in a twentieth of the time."""
    out = _det_of_two_rows(x)
    return np.linalg.det(x) if out is None else out.astype(x.dtype, copy=False)


def inv(x: Array, /) -> Array:
    """``numpy.linalg.inv``; for many matrices of 2 rows by its formula, in a tenth of the time."""
    divisor = _det_of_two_rows(x)
    if divisor is None:
        return np.linalg.inv(x)
    out = np.empty(x.shape, divisor.dtype)
    out[..., 0, 0], out[..., 1, 1] = x[..., 1, 1], x[..., 0, 0]
    np.negative(x[..., 0, 1], out=out[..., 0, 1], dtype=divisor.dtype)
    np.negative(x[..., 1, 0], out=out[..., 1, 0], dtype=divisor.dtype)
    out /= divisor[..., None, None]
    return out.astype(x.dtype, copy=False)


def _det_of_two_rows(x: Array) -> Array | None:
    """In float64, as in NumPy; None unless they are many and real, and none is close to over- or underflow."""
    if x.size < 400 or x.shape[-2:] != (2, 2) or x.dtype.char not in "fd":
        return None
    a, b, c, d = [x[..., i, j].astype(np.float64) for i in (0, 1) for j in (0, 1)]
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        out = np.asarray(a * d - b * c)
    size = np.abs(out)
    return out if size.min() > 1e-280 and size.max() < 1e280 else None


def eig(x: Array, /) -> Any:
    """Always complex, as the standard says; NumPy returns reals if all eigenvalues happen to be real."""
    w, v = out = np.linalg.eig(x)
    dtype = np.result_type(x.dtype, np.complex64)
    return type(out)(w.astype(dtype, copy=False), v.astype(dtype, copy=False))


def eigvals(x: Array, /) -> Array:
    """Always complex, as the standard says."""
    return np.linalg.eigvals(x).astype(np.result_type(x.dtype, np.complex64), copy=False)


def cofactors(x: Array, /) -> Array:
    """Matrices of cofactors, also of singular matrices; for many of 3 rows by cross products, in a tenth of the time."""
    if x.size >= 400 and x.shape[-2:] == (3, 3) and x.dtype.char in "fd":
        # The elements one and two positions further, in rows and columns.
        one, two = [1, 2, 0], [2, 0, 1]
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            wide = x.astype(np.float64)
            first, second = wide[..., one, :], wide[..., two, :]
            out = (first[..., one] * second[..., two] - first[..., two] * second[..., one]).astype(x.dtype)
        if np.isfinite(out).all():
            return out
    return fallbacks.cofactors(np, x)


def solve_triangular(x1: Array, x2: Array, /, *, upper: bool, unitriangular: bool = False) -> Array:
    """LAPACK's through SciPy, a third of the time of a general solve, for one large matrix and if SciPy is installed.

    NumPy has nothing faster than ``numpy.linalg.solve`` with the relevant triangle.
    """
    large = x1.ndim == x2.ndim == 2 and x1.shape[0] >= 64 and x1.dtype.char in "fdFD"  # SciPy makes half single
    if large and (scipy_linalg := _scipy_linalg()) is not None:
        out = scipy_linalg.solve_triangular(x1, x2, lower=not upper, unit_diagonal=unitriangular, check_finite=False)
        return np.ascontiguousarray(out)
    k = int(unitriangular)
    triangle = np.triu(x1, k=k) if upper else np.tril(x1, k=-k)
    return np.linalg.solve(triangle + np.eye(x1.shape[-1], dtype=x1.dtype) if unitriangular else triangle, x2)


@functools.cache
def _scipy_linalg() -> Any:
    try:
        return importlib.import_module("scipy.linalg")
    except ImportError:
        return None
