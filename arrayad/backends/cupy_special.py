"""The special functions of the CuPy backend: CuPy's, which follow SciPy's, and on the host those that it lacks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import cupy as cp
import cupyx.scipy.special as on_gpu
import numpy as np
from cupy import sinc  # noqa: F401  (the backend's namespace)

from . import numpy_special as on_host

if TYPE_CHECKING:
    from collections.abc import Callable

Array = Any

# What CuPy 14 lacks. These wait for the GPU, and need SciPy.
ON_HOST = frozenset(("betaincc", "ellipe", "hyp1f1", "riemann_zeta", "spence", "stdtr", "stdtrit"))


def __getattr__(name: str) -> Any:
    if name in ON_HOST:
        made = _by_way_of_host(getattr(on_host, name))
    elif hasattr(on_gpu, name) and hasattr(on_host, name):
        made = _in_dtype_of_arguments(getattr(on_gpu, name))
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = made
    return made


def _dtype_of(arguments: tuple[Any, ...]) -> Any:
    """The dtype of the floating arguments; integers beside them, such as the counts of `nbdtr`, change nothing."""
    return np.result_type(*[a.dtype for a in arguments if isinstance(a, cp.ndarray) and a.dtype.kind in "fc"])


def _in_dtype_of_arguments(function: Callable[..., Array]) -> Callable[..., Array]:
    """A function of CuPy's, some of which are float64 for any dtype."""

    def call(*arguments: Any) -> Array:
        return function(*arguments).astype(_dtype_of(arguments), copy=False)

    return call


def _by_way_of_host(function: Callable[..., Any]) -> Callable[..., Array]:
    def call(*arguments: Any) -> Array:
        out = function(*[cp.asnumpy(a) if isinstance(a, cp.ndarray) else a for a in arguments])
        return cp.asarray(np.asarray(out, _dtype_of(arguments)))

    return call


def _with_nan(function: Callable[..., Array], *arguments: Array) -> Array:
    """A function of CuPy's that forgets NaNs."""
    out = function(*arguments).astype(_dtype_of(arguments), copy=False)
    nan = cp.isnan(arguments[0]) | cp.isnan(arguments[1])
    return cp.where(nan, cp.full((), np.nan, out.dtype), out)


def gammainc(a: Array, x: Array, /) -> Array:
    """CuPy's, with NaN of NaN."""
    return _with_nan(on_gpu.gammainc, a, x)


def gammaincc(a: Array, x: Array, /) -> Array:
    """CuPy's, with NaN of NaN."""
    return _with_nan(on_gpu.gammaincc, a, x)


def xlog1py(x1: Array, x2: Array, /) -> Array:
    """CuPy's, with NaN of NaN."""
    return _with_nan(on_gpu.xlog1py, x1, x2)


def polygamma(n: Any, x: Array, /) -> Array:
    """CuPy's formula, with the factors of an order that is a Python number taken on the host."""
    if isinstance(n, cp.ndarray):
        return on_gpu.polygamma(n, x).astype(x.dtype, copy=False)
    if n == 0:
        return on_gpu.digamma(x)
    out = (-1.0) ** (n + 1) * math.factorial(n) * on_gpu.zeta(float(n + 1), x.astype(float, copy=False))
    return out.astype(x.dtype, copy=False)
