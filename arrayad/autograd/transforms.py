"""Functional transforms: from functions of containers of tensors to their derivatives. They can be nested.

Arguments and results may be any nesting of dicts, lists, tuples and named tuples of tensors (optree's PyTrees).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, TypeVarTuple, overload

from . import engine
from .calls import check_devices
from .engine import zeros_like
from .forward import push_forward
from .modes import enable_grad, recording, set_grad_enabled
from .tape import Leaf, TensorBase, another, make, namespace_of_tensors, require_grad, sequence
from ..backends import backend_of
from ..dtypes import NUMBERS, from_raw

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")
Ts = TypeVarTuple("Ts")

__all__ = [
    "grad",
    "grad_and_value",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linearize",
    "value_and_grad",
    "vjp",
]


def _flatten(tree: Any, what: str) -> tuple[list[Any], Any]:
    """Return the tensors of a container, in order, and a function that builds a container like it."""
    import optree  # here: it would cost `import arrayad` a fifth

    leaves, form = optree.tree_flatten(tree)
    for leaf in leaves:
        if not isinstance(leaf, TensorBase):
            convert = "; convert it with asarray() first" if isinstance(leaf, NUMBERS) or hasattr(leaf, "__array__") else ""
            raise TypeError(f"{what} must be Tensors, in any containers; got {type(leaf).__name__}{convert}")
    return leaves, form


def _build(form: Any, leaves: Any) -> Any:
    return form.unflatten(list(leaves))


def _check_callable(name: str, func: Any) -> None:
    """Raise TypeError if `func` is not a function, before anything is done with it."""
    if not callable(func):
        raise TypeError(f"{name}(): expected a function, got {type(func).__name__}")


class _Trace:
    """A recorded run of a function: its inputs as the start of the tape, and its outputs."""

    def __init__(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], has_aux: bool = False) -> None:
        _check_callable(name, function)
        given, self.form = _flatten(args, f"{name}(): the arguments")
        self.begun = next(sequence)
        # Each transform is a separate level: tracked inputs are cloned, so outer transforms see through, and others become
        # leaves.
        with enable_grad():
            self.inputs = [_start(name, x) for x in given]
            self.starts = [x._node for x in self.inputs]  # the function may detach its argument, by detach_()
            # The function may write to a non-leaf, which would then have another history.
            out = function(*_build(self.form, [x if isinstance(x._node, Leaf) else another(x) for x in self.inputs]))
        self.aux: Any = None
        if has_aux:
            if not isinstance(out, tuple) or len(out) != 2:
                raise TypeError(f"{name}(): with has_aux=True the function must give (output, aux)")
            out, self.aux = out
        self.outputs, self.out_form = _flatten(out, f"{name}(): the function's results")
        # Whether an outer transform, or a later backward, may ask for derivatives of the results.
        self.outer = _reaches_before(self.begun, self.outputs)

    def value(self) -> Any:
        """The outputs, with the history of outer transforms only."""
        outer = recording() and self.outer
        return _build(self.out_form, [_plain(x, outer) for x in self.outputs])

    def beside(self) -> Any:
        """The function's auxiliary result, likewise without this level's history; it may be any object."""
        import optree  # as in `_flatten`

        leaves, form = optree.tree_flatten(self.aux)
        tensors = [x for x in leaves if isinstance(x, TensorBase)]
        outer = recording() and (self.outer or _reaches_before(self.begun, tensors))
        return form.unflatten([_plain(x, outer) if isinstance(x, TensorBase) else x for x in leaves])

    def pull_back(self, cotangents: list[Any]) -> list[Any]:
        """Compute the gradients of the inputs from cotangents of the outputs."""
        tracked = [(x, g) for x, g in zip(self.outputs, cotangents, strict=True) if x._node is not None]
        if not tracked:
            return [zeros_like(x) for x in self.inputs]
        outputs, seeds = zip(*tracked, strict=True)
        again = recording() and (self.outer or any(g is not None and g._node is not None for g in seeds))
        return list(engine.grad(outputs, self.inputs, seeds, retain_graph=True, create_graph=again, materialize_grads=True))

    def push(self, tangents: list[Any]) -> list[Any]:
        """Compute the tangents of the outputs from those of the inputs."""
        known = {
            node: t if t._array.dtype == x._array.dtype else namespace_of_tensors().astype(t, x.dtype)
            for node, x, t in zip(self.starts, self.inputs, tangents, strict=True)
        }
        # If the function changed the form of its argument (`become`), that is another leaf.
        known |= {x._node: known[start] for start, x in zip(self.starts, self.inputs, strict=True) if x._node is not None}
        again = recording() and (self.outer or any(t._node is not None for t in tangents))
        with set_grad_enabled(again):
            found = push_forward([x._node for x in self.outputs], known)
            return [zeros_like(x) if t is None else t for x, t in zip(self.outputs, found, strict=True)]


def _reaches_before(start: int, outputs: list[Any]) -> bool:
    """Whether some tensors depend on anything tracked that is older than a number in the order of nodes."""
    stack = [x._node for x in outputs]
    found: set[Any] = {None}
    while stack:
        node = stack.pop()
        if node in found:
            continue
        if node.sequence < start:
            return True
        found.add(node)
        stack.extend(node.edges)
    return False


def _plain(x: Any, outer: bool) -> Any:
    """Return a result that the user may write to, without history unless an outer transform needs it."""
    return another(x) if outer else x.detach()


def _start(name: str, x: Any) -> Any:
    if x._node is not None:
        return namespace_of_tensors().clone(x)
    start = make(x._array)
    require_grad(start, name)
    return start


def _same_form(name: str, tree: Any, form: Any, like: list[Any]) -> list[Any]:
    leaves, own = _flatten(tree, f"{name}()'s tangents and cotangents")
    if own != form:
        raise ValueError(f"{name}(): expected the structure {form}, got {own}")
    for x, y in zip(leaves, like, strict=True):
        if x._array.shape != y._array.shape:
            raise ValueError(f"{name}(): expected shape {tuple(y._array.shape)}, got {tuple(x._array.shape)}")
        check_devices(name, x, y)
        if from_raw[x._array.dtype].kind == "c" and from_raw[y._array.dtype].kind != "c":
            raise RuntimeError(f"{name}(): the tangent or cotangent of a real tensor must be real, and it is complex")
    return leaves


def _split(
    name: str, argnums: int | tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any], function: Callable[..., Any]
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return the function of the differentiated arguments only, and these arguments."""
    try:
        which = [range(len(args))[i] for i in ((argnums,) if isinstance(argnums, int) else argnums)]
    except IndexError:
        raise ValueError(f"{name}(): argnums {argnums} is out of range for {len(args)} arguments") from None
    except TypeError:
        raise TypeError(f"{name}(): argnums must be an int or a tuple of int, got {argnums!r}") from None
    if len(set(which)) < len(which):
        raise ValueError(f"{name}(): argnums {argnums} names an argument twice")

    def of_these(*these: Any) -> Any:
        everything = list(args)
        for i, value in zip(which, these, strict=True):
            everything[i] = value
        return function(*everything, **kwargs)

    return of_these, tuple(args[i] for i in which)


def _check_floating(name: str, outputs: list[Any]) -> None:
    for x in outputs:
        if from_raw[x._array.dtype].kind not in "fc":
            raise TypeError(f"{name}(): the function's results must be floating, to have a derivative; got {x.dtype}")


# To type checkers a gradient is Any: a type derived from the argument's would make them reject lambdas.
def value_and_grad(
    func: Callable[P, R], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[P, tuple[R, Any]]:
    """Return a function that computes the value of a scalar function and its gradient.

    Parameters
    ----------
    func : callable
        Returns a real Tensor of one element; with `has_aux`, a pair of that and any object.
    argnums : int or tuple of int, optional
        The positional arguments to differentiate with respect to, each a Tensor or container of Tensors.
    has_aux : bool, optional

    Returns
    -------
    callable
        Returns ``(value, gradient)``, or ``((value, aux), gradient)``. The gradient has the structure of the argument; for a
        tuple of `argnums` it is a tuple of these.

    Examples
    --------
    >>> import arrayad as xp
    >>> f = xp.func.value_and_grad(lambda w, x: xp.sum(w["a"] * x))
    >>> f({"a": xp.asarray([1.0, 2.0])}, xp.asarray([3.0, 4.0]))
    (tensor(11.), {'a': tensor([3., 4.])})
    """
    return _value_and_grad("value_and_grad", func, argnums, has_aux)


def _value_and_grad(
    name: str, func: Callable[P, R], argnums: int | tuple[int, ...], has_aux: bool
) -> Callable[P, tuple[R, Any]]:
    _check_callable(name, func)

    @functools.wraps(func)
    def transformed(*args: P.args, **kwargs: P.kwargs) -> tuple[Any, Any]:
        trace = _Trace(name, *_split(name, argnums, args, kwargs, func), has_aux)
        if len(trace.outputs) != 1 or trace.outputs[0].numel() != 1 or trace.outputs[0].dtype.kind == "c":
            raise RuntimeError(f"{name}(): the function must return one real Tensor of one element")
        _check_floating(name, trace.outputs)
        gradients = _build(trace.form, trace.pull_back([None]))
        gradients = gradients[0] if isinstance(argnums, int) else gradients
        return ((trace.value(), trace.beside()) if has_aux else trace.value()), gradients

    return transformed


def grad(func: Callable[P, Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable[P, Any]:
    """Return a function that computes the gradient of a scalar function.

    Parameters
    ----------
    func : callable
        Returns a real Tensor of one element; with `has_aux`, a pair of that and any object.
    argnums : int or tuple of int, optional
        The positional arguments to differentiate with respect to.
    has_aux : bool, optional
        If true, the new function returns ``(gradient, aux)``.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.func.grad(xp.func.grad(xp.sin))(xp.asarray(0.0))
    tensor(-0.)
    """
    return _grad("grad", func, argnums, has_aux)


def _grad(name: str, func: Callable[P, Any], argnums: int | tuple[int, ...], has_aux: bool = False) -> Callable[P, Any]:
    both = _value_and_grad(name, func, argnums, has_aux)

    @functools.wraps(func)
    def transformed(*args: P.args, **kwargs: P.kwargs) -> Any:
        value, gradients = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return transformed


def grad_and_value(
    func: Callable[P, R], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[P, tuple[Any, R]]:
    """`value_and_grad` in PyTorch's order: the gradient first."""
    both = _value_and_grad("grad_and_value", func, argnums, has_aux)

    @functools.wraps(func)
    def transformed(*args: P.args, **kwargs: P.kwargs) -> Any:
        value, gradients = both(*args, **kwargs)
        return gradients, value

    return transformed


@overload
def vjp(func: Callable[[*Ts], R], *primals: *Ts, has_aux: Literal[False] = False) -> tuple[R, Callable[[R], tuple[*Ts]]]: ...
@overload
def vjp(
    func: Callable[[*Ts], tuple[R, A]], *primals: *Ts, has_aux: Literal[True]
) -> tuple[R, Callable[[R], tuple[*Ts]], A]: ...
def vjp(func: Callable[[*Ts], Any], *primals: *Ts, has_aux: bool = False) -> Any:
    """Return the value of a function, and a function that pulls cotangents of it back to its arguments.

    Parameters
    ----------
    func : callable
    *primals
        The arguments: Tensors or containers of Tensors.
    has_aux : bool, optional
        The function returns a pair of its value and any object.

    Returns
    -------
    value
    pull_back : callable
        Takes a cotangent with the structure of the value and returns the tuple of those of the arguments; may be called
        repeatedly.
    aux
        Only with `has_aux`.

    Examples
    --------
    >>> import arrayad as xp
    >>> value, pull_back = xp.func.vjp(xp.exp, xp.zeros(2))
    >>> pull_back(xp.asarray([1.0, 2.0]))
    (tensor([1., 2.]),)
    """
    trace = _Trace("vjp", func, primals, has_aux)

    def pull_back(cotangent: Any) -> Any:
        return _build(trace.form, trace.pull_back(_same_form("vjp", cotangent, trace.out_form, trace.outputs)))

    return (trace.value(), pull_back, trace.beside()) if has_aux else (trace.value(), pull_back)


def linearize(func: Callable[[*Ts], R], *primals: *Ts) -> tuple[R, Callable[[*Ts], R]]:
    """Return the value of a function, and its derivative at that point as a linear function.

    Parameters
    ----------
    func : callable
    *primals
        The arguments: Tensors or containers of Tensors.

    Returns
    -------
    value
    push : callable
        Takes tangents with the structure of the arguments and returns the tangent of the value, by replaying the trace; may
        be called repeatedly.

    Examples
    --------
    >>> import arrayad as xp
    >>> value, push = xp.func.linearize(xp.exp, xp.zeros(2))
    >>> push(xp.asarray([1.0, 2.0]))
    tensor([1., 2.])
    """
    return _linearize("linearize", func, primals)


def _linearize(name: str, func: Callable[[*Ts], R], primals: tuple[*Ts]) -> tuple[R, Callable[[*Ts], R]]:
    trace = _Trace(name, func, primals)

    def push(*tangents: *Ts) -> Any:
        return _build(trace.out_form, trace.push(_same_form(name, tangents, trace.form, trace.inputs)))

    return trace.value(), push


def jvp(func: Callable[[*Ts], R], primals: tuple[*Ts], tangents: tuple[*Ts]) -> tuple[R, R]:
    """Return the value of a function and its derivative along a direction.

    Parameters
    ----------
    func : callable
    primals, tangents : tuple
        The arguments, and the direction, of the same structure.

    Returns
    -------
    value, tangent

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.func.jvp(xp.sin, (xp.zeros(2),), (xp.asarray([1.0, 2.0]),))
    (tensor([0., 0.]), tensor([1., 2.]))
    """
    value, push = _linearize("jvp", func, _arguments("jvp", primals))
    return value, push(*_arguments("jvp", tangents))


def _arguments(name: str, given: Any) -> tuple[Any, ...]:
    if not isinstance(given, (tuple, list)):
        raise TypeError(
            f"{name}(): primals and tangents must be tuples with an entry for each argument; got {type(given).__name__}"
        )
    return tuple(given)


def _basis(x: Any) -> list[Any]:
    """The unit tensors of the shape of `x`."""
    a = x._array
    xp = backend_of(a)
    size = x.numel()
    rows = xp.eye(size, dtype=a.dtype, device=a.device)
    return [make(xp.reshape(rows[i, ...], a.shape)) for i in range(size)]


def _directions(tensors: list[Any], k: int) -> list[list[Any]]:
    """For each unit tensor of the shape of one of several tensors, a list of it and zeros for the others."""
    return [[unit if i == k else zeros_like(x) for i, x in enumerate(tensors)] for unit in _basis(tensors[k])]


def _assembled(name: str, rows: list[list[Any]], along: Any, others: list[Any], last: bool) -> list[Any]:
    """Arrange derivatives of several tensors along the unit tensors of one as Jacobians, with its axes last or first."""
    functions = namespace_of_tensors()
    if not rows and others:
        raise ValueError(f"{name}(): an argument or result has no elements")
    blocks = []
    for j, other in enumerate(others):
        stacked = functions.stack([row[j] for row in rows], axis=-1 if last else 0)
        shape = (*other.shape, *along.shape) if last else (*along.shape, *other.shape)
        blocks.append(functions.reshape(stacked, shape))
    return blocks


def _by_rows(name: str, trace: _Trace) -> list[list[Any]]:
    """The Jacobians of each output, one for each input, by reverse mode."""
    return [
        _assembled(name, [trace.pull_back(seeds) for seeds in _directions(trace.outputs, k)], out, trace.inputs, False)
        for k, out in enumerate(trace.outputs)
    ]


def _by_columns(name: str, trace: _Trace) -> list[list[Any]]:
    """The same, by forward mode."""
    by_input = [
        _assembled(name, [trace.push(tangents) for tangents in _directions(trace.inputs, k)], x, trace.outputs, True)
        for k, x in enumerate(trace.inputs)
    ]
    return [[blocks[j] for blocks in by_input] for j in range(len(trace.outputs))]


def _jacobian(
    name: str,
    func: Callable[P, Any],
    argnums: int | tuple[int, ...],
    has_aux: bool,
    by: Callable[[str, _Trace], list[list[Any]]],
) -> Callable[P, Any]:
    _check_callable(name, func)

    @functools.wraps(func)
    def transformed(*args: P.args, **kwargs: P.kwargs) -> Any:
        trace = _Trace(name, *_split(name, argnums, args, kwargs, func), has_aux)
        _check_floating(name, trace.outputs)
        for x in (*trace.inputs, *trace.outputs):
            if from_raw[x._array.dtype].kind == "c":
                raise RuntimeError(
                    f"{name}(): arguments and results must be real, since complex ones have no such derivative; take real() "
                    "and imag()"
                )
        found = [_build(trace.form, blocks) for blocks in by(name, trace)]
        jacobian = _build(trace.out_form, [of[0] for of in found] if isinstance(argnums, int) else found)
        return (jacobian, trace.beside()) if has_aux else jacobian

    return transformed


def jacrev(func: Callable[P, Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable[P, Any]:
    """Return a function that computes the Jacobian by reverse mode: one backward for each element of the result.

    Parameters
    ----------
    func : callable
    argnums : int or tuple of int, optional
        The positional arguments to differentiate with respect to.
    has_aux : bool, optional
        The function returns a pair of its result and any object; the new function then returns ``(jacobian, aux)``.

    Returns
    -------
    callable
        Returns, for each tensor of the result, a container with the structure of the argument, whose Tensors have the shape
        of the result followed by that of the argument.

    Raises
    ------
    RuntimeError
        For a complex argument or result.
    ValueError
        For an argument or result without elements.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.func.jacrev(lambda x: x * x)(xp.asarray([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    return _jacobian("jacrev", func, argnums, has_aux, _by_rows)


def jacfwd(func: Callable[P, Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable[P, Any]:
    """Return a function that computes the Jacobian by forward mode: one replay for each element of the argument.

    Parameters
    ----------
    func : callable
    argnums : int or tuple of int, optional
        The positional arguments to differentiate with respect to.
    has_aux : bool, optional
        As for `jacrev`.

    Returns
    -------
    callable
        As for `jacrev`.

    Raises
    ------
    RuntimeError, ValueError
        As for `jacrev`.
    """
    return _jacobian("jacfwd", func, argnums, has_aux, _by_columns)


jacobian = jacrev


def hessian(func: Callable[P, Any], argnums: int | tuple[int, ...] = 0) -> Callable[P, Any]:
    """Return a function that computes the Hessian of a scalar function: the gradient's Jacobian, by reverse mode.

    Parameters
    ----------
    func : callable
        Returns a real Tensor of one element.
    argnums : int or tuple of int, optional
        The positional arguments to differentiate with respect to.

    Notes
    -----
    Each row is a backward through the gradient, which takes a half to a fifth of the time of propagating a tangent through
    all of its rules. For a single product with the Hessian use `hvp`, which runs forward mode over the gradient.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.func.hessian(lambda x: xp.sum(x**3))(xp.asarray([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return _jacobian("hessian", _grad("hessian", func, argnums), argnums, False, _by_rows)


def hvp(func: Callable[[*Ts], Any], primals: tuple[*Ts], tangents: tuple[*Ts]) -> tuple[tuple[*Ts], tuple[*Ts]]:
    """Return the gradient of a scalar function, and its Hessian times a direction: forward over reverse.

    Parameters
    ----------
    func : callable
        Returns a real Tensor of one element.
    primals, tangents : tuple
        The arguments, and the direction, of the same structure.

    Returns
    -------
    gradient, product : tuple
        One for each argument.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.func.hvp(lambda x: xp.sum(x**3), (xp.asarray([1.0, 2.0]),), (xp.asarray([1.0, 0.0]),))
    ((tensor([ 3., 12.]),), (tensor([6., 0.]),))
    """
    primals = _arguments("hvp", primals)
    gradient, push = _linearize("hvp", _grad("hvp", func, tuple(range(len(primals)))), primals)
    return gradient, push(*_arguments("hvp", tangents))
