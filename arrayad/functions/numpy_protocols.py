"""NumPy's functions on Tensors: the implementation of ``__array_ufunc__`` and ``__array_function__``.

``np.sin(t)``, ``np.mean(t)``, ``np.linalg.solve(a, t)`` on a Tensor ``t`` call the namespace's functions, according to the
tables at the end of this file, and so are recorded. NumPy arrays among the arguments become Tensors. For a tracked Tensor,
functions not in the tables raise TypeError: NumPy never computes behind the tape's back.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import math
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from . import (
    beyond,
    creation,
    data_types,
    elementwise,
    fft,
    indexing,
    linear_algebra,
    manipulation,
    numerical,
    pytorch,
    pytorch_indexing,
    searching,
    sets,
    sorting,
    special,
    statistical,
    utility,
)
from .elementwise import abs as absolute
from .. import dtypes
from ..arguments import axis_of, integer_of
from ..autograd.modes import recording
from ..autograd.mutation import check_writeable
from ..autograd.tape import TensorBase
from ..backends import backend_of
from ..dtypes import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["array_function", "array_ufunc", "operand"]

Tensor = Any  # here, what NumPy's callers passed: Tensors and, among the arguments, anything


# --- NumPy's arrays as operands ---


def operand(value: np.ndarray[Any, Any], beside: Any, name: str) -> Any:
    """The Tensor for a NumPy array that meets a Tensor in an operator or a NumPy function.

    It shares the array's memory, unless the tape may keep it: then it is a copy, since writes by NumPy could not be
    detected.

    Raises
    ------
    TypeError
        If the Tensor is on another device, since arrayad does not choose which of the two moves; or if the array is masked
        or a matrix.
    """
    if beside.device.type != "cpu":
        raise TypeError(
            f"{name}(): a NumPy array is on the host and the Tensor on {beside.device}; convert it with "
            "asarray(..., device=...) first"
        )
    creation.check_meaning(value, name)
    return creation.asarray(value, copy=True if beside.requires_grad else None)


def _converted(value: Any, beside: Any, name: str) -> Any:
    """An argument with Tensors in place of NumPy arrays, also in lists and tuples, and numbers in place of NumPy scalars."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return operand(value, beside, name)
    if value.__class__ in (list, tuple):
        return value.__class__([_converted(x, beside, name) for x in value])
    return value


def _first_tensor(values: Any) -> Any:
    """A Tensor among the arguments, a tracked one if there is one."""
    found = None
    for value in values:
        if isinstance(value, (list, tuple)):
            value = _first_tensor(value)
        if isinstance(value, TensorBase):
            if value._node is not None:
                return value
            found = value
    return found


class _NotTakenError(TypeError):
    """For arguments that NumPy's function accepts and its counterpart does not."""


def _unsupported(name: str) -> TypeError:
    return TypeError(
        f"{name} has no counterpart on arrayad's Tensors, and is not computed on NumPy, where the gradient would be "
        "lost; for NumPy's result give it x.detach().numpy()"
    )


def _written(out: Any, result: Any, name: str, exactly: bool) -> Any:
    """Write a result into the caller's `out`; `exactly`: of its shape, without broadcasting.

    `out` is a Tensor or, for an untracked result, a NumPy array.
    """
    if isinstance(out, tuple) and len(out) == 1:
        out = out[0]
    array = isinstance(out, np.ndarray) and isinstance(result, TensorBase) and result._node is None
    if not array and not isinstance(out, TensorBase):
        raise TypeError(
            f"{name}: out= must be a Tensor, not {type(out).__name__}: what is written into it cannot be recorded. "
            f"(In-place operators on NumPy arrays do this: write `a = a + x` for `a += x`.)"
        )
    if not array and isinstance(result, TensorBase) and (have := _tensor(result).dtype).rank > (want := out.dtype).rank:
        raise TypeError(f"{name}: a result of {have.name} cannot be written into out= of {want.name}")
    if exactly and tuple(out.shape) != tuple(result._array.shape):
        raise ValueError(f"{name}: out= has shape {tuple(out.shape)}, and the result {tuple(result._array.shape)}")
    if array:
        np.copyto(out, np.asarray(result))  # refuses other dtypes and devices
    else:
        indexing.setitem(out, ..., result)
    return out


def _of_numpy(function: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Apply NumPy's own function to the arrays of untracked Tensors."""
    first = _first_tensor((*args, *kwargs.values()))
    if "out" in kwargs or (first is not None and first._node is not None and recording()):
        raise _unsupported(name)
    return function(*[_array(x) for x in args], **{key: _array(x) for key, x in kwargs.items()})


def _instead(
    error: _NotTakenError, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], out: Any
) -> Any:
    """Apply NumPy's own function if arguments are not supported, and return Tensors; raise if anything would be lost."""
    first = _first_tensor((*args, *kwargs.values()))
    writes = kwargs.get("overwrite_input")  # into memory that the tape may have saved
    if writes or out is not None or first is None or first.device.type != "cpu" or (first._node is not None and recording()):
        raise TypeError(str(error)) from None
    return _as_tensors(_of_numpy(function, function.__name__, args, kwargs))


def _as_tensors(value: Any) -> Any:
    """A result of NumPy's with Tensors in place of its arrays and scalars, also in lists and tuples."""
    if value.__class__ in (list, tuple):
        return value.__class__([_as_tensors(x) for x in value])
    return creation.asarray(value) if isinstance(value, (np.ndarray, np.generic)) else value


def _written_by_numpy(function: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Call NumPy's own function that writes into its first argument: an array, or a Tensor if nothing is tracked."""
    key = None if args else next(iter(kwargs))
    target = args[0] if args else kwargs[key]  # type: ignore[index]  # there is an argument
    first = _first_tensor((*args, *kwargs.values()))
    if first is not None and first._node is not None and recording():
        raise _unsupported(name)
    written = target
    if isinstance(target, TensorBase):
        check_writeable(target, name)
        written = _looked_at(target).copy()
    rest, named = [_array(x) for x in args[1:]], {k: _array(v) for k, v in kwargs.items() if k != key}
    if key is None:
        function(written, *rest, **named)
    else:
        function(**{key: written}, **named)
    if written is not target:
        indexing.setitem(target, ..., creation.asarray(written), name)


# Functions that write into their first argument and have no counterpart on Tensors.
_WRITING = frozenset(("numpy.copyto", "numpy.fill_diagonal", "numpy.place", "numpy.put", "numpy.putmask"))


def _looked_at(x: TensorBase) -> np.ndarray[Any, Any]:
    """The values for NumPy to read, which keeps no reference to them: so the memory does not count as shared afterwards."""
    array: np.ndarray[Any, Any] = backend_of(x._array).to_numpy(x._array)
    return array


def _array(value: Any) -> Any:
    if isinstance(value, TensorBase):
        return np.asarray(value)
    return value.__class__([_array(x) for x in value]) if value.__class__ in (list, tuple) else value


# --- __array_ufunc__ ---


def array_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Apply NumPy's universal functions, and those of ``scipy.special``, to Tensors."""
    numpys = getattr(np, ufunc.__name__, None) is ufunc
    name = f"numpy.{ufunc.__name__}" if numpys else ufunc.__name__
    if method == "at":
        return _written_by_numpy(ufunc.at, f"{name}.at", inputs, kwargs)
    for x in inputs:
        if not isinstance(x, (TensorBase, np.ndarray, np.generic, list, tuple, *NUMBERS)):
            return NotImplemented
    function = UFUNCS.get(ufunc.__name__) if numpys else _of_scipy(ufunc)
    if function is None:
        return _of_numpy(getattr(ufunc, method), name, inputs, kwargs)
    out = kwargs.pop("out", None)
    given = inputs, dict(kwargs)
    beside = _first_tensor(inputs)
    if beside is None:  # only the output is a Tensor
        beside = creation.zeros(0)
    inputs = tuple(_converted(np.asarray(x) if isinstance(x, (list, tuple)) else x, beside, name) for x in inputs)
    table = {"reduce": REDUCTIONS, "accumulate": ACCUMULATIONS}.get(method, {})
    if method not in ("__call__", "outer") and ufunc.__name__ not in table:
        if out is not None:
            kwargs["out"] = out
        return _of_numpy(getattr(ufunc, method), f"the method {method!r} of {name}", inputs, kwargs)
    try:
        if method == "__call__":
            result = _call(name, function, inputs, kwargs)
        elif method == "outer":
            first, second = (x if isinstance(x, TensorBase) else creation.asarray(x) for x in inputs)
            shape = (*first.shape, *(1,) * second.ndim)  # type: ignore[attr-defined]  # of every Tensor
            result = _call(name, function, (manipulation.reshape(first, shape), second), kwargs)  # type: ignore[arg-type]  # a TensorBase is a Tensor
        else:
            result = _bound(table[ufunc.__name__], f"{name}.{method}", inputs, {"axis": 0, **kwargs})
    except _NotTakenError as error:
        result = _instead(error, getattr(ufunc, method), *given, out)
    return result if out is None else _written(out, result, name, exactly=method != "__call__")


def _call(name: str, function: Callable[..., Any], inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    dtype = kwargs.pop("dtype", None)
    if dtype is not None:
        wanted = dtypes.as_dtype(np.dtype(dtype))
        inputs = tuple(data_types.astype(x, wanted, copy=False) if isinstance(x, TensorBase) else x for x in inputs)  # type: ignore[arg-type]  # a TensorBase is a Tensor
    for option in ("subok", "casting", "order"):
        kwargs.pop(option, None)
    return _bound(function, name, inputs, kwargs)


# SciPy's ufuncs whose counterparts are in the standard, or have another name: `scipy.special.zeta` is composed of two.
_SCIPYS: dict[str, Callable[..., Any]] = {
    "_riemann_zeta": special.zeta,
    "_zeta": special.zeta,
    "expm1": elementwise.expm1,
    "log1p": elementwise.log1p,
    "round": elementwise.round,
}


def _of_scipy(ufunc: np.ufunc) -> Callable[..., Any] | None:
    """The special function of the given name, if it is SciPy's."""
    name = ufunc.__name__
    # If SciPy itself dispatches, its ufuncs are not in the public module.
    modules = [sys.modules[n] for n in ("scipy.special", "scipy.special._ufuncs") if n in sys.modules]
    if not any(vars(m).get(name) is ufunc for m in modules):
        return None
    return getattr(special, name) if name in special.__all__ else _SCIPYS.get(name)


def _bound(function: Callable[..., Any], name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Call a function so that errors of misuse name NumPy's function."""
    try:
        return function(*args, **kwargs)
    except TypeError:
        try:
            inspect.signature(function).bind(*args, **kwargs)
        except TypeError as misuse:
            raise _NotTakenError(f"{name}() on Tensors: {misuse}") from None
        raise


# --- __array_function__ ---


def array_function(function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Apply NumPy's other functions to Tensors."""
    if not all(issubclass(t, (TensorBase, np.ndarray)) for t in types):
        return NotImplemented
    name = f"{function.__module__}.{function.__name__}"
    ours = FUNCTIONS.get(name)
    # There is a counterpart, but none that writes into an array.
    into_array = name == "numpy.put_along_axis" and isinstance((*args, *kwargs.values())[0], np.ndarray)
    if name in _WRITING or into_array:
        return _written_by_numpy(function, name, args, kwargs)
    if ours is None:
        result = _of_numpy(function, name, args, kwargs)
        # Without a Tensor among the arguments it was passed as ``like=``.
        return creation.asarray(result) if _first_tensor((*args, *kwargs.values())) is None else result
    beside = _first_tensor((*args, *kwargs.values()))
    out = kwargs.pop("out", None)
    given = args, dict(kwargs)
    if kwargs:
        named = [parameter for parameter in _required(function)[len(args) :] if parameter in kwargs]
        args = (*args, *[kwargs.pop(parameter) for parameter in named])
    args = tuple(_converted(x, beside, name) for x in args)
    kwargs = {k: _converted(v, beside, name) for k, v in kwargs.items()}
    outer = _beside.set([*creation.tensors_in((*args, *kwargs.values()))])
    try:
        result = _bound(ours, name, args, kwargs)
    except _NotTakenError as error:
        result = _instead(error, function, *given, out)
    finally:
        _beside.reset(outer)
    return result if out is None else _written(out, result, name, exactly=True)


@functools.cache
def _required(function: Callable[..., Any]) -> tuple[str, ...]:
    """NumPy's names of a function's required arguments, which its counterpart takes by position."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # up to NumPy 2.3, for some functions written in C
        return ()
    return tuple(p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD)


# --- NumPy's signatures on the namespace's functions ---

# Those of one expression are in the tables at the end. Arguments that are accepted and ignored are hints about memory and
# the algorithm (``order``, ``kind``, ``optimize``, ``hermitian``, ``assume_unique``) or hold anyway (``subok``, ``stable``,
# ``casting``).


# The Tensors among the arguments of the call: Python floats take their dtype.
_beside: ContextVar[list[Any]] = ContextVar("beside", default=[])  # noqa: B039  (never written into)


def _tensor(x: Any) -> Any:
    return x if isinstance(x, TensorBase) else creation.beside(x, _beside.get(), "asarray")


def _operand(x: Any) -> Any:
    return x if x is None or isinstance(x, NUMBERS) else _tensor(x)


def _floating(x: Any) -> Any:
    """Convert integers as NumPy's means and the like do."""
    x = _tensor(x)
    return x if x.dtype.kind in "fc" else data_types.astype(x, dtypes.get_default_dtype())


def _typed(x: Any, dtype: Any) -> Any:
    return _tensor(x) if dtype is None else data_types.astype(_tensor(x), dtypes.as_dtype(np.dtype(dtype)), copy=False)


def _reduced(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a reduction over axes."""

    def call(a: Tensor, axis: Any = None, *, keepdims: bool = False) -> Any:  # by position, `out` follows
        return function(_tensor(a), axis=axis, keepdims=keepdims)

    return call


_all, _any = _reduced(utility.all), _reduced(utility.any)
_max, _min = _reduced(statistical.max), _reduced(statistical.min)


def _sum(a: Tensor, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return statistical.sum(_typed(a, dtype), axis=axis, keepdims=keepdims)


def _prod(a: Tensor, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return statistical.prod(_typed(a, dtype), axis=axis, keepdims=keepdims)


def _mean(a: Tensor, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return statistical.mean(_floating(_typed(a, dtype)), axis=axis, keepdims=keepdims)


def _spread(x: Tensor, axis: Any, correction: float) -> tuple[Any, float]:
    """Complex numbers minus their mean, and the divisor of the sum of squares in their variance."""
    count = statistical.count_of(tuple(x.shape), axis) - correction
    return elementwise.subtract(x, statistical.mean(x, axis=axis, keepdims=True)), max(count, 0)


def _var(
    a: Tensor, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, correction: Any = None
) -> Any:
    x = _floating(_typed(a, dtype))
    if x.dtype.kind == "c":
        spread, count = _spread(x, axis, ddof if correction is None else correction)
        squares = elementwise.square(elementwise.real(spread)) + elementwise.square(elementwise.imag(spread))
        return statistical.sum(squares, axis=axis, keepdims=keepdims) / count
    return statistical.var(x, axis=axis, correction=ddof if correction is None else correction, keepdims=keepdims)


def _std(
    a: Tensor, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, correction: Any = None
) -> Any:
    x = _floating(_typed(a, dtype))
    if x.dtype.kind == "c":
        spread, count = _spread(x, axis, ddof if correction is None else correction)
        return linear_algebra.vector_norm(spread, axis=axis, keepdims=keepdims) / math.sqrt(count)
    return statistical.std(x, axis=axis, correction=ddof if correction is None else correction, keepdims=keepdims)


def _flat(a: Tensor, axis: Any) -> tuple[Any, int]:
    """A tensor and an axis of it: for None the flattened tensor."""
    x = _tensor(a)
    return (manipulation.reshape(x, (-1,)), 0) if axis is None else (x, axis)


def _cumulated(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(a: Tensor, axis: Any = None, dtype: Any = None) -> Any:
        x, axis = _flat(_typed(a, dtype), axis)
        return function(x, axis=axis)

    return call


def _average(a: Tensor, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    x = _floating(a)
    if weights is None:
        out = statistical.mean(x, axis=axis, keepdims=keepdims)
        return (out, creation.full_like(out, statistical.count_of(tuple(x.shape), axis))) if returned else out
    w = _floating(weights)
    if w.shape != x.shape:
        w = manipulation.reshape(
            w, tuple(n if i == axis_of(axis, x.ndim, "numpy.average") else 1 for i, n in enumerate(x.shape))
        )
        w = manipulation.broadcast_to(w, tuple(x.shape))
    total = statistical.sum(w, axis=axis, keepdims=keepdims)
    out = statistical.sum(x * w, axis=axis, keepdims=keepdims) / total
    return (out, total) if returned else out


def _quantile(a: Tensor, q: Any, axis: Any = None, method: Any = "linear", keepdims: bool = False) -> Any:
    probabilities = creation.asarray(np.asarray(q)) if isinstance(q, (list, tuple, np.ndarray)) else q
    return numerical.quantile(_tensor(a), probabilities, axis=axis, method=method, keepdims=keepdims)


def _percentile(a: Tensor, q: Any, axis: Any = None, method: Any = "linear", keepdims: bool = False) -> Any:
    if not isinstance(q, TensorBase):
        return _quantile(a, np.asarray(q) / 100, axis, method, keepdims)
    given = _tensor(q)
    if given.dtype.kind in "iu":  # in float64, as in NumPy
        given = data_types.astype(given, dtypes.float64)
    return _quantile(a, given / 100, axis, method, keepdims)


def _without_nan(a: Tensor, instead: float) -> tuple[Any, Any]:
    x = _tensor(a)
    if x.dtype.kind not in "fc":
        return x, creation.zeros_like(x, dtype=dtypes.bool)
    missing = elementwise.isnan(x)
    return searching.where(missing, instead, x), missing


def _without_nan_extreme(function: Callable[..., Any], least: float) -> Callable[..., Any]:
    """The extremum of the elements that are not NaN; `least` is the extremum of no elements."""

    def call(a: Tensor, axis: Any = None, keepdims: bool = False) -> Any:
        x, missing = _without_nan(a, least)
        out = function(x, axis=axis, keepdims=keepdims)
        if x.dtype.kind not in "fc":
            return out
        return searching.where(utility.all(missing, axis=axis, keepdims=keepdims), math.nan, out)

    return call


def _nanvar(
    a: Tensor, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, correction: Any = None
) -> Any:
    x, missing = _without_nan(_floating(_typed(a, dtype)), 0.0)
    known = elementwise.logical_not(missing)
    count = data_types.astype(statistical.sum(known, axis=axis, keepdims=True), elementwise.real(x).dtype)
    spread = searching.where(missing, 0.0, x - statistical.sum(x, axis=axis, keepdims=True) / count)
    freedom = statistical.sum(known, axis=axis, keepdims=keepdims) - (ddof if correction is None else correction)
    squares = statistical.sum(elementwise.real(spread * elementwise.conj(spread)), axis=axis, keepdims=keepdims)
    return squares / searching.where(freedom > 0, data_types.astype(freedom, squares.dtype), math.nan)


def _nanstd(
    a: Tensor, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, correction: Any = None
) -> Any:
    variance = _nanvar(a, axis, dtype, ddof, keepdims, correction)
    # At 0 the slope is 0, like that of `std`.
    return searching.where(variance == 0, variance, elementwise.sqrt(variance))


def _nanquantile(a: Tensor, q: Any, axis: Any = None, method: Any = "linear", keepdims: bool = False) -> Any:
    probabilities = np.asarray(_array(q), float)
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError(f"numpy.nanquantile(): probabilities must be between 0 and 1, got {q}")
    x, missing = _without_nan(_floating(a), math.inf)
    plain = method == "linear" and not isinstance(axis, tuple) and probabilities.ndim < 2
    if not plain or x.dtype.kind != "f" or not math.prod(x.shape) or bool(utility.any(elementwise.isinf(_floating(a)))):
        raise _NotTakenError(
            "on Tensors, quantiles that ignore NaN require method 'linear', one axis or None, and finite real numbers"
        )
    kept = tuple(1 if axis is None or i == axis_of(axis, x.ndim, "numpy.nanquantile") else n for i, n in enumerate(x.shape))
    (x, place), (missing, _) = _flat(x, axis), _flat(missing, axis)
    ordered = sorting.sort(x, axis=place)  # NaNs come last
    last = statistical.sum(elementwise.logical_not(missing), axis=place, keepdims=True) - 1

    def at(probability: float) -> Any:
        position = elementwise.maximum(data_types.astype(last, dtypes.float64) * probability, 0.0)
        below, above = [
            indexing.take_along_axis(ordered, data_types.astype(whole(position), dtypes.int64), axis=place)
            for whole in (elementwise.floor, elementwise.ceil)
        ]
        part = data_types.astype(position - elementwise.floor(position), x.dtype)
        out = below + searching.where(part == 0, 0.0, above - below) * part
        out = manipulation.reshape(searching.where(last < 0, math.nan, out), kept)
        return out if keepdims else _squeeze(out, axis)

    values = probabilities.tolist()
    return manipulation.stack([at(p) for p in values]) if probabilities.ndim else at(values)


def _cov(m: Tensor, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None) -> Any:
    return _squeeze(numerical.cov(_variables(m, y, rowvar), correction=int(not bias) if ddof is None else ddof))


def _variables(m: Any, y: Any, rowvar: bool) -> Any:
    """Variables, and further ones, as the rows of a matrix."""
    x = _atleast(_floating(m), 2)
    x = x if rowvar or np.ndim(m) == 1 else linear_algebra.matrix_transpose(x)
    if y is None:
        return x
    more = _atleast(_floating(y), 2)
    return manipulation.concat([x, more if rowvar or more.shape[0] == 1 else linear_algebra.matrix_transpose(more)])


def _sorted(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(a: Tensor, axis: Any = -1, kind: Any = None, *, stable: Any = None) -> Any:
        x, axis = _flat(a, axis)
        return function(x, axis=axis)

    return call


def _searchsorted(a: Tensor, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    return searching.searchsorted(_tensor(a), _tensor(v), side=side, sorter=None if sorter is None else _tensor(sorter))


def _where(condition: Tensor, *choices: Any) -> Any:
    if not choices:
        return searching.nonzero(_tensor(condition))
    return searching.where(_tensor(condition), *[_operand(x) for x in choices])


def _unique(
    ar: Tensor,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    *,
    equal_nan: bool = True,
) -> Any:
    x = _tensor(ar)
    if equal_nan and x.dtype.kind in "fc" and bool(utility.any(elementwise.isnan(x))):
        raise _NotTakenError("numpy.unique() on Tensors takes NaNs for different from each other: give it equal_nan=False")
    if not (return_index or return_inverse):
        return tuple(sets.unique_counts(x)) if return_counts else sets.unique_values(x)
    found: Any = sets.unique_all(x)
    wanted = [found.values]
    wanted += [found.indices] if return_index else []
    wanted += [found.inverse_indices] if return_inverse else []
    wanted += [found.counts] if return_counts else []
    return wanted[0] if len(wanted) == 1 else tuple(wanted)


def _isin(element: Tensor, test_elements: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    return sets.isin(_tensor(element), _tensor(test_elements), invert=invert)


# shapes


def _reshape(a: Tensor, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    if order != "C":
        raise _NotTakenError(f"numpy.reshape() on Tensors takes only order 'C', not {order!r}")
    return manipulation.reshape(_tensor(a), (shape,) if isinstance(shape, int) else tuple(shape), copy=copy)


def _ravel(a: Tensor, order: str = "C") -> Any:
    x = _tensor(a)
    if order != "C" and not (order in ("K", "A") and x.is_contiguous()):  # these are the order in memory
        raise _NotTakenError(f"numpy.ravel() on Tensors takes order 'C' and, of contiguous ones, 'K' and 'A', not {order!r}")
    return manipulation.reshape(x, (-1,))


def _transpose(a: Tensor, axes: Any = None) -> Any:
    x = _tensor(a)
    return manipulation.permute_dims(x, tuple(reversed(range(x.ndim))) if axes is None else tuple(axes))


def _rollaxis(a: Tensor, axis: int, start: int = 0) -> Any:
    x = _tensor(a)
    axis, start = axis_of(axis, x.ndim, "numpy.rollaxis"), start + x.ndim if start < 0 else start
    return manipulation.moveaxis(x, axis, start - 1 if axis < start else start)


def _squeeze(a: Tensor, axis: Any = None) -> Any:
    x = _tensor(a)
    return manipulation.squeeze(x, axis=tuple(i for i, n in enumerate(x.shape) if n == 1) if axis is None else axis)


def _atleast(x: Any, rank: int) -> Any:
    """Add axes of length 1 as NumPy's ``atleast_`` functions do."""
    x = _tensor(x)
    if x.ndim >= rank:
        return x
    shape = tuple(x.shape)
    if rank == 3 and shape:
        return manipulation.reshape(x, (1, shape[0], 1) if x.ndim == 1 else (*shape, 1))
    return manipulation.reshape(x, (*(1,) * (rank - x.ndim), *shape))


def _atleast_all(rank: int) -> Callable[..., Any]:
    def atleast(*arys: Tensor) -> Any:
        out = tuple(_atleast(x, rank) for x in arys)
        return out[0] if len(out) == 1 else out

    return atleast


def _concatenate(arrays: Any, /, axis: Any = 0, *, dtype: Any = None, casting: Any = None) -> Any:
    return manipulation.concat([_typed(x, dtype) for x in arrays], axis=axis)


def _stack(arrays: Any, axis: int = 0, *, dtype: Any = None, casting: Any = None) -> Any:
    return manipulation.stack([_typed(x, dtype) for x in arrays], axis=axis)


def _vstack(tup: Any, *, dtype: Any = None, casting: Any = None) -> Any:
    return manipulation.concat([_atleast(_typed(x, dtype), 2) for x in tup])


def _hstack(tup: Any, *, dtype: Any = None, casting: Any = None) -> Any:
    parts = [_atleast(_typed(x, dtype), 1) for x in tup]
    return manipulation.concat(parts, axis=0 if parts[0].ndim == 1 else 1)


def _column_stack(tup: Any) -> Any:
    parts = [_tensor(x) for x in tup]
    return manipulation.concat([x if x.ndim > 1 else manipulation.reshape(x, (-1, 1)) for x in parts], axis=1)


def _block(arrays: Any) -> Any:
    def depth(part: Any) -> int:
        return 1 + max((depth(x) for x in part), default=0) if isinstance(part, list) else 0

    def rank(part: Any) -> int:
        return max((rank(x) for x in part), default=0) if isinstance(part, list) else int(_tensor(part).ndim)

    levels, axes = depth(arrays), max(depth(arrays), rank(arrays))

    def joined(part: Any, level: int) -> Any:
        if isinstance(part, list) != (level > 0) or part == []:
            raise ValueError("numpy.block(): lists are to be nested equally deep, with an array at the bottom of each")
        if isinstance(part, list):
            return manipulation.concat([joined(x, level - 1) for x in part], axis=-level)
        x = _tensor(part)
        return manipulation.reshape(x, (*(1,) * (axes - x.ndim), *x.shape))

    return joined(arrays, levels)


def _delete(arr: Tensor, obj: Any, axis: Any = None) -> Any:
    x, axis = _flat(arr, axis)
    axis = axis_of(axis, x.ndim, "numpy.delete")
    return _take(x, np.delete(np.arange(x.shape[axis]), _array(obj)), axis)


def _sliding_window_view(x: Tensor, window_shape: Any, axis: Any = None, *, subok: bool = False) -> Any:
    x = _tensor(x)
    sizes = tuple(window_shape) if isinstance(window_shape, (tuple, list)) else (window_shape,)
    given = range(x.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = [axis_of(place, x.ndim, "numpy.sliding_window_view") for place in given]  # before further axes are added
    if len(axes) != len(sizes):
        raise ValueError(f"numpy.sliding_window_view(): {len(sizes)} lengths of windows for {len(axes)} axes")
    for place, size in zip(axes, sizes, strict=True):
        x = pytorch_indexing.unfold(x, place, size, 1)
    return x


def _array_split(ary: Tensor, indices_or_sections: Any, axis: int = 0) -> Any:
    x = _tensor(ary)
    place = axis_of(axis, x.ndim, "numpy.array_split")
    length = x.shape[place]
    if isinstance(indices_or_sections, int):
        if indices_or_sections < 1:
            raise ValueError("numpy.array_split(): number sections must be larger than 0")
        base, more = divmod(length, indices_or_sections)
        sizes = [base + 1] * more + [base] * (indices_or_sections - more)
        ends = list(itertools.accumulate(sizes))
    else:
        ends = [*(min(int(i), length) for i in indices_or_sections), length]
    front = (slice(None),) * place
    return [x[(*front, slice(start, end))] for start, end in zip([0, *ends], ends, strict=False)]


def _split(ary: Tensor, indices_or_sections: Any, axis: int = 0) -> Any:
    parts = _array_split(ary, indices_or_sections, axis)  # first, since it checks the arguments
    if isinstance(indices_or_sections, int) and _tensor(ary).shape[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return parts


def _repeat(a: Tensor, repeats: Any, axis: Any = None) -> Any:
    counts = creation.asarray(repeats) if isinstance(repeats, (list, tuple)) else repeats
    return manipulation.repeat(_tensor(a), counts, axis=axis)


def _flip(m: Tensor, axis: Any = None) -> Any:
    return manipulation.flip(_tensor(m), axis=axis)


def _roll(a: Tensor, shift: Any, axis: Any = None) -> Any:
    """Along each axis by each shift, which NumPy broadcasts."""
    pairs = [*np.broadcast(_array(shift), 0 if axis is None else axis)]
    shifts = tuple([integer_of(n, "numpy.roll", "shift") for n, _ in pairs])
    if axis is None:
        return manipulation.roll(_tensor(a), sum(shifts))
    return manipulation.roll(_tensor(a), shifts, axis=tuple([integer_of(i, "numpy.roll", "axis") for _, i in pairs]))


def _rot90(m: Tensor, k: int = 1, axes: Any = (0, 1)) -> Any:
    x = _tensor(m)
    a, b = (axis_of(axis, x.ndim, "numpy.rot90") for axis in axes)
    if a == b:
        raise ValueError(f"numpy.rot90(): the axes must be different, got {axes}")
    if k % 4 == 2:
        return _flip(x, (a, b))
    x = _flip(x, b) if k % 4 == 1 else x
    x = pytorch.swapaxes(x, a, b) if k % 2 else x
    return _flip(x, b) if k % 4 == 3 else x


def _broadcast_to(array: Tensor, shape: Any, subok: bool = False) -> Any:
    return manipulation.broadcast_to(_tensor(array), (shape,) if isinstance(shape, int) else tuple(shape))


def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    if any(x is None or isinstance(x, str) for x in args):  # arrays of objects, as in matplotlib's bars
        return _of_numpy(np.broadcast_arrays, "numpy.broadcast_arrays", args, {"subok": subok})
    return manipulation.broadcast_arrays(*[_tensor(x) for x in args])


def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: Any = "xy") -> Any:
    if sparse:
        raise _NotTakenError("numpy.meshgrid() on Tensors takes only sparse=False")
    grids = creation.meshgrid(*[_tensor(x) for x in xi], indexing=indexing)
    return tuple([creation.clone(x) for x in grids] if copy else grids)


def _pad(array: Tensor, pad_width: Any, mode: Any = "constant", *, constant_values: Any = 0) -> Any:
    width = pad_width.numpy() if isinstance(pad_width, TensorBase) else pad_width  # type: ignore[attr-defined]  # of every Tensor
    return beyond.pad(_tensor(array), width, mode, constant_values)


def _take(a: Tensor, indices: Any, axis: Any = None, mode: Any = "raise") -> Any:
    x, axis = _flat(a, axis)
    axis = axis_of(axis, x.ndim, "numpy.take")
    places = _tensor(indices)
    if places.dtype.kind == "b":  # NumPy treats it as 0 and 1
        places = data_types.astype(places, dtypes.int64)
    if mode == "wrap":
        places = elementwise.remainder(places, x.shape[axis])
    elif mode == "clip":
        places = elementwise.clip(places, 0, x.shape[axis] - 1)
    elif mode != "raise":
        raise ValueError(f"numpy.take(): mode must be 'raise', 'wrap' or 'clip', got {mode!r}")
    return indexing.take(x, places, axis=axis)


def _take_along_axis(arr: Tensor, indices: Any, axis: Any = -1) -> Any:
    x, axis = _flat(arr, axis)
    return indexing.take_along_axis(x, _tensor(indices), axis=axis)


def _compress(condition: Any, a: Tensor, axis: Any = None) -> Any:
    (places,) = searching.nonzero(_tensor(condition))
    return _take(a, places, axis)


def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    out = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        out = searching.where(_tensor(condition), choice, out)
    return out


def _piecewise(x: Tensor, condlist: Any, funclist: Any) -> Any:
    x = _tensor(x)
    conditions = [_tensor(c) for c in (condlist if isinstance(condlist, (list, tuple)) else [condlist])]
    pieces = list(funclist)
    out = creation.zeros_like(x)
    if len(pieces) == len(conditions) + 1:  # the last is for the remaining elements
        conditions.append(elementwise.logical_not(functools.reduce(elementwise.logical_or, conditions)))
    for condition, piece in zip(conditions, pieces, strict=True):
        # Each function gets only its own elements, as in NumPy.
        value = piece(x[condition]) if callable(piece) else piece
        out = indexing.index_put(out, condition, value)
    return out


def _clip(a: Tensor, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = _operand(min if a_min is None else a_min), _operand(max if a_max is None else a_max)
    return elementwise.clip(_tensor(a), low, high)


# creation


def _like(name: str) -> Callable[..., Any]:
    make = getattr(creation, name)

    def like(
        a: Tensor,
        dtype: Any = None,
        order: str = "K",
        subok: bool = True,
        shape: Any = None,
        *,
        device: Any = None,
        fill: tuple[Any, ...] = (),
    ) -> Any:
        x = _tensor(a)
        wanted = x.dtype if dtype is None else dtypes.as_dtype(np.dtype(dtype))
        place = x.device if device is None else device
        return make(tuple(x.shape) if shape is None else shape, *fill, dtype=wanted, device=place)

    return like


def _linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None) -> Any:
    first, last = _both(*[_floating(x) if isinstance(x, TensorBase) else x for x in (start, stop)])
    steps = creation.linspace(0.0, 1.0, num, dtype=first.dtype, endpoint=endpoint)
    steps = manipulation.reshape(steps, (-1,) + (1,) * len(manipulation.broadcast_shapes(first.shape, last.shape)))
    # The last is exactly `stop`, without rounding.
    out = searching.where(elementwise.equal(steps, 1.0), last, first + steps * (last - first))
    if dtype is not None and np.dtype(dtype).kind in "iu":
        out = elementwise.floor(out)
    return _typed(out, dtype)


# --- elementwise functions that are not ufuncs, and ufuncs that the namespace lacks ---


def _real(val: Tensor) -> Any:
    x = _tensor(val)
    return elementwise.real(x) if x.dtype.kind == "c" else x


def _imag(val: Tensor) -> Any:
    x = _tensor(val)
    return elementwise.imag(x) if x.dtype.kind == "c" else creation.zeros_like(x)


def _angle(z: Tensor, deg: bool = False) -> Any:
    out = beyond.angle(_floating(z))
    return out * (180 / math.pi) if deg else out


def _round(a: Tensor, decimals: int = 0) -> Any:
    x = _tensor(a)
    if not decimals or (decimals > 0 and x.dtype.kind in "biu"):
        return elementwise.round(x)
    if decimals < 0:
        scale = 10.0**-decimals
        whole = x.dtype.kind in "iu"
        out = elementwise.round((data_types.astype(x, dtypes.float64) if whole else x) / scale) * scale
        return data_types.astype(out, x.dtype) if whole else out
    scale = 10.0**decimals
    return elementwise.round(x * scale) / scale


def _nan_to_num(x: Tensor, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    out = beyond.nan_to_num(_tensor(x), nan, posinf, neginf)
    if copy:
        return out
    indexing.setitem(x, ..., out)
    return x


def _cbrt(x: Tensor) -> Any:
    x = _floating(x)
    if x.dtype.kind == "c":
        raise TypeError(f"numpy.cbrt() takes real Tensors, not {x.dtype}")
    return special.cbrt(x)


def _degrees(x: Tensor) -> Any:
    return pytorch.rad2deg(_floating(x))


def _radians(x: Tensor) -> Any:
    return pytorch.deg2rad(_floating(x))


def _logaddexp2(x1: Any, x2: Any) -> Any:
    return elementwise.logaddexp(x1 * math.log(2), x2 * math.log(2)) / math.log(2)


def _both(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Two operands, one of them a Tensor, as Tensors of their common dtype."""
    dtype = data_types.result_type(x1, x2)
    like: Any = x1 if isinstance(x1, TensorBase) else x2
    first, second = [
        _typed(x, dtype) if isinstance(x, TensorBase) else creation.full_like(like, x, dtype=dtype) for x in (x1, x2)
    ]
    return first, second


def _unless_nan(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a choice between two operands that takes the other if one is NaN."""

    def call(x1: Any, x2: Any) -> Any:
        first, second = _both(x1, x2)
        return function(
            searching.where(elementwise.isnan(first), second, first),
            searching.where(elementwise.isnan(second), first, second),
        )

    return call


def _heaviside(x1: Any, x2: Any) -> Any:
    first, second = _both(x1, x2)
    at_zero = searching.where(elementwise.isnan(first), first, second)
    return searching.where(first < 0, 0.0, searching.where(first > 0, 1.0, at_zero))


def _float_power(x1: Any, x2: Any) -> Any:
    def double(x: Any) -> Any:
        return _typed(x, np.result_type(x._array.dtype, float)) if isinstance(x, TensorBase) else x

    return elementwise.pow(*_both(double(x1), double(x2)))


def _modf(x: Tensor) -> Any:
    x = _floating(x)
    finite = searching.where(elementwise.isinf(x), 0.0, x)
    return finite - elementwise.trunc(finite), elementwise.trunc(x)


def _pair(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of two Tensors, one of which may be a number."""

    def call(x1: Any, x2: Any) -> Any:
        return function(_tensor(x1), _tensor(x2))

    return call


# products


def _dot(a: Any, b: Any) -> Any:
    x, y = _tensor(a), _tensor(b)
    if x.ndim == 0 or y.ndim == 0:
        return elementwise.multiply(x, y)
    if y.ndim <= 2:
        return linear_algebra.matmul(x, y)
    return linear_algebra.tensordot(x, y, axes=([x.ndim - 1], [y.ndim - 2]))


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    if not isinstance(axes, int):
        axes = tuple([x] if isinstance(x, int) else list(x) for x in axes)
    return linear_algebra.tensordot(_tensor(a), _tensor(b), axes=axes)


def _einsum(subscripts: str, *operands: Any, optimize: Any = False, dtype: Any = None) -> Any:
    if not isinstance(subscripts, str):
        raise _unsupported("numpy.einsum of operands between lists of axes")
    return beyond.einsum(subscripts, *[_typed(x, dtype) for x in operands])


def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = manipulation.moveaxis(_tensor(a), axisa, -1), manipulation.moveaxis(_tensor(b), axisb, -1)
    return manipulation.moveaxis(linear_algebra.cross(x, y), -1, axisc)


def _trace(a: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    return linear_algebra.trace(manipulation.moveaxis(_typed(a, dtype), (axis1, axis2), (-2, -1)), offset=offset)


# calculus


def _diff(a: Tensor, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    x = _tensor(a)
    place = axis_of(axis, x.ndim, "numpy.diff")
    ends = [None if end is None else _tensor(end) for end in (prepend, append)]
    for i, end in enumerate(ends):
        if end is not None and end.ndim == 0:
            ends[i] = manipulation.broadcast_to(end, tuple(1 if k == place else m for k, m in enumerate(x.shape)))
    return utility.diff(x, axis=axis, n=n, prepend=ends[0], append=ends[1])


def _gradient(f: Tensor, *varargs: Any, axis: Any = None) -> Any:
    x = _floating(f)
    named = range(x.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = [axis_of(a, x.ndim, "numpy.gradient") for a in named]
    if any(x.shape[a] < 2 for a in axes):
        raise ValueError("numpy.gradient() needs at least two elements along an axis")
    steps = list(varargs) * len(axes) if len(varargs) <= 1 else list(varargs)
    steps = steps or [1.0] * len(axes)
    steps = [_tensor(h) if isinstance(h, (list, tuple)) else h for h in steps]
    out = [_slope(manipulation.moveaxis(x, a, 0), h, a) for a, h in zip(axes, steps, strict=True)]
    return out[0] if len(out) == 1 else tuple(out)


def _slope(x: Any, h: Any, axis: int) -> Any:
    """Central differences along the first axis, one-sided at its ends; moved back to its place."""
    if isinstance(h, TensorBase) and h.ndim:  # type: ignore[attr-defined]  # where the values are
        place: Any = h
        place = data_types.astype(place, dtypes.float64) if place.dtype.kind in "biu" else place
        gap = manipulation.reshape(utility.diff(place), (-1,) + (1,) * (x.ndim - 1))
        low, high = gap[:-1], gap[1:]
        before, after = -high / (low * (low + high)), low / (high * (low + high))
        middle = x[:-2] * before + x[1:-1] * ((high - low) / (low * high)) + x[2:] * after
        first, last = (x[1:2] - x[:1]) / gap[:1], (x[-1:] - x[-2:-1]) / gap[-1:]
    else:
        middle, first, last = (x[2:] - x[:-2]) / (2 * h), (x[1:2] - x[:1]) / h, (x[-1:] - x[-2:-1]) / h
    slope = manipulation.moveaxis(manipulation.concat([first, middle, last]), 0, axis)
    return data_types.astype(slope, x.dtype, copy=False)


def _unwrap(p: Tensor, discont: Any = None, axis: int = -1, *, period: Any = 2 * math.pi) -> Any:
    x = _tensor(p)
    if x.dtype.kind != "f":
        raise _NotTakenError("numpy.unwrap() on Tensors takes only floating-point angles")
    gap = utility.diff(x.detach(), axis=axis)
    near = elementwise.remainder(gap + period / 2, period) - period / 2
    near = searching.where((near == -period / 2) & (gap > 0), period / 2, near)
    limit = period / 2 if discont is None else max(discont, period / 2)
    turns = searching.where(absolute(gap) < limit, 0.0, near - gap)  # multiples of the period: constants
    return x + statistical.cumulative_sum(turns, axis=axis, include_initial=True)


def _vander(x: Tensor, N: Any = None, increasing: bool = False) -> Any:
    x = _tensor(x)
    count = x.shape[0] if x.ndim == 1 and N is None else N
    if x.ndim != 1 or count < 0:
        raise ValueError(f"numpy.vander(): expected a vector and a count of columns, got {x.ndim} dimensions and {N}")
    columns = list(itertools.accumulate([x] * (count - 1), elementwise.multiply, initial=creation.ones_like(x)))
    return manipulation.stack(columns if increasing else columns[::-1], axis=1)[:, :count]


def _trapezoid(y: Tensor, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    return numerical.trapezoid(_tensor(y), None if x is None else _tensor(x), dx, axis)


def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    return numerical.interp(_tensor(x), _tensor(xp), _tensor(fp), left, right)


def _correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    first, second = _tensor(a), _tensor(v)
    if mode == "same" and first.shape[0] < second.shape[0]:
        raise _NotTakenError("numpy.correlate() on Tensors takes mode 'same' only with the longer argument first")
    return numerical.convolve(first, elementwise.conj(manipulation.flip(second)), mode)


def _bincount(x: Tensor, /, weights: Any = None, minlength: int = 0) -> Any:
    return numerical.bincount(_tensor(x), None if weights is None else _tensor(weights), minlength)


def _polyval(p: Any, x: Any) -> Any:
    places = _tensor(x)
    out: Any = creation.zeros_like(places)
    for c in manipulation.unstack(p) if isinstance(p, TensorBase) else p:  # type: ignore[arg-type]  # a TensorBase is a Tensor
        out = out * places + c
    return out


def _allclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    return beyond.allclose(_tensor(a), b, rtol, atol, equal_nan)


def _isclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    return beyond.isclose(_tensor(a), b, rtol, atol, equal_nan)


def _array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    if a1 is None or a2 is None:
        return False
    x, y = _tensor(a1), _tensor(a2)
    if x.shape != y.shape:
        return False
    same = elementwise.equal(x, y)
    return bool(utility.all(same | ((x != x) & (y != y)) if equal_nan else same))


def _size(a: Tensor, axis: Any = None) -> int:
    for each in () if axis is None else axis if isinstance(axis, tuple) else (axis,):
        axis_of(each, a.ndim, "numpy.size")
    return statistical.count_of(tuple(a.shape), axis)


def _iscomplexobj(x: Tensor) -> bool:
    return bool(x.dtype.kind == "c")


def _result_type(*arrays_and_dtypes: Any) -> Any:
    found = [x if isinstance(x, (TensorBase, *NUMBERS)) else dtypes.as_dtype(np.dtype(x)) for x in arrays_and_dtypes]
    return data_types.result_type(*found).dtype  # type: ignore[arg-type]  # a TensorBase is a Tensor


def _put_along_axis(arr: Tensor, indices: Any, values: Any, axis: int = -1) -> None:
    indexing.put_along_axis(arr, _tensor(indices), values, axis)


def _shares_memory(a: Any, b: Any, max_work: Any = None) -> bool:
    first, second = (_looked_at(x) if isinstance(x, TensorBase) else x for x in (a, b))
    return np.shares_memory(first, second)


# linalg, fft


def _norm(x: Tensor, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    return linear_algebra.norm(_floating(x), ord, axis, keepdims)


def _of_matrices(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of matrices that NumPy also calls with integers and arrays."""

    def call(*args: Any, **kwargs: Any) -> Any:
        matrices = [_floating(x) if isinstance(x, (TensorBase, list, tuple)) else x for x in args]
        return function(*matrices, **kwargs)

    return call


def _svd(a: Tensor, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    x = _floating(a)
    return linear_algebra.svd(x, full_matrices=full_matrices) if compute_uv else linear_algebra.svdvals(x)


def _one_triangle(a: Tensor, uplo: str) -> Any:
    x = _floating(a)
    if uplo not in ("L", "l", "U", "u"):
        raise ValueError(f"numpy.linalg: UPLO must be 'L' or 'U', got {uplo!r}")
    return x if uplo in "Ll" else elementwise.conj(linear_algebra.matrix_transpose(x))


def _pinv(a: Tensor, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    return linear_algebra.pinv(_floating(a), rtol=rcond if rtol is None else rtol)


def _qr(a: Tensor, mode: Any = "reduced") -> Any:
    x = _floating(a)
    return linear_algebra.qr(x).R if mode == "r" else linear_algebra.qr(x, mode=mode)


def _matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    x = _floating(A)
    if x.ndim < 2:
        return int(utility.any(x != 0))
    if tol is None:
        return linear_algebra.matrix_rank(x, rtol=rtol)
    limit = manipulation.expand_dims(_tensor(tol), axis=-1)
    return statistical.sum(linear_algebra.svdvals(x) > limit, axis=-1)


def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    matrix = _floating(a)
    solution, residuals, rank, values = linear_algebra.lstsq(matrix, _floating(b), rcond=rcond)
    rows, columns = matrix.shape
    if rows <= columns or int(rank) < columns:
        residuals = creation.zeros((0,), dtype=residuals.dtype, device=residuals.device)
    return solution, manipulation.reshape(residuals, (-1,)), rank, values


def _matvec(x1: Tensor, x2: Tensor) -> Any:
    return linear_algebra.matmul(_tensor(x1), _tensor(x2)[..., None])[..., 0]


def _vecmat(x1: Tensor, x2: Tensor) -> Any:
    return linear_algebra.matmul(elementwise.conj(_tensor(x1))[..., None, :], _tensor(x2))[..., 0, :]


def _cond(x: Tensor, p: Any = None) -> Any:
    """As in NumPy, infinite for a singular matrix; NaN only if the matrix contains a NaN."""
    x = _floating(x)
    if 0 in x.shape[-2:]:
        raise np.linalg.LinAlgError("numpy.linalg.cond(): not defined for empty matrices")
    with np.errstate(all="ignore"):
        if p in (None, 2, -2):
            values = linear_algebra.svdvals(x)
            greatest, least = values[..., 0], values[..., -1]
            out = least / greatest if p == -2 else greatest / least
        else:
            singular = linear_algebra.slogdet(x)[0] == 0
            identity = creation.eye(x.shape[-1], dtype=x.dtype, device=x.device)
            inverse = linear_algebra.inv(searching.where(singular[..., None, None], identity, x))
            out = linear_algebra.norm(x, p, (-2, -1)) * linear_algebra.norm(inverse, p, (-2, -1))
            out = searching.where(singular, math.nan, out)
    undefined = elementwise.isnan(out) & ~utility.any(elementwise.isnan(x), axis=(-2, -1))
    return searching.where(undefined, math.inf, out)


def _polyfit(x: Tensor, y: Tensor, deg: int, rcond: Any = None, *, w: Any = None) -> Any:
    if deg < 0:
        raise ValueError(f"numpy.polyfit(): expected a degree of at least 0, got {deg}")
    powers, values = _vander(_floating(x), deg + 1), _floating(y)
    if w is not None:
        weights = _floating(w)
        powers, values = powers * weights[:, None], values * (weights if values.ndim == 1 else weights[:, None])
    scale = linear_algebra.vector_norm(powers, axis=0)
    rcond = powers.shape[0] * data_types.finfo(powers.dtype).eps if rcond is None else rcond
    solution = linear_algebra.lstsq(powers / scale, values, rcond=rcond)[0]
    return solution / (scale if values.ndim == 1 else scale[:, None])


def _transform(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a Fourier transform over one axis."""

    def call(a: Tensor, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
        return function(_floating(a), n=n, axis=axis, norm=norm)

    return call


def _transform_of_several(function: Callable[..., Any], usual: Any = None) -> Callable[..., Any]:
    """Make a Fourier transform over several axes."""

    def call(a: Tensor, s: Any = None, axes: Any = usual, norm: Any = None) -> Any:
        return function(_floating(a), s=s, axes=axes, norm=norm)

    return call


# --- the tables ---

UFUNCS: dict[str, Callable[..., Any]] = {
    "absolute": elementwise.abs,
    "add": elementwise.add,
    "arccos": elementwise.acos,
    "arccosh": elementwise.acosh,
    "arcsin": elementwise.asin,
    "arcsinh": elementwise.asinh,
    "arctan": elementwise.atan,
    "arctan2": elementwise.atan2,
    "arctanh": elementwise.atanh,
    "bitwise_and": elementwise.bitwise_and,
    "bitwise_or": elementwise.bitwise_or,
    "bitwise_xor": elementwise.bitwise_xor,
    "cbrt": _cbrt,
    "ceil": elementwise.ceil,
    "conjugate": elementwise.conj,
    "copysign": elementwise.copysign,
    "cos": elementwise.cos,
    "cosh": elementwise.cosh,
    "deg2rad": _radians,
    "degrees": _degrees,
    "divide": elementwise.divide,
    "divmod": lambda x1, x2: (elementwise.floor_divide(x1, x2), elementwise.remainder(x1, x2)),
    "equal": elementwise.equal,
    "exp": elementwise.exp,
    "exp2": lambda x: elementwise.pow(2.0, _floating(x)),
    "expm1": elementwise.expm1,
    "fabs": lambda x: absolute(_floating(x)),
    "float_power": _float_power,
    "floor": elementwise.floor,
    "floor_divide": elementwise.floor_divide,
    "fmax": _unless_nan(elementwise.maximum),
    "fmin": _unless_nan(elementwise.minimum),
    "fmod": lambda x1, x2: beyond.fmod(*_both(x1, x2)),
    "greater": elementwise.greater,
    "greater_equal": elementwise.greater_equal,
    "heaviside": _heaviside,
    "hypot": elementwise.hypot,
    "invert": elementwise.bitwise_invert,
    "isfinite": elementwise.isfinite,
    "isinf": elementwise.isinf,
    "isnan": elementwise.isnan,
    "left_shift": elementwise.bitwise_left_shift,
    "less": elementwise.less,
    "less_equal": elementwise.less_equal,
    "log": elementwise.log,
    "log10": elementwise.log10,
    "log1p": elementwise.log1p,
    "log2": elementwise.log2,
    "logaddexp": elementwise.logaddexp,
    "logaddexp2": _logaddexp2,
    "logical_and": elementwise.logical_and,
    "logical_not": elementwise.logical_not,
    "logical_or": elementwise.logical_or,
    "logical_xor": elementwise.logical_xor,
    "matmul": linear_algebra.matmul,
    "matvec": _matvec,
    "maximum": elementwise.maximum,
    "minimum": elementwise.minimum,
    "modf": _modf,
    "multiply": elementwise.multiply,
    "negative": elementwise.negative,
    "nextafter": elementwise.nextafter,
    "not_equal": elementwise.not_equal,
    "positive": elementwise.positive,
    "power": elementwise.pow,
    "rad2deg": _degrees,
    "radians": _radians,
    "reciprocal": elementwise.reciprocal,
    "remainder": elementwise.remainder,
    "right_shift": elementwise.bitwise_right_shift,
    "rint": elementwise.round,
    "sign": elementwise.sign,
    "signbit": elementwise.signbit,
    "sin": elementwise.sin,
    "sinh": elementwise.sinh,
    "sqrt": elementwise.sqrt,
    "square": elementwise.square,
    "subtract": elementwise.subtract,
    "tan": elementwise.tan,
    "tanh": elementwise.tanh,
    "trunc": elementwise.trunc,
    "vecdot": linear_algebra.vecdot,
    "vecmat": _vecmat,
}

REDUCTIONS: dict[str, Callable[..., Any]] = {
    "add": _sum,
    "logical_and": _all,
    "logaddexp": lambda a, axis=0, keepdims=False: beyond.logsumexp(_floating(a), axis=axis, keepdims=keepdims),
    "logical_or": _any,
    "maximum": _max,
    "minimum": _min,
    "multiply": _prod,
}

ACCUMULATIONS: dict[str, Callable[..., Any]] = {
    "add": _cumulated(statistical.cumulative_sum),
    "multiply": _cumulated(statistical.cumulative_prod),
}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "numpy.all": _all,
    "numpy.allclose": _allclose,
    "numpy.amax": _max,
    "numpy.amin": _min,
    "numpy.angle": _angle,
    "numpy.any": _any,
    "numpy.append": lambda arr, values, axis=None: manipulation.concat([_tensor(arr), _tensor(values)], axis=axis),
    "numpy.argmax": _reduced(searching.argmax),
    "numpy.argmin": _reduced(searching.argmin),
    "numpy.argsort": _sorted(sorting.argsort),
    "numpy.argwhere": lambda a: pytorch_indexing.argwhere(_tensor(a)),
    "numpy.around": _round,
    "numpy.array_equal": _array_equal,
    "numpy.array_split": _array_split,
    "numpy.astype": lambda x, dtype, /, *, copy=True: data_types.astype(x, dtypes.as_dtype(np.dtype(dtype)), copy=copy),
    "numpy.atleast_1d": _atleast_all(1),
    "numpy.atleast_2d": _atleast_all(2),
    "numpy.atleast_3d": _atleast_all(3),
    "numpy.average": _average,
    "numpy.bincount": _bincount,
    "numpy.block": _block,
    "numpy.broadcast_arrays": _broadcast_arrays,
    "numpy.broadcast_to": _broadcast_to,
    "numpy.clip": _clip,
    "numpy.column_stack": _column_stack,
    "numpy.compress": _compress,
    "numpy.concatenate": _concatenate,
    "numpy.convolve": lambda a, v, mode="full": numerical.convolve(_tensor(a), _tensor(v), mode),
    "numpy.copy": lambda a, order="K", subok=False: creation.clone(_tensor(a)),
    "numpy.corrcoef": lambda x, y=None, rowvar=True: _squeeze(numerical.corrcoef(_variables(x, y, rowvar))),
    "numpy.correlate": _correlate,
    "numpy.count_nonzero": _reduced(searching.count_nonzero),
    "numpy.cov": _cov,
    "numpy.cross": _cross,
    "numpy.cumprod": _cumulated(statistical.cumulative_prod),
    "numpy.cumsum": _cumulated(statistical.cumulative_sum),
    "numpy.cumulative_prod": statistical.cumulative_prod,
    "numpy.cumulative_sum": statistical.cumulative_sum,
    "numpy.delete": _delete,
    "numpy.diag": lambda v, k=0: numerical.diag(_tensor(v), k),
    "numpy.diagonal": lambda a, offset=0, axis1=0, axis2=1: pytorch.diagonal(_tensor(a), offset, axis1, axis2),
    "numpy.diff": _diff,
    "numpy.dot": _dot,
    "numpy.dstack": lambda tup: manipulation.concat([_atleast(x, 3) for x in tup], axis=2),
    "numpy.ediff1d": lambda ary: utility.diff(_ravel(ary)),
    "numpy.einsum": _einsum,
    "numpy.empty_like": _like("empty"),
    "numpy.expand_dims": lambda a, axis: manipulation.expand_dims(_tensor(a), axis=axis),
    "numpy.extract": lambda condition, arr: _compress(manipulation.reshape(_tensor(condition), (-1,)), arr),
    "numpy.fft.fft": _transform(fft.fft),
    "numpy.fft.fft2": _transform_of_several(fft.fftn, (-2, -1)),
    "numpy.fft.fftn": _transform_of_several(fft.fftn),
    "numpy.fft.fftshift": lambda x, axes=None: fft.fftshift(_tensor(x), axes=axes),
    "numpy.fft.hfft": _transform(fft.hfft),
    "numpy.fft.ifft": _transform(fft.ifft),
    "numpy.fft.ifft2": _transform_of_several(fft.ifftn, (-2, -1)),
    "numpy.fft.ifftn": _transform_of_several(fft.ifftn),
    "numpy.fft.ifftshift": lambda x, axes=None: fft.ifftshift(_tensor(x), axes=axes),
    "numpy.fft.ihfft": _transform(fft.ihfft),
    "numpy.fft.irfft": _transform(fft.irfft),
    "numpy.fft.irfft2": _transform_of_several(fft.irfftn, (-2, -1)),
    "numpy.fft.irfftn": _transform_of_several(fft.irfftn),
    "numpy.fft.rfft": _transform(fft.rfft),
    "numpy.fft.rfft2": _transform_of_several(fft.rfftn, (-2, -1)),
    "numpy.fft.rfftn": _transform_of_several(fft.rfftn),
    "numpy.fix": elementwise.trunc,
    "numpy.flatnonzero": lambda a: searching.nonzero(manipulation.reshape(_tensor(a), (-1,)))[0],
    "numpy.flip": _flip,
    "numpy.fliplr": lambda m: _flip(m, 1),
    "numpy.flipud": lambda m: _flip(m, 0),
    "numpy.full_like": lambda a, fill_value, *args, **kwargs: _like("full")(a, *args, fill=(fill_value,), **kwargs),
    "numpy.gradient": _gradient,
    "numpy.hsplit": lambda ary, indices_or_sections: _split(ary, indices_or_sections, 0 if _tensor(ary).ndim == 1 else 1),
    "numpy.hstack": _hstack,
    "numpy.i0": lambda x: special.i0(_floating(x)),
    "numpy.imag": _imag,
    "numpy.inner": lambda a, b: pytorch.inner(_tensor(a), _tensor(b)),
    "numpy.interp": _interp,
    "numpy.isclose": _isclose,
    "numpy.iscomplexobj": _iscomplexobj,
    "numpy.isin": _isin,
    "numpy.isrealobj": lambda x: not _iscomplexobj(x),
    "numpy.kron": lambda a, b: beyond.kron(_tensor(a), _tensor(b)),
    "numpy.lib.stride_tricks.sliding_window_view": _sliding_window_view,
    "numpy.linalg.cholesky": _of_matrices(linear_algebra.cholesky),
    "numpy.linalg.cond": _cond,
    "numpy.linalg.cross": _cross,
    "numpy.linalg.det": _of_matrices(linear_algebra.det),
    "numpy.linalg.diagonal": linear_algebra.diagonal,
    "numpy.linalg.eig": _of_matrices(linear_algebra.eig),
    "numpy.linalg.eigh": lambda a, UPLO="L": linear_algebra.eigh(_one_triangle(a, UPLO)),
    "numpy.linalg.eigvals": _of_matrices(linear_algebra.eigvals),
    "numpy.linalg.eigvalsh": lambda a, UPLO="L": linear_algebra.eigvalsh(_one_triangle(a, UPLO)),
    "numpy.linalg.inv": _of_matrices(linear_algebra.inv),
    "numpy.linalg.lstsq": _lstsq,
    "numpy.linalg.matmul": _pair(linear_algebra.matmul),
    "numpy.linalg.matrix_norm": _of_matrices(linear_algebra.matrix_norm),
    "numpy.linalg.matrix_power": lambda a, n: linear_algebra.matrix_power(_floating(a), n),
    "numpy.linalg.matrix_rank": _matrix_rank,
    "numpy.linalg.matrix_transpose": linear_algebra.matrix_transpose,
    "numpy.linalg.multi_dot": lambda arrays: functools.reduce(linear_algebra.matmul, [_tensor(x) for x in arrays]),
    "numpy.linalg.norm": _norm,
    "numpy.linalg.outer": _pair(linear_algebra.outer),
    "numpy.linalg.pinv": _pinv,
    "numpy.linalg.qr": _qr,
    "numpy.linalg.slogdet": _of_matrices(linear_algebra.slogdet),
    "numpy.linalg.solve": _of_matrices(linear_algebra.solve),
    "numpy.linalg.svd": _svd,
    "numpy.linalg.svdvals": _of_matrices(linear_algebra.svdvals),
    "numpy.linalg.tensordot": _tensordot,
    "numpy.linalg.trace": linear_algebra.trace,
    "numpy.linalg.vecdot": linear_algebra.vecdot,
    "numpy.linalg.vector_norm": _of_matrices(linear_algebra.vector_norm),
    "numpy.linspace": _linspace,
    "numpy.matrix_transpose": linear_algebra.matrix_transpose,
    "numpy.max": _max,
    "numpy.mean": _mean,
    "numpy.median": _reduced(numerical.median),
    "numpy.meshgrid": _meshgrid,
    "numpy.min": _min,
    "numpy.moveaxis": lambda a, source, destination: manipulation.moveaxis(_tensor(a), source, destination),
    "numpy.nan_to_num": _nan_to_num,
    "numpy.nanmax": _without_nan_extreme(statistical.max, -math.inf),
    "numpy.nanmean": lambda a, axis=None, keepdims=False: pytorch.nanmean(_floating(a), axis, keepdims),
    "numpy.nanmedian": lambda a, axis=None, keepdims=False: _nanquantile(a, 0.5, axis, keepdims=keepdims),
    "numpy.nanmin": _without_nan_extreme(statistical.min, math.inf),
    "numpy.nanpercentile": lambda a, q, axis=None, method="linear", keepdims=False: _nanquantile(
        a, np.asarray(_array(q)) / 100, axis, method, keepdims
    ),
    "numpy.nanprod": lambda a, axis=None, dtype=None, keepdims=False: _prod(_without_nan(a, 1.0)[0], axis, dtype, keepdims),
    "numpy.nanquantile": _nanquantile,
    "numpy.nanstd": _nanstd,
    "numpy.nansum": lambda a, axis=None, dtype=None, keepdims=False: _sum(_without_nan(a, 0.0)[0], axis, dtype, keepdims),
    "numpy.nanvar": _nanvar,
    "numpy.ndim": lambda a: int(a.ndim),
    "numpy.nonzero": searching.nonzero,
    "numpy.ones_like": _like("ones"),
    "numpy.outer": lambda a, b: linear_algebra.outer(_ravel(a), _ravel(b)),
    "numpy.pad": _pad,
    "numpy.percentile": _percentile,
    "numpy.piecewise": _piecewise,
    "numpy.polyfit": _polyfit,
    "numpy.polyval": _polyval,
    "numpy.prod": _prod,
    "numpy.ptp": lambda a, axis=None, keepdims=False: elementwise.subtract(
        _max(a, axis, keepdims=keepdims), _min(a, axis, keepdims=keepdims)
    ),
    "numpy.put_along_axis": _put_along_axis,
    "numpy.quantile": _quantile,
    "numpy.ravel": _ravel,
    "numpy.real": _real,
    "numpy.repeat": _repeat,
    "numpy.reshape": _reshape,
    "numpy.result_type": _result_type,
    "numpy.roll": _roll,
    "numpy.rollaxis": _rollaxis,
    "numpy.roots": lambda p: numerical.roots(_tensor(p)),
    "numpy.rot90": _rot90,
    "numpy.round": _round,
    "numpy.searchsorted": _searchsorted,
    "numpy.select": _select,
    "numpy.shape": lambda a: tuple(a.shape),
    "numpy.shares_memory": _shares_memory,
    "numpy.may_share_memory": _shares_memory,
    "numpy.sinc": special.sinc,
    "numpy.size": _size,
    "numpy.sort": _sorted(sorting.sort),
    "numpy.split": _split,
    "numpy.squeeze": _squeeze,
    "numpy.stack": _stack,
    "numpy.std": _std,
    "numpy.sum": _sum,
    "numpy.swapaxes": lambda a, axis1, axis2: pytorch.swapaxes(_tensor(a), axis1, axis2),
    "numpy.take": _take,
    "numpy.take_along_axis": _take_along_axis,
    "numpy.tensordot": _tensordot,
    "numpy.tile": lambda A, reps: manipulation.tile(_tensor(A), reps),
    "numpy.trace": _trace,
    "numpy.transpose": _transpose,
    "numpy.trapezoid": _trapezoid,
    "numpy.tril": lambda m, k=0: creation.tril(_tensor(m), k=k),
    "numpy.triu": lambda m, k=0: creation.triu(_tensor(m), k=k),
    "numpy.unique": _unique,
    "numpy.unique_all": sets.unique_all,
    "numpy.unique_counts": sets.unique_counts,
    "numpy.unique_inverse": sets.unique_inverse,
    "numpy.unique_values": sets.unique_values,
    "numpy.unstack": manipulation.unstack,
    "numpy.unwrap": _unwrap,
    "numpy.vander": _vander,
    "numpy.var": _var,
    "numpy.vdot": lambda a, b: linear_algebra.vecdot(_ravel(a), _ravel(b)),
    "numpy.vsplit": lambda ary, indices_or_sections: _split(ary, indices_or_sections, 0),
    "numpy.vstack": _vstack,
    "numpy.where": _where,
    "numpy.zeros_like": _like("zeros"),
}
