"""Values discarded by where, assignment, clip and extrema contribute no gradient, whatever their slope is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arrayad as xp
from arrayad.autograd.operation import operations
from arrayad.autograd.used import Used

from .test_rules import ALL

pytestmark = [pytest.mark.any_backend, pytest.mark.filterwarnings("ignore::RuntimeWarning")]

# In each of these a slope at 0 is infinite or does not exist, and the values there are discarded. The functions are smooth
# at 0 as far as they are used, so differences are right there too.
X = [0.0, 1.0, 4.0, 0.25]
KEEP = [False, True, True, True]


def _keep() -> Any:
    return xp.asarray(KEEP)


def _assigned(x: Any, value: Any, key: Any = None) -> Any:
    y = xp.log(x)
    y[~_keep() if key is None else key] = value
    return y


def _in_sequence(x: Any) -> Any:
    y = xp.log(x) * x[1]
    y[:2] = xp.log(x[:2])  # what is overwritten is itself overwritten
    y[0] = 1 / x[0]
    y[:1] = x[2] * x[3]
    return y


def _through_view(x: Any) -> Any:
    y = xp.reshape(xp.log(x), (2, 2))
    corner = y.T[:1, :1]
    corner[...] = x[1]
    return y * y


def _in_place(x: Any) -> Any:
    y = xp.log(x)
    y *= 2.0
    y[~_keep()] = 3.0
    y += x
    return y


def _consumers(x: Any) -> Any:
    r = xp.log(x)
    other = xp.asarray([False, False, True, True])
    return xp.where(_keep(), r, 0.0) + xp.where(other, r * r, x)


def _slices(x: Any) -> Any:
    r = xp.log(x)  # the cotangents of the two slices add up in place
    return xp.where(_keep()[:3], r[:3], 0.0) * xp.where(_keep()[1:], r[1:], x[1:])


FUNCTIONS = {
    "where": lambda x: xp.where(_keep(), xp.log(x), x),
    "where, the other branch": lambda x: xp.where(~_keep(), x * x, xp.log(x)),
    "where by numbers": lambda x: xp.where(xp.astype(_keep(), x.dtype), xp.log(x), x),
    "where of where": lambda x: xp.where(_keep(), xp.where(x * 0 == 0, xp.log(x), xp.sqrt(x)), x * x),
    "slices": _slices,
    "a chain": lambda x: xp.where(_keep(), -xp.sin(xp.log(x) / xp.sqrt(x) + 1) * 2, x),
    "both arguments": lambda x: xp.where(_keep(), (x * 3) / (x * 2), x),
    "a condition that broadcasts": lambda x: xp.where(_keep(), xp.log(xp.stack([x, x * 2])), 0.5),
    "an argument that broadcasts": lambda x: xp.where(_keep()[:, None], xp.log(x)[:, None] * x, x),
    "through shapes": lambda x: xp.where(_keep(), xp.reshape(xp.flip(xp.reshape(xp.log(x), (2, 2)).T), (-1,))[[3, 1, 2, 0]], x),
    "through a sum": lambda x: xp.where(xp.asarray([False, True]), xp.sum(xp.reshape(xp.log(x), (2, 2)), axis=1), 0.0),
    "through a mean": lambda x: xp.where(xp.asarray([False, True]), xp.mean(xp.reshape(xp.log(x), (2, 2)), axis=1), 0.0),
    "through var": lambda x: xp.where(
        xp.asarray([False, True]), xp.std(xp.reshape(xp.stack([x[0], x[0], x[1], x[2]]), (2, 2)), axis=1), 0.0
    ),
    "var": lambda x: xp.where(xp.asarray([False, True]), xp.var(xp.reshape(1 / x, (2, 2)), axis=1), 0.0),
    "std of the argument": lambda x: xp.where(
        xp.asarray([False, True]), xp.std(xp.reshape(xp.concat([x[0:1] * xp.inf, x[1:]]), (2, 2)), axis=1), 0.0
    ),
    "through concat": lambda x: xp.where(
        xp.asarray([*KEEP, True]), xp.concat([xp.log(x), x[1:2]]), 0.0
    ),
    "assigned by a mask": lambda x: _assigned(x, x[0] * 2),
    "assigned by integers": lambda x: _assigned(x, x[1], xp.asarray([0, 0])),
    "assigned by a slice": lambda x: _assigned(x, 2.0, slice(None, 1)),
    "assigned by an integer": lambda x: _assigned(x, x[2], 0),
    "assigned in sequence": _in_sequence,
    "assigned through a view": _through_view,
    "in place": _in_place,
    "clip": lambda x: xp.clip(xp.log(x), -5.0, None),
    "maximum": lambda x: xp.maximum(xp.log(x), -5.0 + x),
    "minimum": lambda x: xp.minimum(-xp.log(x), 5.0),
    "relu": lambda x: xp.relu(xp.log(x) + 2),
    "through fmod": lambda x: xp.where(_keep(), xp.fmod(xp.sqrt(x), 1 + xp.sqrt(x)), x),
    "max": lambda x: xp.max(xp.log(x) * 2),
    "min along an axis": lambda x: xp.min(xp.reshape(-xp.log(x), (2, 2)), axis=1),
    "through copies": lambda x: xp.where(xp.asarray(2 * KEEP), xp.tile(xp.log(x), (2,)), 0.5),
    "through copies side by side": lambda x: xp.where(xp.asarray(np.repeat(KEEP, 2)), xp.repeat(xp.log(x), 2), 0.5),
    "through copies by number": lambda x: xp.where(
        xp.asarray([False, True, True, True, True]), xp.repeat(xp.log(x), xp.asarray([1, 0, 3, 1])), 0.5
    ),
    "tril": lambda x: xp.tril(xp.log(xp.reshape(xp.stack([x[1], x[0], x[2], x[3]]), (2, 2)))),
    "left out by take": lambda x: xp.take(xp.log(x), xp.asarray([3, 1, 1])),
    "left out by take_along_axis": lambda x: xp.where(_keep(), r := xp.log(x), x) + xp.take_along_axis(r, xp.asarray([2])),
    "left out by gather": lambda x: xp.reshape(xp.log(x), (2, 2)).gather(1, xp.asarray([[1, 1], [0, 1]])),
    "two consumers": _consumers,
    "through sort": lambda x: xp.where(xp.asarray([False, True, True, True]), xp.sort(xp.log(x)), 0.5),
    "through topk": lambda x: xp.where(xp.asarray([True, True, True, False]), xp.topk(xp.log(x), 4).values, 0.5),
    "row by row": lambda x: sum(
        xp.where(row > -9, row, 0.0).sum() for row in xp.log(xp.reshape(x, (2, 2)))
    ),
    "of parts, one": lambda x: xp.where(xp.asarray([True, False]), xp.log(xp.stack([x[1:3], x[:2]])).unbind(1)[0], 0.5),
    "of parts, of which another is used": lambda x: xp.where(
        xp.asarray([False, True]), (parts := xp.unstack(xp.log(xp.reshape(x, (2, 2)))))[0], 0.5
    ) + parts[1],
}  # fmt: skip


def test_every_operation_that_moves_entries_says_which_are_used() -> None:
    """A Function whose Jacobian selects entries; here the entry that is 0, where the root's slope is infinite, is masked."""
    linear = {op.name for op in operations.values() if op.kind == "linear"}
    seen = set()
    for sample in ALL:
        start = np.arange(1.0, sample.inputs[0].size + 1).reshape(sample.inputs[0].shape)
        if sample.name not in linear or [x.dtype.kind for x in sample.inputs] != ["f"] or not start.size:
            continue
        y = sample.function(xp.asarray(start))
        if isinstance(y, tuple) or y.dtype is not xp.float64:  # for parts, FUNCTIONS has examples
            continue
        jacobian = xp.reshape(xp.func.jacfwd(sample.function)(xp.asarray(start)), (-1, start.size)).numpy(force=True)
        if not np.isin(jacobian, (0, 1)).all() or (jacobian.sum(axis=1) > 1).any():
            continue
        seen.add(sample.name)
        x = _tensor(start - 1)
        y = sample.function(xp.sqrt(x))
        xp.where(y > 0, y, 0.0).sum().backward()
        with np.errstate(divide="ignore"):
            expected = np.where(start > 1, jacobian.sum(axis=0).reshape(start.shape) / np.sqrt(start - 1) / 2, 0.0)
        np.testing.assert_allclose(x.grad.numpy(force=True), expected, rtol=1e-12, err_msg=str(sample))
    assert len(seen) > 20, seen


def _tensor(values: Any = X, dtype: Any = xp.float64) -> Any:
    return xp.asarray(values, dtype=dtype).requires_grad_()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_reverse_agrees_with_forward_and_with_differences(name: str) -> None:
    x = _tensor()
    f = FUNCTIONS[name]
    expected = xp.func.jacfwd(f)(x.detach())
    assert bool(xp.all(xp.isfinite(expected)))
    assert bool(xp.all(xp.abs(xp.func.jacrev(f)(x.detach()) - expected) < 1e-12))
    f(x).sum().backward()
    assert bool(xp.all(xp.abs(x.grad - xp.reshape(expected, (-1, 4)).sum(axis=0)) < 1e-12))
    xp.autograd.check_grads(f, (_differing(name),), order=2)


def _differing(name: str) -> Any:
    """Where differences exist: on both sides of 0, from which an extremum must be kept away because of NaN."""
    by_value = name in ("clip", "maximum", "minimum", "relu", "max", "min along an axis", "through sort", "through topk")
    return xp.asarray([1e-3, *X[1:]] if by_value or name == "through var" else X, dtype=xp.float64)


@pytest.mark.parametrize("dtype", [xp.float32, xp.complex64, xp.complex128], ids=str)
def test_dtypes(dtype: Any) -> None:
    x = _tensor([0, 4], dtype)
    y = xp.where(x != 0, xp.log(x * 1), 0)
    y[1] += xp.sqrt(x[1])
    (g,) = xp.autograd.grad(xp.real(y).sum(), x)
    assert g.dtype == dtype
    assert g.tolist() == [0, 0.5]


def test_of_what_is_used_the_slope_counts() -> None:
    """An infinite slope is not hidden: if one consumer uses an entry, its derivative is infinite."""
    x = _tensor()
    r = xp.sqrt(x)
    (xp.where(_keep(), r, 0.0) + r).sum().backward()
    assert x.grad.tolist() == [np.inf, 1.0, 0.5, 2.0]
    x = _tensor()
    y = xp.log(x)
    (xp.where(_keep(), y, 0.0)[1:].sum() + xp.where(_keep(), y, 0.0).sum() + (y * 0).sum()).backward()
    assert np.isnan(x.grad[0].item())


def test_hooks() -> None:
    x = _tensor()
    r = xp.log(x * 1)
    r.retain_grad()
    seen = []
    r.register_hook(lambda g: seen.append(g.tolist()))
    xp.where(_keep(), r, 0.0).sum().backward()
    assert r.grad.tolist() == seen[0] == [0.0, 1.0, 1.0, 1.0]
    assert x.grad.tolist() == [0.0, 1.0, 0.25, 4.0]
    x = _tensor()
    r = xp.log(x)
    r.register_hook(lambda g: g + 1)  # all of what a hook returns is used
    xp.where(_keep(), r, 0.0).sum().backward()
    assert x.grad.tolist() == [np.inf, 2.0, 0.5, 8.0]


def test_with_respect_to_the_masked() -> None:
    x = _tensor()
    r = xp.log(x)
    of_r, of_x = xp.autograd.grad(xp.where(_keep(), r, 0.0).sum(), (r, x))
    assert of_r.tolist() == [0.0, 1.0, 1.0, 1.0]
    assert of_x.tolist() == [0.0, 1.0, 0.25, 4.0]


def test_recorded_backward_with_a_graph_kept() -> None:
    x = _tensor()
    y = xp.where(_keep(), xp.log(x), x).sum()
    for _ in range(2):
        (g,) = xp.autograd.grad(y, x, create_graph=True)
        (h,) = xp.autograd.grad(g.sum(), x)
        assert g.tolist() == [1.0, 1.0, 0.25, 4.0]
        assert h.tolist() == [0.0, -1.0, -0.0625, -16.0]


def test_anomaly_detection_has_nothing_to_say() -> None:
    x = _tensor()
    with xp.autograd.detect_anomaly():
        xp.where(_keep(), 1 / x, 0.0).sum().backward()


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_no_warning_comes_from_what_is_not_used() -> None:
    x = _tensor()
    xp.where(_keep(), xp.sqrt(x), 0.0).sum().backward()
    assert x.grad.tolist() == [0.0, 0.5, 0.25, 1.0]


def test_long_chains() -> None:
    """For assignments and for selections: nothing recurses, and everything is computed once."""
    x = _tensor()
    y = xp.log(x)
    z = xp.log(x * 1)
    for i in range(3000):
        y[0] = i * x[1]
        z = xp.where(_keep(), z, xp.log(z) if i % 1000 == 0 else x)
    (y.sum() + z.sum()).backward()
    assert x.grad.tolist() == [1.0, 1.0 + 2999 + 1, 0.5, 8.0]


def test_a_checkpoint() -> None:
    from arrayad.utils.checkpoint import checkpoint

    x = _tensor()
    checkpoint(lambda x: xp.where(_keep(), xp.log(x), 0.0), x).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.25, 4.0]


VALUES = st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0])
MASKS = st.lists(st.booleans(), min_size=3, max_size=3)
STEPS = st.one_of(
    st.tuples(st.sampled_from(["sqrt", "log", "reciprocal", "square", "sin", "relu", "flip"]), st.integers(0, 5)),
    st.tuples(st.sampled_from(["add", "multiply", "divide", "maximum", "minimum"]), st.integers(0, 5), st.integers(0, 5)),
    st.tuples(st.just("where"), st.integers(0, 5), st.integers(0, 5), MASKS),
    st.tuples(st.just("assign"), st.integers(0, 5), st.integers(0, 5), MASKS),
    st.tuples(st.just("assign row"), st.integers(0, 5), st.integers(0, 5), st.integers(0, 2)),
    st.tuples(st.just("clip"), st.integers(0, 5)),
)


def _program(steps: Any, x: Any) -> Any:
    """A sum of the values of a program that are finite; the others are unused."""
    values = [x, x * 1]
    for name, *given_ in steps:
        operands = [values[i % len(values)] for i in given_ if isinstance(i, int)]
        if name == "where":
            values.append(xp.where(xp.asarray(given_[2]), *operands))
        elif name.startswith("assign"):
            y = operands[0] * 1
            key = xp.asarray(given_[2]) if name == "assign" else given_[2]
            y[key] = operands[1][key]
            values.append(y)
        elif name == "clip":
            values.append(xp.clip(operands[0], -1.5, 2.0))
        else:
            values.append(getattr(xp, name)(*operands))
    total = 0.0
    for y in values:
        total = total + xp.where(xp.isfinite(y), xp.sin(y), 0.0).sum()
    return total


@settings(deadline=None, max_examples=150)
@given(st.lists(VALUES, min_size=3, max_size=3), st.lists(STEPS, max_size=7))
def test_programs_whose_values_are_not_all_finite(values: list[float], steps: Any) -> None:
    """Forward mode, which discards tangents like values, gives what reverse mode must give where it is finite."""
    x = _tensor(values)
    forward = xp.func.jacfwd(lambda x: _program(steps, x))(x.detach()).numpy(force=True)
    (g,) = xp.autograd.grad(_program(steps, x), x)
    (recorded,) = xp.autograd.grad(_program(steps, x), x, create_graph=True)
    finite = np.isfinite(forward)
    for found in (g, recorded):
        np.testing.assert_allclose(found.numpy(force=True)[finite], forward[finite], rtol=1e-9, atol=1e-9)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from([-2.0, -0.5, 0.25, 1.0, 3.0]), min_size=3, max_size=3), st.lists(STEPS, max_size=7))
def test_finite_slopes_make_the_same_of_it(values: list[float], steps: Any) -> None:
    """If all slopes are finite nothing changes, to the last bit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Used, "entries", lambda self: None)
        (without,) = xp.autograd.grad(_program(steps, x := _tensor(values)), x, create_graph=True)
    (found,) = xp.autograd.grad(_program(steps, x := _tensor(values)), x, create_graph=True)
    if np.isfinite(without.numpy(force=True)).all():
        assert found.tolist() == without.tolist()
        (found,) = xp.autograd.grad(_program(steps, x := _tensor(values)), x)
        assert found.tolist() == without.tolist()
