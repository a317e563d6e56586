"""A stand-in for CuPy without a GPU: NumPy's functions on a separate array type, with CuPy's names and behaviour.

`install()` puts it in the place of ``cupy`` and ``cupyx``; the CuPy backend then runs unchanged. It reproduces what went
wrong on a GPU, or would: that arrays are not NumPy's and nothing converts them silently, what CuPy lacks, returns or refuses
unlike NumPy, and which calls wait for the GPU (CuPy 14: ``cupy/_core``). It says nothing about CuPy's arithmetic, its
memory, streams or DLPack.
"""

from __future__ import annotations

import functools
import importlib.machinery
import sys
import types
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import scipy.linalg
import scipy.special

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LACKS = {"__array_namespace_info__", "matvec", "unstack", "vecdot", "vecmat"}
LINALG_LACKS = {
    "diagonal", "matrix_norm", "multi_dot", "outer", "svdvals", "tensordot", "trace", "vecdot", "vector_norm",
}  # fmt: skip
SPECIAL_LACKS = {"betaincc", "ellipe", "hyp1f1", "riemann_zeta", "spence", "stdtr", "stdtrit"}
WAITING = {"nonzero", "unique"}  # their result shapes depend on values
OF_AXES = {"all", "any", "argmax", "argmin", "count_nonzero", "cumprod", "cumsum", "max", "mean", "min", "prod", "sort", "std", "sum", "var"}  # fmt: skip


class DeviceSynchronized(RuntimeError):
    """Raised by a call that waits where `allow_synchronize` forbids it."""


class _Watch:
    allowed = True


def _wait() -> None:
    if not _Watch.allowed:
        raise DeviceSynchronized


@contextmanager
def allow_synchronize(allow: bool) -> Iterator[None]:
    """``cupyx.allow_synchronize``."""
    warnings.warn("cupyx.allow_synchronize will be removed in future releases", stacklevel=3)
    before, _Watch.allowed = _Watch.allowed, allow
    try:
        yield
    finally:
        _Watch.allowed = before


# --- arrays ---


def _inner(x: Any) -> Any:
    """The NumPy array inside an array, also in lists and tuples; plain NumPy arrays are refused."""
    if isinstance(x, np.ndarray):
        raise TypeError(f"Unsupported type {type(x)}")
    if isinstance(x, (list, tuple)) and not hasattr(x, "_make"):
        return type(x)(_inner(part) for part in x)
    return x._array if isinstance(x, ndarray) else x


def _owner(array: np.ndarray) -> np.ndarray:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _outer(out: Any, inputs: Any = ()) -> Any:
    """Wrap NumPy's result, and note which of the inputs owns its memory."""
    if isinstance(out, (tuple, list)):
        parts = [_outer(part, inputs) for part in out]
        return out._make(parts) if hasattr(out, "_make") else type(out)(parts)
    if not isinstance(out, (np.ndarray, np.generic)):
        return out
    made = object.__new__(ndarray)
    made._array = np.asarray(out)
    made.base = None
    for x in inputs:
        if out is x._array:
            return x
        if _owner(made._array) is _owner(x._array):
            made.base = x if x.base is None else x.base
            break
    return made


def _on_numpy(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function of NumPy's or SciPy's."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        arrays = [x for x in (*args, *kwargs.values()) if isinstance(x, ndarray)]
        name = getattr(function, "__name__", "")
        if name in WAITING:
            _wait()
        if name in OF_AXES and arrays and arrays[0].ndim == 0 and kwargs.get("axis") not in (None, ()):
            raise np.exceptions.AxisError(kwargs["axis"], 0)
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):  # a GPU does not warn
            return _outer(function(*map(_inner, args), **{key: _inner(value) for key, value in kwargs.items()}), arrays)

    call.nout = getattr(function, "nout", 0)  # of a ufunc
    return call


def _operator(name: str) -> Callable[..., Any]:
    """An operator; the in-place ones return the array itself."""
    function = getattr(np.ndarray, name)

    def call(self: Any, *others: Any) -> Any:
        if any(isinstance(x, np.ndarray) or not isinstance(x, (ndarray, int, float, complex, np.generic)) for x in others):
            return NotImplemented
        with np.errstate(all="ignore"):
            out = function(self._array, *map(_inner, others))
        return self if out is self._array else _outer(out)

    return call


def _waiting(name: str) -> Callable[..., Any]:
    def call(self: Any, *args: Any) -> Any:
        _wait()
        return getattr(self._array, name)(*args)

    return call


def _kind(part: Any) -> str:
    """The letter of the dtype of an array in a key."""
    return part.dtype.kind if isinstance(part, np.ndarray) else ""


def _axes(part: Any) -> int:
    """How many axes a part of a key indexes, apart from an ellipsis."""
    if _kind(part) == "b":
        return int(part.ndim)
    return 0 if part is None or isinstance(part, (bool, np.bool)) else 1


class ndarray:
    """An array on the simulated GPU."""

    _array: Any
    base: Any
    __hash__ = None  # type: ignore[assignment]  # as CuPy's
    __array_priority__ = 100

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self._array, name)
        if callable(found):
            return functools.partial(_on_numpy(getattr(np.ndarray, name)), self)
        return _outer(found, [self]) if isinstance(found, np.ndarray) else found

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("real", "imag"):
            setattr(self._array, name, _inner(value))
        else:
            object.__setattr__(self, name, value)

    @property
    def device(self) -> Any:
        return cuda.Device(0)

    @property
    def data(self) -> Any:
        first, own = (a.__array_interface__["data"][0] for a in (self._array, _owner(self._array)))
        return types.SimpleNamespace(ptr=first, mem=types.SimpleNamespace(ptr=own))

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, key: Any) -> Any:
        key = self._key(key)
        out = self._array[key]
        if isinstance(out, np.generic) and not any(isinstance(part, (np.ndarray, list)) for part in key):
            out = self._array[(*key, ...)]  # a view
        return _outer(out, [self])

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(value, ndarray) and not value:
            value = 0  # memory is cleared, and the sign of a zero lost
        self._array[self._key(key)] = _inner(value)

    def _key(self, key: Any) -> tuple[Any, ...]:
        """The parts of a key; true elements of a mask are counted, which waits, and integers in arrays wrap around."""
        parts = _inner(key if isinstance(key, tuple) else (key,))
        parts = [int(part) if isinstance(part, float) else part for part in parts]  # as CuPy does
        parts = [np.asarray(part, None if part else np.int64) if isinstance(part, list) else part for part in parts]
        counts = [_axes(part) for part in parts]
        if any(_kind(part) == "b" for part in parts):
            _wait()
        axis = 0
        for i, (part, count) in enumerate(zip(parts, counts, strict=True)):
            if part is Ellipsis:
                count = self.ndim - (sum(counts) - 1)
            elif _kind(part) in ("i", "u") and axis < self.ndim and self.shape[axis]:
                parts[i] = part.astype(np.int64) % self.shape[axis]
            axis += count
        return tuple(parts)

    def get(self) -> np.ndarray:
        _wait()
        return self._array.copy()

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        return self if not copy and self.dtype == dtype else _outer(self._array.astype(dtype))

    def squeeze(self, axis: Any = None) -> Any:
        out = self._array.squeeze(axis)
        return self if out.ndim == self.ndim else _outer(out, [self])

    def __reduce__(self) -> Any:
        return _outer, (self._array,)


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift"):
    for _form in ("", "r", "i"):
        setattr(ndarray, f"__{_form}{_name}__", _operator(f"__{_form}{_name}__"))
for _name in ("eq", "ne", "lt", "le", "gt", "ge", "neg", "pos", "invert", "abs"):
    setattr(ndarray, f"__{_name}__", _operator(f"__{_name}__"))
for _name in ("__bool__", "__int__", "__float__", "__complex__", "__index__", "item", "tolist"):
    setattr(ndarray, _name, _waiting(_name))


# --- the namespaces ---


def _module(name: str, **names: Any) -> Any:
    module = types.ModuleType(name)
    vars(module).update(names, __all__=[n for n in names if not n.startswith("_")], __path__=[])
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    return module


def _taken(space: Any, lacks: set[str]) -> dict[str, Any]:
    """The functions of one of NumPy's or SciPy's namespaces, and its other members."""
    names = {name: getattr(space, name) for name in space.__all__ if name not in lacks}
    return {
        name: _on_numpy(x) if callable(x) and not isinstance(x, type) else x
        for name, x in names.items()
        if not isinstance(x, types.ModuleType)
    }


def array(obj: Any, dtype: Any = None, copy: bool | None = True, **_: Any) -> Any:
    """``cupy.array``, which also accepts NumPy arrays."""
    own = isinstance(obj, ndarray)
    if copy is not True and own and dtype in (None, obj.dtype):
        return obj
    if copy is False:
        raise ValueError("Unable to avoid copy while creating an array")
    out = np.array(obj if isinstance(obj, np.ndarray) else _inner(obj), dtype)
    if out.ndim == 0 and not own and not out:
        out[...] = 0  # memory is cleared, and the sign of a zero lost
    return _outer(out)


def asarray(obj: Any, dtype: Any = None, **how: Any) -> Any:
    """``cupy.asarray``."""
    return array(obj, dtype, copy=None, **how)


def broadcast_to(x: Any, shape: Any) -> Any:
    """``cupy.broadcast_to``: the array itself if nothing changes, and nothing is read-only."""
    if tuple(shape) == x.shape:
        return x
    seen = np.broadcast_to(x._array, shape)
    out = _outer(np.lib.stride_tricks.as_strided(x._array, seen.shape, seen.strides))
    out.base = x if x.base is None else x.base
    return out


def cross(a: Any, b: Any, axis: int = -1) -> Any:
    """``cupy.linalg.cross``, which does not broadcast."""
    if a.shape != b.shape:
        raise ValueError(f"shapes {a.shape} and {b.shape} do not match")
    return _outer(np.linalg.cross(a._array, b._array, axis=axis))


def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None) -> Any:
    """``cupy.linspace``, for real ends."""
    return _outer(np.linspace(float(start), float(stop), num, endpoint, dtype=dtype))


def floor_divide(x1: Any, x2: Any) -> Any:
    """``cupy.floor_divide``: for floating-point numbers, the floor of the rounded quotient."""
    with np.errstate(all="ignore"):
        floating = x1.dtype.kind == "f"
        return _outer(np.floor(x1._array / x2._array) if floating else np.floor_divide(x1._array, x2._array))


def _shifted(function: Callable[[Any], Any], by: complex) -> Callable[[Any], Any]:
    """A complex function as CuPy computes it: from a simpler one by an addition, which loses small results."""
    own = getattr(np, {"exp": "expm1", "log": "log1p"}[function.__name__])

    def call(x: Any) -> Any:
        with np.errstate(all="ignore"):
            if x.dtype.kind != "c":
                return _outer(own(x._array))
            one = x.dtype.type(1)
            return _outer(function(x._array) - one if by < 0 else function(x._array + one))

    return call


def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """``cupy.moveaxis``: the array itself if nothing changes."""
    out = _outer(np.moveaxis(x._array, source, destination), [x])
    return x if isinstance(source, int) and isinstance(destination, int) and source % x.ndim == destination % x.ndim else out


def copyto(x: Any, value: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """``cupy.copyto``."""
    np.copyto(x._array, _inner(value), casting, where=_inner(where))


def add_at(x: Any, key: Any, values: Any) -> None:
    """``cupy.add.at``."""
    np.add.at(x._array, x._key(key), _inner(values))


def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """``cupy.take``, whose integers wrap around."""
    return _outer(np.take(x._array, _inner(indices), axis, mode="wrap"))


def take_along_axis(x: Any, indices: Any, axis: int) -> Any:
    """``cupy.take_along_axis``, whose integers wrap around."""
    places = indices._array % x.shape[axis] if x.shape[axis] else indices._array
    return _outer(np.take_along_axis(x._array, places, axis))


class Device:
    """``cupy.cuda.Device``: the first and only one."""

    id = 0

    def __init__(self, number: Any = None) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device)

    def __hash__(self) -> int:
        return 0


class Philox4x3210:
    """``cupy.random.Philox4x3210``: its state is an array of a seed and the number of draws."""

    def __init__(self, seed: int, *, size: int) -> None:
        self._state = _outer(np.asarray([seed, 0], np.uint64))


class Generator:
    """``cupy.random.Generator``."""

    def __init__(self, bits: Philox4x3210) -> None:
        self._bits = bits

    def __getattr__(self, name: str) -> Any:
        if name not in ("random", "integers"):
            raise AttributeError(name)
        state = self._bits._state._array
        state[1] += 1
        draw = getattr(np.random.default_rng(state), name)
        return lambda *args: _outer(draw(*args))

    def standard_normal(self, shape: Any, dtype: Any) -> Any:
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise TypeError(f"Unsupported dtype {dtype} for standard_normal")
        state = self._bits._state._array
        state[1] += 1
        return _outer(np.random.default_rng(state).standard_normal(shape, dtype))


cuda = _module(
    "cupy.cuda",
    Device=Device,
    device=_module("cupy.cuda.device", Device=Device),
    runtime=_module("cupy.cuda.runtime", getDeviceCount=lambda: 1, CUDARuntimeError=RuntimeError),
)


def install() -> None:
    """Install it in the place of CuPy."""
    add = _on_numpy(np.add)
    add.at = add_at  # type: ignore[attr-defined]  # a function, which stands for the ufunc
    ours = {
        f.__name__: f
        for f in (array, asarray, broadcast_to, copyto, floor_divide, linspace, moveaxis, take, take_along_axis)
    }
    ours |= {"expm1": _shifted(np.exp, -1), "log1p": _shifted(np.log, 1)}
    linalg = _module("cupy.linalg", **(_taken(np.linalg, LINALG_LACKS) | {"cross": cross}))
    fft = _module("cupy.fft", **_taken(np.fft, set()))
    random = _module("cupy.random", Philox4x3210=Philox4x3210, Generator=Generator)
    names = _taken(np, LACKS) | ours | {"add": add, "asnumpy": ndarray.get, "ndarray": ndarray}
    cupy = _module("cupy", **names, linalg=linalg, fft=fft, random=random, cuda=cuda)
    special = _module("cupyx.scipy.special", **_taken(scipy.special, SPECIAL_LACKS))
    triangular = _on_numpy(scipy.linalg.solve_triangular)
    scipys = _module("cupyx.scipy", special=special, linalg=_module("cupyx.scipy.linalg", solve_triangular=triangular))
    cupyx = _module("cupyx", scipy=scipys, allow_synchronize=allow_synchronize)
    for module in (cupy, linalg, fft, random, cuda, cuda.device, cuda.runtime, cupyx, scipys, special, scipys.linalg):
        sys.modules[module.__name__] = module
