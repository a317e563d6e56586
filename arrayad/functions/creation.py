"""Creation functions: Tensors from shapes, ranges, Python sequences and other libraries' arrays."""

from __future__ import annotations

import math
import numbers
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .data_types import astype, check_tensor, dtype_of, finfo, transfer
from .elementwise import add, multiply, subtract
from .manipulation import broadcast_arrays, broadcast_to, reshape, stack
from .. import dtypes
from ..arguments import flag_of, integer_of, sides_of
from ..autograd.modes import recording
from ..autograd.mutation import mark_exported
from ..autograd.operation import linear, named, of_backend, public
from ..autograd.tape import TensorBase, make, require_grad
from ..backends import Namespace, backend_of, backend_of_device, backend_of_type
from ..devices import default
from ..devices import device as Device
from ..dtypes import NUMBER_TYPES, NUMBERS, DType, get_default_dtype

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..arguments import Sides
    from ..devices import DeviceLike
    from ..dtypes import DTypeLike
    from ..tensor import Tensor

__all__ = [
    "arange",
    "asarray",
    "clone",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "meshgrid",
    "ones",
    "ones_like",
    "tensor",
    "tril",
    "triu",
    "zeros",
    "zeros_like",
]


def place_of(device: Any, name: str) -> tuple[Namespace, Any]:
    """The backend and the raw device for the `device` argument of the named function."""
    try:
        place = default.device if device is None else Device(device)
        backend = backend_of_device(place)
        return backend, backend.raw_device(place)
    except (RuntimeError, TypeError) as error:
        raise named(name, error) from None


def finish(array: Any, requires_grad: bool, name: str) -> Any:
    """A new Tensor, optionally a leaf with a gradient."""
    x = make(array)
    if requires_grad is not False and flag_of(requires_grad, name, "requires_grad"):
        require_grad(x, name)
    return x


def shape_of(shape: Any, more: tuple[Any, ...], name: str) -> tuple[int, ...]:
    """Return a shape given as a tuple, as one number, or as several arguments.

    Raises
    ------
    TypeError
        If it does not consist of integers.
    ValueError
        If a length is negative.
    """
    return sides_of((shape, *more) if more or not isinstance(shape, (tuple, list)) else shape, name)


def arange(
    start: float,
    /,
    stop: float | None = None,
    step: float = 1,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Evenly spaced values from `start` up to, but not including, `stop`.

    Parameters
    ----------
    start : number
        The start of the range, or its end if `stop` is not given; the range then starts at 0.
    stop : number, optional
    step : number, optional
        The spacing, not 0.
    dtype : dtype, optional
        Default: int64 if all arguments are integers, else the default floating dtype.
    device : device, optional
    requires_grad : bool, optional

    Returns
    -------
    Tensor
        Of shape ``(ceil((stop - start) / step),)``; empty if that is negative.

    Raises
    ------
    ValueError
        If `step` is 0.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.arange(1, 11, step=3)
    tensor([ 1,  4,  7, 10])
    """
    if stop is None:
        start, stop = 0, start
    if _tracked(start) or _tracked(stop) or _tracked(step):
        raise RuntimeError("arange(): a bound requires grad, which would be lost. Use its detach(), or linspace()")
    numbers = [number_of(n, "arange", name) for n, name in ((start, "start"), (stop, "stop"), (step, "step"))]
    whole = all(isinstance(n, int) for n in numbers)
    if not whole and any(isinstance(n, complex) for n in numbers):
        raise TypeError("arange(): start, stop and step must be real numbers")
    if not whole and dtype is not None and all(float(n).is_integer() for n in numbers):
        whole = dtype_of(dtype, "arange").kind in "iu"
        numbers = [int(n) for n in numbers] if whole else numbers  # avoids rounding integers
    first, last, step = numbers
    if step == 0:
        raise ValueError("arange(): step must not be 0")
    if not math.isfinite((last - first) / step):
        raise ValueError(f"arange(): start, stop and step must be finite, got {first}, {last} and {step}")
    backend, place = place_of(device, "arange")
    usual = dtypes.int64 if whole else get_default_dtype()
    chosen = usual if dtype is None else dtype_of(dtype, "arange")
    if whole and chosen.kind in "iu":
        _check_range(range(*numbers), chosen)
    if (last - first) / step <= 0:
        return finish(backend.empty((0,), dtype=backend.raw_dtype(chosen), device=place), requires_grad, "arange")
    cut = not whole and chosen.kind in "iu"  # truncate non-integers to an integer dtype
    if cut:
        end = first + (math.ceil((last - first) / step) - 1) * step
        check_ends(math.trunc(first), math.trunc(end), chosen, "arange")
    try:
        raw = backend.raw_dtype(dtypes.float64 if cut else chosen)
        array = backend.arange(first, last, step, dtype=raw, device=place)
        array = backend.astype(array, backend.raw_dtype(chosen)) if cut else array
    except (ValueError, OverflowError) as error:  # too many elements, or a number out of the dtype's range
        raise named("arange", error) from None
    return finish(array, requires_grad, "arange")


def check_ends(first: float, last: float, dtype: DType, name: str) -> None:
    """Refuse integers out of the range of an integer or floating dtype."""
    low, high = dtypes.limits(dtype) if dtype.kind in "iu" else (-(largest := finfo(dtype).max), largest)
    if min(first, last) < low or max(first, last) > high:
        raise OverflowError(f"{name}(): {dtype.name} does not hold the integers from {first} to {last}")


def _check_range(numbers: range, dtype: DType) -> None:
    """Refuse numbers that NumPy wraps around in a dtype, and lengths that it treats as 0."""
    if not numbers:
        return
    first, last = numbers[0], numbers[-1]
    check_ends(first, last, dtype, "arange")
    if (last - first) // numbers.step >= sys.maxsize // 8:
        raise MemoryError(f"arange(): from {first} to {last} there are too many integers")


def asarray(
    obj: Any, /, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None, copy: bool | None = None
) -> Tensor:
    """Make a Tensor from any object that holds numbers, sharing memory if possible.

    Parameters
    ----------
    obj : Tensor, number, nested sequence, or array
        Nested sequences may contain Tensors; other libraries' arrays use the buffer protocol, ``__array__`` or DLPack.
    dtype : dtype, optional
        Default: that of an array, or the default dtype of Python numbers.
    device : device, optional
        Default: that of a Tensor, or the default device.
    copy : bool, optional
        True always copies, False never does, None only if it must.

    Returns
    -------
    Tensor
        `obj` itself if nothing has to change. The history of a Tensor is kept.

    Raises
    ------
    ValueError
        If `copy` is False and a copy is needed, or a sequence is ragged.
    TypeError
        If no dtype of the standard fits, or it is a masked array.

    Notes
    -----
    Differentiable with respect to a Tensor, and to Tensors in a sequence.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.asarray([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    return convert(obj, dtype, device, copy, "asarray")


def beside(obj: Any, tensors: Sequence[Any], name: str) -> Any:
    """`asarray`, for the named function, of arguments beside tensors: Python numbers go to the device of the first tensor.

    Python floats take the floating dtype of the tensors.
    """
    return convert(obj, None, None, None, name, floats_of(tensors), tensors[0].device if tensors else None)


def floats_of(tensors: Iterable[Any]) -> DType | None:
    """The real floating dtype that some tensors promote to; None if none is floating."""
    found = {dtypes.from_raw[dtype] for dtype in {x._array.dtype for x in tensors}}
    floating = [dtypes.REAL_OF[dtype] for dtype in found if dtype.kind in "fc"]
    return dtypes.promote(*floating) if floating else None


def convert(
    obj: Any, dtype: Any, device: Any, copy: bool | None, name: str, floats: DType | None = None, near: Any = None
) -> Any:
    """`asarray`, for the named function.

    `floats` is the dtype of Python floats and `near` the device of Python numbers, if these are not the defaults.
    """
    chosen = None if dtype is None else dtype_of(dtype, name)
    if copy is not None:
        copy = flag_of(copy, name, "copy")
    if isinstance(obj, TensorBase):
        return _from_tensor(obj, chosen, device, copy, name)
    try:
        tensors = [*tensors_in(obj)] if isinstance(obj, (list, tuple)) else []
    except RecursionError:
        raise ValueError(f"{name}(): a {type(obj).__name__} is nested too deeply, or contains itself") from None
    if tensors:
        if copy is False:
            raise ValueError(f"{name}(): a sequence of Tensors cannot be made one Tensor without a copy")
        if floats is None:  # once, for everything nested in it
            floats = dtypes.REAL_OF[chosen] if chosen in dtypes.REAL_OF else floats_of(tensors)
        near = tensors[0].device
        parts = [convert(x, None, None, None, name, floats, near) for x in obj]
        if len({x.shape for x in parts}) > 1:
            raise ValueError(f"{name}(): shapes must be equal, got {', '.join(str(tuple(x.shape)) for x in parts)}")
        try:
            return _from_tensor(stack(parts), chosen, device, None, name)
        except TypeError as error:  # dtypes without a common one
            raise named(name, error) from None
    foreign = not isinstance(obj, np.ndarray) and hasattr(obj, "__dlpack__") and hasattr(obj, "__dlpack_device__")
    if foreign and not isinstance(obj, np.generic):
        return _from_tensor(from_dlpack(obj), chosen, device, copy, name)
    if device is None and not isinstance(obj, np.ndarray):  # an ndarray is on the CPU, and not moved implicitly
        device = near
    backend, place = place_of(device, name)
    array = _host_array(obj, chosen, copy, name, floats)
    if array is obj or (not copy and hasattr(obj, "__array__") and array.base is None):
        array = array.view()  # a separate object: the owner of the other may set its shape, dtype and flags
    x = make(backend.from_numpy(array, place))
    if not array.flags.owndata and x._array is array:  # memory that others may see and write to
        mark_exported(x)
    return x


def _from_tensor(x: Any, dtype: DType | None, device: Any, copy: bool | None, name: str) -> Any:
    out = x
    if device is not None:
        out = transfer(out, device, name=name)
    if dtype is not None and dtypes.from_raw[out._array.dtype] is not dtype:
        try:
            out = astype(out, dtype)
        except TypeError as error:
            raise named(name, error) from None
    if copy is False and out is not x:
        raise ValueError(f"{name}(): another dtype or device requires a copy")
    return clone(out) if copy and out is x else out


def tensors_in(obj: Any) -> Iterator[Any]:
    """The Tensors in a nested sequence."""
    for x in obj:
        if isinstance(x, TensorBase):
            yield x
        elif isinstance(x, (list, tuple)):
            yield from tensors_in(x)


def check_meaning(array: np.ndarray[Any, Any], name: str) -> None:
    """Refuse a NumPy array that means more than its numbers: a matrix, or a masked array."""
    if array.__class__ is np.ndarray:
        return
    masked = getattr(sys.modules.get("numpy.ma"), "MaskedArray", ())
    for kind, way in ((np.matrix, "convert it first, by `.A`"), (masked, "fill it first, by `.filled(value)`")):
        if isinstance(array, kind):
            raise TypeError(f"{name}(): a {type(array).__name__} means something else than its numbers; {way}")


def _host_array(obj: Any, dtype: DType | None, copy: bool | None, name: str, floats: DType | None) -> np.ndarray[Any, Any]:
    """Convert to a NumPy array of a dtype of the standard."""
    of_numpy = isinstance(obj, (np.ndarray, np.generic))
    if isinstance(obj, np.ndarray) and not isinstance(obj, np.matrix):  # the object itself determines its dtype
        check_meaning(obj, name)
    if of_numpy and obj.dtype.kind == "c" and dtype is not None and dtype.kind not in "bc":
        raise TypeError(f"{name}(): complex numbers cannot become {dtype.name}; take the real part first")
    given = obj
    if isinstance(obj, bytes):
        given = memoryview(obj)  # NumPy would make a string of it
    elif dtype is not None and isinstance(obj, np.generic):
        given = obj.item()  # a number, which NumPy does not wrap around
    try:
        array = np.asarray(given, dtype=None if dtype is None else dtype.dtype, copy=copy)
        if dtype is None and not of_numpy and array.dtype.kind in "fcOu":
            array = _of_numbers(given, array, floats or get_default_dtype(), copy)
    except (ValueError, TypeError, OverflowError) as error:
        if copy is False:
            raise ValueError(f"{name}(): {type(obj).__name__} cannot be taken without a copy, and copy is False") from None
        kind = next(kind for kind in (ValueError, TypeError, OverflowError) if isinstance(error, kind))
        raise named(name, kind(str(error))) from None
    if dtype is not None and not _is_numeric(given):
        raise TypeError(f"{name}(): can't make a Tensor of {type(obj).__name__} with elements that are not numbers")
    if not array.dtype.isnative:
        if copy is False:
            raise ValueError(f"{name}(): an array of swapped bytes cannot be taken without a copy")
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype not in dtypes.from_raw:
        raise TypeError(
            f"{name}(): can't make a Tensor of {type(obj).__name__}. Unsupported NumPy dtype {array.dtype}; there are "
            f"{', '.join(d.name for d in dtypes.SUPPORTED)}"
        )
    if array.strides and any(step % array.itemsize for step in array.strides):
        if copy is False:
            raise ValueError(
                f"{name}(): an array whose steps in memory are not whole elements, as a field of records may be, cannot be "
                "taken without a copy; give its copy()"
            )
        array = array.copy()
    return array


def _of_numbers(obj: Any, array: np.ndarray[Any, Any], default: DType, copy: bool | None) -> np.ndarray[Any, Any]:
    """Make an array of Python numbers, and of objects with a dtype among them, in arrayad's dtype.

    NumPy's dtype differs: there, Python floats are of double precision, and integers out of the range of int64 become
    unsigned, floating or objects.
    """
    facts, kind = _facts_in(obj), array.dtype.kind
    if kind == "O":
        parts = array.ravel().tolist()
        if not all(isinstance(x, (int, float, complex, np.number)) for x in parts):
            return array  # the caller refuses it
        kind = "c" if any(isinstance(x, complex) for x in parts) else "i"
    of_python = float in facts  # their dtype is a choice, not a given
    facts.discard(float)
    floating = [d for d in facts if d.kind in "fc"] if facts else facts
    if of_python or floating or kind == "c" or not (facts or array.size):
        wanted = dtypes.promote(*floating) if floating else default
        wanted = dtypes.COMPLEX_OF[wanted] if kind == "c" else wanted
    else:
        kind, wanted = "i", dtypes.promote(*facts) if facts - {dtypes.bool} else dtypes.int64
    # NumPy's own conversion may have lost digits of integers.
    return np.asarray(obj, wanted.dtype, copy=copy) if kind == "i" else array.astype(wanted.dtype, copy=False)


def _is_numeric(obj: Any) -> bool:
    """Whether it contains only numbers; with a dtype, NumPy also converts None, strings and other objects to numbers."""
    if type(obj) in NUMBER_TYPES or (isinstance(obj, (list, tuple)) and NUMBER_TYPES.issuperset(map(type, obj))):
        return True
    array = np.asarray(obj)
    if array.dtype.kind == "O":  # such as integers out of the range of int64
        return all(isinstance(x, numbers.Number) for x in array.ravel().tolist())
    return array.dtype.kind in "biufc"


def _facts_in(obj: Any) -> set[Any]:
    """The dtypes of the elements that have one, in a nested sequence, and `float` if there is a Python float."""
    if isinstance(obj, (list, tuple)):
        kinds = set(map(type, obj))
        if kinds <= NUMBER_TYPES:
            return kinds & {float}
        if all(kind in NUMBER_TYPES or issubclass(kind, np.number) for kind in kinds):
            obj = [kind() for kind in kinds]  # one element of each type is enough
        return set().union(*map(_facts_in, obj))
    named = ("dtype", "__array__", "__array_interface__", "__array_struct__")
    if type(obj) in NUMBER_TYPES or not (any(hasattr(obj, name) for name in named) or _has_buffer(obj)):
        if isinstance(obj, Sequence) and not isinstance(obj, str):  # of another class, such as a deque or a range
            return _facts_in(list(obj))
        return {float} if isinstance(obj, float) else set()
    found = dtypes.from_raw.get(np.asarray(obj).dtype.newbyteorder("="))
    return set() if found is None else {found}


def _has_buffer(obj: Any) -> bool:
    try:
        memoryview(obj)
    except TypeError:
        return False
    return True


def tensor(
    data: Any, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Make a new leaf Tensor with a copy of data, as PyTorch's ``torch.tensor``.

    Parameters
    ----------
    data : Tensor, number, nested sequence, or array
    dtype : dtype, optional
        Default: that of an array, or the default dtype of Python numbers.
    device : device, optional
    requires_grad : bool, optional
        Whether it requires a gradient.

    Returns
    -------
    Tensor
        Without history, even if `data` has one.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    array = convert(data, dtype, device, None, "tensor")._array
    return finish(backend_of(array).asarray(array, copy=True), requires_grad, "tensor")


def from_numpy(array: np.ndarray[Any, Any], /) -> Tensor:
    """Make a Tensor that shares the memory of a NumPy array: a write to either is visible in the other.

    Parameters
    ----------
    array : numpy.ndarray

    Raises
    ------
    TypeError
        If it is not a NumPy array, is masked, or has a dtype that Tensors do not support.
    ValueError
        If its strides are not multiples of the item size, as may be the case for a field of a structured array.

    Examples
    --------
    >>> import numpy as np, arrayad as xp
    >>> a = np.ones(2)
    >>> x = xp.from_numpy(a)
    >>> a += 1
    >>> x
    tensor([2., 2.], dtype=arrayad.float64)
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy(): expected numpy.ndarray, got {type(array).__name__}")
    return convert(array, None, "cpu", False, "from_numpy")


@linear(used="rules", x=lambda xp, g: g)
def clone(xp: Namespace, x: Tensor, /) -> Tensor:
    """Return a copy of a tensor, with its own memory and with its history.

    Parameters
    ----------
    x : Tensor
        Of any shape and dtype.

    Notes
    -----
    Differentiable.
    """
    out = xp.asarray(x, copy=True)
    # An expanded tensor becomes contiguous; checking whether it is one takes a while.
    return xp.contiguous(out) if not xp.is_contiguous(x) and 0 in xp.strides(x) else out


@linear(used="rules", x=lambda xp, g: g)
@of_backend
def contiguous(x: Tensor, /) -> Tensor:
    """Return a tensor with its elements in row-major order in memory: a copy, unless they already are."""


@public
def empty(
    shape: Sides,
    *more: int,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return an uninitialized tensor.

    Parameters
    ----------
    shape : int or tuple of int
        Also accepted as several arguments, ``empty(3, 4)``.
    dtype : dtype, optional
        Default: the default floating dtype.
    device : device, optional
    requires_grad : bool, optional
    """
    backend, place = place_of(device, "empty")
    raw = backend.raw_dtype(get_default_dtype() if dtype is None else dtype_of(dtype, "empty"))
    return finish(backend.empty(shape_of(shape, more, "empty"), dtype=raw, device=place), requires_grad, "empty")


@public
def zeros(
    shape: Sides,
    *more: int,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor of zeros.

    Parameters
    ----------
    shape : int or tuple of int
        Also accepted as several arguments, ``zeros(3, 4)``.
    dtype : dtype, optional
        Default: the default floating dtype.
    device : device, optional
    requires_grad : bool, optional

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    backend, place = place_of(device, "zeros")
    raw = backend.raw_dtype(get_default_dtype() if dtype is None else dtype_of(dtype, "zeros"))
    return finish(backend.zeros(shape_of(shape, more, "zeros"), dtype=raw, device=place), requires_grad, "zeros")


@public
def ones(
    shape: Sides,
    *more: int,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor of ones.

    Parameters
    ----------
    shape : int or tuple of int
        Also accepted as several arguments, ``ones(3, 4)``.
    dtype : dtype, optional
        Default: the default floating dtype.
    device : device, optional
    requires_grad : bool, optional
    """
    backend, place = place_of(device, "ones")
    raw = backend.raw_dtype(get_default_dtype() if dtype is None else dtype_of(dtype, "ones"))
    return finish(backend.ones(shape_of(shape, more, "ones"), dtype=raw, device=place), requires_grad, "ones")


@public
def full(
    shape: Sides,
    fill_value: complex,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor filled with one value.

    Parameters
    ----------
    shape : int or tuple of int
    fill_value : number
        Or a Tensor of one element, with respect to which the result is differentiable.
    dtype : dtype, optional
        Default: the default dtype for the number's kind.
    device : device, optional
    requires_grad : bool, optional

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.full((2, 2), 7)
    tensor([[7, 7],
            [7, 7]])
    """
    backend, place = place_of(device, "full")
    value = number_of(fill_value, "full", "fill_value")
    chosen = dtypes.default_dtype_for(type(value)) if dtype is None else dtype_of(dtype, "full")
    if _tracked(fill_value) and chosen.kind in "fc":
        return _spread(fill_value, shape_of(shape, (), "full"), chosen, device)
    array = _filled(backend, shape_of(shape, (), "full"), value, chosen, place, "full")
    return finish(array, requires_grad, "full")


def _tracked(x: Any) -> bool:
    """Whether a value that stands for a number has to be recorded."""
    return isinstance(x, TensorBase) and x._node is not None and recording()


def _spread(x: Any, shape: tuple[int, ...], dtype: DType, device: Any) -> Any:
    """Fill a new tensor with a tracked tensor of one element."""
    place = x if device is None else transfer(x, device)
    return clone(broadcast_to(reshape(astype(place, dtype, copy=False), ()), shape))


def number_of(x: Any, name: str, parameter: str) -> Any:
    """Return a Python number; Tensors and NumPy scalars of one element count as such."""
    number: Any = x
    if isinstance(x, np.generic) or (isinstance(x, TensorBase) and math.prod(x._array.shape) == 1):
        number = number.item()
    if not isinstance(number, NUMBERS):
        of = f" of shape {tuple(x._array.shape)}" if isinstance(x, TensorBase) else ""
        raise TypeError(f"{name}(): {parameter} must be a number, got {type(x).__name__}{of}")
    return number


def _filled(backend: Namespace, shape: tuple[int, ...], value: Any, dtype: DType, place: Any, name: str) -> Any:
    """A raw array filled with one value."""
    if isinstance(value, complex) and dtype.kind != "c":
        raise TypeError(f"{name}(): a complex fill_value cannot be represented in {dtype.name}")
    if isinstance(value, float) and dtype.kind in "iu":
        if not math.isfinite(value):
            raise ValueError(f"{name}(): {dtype.name} has no {value}")
        value = int(value)
    try:
        return backend.full(shape, value, dtype=backend.raw_dtype(dtype), device=place)
    except (OverflowError, ValueError) as error:  # an integer out of range, or NaN for an integer
        raise named(name, error) from None


def _like(x: Any, dtype: Any, device: Any, name: str) -> tuple[Namespace, Any, Any, Any]:
    """Backend, shape, raw dtype and raw device of a tensor like `x`."""
    check_tensor(x, name)
    a = x._array
    if device is None:
        backend, place = backend_of(a), a.device
    else:
        backend, place = place_of(device, name)
    raw = backend.raw_dtype(dtypes.from_raw[a.dtype] if dtype is None else dtype_of(dtype, name))
    return backend, a.shape, raw, place


def empty_like(
    x: Tensor, /, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Return an uninitialized tensor like another.

    Parameters
    ----------
    x : Tensor
        Gives the shape and, unless overridden, the dtype and device.
    dtype : dtype, optional
    device : device, optional
    requires_grad : bool, optional
    """
    backend, shape, raw, place = _like(x, dtype, device, "empty_like")
    return finish(backend.empty(shape, dtype=raw, device=place), requires_grad, "empty_like")


def zeros_like(
    x: Tensor, /, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor of zeros like another.

    Parameters
    ----------
    x : Tensor
        Gives the shape and, unless overridden, the dtype and device.
    dtype : dtype, optional
    device : device, optional
    requires_grad : bool, optional
    """
    backend, shape, raw, place = _like(x, dtype, device, "zeros_like")
    return finish(backend.zeros(shape, dtype=raw, device=place), requires_grad, "zeros_like")


def ones_like(
    x: Tensor, /, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor of ones like another.

    Parameters
    ----------
    x : Tensor
        Gives the shape and, unless overridden, the dtype and device.
    dtype : dtype, optional
    device : device, optional
    requires_grad : bool, optional
    """
    backend, shape, raw, place = _like(x, dtype, device, "ones_like")
    return finish(backend.ones(shape, dtype=raw, device=place), requires_grad, "ones_like")


def full_like(
    x: Tensor,
    /,
    fill_value: complex,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor like another, filled with one value.

    Parameters
    ----------
    x : Tensor
        Gives the shape and, unless overridden, the dtype and device.
    fill_value : number
        Or a Tensor of one element, with respect to which the result is differentiable.
    dtype : dtype, optional
    device : device, optional
    requires_grad : bool, optional
    """
    backend, shape, raw, place = _like(x, dtype, device, "full_like")
    value = number_of(fill_value, "full_like", "fill_value")
    if _tracked(fill_value) and dtypes.from_raw[raw].kind in "fc":
        return _spread(fill_value, shape, dtypes.from_raw[raw], x.device if device is None else device)
    array = _filled(backend, shape, value, dtypes.from_raw[raw], place, "full_like")
    return finish(array, requires_grad, "full_like")


@public
def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a matrix with ones on a diagonal and zeros elsewhere.

    Parameters
    ----------
    n_rows : int
    n_cols : int, optional
        Default: `n_rows`.
    k : int, optional
        Which diagonal: above the main one if positive.
    dtype : dtype, optional
        Default: the default floating dtype.
    device : device, optional
    requires_grad : bool, optional
    """
    backend, place = place_of(device, "eye")
    raw = backend.raw_dtype(get_default_dtype() if dtype is None else dtype_of(dtype, "eye"))
    rows, columns = shape_of((n_rows, n_rows if n_cols is None else n_cols), (), "eye")
    return finish(backend.eye(rows, columns, k=integer_of(k, "eye", "k"), dtype=raw, device=place), requires_grad, "eye")


@public
def linspace(
    start: complex,
    stop: complex,
    /,
    num: int,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    endpoint: bool = True,
    requires_grad: bool = False,
) -> Tensor:
    """Return evenly spaced values over an interval.

    Parameters
    ----------
    start, stop : number
        Or Tensors of one element, with respect to which the result is differentiable.
    num : int
        The number of values.
    dtype : dtype, optional
        Default: the default floating dtype, complex if `start` or `stop` is.
    device : device, optional
    endpoint : bool, optional
        Whether `stop` is the last value.
    requires_grad : bool, optional

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    ends = number_of(start, "linspace", "start"), number_of(stop, "linspace", "stop")
    of_complex = any(isinstance(n, complex) for n in ends)
    count = integer_of(num, "linspace", "num", 0)
    backend, place = place_of(device, "linspace")
    if dtype is None:
        chosen = dtypes.COMPLEX_OF[get_default_dtype()] if of_complex else get_default_dtype()
    else:
        chosen = dtype_of(dtype, "linspace")
        if of_complex and chosen.kind != "c":
            raise TypeError(f"linspace(): complex numbers cannot be represented in {chosen.name}")
    if (_tracked(start) or _tracked(stop)) and chosen.kind in "fc":
        part = linspace(0, 1, count, dtype=chosen, device=device, endpoint=endpoint)
        first, last = (_spread(x, (), chosen, device) if isinstance(x, TensorBase) else x for x in (start, stop))
        return add(multiply(subtract(1, part), first), multiply(part, last))
    if chosen.kind in "iu" and count:
        first, last = ends
        if not math.isfinite(last - first):
            raise ValueError(f"linspace(): start and stop must be finite, got {first} and {last}")
        end = last if endpoint else first + (last - first) * (count - 1) / count
        check_ends(math.trunc(first), math.trunc(first if count == 1 else end), chosen, "linspace")
    array = backend.linspace(*ends, count, dtype=backend.raw_dtype(chosen), device=place, endpoint=endpoint)
    return finish(array, requires_grad, "linspace")


def from_dlpack(x: object, /, *, device: DeviceLike | None = None, copy: bool | None = None) -> Tensor:
    """Make a Tensor that shares the memory of another library's array, through DLPack.

    Parameters
    ----------
    x : object
        An object with ``__dlpack__`` and ``__dlpack_device__``.
    device : device, optional
        The device of the result. Default: that of `x`.
    copy : bool, optional
        True always copies, False never does, None only if it must.

    Raises
    ------
    AttributeError
        If `x` lacks one of these methods.
    BufferError
        If `x` cannot be exported, or not without a copy.

    Examples
    --------
    >>> import numpy as np, arrayad as xp
    >>> xp.from_dlpack(np.arange(3))
    tensor([0, 1, 2])
    """
    for needed in ("__dlpack__", "__dlpack_device__"):
        if not hasattr(x, needed):
            raise AttributeError(f"from_dlpack(): expected an object with {needed}, got {type(x).__name__}")
    copy = flag_of(copy, "from_dlpack", "copy")
    source: Any = x
    kind = _DLPACK.get(number := source.__dlpack_device__()[0])
    if getattr(x, "is_neg", bool)():
        # PyTorch exports its lazily negated tensors without the sign.
        raise BufferError("from_dlpack(): the tensor is negated lazily, which DLPack would lose; call resolve_neg() first")
    home, array, copied = backend_of_type(np.ndarray), None, copy
    if device is not None and kind != "cpu" and place_of(device, "from_dlpack")[0] is home:
        try:  # the producer may move it, as the standard requires since 2023.12
            array = home.from_dlpack(x, device="cpu", copy=copy)
            copied = number != _SEEN_BY_BOTH
        except (TypeError, BufferError):  # from older producers
            if copy is False:
                raise BufferError("from_dlpack(): another device requires a copy") from None
    if array is None:
        if kind is None:
            raise BufferError(f"from_dlpack(): there is no backend for DLPack's device type {int(number)}")
        try:
            home = backend_of_device(Device(kind))
        except RuntimeError as error:
            raise BufferError(f"from_dlpack(): {error}") from None
        try:
            array = home.from_dlpack(x, copy=copy)
        except TypeError:
            if copy is None:
                raise
            # From before DLPack 1.0, which could not express copies, and made none.
            array, copied = home.from_dlpack(x, copy=None), False
    if copy and not (copied and home.is_writeable(array)):  # JAX's copies are read-only too
        array = home.asarray(array, copy=True)
    y = make(array)
    if not (copy or copied):
        mark_exported(y)
    moved = y if device is None else transfer(y, device, name="from_dlpack")
    if copy is False and moved is not y:
        raise BufferError("from_dlpack(): another device requires a copy")
    return moved


# DLPack's numbers of device types: host memory, GPU memory, page-locked host memory, and memory that both see.
_DLPACK = {1: "cpu", 2: "cuda", 3: "cpu", 13: "cuda"}
_SEEN_BY_BOTH = 13


@public
def meshgrid(*arrays: Tensor, indexing: Literal["xy", "ij"] = "xy") -> tuple[Tensor, ...]:
    """Return the coordinates of the points of a grid.

    Parameters
    ----------
    *arrays : Tensor
        One-dimensional, of one dtype: the coordinates along each axis.
    indexing : {"xy", "ij"}, optional
        Whether the first two axes of the result are swapped: ``"xy"`` (Cartesian) or not: ``"ij"`` (matrix).

    Returns
    -------
    tuple of Tensor
        One per argument, all of the shape of the grid; views.

    Raises
    ------
    ValueError
        For another `indexing`, arrays that are not one-dimensional or of different dtypes.

    Notes
    -----
    Differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.meshgrid(xp.arange(2), xp.arange(3), indexing="ij")
    (tensor([[0, 0, 0],
            [1, 1, 1]]), tensor([[0, 1, 2],
            [0, 1, 2]]))
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid(): indexing must be 'xy' or 'ij', got {indexing!r}")
    for x in arrays:
        check_tensor(x, "meshgrid", "arrays")
        if x.ndim != 1:
            raise ValueError(f"meshgrid(): arrays must be one-dimensional, got one of {x.ndim} dimensions")
    if len({x.dtype for x in arrays}) > 1:
        raise ValueError("meshgrid(): arrays must have one dtype")
    count = len(arrays)
    axes = list(range(count))
    if indexing == "xy" and count > 1:
        axes[:2] = [1, 0]
    columns = [
        reshape(x, tuple(x.shape[0] if axis == i else 1 for i in range(count))) for axis, x in zip(axes, arrays, strict=True)
    ]
    return broadcast_arrays(*columns)


def _check_matrices(x: Any, k: Any, name: str) -> None:
    if len(x.shape) < 2:
        raise ValueError(f"{name}(): x must have at least two dimensions, got {len(x.shape)}")
    integer_of(k, name, "k")


@linear(used="rules", selects=("x",), x=lambda xp, g, k: xp.tril(g, k=k))
def tril(xp: Namespace, x: Tensor, /, *, k: int = 0) -> Tensor:
    """Return the lower triangle of matrices, with zeros above.

    Parameters
    ----------
    x : Tensor
        Of shape ``(..., M, N)``.
    k : int, optional
        The last diagonal kept: above the main one if positive.

    Notes
    -----
    Differentiable.
    """
    _check_matrices(x, k, "tril")
    return xp.tril(x, k=k)


@linear(used="rules", selects=("x",), x=lambda xp, g, k: xp.triu(g, k=k))
def triu(xp: Namespace, x: Tensor, /, *, k: int = 0) -> Tensor:
    """Return the upper triangle of matrices, with zeros below.

    Parameters
    ----------
    x : Tensor
        Of shape ``(..., M, N)``.
    k : int, optional
        The first diagonal kept: above the main one if positive.

    Notes
    -----
    Differentiable.
    """
    _check_matrices(x, k, "triu")
    return xp.triu(x, k=k)
