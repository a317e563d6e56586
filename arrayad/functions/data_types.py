"""Data type functions, and casting."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .. import backends, dtypes
from ..arguments import flag_of
from ..autograd.operation import linear, named, of_backend
from ..autograd.tape import TensorBase, make
from ..backends import attributes, backend_of, backend_of_device
from ..devices import device as Device
from ..dtypes import NUMBERS, RANK, DType, as_dtype

if TYPE_CHECKING:
    from ..backends import Namespace
    from ..devices import DeviceLike
    from ..dtypes import DTypeLike
    from ..tensor import Tensor

    Kind = Literal["bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating", "numeric"]

__all__ = ["astype", "can_cast", "finfo", "iinfo", "isdtype", "result_type", "view_dtype"]


_raw_dtype = attributes["raw_dtype"]


@linear(grad_name="ToCopy", used="rules", x=lambda xp, g: g)
@of_backend
def _astype(x: Tensor, dtype: Any, /) -> Tensor:
    """`astype` to a raw dtype, copied."""


def check_tensor(x: Any, name: str, parameter: str = "x") -> None:
    """Refuse an argument that is not a Tensor, in functions that are not declared as operations.

    Raises
    ------
    TypeError
    """
    if not isinstance(x, TensorBase):
        foreign = hasattr(x, "__array__") or hasattr(x, "__dlpack__")
        hint = "; convert it with asarray() or from_dlpack() first" if foreign else ""
        raise TypeError(f"{name}(): argument {parameter!r} must be Tensor, not {type(x).__name__}{hint}")


def dtype_of(dtype: Any, name: str) -> DType:
    """The dtype for the `dtype` argument of a function, which errors name.

    Raises
    ------
    TypeError
        If it stands for no dtype.
    """
    try:
        return as_dtype(dtype)
    except TypeError as error:
        raise TypeError(f"{name}(): {error}") from None


def floating_dtype_of(dtype: Any, name: str) -> DType:
    """The real floating dtype for the `dtype` argument of a function; the default one for None.

    Raises
    ------
    TypeError
        If it stands for another dtype, or for none.
    """
    chosen = dtypes.get_default_dtype() if dtype is None else dtype_of(dtype, name)
    if chosen.kind != "f":
        raise TypeError(f"{name}(): dtype should be real-valued floating point. Got {chosen.name} instead.")
    return chosen


def astype(x: Tensor, dtype: DTypeLike, /, *, copy: bool = True, device: DeviceLike | None = None) -> Tensor:
    """Return the values of a tensor in another dtype.

    Parameters
    ----------
    x : Tensor
        Of any shape.
    dtype : dtype
        Casting floating-point numbers to integers truncates them.
    copy : bool, optional
        If false, `x` itself is returned if nothing changes.
    device : device, optional
        The device of the result.

    Returns
    -------
    Tensor
        Of the same shape.

    Raises
    ------
    TypeError
        For a complex tensor and a real dtype (use `real` or `imag`), or if `dtype` stands for no dtype.

    Notes
    -----
    Differentiable if the result is floating; the gradient is in the dtype of `x`.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.astype(xp.asarray([1.7, -1.7]), xp.int64)
    tensor([ 1, -1])
    """
    if not isinstance(x, TensorBase):
        check_tensor(x, "astype")
    if copy is not True and copy is not False:
        copy = flag_of(copy, "astype", "copy")
    wanted = dtype if dtype.__class__ is DType else dtype_of(dtype, "astype")
    have = dtypes.from_raw[x._array.dtype]
    if have.kind == "c" and wanted.kind not in "cb":
        raise TypeError(f"astype(): casting {have.name} to {wanted.name} would lose a part; take real() or imag() first")
    if device is not None:
        x = transfer(x, device, name="astype")
    if not copy and have is wanted:
        return x
    source = x if x._node is None or wanted.kind in "fc" else make(x._array)
    return _astype(source, _raw_dtype[source._array.__class__](wanted))


def _reread(xp: Namespace, x: Any, dtype: DType) -> Any:
    """Read complex numbers as their parts, or parts as complex numbers, for cotangents and tangents of any layout."""
    return xp.view_dtype(xp.contiguous(x), dtype)


@linear(
    grad_name="View",
    view=True,
    x=lambda xp, g, back: _reread(xp, g, back),
    tangent=lambda xp, t, kind: _reread(xp, t, kind),
)
def _view_dtype(xp: Namespace, x: Tensor, /, *, kind: DType, back: DType) -> Tensor:
    return xp.view_dtype(x, kind)


def view_dtype(x: Tensor, dtype: DTypeLike, /, name: str = "view") -> Tensor:
    """The memory of a tensor read in another dtype: `Tensor.view` with a dtype."""
    wanted, have = dtype_of(dtype, name), x.dtype
    if x.requires_grad and wanted is not have:
        parts = dtypes.COMPLEX_OF.get(wanted) is have or dtypes.COMPLEX_OF.get(have) is wanted
        if not parts or wanted.kind == have.kind:
            raise TypeError(
                f"{name}(): reinterpreting the bits of {have.name} as {wanted.name} is not differentiable; detach() first"
            )
    items = wanted.itemsize // have.itemsize
    if items > 1 and any(places % items for places in (x.storage_offset(), *x.stride()[:-1])):
        raise RuntimeError(
            f"{name}(): the offset {x.storage_offset()} and the strides {x.stride()} before the last must be multiples of "
            f"{items} for {have.name} to be seen as {wanted.name}; use clone() first"
        )
    return _view_dtype(x, kind=wanted, back=have)


def can_cast(from_: DTypeLike | Tensor, to: DTypeLike, /) -> bool:
    """Whether one dtype can be promoted to another.

    Parameters
    ----------
    from_ : dtype or Tensor
    to : dtype

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.can_cast(xp.int8, xp.int16), xp.can_cast(xp.float64, xp.float32)
    (True, False)
    """
    source = _dtype_of(from_, "can_cast")
    wanted = dtype_of(to, "can_cast")
    try:
        return dtypes.promote(source, wanted) is wanted
    except TypeError:
        return False


class Limits:
    """Limits of a dtype, as returned by `finfo` and `iinfo`, as Python numbers."""

    bits: int
    max: Any
    min: Any
    dtype: DType
    eps: float
    smallest_normal: float
    tiny: float  # NumPy's and PyTorch's name for `smallest_normal`

    def __init__(self, **limits: Any) -> None:
        self.__dict__.update(limits)

    def __repr__(self) -> str:
        return f"Limits({', '.join(f'{name}={value}' for name, value in self.__dict__.items())})"


def _dtype_of(x: Any, name: str) -> DType:
    """The dtype of a Tensor, or a dtype itself."""
    if isinstance(x, TensorBase):
        return dtypes.from_raw[x._array.dtype]
    if hasattr(type(x), "__array__"):  # an array, whose elements an error should not print
        check_tensor(x, name)
    return dtype_of(x, name)


def finfo(type: DTypeLike | Tensor, /) -> Limits:
    """Return the limits of a floating-point dtype.

    Parameters
    ----------
    type : dtype or Tensor

    Returns
    -------
    object
        With ``bits``, ``eps``, ``max``, ``min``, ``smallest_normal`` (also ``tiny``), and the real ``dtype``.

    Raises
    ------
    TypeError
        For a dtype that is not floating-point.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.finfo(xp.float32).eps
    1.1920928955078125e-07
    """
    dtype = _dtype_of(type, "finfo")
    if dtype.kind not in "fc":
        raise TypeError(f"finfo(): expected a floating-point dtype. Got {dtype.name} instead.")
    info = np.finfo(dtype.dtype)
    return Limits(
        bits=int(info.bits),
        eps=float(info.eps),
        max=float(info.max),
        min=float(info.min),
        smallest_normal=float(info.smallest_normal),
        tiny=float(info.tiny),
        dtype=dtypes.REAL_OF[dtype],
    )


def iinfo(type: DTypeLike | Tensor, /) -> Limits:
    """Return the limits of an integer dtype.

    Parameters
    ----------
    type : dtype or Tensor

    Returns
    -------
    object
        With ``bits``, ``max``, ``min`` and ``dtype``.

    Raises
    ------
    TypeError
        For a dtype that is not an integer dtype.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.iinfo(xp.int8).max
    127
    """
    dtype = _dtype_of(type, "iinfo")
    if dtype.kind not in "iu":
        raise TypeError(f"iinfo(): expected an integer dtype. Got {dtype.name} instead.")
    info = np.iinfo(dtype.dtype)
    return Limits(bits=int(info.bits), max=int(info.max), min=int(info.min), dtype=dtype)


def isdtype(dtype: DTypeLike, kind: DTypeLike | Kind | tuple[DTypeLike | Kind, ...]) -> bool:
    """Whether a dtype is of a kind.

    Parameters
    ----------
    dtype : dtype
    kind : dtype, str, or tuple of them
        A kind's name: ``"bool"``, ``"signed integer"``, ``"unsigned integer"``, ``"integral"``, ``"real floating"``,
        ``"complex floating"`` or ``"numeric"``; of a tuple, one element must match.

    Raises
    ------
    ValueError
        For a string that names no kind.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.isdtype(xp.float32, ("integral", "real floating"))
    True
    """
    wanted = dtype_of(dtype, "isdtype")
    for one in kind if isinstance(kind, tuple) else (kind,):
        if isinstance(one, str):
            if one not in dtypes.KINDS:
                raise ValueError(f"isdtype(): expected one of {', '.join(map(repr, dtypes.KINDS))}. Got {one!r}")
            if wanted.kind in dtypes.KINDS[one]:
                return True
        elif dtype_of(one, "isdtype") is wanted:
            return True
    return False


def result_type(*arrays_and_dtypes: Tensor | DTypeLike | complex) -> DType:
    """Return the dtype of a result of operands.

    Parameters
    ----------
    *arrays_and_dtypes : Tensor, dtype or number
        A number counts only by its kind; for numbers alone, the default dtype of the highest kind is returned.

    Raises
    ------
    TypeError
        If they have no common dtype.
    ValueError
        If there are no arguments.

    Notes
    -----
    Across kinds, where the standard is silent, PyTorch's promotion holds: the higher kind's dtype wins, whatever its width.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.result_type(xp.int64, xp.float32, 1j)
    arrayad.complex64
    """
    numbers = [x for x in arrays_and_dtypes if isinstance(x, NUMBERS)]
    found = [_dtype_of(x, "result_type") for x in arrays_and_dtypes if not isinstance(x, NUMBERS)]
    if not found:
        if not numbers:
            raise ValueError("result_type(): at least one operand is needed")
        found = [dtypes.default_dtype_for(type(x)) for x in numbers]
    try:
        dtype = dtypes.promote(*found)
    except TypeError as error:
        raise TypeError(f"result_type(): {error}") from None
    for x in numbers:
        dtype = dtypes.with_number(dtype, type(x))
    return dtype


def to_common_dtype(*operands: Any) -> list[Any]:
    """Convert tensors to the dtype of a result of operands, so that intermediate results do not overflow earlier.

    Numbers take part in promotion, but are not converted.
    """
    first = next((x._array.dtype for x in operands if isinstance(x, TensorBase)), None)
    rank = -1 if first is None else dtypes.from_raw[first].rank
    for x in operands:
        if (x._array.dtype is not first) if isinstance(x, TensorBase) else (RANK.get(x.__class__, math.inf) > rank):
            break
    else:
        return list(operands)  # the most frequent case: 1 us instead of 6
    dtype = result_type(*operands)
    return [astype(x, dtype, copy=False) if isinstance(x, TensorBase) else x for x in operands]  # type: ignore[arg-type]  # a TensorBase is a Tensor


def transfer(x: Any, place: Any, *, non_blocking: bool = False, name: str = "to") -> Any:
    """Return a tensor on another device, with its history, for the named function; itself if it is there already.

    Raises
    ------
    RuntimeError
        If the device is not available.
    """
    a = x._array
    here = backend_of(a)
    try:
        wanted = Device(place)
        there = backend_of_device(wanted)
        raw = there.raw_device(wanted)  # raises for a device that is not available
    except (RuntimeError, TypeError) as error:
        raise named(name, error) from None
    if here is there and a.device == raw:
        return x
    return _to_device(x, place=there.as_device(raw), source=here.as_device(a.device), non_blocking=non_blocking)


def _back(xp: Namespace, g: Any, source: Device) -> Any:
    return transfer(g, source) if isinstance(g, TensorBase) else backends.transfer(g, source)


# The tangent has its own rule: transposing the other one needs a cotangent on a device that the tape does not know.
@linear(grad_name="ToCopy", x=_back, tangent=lambda xp, t, place: transfer(t, place))
def _to_device(xp: Namespace, x: Tensor, /, *, place: Device, source: Device, non_blocking: bool) -> Tensor:
    return backends.transfer(x, place, non_blocking=non_blocking)


def pin_memory(x: Any) -> Any:
    """Return a copy of a tensor in page-locked host memory; the tensor itself if it is already there.

    Raises
    ------
    RuntimeError
        If the tensor is not on the CPU, or there is no GPU.
    """
    a = x._array
    if x.device.type != "cpu":
        raise RuntimeError(f"pin_memory(): only tensors on the CPU can be pinned, and this one is on {x.device}")
    pinned = backend_of_device(Device("cuda")).pin_memory(a)
    return x if pinned is a else make(pinned)


def is_pinned(x: Any) -> bool:
    """Whether a tensor is in page-locked host memory; finding out does not load a GPU library."""
    cuda = backends.loaded("cuda")
    return x.device.type == "cpu" and cuda is not None and cuda.is_pinned(x._array)
