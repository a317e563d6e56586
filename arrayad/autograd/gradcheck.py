"""Check derivatives against central differences, for any function of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import engine
from .modes import enable_grad, no_grad
from .tape import TensorBase, make, require_grad
from .transforms import linearize
from .. import dtypes
from ..backends import backend_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["GradcheckError", "check_grads", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """Raised by a check if the derivatives do not agree."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    raise_exception: bool = True,
    fast_mode: bool = False,
    check_forward_ad: bool = False,
) -> bool:
    """Check the gradient of a function against central differences.

    Parameters
    ----------
    func : callable
        Takes Tensors and returns a Tensor or a tuple of Tensors.
    inputs : Tensor or sequence of Tensor
        The point to check at; those that require a gradient are differentiated. float64 and complex128 give the best check.
    eps : float, optional
        The step of the differences. Default: the cube root of the dtype's eps, which balances rounding and truncation
        errors.
    atol, rtol : float, optional
        The tolerances. Default: the square root of the dtype's eps, times 10.
    raise_exception : bool, optional
        Whether to raise if they differ, or to return False.
    fast_mode : bool, optional
        Compare one random projection, not every element: two evaluations, whatever the size.
    check_forward_ad : bool, optional
        Check forward mode as well.

    Raises
    ------
    GradcheckError
        If they differ, with both values.
    ValueError
        If no input requires a gradient.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.linspace(0.1, 1, 4, dtype=xp.float64, requires_grad=True)
    >>> xp.autograd.gradcheck(lambda x: xp.cumulative_sum(xp.log(x)), x)
    True
    """
    modes = ("rev", "fwd") if check_forward_ad else ("rev",)
    try:
        _check(func, _inputs(inputs), modes, eps, atol, rtol, fast_mode)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(func: Callable[..., Any], inputs: Any, **how: Any) -> bool:
    """Check the gradient of a function's gradient, also with respect to the cotangent, against central differences.

    Parameters
    ----------
    func : callable
    inputs : Tensor or sequence of Tensor
    **how
        As for `gradcheck`. In errors, the cotangents are numbered after the inputs.
    """
    return gradcheck(*_gradient_of(func, _inputs(inputs)), **how)


def check_grads(
    func: Callable[..., Any],
    args: Any,
    order: int = 2,
    modes: Sequence[str] = ("rev", "fwd"),
    *,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    fast_mode: bool = False,
) -> None:
    """Check the derivatives of a function up to an order, in both modes.

    Parameters
    ----------
    func : callable
        Takes Tensors and returns a Tensor or a tuple of Tensors.
    args : Tensor or sequence of Tensor
        The tensors of a floating dtype are checked, whether or not they require a gradient.
    order : int, optional
    modes : sequence of {"rev", "fwd"}, optional
    eps, atol, rtol, fast_mode : optional
        As for `gradcheck`.

    Raises
    ------
    GradcheckError
        If they do not agree.
    ValueError
        For an unknown mode, or if no tensor has a floating dtype.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.autograd.check_grads(xp.sin, xp.linspace(0, 1, 3, dtype=xp.float64))  # silent: they agree
    """
    unknown = set(modes) - {"rev", "fwd"}
    if unknown:
        raise ValueError(f"check_grads(): modes must be 'rev' or 'fwd', got {sorted(unknown)}")
    tensors = []
    for x in engine.tensors_of(args, "check_grads", "args"):
        fresh = make(x._array)
        if dtypes.from_raw[x._array.dtype].kind in "fc":
            require_grad(fresh, "check_grads")
        tensors.append(fresh)
    if not any(x._node is not None for x in tensors):
        raise ValueError("check_grads(): at least one of the arguments must be of a floating dtype")
    for _ in range(order):
        _check(func, tensors, tuple(modes), eps, atol, rtol, fast_mode)
        func, tensors = _gradient_of(func, tensors)


def _inputs(inputs: Any) -> list[Any]:
    if not isinstance(inputs, (TensorBase, list, tuple)):
        raise TypeError(f"gradcheck(): inputs must be a Tensor or a tuple of them, not {type(inputs).__name__}")
    tensors = [inputs] if isinstance(inputs, TensorBase) else list(inputs)
    if not any(isinstance(x, TensorBase) and x._node is not None for x in tensors):
        raise ValueError("gradcheck(): at least one of the inputs must require a gradient")
    return tensors


def _outputs(out: Any) -> list[Any]:
    parts = [out] if isinstance(out, TensorBase) else list(out)
    for x in parts:
        if not isinstance(x, TensorBase):
            raise TypeError(f"gradcheck(): the function must give a Tensor or a sequence of them, got {type(x).__name__}")
    return [x for x in parts if dtypes.from_raw[x._array.dtype].kind in "fc"]


def _gradient_of(func: Callable[..., Any], tensors: list[Any]) -> tuple[Callable[..., Any], list[Any]]:
    """The gradient of a function, as a function of its tensors and of random cotangents; and all of these."""
    which = [i for i, x in enumerate(tensors) if isinstance(x, TensorBase) and x._node is not None]
    with enable_grad():
        cotangents = [_random(x, 7 + i) for i, x in enumerate(_tracked(func(*tensors)))]
    for g in cotangents:
        require_grad(g, "gradcheck")

    def gradient(*args: Any) -> Any:
        with enable_grad():
            outs = _tracked(func(*args[: len(tensors)]))
            wanted = [args[i] for i in which]
            if not outs:
                return tuple(x * 0 for x in wanted)
            return engine.grad(outs, wanted, args[len(tensors) :], create_graph=True, materialize_grads=True)

    return gradient, [*tensors, *cotangents]


def _tracked(out: Any) -> list[Any]:
    return [x for x in _outputs(out) if x._node is not None]


def _host(x: Any) -> np.ndarray[Any, Any]:
    return np.asarray(backend_of(x._array).to_numpy(x._array))


def _random(like: Any, seed: int) -> Any:
    """Fixed random numbers in the shape of a tensor."""
    a = like._array
    return _like(_random_host(np.empty(a.shape, dtypes.from_raw[a.dtype].dtype), seed), like)


def _like(values: np.ndarray[Any, Any], like: Any) -> Any:
    xp = backend_of(like._array)
    raw = np.asarray(values, dtype=dtypes.from_raw[like._array.dtype].dtype)
    return make(xp.from_numpy(raw, like._array.device))


def _inner(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    """The real inner product, for which PyTorch's gradients of complex numbers are gradients."""
    return float(np.sum(np.real(np.conj(a) * b)))


def _check(
    func: Callable[..., Any],
    tensors: list[Any],
    modes: tuple[str, ...],
    eps: float | None,
    atol: float | None,
    rtol: float | None,
    fast: bool,
) -> None:
    which = [i for i, x in enumerate(tensors) if isinstance(x, TensorBase) and x._node is not None]
    precision = max(float(np.finfo(dtypes.from_raw[tensors[i]._array.dtype].dtype).eps) for i in which)
    eps = precision ** (1 / 3) if eps is None else eps
    atol = 10 * precision**0.5 if atol is None else atol
    rtol = 10 * precision**0.5 if rtol is None else rtol
    directions = _directions(tensors, which, fast)
    slopes = [_difference(func, tensors, moved, eps) for moved in directions]
    first = enumerate(slopes[0] if slopes else ())
    weights = [(k, w) for k, slope in first for w in ([_random_host(slope, k)] if fast else _units(slope))]
    expected = [[_inner(w, slope[k]) for k, w in weights] for slope in slopes]
    for mode in modes:
        found = _DERIVATIVES[mode](func, tensors, which, directions, weights)
        wrong = np.argwhere(~np.isclose(found, expected, rtol=rtol, atol=atol, equal_nan=True))
        if wrong.size:
            d, j = wrong[0].tolist()
            moved = "all inputs" if fast else f"input {next(iter(directions[d]))}"
            raise GradcheckError(
                f"{'reverse' if mode == 'rev' else 'forward'} mode disagrees with the differences for output "
                f"{weights[j][0]} and {moved}: analytic {found[d][j]}, numeric {expected[d][j]} "
                f"(step {eps:.2g}, atol {atol:.2g}, rtol {rtol:.2g})"
            )


def _random_host(like: np.ndarray[Any, Any], seed: int) -> np.ndarray[Any, Any]:
    source = np.random.default_rng(seed)
    values = source.uniform(-1, 1, like.shape)
    return values + 1j * source.uniform(-1, 1, like.shape) if like.dtype.kind == "c" else values


def _units(like: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    """Unit arrays of a shape; for complex numbers, in both directions."""
    units = []
    for k in range(like.size):
        for factor in (1, 1j) if like.dtype.kind == "c" else (1,):
            unit = np.zeros(like.size, like.dtype)
            unit[k] = factor
            units.append(unit.reshape(like.shape))
    return units


# From the number of an input to its displacement.
_Direction = dict[int, np.ndarray[Any, Any]]
# The number of an output, and the weight it is projected on.
_Weight = tuple[int, np.ndarray[Any, Any]]


def _directions(tensors: list[Any], which: list[int], fast: bool) -> list[_Direction]:
    """The displacements of the inputs: along each element, or all at once at random."""
    if fast:
        return [{i: _host(_random(tensors[i], 100 + i)) for i in which}]
    return [{i: unit} for i in which for unit in _units(_host(tensors[i]))]


def _difference(func: Any, tensors: list[Any], moved: _Direction, eps: float) -> list[np.ndarray[Any, Any]]:
    """The central difference of every output."""

    def at(step: float) -> list[np.ndarray[Any, Any]]:
        args = [_like(_host(x) + step * moved[i], x) if i in moved else _plain(x) for i, x in enumerate(tensors)]
        for x, original in zip(args, tensors, strict=True):
            if isinstance(x, TensorBase) and original._node is not None:
                require_grad(x, "gradcheck")  # a function may itself differentiate
        return [_host(out).copy() for out in _outputs(func(*args))]

    with no_grad():
        return [(b - a) / (2 * eps) for a, b in zip(at(-eps), at(eps), strict=True)]


def _plain(x: Any) -> Any:
    return make(x._array) if isinstance(x, TensorBase) else x


def _reverse(
    func: Any, tensors: list[Any], which: list[int], directions: list[_Direction], weights: list[_Weight]
) -> list[list[float]]:
    """For each direction and weight, the derivative of the projected output, by one backward per weight."""
    leaves = [_plain(x) for x in tensors]
    for i in which:
        require_grad(leaves[i], "gradcheck")
    with enable_grad():
        outputs = _outputs(func(*leaves))
    columns = []
    for k, w in weights:
        gradients: dict[int, Any] = {}
        if outputs[k]._node is not None:
            seed = _like(w, outputs[k])
            found = engine.grad([outputs[k]], [leaves[i] for i in which], [seed], retain_graph=True, materialize_grads=True)
            gradients = {i: _host(g) for i, g in zip(which, found, strict=True)}
        columns.append([sum(_inner(moved[i], g) for i, g in gradients.items() if i in moved) for moved in directions])
    return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in directions]


def _forward(
    func: Any, tensors: list[Any], which: list[int], directions: list[_Direction], weights: list[_Weight]
) -> list[list[float]]:
    """The same, by pushing each direction forward."""
    leaves = [_plain(x) for x in tensors]

    def of_these(*these: Any) -> Any:
        args = list(leaves)
        for i, x in zip(which, these, strict=True):
            args[i] = x
        return tuple(_outputs(func(*args)))

    _, push = linearize(of_these, *[leaves[i] for i in which])
    rows = []
    for moved in directions:
        tangents = push(*[_like(moved.get(i, np.zeros(leaves[i]._array.shape)), leaves[i]) for i in which])
        rows.append([_inner(w, _host(tangents[k])) for k, w in weights])
    return rows


_DERIVATIVES = {"rev": _reverse, "fwd": _forward}
