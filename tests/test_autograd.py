"""The tape and its engine: accumulation, freeing, depth, threads, modes and errors."""

from __future__ import annotations

import array
import collections
import gc
import math
import operator
import sys
import threading
import time
import tracemalloc
import weakref
from typing import Any

import numpy as np
import pytest

import arrayad as xp
from arrayad.backends import backend_of

pytestmark = pytest.mark.any_backend


def test_gradients_add_up_and_keep_their_tensor() -> None:
    x = xp.ones(3, requires_grad=True)
    (x * 2).sum().backward()
    first = x.grad
    (x * 3).sum().backward()
    assert x.grad is first
    assert x.grad.tolist() == [5.0, 5.0, 5.0]


@pytest.mark.parametrize("transpose", [lambda w: w.T, lambda w: w.t(), lambda w: w.mT, lambda w: w.transpose(-1, 0)])
@pytest.mark.parametrize("rows", [(4,), (5, 4), ()])
def test_gradients_of_transposed_matrices_are_contiguous(transpose: Any, rows: tuple[int, ...]) -> None:
    x = xp.ones((*rows, 3), requires_grad=True)
    w = xp.ones((2, 3), requires_grad=True)
    (x @ transpose(w)).sum().backward()
    assert w.grad.is_contiguous()
    assert w.grad.tolist() == [[float(math.prod(rows))] * 3] * 2
    assert x.grad.is_contiguous()


@pytest.mark.parametrize("ratio", [1e-2, 1e-5, 1e-9])
def test_singular_vectors_of_small_values_that_differ(ratio: float) -> None:
    values, turn = np.asarray([1.0, 2 * ratio, ratio]), np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    x = xp.asarray(turn * values).requires_grad_()
    second = xp.linalg.svd(x, full_matrices=False)[0][:, 1]
    (second[0] * second[1]).backward()
    # Of the columns u s, in the basis of both sides: du_2 = sum over i of u_i (dA_i2 s_2 + s_i dA_2i) / (s_2^2 - s_i^2).
    g = turn.T @ (turn[[1, 0, 2], 1] * [1, 1, 0])
    expected = np.zeros((3, 3))
    for i in (0, 2):
        gap = (values[1] - values[i]) * (values[1] + values[i])
        expected[i, 1] += g[i] * values[1] / gap
        expected[1, i] += g[i] * values[i] / gap
    np.testing.assert_allclose(x.grad.numpy(force=True), turn @ expected, rtol=1e-5)


def test_a_variance_uses_all_of_its_input() -> None:
    x = xp.ones(3, requires_grad=True)
    y = xp.exp(x * xp.asarray([0.1, 0.5, 0.2]))
    (g,) = xp.autograd.grad(xp.var(y), x, create_graph=True)
    names, stack = set(), [g.grad_fn]
    while stack:
        node = stack.pop()
        names.add(node.name)
        stack.extend(edge for edge in node.edges if edge is not None)
    assert "WhereBackward0" not in names


def test_one_singular_matrix_of_a_stack() -> None:
    x = xp.stack([xp.eye(2), xp.ones((2, 2))]).requires_grad_()
    (g,) = xp.autograd.grad(xp.linalg.slogdet(x).logabsdet[0], x)
    assert g.tolist() == [[[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]]
    (g,) = xp.autograd.grad(xp.linalg.slogdet(x).logabsdet.sum(), x)
    assert g[0].tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert xp.all(xp.isnan(g[1]))
    (h,) = xp.autograd.grad(xp.linalg.slogdet(x).logabsdet[0], x, create_graph=True)
    assert xp.autograd.grad(h.sum(), x)[0].tolist() == [[[-1.0, -1.0], [-1.0, -1.0]], [[0.0, 0.0], [0.0, 0.0]]]
    # And alike by forward mode, in which, too, NaN stays with its matrix.
    _, tangent = xp.func.jvp(lambda x: xp.linalg.slogdet(x).logabsdet, (x.detach(),), (xp.ones((2, 2, 2)),))
    assert tangent[0].item() == 2
    assert xp.isnan(tangent[1])


def test_gradients_do_not_share_memory() -> None:
    x, y = xp.ones(3, requires_grad=True), xp.ones(3, requires_grad=True)
    seed = xp.ones(3)
    (x + y).backward(seed)
    x.grad.zero_()
    assert y.grad.tolist() == seed.tolist() == [1.0, 1.0, 1.0]


def test_one_tensor_used_often() -> None:
    x = xp.tensor(2.0, requires_grad=True)
    y = x * x
    z = y * y + y + x
    z.backward()
    assert x.grad.item() == 4 * 8 + 2 * 2 + 1


def test_only_inputs_get_a_gradient() -> None:
    x, y = xp.ones(2, requires_grad=True), xp.ones(2, requires_grad=True)
    z = x * y
    z.sum().backward(inputs=[x, z])
    assert x.grad.tolist() == [1.0, 1.0]
    assert z.grad.tolist() == [1.0, 1.0]
    assert y.grad is None
    (x * x).sum().backward(inputs=[x, x])
    assert x.grad.tolist() == [3.0, 3.0]


def test_grad_of_an_intermediate() -> None:
    x = xp.tensor(3.0, requires_grad=True)
    y = x**2
    assert xp.autograd.grad(y * y, y) == (xp.tensor(18.0),)


def test_orders() -> None:
    x = xp.tensor(1.5, requires_grad=True, dtype=xp.float64)
    y = xp.sin(x)
    for expected in (np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v), np.sin, np.cos):
        (y,) = xp.autograd.grad(y, x, create_graph=True)
        assert y.item() == pytest.approx(expected(1.5))


def test_second_backward_needs_the_graph() -> None:
    x = xp.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        y.backward()
    z = (x + 1).sum()  # saves nothing, so there is nothing to miss
    z.backward()
    z.backward()


def test_add_keeps_no_operand() -> None:
    x = xp.ones(3, requires_grad=True)
    y = x * 1
    array = weakref.ref(y._array)
    z = y + 1
    del y
    assert array() is None
    z.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_only_what_is_needed_is_saved() -> None:
    x, constant = xp.ones(3, requires_grad=True), xp.ones(3)
    node = (x * constant).grad_fn
    assert [v is not None for v in node.saved[:3]] == [False, True, False]
    node = (constant * 2 + x).grad_fn
    assert not any(node.saved)


def test_graph_is_freed_without_the_collector() -> None:
    gc.disable()
    try:
        x = xp.ones(3, requires_grad=True)
        y = xp.exp(x * 2)
        node = weakref.ref(y._node)
        u, _, v = xp.linalg.svd(xp.ones((2, 2), requires_grad=True) + xp.eye(2))
        several = weakref.ref(u._node.edges[0])
        del y, u, v, _
        assert node() is None
        assert several() is None
    finally:
        gc.enable()


def test_backward_frees_as_it_goes() -> None:
    x = xp.ones(1000, requires_grad=True)
    y = xp.exp(x)
    saved = weakref.ref(y._array)
    z = (y * 1).sum()
    del y
    assert saved() is not None
    z.backward()
    assert saved() is None


@pytest.mark.parametrize("length", [200_000 if xp.get_default_device().type == "cpu" else 20_000])
def test_depth(length: int) -> None:
    x = xp.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(length):
        y = y + x
    y.backward()
    assert x.grad.item() == length + 1
    del y  # a long chain is freed without recursion


def test_threads() -> None:
    shared = xp.ones(4, requires_grad=True, dtype=xp.float64)
    results: list[Any] = [None] * 8

    def work(i: int) -> None:
        x = xp.full((4,), float(i), dtype=xp.float64, requires_grad=True)
        y = x
        for _ in range(200):
            y = xp.sin(y) * shared
        results[i] = xp.autograd.grad(y.sum(), [x, shared])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = list(results)
    for i in range(8):
        work(i)
        for a, b in zip(results[i], expected[i], strict=True):
            np.testing.assert_array_equal(a.numpy(force=True), b.numpy(force=True))


def test_grad_mode_is_per_thread() -> None:
    seen = []
    with xp.no_grad():
        thread = threading.Thread(target=lambda: seen.append(xp.is_grad_enabled()))
        thread.start()
        thread.join()
        assert not xp.is_grad_enabled()
    assert seen == [True]


def test_modes() -> None:
    x = xp.ones(2, requires_grad=True)
    with xp.no_grad():
        assert not (x * 2).requires_grad
        with xp.enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad

    @xp.no_grad()
    def f(v: xp.Tensor) -> xp.Tensor:
        return v * 2

    assert not f(x).requires_grad
    with xp.inference_mode():
        assert not (x * 2).requires_grad
    xp.set_grad_enabled(False)
    try:
        assert not (x * 2).requires_grad
    finally:
        xp.set_grad_enabled(True)

    @xp.set_grad_enabled(False)
    def g(v: xp.Tensor) -> xp.Tensor:
        return v * 2

    assert xp.is_grad_enabled()
    assert not g(x).requires_grad
    with pytest.raises(ZeroDivisionError), xp.no_grad():
        _ = 1 / 0
    assert xp.is_grad_enabled()


@pytest.mark.parametrize(
    ("mode", "enabled"),
    [(xp.no_grad, False), (xp.enable_grad, True), (xp.inference_mode, False), (xp.inference_mode(mode=False), True)],
)
def test_modes_as_decorators(mode: Any, enabled: bool) -> None:
    @mode
    def f() -> bool:
        return xp.is_grad_enabled()

    @mode
    def turns() -> Any:
        try:
            got = yield xp.is_grad_enabled()
            yield got, xp.is_grad_enabled()
        except KeyError:
            yield "caught", xp.is_grad_enabled()
        finally:
            last.append(xp.is_grad_enabled())
        return "returned"

    for outside in (True, False):
        last: list[bool] = []
        with xp.set_grad_enabled(outside):
            assert (f(), f.__name__) == (enabled, "f")
            generator = turns()
            assert next(generator) is enabled
            assert xp.is_grad_enabled() is outside
            assert generator.send("sent") == ("sent", enabled)
            assert generator.throw(KeyError()) == ("caught", enabled)
            with pytest.raises(StopIteration, match="returned"):
                next(generator)
            generator = turns()
            next(generator)
            generator.close()
            generator = turns()
            next(generator)
            with pytest.raises(ZeroDivisionError):
                generator.throw(ZeroDivisionError())
            assert xp.is_grad_enabled() is outside
        assert last == [enabled] * 3


def test_unused_input() -> None:
    x, y = xp.ones(2, requires_grad=True), xp.ones(2, requires_grad=True)
    out = (x * 2).sum()
    with pytest.raises(RuntimeError, match="allow_unused"):
        xp.autograd.grad(out, [x, y])
    assert xp.autograd.grad(out, [x, y], allow_unused=True, retain_graph=True)[1] is None
    assert xp.autograd.grad(out, [x, y], materialize_grads=True)[1].tolist() == [0.0, 0.0]


def test_leaves_and_history() -> None:
    x = xp.ones(2, requires_grad=True)
    y = x * 2
    assert (x.is_leaf, x.grad_fn, y.is_leaf) == (True, None, False)
    assert y.grad_fn.next_functions[0][0].name() == "AccumulateGrad"
    assert y.detach().is_leaf
    assert not y.detach().requires_grad
    y.detach_()
    assert y.grad_fn is None
    z = x * 2
    x.requires_grad = False
    assert not (x * 2).requires_grad
    z.sum().backward()
    assert x.grad is None


@pytest.mark.parametrize("convert", [lambda x: xp.asarray(x, copy=True), lambda x: x.astype(xp.float64) if hasattr(x, "astype") else xp.astype(x, xp.float64), lambda x: x.to_device("cpu"), lambda x: xp.asarray(x), lambda x: xp.asarray(x, dtype=xp.float64)])  # fmt: skip
def test_conversions_keep_the_graph(convert: Any) -> None:
    x = xp.ones(2, requires_grad=True)
    y = convert(x)
    assert y.requires_grad
    assert x.requires_grad
    assert x.is_leaf
    (y * 3).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert x.grad.dtype == x.dtype


def test_asarray_of_tensors_keeps_the_graph() -> None:
    x = xp.ones(2, requires_grad=True)
    y = xp.asarray([x[0] * 2, x[1] * 3])
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 3.0]


def test_only_real_numbers_have_a_gradient_by_themselves() -> None:
    z = xp.asarray([1 + 2j]).requires_grad_()
    with pytest.raises(RuntimeError, match="only for real scalar outputs, and this one is of dtype complex64"):
        (z * z).sum().backward()
    with pytest.raises(RuntimeError, match="must be real"):
        xp.real(z).backward(xp.asarray([1j]))


def test_gradient_of_a_real_loss_of_complex_numbers() -> None:
    z = xp.asarray([1 + 2j, 3 - 1j]).requires_grad_()
    (xp.abs(z) ** 2).sum().backward()
    np.testing.assert_allclose(z.grad.numpy(force=True), 2 * z.numpy(force=True), rtol=1e-6)  # so descent is z - lr * z.grad


def test_where_sends_no_nan_from_the_other_branch() -> None:
    x = xp.asarray([0.0, 4.0]).requires_grad_()
    safe = xp.where(x > 0, x, 1.0)
    xp.where(x > 0, xp.sqrt(safe), 0.0).sum().backward()
    assert x.grad.tolist() == [0.0, 0.25]


@pytest.mark.parametrize(("function", "expected"), [(xp.abs, 0.0), (lambda x: xp.linalg.vector_norm(x), 0.0), (lambda x: x**2, 0.0), (lambda x: x**0, 0.0), (lambda x: xp.hypot(x, x), 0.0), (xp.std, 0.0)])  # fmt: skip
def test_gradient_at_zero(function: Any, expected: float) -> None:
    x = xp.zeros(3, requires_grad=True)
    function(x).sum().backward()
    assert x.grad.tolist() == [expected] * 3


@pytest.mark.parametrize("function", [lambda x: xp.linalg.vector_norm(x), xp.std, lambda x: xp.hypot(x[0], x[1]), lambda x: xp.atan2(x[0], x[1]), lambda x: xp.abs(xp.astype(x, xp.complex64)).sum()])  # fmt: skip
def test_where_there_is_no_derivative_those_of_all_orders_are_zero(function: Any) -> None:
    assert xp.func.grad(function)(xp.zeros(2)).tolist() == [0.0, 0.0]
    assert xp.func.hessian(function)(xp.zeros(2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(("dtype", "unit"), [("float32", 1e-23), ("float32", 1e19), ("float64", 1e-170), ("float64", 1e160)])
def test_gradient_of_an_angle_where_squares_leave_the_dtype(dtype: str, unit: float) -> None:
    x, y = (xp.asarray(n * unit, dtype=getattr(xp, dtype)).requires_grad_() for n in (3, 4))
    found = xp.autograd.grad(xp.atan2(x, y), (x, y))
    assert [g.item() * unit for g in found] == pytest.approx([4 / 25, -3 / 25], rel=1e-6)


def test_second_derivatives_of_logaddexp() -> None:
    """Also where both are equal, as at the start of a logistic regression, and where one vanishes beside the other."""
    hessian = xp.func.hessian(lambda x: xp.sum(xp.logaddexp(x, xp.zeros_like(x))))
    for x, expected in ((0.0, 0.25), (-1000.0, 0.0), (1000.0, 0.0), (-2.0, 0.104993585)):
        assert hessian(xp.asarray(x)).item() == pytest.approx(expected)
    for x1, x2, slope in ((np.inf, np.inf, 0.5), (-np.inf, -np.inf, 0.5), (np.inf, 1.0, 1.0), (1.0, -np.inf, 1.0)):
        assert xp.func.grad(xp.logaddexp)(xp.asarray(x1), xp.asarray(x2)).item() == slope


def test_threads_add_to_one_gradient() -> None:
    x = xp.ones(100_000, requires_grad=True)

    def work() -> None:
        for _ in range(100):
            (x * 1.0).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x.grad[0].item() == 400


def test_the_mixed_derivative_of_a_power_at_exponent_0() -> None:
    x = xp.asarray([2.0, 0.5, 0.0])
    by_base = xp.func.grad(lambda x, y: xp.sum(x**y))
    mixed = xp.func.grad(lambda y: xp.sum(by_base(x, y)))(xp.zeros(3))
    assert mixed.tolist() == [0.5, 2.0, 0.0]
    mixed = xp.func.grad(lambda x: xp.sum(xp.func.grad(lambda y: xp.sum(x**y))(xp.zeros(3))))(x)
    assert mixed.tolist() == [0.5, 2.0, 0.0]
    infinite = xp.asarray([-xp.inf, xp.inf]).requires_grad_()
    (infinite**0).sum().backward()
    assert infinite.grad.tolist() == [0.0, 0.0]


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_norms_of_negative_order_and_powers_of_zero() -> None:
    for order in (-0.5, -1, -2, -3):
        x = xp.asarray([0.0, 3.0, -4.0]).requires_grad_()
        xp.linalg.vector_norm(x, ord=order).backward()
        assert x.grad.tolist() == [0.0, 0.0, 0.0]
    p = xp.asarray([-1.0, 0.0, 0.5, 2.0]).requires_grad_()
    (xp.zeros(4) ** p).sum().backward()
    assert p.grad.tolist() == [-np.inf, 0.0, 0.0, 0.0]


def test_a_shape_may_be_of_any_kind_of_tuple() -> None:
    class Shape(tuple[int, ...]):
        """As PyTorch's."""

    assert xp.ones(4).reshape(Shape((2, 2))).shape == (2, 2)


# --- mutation and the tape ---


def test_a_saved_value_survives_being_written_over() -> None:
    x = xp.asarray([1.0, 2.0]).requires_grad_()
    y = x * 1
    z = (y * y).sum()
    before = xp.autograd.copy_on_write_count()
    y.add_(10)
    assert xp.autograd.copy_on_write_count() == before  # nobody else sees the memory, so the result takes its place
    z.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_memory_is_copied_once_and_only_if_it_was_saved() -> None:
    x = xp.asarray([1.0, 2.0, 3.0]).requires_grad_()
    y = x * 1
    view = y[1:]
    before = xp.autograd.copy_on_write_count()
    view.mul_(2)
    view.mul_(2)
    assert xp.autograd.copy_on_write_count() == before
    z = (y * y).sum()
    view[0] = 0.0
    view[1] = 0.0
    assert xp.autograd.copy_on_write_count() == before + 1
    assert y.tolist() == [1.0, 0.0, 0.0]
    z.backward()
    assert x.grad.tolist() == [2.0, 64.0, 96.0]


@pytest.mark.parametrize("of", ["base", "view"])
@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.mul_(2),
        lambda x: x.add_(xp.ones(3)),
        lambda x: operator.iadd(x, 1),
        lambda x: operator.imul(x, xp.ones(3)),
        lambda x: operator.ipow(x, 2),
        lambda x: x.__setitem__(0, 3.0),
        lambda x: x.__setitem__(..., xp.ones(3)),
        lambda x: x.exp_(),
        lambda x: x.clamp_(0.0, 1.0),
        lambda x: x.copy_(xp.ones(3)),
        lambda x: x.fill_(2.0),
        lambda x: x.zero_(),
        lambda x: x.masked_fill_(x > 0, 2.0),
    ],
)
def test_nothing_is_copied_where_nothing_is_saved(write: Any, of: str) -> None:
    base = xp.asarray([1.0, 2.0, 3.0])
    view, detached = base[:], base.detach()
    before = xp.autograd.copy_on_write_count()
    write(base if of == "base" else view)
    assert xp.autograd.copy_on_write_count() == before
    assert base.tolist() == view.tolist() == detached.tolist()


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda x: x.add_(1.0), 3.0),
        (lambda x: x.add_(xp.ones((4, 3)), alpha=2.0), 4.0),
        (lambda x: x.sub_(xp.ones((1, 3))), 1.0),
        (lambda x: x.mul_(xp.ones(()) * 3), 6.0),
        (lambda x: x.divide_(xp.ones(3) * 2), 1.0),
        (lambda x: x.div_(2), 1.0),
        (lambda x: operator.isub(x, x.mean(axis=1, keepdims=True)), 0.0),
        (lambda x: operator.itruediv(x, xp.ones((1, 1))), 2.0),
    ],
)
def test_arithmetic_in_place_makes_no_other_array(write: Any, expected: float) -> None:
    x = xp.full((4, 3), 2.0)
    array = id(x._array)
    assert write(x) is x
    assert id(x._array) == array
    assert (x == expected).all()


@pytest.mark.parametrize("shape", [(2,), (5, 4, 3), (4, 1, 3), (3, 4)])
def test_arithmetic_in_place_refuses_shapes_that_do_not_fit(shape: tuple[int, ...]) -> None:
    x = xp.ones((4, 3))
    with pytest.raises((RuntimeError, ValueError), match=r"add_\(\)|add\(\)"):
        x += xp.ones(shape)
    assert (x == 1).all()


def test_backward_lets_go_of_what_it_saved() -> None:
    w = xp.ones(3, requires_grad=True)
    (w * w).sum().backward()
    before = xp.autograd.copy_on_write_count()
    with xp.no_grad():
        view = w[:1]
        view += 1
    assert xp.autograd.copy_on_write_count() == before


@pytest.mark.host_memory
def test_exported_memory_cannot_move_so_backward_says_so() -> None:
    x = xp.asarray([1.0, 2.0]).requires_grad_()
    y = x.detach().clone()
    seen = y.numpy(force=True)
    z = (x * y).sum()
    y.mul_(3)
    assert seen.tolist() == [3.0, 6.0]
    with pytest.raises(RuntimeError, match=r"MulBackward0 saved it before version 1, which mul_ made"):
        z.backward()


@pytest.mark.host_memory
def test_a_write_is_seen_through_every_tensor_on_the_memory() -> None:
    memory = np.ones(4, dtype=np.float32)
    x, y = xp.from_numpy(memory), xp.from_numpy(memory[1:3])
    w = xp.ones(4, requires_grad=True)
    z = (w * x).sum()
    y += 1
    (w * x).sum().backward()  # recorded after the write
    assert w.grad.tolist() == [1.0, 2.0, 2.0, 1.0]
    with pytest.raises(RuntimeError, match="saved it before version 1, which add_ made"):
        z.backward()


@pytest.mark.host_memory
def test_a_write_that_backward_refuses_forward_mode_refuses_too() -> None:
    y = xp.from_numpy(np.ones(3, dtype=np.float32))
    _, push = xp.func.linearize(lambda x: x * y, xp.ones(3))
    assert push(xp.ones(3)).tolist() == [1.0, 1.0, 1.0]
    y += 1
    with pytest.raises(RuntimeError, match=r"linearize\(\): .* MulBackward0 saved it before version 1, which add_ made"):
        push(xp.ones(3))


def test_the_memory_of_a_view_is_kept_when_the_view_is_gone() -> None:
    w = xp.ones(2, requires_grad=True)
    x = xp.ones(4)
    z = (w * x[1:3]).sum()  # the node alone has the view's array
    x += 1
    z.backward()
    assert w.grad.tolist() == [1.0, 1.0]
    x = xp.ones(2, 2).mT.reshape(4)
    z = (w * x[1:3]).sum()
    x[...] = 5.0
    z.backward()
    assert w.grad.tolist() == [2.0, 2.0]


@pytest.mark.host_memory
def test_what_the_tape_has_is_not_handed_out() -> None:
    x = xp.asarray([1.0, 2.0]).requires_grad_()
    y = x * 1
    z = (y * y).sum()
    seen = y.detach().numpy()
    seen[0] = 5.0  # by NumPy, which tells nobody
    y.detach().add_(1)
    assert y.tolist() == seen.tolist() == [6.0, 3.0]
    z.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_values_saved_before_there_were_views() -> None:
    x = xp.asarray([1.0, 2.0]).requires_grad_()
    y = x * 1
    z = (y * y).sum()
    view, again = y[:1], y[:1].detach()
    with xp.no_grad():
        view += 1
    assert (y.tolist(), again.tolist()) == ([2.0, 2.0], [2.0])
    z.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_versions_are_shared_with_views() -> None:
    x = xp.zeros((2, 3))
    row = x[0]
    assert (x._version, row._version) == (0, 0)
    row += 1
    x.mul_(2)
    assert x._version == row._version == 2
    assert x.tolist() == [[2.0, 2.0, 2.0], [0.0, 0.0, 0.0]]
    assert row._base is x
    assert row.mT._base is x if row.ndim > 1 else row[None]._base is x
    assert x.detach()._base is None
    assert row.is_view
    assert not x.is_view


def test_aliases_do_not_pile_up() -> None:
    x = xp.zeros(4)
    for _ in range(1000):
        x[:2]
    assert len(x._storage.aliases) < 100


def test_a_loop_over_rows_takes_time_by_their_number() -> None:
    def calls(rows: int, write: Any) -> int:
        x = xp.zeros((rows, 2))
        views = list(x)
        count = 0

        def called(*_: Any) -> None:
            nonlocal count
            count += 1

        sys.setprofile(called)
        try:
            for row in views:
                write(row)
        finally:
            sys.setprofile(None)
        assert x.tolist() == [[1.0, 1.0]] * rows
        return count

    for write in (lambda row: operator.iadd(row, 1), lambda row: row.add_(1), lambda row: row.fill_(1)):
        assert calls(200, write) < 3 * calls(100, write)


def test_what_is_kept_beside_nodes_stays_behind() -> None:
    x = xp.ones(4, requires_grad=True) * 1
    part = x.detach()[:2]

    def function(a: xp.Tensor) -> xp.Tensor:
        out = xp.square(a + 1)
        part.add_(0)  # from here on, writes one after the other do not look at the tape
        return out

    y = xp.utils.checkpoint.checkpoint(function, x)
    part += 1
    (g,) = xp.autograd.grad(y, x, xp.ones(4))
    assert g.tolist() == [4.0] * 4

    a, b = xp.ones(2, requires_grad=True), xp.ones(2, requires_grad=True)
    first, last = a * 1, b * 1
    seed = xp.ones(4)
    part = seed[:2]
    last.register_hook(lambda g: [part.add_(1)].clear())
    part += 0
    xp.autograd.backward([first, last], [part, xp.ones(2)])
    assert a.grad.tolist() == [1.0, 1.0]


def test_a_chain_of_views_takes_memory_by_its_length() -> None:
    def taken(length: int) -> int:
        views = [xp.zeros((2, 3))]
        tracemalloc.start()
        for _ in range(length):
            views.append(views[-1].mT)
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size

    assert taken(2000) < 3 * taken(1000)
    base = xp.zeros((2, 3))
    views = [base]
    for _ in range(50):
        views.append(views[-1].mT)
    views[-1][0, 1] = 1.0
    assert all(view.tolist() == (base if i % 2 == 0 else base.mT).tolist() for i, view in enumerate(views))


def test_parameter_update_is_allowed_without_grad() -> None:
    w = xp.ones(2, requires_grad=True)
    (w * 3).sum().backward()
    with xp.no_grad():
        w -= 0.5 * w.grad
    assert w.tolist() == [-0.5, -0.5]
    assert w.is_leaf
    assert w.requires_grad
    assert w._version == 1


@pytest.mark.parametrize("write", [lambda x: x.add_(1), lambda x: x.__setitem__(0, 1.0), lambda x: x[:1].zero_(), lambda x: x.__iadd__(1)])  # fmt: skip
def test_leaf_refuses_to_be_written_into(write: Any) -> None:
    x = xp.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        write(x)
    assert x.tolist() == [1.0, 1.0]
    assert x._version == 0


def test_constants_may_be_cut_into_what_is_tracked() -> None:
    x = xp.asarray([1.0, 2.0, 3.0]).requires_grad_()
    y = x**2
    y[xp.asarray([True, False, True])] = 0
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 4.0, 0.0]


def test_tracked_values_make_their_target_tracked() -> None:
    x = xp.tensor(2.0, requires_grad=True)
    buffer = xp.zeros(3)
    buffer[1] = x * x
    assert buffer.requires_grad
    (buffer * xp.asarray([1.0, 5.0, 1.0])).sum().backward()
    assert x.grad.item() == 20.0


def test_tracked_values_leave_integers_untracked() -> None:
    v = xp.asarray([1.5, 2.5]).requires_grad_()
    for write in (lambda k: k.copy_(v), lambda k: k.__setitem__(slice(None), v)):
        k = xp.zeros(2, dtype=xp.int64)
        write(k)
        assert (k.tolist(), k.requires_grad) == ([1, 2], False)


def test_a_view_that_was_made_a_leaf_is_one_to_its_own_views() -> None:
    leaf = xp.zeros(4)[:2].requires_grad_()
    with pytest.raises(RuntimeError, match="a view of a leaf Variable"):
        leaf[:1].add_(1)
    assert leaf.is_leaf
    with xp.no_grad():
        leaf[:1].add_(1)
    (leaf[:1] * 3).sum().backward()
    assert (leaf.tolist(), leaf.grad.tolist()) == ([1.0, 0.0], [3.0, 0.0])


def test_a_view_of_a_leaf_view_follows_its_base() -> None:
    base = xp.zeros(4)
    leaf = base[1:].requires_grad_()
    view = leaf[:2]
    k = xp.asarray(2.0).requires_grad_()
    base.add_(k)
    (view * xp.asarray([1.0, 2.0])).sum().backward()
    assert (view.tolist(), k.grad.item()) == ([2.0, 2.0], 3.0)
    view.mul_(k)  # which is now a part of its base's history
    base.sum().backward()
    assert (base.tolist(), k.grad.item()) == ([2.0, 4.0, 4.0, 2.0], 3.0 + 2 + 8)


def test_threads_write_into_rows_of_one_tensor(monkeypatch: pytest.MonkeyPatch) -> None:
    b = xp.zeros(2)
    backend = backend_of(b._array)
    assign, at_it = backend.setitem, threading.Event()

    def slowly(x: Any, key: Any, value: Any) -> None:
        if key == 0:
            at_it.set()
            time.sleep(0.2)  # as where an array is large, and another thread goes on
        assign(x, key, value)

    monkeypatch.setattr(backend, "setitem", slowly)
    thread = threading.Thread(target=b.__setitem__, args=(0, 1.0))
    thread.start()
    assert at_it.wait(10)
    b[1] = 2.0
    thread.join()
    assert b.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("made_before", [False, True])
def test_threads_write_into_rows_of_a_recorded_tensor(made_before: bool) -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # at most places, soon or late
    try:
        for _ in range(40):
            w = xp.ones(1, requires_grad=True)
            b = w * xp.ones(4, 10)
            rows = [b[i] for i in range(4)] if made_before else None

            def grow(i: int, b: Any = b, rows: Any = rows) -> None:
                for _ in range(3):
                    (rows[i] if rows else b[i]).mul_(2.0)

            threads = [threading.Thread(target=grow, args=(i,)) for i in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert b[:, 0].tolist() == [8.0] * 4
            b.sum().backward()
            assert w.grad.item() == 320.0
    finally:
        sys.setswitchinterval(interval)


def test_gradients_can_be_seen_flat() -> None:
    x = xp.ones(2, 3, requires_grad=True)
    (x.T * xp.reshape(xp.arange(6.0), (3, 2))).sum().backward()
    assert x.grad.view(-1).tolist() == [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]
    assert xp.ones(3).expand(2, 3).clone().view(-1).stride() == (1,)


def test_a_leaf_of_another_shape_by_now() -> None:
    x = xp.ones(2, 3, requires_grad=True)
    loss = (x * 2).sum()
    with xp.no_grad():
        x.t_()
    with pytest.raises(RuntimeError, match=r"shape \(2, 3\), and the leaf, changed in place since, \(3, 2\)"):
        loss.backward()
    assert x.grad is None


def test_an_input_that_a_function_gave_no_gradient() -> None:
    class First(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g, None

    a, b = xp.ones(2, requires_grad=True), xp.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="allow_unused"):
        xp.autograd.grad(First.apply(a, b).sum(), [a, b])
    assert xp.autograd.grad(First.apply(a, b).sum(), [a, b], allow_unused=True)[1] is None
    assert xp.autograd.grad(First.apply(a, b).sum(), [a, b], materialize_grads=True)[1].tolist() == [0.0, 0.0]


def test_a_plain_backward_keeps_the_history_of_a_gradient() -> None:
    x = xp.asarray([1.0, 2.0]).requires_grad_()
    (x**3).sum().backward(create_graph=True)
    (x**2).sum().backward()
    assert xp.autograd.grad(x.grad.sum(), x)[0].tolist() == [6.0, 12.0]


def _squared(x: Any, how: Any) -> Any:
    view = how(x)
    view.mul_(view * 1)
    return x


@pytest.mark.parametrize(
    "function",
    [
        lambda x: _squared(x * 1, lambda y: y.view(-1)).T * xp.reshape(xp.arange(6.0), (3, 2)),
        lambda x: _squared(xp.sin(x.T), lambda y: y.mT.reshape(-1)) * xp.reshape(xp.arange(6.0), (3, 2)),
        lambda x: xp.real(_squared(x + 1j * x, lambda y: y.view(xp.float64)).T) ** 2,
        lambda x: _squared(xp.stack([x, xp.sin(x)]), lambda y: y.view(4, 3)[1:3]).mT.sum(0) ** 2,
        lambda x: _squared(x * 1, lambda y: y.view(-1)).prod(0),
    ],
)
def test_writes_through_other_shapes_where_the_cotangent_lies_otherwise(function: Any) -> None:
    x = np.asarray([[0.5, -1.0, 0.25], [2.0, 1.5, -0.75]])
    xp.autograd.check_grads(function, (xp.asarray(x).requires_grad_(),), order=2)


def test_views_of_what_was_written_over_by_something_without_history() -> None:
    x = xp.asarray([1.0, 2.0]).requires_grad_() * 1
    view = x[0]
    x.lt_(1.5)
    assert (view.item(), view.requires_grad, x.requires_grad) == (1.0, False, False)


def test_the_gradient_of_what_was_written_over_by_a_wider_dtype() -> None:
    x = xp.asarray([1.0, 2.0]).requires_grad_()
    y = x * 1
    y.mul_(xp.asarray([2.0, 3.0], dtype=xp.float64))
    assert xp.autograd.grad((y * 2).sum(), y, retain_graph=True)[0].dtype == xp.float32
    (g,) = xp.autograd.grad((y * 2).sum(), x)
    assert (g.dtype, g.tolist()) == (xp.float32, [4.0, 6.0])


@pytest.mark.parametrize("axis", [0, 1, -1, -3])
def test_a_part_follows_its_base_without_the_others(axis: int, monkeypatch: pytest.MonkeyPatch) -> None:
    a = xp.asarray(np.arange(24.0).reshape(2, 3, 4)).requires_grad_()
    x = a * 1
    rows = xp.unstack(x, axis=axis)
    k = xp.asarray(2.0).requires_grad_()
    for way in ("call", "forwards"):  # of n parts it would be called n times
        monkeypatch.setattr(xp.unstack.operation, way, None)
    rows[1].mul_(k)
    part = rows[1].grad_fn
    rows[0].mul_(k * k)
    assert rows[1].grad_fn is not part  # on the base's new history
    assert rows[1].grad_fn.name() == part.name() == "SliceBackward0"
    assert rows[1].grad_fn.next_functions[0][0] is x.grad_fn
    expected = np.moveaxis(np.arange(24.0).reshape(2, 3, 4), axis, 0)
    assert (rows[1] / k.item()).tolist() == expected[1].tolist()
    (g,) = xp.autograd.grad(rows[0].sum() + 3 * rows[1].sum(), k)
    assert g.item() == 2 * k.item() * expected[0].sum() + 3 * expected[1].sum()


def test_a_value_with_more_axes_than_the_place_it_is_assigned_to() -> None:
    for shape in ((1, 1, 3), (1, 2, 1), (1, 1, 1), (1, 2, 3)):
        v, z = xp.ones(shape, requires_grad=True), xp.zeros(2, 3)
        z[...] = v
        z.sum().backward()
        assert v.grad.tolist() == np.full(shape, 6 / math.prod(shape)).tolist()


def test_view_made_without_grad_is_not_written_into_with_it() -> None:
    x = xp.ones(3, requires_grad=True) * 1
    with xp.no_grad():
        view = x[:2]
    with pytest.raises(RuntimeError, match="no_grad mode"):
        view.mul_(2)


def test_parts_of_complex_numbers_are_views() -> None:
    z = xp.asarray([1 + 2j, 3 - 1j], dtype=xp.complex128).requires_grad_()
    y = z * 1
    y.real.mul_(10.0)
    y.imag[0] = 0.0
    assert y.tolist() == [10 + 0j, 30 - 1j]
    (xp.real(y) + 5 * xp.imag(y)).sum().backward()
    assert z.grad.tolist() == [10 + 0j, 10 + 5j]


def test_every_view_knows_its_base() -> None:
    x = xp.zeros((2, 3, 1))
    views = [
        x[0], x[..., None], x.reshape(3, 2), x.view(6), x.permute(2, 0, 1), x.mT, x.transpose(0, 1), x.unsqueeze(0), x.squeeze(),
        xp.broadcast_to(x, (2, 3, 4)), x.expand(2, 3, 4), xp.flip(x), xp.moveaxis(x, 0, 1), *xp.unstack(x), *x.unbind(1), x.split(1)[1],
        xp.linalg.diagonal(x), xp.real(x), x.flatten(),
    ]  # fmt: skip
    for view in views:
        assert view._base is x
    x += 1
    for view in views:
        assert bool((view == 1).all())
        assert view._version == 1
    assert not x.mT.reshape(-1).is_view or x.mT.is_contiguous()
    assert xp.imag(xp.zeros(2, dtype=xp.complex64)).is_view


def test_index_add_and_kin() -> None:
    x = xp.zeros(3, 2, requires_grad=True)
    source = xp.asarray([[1.0, 2.0], [3.0, 4.0]]).requires_grad_()
    index = xp.asarray([2, 2])
    y = x * 1
    assert y.index_add_(0, index, source, alpha=10) is y
    assert y.tolist() == [[0.0, 0.0], [0.0, 0.0], [40.0, 60.0]]
    y.index_fill_(1, xp.asarray([0]), 7.0)
    y.index_copy_(0, xp.asarray([0]), source[:1] * 2)
    assert y.tolist() == [[2.0, 4.0], [7.0, 0.0], [7.0, 60.0]]
    y.sum().backward()
    assert source.grad.tolist() == [[2.0, 12.0], [0.0, 10.0]]
    assert x.grad.tolist() == [[0.0, 0.0], [0.0, 1.0], [0.0, 1.0]]


def test_views_in_place() -> None:
    x = xp.asarray([[1.0, 2.0, 3.0]]).requires_grad_()
    y = x * 1
    assert y.t_() is y
    assert y.shape == (3, 1)
    y.squeeze_().unsqueeze_(0).transpose_(0, 1)
    assert y.shape == (3, 1)
    z = (y * y).sum()
    y[1:] *= 10.0
    assert y.tolist() == [[1.0], [20.0], [30.0]]
    (z + y.sum()).backward()
    assert x.grad.tolist() == [[3.0, 14.0, 16.0]]
    w = xp.ones(2, 3)
    row = w[0]
    with pytest.raises(RuntimeError, match="views"):
        w.t_()
    assert w.shape == (2, 3)
    row.unsqueeze_(1)
    w += 1
    assert row.tolist() == [[2.0], [2.0], [2.0]]
    with pytest.raises(RuntimeError, match="leaf"):
        x.t_()


@pytest.mark.parametrize("method", ["t_", "unsqueeze_", "squeeze_", "swapaxes_", "transpose_"])
def test_another_form_is_no_other_value(method: str) -> None:
    def change(x: xp.Tensor) -> None:
        getattr(x, method)(*{"t_": (), "unsqueeze_": (0,), "squeeze_": ()}.get(method, (0, 1)))

    leaf = xp.ones(2, 3, requires_grad=True)
    seen = []
    leaf.register_hook(lambda g: seen.append(tuple(g.shape)))
    computed = leaf * 2
    computed.retain_grad()
    weights = xp.asarray(np.arange(6.0), dtype=xp.float32)
    with xp.no_grad():
        change(computed)
    assert computed.requires_grad
    assert not computed.is_leaf
    change(computed)
    (computed.reshape(-1) * weights).sum().backward()
    assert computed.grad.reshape(-1).tolist() == weights.tolist()
    assert computed.grad.shape == computed.shape
    assert sorted(leaf.grad.reshape(-1).tolist()) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    leaf.grad = None
    with xp.no_grad():
        change(leaf)
    assert leaf.requires_grad
    assert leaf.is_leaf
    (leaf.reshape(-1) * weights).sum().backward()
    assert leaf.grad.shape == leaf.shape
    assert leaf.grad.reshape(-1).tolist() == weights.tolist()
    assert seen == [(2, 3), tuple(leaf.shape)]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.sum(),
        lambda x: x.mean(),
        lambda x: x.reshape(2, 2).mT.sum(),
        lambda x: xp.broadcast_to(x, (3, 4)).sum(),
        lambda x: (x + x.detach()).sum(),
        lambda x: xp.concat([x, x]).sum(),
        lambda x: x[1:].sum(),
    ],
)
def test_gradients_can_be_written_into(function: Any, create_graph: bool) -> None:
    x, y = xp.ones(4, requires_grad=True), xp.ones(4, requires_grad=True)
    (function(x) + function(y)).backward(create_graph=create_graph)
    before = y.grad.tolist()
    with xp.no_grad():
        x.grad.add_(1).zero_()
    assert x.grad.tolist() == [0.0] * 4
    assert y.grad.tolist() == before


def test_contiguous() -> None:
    x = xp.arange(6.0).reshape(2, 3).requires_grad_()
    y = x.t().contiguous()
    assert y.is_contiguous()
    assert y.stride() == (2, 1)
    assert y.contiguous() is y
    y.view(-1)[1] = 0.0
    y.sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]


def test_numbers_that_are_tracked_tensors_keep_their_history() -> None:
    def ends(x: xp.Tensor) -> xp.Tensor:
        return xp.concat(
            [xp.linspace(x[0], x[1], 4, dtype=x.dtype), xp.linspace(0, x[1:], 3, dtype=x.dtype, endpoint=False)]
        )

    def filled(x: xp.Tensor) -> xp.Tensor:
        return xp.concat([xp.full((2,), x[0], dtype=x.dtype), xp.full_like(x, x[1:])])

    x = xp.asarray([1.0, 2.5], dtype=xp.float64)
    for function, expected in ((ends, [1, 1.5, 2, 2.5, 0, 2.5 / 3, 5 / 3]), (filled, [1, 1, 2.5, 2.5])):
        with xp.autograd.enable_grad():
            out = function(x.clone().requires_grad_())
        np.testing.assert_allclose(out.tolist(), expected)
        assert xp.autograd.gradcheck(lambda x, function=function: function(x), x.clone().requires_grad_())
    with pytest.raises(RuntimeError, match=r"arange\(\): a bound requires grad"):
        xp.arange(x.requires_grad_()[0], 4.0)


@pytest.mark.parametrize("convert", [float, complex, math.log, lambda y: np.zeros(1).__setitem__(0, y)])
def test_a_number_that_loses_its_history_is_warned_of(convert: Any) -> None:
    y = xp.tensor(2.0, requires_grad=True) * 3
    with pytest.warns(UserWarning, match=r"was made a number, which has no history") as seen:
        convert(y)
    assert [w.filename for w in seen] == [__file__]  # the line that did it
    with xp.no_grad():
        convert(y)
    convert(y.detach())
    assert (y.item(), int(y), bool(y), y.tolist(), f"{y:.1f}", f"{y}") == (6.0, 6, True, 6.0, "6.0", "6.0")  # asked for


@pytest.mark.parametrize(("key", "later"), [([0, 1], 2), ([True, True, False], False)], ids=["integers", "mask"])
def test_a_key_that_is_written_into_later(key: Any, later: Any) -> None:
    """The tape has the key that was used, not what became of it."""
    x = xp.asarray([1.0, 2.0, 3.0]).requires_grad_()
    index = xp.asarray(key)
    y = x[index]
    z = x * 1
    z[index] = 5.0
    index[0] = later
    (y.sum() + 10 * z.sum()).backward()
    assert x.grad.tolist() == [1.0, 1.0, 10.0]


def test_of_values_assigned_to_one_element_the_last_counts() -> None:
    x = xp.asarray([1.0, 2.0, 3.0]).requires_grad_()
    values = xp.asarray([5.0, 6.0, 7.0]).requires_grad_()
    y = x * 1
    y[xp.asarray([1, 1, 2])] = values
    (y * y).sum().backward()
    assert y.tolist() == [1.0, 6.0, 7.0]
    assert values.grad.tolist() == [0.0, 12.0, 14.0]
    assert x.grad.tolist() == [2.0, 0.0, 0.0]
    number = xp.asarray(5.0).requires_grad_()
    y = x * 1
    y[[1, 1]] = number
    y.sum().backward()
    assert number.grad.item() == 1.0


# --- what is kept of arguments ---

_TWICE: dict[str, Any] = {
    "tuple": ((0, 0),),
    "nested": ((slice(None), (0, 0)), (1,)),
    "range": range(2),
    "array.array": array.array("q", [0, 0]),
    "deque": collections.deque([0, 0]),
    "memoryview": memoryview(array.array("q", [0, 0])),
    "true": True,
    "numpy-true": np.True_,
    "true-and-number": (True, 0),
    "true-in-the-middle": (None, True),
}


@pytest.mark.host_memory
@pytest.mark.parametrize("name", _TWICE)
@pytest.mark.parametrize("first", [False, True])
def test_any_sequence_is_a_key(name: str, first: bool) -> None:
    """Its elements are met as often as it names them, also beside another use of the tensor."""
    key, extra = _TWICE[name] if name == "nested" else (_TWICE[name], ())
    x = xp.ones((*extra, 3), requires_grad=True)
    y = x * 1
    part, whole = (y[key], y * 2) if first else (y * 2, y[key])
    (part.sum() + whole.sum()).backward()
    expected = np.full((*extra, 3), 2.0)
    np.add.at(expected, key, 1)
    np.testing.assert_array_equal(x.grad.numpy(force=True), expected)


def test_keys_are_kept_as_they_were() -> None:
    place, x = xp.asarray(0), xp.ones(6, requires_grad=True)
    y, total = x * 1, xp.zeros(())
    for n in (1, 2):
        total = total + (y[place : place + 2] * n).sum()
        place += 2
    total.backward()
    assert x.grad.tolist() == [1.0, 1.0, 2.0, 2.0, 0.0, 0.0]
    place, y = xp.asarray(1), xp.asarray([1.0, 2.0, 3.0])
    view = y[place:]
    place += 1
    leaf = xp.ones(3, requires_grad=True)
    total = (leaf * y).sum()  # so that the write moves the views
    y *= 10
    assert view.tolist() == [20.0, 30.0]


def _zeroth(axes: Any) -> Any:
    """A 0-d array or tensor, or a list of one."""
    return axes[:1] if isinstance(axes, list) else axes[0, ...]


@pytest.mark.parametrize("kind", [list, np.asarray, xp.asarray])
@pytest.mark.parametrize(
    "function",
    [
        lambda x, n: xp.flip(x, axis=_zeroth(n)), lambda x, n: xp.permute_dims(x, tuple(n)),
        lambda x, n: xp.stack([x, 2 * x], axis=_zeroth(n) if not isinstance(n, list) else n[0]),
        lambda x, n: xp.roll(x, _zeroth(n), axis=(0,) if isinstance(n, list) else 0),
        lambda x, n: xp.permute_dims(x, n), lambda x, n: xp.permute_dims(x, axes=n), lambda x, n: xp.flip(x, axis=n[:2]),
        lambda x, n: xp.roll(x, n, axis=(0, 1, 2)), lambda x, n: xp.roll(x, (1, 0, 0), axis=n),
        lambda x, n: xp.moveaxis(x, n, (0, 1, 2)), lambda x, n: xp.moveaxis(x, (0, 1, 2), n), lambda x, n: xp.tile(x, n),
        lambda x, n: xp.real(xp.fft.fftn(xp.astype(x, xp.complex64), axes=n)), lambda x, n: xp.fft.fftshift(x, axes=n),
        lambda x, n: xp.tensordot(x, x.detach(), axes=(n, n)), lambda x, n: xp.sum(x, axis=tuple(n[:1])),
    ],
)  # fmt: skip
def test_arguments_are_kept_as_they_were(function: Any, kind: Any) -> None:
    found = []
    for change in (False, True):
        x = xp.reshape(xp.arange(8.0), (2, 2, 2)).requires_grad_()
        axes = kind([1, 2, 0])
        out = function(x, axes)
        if change:
            axes[:] = [0, 1, 2]
        (out * xp.reshape(xp.arange(out.numel()), tuple(out.shape))).sum().backward()
        found.append(x.grad.tolist())
    assert found[0] == found[1]


def test_a_transform_along_no_axis() -> None:
    for x in (xp.asarray(np.asarray(2.0)), xp.ones((2, 2), dtype=xp.float64)):
        x.requires_grad_()
        for transform in (xp.fft.fftn, xp.fft.ifftn):
            out = transform(x, axes=())
            assert out.dtype is xp.complex128
            assert xp.autograd.grad(xp.real(out).sum(), x)[0].tolist() == xp.ones_like(x).tolist()


def test_copies_along_many_axes() -> None:
    x = xp.ones((1,) * 40, requires_grad=True)
    xp.tile(x, (3, 2)).sum().backward()
    assert x.grad.item() == 6.0


@pytest.mark.parametrize("function", [xp.sum, xp.prod, xp.cumulative_sum, xp.cumulative_prod])
def test_a_result_of_integers_has_no_gradient(function: Any) -> None:
    x = xp.ones(3, requires_grad=True)
    assert not function(x, dtype=xp.int64).requires_grad
    assert function(x, dtype=xp.float64).requires_grad
    assert not xp.where(x, 1, 0).requires_grad
    assert xp.where(x, x, 0).requires_grad


def test_slogdet_of_one_complex_matrix() -> None:
    """Whose sign NumPy gives as a scalar."""
    x = xp.asarray([[1 + 1j, 2], [3, 4j]], dtype=xp.complex128).requires_grad_()

    def phase(x: Any) -> Any:
        return xp.real(xp.linalg.slogdet(x).sign)

    (g,) = xp.autograd.grad(phase(x), x, create_graph=True)
    assert xp.autograd.grad(xp.real(xp.sum(g * xp.conj(g))), x)[0].shape == (2, 2)
    assert xp.autograd.gradcheck(phase, (x,))
    _, tangent = xp.func.jvp(phase, (x.detach(),), (xp.ones_like(x.detach()),))
    assert tangent.item() == pytest.approx(xp.sum(xp.real(g)).item())


@pytest.mark.parametrize(
    "change", [lambda y: y, lambda y: xp.flip(y), lambda y: y * 1j, lambda y: xp.broadcast_to(y, (2, 6))]
)
def test_cotangents_of_any_layout_through_a_view_of_another_dtype(change: Any) -> None:
    z = xp.asarray(np.arange(1.0, 4.0) + 1j).requires_grad_()
    parts = xp.stack([xp.real(z), xp.imag(z)], axis=-1)
    xp.real(xp.sum(change(z.view(xp.float64)) * (1 + 1j))).backward()
    (expected,) = xp.autograd.grad(xp.real(xp.sum(change(xp.reshape(parts, (6,))) * (1 + 1j))), z)
    assert z.grad.tolist() == expected.tolist()
    tangent = xp.broadcast_to(xp.asarray(1.0, dtype=xp.float64), (4,))
    _, t = xp.func.jvp(lambda x: x.view(xp.complex128), (xp.ones(4, dtype=xp.float64),), (tangent,))
    assert t.tolist() == [1 + 1j, 1 + 1j]
    big = xp.asarray(np.ones(5000) + 0j).requires_grad_()
    big.view(xp.float64).sum().backward()
    assert bool(xp.all(big.grad == 1 + 1j))


@pytest.mark.filterwarnings("ignore:invalid value encountered in det:RuntimeWarning")
def test_the_determinant_of_what_is_not_finite() -> None:
    x = xp.asarray(np.stack([np.eye(2) * 2, [[np.nan, 1], [1, 2]]])).requires_grad_()
    (g,) = xp.autograd.grad(xp.linalg.det(x).sum(), x, create_graph=True)
    (h,) = xp.autograd.grad(g[0].sum(), x)
    assert g[0].tolist() == [[2.0, 0.0], [0.0, 2.0]]
    assert bool(xp.all(xp.isnan(g[1])))
    assert h[0].tolist() == [[1.0, -1.0], [-1.0, 1.0]]


def test_an_element_added_to_is_written_once() -> None:
    def length(x: xp.Tensor) -> int:
        nodes, found = [x.grad_fn], set()
        while nodes:
            node = nodes.pop()
            if node is not None and node not in found:
                found.add(node)
                nodes.extend(node.edges)
        return len(found)

    w = xp.ones(4, requires_grad=True)
    x = w * 2
    x[1:3] += w[1:3] * 3
    x[0] *= w[3]
    apart = w * 2
    row = apart[1:3]
    row.add_(w[1:3] * 3)
    row = apart[0]
    row.mul_(w[3])
    assert length(x) == length(apart)
    assert x.tolist() == apart.tolist() == [2.0, 5.0, 5.0, 2.0]
    (x * xp.arange(1.0, 5.0)).sum().backward()
    assert w.grad.tolist() == [2.0, 10.0, 15.0, 10.0]
    y, z = xp.zeros(3), xp.arange(3.0)
    y[True] = z[1]  # a mask, and no view of it
    y[0] = z.detach()[1]
    assert y.tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(RuntimeError, match="a leaf Variable"):
        w[0] = w[0]
    z, seen = w * 2, []
    part = z[0]
    part.register_hook(seen.append)
    z[0] = part  # whose hook is to see what comes back through it
    z.sum().backward()
    assert [g.item() for g in seen] == [1.0]
