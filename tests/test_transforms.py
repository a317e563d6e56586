"""What is built on the tape: transforms, custom functions, checks, hooks, checkpoints, anomaly detection, drawings."""

from __future__ import annotations

import gc
import math
import sys
import time
import tracemalloc
import weakref
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pytest

import arrayad as xp
from arrayad.autograd.tape import sequence
from arrayad.functions.random import default_generator
from arrayad.utils.checkpoint import checkpoint

pytestmark = pytest.mark.any_backend

F64 = xp.float64


def _x(*values: float) -> xp.Tensor:
    return xp.asarray(values, dtype=F64)


def _f(x: xp.Tensor) -> xp.Tensor:
    return xp.sum(xp.sin(x) * x**2) + xp.linalg.det(xp.linalg.outer(x, x) + xp.eye(2, dtype=F64))


# --- transforms ---


class Point(NamedTuple):
    x: xp.Tensor
    y: xp.Tensor


def test_every_way_to_a_hessian_agrees() -> None:
    x = _x(0.3, 0.7)
    func = xp.func
    ways = [
        func.hessian(_f),
        func.jacrev(func.grad(_f)),
        func.jacfwd(func.grad(_f)),
        func.jacfwd(func.jacrev(_f)),
        func.jacrev(func.jacfwd(_f)),
        func.jacfwd(func.jacfwd(_f)),
    ]
    first, *others = [way(x).numpy(force=True) for way in ways]
    for other in others:
        np.testing.assert_allclose(other, first, atol=1e-12)
    v = _x(1.0, -2.0)
    gradient, product = func.hvp(_f, (x,), (v,))
    np.testing.assert_allclose(product[0].numpy(force=True), first @ v.numpy(force=True))
    np.testing.assert_allclose(gradient[0].numpy(force=True), func.grad(_f)(x).numpy(force=True))


def test_third_order_by_nesting() -> None:
    d = xp.func.grad
    assert d(d(d(lambda x: x**5)))(xp.asarray(2.0, dtype=F64)).item() == 60 * 4
    third = xp.func.jacfwd(xp.func.jacrev(xp.func.jacfwd(lambda x: x**3)))(_x(1.0, 2.0))
    assert third.shape == (2, 2, 2, 2)
    assert third[0, 0, 0, 0].item() == 6.0


def test_inner_and_outer_variables_are_kept_apart() -> None:
    """The standard example for perturbation confusion in forward mode."""
    d = xp.func.grad
    out = d(lambda x: x * d(lambda y: x + y)(xp.asarray(1.0)))(xp.asarray(1.0))
    assert out.item() == 1.0
    one = (xp.asarray(1.0),)
    forward = xp.func.jvp(lambda x: x * xp.func.jvp(lambda y: x + y, one, one)[1], one, one)[1]
    assert forward.item() == 1.0


def test_containers() -> None:
    tree = {"a": [_x(1.0, 2.0)], "b": (Point(_x(3.0), _x(4.0)),)}

    def f(t: Any) -> xp.Tensor:
        return (t["a"][0] ** 2).sum() + (t["b"][0].x * t["b"][0].y).sum()

    gradient = xp.func.grad(f)(tree)
    assert gradient["a"][0].tolist() == [2.0, 4.0]
    assert isinstance(gradient["b"][0], Point)
    assert (gradient["b"][0].x.item(), gradient["b"][0].y.item()) == (4.0, 3.0)
    with pytest.raises(TypeError, match="must be Tensors"):
        xp.func.grad(f)({"a": [1.0], "b": tree["b"]})


def test_argnums_and_aux() -> None:
    value, gradients = xp.func.value_and_grad(lambda a, b: (a * b).sum(), argnums=(1, 0))(_x(2.0), _x(5.0))
    assert (value.item(), gradients[0].item(), gradients[1].item()) == (10.0, 2.0, 5.0)
    gradient, aux = xp.func.grad(lambda a: ((a**2).sum(), {"n": 3}), has_aux=True)(_x(2.0))
    assert (gradient.item(), aux) == (4.0, {"n": 3})
    assert xp.func.grad_and_value(lambda a: (a**2).sum())(_x(2.0))[0].item() == 4.0
    value, pull_back, aux = xp.func.vjp(lambda a: (a**2, "aux"), _x(2.0), has_aux=True)
    assert (value.item(), pull_back(_x(1.0))[0].item(), aux) == (4.0, 4.0, "aux")
    with pytest.raises(ValueError, match="argnums"):
        xp.func.grad(lambda a: a.sum(), argnums=2)(_x(1.0))


def test_linearize_replays_one_trace() -> None:
    calls = []

    def f(x: xp.Tensor) -> xp.Tensor:
        calls.append(1)
        return xp.exp(x)

    value, push = xp.func.linearize(f, _x(0.0, 1.0))
    for v in ([1.0, 0.0], [0.0, 2.0]):
        np.testing.assert_allclose(push(_x(*v)).numpy(force=True), value.numpy(force=True) * v)
    assert len(calls) == 1
    with pytest.raises(ValueError, match="shape"):
        push(_x(1.0))


def test_tangents_are_recorded_only_for_who_may_ask() -> None:
    def f(x: xp.Tensor) -> xp.Tensor:
        y = xp.stack([xp.sin(x[0]) * x[1], xp.ones((), dtype=xp.float32), -x[1]])
        return xp.concat([y @ xp.ones(3, 2, dtype=F64), xp.zeros(1), y])

    _, push = xp.func.linearize(f, _x(0.3, 0.7))
    before = next(sequence)
    tangent = push(_x(1.0, -2.0))
    assert next(sequence) == before + 2  # every node takes a sequence number, and so does the result
    np.testing.assert_allclose(tangent.tolist(), (xp.func.jacrev(f)(_x(0.3, 0.7)) @ _x(1.0, -2.0)).tolist())
    assert push(_x(1.0, -2.0).requires_grad_()).requires_grad
    with xp.no_grad():
        assert not push(_x(1.0, -2.0).requires_grad_()).requires_grad


def test_tangents_are_held_as_long_as_they_are_needed() -> None:
    def f(x: xp.Tensor) -> xp.Tensor:
        out = xp.zeros(40, 1000, dtype=F64)
        for i in range(40):
            x = xp.sin(x)
            out[i] = x[:1000] * 2
        return out

    x = xp.ones(40_000, dtype=F64)
    _, push = xp.func.linearize(f, x)
    tracemalloc.start()
    tangent = push(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * x.nbytes
    np.testing.assert_allclose(
        tangent.sum().item(), sum(g.sum().item() for g in xp.func.vjp(f, x)[1](xp.ones_like(tangent)))
    )


def test_results_have_no_history_of_their_own() -> None:
    x = _x(0.3, 0.7)
    value, gradient = xp.func.value_and_grad(_f)(x)
    assert not value.requires_grad
    assert not gradient.requires_grad
    assert not x.requires_grad
    x.requires_grad_()
    assert xp.func.grad(_f)(x).requires_grad  # an outer tape sees through
    np.testing.assert_allclose(
        xp.autograd.grad(xp.func.grad(_f)(x).sum(), x)[0].numpy(force=True),
        xp.func.hessian(_f)(x.detach()).sum(axis=0).numpy(force=True),
    )


@pytest.mark.parametrize(
    ("inner", "expected"),  # a function of t, from transforms of functions that use t, and its derivative at 3
    [
        (lambda t: xp.func.grad(lambda y: y**2 * t)(_one()), 2.0),
        (lambda t: xp.func.vjp(lambda y: t * t * y, _one())[0], 6.0),
        (lambda t: xp.func.vjp(lambda y: t * t * y, _one())[1](_one())[0], 6.0),
        (lambda t: xp.func.jvp(lambda y: t * t * y, (_one(),), (_one(),))[1], 6.0),
        (lambda t: xp.func.linearize(lambda y: t * t * y, _one())[1](_one()), 6.0),
        (lambda t: xp.func.jacrev(lambda y: t * t * y)(_one()), 6.0),
        (lambda t: xp.func.jacfwd(lambda y: t * t * y)(_one()), 6.0),
        (lambda t: xp.func.hessian(lambda y: t * t * y**2)(_one()), 12.0),
        (lambda t: xp.func.hvp(lambda y: t * t * y**2, (_one(),), (_one(),))[1][0], 12.0),
        (lambda t: xp.func.grad(lambda y: (y, t * t), has_aux=True)(_one())[1], 6.0),
    ],
)
def test_what_a_function_uses_beside_its_arguments_is_differentiated_too(inner: Any, expected: float) -> None:
    assert xp.func.grad(inner)(xp.asarray(3.0, dtype=F64)).item() == expected
    t = xp.asarray(3.0, dtype=F64).requires_grad_()
    with xp.no_grad():
        value, pull_back = xp.func.vjp(lambda y: y * t, _one())
    assert (value.requires_grad, pull_back(_one())[0].requires_grad) == (False, True)
    inner(t).backward()
    assert t.grad.item() == expected
    with xp.no_grad():
        assert not inner(t).requires_grad


def _one() -> xp.Tensor:
    return xp.asarray(1.0, dtype=F64)


def test_what_a_function_gives_beside_its_value_has_no_history_of_its_own() -> None:
    _, aux = xp.func.grad(lambda x: (x.sum(), {"y": x * 3, "n": 1}), has_aux=True)(_x(1.0, 2.0))
    assert not aux["y"].requires_grad
    assert (aux["y"].tolist(), aux["n"]) == ([3.0, 6.0], 1)


def test_functions_that_write_into_their_argument() -> None:
    def f(x: xp.Tensor) -> xp.Tensor:
        return x.mul_(x).sum()

    x = xp.asarray([1.0, 2.0, 3.0])
    twice = [2.0, 4.0, 6.0]
    assert xp.func.hessian(f)(x).tolist() == (2 * xp.eye(3)).tolist()
    assert xp.func.grad(lambda z: xp.func.grad(f)(z).sum())(x).tolist() == [2.0, 2.0, 2.0]
    tracked = x.clone().requires_grad_() * 1
    assert xp.func.grad(f)(tracked).tolist() == twice
    assert xp.func.jvp(f, (tracked,), (xp.ones(3),))[1].item() == 12.0
    assert tracked.tolist() == x.tolist()


def test_writes_into_the_value_beside_a_pull_back() -> None:
    x = xp.asarray([1.0, 2.0, 3.0]).requires_grad_()
    value, pull_back = xp.func.vjp(lambda x: x * x, x)
    value *= 10
    assert pull_back(xp.ones(3))[0].tolist() == [2.0, 4.0, 6.0]
    value, push = xp.func.linearize(lambda x: x * x, x)
    value *= 10
    assert push(xp.ones(3)).tolist() == [2.0, 4.0, 6.0]


def test_writes_into_the_result_that_the_function_gave_beside_the_value() -> None:
    w = xp.ones(2, requires_grad=True)
    given = []

    def f(x: Any) -> Any:
        y = x * w
        given.extend([y, y[:1]])
        with xp.no_grad():
            y[0] = 5.0
        return y

    value, _ = xp.func.vjp(f, xp.ones(2))
    with xp.no_grad():
        given[0][0] = 7.0
    assert value.tolist() == [5.0, 1.0]


def test_forward_mode_does_not_go_through_what_is_older_than_its_inputs() -> None:
    def calls(length: int) -> int:
        scale = xp.ones(2, requires_grad=True)
        for _ in range(length):
            scale = scale * 1
        _, push = xp.func.linearize(lambda x: xp.sin(x) * scale, xp.zeros(2))
        count = 0

        def called(*_: Any) -> None:
            nonlocal count
            count += 1

        sys.setprofile(called)
        try:
            tangent = push(xp.ones(2))
        finally:
            sys.setprofile(None)
        assert tangent.tolist() == [1.0, 1.0]
        return count

    assert calls(1000) < 2 * calls(1)


def test_forward_mode_of_a_function_that_takes_the_history_from_its_argument() -> None:
    def f(x: xp.Tensor) -> xp.Tensor:
        y = x * 2
        x.detach_()
        return y + x

    assert xp.func.jvp(f, (xp.ones(2),), (xp.ones(2),))[1].tolist() == [2.0, 2.0]


def test_a_tangent_is_the_users_own() -> None:
    t = _x(1.0, 2.0, 3.0, 4.0)
    for function in (lambda x: x, lambda x: x + 1, lambda x: x.reshape(2, 2), lambda x: x[1:].clone()):
        tangent = xp.func.jvp(function, (_x(5.0, 6.0, 7.0, 8.0),), (t,))[1]
        tangent += 10
        assert t.tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x,
        xp.sum,
        xp.sin,
        lambda x: x * 2,
        lambda x: xp.reshape(x, (1, 2)),
        xp.linalg.vector_norm,
        xp.cumulative_prod,
        lambda x: xp.astype(x, F64),
    ],
)
@pytest.mark.parametrize("dtype", [xp.bool, xp.int64, xp.float32, xp.float64])
def test_tangents_and_cotangents_take_the_dtype_of_what_they_are_of(function: Any, dtype: xp.DType) -> None:
    x = xp.ones(2)
    value, tangent = xp.func.jvp(function, (x,), (xp.ones(2, dtype=dtype),))
    assert tangent.dtype == value.dtype
    assert (tangent == xp.func.jvp(function, (x,), (xp.ones(2),))[1]).all()
    value, pull_back = xp.func.vjp(function, x)
    (g,) = pull_back(xp.ones_like(value, dtype=dtype))
    assert g.dtype == x.dtype


def test_transforms_say_their_names() -> None:
    x, of_all = xp.ones(2), lambda x: x
    for call, kind, words in (
        (lambda: xp.func.jvp(xp.sin, (x,), (xp.ones(3),)), ValueError, r"^jvp\(\): expected shape"),
        (lambda: xp.func.hvp(lambda x: x.sum(), (x,), (xp.ones(3),)), ValueError, r"^hvp\(\): expected shape"),
        (lambda: xp.func.jvp(xp.sin, (x,), (x * 1j,)), RuntimeError, r"^jvp\(\): .* of a real tensor must be real"),
        (lambda: xp.func.linearize(xp.sin, x)[1](x * 1j), RuntimeError, r"^linearize\(\): .* of a real tensor must be real"),
        (lambda: xp.func.vjp(xp.sin, x)[1](x * 1j), RuntimeError, r"^vjp\(\): .* of a real tensor must be real"),
        (lambda: xp.func.hessian(of_all)(x), RuntimeError, r"^hessian\(\): the function must return"),
        (lambda: xp.func.value_and_grad(of_all)(x), RuntimeError, r"^value_and_grad\(\): the function must return"),
        (lambda: xp.func.jacfwd(of_all)(xp.ones(0)), ValueError, r"^jacfwd\(\): an argument or result has no elements"),
        (lambda: xp.func.jacrev(of_all, 1)(x), ValueError, r"^jacrev\(\): argnums 1 is out of range for 1 arguments"),
        (lambda: xp.func.grad(of_all, "a")(x), TypeError, r"^grad\(\): argnums must be"),
        (
            lambda: xp.func.grad(lambda x, y: (x * y).sum(), (0, -2))(x, x),
            ValueError,
            r"^grad\(\): .* names an argument twice",
        ),
    ):
        with pytest.raises(kind, match=words):
            call()


@pytest.mark.parametrize("jacobian", [xp.func.jacrev, xp.func.jacfwd])
def test_jacobians_of_functions_with_more_arguments_and_results(jacobian: Any) -> None:
    found, aux = jacobian(lambda x, power=1: (x**power, "a"), has_aux=True)(xp.asarray([1.0, 3.0]), power=2)
    assert (found.tolist(), aux) == ([[2.0, 0.0], [0.0, 6.0]], "a")


# --- custom functions ---


class Both(xp.autograd.Function):
    """Two results, a number among the arguments, arguments and results saved."""

    @staticmethod
    def forward(ctx: Any, x: Any, y: Any, n: int) -> Any:
        a = xp.exp(x * y)
        ctx.save_for_backward(x, y, a)
        return a, xp.sin(x) * n

    @staticmethod
    def backward(ctx: Any, ga: Any, gb: Any) -> Any:
        assert ctx.needs_input_grad == (True, True, False)
        x, y, a = ctx.saved_tensors
        return ga * a * y + gb * xp.cos(x) * 3, ga * a * x, None


def test_function() -> None:
    xp.autograd.check_grads(lambda x, y: Both.apply(x, y, 3), [_x(0.3, 0.2), _x(0.7, -0.1)])
    x = _x(1.0).requires_grad_()
    out = Both.apply(x, x, 3)
    assert [o.grad_fn.name() for o in out] == ["BothBackward"] * 2
    out[1].sum().backward()
    assert x.grad.item() == pytest.approx(3 * math.cos(1))
    with pytest.raises(RuntimeError, match="retain_graph"):
        out[0].sum().backward()
    node = weakref.ref(out[0]._node)
    gc.disable()
    del out
    assert node() is None
    gc.enable()
    assert not Both.apply(_x(1.0), _x(1.0), 3)[0].requires_grad


def test_function_with_jvp() -> None:
    class Twice(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return 2 * x

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            return 7 * t  # wrong on purpose, to show that it is called

    assert xp.func.jvp(Twice.apply, (_x(1.0),), (_x(1.0),))[1].item() == 7.0


def test_function_whose_jvp_gives_another_number_of_tangents() -> None:
    class Both(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return 2 * x, 3 * x

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            return 2 * t

    with pytest.raises(RuntimeError, match=r"Both.jvp gave 1 tangents; its forward has 2 results"):
        xp.func.jvp(Both.apply, (_x(1.0),), (_x(1.0),))


def test_function_that_writes_into_its_own_result() -> None:
    class Twice(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            out = x.clone()
            out += x
            return out

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g

    x = _x(1.0, 2.0).requires_grad_()
    y = Twice.apply(x)
    y.sum().backward()
    assert (y.tolist(), x.grad.tolist()) == ([2.0, 4.0], [2.0, 2.0])


def test_saved_tensors_before_and_after() -> None:
    contexts = []

    class Twice(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(None, x)
            assert ctx.saved_tensors[1] is x
            contexts.append(ctx)
            return 2 * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            nothing, x = ctx.saved_tensors
            assert nothing is None
            return 2 * g + 0 * x

    x = _x(1.0, 2.0).requires_grad_()
    y = Twice.apply(x)
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    Twice.apply(x)  # its graph is freed at once
    for ctx in contexts:
        with pytest.raises(RuntimeError, match="was dropped with the graph, or by backward"):
            _ = ctx.saved_tensors


def test_transforms_of_a_constant() -> None:
    def constant(x: Any) -> Any:
        return xp.ones(3)

    x = _x(1.0, 2.0)
    assert xp.func.vjp(constant, x)[1](xp.ones(3))[0].tolist() == [0.0, 0.0]
    assert xp.func.jvp(constant, (x,), (x,))[1].tolist() == [0.0, 0.0, 0.0]
    assert xp.autograd.check_grads(constant, [x], order=2) is None


class SumOfSquares(xp.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, scale: float = 1.0) -> Any:
        ctx.save_for_backward(x)
        ctx.scale = scale
        return (x * x).sum() * scale

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        g.mul_(ctx.scale)  # it is a tensor like others
        return xp.where(g > 0, g, g) * 2 * ctx.saved_tensors[0], None


def test_function_of_a_scalar_whose_cotangent_was_computed() -> None:
    """The engine's cotangents are then NumPy scalars."""
    x = _x(1.0, 2.0).requires_grad_()
    (SumOfSquares.apply(x) / 4).backward()
    assert x.grad.tolist() == [0.5, 1.0]


def test_function_with_arguments_by_name() -> None:
    x = _x(1.0, 2.0).requires_grad_()
    SumOfSquares.apply(x, scale=3.0).backward()
    SumOfSquares.apply(scale=3.0, x=x).backward()
    assert x.grad.tolist() == [12.0, 24.0]

    class Named(SumOfSquares):
        @staticmethod
        def forward(ctx: Any, x: Any, scale: float = 1.0, *, flag: bool = False) -> Any:
            return SumOfSquares.forward(ctx, x, scale)

    assert Named.apply(x, scale=2.0).item() == 10.0
    with pytest.raises(TypeError, match=r"Named.apply\(\): forward takes flag by name only"):
        Named.apply(x, flag=True)
    with pytest.raises(TypeError, match=r"SumOfSquares.apply\(\): got an unexpected keyword argument 'size'"):
        SumOfSquares.apply(x, size=3.0)


def test_function_with_results_that_are_no_tensors() -> None:
    class Parts(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return "name", x * 2, None, x * 3

        @staticmethod
        def backward(ctx: Any, *gs: Any) -> Any:
            assert [g is None for g in gs] == [True, False, True, False]
            return gs[1] * 2 + gs[3] * 3

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            return None, t * 2, None, t * 3

    x = _x(1.0).requires_grad_()
    name, y, nothing, z = Parts.apply(x)
    assert (name, nothing) == ("name", None)
    (y * z).backward()
    assert x.grad.tolist() == [12.0]
    assert xp.func.jvp(lambda x: Parts.apply(x)[3], (_x(1.0),), (_x(1.0),))[1].tolist() == [3.0]
    with pytest.raises(TypeError, match="must give a Tensor"):
        type("Empty", (Parts,), {"forward": staticmethod(lambda ctx, x: [x])}).apply(x)


def test_function_marks() -> None:
    class Marks(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.mul_(2)
            order = xp.argsort(x)
            ctx.mark_dirty(x)
            ctx.mark_non_differentiable(order)
            return x, order

        @staticmethod
        @xp.autograd.once_differentiable
        def backward(ctx: Any, g: Any, _: Any) -> Any:
            return g * 2

    x = _x(2.0, 1.0).requires_grad_()
    y = x * 1
    out, order = Marks.apply(y)
    assert out is y
    assert y.tolist() == [4.0, 2.0]
    assert not order.requires_grad
    (g,) = xp.autograd.grad(y.sum(), x, create_graph=True)
    assert g.tolist() == [2.0, 2.0]
    seed = xp.ones_like(y).requires_grad_()
    (g,) = xp.autograd.grad(Marks.apply(x * 1)[0], x, seed, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        g.sum().backward()


@pytest.mark.parametrize("tracked", [False, True])
def test_a_function_has_to_give_what_it_wrote_into(tracked: bool) -> None:
    class Dirty(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x.mul_(3))
            return x * 2

    with pytest.raises(RuntimeError, match=r"Dirty\.forward must give what it marked as dirty"):
        Dirty.apply(xp.ones(2, requires_grad=tracked) * 1)


class Giving(xp.autograd.Function):
    """Returns its argument, differentiable or not."""

    @staticmethod
    def forward(ctx: Any, x: Any, differentiable: bool) -> Any:
        if not differentiable:
            ctx.mark_non_differentiable(x)
        return x * 2, x

    @staticmethod
    def backward(ctx: Any, g: Any, _: Any) -> Any:
        return g * 2, None


@pytest.mark.parametrize("leaf", [False, True])
def test_an_argument_that_a_function_gives_back_has_no_gradient_if_it_says_so(leaf: bool) -> None:
    x = xp.ones(2, requires_grad=True)
    double, same = Giving.apply(x if leaf else x * 1, False)
    assert (same.requires_grad, same.grad_fn) == (False, None)
    (double + same).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_an_argument_that_a_function_gives_back_where_nothing_is_recorded() -> None:
    """It is another tensor on the same memory, without history, as in PyTorch."""
    x, w = xp.ones(2), xp.ones(2, requires_grad=True)
    with xp.no_grad():
        of_tracked = Giving.apply(w, True)[1]
    assert (of_tracked.requires_grad, w.requires_grad) == (False, True)
    same = Giving.apply(x, True)[1]
    same += 1
    assert x.tolist() == [2.0, 2.0]
    same.requires_grad_()
    assert not x.requires_grad


@pytest.mark.parametrize("write", ["feature += 1", "feature[0] = 0", "reversed_.mul_(5)"])
@pytest.mark.parametrize("forward", [lambda ctx, x: x, lambda ctx, x: x.view_as(x), lambda ctx, x: x[:]])
def test_writes_beside_a_function_that_gives_its_argument_back(forward: Any, write: str) -> None:
    class Reverse(xp.autograd.Function):
        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return -g

    Reverse.forward = staticmethod(forward)
    x = _x(1.0, 1.0).requires_grad_()
    feature = x * 2
    reversed_ = Reverse.apply(feature)
    exec(write)
    scale = 5 if "mul" in write else 1
    assert reversed_.tolist() == [2.0 * scale] * 2
    reversed_.sum().backward()
    assert x.grad.tolist() == [-2.0 * scale] * 2


def _giving(given: Any) -> Any:
    """A Function named Wrong, whose backward returns what it is told to."""

    class Wrong(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return given

    return Wrong


@pytest.mark.parametrize(("given", "error"), [((), RuntimeError), (1.0, TypeError)])
def test_function_with_a_wrong_backward(given: Any, error: type) -> None:
    with pytest.raises(error, match=r"Wrong\.backward"):
        _giving(given).apply(_x(1.0).requires_grad_()).sum().backward()


@pytest.mark.parametrize("shape", [(2, 3), (1, 3), (3, 1)])
@pytest.mark.parametrize("given", [(3, 2), (3,), (4, 1, 3), ()])
def test_function_with_a_gradient_of_a_wrong_shape(shape: tuple[int, ...], given: tuple[int, ...]) -> None:
    wrong = _giving(xp.ones(given, dtype=F64))
    x = xp.ones(shape, dtype=F64, requires_grad=True)
    before = len(given) - len(shape)
    if before >= 0 and all(n in (1, m) for n, m in zip(shape, given[before:], strict=True)):  # it may have been broadcast
        wrong.apply(x).sum().backward()
        assert x.grad.tolist() == np.full(shape, math.prod(given) / math.prod(shape)).tolist()
    else:
        with pytest.raises(RuntimeError, match=r"Wrong\.backward gave an invalid gradient at index 0"):
            wrong.apply(x).sum().backward()
        assert x.grad is None


def test_function_with_a_context_of_its_own() -> None:
    class Scale(xp.autograd.Function):
        @staticmethod
        def forward(x: Any, n: int) -> Any:
            return x * n

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.n = inputs[1]
            ctx.save_for_backward(output)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.n * ctx.saved_tensors[0], None, None  # extra Nones are allowed

    x = _x(1.0, 2.0).requires_grad_()
    Scale.apply(x, 3).sum().backward()
    assert x.grad.tolist() == [9.0, 18.0]


def test_what_a_function_keeps_is_freed_without_the_collector() -> None:
    class Keep(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.mul_(3)
            ctx.mark_dirty(x)
            ctx.kept = Kept()
            kept.append(weakref.ref(ctx.kept))
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 3

    class Kept:
        pass

    kept: list[Any] = []
    x = _x(1.0).requires_grad_()
    gc.disable()
    try:
        Keep.apply(x * 1).sum().backward()
        assert kept[0]() is None
    finally:
        gc.enable()


def test_forward_mode_through_a_backward_outside_of_the_tape() -> None:
    class Outside(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return xp.sin(x)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return xp.cos(x.detach()) * g.detach()

    x = xp.asarray([1.0, 2.0])
    assert xp.func.jacrev(Outside.apply)(x).shape == (2, 2)
    with pytest.raises(RuntimeError, match=r"OutsideBackward: forward mode .* jvp\(ctx"):
        xp.func.jacfwd(Outside.apply)(x)


def test_function_that_writes_into_a_leaf_or_gives_integers() -> None:
    class Write(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.mul_(3)
            ctx.mark_dirty(x)
            return x

    x = _x(1.0).requires_grad_()
    with pytest.raises(RuntimeError, match=r"Write\(\): a leaf Variable"):
        Write.apply(x)
    assert x.is_leaf

    class Order(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2, xp.argsort(x)

    values, order = Order.apply(_x(2.0, 1.0).requires_grad_())
    assert (values.requires_grad, order.requires_grad) == (True, False)


def test_a_saved_tensor_written_into_leaves_the_memory_it_was_saved_from() -> None:
    kept = []

    class Twice(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            kept.extend(ctx.saved_tensors)
            return g * 2

    base = _x(1.0, 2.0, 3.0).requires_grad_() * 1
    Twice.apply(base[1:]).sum().backward()
    with xp.no_grad():
        kept[0] += 5
    assert kept[0].tolist() == [7.0, 8.0]
    assert base.tolist() == [1.0, 2.0, 3.0]


def test_a_function_that_is_given_none_for_what_nothing_was_computed_from() -> None:
    class Two(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, materialize: bool) -> Any:
            ctx.set_materialize_grads(materialize)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            seen.append(h if h is None else h.tolist())
            return g * 2, None

    seen: list[Any] = []
    for materialize in (True, False):
        x = xp.ones(2, requires_grad=True)
        Two.apply(x, materialize)[0].sum().backward()
        assert x.grad.tolist() == [2.0, 2.0]
    assert seen == [[0.0, 0.0], None]


@pytest.mark.parametrize("differentiate", ["jvp", "linearize", "jacfwd", "jvp of grad", "of None"])
def test_forward_mode_of_a_function_of_which_a_result_is_not_used(differentiate: str) -> None:
    class Two(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            return x * 2, y * 3, xp.argmax(x)

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any, _: Any) -> Any:
            return 2 * g, 3 * h

    class Unfilled(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            assert h is None
            return 2 * g

    def first(x: Any, y: Any) -> Any:
        return Two.apply(x, y)[0].sum()

    x, y = xp.ones(2), xp.ones(2)
    if differentiate == "jvp":
        assert [part.item() for part in xp.func.jvp(first, (x, y), (x, y))] == [4.0, 4.0]
    elif differentiate == "linearize":
        assert xp.func.linearize(first, x, y)[1](x, y).item() == 4.0
    elif differentiate == "of None":
        assert xp.func.jvp(lambda x: Unfilled.apply(x)[0].sum(), (x,), (x,))[1].item() == 4.0
    elif differentiate == "jacfwd":
        assert xp.func.jacfwd(first)(x, y).tolist() == [2.0, 2.0]
    else:
        assert xp.func.jvp(xp.func.grad(lambda x: first(x * x, y)), (x,), (x,))[1].tolist() == [4.0, 4.0]


class Cube(xp.autograd.Function):
    """A Function that writes to the tensor it is lent."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g.mul_(3 * x * x)

    @staticmethod
    def jvp(ctx: Any, t: Any) -> Any:
        (x,) = ctx.saved_tensors
        return t.mul_(3 * x * x)


def test_writing_into_cotangents_and_tangents_changes_no_others() -> None:
    def f(x: Any) -> Any:
        u = x * 1.0
        y = u * 1.0 + Cube.apply(u)
        return (y * y).sum()

    x = _x(1.0, 2.0)
    assert xp.func.grad(f)(x).tolist() == [16.0, 260.0]
    assert xp.func.hessian(f)(x).tolist() == [[56.0, 0.0], [0.0, 578.0]]
    w = _x(1.0, 2.0).requires_grad_()
    assert xp.autograd.grad(f(w), w, create_graph=True)[0].tolist() == [16.0, 260.0]
    for create_graph in (False, True):
        seed = xp.ones(2, dtype=F64)
        assert xp.autograd.grad(Cube.apply(w), w, seed, create_graph=create_graph)[0].tolist() == [3.0, 12.0]
        assert seed.tolist() == [1.0, 1.0]
    _, push = xp.func.linearize(lambda x: Cube.apply(x) + x, x)
    t = xp.ones(2, dtype=F64)
    assert [push(t).tolist(), t.tolist(), push(t).tolist()] == [[4.0, 13.0], [1.0, 1.0], [4.0, 13.0]]


@pytest.mark.parametrize("create_graph", [False, True])
def test_writing_into_parts_that_were_lent_changes_no_others(create_graph: bool) -> None:
    """A part of a memory may be in use elsewhere, even if no other tensor on the memory is left."""
    kept: list[Any] = []

    class Keeps(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            kept.append(g)
            return g * 2

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            kept.append(t)
            return t * 2

    x, seed, tangent = xp.ones(2, 3, requires_grad=True), xp.ones(3, 2), xp.ones(3, 2)
    state = xp.ones(4, requires_grad=True) * 1
    xp.autograd.grad(Keeps.apply(x).mT, x, seed, create_graph=create_graph)
    xp.func.jvp(lambda x: Keeps.apply(x.mT), (xp.ones(3, 2),), (tangent,))
    kept += xp.func.value_and_grad(lambda x: (x.sum(), [state[1:], state.reshape(2, 2)]), has_aux=True)(xp.ones(2))[0][1]
    assert len(kept) == 4
    with xp.no_grad():
        for part in kept:
            part *= 100
    assert [(a == 1).all().item() for a in (seed, tangent, state)] == [True] * 3


@pytest.mark.parametrize("create_graph", [False, True])
def test_writing_into_what_a_hook_gave_or_was_seeded_with(create_graph: bool) -> None:
    a, b = _x(1.0).requires_grad_(), _x(1.0).requires_grad_()
    given, second = _x(5.0), b * 1
    y = a * 1 + second
    y.register_hook(lambda g: given)
    second.register_hook(lambda g: given.mul_(100.0) and None)
    assert [g.item() for g in xp.autograd.grad(y, [a, b], create_graph=create_graph)] == [5.0, 5.0]
    seed, z = _x(1.0), b * 3
    z.register_hook(lambda g: seed.mul_(50.0) and None)
    assert xp.autograd.grad(z, b, seed, create_graph=create_graph)[0].item() == 3.0


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("where", ["Function", "hook"])
def test_a_gradient_that_was_given_from_a_buffer_used_again(where: str, create_graph: bool) -> None:
    buffers = xp.zeros(2, 3)
    buffer = buffers[0]  # its memory is shared, and the tape does not check it twice in a row

    def in_buffer(g: Any, k: float) -> Any:
        with xp.no_grad():
            buffer[...] = g * k
        return buffer

    class Times(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, k: float) -> Any:
            ctx.k = k
            return x * k

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return in_buffer(g, ctx.k), None

    def times(x: Any, k: float) -> Any:
        if where == "Function":
            return Times.apply(x, k)
        y = x + 0  # its gradient passes through unchanged
        y.register_hook(lambda g: in_buffer(g, k))
        return y

    a, b = xp.ones(3, requires_grad=True), xp.ones(3, requires_grad=True)
    ones = a * 1, b * 1  # before the others, so that both gradients are present at once
    out = (times(ones[0], 2.0) + times(ones[1], 5.0)).sum()
    assert [g.tolist() for g in xp.autograd.grad(out, [a, b], create_graph=create_graph)] == [[2.0] * 3, [5.0] * 3]


def test_what_a_function_may_save() -> None:
    class Wrong(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, method: str) -> Any:
            getattr(ctx, method)(3)
            return x * 2

    for method in ("save_for_backward", "mark_dirty", "mark_non_differentiable"):
        with pytest.raises(TypeError, match=rf"{method}\(\): expected Tensors, got int"):
            Wrong.apply(xp.ones(2, requires_grad=True), method)


def test_a_backward_that_cannot_be_differentiated_says_so_where_its_cotangent_is_constant() -> None:
    class Square(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        @xp.autograd.once_differentiable
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * ctx.saved_tensors[0] * g

    x = xp.asarray([1.0, 3.0])
    assert xp.func.grad(lambda x: Square.apply(x).sum())(x).tolist() == [2.0, 6.0]
    with pytest.raises(RuntimeError, match="once_differentiable"):
        xp.func.hessian(lambda x: Square.apply(x).sum())(x)
    with pytest.raises(RuntimeError, match=r"once_differentiable; forward mode .* unless the Function has a jvp"):
        xp.func.jvp(Square.apply, (x,), (x,))


# --- checks ---


def test_gradcheck_finds_a_wrong_rule() -> None:
    x = _x(0.4, 0.6).requires_grad_()
    assert xp.autograd.gradcheck(lambda x: x**3, x, check_forward_ad=True)
    assert xp.autograd.gradcheck(lambda x: x**3, x, fast_mode=True, check_forward_ad=True)
    assert xp.autograd.gradgradcheck(lambda x: x**3, x)
    for how in ({}, {"fast_mode": True}):
        with pytest.raises(xp.autograd.GradcheckError, match=r"analytic .* numeric"):
            xp.autograd.gradcheck(lambda x: x.detach() * x, x, **how)
        assert not xp.autograd.gradcheck(lambda x: x.detach() * x, x, raise_exception=False, **how)
    with pytest.raises(xp.autograd.GradcheckError):
        xp.autograd.gradgradcheck(lambda x: x.detach() ** 2 * x, x)
    with pytest.raises(ValueError, match="gradient"):
        xp.autograd.gradcheck(lambda x: x, x.detach())


def test_gradgradcheck_looks_at_the_cotangent_too() -> None:
    class Detached(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g.detach() * 2 * ctx.saved_tensors[0]

    x = _x(0.3, 0.7).requires_grad_()
    assert xp.autograd.gradgradcheck(lambda x: x**2, x)
    with pytest.raises(xp.autograd.GradcheckError, match="input 1"):
        xp.autograd.gradgradcheck(Detached.apply, x)
    with pytest.raises(TypeError, match="must give a Tensor or a sequence of them, got str"):
        xp.autograd.gradcheck(lambda x: {"y": x}, x)


def test_check_grads_of_complex_and_float32() -> None:
    z = xp.asarray([1 + 2j, -0.5 + 0.3j], dtype=xp.complex128)
    xp.autograd.check_grads(lambda z: (xp.abs(z) ** 2, xp.exp(z)), z)
    xp.autograd.check_grads(xp.sin, xp.asarray([0.3, 0.4]), order=1, atol=1e-2, rtol=1e-2)


@pytest.mark.parametrize(("how", "error"), [({"modes": ("bwd",)}, ValueError), ({"tolerance": 1e-2}, TypeError)])
def test_check_grads_refuses_what_it_does_not_know(how: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"check_grads\(\).*(bwd|tolerance)"):
        xp.autograd.check_grads(xp.sin, xp.asarray([0.3, 0.4]), **how)


# --- hooks ---


def test_hooks() -> None:
    x = _x(1.0, 2.0).requires_grad_()
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    handle = y.register_hook(lambda g: g * 10)
    y.retain_grad()
    (y * y).sum().backward(retain_graph=True)
    assert seen == [[6.0, 12.0]]
    assert y.grad.tolist() == [60.0, 120.0]
    assert x.grad.tolist() == [180.0, 360.0]
    handle.remove()
    handle.remove()
    x.grad = None
    (y * y).sum().backward()
    assert x.grad.tolist() == [18.0, 36.0]
    with pytest.raises(RuntimeError, match="hook"):
        _x(1.0).register_hook(lambda g: g)
    for wrong in (lambda g: g[None], lambda g: g.float()):
        z = _x(1.0).requires_grad_()
        z.register_hook(wrong)
        with pytest.raises(RuntimeError, match=r"must give None or a Tensor of shape \(1,\) and dtype arrayad.float64"):
            (z * 1).sum().backward()


@pytest.mark.parametrize("free", [lambda x: x.requires_grad_(False), lambda x: x.detach_()])
def test_a_leaf_that_for_a_time_requires_no_gradient_keeps_its_hooks_and_graphs(free: Any) -> None:
    x = _x(1.0).requires_grad_()
    x.register_hook(lambda g: g * 10)
    older = (x * 2).sum()
    free(x)
    assert not (x * 2).requires_grad
    x.requires_grad_()
    (x * 3).sum().backward()
    assert x.grad.tolist() == [30.0]
    assert xp.autograd.grad(older, x)[0].tolist() == [20.0]
    free(x).unsqueeze_(0).requires_grad_()  # of another shape, to which those graphs do not refer
    assert xp.autograd.grad((x * 4).sum(), x)[0].tolist() == [[40.0]]
    free(x).mul_(_x(1.0).requires_grad_()).detach_().requires_grad_()  # the tensor computed in between has no hooks
    assert xp.autograd.grad((x * 4).sum(), x)[0].tolist() == [[4.0]]


@pytest.mark.parametrize("change", [lambda x: x.t_(), lambda x: x.unsqueeze_(0)])
def test_a_hook_is_taken_from_a_leaf_of_another_form(change: Any) -> None:
    x = xp.ones(2, 3, requires_grad=True)
    handle = x.register_hook(lambda g: g * 10)
    with xp.no_grad():
        change(x)
    handle.remove()
    x.sum().backward()
    assert (x.grad == 1).all()


def test_a_retained_gradient() -> None:
    """It comes once, after all hooks, and is the gradient of the tensor's value, even if that is overwritten since."""

    def retaining() -> xp.Tensor:
        y = _x(1.0, 2.0).requires_grad_() * 2
        y.retain_grad()
        return y

    y = retaining()
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    assert y.grad.tolist() == [10.0, 10.0]
    y = retaining()
    (y * 3).sum().backward(inputs=[y])
    assert y.grad.tolist() == [3.0, 3.0]
    y = retaining()
    v = y[:1]
    v.retain_grad()
    y.mul_(3)
    (y.sum() + v.sum() * 4).backward()
    assert (y.grad.tolist(), v.grad.tolist()) == ([5.0, 1.0], [4.0])
    y = retaining()
    y[0] = 5.0
    y.sum().backward()
    assert y.grad.tolist() == [1.0, 1.0]


# --- checkpoints ---


def test_checkpoint_gives_the_same_and_keeps_less() -> None:
    w = xp.randn(4, 4, dtype=F64, requires_grad=True)
    x = xp.randn(4, 4, dtype=F64, requires_grad=True)

    def f(x: xp.Tensor) -> xp.Tensor:
        h = xp.tanh(x @ w) * xp.rand(4, 4, dtype=F64)
        return xp.linalg.svd(h @ h.mT + xp.eye(4, dtype=F64)).S.sum() + xp.exp(h).sum()

    state = xp.random.get_state()
    expected = xp.autograd.grad(f(x), [x, w])
    xp.random.set_state(state)
    out = checkpoint(f, x)
    kept = [part for node in _nodes(out) if isinstance(node.saved, tuple) for part in node.saved]
    assert not any(hasattr(part, "dtype") for part in kept)
    after = xp.rand(1)
    found = xp.autograd.grad(out, [x, w])
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a.numpy(force=True), b.numpy(force=True))
    xp.random.set_state(state)
    f(x)
    assert xp.rand(1).item() == after.item()  # backward left the generator as it was


def _nodes(x: xp.Tensor) -> list[Any]:
    found, stack = [], [x._node]
    while stack:
        node = stack.pop()
        found.append(node)
        stack += [edge for edge in node.edges if edge is not None]
    return found


def test_checkpoint_survives_writing_over_its_argument() -> None:
    x = _x(1.0, 2.0).requires_grad_()
    y = x * 1
    out = checkpoint(lambda y: (y**3).sum(), y)
    y.zero_()
    out.backward()
    assert x.grad.tolist() == [3.0, 12.0]


@pytest.mark.host_memory
def test_checkpoint_of_an_argument_that_was_written_over_where_it_could_not_be_kept() -> None:
    y = _x(1.0, 2.0)
    memory = y.numpy()
    out = checkpoint(lambda w, y: (w + y).exp().sum(), _x(1.0, 2.0).requires_grad_(), y)
    y += 1
    assert memory.tolist() == [2.0, 3.0]
    with pytest.raises(
        RuntimeError, match=r"an argument has been modified by an inplace operation .* add_ made its version 1"
    ):
        out.backward()


def test_checkpoint_of_a_function_that_writes_into_its_arguments() -> None:
    def f(y: xp.Tensor, b: xp.Tensor) -> xp.Tensor:
        y.mul_(3)
        b += 1
        return xp.exp(y) * b

    expected, found = _x(1.0, 2.0).requires_grad_(), _x(1.0, 2.0).requires_grad_()
    f(expected * 1, _x(0.0, 1.0)).sum().backward()
    checkpoint(f, found * 1, _x(0.0, 1.0)).sum().backward()
    assert found.grad.tolist() == expected.grad.tolist()


@pytest.mark.host_memory
def test_checkpoint_of_a_function_that_writes_where_it_could_not_be_kept() -> None:
    def f(y: xp.Tensor, w: xp.Tensor) -> xp.Tensor:
        with xp.no_grad():
            y.mul_(2)
        return (xp.sin(y) * w).sum()

    out = checkpoint(f, xp.from_numpy(np.asarray([1.0, 2.0])), _x(1.0, 2.0).requires_grad_())
    with pytest.raises(RuntimeError, match="an argument has been modified by an inplace operation"):
        out.backward()


def test_checkpoint_of_a_function_that_writes_into_two_memories() -> None:
    x = _x(1.0, 2.0).requires_grad_()
    a, b = x * 1, x * 1
    views = a[:1], b[:1]
    y = checkpoint(lambda a, b: a.mul_(2) * b.mul_(3), a, b)
    y.sum().backward()
    assert (y.tolist(), x.grad.tolist()) == ([6.0, 24.0], [12.0, 24.0])
    assert [view.tolist() for view in views] == [[2.0], [3.0]]


def test_checkpoint_of_a_function_that_writes_into_memory_of_two_arguments() -> None:
    def f(a: Any, b: Any) -> Any:
        a.mul_(2.0)
        return a * b

    expected, found = _x(1.0, 2.0).requires_grad_(), _x(1.0, 2.0).requires_grad_()
    x, y = expected * 3, found * 3
    f(x, x).sum().backward()
    checkpoint(f, y, y).sum().backward()
    assert found.grad.tolist() == expected.grad.tolist() == [72.0, 144.0]
    for make in (lambda x: x[:1], lambda x: x.detach(), lambda x: x.reshape((2, 1))):
        x = _x(1.0, 2.0).requires_grad_() * 3
        with pytest.raises(RuntimeError, match="writes into memory that two of its arguments share"):
            checkpoint(f, x, make(x))
        checkpoint(xp.add, x, make(x)).sum().backward()


@pytest.mark.host_memory  # its parts can be told apart
def test_checkpoint_of_a_function_that_writes_into_parts_of_one_memory() -> None:
    statistics = xp.zeros(2, dtype=F64)

    def normalized(x: Any, mean: Any, count: Any) -> Any:
        with xp.no_grad():
            mean.copy_(x.mean())
            count.add_(1)
        return ((x - mean) * count).sum()

    x = _x(2.0, 4.0).requires_grad_()
    checkpoint(normalized, x, statistics[0], statistics[1]).backward()  # of one memory, but other parts of it
    assert x.grad.tolist() == [1.0, 1.0]
    with xp.no_grad():  # where nothing is recomputed
        assert checkpoint(lambda a, b: a.mul_(2) * b, statistics, statistics[:1]).tolist() == [36.0, 12.0]


def test_checkpoint_keeps_what_is_in_containers() -> None:
    x = _x(1.0, 2.0).requires_grad_()
    y = checkpoint(lambda given, *, other: xp.sin(given["x"][0]) * other[0], {"x": [x]}, other=(x,))
    with xp.no_grad():
        x.mul_(5)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(force=True), np.sin([1, 2]) + np.cos([1, 2]) * [1, 2])


def test_checkpoints_in_one_another() -> None:
    expected, found = _x(1.0, 2.0).requires_grad_(), _x(1.0, 2.0).requires_grad_()
    xp.exp(xp.sin(expected) * xp.cos(expected)).sum().backward()

    def inner(v: xp.Tensor) -> xp.Tensor:
        return checkpoint(xp.sin, v) * xp.cos(v)

    out = checkpoint(lambda x: xp.exp(checkpoint(inner, x)), found).sum()
    out.backward(retain_graph=True)
    assert found.grad.tolist() == expected.grad.tolist()
    out.backward()
    assert found.grad.tolist() == (expected.grad * 2).tolist()


def _dropped(x: xp.Tensor) -> xp.Tensor:
    """Its gradient at ones is its own value, if it is differentiated with the numbers that it was made with."""
    for _ in range(3):
        x = x * xp.rand(20, dtype=F64)
        time.sleep(0.001)  # other threads' turn
    return x


def test_checkpoints_of_random_numbers_in_several_threads_at_once() -> None:
    given = [xp.ones(20, dtype=F64, requires_grad=True) for _ in range(4)]
    out = [checkpoint(lambda x: checkpoint(_dropped, x) * xp.rand(20, dtype=F64), x) for x in given]
    state = xp.random.get_state()
    following = xp.rand(5).tolist()
    xp.random.set_state(state)
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(y.sum().backward) for y in out]:
            done.result()
    for x, y in zip(given, out, strict=True):
        np.testing.assert_allclose(x.grad.numpy(force=True), y.numpy(force=True))
    assert xp.rand(5).tolist() == following


@pytest.mark.parametrize(
    "draw",
    [
        lambda: xp.rand(3, dtype=F64, generator=default_generator()),
        lambda: ThreadPoolExecutor(1).submit(xp.rand, 3, dtype=F64).result(),
        lambda: (xp.manual_seed(3), xp.rand(3, dtype=F64))[1],
    ],
    ids=["generator", "thread", "seed"],
)
def test_checkpoint_draws_again_what_was_drawn(draw: Any) -> None:
    x = xp.ones(3, dtype=F64, requires_grad=True)
    y = checkpoint(lambda x: x * draw() * x, x)
    state = xp.random.get_state()
    following = xp.rand(3).tolist()
    xp.random.set_state(state)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(force=True), 2 * y.numpy(force=True))
    assert xp.rand(3).tolist() == following


def test_checkpoint_that_does_not_set_random_numbers_back() -> None:
    x = _x(1.0, 2.0).requires_grad_()
    drawn = []

    def noisy(x: Any) -> Any:
        drawn.append(xp.rand(2, dtype=x.dtype))
        return x * x * drawn[-1]

    checkpoint(noisy, x, preserve_rng_state=False).sum().backward()
    first, second = drawn
    assert first.tolist() != second.tolist()
    np.testing.assert_allclose(x.grad.tolist(), (2 * x * second).tolist())


def test_checkpoint_of_what_changes() -> None:
    calls = []

    def f(x: xp.Tensor) -> xp.Tensor:
        calls.append(1)
        return xp.sin(x) if len(calls) == 1 else xp.exp(x)

    with pytest.raises(RuntimeError, match="did not do the same"):
        checkpoint(f, _x(1.0).requires_grad_()).backward()


def test_a_checkpoint_with_results_in_containers() -> None:
    calls = []

    def f(w: Any) -> Any:
        calls.append(1)
        return {"a": [w.exp().sin()]}

    w = _x(1.0, 2.0).requires_grad_()
    checkpoint(f, w)["a"][0].sum().backward()
    assert len(calls) == 2
    np.testing.assert_allclose(w.grad.numpy(force=True), np.cos(np.exp([1.0, 2.0])) * np.exp([1.0, 2.0]))


# --- anomaly detection ---


def test_anomaly_names_the_line_of_the_forward() -> None:
    x = xp.asarray(-1.0).requires_grad_()
    with xp.autograd.detect_anomaly(), np.errstate(invalid="ignore"):
        y = xp.sqrt(x)  # here
        with pytest.raises(RuntimeError, match="SqrtBackward0 returned nan") as caught:
            y.backward()
    (note,) = caught.value.__notes__
    assert "y = xp.sqrt(x)  # here" in note
    assert not hasattr((x * 1)._node, "where")


def test_anomaly_is_looked_for_in_the_block_alone_and_as_often_as_it_is_entered() -> None:
    look = xp.autograd.detect_anomaly()
    x = xp.asarray(1.0).requires_grad_()
    assert not hasattr((x * 1)._node, "where")
    for _ in range(2):
        with look, look:
            assert hasattr((x * 1)._node, "where")
        assert not hasattr((x * 1)._node, "where")


def test_anomaly_in_operations_on_sequences_and_functions() -> None:
    spoil = _giving(_x(math.nan))
    with xp.autograd.detect_anomaly():
        for function, name in ((spoil.apply, "WrongBackward"), (lambda x: xp.concat([x]) * math.nan, "MulBackward0")):
            with pytest.raises(RuntimeError, match=f"{name} returned nan"):
                function(_x(1.0).requires_grad_() * 3).sum().backward()


@pytest.mark.host_memory
def test_anomaly_names_who_saved_and_who_wrote() -> None:
    x = _x(1.0, 2.0).requires_grad_()
    other = x.detach().clone()
    other.numpy(force=True)
    with xp.autograd.set_detect_anomaly(True):
        out = (x * other).sum()  # saving
        other.add_(1)  # writing
        with pytest.raises(RuntimeError, match=r"other\.add_\(1\)  # writing") as caught:
            out.backward()
    assert "# saving" in caught.value.__notes__[0]


# --- pictures ---


def test_bytes_of_what_a_function_saves() -> None:
    class Square(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

    y = Square.apply(xp.ones(100).requires_grad_())
    assert "saves 400 bytes" in str(xp.autograd.graph(y))


def test_picture() -> None:
    x = _x(1.0, 2.0).requires_grad_()
    picture = xp.autograd.graph(xp.linalg.eigh(xp.linalg.outer(x, x)).eigenvalues.sum())
    for name in ("SumBackward0", "LinalgEighBackward0", "OuterBackward0", "leaf", "2×2", "saves"):
        assert name in picture.dot
        assert name in picture.svg
    assert picture._repr_svg_() == picture.svg
    assert ElementTree.fromstring(picture.svg).tag.endswith("svg")
    with pytest.raises(RuntimeError, match="no graph"):
        xp.autograd.graph(x.detach())


def test_an_argument_that_is_given_another_form() -> None:
    v = _x(1.0, 2.0, 3.0, 4.0).reshape(2, 2)

    def f(x: xp.Tensor) -> xp.Tensor:
        with xp.no_grad():
            x.t_()
        return (x * v).sum()

    assert (
        xp.func.jvp(f, (xp.asarray(v, copy=True),), (v,))[1].item() == (xp.func.grad(f)(xp.asarray(v, copy=True)) * v).sum()
    )
