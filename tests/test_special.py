"""Special functions and others beyond the standard: values compared with SciPy and NumPy, special points, errors."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special

import arrayad as xp

pytestmark = pytest.mark.any_backend

UNARY = (
    "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "expit", "gammaln", "i0", "i0e", "i1", "i1e", "log_expit", "log_ndtr",
    "logit", "ndtr", "ndtri", "psi", "sinc",
)  # fmt: skip
BINARY = ("beta", "betaln", "gammainc", "gammaincc", "kl_div", "rel_entr", "xlog1py", "xlogy")
POINTS = np.asarray(
    [-np.inf, -100.0, -2.5, -1.0, -0.5, -1e-3, -0.0, 0.0, 1e-9, 0.3, 0.5, 0.7, 1.0, 2.0, 9.0, 600.0, np.inf, np.nan]
)
ON_GPU = xp.get_default_device().type == "cuda"
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-13}


def close(found: xp.Tensor, expected: Any, dtype: Any = np.float64) -> None:
    assert found.numpy(force=True).dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(found.numpy(force=True), expected, rtol=TOLERANCE.get(dtype, 1e-13), atol=1e-30)


@pytest.mark.parametrize("name", ["bdtr", "bdtrc", "bdtri", "nbdtr", "nbdtrc", "nbdtri", "pdtri"])
def test_counts_do_not_widen_probabilities(name: str) -> None:
    counts = (xp.asarray([0, 2, 4]), 5)[: 1 if name == "pdtri" else 2]
    p = xp.asarray([0.3, 0.5, 0.6], dtype=xp.float32)
    expected = getattr(scipy.special, name)([0, 2, 4], *counts[1:], [0.3, 0.5, 0.6]).astype(np.float32)
    close(getattr(xp.special, name)(*counts, p), expected, np.float32)


@pytest.mark.parametrize("end", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("shape", [1.0, 2.0, 80.0, 1e3, 1e6])
def test_beta_distribution_of_any_shape_at_its_ends(shape: float, end: float) -> None:
    a = xp.asarray(shape, dtype=xp.float64)
    x = xp.asarray(end, dtype=xp.float64).requires_grad_()
    with np.errstate(all="raise", under="ignore"):
        xp.special.betainc(a, a, x).backward()
    expected = mpmath.mpf(end) ** (shape - 1) * mpmath.mpf(1 - end) ** (shape - 1) / mpmath.beta(shape, shape)
    np.testing.assert_allclose(x.grad.item(), float(expected), rtol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", UNARY)
def test_unary(name: str, dtype: Any) -> None:
    x = POINTS.astype(dtype)
    if name == "sinc":
        x = x[np.isfinite(x)]
        if ON_GPU:  # there it is exactly 0 at integers, and SciPy's is a rounded sine
            x = x[(x == 0) | (x != np.rint(x))]
    close(getattr(xp.special, name)(xp.asarray(x)), getattr(scipy.special, name)(x), dtype)
    assert getattr(xp.special, name)(xp.asarray(0.25)).shape == ()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["exp2", "expit", "logit"])
def test_of_many_elements(name: str, dtype: Any) -> None:
    """The NumPy backend has its own ways for these."""
    rng = np.random.default_rng(5)
    for x in (rng.uniform(0, 1, 9000), rng.normal(0, 20, 9000), rng.permutation(np.resize(POINTS[POINTS < 99], 9000))):
        x = x.astype(dtype)
        with np.errstate(all="raise", under="ignore"):
            close(getattr(xp.special, name)(xp.asarray(x)), getattr(scipy.special, name)(x), dtype)


@pytest.mark.host_memory  # only NumPy has half precision here
def test_sigmoid_of_half_precision() -> None:
    x = np.linspace(-12, 12, 500).astype(np.float16)
    expected = (1 / (1 + np.exp(-x.astype(float)))).astype(np.float16)
    np.testing.assert_allclose(xp.sigmoid(xp.asarray(x)).numpy(), expected, rtol=2**-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", BINARY)
def test_binary(name: str, dtype: Any) -> None:
    x, y = POINTS.astype(dtype)[:, None], POINTS.astype(dtype)
    expected = getattr(scipy.special, name)(x, y)
    if ON_GPU and name in ("beta", "betaln"):  # CuPy's is NaN where the sum is a pole
        (i, j) = np.nonzero(np.isfinite(expected))
        x, y, expected = x[i, 0], y[j], expected[i, j]
    close(getattr(xp.special, name)(xp.asarray(x), xp.asarray(y)), expected, dtype)


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_public_and_documented(name: str) -> None:
    assert name in xp.special.__all__
    function = getattr(xp.special, name)
    assert function.__doc__
    ones = [xp.asarray([1])] * (1 if name in UNARY else 2)
    assert function(*ones).dtype is xp.float32  # the default floating dtype for integers
    with pytest.raises(TypeError):
        function(*[1.0] * len(ones))
    with pytest.raises(TypeError, match="real-valued"):
        function(*[x.to(xp.complex64) for x in ones])


@pytest.mark.parametrize("n", range(4))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_polygamma(n: int, dtype: Any) -> None:
    x = np.linspace(0.2, 20, 30).astype(dtype)
    found = xp.special.polygamma(n, xp.asarray(x))
    assert found.numpy(force=True).dtype == dtype
    np.testing.assert_allclose(found.numpy(force=True), scipy.special.polygamma(n, x), rtol=TOLERANCE[dtype])
    with pytest.raises(ValueError, match="negative"):
        xp.special.polygamma(-1 - n, xp.asarray(x))


def _gradient(function: Any, *arrays: Any) -> list[np.ndarray]:
    """Of the sum, with warnings as errors, and with the second order free of NaN."""
    leaves = [xp.asarray(a, dtype=xp.float64).requires_grad_() for a in arrays]
    out = function(*leaves)
    first = xp.autograd.grad(out, leaves, xp.ones_like(out), create_graph=True)
    total = xp.zeros((), dtype=xp.float64)
    for g in first:
        total = total + xp.where(xp.isfinite(g), g, 0.0).sum()
    if total.requires_grad:
        for g in xp.autograd.grad(total, leaves, materialize_grads=True):
            assert not np.isnan(g.numpy(force=True)).any()
    return [g.numpy(force=True) for g in first]


def test_gradients_at_zero_probabilities() -> None:
    sp = xp.special
    assert [g.tolist() for g in _gradient(sp.xlogy, [0.0, 0.0, 2.0], [0.0, np.e, 1.0])] == [[0, 1, 0], [0, 0, 2]]
    assert [g.tolist() for g in _gradient(sp.xlog1py, [0.0, 0.0], [-1.0, 0.0])] == [[0, 0], [0, 0]]
    assert [g.tolist() for g in _gradient(sp.entr, [0.0, 1.0])] == [[0, -1]]
    assert [g.tolist() for g in _gradient(sp.rel_entr, [0.0, 0.0, 1.0], [0.0, 2.0, 1.0])] == [[0, 0, 1], [0, 0, -1]]
    assert [g.tolist() for g in _gradient(sp.kl_div, [0.0, 0.0, 1.0], [0.0, 2.0, 1.0])] == [[0, 0, 0], [1, 1, 0]]


def test_mixed_derivative_of_xlogy_at_zero() -> None:
    x = xp.tensor(0.0, requires_grad=True)
    y = xp.tensor(2.0, requires_grad=True)
    (g,) = xp.autograd.grad(xp.special.xlogy(x, y), y, create_graph=True)
    assert xp.autograd.grad(g, x)[0].item() == 0.5
    for function, corner in ((xp.special.xlogy, [0.0, 0.0]), (xp.special.xlog1py, [0.0, -1.0])):
        hessian = xp.func.hessian(lambda v, f=function: f(v[0], v[1]))(xp.asarray(corner))
        assert hessian.tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(("name", "middle"), [("stdtr", 0.0), ("stdtrit", 0.5)])
def test_mixed_derivative_of_the_t_distribution_in_the_middle(name: str, middle: float) -> None:
    function = getattr(xp.special, name)
    hessian = xp.func.hessian(lambda v: function(v[0], v[1]))(xp.asarray(np.asarray([2.5, middle])))
    h = 1e-3
    (a, b), (c, d) = ([function(xp.asarray(np.asarray(2.5 + i)), middle + j).item() for j in (-h, h)] for i in (-h, h))
    np.testing.assert_allclose(
        hessian.numpy(force=True), np.asarray([[0, 1], [1, 0]]) * (a - b - c + d) / (4 * h * h), rtol=1e-4, atol=1e-12
    )


def test_gradients_at_infinity() -> None:
    sp = xp.special
    for function in (sp.erf, sp.erfc, sp.ndtr, sp.expit):
        x = xp.asarray([-xp.inf, xp.inf]).requires_grad_()
        function(x).sum().backward()
        assert x.grad.tolist() == [0.0, 0.0]
    (g,) = _gradient(lambda x: sp.log_ndtr(x), [-1e3, -40.0, 40.0, 1e3])
    np.testing.assert_allclose(g, [1000.001, 40.02496888, 0, 0], rtol=1e-6, atol=1e-300)
    (g,) = _gradient(lambda x: sp.gammainc(2.5, x), [0.0, np.inf])
    assert g.tolist() == [0, 0]


def test_second_derivatives_where_a_quotient_is_zero_over_zero() -> None:
    sp = xp.special
    for function, expected in ((sp.sinc, -(np.pi**2) / 3), (sp.i0, 0.5), (sp.i1, 0.0)):
        x = xp.tensor(0.0, dtype=xp.float64, requires_grad=True)
        (g,) = xp.autograd.grad(function(x), x, create_graph=True)
        (h,) = xp.autograd.grad(g, x, create_graph=True)
        (third,) = xp.autograd.grad(h, x)
        assert h.item() == pytest.approx(expected)
        assert third.item() == pytest.approx(3 / 8 if function is sp.i1 else 0.0)


@pytest.mark.filterwarnings("ignore:floating point number truncated to an integer:RuntimeWarning")  # SciPy's
@pytest.mark.parametrize("order", [0.5, 1.5])
def test_slope_of_expn_of_an_order_that_is_cut_off(order: float) -> None:
    x = xp.asarray([0.5, 2.0], dtype=xp.float64)
    slope = xp.func.grad(lambda n, x: xp.special.expn(n, x).sum(), argnums=1)
    assert slope(order, x).tolist() == slope(math.trunc(order), x).tolist()


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("polygamma", lambda n: xp.special.polygamma(n, 1.5)),
        ("hyp1f1", lambda a: xp.special.hyp1f1(a, 1.5, 0.3)),
        ("lpmv", lambda v: xp.special.lpmv(1, v, 0.3)),
    ],
)
def test_no_derivative_with_respect_to_the_order(name: str, function: Any) -> None:
    order = xp.tensor(2.0, requires_grad=True)
    with pytest.raises(NotImplementedError, match=rf"{name}\(\): .* order"):
        function(order).backward()


def test_shape_derivatives_of_incomplete_gamma_and_beta_functions() -> None:
    """Over eight decades of the shapes, in both tails, against 30 digits."""
    a = np.asarray([1e-4, 1e-2, 0.3, 1.0, 3.0, 50.0, 1e3, 1e4])
    x = a * np.asarray([[0.2], [0.97], [1.3]])
    b = a[::-1].copy()
    mean = a / (a + b)
    spread = np.sqrt(mean * (1 - mean) / (a + b + 1))
    t = np.clip(mean + spread * np.asarray([[-1.0], [0.1], [1.5]]), 0.002, 0.998)
    moment_a, moment_b = (
        xp.asarray(z).requires_grad_() for z in (np.broadcast_to(a, t.shape).copy(), np.broadcast_to(b, t.shape).copy())
    )
    shape = xp.asarray(np.broadcast_to(a, x.shape).copy()).requires_grad_()
    (g,) = xp.autograd.grad(xp.special.gammainc(shape, xp.asarray(x)).sum(), shape)
    ga, gb = xp.autograd.grad(xp.special.betainc(moment_a, moment_b, xp.asarray(t)).sum(), (moment_a, moment_b))
    with mpmath.workdps(30):
        for i, j in np.ndindex(x.shape):
            exact = mpmath.diff(lambda s, end=x[i, j]: mpmath.gammainc(s, 0, end, regularized=True), mpmath.mpf(a[j]))
            assert abs(g[i, j].item() - float(exact)) < 1e-9 * abs(exact) + 1e-13
            for found, k in ((ga, 0), (gb, 1)):
                shapes = [mpmath.mpf(a[j]), mpmath.mpf(b[j])]

                def function(s: Any, k: int = k, shapes: Any = shapes, upper: float = t[i, j]) -> Any:
                    moved = [*shapes]
                    moved[k] = s
                    return mpmath.betainc(*moved, 0, upper, regularized=True)

                exact = mpmath.diff(function, shapes[k])
                assert abs(found[i, j].item() - float(exact)) < 1e-9 * abs(exact) + 1e-13


@pytest.mark.parametrize("a", [1e-6, 1e-4, 1e-3, 0.03, 0.5, 2.0])
def test_shape_derivative_of_the_incomplete_beta_function_about_a_small_shape(a: float) -> None:
    """I_x(a, 1) is x**a, and 1 - I_{1-x}(1, a)."""
    x = np.asarray([0.1, 0.9, 1.01, 1.1, 3.0, 100.0]) * a
    x = x[x < 0.9]
    shape = xp.asarray(np.full(x.shape, a)).requires_grad_()
    (g,) = xp.autograd.grad(xp.special.betainc(shape, 1.0, xp.asarray(x)).sum(), shape)
    (h,) = xp.autograd.grad(xp.special.betaincc(1.0, shape, xp.asarray(1 - x)).sum(), shape)
    np.testing.assert_allclose(g.numpy(force=True), np.log(x) * x**a, rtol=1e-7)
    np.testing.assert_allclose(h.numpy(force=True), np.log(x) * x**a, rtol=1e-7)


@pytest.mark.parametrize(
    ("function", "exact", "at"),
    [
        (xp.special.zeta, lambda t: mpmath.zeta(t, derivative=1), (-15.5, -9.5, -5.3, -2.0, -1.01, -1.0, -0.1, -1e-7, 0.0, 0.5, 2.0, 10.0)),
        (xp.special.zetac, lambda t: mpmath.zeta(t, derivative=1), (-9.5, -1.0, 3.0)),
        (xp.special.erfcx, lambda t: 2 * t * mpmath.exp(t * t) * mpmath.erfc(t) - 2 / mpmath.sqrt(mpmath.pi), (-3.0, 0.0, 9.9, 10.0, 10.1, 50.0, 1000.0)),
    ],
)  # fmt: skip
def test_slopes_far_from_where_the_plain_formula_holds(function: Any, exact: Any, at: tuple[float, ...]) -> None:
    x = xp.asarray(np.asarray(at)).requires_grad_()
    function(x).sum().backward()
    with mpmath.workdps(1000 if function is xp.special.erfcx else 50):  # its terms are of the size of exp(10**6)
        expected = [float(exact(mpmath.mpf(t))) for t in at]
    np.testing.assert_allclose(x.grad.numpy(force=True), expected, rtol=2e-13)


def test_derivatives_of_all_orders_at_the_poles_of_gamma() -> None:
    for x in (0.0, -1.0, -20.0, 1e-9, -0.3, 0.5, 3.0):
        slope = xp.special.rgamma
        for order in (1, 2, 3):
            slope = xp.func.grad(slope)
            with mpmath.workdps(40):
                expected = float(mpmath.diff(mpmath.rgamma, x, order))
            assert slope(xp.asarray(x, dtype=xp.float64)).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("m", [0.0, 1.0, 3.0, 6.0, 0.25, -2.0, -0.75])
@pytest.mark.parametrize("z", [0.0, -1.0, -5.0, -0.3, 0.4, 1e-9, 3.2])
def test_derivatives_of_pochhammers_symbol_at_the_poles_of_gamma(z: float, m: float) -> None:
    slope, first = xp.special.poch, z
    for order in (1, 2):
        slope = xp.func.grad(slope)
        with mpmath.workdps(60):
            exact = mpmath.diff(lambda t: mpmath.gammaprod([t + mpmath.mpf(m)], [t]), mpmath.mpf(first), order)
        found = slope(*(xp.asarray(n, dtype=xp.float64) for n in (first, m))).item()
        assert found == pytest.approx(float(exact), rel=1e-11, abs=1e-13)


@pytest.mark.parametrize(("delta", "r"), [(1.0, 1e30), (1e-20, 1e25), (1e20, 1.0), (2.0, 3.0), (1.0, 0.0)])
def test_slopes_of_pseudo_huber_where_squares_leave_the_dtype(delta: float, r: float) -> None:
    found = xp.func.grad(xp.special.pseudo_huber, (0, 1))(*(xp.asarray(n, dtype=xp.float32) for n in (delta, r)))
    with mpmath.workdps(90):
        root = mpmath.sqrt(mpmath.mpf(delta) ** 2 + mpmath.mpf(r) ** 2)
        exact = [(root - delta) ** 2 / root, delta * r / root]
    assert [g.item() for g in found] == pytest.approx([float(e) for e in exact], rel=1e-6, abs=1e-30)


def test_second_derivatives_at_the_ends_of_the_beta_distribution() -> None:
    two, grad = xp.asarray(2.0, dtype=xp.float64), xp.func.grad
    for x, expected in ((0.0, 6.0), (1.0, -6.0), (0.5, 0.0)):
        second = grad(grad(xp.special.betainc, 2), 2)(two, two, xp.asarray(x, dtype=xp.float64))
        assert second.item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("betainc", (0.5, 0.5, 1.0)), ("betaincc", (2.0, 3.0, 0.0)), ("gammainc", (2.5, np.inf)), ("gammaincc", (2.5, np.inf)),
        ("chdtr", (5.0, np.inf)), ("chdtrc", (5.0, 0.0)), ("stdtr", (5.0, np.inf)), ("fdtr", (5.0, 7.0, np.inf)),
        ("fdtrc", (5.0, 7.0, 0.0)),
    ],
)  # fmt: skip
def test_second_derivatives_in_the_shapes_at_the_ends_are_zero(name: str, point: tuple[float, ...]) -> None:
    *shapes, end = (xp.asarray(n, dtype=xp.float64) for n in point)
    hessian = xp.func.hessian(lambda v: getattr(xp.special, name)(*[v[i] for i in range(len(shapes))], end))(
        xp.stack(shapes)
    )
    assert not xp.any(hessian != 0)


@pytest.mark.parametrize(("name", "point"), [("betainc", (3.0, 5.0, 0.0)), ("betainc", (3.0, 5.0, 1.0)), ("gammainc", (4.0, 0.0)), ("gammainc", (4.0, np.inf)), ("fdtr", (5.0, 7.0, 0.0)), ("gdtr", (2.0, 4.0, 0.0))])  # fmt: skip
def test_second_derivatives_at_the_ends_where_the_density_has_a_zero(name: str, point: tuple[float, ...]) -> None:
    hessian = xp.func.hessian(lambda v: getattr(xp.special, name)(*[v[i] for i in range(len(point))]))
    assert not xp.any(hessian(xp.asarray(point, dtype=xp.float64)) != 0)


@pytest.mark.parametrize(
    ("name", "point", "which"),
    [
        ("gdtr", (2.0, 0.5, 0.0), 0), ("gdtrc", (2.0, 0.5, 0.0), 0), ("fdtr", (1.0, 5.0, 0.0), 0), ("fdtr", (1.0, 5.0, 0.0), 1),
        ("fdtr", (3.0, 3.0, np.inf), 0), ("fdtr", (3.0, 1.0, np.inf), 1), ("fdtr", (3.0, 1.0, np.inf), 2),
        ("stdtr", (3.0, np.inf), 0), ("stdtr", (3.0, -np.inf), 1), ("gammaincinv", (2.0, 0.0), 0), ("gammainccinv", (2.0, 1.0), 0),
        ("betaincinv", (2.0, 3.0, 0.0), 0), ("betaincinv", (2.0, 3.0, 0.0), 1), ("betaincinv", (2.0, 3.0, 1.0), 0),
        ("chdtri", (5.0, 1.0), 0), ("fdtri", (3.0, 5.0, 0.0), 1),
    ],
)  # fmt: skip
def test_derivatives_that_are_zero_at_an_end(name: str, point: tuple[float, ...], which: int) -> None:
    arguments = [xp.asarray(n, dtype=xp.float64) for n in point]
    assert xp.func.grad(getattr(xp.special, name), which)(*arguments).item() == 0


@pytest.mark.parametrize(("dfn", "dfd", "x"), [(3.0, 0.5, 1e18), (3.0, 5.0, 1e20), (2.0, 0.5, 0.1), (7.0, 4.0, 1.5)])
def test_slopes_of_the_f_distribution_in_its_tail(dfn: float, dfd: float, x: float) -> None:
    point = (dfn, dfd, x)
    found = xp.func.grad(xp.special.fdtr, (0, 1, 2))(*(xp.asarray(n, dtype=xp.float64) for n in point))
    for i, g in enumerate(found):

        def survival(moved: Any, i: int = i) -> Any:
            n, d, at = (moved if j == i else mpmath.mpf(value) for j, value in enumerate(point))
            return mpmath.betainc(d / 2, n / 2, 0, d / (d + n * at), True)

        with mpmath.workdps(60):
            exact = -mpmath.diff(survival, point[i], h=mpmath.mpf(point[i]) * mpmath.mpf(10) ** -20)
        assert g.item() == pytest.approx(float(exact), rel=1e-11, abs=0)


@pytest.mark.parametrize("t", [0.1, 5e-4, 1e-8, 1e-12])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_slope_of_the_t_distribution_near_its_middle(dtype: str, t: float) -> None:
    df, at = (xp.asarray(n, dtype=getattr(xp, dtype)) for n in (10.0, t))
    with mpmath.workdps(40):
        exact = mpmath.diff(
            lambda v: -mpmath.betainc(v / 2, mpmath.mpf(1) / 2, 0, v / (v + mpmath.mpf(at.item()) ** 2), True) / 2, 10
        )
    assert xp.func.grad(xp.special.stdtr)(df, at).item() == pytest.approx(
        float(exact), rel=1e-6 if dtype == "float32" else 1e-12
    )


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("gammainc", (1e7, 1e7)), ("gammaincinv", (1e7, 0.5)), ("chdtr", (2e7, 2e7)), ("gdtr", (1.0, 1e7, 1e7)), ("pdtr", (1e7, 1e7)),
        ("stdtr", (1e4, 1.0)), ("fdtr", (1e6, 1e6, 1.0)), ("betainc", (1e6, 2e6, 0.33325195)),
    ],
)  # fmt: skip
def test_slopes_at_large_shapes_in_single_precision(name: str, point: tuple[float, ...]) -> None:
    found: list[list[float]] = []
    for dtype in (xp.float32, xp.float64):
        x = [xp.asarray(float(np.float32(n)), dtype=dtype).requires_grad_() for n in point]
        for recorded in (False, True):
            gradients = xp.autograd.grad(getattr(xp.special, name)(*x), x, create_graph=recorded)
            assert all(g.dtype is dtype for g in gradients)
            found.append([g.item() for g in gradients])
    for other in found[:-1]:
        assert other == pytest.approx(found[-1], rel=1e-6, abs=0)


@pytest.mark.filterwarnings("ignore:divide by zero encountered in log")
@pytest.mark.parametrize(
    ("function", "first", "expected"),
    [
        (xp.special.boxcox, 0.0, (1.0, 1.0)),
        (xp.special.boxcox1p, -1.0, (1.0, 1.0)),
        (xp.special.inv_boxcox, -1.0, (1.0, -1.0)),
        (xp.special.inv_boxcox1p, -1.0, (1.0, -1.0)),
    ],
)
def test_boxcox_at_the_end_of_its_domain(function: Any, first: float, expected: tuple[float, float]) -> None:
    x, lmbda = xp.asarray(first).requires_grad_(), xp.asarray(1.0).requires_grad_()
    function(x, lmbda).backward()
    assert (x.grad.item(), lmbda.grad.item()) == expected


def test_without_scipy() -> None:
    code = """if True:
        import sys, warnings
        warnings.simplefilter("error")
        sys.modules["scipy"] = None
        import arrayad as xp
        x = xp.tensor([0.0, 1.0], requires_grad=True)
        for f in (xp.sigmoid, xp.softmax, xp.log_softmax, xp.logsumexp):
            f(x).sum().backward()
        for f in (xp.special.cbrt, xp.special.exp2, xp.special.sinc, xp.special.logsumexp):
            f(x + 1).sum().backward()
        for call in (lambda: xp.special.erf(x), lambda: xp.special.xlogy(x, 2), lambda: xp.special.polygamma(1, x)):
            try:
                call()
            except ImportError as error:
                print(error)
    """
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=".").stdout
    assert out.splitlines() == [
        f"{name}() needs SciPy, which is not installed: pip install scipy" for name in ("erf", "xlogy", "polygamma")
    ]


def test_no_such_function() -> None:
    assert not hasattr(xp.special, "airy")
    assert not hasattr(xp.functions.special, "airy")
    from arrayad.backends import numpy_special

    with pytest.raises(AttributeError, match="airy"):
        numpy_special.airy  # noqa: B018


# --- softmax and its kin ---


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
def test_softmax_and_kin(axis: Any) -> None:
    x = np.random.default_rng(0).normal(size=(3, 4)) * 50
    for ours, theirs in (
        (xp.softmax, scipy.special.softmax),
        (xp.log_softmax, scipy.special.log_softmax),
        (xp.logsumexp, scipy.special.logsumexp),
        (xp.special.logsumexp, scipy.special.logsumexp),
    ):
        np.testing.assert_allclose(
            ours(xp.asarray(x), axis).numpy(force=True), theirs(x, axis=axis), rtol=1e-13, atol=1e-300
        )
    assert xp.softmax is xp.special.softmax
    assert xp.sigmoid is xp.special.expit


def test_pytorch_forms() -> None:
    x = xp.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    assert xp.logsumexp(x, 1).shape == xp.logsumexp(x, dim=1).shape == (1,)
    assert xp.logsumexp(x, 1, True).shape == xp.logsumexp(x, dim=1, keepdim=True).shape == (1, 1)
    assert xp.softmax(x, dim=1).sum().item() == pytest.approx(1)
    for function, name in (
        (xp.relu, "ReluBackward0"),
        (xp.sigmoid, "SigmoidBackward0"),
        (lambda x: xp.softmax(x, 1), "SoftmaxBackward0"),
        (lambda x: xp.log_softmax(x, 1), "LogSoftmaxBackward0"),
        (lambda x: xp.logsumexp(x, 1), "LogsumexpBackward0"),
    ):
        assert name in repr(function(x).grad_fn)


def test_logsumexp_of_infinities() -> None:
    inf = np.inf
    x = np.asarray([[-inf, -inf], [-inf, 1.0], [inf, 1.0], [-inf, inf]])
    (g,) = _gradient(lambda x: xp.logsumexp(x, 1), x)
    assert g.tolist() == [[0, 0], [0, 1], [1, 0], [0, 1]]
    assert xp.logsumexp(xp.asarray(x), 1).tolist() == [-inf, 1, inf, inf]
    assert np.isnan(xp.logsumexp(xp.asarray([xp.nan, 1.0])).item())
    assert xp.logsumexp(xp.zeros((2, 0)), 1).tolist() == [-inf, -inf]
    assert xp.logsumexp(xp.zeros((0, 2)), 1).shape == xp.softmax(xp.zeros((0, 2)), 1).shape[:1] == (0,)
    assert xp.log_softmax(xp.zeros((0, 2)), 1).shape == (0, 2)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("b", [None, 2.0, [1.0, -3.0, 0.0], [[1.0], [0.0]], [0.0, 0.0, 0.0]])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_logsumexp_in_scipys_form(axis: Any, b: Any, keepdims: bool) -> None:
    a = np.asarray([[1.0, 2.0, 5.0], [-1.0, -np.inf, 3.0]])
    factors = xp.asarray(b, dtype=xp.float64) if isinstance(b, list) else b
    ours = xp.special.logsumexp(xp.asarray(a), axis, factors, keepdims, True)
    theirs = scipy.special.logsumexp(a, axis, b, keepdims, True)
    for x, y in zip(ours, theirs, strict=True):
        close(x, y)
        assert x.shape == y.shape
    close(xp.special.logsumexp(xp.asarray(a), axis, factors, keepdims), scipy.special.logsumexp(a, axis, b, keepdims))


def test_logsumexp_sends_no_nan() -> None:
    a = [[-np.inf, -np.inf], [0.0, -np.inf], [0.0, 0.0]]
    for g in _gradient(lambda a, b: xp.special.logsumexp(a, 1, b), a, [1.0, 1.0]):
        assert not np.isnan(g).any()
    (g, h) = _gradient(lambda a, b: xp.special.logsumexp(a, b=b), [1.0, 1.0], [1.0, 0.0])
    assert g.tolist() == [1, 0]
    assert h.tolist() == [1, 1]
    # Terms with a factor of 0 may be of any size; SciPy gives NaN here.
    assert xp.special.logsumexp(xp.asarray([1.0, 900.0, xp.inf]), b=xp.asarray([1.0, 0.0, 0.0])).item() == 1
    assert xp.special.logsumexp(xp.asarray([0, 0]), b=xp.asarray([1, 3])).item() == pytest.approx(np.log(4))


def test_relu() -> None:
    x = xp.asarray([-1.0, 0.0, 2.0, xp.nan]).requires_grad_()
    y = xp.relu(x)
    np.testing.assert_array_equal(y.numpy(force=True), [0, 0, 2, np.nan])
    y.sum().backward()
    assert x.grad.tolist()[:3] == [0, 0, 1]
    assert xp.relu(xp.asarray([-1, 2])).dtype is xp.int64


# --- comparing, cleaning ---


def test_isclose() -> None:
    values = np.asarray([0.0, 1e-9, 1.0, 1 + 1e-6, 1 + 1e-4, np.inf, -np.inf, np.nan])
    for equal_nan in (False, True):
        found = xp.isclose(xp.asarray(values)[:, None], xp.asarray(values), equal_nan=equal_nan)
        np.testing.assert_array_equal(found.numpy(force=True), np.isclose(values[:, None], values, equal_nan=equal_nan))
    assert xp.isclose(xp.asarray([1, 2], dtype=xp.uint8), xp.asarray([2, 2], dtype=xp.uint8), atol=0.5).tolist() == [
        False,
        True,
    ]
    assert xp.isclose(xp.tensor([1.0, 2.0], requires_grad=True), 2).tolist() == [False, True]
    assert xp.isclose(xp.asarray([1 + 1j]), xp.asarray([1 + 1.000001j])).tolist() == [True]
    assert xp.allclose(xp.ones(3), 1) is True
    assert xp.allclose(xp.ones(3), xp.asarray([1, 1, 1.1])) is False
    assert xp.allclose(xp.ones(3), xp.asarray([1, 1, 1.1]), rtol=0.2) is True


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
def test_nan_to_num(dtype: Any) -> None:
    x = np.asarray([np.nan, np.inf, -np.inf, 1.5], dtype=dtype)
    for how in ({}, {"nan": 2.0}, {"posinf": 5.0, "neginf": -7.0}):
        found = xp.nan_to_num(xp.asarray(x), **how)
        expected = np.nan_to_num(x, **how)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found.numpy(force=True), expected)
    assert xp.nan_to_num(xp.asarray([1, 2])).tolist() == [1, 2]


def test_gradient_of_nan_to_num() -> None:
    x = xp.asarray([xp.nan, xp.inf, 1.0]).requires_grad_()
    xp.nan_to_num(x).sum().backward()
    assert x.grad.tolist() == [0, 0, 1]


# --- products ---


@pytest.mark.parametrize(
    "shapes", [((2,), (3,)), ((2, 3), (4, 1)), ((2,), (3, 2)), ((2, 1, 2), (3,)), ((), (2, 2)), ((0, 2), (2, 2))]
)
def test_kron(shapes: Any) -> None:
    a, b = (np.random.default_rng(i).normal(size=s) for i, s in enumerate(shapes))
    close(xp.kron(xp.asarray(a), xp.asarray(b)), np.kron(a, b))


EINSUMS = [
    ("ii", [(3, 3)]),
    ("ii->i", [(3, 3)]),
    ("ij->", [(2, 3)]),
    ("ba", [(2, 3)]),
    ("i j -> j i", [(2, 3)]),
    ("iii", [(2, 2, 2)]),
    ("iiji->ji", [(2, 2, 3, 2)]),
    ("...ii->...i", [(4, 2, 2)]),
    ("...ij->ji...", [(4, 5, 2, 3)]),
    ("i,i", [(3,), (3,)]),
    ("i,j", [(3,), (2,)]),
    ("i,->i", [(3,), ()]),
    ("ij,jk", [(2, 3), (3, 4)]),
    ("ij,kj->ki", [(2, 3), (4, 3)]),
    ("bij,bjk->bik", [(2, 3, 4), (2, 4, 2)]),
    ("bij,jk->bik", [(2, 3, 4), (4, 2)]),
    ("...ij,...jk->...ik", [(2, 1, 3, 4), (5, 4, 2)]),
    ("...i,...i->...", [(2, 3), (3,)]),
    ("...,...", [(2, 3), (3,)]),
    ("ij...,j...->i...", [(2, 3, 1), (3, 4)]),
    ("ij,jk", [(2, 1), (3, 4)]),
    ("bi,bi->b", [(1, 3), (4, 3)]),
    ("iij,jk->ik", [(2, 2, 3), (3, 2)]),
    ("ij,ij->ij", [(2, 3), (2, 3)]),
    ("ij,k->jk", [(2, 3), (4,)]),
    ("ij,jk,kl", [(2, 3), (3, 4), (4, 2)]),
    ("ij,jk,kl,l->i", [(2, 3), (3, 4), (4, 2), (2,)]),
    ("i,i,i->i", [(3,), (3,), (3,)]),
    ("ijk,il,jm,kn->lmn", [(2, 3, 2), (2, 2), (3, 2), (2, 3)]),
    ("ij,jk", [(2, 0), (0, 3)]),
    ("ij->ij", [(0, 3)]),
]


@pytest.mark.parametrize(("subscripts", "shapes"), EINSUMS)
@pytest.mark.parametrize("dtype", [np.float64, np.complex128, np.int32])
def test_einsum(subscripts: str, shapes: Any, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    operands = [(rng.normal(size=s) * 5).astype(dtype) for s in shapes]
    if dtype is np.complex128:
        operands = [x + 1j * rng.normal(size=x.shape) for x in operands]
    found = xp.einsum(subscripts, *[xp.asarray(x) for x in operands])
    expected = np.einsum(subscripts, *operands)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.numpy(force=True), expected, rtol=1e-12, atol=1e-12)


def test_einsum_of_dtypes() -> None:
    out = xp.einsum("ij,j->i", xp.ones((2, 3), dtype=xp.float32), xp.ones(3, dtype=xp.complex128))
    assert out.dtype is xp.complex128
    assert xp.einsum("i,i->", xp.asarray([1, 2]), xp.asarray([0.5, 0.5])).item() == 1.5


@pytest.mark.parametrize(
    ("subscripts", "shapes", "message"),
    [
        ("ij", [(2,)], "does not fit"),
        ("i", [(2, 2)], "does not fit"),
        ("i,j", [(2,)], "2 operands"),
        ("i,i", [(2,), (3,)], "lengths 2 and 3"),
        ("ii->i", [(1, 3)], "lengths 1 and 3 in one operand"),
        ("iji", [(3, 2, 1)], "lengths 3 and 1 in one operand"),
        ("i->ii", [(2,)], "twice"),
        ("i->j", [(2,)], "no operand"),
        ("i?", [(2, 2)], "not a letter"),
        ("i.j", [(2, 2)], "does not fit|not a letter"),
    ],
)
def test_einsum_refuses(subscripts: str, shapes: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        xp.einsum(subscripts, *[xp.zeros(s) for s in shapes])


def test_einsum_refuses_foreign_arrays() -> None:
    with pytest.raises(TypeError, match="Tensors, not ndarray"):
        xp.einsum("i,i", np.ones(2), xp.ones(2))
    with pytest.raises(ValueError, match="operands"):
        xp.einsum("")


# --- padding ---


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("width", [0, 2, (1, 3), ((1, 0), (0, 5)), ((2,), (1,))])
def test_pad(mode: str, width: Any) -> None:
    x = np.arange(6.0).reshape(2, 3)
    close(xp.pad(xp.asarray(x), width, mode), np.pad(x, width, mode))


def test_results_are_tensors_of_their_own() -> None:
    x = xp.asarray([1.0, 2.0])
    for y in (xp.pad(x, 0), xp.pad(x, 0, "edge"), xp.relu(x), xp.nan_to_num(x)):
        y += 1
    assert x.tolist() == [1, 2]
    view = xp.einsum("i->i", x)  # a view, as NumPy's and PyTorch's
    assert view is not x
    view += 1
    assert x.tolist() == [2, 3]


def test_pad_with_a_value() -> None:
    found = xp.pad(xp.asarray([1, 2]), (1, 2), constant_values=7)
    assert found.tolist() == [7, 1, 2, 7, 7]
    assert found.dtype is xp.int64


def test_pad_with_tracked_values() -> None:
    x, c = xp.ones(2), xp.asarray([3.0, 4.0]).requires_grad_()
    for values in (c, [c[0], c[1]], [[c[0], c[1]]]):
        out = xp.pad(x, 1, constant_values=values)
        assert out.tolist() == [3.0, 1.0, 1.0, 4.0]
        (g,) = xp.autograd.grad(out.sum(), c)
        assert g.tolist() == [1.0, 1.0]


def test_pad_refuses() -> None:
    with pytest.raises(ValueError, match="unknown mode"):
        xp.pad(xp.ones(2), 1, mode="circular")
    with pytest.raises(ValueError, match="not negative"):
        xp.pad(xp.ones(2), -1)
    with pytest.raises(ValueError, match="integers"):
        xp.pad(xp.ones(2), 1.5)  # type: ignore[arg-type]  # what is refused
    with pytest.raises(ValueError, match="does not fit"):
        xp.pad(xp.ones((2, 2)), ((1, 1), (1, 1), (1, 1)))


def test_functions_do_not_warn_where_scipys_do_not() -> None:
    # Warnings are errors here.
    xp.sigmoid(xp.asarray([-1e4, 1e4, -xp.inf, xp.inf]))
    xp.isclose(xp.asarray([xp.inf]), xp.asarray([xp.inf]))
