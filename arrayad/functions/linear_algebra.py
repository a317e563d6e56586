"""Linear algebra: the standard's functions of the main namespace and of its ``linalg`` extension.

Derivatives: M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation" (2008),
unless a rule names another source. The gauge of eigenvectors and singular vectors (a factor of modulus 1 on each) is
arbitrary, so only losses that do not depend on it have a gradient.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from .data_types import astype, check_tensor, finfo
from .elementwise import abs as absolute
from .elementwise import kept, or_infinite, square, subtract
from .manipulation import expand_dims, moveaxis
from .statistical import keep, spread, sum
from .. import dtypes
from ..arguments import axis_of, integer_of
from ..autograd.calls import promote
from ..autograd.modes import anomaly
from ..autograd.operation import (
    FLOATING,
    NUMERIC,
    composite,
    differentiable,
    linear,
    multilinear,
    not_differentiable,
    of_backend,
    public,
)
from ..autograd.tape import TensorBase
from ..dtypes import as_dtype
from ..size import inverse_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..backends import Namespace
    from ..dtypes import DTypeLike
    from ..tensor import Tensor

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


def _t(xp: Namespace, x: Any) -> Any:
    return xp.matrix_transpose(x)


def _h(xp: Namespace, x: Any) -> Any:
    """The adjoint: the conjugate transpose."""
    x = xp.matrix_transpose(x)
    return xp.conj(x) if as_dtype(x.dtype).kind == "c" else x


def _column(xp: Namespace, x: Any) -> Any:
    return xp.expand_dims(x, axis=-1)


def _row(xp: Namespace, x: Any) -> Any:
    return xp.expand_dims(x, axis=-2)


def _only_diagonal(xp: Namespace, x: Any) -> Any:
    return xp.tril(xp.triu(x))


def _same_dtype(xp: Namespace, x1: Any, x2: Any) -> Any:
    """`promote`, which takes 2 us even if there is nothing to do."""
    return (x1, x2) if x1.dtype == x2.dtype else promote(xp, x1, x2)


# --- products ---


def _check_from_end(axis: int, x1: Any, x2: Any, name: str) -> None:
    """Refuse an axis that is not the same in both arguments, and so not that of the result."""
    if axis >= 0 and len(x1.shape) != len(x2.shape):
        raise ValueError(
            f"{name}(): axis {axis} counts from the front; between {len(x1.shape)} and {len(x2.shape)} axes it "
            "must count from the end, as -1 does"
        )


# The gradient of a transposed matrix is computed transposed, so that it is contiguous like the gradient of the matrix
# itself. For the weights in `x @ w.T` this makes their update three times as fast.
def _matmul_x1(xp: Namespace, g: Any, x2: Any, x1_transposed: bool) -> Any:
    if x2.ndim == 1:
        if g.ndim == 0:
            return g * x2
        return _t(xp, _column(xp, x2) * _row(xp, g)) if x1_transposed else _column(xp, g) * x2
    if g.ndim < x2.ndim:  # for a vector
        return xp.matmul(_row(xp, g), _t(xp, x2))[..., 0, :]
    return _t(xp, xp.matmul(x2, _t(xp, g))) if x1_transposed else xp.matmul(g, _t(xp, x2))


def _matmul_x2(xp: Namespace, g: Any, x1: Any, x2_shape: tuple[int, ...], x2_transposed: bool) -> Any:
    if x1.ndim == 1:
        if len(x2_shape) == 1:
            return g * x1
        return _t(xp, _column(xp, g) * x1) if x2_transposed else _column(xp, x1) * _row(xp, g)
    if len(x2_shape) == 1:
        return xp.matmul(_row(xp, g), x1)[..., 0, :]
    if len(x2_shape) == 2 and x1.ndim > 2:  # one product of tall matrices, not a stack of products to be summed
        rows = math.prod(g.shape[:-1])
        x1, g = xp.reshape(x1, (rows, x1.shape[-1])), xp.reshape(g, (rows, g.shape[-1]))
    return _t(xp, xp.matmul(_t(xp, g), x1)) if x2_transposed else xp.matmul(_t(xp, x1), g)


@multilinear(takes=NUMERIC, grad_name="Mm", x1=_matmul_x1, x2=_matmul_x2)
@of_backend
def matmul(x1: Tensor, x2: Tensor, /) -> Tensor:
    """Matrix product.

    Parameters
    ----------
    x1, x2 : Tensor
        Numeric, of shapes ``(..., M, K)`` and ``(..., K, N)``, whose leading axes broadcast; or one-dimensional, of
        length K.

    Returns
    -------
    Tensor
        Of shape ``(..., M, N)``, without the axis that a one-dimensional argument lacks.

    Raises
    ------
    ValueError
        If the shapes do not fit, or an argument is 0-dimensional.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.matmul(xp.asarray([[1.0, 2.0], [3.0, 4.0]]), xp.asarray([1.0, -1.0]))
    tensor([-1., -1.])
    """


@linear(grad_name="T", view=True, used="rules", x=lambda xp, g: xp.matrix_transpose(g))
@of_backend
def matrix_transpose(x: Tensor, /) -> Tensor:
    """Return transposed matrices.

    Parameters
    ----------
    x : Tensor
        Of shape ``(..., M, N)``.

    Returns
    -------
    Tensor
        Of shape ``(..., N, M)``, a view.

    Raises
    ------
    ValueError
        For fewer than two axes.

    Notes
    -----
    Differentiable.
    """


def _contracted(axes: Any, rank1: int, rank2: int) -> tuple[list[int], list[int], list[int], list[int]]:
    """The contracted and the free axes of the two arguments of `tensordot`."""
    if isinstance(axes, tuple):
        sides = [side if isinstance(side, tuple) else (side,) for side in axes]
        first, second = ([a % rank for a in side] for side, rank in zip(sides, (rank1, rank2), strict=True))
    else:
        first, second = list(range(rank1 - axes, rank1)), list(range(axes))
    free1 = [a for a in range(rank1) if a not in first]
    free2 = [a for a in range(rank2) if a not in second]
    return first, second, free1, free2


def _tensordot_x1(xp: Namespace, g: Any, x2: Any, axes: Any, x1_shape: tuple[int, ...]) -> Any:
    first, second, free1, free2 = _contracted(axes, len(x1_shape), x2.ndim)
    out = xp.tensordot(g, x2, axes=(tuple(range(len(free1), g.ndim)), tuple(free2)))
    order = free1 + [a for _, a in sorted(zip(second, first, strict=True))]
    return xp.permute_dims(out, inverse_of(order))


def _tensordot_x2(xp: Namespace, g: Any, x1: Any, axes: Any, x2_shape: tuple[int, ...]) -> Any:
    first, second, free1, free2 = _contracted(axes, x1.ndim, len(x2_shape))
    out = xp.tensordot(x1, g, axes=(tuple(free1), tuple(range(len(free1)))))
    order = [a for _, a in sorted(zip(first, second, strict=True))] + free2
    return xp.permute_dims(out, inverse_of(order))


@multilinear(takes=NUMERIC, x1=_tensordot_x1, x2=_tensordot_x2)
def tensordot(xp: Namespace, x1: Tensor, x2: Tensor, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2) -> Tensor:
    """Sum of products over some axes of each of two tensors.

    Parameters
    ----------
    x1, x2 : Tensor
        Numeric.
    axes : int or pair of sequences of int, optional
        Also ``dims``. The axes to sum over: an integer pairs the last axes of `x1` with the first of `x2`; two sequences
        pair the axes of `x1` in the first with those of `x2` in the second.

    Returns
    -------
    Tensor
        With the remaining axes of `x1`, then those of `x2`.

    Raises
    ------
    ValueError
        If the axes do not fit.

    Notes
    -----
    Differentiable.
    """
    if isinstance(axes, int) and axes < 0:
        raise ValueError(f"tensordot(): axes must not be negative, got {axes}")
    x1, x2 = _same_dtype(xp, x1, x2)
    return xp.tensordot(x1, x2, axes=axes)


@differentiable(
    takes=NUMERIC,
    grad_name="LinalgVecdot",
    x1=lambda xp, g, x2, axis: xp.conj(xp.expand_dims(g, axis=axis)) * x2,
    x2=lambda xp, g, x1, axis: xp.expand_dims(g, axis=axis) * x1,
)
def vecdot(xp: Namespace, x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Inner product of vectors, the first conjugated.

    Parameters
    ----------
    x1, x2 : Tensor
        Numeric, of shapes that broadcast.
    axis : int, optional
        Also ``dim``. The axis of the vectors: negative, counted from the end before broadcasting.

    Returns
    -------
    Tensor
        Of the broadcast shape without the axis.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Notes
    -----
    Differentiable.
    """
    _check_from_end(axis, x1, x2, "vecdot")
    if x1.shape[axis_of(axis, x1.ndim, "vecdot")] != x2.shape[axis_of(axis, x2.ndim, "vecdot")]:
        shapes = f"{tuple(x1.shape)} and {tuple(x2.shape)}"
        raise ValueError(f"vecdot(): vectors must be of one length, got shapes {shapes} for axis {axis}")
    x1, x2 = _same_dtype(xp, x1, x2)
    return xp.vecdot(x1, x2, axis=axis)


@multilinear(takes=NUMERIC, x1=lambda xp, g, x2: xp.matmul(g, x2), x2=lambda xp, g, x1: xp.matmul(x1, g))
def outer(xp: Namespace, x1: Tensor, x2: Tensor, /) -> Tensor:
    """Outer product of two vectors.

    Parameters
    ----------
    x1, x2 : Tensor
        Numeric, of shapes ``(M,)`` and ``(N,)``.

    Returns
    -------
    Tensor
        Of shape ``(M, N)``.

    Raises
    ------
    ValueError
        For arguments that are not one-dimensional.

    Notes
    -----
    Differentiable.
    """
    return xp.linalg.outer(x1, x2)


@multilinear(
    takes=NUMERIC,
    x1=lambda xp, g, x2, axis: xp.linalg.cross(*xp.broadcast_arrays(x2, g), axis=axis),
    x2=lambda xp, g, x1, axis: xp.linalg.cross(*xp.broadcast_arrays(g, x1), axis=axis),
)
def cross(xp: Namespace, x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Cross product of vectors of three components.

    Parameters
    ----------
    x1, x2 : Tensor
        Numeric, of shapes that broadcast, of length 3 along the axis.
    axis : int, optional
        Also ``dim``. The axis of the vectors, counted from the end.

    Raises
    ------
    ValueError
        If the length is not 3.

    Notes
    -----
    Differentiable.
    """
    _check_from_end(axis, x1, x2, "cross")
    x1, x2 = _same_dtype(xp, x1, x2)
    return xp.linalg.cross(x1, x2, axis=axis)


# --- diagonals ---


def _on_diagonal(xp: Namespace, g: Any, x_shape: tuple[int, ...], offset: int) -> Any:
    """Zeros of a shape of matrices with `g` on a diagonal."""
    places = xp.arange(0, g.shape[-1], 1, dtype=xp.int64, device=g.device)
    key = (..., places + max(-offset, 0), places + max(offset, 0))
    return xp.scatter_add(g, key, x_shape)


@linear(view=True, used="rules", x=_on_diagonal)
def diagonal(xp: Namespace, x: Tensor, /, *, offset: int = 0) -> Tensor:
    """Diagonals of matrices.

    Parameters
    ----------
    x : Tensor
        Of shape ``(..., M, N)``.
    offset : int, optional
        Which diagonal: above the main one if positive.

    Returns
    -------
    Tensor
        Of shape ``(..., min(M, N))`` for the main diagonal; a view.

    Notes
    -----
    Differentiable.
    """
    return xp.linalg.diagonal(x, offset=offset)


def _trace_rule(xp: Namespace, g: Any, x_shape: tuple[int, ...], offset: int) -> Any:
    rows, columns = x_shape[-2:]
    length = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    return _on_diagonal(xp, xp.broadcast_to(_column(xp, g), (*g.shape, length)), x_shape, offset)


@linear(takes=NUMERIC, used="rules", x=_trace_rule)
def trace(xp: Namespace, x: Tensor, /, *, offset: int = 0, dtype: DTypeLike | None = None) -> Tensor:
    """Sums of the diagonals of matrices.

    Parameters
    ----------
    x : Tensor
        Numeric, of shape ``(..., M, N)``.
    offset : int, optional
        Which diagonal: above the main one if positive.
    dtype : dtype, optional
        The dtype of the sum, as for `arrayad.sum`.

    Returns
    -------
    Tensor
        Of shape ``(...)``.

    Notes
    -----
    Differentiable.
    """
    return xp.linalg.trace(x, offset=offset, dtype=dtype)


# --- solving ---


@differentiable(
    takes=FLOATING,
    grad_name="LinalgInvEx",
    conjugate=True,
    x=lambda xp, g, out: -xp.matmul(_t(xp, out), xp.matmul(g, _t(xp, out))),
)
def inv(xp: Namespace, x: Tensor, /) -> Tensor:
    """Inverses of square matrices.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, M)``.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is singular (on NumPy).

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.linalg.inv(xp.asarray([[2.0, 0.0], [1.0, 4.0]]))
    tensor([[ 0.5000,  0.0000],
            [-0.1250,  0.2500]])
    """
    return xp.linalg.inv(x)


def _solve_x2(xp: Namespace, g: Any, x1: Any) -> Any:
    if g.ndim < x1.ndim:  # for a vector
        return xp.linalg.solve(_t(xp, x1), _column(xp, g))[..., 0]
    return xp.linalg.solve(_t(xp, x1), g)


def _solve_x1(xp: Namespace, g: Any, x1: Any, out: Any) -> Any:
    back = _solve_x2(xp, g, x1)
    if g.ndim < x1.ndim:
        return -_column(xp, back) * _row(xp, out)
    return -xp.matmul(back, _t(xp, out))


@differentiable(takes=FLOATING, grad_name="LinalgSolveEx", conjugate=True, x1=_solve_x1, x2=_solve_x2)
def solve(xp: Namespace, x1: Tensor, x2: Tensor, /) -> Tensor:
    """Solutions of linear equations ``x1 @ out = x2``.

    Parameters
    ----------
    x1 : Tensor
        Floating-point, of shape ``(..., M, M)``.
    x2 : Tensor
        Of shape ``(..., M, K)``, or ``(M,)``; leading axes broadcast.

    Returns
    -------
    Tensor
        Of the shape of `x2`, broadcast.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is not square, or singular (on NumPy).
    ValueError
        If the shapes do not fit.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.linalg.solve(xp.asarray([[2.0, 1.0], [0.0, 4.0]]), xp.asarray([4.0, 8.0]))
    tensor([1., 2.])
    """
    if x1.ndim > 1 and x2.ndim and x2.shape[-2 if x2.ndim > 1 else -1] != x1.shape[-2]:
        raise ValueError(f"solve(): matrices of shape {tuple(x1.shape)} do not fit right-hand sides of {tuple(x2.shape)}")
    return xp.linalg.solve(x1, x2)


def _triangular_x2(xp: Namespace, g: Any, x1: Any, upper: bool, unitriangular: bool) -> Any:
    return xp.linalg.solve_triangular(_t(xp, x1), g, upper=not upper, unitriangular=unitriangular)


def _triangular_x1(xp: Namespace, g: Any, x1: Any, out: Any, upper: bool, unitriangular: bool) -> Any:
    back = -_triangular_x2(xp, g, x1, upper, unitriangular)
    # For a single column the outer product, for which BLAS takes four times as long.
    back = back * _t(xp, out) if out.shape[-1] == 1 else xp.matmul(back, _t(xp, out))
    return xp.triu(back, k=int(unitriangular)) if upper else xp.tril(back, k=-int(unitriangular))


@differentiable(takes=FLOATING, grad_name="LinalgSolveTriangular", conjugate=True, x1=_triangular_x1, x2=_triangular_x2)
def solve_triangular(xp: Namespace, x1: Tensor, x2: Tensor, /, *, upper: bool, unitriangular: bool = False) -> Tensor:
    """Solve linear equations ``x1 @ out = x2`` with triangular matrices, in PyTorch's form.

    Parameters
    ----------
    x1 : Tensor
        Floating-point, of shape ``(..., M, M)``; the other triangle is ignored.
    x2 : Tensor
        Of shape ``(..., M, K)``; leading axes broadcast.
    upper : bool
        Whether to use the upper triangle or the lower.
    unitriangular : bool, optional
        Whether to take the diagonal as ones, without reading it.

    Returns
    -------
    Tensor
        Of the shape of `x2`, broadcast.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is singular (on NumPy).

    Notes
    -----
    Differentiable.
    """
    if len(x1.shape) < 2 or len(x2.shape) < 2 or x1.shape[-1] != x1.shape[-2]:
        raise ValueError(
            f"solve_triangular(): expected shapes (..., M, M) and (..., M, K), got {tuple(x1.shape)} and {tuple(x2.shape)}"
        )
    x1, x2 = _same_dtype(xp, x1, x2)
    return xp.linalg.solve_triangular(x1, x2, upper=upper, unitriangular=unitriangular)


def _lstsq_x1(xp: Namespace, g: Any, x1: Any, x2: Any, out: Any, rcond: float | None) -> Any:
    # The pseudoinverse's differential (Golub & Pereyra 1973, equation 4.12) times x2, transposed.
    column = len(x2.shape) == len(x1.shape) - 1
    if column:
        g, x2, out = _column(xp, g), _column(xp, x2), _column(xp, out)
    p = xp.linalg.pinv(x1, rtol=rcond)
    ph = _h(xp, p)
    residual = x2 - xp.matmul(x1, out)
    back = xp.matmul(ph, g)
    free = g - xp.matmul(_h(xp, x1), back)  # the part of g in the null space of x1
    return (
        xp.matmul(residual, _h(xp, xp.matmul(p, back)))
        + xp.matmul(xp.matmul(ph, out), _h(xp, free))
        - xp.matmul(back, _h(xp, out))
    )


def _lstsq_x2(xp: Namespace, g: Any, x1: Any, x2_shape: tuple[int, ...], rcond: float | None) -> Any:
    ph = _h(xp, xp.linalg.pinv(x1, rtol=rcond))
    return xp.matmul(ph, _column(xp, g))[..., 0] if len(x2_shape) == len(x1.shape) - 1 else xp.matmul(ph, g)


@differentiable(takes=FLOATING, grad_name="LinalgLstsq", x1=_lstsq_x1, x2=_lstsq_x2)
def _lstsq(xp: Namespace, x1: Tensor, x2: Tensor, /, *, rcond: float | None = None) -> Tensor:
    x1, x2 = _same_dtype(xp, x1, x2)
    p = xp.linalg.pinv(x1, rtol=rcond)
    return xp.matmul(p, _column(xp, x2))[..., 0] if len(x2.shape) == len(x1.shape) - 1 else xp.matmul(p, x2)


class LeastSquares(NamedTuple):
    """The result of `lstsq`."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


@public
def lstsq(x1: Tensor, x2: Tensor, /, *, rcond: float | None = None) -> LeastSquares:
    """Solve linear equations by least squares; of several solutions, the one of least norm.

    Parameters
    ----------
    x1 : Tensor
        Floating-point, of shape ``(..., M, N)``.
    x2 : Tensor
        Of shape ``(..., M, K)``, or ``(..., M)`` with one axis fewer than `x1`.
    rcond : float, optional
        Singular values below this fraction of the largest count as 0. Default: ``max(M, N) * eps``.

    Returns
    -------
    LeastSquares
        A named tuple: ``solution`` of shape ``(..., N, K)`` or ``(..., N)``; ``residuals``, the sums of squared residuals,
        of shape ``(..., K)`` or ``(...)``; ``rank`` and ``singular_values`` of `x1`.

    Notes
    -----
    Differentiable where the rank does not change.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.asarray([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    >>> xp.linalg.lstsq(x, xp.asarray([1.0, 4.0, 5.0])).solution
    tensor([1., 2.])
    """
    check_tensor(x1, "lstsq", "x1")
    check_tensor(x2, "lstsq", "x2")
    x1, x2 = (astype(x, dtypes.get_default_dtype()) if x.dtype.kind in "biu" else x for x in (x1, x2))
    solution = _lstsq(x1, x2, rcond=max(x1.shape[-2:]) * _eps(x1) if rcond is None else rcond)
    column = x2.ndim == x1.ndim - 1
    fitted = matmul(x1, expand_dims(solution, axis=-1))[..., 0] if column else matmul(x1, solution)
    residuals = sum(square(absolute(subtract(x2, fitted))), axis=-1 if column else -2)
    return LeastSquares(solution, residuals, matrix_rank(x1, rtol=rcond), svdvals(x1))


@differentiable(
    takes=FLOATING,
    grad_name="LinalgDet",
    conjugate=True,
    x=lambda xp, g, x: _column(xp, _column(xp, g)) * xp.linalg.cofactors(x),
)
def det(xp: Namespace, x: Tensor, /) -> Tensor:
    """Determinants of square matrices.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, M)``.

    Returns
    -------
    Tensor
        Of shape ``(...)``.

    Notes
    -----
    Differentiable even at singular matrices: the gradient is the matrix of cofactors.
    """
    return xp.linalg.det(x)


def _cofactors_rule(xp: Namespace, g: Any, x: Any) -> Any:
    # The second differential of det at diag(s) is the sum over i != j of p[i, j] (g[i, i] k[j, j] - g[i, j] k[j, i]), with
    # p[i, j] the product of all other s; U and V rotate this to any finite matrix.
    finite = xp.all(xp.isfinite(x), axis=(-2, -1), keepdims=True)
    u, s, vh = xp.linalg.svd(xp.where(finite, x, xp.eye(x.shape[-1], dtype=x.dtype, device=x.device)))
    n = s.shape[-1]
    one = xp.eye(n, dtype=s.dtype, device=s.device) != 0
    left_out = _row(xp, one) | one  # [i, j, k]: whether k is i or j
    others = xp.prod(xp.where(left_out, xp.ones_like(s[..., None, None, :]), s[..., None, None, :]), axis=-1)
    others = xp.where(one, xp.zeros_like(others), others)
    turned = xp.matmul(_h(xp, u), xp.matmul(g, _h(xp, vh)))
    others = xp.astype(others, turned.dtype)
    on = xp.matmul(others, _column(xp, xp.linalg.diagonal(turned)))[..., 0]
    middle = _on_diagonal(xp, on, tuple(turned.shape), 0) - others * _t(xp, turned)
    scale = _column(xp, _column(xp, xp.linalg.det(u) * xp.linalg.det(vh)))
    out = scale * xp.matmul(xp.conj(u), xp.matmul(middle, xp.conj(vh)))
    return xp.where(finite, out, xp.asarray(math.nan, dtype=out.dtype, device=out.device))


@differentiable(takes=FLOATING, conjugate=True, x=_cofactors_rule)
def cofactors(xp: Namespace, x: Tensor, /) -> Tensor:
    """Matrices of cofactors of square matrices: the gradient of `det`, and ``det(x) * inv(x).mT`` where that exists.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, M)``.

    Notes
    -----
    Differentiable even at singular matrices.
    """
    return xp.linalg.cofactors(x)


def _slogdet_rule(xp: Namespace, g: Any, x: Any, out: Any) -> Any:
    # d log|det| = Re tr(A^-1 dA) and d sign = i sign Im tr(A^-1 dA), the latter 0 for real matrices.
    g_sign, g_log = g
    sign = out[0]
    weight = 0 if g_log is None else g_log
    if g_sign is not None and as_dtype(x.dtype).kind == "c":
        weight = weight + xp.imag(g_sign * xp.conj(sign)) * 1j
    elif g_log is None:
        return xp.zeros_like(x)
    result = _column(xp, _column(xp, weight)) * _h(xp, _inverse_or_nan(xp, x, sign))
    used = _column(xp, _column(xp, (sign != 0) | (weight != 0)))  # a singular matrix that is unused would give NaN, not 0
    return kept(xp, used, result)


def _slogdet_tangent(xp: Namespace, t: Any, x: Any, out: Any) -> tuple[Any, Any]:
    # The transpose of the rule, which is not linear where a singular matrix is unused.
    sign, logabsdet = out
    change = xp.sum(_t(xp, _inverse_or_nan(xp, x, sign)) * t, axis=(-2, -1))
    if as_dtype(x.dtype).kind != "c":
        return xp.zeros_like(sign), change
    return sign * xp.astype(xp.imag(change), sign.dtype) * 1j, xp.astype(xp.real(change), logabsdet.dtype)


def _inverse_or_nan(xp: Namespace, x: Any, sign: Any) -> Any:
    """Inverse matrices, with NaN for a singular one, also in derivatives, without affecting the others."""
    singular = _column(xp, _column(xp, sign == 0))
    eye = xp.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    return xp.where(singular, x * math.nan, xp.linalg.inv(xp.where(singular, eye, x)))


class SlogDet(NamedTuple):
    """The result of `slogdet`."""

    sign: Tensor
    logabsdet: Tensor


@differentiable(takes=FLOATING, grad_name="LinalgSlogdet", tangent=_slogdet_tangent, x=_slogdet_rule)
def slogdet(xp: Namespace, x: Tensor, /) -> SlogDet:
    """Signs and logarithms of the absolute values of determinants.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, M)``.

    Returns
    -------
    SlogDet
        A named tuple: ``sign`` and ``logabsdet``, of shape ``(...)``; 0 and ``-inf`` for singular matrices.

    Notes
    -----
    Differentiable where the matrix is nonsingular.
    """
    return SlogDet(*xp.linalg.slogdet(x))


def _cholesky_rule(xp: Namespace, g: Any, out: Any, upper: bool) -> Any:
    return _unfactor(xp, _h(xp, g), _h(xp, out)) if upper else _unfactor(xp, g, out)


def _unfactor(xp: Namespace, g: Any, lower: Any) -> Any:
    """The cotangent of a matrix from that of its lower Cholesky factor, whose lower triangle it reads.

    I. Murray, "Differentiation of the Cholesky decomposition", arXiv:1602.07527: for small matrices equation 10, for large
    ones the blocks of section 4.2, here halves. With equation 10 only, 500 rows take three times as long, since it computes
    with the zeros.
    """
    n = lower.shape[-1]
    if n <= _UNDIVIDED:
        adjoint = _h(xp, lower)
        inner = xp.tril(xp.matmul(adjoint, g))
        inner = inner - _only_diagonal(xp, inner) / 2
        left = xp.linalg.solve_triangular(adjoint, inner, upper=True)
        result = _h(xp, xp.linalg.solve_triangular(adjoint, _h(xp, left), upper=True))
        return (result + _h(xp, result)) / 2
    k = n // 2
    # Of the matrix [[a, b^H], [b, d]] = lower @ lower^H: first d, from which the last step of the factorization made
    # `corner`.
    head, side, corner = lower[..., :k, :k], lower[..., k:, :k], lower[..., k:, k:]
    d = _unfactor(xp, g[..., k:, k:], corner)
    from_side = g[..., k:, :k] - xp.matmul(2 * d, side)
    b = xp.linalg.solve_triangular(_h(xp, head), _h(xp, from_side), upper=True)  # adjoint
    a = _unfactor(xp, g[..., :k, :k] - xp.matmul(b, side), head)
    b = b / 2
    return xp.concat([xp.concat([a, b], axis=-1), xp.concat([_h(xp, b), d], axis=-1)], axis=-2)


_UNDIVIDED = 128  # rows below which the calls cost more than the zeros


@differentiable(takes=FLOATING, grad_name="LinalgCholeskyEx", x=_cholesky_rule)
def cholesky(xp: Namespace, x: Tensor, /, *, upper: bool = False) -> Tensor:
    """Cholesky factors of positive definite matrices: ``x = L @ L^H``, or ``U^H @ U``.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, M)``, symmetric or Hermitian (one triangle is read).
    upper : bool, optional
        Return the upper factor.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is not positive definite (on NumPy).

    Notes
    -----
    Differentiable; the gradient is symmetric, as for a loss of symmetric matrices.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.linalg.cholesky(xp.asarray([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    return xp.linalg.cholesky(x, upper=upper)


def _pinv_rule(xp: Namespace, g: Any, x: Any, out: Any) -> Any:
    # G. Golub & V. Pereyra, SIAM J. Numer. Anal. 10 (1973), equation 4.12, transposed.
    p, ph, gh = out, _h(xp, out), _h(xp, g)
    tall = x.shape[-2] >= x.shape[-1]

    def product(a: Any, b: Any, c: Any, last: bool = tall) -> Any:  # so that no intermediate has the long side twice
        return xp.matmul(a, xp.matmul(b, c)) if last else xp.matmul(xp.matmul(a, b), c)

    range_part = product(gh, p, ph)
    null_part = product(ph, p, gh - product(gh, p, x))
    return range_part - product(x, p, range_part) + null_part - _h(xp, product(p, gh, p, not tall))


@differentiable(takes=FLOATING, grad_name="LinalgPinv", x=_pinv_rule)
def pinv(xp: Namespace, x: Tensor, /, *, rtol: Tensor | float | None = None) -> Tensor:
    """Moore-Penrose inverses.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, N)``.
    rtol : Tensor or number, optional
        Singular values below this fraction of the largest count as 0. Default: ``max(M, N) * eps``.

    Returns
    -------
    Tensor
        Of shape ``(..., N, M)``.

    Notes
    -----
    Differentiable with respect to `x` where the rank does not change.
    """
    return xp.linalg.pinv(x, rtol=max(x.shape[-2:]) * _eps(x) if rtol is None else rtol)


def _eps(x: Any) -> float:
    return finfo(as_dtype(x.dtype)).eps


@not_differentiable("its output is of integers", takes=FLOATING)
def matrix_rank(xp: Namespace, x: Tensor, /, *, rtol: Tensor | float | None = None) -> Tensor:
    """Ranks of matrices: the number of singular values above a threshold.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, N)``.
    rtol : Tensor or number, optional
        Singular values below this fraction of the largest count as 0. Default: ``max(M, N) * eps``.

    Returns
    -------
    Tensor
        int64, of shape ``(...)``.

    Notes
    -----
    Not differentiable: its output is of integers.
    """
    if len(x.shape) < 2:
        raise ValueError(f"matrix_rank(): expected a tensor of at least 2 dimensions, got {len(x.shape)}")
    return xp.linalg.matrix_rank(x, rtol=rtol)


@composite(takes=FLOATING)
def matrix_power(xp: Namespace, x: Tensor, n: int, /) -> Tensor:
    """Square matrices to an integer power.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, M)``.
    n : int
        0 gives the identity, a negative power that of the inverse.

    Raises
    ------
    numpy.linalg.LinAlgError
        If `n` is negative and a matrix is singular (on NumPy).

    Notes
    -----
    Differentiable.
    """
    power = integer_of(n, "matrix_power", "n")
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"matrix_power(): x must be square matrices, got shape {tuple(x.shape)}")
    if power == 0:
        nothing = 0 * xp.where(xp.isfinite(x), x, xp.zeros_like(x))  # with the history of `x`
        return nothing + xp.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    square = xp.linalg.inv(x) if power < 0 else x
    power = abs(power)
    result = None
    while power:  # by the binary digits of the power
        if power & 1:
            result = square if result is None else xp.matmul(result, square)
        power >>= 1
        if power:
            square = xp.matmul(square, square)
    return xp.positive(result)


# --- decompositions ---


def _equal(xp: Namespace, values: Any) -> Any:
    """Which pairs of values are equal up to rounding."""
    gaps = xp.abs(_row(xp, values) - _column(xp, values))
    if values.shape[-1] == 0:
        return gaps == 0
    scale = xp.max(xp.abs(values), axis=-1, keepdims=True)
    return gaps <= values.shape[-1] * _eps(values) * _column(xp, scale)


def _gaps(xp: Namespace, values: Any) -> Any:
    """``1 / (values[j] - values[i])``, 0 where they are equal: the gauge is free, so invariant losses need nothing."""
    gaps = _row(xp, values) - _column(xp, values)
    equal = _equal(xp, values)
    return xp.where(equal, xp.zeros_like(gaps), 1 / xp.where(equal, xp.ones_like(gaps), gaps))


def _warn_of_gauge(xp: Namespace, name: str, turning: Any, parts: list[Any], values: Any) -> None:
    """Warn of a loss that depends on what is arbitrary: the phases of vectors and, for equal values, their choice.

    `turning` is the change of the loss when the vectors are rotated among themselves. Where the rotation is free it has to
    be 0, relative to the `parts` it is composed of. This reads values, so it is done only in an ordinary backward, and only
    under anomaly detection where it would wait for a GPU.
    """
    if isinstance(turning, TensorBase) or not math.prod(turning.shape):
        return
    if xp.asynchronous and not anomaly.enabled:
        return
    free = kept(xp, _equal(xp, values), turning)
    size = max(float(xp.max(xp.abs(part))) for part in parts)
    if float(xp.max(xp.abs(free))) > math.sqrt(_eps(turning)) * size:
        warnings.warn(
            f"{name}(): the loss depends on the phases of the vectors, or on their choice for equal values, which are "
            "arbitrary; so is its gradient",
            UserWarning,
            stacklevel=2,
        )


def _eigh_rule(xp: Namespace, g: Any, out: Any) -> Any:
    g_values, g_vectors = g
    values, vectors = out
    middle = xp.zeros_like(vectors)
    if g_vectors is not None:
        inner = xp.matmul(_h(xp, vectors), g_vectors)
        _warn_of_gauge(xp, "eigh", inner - _h(xp, inner), [inner], values)
        middle = inner * _gaps(xp, values)
    if g_values is not None:
        middle = middle + _on_diagonal(xp, g_values, tuple(vectors.shape), 0)
    result = xp.matmul(vectors, xp.matmul(middle, _h(xp, vectors)))
    return (result + _h(xp, result)) / 2


class Eigen(NamedTuple):
    """The result of `eigh` and `eig`."""

    eigenvalues: Tensor
    eigenvectors: Tensor


@differentiable(takes=FLOATING, grad_name="LinalgEigh", x=_eigh_rule)
def eigh(xp: Namespace, x: Tensor, /) -> Eigen:
    """Eigenvalues and eigenvectors of symmetric or Hermitian matrices.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, M)`` (one triangle is read).

    Returns
    -------
    Eigen
        A named tuple: ``eigenvalues``, real and ascending, of shape ``(..., M)``, and ``eigenvectors``, in columns.

    Notes
    -----
    Differentiable; the gradient is symmetric. Losses must not depend on the gauge of the eigenvectors: their signs or phases
    and, for equal eigenvalues, their choice; backward warns if they do. Where eigenvalues are equal, the gradient is right
    for losses that depend on each group of equal ones as a whole, through its eigenvalue and its projector. (For ``V f(w)
    V^H`` with a function `f` of equal eigenvalues no rule of `eigh` can be right: the gradient contains ``f'``, but the
    cotangent of the eigenvectors is the same whatever ``f'`` is.) For the same reason second derivatives are right only
    where eigenvalues differ.

    Examples
    --------
    >>> import arrayad as xp
    >>> values, vectors = xp.linalg.eigh(xp.asarray([[2.0, 0.0], [0.0, 1.0]]))
    >>> values
    tensor([1., 2.])
    """
    return Eigen(*xp.linalg.eigh(x))


def _eigvalsh_rule(xp: Namespace, g: Any, x: Any) -> Any:
    vectors = xp.linalg.eigh(x)[1]
    return xp.matmul(vectors * _row(xp, g), _h(xp, vectors))


@differentiable(takes=FLOATING, grad_name="LinalgEigvalsh", x=_eigvalsh_rule)
def eigvalsh(xp: Namespace, x: Tensor, /) -> Tensor:
    """Eigenvalues of symmetric or Hermitian matrices.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, M)`` (one triangle is read).

    Returns
    -------
    Tensor
        Real and ascending, of shape ``(..., M)``.

    Notes
    -----
    Differentiable; the gradient is symmetric. Second derivatives are right only where eigenvalues differ, as for `eigh`.
    """
    return xp.linalg.eigvalsh(x)


def _eig_rule(xp: Namespace, g: Any, out: Any) -> Any:
    # Giles 2008, section 3.1, for eigenvectors of fixed norm: the component along an eigenvector itself is removed.
    g_values, g_vectors = g
    values, vectors = out
    adjoint = _h(xp, vectors)
    middle = xp.zeros_like(vectors)
    if g_vectors is not None:
        inner = xp.matmul(adjoint, g_vectors)
        along = xp.real(xp.linalg.diagonal(inner))
        kept = _on_diagonal(xp, xp.astype(along, inner.dtype), tuple(inner.shape), 0)
        _warn_of_gauge(xp, "eig", inner - kept, [inner], values)
        inner = inner - xp.matmul(adjoint, vectors) * _row(xp, along)
        middle = inner * xp.conj(_gaps(xp, values))
    if g_values is not None:
        middle = middle + _on_diagonal(xp, g_values, tuple(vectors.shape), 0)
    return xp.linalg.solve(adjoint, xp.matmul(middle, adjoint))


@differentiable(takes=FLOATING, grad_name="LinalgEig", x=_eig_rule)
def eig(xp: Namespace, x: Tensor, /) -> Eigen:
    """Eigenvalues and eigenvectors of square matrices.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, M)``.

    Returns
    -------
    Eigen
        A named tuple: ``eigenvalues`` of shape ``(..., M)``, unordered, and ``eigenvectors`` of norm 1, in columns; both
        complex.

    Notes
    -----
    Differentiable where the eigenvalues differ. Losses must not depend on the phases of the eigenvectors.
    """
    return Eigen(*xp.linalg.eig(x))


def _eigvals_rule(xp: Namespace, g: Any, x: Any) -> Any:
    adjoint = _h(xp, xp.linalg.eig(x)[1])
    return xp.linalg.solve(adjoint, _column(xp, g) * adjoint)


@differentiable(takes=FLOATING, grad_name="LinalgEigvals", x=_eigvals_rule)
def eigvals(xp: Namespace, x: Tensor, /) -> Tensor:
    """Eigenvalues of square matrices.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, M)``.

    Returns
    -------
    Tensor
        Complex, of shape ``(..., M)``, unordered.

    Notes
    -----
    Differentiable where the eigenvalues differ.
    """
    return xp.linalg.eigvals(x)


def _qr_rule(xp: Namespace, g: Any, out: Any) -> Any:
    # S. Walter & L. Lehmann, arXiv:1001.1654, section 3; wide matrices by their leading square block.
    g_q, g_r = g
    q, r = out
    rows, columns = q.shape[-2], r.shape[-1]
    wide = rows < columns
    if q.shape[-1] != min(rows, columns):
        raise RuntimeError("qr(): mode='complete' of a tall matrix has no gradient: the added columns of Q are arbitrary")
    square = r[..., :rows] if wide else r
    total_q = xp.zeros_like(q) if g_q is None else g_q
    if g_r is not None and wide:  # the rest of R is Q^H times the rest of A, which is Q times the rest of R
        total_q = total_q + xp.matmul(xp.matmul(q, r[..., rows:]), _h(xp, g_r[..., rows:]))
    inner = -xp.matmul(_h(xp, total_q), q)
    if g_r is not None:
        inner = inner + xp.matmul(square, _h(xp, g_r[..., :rows] if wide else g_r))
    lower = xp.tril(inner)
    hermitian = lower + _h(xp, lower)
    hermitian = hermitian - _only_diagonal(xp, hermitian) / 2
    result = _h(xp, xp.linalg.solve(square, _h(xp, total_q + xp.matmul(q, hermitian))))
    if not wide:
        return result
    rest = xp.zeros_like(r[..., rows:]) if g_r is None else xp.matmul(q, g_r[..., rows:])
    return xp.concat([result, rest], axis=-1)


class QR(NamedTuple):
    """The result of `qr`."""

    Q: Tensor
    R: Tensor


@differentiable(takes=FLOATING, grad_name="LinalgQr", x=_qr_rule)
def qr(xp: Namespace, x: Tensor, /, *, mode: Literal["reduced", "complete"] = "reduced") -> QR:
    """QR decompositions: an orthonormal and an upper triangular factor.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, N)``.
    mode : {"reduced", "complete"}, optional
        Whether Q has ``min(M, N)`` columns or M.

    Returns
    -------
    QR
        A named tuple: ``Q`` and ``R``.

    Raises
    ------
    ValueError
        For an unknown mode.

    Notes
    -----
    Differentiable for matrices of full rank, except for the complete mode of tall ones, whose added columns are arbitrary.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.asarray([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> q, r = xp.linalg.qr(x)
    >>> q.shape, r.shape, xp.allclose(q @ r, x, atol=1e-5)
    (arrayad.Size([3, 2]), arrayad.Size([2, 2]), True)
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr(): mode must be 'reduced' or 'complete', got {mode!r}")
    return QR(*xp.linalg.qr(x, mode=mode))


def _svd_rule(xp: Namespace, g: Any, x: Any, out: Any) -> Any:
    # J. Townsend, "Differentiating the singular value decomposition" (2016); complex: Z. Wan & S. Zhang, arXiv:1909.02659.
    g_u, g_s, g_vh = g
    u, s, vh = out
    rank = s.shape[-1]
    if u.shape[-1] != rank or vh.shape[-2] != rank:
        if g_u is not None or g_vh is not None:
            raise RuntimeError(
                "svd(): the added singular vectors of full_matrices=True are arbitrary and have no gradient; use "
                "full_matrices=False"
            )
        return _svdvals_rule(xp, g_s, x)
    v = _h(xp, vh)
    columns = _row(xp, s)
    middle = xp.zeros_like(xp.matmul(vh, v))
    if g_s is not None:
        middle = middle + _on_diagonal(xp, g_s, tuple(middle.shape), 0)
    inverse = 1 / xp.where(columns == 0, xp.ones_like(columns), columns)
    outside = None
    turned_u = turned_v = xp.zeros_like(middle)
    parts = []
    if g_u is not None:
        inner = xp.matmul(_h(xp, u), g_u)
        turned_u = inner - _h(xp, inner)
        parts.append(inner)
        if x.shape[-2] > rank:
            part = (g_u - xp.matmul(u, inner)) * inverse
            outside = xp.matmul(part, vh)
    if g_vh is not None:
        g_v = _h(xp, g_vh)
        inner = xp.matmul(vh, g_v)
        turned_v = inner - _h(xp, inner)
        parts.append(inner)
        if x.shape[-1] > rank:
            part = (g_v - xp.matmul(v, inner)) * inverse
            part = xp.matmul(u, _h(xp, part))
            outside = part if outside is None else outside + part
    if parts:
        # The sources' terms over s[j]**2 - s[i]**2, split into what rotates U and V together, which is free where values are
        # equal, and what rotates them apart, which is not: the polar factor U @ Vh needs only that.
        _warn_of_gauge(xp, "svd", turned_u + turned_v, parts, s)
        sums = columns + _column(xp, s)
        middle = middle + (turned_u + turned_v) / 2 * _gaps(xp, s)
        middle = middle + (turned_u - turned_v) / 2 / xp.where(sums == 0, xp.ones_like(sums), sums)
    result = xp.matmul(u, xp.matmul(middle, vh))
    return result if outside is None else result + outside


class SVD(NamedTuple):
    """The result of `svd`."""

    U: Tensor
    S: Tensor
    Vh: Tensor


@differentiable(takes=FLOATING, grad_name="LinalgSvd", x=_svd_rule)
def svd(xp: Namespace, x: Tensor, /, *, full_matrices: bool = True) -> SVD:
    """Singular value decompositions: ``x = U @ diag(S) @ Vh``.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, N)``.
    full_matrices : bool, optional
        Whether U and Vh are square, or have ``min(M, N)`` columns and rows.

    Returns
    -------
    SVD
        A named tuple: ``U``; ``S``, real and descending; and ``Vh``.

    Notes
    -----
    Differentiable; for U and Vh of full matrices only if the matrix is square. Losses must not depend on the gauge of the
    singular vectors: their signs or phases and, for equal singular values, their choice; backward warns if they do. Where
    singular values are equal, but not 0, the gradient is right for losses that depend on the values and on ``U @ Vh``, the
    polar factor. For ``U f(S) Vh`` with a function `f` of equal singular values it is not, and second derivatives are right
    only where they differ: `eigh` explains why.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.asarray([[3.0, 0.0], [0.0, -4.0], [0.0, 0.0]])
    >>> u, s, vh = xp.linalg.svd(x, full_matrices=False)
    >>> s, xp.allclose((u * s) @ vh, x)
    (tensor([4., 3.]), True)
    """
    return SVD(*xp.linalg.svd(x, full_matrices=full_matrices))


def _svdvals_rule(xp: Namespace, g: Any, x: Any) -> Any:
    u, _, vh = xp.linalg.svd(x, full_matrices=False)
    return xp.matmul(u * _row(xp, g), vh)


@differentiable(takes=FLOATING, grad_name="LinalgSvdvals", x=_svdvals_rule)
def svdvals(xp: Namespace, x: Tensor, /) -> Tensor:
    """Singular values.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, N)``.

    Returns
    -------
    Tensor
        Real and descending, of shape ``(..., min(M, N))``.

    Notes
    -----
    Differentiable. Second derivatives are right only where singular values differ and none is 0.
    """
    return xp.linalg.svdvals(x)


# --- norms ---


def _vector_norm_rule(xp: Namespace, g: Any, x: Any, out: Any, x_shape: tuple[int, ...], axis: Any, ord: float) -> Any:
    g = spread(xp, g, x_shape, axis)
    if ord == 0:
        return xp.zeros_like(x)
    if ord == 1:
        return g * xp.sign(x)
    norm = spread(xp, out, x_shape, axis)
    if ord == 2:  # at 0, the subgradient 0; complex numbers are multiplied by a real quotient, as in the rule of `sign`
        norm = or_infinite(xp, norm)
        return x * (g / norm) if as_dtype(x.dtype).kind == "c" else g * x / norm
    size, one = xp.abs(x), xp.ones_like(norm)
    if math.isinf(ord):  # tied elements get equal parts
        chosen = xp.where(size == norm, one, xp.zeros_like(norm))
        count = xp.sum(chosen, axis=axis, keepdims=True)
        return g * xp.sign(x) * chosen / count
    # For a negative order the norm is 0 if one element is.
    zero = (size == 0) | (norm == 0)
    power = xp.where(zero, xp.zeros_like(norm), xp.where(zero, one, size / xp.where(zero, one, norm)) ** (ord - 1))
    return g * xp.sign(x) * power


@differentiable(takes=FLOATING, grad_name="LinalgVectorNorm", x=_vector_norm_rule)
def vector_norm(
    xp: Namespace,
    x: Tensor,
    /,
    *,
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    ord: float = 2,
) -> Tensor:
    """Norms of vectors.

    Parameters
    ----------
    x : Tensor
        Floating-point.
    axis : int, tuple of int or None, optional
        Also ``dim``. The axes of the vectors; None means all axes.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.
    ord : number, optional
        The order of the norm: the p of ``sum(abs(x)**p)**(1/p)``; ``inf`` and ``-inf`` are the greatest and the smallest
        magnitude, 0 counts the nonzero elements.

    Returns
    -------
    Tensor
        Real.

    Notes
    -----
    Differentiable; at 0, the subgradient 0.
    """
    return xp.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)


@composite(takes=FLOATING)
def matrix_norm(
    xp: Namespace,
    x: Tensor,
    /,
    *,
    keepdims: bool = False,
    ord: float | Literal["fro", "nuc"] | None = "fro",
) -> Tensor:
    """Norms of matrices.

    Parameters
    ----------
    x : Tensor
        Floating-point, of shape ``(..., M, N)``.
    keepdims : bool, optional
        Also ``keepdim``. Keep the last two axes, with length 1.
    ord : {"fro", "nuc", 1, -1, 2, -2, inf, -inf} or None, optional
        Frobenius (also None); nuclear (the sum of singular values); the greatest (1) or smallest (-1) sum of a column's
        magnitudes; the greatest (2) or smallest (-2) singular value; the greatest (inf) or smallest (-inf) sum of a row's
        magnitudes.

    Returns
    -------
    Tensor
        Real.

    Raises
    ------
    ValueError
        For another `ord`.

    Notes
    -----
    Differentiable; second derivatives of "nuc", 2 and -2 are right where those of `svdvals` are.
    """
    if ord is None or ord == "fro":
        return xp.linalg.vector_norm(x, axis=(-2, -1), keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        values = xp.linalg.svdvals(x)
        if ord == "nuc" or 0 in x.shape[-2:]:  # the norm of an empty matrix is 0
            out = xp.sum(values, axis=-1)
        else:
            out = xp.max(values, axis=-1) if ord == 2 else xp.min(values, axis=-1)
        return keep(xp, out, x.shape, (-2, -1)) if keepdims else out
    if ord not in (1, -1, math.inf, -math.inf):
        raise ValueError(f"matrix_norm(): ord must be 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, got {ord!r}")
    summed = -2 if abs(ord) == 1 else -1
    sums = xp.sum(xp.abs(x), axis=summed, keepdims=True)
    if 0 in x.shape[-2:]:
        return xp.sum(sums, axis=(-2, -1), keepdims=keepdims)
    reduce = xp.max if ord > 0 else xp.min
    return reduce(sums, axis=(-2, -1), keepdims=keepdims)


@public
def norm(
    x: Tensor,
    /,
    ord: float | Literal["fro", "nuc"] | None = None,
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
) -> Tensor:
    """Norms of vectors or matrices, in NumPy's form: `vector_norm` or `matrix_norm`.

    Parameters
    ----------
    x : Tensor
        Floating-point.
    ord : number or str, optional
        The order of the norm; if omitted, the root of the sum of squares.
    axis : int or tuple of int, optional
        Also ``dim``. One axis of vectors, or two of matrices. If omitted, all of `x` is one vector or matrix; with `ord`,
        `x` must then have one or two dimensions.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.

    Raises
    ------
    ValueError
        If the axes, or the rank, fit neither vectors nor matrices.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.linalg.norm(xp.asarray([3.0, 4.0]))
    tensor(5.)
    """
    check_tensor(x, "norm")
    if axis is None and ord is None:
        return vector_norm(x, keepdims=keepdims)
    named: Any = range(x.ndim) if axis is None else axis.tolist() if hasattr(axis, "tolist") else axis  # arrays, too
    axes = tuple(named) if isinstance(named, (tuple, list, range)) else (named,)
    if len(axes) == 1 and not isinstance(ord, str):
        return vector_norm(x, axis=axes[0], keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) != 2:
        raise ValueError(f"norm(): a vector has one axis and a matrix two, got {len(axes)} with ord={ord!r}")
    places = tuple(axis_of(a, x.ndim, "norm") for a in axes)
    out = matrix_norm(moveaxis(x, axes, (-2, -1)), keepdims=keepdims, ord="fro" if ord is None else ord)
    return moveaxis(out, (-2, -1), places) if keepdims else out
