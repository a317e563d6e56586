"""The Tensor: operators, methods and protocols.

Every method is one expression over `arrayad.functions`, which does the work; a method and a function of the same name are
the same function. A trailing underscore marks the in-place variant.
"""

from __future__ import annotations

import builtins
import functools
import math
import sys
import warnings
import weakref
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Self, overload

import numpy as np

from . import dtypes
from .arguments import axis_of, flag_of, integer_of
from .autograd import engine
from .autograd.calls import apart, operator
from .autograd.modes import no_grad, recording
from .autograd.mutation import become, check_writeable, compute, export, give_back, lend, overwrite
from .autograd.operation import named
from .autograd.tape import RETAINED, Leaf, TensorBase, alias, base_of, make, require_grad, retaining, sequence
from .backends import backend_of
from .devices import device as Device
from .dtypes import NUMBER_TYPES
from .functions import (
    beyond,
    creation,
    data_types,
    elementwise,
    indexing,
    linear_algebra,
    manipulation,
    numerical,
    numpy_protocols,
    pytorch,
    pytorch_indexing,
    searching,
    sorting,
    special,
    statistical,
    utility,
)
from .functions import random as random_numbers
from .printing import format_array, names_shape
from .size import Count, Size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from .arguments import Sides
    from .autograd.tape import Node
    from .devices import DeviceLike
    from .dtypes import DType, DTypeLike
    from .functions.indexing import Key, Values
    from .functions.statistical import Axis

    P = ParamSpec("P")
    Axes: TypeAlias = Axis | list[int]
    Operand: TypeAlias = "Tensor | complex | np.ndarray[Any, Any] | np.number[Any] | np.bool"

__all__ = ["Tensor"]

_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")
_SEQUENCES = (list, tuple, str, bytes)


def _operand(self: Any, other: Any, name: str) -> Any:
    """Convert an operand that is neither a Tensor nor a Python number for an operator.

    NumPy arrays become Tensors, on either side of the operator, and NumPy scalars are numbers. For other arrays the function
    raises an error that says what to do. For any other object Python tries the other operand's operator; that includes
    objects that wrap an array, possibly a Tensor, such as xarray's, pandas' and Pint's.
    """
    if isinstance(other, np.ndarray):
        return numpy_protocols.operand(other, self, name)
    if isinstance(other, (TensorBase, int, float, complex, np.generic)):
        return other
    kind = type(other)  # objects that wrap arrays have their protocols in the class
    if kind in _SEQUENCES and name == "multiply" and (self._array.shape or self.dtype.kind not in "iu"):
        # Python would repeat the sequence, taking the tensor for the count, and complain about that.
        raise TypeError(f"unsupported operand type(s) for *: 'Tensor' and '{kind.__name__}'")
    holds_array = hasattr(kind, "__array_ufunc__") and not hasattr(kind, "__dlpack__")
    foreign = not holds_array and (hasattr(kind, "__array__") or hasattr(kind, "__dlpack__"))
    return other if foreign else NotImplemented


class NoSuchPartError(AttributeError, TypeError, ValueError):
    """For attributes that some tensors lack: `hasattr` is false, and `getattr` returns its default."""


def _operator(function: Callable[[Any, Any], Tensor]) -> Callable[[Tensor, Operand], Tensor]:
    """Make the operator of a function of two arguments."""
    return operator(function, _operand)


def _reflected(function: Callable[[Any, Any], Tensor]) -> Callable[[Tensor, Operand], Tensor]:
    """Make the reflected operator of a function of two arguments."""

    def operator(self: Any, other: Any, /) -> Any:
        if other.__class__ in NUMBER_TYPES:
            return function(other, self)
        other = _operand(self, other, function.__name__)
        return NotImplemented if other is NotImplemented else function(other, self)

    return operator


def _in_place(function: Callable[Concatenate[Tensor, P], Any], name: str = "") -> Callable[Concatenate[Tensor, P], Tensor]:
    """Make the in-place variant of a function whose result has the shape of its first argument."""
    name = name or f"{function.__name__}_"
    op = getattr(function, "operation", None)

    def in_general(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        check_writeable(self, name)
        return overwrite(self, function(self, *args, **kwargs), name)

    def of_elements(self: Any, /, *others: Any) -> Any:
        return compute(self, others, function, name)

    of_backend = op is not None and op.forward is None and op.kind in ("elementwise", "not differentiable")
    method: Any = of_elements if of_backend else in_general
    method.__name__ = method.__qualname__ = name
    method.__wrapped__ = function  # for the signature that inspect shows
    method.__doc__ = (
        f"`arrayad.{function.__name__}` in place; returns the tensor itself.\n\n    Differentiable like the function."
    )
    twin: Callable[Concatenate[Tensor, P], Tensor] = method
    return twin


def _view_in_place(
    function: Callable[Concatenate[Tensor, P], Any], name: str = ""
) -> Callable[Concatenate[Tensor, P], Tensor]:
    """Make the in-place variant of a function that returns a view: the tensor becomes that view of itself."""
    name = name or f"{function.__name__}_"

    def method(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        check_writeable(self, name, values=False)
        return become(self, lambda x: function(x, *args, **kwargs), name)

    method.__name__ = method.__qualname__ = name
    method.__wrapped__ = function  # type: ignore[attr-defined]  # as above
    method.__doc__ = (
        f"Become `{function.__name__}` of itself, on the same memory; returns the tensor itself.\n\n    Differentiable."
    )
    return method


def _in_place_operator(function: Callable[[Any, Any], Tensor]) -> Callable[[Tensor, Operand], Tensor]:
    """Make the in-place operator of a function of two arguments."""
    method = _in_place(function)

    def operator(self: Any, other: Any, /) -> Any:
        if other.__class__ is not Tensor and other.__class__ not in NUMBER_TYPES:
            other = _operand(self, other, method.__name__)
            if other is NotImplemented:
                return other
        return method(self, other)

    return operator


# Signatures of functions with axes as methods, which accept the axes and a flag also by position, as NumPy's and PyTorch's
# methods do. These functions are never called: type checkers and `inspect` read the parameters of methods from them.


def _reduced(
    self: Tensor,
    axis: Axes = None,
    keepdims: bool = False,
    *,
    dim: Axes = None,
    keepdim: bool = False,
) -> Tensor:
    raise NotImplementedError


def _summed(
    self: Tensor,
    axis: Axes = None,
    keepdims: bool = False,
    *,
    dim: Axes = None,
    keepdim: bool = False,
    dtype: DTypeLike | None = None,
) -> Tensor:
    raise NotImplementedError


def _varied(
    self: Tensor,
    axis: Axes = None,
    keepdims: bool = False,
    *,
    dim: Axes = None,
    keepdim: bool = False,
    correction: float = 0.0,
    unbiased: bool = False,
    ddof: float = 0.0,
) -> Tensor:
    raise NotImplementedError


def _sorted(self: Tensor, axis: int = -1, descending: bool = False, *, dim: int = -1, stable: bool = True) -> Tensor:
    raise NotImplementedError


def _normed(self: Tensor, axis: Axes = None, *, dim: Axes = None) -> Tensor:
    raise NotImplementedError


def _cumulated(self: Tensor, axis: int | None = None, *, dim: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    raise NotImplementedError


def _known(function: Callable[..., Tensor], called: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """Make a function a method with another's signature, for type checkers too."""
    return function


_LEFT_OUT: Any = object()


def _along_axis(function: Callable[..., Tensor], called: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """Make a function with axes a method with another's signature."""
    flag = called.__code__.co_varnames[2]

    def method(self: Any, axis: Any = _LEFT_OUT, second: Any = _LEFT_OUT, /, **kwargs: Any) -> Any:
        if axis is not _LEFT_OUT:
            if isinstance(axis, TensorBase):
                two = "; maximum() and minimum() are of two tensors" if function.__name__ in ("max", "min") else ""
                raise TypeError(f"{function.__name__}(): the axis is a Tensor, and has to be an int{two}")
            for name in kwargs:
                if name == "axis" or (name == flag and second is not _LEFT_OUT):
                    raise TypeError(f"{function.__name__}(): multiple values for argument {name!r}")
            kwargs["axis"] = tuple(axis) if axis.__class__ is list else axis
            if second is not _LEFT_OUT:
                if not isinstance(second, (builtins.bool, np.bool)):
                    raise TypeError(f"{function.__name__}(): got {second!r} after the axis; several axes are a tuple")
                kwargs[flag] = builtins.bool(second)
        return function(self, **kwargs)

    out: Any = functools.update_wrapper(method, function)
    out.__wrapped__ = called  # for the signature that inspect shows
    return out


_of_numpy = numpy_protocols.FUNCTIONS  # what NumPy's functions do on Tensors, and so what the methods of its arrays do


@functools.wraps(statistical.mean)
def _mean(x: Any, /, *, dtype: Any = None, **axes: Any) -> Any:
    """The mean; as a method it also accepts a dtype, as NumPy's and PyTorch's methods do."""
    try:
        x = x if dtype is None else data_types.astype(x, dtype, copy=False)
    except TypeError as error:
        raise named("mean", error) from None
    return statistical.mean(x, **axes)


_add_in_place = _in_place(elementwise.add)
_sub_in_place = _in_place(elementwise.subtract, "sub_")
_subtract_in_place = _in_place(elementwise.subtract)
_div_in_place = _in_place(elementwise.divide, "div_")
_rounded_in_place = _in_place(pytorch.div)


def _times(x: Tensor, other: Any, alpha: complex) -> Any:
    """The second term of a sum or difference times PyTorch's factor `alpha`."""
    if isinstance(other, (TensorBase, int, float, complex)):
        return data_types.to_common_dtype(x, other)[1] * alpha
    return other  # the function refuses it


def _sizes(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """A shape given as one tuple or as several numbers."""
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], (tuple, list)) else given


class Tensor(TensorBase):
    """An array of one dtype on one device that can record the operations applied to it.

    Tensors are made by `arrayad.tensor`, `arrayad.asarray`, `arrayad.zeros` and the other functions of the namespace.

    Attributes
    ----------
    dtype : DType
    device : device
    shape : Size
    ndim : int
    size : Count
        The number of elements; called as a method, it returns the shape, as in PyTorch.
    requires_grad : bool
        Whether operations on it are recorded.
    grad : Tensor or None
        The gradient accumulated by backward.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.ones(2, 2, requires_grad=True)
    >>> (x * x * 3).sum().backward()
    >>> x.grad
    tensor([[6., 6.],
            [6., 6.]])
    """

    __slots__ = ()

    __module__ = "arrayad"
    __hash__ = object.__hash__  # by identity: == is elementwise

    def __init_subclass__(cls) -> None:
        raise TypeError("Tensor cannot be subclassed: operations make Tensors; hold a Tensor in a class of your own")

    def __new__(cls, *data: Any, dtype: DTypeLike | None = None, device: DeviceLike | None = None) -> Tensor:  # noqa: PYI034  (no subclasses)
        """A tensor of data or, given integers, an uninitialized one of a shape, by default of the default floating dtype."""
        return pytorch.of_data_or_shape(data, dtypes.get_default_dtype() if dtype is None else dtype, device)

    # --- attributes ---

    @property
    def dtype(self) -> DType:
        """The data type of the elements."""
        return dtypes.from_raw[self._array.dtype]

    @property
    def device(self) -> Device:
        """The device that holds the memory."""
        return backend_of(self._array).as_device(self._array.device)

    @property
    def shape(self) -> Size:
        """The lengths of the axes."""
        return Size(self._array.shape)

    @property
    def ndim(self) -> builtins.int:
        """The number of axes."""
        return len(self._array.shape)

    @property
    def size(self) -> Count:
        """The number of elements; called as a method, the shape: ``x.size == 6``, ``x.size()``, ``x.size(0)``."""
        shape = Size(self._array.shape)
        count = Count(math.prod(shape))
        count.shape = shape
        return count

    @property
    def itemsize(self) -> builtins.int:
        """The number of bytes of one element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> builtins.int:
        """The number of bytes of all elements."""
        return self.itemsize * math.prod(self._array.shape)

    @property
    def strides(self) -> tuple[builtins.int, ...]:
        """The steps in memory along each axis in bytes, as in NumPy; `stride` gives them in elements, as in PyTorch."""
        return tuple([step * self.itemsize for step in self.stride()])

    @property
    def flat(self) -> Flat:
        """The elements in row-major order, as in NumPy: ``x.flat[:: n + 1] += 1`` adds to a diagonal."""
        return Flat(self)

    @property
    def T(self) -> Tensor:
        """A transposed view of a matrix.

        Raises
        ------
        ValueError
            If the tensor does not have two axes; `mT` transposes the matrices of a stack.
        """
        if len(self._array.shape) != 2:
            raise NoSuchPartError(f"T: expected a tensor of 2 dimensions, got {self.ndim}; use mT or permute_dims()")
        return linear_algebra.matrix_transpose(self)

    @property
    def mT(self) -> Tensor:
        """Transposed matrices, as a view."""
        try:
            return linear_algebra.matrix_transpose(self)
        except ValueError as error:
            raise NoSuchPartError(str(error)) from None

    @property
    def mH(self) -> Tensor:
        """Conjugate-transposed matrices."""
        return self.mT if self.dtype is dtypes.bool else elementwise.conj(self.mT)

    @property
    def real(self) -> Tensor:
        """The real part, as a view; of booleans, which `arrayad.real` refuses, the tensor itself."""
        return self if self.dtype is dtypes.bool else elementwise.real(self)

    @real.setter
    def real(self, value: Values) -> None:
        self.real[...] = value

    @property
    def imag(self) -> Tensor:
        """The imaginary part, as a view."""
        try:
            return elementwise.imag(self)
        except TypeError as error:
            raise NoSuchPartError(str(error)) from None

    @imag.setter
    def imag(self, value: Values) -> None:
        elementwise.imag(self)[...] = value

    @property
    def is_cuda(self) -> builtins.bool:
        """Whether the memory is on a GPU."""
        return self.device.type == "cuda"

    # --- differentiation ---

    @property
    def requires_grad(self) -> builtins.bool:
        """Whether operations on the tensor are recorded; can be set on a leaf."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: builtins.bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: builtins.bool = True) -> Tensor:
        """Make the tensor a leaf that gets a gradient, or stop it from being one; returns the tensor itself.

        Raises
        ------
        TypeError
            If `requires_grad` is not a boolean.
        RuntimeError
            For an integer or boolean dtype, or if `requires_grad` is False for a computed tensor.
        """
        requires_grad = flag_of(requires_grad, "requires_grad_", "requires_grad")
        if requires_grad is None:
            raise TypeError("requires_grad_(): requires_grad must be a bool, not NoneType")
        if requires_grad and self._node is None:
            require_grad(self, "requires_grad_")
        elif not requires_grad and self._node is not None:
            if not isinstance(self._node, Leaf):
                raise RuntimeError(
                    "requires_grad_(): only leaf tensors can be made to not require grad; use detach() for one that does not"
                )
            self._leaf, self._node = self._node, None
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient accumulated by backward; None before."""
        grad = getattr(self, "_grad", None)
        if grad is None and not self.is_leaf and retaining(self._node) is not self:  # type: ignore[arg-type]  # of no leaf
            warnings.warn(
                "grad: this tensor was computed, and backward() adds up the gradients of leaves only. Call retain_grad() "
                "on it first, or read the grad of the leaf it was computed from",
                stacklevel=2,
            )
        return grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if value is self:
                raise RuntimeError("grad: a tensor cannot be its own gradient; give it a clone()")
            _check_alike(self, value, "grad", " or None")
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operation that produced the tensor; None for a leaf."""
        node = self._node
        return None if isinstance(node, Leaf) else node

    @property
    def is_leaf(self) -> builtins.bool:
        """Whether the tensor is not the result of a recorded operation."""
        return self._node is None or isinstance(self._node, Leaf)

    @property
    def data(self) -> Tensor:
        """The tensor without history, sharing memory, as `detach` returns it; assigning copies values into the memory."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        _check_alike(self, value, "data")
        with no_grad():
            self.copy_(value)

    @property
    def _version(self) -> builtins.int:
        return 0 if self._storage is None else self._storage.version

    @property
    def _base(self) -> Tensor | None:
        return base_of(self)  # type: ignore[return-value]  # every TensorBase is a Tensor

    @property
    def is_view(self) -> builtins.bool:
        """Whether the tensor is a view of another tensor and shares its history."""
        return self._base is not None

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: builtins.bool | None = None,
        create_graph: builtins.bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Add the gradient of the tensor to the ``grad`` of the leaves it was computed from.

        Parameters
        ----------
        gradient : Tensor, optional
            The cotangent, of the tensor's shape; optional for a tensor of one element.
        retain_graph : bool, optional
            Keep what the tape saved, so that backward can be called again. Default: `create_graph`.
        create_graph : bool, optional
            Record the backward itself, so that gradients can be differentiated.
        inputs : Tensor or sequence of Tensor, optional
            Accumulate into the ``grad`` of these only.

        Raises
        ------
        RuntimeError
            If the tensor is not tracked, the cotangent is missing or has the wrong shape, or backward has freed the graph
            before.

        Examples
        --------
        >>> import arrayad as xp
        >>> x = xp.asarray([1.0, 2.0]).requires_grad_()
        >>> (x**3).sum().backward()
        >>> x.grad
        tensor([ 3., 12.])
        """
        engine.backward(self, [gradient], retain_graph, create_graph, inputs)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call a function with the gradient of the tensor in each backward, before it propagates further.

        Parameters
        ----------
        hook : callable
            Receives the gradient, and returns None or another gradient of its shape that replaces it.

        Returns
        -------
        RemovableHandle
            Its ``remove()`` removes the hook.

        Raises
        ------
        RuntimeError
            If the tensor does not require a gradient.

        Examples
        --------
        >>> import arrayad as xp
        >>> x = xp.ones(2, requires_grad=True)
        >>> handle = x.register_hook(lambda g: g * 10)
        >>> (x * 3).sum().backward()
        >>> x.grad
        tensor([30., 30.])
        """
        if self._node is None:
            raise RuntimeError("register_hook(): cannot register a hook on a tensor that doesn't require gradient")
        if not callable(hook):
            raise TypeError(f"register_hook(): hook must be a function of the gradient, not {type(hook).__name__}")
        return RemovableHandle(self._node, hook)

    def retain_grad(self) -> None:
        """Make backward accumulate the gradient into ``grad``, as it does for leaves.

        Raises
        ------
        RuntimeError
            If the tensor does not require a gradient.
        """
        if self._node is None:
            raise RuntimeError("retain_grad(): the tensor does not require grad")
        if isinstance(self._node, Leaf):
            return
        if self._node.hooks is None:
            self._node.hooks = {}
        self._node.hooks[RETAINED] = weakref.ref(self)

    def detach(self) -> Tensor:
        """Return a tensor without history that shares memory."""
        out: Tensor = make(self._array)
        alias(self, out, None)
        if out._array is not self._array:  # another thread's write has moved it meanwhile
            return self.detach()
        return out

    def detach_(self) -> Tensor:
        """Discard the history of the tensor; returns the tensor itself.

        Raises
        ------
        RuntimeError
            For a view, whose history belongs to its base.
        """
        if self._base is not None:
            raise RuntimeError("detach_(): a view cannot be detached in place, its history is its base's; use detach()")
        if self.is_leaf:
            return self.requires_grad_(False)
        self._node = None
        if (leaf := getattr(self, "_leaf", None)) is not None:
            leaf.hooks = None  # they belong to the leaf it was before it was computed
        return self

    # --- Python's protocols ---

    def __repr__(self) -> str:
        array = backend_of(self._array).to_numpy(self._array)
        dtype, place = self.dtype, self.device
        suffixes = [] if place.type == "cpu" else [f"device='{place}'"]
        if names_shape(array):
            suffixes.append(f"size={tuple(self.shape)}")
        default = dtypes.get_default_dtype()
        usual = {dtypes.int64, dtypes.bool, default, dtypes.COMPLEX_OF[default]}
        if dtype not in ({default} if array.size == 0 else usual):
            suffixes.append(f"dtype={dtype}")
        if self.grad_fn is not None:
            suffixes.append(f"grad_fn=<{self.grad_fn.name()}>")
        elif self.requires_grad:
            suffixes.append("requires_grad=True")
        return format_array(array, "tensor(", suffixes)

    def __format__(self, spec: str) -> str:
        # As in PyTorch: a 0-d tensor formats as its number; any other format of a larger tensor is an error, raised by
        # `object`.
        return object.__format__(self, spec) if self._array.shape else format(self.item(), spec)

    def item(self) -> Any:
        """The only element, as a Python number.

        Raises
        ------
        RuntimeError
            If there is not exactly one element.
        """
        if math.prod(self._array.shape) != 1:
            raise RuntimeError(
                f"item(): a Tensor with {math.prod(self._array.shape)} elements cannot be converted to Scalar"
            )
        return backend_of(self._array).to_numpy(self._array).item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return backend_of(self._array).to_numpy(self._array).tolist()

    def __bool__(self) -> builtins.bool:
        count = math.prod(self._array.shape)
        if count != 1:
            raise ValueError(f"Boolean value of Tensor with {count} values is ambiguous; use any() or all()")
        return builtins.bool(self.item())

    def _number(self, name: str) -> Any:
        """The only element, for conversion to a Python number."""
        if math.prod(self._array.shape) != 1:
            raise TypeError(f"{name}(): expected a Tensor of one element, got one of {math.prod(self._array.shape)}")
        return self.item()

    def __int__(self) -> builtins.int:
        return builtins.int(self._number("int"))

    def _number_noticed(self, name: str) -> Any:
        """The only element, with a warning that its history is lost, since this may happen deep inside a library."""
        number = self._number(name)
        if self._node is not None and recording():
            warnings.warn(
                f"{name}(): a tensor with requires_grad=True was converted to a number, which has no history: what is "
                "computed from it is not differentiated. If this is intended, use item(), or tensor.detach() first",
                stacklevel=3,
            )
        return number

    def __float__(self) -> builtins.float:
        return builtins.float(self._number_noticed("float"))

    def __complex__(self) -> complex:
        return complex(self._number_noticed("complex"))

    def __index__(self) -> builtins.int:
        if self._array.shape != () or self.dtype.kind not in "iu":
            raise TypeError("only 0-dimensional tensors of integers can be used as an index")
        return builtins.int(self.item())

    def __len__(self) -> builtins.int:
        if not self._array.shape:
            raise TypeError("len() of a 0-d tensor")
        return builtins.int(self._array.shape[0])

    def __iter__(self) -> Iterator[Tensor]:
        if not self._array.shape:
            raise TypeError("iteration over a 0-d tensor")
        return iter(manipulation.unstack(self))

    def __contains__(self, value: Tensor | complex) -> builtins.bool:
        return builtins.bool(utility.any(elementwise.equal(self, value)))

    def __reduce__(self) -> Any:
        if self.grad_fn is not None:
            raise RuntimeError("only leaf tensors can be pickled or deep-copied: a graph is not data. Use detach() first.")
        return _rebuild, (backend_of(self._array).to_numpy(self._array), str(self.device), self.requires_grad)

    def __deepcopy__(self, memo: dict[builtins.int, Any]) -> Tensor:
        rebuild, (array, place, requires_grad) = self.__reduce__()
        out = memo[id(self)] = rebuild(array.copy("K"), place, requires_grad)
        if self.grad is not None:
            out._grad = deepcopy(self.grad, memo)
        return out

    def __buffer__(self, flags: builtins.int, /) -> memoryview:
        # Python's buffer protocol, from 3.12 on.
        if self._node is not None:
            raise BufferError("__buffer__(): the Tensor requires grad, which the buffer loses. Use tensor.detach() first.")
        self._check_seen()
        array: Any = backend_of(self._array).to_numpy(self._array)
        view = memoryview(array)
        if sys.version_info >= (3, 12):
            view.__buffer__(flags).release()  # refuses flags that do not fit the memory before it is lent
        lend(self)
        array = backend_of(self._array).to_numpy(self._array)  # lending may have moved it
        return memoryview(array)

    def __release_buffer__(self, buffer: memoryview, /) -> None:
        buffer.release()
        give_back(self)

    __copy__ = creation.clone

    def copy(self) -> Tensor:
        """Return a copy with its history: NumPy's name for `clone`."""
        return creation.clone(self)

    def astype(self, dtype: DTypeLike | str, *, copy: builtins.bool = True) -> Tensor:
        """Return the values in another dtype: `arrayad.astype`, but dtypes may be names, as in NumPy's method."""
        wanted: Any = np.dtype(dtype) if isinstance(dtype, str) else dtype
        return data_types.astype(self, wanted, copy=copy)

    # --- other libraries ---

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, /, *inputs: Any, **kwargs: Any) -> Any:
        return numpy_protocols.array_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return numpy_protocols.array_function(func, types, args, kwargs)

    def __array_namespace__(self, /, *, api_version: str | None = None) -> Any:
        """Return the array API namespace that the tensor belongs to.

        Raises
        ------
        ValueError
            For an unknown version of the standard.
        """
        if api_version is not None and api_version not in _VERSIONS:
            raise ValueError(f"unsupported array API version {api_version!r}; there are {', '.join(_VERSIONS)}")
        return sys.modules["arrayad"]

    def numpy(self, *, force: builtins.bool = False) -> np.ndarray[Any, Any]:
        """Return a NumPy array that shares memory: a write to either is visible in the other.

        Parameters
        ----------
        force : bool, optional
            Also convert a tracked tensor, whose history is lost, and a tensor on another device, by a copy to the host.

        Raises
        ------
        RuntimeError
            For a tracked tensor while operations are recorded, unless forced.
        TypeError
            For a tensor on another device, unless forced.

        Examples
        --------
        >>> import arrayad as xp
        >>> x = xp.zeros(2)
        >>> x.numpy()[0] = 1
        >>> x
        tensor([1., 0.])
        """
        self._check_seen(force if force is False else flag_of(force, "numpy", "force"))
        if self.device.type == "cpu":
            export(self)
        array: Any = backend_of(self._array).to_numpy(self._array)
        # A separate object, since its owner may set its shape, dtype and flags.
        return array.view() if array is self._array else array

    def _check_seen(self, force: builtins.bool = False) -> None:
        """Refuse the conversion if NumPy would lose the history or cannot see the memory."""
        if self._node is not None and recording() and not force:
            raise RuntimeError(
                "numpy(): the Tensor requires grad. Use tensor.detach().numpy() instead, or numpy(force=True)."
            )
        if self.device.type != "cpu" and not force:
            raise TypeError(f"numpy(): the Tensor is on {self.device}. Use .cpu() first, or numpy(force=True).")

    def __array__(self, dtype: DTypeLike | None = None, copy: builtins.bool | None = None) -> np.ndarray[Any, Any]:
        if not copy and (dtype is None or self.dtype == np.dtype(dtype)):
            return self.numpy()
        if copy is False:
            raise ValueError("__array__(): another dtype requires a copy")
        self._check_seen()
        return backend_of(self._array).to_numpy(self._array).astype(dtype or self.dtype.dtype)

    def __dlpack__(
        self, /, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: builtins.bool | None = None
    ) -> Any:
        if self._node is not None:
            raise BufferError("__dlpack__(): the Tensor requires grad, which DLPack would lose. Use tensor.detach() first.")
        backend = backend_of(self._array)
        if not copy and min(backend.strides(self._array), default=0) < 0:
            # Not every consumer reads negative strides, and PyTorch 2.13 aborts the process on them.
            if copy is False:
                raise BufferError("__dlpack__(): memory with negative strides cannot be exported without a copy")
            copy = True
        # On another type of device it is a private copy, except for CUDA's managed memory, which both see.
        elsewhere = dl_device is not None and (own := self.__dlpack_device__()) != tuple(dl_device) and own[0] != 13
        if not copy and not elsewhere:
            export(self)
        return backend.to_dlpack(self._array, stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)

    def __dlpack_device__(self, /) -> tuple[Any, builtins.int]:
        return self._array.__dlpack_device__()

    # --- operators ---

    __abs__ = elementwise.abs
    __neg__ = elementwise.negative
    __pos__ = elementwise.positive
    __invert__ = elementwise.bitwise_invert

    __add__ = _operator(elementwise.add)
    __sub__ = _operator(elementwise.subtract)
    __mul__ = _operator(elementwise.multiply)
    __truediv__ = _operator(elementwise.divide)
    __floordiv__ = _operator(elementwise.floor_divide)
    __mod__ = _operator(elementwise.remainder)
    __pow__ = _operator(elementwise.pow)
    __matmul__ = _operator(linear_algebra.matmul)
    __and__ = _operator(elementwise.bitwise_and)
    __or__ = _operator(elementwise.bitwise_or)
    __xor__ = _operator(elementwise.bitwise_xor)
    __lshift__ = _operator(elementwise.bitwise_left_shift)
    __rshift__ = _operator(elementwise.bitwise_right_shift)
    if TYPE_CHECKING:  # `object` says that it returns a bool

        def __eq__(self, other: Operand, /) -> Tensor: ...  # type: ignore[override]  # it is elementwise
        def __ne__(self, other: Operand, /) -> Tensor: ...  # type: ignore[override]  # likewise

    else:
        __eq__ = _operator(elementwise.equal)
        __ne__ = _operator(elementwise.not_equal)
    __lt__ = _operator(elementwise.less)
    __le__ = _operator(elementwise.less_equal)
    __gt__ = _operator(elementwise.greater)
    __ge__ = _operator(elementwise.greater_equal)

    __radd__ = _reflected(elementwise.add)
    __rsub__ = _reflected(elementwise.subtract)
    __rmul__ = _reflected(elementwise.multiply)
    __rtruediv__ = _reflected(elementwise.divide)
    __rfloordiv__ = _reflected(elementwise.floor_divide)
    __rmod__ = _reflected(elementwise.remainder)
    __rpow__ = _reflected(elementwise.pow)
    __rmatmul__ = _reflected(linear_algebra.matmul)
    __rand__ = _reflected(elementwise.bitwise_and)
    __ror__ = _reflected(elementwise.bitwise_or)
    __rxor__ = _reflected(elementwise.bitwise_xor)
    __rlshift__ = _reflected(elementwise.bitwise_left_shift)
    __rrshift__ = _reflected(elementwise.bitwise_right_shift)

    __iadd__ = _in_place_operator(elementwise.add)
    __isub__ = _in_place_operator(elementwise.subtract)
    __imul__ = _in_place_operator(elementwise.multiply)
    __itruediv__ = _in_place_operator(elementwise.divide)
    __ifloordiv__ = _in_place_operator(elementwise.floor_divide)
    __imod__ = _in_place_operator(elementwise.remainder)
    __ipow__ = _in_place_operator(elementwise.pow)
    __imatmul__ = _in_place_operator(linear_algebra.matmul)
    __iand__ = _in_place_operator(elementwise.bitwise_and)
    __ior__ = _in_place_operator(elementwise.bitwise_or)
    __ixor__ = _in_place_operator(elementwise.bitwise_xor)
    __ilshift__ = _in_place_operator(elementwise.bitwise_left_shift)
    __irshift__ = _in_place_operator(elementwise.bitwise_right_shift)

    __getitem__ = indexing.getitem
    __setitem__ = indexing.setitem

    # --- device, dtype and copies ---

    def to_device(self, device: DeviceLike, /, *, stream: Any = None) -> Tensor:
        """Return the tensor on another device, with its history; the tensor itself if it is already there.

        Parameters
        ----------
        device : device or str
        stream : arrayad.cuda.Stream, optional
            The stream for the copy from or to a GPU. Default: the current one.

        Raises
        ------
        RuntimeError
            If the device is not available.
        """
        if stream is None:
            return data_types.transfer(self, device, name="to_device")
        if not hasattr(stream, "__enter__"):
            raise TypeError(f"to_device(): stream must be a Stream or None, got {stream!r}")
        with stream:
            return data_types.transfer(self, device, name="to_device")

    def to(
        self,
        *args: DTypeLike | DeviceLike | Tensor,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        non_blocking: builtins.bool = False,
        copy: builtins.bool = False,
    ) -> Tensor:
        """Return the tensor with another dtype, on another device, or like another tensor; itself if nothing changes.

        Parameters
        ----------
        *args : dtype, device, str or Tensor
            In any order.
        dtype : dtype, optional
        device : device, optional
        non_blocking : bool, optional
            Do not wait for the copy from the host to a GPU, which follows the work on the current stream. It overlaps with
            computation if the memory is pinned (`pin_memory`). A copy to the host always waits.
        copy : bool, optional
            Copy even if nothing changes.

        Examples
        --------
        >>> import arrayad as xp
        >>> xp.arange(2).to(xp.float64)
        tensor([0., 1.], dtype=arrayad.float64)
        """
        for arg in args:
            if isinstance(arg, builtins.bool):
                raise TypeError("to(): non_blocking and copy are given by name")
            of_arg: Any = (None, arg) if isinstance(arg, (str, Device)) else (arg, None)
            if isinstance(arg, Tensor):
                of_arg = arg.dtype, arg.device
            given: Any = (dtype, device)
            if any(new is not None and old is not None for new, old in zip(of_arg, given, strict=True)):
                raise TypeError(f"to(): {arg!r} conflicts with another dtype or device argument")
            dtype, device = (new if old is None else old for new, old in zip(of_arg, given, strict=True))
        if isinstance(device, str) and isinstance(getattr(dtypes, device, None), dtypes.DType):
            raise TypeError(f"to(): {device!r} is not a device; the dtype is arrayad.{device}")
        out = self if device is None else data_types.transfer(self, device, non_blocking=non_blocking)
        out = out if dtype is None else data_types.astype(out, data_types.dtype_of(dtype, "to"), copy=False)
        wanted = copy is not False and flag_of(copy, "to", "copy")
        return creation.clone(out) if wanted and out is self else out

    def cpu(self) -> Tensor:
        """Return the tensor in the host's memory."""
        return data_types.transfer(self, "cpu")

    def cuda(self, device: DeviceLike | builtins.int | None = None, non_blocking: builtins.bool = False) -> Tensor:
        """Return the tensor on a GPU: the current one, or the one given by index or as a device."""
        place = "cuda" if device is None else Device("cuda", device) if isinstance(device, int) else device
        return data_types.transfer(self, place, non_blocking=non_blocking, name="cuda")

    def pin_memory(self) -> Tensor:
        """Return a copy in page-locked host memory, from which copies to a GPU can overlap with computation.

        Returns
        -------
        Tensor
            On the CPU, without history; the tensor itself if its memory is already pinned.

        Raises
        ------
        RuntimeError
            If the tensor is not on the CPU, or there is no GPU.
        """
        return data_types.pin_memory(self)

    def is_pinned(self) -> builtins.bool:
        """Whether the tensor is in page-locked host memory."""
        return data_types.is_pinned(self)

    def type_as(self, other: Tensor) -> Tensor:
        """Return the tensor in the dtype of another."""
        data_types.check_tensor(other, "type_as", "other")
        return data_types.astype(self, other.dtype, copy=False)

    @overload
    def type(self, dtype: None = None) -> str: ...
    @overload
    def type(self, dtype: DTypeLike) -> Tensor: ...
    def type(self, dtype: DTypeLike | None = None) -> Any:
        """Return the tensor in a dtype; without one, PyTorch's name of its class, as ``"arrayad.FloatTensor"``."""
        if dtype is not None:
            return data_types.astype(self, data_types.dtype_of(dtype, "type"), copy=False)
        return f"arrayad.{'cuda.' if self.is_cuda else ''}{_CLASS_NAMES[self.dtype]}"

    def double(self) -> Tensor:
        """The tensor as float64."""
        return data_types.astype(self, dtypes.float64, copy=False)

    def long(self) -> Tensor:
        """The tensor as int64."""
        return data_types.astype(self, dtypes.int64, copy=False)

    def half(self) -> Tensor:
        """The tensor as float16."""
        return data_types.astype(self, dtypes.float16, copy=False)

    def short(self) -> Tensor:
        """The tensor as int16."""
        return data_types.astype(self, dtypes.int16, copy=False)

    def char(self) -> Tensor:
        """The tensor as int8."""
        return data_types.astype(self, dtypes.int8, copy=False)

    def byte(self) -> Tensor:
        """The tensor as uint8."""
        return data_types.astype(self, dtypes.uint8, copy=False)

    def cfloat(self) -> Tensor:
        """The tensor as complex64."""
        return data_types.astype(self, dtypes.complex64, copy=False)

    def cdouble(self) -> Tensor:
        """The tensor as complex128."""
        return data_types.astype(self, dtypes.complex128, copy=False)

    def float(self) -> Tensor:
        """The tensor as float32."""
        return data_types.astype(self, dtypes.float32, copy=False)

    def int(self) -> Tensor:
        """The tensor as int32."""
        return data_types.astype(self, dtypes.int32, copy=False)

    def bool(self) -> Tensor:
        """The tensor as booleans."""
        return data_types.astype(self, dtypes.bool, copy=False)

    clone = creation.clone

    def new_tensor(
        self,
        data: Any,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Return a tensor of data; defaults are this tensor's dtype and device, otherwise as `arrayad.tensor`."""
        return creation.tensor(data, **self._kind(dtype, device), requires_grad=requires_grad)

    def new_empty(
        self,
        *size: Sides,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Return an uninitialized tensor; defaults are this tensor's dtype and device, otherwise as `arrayad.empty`."""
        return creation.empty(_sizes(size), **self._kind(dtype, device), requires_grad=requires_grad)

    def new_zeros(
        self,
        *size: Sides,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Return zeros of a shape; defaults are this tensor's dtype and device, otherwise as `arrayad.zeros`."""
        return creation.zeros(_sizes(size), **self._kind(dtype, device), requires_grad=requires_grad)

    def new_ones(
        self,
        *size: Sides,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Return ones of a shape; defaults are this tensor's dtype and device, otherwise as `arrayad.ones`."""
        return creation.ones(_sizes(size), **self._kind(dtype, device), requires_grad=requires_grad)

    def new_full(
        self,
        size: Sides,
        fill_value: complex,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Return one value in a shape; defaults are this tensor's dtype and device, otherwise as `arrayad.full`."""
        return creation.full(size, fill_value, **self._kind(dtype, device), requires_grad=requires_grad)

    def _kind(self, dtype: Any, device: Any) -> dict[str, Any]:
        return {"dtype": self.dtype if dtype is None else dtype, "device": self.device if device is None else device}

    # --- memory ---

    def contiguous(self) -> Tensor:
        """Return the tensor with its elements in row-major order in memory; itself if they are already."""
        return self if self.is_contiguous() else creation.contiguous(self)

    def is_contiguous(self) -> builtins.bool:
        """Whether its elements are in row-major order in memory."""
        return backend_of(self._array).is_contiguous(self._array)

    @overload
    def stride(self, dim: None = None) -> tuple[builtins.int, ...]: ...
    @overload
    def stride(self, dim: builtins.int) -> builtins.int: ...
    def stride(self, dim: builtins.int | None = None) -> Any:
        """The steps in memory along each axis, or along one, in elements."""
        strides = backend_of(self._array).strides(self._array)
        return strides if dim is None else strides[axis_of(dim, self.ndim, "stride")]

    def storage_offset(self) -> builtins.int:
        """The index of its first element in its memory."""
        return backend_of(self._array).offset(self._array)

    def element_size(self) -> builtins.int:
        """The number of bytes of one element."""
        return self.itemsize

    def dim(self) -> builtins.int:
        """The number of axes."""
        return self.ndim

    numel = pytorch.numel
    nelement = pytorch.numel
    is_floating_point = pytorch.is_floating_point
    is_complex = pytorch.is_complex

    # --- shape ---

    def reshape(self, *shape: Sides, copy: builtins.bool | None = None) -> Tensor:
        """Return the same elements in another shape, given as a tuple or as several numbers; a view if possible."""
        sizes = _sizes(shape)
        return manipulation.reshape(self, sizes) if copy is None else manipulation.reshape(self, sizes, copy=copy)

    def view(self, *shape: Sides | DTypeLike) -> Tensor:
        """Return a view in another shape, given as a tuple or as several numbers, or of the memory read in another dtype.

        A view in another dtype is differentiable between complex numbers and their parts.

        Raises
        ------
        RuntimeError
            If the shape does not fit, or the memory layout does not allow it; `reshape` copies in that case.
        TypeError
            If the tensor is tracked and the dtype reinterprets its bits, which has no derivative.

        Examples
        --------
        >>> import arrayad as xp
        >>> xp.arange(4).view(2, -1)
        tensor([[0, 1],
                [2, 3]])
        """
        if len(shape) == 1 and (
            isinstance(shape[0], type) or not (isinstance(shape[0], (tuple, list)) or hasattr(shape[0], "__index__"))
        ):
            return data_types.view_dtype(self, shape[0])
        sizes = _sizes(shape)
        try:
            out = manipulation.reshape(self, sizes)
            # Whether it is a view is checked afterwards: 0.9 us less than `copy=False`, which refuses everything else.
            return manipulation.reshape(self, sizes, copy=False) if out._storage is None else out
        except TypeError:
            raise TypeError(f"view(): shape must be made of ints, got {sizes}") from None
        except ValueError:
            count, known = self.numel(), math.prod(n for n in sizes if n != -1)
            unknown = sizes.count(-1)
            fits = known > 0 and count % known == 0 if unknown else count == known
            if unknown > 1 or min(sizes, default=0) < -1 or not fits:
                raise RuntimeError(f"view(): shape {sizes} is invalid for input of size {count}") from None
            raise RuntimeError(
                f"view(): size {sizes} is not compatible with the tensor's size {tuple(self.shape)} and stride "
                f"{self.stride()} (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead."
            ) from None

    def view_as(self, other: Tensor) -> Tensor:
        """Return a view in the shape of another tensor."""
        data_types.check_tensor(other, "view_as", "other")
        return self.view(tuple(other.shape))

    def reshape_as(self, other: Tensor) -> Tensor:
        """Return the same elements in the shape of another tensor."""
        data_types.check_tensor(other, "reshape_as", "other")
        return manipulation.reshape(self, tuple(other.shape))

    def expand(self, *sizes: Sides) -> Tensor:
        """Return a view with axes of length 1 expanded and new axes in front; -1 keeps a length.

        Raises
        ------
        RuntimeError
            If another axis would have to change, or a new axis is given as -1.

        Examples
        --------
        >>> import arrayad as xp
        >>> xp.arange(2).expand(2, -1)
        tensor([[0, 1],
                [0, 1]])
        """
        wanted = _sizes(sizes)
        have = (-1,) * (len(wanted) - self.ndim) + tuple(self.shape)
        try:
            return manipulation.broadcast_to(self, tuple(h if n == -1 else n for n, h in zip(wanted, have, strict=True)))
        except ValueError:
            raise RuntimeError(f"expand(): sizes {wanted} do not fit a tensor of shape {tuple(self.shape)}") from None

    def expand_as(self, other: Tensor) -> Tensor:
        """Return a view expanded to the shape of another tensor."""
        data_types.check_tensor(other, "expand_as", "other")
        try:
            return manipulation.broadcast_to(self, tuple(other.shape))
        except ValueError:
            shapes = f"{tuple(self.shape)} cannot become {tuple(other.shape)}"
            raise ValueError(f"expand_as(): the shape {shapes}") from None

    def permute(self, *axes: Sides, dims: Sequence[builtins.int] | None = None) -> Tensor:
        """Return a view with its axes in another order, given as a tuple or as several numbers."""
        if axes and dims is not None:
            raise TypeError("permute(): multiple values for argument 'dims'")
        order = _sizes(axes if dims is None else (dims,))
        if len(order) != len(self._array.shape):
            raise ValueError(f"permute(): expected an order of all {self.ndim} axes of the tensor, got {order}")
        return manipulation.permute_dims(self, order)

    def squeeze(self, axis: Axes = None, *, dim: Axes = None) -> Tensor:
        """Return a view without axes of length 1: all of them, or those named that have length 1."""
        if axis is not None and dim is not None:
            raise TypeError("squeeze(): multiple values for argument 'dim'")
        named, shape = dim if axis is None else axis, self._array.shape
        axes: Any = range(len(shape))
        if named is not None:
            given = named if isinstance(named, (tuple, list)) else (named,)
            axes = [axis_of(a, len(shape), "squeeze") for a in given]
        return manipulation.squeeze(self, tuple([a for a in axes if shape[a] == 1]))

    def ravel(self, order: str = "C") -> Tensor:
        """Join all axes into one: a view if possible. In NumPy's other orders only for a contiguous tensor."""
        of_numpy: Any = np.ravel  # it dispatches to the tensor; NumPy's stubs only accept arrays
        return pytorch.ravel(self) if order == "C" else of_numpy(self, order)

    def tile(self, *repetitions: Sides) -> Tensor:
        """Return the tensor tiled along its axes."""
        return manipulation.tile(self, _sizes(repetitions))

    flatten = pytorch.flatten
    unsqueeze = pytorch.unsqueeze
    transpose = pytorch.transpose
    swapaxes = pytorch.swapaxes
    t = pytorch.t
    unbind = pytorch.unbind
    split = pytorch.split
    chunk = pytorch.chunk

    def flip(self, *dims: Sides, **axis: Axis) -> Tensor:
        """Reverse the elements along axes, given as a tuple or as several numbers, or along all."""
        return manipulation.flip(self, axis=_sizes(dims), **axis) if dims else manipulation.flip(self, **axis)

    def roll(self, shift: builtins.int | tuple[builtins.int, ...], axis: Axes = None, **named: Any) -> Tensor:
        """Shift the elements along axes, by one shift per axis, or through all of them."""
        return manipulation.roll(self, shift, **(named if axis is None else {"axis": axis, **named}))

    diag_embed = pytorch.diag_embed
    diagonal = pytorch.diagonal

    def diag(self, diagonal: builtins.int = 0) -> Tensor:
        """Return a diagonal of a matrix, or a matrix with a vector on its diagonal."""
        return numerical.diag(self, diagonal)

    def tril(self, diagonal: builtins.int = 0) -> Tensor:
        """Return the lower triangle of matrices, with zeros above a diagonal."""
        return creation.tril(self, k=diagonal)

    def triu(self, diagonal: builtins.int = 0) -> Tensor:
        """Return the upper triangle of matrices, with zeros below a diagonal."""
        return creation.triu(self, k=diagonal)

    def unfold(self, dimension: builtins.int, size: builtins.int, step: builtins.int) -> Tensor:
        """Return windows along an axis, in a new last axis; a copy, unlike PyTorch's view. Differentiable.

        Parameters
        ----------
        dimension : int
            The axis; in the result it counts the windows.
        size, step : int
            The length of a window, and the distance between the starts of two.

        Raises
        ------
        ValueError
            If no window fits.

        Examples
        --------
        >>> import arrayad as xp
        >>> xp.arange(5).unfold(0, 3, 2)
        tensor([[0, 1, 2],
                [2, 3, 4]])
        """
        return pytorch_indexing.unfold(self, dimension, size, step)

    repeat = manipulation.repeat
    moveaxis = manipulation.moveaxis
    movedim = manipulation.moveaxis

    # --- indexing ---

    def take(
        self,
        indices: Any,
        axis: builtins.int | None = None,
        *,
        dim: builtins.int | None = None,
        mode: Literal["raise", "wrap", "clip"] = "raise",
    ) -> Tensor:
        """Return `arrayad.take`; for an integer, a list or a NumPy array, or with a mode, what NumPy's method returns."""
        if axis is not None and dim is not None:
            raise TypeError("take(): 'dim' and 'axis' are the same argument; give one")
        axis = dim if axis is None else axis
        if mode == "raise" and (axis is not None or isinstance(indices, TensorBase)):
            return indexing.take(self, creation.convert(indices, None, None, None, "take"), axis=axis)
        out: Tensor = _of_numpy["numpy.take"](self, indices, axis, mode=mode)
        return out

    index_select = pytorch_indexing.index_select
    gather = pytorch_indexing.gather
    scatter = pytorch_indexing.scatter
    scatter_add = pytorch_indexing.scatter_add
    narrow = pytorch_indexing.narrow
    select = pytorch_indexing.select
    unflatten = pytorch.unflatten
    repeat_interleave = pytorch.repeat_interleave
    argwhere = pytorch_indexing.argwhere
    index_add = pytorch_indexing.index_add
    index_copy = pytorch_indexing.index_copy
    index_fill = pytorch_indexing.index_fill
    masked_fill = pytorch_indexing.masked_fill
    masked_select = pytorch_indexing.masked_select
    nonzero = searching.nonzero
    take_along_dim = pytorch_indexing.take_along_dim
    topk = pytorch_indexing.topk
    unique = pytorch_indexing.unique

    def where(self, condition: Tensor, other: Tensor | complex) -> Tensor:
        """Return its elements where a condition is true, another's elsewhere."""
        return searching.where(condition, self, other)

    # --- elementwise ---

    def add(self, other: Tensor | complex, /, *, alpha: complex = 1) -> Tensor:
        """`arrayad.add`, with PyTorch's factor of the second term."""
        return elementwise.add(self, other if alpha == 1 else _times(self, other, alpha))

    def subtract(self, other: Tensor | complex, /, *, alpha: complex = 1) -> Tensor:
        """`arrayad.subtract`, with PyTorch's factor of the second term."""
        return elementwise.subtract(self, other if alpha == 1 else _times(self, other, alpha))

    abs = elementwise.abs
    absolute = elementwise.abs
    acos = elementwise.acos
    acosh = elementwise.acosh
    addcdiv = pytorch.addcdiv
    addcmul = pytorch.addcmul
    allclose = beyond.allclose
    angle = beyond.angle
    arccos = elementwise.acos
    arccosh = elementwise.acosh
    arcsin = elementwise.asin
    arcsinh = elementwise.asinh
    arctan = elementwise.atan
    arctan2 = elementwise.atan2
    arctanh = elementwise.atanh
    asin = elementwise.asin
    asinh = elementwise.asinh
    atan = elementwise.atan
    atan2 = elementwise.atan2
    atanh = elementwise.atanh
    bitwise_and = elementwise.bitwise_and
    bitwise_left_shift = elementwise.bitwise_left_shift
    bitwise_not = elementwise.bitwise_invert
    bitwise_or = elementwise.bitwise_or
    bitwise_right_shift = elementwise.bitwise_right_shift
    bitwise_xor = elementwise.bitwise_xor
    ceil = elementwise.ceil
    clamp = pytorch.clamp
    clamp_max = pytorch.clamp_max
    clamp_min = pytorch.clamp_min
    clip = elementwise.clip
    conj = elementwise.conj
    conjugate = elementwise.conj
    copysign = elementwise.copysign
    cos = elementwise.cos
    cosh = elementwise.cosh
    deg2rad = pytorch.deg2rad
    digamma = special.digamma
    div = pytorch.div
    divide = elementwise.divide
    eq = elementwise.equal
    erf = special.erf
    erfc = special.erfc
    erfinv = special.erfinv
    exp = elementwise.exp
    expm1 = elementwise.expm1
    fix = elementwise.trunc
    floor = elementwise.floor
    floor_divide = elementwise.floor_divide
    fmod = beyond.fmod
    frac = beyond.frac
    ge = elementwise.greater_equal
    greater = elementwise.greater
    greater_equal = elementwise.greater_equal
    gt = elementwise.greater
    hypot = elementwise.hypot
    isclose = beyond.isclose
    isfinite = elementwise.isfinite
    isinf = elementwise.isinf
    isnan = elementwise.isnan
    le = elementwise.less_equal
    lerp = pytorch.lerp
    less = elementwise.less
    less_equal = elementwise.less_equal
    lgamma = special.gammaln
    log = elementwise.log
    log10 = elementwise.log10
    log1p = elementwise.log1p
    log2 = elementwise.log2
    logaddexp = elementwise.logaddexp
    logical_and = elementwise.logical_and
    logical_not = elementwise.logical_not
    logical_or = elementwise.logical_or
    logical_xor = elementwise.logical_xor
    logit = special.logit
    lt = elementwise.less
    maximum = elementwise.maximum
    minimum = elementwise.minimum
    mul = elementwise.multiply
    multiply = elementwise.multiply
    nan_to_num = beyond.nan_to_num
    ne = elementwise.not_equal
    neg = elementwise.negative
    negative = elementwise.negative
    nextafter = elementwise.nextafter
    not_equal = elementwise.not_equal
    positive = elementwise.positive
    pow = elementwise.pow
    rad2deg = pytorch.rad2deg
    reciprocal = elementwise.reciprocal
    relu = beyond.relu
    remainder = elementwise.remainder

    def round(self, decimals: builtins.int = 0) -> Tensor:
        """Round each element to the nearest integer, or to a number of decimals."""
        decimals = integer_of(decimals, "round", "decimals")
        return _of_numpy["numpy.round"](self, decimals) if decimals else elementwise.round(self)

    rsqrt = pytorch.rsqrt
    sgn = elementwise.sign
    sigmoid = special.expit
    sign = elementwise.sign
    signbit = elementwise.signbit
    sin = elementwise.sin
    sinc = special.sinc
    sinh = elementwise.sinh
    sqrt = elementwise.sqrt
    square = elementwise.square
    sub = subtract
    tan = elementwise.tan
    tanh = elementwise.tanh
    true_divide = elementwise.divide
    trunc = elementwise.trunc
    xlogy = special.xlogy

    # --- reductions, searching and sorting ---

    all = _along_axis(utility.all, _reduced)
    amax = _known(pytorch.amax, _reduced)
    amin = _known(pytorch.amin, _reduced)
    aminmax = pytorch.aminmax
    any = _along_axis(utility.any, _reduced)
    argmax = _along_axis(searching.argmax, _reduced)
    argmin = _along_axis(searching.argmin, _reduced)
    argsort = _along_axis(sorting.argsort, _sorted)
    bincount = numerical.bincount
    corrcoef = numerical.corrcoef
    count_nonzero = _along_axis(searching.count_nonzero, _reduced)
    cov = numerical.cov
    cumprod = _known(pytorch.cumprod, _cumulated)
    cumsum = _known(pytorch.cumsum, _cumulated)
    diff = utility.diff
    histc = numerical.histc
    log_softmax = _known(beyond.log_softmax, _normed)
    logsumexp = _known(beyond.logsumexp, _reduced)
    max = _along_axis(statistical.max, _reduced)
    mean = _along_axis(_mean, _summed)
    median = _along_axis(numerical.median, _reduced)
    min = _along_axis(statistical.min, _reduced)
    nanmean = _known(pytorch.nanmean, _reduced)
    nansum = _known(pytorch.nansum, _reduced)
    prod = _along_axis(statistical.prod, _summed)
    sort = _along_axis(sorting.sort, _sorted)

    def searchsorted(self, v: Any, side: Literal["left", "right"] = "left", sorter: Any = None) -> Tensor:
        """Find where to insert values into a sorted tensor, as NumPy's method: `arrayad.searchsorted`."""
        out: Tensor = _of_numpy["numpy.searchsorted"](self, v, side, sorter)
        return out

    def quantile(
        self, q: Tensor | builtins.float, axis: Axes = None, keepdims: builtins.bool | None = None, **named: Any
    ) -> Tensor:
        """`arrayad.quantile`, with axis and keepdims also by position."""
        given: Any = {name: value for name, value in (("axis", axis), ("keepdims", keepdims)) if value is not None}
        return numerical.quantile(self, q, **given, **named)

    softmax = _known(beyond.softmax, _normed)
    std = _along_axis(statistical.std, _varied)
    sum = _along_axis(statistical.sum, _summed)
    var = _along_axis(statistical.var, _varied)

    # --- linear algebra ---

    addmm = pytorch.addmm
    addmv = pytorch.addmv
    baddbmm = pytorch.baddbmm
    bmm = pytorch.bmm
    cross = linear_algebra.cross
    det = linear_algebra.det
    dist = pytorch.dist
    dot = pytorch.dot
    ger = linear_algebra.outer
    inner = pytorch.inner
    inverse = linear_algebra.inv
    kron = beyond.kron
    logdet = pytorch.logdet
    matmul = linear_algebra.matmul
    matrix_power = linear_algebra.matrix_power
    mm = pytorch.mm
    mv = pytorch.mv
    norm = pytorch.norm
    outer = linear_algebra.outer
    pinverse = linear_algebra.pinv
    slogdet = linear_algebra.slogdet
    trace = linear_algebra.trace
    vdot = pytorch.vdot
    vecdot = linear_algebra.vecdot

    # --- in place ---

    def add_(self, other: Tensor | complex, /, *, alpha: complex = 1) -> Tensor:
        """`add` in place; returns the tensor itself."""
        return _add_in_place(self, other if alpha == 1 else _times(self, other, alpha))

    def sub_(self, other: Tensor | complex, /, *, alpha: complex = 1) -> Tensor:
        """`sub` in place; returns the tensor itself."""
        return _sub_in_place(self, other if alpha == 1 else _times(self, other, alpha))

    def subtract_(self, other: Tensor | complex, /, *, alpha: complex = 1) -> Tensor:
        """`subtract` in place; returns the tensor itself."""
        return _subtract_in_place(self, other if alpha == 1 else _times(self, other, alpha))

    def div_(self, other: Tensor | complex, /, *, rounding_mode: Literal["floor", "trunc"] | None = None) -> Tensor:
        """`div` in place; returns the tensor itself."""
        if rounding_mode is None:
            return _div_in_place(self, other)
        return _rounded_in_place(self, other, rounding_mode=rounding_mode)

    abs_ = _in_place(elementwise.abs)
    absolute_ = _in_place(elementwise.abs, "absolute_")
    acos_ = _in_place(elementwise.acos)
    acosh_ = _in_place(elementwise.acosh)
    addcdiv_ = pytorch.addcdiv_
    addcmul_ = pytorch.addcmul_
    addmm_ = _in_place(pytorch.addmm)
    asin_ = _in_place(elementwise.asin)
    asinh_ = _in_place(elementwise.asinh)
    atan_ = _in_place(elementwise.atan)
    atan2_ = _in_place(elementwise.atan2)
    atanh_ = _in_place(elementwise.atanh)
    bitwise_and_ = _in_place(elementwise.bitwise_and)
    bitwise_left_shift_ = _in_place(elementwise.bitwise_left_shift)
    bitwise_not_ = _in_place(elementwise.bitwise_invert, "bitwise_not_")
    bitwise_or_ = _in_place(elementwise.bitwise_or)
    bitwise_right_shift_ = _in_place(elementwise.bitwise_right_shift)
    bitwise_xor_ = _in_place(elementwise.bitwise_xor)
    ceil_ = _in_place(elementwise.ceil)
    clamp_ = _in_place(pytorch.clamp)
    clamp_max_ = _in_place(pytorch.clamp_max)
    clamp_min_ = _in_place(pytorch.clamp_min)
    clip_ = _in_place(elementwise.clip)
    conj_ = _in_place(elementwise.conj)
    copysign_ = _in_place(elementwise.copysign)
    cos_ = _in_place(elementwise.cos)
    cosh_ = _in_place(elementwise.cosh)
    cumprod_ = _in_place(cumprod, "cumprod_")
    cumsum_ = _in_place(cumsum, "cumsum_")
    deg2rad_ = _in_place(pytorch.deg2rad)
    digamma_ = _in_place(special.digamma)
    divide_ = _in_place(elementwise.divide)
    eq_ = _in_place(elementwise.equal, "eq_")
    erf_ = _in_place(special.erf)
    erfc_ = _in_place(special.erfc)
    erfinv_ = _in_place(special.erfinv)
    exp_ = _in_place(elementwise.exp)
    expm1_ = _in_place(elementwise.expm1)
    fix_ = _in_place(elementwise.trunc, "fix_")
    floor_ = _in_place(elementwise.floor)
    floor_divide_ = _in_place(elementwise.floor_divide)
    fmod_ = _in_place(beyond.fmod)
    frac_ = _in_place(beyond.frac)
    ge_ = _in_place(elementwise.greater_equal, "ge_")
    gt_ = _in_place(elementwise.greater, "gt_")
    hypot_ = _in_place(elementwise.hypot)
    index_add_ = pytorch_indexing.index_add_
    index_copy_ = pytorch_indexing.index_copy_
    index_fill_ = pytorch_indexing.index_fill_
    le_ = _in_place(elementwise.less_equal, "le_")
    lerp_ = _in_place(pytorch.lerp)
    lgamma_ = _in_place(special.gammaln, "lgamma_")
    log_ = _in_place(elementwise.log)
    log10_ = _in_place(elementwise.log10)
    log1p_ = _in_place(elementwise.log1p)
    log2_ = _in_place(elementwise.log2)
    logaddexp_ = _in_place(elementwise.logaddexp)
    logical_and_ = _in_place(elementwise.logical_and)
    logical_not_ = _in_place(elementwise.logical_not)
    logical_or_ = _in_place(elementwise.logical_or)
    logical_xor_ = _in_place(elementwise.logical_xor)
    logit_ = _in_place(special.logit)
    lt_ = _in_place(elementwise.less, "lt_")
    masked_fill_ = _in_place(pytorch_indexing.masked_fill)
    maximum_ = _in_place(elementwise.maximum)
    minimum_ = _in_place(elementwise.minimum)
    mul_ = _in_place(elementwise.multiply, "mul_")
    multiply_ = _in_place(elementwise.multiply)
    nan_to_num_ = _in_place(beyond.nan_to_num)
    ne_ = _in_place(elementwise.not_equal, "ne_")
    neg_ = _in_place(elementwise.negative, "neg_")
    negative_ = _in_place(elementwise.negative)
    pow_ = _in_place(elementwise.pow)
    rad2deg_ = _in_place(pytorch.rad2deg)
    reciprocal_ = _in_place(elementwise.reciprocal)
    relu_ = _in_place(beyond.relu)
    remainder_ = _in_place(elementwise.remainder)
    round_ = _in_place(elementwise.round)
    rsqrt_ = _in_place(pytorch.rsqrt)
    scatter_ = pytorch_indexing.scatter_
    scatter_add_ = pytorch_indexing.scatter_add_
    sgn_ = _in_place(elementwise.sign, "sgn_")
    sigmoid_ = _in_place(special.expit, "sigmoid_")
    sign_ = _in_place(elementwise.sign)
    sin_ = _in_place(elementwise.sin)
    sinc_ = _in_place(special.sinc)
    sinh_ = _in_place(elementwise.sinh)
    sqrt_ = _in_place(elementwise.sqrt)
    square_ = _in_place(elementwise.square)
    tan_ = _in_place(elementwise.tan)
    tanh_ = _in_place(elementwise.tanh)
    tril_ = _in_place(tril)
    triu_ = _in_place(triu)
    true_divide_ = _in_place(elementwise.divide, "true_divide_")
    trunc_ = _in_place(elementwise.trunc)
    xlogy_ = _in_place(special.xlogy)

    squeeze_ = _view_in_place(squeeze)
    swapaxes_ = _view_in_place(pytorch.swapaxes)
    t_ = _view_in_place(pytorch.t)
    transpose_ = _view_in_place(pytorch.transpose)
    unsqueeze_ = _view_in_place(pytorch.unsqueeze)

    def fill_(self, value: Tensor | complex) -> Tensor:
        """Set every element to a number or a 0-d tensor; returns the tensor itself."""
        if isinstance(value, TensorBase) and value._array.shape:
            shape = tuple(value._array.shape)
            raise RuntimeError(f"fill_(): value must be a number or a 0-dimensional tensor, got one of shape {shape}")
        indexing.setitem(self, ..., value, "fill_")
        return self

    def zero_(self) -> Tensor:
        """Set every element to 0; returns the tensor itself."""
        indexing.setitem(self, ..., 0, "zero_")
        return self

    def copy_(self, other: Values) -> Tensor:
        """Copy another tensor's elements, broadcast, cast and moved to its device; returns the tensor itself."""
        if isinstance(other, np.ndarray):
            other = creation.asarray(other)
        if isinstance(other, TensorBase) and apart(other._array, self._array):
            other = data_types.transfer(other, self.device, name="copy_")
        indexing.setitem(self, ..., other, "copy_")
        return self

    fill_diagonal_ = pytorch_indexing.fill_diagonal_
    bernoulli_ = random_numbers.bernoulli_
    exponential_ = random_numbers.exponential_
    random_ = random_numbers.random_
    uniform_ = random_numbers.uniform_
    normal_ = random_numbers.normal_


TensorBase._class = Tensor

_CLASS_NAMES = {
    dtypes.bool: "BoolTensor", dtypes.uint8: "ByteTensor", dtypes.int8: "CharTensor", dtypes.int16: "ShortTensor",
    dtypes.int32: "IntTensor", dtypes.int64: "LongTensor", dtypes.float16: "HalfTensor", dtypes.float32: "FloatTensor",
    dtypes.float64: "DoubleTensor", dtypes.complex64: "ComplexFloatTensor", dtypes.complex128: "ComplexDoubleTensor",
    dtypes.uint16: "UInt16Tensor", dtypes.uint32: "UInt32Tensor", dtypes.uint64: "UInt64Tensor",
}  # fmt: skip


class RemovableHandle:
    """A registered hook; `remove` removes it."""

    def __init__(self, node: Node, hook: Callable[[Tensor], Tensor | None]) -> None:
        if node.hooks is None:
            node.hooks = {}
        self._key = next(sequence)
        self._hooks = node.hooks  # shared with the new node that a leaf gets when its form changes
        self._hooks[self._key] = hook

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove the hook; calling it again does nothing."""
        self._hooks.pop(self._key, None)


class Flat:
    """The elements of a tensor in row-major order, for reading, writing and iterating."""

    def __init__(self, x: Tensor) -> None:
        self._x = x

    def __len__(self) -> int:
        return self._x.numel()

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._x.ravel())

    def __getitem__(self, key: Key) -> Tensor:
        return self._x.ravel()[key]

    def __setitem__(self, key: Key, value: Values) -> None:
        if self._x.is_contiguous():
            self._x.view(-1)[key] = value
            return
        elements = self._x.ravel()  # a copy
        elements[key] = value
        self._x[...] = elements.reshape(self._x.shape)


def _check_alike(x: Tensor, value: Tensor, name: str, other: str = "") -> None:
    """Refuse a value for an attribute of a tensor that is not a Tensor of its shape, dtype and device."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a Tensor{other}, not {type(value).__name__}")
    if value.shape != x.shape or value.dtype != x.dtype or value.device != x.device:
        raise RuntimeError(
            f"{name} must have the shape, dtype and device of the tensor, {tuple(x.shape)} {x.dtype} on {x.device}; got "
            f"{tuple(value.shape)} {value.dtype} on {value.device}"
        )


def _rebuild(array: np.ndarray[Any, Any], place: str, requires_grad: bool) -> Tensor:
    """Rebuild a tensor from its pickle, on the memory of the array in it."""
    backend, raw = creation.place_of(place, "load")
    array = np.asarray(array)  # joblib returns large ones as ``numpy.memmap``
    return creation.finish(backend.from_numpy(array, raw), requires_grad, "tensor")
