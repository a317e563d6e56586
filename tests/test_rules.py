"""The rules of every declared operation, against central differences: order 1 and 2, real and complex, and in float32."""

from __future__ import annotations

import dis
import inspect
import math
import re
from typing import Any

import numpy as np
import pytest

import arrayad as xp
from arrayad.autograd.operation import FLOATING, elementwise, operations
from arrayad.autograd.tape import TensorBase
from arrayad.backends import backend_of

from .samples import SAMPLES, Sample
from .waiting import waiting_refused

pytestmark = pytest.mark.any_backend

DIFFERENTIABLE = [op for op in operations.values() if op.differentiable or op.kind == "composite"]
STANDARD_ONLY = xp.get_default_device().type == "strict"
ALL = [s for samples in SAMPLES.values() for s in samples if not (STANDARD_ONLY and s.flags.get("beyond the standard"))]
STEP = 1e-6


def test_every_differentiable_operation_has_samples() -> None:
    assert sorted(op.name for op in DIFFERENTIABLE) == sorted(SAMPLES)


@pytest.mark.parametrize("op", operations.values(), ids=lambda op: op.name)
def test_every_operation_is_differentiable_or_says_why_not(op: Any) -> None:
    assert (op.differentiable or op.kind == "composite") != bool(op.reason)


@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=lambda op: op.name)
def test_rules_ask_for_what_they_use(op: Any) -> None:
    """What they name is saved until backward."""
    for rule in op.rules:
        if rule is not None and rule.add is None:  # which may use what the rule itself does not
            code = inspect.unwrap(rule.function).__code__
            used = set()
            for step in dis.get_instructions(code):
                used.update(step.argval if isinstance(step.argval, tuple) else (step.argval,))
            assert set(rule.names) <= used


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"x": lambda xp, g, y: g}, "the rule of 'x' asks for 'y', which is none of x, out, x_shape, x_transposed"),
        ({"y": lambda xp, g: g}, "rules for {'y'}, which are not among its tensors"),
        (
            {"x": lambda xp, g: g, "used": {"x": lambda xp, used, x: used}},
            "used entries of 'x' must ask for what the other saves",
        ),
        ({"x": lambda xp, g: g, "used": {}}, "used entries of 'x' must ask for what the other saves"),
    ],
    ids=["a name", "a rule", "used entries", "no used entries"],
)
def test_declarations_that_cannot_be(rules: Any, words: str) -> None:
    def function(x: xp.Tensor, /) -> xp.Tensor:
        """One."""
        return x

    with pytest.raises(TypeError, match=f"^function: .*{re.escape(words)}"):
        elementwise(takes=FLOATING, **rules)(function)


def _weights(like: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    w = rng.uniform(-1, 1, like.shape)
    return w + 1j * rng.uniform(-1, 1, like.shape) if like.dtype.kind == "c" else w


def _loss(sample: Sample, tensors: list[xp.Tensor]) -> xp.Tensor:
    """A real number from all outputs of a sample: the real inner product with fixed weights."""
    out = sample.function(*tensors)
    total = xp.zeros((), dtype=xp.float64)
    for i, part in enumerate(out if isinstance(out, tuple) else (out,)):
        w = xp.asarray(_weights(part.detach().numpy(force=True), i))
        product = part * xp.conj(w)
        total = total + xp.sum(xp.real(product) if product.dtype.kind == "c" else product)
    return total


def _gradients(sample: Sample, tensors: list[xp.Tensor], **how: Any) -> tuple[xp.Tensor, ...]:
    return xp.autograd.grad(_loss(sample, tensors), tensors, materialize_grads=True, **how)  # type: ignore[return-value]  # none is None then


def _inner(gradients: Any, directions: list[np.ndarray]) -> Any:
    """The real inner product of gradients and directions: the directional derivative according to the gradients."""
    total = xp.zeros((), dtype=xp.float64)
    for g, v in zip(gradients, directions, strict=True):
        product = g * xp.conj(xp.asarray(v))
        total = total + xp.sum(xp.real(product) if product.dtype.kind == "c" else product)
    return total


def _leaves(arrays: Any) -> list[xp.Tensor]:
    return [xp.asarray(a, copy=True).requires_grad_() for a in arrays]


def _moved(sample: Sample, directions: list[np.ndarray], step: float) -> list[np.ndarray]:
    return [x + step * v for x, v in zip(sample.inputs, directions, strict=True)]


# Derivatives along directions, each computed in two ways. `tests.differentiation` reports the differences.


def reverse(sample: Sample) -> tuple[float, float]:
    """By backward, and by central differences."""
    directions = [_weights(x, 100 + i) for i, x in enumerate(sample.inputs)]
    gradients = _gradients(sample, _leaves(sample.inputs))
    with xp.no_grad():
        above, below = (_loss(sample, [xp.asarray(x) for x in _moved(sample, directions, s)]).item() for s in (STEP, -STEP))
    return _inner(gradients, directions).item(), (above - below) / (2 * STEP)


def reverse_twice(sample: Sample) -> tuple[float, float]:
    """The second, by a recorded backward, and by central differences of the first."""
    directions = [_weights(x, 200 + i) for i, x in enumerate(sample.inputs)]
    seconds = [_weights(x, 300 + i) for i, x in enumerate(sample.inputs)]

    def slope(arrays: Any) -> tuple[list[xp.Tensor], xp.Tensor]:
        leaves = _leaves(arrays)
        return leaves, _inner(_gradients(sample, leaves, create_graph=True), directions)

    leaves, value = slope(sample.inputs)
    constant = not value.requires_grad  # if so, the gradient is constant
    found = 0.0 if constant else _inner(xp.autograd.grad(value, leaves, materialize_grads=True), seconds).item()
    above, below = (slope(_moved(sample, seconds, s))[1].item() for s in (STEP, -STEP))
    return found, (above - below) / (2 * STEP)


def forward(sample: Sample) -> tuple[float, float]:
    """By forward mode, and by backward."""
    directions = [_weights(x, 100 + i) for i, x in enumerate(sample.inputs)]
    expected = _inner(_gradients(sample, _leaves(sample.inputs)), directions).item()
    primals = tuple(xp.asarray(x) for x in sample.inputs)
    tangents = tuple(xp.asarray(v) for v in directions)
    _, tangent = xp.func.jvp(lambda *x: _loss(sample, list(x)), primals, tangents)
    assert not tangent.requires_grad
    return tangent.item(), expected


def forward_over_reverse(sample: Sample) -> tuple[float, float]:
    """The second, by forward mode over a gradient, and by backward twice."""
    directions = [_weights(x, 200 + i) for i, x in enumerate(sample.inputs)]
    seconds = tuple(xp.asarray(_weights(x, 300 + i)) for i, x in enumerate(sample.inputs))
    leaves = _leaves(sample.inputs)
    slope = _inner(_gradients(sample, leaves, create_graph=True), directions)
    expected = 0.0
    if slope.requires_grad:
        expected = _inner(
            xp.autograd.grad(slope, leaves, materialize_grads=True), [s.numpy(force=True) for s in seconds]
        ).item()
    everything = tuple(range(len(leaves)))
    gradient = xp.func.grad(lambda *x: _loss(sample, list(x)), everything)
    _, products = xp.func.jvp(gradient, tuple(xp.asarray(x) for x in sample.inputs), seconds)
    return _inner(products, directions).item(), expected


def _assert_close(found: float, expected: float, tolerance: float) -> None:
    assert math.isclose(found, expected, rel_tol=tolerance, abs_tol=tolerance), f"analytic {found}, numeric {expected}"


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_reverse(sample: Sample) -> None:
    _assert_close(*reverse(sample), sample.flags.get("tolerance", 1e-6))


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_reverse_twice(sample: Sample) -> None:
    _assert_close(*reverse_twice(sample), sample.flags.get("tolerance", 1e-5))


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_forward_agrees_with_reverse(sample: Sample) -> None:
    _assert_close(*forward(sample), 1e-9)


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_forward_over_reverse_agrees_with_reverse_twice(sample: Sample) -> None:
    _assert_close(*forward_over_reverse(sample), 1e-8)


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_recorded_backward_gives_the_same(sample: Sample) -> None:
    plain = _gradients(sample, _leaves(sample.inputs))
    recorded = _gradients(sample, _leaves(sample.inputs), create_graph=True)
    for a, b in zip(plain, recorded, strict=True):
        np.testing.assert_allclose(b.detach().numpy(force=True), a.numpy(force=True), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("sample", ALL, ids=str)
def test_gradients_have_the_shape_and_dtype_of_their_tensor(sample: Sample, single: bool) -> None:
    small = {"f": np.float32, "c": np.complex64}
    leaves = _leaves([x.astype(small[x.dtype.kind]) if single else x for x in sample.inputs])
    out = sample.function(*leaves)
    parts = [part for part in (out if isinstance(out, tuple) else (out,)) if part.requires_grad]
    if not parts:
        return
    seeds = [xp.ones_like(part) for part in parts]
    for g, x in zip(xp.autograd.grad(parts, leaves, seeds, materialize_grads=True), leaves, strict=True):
        assert isinstance(g, TensorBase)
        assert g.dtype == x.dtype
        assert g.shape == x.shape


# Their derivatives wait on CuPy: they use functions that it lacks, computed on the host, or values assigned at a mask.
WAITING_ON_CUPY = {"eigvals", "ellipe", "ellipk", "ellipkm1", "hyp1f1", "index_put"}


@pytest.mark.waiting
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_no_derivative_waits_for_values(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once and twice; a function whose result shape depends on values waits in its forward, and only there."""
    if xp.get_default_device().type == "cuda" and name in WAITING_ON_CUPY:
        pytest.skip("CuPy waits here, as docs/devices.md says")
    for sample in [sample for sample in ALL if sample.name == name][:4]:
        leaves = _leaves(sample.inputs)
        out = sample.function(*leaves)
        parts = [part for part in (out if isinstance(out, tuple) else (out,)) if part.requires_grad]
        seeds = [xp.ones_like(part) for part in parts]
        if not parts:
            continue
        with waiting_refused(monkeypatch):
            gradients = xp.autograd.grad(parts, leaves, seeds, materialize_grads=True, create_graph=True)
            again = [g for g in gradients if g.requires_grad]
            if again:
                xp.autograd.grad(again, leaves, [xp.ones_like(g) for g in again], materialize_grads=True)


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_a_write_into_an_operand_leaves_what_a_node_has_of_the_result(sample: Sample) -> None:
    """Even if it is a view of the operand's memory, and its tensor is gone."""
    tensors = [xp.asarray(x, copy=True) for x in sample.inputs]
    out = sample.function(*tensors)
    had = [part._array for part in (out if isinstance(out, tuple) else (out,))]  # as a node has it
    del out
    before = [_values(array) for array in had]
    for x in tensors:
        if x.size:
            x[...] = x + 1
    for array, values in zip(had, before, strict=True):
        np.testing.assert_array_equal(_values(array), values)


def _values(array: Any) -> np.ndarray:
    return np.array(backend_of(array).to_numpy(array))


# --- matrices: equal eigenvalues and singular values, the gauge, and singular ones ---


def _with_values(values: list[float], complexes: bool) -> tuple[np.ndarray, np.ndarray]:
    """A Hermitian matrix of given eigenvalues, and its eigenvectors."""
    rng = np.random.default_rng(3)
    z = rng.normal(size=(len(values), len(values))) + (1j * rng.normal(size=(len(values), len(values))) if complexes else 0)
    q = np.linalg.qr(z)[0]
    return (q * values) @ q.conj().T, q


@pytest.mark.parametrize("complexes", [False, True])
def test_eigh_of_equal_eigenvalues(complexes: bool) -> None:
    """A projector on a group of equal eigenvalues, and their sum, are smooth; their gradient is known in closed form."""
    x, q = _with_values([1.0, 1.0, 3.0], complexes)
    w = _weights(x, 1)
    leaf = xp.asarray(x).requires_grad_()
    values, vectors = xp.linalg.eigh(leaf)
    group = vectors[:, :2]
    projector = group @ group.mH
    loss = (
        xp.sum(xp.real(projector * xp.asarray(w.conj()))) + xp.sum(values[:2])
        if complexes
        else xp.sum(projector * xp.asarray(w)) + xp.sum(values[:2])
    )
    (g,) = xp.autograd.grad(loss, leaf)
    p, r = q[:, :2] @ q[:, :2].conj().T, q[:, 2:] @ q[:, 2:].conj().T
    h = (w + w.conj().T) / 2  # first-order perturbation theory: dP = (P dX R + R dX P) / (1 - 3)
    expected = (p @ h @ r + r @ h @ p) / (1.0 - 3.0) + p
    np.testing.assert_allclose(g.numpy(force=True), expected, atol=1e-10)


@pytest.mark.parametrize("complexes", [False, True])
def test_svd_of_equal_singular_values(complexes: bool) -> None:
    """The polar factor ``U @ Vh`` does not depend on the choice of vectors; at 2 I its derivative along E is (E - E.mH)/4."""
    w = np.arange(9.0).reshape(3, 3)
    if complexes:
        w = w * (1 + 0.3j) + 1j * np.eye(3)
    leaf = xp.asarray((2 * np.eye(3)).astype(w.dtype)).requires_grad_()
    u, _, vh = xp.linalg.svd(leaf)
    (g,) = xp.autograd.grad(
        xp.sum(xp.real((u @ vh) * xp.asarray(w.conj())) if complexes else (u @ vh) * xp.asarray(w)), leaf
    )
    np.testing.assert_allclose(g.numpy(force=True), (w - w.conj().T) / 4, atol=1e-12)
    u = xp.linalg.svd(leaf).U
    # As seen from U alone, which the polar factor does not excuse. Under anomaly detection, since otherwise a GPU is not
    # waited for.
    with xp.autograd.detect_anomaly(), pytest.warns(UserWarning, match="depends on"):
        (g,) = xp.autograd.grad(xp.sum(abs(u @ leaf.detach() + 1) * xp.asarray(w.real)), leaf, retain_graph=True)
    assert np.isfinite(g.numpy(force=True)).all()
    total = xp.sum(xp.linalg.svd(leaf).S)
    np.testing.assert_allclose(xp.autograd.grad(total, leaf)[0].numpy(force=True), np.eye(3), atol=1e-12)


@pytest.mark.parametrize("name", ["eigh", "eig"])
def test_a_loss_of_phases_is_warned_of(name: str) -> None:
    x, _ = _with_values([1.0, 2.0, 3.0], True)
    leaf = xp.asarray(x).requires_grad_()
    loss = xp.sum(xp.real(getattr(xp.linalg, name)(leaf).eigenvectors))
    with xp.autograd.detect_anomaly(), pytest.warns(UserWarning, match="phases of the vectors"):
        loss.backward()


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


def test_one_singular_matrix_of_a_stack() -> None:
    x = xp.stack([xp.eye(2), xp.ones((2, 2))]).requires_grad_()
    (g,) = xp.autograd.grad(xp.linalg.slogdet(x).logabsdet[0], x)
    assert g.tolist() == [[[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]]
    (g,) = xp.autograd.grad(xp.linalg.slogdet(x).logabsdet.sum(), x)
    assert g[0].tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert xp.all(xp.isnan(g[1]))
    (h,) = xp.autograd.grad(xp.linalg.slogdet(x).logabsdet[0], x, create_graph=True)
    assert xp.autograd.grad(h.sum(), x)[0].tolist() == [[[-1.0, -1.0], [-1.0, -1.0]], [[0.0, 0.0], [0.0, 0.0]]]
    # And also in forward mode, where NaN stays with its matrix too.
    _, tangent = xp.func.jvp(lambda x: xp.linalg.slogdet(x).logabsdet, (x.detach(),), (xp.ones((2, 2, 2)),))
    assert tangent[0].item() == 2
    assert xp.isnan(tangent[1])


def test_slogdet_of_one_complex_matrix() -> None:
    """NumPy returns its sign as a scalar."""
    x = xp.asarray([[1 + 1j, 2], [3, 4j]], dtype=xp.complex128).requires_grad_()

    def phase(x: Any) -> Any:
        return xp.real(xp.linalg.slogdet(x).sign)

    (g,) = xp.autograd.grad(phase(x), x, create_graph=True)
    assert xp.autograd.grad(xp.real(xp.sum(g * xp.conj(g))), x)[0].shape == (2, 2)
    assert xp.autograd.gradcheck(phase, (x,))
    _, tangent = xp.func.jvp(phase, (x.detach(),), (xp.ones_like(x.detach()),))
    assert tangent.item() == pytest.approx(xp.sum(xp.real(g)).item())


@pytest.mark.filterwarnings("ignore:invalid value encountered in det:RuntimeWarning")
def test_the_determinant_of_what_is_not_finite() -> None:
    x = xp.asarray(np.stack([np.eye(2) * 2, [[np.nan, 1], [1, 2]]])).requires_grad_()
    (g,) = xp.autograd.grad(xp.linalg.det(x).sum(), x, create_graph=True)
    (h,) = xp.autograd.grad(g[0].sum(), x)
    assert g[0].tolist() == [[2.0, 0.0], [0.0, 2.0]]
    assert bool(xp.all(xp.isnan(g[1])))
    assert h[0].tolist() == [[1.0, -1.0], [-1.0, 1.0]]


@pytest.mark.parametrize("transpose", [lambda w: w.T, lambda w: w.t(), lambda w: w.mT, lambda w: w.transpose(-1, 0)])
@pytest.mark.parametrize("rows", [(4,), (5, 4), ()])
def test_gradients_of_transposed_matrices_are_contiguous(transpose: Any, rows: tuple[int, ...]) -> None:
    x = xp.ones((*rows, 3), requires_grad=True)
    w = xp.ones((2, 3), requires_grad=True)
    (x @ transpose(w)).sum().backward()
    assert w.grad.is_contiguous()
    assert w.grad.tolist() == [[float(math.prod(rows))] * 3] * 2
    assert x.grad.is_contiguous()


@pytest.mark.parametrize("sample", SAMPLES["cholesky"], ids=str)
def test_cholesky_by_halves(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arrayad.functions.linear_algebra._UNDIVIDED", 1)  # as if the samples were large matrices
    test_reverse(sample)
    test_reverse_twice(sample)


# --- points and arguments at which a rule needs a special case ---


@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0)], ids=str)
@pytest.mark.parametrize(
    "function",
    [
        lambda x: xp.linalg.eigh(x).eigenvectors, lambda x: xp.linalg.eigvalsh(x), lambda x: xp.linalg.inv(x),
        lambda x: xp.linalg.cholesky(x), lambda x: xp.linalg.det(x), lambda x: xp.linalg.slogdet(x).logabsdet,
        lambda x: xp.linalg.svd(x, full_matrices=False).U, lambda x: xp.linalg.qr(x).Q, lambda x: xp.linalg.matrix_power(x, 0),
        *[lambda x, o=ord: xp.linalg.matrix_norm(x, ord=o) for ord in ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)],
    ],
)  # fmt: skip
def test_empty_matrices(function: Any, shape: tuple[int, ...]) -> None:
    x = xp.zeros(shape, requires_grad=True)
    out = function(x)
    out.sum().backward()
    assert out.shape[: len(shape) - 2] == shape[:-2]
    assert x.grad.shape == shape


def test_the_identity_as_a_power() -> None:
    x = xp.tensor([[0.0, math.inf], [math.nan, -1.0]], requires_grad=True)
    out = xp.linalg.matrix_power(x, 0)
    out.sum().backward()
    assert (out.tolist(), x.grad.tolist()) == ([[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0]] * 2)


def test_the_sign_of_a_real_determinant_is_constant() -> None:
    x = xp.tensor([[2.0, 1.0], [1.0, -3.0]], requires_grad=True)
    xp.linalg.slogdet(x).sign.backward()
    assert x.grad.tolist() == [[0.0, 0.0]] * 2


@pytest.mark.parametrize("name", ["acos", "acosh", "asin", "atan", "atanh"])
@pytest.mark.parametrize("z", [complex(2, 0.0), complex(2, -0.0), complex(-2, 0.0), complex(-2, -0.0), complex(0.0, 0.5), 2e19 + 2e19j])  # fmt: skip
def test_inverse_functions_on_either_side_of_their_cuts(name: str, z: complex) -> None:
    """On the cut a function continues the side given by the sign of zero, and its derivative is that side's."""
    function, h = getattr(np, name), 1e-6 * abs(z)
    ahead, behind = (np.asarray(complex(z.real + step, z.imag)) for step in (h, -h))
    expected = (function(ahead) - function(behind)) / (2 * h)
    x = xp.asarray(np.asarray(z)).requires_grad_()
    (g,) = xp.autograd.grad(getattr(xp, name)(x), x, xp.ones_like(x))
    np.testing.assert_allclose(g.numpy(force=True).conj(), expected, rtol=1e-5, atol=1e-30)
    large = xp.asarray(np.asarray(2e19 + 2e19j, np.complex64)).requires_grad_()
    (g,) = xp.autograd.grad(getattr(xp, name)(large), large, xp.ones_like(large))
    assert np.isfinite(g.numpy(force=True))


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


def test_where_sends_no_nan_from_the_other_branch() -> None:
    x = xp.asarray([0.0, 4.0]).requires_grad_()
    safe = xp.where(x > 0, x, 1.0)
    xp.where(x > 0, xp.sqrt(safe), 0.0).sum().backward()
    assert x.grad.tolist() == [0.0, 0.25]


@pytest.mark.parametrize("function", [xp.abs, lambda x: xp.linalg.vector_norm(x), lambda x: x**2, lambda x: x**0, lambda x: xp.hypot(x, x), xp.std])  # fmt: skip
def test_gradient_at_zero(function: Any) -> None:
    x = xp.zeros(3, requires_grad=True)
    function(x).sum().backward()
    assert x.grad.tolist() == [0.0] * 3


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
    """Even if both are equal, as at the start of a logistic regression, and where one is negligible beside the other."""
    hessian = xp.func.hessian(lambda x: xp.sum(xp.logaddexp(x, xp.zeros_like(x))))
    for x, expected in ((0.0, 0.25), (-1000.0, 0.0), (1000.0, 0.0), (-2.0, 0.104993585)):
        assert hessian(xp.asarray(x)).item() == pytest.approx(expected)
    for x1, x2, slope in ((np.inf, np.inf, 0.5), (-np.inf, -np.inf, 0.5), (np.inf, 1.0, 1.0), (1.0, -np.inf, 1.0)):
        assert xp.func.grad(xp.logaddexp)(xp.asarray(x1), xp.asarray(x2)).item() == slope


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
