"""Functions that array-API clients use beyond the standard, compared with NumPy: values, layouts, dtypes, errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import arrayad as xp

rng = np.random.default_rng(7)


def close(found: Any, expected: Any) -> None:
    assert isinstance(found, xp.Tensor)
    assert found.numpy().dtype == np.asarray(expected).dtype
    assert found.shape == np.asarray(expected).shape
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (2, 1)])
@pytest.mark.parametrize("method", ["linear", "lower", "higher", "midpoint", "nearest"])
def test_quantile(method: str, axis: Any, keepdims: bool) -> None:
    x = rng.normal(size=(3, 4, 5))
    x[0, 1, 2] = np.nan
    for q in (0.0, 0.3, 1.0, np.asarray([0.25, 0.9])):
        given = xp.asarray(q) if isinstance(q, np.ndarray) else q
        expected = np.quantile(x, q, axis=axis, method=method, keepdims=keepdims)
        close(xp.quantile(xp.asarray(x), given, axis=axis, method=method, keepdims=keepdims), expected)
    close(xp.median(xp.asarray(x), axis=axis, keepdims=keepdims), np.median(x, axis=axis, keepdims=keepdims))


def test_quantile_of_infinities() -> None:
    """NumPy has NaN for some of these."""
    x = xp.asarray([1.0, xp.inf, xp.inf])
    assert [xp.quantile(x, q).item() for q in (0.0, 0.5, 0.6, 1.0)] == [1.0, xp.inf, xp.inf, xp.inf]
    assert xp.quantile(x, 0.25).item() == xp.inf
    assert xp.median(xp.asarray([-xp.inf, 1.0])).item() == xp.quantile(xp.asarray([-xp.inf, 1.0]), 0.25).item() == -xp.inf


def test_gradient_of_quantile_between_equal_elements() -> None:
    for q, expected in ((0.3, [0.7, 0.3]), (0.0, [1.0, 0.0]), (1.0, [0.0, 1.0])):
        (g,) = xp.autograd.grad(xp.quantile(x := xp.ones(2, dtype=xp.float64, requires_grad=True), q), x)
        assert g.tolist() == pytest.approx(expected)
    for function in (xp.median, np.median, lambda x: np.percentile(x, 50)):
        x = xp.asarray([3.0, 2.0, 2.0, 1.0]).requires_grad_()
        assert xp.autograd.grad(function(x), x)[0].tolist() == [0.0, 0.5, 0.5, 0.0]
    x = xp.asarray([xp.inf, xp.inf]).requires_grad_()
    assert np.isfinite(xp.autograd.grad(xp.median(x), x)[0].numpy()).all()


@pytest.mark.host_memory  # only NumPy has half precision here
@pytest.mark.parametrize(("count", "dtype"), [(5000, xp.float16), (70_000, xp.float16), (2**24 + 4, xp.float32)])
def test_quantile_of_more_elements_than_the_dtype_counts(count: int, dtype: Any) -> None:
    x = xp.astype(xp.arange(count) % 100, dtype)
    assert (xp.quantile(x, 0.0).item(), xp.quantile(x, 1.0).item()) == (0.0, 99.0)
    assert xp.median(x).item() == np.median(np.arange(count) % 100)


def test_quantile_of_integers_and_of_nothing() -> None:
    assert xp.median(xp.asarray([1, 2])).item() == 1.5
    assert xp.median(xp.asarray([1, 2])).dtype is xp.float32
    assert xp.isnan(xp.median(xp.zeros(0)))
    with pytest.raises(ValueError, match="an empty tensor"):
        xp.quantile(xp.zeros(0), 0.5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        xp.quantile(xp.zeros(3), 1.5)
    with pytest.raises(ValueError, match="method"):
        xp.quantile(xp.zeros(3), 0.5, method="weibull")
    with pytest.raises(TypeError, match="real-valued"):
        xp.quantile(xp.zeros(3, dtype=xp.complex64), 0.5)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("n", "m"), [(5, 3), (3, 5), (4, 4), (1, 4), (6, 2)])
def test_convolve(n: int, m: int, mode: str) -> None:
    for a, b in (
        (rng.normal(size=n), rng.normal(size=m)),
        (rng.integers(-5, 5, n), rng.integers(-5, 5, m)),
        (rng.normal(size=n) + 1j, rng.normal(size=m)),
    ):
        close(xp.convolve(xp.asarray(a), xp.asarray(b), mode), np.convolve(a, b, mode))


def test_convolve_of_a_long_and_a_short_vector_takes_time_by_their_product(monkeypatch: pytest.MonkeyPatch) -> None:
    products = []

    def watched(x1: Any, x2: Any, mode: str) -> Any:
        products.append(len(x2) * (len(x1) if mode == "full" else len(x1) - len(x2) + 1))
        return np.convolve(x1, x2, mode)

    monkeypatch.setattr("arrayad.backends.numpy.convolve", watched)
    x, k = xp.ones(1000, requires_grad=True), xp.ones(5, requires_grad=True)
    for mode in ("full", "valid"):
        xp.convolve(x, k, mode).sum().backward()
    assert len(products) == 6
    assert max(products) <= 1004 * 5


def test_convolve_refuses() -> None:
    with pytest.raises(ValueError, match="mode"):
        xp.convolve(xp.ones(2), xp.ones(2), "circular")
    with pytest.raises(ValueError, match="one-dimensional"):
        xp.convolve(xp.ones(2, 2), xp.ones(2))
    with pytest.raises(TypeError, match="convolve"):
        xp.convolve(xp.ones(2), [1, 2])


def test_interp() -> None:
    points, values = np.asarray([-1.0, 0.0, 2.0, 2.5]), rng.normal(size=4)
    x = np.asarray([[-3.0, -1.0, -0.5, 0.0], [1.0, 2.5, 3.0, np.nan]])
    for how in ({}, {"left": -9.0}, {"right": 9.0}, {"left": 0.0, "right": 1.0}):
        close(xp.interp(xp.asarray(x), xp.asarray(points), xp.asarray(values), **how), np.interp(x, points, values, **how))
    with pytest.raises(ValueError, match="one length"):
        xp.interp(xp.asarray(x), xp.asarray(points), xp.ones(3))


def test_trapezoid() -> None:
    y, x = rng.normal(size=(3, 4)), np.sort(rng.normal(size=4))
    close(xp.trapezoid(xp.asarray(y), xp.asarray(x)), np.trapezoid(y, x))
    close(xp.trapezoid(xp.asarray(y), axis=0, dx=0.5), np.trapezoid(y, axis=0, dx=0.5))
    close(xp.trapezoid(xp.asarray(y), xp.asarray(y**2), axis=0), np.trapezoid(y, y**2, axis=0))
    assert xp.trapezoid(xp.zeros(0)).item() == 0
    assert xp.trapezoid(xp.asarray([1, 2, 4])).item() == 4.5


def test_bincount() -> None:
    x, w = np.asarray([0, 5, 2, 2]), rng.normal(size=4)
    close(xp.bincount(xp.asarray(x)), np.bincount(x))
    close(xp.bincount(xp.asarray(x), xp.asarray(w), 9), np.bincount(x, w, 9))
    close(xp.bincount(xp.zeros(0, dtype=xp.int64), minlength=2), np.bincount(np.zeros(0, int), minlength=2))
    with pytest.raises(ValueError, match="negative"):
        xp.bincount(xp.asarray([-1]))
    with pytest.raises(TypeError, match="integer"):
        xp.bincount(xp.asarray([1.0]))


def test_logspace() -> None:
    for arguments, how in (((0, 3), {}), ((-1, 2, 7), {"base": 2.0}), ((0, 3, 4), {"endpoint": False})):
        close(xp.logspace(*arguments, dtype=xp.float64, **how), np.logspace(*arguments, **how))


def test_put_along_axis() -> None:
    x = rng.normal(size=(3, 4))
    indices = np.argmax(x, axis=1, keepdims=True)
    expected, found = x.copy(), xp.asarray(x, copy=True)
    np.put_along_axis(expected, indices, -7.0, axis=1)
    assert xp.put_along_axis(found, xp.asarray(indices), -7.0, axis=1) is None
    close(found, expected)


@pytest.mark.parametrize("p", [[1.0, -6.0, 11.0, -6.0], [0.0, 2.0, 0.0, 8.0, 0.0, 0.0], [3.0], [0.0, 0.0], []])
def test_roots(p: Any) -> None:
    assert xp.roots(xp.asarray(p, dtype=xp.int64)).dtype is xp.complex64
    found = xp.roots(xp.asarray(p, dtype=xp.float64)).numpy()
    expected = np.roots(p)
    assert found.dtype == np.complex128
    np.testing.assert_allclose(np.sort_complex(found), np.sort_complex(expected), atol=1e-9)


@pytest.mark.parametrize(("m", "n"), [(4, 2), (2, 4), (3, 3)])
def test_lstsq(m: int, n: int) -> None:
    a, b = rng.normal(size=(m, n)), rng.normal(size=(m, 2))
    found = xp.linalg.lstsq(xp.asarray(a), xp.asarray(b))
    solution, residuals, rank, values = np.linalg.lstsq(a, b)
    close(found.solution, solution)
    close(found.singular_values, values)
    assert found.rank.item() == rank
    if residuals.size:
        close(found.residuals, residuals)
    close(xp.linalg.lstsq(xp.asarray(a), xp.asarray(b[:, 0])).solution, solution[:, 0])


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("unit", [False, True])
@pytest.mark.parametrize("shape", [(2, 3, 3), (80, 80)])  # the latter by LAPACK's triangular solve, where SciPy is installed
def test_solve_triangular(upper: bool, unit: bool, shape: tuple[int, ...]) -> None:
    n = shape[-1]
    a, b = rng.normal(size=shape) / n + 3 * np.eye(n), rng.normal(size=(n, 2))
    triangle = np.triu(a) if upper else np.tril(a)
    if unit:
        triangle[..., range(n), range(n)] = 1
    found = xp.linalg.solve_triangular(xp.asarray(a), xp.asarray(b), upper=upper, unitriangular=unit)
    close(found, np.linalg.solve(triangle, b))
    with pytest.raises(TypeError, match="float16"):
        xp.linalg.solve_triangular(xp.eye(n, dtype=xp.float16), xp.ones(n, 1, dtype=xp.float16), upper=upper)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    ("ord", "axis"),
    [(None, None), (None, 1), (1, 0), (np.inf, -1), (None, (0, 2)), ("fro", (2, 0)), (2, (1, 2)), ("nuc", (0, 1))],
)
def test_norm(ord: Any, axis: Any, keepdims: bool) -> None:
    x = rng.normal(size=(2, 3, 4))
    close(xp.linalg.norm(xp.asarray(x), ord, axis, keepdims), np.linalg.norm(x, ord, axis, keepdims))
    if axis is not None:
        for spelling in (np.asarray(axis), xp.asarray(axis), list(axis) if isinstance(axis, tuple) else np.int8(axis)):
            close(xp.linalg.norm(xp.asarray(x), ord, spelling, keepdims), np.linalg.norm(x, ord, axis, keepdims))
    if axis == (0, 1):
        close(xp.linalg.norm(xp.asarray(x), ord, range(2), keepdims), np.linalg.norm(x, ord, axis, keepdims))


def test_norm_of_neither() -> None:
    with pytest.raises(ValueError, match="two"):
        xp.linalg.norm(xp.ones(2, 2, 2), 2)


def test_diag() -> None:
    for k in (-2, 0, 1):
        for x in ([1.0, 2.0, 3.0], [1.0], []):
            close(xp.diag(xp.asarray(x, dtype=xp.float64), k), np.diag(x, k))
        close(xp.diag(xp.asarray(np.arange(12.0).reshape(3, 4)), k), np.diag(np.arange(12.0).reshape(3, 4), k))
    with pytest.raises(ValueError, match="dimensions"):
        xp.diag(xp.ones(2, 2, 2))


# --- dtypes and memory ---


@pytest.mark.parametrize("make", [xp.tensor, xp.asarray])
@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        ([np.uint64(5), 1], xp.uint64), ([np.uint64(2**53 + 1), True], xp.uint64), ([np.uint64(2**63), 2**63], xp.uint64),
        ([[np.uint64(2**53 + 1)], [1]], xp.uint64), ([np.arange(2, dtype="u8"), [1, 2]], xp.uint64), ([np.int8(5), 1], xp.int64),
        ([2**63, 1.5], xp.float32), ([2**64, 1.5], xp.float32), ([2**64, np.float64(1)], xp.float64), ([2**64, 1j], xp.complex64),
        ([np.uint64(5), np.int64(1), 1.5], xp.float32), ([], xp.float32), ([[], ()], xp.float32), (b"ab", xp.uint8), (bytearray(b"ab"), xp.uint8), ([True, 5], xp.int64),
        ([0.0, np.float64(0.1)], xp.float64), ([[1.0, 2.0], np.asarray([0.1, 0.2])], xp.float64),
        ([1.0, np.complex128(1j)], xp.complex128), ([np.float32(2), 1.0], xp.float32), ([np.float32(1), 2], xp.float32),
        ([np.int32(1), np.float32(0.5)], xp.float32), ([np.float32(1), 1j], xp.complex64), ([np.int64(3), 0.5], xp.float32),
    ],
)  # fmt: skip
def test_dtypes_in_a_list_in_any_order(make: Any, data: Any, dtype: Any) -> None:
    for values in (data, data[::-1]):
        x = make(values)
        assert x.dtype == dtype
        expected = memoryview(values) if isinstance(values, bytes) else values
        np.testing.assert_array_equal(x.numpy(), np.asarray(expected, dtype.dtype))


def test_numpy_where_nothing_is_recorded() -> None:
    w = xp.ones(3, requires_grad=True)
    for mode in (xp.no_grad, xp.inference_mode):
        with mode():
            assert w.numpy().tolist() == np.asarray(w).tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(RuntimeError, match="requires grad"):
        w.numpy()


def test_view_of_a_dtype() -> None:
    z = xp.asarray(rng.normal(size=(2, 3)) + 1j)
    parts = z.view(xp.float64)
    assert parts.shape == (2, 6)
    parts[0, 0] = 5.0
    assert z[0, 0].item().real == 5.0
    assert parts.view(complex).tolist() == z.tolist()
    assert xp.asarray([1.0]).view(xp.int32).item() == 0x3F800000
    with pytest.raises(TypeError, match="bits"):
        xp.ones(2, requires_grad=True).view(xp.int32)
    x = xp.ones(2, requires_grad=True)
    assert x.view(xp.float32).requires_grad


def test_half_precision() -> None:
    x = xp.asarray([1.0, 2.0], dtype=xp.float16).requires_grad_()
    assert repr(x.detach()) == "tensor([1., 2.], dtype=arrayad.float16)"
    y = (x * x + 1).sum()
    assert y.dtype is xp.float16
    y.backward()
    assert x.grad.dtype is xp.float16
    assert xp.result_type(xp.float16, xp.float32) is xp.float32
    assert xp.result_type(xp.float16, 1j) is xp.complex64
    assert xp.finfo(xp.float16).bits == 16
    assert xp.half is xp.float16 is xp.zeros(1, dtype=np.float16).dtype
    assert "float16" not in xp.__array_namespace_info__().dtypes()  # it is not the standard's


def test_half_precision_between_is_wider() -> None:
    x = xp.asarray([300.0, 400.0], dtype=xp.float16)
    assert xp.linalg.vector_norm(x).item() == 500.0
    many = xp.linspace(-1, 1, 1000, dtype=xp.float16).requires_grad_()
    many.var().backward(xp.asarray(40_000.0, dtype=xp.float16))
    np.testing.assert_allclose(many.grad[:2].numpy(force=True), [-80.0, -79.875], rtol=1e-3)
    two = xp.asarray([-1e-3, 1e-3], dtype=xp.float16).requires_grad_()
    two.std().backward(xp.asarray(100.0, dtype=xp.float16))
    np.testing.assert_allclose(two.grad.numpy(force=True), [-50.0, 50.0], rtol=1e-2)
    ties = xp.ones(70_000, dtype=xp.float16, requires_grad=True)
    ties.max().backward()
    np.testing.assert_allclose(ties.grad[:2].numpy(force=True), 1 / 70_000, rtol=1e-2)


def test_logsumexp_of_factors_of_0_in_half_precision() -> None:
    a = xp.asarray([0.0, 20.0], dtype=xp.float16)
    assert xp.special.logsumexp(a, b=xp.asarray([1.0, 0.0], dtype=xp.float16)).item() == 0.0


def test_dtype_of_numbers_alone() -> None:
    assert xp.result_type(1, 2) is xp.int64
    assert xp.result_type(1, 2.0) is xp.float32
    assert xp.result_type(True, 1j) is xp.complex64
    with pytest.raises(ValueError, match="operand"):
        xp.result_type()


def test_unique_values_are_sorted() -> None:
    x = rng.integers(-9, 9, 400)
    assert xp.unique_values(xp.asarray(x)).tolist() == sorted(set(x.tolist()))


@pytest.mark.parametrize(
    "unique",
    [
        xp.unique_values, lambda x: xp.unique_all(x).values, lambda x: xp.unique_counts(x)[0], xp.unique, np.unique,
        lambda x: xp.unique_inverse(x)[0], lambda x: xp.unique(xp.expand_dims(x, axis=1), dim=0)[:, 0],
    ],
)  # fmt: skip
def test_of_equal_values_the_first_has_the_derivative(unique: Any) -> None:
    x = xp.asarray([3.0, 1.0, 2.0, 1.0])
    assert xp.func.grad(lambda x: (unique(x) ** 2).sum())(x).tolist() == [6.0, 2.0, 4.0, 0.0]


@pytest.mark.parametrize(
    "x",
    [
        np.asarray([2.0, np.nan, -0.0, np.inf, 0.0, np.nan, 2.0, -np.inf, np.inf], np.float32),
        np.asarray([1 + 2j, complex(np.nan, 1), 1 + 1j, complex(np.nan, 1), complex(1, np.nan), 1 + 2j, -0.0, 0.0]),
        np.asarray([[True, False], [True, True]]),
        np.asarray([2**64 - 1, 0, 2**64 - 1, 2**63], np.uint64),
        np.asarray([], np.float64),
        np.asarray(3, np.int8),
    ],
)
def test_unique(x: Any) -> None:
    a = xp.asarray(x)
    values, counts = np.unique(x, return_counts=True, equal_nan=False)
    for found in (
        xp.unique_values(a),
        xp.unique_counts(a).values,
        xp.unique(a),
        xp.unique_all(a).values,
        np.unique(a, equal_nan=False),
    ):
        close(found, values)
    for found in (xp.unique_counts(a), xp.unique(a, return_counts=True), np.unique(a, return_counts=True, equal_nan=False)):
        close(found[1], counts)
    close(xp.unique(a, return_inverse=True, return_counts=True)[2], counts)


def test_numpy_arrays_as_indices() -> None:
    x = xp.asarray(rng.normal(size=(3, 4))).requires_grad_()
    integers, mask = np.asarray([2, 0]), np.asarray([True, False, True])
    assert x[integers].tolist() == x.detach().numpy()[integers].tolist()
    assert x[..., integers].tolist() == x.detach().numpy()[..., integers].tolist()
    assert x[mask, 1].tolist() == x.detach().numpy()[mask, 1].tolist()
    y = x[integers]
    integers += 1  # the tape has its own
    y.sum().backward()
    assert x.grad.tolist() == [[1.0] * 4, [0.0] * 4, [1.0] * 4]
    z = x.detach().clone()
    z[..., np.asarray([0, 3])] = 1.0
    z[mask] = xp.zeros(4, dtype=xp.float64)
    assert z[1].tolist()[::3] == [1.0, 1.0]
    assert not z[0].any()
    with pytest.raises(IndexError, match="integer or the boolean"):
        x[np.asarray([1.0])]


def test_broadcasting_to_the_same_size_can_be_written_into() -> None:
    x = xp.ones(3)
    xp.broadcast_to(x, (1, 3))[0, 1] = 5.0
    assert x.tolist() == [1.0, 5.0, 1.0]
    for y in xp.broadcast_arrays(x, xp.ones(3)):
        y += 1
    with pytest.raises(RuntimeError, match="clone"):
        xp.broadcast_to(x, (2, 3))[0, 1] = 5.0


def test_a_root_at_zero_moves_with_the_last_coefficient() -> None:
    p = xp.asarray([1.0, -3.0, 0.0], dtype=xp.float64).requires_grad_()
    (g,) = xp.autograd.grad((xp.real(xp.roots(p)) ** 2).sum(), p)  # the sum of the squares is 9 - 2 c
    np.testing.assert_allclose(g.numpy(force=True), [-18.0, -6.0, -2.0], atol=1e-12)
    for coefficients in ([1.0, -3.0, 0.0], [1.0, 2.0, 3.0, 0.0], [1.0, 0.0]):  # in the same order as untracked
        q = xp.asarray(coefficients, dtype=xp.float64)
        expected = xp.roots(q).numpy()
        np.testing.assert_allclose(xp.roots(q.requires_grad_()).numpy(force=True), expected, atol=1e-12)


def test_the_slope_of_a_quantile_by_its_probability() -> None:
    x = xp.asarray([0.0, 1.0, 2.0, 4.0, 6.0], dtype=xp.float64)
    q = xp.asarray([0.25, 0.3, 0.5, 1.0], dtype=xp.float64).requires_grad_()
    (g,) = xp.autograd.grad(xp.quantile(x, q).sum(), q)
    np.testing.assert_allclose(g.numpy(force=True), [4.0, 4.0, 8.0, 0.0])
    assert xp.quantile(xp.asarray([1.0, xp.inf]), xp.tensor(0.0, requires_grad=True)).item() == 1.0


def test_sums_of_half_precision_are_of_single() -> None:
    ones = xp.zeros((5000, 2), dtype=xp.float16)
    assert xp.sum(ones + 1, axis=0).tolist() == [5000.0, 5000.0]
    b = xp.zeros(2, dtype=xp.float16, requires_grad=True)
    (b + ones).sum(dtype=xp.float32).backward()
    assert b.grad.tolist() == [5000.0, 5000.0]
    many = xp.zeros(70000, dtype=xp.float16)
    assert abs(xp.softmax(many, axis=0)[0].item() * 70000 - 1) < 0.01
    assert abs(xp.logsumexp(many, axis=0).item() - math.log(70000)) < 0.01
    assert abs(xp.log_softmax(many, axis=0)[0].item() + math.log(70000)) < 0.01


@pytest.mark.filterwarnings("ignore:Mean of empty slice:RuntimeWarning")
def test_covariances_of_too_few_observations() -> None:
    with np.errstate(all="ignore"):
        assert xp.cov(xp.asarray([[1.0, 2.0]]), correction=4).item() == math.inf
        assert math.isnan(xp.cov(xp.ones((1, 0))).item())


def test_means_of_half_precision_without_nan() -> None:
    assert xp.nanmean(xp.full((40,), 3000.0, dtype=xp.float16)).item() == 3000.0
    assert xp.cumsum(xp.ones(3000, dtype=xp.float16), 0)[-1].item() == 3000.0


def test_closeness_within_what_is_tracked() -> None:
    x = xp.asarray([1.0, 2.0, xp.inf]).requires_grad_()
    within = xp.asarray([0.1, 0.0, 0.0])
    assert xp.isclose(x, x + 0.05, atol=x[0] * 0.1).tolist() == [True, True, True]
    assert xp.isclose(x, x.detach() + 0.05, rtol=0.0, atol=within).tolist() == [True, False, True]


def test_what_stands_for_nan_decides_the_dtype_whether_there_is_one() -> None:
    wide = xp.asarray(0.0, dtype=xp.float64)
    for value in (1.0, xp.nan):
        assert xp.nan_to_num(xp.asarray(value, dtype=xp.float32), nan=wide).dtype is xp.float64
