"""Against NumPy, on arrays and arguments that Hypothesis makes up.

Broadcasting, indexing, reductions and creation have to give NumPy's result, or an error of NumPy's kind. Promotion is held
against the rules that the design states, and conversion from and to NumPy arrays and lists loses nothing.
"""

from __future__ import annotations

import collections
import itertools
import math
import operator
import warnings
from array import array as python_array
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import arrayad as xp
from arrayad.autograd.operation import operations

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.any_backend

DTYPES = tuple(xp.__array_namespace_info__().dtypes().values())
DTYPE = st.sampled_from(DTYPES)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)

# Where the arrays are not NumPy's own, in tests or on a GPU, each example takes ten times as long.
STANDARD_ONLY = xp.get_default_device().type == "strict"
ON_HOST = xp.get_default_device().type == "cpu"
FEWER = 1 if ON_HOST else 10
settings.register_profile("against_numpy", deadline=None, max_examples=150 // FEWER)
examples = settings(settings.get_profile("against_numpy"))


def numpy_dtype(dtype: Any) -> np.dtype:
    return np.dtype(dtype.name)


def arrays(dtype: Any, shape: Any = SHAPES, small: bool = True) -> st.SearchStrategy[np.ndarray]:
    """Arrays of a dtype: of small numbers, whose sums and products do not overflow, or of any."""
    raw = np.dtype(dtype.name) if isinstance(dtype, xp.DType) else np.dtype(dtype)
    elements: Any = None
    if small:
        integers = st.integers(0 if raw.kind == "u" else -4, 4)
        elements = {
            "b": st.booleans(),
            "i": integers,
            "u": integers,
            "f": st.integers(-16, 16).map(lambda n: n / 4),
            "c": st.builds(complex, st.integers(-4, 4), st.integers(-4, 4)),
        }[raw.kind]
    return hnp.arrays(raw, shape, elements=elements, fill=st.nothing())


def any_array(small: bool = True) -> st.SearchStrategy[np.ndarray]:
    return st.sampled_from(DTYPES).flatmap(lambda dtype: arrays(dtype, small=small))


ON_GPU = xp.get_default_device().type == "cuda"


def outcome(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a call gives, or the exception that it raises; NumPy's warnings of infinities and of no elements are no errors."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  (any, to be compared)
            return error


def same(ours: Any, theirs: Any, rtol: float = 0) -> None:
    """One result in arrayad's terms and NumPy's: shape, dtype and values, or the kind of the error."""
    if isinstance(theirs, Exception):
        if ON_GPU and type(theirs) is IndexError and "out of bounds" in str(theirs):
            return  # which would have to be waited for: docs/devices.md
        kind = IndexError if isinstance(theirs, np.exceptions.AxisError) else type(theirs)
        assert isinstance(ours, kind), f"{ours!r} where NumPy raises {theirs!r}"
        return
    assert not isinstance(ours, Exception), f"{ours!r} where NumPy gives {theirs!r}"
    if isinstance(theirs, tuple):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            same(one, other, rtol)
        return
    theirs = np.asarray(theirs)
    array = ours.numpy(force=True)
    assert type(array) is np.ndarray
    assert array.shape == theirs.shape
    assert array.dtype == theirs.dtype
    if rtol:
        np.testing.assert_allclose(array, theirs, rtol=rtol, atol=rtol)
    else:
        np.testing.assert_array_equal(array, theirs)


# --- broadcasting ---

OF_TWO = {op.name: op for op in operations.values() if op.forward is None and len(op.scalars) == 2}
BINARY = sorted(name for name in OF_TWO if hasattr(np, name))  # the rest are not NumPy's but SciPy's


def test_binary_functions_are_found() -> None:
    assert {"add", "atan2", "bitwise_xor", "equal", "floor_divide", "logaddexp", "pow"} <= set(BINARY)


@pytest.mark.parametrize("name", BINARY)
@settings(examples, max_examples=25 // FEWER)
@given(data=st.data())
def test_binary_functions_broadcast(name: str, data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([d for d in DTYPES if d.kind in OF_TWO[name].takes.kinds]))
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3)).input_shapes
    a, b = (data.draw(arrays(dtype, shape)) for shape in shapes)
    if name in ("pow", "bitwise_left_shift", "bitwise_right_shift"):
        b = abs(b)  # where NumPy, too, says what the result is
    rtol = 0.0
    if ON_GPU and name == "divide" and dtype.kind == "c":  # another rounding, and NaN for 0
        rtol, b = 1e-6, np.where(b == 0, np.ones((), b.dtype), b)
    if ON_GPU and name == "pow" and dtype.kind == "c":  # by a logarithm and an exponential, also where the exponent is whole
        rtol = 1e-5
    same(outcome(getattr(xp, name), xp.asarray(a), xp.asarray(b)), outcome(getattr(np, name), a, b), rtol)


@examples
@given(shapes=st.lists(SHAPES, min_size=1, max_size=4))
def test_shapes_broadcast_or_not(shapes: list[tuple[int, ...]]) -> None:
    theirs = outcome(np.broadcast_shapes, *shapes)
    ours = outcome(xp.broadcast_shapes, *shapes)
    tensors = [xp.zeros(shape) for shape in shapes]
    broadcast = outcome(xp.broadcast_arrays, *tensors)
    total = outcome(lambda: sum(tensors[1:], tensors[0]))
    if isinstance(theirs, Exception):
        assert [type(e) for e in (ours, broadcast, total)] == [ValueError] * 3
        assert "broadcast" in str(ours)
    else:
        assert ours == theirs
        assert [x.shape for x in broadcast] == [theirs] * len(shapes)
        assert total.shape == theirs


@examples
@given(array=any_array(), shape=SHAPES)
def test_broadcast_to(array: np.ndarray, shape: tuple[int, ...]) -> None:
    ours, theirs = outcome(xp.broadcast_to, xp.asarray(array), shape), outcome(np.broadcast_to, array, shape)
    same(ours, theirs)
    if ON_HOST and isinstance(theirs, np.ndarray):
        assert np.shares_memory(ours.numpy(), array) == np.shares_memory(theirs, array)
        assert ours.numpy().flags.writeable == (ours.numel() == array.size)  # where no element stands for several


@examples
@given(data=st.data())
def test_broadcast_arrays(data: st.DataObject) -> None:
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, min_side=0, max_side=3)).input_shapes
    raw = [data.draw(arrays(xp.float32, shape)) for shape in shapes]
    same(xp.broadcast_arrays(*map(xp.asarray, raw)), tuple(np.broadcast_arrays(*raw)))


# --- indexing ---


_NO_KEY = [1.0, "a", slice(None, None, 0), np.asarray([0.5])]


@st.composite
def mixed_keys(draw: st.DrawFn, shape: tuple[int, ...]) -> Any:
    """A key of any parts, mostly one for each axis; now and then one is out of range, of a wrong length, or no key at all."""
    common = draw(hnp.array_shapes(min_dims=0, max_dims=2, max_side=2))  # of the integer arrays, which broadcast
    rest = list(shape)
    parts: list[Any] = []
    while rest:
        length = rest.pop(0)
        edge = st.none() | st.integers(-length - 2, length + 2)
        inside = st.integers(-length, length - 1) if length else st.just(0)
        kind = draw(st.sampled_from(["slice", "integers", "number", "mask", "list", "wide mask", "bad", "end"]))
        if kind == "slice":
            parts.append(slice(draw(edge), draw(edge), draw(st.sampled_from([None, -3, -2, -1, 1, 2, 3]))))
        elif kind == "integers":
            shown = draw(st.sampled_from([common, common[1:], (1,) * len(common)]))
            parts.append(
                draw(hnp.arrays(draw(st.sampled_from(["int64", "int8"])), shown, elements=inside, fill=st.nothing()))
            )
        elif kind == "number":
            parts.append(draw(inside))
        elif kind == "mask":
            parts.append(draw(hnp.arrays(np.bool_, (length,), fill=st.nothing())))
        elif kind == "list":
            parts.append(draw(st.lists(inside, min_size=1, max_size=2)))
        elif kind == "wide mask":
            size = (length, rest.pop(0)) if rest else ()
            parts.append(draw(hnp.arrays(np.bool_, size, fill=st.nothing())))
        elif kind == "bad":
            parts.append(draw(st.sampled_from([length, -length - 1, np.ones(length + 1, bool), [0, length], *_NO_KEY])))
        else:
            break
    if not rest and draw(st.integers(0, 9)) == 0:
        parts.append(0)  # one too many
    for extra in draw(st.lists(st.sampled_from([None, None, ..., True]), max_size=2)):
        parts.insert(draw(st.integers(0, len(parts))), extra)
    return parts[0] if len(parts) == 1 and draw(st.booleans()) else tuple(parts)


def keys(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    strategies = [
        mixed_keys(shape),
        mixed_keys(shape),
        hnp.basic_indices(shape, allow_newaxis=True),
        hnp.arrays(np.bool_, shape, fill=st.nothing()),
    ]
    if shape and all(shape):
        strategies.append(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3)))
    return st.one_of(strategies)


def of_tensors(key: Any) -> Any:
    """A key with Tensors in place of NumPy arrays, which are taken as well."""
    if isinstance(key, tuple):
        return tuple(of_tensors(part) for part in key)
    return xp.asarray(key) if isinstance(key, np.ndarray) else key


@st.composite
def indexed(draw: st.DrawFn) -> tuple[np.ndarray, Any]:
    shape = draw(SHAPES | hnp.array_shapes(min_dims=2, max_dims=3, max_side=3))
    array = draw(arrays(draw(st.sampled_from(DTYPES)), shape))
    return array, draw(keys(shape))


@settings(examples, max_examples=500 // FEWER)
@example(case=(np.zeros((0, 0)), (slice(None, None, 0), slice(None))))
@given(case=indexed())
def test_getitem(case: tuple[np.ndarray, Any]) -> None:
    array, key = case
    x = xp.asarray(array)
    theirs = outcome(operator.getitem, array, key)
    same(outcome(operator.getitem, x, of_tensors(key)), theirs)
    same(outcome(operator.getitem, x, key), theirs)
    if array.dtype.kind in "fc":
        tracked = outcome(operator.getitem, x.clone().requires_grad_(), of_tensors(key))
        same(tracked, theirs)
        assert isinstance(tracked, Exception) or tracked.requires_grad


@settings(examples, max_examples=200 // FEWER)
@given(case=indexed())
def test_basic_keys_give_views(case: tuple[np.ndarray, Any]) -> None:
    """What is written into a tensor under a basic key is seen in it, and what is written under others is not."""
    array, key = case
    theirs, ours = array.copy(), xp.asarray(array, copy=True)
    # An integer in a tensor is one, as in PyTorch; with NumPy's 0-d array it would be a copy.
    parts = key if isinstance(key, tuple) else (key,)
    parts = tuple(int(p) if isinstance(p, np.ndarray) and p.shape == () and p.dtype.kind in "iu" else p for p in parts)
    view = outcome(operator.getitem, theirs, parts)
    assume(not isinstance(view, Exception))
    if not isinstance(view, np.ndarray):  # NumPy gives a scalar here, and a tensor is a view all the same
        view = theirs[(*parts, ...)]
    view[...] = 1
    ours[of_tensors(key)].fill_(1)
    same(ours, theirs)


@settings(examples, max_examples=500 // FEWER)
@given(case=indexed(), data=st.data())
def test_setitem(case: tuple[np.ndarray, Any], data: st.DataObject) -> None:
    array, key = case
    theirs, ours = array.copy(), xp.asarray(array, copy=True)
    place = outcome(operator.getitem, array, key)
    shape = getattr(place, "shape", ())
    dtype = data.draw(st.sampled_from([d for d in DTYPES if d.kind != "c" or array.dtype.kind == "c"]))
    value = data.draw(
        st.one_of(
            arrays(dtype, shape),
            arrays(dtype, st.integers(0, len(shape)).map(lambda i: (1,) * i + shape[i:])),
            arrays(dtype, SHAPES),
            st.sampled_from([True, 3, 0.0]),
        )
    )
    expected = outcome(operator.setitem, theirs, key, value)
    result = outcome(operator.setitem, ours, of_tensors(key), of_tensors(value))
    if expected is None:
        assert result is None
    elif ON_GPU:
        return  # of values that do not fit a mask that is nowhere true, say
    else:
        same(result, expected)
    same(ours, theirs)  # also where both refused
    if array.dtype.kind in "fc":
        tracked = xp.asarray(array).clone().requires_grad_() * 1
        outcome(operator.setitem, tracked, of_tensors(key), of_tensors(value))
        same(tracked, theirs)


# --- promotion ---

RANK = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
NUMBERS = {True: xp.bool, 2: xp.int64, 0.5: xp.float32, 1j: xp.complex64}  # and the default dtypes of their kinds


def promoted(a: Any, b: Any) -> Any:
    """The rules in words: within a kind, and of real with complex floats, NumPy's; across kinds, the higher kind's dtype.

    None if there is no common dtype: of uint64 with a signed integer NumPy makes a float, which is of another kind.
    """
    if RANK[a.kind] == RANK[b.kind] or (a.kind in "fc" and b.kind in "fc"):
        dtype = np.promote_types(a.name, b.name)
        return getattr(xp, dtype.name) if RANK[dtype.kind] == max(RANK[a.kind], RANK[b.kind]) else None
    return max(a, b, key=lambda d: RANK[d.kind])


def with_number(dtype: Any, number: complex) -> Any:
    """Python's numbers are weak: one of a higher kind changes the kind, but never the width."""
    own = NUMBERS[number]
    if RANK[own.kind] <= RANK[dtype.kind]:
        return dtype
    if dtype.kind == "f":
        return xp.complex128 if dtype is xp.float64 else xp.complex64
    return own


PAIRS = list(itertools.product(DTYPES, DTYPES))
MIXED = list(itertools.product(DTYPES, NUMBERS))


def test_oracle_agrees_with_pytorch() -> None:
    """Where PyTorch has the dtypes in full; its uint16, uint32 and uint64 are not promoted."""
    torch = pytest.importorskip("torch", reason="PyTorch, the oracle of the oracle, is not installed")
    for a, b in PAIRS:
        if not {"uint16", "uint32", "uint64"} & {a.name, b.name}:
            theirs = torch.promote_types(getattr(torch, a.name), getattr(torch, b.name))
            assert str(theirs).removeprefix("torch.") == promoted(a, b).name


def _operand(dtype: Any, *values: Any) -> np.ndarray:
    return np.asarray(values or (3, 1, 0), dtype.name)


def _check(op: Callable[..., Any], reference: Callable[..., Any], dtype: Any, *operands: Any) -> None:
    """An operation of a result dtype: its values are those of the operands in that dtype. None: there is no such dtype."""
    tensors = [xp.asarray(x) if isinstance(x, np.ndarray) else x for x in operands]
    if dtype is None:
        with pytest.raises(TypeError, match="no common dtype"):
            op(*tensors)
        return
    result = op(*tensors)
    with np.errstate(all="ignore"):
        expected = reference(*[np.asarray(x).astype(dtype.name) for x in operands])
    same(result, expected)
    assert result.dtype is getattr(xp, expected.dtype.name)


def _floating(dtype: Any) -> Any:
    """What a quotient is: of integers and booleans, the default floating dtype."""
    return xp.float32 if dtype is not None and dtype.kind in "biu" else dtype


ARITHMETIC = (xp.add, np.add, "+"), (xp.multiply, np.multiply, "*")
OPERATORS = {"+": operator.add, "*": operator.mul, "/": operator.truediv}
COMPARISONS = (
    (xp.equal, np.equal),
    (xp.not_equal, np.not_equal),
    (xp.less, np.less),
    (xp.less_equal, np.less_equal),
    (xp.greater, np.greater),
    (xp.greater_equal, np.greater_equal),
)


@pytest.mark.parametrize(("a", "b"), PAIRS, ids=str)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_promotion(a: Any, b: Any) -> None:
    dtype = promoted(a, b)
    x, y = _operand(a), _operand(b, 1, 1, 1)
    for ours, theirs, symbol in ARITHMETIC:
        _check(ours, theirs, dtype, x, y)
        _check(OPERATORS[symbol], theirs, dtype, x, y)
    _check(xp.divide, np.divide, _floating(dtype), x, y)
    _check(operator.truediv, np.divide, _floating(dtype), x, y)
    condition = np.asarray([True, False, True])
    _check(lambda x, y: xp.where(xp.asarray(condition), x, y), lambda x, y: np.where(condition, x, y), dtype, x, y)
    _check(lambda x, y: xp.concat([x, y]), lambda x, y: np.concat([x, y]), dtype, x, y)
    _check(lambda x, y: xp.stack([x, y]), lambda x, y: np.stack([x, y]), dtype, x, y)
    for ours, theirs in COMPARISONS:
        if dtype is None or dtype.kind != "c" or ours in (xp.equal, xp.not_equal):
            _check(ours, theirs, dtype, x, y)
        else:
            with pytest.raises(TypeError, match="complex"):
                ours(xp.asarray(x), xp.asarray(y))


@pytest.mark.parametrize(("a", "b"), PAIRS, ids=str)
def test_result_type(a: Any, b: Any) -> None:
    dtype = promoted(a, b)
    assert xp.can_cast(a, b) == (dtype is b)
    for first, second in itertools.product((a, xp.zeros(2, dtype=a)), (b, xp.zeros((), dtype=b))):
        if dtype is None:
            with pytest.raises(TypeError, match="no common dtype"):
                xp.result_type(first, second)
        else:
            assert xp.result_type(first, second) is dtype


@pytest.mark.parametrize(("a", "number"), MIXED, ids=str)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_promotion_with_a_number(a: Any, number: complex) -> None:
    dtype = with_number(a, number)
    assert xp.result_type(a, number) is xp.result_type(number, a) is dtype
    x = _operand(a)
    for ours, theirs, symbol in ARITHMETIC:
        for op in (ours, OPERATORS[symbol]):
            _check(op, theirs, dtype, x, number)
            _check(op, theirs, dtype, number, x)
    for op in (xp.divide, operator.truediv):
        _check(op, np.divide, _floating(dtype), x, number)
        _check(op, np.divide, _floating(dtype), number, x)
    condition = np.asarray([True, False, True])
    _check(lambda x, y: xp.where(xp.asarray(condition), x, y), lambda x, y: np.where(condition, x, y), dtype, x, number)
    _check(lambda x, y: xp.where(xp.asarray(condition), x, y), lambda x, y: np.where(condition, x, y), dtype, number, x)
    for ours, theirs in COMPARISONS[: 2 if dtype.kind == "c" else None]:
        _check(ours, theirs, dtype, x, number)
        _check(ours, theirs, dtype, number, x)


def test_numpys_scalars_are_numbers() -> None:
    """NumPy's scalars are arrays to NumPy; to people, and here, they are numbers, and weak."""
    x = xp.ones(2)
    for result in (x + np.float64(1), np.float64(1) + x, xp.multiply(x, np.int64(3)), x < np.float64(2)):
        assert result.dtype in (xp.float32, xp.bool)
    same(np.float64(3) - x, np.asarray([2.0, 2.0], np.float32))
    same(xp.where(x > 0, np.float64(0.5), x), np.asarray([0.5, 0.5], np.float32))
    assert (xp.asarray([1, 2]) + np.float64(0.5)).dtype is xp.float32


def test_promotion_of_zero_dimensional_tensors_is_that_of_others() -> None:
    """Unlike in PyTorch, and as in the standard, an array without axes is no weaker than others."""
    assert (xp.ones(2) + xp.ones((), dtype=xp.float64)).dtype is xp.float64
    assert (xp.ones(2, dtype=xp.int8) + xp.ones((), dtype=xp.int64)).dtype is xp.int64


def test_promotion_follows_the_default_dtype() -> None:
    integers = xp.asarray([1, 2])
    xp.set_default_dtype(xp.float64)
    try:
        assert (integers / integers).dtype is (integers / 2).dtype is (integers * 0.5).dtype is xp.float64
        assert (integers * 1j).dtype is xp.complex128
        assert (xp.ones(2, dtype=xp.float32) * 0.5).dtype is xp.float32
        assert xp.sqrt(integers).dtype is xp.asarray([0.5]).dtype is xp.linspace(0, 1, 3).dtype is xp.float64
    finally:
        xp.set_default_dtype(xp.float32)
    assert (integers / integers).dtype is xp.float32


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.kind in "iu"], ids=str)
def test_integers_that_do_not_fit(dtype: Any) -> None:
    info = xp.iinfo(dtype)
    x = xp.zeros(2, dtype=dtype)
    for number in (info.min - 1, info.max + 1):
        for op in (xp.add, xp.multiply, xp.maximum, lambda x, n: xp.where(x == 0, x, n)):
            with pytest.raises(OverflowError):
                op(x, number)
        for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
            for n in (number, number * 10**400):
                assert compare(x, n).tolist() == [compare(0, n)] * 2
                assert compare(n, x).tolist() == [compare(n, 0)] * 2
    assert number not in x
    for n in (info.min - 1, info.max + 1):
        for invert in (False, True):
            assert xp.isin(x, n, invert=invert).tolist() == [invert] * 2
            assert xp.isin(n, x, invert=invert).item() is invert
    assert (x + info.max).tolist() == [info.max] * 2
    assert (x + info.min).tolist() == [info.min] * 2


def test_zeros_have_signs() -> None:
    # Numbers are kept as arrays, by value, and 0.0 equals -0.0.
    x, yes = xp.ones(1), xp.asarray([False])
    for _ in range(2):
        for zero in (0.0, -0.0):
            for found in (x * zero, zero * x, xp.where(yes, x, zero), xp.where(~yes, zero, x), xp.copysign(x, zero) * 0):
                assert math.copysign(1, found.item()) == math.copysign(1, zero)


# --- reductions ---

REDUCTIONS = ("sum", "prod", "max", "min", "mean", "var", "std", "all", "any", "count_nonzero", "argmax", "argmin")
SEVERAL_AXES = set(REDUCTIONS) - {"argmax", "argmin"}
TAKES = {"max": "biuf", "min": "biuf", "argmax": "biuf", "argmin": "biuf", "mean": "fc", "var": "f", "std": "f"}


@st.composite
def reductions(draw: st.DrawFn, name: str) -> tuple[np.ndarray, dict[str, Any]]:
    dtype = draw(st.sampled_from([d for d in DTYPES if d.kind in TAKES.get(name, "biufc")]))
    array = draw(arrays(dtype))
    one = st.integers(-array.ndim - 1, array.ndim)  # out of range at either end
    axis = st.none() | one
    if name in SEVERAL_AXES:
        axis |= st.lists(one, max_size=3).map(tuple)
    return array, {"axis": draw(axis), "keepdims": draw(st.booleans())}


@pytest.mark.parametrize("name", REDUCTIONS)
@settings(examples, max_examples=60 // FEWER)
@given(data=st.data())
def test_reductions(name: str, data: st.DataObject) -> None:
    array, how = data.draw(reductions(name))
    x = xp.asarray(array)
    theirs = outcome(getattr(np, name), array, **how)
    rtol = {np.float32: 1e-5, np.complex64: 1e-5}.get(array.dtype.type, 1e-12) if name in ("mean", "var", "std") else 0
    pytorchs = {"dim": how["axis"], "keepdim": how["keepdims"]}
    same(outcome(getattr(xp, name), x, **how), theirs, rtol)
    same(outcome(getattr(xp, name), x, **pytorchs), theirs, rtol)
    same(outcome(getattr(x, name), **how), theirs, rtol)
    same(outcome(getattr(x, name), how["axis"], how["keepdims"]), theirs, rtol)


@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod", "sort", "argsort"])
@settings(examples, max_examples=60 // FEWER)
@given(data=st.data())
def test_along_an_axis(name: str, data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([d for d in DTYPES if d.kind != "c" or name.startswith("cumulative")]))
    array = data.draw(arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3)))
    axis = data.draw(st.integers(-array.ndim - 1, array.ndim))
    how = {"include_initial": data.draw(st.booleans())} if name.startswith("cumulative") else {"stable": True}
    x = xp.asarray(array)
    theirs = outcome(getattr(np, name), array, axis=axis, **how)
    same(outcome(getattr(xp, name), x, axis=axis, **how), theirs)
    same(outcome(getattr(xp, name), x, dim=axis, **how), theirs)
    if not name.startswith("cumulative") and not isinstance(theirs, Exception):
        falling = np.argsort(-array.astype(float), axis=axis, stable=True)
        falling = falling if name == "argsort" else np.take_along_axis(array, falling, axis=axis)
        same(getattr(xp, name)(x, axis=axis, descending=True), falling)


@pytest.mark.parametrize("name", ["var", "std"])
@examples
@given(array=arrays(xp.float64), correction=st.sampled_from([0, 1, 0.5, 2]))
def test_correction(name: str, array: np.ndarray, correction: float) -> None:
    ours = outcome(getattr(xp, name), xp.asarray(array), correction=correction)
    if array.size > correction:
        same(ours, getattr(np, name)(array, correction=correction), 1e-12)
    else:  # NumPy, which says nothing of it, gives infinities or NaN
        assert math.isnan(ours.item())


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn"])
@examples
@given(data=st.data())
def test_transforms_over_several_axes(name: str, tracked: bool, data: st.DataObject) -> None:
    """A length of -1 is the axis's own, by the standard's text, and so is None."""
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
    array = data.draw(arrays(xp.float64 if name == "rfftn" else xp.complex128, shape))
    axes = data.draw(st.lists(st.integers(0, len(shape) - 1), min_size=1, max_size=len(shape), unique=True))
    s = data.draw(st.lists(st.sampled_from([1, 2, 3, 5, -1, None]), min_size=len(axes), max_size=len(axes)))
    norm = data.draw(st.sampled_from([None, "backward", "ortho", "forward"]))
    own = [shape[axis] for axis in axes]
    if name == "irfftn":
        own[-1] = 2 * (own[-1] - 1)
    lengths = [n if given in (-1, None) else given for given, n in zip(s, own, strict=True)]
    theirs = outcome(getattr(np.fft, name), array, s=lengths, axes=axes, norm=norm)
    if not (isinstance(theirs, Exception) or array.shape[axes[-1]]):
        theirs = np.zeros_like(theirs)  # of which NumPy's irfftn gives what lies in memory
    x = xp.asarray(array).requires_grad_(tracked)
    transform = getattr(xp.fft, name)
    same(outcome(transform, x, s=s, axes=axes, norm=norm), theirs, 1e-12)
    for other in ([*s, 4], s[:-1]):
        assert isinstance(outcome(transform, x, s=other, axes=axes), ValueError)
    if not isinstance(theirs, Exception) and list(axes) == [*range(len(shape))]:
        same(outcome(transform, x, s=s, norm=norm), theirs, 1e-12)


@pytest.mark.parametrize("name", ["irfft", "hfft"])
def test_transforms_of_no_elements(name: str) -> None:
    for n in range(1, 6):
        for x in (xp.zeros((2, 0), dtype=xp.complex64), xp.zeros((2, 0), dtype=xp.complex64, requires_grad=True)):
            assert getattr(xp.fft, name)(x, n=n).tolist() == [[0.0] * n] * 2


@examples
@given(data=st.data(), axis=st.integers(-2, 1), integer=st.sampled_from([int, np.int64, np.uint8]))
def test_shifted_spectra(data: st.DataObject, axis: int, integer: Any) -> None:
    array = data.draw(arrays(xp.float64, (3, 4)))
    axis = integer(axis % 2 if integer is np.uint8 else axis)
    for name in ("fftshift", "ifftshift"):
        for axes in (axis, (axis,), None):
            same(getattr(xp.fft, name)(xp.asarray(array), axes=axes), getattr(np.fft, name)(array, axes=axes))


def test_ranges_in_integer_dtypes() -> None:
    assert (xp.arange(2**53 + 1, 2**53 + 4.0, dtype=xp.int64) - 2**53).tolist() == [1, 2, 3]
    assert xp.arange(0.5, 3.5, 0.5, dtype=xp.int64).tolist() == [0, 1, 1, 2, 2, 3]
    assert xp.arange(-0.5, 2, 1, dtype=xp.uint8).tolist() == [0, 0, 1]
    assert xp.linspace(0, 256, 256, dtype=xp.uint8, endpoint=False).tolist() == list(range(256))
    assert xp.linspace(0, 300, 1, dtype=xp.uint8).tolist() == [0]
    assert xp.linspace(0, 300, 0, dtype=xp.uint8).tolist() == []
    assert xp.linspace(0, 255.5, 3, dtype=xp.uint8).tolist() == [0, 127, 255]


@pytest.mark.host_memory  # only NumPy has half precision here
@pytest.mark.parametrize("function", [xp.mean, xp.var, xp.std])
def test_half_precision_of_more_elements_than_it_counts(function: Any) -> None:
    wide = xp.linspace(-1, 1, 70_000).requires_grad_()
    x = xp.astype(wide.detach(), xp.float16).requires_grad_()
    (found,), (expected,) = (xp.autograd.grad(function(y), y) for y in (x, wide))
    assert found.dtype is xp.float16
    np.testing.assert_allclose(found.numpy(force=True), expected.numpy(), atol=1e-7)


@pytest.mark.host_memory  # only NumPy has half precision here
def test_half_precision_is_squared_in_single() -> None:
    x = xp.asarray([0.0, 600.0], dtype=xp.float16)
    assert (xp.std(x).item(), xp.std(x).dtype) == (300.0, xp.float16)


# --- manipulation ---

# Functions of an array, an axis and a number, and NumPy's.
MANIPULATIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "concat": (lambda x, axis, n: xp.concat([x, x], axis=axis), lambda a, axis, n: np.concat([a, a], axis=axis)),
    "stack": (lambda x, axis, n: xp.stack([x, x], axis=axis), lambda a, axis, n: np.stack([a, a], axis=axis)),
    "unstack": (lambda x, axis, n: xp.unstack(x, axis=axis), lambda a, axis, n: np.unstack(a, axis=axis)),
    "unbind": (lambda x, axis, n: x.unbind(axis), lambda a, axis, n: np.unstack(a, axis=axis)),
    "expand_dims": (lambda x, axis, n: xp.expand_dims(x, axis=axis), lambda a, axis, n: np.expand_dims(a, axis)),
    "unsqueeze": (lambda x, axis, n: x.unsqueeze(axis), lambda a, axis, n: np.expand_dims(a, axis)),
    "squeeze": (lambda x, axis, n: xp.squeeze(x, axis=axis), lambda a, axis, n: np.squeeze(a, axis)),
    "squeeze_all": (lambda x, axis, n: x.squeeze(), lambda a, axis, n: np.squeeze(a)),
    "flip": (lambda x, axis, n: xp.flip(x, axis=axis), lambda a, axis, n: np.flip(a, axis)),
    "roll": (lambda x, axis, n: xp.roll(x, n, axis=axis), lambda a, axis, n: np.roll(a, n, axis)),
    "roll_flat": (lambda x, axis, n: xp.roll(x, n), lambda a, axis, n: np.roll(a, n)),
    "repeat": (lambda x, axis, n: xp.repeat(x, abs(n), axis=axis), lambda a, axis, n: np.repeat(a, abs(n), axis)),
    "tile": (lambda x, axis, n: xp.tile(x, (abs(n), 1)), lambda a, axis, n: np.tile(a, (abs(n), 1))),
    "moveaxis": (lambda x, axis, n: xp.moveaxis(x, axis, n), lambda a, axis, n: np.moveaxis(a, axis, n)),
    "transpose": (lambda x, axis, n: x.transpose(axis, n), lambda a, axis, n: np.swapaxes(a, axis, n)),
    "take": (
        lambda x, axis, n: xp.take(x, xp.asarray([n, 0]), axis=axis),
        lambda a, axis, n: np.take(a, np.asarray([n, 0]), axis=axis),
    ),
    "split": (
        lambda x, axis, n: x.split(abs(n) + 1, axis),
        lambda a, axis, n: tuple(np.split(a, range(abs(n) + 1, max(a.shape[axis], 1), abs(n) + 1), axis)),
    ),
    "flatten": (
        lambda x, axis, n: x.flatten(axis),
        lambda a, axis, n: a.reshape(*a.shape[:axis], math.prod(a.shape[range(a.ndim)[axis] :])),
    ),
    "diff": (lambda x, axis, n: xp.diff(x, axis=axis), lambda a, axis, n: np.diff(a, axis=axis)),
}


@pytest.mark.parametrize("name", MANIPULATIONS)
@settings(examples, max_examples=60 // FEWER)
@given(data=st.data(), n=st.integers(-3, 3))
def test_manipulation(name: str, data: st.DataObject, n: int) -> None:
    array = data.draw(arrays(data.draw(DTYPE), hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3)))
    axis = data.draw(st.integers(-array.ndim - 1, array.ndim))
    ours, theirs = MANIPULATIONS[name]
    if name == "diff" and not -array.ndim <= axis < array.ndim:
        assert isinstance(outcome(ours, xp.asarray(array), axis, n), (ValueError, IndexError))
    else:
        same(outcome(ours, xp.asarray(array), axis, n), outcome(theirs, array, axis, n))


@examples
@given(data=st.data())
def test_permutations_and_shapes(data: st.DataObject) -> None:
    array = data.draw(any_array())
    x = xp.asarray(array)
    order = tuple(data.draw(st.permutations(range(array.ndim))))
    same(xp.permute_dims(x, order), np.permute_dims(array, order))
    same(x.permute(*order), np.permute_dims(array, order))
    shape = data.draw(st.sampled_from([(-1,), (array.size,), (1, -1), tuple(reversed(array.shape))]) | SHAPES)
    same(outcome(x.permute(*order).reshape, *shape), outcome(np.permute_dims(array, order).reshape, shape))
    for side in () if STANDARD_ONLY else (-1, array.size, -array.size - 2, None):  # which has tuples alone
        flat = outcome(xp.reshape, x, side)
        if side in (-1, array.size):
            same(flat, array.reshape(-1))
        else:
            assert isinstance(flat, TypeError if side is None else ValueError)
    copied = outcome(np.reshape, np.permute_dims(array, order), shape, copy=False)
    viewed = outcome(x.permute(*order).view, *shape)
    if isinstance(copied, Exception):  # where a view cannot be had, or the shape does not fit
        assert isinstance(viewed, RuntimeError)
    else:
        same(viewed, copied)


# --- creation ---


@examples
@given(shape=SHAPES, dtype=DTYPE, value=st.sampled_from([0, 1, 3, True]))
def test_filled(shape: tuple[int, ...], dtype: Any, value: Any) -> None:
    raw = dtype.name
    same(xp.zeros(shape, dtype=dtype), np.zeros(shape, raw))
    same(xp.zeros(*shape, dtype=dtype) if shape else xp.zeros((), dtype=dtype), np.zeros(shape, raw))
    same(xp.ones(shape, dtype=dtype), np.ones(shape, raw))
    same(xp.full(shape, value, dtype=dtype), np.full(shape, value, raw))
    assert xp.empty(shape, dtype=dtype).shape == shape
    like = xp.ones(shape, dtype=dtype)
    same(xp.zeros_like(like), np.zeros(shape, raw))
    same(xp.ones_like(like), np.ones(shape, raw))
    same(xp.full_like(like, value), np.full(shape, value, raw))
    assert (xp.empty_like(like).shape, xp.empty_like(like).dtype) == (shape, dtype)
    same(xp.zeros_like(like, dtype=xp.int8), np.zeros(shape, "int8"))


@pytest.mark.parametrize(("value", "dtype"), [(True, xp.bool), (1, xp.int64), (0.5, xp.float32), (1j, xp.complex64)])
def test_defaults(value: complex, dtype: Any) -> None:
    assert xp.full((2,), value).dtype is xp.asarray([value]).dtype is xp.tensor(value).dtype is dtype
    assert xp.zeros(2).dtype is xp.ones(2).dtype is xp.empty(2).dtype is xp.eye(2).dtype is xp.float32
    assert xp.arange(3).dtype is xp.int64
    assert xp.arange(3.0).dtype is xp.linspace(0, 1, 2).dtype is xp.float32


@examples
@given(rows=st.integers(0, 4), columns=st.none() | st.integers(0, 4), k=st.integers(-5, 5), dtype=DTYPE)
def test_eye(rows: int, columns: int | None, k: int, dtype: Any) -> None:
    same(xp.eye(rows, columns, k=k, dtype=dtype), np.eye(rows, columns, k=k, dtype=dtype.name))


_NUMBER = st.integers(-20, 20) | st.integers(-80, 80).map(lambda n: n / 8)


@settings(examples, max_examples=300 // FEWER)
@given(
    start=_NUMBER, stop=st.none() | _NUMBER, step=_NUMBER, dtype=st.none() | st.sampled_from(["int64", "int8", "float64"])
)
def test_arange(start: float, stop: float | None, step: float, dtype: str | None) -> None:
    args = (start,) if stop is None else (start, stop, step)
    assume(len(args) == 1 or step)
    whole = all(isinstance(n, int) for n in args)
    # Numbers are computed in float64 and cast once; integer dtypes are given integers, of which everyone has one idea.
    assume(dtype is None or whole or dtype == "float64")
    expected = np.arange(*args).astype(dtype or ("int64" if whole else "float32"))
    same(xp.arange(*args, dtype=None if dtype is None else getattr(xp, dtype)), expected)


@examples
@given(start=_NUMBER, stop=_NUMBER, num=st.integers(0, 7), endpoint=st.booleans())
def test_linspace(start: float, stop: float, num: int, endpoint: bool) -> None:
    expected = np.linspace(start, stop, num, endpoint=endpoint)
    same(xp.linspace(start, stop, num, endpoint=endpoint, dtype=xp.float64), expected)
    same(xp.linspace(start, stop, num, endpoint=endpoint), expected.astype(np.float32))


@examples
@given(data=st.data(), k=st.integers(-4, 4))
def test_triangles(data: st.DataObject, k: int) -> None:
    array = data.draw(arrays(data.draw(DTYPE), hnp.array_shapes(min_dims=2, max_dims=3, min_side=0, max_side=3)))
    same(xp.tril(xp.asarray(array), k=k), np.tril(array, k))
    same(xp.triu(xp.asarray(array), k=k), np.triu(array, k))


@examples
@given(lengths=st.lists(st.integers(0, 3), max_size=3), indexing=st.sampled_from(["xy", "ij"]))
def test_meshgrid(lengths: list[int], indexing: str) -> None:
    axes = [np.arange(n) for n in lengths]
    same(xp.meshgrid(*map(xp.asarray, axes), indexing=indexing), np.meshgrid(*axes, indexing=indexing))


# --- round trips ---


@pytest.mark.host_memory
@settings(examples, max_examples=300 // FEWER)
@given(array=any_array(small=False))
def test_from_numpy_and_back(array: np.ndarray) -> None:
    x = xp.asarray(array)
    same(x, array)
    assert x.dtype.name == array.dtype.name
    assert (x.shape, x.ndim, x.size, x.nbytes) == (array.shape, array.ndim, array.size, array.nbytes)
    for back in (
        x.numpy(force=True),
        np.asarray(x),
        np.from_dlpack(x),
        xp.from_numpy(array).numpy(force=True),
        xp.from_dlpack(array).numpy(force=True),
    ):
        assert back.tobytes() == array.tobytes()  # NaNs and signs of zeros as well
        assert np.shares_memory(back, array) == bool(array.size)
    for copy in (xp.tensor(array), xp.asarray(array, copy=True), x.clone()):
        assert copy.numpy(force=True).tobytes() == array.tobytes()
        assert not np.shares_memory(copy.numpy(force=True), array)


@settings(examples, max_examples=300 // FEWER)
@given(array=any_array(small=False))
def test_to_lists_and_back(array: np.ndarray) -> None:
    numbers = xp.asarray(array).tolist()
    # repr, since NaN does not equal itself
    assert repr(numbers) == repr(array.tolist())
    assume(array.size or array.ndim < 2 or array.shape[-1] == 0)  # of (0, 3) nothing is left in []
    assume(0 not in array.shape[:-1])
    again = xp.asarray(numbers, dtype=getattr(xp, array.dtype.name))
    assert again.shape == array.shape
    np.testing.assert_array_equal(again.numpy(force=True), array)
    if array.ndim == 0:
        item = xp.asarray(array).item()
        assert type(item) is type(array.item())
        assert repr(item) == repr(array.item())


@examples
@given(array=any_array())
def test_layouts_and_byte_orders(array: np.ndarray) -> None:
    for other in (array.T, array[..., ::-1] if array.ndim else array, np.asfortranarray(array)):
        x = xp.asarray(other)
        same(x, other)
        assert np.shares_memory(x.numpy(force=True), other) == bool(ON_HOST and other.size)
        same(x + 0 if array.dtype.kind != "b" else x ^ False, other)
    same(xp.asarray(array.astype(array.dtype.newbyteorder("S"))), array)


@pytest.mark.parametrize("code", "bBhHiIlLqQfd")
def test_buffers(code: str) -> None:
    """Python's arrays and what is seen of their memory: of the memory itself, or of a copy."""
    for seen in (lambda a: a, memoryview, lambda a: bytearray(a.tobytes())):
        buffer = seen(python_array(code, [1, 2, 3]))
        before, (shared, copied) = bytes(buffer), [xp.asarray(buffer, copy=copy) for copy in (None, True)]
        assert copied.tolist() == shared.tolist()
        copied += 1
        assert bytes(buffer) == before
        assert copied.tolist() == [n + 1 for n in shared.tolist()]
        if ON_HOST:
            shared += 1
            assert bytes(buffer) != before


def test_other_sequences_than_lists() -> None:
    for numbers in ([1.5, 2.5], [1, 2], [True, False], [1.5, 2j]):
        for kind in (collections.deque, collections.UserList, lambda x: [collections.deque(x)]):
            assert xp.asarray(kind(numbers)).dtype is xp.asarray(numbers).dtype
            assert xp.asarray(kind(numbers)).reshape(-1).tolist() == xp.asarray(numbers).tolist()
    assert xp.asarray(range(3)).tolist() == [0, 1, 2]


@examples
@given(array=any_array(), dtype=DTYPE)
def test_astype(array: np.ndarray, dtype: Any) -> None:
    x = xp.asarray(array)
    if array.dtype.kind == "c" and dtype.kind not in "bc":
        with pytest.raises(TypeError, match=r"astype\(\): casting complex\d+ to \w+ would lose a part"):
            xp.astype(x, dtype)
        return
    if dtype.kind == "u" and array.dtype.kind in "if":
        array = abs(array)  # of negative numbers, unsigned integers have no one idea
        x = xp.asarray(array)
    same(xp.astype(x, dtype), array.astype(dtype.name))
    same(xp.asarray(array, dtype=dtype), array.astype(dtype.name))
    same(x.to(dtype), array.astype(dtype.name))


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "int64"])
@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((300, 2), 1), ((300, 3), -1), ((1200, 16), 1), ((20, 20, 5), 2), ((70, 128), 1), ((70, 129), 1), ((65, 6), -1),
        ((700, 3), 0), ((640, 2, 5), 0), ((640, 2, 5), -3), ((600, 1), 1), ((1, 600), 0), ((512, 2), (0, 1)),
        ((1000, 12), 0), ((1030, 64), 0), ((900, 2, 5), -3), ((6001, 3), 0), ((500, 4, 4), 1), ((500, 4, 4), -2),
        ((100, 5, 16, 1), 1), ((128, 16, 1), 1), ((40, 5, 128), -1),
    ],
)  # fmt: skip
def test_many_short_rows(dtype: str, shape: tuple[int, ...], axis: Any) -> None:
    """Which the NumPy backend reduces in ways of its own; of whole numbers every order gives the same."""
    rng = np.random.default_rng(5)
    a = rng.integers(-50, 50, shape).astype(dtype)
    if dtype.startswith("float"):
        a[rng.random(shape) < 0.01] = np.nan
        a[rng.random(shape) < 0.01] = np.inf
    names = {"complex64": ("sum", "mean"), "int64": ("sum", "max", "min")}.get(dtype, ("sum", "mean", "max", "min"))
    with np.errstate(invalid="ignore"):
        for name in names:
            for keepdims in (False, True):
                found = getattr(xp, name)(xp.asarray(a), axis=axis, keepdims=keepdims)
                expected = getattr(np, name)(a, axis=axis, keepdims=keepdims)
                assert found.dtype == expected.dtype
                np.testing.assert_allclose(found.numpy(force=True), expected, rtol=1e-6)


@examples
@given(data=st.data())
def test_top(data: Any) -> None:
    """Few of many, by a partition: as sorting all has them, ties and NaNs too."""
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=24))
    axis, largest = data.draw(st.integers(-len(shape), len(shape) - 1)), data.draw(st.booleans())
    dtype = data.draw(st.sampled_from(["float32", "int64", "uint8", "bool"]))
    numbers = st.sampled_from(
        [0.0, 1.0, -1.0, 2.0, np.inf, np.nan] if dtype == "float32" else [0, 1] if dtype == "bool" else [0, 1, 2]
    )
    a = data.draw(hnp.arrays(dtype, shape, elements=numbers))
    k = data.draw(st.integers(0, shape[axis]))
    found = xp.topk(xp.asarray(a), k, axis, largest)
    order = xp.argsort(xp.asarray(a), axis=axis, descending=largest).numpy(force=True)
    expected = np.take(order, np.arange(k), axis=axis)
    np.testing.assert_array_equal(found.indices.numpy(force=True), expected)
    np.testing.assert_array_equal(found.values.numpy(force=True), np.take_along_axis(a, expected, axis))


# --- ways of its own that the NumPy backend has for many elements ---

SPECIAL = np.asarray([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, -2.5, 1e-40, 3e38, 2.0**24, -(2.0**28)])


def many(dtype: str, size: int, seed: int) -> np.ndarray:
    """Special values and others in random order."""
    rng = np.random.default_rng(seed)
    with np.errstate(over="ignore"):
        return np.where(rng.random(size) < 0.1, rng.choice(SPECIAL, size), rng.normal(0, 30, size)).astype(dtype)


def signs_too(found: xp.Tensor, expected: np.ndarray) -> None:
    """The same values, zeros of the same sign."""
    array = found.numpy(force=True)
    assert array.dtype == expected.dtype
    np.testing.assert_array_equal(array, expected)
    numbers = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(array[numbers]), np.signbit(expected[numbers]))


@pytest.mark.parametrize("size", [13, 300, 5000])
@pytest.mark.parametrize(
    ("dtype", "exponent"),
    [
        *itertools.product(["float32", "float64", "complex64"], [2, 3, -1, 0.5, 0, 1.5]),
        *itertools.product(["int64"], [2, 3, 0]),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_powers(dtype: str, exponent: float, size: int) -> None:
    if dtype == "int64":
        arrays = [np.arange(-(size // 2), size - size // 2)]
    elif dtype == "complex64":
        arrays = [many("float32", size, 1) + 1j * many("float32", size, 2), np.linspace(-9, 9, size) * (1 - 0.5j)]
        arrays = [a.astype(dtype) for a in arrays]
    else:
        arrays = [many(dtype, size, 1), np.linspace(0.1, 9, size).astype(dtype)]
    for a in arrays:
        # Of one exponent for all, NumPy's own root of -0 is -0, and so it is on backends that are NumPy inside.
        exponents = np.full_like(a, exponent) if ON_HOST else np.asarray(exponent, dtype)
        found, expected = (xp.asarray(a) ** exponent).numpy(force=True), np.pow(a, exponents)
        eps = 0 if dtype == "int64" else np.finfo(dtype).eps
        np.testing.assert_allclose(found, expected, rtol=4 * eps, atol=1e-44)
        if dtype.startswith("float"):
            np.testing.assert_array_equal(np.signbit(found[expected == 0]), np.signbit(expected[expected == 0]))


@pytest.mark.parametrize("size", [300, 5000])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_clip_and_relu(dtype: str, size: int) -> None:
    a = many(dtype, size, 3)
    with np.errstate(all="raise"):
        signs_too(xp.relu(xp.asarray(a)), np.maximum(a, np.zeros((), dtype)))
        for low, high in itertools.product([0.0, 0.5, -1.0, np.inf, -np.inf, np.nan], repeat=2):
            expected = np.minimum(np.maximum(a, np.asarray(low, dtype)), np.asarray(high, dtype))
            signs_too(xp.clip(xp.asarray(a), low, high), expected)
            signs_too(xp.asarray(a.copy()).clamp_(low, high), expected)
        signs_too(xp.clip(xp.asarray(a), xp.asarray(0.5, dtype=getattr(xp, dtype)), 3), np.clip(a, 0.5, 3))


@examples
@given(
    size=st.sampled_from([50, 5000]),
    seed=st.integers(0, 99),
    scale=st.sampled_from([1e-38, 1e-3, 1.0, 1e5]),
    divisor=st.sampled_from([None, 1.0, -0.3, 1e-3, 0.0, np.inf, np.nan]),
    special=st.booleans(),
)
def test_remainders(size: int, seed: int, scale: float, divisor: float | None, special: bool) -> None:
    """Of float32 from float64, bit by bit as NumPy has them: of multiples, of what is next to one, of special values."""
    rng = np.random.default_rng(seed)
    b = (rng.normal(0, 1, size) if divisor is None else np.asarray(divisor)).astype("float32")
    with np.errstate(all="ignore"):
        a = many("float32", size, seed) if special else (scale * rng.normal(0, 1, size)).astype("float32")
        if seed % 3 == 0:
            a = (b * rng.integers(-1000, 1000, size)).astype("float32")
        elif seed % 3 == 1:
            a = np.nextafter(a, np.float32(9))
        signs_too(xp.remainder(xp.asarray(a), xp.asarray(b)), np.remainder(a, b))
        if np.isfinite(a).all() and np.isfinite(b).all():
            signs_too(xp.floor_divide(xp.asarray(a), xp.asarray(b)), np.floor_divide(a, b))


@pytest.mark.parametrize(
    "shapes", [((9, 9), (9, 9)), ((60, 50), (50, 70)), ((2, 40, 50), (50, 30)), ((50, 90), (90,))], ids=str
)
def test_products_of_integers(shapes: tuple[tuple[int, ...], ...]) -> None:
    """Exact, also where float64 could not have them, and wrapped round where the dtype has not."""
    rng = np.random.default_rng(5)
    for dtype, scale in (("int64", 1), ("int64", 2**22), ("int64", 2**40), ("uint64", 2**45), ("int16", 1), ("uint8", 1)):
        a, b = (rng.integers(0 if dtype[0] == "u" else -99, 99, shape).astype(dtype) * scale for shape in shapes)
        a, b = a.astype(dtype), b.astype(dtype)
        same(xp.matmul(xp.asarray(a), xp.asarray(b)), np.matmul(a, b))
    for dtype, bound in (("int8", 127), ("uint8", 255), ("int16", 2**15 - 1), ("uint16", 2**16 - 1), ("int32", 2**22), ("uint32", 2**22)):  # fmt: skip
        a, b = (rng.integers(bound // 2, bound, shape).astype(dtype) for shape in shapes)
        same(xp.matmul(xp.asarray(a), xp.asarray(b)), np.matmul(a, b))


@pytest.mark.host_memory  # only NumPy has half precision here
def test_products_of_half_precision() -> None:
    a, b = (np.random.default_rng(seed).normal(0, 1, (70, 60)).astype("float16") for seed in (1, 2))
    expected = a.astype("float64") @ b.T.astype("float64")
    found = xp.matmul(xp.asarray(a), xp.asarray(b).mT)
    assert found.dtype is xp.float16
    np.testing.assert_allclose(found.numpy(force=True), expected, rtol=2**-11, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(30,), (30_000,), (40, 30), (900, 30), (20, 1500), (150, 30, 5)], ids=str)
def test_norms(dtype: str, shape: tuple[int, ...]) -> None:
    a = np.random.default_rng(5).normal(0, 1, shape).astype(dtype)
    for axis, keepdims in itertools.product([None, 0, -1, (0, len(shape) - 1)], [False, True]):
        if axis == (0, 0):
            continue
        found = xp.linalg.vector_norm(xp.asarray(a), axis=axis, keepdims=keepdims)
        expected = np.sqrt(np.sum(a.astype("float64") ** 2, axis=axis, keepdims=keepdims)).astype(dtype)
        same(found, expected, rtol=8 * np.finfo(dtype).eps)
    a[-1] = np.finfo(dtype).max
    with np.errstate(over="ignore"):
        assert xp.linalg.vector_norm(xp.asarray(a)).item() == np.inf


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_many_small_matrices(dtype: str) -> None:
    """Of 2 rows, by formulas: as exact as LAPACK's, and where products would over- or underflow, or one is singular, that."""
    a = np.random.default_rng(5).normal(0, 1, (500, 2, 2)).astype(dtype)
    a[:9, 1] = a[:9, 0] * (1 + np.linspace(1e-4, 1e-2, 9)[:, None].astype(dtype)) + np.asarray([0, 1e-3], dtype)
    for scale in (1, 1e15) if dtype == "float32" else (1, 1e-160, 1e160):
        b = a * np.asarray(scale, dtype)
        with np.errstate(over="ignore", under="ignore"):
            np.testing.assert_allclose(xp.linalg.inv(xp.asarray(b)).numpy(force=True), np.linalg.inv(b), rtol=1e-4)
            found = xp.linalg.det(xp.asarray(b))
            same(found, np.linalg.det(b), rtol=1e-5 if dtype == "float32" else 1e-10)
    a[3] = [[1, 2], [2, 4]]
    with pytest.raises(np.linalg.LinAlgError):
        xp.linalg.inv(xp.asarray(a))
    assert xp.linalg.det(xp.asarray(a))[3].item() == 0
