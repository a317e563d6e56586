"""Special functions of the CuPy backend: CuPy's, which follow SciPy's, and on the host those that CuPy lacks."""

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

# Missing in CuPy 14. These wait for the GPU, and require SciPy.
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
    """The dtype of the floating arguments; integers beside them, such as the counts of `nbdtr`, do not affect it."""
    return np.result_type(*[a.dtype for a in arguments if isinstance(a, cp.ndarray) and a.dtype.kind in "fc"])


def _in_dtype_of_arguments(function: Callable[..., Array]) -> Callable[..., Array]:
    """Wrap a function of CuPy's in the dtype of its arguments: some return float64 for any dtype."""

    def call(*arguments: Any) -> Array:
        return function(*arguments).astype(_dtype_of(arguments), copy=False)

    return call


def _by_way_of_host(function: Callable[..., Any]) -> Callable[..., Array]:
    def call(*arguments: Any) -> Array:
        out = function(*[cp.asnumpy(a) if isinstance(a, cp.ndarray) else a for a in arguments])
        return cp.asarray(np.asarray(out, _dtype_of(arguments)))

    return call


def _with_nan(function: Callable[..., Array], *arguments: Array) -> Array:
    """Wrap a function of CuPy's that loses NaNs."""
    out = function(*arguments).astype(_dtype_of(arguments), copy=False)
    nan = cp.isnan(arguments[0]) | cp.isnan(arguments[1])
    return cp.where(nan, cp.full((), np.nan, out.dtype), out)


def gammainc(a: Array, x: Array, /) -> Array:
    """CuPy's, with NaN for NaN."""
    return _with_nan(on_gpu.gammainc, a, x)


def gammaincc(a: Array, x: Array, /) -> Array:
    """CuPy's, with NaN for NaN."""
    return _with_nan(on_gpu.gammaincc, a, x)


def xlog1py(x1: Array, x2: Array, /) -> Array:
    """CuPy's, with NaN for NaN."""
    return _with_nan(on_gpu.xlog1py, x1, x2)


def polygamma(n: Any, x: Array, /) -> Array:
    """CuPy's formula, with factors that depend on a Python number as the order computed on the host."""
    if isinstance(n, cp.ndarray):
        return on_gpu.polygamma(n, x).astype(x.dtype, copy=False)
    if n == 0:
        return on_gpu.digamma(x)
    out = (-1.0) ** (n + 1) * math.factorial(n) * on_gpu.zeta(float(n + 1), x.astype(float, copy=False))
    return out.astype(x.dtype, copy=False)
