"""``cupy.linalg`` through array_api_compat, with deviations corrected and missing functions added.

CuPy's solvers do not wait for the GPU to say whether a matrix was singular or not positive definite: results are then NaN,
infinite or meaningless, where NumPy raises LinAlgError. ``cupyx.errstate(linalg="raise")`` has them wait and raise.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import array_api_compat.cupy as compat
import cupy as cp
import numpy as np
from array_api_compat.cupy.linalg import (  # noqa: F401  (the backend's namespace)
    cholesky,
    diagonal,
    eigh,
    matrix_norm,
    qr,
    slogdet,
    svd,
    svdvals,
    trace,
)
from cupy.linalg import det, eigvalsh, inv, matrix_power  # noqa: F401  (the backend's namespace)

from . import fallbacks

Array = Any


def cross(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """CuPy's, with shapes that broadcast."""
    return cp.linalg.cross(*cp.broadcast_arrays(x1, x2), axis=axis)


def outer(x1: Array, x2: Array, /) -> Array:
    """CuPy's flattens anything that is not a vector."""
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"Input arrays must be one-dimensional, but they are x1.ndim={x1.ndim} and x2.ndim={x2.ndim}.")
    return compat.linalg.outer(x1, x2)


def vector_norm(x: Array, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Array:
    """Half precision is computed in float32: its squares soon overflow."""
    wide = x.astype(np.float32) if x.dtype == np.float16 else x
    return compat.linalg.vector_norm(wide, axis=axis, keepdims=keepdims, ord=ord).astype(x.real.dtype, copy=False)


def pinv(x: Array, /, *, rtol: Any = None) -> Array:
    """CuPy's waits for the GPU."""
    return fallbacks.pinv(compat, x, rtol)


def solve(x1: Array, x2: Array, /) -> Array:
    """CuPy's requires equal stacks of matrices; here they broadcast."""
    return fallbacks.solve(compat, cp.linalg.solve, x1, x2)


def solve_triangular(x1: Array, x2: Array, /, *, upper: bool, unitriangular: bool = False) -> Array:
    """CuPy's, with stacks that broadcast."""
    from cupyx.scipy.linalg import solve_triangular as solve_stacks  # loads cuBLAS

    return fallbacks.solve(compat, partial(solve_stacks, lower=not upper, unit_diagonal=unitriangular), x1, x2)


def matrix_rank(x: Array, /, *, rtol: Any = None) -> Array:
    """Also for matrices without elements."""
    return fallbacks.matrix_rank(compat, x, rtol)


def cofactors(x: Array, /) -> Array:
    """Matrices of cofactors, including those of singular matrices."""
    return fallbacks.cofactors(compat, x)


def eig(x: Array, /) -> Any:
    """On the host, by NumPy: the GPU's solver is missing before CUDA 12.6, and waits for the GPU in any case."""
    w, v = out = np.linalg.eig(cp.asnumpy(x))
    dtype = np.result_type(x.dtype, np.complex64)
    return type(out)(cp.asarray(w.astype(dtype, copy=False)), cp.asarray(v.astype(dtype, copy=False)))


def eigvals(x: Array, /) -> Array:
    """On the host, like `eig`."""
    return cp.asarray(np.linalg.eigvals(cp.asnumpy(x)).astype(np.result_type(x.dtype, np.complex64), copy=False))
