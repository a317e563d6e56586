"""PyTorch's names and forms for what the standard has under others.

Where one name means two things the standard's meaning holds; docs/coming-from-pytorch.md lists them.
"""

from __future__ import annotations

import itertools
import math
import operator
from typing import TYPE_CHECKING, Any

from .creation import asarray, empty, tensor
from .data_types import check_tensor, promoted, result_type
from .elementwise import (
    abs,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bitwise_invert,
    clip,
    divide,
    equal,
    floor_divide,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    multiply,
    negative,
    not_equal,
    reciprocal,
    sqrt,
    subtract,
    trunc,
)
from .indexing import getitem
from .linear_algebra import det, matmul, matrix_transpose, outer, trace, vector_norm
from .linear_algebra import inv as inverse
from .linear_algebra import norm as norm_of
from .manipulation import concat, expand_dims, moveaxis, permute_dims, repeat, reshape, unstack
from .searching import where
from .statistical import cumulative_prod, cumulative_sum, max, min
from .. import dtypes
from ..autograd.tape import TensorBase
from ..size import axis_of, integer_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..dtypes import DType
    from ..tensor import Tensor

__all__ = [
    "absolute",
    "addcdiv",
    "addcmul",
    "amax",
    "amin",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "as_tensor",
    "bitwise_not",
    "bmm",
    "BoolTensor",
    "ByteTensor",
    "cat",
    "CharTensor",
    "chunk",
    "clamp",
    "clamp_max",
    "clamp_min",
    "cumprod",
    "cumsum",
    "det",
    "div",
    "dot",
    "DoubleTensor",
    "eq",
    "fix",
    "flatten",
    "FloatTensor",
    "ge",
    "gt",
    "hstack",
    "IntTensor",
    "inverse",
    "is_complex",
    "is_floating_point",
    "is_tensor",
    "le",
    "lerp",
    "LongTensor",
    "lt",
    "mm",
    "movedim",
    "mul",
    "mv",
    "ne",
    "neg",
    "norm",
    "numel",
    "outer",
    "permute",
    "ravel",
    "repeat_interleave",
    "rsqrt",
    "ShortTensor",
    "split",
    "sub",
    "swapaxes",
    "swapdims",
    "t",
    "trace",
    "transpose",
    "true_divide",
    "unbind",
    "unflatten",
    "unsqueeze",
    "vstack",
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
amax = max
amin = min
cumsum = cumulative_sum
cumprod = cumulative_prod


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """`concat` by PyTorch's name.

    Parameters
    ----------
    tensors : tuple or list of Tensor
    dim : int, optional
    """
    return concat(tensors, axis=dim)


def div(x1: Tensor | complex, x2: Tensor | complex, /, *, rounding_mode: str | None = None) -> Tensor:
    """`divide`, or the quotient rounded.

    Parameters
    ----------
    x1, x2 : Tensor or number
    rounding_mode : {None, "floor", "trunc"}, optional
        Down, as `floor_divide`, or towards 0; of integers it stays of their dtype.

    Raises
    ------
    ValueError
        For another mode.

    Notes
    -----
    Differentiable; of a rounded quotient the gradient is 0.
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


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the second axis or, of one dimension and fewer, along the first."""
    tensors = _several(tensors, "hstack")
    parts = [reshape(x, (1,)) if x.ndim == 0 else x for x in tensors]
    return concat(parts, axis=0 if parts and parts[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the first axis, those of fewer than two dimensions as rows."""
    tensors = _several(tensors, "vstack")
    return concat([reshape(x, (1, -1)) if x.ndim < 2 else x for x in tensors], axis=0)


def clamp_min(x: Tensor, /, min: Any) -> Tensor:
    """`clamp` from below alone."""
    return clip(x, min, None)


def clamp_max(x: Tensor, /, max: Any) -> Tensor:
    """`clamp` from above alone."""
    return clip(x, None, max)


def clamp(x: Tensor, /, min: Any = None, max: Any = None) -> Tensor:
    """`clip` by PyTorch's name.

    Parameters
    ----------
    x : Tensor
    min, max : Tensor, number or None
        At least one is a bound.

    Raises
    ------
    ValueError
        If there is no bound.
    """
    if min is None and max is None:
        raise ValueError("clamp(): at least one of 'min' or 'max' must not be None")
    return clip(x, min, max)


def unsqueeze(x: Tensor, /, dim: int) -> Tensor:
    """`expand_dims` by PyTorch's name: a view with a new axis of length 1 at `dim`."""
    return expand_dims(x, axis=dim)


def transpose(x: Tensor, /, dim0: int, dim1: int) -> Tensor:
    """A view with two axes changed.

    Parameters
    ----------
    x : Tensor
    dim0, dim1 : int

    Raises
    ------
    IndexError
        If an axis is out of range.
    """
    check_tensor(x, "transpose")
    order = list(range(x.ndim))
    i, j = axis_of(dim0, x.ndim, "transpose"), axis_of(dim1, x.ndim, "transpose")
    order[i], order[j] = j, i
    if x.ndim > 1 and {i, j} == {x.ndim - 2, x.ndim - 1}:
        return matrix_transpose(x)
    return permute_dims(x, tuple(order))


swapaxes = swapdims = transpose


def t(x: Tensor, /) -> Tensor:
    """A matrix transposed, a view; tensors of fewer axes as they are.

    Raises
    ------
    RuntimeError
        For more than two axes.
    """
    check_tensor(x, "t")
    if x.ndim > 2:
        raise RuntimeError(f"t(): expected a tensor with at most 2 dimensions, got {x.ndim}; use permute_dims() or mT")
    return matrix_transpose(x) if x.ndim == 2 else reshape(x, tuple(x.shape))


def flatten(x: Tensor, /, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """A tensor with a run of axes joined into one.

    Parameters
    ----------
    x : Tensor
    start_dim, end_dim : int, optional
        The first and the last axis that is joined.

    Raises
    ------
    IndexError
        If an axis is out of range.
    RuntimeError
        If the last comes before the first.
    """
    check_tensor(x, "flatten")
    shape = tuple(x.shape)
    if not shape:
        return reshape(x, (1,))
    first, last = axis_of(start_dim, len(shape), "flatten"), axis_of(end_dim, len(shape), "flatten")
    if first > last:
        raise RuntimeError(f"flatten(): start_dim cannot come after end_dim, got {start_dim} and {end_dim}")
    return reshape(x, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


def ravel(x: Tensor, /) -> Tensor:
    """A tensor with all axes joined into one."""
    return reshape(x, (-1,))


def addcmul(x: Tensor, tensor1: Tensor, tensor2: Tensor, /, *, value: float = 1) -> Tensor:
    """``x + value * tensor1 * tensor2``, as in the steps of optimizers."""
    x, tensor1, tensor2 = promoted(x, tensor1, tensor2)
    return x + (tensor1 if value == 1 else tensor1 * value) * tensor2


def addcdiv(x: Tensor, tensor1: Tensor, tensor2: Tensor, /, *, value: float = 1) -> Tensor:
    """``x + value * tensor1 / tensor2``, as in the steps of optimizers."""
    x, tensor1, tensor2 = promoted(x, tensor1, tensor2)
    return x + (tensor1 if value == 1 else tensor1 * value) / tensor2


def lerp(x: Tensor, end: Tensor, /, weight: Tensor | float) -> Tensor:
    """The point between two, ``x`` at a weight of 0 and ``end`` at 1, from the nearer one."""
    x, end, weight = promoted(x, end, weight)
    way = end - x
    if isinstance(weight, (int, float)):
        return x + weight * way if weight < 0.5 else end - (1 - weight) * way
    return where(weight < 0.5, x + weight * way, end - (1 - weight) * way)


def rsqrt(x: Tensor, /) -> Tensor:
    """``1 / sqrt(x)``."""
    return reciprocal(sqrt(x))


def as_tensor(data: Any, dtype: DType | None = None, device: Any = None) -> Tensor:
    """`asarray` by PyTorch's name."""
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


def mm(x: Tensor, y: Tensor, /) -> Tensor:
    """Product of two matrices; RuntimeError for other ranks."""
    return _product("mm", x, y, (2, 2))


def mv(x: Tensor, y: Tensor, /) -> Tensor:
    """Product of a matrix and a vector; RuntimeError for other ranks."""
    return _product("mv", x, y, (2, 1))


def bmm(x: Tensor, y: Tensor, /) -> Tensor:
    """Products of the matrices of two batches; RuntimeError for other ranks."""
    return _product("bmm", x, y, (3, 3))


def dot(x: Tensor, y: Tensor, /) -> Tensor:
    """Sum of the products of the elements of two vectors; RuntimeError for other ranks."""
    return _product("dot", x, y, (1, 1))


def unbind(x: Tensor, /, dim: int = 0) -> tuple[Tensor, ...]:
    """`unstack` by PyTorch's name."""
    return unstack(x, axis=dim)


def split(x: Tensor, /, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """The parts of a tensor along an axis, views.

    Parameters
    ----------
    x : Tensor
    split_size_or_sections : int or sequence of int
        The length of each part (the last may be shorter), or of every part.
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
    """
    check_tensor(x, "split")
    axis = axis_of(dim, x.ndim, "split")
    length = x.shape[axis]
    if hasattr(split_size_or_sections, "__index__") and not getattr(split_size_or_sections, "ndim", 0):
        size = operator.index(split_size_or_sections)
        if size < 1 and (size < 0 or length):
            raise ValueError(f"split(): the size must be positive, got {size}")
        sizes = [size] * (length // size) + [length % size] * (length % size > 0) if length else [0]
    else:
        sizes = [operator.index(n) for n in split_size_or_sections]  # type: ignore[union-attr]  # no integer, as was asked above
        if sum(sizes) != length or any(n < 0 for n in sizes):
            raise ValueError(f"split(): sizes {sizes} do not add up to the length {length}")
    front = (slice(None),) * axis
    ends = itertools.accumulate(sizes)
    return tuple([getitem(x, (*front, slice(end - n, end))) for n, end in zip(sizes, ends, strict=True)])


def chunk(x: Tensor, /, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most so many parts of a tensor along an axis, views, all but the last of one length; of no elements, as many.

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


def unflatten(x: Tensor, /, dim: int, sizes: Sequence[int]) -> Tensor:
    """A tensor with one axis made several, of sizes of which one may be -1; the inverse of `flatten`; differentiable."""
    check_tensor(x, "unflatten")
    axis = axis_of(dim, x.ndim, "unflatten")
    sizes = tuple(sizes)
    if -1 in sizes:
        rest = -math.prod(sizes)
        sizes = tuple(x.shape[axis] // rest if rest and n == -1 else n for n in sizes)
    if math.prod(sizes) != x.shape[axis]:
        raise RuntimeError(f"unflatten(): sizes {sizes} do not fit an axis of length {x.shape[axis]}")
    return reshape(x, (*x.shape[:axis], *sizes, *x.shape[axis + 1 :]))


def repeat_interleave(x: Tensor, /, repeats: int | Tensor, dim: int | None = None) -> Tensor:
    """The standard's `repeat`, by PyTorch's name: each element so many times, one after the other; differentiable."""
    return repeat(x, repeats, axis=dim)


def norm(x: Tensor, /, p: float | str = "fro", dim: int | tuple[int, ...] | None = None, keepdim: bool = False) -> Tensor:
    """The norm of the elements, or of those along axes.

    Parameters
    ----------
    x : Tensor
        Floating-point.
    p : number or {"fro", "nuc"}, optional
        The order: "fro" is 2, and "nuc" the sum of singular values, of matrices.
    dim : int or tuple of int, optional
        None is all.
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
    return vector_norm(x, axis=None if dim == () else dim, keepdims=keepdim, ord=2 if p == "fro" else p)  # type: ignore[arg-type]  # refuses strings


def _typed(dtype: DType, data: tuple[Any, ...]) -> Tensor:
    if len(data) == 1 and not isinstance(data[0], int):
        return tensor(data[0], dtype=dtype)
    return empty(data or (0,), dtype=dtype)


def FloatTensor(*data: Any) -> Tensor:
    """A float32 tensor of data or, given integers, of that shape and not set."""
    return _typed(dtypes.float32, data)


def DoubleTensor(*data: Any) -> Tensor:
    """A float64 tensor of data or, given integers, of that shape and not set."""
    return _typed(dtypes.float64, data)


def LongTensor(*data: Any) -> Tensor:
    """An int64 tensor of data or, given integers, of that shape and not set."""
    return _typed(dtypes.int64, data)


def IntTensor(*data: Any) -> Tensor:
    """An int32 tensor of data or, given integers, of that shape and not set."""
    return _typed(dtypes.int32, data)


def ShortTensor(*data: Any) -> Tensor:
    """An int16 tensor of data or, given integers, of that shape and not set."""
    return _typed(dtypes.int16, data)


def CharTensor(*data: Any) -> Tensor:
    """An int8 tensor of data or, given integers, of that shape and not set."""
    return _typed(dtypes.int8, data)


def ByteTensor(*data: Any) -> Tensor:
    """A uint8 tensor of data or, given integers, of that shape and not set."""
    return _typed(dtypes.uint8, data)


def BoolTensor(*data: Any) -> Tensor:
    """A boolean tensor of data or, given integers, of that shape and not set."""
    return _typed(dtypes.bool, data)
