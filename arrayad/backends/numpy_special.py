"""The special functions of the NumPy backend: SciPy's, and the two that need no SciPy.

SciPy is optional and takes longer to import than all the rest, so it waits until one of its functions is asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy import sinc  # noqa: F401  (the backend's namespace)

Array = np.ndarray[Any, Any]

_FROM_SCIPY = frozenset(
    (
        "betaln",
        "digamma",
        "entr",
        "erf",
        "erfc",
        "erfcx",
        "erfinv",
        "gammainc",
        "gammaincc",
        "gammaln",
        "i0",
        "i0e",
        "i1",
        "i1e",
        "kl_div",
        "log_expit",
        "log_ndtr",
        "logit",
        "ndtr",
        "ndtri",
        "rel_entr",
        "xlog1py",
        "xlogy",
    )
)


def __getattr__(name: str) -> Any:
    if name not in _FROM_SCIPY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    function = globals()[name] = _from_scipy(name)
    return function


def _from_scipy(name: str) -> Any:
    try:
        special = importlib.import_module("scipy.special")
    except ImportError as error:
        raise ImportError(f"{name}() needs SciPy, which is not installed: pip install arrayad[scipy]") from error
    return getattr(special, name)


def expit(x: Array, /) -> Array:
    """The logistic function, without SciPy because `arrayad.sigmoid` is to work without; the exponent is never positive."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def polygamma(n: int, x: Array, /) -> Array:
    """SciPy's, in the dtype of `x` where SciPy's is always float64."""
    return np.asarray(_from_scipy("polygamma")(n, x), dtype=x.dtype)
