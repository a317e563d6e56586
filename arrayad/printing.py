"""Printing of tensors in PyTorch's layout: four digits, columns of equal width, ``...`` in the middle of large tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .arguments import flag_of, integer_of

__all__ = ["format_array", "names_shape", "set_printoptions"]

Array = np.ndarray[Any, Any]


class _Options:
    precision = 4
    threshold = 1000
    edgeitems = 3
    linewidth = 80
    sci_mode: bool | None = None


_PROFILES: dict[str, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed.

    Parameters
    ----------
    precision : int, optional
        Digits after the decimal point: initially 4.
    threshold : number, optional
        The largest number of elements printed in full: initially 1000.
    edgeitems : int, optional
        How many elements are printed at either end of a longer axis: initially 3.
    linewidth : int, optional
        Characters per line: initially 80.
    profile : {"default", "short", "full"}, optional
        Sets all four at once; the other arguments then override it.
    sci_mode : bool, optional
        Whether numbers are printed with an exponent; None decides by the numbers.

    Raises
    ------
    ValueError
        For an unknown profile.
    TypeError
        For anything but integers, or numbers for `threshold`.
    """
    chosen: dict[str, Any] = {"sci_mode": flag_of(sci_mode, "set_printoptions", "sci_mode")}
    if profile is not None:
        if not isinstance(profile, str) or profile not in _PROFILES:
            raise ValueError(f"set_printoptions(): profile must be one of {', '.join(_PROFILES)}, got {profile!r}")
        chosen.update(_PROFILES[profile])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    for name, number in given.items():
        if number is not None:
            if not (name == "threshold" and isinstance(number, float)):  # which may be infinite
                number = integer_of(number, "set_printoptions", name, 0)
            chosen[name] = number
    for name, value in chosen.items():
        setattr(_Options, name, value)


class _Numbers:
    """The common format and width of the numbers of one array."""

    def __init__(self, values: Array) -> None:
        self.whole = self.scientific = False
        self.floating = values.dtype.kind == "f"
        self.width = 1
        values = values.reshape(-1)
        if not self.floating:
            self.width = max((len(str(v)) for v in values.tolist()), default=1)
            return
        self.whole = True
        finite = values[np.isfinite(values) & (values != 0)].astype(np.float64)
        if finite.size == 0:
            return
        size = np.abs(finite)
        low, high = float(size.min()), float(size.max())
        self.whole = bool((finite == np.ceil(finite)).all())
        wide = high / low > 1000.0 or high > 1e8 or low < 1e-4
        self.scientific = wide if _Options.sci_mode is None else _Options.sci_mode
        self.width = max(len(self._plain(v)) for v in finite.tolist())

    def _plain(self, value: Any) -> str:
        if not self.floating:
            return str(value)
        if self.scientific:
            return f"{value:.{_Options.precision}e}"
        if self.whole:
            return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
        return f"{value:.{_Options.precision}f}"

    def __call__(self, value: Any) -> str:
        return self._plain(value).rjust(self.width)


class _Complex:
    """Complex numbers: the real and the imaginary parts each in their own format."""

    def __init__(self, values: Array) -> None:
        self.real, self.imag = _Numbers(values.real), _Numbers(values.imag)
        self.width = self.real.width + self.imag.width + 1

    def __call__(self, value: complex) -> str:
        imag = self.imag(value.imag).lstrip()
        sign = "" if imag.startswith("-") else "+"
        return f"{self.real(value.real)}{sign}{imag}j"


def _edges(a: Array) -> Array:
    """The elements of a summarised array that are printed."""
    for axis, n in enumerate(a.shape):
        if n > 2 * _Options.edgeitems:
            keep = [*range(_Options.edgeitems), *range(n - _Options.edgeitems, n)]
            a = np.take(a, keep, axis=axis)
    return a


def _body(a: Array, indent: int, summarise: bool, write: Any) -> str:
    if a.ndim == 0:
        return str(write(a.item()))
    n, edge = a.shape[0], _Options.edgeitems
    cut = summarise and n > 2 * edge
    if a.ndim == 1:
        parts = [write(v) for v in (a[:edge].tolist() + a[n - edge :].tolist() if cut else a.tolist())]
        if cut:
            parts.insert(edge, " ..." if edge else "...")
        per_line = max(1, math.floor((_Options.linewidth - indent) / (write.width + 2)))
        lines = [", ".join(parts[i : i + per_line]) for i in range(0, len(parts), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    rows = [*range(edge), None, *range(n - edge, n)] if cut else list(range(n))
    blocks = ["..." if i is None else _body(a[i], indent + 1, summarise, write) for i in rows]
    return "[" + ("," + "\n" * (a.ndim - 1) + " " * (indent + 1)).join(blocks) + "]"


def names_shape(a: Array) -> bool:
    """Whether the shape is printed beside the brackets because they do not show it: no elements, or none at the edges."""
    return a.ndim != 1 if a.size == 0 else not _Options.edgeitems


def format_array(a: Array, prefix: str, suffixes: list[str]) -> str:
    """An array in PyTorch's layout.

    Parameters
    ----------
    a : numpy.ndarray
    prefix : str
        The text before the brackets, ``"tensor("``; its length is the indentation.
    suffixes : list of str
        The text after them: device, size, dtype, grad_fn; each on its own line if it does not fit.
    """
    if a.size == 0:
        body = "[]"
    else:
        summarise = a.size > _Options.threshold
        shown = _edges(a) if summarise else a
        body = _body(a, len(prefix), summarise, _Complex(shown) if a.dtype.kind == "c" else _Numbers(shown))
    out = prefix + body
    last = len(out) - out.rfind("\n") + 1
    for suffix in suffixes:
        if last + len(suffix) + 2 > _Options.linewidth:
            out += ",\n" + " " * len(prefix) + suffix
            last = len(prefix) + len(suffix)
        else:
            out += ", " + suffix
            last += len(suffix) + 2
    return out + ")"
