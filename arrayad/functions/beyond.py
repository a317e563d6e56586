"""Functions that users of NumPy and PyTorch expect in the main namespace and that the standard lacks.

Most are composed of the standard's functions, and so are differentiable like these.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .creation import asarray, beside, clone, full, zeros_like
from .data_types import astype, check_tensor, finfo, result_type, view_dtype
from .elementwise import (
    atan2,
    equal,
    imag,
    isnan,
    kept,
    multiply,
    real,
    subtract,
    trunc,
)
from .indexing import index_put, take
from .linear_algebra import diagonal, matmul
from .manipulation import broadcast_to, moveaxis, permute_dims, reshape, stack
from .searching import where
from .statistical import count_of, keep, sum, wide
from .utility import all
from .. import dtypes
from ..arguments import flag_of
from ..autograd.operation import REAL, REAL_FLOATING, differentiable, not_differentiable, public
from ..autograd.tape import TensorBase
from ..backends import backend_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .statistical import Axis
    from ..backends import Namespace
    from ..tensor import Tensor

    PadMode = Literal["constant", "edge", "reflect", "symmetric", "wrap"]
    Pairs = int | Sequence[int] | Sequence[Sequence[int]]

__all__ = [
    "allclose",
    "angle",
    "einsum",
    "fmod",
    "frac",
    "isclose",
    "kron",
    "log_softmax",
    "logsumexp",
    "nan_to_num",
    "pad",
    "relu",
    "softmax",
]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # letters of subscripts


# --- neural networks ---


# At 0 the subgradient is 0, as in PyTorch; that of maximum(x, 0) is 1/2.
@differentiable(
    takes=REAL,
    x=lambda xp, g, out: kept(xp, out > 0, g),
    used={"x": lambda xp, used, out: used & (out > 0)},
)
def relu(xp: Namespace, x: Tensor, /) -> Tensor:
    """The rectifier: each element, or 0 if it is negative.

    Parameters
    ----------
    x : Tensor
        Real-valued.

    Raises
    ------
    TypeError
        For complex or boolean `x`.

    Notes
    -----
    Differentiable; at 0 the derivative is 0.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.relu(xp.asarray([-1.5, 0.0, 2.0]))
    tensor([0., 0., 2.])
    """
    zero = xp.scalar(0, x)
    return xp.maximum(x, zero) if x.size < 4096 else xp.clip(x, zero, None)  # half the time for many float32 on NumPy


def _softmax_rule(xp: Namespace, g: Any, out: Any, axis: Axis) -> Any:
    if isinstance(axis, int) and out.ndim:  # without an array of products: half the time
        along = axis % out.ndim
        return out * (g - xp.expand_dims(xp.vecdot(g, out, axis=along - out.ndim), axis=along))
    return out * (g - xp.sum(g * out, axis=axis, keepdims=True))


@differentiable(takes=REAL_FLOATING, x=_softmax_rule)
def softmax(xp: Namespace, x: Tensor, /, axis: Axis = None) -> Tensor:
    """Exponentials of the elements, scaled to add up to 1 along axes.

    Parameters
    ----------
    x : Tensor
        Real floating-point; integers and booleans become the default floating dtype.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.

    Returns
    -------
    Tensor
        Of the same shape; NaN along axes where every element is ``-inf``.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.softmax(xp.asarray([0.0, 0.0, -xp.inf]), dim=0)
    tensor([0.5000, 0.5000, 0.0000])
    """
    if 0 in x.shape:
        return xp.zeros_like(x) + xp.sum(x, axis=axis, keepdims=True)  # refuses axes that do not exist
    full = wide(xp, x)
    out = xp.exp(full - xp.max(full, axis=axis, keepdims=True))
    out /= xp.sum(out, axis=axis, keepdims=True)
    return out if full is x else xp.astype(out, x.dtype)


@differentiable(
    takes=REAL_FLOATING,
    grad_name="LogSoftmax",
    x=lambda xp, g, out, axis: g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True),
)
def log_softmax(xp: Namespace, x: Tensor, /, axis: Axis = None) -> Tensor:
    """Logarithm of `softmax`, accurate even where that underflows.

    Parameters
    ----------
    x : Tensor
        Real floating-point; integers and booleans become the default floating dtype.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.

    Returns
    -------
    Tensor
        Of the same shape.

    Notes
    -----
    Differentiable.
    """
    if 0 in x.shape:
        return xp.zeros_like(x) + xp.sum(x, axis=axis, keepdims=True)  # as in `softmax`
    full = wide(xp, x)
    out = full - xp.max(full, axis=axis, keepdims=True)
    out -= xp.log(xp.sum(xp.exp(out), axis=axis, keepdims=True))
    return out if full is x else xp.astype(out, x.dtype)


def _logsumexp_rule(xp: Namespace, g: Any, x: Any, out: Any, x_shape: tuple[int, ...], axis: Axis) -> Any:
    # exp(x - out), in a form that infinities cannot turn into NaN: +inf weighs 1; where all are -inf, all weigh
    # 0, as in PyTorch.
    g, out = keep(xp, g, x_shape, axis), keep(xp, out, x_shape, axis)
    infinite = xp.isinf(out)
    zero = xp.zeros_like(x)
    at_infinity = xp.where((x == out) & (out > 0), zero, zero - math.inf)
    return g * xp.exp(xp.where(infinite, at_infinity, x - xp.where(infinite, xp.zeros_like(out), out)))


@differentiable(takes=REAL_FLOATING, x=_logsumexp_rule)
def logsumexp(xp: Namespace, x: Tensor, /, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Logarithm of the sum of exponentials over axes, without intermediate overflow.

    `arrayad.special.logsumexp` has SciPy's further arguments.

    Parameters
    ----------
    x : Tensor
        Real floating-point; integers and booleans become the default floating dtype.
    axis : int, tuple of int or None, optional
        Also ``dim``. None means all axes.
    keepdims : bool, optional
        Also ``keepdim``. Keep the reduced axes, with length 1.

    Returns
    -------
    Tensor
        ``-inf`` without elements.

    Notes
    -----
    Differentiable; elements equal to ``-inf`` get a gradient of 0, even if all are.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.logsumexp(xp.asarray([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """
    low = xp.asarray(-math.inf, dtype=x.dtype, device=x.device)
    if count_of(x.shape, axis) == 0:
        return xp.sum(x, axis=axis, keepdims=keepdims) + low
    full = wide(xp, x)
    top = xp.max(full, axis=axis, keepdims=True)
    top = xp.where(xp.isfinite(top), top, xp.zeros_like(top))
    total = xp.sum(xp.exp(full - top), axis=axis, keepdims=keepdims)
    nothing = total == 0
    out = xp.log(xp.where(nothing, xp.ones_like(total), total)) + xp.reshape(top, total.shape)
    return xp.where(nothing, low, out if full is x else xp.astype(out, x.dtype))


# --- elementwise ---


@public
def angle(x: Tensor, /) -> Tensor:
    """The angle of complex numbers, from -pi to pi; of real ones 0 or, for a negative sign (including -0.0), pi.

    Differentiable.
    """
    check_tensor(x, "angle")
    return atan2(imag(x) if x.dtype.kind == "c" else zeros_like(x), real(x) if x.dtype.kind == "c" else x)


@public
def frac(x: Tensor, /) -> Tensor:
    """The fractional part of each element, with its sign. Differentiable."""
    return subtract(x, trunc(x))


def _fmod_divisor(xp: Namespace, g: Any, x1: Any, x2: Any) -> Any:
    """The rule of the divisor: minus the quotient rounded toward zero."""
    return -g * xp.sign(x1) * xp.sign(x2) * xp.floor_divide(xp.abs(x1), xp.abs(x2))


@differentiable(
    takes=REAL,
    x1=lambda xp, g: g,
    x2=_fmod_divisor,
    used={"x1": lambda xp, used: used, "x2": lambda xp, used: used},
    selects=False,
)
def fmod(xp: Namespace, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """The remainder with the sign of the dividend: exact, like `remainder` of the magnitudes.

    Parameters
    ----------
    x1, x2 : Tensor or number
        Real-valued.

    Notes
    -----
    Differentiable.
    """
    if dtypes.as_dtype(x1.dtype).kind == "f":  # type: ignore[union-attr]  # a number is an array here
        return xp.copysign(xp.remainder(xp.abs(x1), xp.abs(x2)), x1)
    rest = xp.remainder(x1, x2)  # the least integer has no magnitude
    return xp.where((rest != 0) & ((rest < 0) != (x1 < 0)), rest - x2, rest)


# --- comparison, cleaning ---


@public
def isclose(
    x1: Tensor, x2: Tensor | complex, /, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Tensor:
    """Whether ``|x1 - x2| <= atol + rtol * |x2|``, element by element.

    Parameters
    ----------
    x1 : Tensor
        Numeric or boolean.
    x2 : Tensor or number
        Of a shape that broadcasts with `x1`.
    rtol, atol : float, optional
        The relative tolerance, with respect to `x2`, and the absolute tolerance.
    equal_nan : bool, optional
        Treat two NaNs as close.

    Returns
    -------
    Tensor
        Boolean, of the broadcast shape. Infinities are close only to themselves.

    Notes
    -----
    Not differentiable: its output is boolean.
    """
    check_tensor(x1, "isclose", "x1")
    second: Any = x2.detach() if isinstance(x2, TensorBase) else beside(x2, [x1], "isclose")
    dtype = result_type(x1, second)
    if dtype.kind in "biu":  # differences of integers wrap around
        dtype = dtypes.float64
    first, second = astype(x1.detach(), dtype, copy=False), astype(second, dtype, copy=False)
    return _close(first, second, rtol, atol, flag_of(equal_nan, "isclose", "equal_nan"))


@not_differentiable("its output is boolean")
def _close(
    xp: Namespace, x1: Tensor, x2: Tensor, rtol: Tensor | float, atol: Tensor | float, equal_nan: bool = False, /
) -> Tensor:
    """`isclose` of floating tensors."""
    finite = xp.logical_and(xp.isfinite(x1), xp.isfinite(x2))
    if not xp.asynchronous and xp.all(finite):  # as mostly
        return xp.abs(x1 - x2) <= atol + rtol * xp.abs(x2)
    zero = xp.zeros((), dtype=x1.dtype, device=x1.device)
    first, second = xp.where(finite, x1, zero), xp.where(finite, x2, zero)
    close = xp.where(finite, xp.abs(first - second) <= atol + rtol * xp.abs(second), x1 == x2)
    return xp.logical_or(close, xp.logical_and(xp.isnan(x1), xp.isnan(x2))) if equal_nan else close


@public
def allclose(x1: Tensor, x2: Tensor | complex, /, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all elements are close in the sense of `isclose`.

    Parameters
    ----------
    x1 : Tensor
        Numeric or boolean.
    x2 : Tensor or number
        Of a shape that broadcasts with `x1`.
    rtol, atol : float, optional
        The relative tolerance, with respect to `x2`, and the absolute tolerance.
    equal_nan : bool, optional
        Treat two NaNs as close.
    """
    return bool(all(isclose(x1, x2, rtol, atol, equal_nan)))


@public
def nan_to_num(x: Tensor, /, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Replace NaN and infinities by numbers; in complex elements, in each part.

    Parameters
    ----------
    x : Tensor
        Numeric or boolean.
    nan : number, optional
        The replacement for NaN.
    posinf, neginf : number or None, optional
        The replacements for ``inf`` and ``-inf``. None means the greatest and the least finite number of the dtype.

    Notes
    -----
    Differentiable; replaced elements get a gradient of 0.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.nan_to_num(xp.asarray([xp.nan, 1.0, xp.inf]), posinf=9.0)
    tensor([0., 1., 9.])
    """
    check_tensor(x, "nan_to_num")
    if x.dtype.kind == "c":
        parts = [nan_to_num(part, nan, posinf, neginf) for part in (real(x), imag(x))]
        return view_dtype(stack(parts, axis=-1), x.dtype)[..., 0]
    xp = backend_of(x._array)
    numbers = {type(y) for y in (nan, posinf, neginf)} <= {int, float, type(None)}
    if x.dtype.kind != "f" or (numbers and not xp.asynchronous and xp.all(xp.isfinite(x._array))):
        return clone(x)
    info = finfo(x.dtype)
    out = where(isnan(x), nan, x)
    out = where(equal(x, math.inf), info.max if posinf is None else posinf, out)
    return where(equal(x, -math.inf), info.min if neginf is None else neginf, out)


# --- products ---


@public
def kron(x1: Tensor, x2: Tensor, /) -> Tensor:
    """The Kronecker product: one block per element of `x1`, which is `x2` scaled by the element.

    Parameters
    ----------
    x1, x2 : Tensor
        The one of lower rank gets axes of length 1 in front.

    Returns
    -------
    Tensor
        Its shape is the product of the shapes, axis by axis.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.kron(xp.asarray([1, 10]), xp.asarray([1, 2, 3]))
    tensor([ 1,  2,  3, 10, 20, 30])
    """
    check_tensor(x1, "kron", "x1")
    check_tensor(x2, "kron", "x2")
    rank = max(x1.ndim, x2.ndim)
    shape1 = (1,) * (rank - x1.ndim) + tuple(x1.shape)
    shape2 = (1,) * (rank - x2.ndim) + tuple(x2.shape)
    blocks = reshape(x1, tuple(itertools.chain(*((n, 1) for n in shape1))))
    inner = reshape(x2, tuple(itertools.chain(*((1, n) for n in shape2))))
    return reshape(multiply(blocks, inner), tuple(n * m for n, m in zip(shape1, shape2, strict=True)))


@public
def einsum(subscripts: str, /, *operands: Tensor) -> Tensor:
    """Sum of products of elements over named axes, in Einstein's notation.

    Parameters
    ----------
    subscripts : str
        One letter for each axis of each operand, as in ``"ij,jk->ik"``. A letter that occurs twice in an operand takes its
        diagonal. ``...`` stands for any further axes, which broadcast. Without ``->`` the output has the axes of ``...``,
        then, in alphabetical order, the letters that occur once.
    *operands : Tensor
        Numeric; a single list is accepted too.

    Returns
    -------
    Tensor
        Of the common dtype, including integers.

    Raises
    ------
    ValueError
        If the subscripts do not fit the operands.

    Notes
    -----
    Differentiable. It is composed of diagonals, sums, permutations and matrix products; more than two operands are
    contracted in the order that ``numpy.einsum_path`` finds.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.reshape(xp.arange(4), (2, 2))
    >>> xp.einsum("ij,jk->ik", x, x)
    tensor([[ 2,  3],
            [ 6, 11]])
    >>> xp.einsum("ii", x)
    tensor(3)
    """
    if not isinstance(subscripts, str):
        raise TypeError(f"einsum(): subscripts must be a str, not {type(subscripts).__name__}")
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):  # a list, as PyTorch also accepts
        operands = tuple(operands[0])
    for x in operands:
        if not isinstance(x, TensorBase):
            raise TypeError(f"einsum(): operands must be Tensors, not {type(x).__name__}")
    steps = _planned(subscripts, tuple([x._array.shape for x in operands]))
    if len({x.dtype for x in operands}) > 1:
        dtype = result_type(*operands)
        operands = tuple([astype(x, dtype, copy=False) for x in operands])
    values: list[Any] = list(operands)
    for function, places, *static in steps:
        used = [values[i] for i in places]
        for i in places:
            values[i] = None  # each is used once, and its memory can be freed
        values.append(function(*used, *static))
    return values[-1]


# A function, the indices of its arguments (the operands come first, then the results of the steps), and a static argument.
Step = tuple[Any, ...]


@functools.lru_cache(maxsize=256)
def _planned(subscripts: str, shapes: tuple[tuple[int, ...], ...]) -> tuple[Step, ...]:
    """The steps of an einsum of operands of some shapes; the last one gives the result."""
    terms, out = _parse(subscripts, tuple([len(shape) for shape in shapes]))
    sizes = _sizes(terms, shapes)
    plan = _Plan(shapes)
    pending = [(term, i) for i, term in enumerate(terms)]
    for group in _path(terms, out, shapes):
        chosen = [pending[i] for i in group]
        pending = [pair for i, pair in enumerate(pending) if i not in group]
        term, x = chosen[0]
        for i, (other, y) in enumerate(chosen[1:], start=2):
            wanted = {*out, *itertools.chain(*(t for t, _ in pending + chosen[i:]))}
            term, x = _product(plan, term, x, other, y, wanted, sizes)
        pending.append((term, x))
    ((term, x),) = pending
    term, x = _reduced(plan, term, x, set(out))
    x = plan.permuted(x, term, out)
    x = plan.broadcast(x, tuple([sizes[letter] for letter in out]))
    if not plan.steps:  # the result is a new tensor: if nothing has to be computed, a view
        plan.step(permute_dims, (x,), plan.shapes[x], tuple(range(len(out))))
    return tuple(plan.steps)


class _Plan:
    """Steps, and the shapes of the operands and of the results. An operation that changes nothing is no step."""

    def __init__(self, shapes: tuple[tuple[int, ...], ...]) -> None:
        self.shapes = list(shapes)
        self.steps: list[Step] = []

    def step(self, function: Any, places: tuple[int, ...], shape: tuple[int, ...], *static: Any) -> int:
        """Add a step; returns the index of its result."""
        self.steps.append((function, places, *static))
        self.shapes.append(shape)
        return len(self.shapes) - 1

    def broadcast(self, x: int, shape: tuple[int, ...]) -> int:
        return x if self.shapes[x] == shape else self.step(broadcast_to, (x,), shape, shape)

    def reshaped(self, x: int, shape: tuple[int, ...]) -> int:
        return x if self.shapes[x] == shape else self.step(reshape, (x,), shape, shape)

    def permuted(self, x: int, term: str, order: str) -> int:
        if term == order:
            return x
        axes = tuple([term.index(letter) for letter in order])
        return self.step(permute_dims, (x,), tuple([self.shapes[x][axis] for axis in axes]), axes)

    def summed(self, x: int, axes: tuple[int, ...]) -> int:
        shape = tuple([n for axis, n in enumerate(self.shapes[x]) if axis not in axes])
        return self.step(_summed, (x,), shape, axes)

    def diagonal(self, x: int, first: int, second: int) -> int:
        shape = self.shapes[x]
        rest = [n for axis, n in enumerate(shape) if axis not in (first, second)]
        return self.step(_diagonal, (x,), (*rest, shape[first]), (first, second))


def _summed(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    return sum(x, axis=axes, dtype=x.dtype)


def _diagonal(x: Tensor, axes: tuple[int, int]) -> Tensor:
    return diagonal(moveaxis(x, axes, (-2, -1)))


def _parse(subscripts: str, ranks: tuple[int, ...]) -> tuple[list[str], str]:
    """The letters of each operand and of the output; the axes of ``...`` get their own letters."""
    inputs, arrow, out = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ranks):
        raise ValueError(f"einsum(): {len(terms)} operands are named in {subscripts!r}, and {len(ranks)} given")
    unused = [letter for letter in _LETTERS if letter not in subscripts]
    rest = [rank - len(term.replace("...", "", 1)) for term, rank in zip(terms, ranks, strict=True)]
    most = max(n if "..." in term else 0 for term, n in zip(terms, rest, strict=True))
    for term, n, rank in zip(terms, rest, ranks, strict=True):
        if n < 0 or (n > 0 and "..." not in term):
            raise ValueError(f"einsum(): {term!r} does not fit an operand of {rank} dimensions")
    if most > len(unused):
        raise ValueError("einsum(): there are more axes than letters")
    # Broadcasting aligns at the right, so each operand has the last of these.
    shared = "".join(unused[:most])
    terms = [term.replace("...", shared[most - n :] if n else "", 1) for term, n in zip(terms, rest, strict=True)]
    if arrow:
        out = out.replace("...", shared, 1)
    else:
        every = "".join(terms)
        out = shared + "".join(sorted(x for x in set(every) - set(shared) if every.count(x) == 1))
    for letter in "".join(terms) + out:
        if letter not in _LETTERS:
            raise ValueError(f"einsum(): {letter!r} in {subscripts!r} is not a letter")
    for letter in out:
        if out.count(letter) > 1 or not any(letter in term for term in terms):
            why = "stands in the output twice" if out.count(letter) > 1 else "is in the output and in no operand"
            raise ValueError(f"einsum(): {letter!r} of {subscripts!r} {why}")
    return terms, out


def _sizes(terms: list[str], shapes: tuple[tuple[int, ...], ...]) -> dict[str, int]:
    """The length of the axis of each letter; a length of 1 broadcasts with those of other operands."""
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, n in zip(term, shape, strict=True):
            have, first = sizes.setdefault(letter, n), shape[term.index(letter)]
            if n != first:
                raise ValueError(f"einsum(): axis {letter!r} has lengths {first} and {n} in one operand")
            if have == 1:
                sizes[letter] = n
            elif n not in (1, have):
                raise ValueError(f"einsum(): axis {letter!r} has lengths {have} and {n}")
    return sizes


def _path(terms: list[str], out: str, shapes: tuple[tuple[int, ...], ...]) -> list[tuple[int, ...]]:
    """The pairs of operands to multiply, in order; each result is appended."""
    if len(terms) < 3:
        return [tuple(range(len(terms)))]
    operands = [np.broadcast_to(np.float32(0), shape) for shape in shapes]
    found, _ = np.einsum_path(",".join(terms) + "->" + out, *operands, optimize="greedy")
    return [tuple(sorted(group)) for group in found[1:]]


def _reduced(plan: _Plan, term: str, x: int, wanted: set[str]) -> tuple[str, int]:
    """Take diagonals for letters that occur twice, and sum over letters needed nowhere else."""
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            x = plan.diagonal(x, first, second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + letter
    lost = tuple([i for i, letter in enumerate(term) if letter not in wanted])
    if lost:
        x = plan.summed(x, lost)
    return "".join(letter for letter in term if letter in wanted), x


def _product(
    plan: _Plan, term1: str, x1: int, term2: str, x2: int, wanted: set[str], sizes: dict[str, int]
) -> tuple[str, int]:
    """The product of two operands, summed over the letters in both and needed nowhere else: one matrix product."""
    term1, x1 = _reduced(plan, term1, x1, wanted | set(term2))
    term2, x2 = _reduced(plan, term2, x2, wanted | set(term1))
    both = [letter for letter in term1 if letter in term2]
    batch = "".join(letter for letter in both if letter in wanted)
    summed = "".join(letter for letter in both if letter not in wanted)
    rows = "".join(letter for letter in term1 if letter not in term2)
    columns = "".join(letter for letter in term2 if letter not in term1)
    left = plan.permuted(x1, term1, batch + rows + summed)
    right = plan.permuted(x2, term2, batch + summed + columns)
    out = batch + rows + columns
    shape1, shape2 = plan.shapes[left], plan.shapes[right]
    b, r, s = len(batch), len(rows), len(summed)
    outer = np.broadcast_shapes(shape1[:b], shape2[:b])
    if not summed:
        left = plan.reshaped(left, shape1 + (1,) * len(columns))
        right = plan.reshaped(right, (*shape2[:b], *(1,) * r, *shape2[b:]))
        return out, plan.step(multiply, (left, right), (*outer, *shape1[b:], *shape2[b:]))
    # Summed axes must have the same length in both for the product; the others broadcast by themselves.
    inner = tuple([sizes[letter] for letter in summed])
    free1, free2 = shape1[b : b + r], shape2[b + s :]
    left = plan.broadcast(left, (*shape1[: b + r], *inner))
    right = plan.broadcast(right, (*shape2[:b], *inner, *free2))
    k, n1, n2 = math.prod(inner), math.prod(free1), math.prod(free2)
    left = plan.reshaped(left, (*shape1[:b], n1, k))
    right = plan.reshaped(right, (*shape2[:b], k, n2))
    product = plan.step(matmul, (left, right), (*outer, n1, n2))
    return out, plan.reshaped(product, (*outer, *free1, *free2))


# --- padding ---


@public
def pad(x: Tensor, pad_width: Pairs, mode: PadMode = "constant", constant_values: Any = 0) -> Tensor:
    """Extend a tensor at both ends of its axes, in NumPy's form.

    Parameters
    ----------
    x : Tensor
    pad_width : int or sequence
        How many elements to add before and after: ``((before, after), ...)``, a pair for each axis; one pair for all; or one
        number for all.
    mode : str, optional
        What to add: ``"constant"``; ``"edge"``, the outermost elements; ``"reflect"`` and ``"symmetric"``, the tensor
        mirrored at and beyond its outermost elements; ``"wrap"``, the tensor repeated.
    constant_values : number or sequence, optional
        For ``"constant"``, in the dtype of `x`: one value, or pairs like those of `pad_width`.

    Raises
    ------
    ValueError
        For an unknown mode, a negative width, or widths that do not fit the rank.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.pad(xp.asarray([1, 2, 3]), (2, 1), mode="edge")
    tensor([1, 1, 1, 2, 3, 3])
    """
    check_tensor(x, "pad")
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap"):
        raise ValueError(f"pad(): unknown mode {mode!r}; there are 'constant', 'edge', 'reflect', 'symmetric' and 'wrap'")
    try:
        widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2)).tolist()
    except ValueError:
        raise ValueError(f"pad(): pad_width {pad_width!r} does not fit a tensor of {x.ndim} dimensions") from None
    for pair in widths:
        if any(not isinstance(width, int) or width < 0 for width in pair):
            raise ValueError(f"pad(): widths must be integers that are not negative, got {pad_width!r}")
    if mode == "constant":
        shape = tuple(before + n + after for (before, after), n in zip(widths, x.shape, strict=True))
        inner = tuple(slice(before, before + n) for (before, _), n in zip(widths, x.shape, strict=True))
        if not isinstance(constant_values, (list, tuple)) and not getattr(constant_values, "shape", ()):
            return index_put(full(shape, constant_values, dtype=x.dtype, device=x.device), inner, x)
        values = broadcast_to(asarray(constant_values, dtype=x.dtype, device=x.device), (x.ndim, 2))
        out = index_put(full(shape, 0, dtype=x.dtype, device=x.device), inner, x)
        for axis, (before, after) in enumerate(widths):  # the last axis adds the corners
            front = (slice(None),) * axis
            out = index_put(out, (*front, slice(None, before)), values[axis, 0])
            out = index_put(out, (*front, slice(shape[axis] - after, None)), values[axis, 1])
        return out
    out = x
    for axis, (pair, n) in enumerate(zip(widths, tuple(x.shape), strict=True)):
        if pair != [0, 0]:
            # NumPy's own padding of the positions determines which element goes where.
            positions = np.pad(np.arange(n), pair, mode=mode)
            out = take(out, asarray(positions, device=x.device), axis=axis)
    return clone(x) if out is x else out
