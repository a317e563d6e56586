"""Declaring an operation: signature, docstring, forward and rules in one place.

A declaration is a function with the standard's signature under one of this module's decorators::

    @elementwise(takes=FLOATING, x=lambda xp, g, out: g * out)
    def exp(x: Tensor, /) -> Tensor:
        \"\"\"Exponential of each element.\"\"\"


    @linear(x=lambda xp, g, x_shape, axis, keepdims: spread(xp, g, x_shape, axis, keepdims))
    def sum(xp: Namespace, x: Tensor, /, *, axis: Axis = None, ...) -> Tensor:
        \"\"\"Sum over axes.\"\"\"
        return xp.sum(x, axis=axis, ...)

The decorated function sees raw arrays and their backend `xp`; the decorator returns the public function, over Tensors, with
the same signature without `xp`. An elementwise function is its backend's function of the same name, so its body is only its
docstring; so is that of any function under `of_backend`. Parameters whose annotation names ``Tensor`` may be tensors.

A rule is ``lambda xp, g, ...``: from the cotangent `g` of the output it computes that of the parameter it is named by. The
names of its further parameters say what the tape saves: parameters of the operation, or ``out``. In the rule of a parameter
``x`` the name ``x_shape`` is its shape, and ``x_transposed`` whether `matrix_transpose` produced it; nothing is saved for
these. Rules are array-API code over `xp`, which is the backend in an ordinary backward and `arrayad.functions` when the
backward is itself recorded.

The engine, not the rule, sums over broadcast axes, casts to the input's dtype, takes the real part for a real input and, for
the holomorphic kinds, conjugates (PyTorch's convention: the gradient of a real loss is ``dL/dRe + i dL/dIm``).
"""

from __future__ import annotations

import copy
import functools
import inspect
import math
import re
import sys
from typing import TYPE_CHECKING, Any, Concatenate, Literal, NamedTuple, NoReturn, ParamSpec, TypeVar

from .calls import REFUSALS, REQUIRED, apart, call_path, fixed, two_devices
from .modes import recording
from .tape import TensorBase, namespace_of_tensors
from .. import dtypes
from ..arguments import flag_of
from ..backends import Array, Namespace, attributes, backend_of, backend_of_type
from ..dtypes import NUMBERS, RANK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .tape import Node, Step

__all__ = [
    "ANY",
    "COMPLEX",
    "FLOATING",
    "FLOATING_ONLY",
    "INTEGER",
    "INTEGER_OR_BOOLEAN",
    "NUMERIC",
    "NUMERIC_OR_BOOLEAN",
    "REAL",
    "REAL_FLOATING",
    "REAL_FLOATING_ONLY",
    "REAL_OR_BOOLEAN",
    "SHAPE",
    "Operation",
    "Plan",
    "Rule",
    "composite",
    "differentiable",
    "elementwise",
    "linear",
    "multilinear",
    "named",
    "not_differentiable",
    "of_backend",
    "public",
]

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound="Callable[..., Any]")
Kind = Literal[
    "elementwise",
    "linear",
    "multilinear",
    "differentiable",
    "composite",
    "custom",  # a call of a user's Function, in place of an operation
    "not differentiable",
]


class Takes(NamedTuple):
    """The dtypes that an operation accepts."""

    kinds: str  # the letters of `DType.kind` that it accepts unchanged
    words: str  # for an error message
    casts_integers: bool = False  # integers and booleans become the default floating dtype


ANY = Takes("biufc", "any")
NUMERIC_OR_BOOLEAN = Takes("biufc", "numeric or boolean")
NUMERIC = Takes("iufc", "numeric")
REAL = Takes("iuf", "real-valued")
REAL_OR_BOOLEAN = Takes("biuf", "real-valued or boolean")
# Integers are cast as in PyTorch, where the standard is silent, except where both refuse them, as for a mean.
FLOATING = Takes("fc", "floating point or complex", casts_integers=True)
FLOATING_ONLY = Takes("fc", "either floating point or complex")
REAL_FLOATING = Takes("f", "real-valued floating", casts_integers=True)
REAL_FLOATING_ONLY = Takes("f", "real-valued floating point")
COMPLEX = Takes("c", "complex")
INTEGER = Takes("iu", "integer")
INTEGER_OR_BOOLEAN = Takes("biu", "integer or boolean")

# Rules for used entries by parameter; "rules" where the derivative rules only move entries, and so serve.
UsedRules = dict[str, "Callable[..., Any]"] | Literal["rules"] | None

# Stand for the index of a saved value: the rule asks for what its node knows without saving it.
SHAPE, TRANSPOSED = -1, -2


class Rule:
    """The derivative with respect to one parameter."""

    __slots__ = ("add", "at", "function", "names", "only", "pair", "spend")

    add: Callable[..., Any] | None  # adds the cotangent in place to an existing one
    spend: Callable[..., Any] | None  # overwrites a cotangent that nothing else holds, and returns it
    # The indices of its arguments in what a node saved; SHAPE and TRANSPOSED come from the node that produced the parameter.
    at: tuple[int, ...]
    only: int | None  # the only index, if there is one and it is a saved one
    pair: tuple[int, int] | None  # the two indices, if there are two

    def __init__(self, function: Callable[..., Any], op: Operation, parameter: str) -> None:
        code = inspect.unwrap(function).__code__
        self.function = function
        self.add = self.spend = None
        self.names = code.co_varnames[2 : code.co_argcount]
        places = {name: i for i, name in enumerate(op.layout)}
        if not op.sequence:
            places[f"{parameter}_shape"] = SHAPE
            places[f"{parameter}_transposed"] = TRANSPOSED
        for name in self.names:
            if name not in places:
                raise TypeError(
                    f"{op.name}: the rule of {parameter!r} asks for {name!r}, which is none of {', '.join(places)}"
                )
        self.at = tuple([places[name] for name in self.names])
        self.only = self.at[0] if len(self.at) == 1 and self.at[0] >= 0 else None
        self.pair = (self.at[0], self.at[1]) if len(self.at) == 2 else None

    def arguments(self, saved: tuple[Any, ...], edge: Node | None) -> list[Any]:
        """The arguments of the rule, from what a node saved and from the node that produced the parameter."""
        node: Any = edge  # rules apply only to parameters with a node
        return [saved[i] if i >= 0 else node.shape if i == SHAPE else node.transposed for i in self.at]


class Plan:
    """What a node keeps, given which of its inputs need a gradient."""

    __slots__ = ("arguments", "defaults", "inputs", "keeps", "name", "op", "out", "rules", "wanted")

    wanted: tuple[bool, ...]  # for each parameter and the output: whether it is kept; otherwise `saved` has a None there
    inputs: tuple[int, ...]  # indices of the tensor inputs that are kept
    out: bool  # whether the output is kept
    keeps: bool  # whether any array is kept, which backward then drops
    arguments: tuple[int, ...]  # indices of the parameters that are kept
    defaults: list[Any]  # by layout, what is kept of a call with tensors only: the defaults of the other arguments
    rules: tuple[tuple[int, Rule], ...]  # edge index and rule
    name: str

    def __init__(self, op: Operation, needs: tuple[bool, ...]) -> None:
        self.op = op
        self.name = op.grad_name
        self.rules = tuple((i, rule) for i, rule in enumerate(op.rules) if needs[i] and rule is not None)
        names = {name for _, rule in self.rules for name in rule.names}
        if op.tangent is not None:
            names.update(op.tangent.names)
        elif op.repeats:
            names.update(
                name for name in op.parameters if name not in op.tensors or op.rules[op.tensors.index(name)] is None
            )
        self.wanted = tuple(name in names for name in (*op.parameters, "out"))
        self.inputs = tuple(i for i, name in enumerate(op.tensors) if name in names)
        self.out = "out" in names
        self.keeps = self.out or bool(self.inputs)
        self.arguments = tuple(i for i, name in enumerate(op.parameters) if name in names)
        self.defaults = [None] * len(op.layout)
        for i in self.arguments:
            if op.parameters[i] not in op.tensors:
                self.defaults[i] = op.defaults[i]

    def renamed(self, name: str) -> Plan:
        """The same plan under another name, for the last node of a composite operation."""
        plan = copy.copy(self)
        plan.name = name
        return plan


class _Plans(dict[tuple[bool, ...], Plan]):
    def __init__(self, op: Operation) -> None:
        self.op = op

    def __missing__(self, needs: tuple[bool, ...]) -> Plan:
        plan = self[needs] = Plan(self.op, (True,) if self.op.sequence else needs)
        return plan


class _Forwards(dict[type, "Callable[..., Any]"]):
    """Maps a raw array type to the operation's function on raw arrays of that type."""

    def __init__(self, op: Operation) -> None:
        self.op = op

    def __missing__(self, array_type: type) -> Callable[..., Any]:
        backend = backend_of_type(array_type)
        op = self.op
        if op.forward is not None:
            forward: Any = functools.partial(op.forward, backend)
        else:
            home = getattr(backend, op.namespace) if op.namespace else backend
            forward = getattr(home, op.name)
        known = getattr(backend, op.name) if op.alike else forward
        of_real = getattr(known, "of_real", known)
        if backend.use_device is not None:
            forward, known, of_real = [_on_device(f, backend, array_type) for f in (forward, known, of_real)]
        self[array_type] = forward
        op.known[array_type] = {raw: known if dtypes.from_raw[raw].kind == "c" else of_real for raw in op.native}
        return forward


_scalar = attributes["scalar"]
_NAMED = re.compile(r"^\w+\(\):? ")  # the name of an inner function, to be replaced by the one that was called


def _on_device(function: Callable[..., Any], backend: Namespace, array_type: type) -> Callable[..., Any]:
    """Wrap a function of raw arrays so that their device is current, for a backend that computes on a current device."""

    def call(*args: Any, **kwargs: Any) -> Any:
        arrays = []
        for x in (*args, *kwargs.values()):
            if isinstance(x, array_type):
                arrays.append(x)
            elif isinstance(x, (list, tuple)):  # several tensors, or the parts of a key
                arrays += [part for part in x if isinstance(part, array_type)]
        with backend.use_device(*arrays):
            return function(*args, **kwargs)

    call.nout = getattr(function, "nout", 0)  # type: ignore[attr-defined]  # of a ufunc, which `mutation.compute` looks for
    return call


_AXIS = "int | tuple[int, ...] | None"  # what `Axis` stands for in annotations

_OF_AXES = (("dim", "axis"), ("dims", "axis"), ("dim", "axes"), ("dims", "axes"), ("keepdim", "keepdims"))
# An alternative name for a parameter, and the parameter's own.
_SPELLINGS = (
    *_OF_AXES,
    *((ours, theirs) for theirs, ours in _OF_AXES),
    ("diagonal", "k"),
    ("shifts", "shift"),
    ("unbiased", "correction"),
    ("ddof", "correction"),
    ("steps", "num"),
    ("size", "shape"),
)


def _spellings(parameters: Sequence[str]) -> dict[str, str]:
    """A function's own parameter names by the alternative ones: PyTorch's or, for axes, the standard's."""
    return {other: own for other, own in _SPELLINGS if own in parameters and other not in parameters}


def _respell(name: str, spellings: dict[str, str], kwargs: dict[str, Any]) -> None:
    """Replace alternative names by a function's own; a list of axes becomes a tuple."""
    for other, own in spellings.items():
        if other in kwargs:
            if own in kwargs:
                raise TypeError(f"{name}(): {other!r} and {own!r} are the same argument; give one")
            value = kwargs.pop(other)
            kwargs[own] = tuple(value) if isinstance(value, list) else value


_SIGNATURE = re.compile(r"gufunc core with signature \S+ ")  # NumPy's notation, in messages about too few dimensions
_PLAINER = {  # clearer words for messages from Python and NumPy
    "tuple index out of range": "an axis is out of range",
    "Python int too large to convert to C long": "a number is out of bounds for the dtype",
}


def named(name: str, error: Exception) -> Exception:
    """Make an error of the same type that names the called function in place of an inner one."""
    text = _NAMED.sub("", str(error).rstrip())  # NumPy ends some with a space
    text = _SIGNATURE.sub("", _PLAINER.get(text, text))
    try:
        out = type(error)(f"{name}(): {text}")
    except TypeError:  # for types that cannot be made from a text, such as NumPy's own for casts
        out = TypeError(f"{name}(): {text}") if isinstance(error, TypeError) else error
    for note in getattr(error, "__notes__", ()):
        out.add_note(note)
    return out


def public(function: F) -> F:
    """Give a plain function what operations have: alternative argument names, and its own name in errors."""
    code, kinds = function.__code__, function.__annotations__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    spellings = _spellings(names)
    flags = [n for n in names if kinds.get(n, "").startswith("bool")]
    placed = [(i, n) for i, n in enumerate(names[: code.co_argcount]) if n in flags]
    by_name = "" if code.co_flags & inspect.CO_VARARGS else ", ".join(names[code.co_argcount :])

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            _respell(function.__name__, spellings, kwargs)
            for name in flags:
                if name in kwargs:
                    kwargs[name] = flag_of(kwargs[name], function.__name__, name)
        for i, name in placed:
            if i < len(args):
                flag_of(args[i], function.__name__, name)
        try:
            return function(*args, **kwargs)
        except (*REFUSALS, RuntimeError) as error:
            if by_name and len(args) > code.co_argcount:
                raise TypeError(f"{function.__name__}(): too many positional arguments; {by_name} only by name") from None
            raise named(function.__name__, error) from None

    return call  # type: ignore[return-value]  # functools.wraps forgets the signature


class Operation:
    """A declared operation.

    Attributes
    ----------
    name : str
        The public name.
    kind : str
        The decorator that declared it.
    parameters : tuple of str
        The parameters of the public signature.
    tensors : tuple of str
        The parameters that may be tensors.
    sequence : bool
        Whether the first of them is a sequence of tensors, as for `concat`; it is the only one then.
    optional, scalars : frozenset of str
        The members of `tensors` that may be None, and those that may be a Python number.
    kinds : dict of str to frozenset of str
        What each of the other parameters may be, as its annotation says: for ``int | None``, "int" and "None".
    layout : tuple of str
        The names that a rule may use, in the order of what a node saved.
    rules : tuple of Rule or None
        One for each name of `tensors`.
    tangent : Rule or None
        Computes the output's tangent from that of the one tensor, if it does not follow from the rules.
    reason : str
        Why it is not differentiable, if it is not.
    namespace : str
        The part of a backend that has its function, if not the top.
    mixed : bool
        Whether its tensors keep their own dtypes, without promotion.
    compares : bool
        Whether it accepts a Python number outside of the range of an integer dtype, for comparison.
    alike : bool
        Whether it is the backend's function of its name for booleans and two tensors of one dtype, as in most calls.
    native : set
        The raw dtypes that it accepts unchanged.
    used : tuple of Rule or None, or None
        One for each name of `tensors`: computes which entries of the input are used from which entries of the output are, as
        booleans of their shapes (`arrayad.autograd.used`). Without one, all entries are used, except for an elementwise
        operation, where they are the same.
    repeats : bool
        Whether it propagates tangents as it does values, with the saved arguments: it is linear in its tensors, jointly or
        each.
    selects : tuple of bool
        One for each name of `tensors`: whether entries may be unused although all of the output is used.
    view : bool
        Whether its output may share memory with its input.
    part : callable or None
        For several outputs that do: from an output's index and the static arguments, the step that yields that output alone.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        kind: Kind,
        rules: dict[str, Callable[..., Any]],
        *,
        takes: Takes = ANY,
        grad_name: str = "",
        view: bool = False,
        part: Callable[..., Step] | None = None,
        conjugate: bool = False,
        reason: str = "",
        namespace: str = "",
        mixed: bool = False,
        compares: bool = False,
        alike: bool = False,
        tangent: Callable[..., Any] | None = None,
        add: Callable[..., Any] | None = None,
        spend: Callable[..., Any] | None = None,
        used: UsedRules = None,
        selects: tuple[str, ...] = (),
    ) -> None:
        code = function.__code__
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        self.forward = function if names[0] == "xp" else None
        skip = self.forward is not None
        self.name = function.__name__.lstrip("_")
        self.function = function
        self.kind: Kind = kind
        self.parameters = names[skip:]
        self.positional = code.co_argcount - skip
        self.keyword_only = self.parameters[self.positional :]
        self.keyword_names = frozenset(names[code.co_posonlyargcount :])
        self.spellings = _spellings(self.parameters)
        self.tensors = tuple(n for n in self.parameters if "Tensor" in function.__annotations__.get(n, ""))
        self.sequence = "Sequence[Tensor]" in function.__annotations__.get(self.parameters[0], "")
        self.optional = frozenset(n for n in self.tensors if "None" in function.__annotations__[n])
        self.scalars = frozenset(n for n in self.tensors if "|" in function.__annotations__[n]) - self.optional
        self.kinds = {
            n: frozenset(function.__annotations__.get(n, "").replace("Axis", _AXIS).split(" | "))
            for n in self.parameters
            if n not in self.tensors
        }
        self.places = {name: i for i, name in enumerate(self.parameters)}
        self.layout = (*self.parameters, "out")
        if self.sequence:
            self.layout += (f"{self.parameters[0]}_shape",)  # for all of them, including untracked ones
        self.takes = takes
        self.choosy = takes is not ANY
        self.grad_name = f"{grad_name or self.name.title().replace('_', '')}Backward0"
        self.view = view
        self.part = part
        self.conjugate = conjugate
        self.reason = reason
        self.namespace = namespace
        self.keyed = "key" in self.parameters  # keys from `indexing`, which never change later
        self.mixed = mixed
        self.compares = compares
        self.alike = alike
        self.native: set[Any] = {d.dtype for d in dtypes.SUPPORTED if d.kind in takes.kinds}
        self.forwards = _Forwards(self)
        # The same by raw array type and dtype, for the dtypes accepted unchanged: in plain dicts, which are faster.
        self.known: dict[type, dict[Any, Callable[..., Any]]] = {}
        self.plans = _Plans(self)
        unknown = set(rules) - set(self.tensors)
        if unknown:
            raise TypeError(f"{self.name}: rules for {unknown}, which are not among its tensors {self.tensors}")
        self.rules: tuple[Any, ...] = tuple(Rule(rules[n], self, n) if n in rules else None for n in self.tensors)
        if self.rules and self.rules[0] is not None:
            self.rules[0].add, self.rules[0].spend = add, spend
        self.tangent = None if tangent is None else Rule(tangent, self, self.tensors[0])
        self.repeats = kind in ("linear", "multilinear")
        self.used = self._of_used(used)
        self.selects = tuple(name in selects for name in self.tensors)
        self.apart = self.sequence or any(self.selects)  # backward cannot use the simple path for it
        self.differentiable = any(rule is not None for rule in self.rules)
        positional = function.__defaults__ or ()
        keyword = function.__kwdefaults__ or {}
        self.defaults = (
            [REQUIRED] * (self.positional - len(positional))
            + list(positional)
            + [keyword.get(n, REQUIRED) for n in self.keyword_only]
        )
        self.required = self.defaults.count(REQUIRED)
        self.call = self._caller()
        operations[f"{function.__module__}.{self.name}"] = self

    def _of_used(self, rules: UsedRules) -> tuple[Rule | None, ...] | None:
        """The rules for used entries by tensor, which may only use what the parameter's own rule saved."""
        if rules is None or rules == "rules":
            return self.rules if rules else None
        found = tuple(Rule(rules[name], self, name) if name in rules else None for name in self.tensors)
        for name, rule, own in zip(self.tensors, found, self.rules, strict=True):
            if (rule is None) is not (own is None) or (rule is not None and not set(rule.names) <= set(own.names)):
                raise TypeError(f"{self.name}: the rule for used entries of {name!r} must ask for what the other saves")
        return found

    def _caller(self) -> Callable[..., Any]:
        """The public function."""
        call = call_path(self)
        function = self.function
        functools.update_wrapper(call, function)
        if self.forward is not None:
            # inspect.signature follows this to the parameters after `xp`, only on request: building the signatures of all
            # operations would cost a tenth of `import arrayad`.
            call.__wrapped__ = functools.partial(function, None)  # type: ignore[attr-defined]  # inspect's protocol
        call.operation = self  # type: ignore[attr-defined]  # how tests and docs find the declaration
        return call

    # --- arguments ---

    def bind(self, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
        """The arguments by parameter, with defaults; TypeError where Python would raise it."""
        values = list(self.defaults)
        if len(args) > self.positional:
            self.misuse(args, kwargs)
        values[: len(args)] = args
        for name, value in kwargs.items():
            if name not in self.keyword_names or self.places[name] < len(args):
                self.misuse(args, kwargs)
            values[self.places[name]] = value
        if len(args) < self.required and any(value is REQUIRED for value in values):
            self.misuse(args, kwargs)
        return values

    def misuse(self, args: Sequence[Any], kwargs: dict[str, Any]) -> NoReturn:
        """Raise Python's TypeError for such arguments, with the function's name."""
        only = self.keyword_only
        by_name = f"; {', '.join(only)} only by name" if only and len(args) > self.positional else ""
        try:
            inspect.signature(self.call).bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.name}(): {error}{by_name}") from None
        raise TypeError(f"{self.name}(): arguments do not fit {inspect.signature(self.call)}")

    def with_number(self, a: Array, number: Any) -> tuple[Array, Array] | None:
        """Convert an array and a Python number in the range of its dtype to arrays: a common case with its own path."""
        rank, dtype = RANK.get(number.__class__), dtypes.from_raw[a.dtype]
        if rank is None or dtype.kind not in self.takes.kinds or rank > dtype.rank:
            return None
        try:
            return a, _scalar[a.__class__](number, a)
        except OverflowError as error:
            if not self.compares or dtype.kind == "f":
                raise named(self.name, error) from None
            backend = backend_of(a)  # outside of the range of every dtype, as an infinity may be
            a = backend.astype(a, backend.raw_dtype(dtypes.float64))
            return a, backend.scalar(math.inf if number > 0 else -math.inf, a)

    def keywords(self, kwargs: dict[str, Any], a: Array) -> dict[str, Any]:
        """Rename keyword arguments from PyTorch's spellings, and convert our dtypes to those of an array's backend."""
        _respell(self.name, self.spellings, kwargs)
        dtype = kwargs.get("dtype")
        if dtype is not None:
            try:
                wanted = dtypes.as_dtype(dtype)
            except TypeError as error:
                raise TypeError(f"{self.name}(): {error}") from None
            have = dtypes.from_raw[a.dtype]
            if have.kind == "c" and wanted.kind != "c":
                raise TypeError(f"{self.name}(): {have.name} cannot become {wanted.name}; take real() first")
            kwargs["dtype"] = backend_of(a).raw_dtype(wanted)
        return kwargs

    def keep(self, edges: Sequence[Node | None], values: Sequence[Any], out: Any) -> tuple[Plan, tuple[Any, ...]]:
        """The plan for some edges, and what it keeps of the raw arguments, by parameter, and of the output."""
        plan = self.plans[tuple([edge is not None for edge in edges])]
        saved: list[Any] = [None] * len(self.layout)
        for i in plan.arguments:
            saved[i] = values[i]
        if plan.out:
            saved[len(values)] = out
        return plan, tuple(saved)

    # --- what is refused ---

    def refused(self, error: Exception, args: Sequence[Any], kwargs: dict[str, Any]) -> Exception:
        """A backend's error, of the same type, with the function's name; if devices are mixed, an error that says so."""
        flat = [y for x in (*args, *kwargs.values()) for y in (x if isinstance(x, (list, tuple)) else (x,))]
        arrays = [x._array for x in flat if isinstance(x, TensorBase)]
        if any(apart(arrays[0], a) for a in arrays[1:]):
            return two_devices(f"{self.name}()", arrays)
        if isinstance(error, TypeError):
            try:
                given = inspect.signature(self.call).bind(*args, **kwargs).arguments
            except TypeError as misuse:  # of the public signature; the forward counts the backend, too
                return TypeError(f"{self.name}(): {misuse}")
            for name in [n for n in given if n in self.kinds]:
                if isinstance(given[name], int) and abs(given[name]) > sys.maxsize:
                    return OverflowError(f"{self.name}(): {name} is out of bounds, got {given[name]}")
        return named(self.name, error)

    def not_a_tensor(self, name: str, value: Any) -> TypeError:
        """The error for an argument that is not a Tensor."""
        hint = ""
        if hasattr(value, "__array__") or hasattr(value, "__dlpack__"):
            hint = "; convert it with asarray() or from_dlpack() first"
        kind = type(value)
        found = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        numbers = " or a number" if name in self.scalars | self.optional else ""
        return TypeError(f"{self.name}(): argument {name!r} must be Tensor{numbers}, not {found}{hint}")

    def not_tensors(self, *given: Any) -> TypeError:
        """The error for arguments of which at least one must be a Tensor."""
        for name, x in zip(self.tensors, given, strict=True):
            if not isinstance(x, NUMBERS):
                return self.not_a_tensor(name, x)
        return TypeError(f"{self.name}(): one of the arguments must be a Tensor, got {' and '.join(map(repr, given))}")

    def admit(self, a: Array) -> Array:
        """Cast an array of a dtype not accepted unchanged to the default floating dtype, or refuse it."""
        dtype = dtypes.from_raw[a.dtype]
        if dtype.kind in self.takes.kinds:  # for a backend whose dtype objects are not NumPy's
            self.native.add(a.dtype)
            self.known[a.__class__][a.dtype] = self.forwards[a.__class__]
            return a
        if self.takes.casts_integers and dtype.kind in "biu":
            backend = backend_of(a)
            return backend.astype(a, backend.raw_dtype(dtypes.get_default_dtype()))
        raise self.refusal(dtype)

    def refusal(self, dtype: dtypes.DType) -> TypeError:
        """The error for a dtype that is not accepted."""
        return TypeError(f"{self.name}(): input dtype should be {self.takes.words} dtypes. Got {dtype.name} instead.")


operations: dict[str, Operation] = {}  # every declared operation by module and name


# --- the decorators ---


def elementwise(
    *,
    takes: Takes,
    grad_name: str = "",
    conjugate: bool = True,
    view: bool = False,
    reason: str = "",
    namespace: str = "",
    mixed: bool = False,
    compares: bool = False,
    used: UsedRules = None,
    **rules: Callable[..., Any],
) -> Callable[[F], F]:
    """Declare a function of each element separately: the backend's function of the same name.

    Each rule multiplies `g` by a partial derivative, so it serves both modes: forward unchanged, backward conjugated.

    Parameters
    ----------
    takes : tuple
        The dtypes it accepts; one of this module's constants.
    grad_name : str, optional
        PyTorch's short name for ``grad_fn``, if it differs from the function's.
    conjugate : bool, optional
        Whether it is holomorphic. If not, the rule is the complete backward rule.
    view : bool, optional
        Whether the output may share memory with the input.
    reason : str, optional
        Why it is not differentiable, if it has no rules.
    namespace : str, optional
        The part of the backend that has the function, such as ``special``; by default its top.
    mixed : bool, optional
        Whether two tensors keep their own dtypes, such as an integer count beside a probability.
    compares : bool, optional
        Whether it accepts a Python number outside of the range of an integer dtype, for comparison.
    used : dict, optional
        For a choice between its arguments: the rules for used entries by parameter, as in `Operation`.
    **rules
        The rules by parameter.
    """

    def declare(function: F) -> F:
        kind: Kind = "elementwise" if rules else "not differentiable"
        function.__doc__ = _elementwise_doc(function, takes, bool(rules), reason)
        op = Operation(
            function,
            kind,
            rules,
            takes=takes,
            grad_name=grad_name,
            conjugate=conjugate,
            view=view,
            reason=reason,
            namespace=namespace,
            mixed=mixed,
            compares=compares,
            used=used,
            selects=tuple(used or ()),
        )
        return op.call  # type: ignore[return-value]  # the same signature

    return declare


def _elementwise_doc(function: Callable[..., Any], takes: Takes, rules: bool, reason: str) -> str | None:
    """Insert the sections that follow from the declaration before a docstring's examples; None without docstrings."""
    if function.__doc__ is None:
        return None
    # Without its indentation, as Python itself stores it from 3.13 on.
    text, _, examples = inspect.cleandoc(function.__doc__).partition("\nExamples\n")
    names = ", ".join(function.__code__.co_varnames[: function.__code__.co_argcount])
    several = function.__code__.co_argcount > 1
    number = " or number" if several else ""
    shapes = "Shapes that broadcast; at least one is a Tensor" if several else "Any shape"
    casts = " Integers and booleans become the default floating dtype." if takes.casts_integers else ""
    sections = f"""

Parameters
----------
{names} : Tensor{number}
    {shapes}. Dtype: {takes.words}.{casts}

Returns
-------
Tensor
    Of the {"broadcast " if several else "same "}shape.

Raises
------
TypeError
    For an argument that is not a Tensor{number}, or any other dtype.

Notes
-----
{"Differentiable, in both modes and any order." if rules else f"Not differentiable: {reason}."}
"""
    return text.rstrip() + sections + ("\nExamples\n" + examples if examples else "")


def _declaring(
    kind: Kind, rules: dict[str, Any], **how: Any
) -> Callable[[Callable[Concatenate[Namespace, P], R]], Callable[P, R]]:
    def declare(function: Callable[Concatenate[Namespace, P], R]) -> Callable[P, R]:
        return Operation(function, kind, rules, **how).call

    return declare


def linear(
    *,
    takes: Takes = ANY,
    grad_name: str = "",
    conjugate: bool = False,
    alike: bool = False,
    view: bool = False,
    part: Callable[..., Step] | None = None,
    tangent: Callable[..., Any] | None = None,
    add: Callable[..., Any] | None = None,
    spend: Callable[..., Any] | None = None,
    used: UsedRules = None,
    selects: tuple[str, ...] = (),
    **rules: Any,
) -> Callable[[Callable[Concatenate[Namespace, P], R]], Callable[P, R]]:
    """Declare a function linear in its tensors jointly; each rule is the transpose. A tangent propagates like the value.

    If several outputs are views, `part` returns, for the index of one and the static arguments, the step that yields that
    output alone. A transpose that is mostly zeros may come with `add`, ``lambda xp, total, g, ...`` with the rule's other
    parameters, which adds it in place to an existing cotangent. One that is mostly the cotangent itself may come with
    `spend`, with the rule's parameters, which overwrites the cotangent and returns it. Both belong to the first tensor.
    """
    how: dict[str, Any] = {"conjugate": conjugate, "alike": alike, "view": view, "part": part, "tangent": tangent}
    how |= {"add": add, "spend": spend, "used": used, "selects": selects}
    return _declaring("linear", rules, takes=takes, grad_name=grad_name, **how)


def multilinear(
    *, takes: Takes = ANY, grad_name: str = "", **rules: Any
) -> Callable[[Callable[Concatenate[Namespace, P], R]], Callable[P, R]]:
    """Declare a function linear in each of its tensors separately, like a product."""
    return _declaring("multilinear", rules, takes=takes, grad_name=grad_name, conjugate=True)


def differentiable(
    *,
    takes: Takes = ANY,
    grad_name: str = "",
    conjugate: bool = False,
    tangent: Callable[..., Any] | None = None,
    used: UsedRules = None,
    selects: bool = True,
    **rules: Any,
) -> Callable[[Callable[Concatenate[Namespace, P], R]], Callable[P, R]]:
    """Declare any other differentiable function; rules are complete backward rules, with conjugations unless `conjugate`.

    Operations with rules for used entries select entries, unless `selects` is False.
    """
    chosen = tuple(used or ()) if selects else ()
    how: dict[str, Any] = {"conjugate": conjugate, "tangent": tangent, "used": used, "selects": chosen}
    return _declaring("differentiable", rules, takes=takes, grad_name=grad_name, **how)


def not_differentiable(
    reason: str, *, takes: Takes = ANY
) -> Callable[[Callable[Concatenate[Namespace, P], R]], Callable[P, R]]:
    """Declare a function without a derivative, for the reason given."""
    return _declaring("not differentiable", {}, takes=takes, reason=reason)


def of_backend(function: Callable[P, R]) -> Callable[Concatenate[Namespace, P], R]:
    """Below another decorator: the function is the backend's function of the same name, called with unchanged arguments."""
    return function  # an Operation sees that it lacks `xp`


def composite(*, takes: Takes = ANY) -> Callable[[Callable[Concatenate[Namespace, P], R]], Callable[P, R]]:
    """Declare a function made of others: run on the backend directly and, if its tensor is tracked, on the tape.

    It has no rules of its own, but ``grad_fn`` shows its name.
    """

    def declare(function: Callable[Concatenate[Namespace, P], R]) -> Callable[P, R]:
        op = Operation(function, "composite", {}, takes=takes)
        on_arrays = op.call

        @functools.wraps(on_arrays)
        def call(x: Any, /, *args: Any, **kwargs: Any) -> Any:
            if not (isinstance(x, TensorBase) and x._node is not None and recording()):
                return on_arrays(x, *args, **kwargs)
            if x._array.dtype not in op.native:
                op.admit(x._array)
            if kwargs:
                kwargs = op.keywords(kwargs, x._array)
            args = fixed(op, x, args, kwargs)
            try:
                out: Any = function(namespace_of_tensors(), x, *args, **kwargs)  # type: ignore[arg-type]  # P has x at its head
            except REFUSALS as error:
                raise op.refused(error, (x, *args), kwargs) from None
            for part in out if isinstance(out, tuple) else (out,):
                if part is not x and part._node is not None:
                    part._node.plan = part._node.plan.renamed(op.grad_name)
            return out

        op.call = call
        return call  # type: ignore[return-value]  # functools.wraps forgets the signature

    return declare
