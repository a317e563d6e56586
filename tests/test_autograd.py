"""The tape and its engine: accumulation, freeing, depth, threads, modes and errors."""

from __future__ import annotations

import array
import collections
import gc
import math
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import arrayad as xp

pytestmark = pytest.mark.any_backend


def test_gradients_add_up_and_keep_their_tensor() -> None:
    x = xp.ones(3, requires_grad=True)
    (x * 2).sum().backward()
    first = x.grad
    (x * 3).sum().backward()
    assert x.grad is first
    assert x.grad.tolist() == [5.0, 5.0, 5.0]


def test_gradients_do_not_share_memory() -> None:
    x, y = xp.ones(3, requires_grad=True), xp.ones(3, requires_grad=True)
    seed = xp.ones(3)
    (x + y).backward(seed)
    x.grad.zero_()
    assert y.grad.tolist() == seed.tolist() == [1.0, 1.0, 1.0]


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


@pytest.mark.parametrize("create_graph", [False, True])
def test_the_gradients_of_one_tensor_are_tensors_of_their_own(create_graph: bool) -> None:
    x = xp.ones(2, requires_grad=True)
    first, second = xp.autograd.grad((x * x).sum(), [x, x], create_graph=create_graph)
    assert first is not second
    first += 1
    assert (first.tolist(), second.tolist()) == ([3.0, 3.0], [2.0, 2.0])


def test_gradients_can_be_seen_flat() -> None:
    x = xp.ones(2, 3, requires_grad=True)
    (x.T * xp.reshape(xp.arange(6.0), (3, 2))).sum().backward()
    assert x.grad.view(-1).tolist() == [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]
    assert xp.ones(3).expand(2, 3).clone().view(-1).stride() == (1,)


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


def test_a_plain_backward_keeps_the_history_of_a_gradient() -> None:
    x = xp.asarray([1.0, 2.0]).requires_grad_()
    (x**3).sum().backward(create_graph=True)
    (x**2).sum().backward()
    assert xp.autograd.grad(x.grad.sum(), x)[0].tolist() == [6.0, 12.0]


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


@pytest.mark.parametrize("make", [xp.no_grad, xp.enable_grad, xp.inference_mode, lambda: xp.set_grad_enabled(False)])
@pytest.mark.parametrize("outside", [False, True])
def test_a_mode_is_entered_as_often_as_one_likes(make: Any, outside: bool) -> None:
    with xp.no_grad() if not outside else xp.enable_grad():
        mode = make()
        for _ in range(2):
            with mode:
                assert xp.is_grad_enabled() is (make is xp.enable_grad)
                with mode:
                    assert xp.is_grad_enabled() is (make is xp.enable_grad)
                assert xp.is_grad_enabled() is (make is xp.enable_grad)
            assert xp.is_grad_enabled() is outside
        assert mode(xp.is_grad_enabled)() is (make is xp.enable_grad)
        assert xp.is_grad_enabled() is outside


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


@pytest.mark.parametrize("mode", [xp.no_grad, xp.inference_mode])
@pytest.mark.parametrize(
    "function",
    [
        xp.sin, lambda x: x + x, lambda x: x * 0.8125, lambda x: 0.8125 * x, lambda x: x * xp.asarray(2), lambda x: xp.sum(x),
        lambda x: xp.permute_dims(x, (1, 0)), lambda x: xp.sum(x, axis=0), lambda x: xp.sum(x, axis=0, keepdims=True),
        lambda x: xp.unstack(x)[0], lambda x: xp.clip(x, x, 1.0), lambda x: xp.where(x > 0, x, x), lambda x: xp.where(x > 0, x, 1),
        lambda x: xp.concat([x, x]), lambda x: xp.concat([x, x], axis=1), lambda x: xp.mean(x, axis=0), lambda x: x[0],
        lambda x: x.detach().clone().add_(x),
    ],
)  # fmt: skip
def test_nothing_is_recorded_in_these_modes(mode: Any, function: Any) -> None:
    """On every call path, the first time an operation meets a dtype and later."""
    x = xp.ones(2, 3, requires_grad=True)
    for _ in range(2):
        with mode():
            assert not function(x).requires_grad


def test_the_grad_of_what_was_computed() -> None:
    x = xp.ones(2, requires_grad=True)
    x.retain_grad()  # allowed, and without effect, on a leaf
    y = x * 2
    y.sum().backward(retain_graph=True)
    assert x.grad.tolist() == [2.0, 2.0]
    with pytest.warns(UserWarning, match="adds up the gradients of leaves"):
        assert y.grad is None
    y.retain_grad()
    assert y.grad is None
    y.sum().backward()
    assert y.grad.tolist() == [1.0, 1.0]


def test_what_leads_to_no_input_is_not_computed() -> None:
    class Never(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            raise AssertionError

    older, x, newer = (xp.ones(2, requires_grad=True) for _ in range(3))
    for other in (older, newer):
        out = (Never.apply(other) * x).sum()
        assert xp.autograd.grad(out, x)[0].tolist() == [2.0, 2.0]


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


@pytest.mark.parametrize("convert", [lambda x: xp.asarray(x, copy=True), lambda x: x.astype(xp.float64), lambda x: x.to_device("cpu"), lambda x: xp.asarray(x), lambda x: xp.asarray(x, dtype=xp.float64)])  # fmt: skip
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
    assert xp.autograd.gradcheck(filled, (x * (1 + 2j)).requires_grad_())
    with pytest.raises(RuntimeError, match=r"arange\(\): a bound requires grad"):
        xp.arange(x.requires_grad_()[0], 4.0)


@pytest.mark.parametrize("convert", [float, complex, math.log, lambda y: np.zeros(1).__setitem__(0, y)])
def test_a_number_that_loses_its_history_is_warned_of(convert: Any) -> None:
    y = xp.tensor(2.0, requires_grad=True) * 3
    with pytest.warns(UserWarning, match=r"was converted to a number, which has no history") as seen:
        convert(y)
    assert [w.filename for w in seen] == [__file__]  # the line of the conversion
    with xp.no_grad():
        convert(y)
    convert(y.detach())
    assert (y.item(), int(y), bool(y), y.tolist(), f"{y:.1f}", f"{y}") == (6.0, 6, True, 6.0, "6.0", "6.0")  # asked for


def test_only_real_numbers_have_a_gradient_by_themselves() -> None:
    z = xp.asarray([1 + 2j]).requires_grad_()
    with pytest.raises(RuntimeError, match="only for real scalar outputs, but the dtype is complex64"):
        (z * z).sum().backward()
    with pytest.raises(RuntimeError, match="must be real"):
        xp.real(z).backward(xp.asarray([1j]))


def test_gradient_of_a_real_loss_of_complex_numbers() -> None:
    z = xp.asarray([1 + 2j, 3 - 1j]).requires_grad_()
    (xp.abs(z) ** 2).sum().backward()
    np.testing.assert_allclose(z.grad.numpy(force=True), 2 * z.numpy(force=True), rtol=1e-6)  # so descent is z - lr * z.grad


@pytest.mark.parametrize("function", [xp.sum, xp.prod, xp.cumulative_sum, xp.cumulative_prod])
def test_a_result_of_integers_has_no_gradient(function: Any) -> None:
    x = xp.ones(3, requires_grad=True)
    assert not function(x, dtype=xp.int64).requires_grad
    assert function(x, dtype=xp.float64).requires_grad
    assert not xp.where(x, 1, 0).requires_grad
    assert xp.where(x, x, 0).requires_grad


# --- how arguments are kept ---


def test_a_shape_may_be_of_any_kind_of_tuple() -> None:
    class Shape(tuple[int, ...]):
        """As PyTorch's."""

    assert xp.ones(4).reshape(Shape((2, 2))).shape == (2, 2)


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
    """Its elements count once per occurrence, also beside another use of the tensor."""
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


@pytest.mark.parametrize(("key", "later"), [([0, 1], 2), ([True, True, False], False)], ids=["integers", "mask"])
def test_a_key_that_is_written_into_later(key: Any, later: Any) -> None:
    """The tape has the key that was used, not its later state."""
    x = xp.asarray([1.0, 2.0, 3.0]).requires_grad_()
    index = xp.asarray(key)
    y = x[index]
    z = x * 1
    z[index] = 5.0
    index[0] = later
    (y.sum() + 10 * z.sum()).backward()
    assert x.grad.tolist() == [1.0, 1.0, 10.0]


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
