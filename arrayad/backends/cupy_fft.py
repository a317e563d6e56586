"""``cupy.fft`` through array_api_compat, and for arrays without elements, for which cuFFT has no plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import array_api_compat.cupy as compat
import numpy as np
from array_api_compat.cupy import fft as _fft

from . import fallbacks

if TYPE_CHECKING:
    from collections.abc import Callable

Array = Any


def _along_one(transform: Callable[..., Array], halved: bool = False, doubled: bool = False) -> Callable[..., Array]:
    def call(x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
        if x.size:
            return transform(x, n=n, axis=axis, norm=norm)
        length = n if n is not None else 2 * (x.shape[axis] - 1) if doubled else x.shape[axis]
        dtype = x.real.dtype if doubled else np.result_type(x.dtype, np.complex64)
        return fallbacks.empty_transform(compat, x, (length,), (axis,), dtype, halved)

    return call


def _along_several(transform: Callable[..., Array]) -> Callable[..., Array]:
    def call(x: Array, /, *, s: Any = None, axes: tuple[int, ...], norm: str = "backward") -> Array:
        if x.size and axes:
            return transform(x, s=s, axes=axes, norm=norm)
        dtype = np.result_type(x.dtype, np.complex64)
        if not axes:
            return x.astype(dtype)
        lengths = tuple(x.shape[a] for a in axes) if s is None else tuple(s)
        return fallbacks.empty_transform(compat, x, lengths, axes, dtype)

    return call


fft = _along_one(_fft.fft)
ifft = _along_one(_fft.ifft)
rfft = _along_one(_fft.rfft, halved=True)
irfft = _along_one(_fft.irfft, doubled=True)
fftn = _along_several(_fft.fftn)
ifftn = _along_several(_fft.ifftn)
