"""Custom differentiable functions, as PyTorch's ``torch.autograd.Function``."""

from __future__ import annotations

import functools
import inspect
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from .modes import no_grad, recording
from .mutation import check_writeable, rebase, tensors_on
from .tape import MultiNode, Node, Output, TensorBase, another, make, node_of_several
from ..backends import backend_of
from ..dtypes import from_raw
from ..size import broadcasts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..backends import Namespace
    from ..devices import device as Device
    from ..tensor import Tensor

_F = TypeVar("_F", bound="Callable[..., Any]")

__all__ = ["Function", "FunctionContext", "once_differentiable"]


class FunctionContext:
    """Holds what a `Function` passes from its forward to its backward.

    Attributes
    ----------
    needs_input_grad : tuple of bool
        Whether each argument of forward needs a gradient.
    """

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._to_save: tuple[Any, ...] = ()
        self._node: weakref.ref[MultiNode] | None = None
        self._not_differentiable: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._materialize = True
        self._is_tensor: tuple[bool, ...] = ()  # for each result

    if TYPE_CHECKING:  # for attributes that forward sets for backward

        def __getattr__(self, name: str, /) -> Any: ...

        def __setattr__(self, name: str, value: Any, /) -> None: ...

    def save_for_backward(self, *tensors: TensorBase | None) -> None:
        """Save tensors, arguments or results of forward, for backward; None is saved as None."""
        _tensors("save_for_backward", [x for x in tensors if x is not None])
        self._to_save = tensors

    def mark_non_differentiable(self, *outputs: TensorBase) -> None:
        """Mark results that have no gradient."""
        self._not_differentiable = _tensors("mark_non_differentiable", outputs)

    def mark_dirty(self, *inputs: TensorBase) -> None:
        """Mark arguments that forward wrote to; forward has to return them."""
        self._dirty = _tensors("mark_dirty", inputs)

    def set_materialize_grads(self, value: bool) -> None:
        """Set whether backward receives zeros, and not None, for results that were not used."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Tensor, ...]:
        """The tensors passed to `save_for_backward`, with their history."""
        if self._node is None:  # nothing is recorded
            return self._to_save
        node = self._node()
        if node is None or node.saved is None:
            raise RuntimeError("saved_tensors: what was saved for backward was dropped with the graph, or by backward")
        saved: list[Any] = []
        for entry in node.saved:
            if entry is None:
                saved.append(None)
                continue
            array, edge, output = entry
            if output is not None:
                edge = node.outputs[output]() or Output(node, output, array)
            saved.append(make(array, edge))
        return tuple(saved)


def _tensors(name: str, given: Any) -> Any:
    for x in given:
        if not isinstance(x, TensorBase):
            raise TypeError(f"{name}(): expected Tensors, got {type(x).__name__}")
    return given


class _Rule:
    """The reverse rule of one call of a custom function: its ``backward``."""

    at = ()

    def __init__(self, function: type[Function], context: FunctionContext, places: tuple[Device | None, ...]) -> None:
        self.owner = function
        self.context = context
        self.places = places  # of the tracked arguments

    def function(self, xp: Namespace, g: list[Any]) -> list[Any]:
        """Call ``backward`` on Tensors, whether the engine uses raw arrays or Tensors."""
        node: Any = self.context._node and self.context._node()  # the engine keeps it alive
        recorded = any(isinstance(part, TensorBase) for part in g)
        # The engine's cotangents may be a backend's scalars, which are not arrays.
        seeds: list[Any] = [None if part is None else another(part) if recorded else make(xp.as_array(part)) for part in g]
        if self.context._materialize:
            like = next(part for part in seeds if part is not None)._array
            backend = backend_of(like)
            for i, part in enumerate(seeds):
                if part is None:
                    seeds[i] = make(backend.zeros(node.shape[i], dtype=node.dtype[i], device=like.device))
        given = self.owner.backward(self.context, *_spread(self.context._is_tensor, seeds))
        parts = list(given) if isinstance(given, tuple) else [given]
        while len(parts) > len(node.edges) and parts[-1] is None:
            parts.pop()
        if len(parts) != len(node.edges):
            raise RuntimeError(
                f"{self.owner.__name__}.backward gave {len(parts)} gradients; its forward has {len(node.edges)} arguments"
            )
        for i, (part, edge, place) in enumerate(zip(parts, node.edges, self.places, strict=True)):
            if part is not None and not isinstance(part, TensorBase):
                raise TypeError(f"{self.owner.__name__}.backward must give Tensors or None, not {type(part).__name__}")
            tensor: Any = part  # the type checker narrows it to TensorBase, which has no device
            if part is not None and place is not None and tensor.device != place:
                raise RuntimeError(
                    f"{self.owner.__name__}.backward gave an invalid gradient at index {i}: it is on {tensor.device}, and "
                    f"the argument is on {place}"
                )
            if part is not None and edge is not None and not broadcasts(edge.shape, part._array.shape):
                raise RuntimeError(
                    f"{self.owner.__name__}.backward gave an invalid gradient at index {i}: got shape "
                    f"{tuple(part._array.shape)}, and the argument has {tuple(edge.shape)}"
                )
        kept = [None if part is None else another(part) for part in parts]
        return kept if recorded else [None if part is None else part._array for part in kept]

    def push(self, tangents: list[Any]) -> tuple[Any, ...] | None:
        """The tangents of the results by the function's ``jvp``, if it has one."""
        if self.owner.jvp is Function.jvp:
            return None
        given = self.owner.jvp(self.context, *[None if t is None else another(t) for t in tangents])
        parts = given if isinstance(given, tuple) else (given,)
        if len(parts) != len(self.context._is_tensor):
            count = len(self.context._is_tensor)
            raise RuntimeError(f"{self.owner.__name__}.jvp gave {len(parts)} tangents; its forward has {count} results")
        given = [part for part, is_tensor in zip(parts, self.context._is_tensor, strict=True) if is_tensor]
        return tuple([another(part) if isinstance(part, TensorBase) else part for part in given])


def _spread(places: Sequence[bool], values: Sequence[Any]) -> list[Any]:
    """Distribute values to the marked places in order, with None at the others."""
    each = iter(values)
    return [next(each) if is_marked else None for is_marked in places]


class _Call:
    """One call of a custom function, both as the plan of its node and as the operation of that plan."""

    sequence = apart = True  # its one rule returns the cotangents of all inputs
    used = None  # which entries it uses is unknown
    conjugate = repeats = False
    tangent = None
    inputs = ()
    out = False

    def __init__(self, function: type[Function], context: FunctionContext, places: tuple[Device | None, ...]) -> None:
        self.keeps = bool(context._to_save)
        self.rules = (_Rule(function, context, places),)
        self.kind = "custom"
        self.name = f"{function.__name__}Backward"

    @property
    def op(self) -> _Call:
        """Itself, as a property: an attribute would be a reference cycle, which keeps alive what the node holds."""
        return self


class Function:
    """A function with its own backward.

    A subclass defines these static methods: ``forward(ctx, *args)``, or ``forward(*args)`` and ``setup_context(ctx, inputs,
    output)``; ``backward(ctx, *grad_outputs)``, which returns as many gradients as forward has arguments (None for those
    that are not tensors or need none) and receives None for results that are not tensors; and optionally ``jvp(ctx,
    *tangents)`` for forward mode. Call the function with `apply`. With ``create_graph=True`` backward is itself recorded. If
    a call is recorded, a result that shares memory with an argument or any other tensor is returned as a copy, unless it is
    marked dirty or not differentiable.

    Examples
    --------
    >>> import arrayad as xp
    >>> class Cube(xp.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x**2
    >>> x = xp.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result: a Tensor, or a tuple of Tensors and other objects. Nothing is recorded."""
        raise NotImplementedError("a Function needs a static method forward(ctx, *args)")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Save what backward needs, for a ``forward(*args)`` without `ctx`."""

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any, **kwargs: Any) -> Any:
        """Compute the gradients of the arguments."""
        raise NotImplementedError("a Function needs a static method backward(ctx, *grad_outputs)")

    @staticmethod
    def jvp(ctx: Any, *tangents: Any, **kwargs: Any) -> Any:
        """Compute the tangents of the results; without it, forward mode transposes ``backward``."""
        raise NotImplementedError("this Function has no jvp(ctx, *tangents)")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call the function, and record the call if an argument is tracked.

        Keyword arguments and defaults are passed to ``forward`` by position.
        """
        if kwargs:
            args = _placed(cls, args, kwargs)
        context = FunctionContext(tuple(isinstance(x, TensorBase) and x._node is not None for x in args))
        tracked = recording() and any(context.needs_input_grad)
        edges = tuple(x._node if isinstance(x, TensorBase) else None for x in args)
        with no_grad():
            if cls.setup_context is Function.setup_context:
                given = cls.forward(context, *args)
            else:
                given = cls.forward(*args)
                cls.setup_context(context, args, given)
        parts = given if isinstance(given, tuple) else (given,)
        context._is_tensor = tuple([isinstance(part, TensorBase) for part in parts])
        if not (any(context._is_tensor) if isinstance(given, tuple) else context._is_tensor[0]):
            raise TypeError(f"{cls.__name__}.forward must give a Tensor, or a tuple with one in it")
        if not all(any(x is part for part in parts) for x in context._dirty):
            raise RuntimeError(f"{cls.__name__}.forward must give what it marked as dirty")
        results = [part for part in parts if isinstance(part, TensorBase)]
        if tracked:
            for x in context._dirty:
                check_writeable(x, cls.__name__)  # after forward, as in PyTorch
            results = _record(cls, context, args, edges, results)
        else:
            results = [out if any(out is x for x in context._dirty) else _unrecorded(out, args) for out in results]
        tensors = _spread(context._is_tensor, results)
        parts = tuple([y if y is not None else part for y, part in zip(tensors, parts, strict=True)])
        return parts if isinstance(given, tuple) else parts[0]


def _placed(cls: type[Function], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """All arguments of a call by position, in the order of ``forward``."""
    before = (None,) if cls.setup_context is Function.setup_context else ()  # stands for the context
    try:
        bound = inspect.signature(cls.forward).bind(*before, *args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{cls.__name__}.apply(): {error}") from None
    if bound.kwargs:
        raise TypeError(f"{cls.__name__}.apply(): forward takes {', '.join(bound.kwargs)} by name only, which has no place")
    bound.apply_defaults()
    return bound.args[len(before) :]


def _record(
    cls: type[Function], context: FunctionContext, args: tuple[Any, ...], edges: tuple[Node | None, ...], results: list[Any]
) -> list[Any]:
    """Record the call of a custom function; returns its results for the caller."""
    places = tuple([None if edge is None else x.device for x, edge in zip(args, edges, strict=True)])
    call = _Call(cls, context, places)  # it has the attributes of a Plan
    node, outputs = node_of_several(call, edges, None, [out._array for out in results])
    context._node = weakref.ref(node)

    saved: list[Any] = []
    for x in context._to_save:
        if x is None:
            saved.append(None)
            continue
        as_output = next((i for i, out in enumerate(results) if out is x), None)
        as_input = next((i for i, arg in enumerate(args) if arg is x), None)
        edge = x._node if as_input is None else edges[as_input]
        saved.append((x._array, edge, as_output))
    context._to_save = ()
    node.saved = tuple(saved)

    for i, out in enumerate(results):
        dirty = any(out is x for x in context._dirty)
        if any(out is x for x in context._not_differentiable) or from_raw[out._array.dtype].kind not in "fc":
            results[i] = out if dirty else _unrecorded(out, args)
            continue
        if dirty:
            rebase(out, outputs[i])
            continue
        # A result that shares memory with another tensor, such as an argument or a view of one, is copied: otherwise an
        # in-place write to one of them would have to pass through the function to be in the history of the other.
        if any(out is x for x in args) or len(tensors_on(out)) > 1:
            results[i] = make(backend_of(out._array).asarray(out._array, copy=True))
        results[i]._node = outputs[i]
    context._dirty = context._not_differentiable = ()  # their histories refer to the context: a reference cycle
    return results


def _unrecorded(out: Any, args: tuple[Any, ...]) -> Any:
    """A result without a gradient: for an argument, which keeps its own history, another tensor that shares its memory."""
    return out.detach() if any(out is x for x in args) else out


def once_differentiable(backward: _F) -> _F:
    """Mark a ``backward`` that cannot itself be differentiated: differentiating it raises an error.

    Parameters
    ----------
    backward : callable
        Of a `Function`.
    """

    @functools.wraps(backward)
    def once(ctx: Any, *grad_outputs: Any) -> Any:
        with no_grad():
            given = backward(ctx, *grad_outputs)
        if not recording():
            return given
        parts = given if isinstance(given, tuple) else (given,)
        known = (*grad_outputs, *ctx.saved_tensors)  # the gradient may depend on these
        return tuple(None if part is None else _Once.apply(part, *known) for part in parts)

    return once  # type: ignore[return-value]  # the same signature, which a TypeVar cannot say


class _Once(Function):
    """The identity, for a gradient that must not be differentiated again."""

    @staticmethod
    def forward(ctx: Any, part: Any, *_: Any) -> Any:
        return make(part._array)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise RuntimeError(
            "trying to differentiate twice a function that is marked with once_differentiable; forward mode differentiates "
            "its backward, too, unless the Function has a jvp(ctx, *tangents)"
        )
