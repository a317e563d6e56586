"""The data types of the standard, their promotion, and the default types.

A dtype is an object of arrayad's own, so it prints as ``arrayad.float32`` and compares and hashes the same for every
backend. ``numpy.dtype(arrayad.float32)`` works through NumPy's own protocols. Wherever a dtype is expected, NumPy's dtypes
and scalar types and Python's ``bool``, ``int``, ``float`` and ``complex`` are accepted.
"""

from __future__ import annotations

import builtins
import functools
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = [
    "NUMBERS",
    "NUMBER_TYPES",
    "RANK",
    "DType",
    "as_dtype",
    "bool",
    "complex64",
    "complex128",
    "default_dtype_for",
    "float16",
    "float32",
    "float64",
    "from_raw",
    "get_default_dtype",
    "int8",
    "int16",
    "int32",
    "int64",
    "promote",
    "set_default_dtype",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "with_number",
]


class DType:
    """A data type of the standard.

    There is one object per type, so ``is`` and ``==`` agree. A DType also equals NumPy's dtype of the same name and hashes
    like it.

    Attributes
    ----------
    name : str
        The standard's name, ``"float32"``.
    kind : str
        NumPy's letter: ``"b"`` boolean, ``"i"`` signed, ``"u"`` unsigned, ``"f"`` real floating, ``"c"`` complex.
    itemsize : int
        Bytes of one element.
    rank : int
        The rank of its kind in promotion: boolean < integer < floating < complex.
    dtype : numpy.dtype
        NumPy's dtype, which ``numpy.dtype(...)`` reads.
    """

    __slots__ = ("__numpy_dtype__", "_hash", "dtype", "itemsize", "kind", "name", "rank")

    name: str
    kind: str
    itemsize: int
    rank: int

    def __init__(self, name: str) -> None:
        # NumPy reads the attribute `dtype` up to 2.3, `__numpy_dtype__` from 2.4 on.
        self.dtype = self.__numpy_dtype__ = np.dtype(name)
        self.name = name
        self.kind = self.dtype.kind
        self.itemsize = self.dtype.itemsize
        self.rank = "bifc".index(self.kind.replace("u", "i"))
        self._hash = hash(self.dtype)

    def __repr__(self) -> str:
        return f"arrayad.{self.name}"

    def __hash__(self) -> builtins.int:
        return self._hash

    def __eq__(self, other: object) -> builtins.bool:
        if isinstance(other, DType):
            return self is other
        return other is self.dtype.type or (isinstance(other, np.dtype) and builtins.bool(self.dtype == other))

    def __reduce__(self) -> str:
        return self.name

    def __getattr__(self, name: str) -> Any:
        """Other attributes of NumPy's dtypes, such as ``char``, which libraries expect of an array's dtype."""
        if name.startswith("_") or not hasattr(self.dtype, name):
            raise AttributeError(f"'DType' object has no attribute {name!r}")
        return getattr(self.dtype, name)

    @property
    def is_floating_point(self) -> builtins.bool:
        """Whether it is a real floating-point type."""
        return self.kind == "f"

    @property
    def is_complex(self) -> builtins.bool:
        """Whether it is a complex floating-point type."""
        return self.kind == "c"

    @property
    def is_signed(self) -> builtins.bool:
        """Whether it represents negative numbers."""
        return self.kind in "ifc"


# Python numbers belong to no dtype: beside tensors, the tensors decide.
NUMBERS = (builtins.bool, int, float, complex)
NUMBER_TYPES = frozenset(NUMBERS)
RANK = {kind: rank for rank, kind in enumerate(NUMBERS)}  # as `DType.rank`

# What `as_dtype` accepts.
DTypeLike: TypeAlias = DType | np.dtype[Any] | type[complex | np.generic]

bool = DType("bool")
int8 = DType("int8")
int16 = DType("int16")
int32 = DType("int32")
int64 = DType("int64")
uint8 = DType("uint8")
uint16 = DType("uint16")
uint32 = DType("uint32")
uint64 = DType("uint64")
float16 = DType("float16")
float32 = DType("float32")
float64 = DType("float64")
complex64 = DType("complex64")
complex128 = DType("complex128")

STANDARD = (
    bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, complex64, complex128,
)  # fmt: skip

SUPPORTED = (*STANDARD, float16)  # the dtypes of tensors: the standard's, and half precision as an extension

# Kinds for `isdtype` and `__array_namespace_info__().dtypes`, as letters of `DType.kind`.
KINDS = {
    "bool": "b",
    "signed integer": "i",
    "unsigned integer": "u",
    "integral": "iu",
    "real floating": "f",
    "complex floating": "c",
    "numeric": "iufc",
}

# Any object that stands for a dtype -> the dtype. Backends add their raw dtypes.
from_raw: dict[Any, DType] = {d.dtype: d for d in SUPPORTED}
_accepted: dict[Any, DType] = {d.dtype.type: d for d in SUPPORTED}
_accepted |= {builtins.bool: bool, int: int64, float: float64, complex: complex128}

COMPLEX_OF = {float16: complex64, float32: complex64, float64: complex128, complex64: complex64, complex128: complex128}
REAL_OF = {complex64: float32, complex128: float64, float16: float16, float32: float32, float64: float64}


def as_dtype(obj: Any) -> DType:
    """The dtype that `obj` stands for.

    Parameters
    ----------
    obj : DType, numpy.dtype, NumPy scalar type, or bool, int, float, complex
        Python's types have Python's precision: ``float`` is float64, ``int`` int64, ``complex`` complex128.

    Raises
    ------
    TypeError
        If it stands for none of the standard's dtypes.
    """
    if obj.__class__ is DType:
        return obj
    try:
        found = from_raw.get(obj) or _accepted.get(obj)
    except TypeError:  # not hashable
        found = None
    if found is None:
        raise TypeError(f"expected a dtype such as arrayad.float32, got {obj!r}")
    return found


@functools.cache
def limits(dtype: DType) -> tuple[int, int]:
    """The least and the greatest number of an integer dtype."""
    info = np.iinfo(dtype.dtype)
    return int(info.min), int(info.max)


@functools.cache
def _pair(a: DType, b: DType) -> DType | None:
    if a.rank != b.rank:
        low, high = sorted((a, b), key=lambda d: d.rank)
        if low.kind == "f":  # with a complex type, the precision of both components counts
            low = COMPLEX_OF[low]
            return low if low.itemsize > high.itemsize else high
        return high
    if a.kind == b.kind:
        return a if a.itemsize >= b.itemsize else b
    signed, unsigned = (a, b) if a.kind == "i" else (b, a)
    bits = 8 * max(signed.itemsize, 2 * unsigned.itemsize)
    return {16: int16, 32: int32, 64: int64}.get(bits)


def promote(*operands: DType) -> DType:
    """The dtype of a result of operands of some dtypes; their order does not matter.

    Within a kind, and from real to complex, the standard's table holds. Across kinds, where the standard is silent,
    PyTorch's rule holds: the type of the higher kind (boolean < integer < floating < complex) wins, whatever its width.

    Raises
    ------
    TypeError
        For uint64 with a signed integer: no integer type represents both.
    """
    first, *others = sorted(operands, key=operator.attrgetter("rank"), reverse=True) if len(operands) > 2 else operands
    for other in others:
        out = _pair(first, other)
        if out is None:
            raise TypeError(f"{first} and {other} have no common dtype: no integer type holds the values of both")
        first = out
    return first


def with_number(dtype: DType, number_type: type) -> DType:
    """The dtype of a result of a dtype and a Python number of a type.

    A number of a lower or equal kind changes nothing. One of a higher kind gives that kind's default dtype or, for a complex
    number with a real floating dtype, the complex dtype of the same precision, as the standard says.
    """
    own = default_dtype_for(number_type)
    if own.rank <= dtype.rank:
        return dtype
    return COMPLEX_OF[dtype] if dtype.kind == "f" else own


_default = float32


def set_default_dtype(d: DTypeLike, /) -> None:
    """Set the dtype of floating-point results where nothing else determines it.

    Parameters
    ----------
    d : dtype
        float32 (the initial default), float64 or float16. The complex default follows: complex128 for float64, else
        complex64.

    Raises
    ------
    TypeError
        If `d` is not a real floating-point dtype.
    """
    global _default
    try:
        dtype = as_dtype(d)
    except TypeError as error:
        raise TypeError(f"set_default_dtype(): {error}") from None
    if dtype.kind != "f":
        raise TypeError(f"set_default_dtype(): only real floating-point dtypes are supported. Got {dtype} instead.")
    _default = dtype


def get_default_dtype() -> DType:
    """The default real floating-point dtype.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.get_default_dtype()
    arrayad.float32
    """
    return _default


def default_dtype_for(scalar_type: type) -> DType:
    """The default dtype of Python numbers of a type: ``bool``, ``int``, ``float`` or ``complex``."""
    if issubclass(scalar_type, builtins.bool):
        return bool
    if issubclass(scalar_type, int):
        return int64
    return _default if issubclass(scalar_type, float) else COMPLEX_OF[_default]
