"""In-place operations: what the tape keeps, views and their bases, leaves, and memory that others see."""

from __future__ import annotations

import itertools
import math
import operator
import sys
import threading
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import arrayad as xp
from arrayad.autograd import tape
from arrayad.autograd.operation import operations
from arrayad.backends import backend_of

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.any_backend


def test_a_saved_value_survives_being_written_over() -> None:
    x = xp.asarray([1.0, 2.0]).requires_grad_()
    y = x * 1
    z = (y * y).sum()
    before = xp.autograd.copy_on_write_count()
    y.add_(10)
    assert xp.autograd.copy_on_write_count() == before  # nothing else sees the memory, so the result takes its place
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
        lambda x: x.__setitem__(0, x[1]),
        lambda x: x.__setitem__(slice(1, None), x[:-1]),
        lambda x: x.copy_(xp.flip(x)),
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
        (lambda x: x.addcmul_(xp.ones(3), xp.ones((4, 1)), value=2), 4.0),
        (lambda x: x.addcdiv_(xp.ones(3), xp.ones(()) * 2), 2.5),
        (lambda x: x.neg_(), -2.0),
        (lambda x: x.square_().sqrt_(), 2.0),
        (lambda x: x.maximum_(xp.ones(3) * 5), 5.0),
        (lambda x: x.lt_(3.0), 1.0),
    ],
)
def test_arithmetic_in_place_makes_no_other_array(write: Any, expected: float) -> None:
    x = xp.full((4, 3), 2.0)
    array = id(x._array)
    assert write(x) is x
    assert id(x._array) == array or "strict" in str(x.device)  # its functions take no array to write to
    assert (x == expected).all()


def _mask_of_all(x: xp.Tensor) -> xp.Tensor:
    return xp.ones_like(x, dtype=xp.bool)


@pytest.mark.host_memory  # which cannot move, so that nothing is copied for the key
def test_a_mask_of_the_memory_that_it_is_assigned_into() -> None:
    bits = np.random.default_rng(2).random(300) > 0.5
    x = xp.from_numpy(bits.copy())
    x[xp.flip(x)] = False
    assert x.tolist() == (bits & ~bits[::-1]).tolist()


@pytest.mark.parametrize("shared", [False, pytest.param(True, marks=pytest.mark.host_memory)])
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda x, f: x.__setitem__(_mask_of_all(x), f), [5.0, 4.0, 3.0, 2.0, 1.0, 0.0]),
        (lambda x, f: x.__setitem__(x >= 0, f), [5.0, 4.0, 3.0, 2.0, 1.0, 0.0]),
        (lambda x, f: x.copy_(f), [5.0, 4.0, 3.0, 2.0, 1.0, 0.0]),
        (lambda x, f: x[::2].copy_(x[:3]), [0.0, 1.0, 1.0, 3.0, 2.0, 5.0]),
        (lambda x, f: x[::2].__setitem__(..., x[:3]), [0.0, 1.0, 1.0, 3.0, 2.0, 5.0]),
        (lambda x, f: setattr(x[::2], "data", x[:3]), [0.0, 1.0, 1.0, 3.0, 2.0, 5.0]),
        (lambda x, f: x.__setitem__(slice(1, None), x[:-1]), [0.0, 0.0, 1.0, 2.0, 3.0, 4.0]),
    ],
)
def test_what_is_assigned_of_the_same_memory_is_read_first(
    write: Any, expected: list[float], before: bool, shared: bool
) -> None:
    array = np.arange(6.0)
    x = xp.from_numpy(array) if shared else xp.asarray(array.tolist())
    f = xp.flip(x)
    if before:  # so that the memory is known not to be saved
        x[0] = 0.0
    with xp.no_grad():
        write(x, f)
    assert x.tolist() == expected


def test_a_result_that_is_a_view_in_place() -> None:
    x = xp.asarray([1 + 1j, 2 + 0j])
    x.nan_to_num_()  # its parts are recombined, and viewed as complex numbers
    view = x[:1]
    x[0] = 9
    assert view.tolist() == [9]
    view[0] = 7
    assert x.tolist() == [7, 2]
    w = xp.asarray([1 + 1j, 2 + 0j]).requires_grad_()
    y = (w * 1).nan_to_num_()
    y[0:1].mul_(3.0)
    xp.real(y).sum().backward()
    assert w.grad.tolist() == [3, 1]
    w.grad = None
    out = xp.real(w * x).sum()
    x[0] = 50
    out.backward()
    assert w.grad.tolist() == [7, 2]


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
def test_exported_memory_that_a_function_saved() -> None:
    class Times(xp.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(y)
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.saved_tensors[0], None

    y = xp.from_numpy(np.ones(2, dtype=np.float32))
    z = Times.apply(xp.ones(2, requires_grad=True), y).sum()
    y += 1
    with pytest.raises(RuntimeError, match=r"TimesBackward saved it before version 1, which add_ made"):
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
    z = (w * x[1:3]).sum()  # only the node refers to the view's array
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


def test_parts_of_complex_numbers_are_assigned() -> None:
    z, x = xp.asarray([1 + 2j, 3 + 4j]), xp.asarray([1.0, 2.0])
    z.real, z.imag, x.real = xp.asarray([5.0, 6.0]), 0, 7.0
    assert (z.tolist(), x.tolist()) == ([5 + 0j, 6 + 0j], [7.0, 7.0])


def test_versions_are_shared_with_views() -> None:
    x = xp.zeros((2, 3))
    row = x[0]
    assert (x._version, row._version) == (0, 0)
    row += 1
    x.mul_(2)
    assert x._version == row._version == 2
    assert x.tolist() == [[2.0, 2.0, 2.0], [0.0, 0.0, 0.0]]
    assert row._base is x
    assert row[None]._base is x
    assert x.detach()._base is None
    assert xp.zeros((2, 3)).t_()._version == 1
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
        part.add_(0)  # from here on, consecutive writes do not check the tape
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
    for part in (base, base[:2]):
        part.add_(xp.zeros(1, dtype=xp.int64))  # has no history to record
    assert leaf.is_leaf
    assert leaf.requires_grad
    view = leaf[:2]
    k = xp.asarray(2.0).requires_grad_()
    base.add_(k)
    (view * xp.asarray([1.0, 2.0])).sum().backward()
    assert (view.tolist(), k.grad.item()) == ([2.0, 2.0], 3.0)
    view.mul_(k)  # it is now a part of its base's history
    base.sum().backward()
    assert (base.tolist(), k.grad.item()) == ([2.0, 4.0, 4.0, 2.0], 3.0 + 2 + 8)


def test_threads_write_into_rows_of_one_tensor(monkeypatch: pytest.MonkeyPatch) -> None:
    b = xp.zeros(2)
    backend = backend_of(b._array)
    assign, at_it = backend.setitem, threading.Event()

    def slowly(x: Any, key: Any, value: Any) -> None:
        if key == 0:
            at_it.set()
            time.sleep(0.2)  # as if an array is large, and another thread continues
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
    sys.setswitchinterval(1e-6)  # so that threads switch at most places, sooner or later
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


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("matrix_transpose", lambda x: x.mT), ("permute_dims", lambda x: xp.permute_dims(x, (1, 0))),
        ("permute_dims", lambda x: xp.permute_dims(x, axes=(1, 0))), ("unstack", lambda x: xp.unstack(x, axis=1)[0]),
    ],
)  # fmt: skip
def test_a_tensor_that_is_moved_while_a_view_of_it_is_made(monkeypatch: pytest.MonkeyPatch, name: str, view: Any) -> None:
    """Do what another thread might do here."""
    w = xp.ones(1, requires_grad=True)
    b = w * xp.ones(2, 3)
    view(b)  # from here on it has a storage with aliases
    op: Any = next(op for op in operations.values() if op.name == name)
    kind, dtype = type(b._array), b._array.dtype
    forward = op.forwards[kind]

    def meanwhile(a: Any, *args: Any, **kwargs: Any) -> Any:
        monkeypatch.undo()
        out = forward(a, *args, **kwargs)
        b.mul_(2.0)
        return out

    monkeypatch.setitem(op.forwards, kind, meanwhile)
    monkeypatch.setitem(op.known[kind], dtype, meanwhile)
    y = view(b)
    y.add_(1.0)
    assert y.tolist() == view(b).tolist() == view(xp.full((2, 3), 3.0)).tolist()
    (y * 10).sum().backward()
    assert w.grad.item() == 20 * y.numel()


def test_a_leaf_of_another_shape_by_now() -> None:
    x = xp.ones(2, 3, requires_grad=True)
    loss = (x * 2).sum()
    with xp.no_grad():
        x.t_()
    with pytest.raises(RuntimeError, match=r"shape \(2, 3\), and the leaf, changed in place since, \(3, 2\)"):
        loss.backward()
    assert x.grad is None


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
    for way in ("call", "forwards"):  # with n parts it would be called n times
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
    assert not xp.zeros((2, 3)).mT.reshape(-1).is_view  # a copy
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


@pytest.mark.parametrize("method", ["t_", "unsqueeze_", "squeeze_", "swapaxes_", "transpose_"])
def test_another_form_of_what_cannot_be_written_into(method: str) -> None:
    x = xp.broadcast_to(xp.ones(3), (2, 3))
    args = {"t_": (), "unsqueeze_": (0,), "squeeze_": ()}.get(method, (0, 1))
    shape = getattr(xp.ones(2, 3), method)(*args).shape
    assert getattr(x, method)(*args) is x
    assert x.shape == shape
    with pytest.raises(RuntimeError, match="an expanded tensor"):
        x.zero_()


def test_contiguous() -> None:
    x = xp.arange(6.0).reshape(2, 3).requires_grad_()
    y = x.t().contiguous()
    assert y.is_contiguous()
    assert y.stride() == (2, 1)
    assert y.contiguous() is y
    y.view(-1)[1] = 0.0
    y.sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]


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


def test_backward_of_rows_written_one_by_one_goes_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    x = xp.asarray(np.arange(24.0).reshape(8, 3)).requires_grad_()
    out = xp.zeros_like(x)
    for i in range(8):
        out[i] = x[i] * i
    loss = (out**2).sum()
    backend = backend_of(x._array)
    whole = []
    for name in ("index_put", "scatter_add"):
        function = getattr(backend, name)
        monkeypatch.setattr(backend, name, lambda *args, f=function: [whole.append(str(args[0].dtype)), f(*args)][1])
    loss.backward()
    # The first of each; all others write into what that gave. (Where a GPU would have to be waited for, masks are made, too.)
    assert sum("float" in dtype for dtype in whole) <= 2
    np.testing.assert_array_equal(x.grad.numpy(force=True), 2 * x.detach().numpy(force=True) * np.arange(8)[:, None] ** 2)


@pytest.mark.parametrize("key", [0, slice(1, 3), [2, 0, 2], np.asarray([True, False, True, False]), ..., (slice(None), 1)])
def test_a_cotangent_that_is_also_another_s_is_not_written_into(key: Any) -> None:
    """Backward of an assignment may write zeros into its cotangent only if nothing else holds it."""

    def run(apart: bool) -> list[Any]:
        copied = xp.clone if apart else lambda t: t
        x = xp.asarray(np.arange(8.0).reshape(4, 2)).requires_grad_()
        before = x * 3
        shown = []
        before.register_hook(lambda g: shown.append(copied(g)))
        before.retain_grad()
        after = before.clone()
        after.retain_grad()
        after[key] = x[key] ** 2
        last = after.clone()
        last.retain_grad()
        last[key] = before[key] + after[key]
        seed = xp.asarray(np.linspace(1.0, 2.0, 8).reshape(4, 2))
        xp.autograd.backward([last, after], [copied(seed), copied(seed)], retain_graph=True)
        xp.autograd.backward(last.mT, copied(seed).mT, retain_graph=True)
        middle = xp.autograd.grad(last, [last, after, before, x], seed, create_graph=apart)
        return [x.grad, before.grad, after.grad, last.grad, seed, *shown, *middle]

    for found, expected in zip(run(False), run(True), strict=True):
        np.testing.assert_array_equal(found.numpy(force=True), expected.numpy(force=True))


@pytest.mark.parametrize("key", [(), ..., True])
def test_a_number_is_assigned_to(key: Any) -> None:
    x = xp.asarray(2.0).requires_grad_()
    y = x * 1
    y[key] = x * 3
    (y * 2).backward()  # cotangents are NumPy scalars here, which are immutable
    assert x.grad.item() == 6.0


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
    y[True] = z[1]  # a mask, not a view of it
    y[0] = z.detach()[1]
    assert y.tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(RuntimeError, match="a leaf Variable"):
        w[0] = w[0]
    z, seen = w * 2, []
    part = z[0]
    part.register_hook(seen.append)
    z[0] = part  # its hook receives what comes back through it
    z.sum().backward()
    assert [g.item() for g in seen] == [1.0]


# --- interrupts ---


def _interrupted(write: Callable[..., Any], after: int) -> tuple[bool, Any]:
    """Whether a write finished before a line of the package was interrupted, and the state after that.

    The state is the values and the gradients by their leaves, or None if backward refuses.
    """
    a, b = xp.tensor([1.0, 2.0, 3.0], requires_grad=True), xp.tensor(5.0, requires_grad=True)
    y = a * 1.0
    v = y[1:]
    lines = 0

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal lines
        if "arrayad" not in frame.f_globals.get("__name__", ""):
            return None
        if event == "line":
            lines += 1
            if lines == after:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        write(a, b, y, v)
        ended = True
    except KeyboardInterrupt:
        ended = False
    finally:
        sys.settrace(before)
        while tape.writing._is_owned():  # a trace, unlike a signal, can interrupt between a lock and its block
            tape.writing.release()
    try:
        gradients = xp.autograd.grad(y.sum() + v.sum(), [a, b], materialize_grads=True)
    except RuntimeError as error:
        assert "was interrupted as it wrote into a tensor" in str(error)  # noqa: PT017  (or it is as before or after)
        return ended, None
    return ended, (y.tolist(), v.tolist(), [g.tolist() for g in gradients])


def test_a_write_that_was_interrupted_is_no_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(a: xp.Tensor) -> xp.Tensor:
        y = a * 1.0
        backend = backend_of(a._array)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # noqa: PT012  (the patch is the case)
            patch.setattr(backend, "setitem", interrupt)
            y[1:].mul_(10)
        return (y * a).sum()

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    x = xp.tensor([1.0, 2.0, 3.0])
    for differentiate in (xp.func.grad(f), lambda x: xp.func.jvp(f, (x,), (x,))):
        with pytest.raises(RuntimeError, match="was interrupted as it wrote"):
            differentiate(x)


@pytest.mark.parametrize(
    "write",
    [
        lambda a, b, y, v: v.mul_(10),
        lambda a, b, y, v: y.mul_(b),
        lambda a, b, y, v: v.copy_(a[:2]),
        lambda a, b, y, v: y.fill_(2.0),
        lambda a, b, y, v: y.__setitem__(0, b),
        lambda a, b, y, v: v.__setitem__(slice(None), 3.0),
    ],
)
def test_a_write_that_is_interrupted_is_done_or_not_or_refused(write: Callable[..., Any]) -> None:
    states = [_interrupted(lambda *_: None, 0)[1], _interrupted(write, 0)[1], None]
    for n in itertools.count(1):
        ended, state = _interrupted(write, n)
        if ended:
            break
        assert state in states
    assert n > 50  # it was interrupted at many places
