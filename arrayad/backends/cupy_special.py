"""The special functions of the CuPy backend: CuPy's own, which follow SciPy's."""

from __future__ import annotations

import math
from typing import Any

from cupyx.scipy.special import (  # noqa: F401  (the backend's namespace)
    betaln,
    digamma,
    entr,
    erf,
    erfc,
    erfcx,
    erfinv,
    expit,
    gammainc,
    gammaincc,
    gammaln,
    i0,
    i0e,
    i1,
    i1e,
    kl_div,
    log_expit,
    log_ndtr,
    logit,
    ndtr,
    ndtri,
    rel_entr,
    sinc,
    xlog1py,
    xlogy,
    zeta,
)

Array = Any


def polygamma(n: int, x: Array, /) -> Array:
    """CuPy's formula for an order that is a Python number, in the dtype of `x` where CuPy's is always float64."""
    if n == 0:
        return digamma(x)
    return ((-1.0) ** (n + 1) * math.factorial(n) * zeta(float(n + 1), x.astype(float, copy=False))).astype(
        x.dtype, copy=False
    )
