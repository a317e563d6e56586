"""How tensors print: exactly PyTorch's layout, with arrayad's name in place of PyTorch's.

The expected strings are PyTorch's own, so that the tests work without it. If it is installed, they are compared with it
again, and Hypothesis searches for arrays and options that it prints differently.
"""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import arrayad as xp

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONAL = "PyTorch, the oracle of this test, is not installed"

# What is printed, in a form that both libraries understand, and the output.
CASES = {
    "tensor(3)": "tensor(3)",
    "tensor(2.5)": "tensor(2.5000)",
    "tensor(True)": "tensor(True)",
    "tensor(1e-5)": "tensor(1.0000e-05)",
    "tensor(-0.0)": "tensor(-0.)",
    "tensor(nan)": "tensor(nan)",
    "tensor(1 - 2j)": "tensor(1.-2.j)",
    "tensor(7, dtype=uint8)": "tensor(7, dtype=arrayad.uint8)",
    "tensor([1, -20, 300])": "tensor([  1, -20, 300])",
    "tensor([True, True])": "tensor([True, True])",
    "tensor([[True, False], [False, True]])": """\
tensor([[ True, False],
        [False,  True]])""",
    # Floating-point numbers that are whole, or not, or mixed with what has no digits.
    "tensor([1.0, 2.0, -3.0])": "tensor([ 1.,  2., -3.])",
    "tensor([0.5, 10.25, -3.0])": "tensor([ 0.5000, 10.2500, -3.0000])",
    "tensor([0.1, 0.12345, 100.0])": "tensor([  0.1000,   0.1235, 100.0000])",
    "tensor([0.0, -0.0])": "tensor([0., -0.])",
    "tensor([-0.0, 0.25])": "tensor([-0.0000, 0.2500])",
    "tensor([1.0, nan])": "tensor([1., nan])",
    "tensor([1.5, nan, inf, -inf])": "tensor([1.5000,    nan,    inf,   -inf])",
    "tensor([nan, inf])": "tensor([nan, inf])",
    "tensor([1.0, inf, -inf])": "tensor([1., inf, -inf])",
    # Scientific: from a ratio over 1000, a magnitude over 1e8 or under 1e-4 on.
    "tensor([1.0, 1000.0])": "tensor([   1., 1000.])",
    "tensor([1.0, 1001.0])": "tensor([1.0000e+00, 1.0010e+03])",
    "tensor([1e8])": "tensor([100000000.])",
    "tensor([1e8 + 8])": "tensor([1.0000e+08])",
    "tensor([2e8, 3e8])": "tensor([2.0000e+08, 3.0000e+08])",
    "tensor([1.1e-4, 2e-4])": "tensor([0.0001, 0.0002])",
    "tensor([9e-5, 2e-4])": "tensor([9.0000e-05, 2.0000e-04])",
    "tensor([0.0005, 1.5])": "tensor([5.0000e-04, 1.5000e+00])",
    "tensor([1e-10, 1.0, nan, -inf, 0.0])": "tensor([1.0000e-10, 1.0000e+00,        nan,       -inf, 0.0000e+00])",
    "tensor([1e300, 5e-324], dtype=float64)": "tensor([1.0000e+300, 4.9407e-324], dtype=arrayad.float64)",
    # Dtypes that are not what such numbers would be.
    "tensor([1.5, 2.5], dtype=float64)": "tensor([1.5000, 2.5000], dtype=arrayad.float64)",
    "tensor([-128, 127], dtype=int8)": "tensor([-128,  127], dtype=arrayad.int8)",
    "tensor([0, 255], dtype=uint8)": "tensor([  0, 255], dtype=arrayad.uint8)",
    "tensor([-1], dtype=int16)": "tensor([-1], dtype=arrayad.int16)",
    "tensor([-1], dtype=int32)": "tensor([-1], dtype=arrayad.int32)",
    "tensor([1], dtype=uint16)": "tensor([1], dtype=arrayad.uint16)",
    "tensor([4294967295], dtype=uint32)": "tensor([4294967295], dtype=arrayad.uint32)",
    "tensor([18446744073709551615], dtype=uint64)": "tensor([18446744073709551615], dtype=arrayad.uint64)",
    "tensor([-9223372036854775808, 1])": "tensor([-9223372036854775808,                    1])",
    # Complex: each part in a form of its own.
    "tensor([1 + 2j, -0.5 - 0.25j])": "tensor([ 1.0000+2.0000j, -0.5000-0.2500j])",
    "tensor([1 + 2j, 3 - 4j])": "tensor([1.+2.j, 3.-4.j])",
    "tensor([[1 + 1j], [10 - 2.5j]])": """\
tensor([[ 1.+1.0000j],
        [10.-2.5000j]])""",
    "tensor([1e-6 + 1j, 2 + 1e9j])": "tensor([1.0000e-06+1.0000e+00j, 2.0000e+00+1.0000e+09j])",
    "tensor([complex(nan, inf), complex(-inf, -0.0), 1 + 1j])": "tensor([nan+infj, -inf-0.j, 1.+1.j])",
    "tensor([1j], dtype=complex128)": "tensor([0.+1.j], dtype=arrayad.complex128)",
    # No elements: the shape and the dtype are said, since nothing else tells them.
    "tensor([])": "tensor([])",
    "tensor([], dtype=int64)": "tensor([], dtype=arrayad.int64)",
    "tensor([], dtype=bool)": "tensor([], dtype=arrayad.bool)",
    "tensor([], dtype=float64)": "tensor([], dtype=arrayad.float64)",
    "zeros((0, 3))": "tensor([], size=(0, 3))",
    "zeros((2, 0))": "tensor([], size=(2, 0))",
    "zeros((3, 0, 2), dtype=int8)": "tensor([], size=(3, 0, 2), dtype=arrayad.int8)",
    "zeros((0, 2), dtype=complex64)": "tensor([], size=(0, 2), dtype=arrayad.complex64)",
    # Several axes.
    "zeros((1, 1, 1))": "tensor([[[0.]]])",
    "arange(8.0).reshape(2, 2, 2)": """\
tensor([[[0., 1.],
         [2., 3.]],

        [[4., 5.],
         [6., 7.]]])""",
    "arange(16, dtype=int8).reshape(2, 2, 2, 2)": """\
tensor([[[[ 0,  1],
          [ 2,  3]],

         [[ 4,  5],
          [ 6,  7]]],


        [[[ 8,  9],
          [10, 11]],

         [[12, 13],
          [14, 15]]]], dtype=arrayad.int8)""",
    # Rows that are wider than 80 columns.
    "arange(30)": """\
tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,
        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29])""",
    "arange(30.0) / 4": """\
tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000, 1.2500, 1.5000, 1.7500, 2.0000,
        2.2500, 2.5000, 2.7500, 3.0000, 3.2500, 3.5000, 3.7500, 4.0000, 4.2500,
        4.5000, 4.7500, 5.0000, 5.2500, 5.5000, 5.7500, 6.0000, 6.2500, 6.5000,
        6.7500, 7.0000, 7.2500])""",
    "arange(40).reshape(2, 20) * 1000": """\
tensor([[    0,  1000,  2000,  3000,  4000,  5000,  6000,  7000,  8000,  9000,
         10000, 11000, 12000, 13000, 14000, 15000, 16000, 17000, 18000, 19000],
        [20000, 21000, 22000, 23000, 24000, 25000, 26000, 27000, 28000, 29000,
         30000, 31000, 32000, 33000, 34000, 35000, 36000, 37000, 38000, 39000]])""",
    # More than 1000 elements: three at either end, and only those count for the width and the form.
    "arange(1001)": "tensor([   0,    1,    2,  ...,  998,  999, 1000])",
    "arange(1001.0) / 1000": "tensor([0.0000, 0.0010, 0.0020,  ..., 0.9980, 0.9990, 1.0000])",
    "(arange(1200.0) - 600).reshape(1, 1200) / 7": (
        "tensor([[-85.7143, -85.5714, -85.4286,  ...,  85.2857,  85.4286,  85.5714]])"
    ),
    "arange(1200, dtype=int16)": "tensor([   0,    1,    2,  ..., 1197, 1198, 1199], dtype=arrayad.int16)",
    "zeros(1001, dtype=bool)": "tensor([False, False, False,  ..., False, False, False])",
    "arange(2002).reshape(2, 1001)": """\
tensor([[   0,    1,    2,  ...,  998,  999, 1000],
        [1001, 1002, 1003,  ..., 1999, 2000, 2001]])""",
    "arange(2002.0).reshape(1001, 2)": """\
tensor([[0.0000e+00, 1.0000e+00],
        [2.0000e+00, 3.0000e+00],
        [4.0000e+00, 5.0000e+00],
        ...,
        [1.9960e+03, 1.9970e+03],
        [1.9980e+03, 1.9990e+03],
        [2.0000e+03, 2.0010e+03]])""",
    "arange(1400).reshape(7, 2, 100)": """\
tensor([[[   0,    1,    2,  ...,   97,   98,   99],
         [ 100,  101,  102,  ...,  197,  198,  199]],

        [[ 200,  201,  202,  ...,  297,  298,  299],
         [ 300,  301,  302,  ...,  397,  398,  399]],

        [[ 400,  401,  402,  ...,  497,  498,  499],
         [ 500,  501,  502,  ...,  597,  598,  599]],

        ...,

        [[ 800,  801,  802,  ...,  897,  898,  899],
         [ 900,  901,  902,  ...,  997,  998,  999]],

        [[1000, 1001, 1002,  ..., 1097, 1098, 1099],
         [1100, 1101, 1102,  ..., 1197, 1198, 1199]],

        [[1200, 1201, 1202,  ..., 1297, 1298, 1299],
         [1300, 1301, 1302,  ..., 1397, 1398, 1399]]])""",
    # History, on a line of its own where it does not fit.
    "ones(2, requires_grad=True)": "tensor([1., 1.], requires_grad=True)",
    "ones(2, requires_grad=True).detach()": "tensor([1., 1.])",
    "ones(2, dtype=float64, requires_grad=True)": "tensor([1., 1.], dtype=arrayad.float64, requires_grad=True)",
    "zeros((0, 2), dtype=float64, requires_grad=True)": (
        "tensor([], size=(0, 2), dtype=arrayad.float64, requires_grad=True)"
    ),
    "tensor(2.0, requires_grad=True) + 1": "tensor(3., grad_fn=<AddBackward0>)",
    "ones(2, 2, requires_grad=True) * 0.5": """\
tensor([[0.5000, 0.5000],
        [0.5000, 0.5000]], grad_fn=<MulBackward0>)""",
    "arange(8.0).requires_grad_() + 1": "tensor([1., 2., 3., 4., 5., 6., 7., 8.], grad_fn=<AddBackward0>)",
    "arange(12.0).requires_grad_() + 1": """\
tensor([ 1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12.],
       grad_fn=<AddBackward0>)""",
    "arange(10.0, dtype=float64).requires_grad_() / 8 + 1": """\
tensor([1.0000, 1.1250, 1.2500, 1.3750, 1.5000, 1.6250, 1.7500, 1.8750, 2.0000,
        2.1250], dtype=arrayad.float64, grad_fn=<AddBackward0>)""",
    "arange(9.0, dtype=float64).requires_grad_() / 8 + 1": """\
tensor([1.0000, 1.1250, 1.2500, 1.3750, 1.5000, 1.6250, 1.7500, 1.8750, 2.0000],
       dtype=arrayad.float64, grad_fn=<AddBackward0>)""",
    "tensor([1 + 2j] * 4, dtype=complex128, requires_grad=True) + 1": """\
tensor([2.+2.j, 2.+2.j, 2.+2.j, 2.+2.j], dtype=arrayad.complex128,
       grad_fn=<AddBackward0>)""",
}


@pytest.fixture(autouse=True)
def _options() -> Iterator[None]:
    yield
    xp.set_printoptions(profile="default")


def _evaluate(expression: str, namespace: Any) -> Any:
    return eval(expression, {**vars(namespace), "nan": nan, "inf": inf, "complex": complex})


class _PyTorch:
    """PyTorch, printing with arrayad's name: replaced before the layout, whose line breaks depend on its length."""

    def __init__(self) -> None:
        self.torch = pytest.importorskip("torch", reason=OPTIONAL)
        self.module = self.torch._tensor_str
        self.original = self.module._add_suffixes

    def _renamed(self, text: str, suffixes: list[str], *args: Any, **kwargs: Any) -> str:
        return self.original(text, [s.replace("torch.", "arrayad.") for s in suffixes], *args, **kwargs)

    def repr(self, tensor: Any, **options: Any) -> str:
        self.torch.set_printoptions(profile="default")
        self.torch.set_printoptions(**options)
        try:
            with mock.patch.object(self.module, "_add_suffixes", self._renamed):
                return repr(tensor)
        finally:
            self.torch.set_printoptions(profile="default")


@pytest.mark.parametrize("expression", CASES)
def test_repr(expression: str) -> None:
    x = _evaluate(expression, xp)
    assert repr(x) == CASES[expression]
    assert str(x) == repr(x)


def test_expected_strings_are_those_of_pytorch() -> None:
    pytorch = _PyTorch()
    assert {expression: pytorch.repr(_evaluate(expression, pytorch.torch)) for expression in CASES} == CASES


_SHAPES = st.sampled_from([(), (1,), (3,), (7,), (30,), (0,), (0, 3), (2, 3), (7, 1), (1, 9), (2, 8, 3), (3, 1, 2, 2)])
_REAL = st.one_of(
    st.sampled_from([0.0, -0.0, nan, inf, -inf, 1e8, 1.0e-4, 0.99995, 999.99995, 1e-45]),
    st.integers(-1200, 1200).map(float),
    st.floats(-10, 10, width=32),
    st.floats(width=32),
)
_VALUES = {
    "b": st.booleans(),
    "i": st.integers(-128, 127),
    "u": st.integers(0, 255),
    "f": _REAL,
    "c": st.builds(complex, _REAL, _REAL),
}


@st.composite
def _arrays(draw: st.DrawFn) -> np.ndarray:
    dtype = np.dtype(draw(st.sampled_from([d.name for d in xp.__array_namespace_info__().dtypes().values()])))
    elements = draw(st.sampled_from([_VALUES[dtype.kind], hnp.from_dtype(dtype)]))
    return draw(hnp.arrays(dtype, draw(_SHAPES), elements=elements, fill=st.nothing()))


_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 7),
        "threshold": st.sampled_from([0, 2, 5, inf]),
        "edgeitems": st.integers(0, 4),
        "linewidth": st.integers(1, 120),
        "sci_mode": st.sampled_from([None, True, False]),
    },
)


def test_repr_is_that_of_pytorch() -> None:
    pytorch = _PyTorch()

    @settings(max_examples=400, deadline=None)
    @given(array=_arrays(), options=_OPTIONS, history=st.integers(0, 2))
    def check(array: np.ndarray, options: dict[str, Any], history: int) -> None:
        theirs, ours = pytorch.torch.tensor(array), xp.tensor(array)
        if history and array.dtype.kind in "fc":
            theirs, ours = theirs.requires_grad_(), ours.requires_grad_()
            if history == 2:
                theirs, ours = theirs + 0, ours + 0
        xp.set_printoptions(profile="default")
        xp.set_printoptions(**options)
        assert repr(ours) == pytorch.repr(theirs, **options)

    check()


def test_default_dtype_is_not_named() -> None:
    xp.set_default_dtype(xp.float64)
    try:
        assert repr(xp.tensor(1.5)) == "tensor(1.5000)"
        assert repr(xp.tensor([1j])) == "tensor([0.+1.j])"
        assert repr(xp.tensor([1.5], dtype=xp.float32)) == "tensor([1.5000], dtype=arrayad.float32)"
        assert repr(xp.tensor([1j], dtype=xp.complex64)) == "tensor([0.+1.j], dtype=arrayad.complex64)"
        assert repr(xp.zeros(0)) == "tensor([])"
        assert repr(xp.zeros(0, dtype=xp.float32)) == "tensor([], dtype=arrayad.float32)"
    finally:
        xp.set_default_dtype(xp.float32)


def test_views_print_what_they_show() -> None:
    x = xp.arange(6).reshape(2, 3)
    assert repr(x.mT) == "tensor([[0, 3],\n        [1, 4],\n        [2, 5]])"
    assert repr(xp.flip(x)[:, ::2]) == "tensor([[5, 3],\n        [2, 0]])"
    assert repr(xp.broadcast_to(x[0], (2, 3))) == "tensor([[0, 1, 2],\n        [0, 1, 2]])"


def test_format() -> None:
    """A 0-dimensional tensor is its number, with or without a specification; others take none: as in PyTorch."""
    x = xp.tensor(1.23456, dtype=xp.float64, requires_grad=True)
    assert f"{x}" == "1.23456"
    assert f"{x:.2f}" == "1.23"
    assert f"{xp.tensor(3):03d}" == "003"
    assert f"{xp.ones(2)}" == "tensor([1., 1.])"
    with pytest.raises(TypeError, match=r"unsupported format string passed to Tensor\.__format__"):
        f"{xp.ones(1):.2f}"


# --- set_printoptions ---


# Options, what is printed under them, and how.
OPTION_CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"precision": 2}, "tensor([0.125, 1.0])", "tensor([0.12, 1.00])"),
    ({"precision": 2}, "tensor([1e-5])", "tensor([1.00e-05])"),
    ({"precision": 0}, "tensor([0.5, 1.5])", "tensor([0, 2])"),
    ({"precision": 2}, "tensor([1.0])", "tensor([1.])"),
    ({"threshold": 5, "edgeitems": 1}, "arange(5)", "tensor([0, 1, 2, 3, 4])"),
    ({"threshold": 5, "edgeitems": 1}, "arange(6)", "tensor([0,  ..., 5])"),
    (
        {"threshold": 5, "edgeitems": 1},
        "arange(9).reshape(3, 3)",
        "tensor([[0,  ..., 2],\n        ...,\n        [6,  ..., 8]])",
    ),
    ({"threshold": 5, "edgeitems": 0}, "arange(6)", "tensor([...], size=(6,))"),
    ({"threshold": 5, "edgeitems": 0}, "zeros((3, 3), dtype=int8)", "tensor([...], size=(3, 3), dtype=arrayad.int8)"),
    ({"edgeitems": 0}, "tensor(1)", "tensor(1, size=())"),
    ({"linewidth": 20}, "arange(6)", "tensor([0, 1, 2, 3,\n        4, 5])"),
    ({"linewidth": 20}, "tensor([1], dtype=int8)", "tensor([1],\n       dtype=arrayad.int8)"),
    ({"linewidth": 1}, "arange(2)", "tensor([0,\n        1])"),
    ({"sci_mode": True}, "tensor([1.0, 2.5])", "tensor([1.0000e+00, 2.5000e+00])"),
    ({"sci_mode": False}, "tensor([1e-5, 1e5])", "tensor([     0.0000, 100000.0000])"),
    ({"profile": "short"}, "arange(1001.0) / 8", "tensor([  0.00,   0.12,  ..., 124.88, 125.00])"),
    ({"profile": "short", "precision": 1}, "arange(1001.0) / 8", "tensor([  0.0,   0.1,  ..., 124.9, 125.0])"),
]


@pytest.mark.parametrize(("options", "expression", "expected"), OPTION_CASES)
def test_options(options: dict[str, Any], expression: str, expected: str) -> None:
    xp.set_printoptions(**options)
    assert repr(_evaluate(expression, xp)) == expected


def test_expected_strings_under_options_are_those_of_pytorch() -> None:
    pytorch = _PyTorch()
    for options, expression, expected in OPTION_CASES:
        assert pytorch.repr(_evaluate(expression, pytorch.torch), **options) == expected


def test_no_threshold() -> None:
    for options in ({"threshold": inf}, {"profile": "full"}):
        xp.set_printoptions(**options)
        assert repr(xp.arange(2000)).count(",") == 1999


def test_options_that_are_refused_set_none() -> None:
    for wrong in ({"linewidth": "a"}, {"edgeitems": -1}):
        with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
            xp.set_printoptions(profile="short", precision=1, **wrong)
    assert repr(xp.tensor(0.12345)) == "tensor(0.1235)"


def test_options_last_until_they_are_set_again() -> None:
    xp.set_printoptions(precision=2, sci_mode=True)
    assert repr(xp.tensor(0.5)) == "tensor(5.00e-01)"
    xp.set_printoptions(edgeitems=1)  # sci_mode, left out, is the numbers' choice again, as in PyTorch
    assert repr(xp.tensor(0.5)) == "tensor(0.50)"
    xp.set_printoptions(profile="default")
    assert repr(xp.tensor(0.5)) == "tensor(0.5000)"


def test_unknown_profile() -> None:
    with pytest.raises(ValueError, match=r"set_printoptions\(\): profile must be one of default, short, full, got 'long'"):
        xp.set_printoptions(profile="long", precision=1)
    assert repr(xp.tensor(0.5)) == "tensor(0.5000)"  # nothing was set
