"""PyTorch's names and forms of functions that the standard has under other names.

Where a name has two meanings, the standard's holds; docs/coming-from-pytorch.md lists these.
"""

from __future__ import annotations

import builtins
import itertools
import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from .beyond import angle
from .creation import asarray, empty, ones, tensor, tril, triu, zeros_like
from .data_types import astype, check_tensor, result_type, to_common_dtype, view_dtype
from .elementwise import (
    abs,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bitwise_invert,
    clip,
    conj,
    cos,
    divide,
    equal,
    floor_divide,
    greater,
    greater_equal,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    maximum,
    multiply,
    negative,
    not_equal,
    or_infinite,
    reciprocal,
    sign,
    sin,
    sqrt,
    subtract,
    trunc,
)
from .indexing import getitem
from .indexing import scatter_add as added_at
from .keys import getitem as at_key
from .linear_algebra import (
    cross,
    det,
    matmul,
    matrix_power,
    matrix_transpose,
    outer,
    slogdet,
    tensordot,
    trace,
    vector_norm,
)
from .linear_algebra import diagonal as matrix_diagonal
from .linear_algebra import inv as inverse
from .linear_algebra import norm as norm_of
from .linear_algebra import pinv as pinverse
from .manipulation import (
    broadcast_arrays,
    broadcast_to,
    concat,
    expand_dims,
    moveaxis,
    permute_dims,
    repeat,
    reshape,
    stack,
    unstack,
)
from .numerical import on_diagonal
from .searching import nonzero, where
from .special import digamma, erf, erfc, erfinv, gammaln, logit, sinc, xlogy
from .statistical import cumulative_prod, cumulative_sum, max, mean, min, std, sum, var
from .. import dtypes
from ..arguments import axis_of, integer_of
from ..autograd.mutation import compute
from ..autograd.operation import REAL_FLOATING_ONLY, differentiable, public
from ..autograd.tape import TensorBase
from ..backends import backend_of
from ..dtypes import NUMBERS
from ..size import Size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .statistical import Axis
    from ..backends import Namespace
    from ..devices import DeviceLike
    from ..dtypes import DType, DTypeLike
    from ..tensor import Tensor

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "absolute",
    "addcdiv",
    "addcmul",
    "addmm",
    "addmv",
    "amax",
    "amin",
    "aminmax",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "as_tensor",
    "baddbmm",
    "bitwise_not",
    "block_diag",
    "bmm",
    "broadcast_tensors",
    "cat",
    "cdist",
    "chunk",
    "clamp",
    "clamp_max",
    "clamp_min",
    "complex",
    "concatenate",
    "cosine_similarity",
    "cross",
    "cumprod",
    "cumsum",
    "deg2rad",
    "det",
    "diag_embed",
    "diagonal",
    "digamma",
    "dist",
    "div",
    "dot",
    "eq",
    "erf",
    "erfc",
    "erfinv",
    "fix",
    "flatten",
    "ge",
    "ger",
    "gt",
    "hstack",
    "inner",
    "inverse",
    "is_complex",
    "is_floating_point",
    "is_tensor",
    "le",
    "lerp",
    "lgamma",
    "logdet",
    "logit",
    "lt",
    "matrix_power",
    "mm",
    "movedim",
    "mul",
    "mv",
    "nanmean",
    "nansum",
    "ne",
    "neg",
    "norm",
    "numel",
    "outer",
    "permute",
    "pinverse",
    "polar",
    "rad2deg",
    "ravel",
    "repeat_interleave",
    "rsqrt",
    "sgn",
    "sinc",
    "slogdet",
    "split",
    "std_mean",
    "sub",
    "swapaxes",
    "swapdims",
    "t",
    "trace",
    "transpose",
    "tril_indices",
    "triu_indices",
    "true_divide",
    "unbind",
    "unflatten",
    "unsqueeze",
    "var_mean",
    "vdot",
    "view_as_complex",
    "view_as_real",
    "vstack",
    "xlogy",
]

# Other names of the same functions.
sub = subtract
mul = multiply
true_divide = divide
neg = negative
absolute = abs
eq = equal
ne = not_equal
lt = less
le = less_equal
gt = greater
ge = greater_equal
arccos = acos
arccosh = acosh
arcsin = asin
arcsinh = asinh
arctan = atan
arctan2 = atan2
arctanh = atanh
bitwise_not = bitwise_invert
fix = trunc
movedim = moveaxis
permute = permute_dims
sgn = sign
lgamma = gammaln
broadcast_tensors = broadcast_arrays
ger = outer


@public
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """`concat` under PyTorch's name; differentiable.

    Parameters
    ----------
    tensors : tuple or list of Tensor
    dim : int, optional
    """
    return concat(tensors, axis=dim)


concatenate = cat


@public
def amax(x: Tensor, /, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """`max`, with axes also by position; differentiable."""
    return max(x, axis=axis, keepdims=keepdims)


@public
def amin(x: Tensor, /, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """`min`, with axes also by position; differentiable."""
    return min(x, axis=axis, keepdims=keepdims)


class MinMax(NamedTuple):
    """The result of `aminmax`."""

    min: Tensor
    max: Tensor


@public
def aminmax(x: Tensor, /, axis: Axis = None, keepdims: bool = False) -> MinMax:
    """Return the least and the greatest elements, of all or along axes; differentiable."""
    return MinMax(min(x, axis=axis, keepdims=keepdims), max(x, axis=axis, keepdims=keepdims))


@public
def cumsum(x: Tensor, /, axis: int | None = None, *, dtype: DTypeLike | None = None) -> Tensor:
    """`cumulative_sum`, with the axis also by position; differentiable."""
    return cumulative_sum(x, axis=axis, dtype=dtype)


@public
def cumprod(x: Tensor, /, axis: int | None = None, *, dtype: DTypeLike | None = None) -> Tensor:
    """`cumulative_prod`, with the axis also by position; differentiable."""
    return cumulative_prod(x, axis=axis, dtype=dtype)


@public
def nansum(x: Tensor, /, axis: Axis = None, keepdims: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Sum of the elements that are not NaN; these get the gradient.

    Parameters
    ----------
    x : Tensor
        Numeric or boolean.
    axis, dtype, keepdims : optional
        As for `sum`; also ``dim`` and ``keepdim``.
    """
    check_tensor(x, "nansum")
    xp = backend_of(x._array)
    if x.dtype.kind not in "fc" or (not xp.asynchronous and not xp.any(xp.isnan(x._array))):
        return sum(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return sum(where(isnan(x), 0, x), axis=axis, dtype=dtype, keepdims=keepdims)


@public
def nanmean(x: Tensor, /, axis: Axis = None, keepdims: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Mean of the elements that are not NaN; these get the gradient. NaN if there are none.

    Raises
    ------
    TypeError
        If the dtype is not floating, as for `mean`.
    """
    check_tensor(x, "nanmean")
    x = x if dtype is None else astype(x, dtype)
    if x.dtype.kind not in "fc":
        raise TypeError(
            f"nanmean(): input dtype should be either floating point or complex dtypes. Got {x.dtype.name} instead."
        )
    full = astype(x, dtypes.float32) if x.dtype is dtypes.float16 else x  # its sums overflow
    count = sum(logical_not(isnan(x)), axis=axis, keepdims=keepdims)
    return astype(nansum(full, axis, keepdims) / count, x.dtype, copy=False)


@public
def std_mean(x: Tensor, /, axis: Axis = None, *, correction: float = 1, keepdims: bool = False) -> tuple[Tensor, Tensor]:
    """Standard deviation, by default with PyTorch's correction of 1, and mean; differentiable.

    Parameters
    ----------
    x : Tensor
        Real floating-point.
    axis, correction, keepdims : optional
        As for `std`; also ``dim`` and ``keepdim``.
    """
    return std(x, axis=axis, correction=correction, keepdims=keepdims), mean(x, axis=axis, keepdims=keepdims)


@public
def var_mean(x: Tensor, /, axis: Axis = None, *, correction: float = 1, keepdims: bool = False) -> tuple[Tensor, Tensor]:
    """Variance, by default with PyTorch's correction of 1, and mean; differentiable."""
    return var(x, axis=axis, correction=correction, keepdims=keepdims), mean(x, axis=axis, keepdims=keepdims)


@public
def div(
    x1: Tensor | builtins.complex,
    x2: Tensor | builtins.complex,
    /,
    *,
    rounding_mode: Literal["trunc", "floor"] | None = None,
) -> Tensor:
    """`divide`, optionally with the quotient rounded.

    Parameters
    ----------
    x1, x2 : Tensor or number
    rounding_mode : {None, "floor", "trunc"}, optional
        Down, as in `floor_divide`, or toward 0; for integers the result keeps their dtype.

    Raises
    ------
    ValueError
        For an unknown mode.

    Notes
    -----
    Differentiable; for a rounded quotient the gradient is 0.
    """
    if rounding_mode is None:
        return divide(x1, x2)
    if rounding_mode not in ("floor", "trunc"):
        raise ValueError(f"div(): rounding_mode must be None, 'floor' or 'trunc', got {rounding_mode!r}")
    if rounding_mode == "trunc" and result_type(x1, x2).kind not in "iu":
        return trunc(divide(x1, x2))
    rounded_down = floor_divide(x1, x2)  # type: ignore[arg-type]  # which refuses complex numbers
    if rounding_mode == "floor":
        return rounded_down
    return where(logical_and(rounded_down < 0, rounded_down * x2 != x1), rounded_down + 1, rounded_down)


def _several(tensors: Any, name: str) -> list[Any]:
    """A sequence of Tensors as a list."""
    try:
        found = list(tensors)
    except TypeError:
        raise TypeError(f"{name}(): expected a sequence of Tensors, got {type(tensors).__name__}") from None
    for x in found:
        check_tensor(x, name)
    return found


@public
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along the second axis, or along the first for tensors of at most one dimension; differentiable."""
    tensors = _several(tensors, "hstack")
    parts = [reshape(x, (1,)) if x.ndim == 0 else x for x in tensors]
    return concat(parts, axis=0 if parts and parts[0].ndim == 1 else 1)


@public
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along the first axis, with those of fewer than two dimensions as rows; differentiable."""
    tensors = _several(tensors, "vstack")
    return concat([reshape(x, (1, -1)) if x.ndim < 2 else x for x in tensors], axis=0)


@public
def clamp_min(x: Tensor, /, min: Tensor | float) -> Tensor:
    """`clamp` with only a lower bound; differentiable."""
    return clip(x, min, None)


@public
def clamp_max(x: Tensor, /, max: Tensor | float) -> Tensor:
    """`clamp` with only an upper bound; differentiable."""
    return clip(x, None, max)


@public
def clamp(x: Tensor, /, min: Tensor | float | None = None, max: Tensor | float | None = None) -> Tensor:
    """`clip` under PyTorch's name; differentiable.

    Parameters
    ----------
    x : Tensor
    min, max : Tensor, number or None
        At least one bound must be given.

    Raises
    ------
    ValueError
        If there is no bound.
    """
    if min is None and max is None:
        raise ValueError("clamp(): at least one of 'min' or 'max' must not be None")
    return clip(x, min, max)


@public
def unsqueeze(x: Tensor, /, dim: int) -> Tensor:
    """`expand_dims` under PyTorch's name: a view with a new axis of length 1 at `dim`; differentiable."""
    return expand_dims(x, axis=dim)


@public
def swapaxes(x: Tensor, /, dim0: int, dim1: int) -> Tensor:
    """Return a view with two axes swapped; differentiable.

    Raises
    ------
    IndexError
        If an axis is out of range.
    """
    check_tensor(x, "swapaxes")
    order = list(range(x.ndim))
    i, j = axis_of(dim0, x.ndim, "swapaxes"), axis_of(dim1, x.ndim, "swapaxes")
    order[i], order[j] = j, i
    if x.ndim > 1 and {i, j} == {x.ndim - 2, x.ndim - 1}:
        return matrix_transpose(x)
    return permute_dims(x, tuple(order))


swapdims = swapaxes


@public
def transpose(x: Tensor, /, dim0: int | Sequence[int] | None = None, dim1: int | None = None, *others: int) -> Tensor:
    """Return a view with two axes swapped; or, in NumPy's form, with all axes in another order.

    Parameters
    ----------
    x : Tensor
    dim0 : int, tuple or list of int, optional
        One axis, or all axes in their new order; by default they are reversed.
    dim1 : int, optional
        The other axis.
    *others : int
        Further axes, if all are given one by one.

    Raises
    ------
    IndexError
        If an axis is out of range.

    Notes
    -----
    Differentiable.
    """
    check_tensor(x, "transpose")
    if dim0 is None and dim1 is None:
        return permute_dims(x, tuple(range(x.ndim))[::-1])
    if dim1 is None and isinstance(dim0, (tuple, list)):
        return permute_dims(x, tuple(dim0))
    if others:
        return permute_dims(x, (dim0, dim1, *others))  # type: ignore[arg-type]  # permute_dims says what is no axis
    return swapaxes(x, dim0, dim1)  # type: ignore[arg-type]  # swapaxes says what is no axis


@public
def t(x: Tensor, /) -> Tensor:
    """Return a transposed view of a matrix; tensors with fewer axes are unchanged; differentiable.

    Raises
    ------
    RuntimeError
        For more than two axes.
    """
    check_tensor(x, "t")
    if x.ndim > 2:
        raise RuntimeError(f"t(): expected a tensor with at most 2 dimensions, got {x.ndim}; use permute_dims() or mT")
    return matrix_transpose(x) if x.ndim == 2 else reshape(x, tuple(x.shape))


@public
def flatten(x: Tensor, /, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Join a range of axes into one; differentiable.

    Parameters
    ----------
    x : Tensor
    start_dim, end_dim : int, optional
        The first and the last axis to join.

    Raises
    ------
    IndexError
        If an axis is out of range.
    RuntimeError
        If `end_dim` comes before `start_dim`.
    """
    check_tensor(x, "flatten")
    shape = tuple(x.shape)
    if not shape:
        return reshape(x, (1,))
    first, last = axis_of(start_dim, len(shape), "flatten"), axis_of(end_dim, len(shape), "flatten")
    if first > last:
        raise RuntimeError(f"flatten(): start_dim cannot come after end_dim, got {start_dim} and {end_dim}")
    return reshape(x, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


@public
def ravel(x: Tensor, /) -> Tensor:
    """Join all axes into one; differentiable."""
    return reshape(x, (-1,))


def _scaled(x: Tensor, tensor1: Tensor, tensor2: Tensor, value: float) -> tuple[Tensor, Tensor, Tensor]:
    """In one dtype: the first factor, or the numerator, times a number."""
    x, tensor1, tensor2 = to_common_dtype(x, tensor1, tensor2)
    return x, (tensor1 if value == 1 else tensor1 * value), tensor2


@public
def addcmul(x: Tensor, tensor1: Tensor, tensor2: Tensor, /, *, value: float = 1) -> Tensor:
    """``x + value * tensor1 * tensor2``, as in steps of optimizers; differentiable."""
    x, tensor1, tensor2 = _scaled(x, tensor1, tensor2, value)
    return x + tensor1 * tensor2


@public
def addcmul_(x: Tensor, tensor1: Tensor, tensor2: Tensor, /, *, value: float = 1) -> Tensor:
    """`addcmul` in place; returns the tensor itself. Differentiable like the function."""
    _, tensor1, tensor2 = _scaled(x, tensor1, tensor2, value)
    out: Tensor = compute(x, (tensor1 * tensor2,), add, "addcmul_")
    return out


@public
def addcdiv(x: Tensor, tensor1: Tensor, tensor2: Tensor, /, *, value: float = 1) -> Tensor:
    """``x + value * tensor1 / tensor2``, as in steps of optimizers; differentiable."""
    x, tensor1, tensor2 = _scaled(x, tensor1, tensor2, value)
    return x + tensor1 / tensor2


@public
def addcdiv_(x: Tensor, tensor1: Tensor, tensor2: Tensor, /, *, value: float = 1) -> Tensor:
    """`addcdiv` in place; returns the tensor itself. Differentiable like the function."""
    _, tensor1, tensor2 = _scaled(x, tensor1, tensor2, value)
    out: Tensor = compute(x, (tensor1 / tensor2,), add, "addcdiv_")
    return out


@public
def deg2rad(x: Tensor, /) -> Tensor:
    """Convert angles in degrees to radians; differentiable."""
    return x * (math.pi / 180)


@public
def rad2deg(x: Tensor, /) -> Tensor:
    """Convert angles in radians to degrees; differentiable."""
    return x * (180 / math.pi)


@public
def complex(real: Tensor, imag: Tensor, /) -> Tensor:
    """Complex numbers from their parts, of float32 or float64; differentiable."""
    check_tensor(real, "complex", "real")
    check_tensor(imag, "complex", "imag")
    real, imag = to_common_dtype(real, imag)
    real, imag = (real, imag) if real.shape == imag.shape else broadcast_arrays(real, imag)
    if real.dtype not in (dtypes.float32, dtypes.float64):
        raise TypeError(f"complex(): the parts must be of float32 or float64, got {real.dtype.name}")
    return view_as_complex(stack([real, imag], axis=-1))


@public
def polar(abs: Tensor, angle: Tensor, /) -> Tensor:
    """Complex numbers from magnitudes and angles, of float32 or float64; differentiable."""
    return complex(abs * cos(angle), abs * sin(angle))


@public
def view_as_real(x: Tensor, /) -> Tensor:
    """View complex numbers as their parts, in a last axis of length 2; differentiable.

    Raises
    ------
    RuntimeError
        If `x` is not complex.
    """
    check_tensor(x, "view_as_real")
    if x.dtype.kind != "c":
        raise RuntimeError(f"view_as_real(): the tensor must be complex, not {x.dtype.name}")
    return view_dtype(expand_dims(x, axis=-1), dtypes.REAL_OF[x.dtype])


@public
def view_as_complex(x: Tensor, /) -> Tensor:
    """View parts in a last axis of length 2 as complex numbers; differentiable.

    Raises
    ------
    RuntimeError
        If the last axis has another length, or the dtype is not real floating.
    """
    check_tensor(x, "view_as_complex")
    if not x.ndim or x.shape[-1] != 2 or x.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(
            f"view_as_complex(): the tensor must be float32 or float64 with a last axis of length 2, not "
            f"{x.dtype.name} of shape {tuple(x.shape)}"
        )
    if x.stride(-1) != 1 and x.numel():
        raise RuntimeError("view_as_complex(): the parts must lie side by side in memory; use contiguous() first")
    return getitem(view_dtype(x, dtypes.COMPLEX_OF[x.dtype], "view_as_complex"), (..., 0))


@public
def lerp(x: Tensor, end: Tensor, /, weight: Tensor | float) -> Tensor:
    """``x + weight * (end - x)``, computed from the nearer end; differentiable.

    Parameters
    ----------
    x, end : Tensor
        Of shapes that broadcast, also with that of `weight`.
    weight : Tensor or float
        At 0 the result is `x`, at 1 it is `end`.
    """
    x, end, weight = to_common_dtype(x, end, weight)
    way = end - x
    if isinstance(weight, NUMBERS):
        return x + weight * way if builtins.abs(weight) < 0.5 else end - (1 - weight) * way
    return where(abs(weight) < 0.5, x + weight * way, end - (1 - weight) * way)


@public
def rsqrt(x: Tensor, /) -> Tensor:
    """``1 / sqrt(x)``."""
    return reciprocal(sqrt(x))


def as_tensor(data: Any, dtype: DTypeLike | None = None, device: DeviceLike | None = None) -> Tensor:
    """`asarray` under PyTorch's name."""
    return asarray(data, dtype=dtype, device=device)


def numel(x: Tensor, /) -> int:
    """The number of elements."""
    check_tensor(x, "numel")
    return math.prod(x.shape)


def is_tensor(obj: object, /) -> bool:
    """Whether an object is a Tensor."""
    return isinstance(obj, TensorBase)


def is_floating_point(x: Tensor, /) -> bool:
    """Whether the dtype is real floating-point."""
    check_tensor(x, "is_floating_point")
    return x.dtype.kind == "f"


def is_complex(x: Tensor, /) -> bool:
    """Whether the dtype is complex."""
    check_tensor(x, "is_complex")
    return x.dtype.kind == "c"


def _product(name: str, x: Tensor, y: Tensor, ranks: tuple[int, int]) -> Tensor:
    check_tensor(x, name)
    check_tensor(y, name, "y")
    if (x.ndim, y.ndim) != ranks:
        raise RuntimeError(f"{name}(): expected tensors of {ranks[0]} and {ranks[1]} dimensions, got {x.ndim} and {y.ndim}")
    if x.shape[-1] != y.shape[y.ndim > 1 and -2] or x.shape[:-2] != y.shape[:-2]:
        raise ValueError(f"{name}(): the shapes {tuple(x.shape)} and {tuple(y.shape)} do not fit")
    return matmul(x, y)


@public
def mm(x: Tensor, y: Tensor, /) -> Tensor:
    """Product of two matrices; RuntimeError for other ranks; differentiable."""
    return _product("mm", x, y, (2, 2))


@public
def mv(x: Tensor, y: Tensor, /) -> Tensor:
    """Product of a matrix and a vector; RuntimeError for other ranks; differentiable."""
    return _product("mv", x, y, (2, 1))


@public
def bmm(x: Tensor, y: Tensor, /) -> Tensor:
    """Products of the matrices of two batches; RuntimeError for other ranks; differentiable.

    Parameters
    ----------
    x, y : Tensor
        Numeric, of shapes ``(B, M, K)`` and ``(B, K, N)``. Unlike `matmul`, the batches do not broadcast.
    """
    return _product("bmm", x, y, (3, 3))


@public
def dot(x: Tensor, y: Tensor, /) -> Tensor:
    """Sum of the products of the elements of two vectors; RuntimeError for other ranks; differentiable."""
    return _product("dot", x, y, (1, 1))


@public
def addmm(x: Tensor, mat1: Tensor, mat2: Tensor, /, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * x + alpha * mat1 @ mat2``; differentiable.

    Parameters
    ----------
    x, mat1, mat2 : Tensor
        Numeric; `x` has the shape of the product or one that broadcasts to it; the matrices as for `mm`.
    beta, alpha : number, optional
        If `beta` is 0, `x` is ignored, including NaNs.
    """
    x, mat1, mat2 = to_common_dtype(x, mat1, mat2)
    return _plus(x, mm(mat1, mat2), beta, alpha)


@public
def addmv(x: Tensor, mat: Tensor, vec: Tensor, /, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * x + alpha * mat @ vec``; differentiable."""
    x, mat, vec = to_common_dtype(x, mat, vec)
    return _plus(x, mv(mat, vec), beta, alpha)


@public
def baddbmm(x: Tensor, batch1: Tensor, batch2: Tensor, /, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * x + alpha * batch1 @ batch2``, of batches of matrices; differentiable.

    Parameters
    ----------
    x, batch1, batch2 : Tensor
        Numeric; `x` has the shape of the products or one that broadcasts to it; the batches as for `bmm`.
    beta, alpha : number, optional
        As for `addmm`.
    """
    x, batch1, batch2 = to_common_dtype(x, batch1, batch2)
    return _plus(x, bmm(batch1, batch2), beta, alpha)


def _plus(x: Tensor, product: Tensor, beta: float, alpha: float) -> Tensor:
    x = broadcast_to(x, tuple(product.shape))
    product = product if alpha == 1 else product * alpha
    if beta == 0:  # ignores even NaNs
        return where(zeros_like(product, dtype=dtypes.bool), x, product)
    return (x if beta == 1 else x * beta) + product


@public
def inner(x: Tensor, y: Tensor, /) -> Tensor:
    """Sums of products along the last axes of two tensors; differentiable."""
    check_tensor(x, "inner")
    check_tensor(y, "inner", "y")
    if not x.ndim or not y.ndim:
        return multiply(x, y)
    return tensordot(x, y, axes=([x.ndim - 1], [y.ndim - 1]))


@public
def vdot(x: Tensor, y: Tensor, /) -> Tensor:
    """Sum of the products of two vectors, the first conjugated; RuntimeError for other ranks; differentiable.

    Parameters
    ----------
    x, y : Tensor
        Numeric, one-dimensional, of one length.
    """
    return _product("vdot", conj(x), y, (1, 1))


@public
def logdet(x: Tensor, /) -> Tensor:
    """Logarithm of the determinant of matrices; NaN where it is real and negative; differentiable."""
    sign_of, out = slogdet(x)
    if sign_of.dtype.kind == "c":
        return out + angle(sign_of) * 1j
    return where(sign_of < 0, math.nan, out)


@public
def diagonal(x: Tensor, /, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Diagonals of the matrices along two axes, as the last axis of a view: above the main one if `offset` is positive.

    `arrayad.linalg.diagonal` is the standard's, for the last two axes. Differentiable.
    """
    return matrix_diagonal(moveaxis(x, (dim1, dim2), (-2, -1)), offset=offset)


@public
def diag_embed(x: Tensor, /, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices along two new axes, with the vectors of the last axis on a diagonal; differentiable.

    Parameters
    ----------
    x : Tensor
        Of shape ``(..., N)``.
    offset : int, optional
        Which diagonal, above the main one if positive; the matrices have ``N + abs(offset)`` rows and columns.
    dim1, dim2 : int, optional
        The positions of the rows and columns in the result.
    """
    check_tensor(x, "diag_embed")
    if not x.ndim:
        raise ValueError("diag_embed(): the tensor must have at least one dimension")
    return moveaxis(on_diagonal(x, integer_of(offset, "diag_embed", "offset")), (-2, -1), (dim1, dim2))


@public
def block_diag(*tensors: Tensor) -> Tensor:
    """A matrix with matrices along its diagonal, and zeros elsewhere; vectors count as rows. Differentiable."""
    blocks = []
    for x in _several(tensors, "block_diag"):
        if x.ndim > 2:
            raise ValueError(f"block_diag(): expected tensors of at most 2 dimensions, got {x.ndim}")
        blocks.append(x if x.ndim == 2 else reshape(x, (1, -1)))
    width, left = builtins.sum(x.shape[1] for x in blocks), 0
    rows = []
    for x in blocks:
        height, right = x.shape[0], left + x.shape[1]
        rows.append(added_at(x, (slice(None), slice(left, right)), (height, width)))
        left = right
    return concat(rows, axis=0)


@public
def tril_indices(row: int, col: int, offset: int = 0, *, device: DeviceLike | None = None) -> Tensor:
    """Positions of the lower triangle of a matrix: int64, in two rows, one for each axis.

    Parameters
    ----------
    row, col : int
        The numbers of rows and columns.
    offset : int, optional
        The last diagonal included: above the main one if positive.
    """
    return stack(nonzero(tril(ones((row, col), device=device), k=offset)))


@public
def triu_indices(row: int, col: int, offset: int = 0, *, device: DeviceLike | None = None) -> Tensor:
    """Positions of the upper triangle of a matrix: int64, in two rows, one for each axis."""
    return stack(nonzero(triu(ones((row, col), device=device), k=offset)))


def _floating(*tensors: Tensor) -> list[Any]:
    """Tensors in a common dtype; integers become the default floating dtype, in which differences do not wrap around."""
    dtype = result_type(*tensors)
    dtype = dtypes.get_default_dtype() if dtype.kind in "biu" else dtype
    return [astype(x, dtype, copy=False) for x in tensors]


@public
def dist(x: Tensor, y: Tensor, /, p: float = 2) -> Tensor:
    """The norm of the difference of two tensors, as one number; differentiable, with slope 0 where it is 0.

    Parameters
    ----------
    x, y : Tensor
        Numeric, of shapes that broadcast; integers become the default floating dtype.
    p : float, optional
        The order of the norm.
    """
    return vector_norm(subtract(*_floating(x, y)), ord=p)


def _apart(x1: Any, x2: Any, column: int) -> Any:
    """The differences of all rows of one matrix and all rows of another, in one column."""
    return x1[..., :, None, column] - x2[..., None, :, column]


def _shift(xp: Namespace, g: Any, x1: Any, x2: Any, out: Any, axis: int) -> Any:
    """The derivative of distances with respect to the rows of the first matrix, summed over those of the second; 0 at 0."""
    weights = g / or_infinite(xp, out)
    columns = range(x1.shape[-1])
    return xp.stack([xp.sum(weights * _apart(x1, x2, column), axis=axis) for column in columns], axis=-1)


@differentiable(
    takes=REAL_FLOATING_ONLY,
    grad_name="Cdist",
    x1=lambda xp, g, x1, x2, out: _shift(xp, g, x1, x2, out, -1),
    x2=lambda xp, g, x1, x2, out: -_shift(xp, g, x1, x2, out, -2),
)
def _distances(xp: Namespace, x1: Tensor, x2: Tensor, /) -> Tensor:
    """`cdist` by columns: there are never more numbers in memory than distances."""
    total = xp.square(_apart(x1, x2, 0))
    for column in range(1, x1.shape[-1]):
        total = total + xp.square(_apart(x1, x2, column))
    return xp.sqrt(total)


@public
def cdist(x1: Tensor, x2: Tensor, /, p: float = 2) -> Tensor:
    """The distances between the rows of two matrices, or of the matrices of two batches.

    Parameters
    ----------
    x1 : Tensor
        Of shape ``(..., M, K)``.
    x2 : Tensor
        Of shape ``(..., N, K)``.
    p : float, optional
        The order of the norm.

    Returns
    -------
    Tensor
        Of shape ``(..., M, N)``. Small distances are accurate, since they are norms of differences; all ``M * N * K`` of
        these are in memory at once, except that those with up to 8 columns and order 2 are computed column by column.

    Notes
    -----
    Differentiable, with slope 0 where a distance is 0.
    """
    check_tensor(x1, "cdist", "x1")
    check_tensor(x2, "cdist", "x2")
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ValueError(f"cdist(): rows of one length are needed, got shapes {tuple(x1.shape)} and {tuple(x2.shape)}")
    if not p >= 0:
        raise ValueError(f"cdist(): p must not be negative, got {p}")
    x1, x2 = _floating(x1, x2)
    if p == 2 and 0 < x1.shape[-1] <= 8 and x1.dtype in (dtypes.float32, dtypes.float64):
        return _distances(x1, x2)
    return vector_norm(expand_dims(x1, axis=-2) - expand_dims(x2, axis=-3), axis=-1, ord=p)


@public
def cosine_similarity(x1: Tensor, x2: Tensor, /, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosines of the angles between vectors along an axis; differentiable.

    Parameters
    ----------
    x1, x2 : Tensor
        Of shapes that broadcast; integers become the default floating dtype.
    dim : int, optional
        The axis of the vectors, which the result lacks.
    eps : float, optional
        The least length that a vector counts with.
    """
    x1, x2 = broadcast_arrays(x1, x2)
    first, second = (maximum(vector_norm(x, axis=dim, keepdims=True), eps) for x in (x1, x2))
    return sum((x1 / first) * (x2 / second), axis=dim)


@public
def unbind(x: Tensor, /, dim: int = 0) -> tuple[Tensor, ...]:
    """`unstack` under PyTorch's name; differentiable."""
    return unstack(x, axis=dim)


@public
def split(x: Tensor, /, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Split a tensor along an axis into views.

    Parameters
    ----------
    x : Tensor
    split_size_or_sections : int or sequence of int
        The length of every part (the last may be shorter), or a sequence with the length of each.
    dim : int, optional

    Raises
    ------
    ValueError
        If the lengths do not add up, or one is negative.
    IndexError
        If the axis is out of range.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.split(xp.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    check_tensor(x, "split")
    axis = axis_of(dim, x.ndim, "split")
    length = x.shape[axis]
    if hasattr(split_size_or_sections, "__index__") and not getattr(split_size_or_sections, "ndim", 0):
        size = integer_of(split_size_or_sections, "split", "the size")
        if size < 1 and (size < 0 or length):
            raise ValueError(f"split(): the size must be positive, got {size}")
        sizes = [size] * (length // size) + [length % size] * (length % size > 0) if length else [0]
    else:
        if not hasattr(split_size_or_sections, "__iter__"):
            raise TypeError(f"split(): expected an int or a list of int, got {split_size_or_sections!r}")
        sizes = [integer_of(n, "split", "a size") for n in split_size_or_sections]
        if builtins.sum(sizes) != length or any(n < 0 for n in sizes):
            raise ValueError(f"split(): sizes {sizes} do not add up to the length {length}")
    front = (slice(None),) * axis
    ends = itertools.accumulate(sizes)
    return tuple([at_key(x, (*front, slice(end - n, end))) for n, end in zip(sizes, ends, strict=True)])


@public
def chunk(x: Tensor, /, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Split a tensor along an axis into views: at most `chunks`, all but the last of the same length.

    Parameters
    ----------
    x : Tensor
    chunks : int
    dim : int, optional

    Raises
    ------
    ValueError
        If `chunks` is not positive.

    Notes
    -----
    Differentiable.
    """
    check_tensor(x, "chunk")
    chunks = integer_of(chunks, "chunk", "chunks", 1)
    length = x.shape[axis_of(dim, x.ndim, "chunk")]
    return split(x, -(-length // chunks) if length else [0] * chunks, dim)


@public
def unflatten(x: Tensor, /, dim: int, sizes: Sequence[int]) -> Tensor:
    """Split one axis into several: the inverse of `flatten`; differentiable.

    Parameters
    ----------
    x : Tensor
    dim : int
        Which axis.
    sizes : tuple or list of int
        Their product must be the length of the axis, or RuntimeError is raised; one may be -1, which is computed.
    """
    check_tensor(x, "unflatten")
    axis = axis_of(dim, x.ndim, "unflatten")
    if not isinstance(sizes, (list, tuple)):
        raise TypeError(f"unflatten(): sizes must be a tuple of int, got {sizes!r}")
    sizes = tuple(integer_of(n, "unflatten", "each of the sizes") for n in sizes)
    if -1 in sizes:
        rest = -math.prod(sizes)
        sizes = tuple(x.shape[axis] // rest if rest and n == -1 else n for n in sizes)
    if math.prod(sizes) != x.shape[axis]:
        raise RuntimeError(f"unflatten(): sizes {sizes} do not fit an axis of length {x.shape[axis]}")
    return reshape(x, (*x.shape[:axis], *sizes, *x.shape[axis + 1 :]))


@public
def repeat_interleave(x: Tensor, /, repeats: int | Tensor, dim: int | None = None) -> Tensor:
    """The standard's `repeat` under PyTorch's name: repeats each element; differentiable."""
    return repeat(x, repeats, axis=dim)


@public
def norm(
    x: Tensor,
    /,
    p: float | Literal["fro", "nuc"] | None = "fro",
    dim: int | tuple[int, ...] | None = None,
    keepdim: bool = False,
) -> Tensor:
    """The norm of all elements, or along axes.

    Parameters
    ----------
    x : Tensor
        Integers become the default floating dtype.
    p : number or {"fro", "nuc"}, optional
        The order: "fro" and None are 2, and "nuc" the sum of the singular values of matrices.
    dim : int or tuple of int, optional
        None means all axes.
    keepdim : bool, optional

    See Also
    --------
    arrayad.linalg.vector_norm, arrayad.linalg.matrix_norm

    Notes
    -----
    Differentiable.
    """
    if p == "nuc":
        return norm_of(x, p, axis=(-2, -1) if dim is None else dim, keepdims=keepdim)
    return vector_norm(x, axis=None if dim == () else dim, keepdims=keepdim, ord=2 if p is None or p == "fro" else p)


def of_data_or_shape(data: tuple[Any, ...], dtype: DTypeLike, device: DeviceLike | None = None) -> Tensor:
    """A tensor of data or, given integers or a `Size`, one of that shape whose elements are not set."""
    sizes = data[0] if len(data) == 1 and isinstance(data[0], Size) else data
    if data and all(isinstance(n, int) and not isinstance(n, builtins.bool) for n in sizes):
        return empty(tuple(sizes), dtype=dtype, device=device)
    return tensor(*data or ((),), dtype=dtype, device=device)


def FloatTensor(*data: Any) -> Tensor:
    """A float32 tensor of data or, given integers, an uninitialized one of that shape."""
    return of_data_or_shape(data, dtypes.float32)


def DoubleTensor(*data: Any) -> Tensor:
    """A float64 tensor of data or, given integers, an uninitialized one of that shape."""
    return of_data_or_shape(data, dtypes.float64)


def LongTensor(*data: Any) -> Tensor:
    """An int64 tensor of data or, given integers, an uninitialized one of that shape."""
    return of_data_or_shape(data, dtypes.int64)


def IntTensor(*data: Any) -> Tensor:
    """An int32 tensor of data or, given integers, an uninitialized one of that shape."""
    return of_data_or_shape(data, dtypes.int32)


def ShortTensor(*data: Any) -> Tensor:
    """An int16 tensor of data or, given integers, an uninitialized one of that shape."""
    return of_data_or_shape(data, dtypes.int16)


def CharTensor(*data: Any) -> Tensor:
    """An int8 tensor of data or, given integers, an uninitialized one of that shape."""
    return of_data_or_shape(data, dtypes.int8)


def ByteTensor(*data: Any) -> Tensor:
    """A uint8 tensor of data or, given integers, an uninitialized one of that shape."""
    return of_data_or_shape(data, dtypes.uint8)


def BoolTensor(*data: Any) -> Tensor:
    """A boolean tensor of data or, given integers, an uninitialized one of that shape."""
    return of_data_or_shape(data, dtypes.bool)
