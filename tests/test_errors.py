"""Bad input raises one clear exception: of the type that NumPy or PyTorch raises, naming the function and the bad argument.

A case is an expression, the exception's type and parts of its message. A failed in-place operation leaves its target, its
version and its history unchanged.
"""

from __future__ import annotations

import copy
import functools
import inspect
import math
import pickle
import re
import traceback
from enum import IntEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import arrayad as xp
from arrayad.autograd.calls import REQUIRED
from arrayad.autograd.operation import operations

if TYPE_CHECKING:
    from collections.abc import Callable

Case = tuple[Any, ...]  # the type and the parts of the message


class Foreign:
    """Another library's array."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.ones((2, 3), np.float32)


def _names() -> dict[str, Any]:
    """The names used in the expressions: new for each, since some are written to."""
    read_only = np.ones(3, np.float32)
    read_only.flags.writeable = False
    x = xp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    return {
        "np": np,
        "xp": xp,
        "x": x,
        "i": xp.arange(6).reshape(2, 3),
        "b": x > 2,
        "c": xp.asarray([[1 + 2j, 2, 3], [4, 5, 6]]),
        "v": xp.asarray([1.0, 2.0, 3.0]),
        "s": xp.asarray(1.0),
        "n": np.ones((2, 3), np.float32),
        "f": Foreign(),
        "Foreign": Foreign,
        "w": xp.ones(2, 3, requires_grad=True),
        "read_only": xp.asarray(read_only),
        "expanded": xp.broadcast_to(xp.ones(3), (2, 3)),
        "copy": copy,
        "itself": _itself,
        "math": math,
        "pickle": pickle,
        **{name: getattr(xp.utils.data, name) for name in xp.utils.data.__all__},
    }


def _run(statement: str, names: dict[str, Any]) -> None:
    exec(compile(statement, "case", "exec"), names)


def _error(statement: str, names: dict[str, Any] | None = None) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011  (the caller says which)
        _run(statement, _names() if names is None else names)
    return caught.value


def _check(statement: str, kind: type[Exception], *parts: str) -> Exception:
    error = _error(statement)
    assert isinstance(error, kind), repr(error)
    message = str(error)
    assert [part for part in parts if part not in message] == [], repr(error)
    return error


def _is_alone(error: BaseException) -> bool:
    """Whether it is a single exception, not the last of a displayed chain."""
    return error.__cause__ is None and (error.__context__ is None or error.__suppress_context__)


# --- arguments that are not Tensors ---

BINARY = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "//": "floor_divide", "%": "remainder", "**": "pow",
    "@": "matmul", "&": "bitwise_and", "|": "bitwise_or", "^": "bitwise_xor", "<<": "bitwise_left_shift",
    ">>": "bitwise_right_shift", "==": "equal", "!=": "not_equal", "<": "less", "<=": "less_equal", ">": "greater",
    ">=": "greater_equal",
}  # fmt: skip
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
HINT = "; convert it with asarray() or from_dlpack() first"


@pytest.mark.parametrize("symbol", BINARY)
def test_other_libraries_arrays_are_no_operands(symbol: str) -> None:
    """NumPy's functions have their own protocols: test_numpy_protocols.py."""
    number = "" if symbol == "@" else " or a number"
    found = f"tests.test_errors.Foreign{HINT}"
    _check(f"i {symbol} f", TypeError, f"{BINARY[symbol]}(): argument 'x2' must be Tensor{number}, not {found}")
    # Python computes `f < i` as `i > f`.
    name, place = BINARY[MIRRORED.get(symbol, symbol)], "x2" if symbol in MIRRORED or symbol in ("==", "!=") else "x1"
    _check(f"f {symbol} i", TypeError, f"{name}(): argument {place!r} must be Tensor{number}, not {found}")


@pytest.mark.parametrize("symbol", BINARY)
def test_other_operands_are_left_to_python(symbol: str) -> None:
    if symbol in ("==", "!="):  # Python then compares identities
        assert eval(f"(x {symbol} 'a', x {symbol} None)", _names()) == ((symbol == "!="),) * 2
    else:
        words = "not supported between" if symbol in MIRRORED else "unsupported operand"
        for other in ("object()", "None", "[1, 2, 3]", "'a'"):
            _check(f"x {symbol} {other}", TypeError, words)


def test_an_integer_repeats_sequences() -> None:
    """As Python's own does."""
    n = xp.asarray(2)
    assert ([1] * n, n * "ab", n * (None,)) == ([1, 1], "abab", (None, None))


FIRST_IS_TENSOR = [op for op in operations.values() if op.tensors[:1] == op.parameters[:1] and not op.name.startswith("_")]


@pytest.mark.parametrize("op", FIRST_IS_TENSOR, ids=lambda op: op.name)
@pytest.mark.parametrize(("given", "found"), [(np.ones((2, 2)), "numpy.ndarray" + HINT), ([[1.0]], "list"), ("a", "str")])
def test_operations_take_tensors(op: Any, given: Any, found: str) -> None:
    needed = op.parameters[: max(1, sum(1 for n in op.parameters if n in op.tensors and n not in op.optional))]
    args = [[given] if op.sequence else given, *[xp.ones(2, 2)] * (len(needed) - 1)]
    if op.name == "where":
        args = args[:3]
    if op.name in ("index_put", "view_put"):  # a key, or the steps to a view, come between and after the tensors
        args = [given, (), xp.ones(2, 2)] if op.name == "index_put" else [given, xp.ones(2, 2), (), None]
    with pytest.raises(TypeError) as caught:
        op.call(*args, **({"upper": True} if op.name == "solve_triangular" else {}))
    message = str(caught.value)
    assert message.startswith(f"{op.name}(): argument {op.parameters[0]!r} must be Tensor")
    assert message.endswith(f", not {found}")


def _static(op: Any, word: str) -> list[tuple[Any, str]]:
    """A public operation with each of its non-tensor arguments whose annotation contains a word."""
    kinds = op.function.__annotations__
    public = not op.function.__name__.startswith("_") and op.function.__module__ != "arrayad.functions.keys"
    return [(op, n) for n in op.parameters if public and n not in op.tensors and word in kinds[n]]


def _give(op: Any, name: str, value: Any, tracked: bool, by_name: bool = True) -> Any:
    """Call an operation with a value for one of its arguments, so that the argument is checked."""
    x = xp.eye(2).requires_grad_(tracked)
    given = {n: [x] if op.sequence else x if n in op.tensors else n == "upper" or (4,) for n in op.parameters}
    needed = [n for n, default in zip(op.parameters, op.defaults, strict=True) if default is REQUIRED or n == name]
    given |= {name: value}
    named = op.keyword_names if by_name else op.keyword_only
    return op.call(*[given[n] for n in needed if n not in named], **{n: given[n] for n in needed if n in named})


OF_ONE = [op for op in operations.values() if op.required == 1 and not op.function.__name__.startswith("_")]


@pytest.mark.parametrize("op", OF_ONE, ids=lambda op: op.name)
def test_keywords_of_numpy_alone_are_refused(op: Any) -> None:
    """Which a function of NumPy below would take."""
    x = xp.ones((2, 2), dtype=next(d for d in (xp.float64, xp.complex128, xp.int64) if d.kind in op.takes.kinds))
    given = [x, x] if op.sequence else x
    for name in {"out", "where", "casting", "order", "subok", "initial", "mode", "kind", "decimals"} - op.keyword_names:
        with pytest.raises(TypeError, match=rf"^{op.name}\(\).*{name}"):
            op.call(given, **{name: None})


FLAGS = [case for op in operations.values() for case in _static(op, "bool")]
INTEGERS = [case for op in operations.values() for word in ("int", "Axis") for case in _static(op, word)]


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize(("op", "name"), FLAGS, ids=lambda x: getattr(x, "name", x))
def test_flags_are_bools(op: Any, name: str, tracked: bool) -> None:
    """A container is true unless it is empty: ``[False]`` would do the opposite of what it says."""
    for value in ([False], (False,), np.asarray([False]), xp.asarray([False]), xp.ones(2, 3), "no", 0.0, xp.asarray(0.0)):
        with pytest.raises(TypeError, match=rf"^{op.name}\(\): {name} must be a bool, not {type(value).__name__}$"):
            _give(op, name, value, tracked)


WHOLE = [(op, name) for op, name in INTEGERS if "int" in op.kinds[name]]


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize(("op", "name"), WHOLE, ids=lambda x: getattr(x, "name", x))
def test_what_is_no_integer(op: Any, name: str, tracked: bool) -> None:
    """A set has no order, and a generator would be exhausted when backward reads it."""
    values = ("1", b"1", 1.0, 1j, {0}, {0: 1}, iter([0]), object(), int, [0.5], np.float64(1), xp.asarray(1.0), np.ones(1))
    for value in values:
        with pytest.raises(TypeError, match=rf"^{op.name}\(\): ({name}|an axis) must be an int, got "):
            _give(op, name, value, tracked)


class Two(IntEnum):
    TWO = 2


class Indexed:
    def __index__(self) -> int:
        return 2


def _outcome(op: Any, name: str, value: Any, tracked: bool, by_name: bool) -> Any:
    try:
        out = _give(op, name, value, tracked, by_name)
    except (TypeError, ValueError, IndexError, RuntimeError) as error:
        return type(error)
    return repr([x.tolist() for x in (out if isinstance(out, (tuple, list)) else [out])])  # so that NaN equals itself


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize(("op", "name"), INTEGERS, ids=lambda x: getattr(x, "name", x))
def test_what_counts_as_integers(op: Any, name: str, tracked: bool) -> None:
    """Every kind of integer works like a Python int, by name and by position."""
    others: dict[Any, tuple[Any, ...]] = {
        2: (np.int64(2), np.uint8(2), Two.TWO, Indexed(), np.asarray(2), xp.asarray(2)),
        0: (np.int64(0), np.uint8(0), xp.asarray(0)),
        (0, 1): ([0, 1], range(2), np.arange(2), xp.arange(2), (np.int8(0), xp.asarray(1)), xp.Size((0, 1))),
        (1,): ([1], range(1, 2), np.asarray([1]), xp.asarray([1]), (np.asarray(1),)),
    }
    for by_name in (True, *([False] if op.places[name] == 1 and op.positional > 1 else [])):
        for own, spellings in others.items():
            if any("[int" in kind if isinstance(own, tuple) else kind == "int" for kind in op.kinds[name]):
                expected = _outcome(op, name, own, tracked, by_name)
                for spelling in spellings:
                    assert _outcome(op, name, spelling, tracked, by_name) == expected, repr(spelling)


NUMBERS = [
    case for op in operations.values() for case in _static(op, "float") if not case[0].kinds[case[1]] - {"float", "None"}
]


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize(("op", "name"), NUMBERS, ids=lambda x: getattr(x, "name", x))
def test_what_counts_as_numbers(op: Any, name: str, tracked: bool) -> None:
    """Comparisons, as in ``unbiased=n > 1``, may give NumPy booleans."""
    expected = _outcome(op, name, 1.0, tracked, True)
    for value in (
        1,
        True,
        np.True_,
        np.float64(1),
        np.float16(1),
        np.uint8(1),
        np.asarray(1.0),
        xp.asarray(1),
        xp.asarray(True),
    ):
        assert _outcome(op, name, value, tracked, True) == expected, repr(value)
    for value in ("1", 1j, np.complex64(1), [1.0], (1,), {1}, np.ones(1), object()):
        with pytest.raises(TypeError, match=rf"^{op.name}\(\): {name} must be a real number, got "):
            _give(op, name, value, tracked)


class Lying:
    """An object whose methods lie."""

    def __index__(self) -> Any:
        return "a"

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return "no array"

    def __len__(self) -> int:
        return -1


# Factories, since inspecting some of these values exhausts them.
BAD: dict[str, Callable[[], Any]] = {
    "None": lambda: None, "str": lambda: "a", "bytes": lambda: b"ab", "dict": lambda: {"a": 1}, "set": lambda: {0, 1},
    "object": object, "class": lambda: int, "complex": lambda: 1j, "nan": lambda: math.nan, "inf": lambda: math.inf,
    "huge": lambda: 2**200, "negative": lambda: -(2**200), "far": lambda: 99, "True": lambda: True, "float": lambda: 1.5,
    "Fraction": lambda: Fraction(1, 2), "NumPy": lambda: np.ones((2, 3)), "strings": lambda: np.asarray(["a"]),
    "generator": lambda: iter([0]), "empty": lambda: (), "twice": lambda: (0, 0), "mixed": lambda: [1, "a", None],
    "ragged": lambda: [[1, 2], [3]], "lying": Lying, "dtype": lambda: xp.int8, "0-d": lambda: xp.asarray(1.5),
    "shape": lambda: xp.ones(7), "no elements": lambda: xp.zeros(0), "tracked": lambda: xp.ones(2, 2, requires_grad=True),
    "far indices": lambda: xp.asarray([99, -99]), "complexes": lambda: xp.ones(2, 2) * 1j, "slice": lambda: slice(0, 1),
}  # fmt: skip

# Wording of internals, which tells users nothing about their mistake.
BENEATH = re.compile(r"has no attribute|not supported between|unhashable|ufunc|no backend|<lambda>|\b_\w+\(\)")


def _refused(call: Callable[[], object]) -> Exception | None:
    """Call a function that must raise an error of a sensible type, with a message for users and a short traceback."""
    refusal = None
    try:
        call()
    except (TypeError, ValueError, IndexError, RuntimeError, OverflowError) as error:
        refusal = error
    if refusal is not None:
        assert not isinstance(refusal, RecursionError)
        assert str(refusal)
        assert not BENEATH.search(str(refusal)), repr(refusal)
        assert len(traceback.extract_tb(refusal.__traceback__)) < 30
    return refusal


def _surroundings() -> tuple[Any, ...]:
    """The state that a refused call must leave unchanged."""
    state = pickle.dumps(xp.random.get_state())
    return xp.is_grad_enabled(), xp.get_default_dtype(), xp.get_default_device(), state


NAMESPACES = (xp, xp.linalg, xp.fft, xp.special)
BY_NAME = {op.name: op for op in operations.values()}
PUBLIC = {n: vars(space)[n] for space in NAMESPACES for n in space.__all__ if n in BY_NAME and callable(vars(space)[n])}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # from arithmetic such as infinity times 0
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # SciPy's, for non-integers
@pytest.mark.parametrize("name", PUBLIC)
def test_bad_arguments(name: str) -> None:
    op, function = BY_NAME[name], PUBLIC[name]
    x = xp.eye(2, requires_grad=True)
    y = x * x
    before, around = _state(y), _surroundings()
    for bad in op.parameters:
        for make in BAD.values():
            given = {n: [y] if op.sequence else y if n in op.tensors else n == "upper" or (1,) for n in op.parameters}
            needed = [n for n, d in zip(op.parameters, op.defaults, strict=True) if d is REQUIRED or n == bad]
            given |= {bad: make()}
            args = [given[n] for n in needed if n not in op.keyword_names]
            kwargs = {n: given[n] for n in needed if n in op.keyword_names}
            error = _refused(functools.partial(function, *args, **kwargs))
            assert error is None or "(): " in str(error), repr(error)
    assert _state(y) == before
    assert _surroundings() == around
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[2, 0], [0, 2]]


IN_PLACE_METHODS = [n for n in dir(xp.Tensor) if n.endswith("_") and not n.startswith("_") and n != "requires_grad_"]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # as above
@pytest.mark.parametrize("name", IN_PLACE_METHODS)
def test_bad_arguments_in_place(name: str) -> None:
    parameters = inspect.signature(getattr(xp.Tensor, name)).parameters.values()
    count = sum(1 for p in parameters if p.default is p.empty and p.kind is not p.VAR_POSITIONAL) - 1
    for place in range(max(count, 1)):
        for make in BAD.values():
            x = xp.eye(2, requires_grad=True)
            y = x * x
            before, around = _state(y), _surroundings()
            args = [y.detach().clone() for _ in range(max(count, 1))]
            args[place] = make()
            if _refused(functools.partial(getattr(y, name), *args)) is None:
                continue
            assert _state(y) == before
            assert _surroundings() == around
            y.sum().backward()
            assert x.grad is not None
            assert x.grad.tolist() == [[2, 0], [0, 2]]


@pytest.mark.parametrize("flag", [False, True])
def test_flags_without_dimensions(flag: bool) -> None:
    x = xp.asarray([2.0, 3.0, 1.0])
    expected = xp.sort(x, descending=flag).tolist()
    for value in (np.bool(flag), np.asarray(flag), xp.asarray(flag), int(flag)):
        for y in (x, x.clone().requires_grad_()):
            assert xp.sort(y, descending=value).tolist() == expected
            assert xp.sum(y, keepdims=value).shape == (1,) * flag
            assert xp.median(y, keepdims=value).shape == (1,) * flag
        assert (xp.astype(x, x.dtype, copy=value) is x) is not flag


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize(("op", "name"), INTEGERS, ids=lambda x: getattr(x, "name", x))
def test_booleans_are_no_integers(op: Any, name: str, tracked: bool) -> None:
    for value in (True, np.True_, xp.asarray(True), [True], (1, False)):
        with pytest.raises(TypeError, match=rf"^{op.name}\(\): {name} must be an int, got "):
            _give(op, name, value, tracked)


NO_TENSOR = {
    "xp.add([1], x)": (TypeError, "add(): argument 'x1' must be Tensor or a number, not list"),
    "xp.add(x, [1])": (TypeError, "add(): argument 'x2' must be Tensor or a number, not list"),
    "xp.add(1, 2)": (TypeError, "add(): one of the arguments must be a Tensor, got 1 and 2"),
    "xp.maximum(x, n)": (TypeError, "maximum(): argument 'x2'", "numpy.ndarray" + HINT),
    "xp.matmul(x, 2)": (TypeError, "matmul(): argument 'x2' must be Tensor, not int"),
    "2 @ x": (TypeError, "matmul(): argument 'x1' must be Tensor, not int"),
    "xp.where(n > 0, x, x)": (TypeError, "where(): argument 'condition' must be Tensor, not numpy.ndarray" + HINT),
    "xp.where(b, x, n)": (TypeError, "where(): argument 'x2' must be Tensor or a number, not numpy.ndarray" + HINT),
    "xp.where([True], x, x)": (TypeError, "where(): argument 'condition' must be Tensor, not list"),
    "xp.clip(x, n, 2)": (TypeError, "clip(): argument 'min' must be Tensor", "numpy.ndarray" + HINT),
    "xp.take(x, [0], axis=0)": (TypeError, "take(): argument 'indices' must be Tensor, not list"),
    "xp.take(x, n, axis=0)": (TypeError, "take(): argument 'indices' must be Tensor, not numpy.ndarray" + HINT),
    "xp.searchsorted(v, [1.0])": (TypeError, "searchsorted(): argument 'x2' must be Tensor", "not list"),
    "xp.isin(x, n)": (TypeError, "isin(): argument 'x2' must be Tensor", "numpy.ndarray" + HINT),
    "xp.concat([x, n])": (TypeError, "concat(): argument 'arrays' must be Tensor, not numpy.ndarray" + HINT),
    "xp.concat(x)": (TypeError, "concat(): argument 'arrays' must be a non-empty tuple or list of Tensors"),
    "xp.concat([])": (TypeError, "concat(): argument 'arrays' must be a non-empty tuple or list of Tensors"),
    "xp.stack([x, n])": (TypeError, "stack(): argument 'arrays' must be Tensor, not numpy.ndarray" + HINT),
    "xp.stack(x)": (TypeError, "stack(): argument 'arrays' must be a non-empty tuple or list of Tensors"),
    "xp.stack([])": (TypeError, "stack(): argument 'arrays' must be a non-empty tuple or list of Tensors"),
    "xp.stack(x for _ in range(2))": (TypeError, "stack(): argument 'arrays' must be a non-empty tuple or list of"),
    "xp.broadcast_arrays(x, n)": (TypeError, "broadcast_arrays(): argument 'arrays'", "ndarray" + HINT),
    "xp.broadcast_arrays([1], x)": (TypeError, "broadcast_arrays(): argument 'arrays' must be Tensor, not list"),
    "xp.meshgrid(n)": (TypeError, "meshgrid(): argument 'arrays'", "ndarray" + HINT),
    "xp.meshgrid([1])": (TypeError, "meshgrid(): argument 'arrays' must be Tensor, not list"),
    "xp.astype(n, xp.int8)": (TypeError, "astype(): argument 'x' must be Tensor, not ndarray" + HINT),
    "xp.astype([1], xp.int8)": (TypeError, "astype(): argument 'x' must be Tensor, not list"),
    "xp.zeros_like(n)": (TypeError, "zeros_like(): argument 'x' must be Tensor, not ndarray" + HINT),
    "xp.full_like([1], 1)": (TypeError, "full_like(): argument 'x' must be Tensor, not list"),
    "xp.rand_like([1])": (TypeError, "rand_like(): argument 'x' must be Tensor, not list"),
    "xp.diff([1])": (TypeError, "diff(): argument 'x' must be Tensor, not list"),
    "xp.result_type(n, x)": (TypeError, "result_type(): argument 'x' must be Tensor, not ndarray" + HINT),
    "xp.flatten(n)": (TypeError, "flatten(): argument 'x' must be Tensor, not ndarray" + HINT),
    "xp.transpose([1], 0, 1)": (TypeError, "transpose(): argument 'x' must be Tensor, not list"),
    "xp.split([1], 1)": (TypeError, "split(): argument 'x' must be Tensor, not list"),
    "xp.chunk(n, 1)": (TypeError, "chunk(): argument 'x' must be Tensor, not ndarray" + HINT),
    "xp.t([1])": (TypeError, "t(): argument 'x' must be Tensor, not list"),
    "xp.mm([1], x)": (TypeError, "mm(): argument 'x' must be Tensor, not list"),
    "xp.mm(x, n)": (TypeError, "mm(): argument 'y' must be Tensor, not ndarray" + HINT),
    "xp.numel([1])": (TypeError, "numel(): argument 'x' must be Tensor, not list"),
    "xp.is_floating_point(n)": (TypeError, "is_floating_point(): argument 'x' must be Tensor, not ndarray" + HINT),
    "xp.is_complex([1])": (TypeError, "is_complex(): argument 'x' must be Tensor, not list"),
    "xp.multinomial([1.0], 1)": (TypeError, "multinomial(): argument 'weights' must be Tensor, not list"),
    "xp.bernoulli(n)": (TypeError, "bernoulli(): argument 'p' must be Tensor, not ndarray" + HINT),
    "xp.normal([0.0], 1.0)": (TypeError, "normal(): argument 'mean' must be Tensor, not list"),
    "xp.from_numpy([1])": (TypeError, "from_numpy(): expected numpy.ndarray, got list"),
    "xp.from_dlpack([1])": (AttributeError, "from_dlpack(): expected an object with __dlpack__, got list"),
    "xp.diff(x, prepend=0)": (TypeError, "diff(): argument 'prepend' must be Tensor, not int"),
    "xp.diff(x, append=n)": (TypeError, "diff(): argument 'append' must be Tensor, not ndarray" + HINT),
    "xp.autograd.grad(w.sum(), n)": (TypeError, "grad(): inputs must be Tensors, not ndarray"),
    "xp.autograd.grad(n, w)": (TypeError, "grad(): outputs must be Tensors, not ndarray"),
    "w.grad = n": (TypeError, "grad must be a Tensor or None, not ndarray"),
}

# --- arguments that do not fit the signature ---

SIGNATURES = {
    "xp.exp(x, out=x)": (TypeError, "exp()", "unexpected keyword argument 'out'"),
    "xp.exp(x, 1)": (TypeError, "exp()", "positional argument"),
    "xp.exp()": (TypeError, "exp()", "missing"),
    "xp.add(x)": (TypeError, "add()", "missing", "'x2'"),
    "xp.add(x1=x, x2=x)": (TypeError, "add()", "positional"),
    "xp.sum(x, foo=1)": (TypeError, "sum()", "unexpected keyword argument 'foo'"),
    "xp.sum()": (TypeError, "sum()", "missing", "'x'"),
    "xp.var(w, foo=1)": (TypeError, "var()", "unexpected keyword argument 'foo'"),
    "xp.concat([x, x], foo=1)": (TypeError, "concat()", "unexpected keyword argument 'foo'"),
    "xp.where(b, x)": (TypeError, "where()", "missing", "'x2'"),
    "xp.where(b, x, x, x)": (TypeError, "where()", "too many positional arguments"),
    "xp.zeros(2, foo=1)": (TypeError, "zeros()", "unexpected keyword argument 'foo'"),
    "xp.zeros()": (TypeError, "zeros()", "missing", "'shape'"),
    "xp.fft.fft(x, foo=1)": (TypeError, "fft()", "unexpected keyword argument 'foo'"),
    "xp.linalg.svd(x, foo=1)": (TypeError, "svd()", "unexpected keyword argument 'foo'"),
    "x.sum(foo=1)": (TypeError, "sum()", "unexpected keyword argument 'foo'"),
    "x.sum(0, True, 3)": (TypeError, "sum()", "positional arguments"),
    "x.sum(0, axis=1)": (TypeError, "sum()", "multiple values for argument 'axis'"),
    "x.max(0, True, keepdims=False)": (TypeError, "max()", "multiple values for argument 'keepdims'"),
    "x.sum(0, dim=1)": (TypeError, "sum(): 'dim' and 'axis' are the same argument; give one"),
    "x.sum(axis=0, dim=1)": (TypeError, "sum(): 'dim' and 'axis' are the same argument; give one"),
    "xp.sum(x, axis=0, dim=0)": (TypeError, "sum(): 'dim' and 'axis' are the same argument; give one"),
    "xp.sum(x, keepdims=True, keepdim=True)": (TypeError, "sum(): 'keepdim' and 'keepdims' are the same argument"),
    "xp.var(w, axis=0, dim=0)": (TypeError, "var(): 'dim' and 'axis' are the same argument; give one"),
    "xp.concat([x, x], axis=0, dim=1)": (TypeError, "concat(): 'dim' and 'axis' are the same argument; give one"),
    "x.zero_(1)": (TypeError, "zero_()", "positional argument"),
    "x.add_()": (TypeError, "add_()", "missing", "'other'"),
    "x.backward(foo=1)": (TypeError, "backward()", "unexpected keyword argument 'foo'"),
    "DataLoader(x, foo=1)": (TypeError, "DataLoader", "unexpected keyword argument 'foo'"),
    "xp.set_printoptions(foo=1)": (TypeError, "set_printoptions()", "unexpected keyword argument 'foo'"),
}

# --- dtypes of the wrong kind ---


def _kinds(name: str, takes: str, *operands: tuple[str, str]) -> dict[str, Case]:
    words = f"{name.rpartition('.')[2]}(): input dtype should be {takes} dtypes. Got "
    return {f"xp.{name}({args})": (TypeError, f"{words}{got} instead.") for args, got in operands}


INT, BOOL, COMPLEX, FLOAT = "int64", "bool", "complex64", "float32"
KINDS = {
    **_kinds("mean", "either floating point or complex", ("i", INT), ("b", BOOL), ("i, axis=0", INT)),
    **_kinds("var", "real-valued floating point", ("i", INT), ("b", BOOL), ("c", COMPLEX)),
    **_kinds("std", "real-valued floating point", ("i", INT), ("c", COMPLEX)),
    **_kinds("max", "real-valued or boolean", ("c", COMPLEX)),
    **_kinds("argmin", "real-valued or boolean", ("c", COMPLEX)),
    **_kinds("sort", "real-valued or boolean", ("c", COMPLEX)),
    **_kinds("floor", "real-valued", ("c", COMPLEX), ("b", BOOL)),
    **_kinds("remainder", "real-valued", ("c, c", COMPLEX), ("b, b", BOOL), ("x, 1j", COMPLEX)),
    **_kinds("floor_divide", "real-valued", ("b, b", BOOL)),
    **_kinds("less", "real-valued or boolean", ("c, c", COMPLEX), ("x, 1j", COMPLEX)),
    **_kinds("maximum", "real-valued or boolean", ("c, c", COMPLEX)),
    **_kinds("negative", "numeric", ("b", BOOL)),
    **_kinds("subtract", "numeric", ("b, b", BOOL), ("b, True", BOOL)),
    **_kinds("sign", "numeric", ("b", BOOL)),
    **_kinds("pow", "numeric", ("b, b", BOOL)),
    **_kinds("matmul", "numeric", ("b, b.mT", BOOL)),
    **_kinds("bitwise_and", "integer or boolean", ("x, x", FLOAT), ("i, 1.5", FLOAT)),
    **_kinds("bitwise_invert", "integer or boolean", ("x", FLOAT)),
    **_kinds("bitwise_left_shift", "integer", ("x, 1", FLOAT), ("b, b", BOOL)),
    **_kinds("imag", "complex", ("x", FLOAT)),
    **_kinds("atan2", "real-valued floating", ("c, c", COMPLEX)),
    **_kinds("hypot", "real-valued floating", ("c, c", COMPLEX)),
    **_kinds("linalg.trace", "numeric", ("b", BOOL)),
    **_kinds("clip", "real-valued", ("c, 0, 1", COMPLEX), ("b, 0, 1", BOOL)),
    **_kinds("searchsorted", "real-valued", ("c[0], c[0]", COMPLEX), ("b[0], b[0]", BOOL)),
    **_kinds("vecdot", "numeric", ("b, b", BOOL)),
    **_kinds("linalg.cross", "numeric", ("b, b", BOOL)),
    **_kinds("fft.rfft", "real-valued floating", ("c", COMPLEX)),
    **_kinds("fft.rfftn", "real-valued floating", ("c", COMPLEX)),
    **_kinds("fft.ihfft", "real-valued floating", ("c", COMPLEX)),
    "~x": (TypeError, "bitwise_invert(): input dtype should be integer or boolean dtypes. Got float32 instead."),
    "x & x": (TypeError, "bitwise_and(): input dtype should be integer or boolean dtypes. Got float32 instead."),
    "-b": (TypeError, "negative(): input dtype should be numeric dtypes. Got bool instead."),
    "c < c": (TypeError, "less(): input dtype should be real-valued or boolean dtypes. Got complex64 instead."),
    "xp.uint64": (),
    "x.to(xp.uint64) + x.to(xp.int8)": (TypeError, "add():", "arrayad.uint64 and arrayad.int8 have no common dtype"),
    "xp.result_type(xp.uint64, xp.int8)": (TypeError, "result_type():", "have no common dtype"),
    "i.to(xp.int8) + 128": (OverflowError, "add():", "128", "int8"),
    "i.to(xp.uint8) - (-1)": (OverflowError, "subtract():", "-1", "uint8"),
    "xp.full((2,), 300, dtype=xp.int8)": (OverflowError, "full():", "300", "int8"),
    "xp.asarray([300], dtype=xp.int8)": (OverflowError, "asarray():", "300", "int8"),
    "xp.astype(c, xp.float32)": (TypeError, "astype(): casting complex64 to float32 would lose a part"),
    "c.float()": (TypeError, "astype(): casting complex64 to float32 would lose a part"),
    "xp.rand(2, dtype=xp.int8)": (TypeError, "rand(): dtype should be real-valued floating point. Got int8 instead."),
    "xp.randn(2, dtype=xp.complex64)": (TypeError, "randn(): dtype should be real-valued", "Got complex64"),
    "xp.bernoulli(i)": (TypeError, "bernoulli(): input dtype should be real-valued floating point dtypes. Got int64"),
    "xp.finfo(xp.int8)": (TypeError, "finfo(): expected a floating-point dtype. Got int8 instead."),
    "xp.iinfo(x)": (TypeError, "iinfo(): expected an integer dtype. Got float32 instead."),
    "xp.set_default_dtype(xp.int8)": (TypeError, "set_default_dtype(): only real floating-point dtypes", "int8"),
}
del KINDS["xp.uint64"]
for _call in ("xp.tensor([1], requires_grad=True)", "xp.zeros(2, dtype=xp.int64, requires_grad=True)",
              "xp.arange(3, requires_grad=True)", "i.requires_grad_()", "xp.full((2,), True, requires_grad=True)"):  # fmt: skip
    KINDS[_call] = (RuntimeError, "(): only Tensors of floating point and complex dtype can require gradients. Got ")
KINDS["i.requires_grad = True"] = (RuntimeError, "requires_grad_(): only Tensors of floating point", "Got int64")

# --- invalid dtypes, devices, norms, orders, modes, sides ---

DTYPES = {
    f"{call}": (TypeError, f"{name}(): expected a dtype such as arrayad.float32, got ", got)
    for name, call, got in (
        ("zeros", "xp.zeros(2, dtype='float32')", "'float32'"),
        ("ones", "xp.ones(2, dtype=np.longdouble)", "numpy.longdouble"),
        ("empty", "xp.empty(2, dtype=object)", "<class 'object'>"),
        ("full", "xp.full((2,), 1, dtype=3)", "3"),
        ("eye", "xp.eye(2, dtype='f4')", "'f4'"),
        ("arange", "xp.arange(2, dtype='f4')", "'f4'"),
        ("linspace", "xp.linspace(0, 1, 2, dtype='f4')", "'f4'"),
        ("asarray", "xp.asarray([1], dtype=[1])", "[1]"),
        ("tensor", "xp.tensor([1], dtype='int8')", "'int8'"),
        ("zeros_like", "xp.zeros_like(x, dtype='int8')", "'int8'"),
        ("astype", "xp.astype(x, 'int8')", "'int8'"),
        ("isdtype", "xp.isdtype('bad', 'bool')", "'bad'"),
        ("finfo", "xp.finfo(3)", "3"),
        ("can_cast", "xp.can_cast(3, xp.int8)", "3"),
        ("result_type", "xp.result_type('a')", "'a'"),
        ("randint", "xp.randint(0, 2, (2,), dtype='int8')", "'int8'"),
    )
}
CHOICES = {
    **{
        f"{call}, device={given})": (kind, f"{name}(): {words}")
        for call, name in (
            ("xp.zeros(2", "zeros"),
            ("xp.ones(2", "ones"),
            ("xp.empty(2", "empty"),
            ("xp.full(2, 1", "full"),
            ("xp.arange(2", "arange"),
            ("xp.linspace(0, 1, 2", "linspace"),
            ("xp.eye(2", "eye"),
            ("xp.asarray([1]", "asarray"),
            ("xp.asarray(x", "asarray"),
            ("xp.tensor(1", "tensor"),
            ("xp.zeros_like(x", "zeros_like"),
            ("xp.rand(2", "rand"),
            ("xp.full_like(x, w[0, 0]", "full_like"),
            ("xp.astype(x, x.dtype", "astype"),
            ("xp.from_dlpack(x", "from_dlpack"),
            ("xp.fft.fftfreq(2", "fftfreq"),
            ("x.to(dtype=None", "to"),
            ("x.to_device(stream=None", "to_device"),
            ("xp.__array_namespace_info__().dtypes(kind=None", "dtypes"),
        )
        for given, kind, words in (
            ("'gpu'", RuntimeError, "expected one of cpu, cuda"),
            ("'cpu:1'", RuntimeError, "device 'cpu:1' is not available"),
            ("3", TypeError, "expected a string such as 'cpu' or 'cuda:0', got 3"),
        )
        if "to_device" not in call
    },
    "xp.device('cuda:x')": (RuntimeError, "device(): expected one of cpu, cuda", "Got 'cuda:x'"),
    "x.to('bad')": (RuntimeError, "to(): expected one of cpu, cuda", "Got 'bad'"),
    "x.to_device(3)": (TypeError, "to_device(): expected a string", "got 3"),
    "x.to_device('cpu', stream=1)": (TypeError, "to_device(): stream must be a Stream or None, got 1"),
    "x.__dlpack__(max_version=1)": (TypeError, "__dlpack__(): max_version must be None or a tuple with two elements"),
    "x.__dlpack__(stream=1)": (BufferError, "__dlpack__(): NumPy only supports stream=None"),
    **{
        f"xp.__array_namespace_info__().dtypes(kind={kind})": (
            ValueError,
            "dtypes(): expected one of 'bool',",
            f"Got {kind}",
        )
        for kind in ("['bool']", "'bad'", "3")
    },
    "xp.set_default_device('bad')": (RuntimeError, "device(): expected one of cpu, cuda", "Got 'bad'"),
    "xp.isdtype(xp.int8, 'bad')": (ValueError, "isdtype(): expected one of 'bool',", "Got 'bad'"),
    "xp.fft.fft(x, norm='bad')": (ValueError, "fft(): norm must be 'backward', 'ortho' or 'forward', got 'bad'"),
    "xp.fft.irfftn(c, norm=1)": (ValueError, "irfftn(): norm must be 'backward', 'ortho' or 'forward', got 1"),
    "xp.linalg.matrix_norm(x, ord='bad')": (ValueError, "matrix_norm(): ord must be 'fro', 'nuc', 1,", "got 'bad'"),
    "xp.linalg.matrix_norm(x, ord=3)": (ValueError, "matrix_norm(): ord must be", "got 3"),
    "xp.linalg.qr(x, mode='bad')": (ValueError, "qr(): mode must be 'reduced' or 'complete', got 'bad'"),
    "xp.searchsorted(v, v, side='bad')": (ValueError, "searchsorted(): side must be 'left' or 'right', got 'bad'"),
    "xp.meshgrid(v, indexing='bad')": (ValueError, "meshgrid(): indexing must be 'xy' or 'ij', got 'bad'"),
    "x.__array_namespace__(api_version='1999')": (ValueError, "unsupported array API version '1999'; there are 2021.12"),
    "xp.set_printoptions(profile='bad')": (ValueError, "set_printoptions(): profile must be one of", "got 'bad'"),
}

# --- shapes and axes ---

SHAPES = {
    "x + xp.ones(4)": (ValueError, "add():", "could not be broadcast", "(2,3) (4,)"),
    "xp.hypot(xp.ones(4), x)": (ValueError, "hypot():", "could not be broadcast", "(4,) (2,3)"),
    "xp.broadcast_shapes((2, 3), (4,))": (
        ValueError,
        "broadcast_shapes(): shapes (2, 3), (4,) cannot be broadcast together",
    ),
    "xp.broadcast_arrays(x, xp.ones(4))": (
        ValueError,
        "broadcast_arrays(): shapes (2, 3), (4,) cannot be broadcast together",
    ),
    "xp.broadcast_shapes((-1,), (1,))": (ValueError, "broadcast_shapes(): negative dimensions are not allowed, got (-1,)"),
    "xp.broadcast_to(v, 3)": (TypeError, "broadcast_to(): shape must be a tuple of ints, got 3"),
    "xp.broadcast_to(v, {3})": (TypeError, "broadcast_to(): shape must be a tuple of ints, got {3}"),
    "xp.broadcast_shapes(2, 3)": (TypeError, "broadcast_shapes(): shape must be a tuple of ints, got 2"),
    **{
        f"xp.{name}({more}{given})": (TypeError, f"{name}(): shape must be ", "a tuple of ints, got ")
        for name, more in (("broadcast_shapes", ""), ("broadcast_shapes", "(2,), "), ("zeros", ""))
        for given in ("{3: 1}", "{3}", "(1.5,)", "'3'", "None", "(xp.asarray([3]),)")
    },
    **{
        f"xp.{name}({given})": (TypeError, f"{name}(): shape must be ", "a tuple of ints, got ", "True")
        for name, given in (
            ("ones", "True"),
            ("zeros", "2, True"),
            ("zeros", "(2, True)"),
            ("empty", "[True]"),
            ("full", "True, 1"),
            ("eye", "True"),
            ("eye", "2, True"),
            ("rand", "True"),
            ("broadcast_shapes", "(True,)"),
            ("ones", "np.True_"),
            ("ones", "xp.asarray(True)"),
            ("broadcast_shapes", "(3,), xp.asarray([True])"),
        )
    },
    **{
        f"xp.{name}({given})": (TypeError, f"{name}(): {parameter} must be an int, got True")
        for name, given, parameter in (
            ("eye", "2, k=True", "k"),
            ("linspace", "0, 1, True", "num"),
            ("repeat", "x, True", "repeats"),
            ("split", "x, True", "the size"),
            ("diff", "x, n=True", "n"),
            ("topk", "x, True", "k"),
            ("diff", "x, axis=True", "an axis"),
            ("median", "x, axis=True", "an axis"),
            ("roll", "x, True", "shift"),
            ("randint", "0, True, (2,)", "high"),
        )
    },
    "xp.repeat(v, v > 1)": (TypeError, "repeat(): repeats should be of integer dtypes. Got bool instead."),
    "x.squeeze(True)": (TypeError, "squeeze(): an axis must be an int, got True"),
    "x.flip(True)": (TypeError, "flip(): axis must be an int, got True"),
    "x.reshape(True, 6)": (TypeError, "reshape(): shape must be an int, got True"),
    **{
        f"{call}({given}copy={bad})": (TypeError, f"{name}(): copy must be a bool, not {kind}")
        for call, name, given in (
            ("xp.asarray", "asarray", "x, "),
            ("xp.asarray", "asarray", "[1], "),
            ("xp.from_dlpack", "from_dlpack", "x, "),
            ("xp.astype", "astype", "x, x.dtype, "),
            ("x.astype", "astype", "x.dtype, "),
            ("x.to", "to", ""),
            ("xp.reshape", "reshape", "x, (6,), "),
            ("x.reshape", "reshape", "6, "),
        )
        for bad, kind in (("'never'", "str"), ("x", "Tensor"), ("[False]", "list"))
    },
    **{
        f"xp.{call}, {flag}=[False])": (TypeError, f"{name}(): {flag} must be a bool, not list")
        for call, name, flag in (
            ("linspace(0, 1, 3", "linspace", "endpoint"),
            ("logspace(0, 1, 3", "logspace", "endpoint"),
            ("isclose(x, x", "isclose", "equal_nan"),
            ("multinomial(v, 2", "multinomial", "replacement"),
            ("quantile(x, 0.5", "quantile", "keepdims"),
            ("linalg.norm(x", "norm", "keepdims"),
            ("topk(v, 1", "topk", "largest"),
        )
    },
    "xp.topk(v, 1, -1, [False])": (TypeError, "topk(): largest must be a bool, not list"),
    "x.argmax(keepdim=n)": (TypeError, "argmax(): keepdims must be a bool, not ndarray"),
    "x @ x": (ValueError, "matmul", "2", "3"),
    "xp.matmul(v, xp.ones(4))": (ValueError, "matmul", "4", "3"),
    "xp.matmul(s, x)": (ValueError, "matmul"),
    "xp.mm(v, v)": (RuntimeError, "mm(): expected tensors of 2 and 2 dimensions, got 1 and 1"),
    "xp.mv(x, x)": (RuntimeError, "mv(): expected tensors of 2 and 1 dimensions, got 2 and 2"),
    "xp.bmm(x, x)": (RuntimeError, "bmm(): expected tensors of 3 and 3 dimensions, got 2 and 2"),
    "xp.dot(x, v)": (RuntimeError, "dot(): expected tensors of 1 and 1 dimensions, got 2 and 1"),
    "xp.stack([x, v])": (ValueError, "stack(): shapes must be equal, got (2, 3), (3,)"),
    "xp.asarray([x, v])": (ValueError, "asarray(): shapes must be equal, got (2, 3), (3,)"),
    "xp.asarray([[1], [1, 2]])": (ValueError, "asarray():", "inhomogeneous"),
    "xp.searchsorted(xp.arange(3, dtype=xp.uint64), i)": (
        TypeError,
        "searchsorted():",
        "uint64 and arrayad.int64 have no common dtype",
    ),
    "xp.searchsorted(x, v)": (ValueError, "searchsorted(): x1 must be one-dimensional, got 2 dimensions"),
    "xp.meshgrid(x)": (ValueError, "meshgrid(): arrays must be one-dimensional, got one of 2 dimensions"),
    "xp.meshgrid(v, xp.arange(3))": (ValueError, "meshgrid(): arrays must have one dtype"),
    "xp.tril(v)": (ValueError, "tril(): x must have at least two dimensions, got 1"),
    "xp.triu(s)": (ValueError, "triu(): x must have at least two dimensions, got 0"),
    "v.T": (ValueError, "T: expected a tensor of 2 dimensions, got 1"),
    "xp.ones(2, 2, 2).t()": (RuntimeError, "t(): expected a tensor with at most 2 dimensions, got 3"),
    "x.view(4, 2)": (RuntimeError, "view(): shape (4, 2) is invalid for input of size 6"),
    "x.view(-1, -1)": (RuntimeError, "view(): shape (-1, -1) is invalid for input of size 6"),
    "x.view(-1, 4)": (RuntimeError, "view(): shape (-1, 4) is invalid for input of size 6"),
    "x.view(-2, -3)": (RuntimeError, "view(): shape (-2, -3) is invalid for input of size 6"),
    "x.view(2.0, 3)": (TypeError, "view(): shape must be made of ints, got (2.0, 3)"),
    "x.mT.view(6)": (
        RuntimeError,
        "view(): size (6,) is not compatible with the tensor's size (3, 2) and stride (1, 3)",
        "Use .reshape(...) instead.",
    ),
    "x.mT.view(-1)": (RuntimeError, "view(): size (-1,) is not compatible", "Use .reshape(...) instead."),
    "x.expand(3, 3)": (RuntimeError, "expand(): sizes (3, 3) do not fit a tensor of shape (2, 3)"),
    "x.expand(3)": (RuntimeError, "expand(): sizes (3,) do not fit a tensor of shape (2, 3)"),
    "x.expand(-1, 2, 3)": (RuntimeError, "expand(): sizes (-1, 2, 3) do not fit a tensor of shape (2, 3)"),
    "x.split(0)": (ValueError, "split(): the size must be positive, got 0"),
    "x.split([1, 2])": (ValueError, "split(): sizes [1, 2] do not add up to the length 2"),
    "x.split([3, -1])": (ValueError, "split(): sizes [3, -1] do not add up to the length 2"),
    "x.chunk(0)": (ValueError, "chunk(): chunks must be at least 1, got 0"),
    "x.flatten(1, 0)": (RuntimeError, "flatten(): start_dim cannot come after end_dim, got 1 and 0"),
    "xp.take(x, xp.asarray([0]))": (ValueError, "take(): axis is needed for a tensor of 2 dimensions"),
    "xp.take(x, xp.asarray([0]), axis=5)": (IndexError, "take(): axis 5 is out of range for a tensor of 2 dimensions"),
    "xp.take(s, xp.asarray([0]), axis=0)": (IndexError, "take(): axis 0 is out of range for a tensor of 0 dimensions"),
    **{
        f"xp.fft.{name}({x}, {parameter}={given})": (
            TypeError,
            f"{name}(): {parameter} must be a sequence of ints, got {given}",
        )
        for name in ("fftn", "ifftn", "rfftn", "irfftn")
        for x in ("x", "w")
        for parameter, given in (("s", "4"), ("s", "{}"), ("s", "{4: 1}"), ("axes", "1"), ("axes", "np.int64(1)"))
    },
    **{
        f"xp.fft.{name}({x}, axis={axis})": (TypeError, f"{name}(): ", f"axis must be an int, got {got}")
        for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
        for x in ("x", "w")
        for axis, got in (("[0]", "[0]"), ("'a'", "'a'"), ("None", "None"))
    },
    **{
        f"xp.fft.{name}(4, d={d})": (TypeError, f"{name}(): d must be a ", f", got {got}")
        for name in ("fftfreq", "rfftfreq")
        for d, got in (("1j", "1j"), ("'a'", "str"), ("None", "NoneType"), ("c[0, 0]", "tensor(1.+2.j)"), ("v", "Tensor"))
    },
    "xp.fft.fftfreq(2**70)": (ValueError, "fftfreq(): Maximum allowed size exceeded"),
    "xp.fft.rfftfreq(2**70)": (ValueError, "rfftfreq(): Maximum allowed size exceeded"),
    "xp.fft.fftn(v, s=(2, 2))": (ValueError, "fftn(): there are 2 lengths for a tensor of 1 dimensions"),
    "xp.median(x, axis=4)": (IndexError, "median(): axis 4 is out of range for a tensor of 2 dimensions"),
    "xp.quantile(x, 0.5, axis=-3)": (IndexError, "quantile(): axis -3 is out of range"),
    "xp.put_along_axis(x, [[0]], 1.0)": (TypeError, "put_along_axis(): argument 'indices' must be Tensor, not list"),
    "xp.put_along_axis(x, xp.asarray([[0]]), 1.0, axis=7)": (IndexError, "put_along_axis(): axis 7 is out of range"),
    "xp.argsort(s)": (IndexError, "argsort(): axis -1 is out of bounds"),
    "xp.topk(x, 4)": (ValueError, "topk(): k must be from 0 to the length 3 of the axis, got 4"),
    "xp.randint(0, 300, (2,), dtype=xp.uint8)": (OverflowError, "randint(): uint8 does not hold the integers from 0 to 299"),
    "xp.randperm(300, dtype=xp.uint8)": (OverflowError, "randperm(): uint8 does not hold the integers from 0 to 299"),
    "xp.randint(0, 2**64, (2,), dtype=xp.uint64)": (OverflowError, "randint(): int64 does not hold"),
    "xp.take(v, xp.asarray([0]), 0)": (TypeError, "take(): too many positional arguments; axis only by name"),
    "xp.fft.fftfreq(8, 0.5)": (TypeError, "fftfreq(): too many positional arguments; d, dtype, device only by name"),
    "xp.sum(x, 0)": (TypeError, "sum(): too many positional arguments; axis, dtype, keepdims only by name"),
    "xp.linalg.cross(v, xp.ones((3, 3)), axis=0)": (ValueError, "cross(): axis 0 counts from the front"),
    "xp.vecdot(v, xp.ones((3, 2)), axis=0)": (ValueError, "vecdot(): axis 0 counts from the front"),
    "xp.linalg.matrix_rank(v)": (ValueError, "matrix_rank(): expected a tensor of at least 2 dimensions, got 1"),
    "xp.linalg.solve_triangular(x, x, upper=True)": (ValueError, "solve_triangular(): expected shapes (..., M, M)"),
    "xp.linalg.lstsq(1, x)": (TypeError, "lstsq(): argument 'x1' must be Tensor, not int"),
    "xp.concat([v, v], casting='unsafe')": (TypeError, "concat(): got an unexpected keyword argument 'casting'"),
    "xp.permute_dims(x, None)": (TypeError, "permute_dims(): axes must be a tuple of ints, got None"),
    "xp.bincount(i[0], weights=x)": (ValueError, "bincount(): x must be one-dimensional, and weights of its shape"),
    "xp.cov(xp.ones((2, 2, 2)))": (ValueError, "cov(): expected at most two dimensions, got 3"),
    "xp.roots(x)": (ValueError, "roots(): the coefficients must be one-dimensional, got 2 dimensions"),
    "xp.block_diag(xp.ones((1, 1, 1)))": (ValueError, "block_diag(): expected tensors of at most 2 dimensions, got 3"),
    "xp.cdist(x, x.mT)": (ValueError, "cdist(): rows of one length are needed, got shapes (2, 3) and (3, 2)"),
    "xp.einsum('...', xp.ones((1,) * 60))": (ValueError, "einsum(): there are more axes than letters"),
    "xp.ones(2, 3, 4).fill_diagonal_(0)": (RuntimeError, "fill_diagonal_(): expected a matrix, or sides of one length"),
    "v.unfold(0, 4, 1)": (ValueError, "unfold(): a window of 4 is longer than the axis, 3"),
    "np.split(v, 2)": (ValueError, "array split does not result in an equal division"),
    "xp.fft.irfftn(s)": (ValueError, "irfftn(): at least one axis is needed"),
    "xp.histc(v, min=2, max=1)": (ValueError, "histc(): the ends must be finite and in order, got 2.0 and 1.0"),
    "xp.view_as_real(v)": (RuntimeError, "view_as_real(): the tensor must be complex, not float32"),
    "xp.split(v, 1.5)": (TypeError, "split(): expected an int or a list of int, got 1.5"),
    "x.scatter_(0, i)": (TypeError, "scatter_(): give either src or value"),
    "x.scatter_(0, i, x, value=1)": (TypeError, "scatter_(): give either src or value"),
    "v.bernoulli_(2)": (ValueError, "bernoulli_(): p must be between 0 and 1, got 2"),
    "v.exponential_(0)": (ValueError, "exponential_(): the rate must be positive, got 0"),
    "xp.special.multigammaln(v, 1.5)": (ValueError, "multigammaln(): the dimension must be a whole number", "got 1.5"),
    "xp.special.multigammaln(v, [1, 2])": (ValueError, "multigammaln(): the dimension must be one whole number"),
    "xp.special.multigammaln(v, 9)": (ValueError, "multigammaln(): elements must be above (d - 1) / 2 = 4.0"),
    "np.take(v, [0], mode='bad')": (ValueError, "numpy.take(): mode must be 'raise', 'wrap' or 'clip', got 'bad'"),
    "v.__array__(np.int64, copy=False)": (ValueError, "__array__(): another dtype requires a copy"),
    "xp.asarray(np.ones(2, '>f4'), copy=False)": (ValueError, "asarray(): an array of swapped bytes cannot be taken"),
    "xp.add([1.0], 2)": (TypeError, "add(): argument 'x1' must be Tensor or a number, not list"),
    "xp.permute_dims(3, axes=(0,))": (TypeError, "permute_dims(): argument 'x' must be Tensor, not int"),
    "xp.concat([v], 0)": (TypeError, "concat(): too many positional arguments; axis only by name"),
    "xp.clip(x, 1j)": (TypeError, "clip(): input dtype should be real-valued dtypes. Got complex64 instead."),
    "xp.isclose(1.0, x)": (TypeError, "isclose(): argument 'x1' must be Tensor, not float"),
    "xp.kron(x, 2)": (TypeError, "kron(): argument 'x2' must be Tensor, not int"),
    "xp.einsum(x, x)": (TypeError, "einsum(): subscripts must be a str, not Tensor"),
    "xp.nan_to_num(1.0)": (TypeError, "nan_to_num(): argument 'x' must be Tensor, not float"),
    "xp.softmax(xp.ones((0, 2)), axis=7)": (IndexError, "softmax(): axis 7 is out of bounds"),
    "xp.log_softmax(xp.ones((0, 2)), axis='x')": (TypeError, "log_softmax():"),
    "xp.cumulative_sum(v, axis=(0,))": (TypeError, "cumulative_sum():"),
    "xp.clip(v, 0, min=1.5)": (TypeError, "clip():"),
    "xp.trapezoid(s)": (IndexError, "trapezoid(): axis -1 is out of range for a tensor of 0 dimensions"),
    "xp.roll(v, 1.5)": (TypeError, "roll():"),
    "xp.broadcast_to(x, (3, 3))": (ValueError, "broadcast_to(): shape (2, 3) cannot be broadcast to shape (3, 3)"),
    "xp.addmm(v, x, x.mT)": (ValueError, "addmm(): shape (3,) cannot be broadcast to shape (2, 2)"),
    "x.mean(dtype='float64')": (TypeError, "mean(): expected a dtype such as arrayad.float32, got 'float64'"),
    "xp.roll(v, (1, 2))": (ValueError, "roll(): 2 shifts for 1 axes"),
    "xp.roll(x, (1, 2), axis=(0,))": (ValueError, "roll(): 2 shifts for 1 axes"),
    "xp.isin(xp.arange(3, dtype=xp.uint64), i)": (TypeError, "isin():", "uint64 and arrayad.int64 have no common dtype"),
    "xp.isin(1, 2)": (TypeError, "isin(): one of the arguments must be a Tensor, got 1 and 2"),
    "xp.special.betainc(1.0, 2, 0.5)": (
        TypeError,
        "betainc(): one of the arguments must be a Tensor, got 1.0 and 2 and 0.5",
    ),
    "xp.arange(0.0, 300.0, dtype=xp.uint8)": (OverflowError, "arange(): uint8 does not hold the integers from 0 to 299"),
    "xp.linspace(0, 300, 3, dtype=xp.uint8)": (OverflowError, "linspace(): uint8 does not hold the integers from 0 to 300"),
    "xp.func.grad(lambda t: xp.argmax(t))(v)": (TypeError, "grad(): the function's results must be floating", "int64"),
    "xp.func.hessian(lambda t: xp.sum(t > 1))(v)": (
        TypeError,
        "hessian(): the function's results must be floating",
        "int64",
    ),
    "xp.func.jacrev(xp.argsort)(v)": (TypeError, "jacrev(): the function's results must be floating", "int64"),
    "xp.func.jvp(xp.sin, v, v)": (TypeError, "jvp(): primals and tangents must be tuples", "Tensor"),
    "xp.func.hvp(xp.sum, v, v)": (TypeError, "hvp(): primals and tangents must be tuples", "Tensor"),
    "xp.func.jacrev(lambda t: t * 1j)(v)": (RuntimeError, "jacrev(): arguments and results must be real"),
    "xp.func.jacfwd(lambda t: t * 1j)(v)": (RuntimeError, "jacfwd(): arguments and results must be real"),
    "xp.moveaxis(x, source=0, destination=1)": (TypeError, "moveaxis():"),
    "xp.repeat(v, xp.asarray([1.5, 1.0, 2.0]))": (TypeError, "repeat(): Cannot cast"),
    "x.flip(0, axis=1)": (TypeError, "flip", "multiple values for keyword argument 'axis'"),
    "xp.repeat(v, 1.7)": (TypeError, "repeat(): repeats must be an int, got 1.7"),
    "xp.sum(c, dtype=xp.float32)": (TypeError, "sum(): complex64 cannot become float32; take real() first"),
    "xp.asarray(np.asarray([1j]), dtype=xp.float32)": (TypeError, "asarray(): complex numbers cannot become float32"),
    "xp.arange(0, 2**63)": (MemoryError, "arange(): from 0 to 9223372036854775807 there are too many integers"),
    "xp.arange(0, 300, dtype=xp.uint8)": (OverflowError, "arange(): uint8 does not hold the integers from 0 to 299"),
    "xp.arange(5, -2, -1, dtype=xp.uint8)": (OverflowError, "arange(): uint8 does not hold the integers from 5 to -1"),
    "xp.full((2,), xp.nan, dtype=xp.int64)": (ValueError, "full(): int64 has no nan"),
    "xp.fft.fftfreq(4, dtype=xp.int64)": (
        TypeError,
        "fftfreq(): dtype should be real-valued floating point. Got int64 instead.",
    ),
    "xp.linalg.matrix_power(x, 1)": (ValueError, "matrix_power(): x must be square matrices, got shape (2, 3)"),
    "xp.take(v, xp.asarray([True, False]))": (TypeError, "take(): indices should be of integer dtypes. Got bool instead."),
    "xp.cumulative_sum(s)": (ValueError, "cumulative_sum(): the tensor must have at least one dimension"),
    "xp.cumulative_prod(s, axis=0)": (ValueError, "cumulative_prod(): the tensor must have at least one dimension"),
    "x.index_add(5, xp.asarray([0]), x)": (IndexError, "index_add(): axis 5 is out of range"),
    "x.index_add(0, xp.asarray([[0]]), x)": (IndexError, "index_add(): index must be one-dimensional, got 2 dimensions"),
    "x.index_add(0, xp.asarray([0]), xp.ones(3))": (
        RuntimeError,
        "index_add(): source must have the shape (1, 3) of the slices, got (3,)",
    ),
    "x.index_copy(0, xp.asarray([0]), x)": (
        RuntimeError,
        "index_copy(): source must have the shape (1, 3) of the slices, got (2, 3)",
    ),
    "x.index_fill(2, xp.asarray([0]), 1.0)": (IndexError, "index_fill(): axis 2 is out of range"),
    "x.gather(0, xp.asarray([0]))": (RuntimeError, "gather(): an index of shape (1,) does not fit a tensor of shape (2, 3)"),
    "x.gather(0, xp.zeros((1, 4), dtype=xp.int64))": (RuntimeError, "gather(): an index of shape (1, 4) does not fit"),
    "x.masked_select(xp.asarray([0, 1, 0]))": (TypeError, "masked_select(): the mask must be boolean, got int64"),
    "x.roll(1, 0, dim=1)": (TypeError, "roll(): 'dim' and 'axis' are the same argument; give one"),
    "xp.zeros(-1)": (ValueError, "zeros(): negative dimensions are not allowed, got (-1,)"),
    "xp.ones((2, -1))": (ValueError, "ones(): negative dimensions are not allowed, got (2, -1)"),
    "xp.zeros(1.5)": (TypeError, "zeros(): shape must be an int or a tuple of ints, got (1.5,)"),
    "xp.rand(2, 'a')": (TypeError, "rand(): shape must be an int or a tuple of ints, got (2, 'a')"),
    "xp.empty(None)": (TypeError, "empty(): shape must be an int or a tuple of ints, got (None,)"),
    "xp.eye(-1)": (ValueError, "eye(): negative dimensions are not allowed, got (-1, -1)"),
    "xp.eye(2, 1.5)": (TypeError, "eye(): shape must be an int or a tuple of ints, got (2, 1.5)"),
    "xp.randint(0, 5, (-2,))": (ValueError, "randint(): negative dimensions are not allowed, got (-2,)"),
    "xp.broadcast_to(xp.ones(1), (-1,))": (
        ValueError,
        "broadcast_to(): negative dimensions are not allowed, got (-1,)",
    ),
    "xp.diff(x, n=-1)": (ValueError, "diff(): n must not be negative, got -1"),
    "len(s)": (TypeError, "len() of a 0-d tensor"),
    "iter(s)": (TypeError, "iteration over a 0-d tensor"),
    "list(s)": (TypeError, "iteration over a 0-d tensor"),
    "a, q = s": (TypeError, "iteration over a 0-d tensor"),
    "w.grad = xp.ones(3)": (RuntimeError, "grad must have the shape", "(2, 3) arrayad.float32", "got (3,) arrayad.float32"),
}
AXES = {
    f"{call}": (IndexError, f"{name}(): axis {axis} is out of range for ", f"{rank} dimensions")
    for name, call, axis, rank in (
        ("transpose", "x.transpose(0, 5)", 5, 2),
        ("swapaxes", "x.swapaxes(-3, 0)", -3, 2),
        ("squeeze", "x.squeeze(7)", 7, 2),
        ("squeeze", "x.squeeze(dim=(0, -4))", -4, 2),
        ("unstack", "xp.unstack(x, axis=2)", 2, 2),
        ("unstack", "xp.unstack(w, axis=-3)", -3, 2),
        ("unbind", "x.unbind(3)", 3, 2),
        ("unstack", "xp.unstack(s)", 0, 0),
        ("split", "x.split(1, dim=5)", 5, 2),
        ("chunk", "x.chunk(2, -3)", -3, 2),
        ("flatten", "x.flatten(5)", 5, 2),
        ("flatten", "x.flatten(0, 2)", 2, 2),
        ("stride", "x.stride(2)", 2, 2),
    )
} | {
    "xp.diff(x, axis=2)": (IndexError, "diff(): axis 2 is out of range for a tensor of 2 dimensions"),
    "xp.fft.rfftn(x, axes=())": (ValueError, "rfftn(): at least one axis is needed"),
    "xp.fft.rfftn(x * w, 3)": (TypeError, "rfftn(): too many positional arguments"),
    "xp.fft.rfftn(x * w, s=(2, 2, 2))": (ValueError, "rfftn(): there are 3 lengths for a tensor of 2 dimensions"),
    "xp.fft.hfft(x * w, n=0)": (ValueError, "hfft(): "),
    "xp.linalg.matrix_power((x * w)[:, :2], 'a')": (TypeError, "matrix_power(): "),
    "np.nan_to_num(w, copy=False)": (RuntimeError, "__setitem__(): a leaf Variable that requires grad"),
    **{
        call.format("np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0])"): (
            TypeError,
            f"{name}(): a MaskedArray means something else than its numbers; fill it first, by `.filled(value)`",
        )
        for call, name in (
            ("x + {}", "add"),
            ("x[...] = {}", "__setitem__"),
            ("np.dot(x, {})", "numpy.dot"),
            ("xp.asarray({})", "asarray"),
            ("xp.tensor({})", "tensor"),
            ("xp.from_numpy({})", "from_numpy"),
            ("xp.utils.data.default_convert([{}])", "default_convert"),
            ("xp.utils.data.default_collate([np.ones(3), {}])", "default_collate"),
        )
    },
    **{
        call: (TypeError, f"{name}(): a matrix means something else than its numbers; convert it first, by `.A`")
        for call, name in (
            ("x @ np.ones((3, 1)).view(np.matrix)", "matmul"),
            ("x[...] = np.ones((1, 3)).view(np.matrix)", "__setitem__"),
            ("xp.utils.data.default_collate([np.ones((1, 2)).view(np.matrix)])", "default_collate"),
        )
    },
    "xp.from_numpy(np.zeros(6, [('a', 'f4'), ('b', 'u1')])['a'])": (
        ValueError,
        "from_numpy(): an array whose steps in memory are not whole elements",
        "copy()",
    ),
    "xp.asarray(np.zeros(6, [('a', 'f4'), ('b', 'u1')])['a'], copy=False)": (ValueError, "asarray(): an array whose steps"),
    "xp.ones(5)[1:].view(xp.float64)": (
        RuntimeError,
        "view(): the offset 1 and the strides (1,) before the last must be multiples of 2 for float32",
    ),
    "xp.ones(2, 3)[:, :2].view(xp.float64)": (RuntimeError, "view(): the offset 0 and the strides (3, 1) before the last"),
    "xp.view_as_complex(xp.ones(5)[1:].reshape(2, 2))": (RuntimeError, "view_as_complex(): the offset 1"),
    "np.append(v, x, axis=0)": (ValueError, "concat(): "),
    "np.add.at(n, ([0], [1]), w[0, 0])": (TypeError, "numpy.add.at has no counterpart"),
    "np.put_along_axis(n, np.asarray([[0]]), w[:1, :1], 1)": (TypeError, "numpy.put_along_axis has no counterpart"),
    "xp.searchsorted(v, v, sorter=3)": (TypeError, "searchsorted(): sorter must be a Tensor of integers, not int"),
    "xp.split(x, 'a')": (TypeError, "split(): a size must be an int, got 'a'"),
    "xp.unflatten(x, 0, 3)": (TypeError, "unflatten(): sizes must be a tuple of int, got 3"),
    "xp.median(x, axis=(0, 0))": (ValueError, "median(): axes (0, 0) name one twice"),
    "xp.utils.data.default_collate(3)": (TypeError, "default_collate(): expected a list of samples, not int"),
    "xp.utils.data.default_collate([[1], 3])": (ValueError, "default_collate()", "form"),
    "xp.autograd.gradcheck(xp.sin, 3)": (TypeError, "gradcheck(): inputs must be a Tensor or a tuple of them, not int"),
    "xp.logsumexp(x, axis=7)": (IndexError, "logsumexp(): an axis is out of range"),
    "xp.amax(x, 7)": (IndexError, "amax(): axis 7 is out of bounds"),
    "xp.cumsum(x)": (ValueError, "cumsum(): "),
    "xp.diag_embed(s)": (ValueError, "diag_embed(): the tensor must have at least one dimension"),
    "xp.random.set_state(3)": (TypeError, "set_state(): expected what get_state() gave, not int"),
    "xp.complex(x, c)": (TypeError, "complex(): the parts must be of float32 or float64, got complex64"),
    "xp.view_as_complex(c)": (RuntimeError, "view_as_complex(): the tensor must be float32 or float64"),
    "xp.view_as_complex(xp.ones(2, 3).mT)": (RuntimeError, "view_as_complex(): the parts must lie side by side"),
    "xp.fmod(xp.asarray([5], dtype=xp.int8), 300)": (OverflowError, "fmod(): ", "300"),
    "xp.fmod(c, 2)": (TypeError, "fmod(): input dtype should be real-valued dtypes. Got complex64"),
    "xp.histc(i, 3)": (TypeError, "histc(): input dtype should be real-valued floating point. Got int64"),
    "xp.cdist(x, x, p=-1)": (ValueError, "cdist(): p must not be negative, got -1"),
    "xp.unique(x, dim=5)": (IndexError, "unique(): "),
    "xp.vdot(x, x)": (RuntimeError, "vdot(): expected tensors of 1 and 1 dimensions"),
    "xp.index_add(x, 0, xp.asarray([5]), x[:1])": (IndexError, "index_add(): index 5 is out of bounds"),
    "xp.addmm(xp.ones(4, 2), x, x.mT, beta=0)": (ValueError, "addmm(): "),
    "x.add(n, alpha=2)": (TypeError, "add(): ", "asarray()"),
    "x.to(xp.float64, False, True)": (TypeError, "to(): non_blocking and copy are given by name"),
    "xp.set_printoptions(precision=2.5)": (TypeError, "set_printoptions(): precision must be an int, got 2.5"),
    "np.rot90(x, 1, (0, 0))": (ValueError, "numpy.rot90(): the axes must be different"),
    "x.normal_('a')": (TypeError, "normal_(): mean must be a number, got str"),
    "xp.put_along_axis(x[0], xp.asarray(1), 5.0)": (ValueError, "put_along_axis(): indices must have as many dimensions"),
    "x.take(i, axis=1, dim=0)": (TypeError, "take(): 'dim' and 'axis' are the same argument; give one"),
    "x.round(1.5)": (TypeError, "round(): decimals must be an int, got 1.5"),
    "xp.zeros(2).normal_(w.sum())": (TypeError, "normal_(): mean is not differentiable, but requires grad"),
    "xp.zeros(2).uniform_(0, w.sum())": (TypeError, "uniform_(): high is not differentiable, but requires grad"),
    "xp.zeros(2).uniform_(-3e38, 3e38)": (
        ValueError,
        "uniform_(): from -3e+38 to 3e+38 is further than float32 has numbers",
    ),
    "xp.zeros(2).uniform_(0, xp.inf)": (ValueError, "uniform_(): from 0 to inf is further than float32 has numbers"),
    "xp.randperm(5000, dtype=xp.float16)": (
        ValueError,
        "randperm(): float16 does not tell the integers from 0 to 4999 apart",
    ),
    "x.normal_(0, xp.nan)": (ValueError, "normal_(): std must not be negative, got nan"),
    "x.uniform_(np.zeros(2))": (TypeError, "uniform_(): low must be a number, got ndarray"),
    "xp.tril(x, k=1.5)": (TypeError, "tril(): k must be an int, got 1.5"),
    "xp.eye(3, k=xp.inf)": (TypeError, "eye(): k must be an int, got inf"),
    "xp.fft.fftfreq(2.5)": (TypeError, "fftfreq(): n must be an int, got 2.5"),
    "xp.fft.rfftfreq(0)": (ValueError, "rfftfreq(): n must be at least 1, got 0"),
    "xp.fft.fftfreq(4, dtype='float')": (TypeError, "fftfreq(): "),
    "xp.bincount(xp.asarray([1]), minlength=-1)": (ValueError, "bincount(): minlength must not be negative, got -1"),
    "xp.bincount(xp.asarray([1]), weights=[1.0])": (TypeError, "bincount(): argument 'weights' must be Tensor, not list"),
    "xp.quantile(x, float('nan'))": (ValueError, "quantile(): probabilities must be"),
    "xp.randint(0, 5, (3,), dtype=bool)": (ValueError, "randint(): bool holds 0 and 1, and not 0 to 4"),
    "setattr(xp.zeros(2), 'data', np.zeros(2))": (TypeError, "data must be a Tensor, not ndarray"),
    "xp.autograd.set_detect_anomaly('no')": (TypeError, "set_detect_anomaly(): mode must be a bool"),
    "xp.float32.foo": (AttributeError, "'DType' object has no attribute 'foo'"),
    "xp.sum(x, axis=0, keepdims=None)": (TypeError, "sum(): keepdims must be a bool, not NoneType"),
    "xp.sort(x, descending=None)": (TypeError, "sort(): descending must be a bool, not NoneType"),
    "xp.zeros(2).requires_grad_('False')": (TypeError, "requires_grad_(): requires_grad must be a bool, not str"),
    "xp.zeros(2, requires_grad='False')": (TypeError, "zeros(): requires_grad must be a bool, not str"),
    "xp.set_grad_enabled('off')": (TypeError, "set_grad_enabled(): mode must be a bool, not str"),
    "xp.inference_mode('off')": (TypeError, "inference_mode(): mode must be a bool, not str"),
    "xp.no_grad(5)": (TypeError, "takes 1 positional argument"),
    "xp.no_grad(foo=1)": (TypeError, "unexpected keyword argument 'foo'"),
    "setattr(x, 'grad', x)": (RuntimeError, "grad: a tensor cannot be its own gradient"),
    "xp.device('cuda', 1.5)": (TypeError, "device(): index must be an int, got 1.5"),
    "xp.autograd.graph(3)": (TypeError, "graph(): expected a Tensor, or a list or tuple of Tensors"),
    "xp.autograd.graph([])": (TypeError, "graph(): expected a Tensor, or a list or tuple of Tensors"),
    "x.size(5)": (IndexError, "size(): axis 5 is out of range for a tensor of 2 dimensions"),
    "x.squeeze(0, dim=1)": (TypeError, "squeeze(): multiple values"),
    "x.permute(0, 1, dims=(1, 0))": (TypeError, "permute(): multiple values"),
    "xp.pad([1, 2], 1)": (TypeError, "pad(): argument 'x' must be Tensor, not list"),
    "xp.tensordot(x, x, axes=-1)": (ValueError, "tensordot(): axes must not be negative, got -1"),
    "xp.trapezoid(x, x=xp.ones(2))": (ValueError, "trapezoid(): "),
    "xp.set_printoptions(linewidth='a')": (TypeError, "set_printoptions(): linewidth must be"),
    "xp.index_fill(x, 0, xp.asarray([True, False]), 1.0)": (TypeError, "index_fill(): index must be of integers"),
    "xp.masked_fill(x, x, 1.0)": (TypeError, "masked_fill(): the mask must be boolean, got float32"),
    "xp.Generator().set_state(3)": (TypeError, "set_state(): this is no state of a generator of cpu"),
    "x.expand_as(3)": (TypeError, "expand_as(): argument 'other' must be Tensor, not int"),
    "xp.linalg.norm([1.0], 2)": (TypeError, "norm(): argument 'x' must be Tensor, not list"),
    "xp.hstack(3)": (TypeError, "hstack(): "),
    "xp.chunk(x, 1.5)": (TypeError, "chunk(): chunks must be an int, got 1.5"),
    "xp.topk(x, 'a')": (TypeError, "topk(): k must be an int, got 'a'"),
    "xp.narrow(x, 0, None, 1)": (TypeError, "narrow(): start must be an int, got None"),
    "xp.autograd.grad(3, x)": (TypeError, "grad(): "),
    "xp.reshape(x, (3, -2))": (ValueError, "reshape(): shape (3, -2) has a negative length"),
    "x.view(-5)": (RuntimeError, "view(): shape (-5,) is invalid"),
    "x.to('float64')": (TypeError, "to(): 'float64' is not a device; the dtype is arrayad.float64"),
    "x.to(3)": (TypeError, "to(): expected a dtype such as arrayad.float32, got 3"),
    "x.type('float64')": (TypeError, "type(): expected a dtype such as arrayad.float32, got 'float64'"),
    "xp.clamp(x, 'a')": (TypeError, "clamp(): argument 'min' must be Tensor or a number, not str"),
    "xp.func.grad(lambda t: t)(v)": (RuntimeError, "grad(): the function must return one real Tensor of one element"),
    "xp.func.grad(lambda t: t[0] * 1j)(v)": (RuntimeError, "grad(): the function must return one real Tensor"),
    "xp.func.grad(xp.sin)(3.0)": (TypeError, "grad(): the arguments must be Tensors", "float; convert it with asarray()"),
    "xp.func.grad(xp.sum)(n)": (TypeError, "grad(): the arguments must be Tensors", "ndarray; convert it with asarray()"),
    "x.permute(0)": (ValueError, "permute(): expected an order of all 2 axes of the tensor, got (0,)"),
    "xp.tile(x, 2.5)": (TypeError, "tile(): repetitions must be an int, got 2.5"),
    "xp.vecdot(x, xp.ones(4))": (ValueError, "vecdot(): vectors must be of one length, got shapes (2, 3) and (4,)"),
    "xp.linalg.solve(xp.eye(2), v)": (ValueError, "solve(): matrices of shape (2, 2) do not fit right-hand sides of (3,)"),
    "s * 'a'": (TypeError, "unsupported operand type(s) for *: 'Tensor' and 'str'"),
    "x.to('cpu', device='cpu')": (TypeError, "to(): 'cpu' conflicts with another"),
    "x.to(x, xp.float64)": (TypeError, "to(): arrayad.float64 conflicts with another"),
    "xp.full((2,), 300.0, dtype=xp.uint8)": (OverflowError, "full():", "300"),
    "xp.linalg.vector_norm(x, ord=object())": (TypeError, "vector_norm():"),
    "x.transpose(0.5, 1)": (TypeError, "transpose(): an axis must be an int, got 0.5"),
    "x.unbind('a')": (TypeError, "unbind(): axis must be an int, got 'a'"),
}

# --- numbers, elements, keys ---

VALUES = {
    "bool(x)": (ValueError, "Boolean value of Tensor with 6 values is ambiguous"),
    "bool(xp.zeros(0))": (ValueError, "Boolean value of Tensor with 0 values is ambiguous"),
    "x and x": (ValueError, "Boolean value of Tensor with 6 values is ambiguous"),
    "not b": (ValueError, "Boolean value of Tensor with 6 values is ambiguous"),
    "x.item()": (RuntimeError, "item(): a Tensor with 6 elements cannot be converted to Scalar"),
    "xp.zeros(0).item()": (RuntimeError, "item(): a Tensor with 0 elements cannot be converted to Scalar"),
    "int(x)": (TypeError, "int(): expected a Tensor of one element, got one of 6"),
    "float(v)": (TypeError, "float(): expected a Tensor of one element, got one of 3"),
    "complex(x)": (TypeError, "complex(): expected a Tensor of one element, got one of 6"),
    "float(c[0, 0])": (TypeError, "float()", "complex"),
    "range(s)": (TypeError, "only 0-dimensional tensors of integers can be used as an index"),
    "[1, 2][i[0]]": (TypeError, "only 0-dimensional tensors of integers can be used as an index"),
    "'a' in x": (TypeError, "equal(): argument 'x2' must be Tensor or a number, not str"),
    "f'{x:.2f}'": (TypeError, "unsupported format string passed to Tensor.__format__"),
    "x[s]": (IndexError, "tensors used as indices must be of an integer or the boolean dtype. Got float32"),
    "x[v]": (IndexError, "tensors used as indices must be of an integer or the boolean dtype. Got float32"),
    "x[0, [c]]": (IndexError, "tensors used as indices must be of an integer or the boolean dtype. Got complex64"),
    "xp.full((2,), 'a')": (TypeError, "full(): fill_value must be a number, got str"),
    "xp.full((2,), x)": (TypeError, "full(): fill_value must be a number, got Tensor of shape (2, 3)"),
    "xp.full_like(x, v)": (TypeError, "full_like(): fill_value must be a number, got Tensor of shape (3,)"),
    "xp.arange(v)": (TypeError, "arange(): stop must be a number, got Tensor of shape (3,)"),
    "xp.linspace(0, w, 3)": (TypeError, "linspace(): stop must be a number, got Tensor of shape (2, 3)"),
    "xp.full_like(x, None)": (TypeError, "full_like(): fill_value must be a number, got NoneType"),
    "xp.full((2,), 1j, dtype=xp.float32)": (TypeError, "full(): a complex fill_value cannot be represented in float32"),
    "xp.full_like(x, 1j)": (TypeError, "full_like(): a complex fill_value cannot be represented in float32"),
    "xp.arange('a')": (TypeError, "arange(): stop must be a number, got str"),
    "xp.arange(0, 3, None)": (TypeError, "arange(): step must be a number, got NoneType"),
    "xp.arange(1j)": (TypeError, "arange(): start, stop and step must be real numbers"),
    "xp.arange(0, 1, 0)": (ValueError, "arange(): step must not be 0"),
    "xp.arange(math.nan)": (ValueError, "arange(): start, stop and step must be finite, got 0, nan and 1"),
    "xp.arange(0, math.inf)": (ValueError, "arange(): start, stop and step must be finite, got 0, inf and 1"),
    "xp.arange(1e30)": (ValueError, "arange(): Maximum allowed size exceeded"),
    "xp.linspace('a', 1, 3)": (TypeError, "linspace(): start must be a number, got str"),
    "xp.linspace(0, 1, -1)": (ValueError, "linspace(): num must not be negative, got -1"),
    "xp.linspace(0, 1, 2.5)": (TypeError, "linspace(): num must be an int, got 2.5"),
    "xp.linspace(0, 1j, 3, dtype=xp.float32)": (TypeError, "linspace(): complex numbers cannot be represented in float32"),
    "xp.asarray('a')": (TypeError, "asarray(): can't make a Tensor of str"),
    "xp.asarray([None])": (TypeError, "asarray(): can't make a Tensor of list. Unsupported NumPy dtype object"),
    "xp.tensor({})": (TypeError, "tensor(): can't make a Tensor of dict"),
    "xp.tensor(['a'])": (TypeError, "tensor(): can't make a Tensor of list"),
    "xp.asarray(np.ones(2, np.longdouble))": (TypeError, "asarray(): can't make a Tensor of ndarray", "float"),
    "xp.from_numpy(np.ones(2, np.longdouble))": (TypeError, "from_numpy(): can't make a Tensor of ndarray", "float"),
    "xp.asarray(c, dtype=xp.float32)": (TypeError, "asarray(): casting complex64 to float32 would lose a part"),
    "xp.set_default_dtype('float64')": (TypeError, "set_default_dtype(): expected a dtype", "got 'float64'"),
    "xp.eye(2**70)": (ValueError, "eye(): Maximum allowed dimension exceeded"),
    **{
        f"xp.{call}": (OverflowError, f"{call.partition('(')[0]}(): a number is out of bounds for the dtype")
        for call in (
            "asarray(2**63)",
            "asarray(2**64)",
            "asarray([2**63, 1])",
            "asarray([2**63, -1])",
            "asarray([[2**64], [True]])",
            "asarray([-(2**63) - 1])",
            "tensor((2**63, np.int64(1)))",
            "asarray([np.uint8(1), 2**63])",
            "full(2, 2**63)",
            "asarray([2**64, np.int8(1)])",
            "full_like(i, 2**70)",
            "asarray(1e300, dtype=xp.int8)",
            "asarray([s, 2**63])",
        )
    },
    **{
        f"i {symbol} 2**70": (OverflowError, f"{BINARY[symbol]}(): a number is out of bounds for the dtype")
        for symbol in ("+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>")
    },
    "2**70 - i": (OverflowError, "subtract(): a number is out of bounds for the dtype"),
    "i[:] = 2**70": (OverflowError, "__setitem__(): a number is out of bounds for the dtype"),
    "xp.asarray([np.uint64(1), -1])": (OverflowError, "asarray(): Python integer -1 out of bounds for uint64"),
    "xp.asarray([2**64, None])": (TypeError, "asarray(): can't make a Tensor of list"),
    **{
        f"xp.asarray({given})": (TypeError, "asarray(): arrayad.", "int64 have no common dtype")
        for given in (
            "[np.uint64(5), np.int64(1)]",
            "[np.arange(2, dtype='u8'), np.arange(2)]",
            "[i.to(xp.uint64)[0, 0], 1]",
        )
    },
    **{
        f"{call}": (kind, f"{name}(): ")
        for number, kind in (
            ("np.int64(300)", OverflowError),
            ("np.float64(1e300)", OverflowError),
            ("np.float64('nan')", ValueError),
        )
        for call, name in (
            (f"i.to(xp.int8)[0] = {number}", "__setitem__"),
            (f"i.to(xp.int8).fill_({number})", "fill_"),
            (f"i.to(xp.int8).masked_fill(b, {number})", "masked_fill"),
            (f"i.to(xp.int8).masked_fill_(b, {number})", "masked_fill"),
            (f"i.to(xp.int8).copy_({number})", "copy_"),
            (f"xp.asarray({number}, dtype=xp.int8)", "asarray"),
            (f"xp.tensor({number}, dtype=xp.int8)", "tensor"),
            (f"xp.full((2,), {number}, dtype=xp.int8)", "full"),
        )
    },
    **{
        f"xp.{name}({x}, correction={given})": (TypeError, f"{name}(): correction must be a real number, got {given}")
        for name in ("var", "std")
        for x in ("x", "w")
        for given in ("1j", "'a'", "None", "(1,)")
    },
    "xp.reshape(x, -6)": (ValueError, "reshape(): shape (-6,) has a negative length"),
    "xp.reshape(x, None)": (TypeError, "reshape(): 'NoneType' object cannot be interpreted as an integer"),
    "xp.asarray([1j], dtype=xp.float32)": (TypeError, "asarray():", "complex"),
    "xp.asarray([1, 2], copy=False)": (ValueError, "asarray(): list cannot be taken without a copy"),
    "xp.asarray(n, dtype=xp.int8, copy=False)": (ValueError, "asarray(): ndarray cannot be taken without a copy"),
    "xp.asarray(x, dtype=xp.int8, copy=False)": (ValueError, "asarray(): another dtype or device requires a copy"),
    "xp.asarray([s, s], copy=False)": (ValueError, "asarray(): a sequence of Tensors cannot be made one Tensor without"),
    "xp.clamp(x)": (ValueError, "clamp(): at least one of 'min' or 'max' must not be None"),
    "xp.result_type()": (ValueError, "result_type(): at least one operand is needed"),
    "i ** -1": (ValueError, "pow(): Integers to negative integer powers are not allowed"),
    "xp.randint(5, 5, (2,))": (ValueError, "randint(): low must be less than high, got 5 and 5"),
    "xp.randint(0.5, 2, (2,))": (TypeError, "randint(): low must be an int, got 0.5"),
    "xp.randperm(-1)": (ValueError, "randperm(): n must not be negative, got -1"),
    "xp.randperm(1.5)": (TypeError, "randperm(): n must be an int, got 1.5"),
    "xp.rand(2, generator=3)": (TypeError, "rand(): generator must be a Generator or None, got int"),
    "x.uniform_(generator=3)": (TypeError, "uniform_(): generator must be a Generator or None, got int"),
    "xp.zeros(2, dtype=xp.int64).normal_()": (TypeError, "normal_(): dtype should be real-valued floating point. Got int64"),
    "xp.var(x, correction=xp.ones((), requires_grad=True))": (
        TypeError,
        "var(): this argument is not differentiable",
    ),
    "xp.linalg.vector_norm(x, ord=xp.ones((), requires_grad=True))": (
        TypeError,
        "vector_norm(): this argument is not differentiable",
    ),
    "xp.clip(x[:, 0], 0, 1).std(correction=xp.ones((), requires_grad=True))": (
        TypeError,
        "std(): this argument is not differentiable",
    ),
    "x[1.5]": (IndexError, "only integers, slices, None, Ellipsis and arrays", "not 1.5"),
    "x[0, 'a']": (IndexError, "only integers, slices, None, Ellipsis and arrays", "not 'a'"),
    "x.scatter(1, i)": (TypeError, "scatter(): give either src or value"),
    "x.scatter(1, i, x, value=1)": (TypeError, "scatter(): give either src or value"),
    "x.scatter(1, xp.zeros((3, 1), dtype=xp.int64), 1)": (RuntimeError, "scatter(): an index of shape (3, 1) does not fit"),
    "x.scatter_add(1, xp.zeros((2, 3), dtype=xp.int64), x[:, :2])": (RuntimeError, "scatter_add(): an index of", "(2, 2)"),
    "x.scatter_add(1, i, 1.0)": (TypeError, "scatter_add()", "src"),
    "x.narrow(1, 2, 2)": (IndexError, "narrow(): 2 elements from 2 on are not within a length of 3"),
    "x.narrow(0, 1, -1)": (IndexError, "narrow(): -1 elements"),
    "x.select(0, 5)": (IndexError, "index 5 is out of bounds"),
    "x.unflatten(1, (2, -1))": (RuntimeError, "unflatten(): sizes (2, 1) do not fit an axis of length 3"),
    "x.div(2, rounding_mode='up')": (ValueError, "div(): rounding_mode must be None, 'floor' or 'trunc', got 'up'"),
    "xp.hstack([x, 1])": (TypeError, "hstack()"),
    "xp.vstack([])": (TypeError, "vstack()"),
    "x.norm('other')": (TypeError, "norm(): ord must be a real number, got 'other'"),
    "xp.expand_dims(x)": (TypeError, "expand_dims(): missing a required argument: 'axis'"),
    "xp.__array_namespace_info__().dtypes(device='nonsense')": (RuntimeError, "'nonsense'"),
    "xp.__array_namespace_info__().default_dtypes(device='nonsense')": (RuntimeError, "'nonsense'"),
    "xp.mm(x, x)": (ValueError, "mm(): the shapes (2, 3) and (2, 3) do not fit"),
    "xp.bmm(xp.ones(2, 2, 2), xp.ones(3, 2, 2))": (ValueError, "bmm(): the shapes (2, 2, 2) and (3, 2, 2) do not fit"),
    "x.expand_as(xp.ones(2, 2))": (ValueError, "expand_as(): the shape (2, 3) cannot become (2, 2)"),
    "xp.func.grad(lambda x: x)(i)": (RuntimeError, "grad(): only Tensors of floating point and complex dtype"),
    "xp.manual_seed(-1)": (ValueError, "manual_seed(): seed must not be negative, got -1"),
    "xp.manual_seed('a')": (TypeError, "manual_seed(): seed must be an int, got 'a'"),
    "xp.normal(0.0, 1.0)": (TypeError, "normal(): size is needed where mean and std are numbers"),
    "xp.normal(0.0, xp.asarray([-1.0, 1.0]))": (ValueError, "normal(): std must not be negative, got tensor([-1.,  1.])"),
    "xp.normal(xp.zeros((3, 2)), 1.0, (2,))": (ValueError, "normal(): mean and std do not broadcast to the size (2,)"),
    "xp.tensor(None, dtype=xp.float32)": (TypeError, "tensor(): can't make a Tensor of NoneType"),
    "xp.asarray([0.1, None], dtype=xp.float32)": (TypeError, "asarray(): can't make a Tensor of list"),
    "xp.tensor('1.5', dtype=xp.float32)": (TypeError, "tensor(): can't make a Tensor of str"),
    "xp.asarray([['a']], dtype=xp.bool)": (TypeError, "asarray(): can't make a Tensor of list"),
    "xp.tensor({1: 2}, dtype=xp.bool)": (TypeError, "tensor(): can't make a Tensor of dict"),
    "xp.asarray(np.asarray(['1']), dtype=xp.float32)": (TypeError, "asarray(): can't make a Tensor of ndarray"),
    "xp.zeros(3).uniform_(1, -1)": (ValueError, "uniform_(): low must not be above high, got 1 and -1"),
    "xp.zeros(3).normal_(0, -1)": (ValueError, "normal_(): std must not be negative, got -1"),
    "xp.multinomial(xp.asarray([1j, 1.0]), 1)": (TypeError, "multinomial(): weights must be real"),
    "xp.randint(0, 10**6, (3,), dtype=xp.float16)": (OverflowError, "randint(): float16 does not hold the integers from 0"),
    "xp.fft.fftn(xp.ones((3, 4)), axes=(0, -2))": (ValueError, "fftn(): an axis is there more than once in (0, -2)"),
    "xp.linspace(0, xp.inf, 3, dtype=xp.int64)": (ValueError, "linspace(): start and stop must be finite, got 0"),
    "xp.arange(5.0).split([1.5, 2.5, 2])": (TypeError, "split(): a size must be an int, got 1.5"),
    "xp.normal(0.0, -1.0, (2,))": (ValueError, "normal(): std must not be negative, got -1.0"),
    "xp.bernoulli(x)": (ValueError, "bernoulli(): probabilities must be between 0 and 1"),
    "xp.multinomial(xp.ones((2, 2, 2)), 2)": (ValueError, "multinomial(): weights must be of one or two dimensions"),
    "xp.multinomial(v, 4)": (ValueError, "multinomial(): 4 samples without replacement of 3 positive weights"),
    "xp.multinomial(v, -1)": (ValueError, "multinomial(): num_samples must not be negative, got -1"),
    "w.numpy()": (RuntimeError, "numpy(): the Tensor requires grad"),
    "np.asarray(w)": (RuntimeError, "numpy(): the Tensor requires grad"),
    "np.from_dlpack(w)": (BufferError, "__dlpack__(): the Tensor requires grad"),
    "pickle.dumps(w * 1)": (RuntimeError, "only leaf tensors can be pickled or deep-copied"),
    "copy.deepcopy(w * 1)": (RuntimeError, "only leaf tensors can be pickled or deep-copied"),
    "x.shape = (3, 2)": (AttributeError, "shape"),
    "x.foo = 1": (AttributeError, "'Tensor' object has no attribute 'foo'"),
    "xp.foo": (AttributeError, "module 'arrayad' has no attribute 'foo'"),
}

# --- DataLoader ---

LOADER = {
    "DataLoader(x, batch_size=0)": (ValueError, "batch_size should be a positive integer value, got 0"),
    "DataLoader(x, batch_size=1.5)": (ValueError, "batch_size should be a positive integer value, got 1.5"),
    "DataLoader(x, batch_size=True)": (ValueError, "batch_size should be a positive integer value, got True"),
    "DataLoader(x, num_workers=-1)": (ValueError, "DataLoader(): num_workers must be an integer of at least 0, got -1"),
    "DataLoader(x, sampler=[0], shuffle=True)": (ValueError, "DataLoader(): sampler and shuffle exclude each other"),
    "DataLoader(x, batch_sampler=[[0]], batch_size=2)": (ValueError, "DataLoader(): batch_sampler excludes batch_size"),
    "DataLoader(x, batch_sampler=[[0]], shuffle=True)": (ValueError, "DataLoader(): batch_sampler excludes batch_size"),
    "DataLoader(x, batch_size=None, drop_last=True)": (ValueError, "DataLoader(): drop_last needs a batch_size"),
    "next(iter(DataLoader(5)))": (TypeError, "'int' has no len()"),
    "len(DataLoader(x, sampler=iter([0])))": (TypeError, "has no len()"),
    "next(iter(DataLoader([object()])))": (TypeError, "default_collate(): a batch must be of", "object"),
    "next(iter(DataLoader([[1], [1, 2]], batch_size=2)))": (ValueError, "default_collate():", "one length"),
    "next(iter(DataLoader([v, x], batch_size=2)))": (ValueError, "default_collate():", "one shape, got (3,), and (2, 3)"),
    "next(iter(DataLoader([n, n[0]], batch_size=2)))": (ValueError, "default_collate():", "one shape, got (2, 3), and (3,)"),
    "next(iter(DataLoader([v, 1], batch_size=2)))": (TypeError, "stack(): argument 'arrays' must be Tensor, not int"),
    "TensorDataset()": (ValueError, "TensorDataset(): at least one tensor is needed"),
    "TensorDataset(x, v)": (ValueError, "TensorDataset(): lengths must be equal, got 2, 3"),
    "TensorDataset(s)": (TypeError, "len() of a 0-d tensor"),
    "TensorDataset(x)[5]": (IndexError, "index 5 is out of bounds"),
    "RandomSampler([1, 2], num_samples=0)": (ValueError, "RandomSampler(): num_samples must be a positive integer, got 0"),
    "DistributedSampler([1, 2])": (ValueError, "DistributedSampler(): num_replicas and rank are required"),
    "DistributedSampler([1, 2], 2, 2)": (ValueError, "DistributedSampler(): rank must be in [0, num_replicas), got 2 of 2"),
    "WeightedRandomSampler([1.0], 0)": (ValueError, "WeightedRandomSampler(): num_samples must be a positive integer"),
    "WeightedRandomSampler([[1.0]], 1)": (ValueError, "WeightedRandomSampler(): weights must be one-dimensional"),
    "ConcatDataset([])": (ValueError, "ConcatDataset(): at least one dataset is needed"),
    "StackDataset([1], [1, 2])": (ValueError, "StackDataset(): lengths must be equal, got 1, 2"),
    "StackDataset([1], a=[1])": (ValueError, "StackDataset(): give at least one dataset, all by position or all by name"),
    "ChainDataset([[1]])": (TypeError, "ChainDataset(): expected IterableDatasets, got list"),
    "TensorDataset([1])": (TypeError, "TensorDataset(): expected Tensors, got list"),
    "random_split([1, 2], [1, 2])": (ValueError, "random_split(): lengths must add up to the 2 samples"),
    "random_split([1, 2], [0.5, 0.2])": (ValueError, "random_split(): fractions must add up to 1"),
    "random_split([1, 2], 2)": (TypeError, "random_split(): lengths must be a list"),
    "random_split([1, 2], [-1, 3])": (ValueError, "random_split(): lengths must not be negative"),
    "default_collate([1, [2, 3]])": (ValueError, "default_collate(): "),
    "default_collate([1, 'a'])": (
        TypeError,
        "default_collate(): the samples of one batch must be of one form, got int, str",
    ),
    "default_collate([])": (ValueError, "default_collate(): at least one sample is needed"),
    "default_collate([object()])": (TypeError, "default_collate(): a batch must be of tensors", "got object"),
    "BatchSampler([0], 2, 1)": (ValueError, "BatchSampler(): drop_last should be a boolean value, got 1"),
    "WeightedRandomSampler([1.0], 1, replacement=1)": (
        ValueError,
        "WeightedRandomSampler(): replacement must be a bool, got 1",
    ),
    "ConcatDataset([type('Stream', (IterableDataset,), {})()])": (
        TypeError,
        "ConcatDataset(): an IterableDataset has no indices",
    ),
    "BatchSampler([0], 0, False)": (ValueError, "BatchSampler(): batch_size should be a positive integer value"),
}

# --- backward ---

BACKWARD = {
    "x.sum().backward()": (RuntimeError, "backward(): the tensor does not require grad and does not have a grad_fn"),
    "w.detach().sum().backward()": (RuntimeError, "backward(): the tensor does not require grad"),
    "(w * 2).backward()": (RuntimeError, "backward(): grad can be implicitly created only for scalar outputs", "(2, 3)"),
    "(w * 2).backward(v)": (RuntimeError, "backward(): mismatch in shape: the gradient has shape (3,) and the tensor (2, 3)"),
    "w.sum().backward(v)": (RuntimeError, "backward(): mismatch in shape: the gradient has shape (3,) and the tensor ()"),
    "(w * 2).backward(n)": (TypeError, "backward(): gradient must be a Tensor or None, not ndarray"),
    "(w * 2).backward(1.0)": (TypeError, "backward(): gradient must be a Tensor or None, not float"),
    "(w * 2).backward([w])": (TypeError, "backward(): gradient must be a Tensor or None, not list"),
    "y = (w * w).sum(); y.backward(); y.backward()": (RuntimeError, "backward():", "MulBackward0 a second time",
                                                      "retain_graph=True"),
    "y = w.exp(); y.sum().backward(); y.mean().backward()": (RuntimeError, "backward():", "ExpBackward0 a second time"),
    "w.sum().backward(inputs=[])": (RuntimeError, "backward(): inputs is empty"),
    "w.sum().backward(inputs=x)": (RuntimeError, "backward(): one of the inputs does not require grad"),
    "xp.autograd.backward([w.sum(), w.sum()], [s])": (RuntimeError, "backward(): got 2 tensors and 1 gradients"),
    "xp.autograd.grad(x.sum(), x)": (RuntimeError, "grad(): the tensor does not require grad"),
    "xp.autograd.grad(w.sum(), x)": (RuntimeError, "grad(): one of the inputs does not require grad"),
    "xp.autograd.grad(w * 2, w)": (RuntimeError, "grad(): grad can be implicitly created only for scalar outputs"),
    "xp.autograd.grad(w.sum(), xp.ones(2, requires_grad=True))": (RuntimeError, "grad(): one of the inputs was not used",
                                                                  "allow_unused=True"),
    "xp.autograd.grad(w.sum(), w, allow_unused=False, materialize_grads=True)": (ValueError, "grad(): materialize_grads=True needs"),
    "xp.func.vjp(lambda t: t, v, has_aux=True)": (TypeError, "vjp(): with has_aux=True the function must give (output, aux)"),
    "xp.func.jvp(lambda t: t['a'], ({'a': v},), ({'b': v},))": (ValueError, "jvp(): expected the structure", "'a'", "got", "'b'"),
    "xp.linalg.qr(w.mT, mode='complete')[0].sum().backward()": (RuntimeError, "qr(): mode='complete' of a tall matrix has no gradient"),
    "xp.linalg.svd(w)[0].sum().backward()": (RuntimeError, "svd(): the added singular vectors of full_matrices=True", "arbitrary"),
    "x.retain_grad()": (RuntimeError, "retain_grad(): the tensor does not require grad"),
    "(w * 2).requires_grad_(False)": (RuntimeError, "requires_grad_(): only leaf tensors", "use detach()"),
    "w.requires_grad_(None)": (TypeError, "requires_grad_(): requires_grad must be a bool, not NoneType"),
    "x.requires_grad = None": (TypeError, "requires_grad_(): requires_grad must be a bool, not NoneType"),
    "xp.autograd.check_grads(xp.exp, i)": (ValueError, "check_grads(): at least one of the arguments must be of a floating dtype"),
    "xp.autograd.check_grads(xp.exp, [])": (ValueError, "check_grads(): at least one of the arguments"),
    "xp.autograd.check_grads(xp.add, [x, 1.0])": (TypeError, "check_grads(): args must be Tensors, not float"),
    "xp.autograd.check_grads(xp.exp, 1.0)": (TypeError, "check_grads(): args must be Tensors, not float"),
    "(w * 2).mT.detach_()": (RuntimeError, "detach_(): a view cannot be detached in place"),
    "y = xp.from_numpy(n[0]); z = w[0] * y; y += 1; z.sum().backward()": (RuntimeError, "backward():", "modified by an inplace operation", "MulBackward0", "version 1",
                           "add_"),
}  # fmt: skip


def _itself() -> list[Any]:
    """A list that contains itself."""
    values: list[Any] = [1]
    values.append(values)
    return values


# Found by fuzzing all functions with bad arguments: those of functions that are not declared operations.
FOUND = {
    "xp.asarray(itself())": (ValueError, "asarray(): a list is nested too deeply, or contains itself"),
    "xp.tensor([x, itself()])": (ValueError, "tensor(): a list is nested too deeply, or contains itself"),
    "xp.repeat(xp.ones(4), 2**62)": (ValueError, "repeat(): array is too big"),  # overflows to 0 in NumPy, which crashes
    "xp.linalg.norm(s, axis=(0, 1))": (IndexError, "norm(): axis 0 is out of range for a tensor of 0 dimensions"),
    "xp.linalg.norm(x, axis={0, 1})": (TypeError, "norm(): axis must be an int, got {0, 1}"),
    "xp.linalg.norm(x, axis=b'a')": (TypeError, "norm(): axis must be an int, got b'a'"),
    "xp.linalg.vector_norm(x, ord=[2])": (TypeError, "vector_norm(): ord must be a real number, got [2]"),
    "xp.fft.fft(x, norm={})": (ValueError, "fft(): norm must be 'backward', 'ortho' or 'forward', got {}"),
    "xp.special.multigammaln(x, '1')": (ValueError, "multigammaln(): the dimension must be one whole number"),
    "x.unflatten(1, (None, 3))": (TypeError, "unflatten(): each of the sizes must be an int, got None"),
    "x.take('a', axis=0)": (TypeError, "take(): can't make a Tensor of str"),
    "x.numpy(force='no')": (TypeError, "numpy(): force must be a bool, not str"),
    "x.fill_diagonal_(1, wrap=[False])": (TypeError, "fill_diagonal_(): wrap must be a bool, not list"),
    "w.sum().backward(create_graph='no')": (TypeError, "backward(): create_graph must be a bool, not str"),
    "w.sum().backward(retain_graph=[False])": (TypeError, "backward(): retain_graph must be a bool, not list"),
    **{
        f"xp.autograd.grad(w.sum(), w, {flag}='no')": (TypeError, f"grad(): {flag} must be a bool, not str")
        for flag in ("create_graph", "retain_graph", "allow_unused", "materialize_grads", "only_inputs")
    },
    "w.register_hook(3)": (TypeError, "register_hook(): hook must be a function of the gradient, not int"),
    **{
        f"xp.func.{name}(3{more})": (TypeError, f"{name}(): expected a function, got int")
        for name, more in (
            ("grad", ""), ("value_and_grad", ""), ("jacrev", ""), ("jacfwd", ""), ("hessian", ""), ("vjp", ", x"),
            ("jvp", ", (x,), (x,)"), ("linearize", ", x"),
        )
    },
    "xp.cuda.manual_seed_all('a')": (TypeError, "manual_seed_all(): seed must be an int, got 'a'"),
    "xp.set_printoptions(profile={})": (ValueError, "set_printoptions(): profile must be one of", "got {}"),
    "xp.set_printoptions(sci_mode='no')": (TypeError, "set_printoptions(): sci_mode must be a bool, not str"),
    "random_split([1, 2], None)": (TypeError, "random_split(): lengths must be a list of the parts' lengths, not None"),
    "random_split([1, 2], [1, 'a'])": (TypeError, "random_split(): each of the lengths must be a number, got str"),
    "RandomSampler([1, 2], replacement='no')": (TypeError, "RandomSampler(): replacement must be a bool, not str"),
    "DistributedSampler([1, 2], 2, 'a')": (TypeError, "DistributedSampler(): rank must be an int, got 'a'"),
    "DistributedSampler([1, 2], 2, 0, shuffle='no')": (TypeError, "DistributedSampler(): shuffle must be a bool, not str"),
    "DistributedSampler([1, 2], 2, 0, seed='a')": (TypeError, "DistributedSampler(): seed must be an int, got 'a'"),
    "DistributedSampler([1, 2], 2, 0).set_epoch('a')": (TypeError, "set_epoch(): epoch must be an int, got 'a'"),
    "DataLoader([1, 2], shuffle='no')": (TypeError, "DataLoader(): shuffle must be a bool, not str"),
    "DataLoader([1, 2], collate_fn=0)": (TypeError, "DataLoader(): collate_fn must be a function, not int"),
    "DataLoader([1, 2], worker_init_fn=0)": (TypeError, "DataLoader(): worker_init_fn must be a function, not int"),
    "np.array_split(x, 0)": (ValueError, "numpy.array_split(): number sections must be larger than 0"),
    "np.split(x, 0)": (ValueError, "number sections must be larger than 0"),
    "np.hsplit(s, 2)": (IndexError, "axis 1 is out of range for a tensor of 0 dimensions"),
}  # fmt: skip

CASES = {
    **NO_TENSOR, **SIGNATURES, **KINDS, **DTYPES, **CHOICES, **SHAPES, **AXES, **VALUES, **LOADER, **BACKWARD, **FOUND,
}  # fmt: skip


def test_no_case_is_lost() -> None:
    tables = (NO_TENSOR, SIGNATURES, KINDS, DTYPES, CHOICES, SHAPES, AXES, VALUES, LOADER, BACKWARD, FOUND)
    assert sum(map(len, tables)) == len(CASES)


@pytest.mark.parametrize("statement", CASES)
def test_error(statement: str) -> None:
    assert _is_alone(_check(statement, *CASES[statement]))


# What the backend refuses: the type, and what its message must contain besides the function's name.
REFUSED_BY_BACKEND = {
    "x[5]": (IndexError, "getitem", "index 5 is out of bounds for axis 0 with size 2"),
    "x[0, 0, 0]": (IndexError, "getitem", "too many indices"),
    "x[b[:1]]": (IndexError, "getitem", "boolean index did not match"),
    "x[xp.asarray([5])]": (IndexError, "getitem", "index 5 is out of bounds"),
    "x[::0]": (ValueError, "getitem", "slice step cannot be zero"),
    "xp.sum(x, axis=2)": (IndexError, "sum", "axis 2 is out of bounds for array of dimension 2"),
    "xp.sum(w, axis=-3)": (IndexError, "sum", "axis -3 is out of bounds"),
    "xp.sum(x, axis=(0, 0))": (ValueError, "sum", "duplicate"),
    "xp.sum(x, axis=1.5)": (TypeError, "sum", "axis must be an int, got 1.5"),
    "x.mean(dim=2)": (IndexError, "mean", "axis 2 is out of bounds"),
    "xp.var(x, axis=2)": (IndexError, "var", "axis 2 is out of bounds"),
    "xp.std(s, axis=0)": (IndexError, "std", "axis 0 is out of bounds"),
    "xp.max(x, axis=2)": (IndexError, "max", "axis 2 is out of bounds"),
    "xp.max(xp.zeros(0))": (ValueError, "max", "zero-size"),
    "xp.argmax(xp.zeros(0))": (ValueError, "argmax", "empty"),
    "xp.all(x, axis=2)": (IndexError, "all", "axis 2 is out of bounds"),
    "xp.sort(x, axis=2)": (IndexError, "sort", "axis 2 is out of bounds"),
    "xp.cumulative_sum(x)": (ValueError, "cumulative_sum", "axis"),
    "xp.cumulative_prod(x, axis=2)": (IndexError, "cumulative_prod", "axis 2 is out of bounds"),
    "xp.concat([x, v])": (ValueError, "concat", "same number of dimensions"),
    "xp.concat([x, xp.ones(2, 4)])": (ValueError, "concat", "must match exactly"),
    "xp.concat([x, x], axis=2)": (IndexError, "concat", "axis 2 is out of bounds"),
    "xp.concat([s, s])": (ValueError, "concat", "zero-dimensional"),
    "xp.concat([x.to(xp.uint64), x.to(xp.int8)])": (TypeError, "concat", "have no common dtype"),
    "xp.stack([x, x], axis=4)": (IndexError, "stack", "axis 4 is out of bounds"),
    "xp.reshape(x, (4, 2))": (ValueError, "reshape", "cannot reshape array of size 6 into shape (4,2)"),
    "x.reshape(-1, -1)": (ValueError, "reshape", "one unknown dimension"),
    "x.reshape(2.0, 3)": (TypeError, "reshape", "float"),
    "xp.reshape(x.mT, (6,), copy=False)": (ValueError, "reshape", "copy"),
    "xp.permute_dims(x, (0, 0))": (ValueError, "permute_dims", "repeated axis"),
    "x.permute(0, 2)": (IndexError, "permute_dims", "axis 2 is out of bounds"),
    "xp.squeeze(x, axis=0)": (ValueError, "squeeze", "not equal to one"),
    "xp.expand_dims(x, axis=5)": (IndexError, "expand_dims", "axis 5 is out of bounds"),
    "xp.flip(x, axis=5)": (IndexError, "flip", "axis 5 is out of bounds"),
    "xp.roll(x, 1, axis=5)": (IndexError, "roll", "axis 5 is out of bounds"),
    "xp.moveaxis(x, 0, 5)": (IndexError, "moveaxis", "axis 5 is out of bounds"),
    "xp.repeat(x, -1)": (ValueError, "repeat", "negative"),
    "v.mT": (ValueError, "matrix_transpose", "at least 2-dimensional"),
    "xp.where(b, x, xp.ones(4))": (ValueError, "where", "could not be broadcast"),
    "xp.where(b, i.to(xp.int8), 300)": (OverflowError, "where", "300"),
    "xp.clip(x, xp.ones(4))": (ValueError, "clip", "could not be broadcast"),
    "xp.take(x, xp.asarray([5]), axis=0)": (IndexError, "take", "index 5 is out of bounds"),
    "xp.take_along_axis(x, xp.asarray([[5]]), axis=0)": (IndexError, "take_along_axis", "index 5 is out of bounds"),
    "xp.nonzero(s)": (ValueError, "nonzero", "a 0-dimensional tensor"),
    "xp.tensordot(x, x, axes=((0,), (1,)))": (ValueError, "tensordot", "shape-mismatch"),
    "xp.linalg.cross(x, xp.ones(4))": (ValueError, "cross", "4"),
    "xp.linalg.inv(x)": (ValueError, "inv", "square"),
    "xp.linalg.inv(xp.zeros(2, 2))": (ValueError, "inv", "Singular matrix"),
    "xp.linalg.cholesky(-xp.eye(2))": (ValueError, "cholesky", "positive definite"),
    "xp.linalg.svd(v)": (ValueError, "svd", "1-dimensional"),
    "xp.linalg.diagonal(v)": (ValueError, "diagonal", "two dimensions"),
    "xp.linalg.vector_norm(x, axis=5)": (IndexError, "vector_norm", "axis 5 is out of bounds"),
    "xp.linalg.vector_norm(x, ord='bad')": (TypeError, "vector_norm", "ord must be a real number, got 'bad'"),
    "xp.fft.fft(x, n=0)": (ValueError, "fft", "(0)"),
    "xp.fft.fftn(x, axes=(0, 5))": (IndexError, "fftn", "5"),
    "xp.sum(x, dtype='int8')": (TypeError, "sum", "expected a dtype such as arrayad.float32, got 'int8'"),
    "xp.sum(x, 0)": (TypeError, "sum", "positional argument"),
}


@pytest.mark.parametrize("statement", REFUSED_BY_BACKEND)
def test_error_of_the_backend(statement: str) -> None:
    kind, name, *parts = REFUSED_BY_BACKEND[statement]
    assert _is_alone(_check(statement, kind, f"{name}(): ", *parts))


# --- in place ---

TARGETS: dict[str, Callable[[], xp.Tensor]] = {
    "plain": lambda: xp.ones(2, 3),
    "integers": lambda: xp.arange(6).reshape(2, 3),
    "computed": lambda: xp.ones(2, 3, requires_grad=True) * 2,
    "view": lambda: xp.ones(3, 2).mT,
    "view of computed": lambda: (xp.ones(3, 2, requires_grad=True) * 2).mT,
    "of NumPy": lambda: xp.from_numpy(np.ones((2, 3), np.float32)),
    "leaf": lambda: xp.ones(2, 3, requires_grad=True),
    "view of leaf": lambda: xp.ones(3, 2, requires_grad=True).mT,
    "expanded": lambda: xp.broadcast_to(xp.ones(3), (2, 3)),
    "read-only": lambda: xp.asarray(np.broadcast_to(np.float32(1), (2, 3))),
}
WRITEABLE = list(TARGETS)[:6]

# Statements on a target x of shape (2, 3), and the errors they raise if it is writable.
IN_PLACE = {
    "x += xp.ones(2, 2, 3)": (RuntimeError, "add_(): output with shape [2, 3] doesn't match the broadcast shape [2, 2, 3]"),
    "x *= xp.ones(2, 1, 1)": (
        RuntimeError,
        "multiply_(): output with shape [2, 3] doesn't match the broadcast shape [2, 2, 3]",
    ),
    "x -= xp.ones(4)": (ValueError, "subtract():", "(2,3) (4,)"),
    "x *= 1j": (RuntimeError, "multiply_(): result type complex", "can't be cast to the desired output type "),
    "x += x.mT": (ValueError, "add():", "(2,3) (3,2)"),
    "x += 'a'": (TypeError, "unsupported operand type(s) for +=: 'Tensor' and 'str'"),
    "x += None": (TypeError, "unsupported operand type(s) for +=: 'Tensor' and 'NoneType'"),
    "x += [1, 2, 3]": (TypeError, "unsupported operand type(s) for +=: 'Tensor' and 'list'"),
    "x += Foreign()": (TypeError, "add(): argument 'x2' must be Tensor or a number, not tests.test_errors.Foreign" + HINT),
    "x.add_(np.ones(3))": (TypeError, "add(): argument 'x2' must be Tensor or a number, not numpy.ndarray" + HINT),
    "x.add_()": (TypeError, "add_()", "missing", "'other'"),
    "x.add_(1, 2, 3)": (TypeError, "add_()", "positional arguments"),
    "x.exp_(1)": (TypeError, "exp()", "positional argument"),
    "x &= 1.5": (TypeError, "bitwise_and(): input dtype should be integer or boolean dtypes. Got float"),
    "x @= xp.ones(3, 4)": (RuntimeError, "matmul_(): output with shape [2, 3] doesn't match the broadcast shape [2, 4]"),
    "x @= xp.ones(4, 3)": (ValueError, "matmul"),
    "x.atan2_(1j)": (TypeError, "atan2(): input dtype should be real-valued floating dtypes. Got complex"),
    "x.cumsum_(axis=5)": (IndexError, "axis 5 is out of bounds"),
    "x.cumsum_(axis=0, dim=0)": (TypeError, "cumsum(): 'dim' and 'axis' are the same argument"),
    "x.clamp_()": (ValueError, "clamp(): at least one of 'min' or 'max' must not be None"),
    "x.masked_fill_(x > 0, 'a')": (TypeError, "masked_fill(): can't make a Tensor of str"),
    "x.fill_(xp.ones(3))": (
        RuntimeError,
        "fill_(): value must be a number or a 0-dimensional tensor, got one of shape (3,)",
    ),
    "x.fill_('a')": (TypeError, "fill_(): can't make a Tensor of str"),
    "x.fill_(1j)": (TypeError, "fill_(): a complex number cannot be assigned into "),
    "x.copy_(xp.ones(3) * 1j)": (TypeError, "copy_(): a complex64 value cannot be assigned into "),
    "x.zero_(1)": (TypeError, "zero_()", "positional argument"),
    "x[0] = 'a'": (TypeError, "__setitem__(): can't make a Tensor of str"),
    "x[0] = None": (TypeError, "__setitem__(): can't make a Tensor of NoneType"),
    "x[0] = 1j": (TypeError, "__setitem__(): a complex number cannot be assigned into "),
    "x[xp.ones(2)] = 1": (IndexError, "tensors used as indices must be of an integer or the boolean dtype. Got float32"),
    "x.imag = 1": (TypeError, "imag(): input dtype should be complex dtypes. Got "),
    "x.uniform_(generator=3)": (TypeError, "uniform_():"),
    "x.normal_(1j)": (TypeError, "normal_(): mean must be a real number, got 1j"),
    "x.grad = xp.ones(7)": (RuntimeError, "grad must have the shape", "(2, 3)", "got (7,)"),
}
# Errors detected only when writing.
ASSIGNMENTS = {
    "x[0] = xp.ones(4)": (ValueError, "(4,)", "(3,)"),
    "x[0] = [1, 2, 3, 4]": (ValueError, "(4,)", "(3,)"),
    "x.copy_(xp.ones(4))": (ValueError, "(4,)", "(2,3)"),
    "x.data = xp.ones(7)": (RuntimeError, "data must have the shape, dtype and device of the tensor", "(7,)"),
    "x[5] = 1": (IndexError, "index 5 is out of bounds"),
    "x[0, xp.asarray([0, 9])] = 1": (IndexError, "index 9 is out of bounds"),
    "x[xp.asarray([True])] = 1": (IndexError, "boolean index did not match"),
    "x[x == x] = xp.ones(50)": (ValueError, "50"),
    "x[1.5] = 1": (IndexError, "only integers, slices"),
    "x[..., ...] = 1": (IndexError, "single ellipsis"),
    "x[::0] = 1": (ValueError, "slice step cannot be zero"),
}


def _state(x: xp.Tensor) -> tuple[Any, ...]:
    """Everything that an in-place operation may change; for a view also of its base."""
    own = (
        x.detach().numpy(force=True).copy().tolist(),
        x.dtype,
        x.shape,
        x.stride(),
        x._version,
        x.requires_grad,
        x.is_leaf,
    )
    return (*own, id(x.grad_fn), () if x._base is None else _state(x._base))


@pytest.mark.parametrize("statement", IN_PLACE | ASSIGNMENTS)
@pytest.mark.parametrize("target", TARGETS)
def test_failed_in_place_operation_changes_nothing(target: str, statement: str) -> None:
    x = TARGETS[target]()
    before = _state(x)
    names = {**_names(), "x": x}
    _error(statement, names)
    assert names["x"] is x
    assert _state(x) == before


@pytest.mark.parametrize("statement", IN_PLACE | ASSIGNMENTS)
@pytest.mark.parametrize("target", WRITEABLE)
def test_in_place_error(target: str, statement: str) -> None:
    kind, *parts = (IN_PLACE | ASSIGNMENTS)[statement]
    error = _error(statement, {**_names(), "x": TARGETS[target]()})
    assert isinstance(error, kind), repr(error)
    assert [part for part in parts if part not in str(error)] == [], repr(error)


@pytest.mark.parametrize(
    "statement", ["x += 1", "x.exp_()", "x[0] = 1", "x.fill_(0)", "x.zero_()", "x.copy_(x * 2)", "x.uniform_()"]
)
@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("leaf", "a leaf Variable that requires grad is being used in an in-place operation"),
        ("view of leaf", "a view of a leaf Variable that requires grad is being used in an in-place operation"),
        ("expanded", "the tensor's memory is read-only, or one element of it stands for several (an expanded tensor)"),
        ("read-only", "the tensor's memory is read-only, or one element of it stands for several (an expanded tensor)"),
    ],
)
def test_what_cannot_be_written_into(target: str, words: str, statement: str) -> None:
    x = TARGETS[target]()
    before = _state(x)
    error = _error(statement, {**_names(), "x": x})
    assert type(error) is RuntimeError
    name = {"x += 1": "add_", "x[0] = 1": "__setitem__"}.get(statement, statement[2:].partition("(")[0])
    assert f"{name}(): {words}" in str(error)
    assert _state(x) == before


@pytest.mark.parametrize(
    ("dtype", "statement", "words"),
    [
        (xp.int64, "x += 1.5", "add_(): result type float32 can't be cast to the desired output type int64"),
        (xp.int8, "x /= 2", "divide_(): result type float32 can't be cast to the desired output type int8"),
        (xp.bool, "x += 1", "add_(): result type int64 can't be cast to the desired output type bool"),
        (xp.float64, "x *= 1j", "multiply_(): result type complex128 can't be cast to the desired output type float64"),
        (xp.int64, "x.sqrt_()", "sqrt_(): result type float32 can't be cast to the desired output type int64"),
    ],
)
def test_in_place_operations_keep_the_kind(dtype: xp.DType, statement: str, words: str) -> None:
    x = xp.ones(3, dtype=dtype)
    before = _state(x)
    error = _error(statement, {"x": x})
    assert type(error) is RuntimeError
    assert str(error) == words
    assert _state(x) == before


@pytest.mark.parametrize(
    "statement",
    [
        "y += xp.ones(2, 2, 3)",
        "y *= 1j",
        "y[0] = xp.ones(4)",
    ],
)
def test_failed_in_place_operation_does_not_break_backward(statement: str) -> None:
    """Memory shared with NumPy cannot move away from what the tape saved, so a write to it would be an error."""
    w = xp.ones(2, 3, requires_grad=True)
    y = xp.from_numpy(np.full((2, 3), 3.0, np.float32))
    z = (w * y).sum()
    _error(statement, {"xp": xp, "y": y})
    z.backward()
    assert w.grad is not None
    assert w.grad.tolist() == [[3.0] * 3] * 2


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: xp.fft.fft(xp.ones(3), axis=4),
            IndexError,
            r"fft\(\): axis 4 is out of range for a tensor of 1 dimensions",
        ),
        (
            lambda: xp.fft.rfftn(xp.ones(3), axes=(0, 1)),
            IndexError,
            r"rfftn\(\): axis 1 is out of range for a tensor of 1 dimensions",
        ),
        (lambda: xp.ones(3).__setitem__(7, 1.0), IndexError, r"__setitem__\(\): index 7 is out of bounds"),
        (
            lambda: xp.ones(3).__setitem__(slice(None), xp.ones(4)),
            ValueError,
            r"__setitem__\(\): .*\(4,\) into shape \(3,\)",
        ),
    ],
)
def test_what_the_backend_would_say_less_well(call: Callable[[], object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_a_write_whose_warning_is_an_error_is_none_or_noticed() -> None:
    w = xp.tensor([2.0, 3.0], dtype=xp.float64, requires_grad=True)
    d = xp.from_numpy(np.asarray([1.0, 2.0]))
    y = (w * d).sum()
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        d /= 0
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    large, small = xp.asarray([1e300, 5.0], dtype=xp.float64), xp.ones(2, requires_grad=True)
    for write in (lambda x: x.copy_(large), lambda x: x.__setitem__(..., large), lambda x: x.__setitem__(0, 1e300)):
        x = small * 1
        with np.errstate(all="raise"), pytest.raises(FloatingPointError):
            write(x)
        assert (x.tolist(), x.grad_fn.name(), x._version) == ([1.0, 1.0], "MulBackward0", 0)
