"""Fourier transforms: the standard's ``fft`` extension.

A transform is a matrix ``F P``: `P` crops or zero-pads to the length, and `F`, which is symmetric, transforms. So the
transpose is the same transform, cropped or padded back; transforms between real and complex account for the half that is not
stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from .creation import arange, number_of
from .data_types import astype, floating_dtype_of
from .manipulation import along, concat
from .. import dtypes
from ..arguments import axis_of, integer_of
from ..autograd.operation import FLOATING, REAL_FLOATING, composite, linear, public
from ..dtypes import COMPLEX_OF, as_dtype

if TYPE_CHECKING:
    from ..backends import Namespace
    from ..devices import DeviceLike
    from ..dtypes import DTypeLike
    from ..tensor import Tensor

    Norm = Literal["backward", "ortho", "forward"]

__all__ = [
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]

# Swaps the scaling of a transform and its inverse. None is "backward", as in NumPy.
_DUAL = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


_NO_AXIS = "at least one axis is needed, along which the spectrum is halved"


def _check(name: str, norm: str | None, x: Any, axes: Sequence[int]) -> None:
    rank = len(x.shape)
    if len({axis_of(axis, rank, name) for axis in axes}) < len(axes):
        raise ValueError(f"{name}(): an axis is there more than once in {tuple(axes)}")
    if not (norm is None or isinstance(norm, str)) or norm not in _DUAL:
        raise ValueError(f"{name}(): norm must be 'backward', 'ortho' or 'forward', got {norm!r}")


def _fit(xp: Namespace, x: Any, length: int, axis: int) -> Any:
    """Crop, or zero-pad at the end, to a length along an axis."""
    axis %= x.ndim
    have = x.shape[axis]
    if have > length:
        return x[along(axis, 0, length)]
    if have < length:
        shape = tuple(length - have if i == axis else n for i, n in enumerate(x.shape))
        return xp.concat([x, xp.zeros(shape, dtype=x.dtype, device=x.device)], axis=axis)
    return x


def _complex(xp: Namespace, x: Any) -> Any:
    """The transform along no axis: the array in the complex dtype of a transform."""
    return xp.astype(x, xp.raw_dtype(COMPLEX_OF[as_dtype(x.dtype)]))


def _axes(x: Any, s: Sequence[int] | None, axes: Sequence[int] | None) -> tuple[int, ...]:
    """The axes of a transform over several: those given, the last ``len(s)``, or all."""
    if axes is not None:
        return tuple(axes)
    rank = len(x.shape)
    if s is not None and len(s) > rank:
        raise ValueError(f"there are {len(s)} lengths for a tensor of {rank} dimensions")
    return tuple(range(rank - (rank if s is None else len(s)), rank))


def _several(
    name: str, norm: str | None, x: Any, s: Sequence[int] | None, axes: Sequence[int] | None
) -> tuple[list[int | None], tuple[int, ...]]:
    """The lengths, with None for the axis's own, and the axes of a transform over several."""
    for given, parameter in ((s, "s"), (axes, "axes")):
        if given is not None and not isinstance(given, Sequence):
            raise TypeError(f"{name}(): {parameter} must be a sequence of ints, got {given!r}")
    which = _axes(x, s, axes)
    _check(name, norm, x, which)
    lengths = [None if n is None or n == -1 else integer_of(n, name, "s") for n in s or ()]
    if s is not None and len(s) != len(which):
        raise ValueError(f"{name}(): there are {len(s)} lengths for {len(which)} axes")
    return lengths or [None] * len(which), which


def _along_all(
    xp: Namespace, name: str, x: Any, lengths: Sequence[int | None], axes: tuple[int, ...], norm: str | None
) -> Any:
    """`fftn` or `ifftn` with lengths, which may be the axes' own."""
    s = [x.shape[axis] if n is None else n for n, axis in zip(lengths, axes, strict=True)]
    return getattr(xp.fft, name)(x, s=tuple(s), axes=axes, norm=norm)


def _to_real(xp: Namespace, x: Any, n: int | None, axis: int, norm: str | None) -> Any:
    """`irfft`; an input without elements is zero-padded first, since NumPy returns uninitialized memory for it."""
    return xp.fft.irfft(_fit(xp, x, 1, axis) if n and not x.shape[axis] else x, n=n, axis=axis, norm=norm)


@linear(
    takes=FLOATING,
    grad_name="FftC2C",
    conjugate=True,
    x=lambda xp, g, x_shape, axis, norm: _fit(xp, xp.fft.fft(g, axis=axis, norm=norm), x_shape[axis], axis),
)
def fft(xp: Namespace, x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm | None = "backward") -> Tensor:
    """Discrete Fourier transform along an axis.

    Parameters
    ----------
    x : Tensor
        Floating-point.
    n : int, optional
        The length to which `x` is cropped or zero-padded. Default: its length along the axis.
    axis : int, optional
        Also ``dim``.
    norm : {"backward", "ortho", "forward"}, optional
        What is scaled by 1/n: the inverse, both by ``1/sqrt(n)``, or this transform. None means ``"backward"``.

    Returns
    -------
    Tensor
        Complex, of length `n` along the axis.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.fft.fft(xp.asarray([0.0, 1.0, 0.0, 0.0]))
    tensor([ 1.+0.j,  0.-1.j, -1.+0.j,  0.+1.j])
    """
    _check("fft", norm, x, (axis,))
    return xp.fft.fft(x, n=n, axis=axis, norm=norm)


@linear(
    takes=FLOATING,
    grad_name="FftC2C",
    conjugate=True,
    x=lambda xp, g, x_shape, axis, norm: _fit(xp, xp.fft.ifft(g, axis=axis, norm=norm), x_shape[axis], axis),
)
def ifft(xp: Namespace, x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm | None = "backward") -> Tensor:
    """Inverse of `fft`.

    Parameters
    ----------
    x : Tensor
        Floating-point.
    n : int, optional
        The length to which `x` is cropped or zero-padded. Default: its length along the axis.
    axis : int, optional
        Also ``dim``.
    norm : {"backward", "ortho", "forward"}, optional
        What is scaled by 1/n: this transform, both by ``1/sqrt(n)``, or `fft`. None means ``"backward"``.

    Returns
    -------
    Tensor
        Complex, of length `n` along the axis.

    Notes
    -----
    Differentiable.
    """
    _check("ifft", norm, x, (axis,))
    return xp.fft.ifft(x, n=n, axis=axis, norm=norm)


def _fftn_rule(name: str) -> Any:
    def rule(xp: Namespace, g: Any, x_shape: tuple[int, ...], s: Any, axes: Any, norm: str | None) -> Any:
        which = _axes(g, s, axes)
        out = getattr(xp.fft, name)(g, axes=which, norm=norm)
        for axis in which:
            out = _fit(xp, out, x_shape[axis], axis)
        return out

    return rule


@linear(takes=FLOATING, grad_name="FftC2C", conjugate=True, x=_fftn_rule("fftn"))
def fftn(
    xp: Namespace,
    x: Tensor,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Norm | None = "backward",
) -> Tensor:
    """Discrete Fourier transform over several axes.

    Parameters
    ----------
    x : Tensor
        Floating-point.
    s : sequence of int, optional
        The lengths to which `x` is cropped or zero-padded; -1 keeps a length. Default: those of `x`.
    axes : sequence of int, optional
        Also ``dim``. Default: the last ``len(s)`` axes, or all.
    norm : {"backward", "ortho", "forward"}, optional
        As in `fft`.

    Returns
    -------
    Tensor
        Complex.

    Notes
    -----
    Differentiable.
    """
    lengths, which = _several("fftn", norm, x, s, axes)
    return _along_all(xp, "fftn", x, lengths, which, norm) if which else _complex(xp, x)


@linear(takes=FLOATING, grad_name="FftC2C", conjugate=True, x=_fftn_rule("ifftn"))
def ifftn(
    xp: Namespace,
    x: Tensor,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Norm | None = "backward",
) -> Tensor:
    """Inverse of `fftn`.

    Parameters
    ----------
    x : Tensor
        Floating-point.
    s : sequence of int, optional
        The lengths to which `x` is cropped or zero-padded; -1 keeps a length. Default: those of `x`.
    axes : sequence of int, optional
        Also ``dim``. Default: the last ``len(s)`` axes, or all.
    norm : {"backward", "ortho", "forward"}, optional
        As in `ifft`.

    Returns
    -------
    Tensor
        Complex.

    Notes
    -----
    Differentiable.
    """
    lengths, which = _several("ifftn", norm, x, s, axes)
    return _along_all(xp, "ifftn", x, lengths, which, norm) if which else _complex(xp, x)


def _rfft_rule(xp: Namespace, g: Any, x_shape: tuple[int, ...], n: int | None, axis: int, norm: str | None) -> Any:
    # The rows of the transform that are not stored are zero rows of its transpose: `g` is padded to the full length.
    length = x_shape[axis] if n is None else n
    return _fit(xp, xp.fft.fft(_fit(xp, g, length, axis), axis=axis, norm=norm), x_shape[axis], axis)


@linear(takes=REAL_FLOATING, grad_name="FftR2C", conjugate=True, x=_rfft_rule)
def rfft(xp: Namespace, x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm | None = "backward") -> Tensor:
    """Discrete Fourier transform of real values along an axis: the half that determines the other.

    Parameters
    ----------
    x : Tensor
        Real floating-point.
    n : int, optional
        The length to which `x` is cropped or zero-padded. Default: its length along the axis.
    axis : int, optional
        Also ``dim``.
    norm : {"backward", "ortho", "forward"}, optional
        As in `fft`.

    Returns
    -------
    Tensor
        Complex, of length ``n//2 + 1`` along the axis.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.fft.rfft(xp.asarray([0.0, 1.0, 0.0, 0.0]))
    tensor([ 1.+0.j,  0.-1.j, -1.+0.j])
    """
    _check("rfft", norm, x, (axis,))
    return xp.fft.rfft(x, n=n, axis=axis, norm=norm)


def _irfft_rule(xp: Namespace, g: Any, x_shape: tuple[int, ...], axis: int, norm: str | None) -> Any:
    # The adjoint of an inverse transform is the transform with the other scaling; terms that stand for two (all but the
    # first and, for an even length, the last) count twice.
    length = g.shape[axis]
    out = xp.fft.rfft(g, axis=axis, norm=_DUAL[norm])
    axis %= g.ndim
    places = xp.arange(0, out.shape[axis], 1, dtype=xp.int64, device=g.device)
    single = (places == 0) | (places * 2 == length)
    one = xp.ones(places.shape, dtype=g.dtype, device=g.device)
    weights = xp.reshape(xp.where(single, one, 2 * one), (-1,) + (1,) * (g.ndim - 1 - axis))
    return _fit(xp, out * weights, x_shape[axis], axis)


@linear(takes=FLOATING, grad_name="FftC2R", x=_irfft_rule)
def irfft(xp: Namespace, x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm | None = "backward") -> Tensor:
    """Inverse of `rfft`.

    Parameters
    ----------
    x : Tensor
        Floating-point; the imaginary part of the first element and, for an even length, of the last is ignored.
    n : int, optional
        The length of the result. Default: ``2*(m - 1)`` for `m` elements.
    axis : int, optional
        Also ``dim``.
    norm : {"backward", "ortho", "forward"}, optional
        As in `ifft`.

    Returns
    -------
    Tensor
        Real, of length `n` along the axis.

    Notes
    -----
    Differentiable.
    """
    _check("irfft", norm, x, (axis,))
    return _to_real(xp, x, n, axis, norm)


@composite(takes=REAL_FLOATING)
def rfftn(
    xp: Namespace,
    x: Tensor,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Norm | None = "backward",
) -> Tensor:
    """Discrete Fourier transform of real values over several axes, halved along the last.

    Parameters
    ----------
    x : Tensor
        Real floating-point.
    s : sequence of int, optional
        The lengths to which `x` is cropped or zero-padded; -1 keeps a length. Default: those of `x`.
    axes : sequence of int, optional
        Also ``dim``. Default: the last ``len(s)`` axes, or all.
    norm : {"backward", "ortho", "forward"}, optional
        As in `fft`.

    Returns
    -------
    Tensor
        Complex.

    Notes
    -----
    Differentiable.
    """
    lengths, which = _several("rfftn", norm, x, s, axes)
    if not which:
        raise ValueError(_NO_AXIS)
    half = xp.fft.rfft(x, n=lengths[-1], axis=which[-1], norm=norm)
    return _along_all(xp, "fftn", half, lengths[:-1], which[:-1], norm) if which[1:] else half


@composite(takes=FLOATING)
def irfftn(
    xp: Namespace,
    x: Tensor,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Norm | None = "backward",
) -> Tensor:
    """Inverse of `rfftn`.

    Parameters
    ----------
    x : Tensor
        Floating-point.
    s : sequence of int, optional
        The lengths of the result. The default, and -1, is as in `irfft` for the last axis, and unchanged for the others.
    axes : sequence of int, optional
        Also ``dim``. Default: the last ``len(s)`` axes, or all.
    norm : {"backward", "ortho", "forward"}, optional
        As in `ifft`.

    Returns
    -------
    Tensor
        Real.

    Notes
    -----
    Differentiable.
    """
    lengths, which = _several("irfftn", norm, x, s, axes)
    if not which:
        raise ValueError(_NO_AXIS)
    half = _along_all(xp, "ifftn", x, lengths[:-1], which[:-1], norm) if which[1:] else x
    return _to_real(xp, half, lengths[-1], which[-1], norm)


@composite(takes=FLOATING)
def hfft(xp: Namespace, x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm | None = "backward") -> Tensor:
    """Discrete Fourier transform of a signal that is Hermitian in time, so that its spectrum is real.

    Parameters
    ----------
    x : Tensor
        Floating-point: the stored half of the signal.
    n : int, optional
        The length of the result. Default: ``2*(m - 1)`` for `m` elements.
    axis : int, optional
        Also ``dim``.
    norm : {"backward", "ortho", "forward"}, optional
        As in `fft`.

    Returns
    -------
    Tensor
        Real, of length `n` along the axis.

    Notes
    -----
    Differentiable.
    """
    _check("hfft", norm, x, (axis,))
    return _to_real(xp, xp.conj(x), n, axis, _DUAL[norm])


@composite(takes=REAL_FLOATING)
def ihfft(xp: Namespace, x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm | None = "backward") -> Tensor:
    """Inverse of `hfft`.

    Parameters
    ----------
    x : Tensor
        Real floating-point.
    n : int, optional
        The length to which `x` is cropped or zero-padded. Default: its length along the axis.
    axis : int, optional
        Also ``dim``.
    norm : {"backward", "ortho", "forward"}, optional
        As in `ifft`.

    Returns
    -------
    Tensor
        Complex, of length ``n//2 + 1`` along the axis.

    Notes
    -----
    Differentiable.
    """
    _check("ihfft", norm, x, (axis,))
    return xp.conj(xp.fft.rfft(x, n=n, axis=axis, norm=_DUAL[norm]))


def _frequencies(name: str, whole: Tensor, n: int, d: Any, dtype: DTypeLike | None) -> Tensor:
    if isinstance(number_of(d, name, "d"), complex):
        raise TypeError(f"{name}(): d must be a real number, got {d!r}")
    return astype(whole / (n * d), floating_dtype_of(dtype, name), copy=False)


@public
def fftfreq(n: int, /, *, d: float = 1.0, dtype: DTypeLike | None = None, device: DeviceLike | None = None) -> Tensor:
    """Return the frequencies of the terms of `fft`, in cycles per unit of `d`.

    Parameters
    ----------
    n : int
        The length.
    d : float, optional
        The distance between samples.
    dtype : dtype, optional
        Default: the default floating dtype.
    device : device, optional

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    n = integer_of(n, "fftfreq", "n", 1)
    positive = arange(0, (n - 1) // 2 + 1, dtype=dtypes.float64, device=device)
    negative = arange(-(n // 2), 0, dtype=dtypes.float64, device=device)
    return _frequencies("fftfreq", concat([positive, negative]), n, d, dtype)


@public
def rfftfreq(n: int, /, *, d: float = 1.0, dtype: DTypeLike | None = None, device: DeviceLike | None = None) -> Tensor:
    """Return the frequencies of the terms of `rfft`, in cycles per unit of `d`.

    Parameters
    ----------
    n : int
        The length.
    d : float, optional
        The distance between samples.
    dtype : dtype, optional
        Default: the default floating dtype.
    device : device, optional
    """
    n = integer_of(n, "rfftfreq", "n", 1)
    return _frequencies("rfftfreq", arange(0, n // 2 + 1, dtype=dtypes.float64, device=device), n, d, dtype)


def _shifts(shape: tuple[int, ...], axes: Any, sign: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    which = tuple(range(len(shape))) if axes is None else tuple(axes) if isinstance(axes, Sequence) else (axes,)
    which = tuple([axis_of(axis, len(shape), "fftshift" if sign > 0 else "ifftshift") for axis in which])
    return tuple([sign * (shape[axis] // 2) for axis in which]), which


def _shifted(xp: Namespace, x: Any, axes: Any, sign: int) -> Any:
    shifts, which = _shifts(x.shape, axes, sign)
    return xp.roll(x, shifts, axis=which) if which else xp.asarray(x, copy=True)


@linear(used="rules", x=lambda xp, g, axes: _shifted(xp, g, axes, -1))
def fftshift(xp: Namespace, x: Tensor, /, *, axes: int | Sequence[int] | None = None) -> Tensor:
    """Move the zero frequency of a spectrum to the middle.

    Parameters
    ----------
    x : Tensor
    axes : int, sequence of int or None, optional
        Also ``dim``. None means all axes.

    Notes
    -----
    Differentiable.
    """
    return _shifted(xp, x, axes, 1)


@linear(used="rules", x=lambda xp, g, axes: _shifted(xp, g, axes, 1))
def ifftshift(xp: Namespace, x: Tensor, /, *, axes: int | Sequence[int] | None = None) -> Tensor:
    """Inverse of `fftshift`.

    Parameters
    ----------
    x : Tensor
    axes : int, sequence of int or None, optional
        Also ``dim``. None means all axes.

    Notes
    -----
    Differentiable.
    """
    return _shifted(xp, x, axes, -1)
