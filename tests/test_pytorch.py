"""Code spelled as in PyTorch gives PyTorch's results, if it is installed, and accepts the same arguments."""

from __future__ import annotations

import copy
import importlib
import importlib.util
from typing import Any

import numpy as np
import pytest

import arrayad as xp

pytestmark = pytest.mark.any_backend

# Expressions over the library `t`, with x of shape (3, 4), y like it, v of length 4, and g, indices of some of x.
SAME = [
    "t.Tensor(3).shape",
    "t.ones(2, 3, 4).cumsum(0).diagonal()",
    "t.ones(2, 3, 4).cumsum(0).diagonal(1, 0, 2)",
    "t.ones(2, 3, 4).cumsum(0).diagonal(offset=-1)",
    "x.permute(dims=(1, 0))",
    "x.clone().cumsum_(1)",
    "x.clone().cumprod_(dim=0)",
    "t.triu(x, diagonal=1)",
    "t.tril(x, diagonal=-1)",
    "t.Tensor(2, 3).shape",
    "t.Tensor().shape",
    "t.Tensor([1, 2])",
    "t.as_tensor([1, 2])",
    "x.add(y, alpha=3)",
    "x.sub(y, alpha=0.5)",
    "x.clone().add_(y, alpha=3)",
    "x.clone().sub_(1, alpha=2)",
    "t.addcmul(x, y, y, value=0.5)",
    "x.clone().addcmul_(y, y)",
    "t.addcdiv(x, y, y, value=-1)",
    "x.clone().addcdiv_(y, y * 4, value=2)",
    "t.lerp(x, y, 0.25)",
    "x.clone().lerp_(y, y)",
    "t.lerp(x, y, 1.0)",
    "t.lerp(x, y, y * y)",
    "t.lerp(x, y, -2.0)",
    "t.lerp(x * 1j, y * 1j, 0.25 + 0.5j)",
    "t.rsqrt(y * y + 1)",
    "t.LongTensor([1, 2])", "t.IntTensor([1, 2])", "t.ShortTensor([1, 2])", "t.CharTensor([1, 2])", "t.ByteTensor([1, 2])",
    "t.BoolTensor([True, False])", "t.DoubleTensor([1, 2])",
    "(x * 9).long()", "(x * 9).short()", "(x * 9).char()", "y.byte()", "(x * 9).int()", "x.bool()",
    "x.cfloat()", "x.cdouble()", "x.type_as(g)", "t.as_tensor(x[1].storage_offset())", "t.as_tensor(t.is_tensor(x))",
    "t.as_tensor(t.is_floating_point(x))", "t.as_tensor(t.is_complex(x))", "x.where(y > 0, y)", "x.tile(2, 1)",
    "x.reshape_as(y)", "x.new_ones(2, 3)", "x.new_empty(2, 3).shape",
    "t.special.multigammaln(y * y + 2, 2)",
    "t.Tensor(x.shape).shape", "t.FloatTensor(x.shape).shape", "t.einsum(\"ij,ij\", [x, x])",
    "x.clone().tril_(1)",
    "x.index_fill(0, t.as_tensor(1), 2.0)",
    "t.topk(x, 2).values",
    "t.topk(x, 2).indices",
    "x.topk(2, 0, largest=False)[0]",
    "x.relu()",
    "x.sigmoid()",
    "x.softmax(1)",
    "x.log_softmax(dim=0)",
    "x.logsumexp(1)",
    "x.diff()", "x.diff(2)", "t.diff(x, 2)", "t.as_tensor(t.finfo(x.dtype).tiny)", "(x > 0).mH", "(x > 0).real",
    "x.nan_to_num()",
    "x.quantile(0.5, 1)",
    "x.quantile(0.3, dim=0, keepdim=True)",
    "t.median(v[:3])",
    "x.flip(0)",
    "x.flip(0, 1)",
    "x.flip([0, 1])",
    "t.flip(x, dims=[0])",
    "x.roll(1, 0)",
    "x.roll((1, 2), (0, 1))",
    "t.roll(x, 1, dims=0)",
    "x.tril(1)",
    "x.triu(-1)",
    "x.diagonal(1)",
    "x.sum(dim=[0, 1])",
    "x.amax([0, 1])",
    "x.gather(0, g)",
    "x.gather(1, g[:, :1])",
    "x.scatter(0, g, y)",
    "x.scatter(1, t.as_tensor([[3, 1], [0, 2]]), 9.0)",
    "x.clone().scatter_(0, t.as_tensor([[1, 0, 1, 2]]), value=2.0)",
    "t.zeros(2, 10).scatter_(1, g, value=1)",
    "x.scatter_add(1, t.as_tensor([[0, 0, 2, 1], [0, 1, 2, 1]]), y)",
    "t.scatter_add(v, 0, t.as_tensor([0, 0, 0]), v)",
    "x.norm()",
    "x.norm(p=1, dim=1)",
    "x.norm(None, dim=1)",
    "x.norm(dim=(0, 1), keepdim=True)",
    "t.norm(x, 'nuc')",
    "v.norm(p=t.inf)",
    "t.norm(t.stack([x, y]), p='nuc', dim=(0, 2), keepdim=True)",
    "x.narrow(1, 1, 2)",
    "x.narrow(1, -3, 2)",
    "x.select(1, -1)",
    "x.unflatten(1, (2, -1))",
    "t.unflatten(x, -1, (2, 2))",
    "x.repeat_interleave(2)",
    "x.repeat_interleave(2, dim=1)",
    "t.repeat_interleave(x, t.as_tensor([2, 0, 1]), 0)",
    "t.hstack([x, x])",
    "t.hstack((v, v[0]))",
    "t.vstack([x, x])",
    "t.vstack((x, v))",
    "t.argwhere(x > 0)",
    "t.outer(v, v)",
    "t.det(x[:, :3])",
    "t.inverse(x[:, :3])",
    "t.trace(x[:, :3])",
    "x.clamp_min(0.5)",
    "x.clone().clamp_max_(0.5)",
    "t.div(x, y, rounding_mode='floor')",
    "x.div(y)",
    "x.clone().div_(0.3, rounding_mode='trunc')",
    "t.div(t.as_tensor([-7, 7, -6, 7]), t.as_tensor([2, -2, 2, 7]), rounding_mode='trunc')",
    "x.var(1, unbiased=True)",
    "t.std(x, dim=0, unbiased=False)",
    "t.linspace(0, 1, steps=5)",
    "t.zeros(size=(2, 3))",
    "t.full(size=(2,), fill_value=3.0)",
    "t.randn(size=(2, 3)).shape",
    "x.erf()",
    "(y * y + 1).lgamma()",
    "(y * y + 1).digamma()",
    "x.clone().sigmoid_()",
    "x.clone().nan_to_num_()",
    "x.tril(diagonal=1)",
    "t.zeros(2, 0).split(0, 1)[0]",
    "len(t.zeros(2, 0).split(3, 1)),",
    "x.masked_select(x > 0)",
    "x.masked_select(v > 0)",
    "x.masked_select(x[:, :1] > 0)",
    "x.index_add(0, g[0, :2], y[:2], alpha=2)",
    "t.fft.fftn(x * 1j, dim=(0,))",
    "x.argsort(0, True)",
    "t.zeros(0, 3).chunk(2)[1]",
    *(f"t.zeros(2, dtype=t.{large}).{call}" for small, large in (
        ("t.tensor([200, 255], dtype=t.uint8)", "float32"), ("t.tensor([2**31 - 1, 5], dtype=t.int32)", "int64"),
        ("t.tensor([2**31 - 1, 5], dtype=t.int32)", "float64"),
    ) for call in (
        f"add({small}, alpha=2)", f"sub({small}, alpha=3)", f"add_({small}, alpha=2)", f"addcmul({small}, {small})",
    )),
    "t.zeros(2).addcdiv(t.tensor([200, 255], dtype=t.uint8), t.tensor([0.5]), value=2)",
    "t.tensor([1, 2]).masked_fill(t.tensor([True, False]), 2.5)",
    "t.tensor([1, 2]).masked_fill_(t.tensor([True, False]), t.tensor(3.0))",
    "t.tensor([True, False]).masked_fill(t.tensor([True, False]), 0)",
    "x.masked_fill(x > 0, t.tensor(2.0, dtype=t.float64))",
    "t.bincount(t.tensor([0, 1, 1]), weights=t.tensor([2**25 + 1, 2**25 + 1, 1]))",
    "t.cumsum(x, 0)",
    "t.cumprod(x, dim=1)",
    "t.amax(x, 1)",
    "t.amin(x, (0, 1), True)",
    "t.aminmax(x, dim=1)[0]",
    "t.nansum(t.where(x > 0, x, t.nan), 1)",
    "t.nanmean(t.where(x > -1, x, t.nan), 1)",
    "x.nansum()",
    "t.std_mean(x, 1)[0]",
    "t.var_mean(x, dim=0, correction=0)[1]",
    "t.deg2rad(x)",
    "x.rad2deg()",
    "t.complex(x, y)",
    "t.polar(x * x, y)",
    "t.view_as_real(x * 1j)",
    "t.view_as_complex(x.reshape(3, 2, 2))",
    "t.view_as_complex(x[:0].reshape(0, 2))",
    "t.complex(x[:0], y[:0])",
    "t.polar(x[:, :0], y[:, :0])",
    "t.addmm(x[:, :3], x, y.T, beta=0.5, alpha=2)",
    "x[:, 0].addmv(x, v)",
    "t.baddbmm(x[None, :, :3], x[None], y.T[None], beta=0)",
    "t.inner(x, v)",
    "t.inner(x, t.tensor(2.0))",
    "t.vdot(v * 1j, v + 1j)",
    "t.logdet(x[:, :3])",
    "t.logdet(x[:, :3] + y[:, :3] * 1j)",
    "x[:, :3].slogdet()[1]",
    "t.cross(x[:, :3], y[:, :3], dim=-1)",
    "t.matrix_power(x[:, :3], 3)",
    "t.diagonal(x, 1)",
    "t.diagonal(t.ones(2, 3, 4).cumsum(0), 0, 1, 2)",
    "t.diag_embed(x)",
    "t.diag_embed(x, -1, 0, 2)",
    "t.diag_embed(v, 2)",
    "v.diag()",
    "x.diag(1)",
    "t.block_diag(x, v, t.tensor(2.0))",
    "t.tril_indices(3, 4, -1)",
    "t.tril_indices(4, 2, 2)",
    "t.tril_indices(2, 3, -2)",
    "t.triu_indices(4, 3, 1)",
    "t.triu_indices(2, 3, -1)",
    "t.triu_indices(2, 3, 4)",
    "t.dist(x, y, 3)",
    "t.cdist(x, y)",
    "t.cdist(x, y[:2], p=1)",
    "t.cosine_similarity(x, y)",
    "t.cosine_similarity(x, y, dim=0)",
    "t.concatenate([x, y], 1)",
    "t.erf(x), t.erfc(x), t.erfinv(x / 9)",
    "x.erfinv()[x < 1][:1]",
    "t.lgamma(x * x + 1)",
    "t.digamma(x * x + 1)",
    "t.logit(x * x / 20)",
    "t.xlogy(x, y * y)",
    "t.sinc(x)",
    "t.sgn(x)",
    "t.ger(v, v)",
    "t.pinverse(x)",
    "t.broadcast_tensors(x, v)[1]",
    "t.angle(x * 1j)",
    "t.angle(x)",
    "t.frac(x * 3)",
    "t.fmod(x * 5, y)",
    "t.fmod(x, 0.7)",
    "t.fmod(t.tensor([-7, 7]), t.tensor([2, -2]))",
    "t.histc(x, 5)",
    "t.histc(x, 4, min=-1, max=1)",
    "t.cov(x)",
    "t.cov(x[:1])",
    "t.cov(v, correction=0)",
    "t.corrcoef(x)",
    "t.corrcoef(x[:1])",
    "t.corrcoef(v)",
    "t.bucketize(x, t.tensor([-1.0, 0.0, 1.0]))",
    "t.bucketize(t.tensor([1.0, 0.5]), t.tensor([0.5, 1.0]), right=True)",
    "t.take_along_dim(x, x.argsort(1), dim=1)",
    "t.take_along_dim(x, t.tensor([3, 5]))",
    "t.unique(g)",
    "t.unique(g, return_inverse=True, return_counts=True)[1]",
    "g.unique(return_counts=True)[1]",
    "t.unique(t.tensor([[1, 2], [0, 5], [1, 2]]), dim=0)",
    "t.unique(t.tensor([[1, 2], [0, 5], [1, 2]]), dim=0, return_inverse=True, return_counts=True)[1]",
    "t.unique(t.tensor([[1, 2], [0, 5], [1, 2]]), dim=0, return_inverse=True, return_counts=True)[2]",
    "t.unique(t.tensor([[1, 0, 1], [2, 5, 2]]), dim=1)",
    "x.unfold(1, 2, 1)",
    "x.unfold(0, 2, 1)",
    "t.arange(10).unfold(0, 4, 3)",
    "t.arange(10).unfold(0, 10, 1)",
    "t.arange(100).unfold(0, 20, 3)",
    "t.arange(120).reshape(2, 60, 1).unfold(1, 12, 1)",
    "t.as_tensor([[d.is_floating_point, d.is_complex, d.is_signed] for d in (t.bool, t.uint8, t.int64, t.float32, t.complex64)])",
    "t.tensor(2.0).flatten()", "x.data", "t.as_tensor(x.element_size())", "t.as_tensor(x.dim())",
    "x.clone().subtract_(y, alpha=2)",
    "t.arange(20).reshape(2, 5, 2).unfold(1, 2, 1)",
    "t.arange(20).reshape(2, 5, 2).unfold(1, 3, 2)",
    "x.type(t.float64)",
    "x.clone().fill_diagonal_(5)",
    "t.zeros(7, 3).fill_diagonal_(1, wrap=True)",
    "t.zeros(3, 3, 3).fill_diagonal_(1)",
    "t.randint_like(g, 3).shape",
    "x.clone().bernoulli_(1.0)",
    "x.clone().random_(5, 6)",
    "t.zeros(2, 3).exponential_().shape",
    "x.new_zeros(2, device='cpu', requires_grad=True).detach()",
    "(x / 9).arcsin().arctan()",
    "x.greater(y)",
    "t.cosine_similarity(x, y[:1], dim=0)",
    "t.cosine_similarity(x[None], y)",
    "t.complex(x, x * t.inf).real",
    "t.signbit(t.complex(x * 0, -x * 0).imag)",
    "t.fmod(t.tensor([5, -7], dtype=t.int8), 3)",
    "t.fmod(t.tensor([True, False]), t.tensor(0.75))",
    "t.trapezoid(x, y[:1])",
    "t.cov(t.tensor([[1, 2, 4], [3, 1, 0]]))",
    "t.histc(x, 3, min=2, max=2)",
    "t.addmm(t.zeros(1, 1, dtype=t.int64), *[t.tensor([[100]], dtype=t.int64)] * 2)",
    "t.addmm(x[:, :3] * t.nan, x, y.T, beta=0)",
    "t.cdist(t.tensor([[0.0, 0.0]]), t.tensor([[3.0, 4.0]]))",
    "x.sum(0, True)",
    "t.randint_like(g, high=5).shape",
    "t.randint_like(g, low=4, high=5)",
    "(1, *x.shape) + x.shape * 2",
    "x.frac(), x.fmod(y), x.angle()",
    "x.cov(), x.corrcoef()",
    "x.clone().fmod_(2).frac_().sgn_()",
    "x[:, :3].clone().addmm_(x, y.T)",
    "x.aminmax(dim=1).max",
]  # fmt: skip


def names(library: Any) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 3, 4)).astype(np.float32)
    g = np.asarray([[0, 2, 1, 0], [1, 1, 2, 2]])
    return {"t": library, **{name: library.asarray(a) for name, a in {"x": x, "y": y, "v": x[0], "g": g}.items()}}


@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="PyTorch, the optional oracle, is not installed")
@pytest.mark.parametrize("expression", SAME)
def test_as_in_pytorch(expression: str) -> None:
    torch = importlib.import_module("torch")
    ours, theirs = eval(expression, names(xp)), eval(expression, names(torch))
    if isinstance(ours, tuple) and isinstance(ours[0], xp.Tensor):
        ours, theirs = xp.stack(list(ours)), torch.stack(list(theirs))
    if not isinstance(ours, xp.Tensor):
        assert tuple(ours) == tuple(theirs)
        return
    assert tuple(ours.shape) == tuple(theirs.shape)
    assert ours.dtype.name == str(theirs.dtype).removeprefix("torch.")
    np.testing.assert_allclose(ours.numpy(force=True), theirs.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("expression", SAME)
def test_takes_it(expression: str) -> None:
    assert eval(expression, names(xp)) is not None


@pytest.mark.parametrize(
    "call",
    [
        lambda x, **how: xp.median(x, **how),
        lambda x, **how: xp.quantile(x, 0.5, **how),
        lambda x, **how: xp.linalg.norm(x, **how),
        lambda x, **how: xp.special.logsumexp(x, **how),
        lambda x, **how: xp.sum(x, **how),
    ],
)
def test_spellings_of_axes(call: Any) -> None:
    x = xp.asarray([[1.0, 5.0, 3.0], [2.0, 1.0, 7.0]])
    assert call(x, dim=1, keepdim=True).tolist() == call(x, axis=1, keepdims=True).tolist()
    assert call(x, dim=[0, 1]).tolist() == call(x, axis=(0, 1)).tolist()
    with pytest.raises(TypeError, match="'dim' and 'axis' are the same argument"):
        call(x, dim=1, axis=1)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: xp.cdist(x, x[:2] * 2), lambda x: xp.cosine_similarity(x, x * x), lambda x: xp.dist(x, x * x, 3),
        lambda x: xp.real(xp.polar(x * x, x) * (1 + 2j)), lambda x: xp.abs(xp.view_as_complex(xp.reshape(x, (3, 2, 2)))),
        lambda x: xp.view_as_real(x * (1 + 2j)), lambda x: x.unfold(1, 2, 1), lambda x: x.unfold(0, 2, 1),
        lambda x: x.flatten().tile(10).unfold(0, 20, 3),
        lambda x: xp.diag_embed(x, 1), lambda x: xp.diag(x[0], -2),
        lambda x: xp.block_diag(x, x[0]), xp.cov, xp.corrcoef, lambda x: xp.fmod(x * 5, 0.7), xp.frac, xp.nanmean, xp.nan_to_num,
        lambda x: xp.logdet(x[:, :3] @ x[:, :3].T + xp.eye(3, dtype=x.dtype)), lambda x: xp.addmm(x[:, :3], x, x.T, beta=2),
        lambda x: xp.inner(x, x * x), lambda x: xp.var_mean(x, 0)[0], lambda x: xp.diagonal(x, 1), lambda x: xp.angle(x * 1j + 1),
    ],
)  # fmt: skip
def test_gradients_of_forms_that_are_composed(function: Any) -> None:
    x = xp.asarray(np.random.default_rng(3).normal(size=(3, 4)))
    xp.autograd.check_grads(function, (x,), order=2, fast_mode=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda x, **how: xp.cat([x, x], **how), lambda x, **how: xp.concatenate([x, x], **how), xp.unsqueeze,
        lambda x, **how: x.unsqueeze(**how), lambda x, **how: xp.topk(x, 1, **how).values, lambda x, **how: xp.split(x, 1, **how)[0],
        lambda x, **how: xp.chunk(x, 2, **how)[0], lambda x, **how: xp.unbind(x, **how)[0],
        lambda x, **how: xp.norm(x, **how), lambda x, **how: xp.select(x, index=0, **how),
        lambda x, **how: xp.index_select(x, index=xp.asarray([0]), **how), lambda x, **how: xp.repeat_interleave(x, 2, **how),
        lambda x, **how: x.take(xp.asarray([1]), **how), lambda x, **how: xp.unique(x, **how),
        lambda x, **how: xp.unflatten(x, sizes=(-1, 1), **how),
    ],
)  # fmt: skip
def test_the_standards_spelling_where_pytorchs_is_declared(call: Any) -> None:
    x = xp.asarray([[1.0, 5.0], [2.0, 1.0]])
    assert call(x, axis=1).tolist() == call(x, dim=1).tolist()


@pytest.mark.parametrize(
    ("given", "shape"), [((), (4, 3, 2)), (((1, 0, 2),), (3, 2, 4)), (([2, 0, 1],), (4, 2, 3)), ((0, 2), (4, 3, 2)), ((0, 2, 1), (2, 4, 3))]
)  # fmt: skip
def test_transpose_in_numpys_forms_too(given: Any, shape: tuple[int, ...]) -> None:
    x = xp.zeros(2, 3, 4)
    assert x.transpose(*given).shape == xp.transpose(x, *given).shape == shape
    with pytest.raises(TypeError, match=r"transpose\(\)"):
        x.transpose(0)


def test_the_mean_of_what_is_no_nan() -> None:
    with pytest.raises(TypeError, match=r"nanmean\(\).*int64"):
        xp.nanmean(xp.asarray([1, 2]))
    assert xp.nanmean(xp.asarray([1, 2]), dtype=xp.float64).item() == 1.5
    assert xp.nansum(xp.asarray([1.0, xp.nan]), dtype=xp.float64).dtype is xp.float64


def test_integers_below_a_bound_by_name() -> None:
    assert xp.randint(1, size=(2, 2)).tolist() == xp.randint(high=1, size=(2, 2)).tolist() == [[0, 0], [0, 0]]
    with pytest.raises(TypeError, match=r"randint\(\)"):
        xp.randint(3)


def test_scattered_in_the_dtype_of_the_sum() -> None:
    z = xp.tensor([0, 0])
    bytes_ = xp.tensor([200, 100], dtype=xp.uint8)
    assert xp.zeros(2, dtype=xp.int64).index_add_(0, z, xp.tensor([True, True])).tolist() == [2, 0]
    assert xp.zeros(2).index_add(0, z, bytes_, alpha=2).tolist() == [600.0, 0.0]
    assert xp.zeros(2).scatter_add_(0, z, bytes_).tolist() == [300.0, 0.0]
    assert xp.lerp(bytes_, bytes_ * 0, 0.5).tolist() == [100.0, 50.0]


def test_small_dtypes_do_not_wrap_round_in_what_is_composed() -> None:
    small = xp.asarray([[100]], dtype=xp.int8)
    assert xp.addmm(xp.zeros(1, 1, dtype=xp.int64), small, small).item() == 10_000
    assert xp.cdist(xp.asarray([[0, 0]], dtype=xp.uint8), xp.asarray([[3, 4]], dtype=xp.uint8)).item() == 5.0
    assert xp.fmod(xp.asarray([5], dtype=xp.int8), 2).dtype is xp.int8


def test_what_is_no_axis_or_flag() -> None:
    x = xp.arange(6).reshape(2, 3)
    for call in (
        lambda: x.max(xp.tensor(1)), lambda: x.count_nonzero(0, 1), lambda: x.sum(0, axis=1),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=r"(max|count_nonzero|sum)\(\): (the axis is|got|multiple values)"):
            call()
    with pytest.raises(OverflowError, match=r"masked_fill\(\)"):
        x.masked_fill(x > 0, float("-inf"))


def test_gradients_of_what_is_scattered() -> None:
    places = xp.asarray([[0, 2, 1, 0], [1, 1, 2, 2]])
    x, source = (xp.asarray(np.random.default_rng(5).normal(size=shape)).requires_grad_() for shape in ((3, 4), (3, 5)))
    xp.autograd.check_grads(lambda x, s: xp.scatter(x, 0, places, s) ** 2, (x, source), fast_mode=True)
    xp.autograd.check_grads(lambda x, s: x.scatter_add(0, places, s) ** 2, (x, source), fast_mode=True)
    y = x * 1
    y.scatter_(1, places[:, :2], source).sum().backward()
    expected = np.ones((3, 4))
    np.put_along_axis(expected[:2], places[:, :2].numpy(force=True), 0, axis=1)
    assert x.grad.tolist() == expected.tolist()


def test_gradients_of_the_best() -> None:
    x = xp.asarray([[3.0, 1.0, 2.0], [1.0, 1.0, 5.0]]).requires_grad_()
    xp.topk(x, 2).values.sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0, 1.0], [1.0, 0.0, 1.0]]


def test_draws_by_rows() -> None:
    drawn = xp.multinomial(xp.asarray([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]), 4, replacement=True)
    assert drawn.tolist() == [[1] * 4, [0] * 4]


def test_an_integer_in_a_tensor_gives_a_view() -> None:
    x = xp.zeros(3)
    for i in xp.arange(3):
        x[i].fill_(i + 1.0)
    assert x.tolist() == [1.0, 2.0, 3.0]
    y = xp.zeros((2, 2))
    y[xp.asarray(1), :].fill_(2.0)
    assert y.tolist() == [[0.0, 0.0], [2.0, 2.0]]


def test_a_tensor_of_a_number_of_elements() -> None:
    assert xp.Tensor(xp.ones(5).size).shape == (5,)
    assert xp.Tensor([True, False]).shape == (2,)


def test_a_hook_for_a_while_and_a_gradient_taken_away() -> None:
    x = xp.ones(2, requires_grad=True)
    with x.register_hook(lambda g: g * 2):
        (x * 3).sum().backward()
    (x * 3).sum().backward()
    assert x.grad.tolist() == [9.0, 9.0]
    del x.grad
    assert x.grad is None


def test_numpys_integers_are_integers() -> None:
    x = xp.arange(6)
    assert x.view(np.int64(6)).shape == (6,)
    assert x.split(np.int64(4))[1].tolist() == [4, 5]
    assert [part.tolist() for part in x.split(xp.asarray([1, 5]))] == [[0], [1, 2, 3, 4, 5]]
    assert xp.asarray([1.0]).view(np.int32).item() == 1065353216
    assert xp.asarray([1, 0], dtype=xp.uint8).view(bool).tolist() == [True, False]
    assert xp.roll(x, xp.asarray(2), axis=0).tolist() == [4, 5, 0, 1, 2, 3]


def test_an_object_that_is_an_index() -> None:
    class One:
        def __index__(self) -> int:
            return 1

    x = xp.asarray([[1, 2], [3, 4]])
    assert xp.reshape(x[1], (One(), -1)).shape == (1, 2)
    assert (x[One()].tolist(), x[0, One()].item(), x[One() :].tolist()) == ([3, 4], 2, [[3, 4]])


def test_there_is_one_class_of_tensors() -> None:
    with pytest.raises(TypeError, match=r"Tensor cannot be subclassed: .* hold a Tensor in a class of your own"):
        type("Named", (xp.Tensor,), {})
    assert type(xp.ones(2) + 1) is xp.Tensor


def test_a_copy_of_a_tensor_and_its_gradient() -> None:
    x = xp.ones(2, requires_grad=True)
    (x * 2).sum().backward()
    g, y = copy.deepcopy((x.grad, x))
    assert y.grad is g


def test_parts_of_a_shape_are_shapes() -> None:
    shape = xp.zeros(2, 3, 4).shape
    assert repr(shape[1:]) == "arrayad.Size([3, 4])"
    assert (shape[:-1] + shape[:1]).numel() == 12
    assert (shape[0], shape[-1], type(shape[0])) == (2, 4, int)


def test_a_keyword_that_is_always_true() -> None:
    x = xp.tensor(2.0, requires_grad=True)
    assert xp.autograd.grad(x * x, x, only_inputs=True)[0].item() == 4.0
    with pytest.raises(ValueError, match=r"backward\(\)"):
        xp.autograd.grad(x * x, x, only_inputs=False)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("index_add_", (0, xp.asarray([1, 1, -1]), xp.ones(3, 4))), ("index_copy_", (0, xp.asarray([1, 2]), xp.ones(2, 4) * 7)),
        ("index_fill_", (1, xp.asarray([1, 3]), 5.0)), ("scatter_", (1, xp.asarray([[1, 2], [0, 3]]), xp.ones(2, 2) * 8)),
        ("scatter_", (0, xp.asarray([[4, 2]]), 3.0)), ("scatter_add_", (1, xp.asarray([[1, 1], [0, 3]]), xp.ones(2, 2))),
        ("fill_diagonal_", (4.0,)),
    ],
)  # fmt: skip
def test_indexed_writes_are_in_the_memory(name: str, arguments: Any) -> None:
    x = xp.reshape(xp.arange(20.0), (5, 4))
    expected = (
        getattr(x, name.rstrip("_"))(*arguments) if name != "fill_diagonal_" else x * (1 - xp.eye(5, 4)) + 4 * xp.eye(5, 4)
    )
    array = id(x._array)
    assert getattr(x, name)(*arguments) is x
    assert id(x._array) == array
    assert x.tolist() == expected.tolist()
    view = xp.zeros(2, 5, 4)[1]
    view += xp.reshape(xp.arange(20.0), (5, 4))
    getattr(view, name)(*arguments)
    assert view.tolist() == expected.tolist()


@pytest.mark.host_memory  # a GPU does not refuse them
def test_indexed_writes_out_of_range_change_nothing() -> None:
    x = xp.zeros(3, 2)
    for index in (xp.asarray([0, 3]), xp.asarray([-4, 0])):
        with pytest.raises(IndexError, match=r"index_add_\(\)"):
            x.index_add_(0, index, xp.ones(2, 2))
    assert (x == 0).all()


def test_rows_of_a_tensor_are_added_to_itself() -> None:
    x = xp.zeros(3, 2)
    assert x.index_add_(0, xp.asarray([0, 1, 2]), x.clone() + 1).tolist() == [[1.0, 1.0]] * 3
    assert x.index_add_(0, xp.asarray([0, 0, 1]), x).tolist() == [[3.0, 3.0], [2.0, 2.0], [1.0, 1.0]]
    with pytest.raises(RuntimeError, match=r"index_add_\(\): a leaf"):
        xp.ones(2, 2, requires_grad=True).index_add_(0, xp.asarray([0]), xp.ones(1, 2))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
@pytest.mark.parametrize("rows", [100, 400])
def test_rows_by_integers_of_every_size(dtype: str, rows: int) -> None:
    """The positions in memory that rows are added at exceed the range of a small dtype."""
    last = min(rows - 1, xp.iinfo(getattr(xp, dtype)).max)
    index = xp.asarray([last, 0, last], dtype=getattr(xp, dtype))
    w = xp.ones(rows, 3, requires_grad=True)
    w[index].sum().backward()
    expected = xp.zeros(rows, 3)
    expected[0] = 1.0
    expected[last] = 2.0
    assert (w.grad == expected).all()
    assert (xp.zeros(rows, 3).index_add(0, index, xp.ones(3, 3)) == expected).all()
    assert (xp.zeros(rows, 3).index_add_(0, index, xp.ones(3, 3)) == expected).all()
    if dtype.startswith("int"):
        assert xp.zeros(rows, 3).index_add_(0, index - last - 1, xp.ones(3, 3))[-1, 0].item() == 2.0


@pytest.mark.host_memory
def test_a_warning_that_is_an_error_comes_after_the_write() -> None:
    x, w = xp.asarray([[3e38, -3e38], [0.0, 0.0]]), xp.ones(2, 2, requires_grad=True)
    x.numpy()
    y = (w * x).sum()
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        x.index_add_(0, xp.asarray([0]), xp.asarray([[3e38, 0.0]]))
    with pytest.raises(RuntimeError, match="index_add_"):
        y.backward()


@pytest.mark.parametrize("name", ["index_add_", "index_copy_"])
def test_indexed_writes_take_an_axis_by_either_name(name: str) -> None:
    x = xp.zeros(2, 2)
    assert getattr(x, name)(axis=1, index=xp.asarray([1]), source=xp.ones(2, 1)).tolist() == [[0.0, 1.0], [0.0, 1.0]]


def test_random_numbers_in_place_are_drawn_for_each_element() -> None:
    xp.manual_seed(0)
    for chance in (xp.tensor(0.5), xp.full((1000,), 0.5)):
        rows = xp.zeros(3, 1000).bernoulli_(chance)
        assert 400 < rows[0].sum().item() < 600
        assert rows[0].tolist() != rows[1].tolist()
    with pytest.raises(ValueError, match="broadcast"):
        xp.zeros(2).bernoulli_(xp.full((3,), 0.5))
    assert xp.multinomial(xp.asarray([1e300, 1e-300], dtype=xp.float64), 2).tolist() == [0, 1]


def test_random_numbers_of_half_precision() -> None:
    if xp.get_default_device().type == "strict":
        pytest.skip("the standard has no half precision")
    xp.manual_seed(0)
    uniform, normal = xp.rand(20_000, dtype=xp.float16), xp.randn(20_000, dtype=xp.float16)
    assert uniform.dtype is normal.dtype is xp.float16
    assert (uniform.min().item(), uniform.max().item()) == (0.0, 2047 / 2048)
    assert (uniform * 2048 % 1 == 0).all()
    assert xp.std(xp.astype(normal, xp.float32)).item() == pytest.approx(1.0, abs=0.03)


def test_seeds_of_the_operating_system() -> None:
    seeds = [xp.seed() for _ in range(2)]
    assert len({*seeds, xp.initial_seed()}) == 2
    first = xp.rand(3)
    xp.manual_seed(seeds[1])
    assert xp.rand(3).tolist() == first.tolist()


def test_uniform_numbers_of_an_interval() -> None:
    xp.manual_seed(0)
    wide, narrow = xp.zeros(10_000).uniform_(-2.0, 6.0), xp.ones(10_000).uniform_(1.0, 1.0 + 2**-22)
    assert -2.0 <= wide.min().item() < -1.9
    assert 5.9 < wide.max().item() < 6.0
    assert wide.mean().item() == pytest.approx(2.0, abs=0.1)
    assert set(narrow.tolist()) == {1.0, 1.0 + 2**-23}  # rounding never gives the upper end


def test_exponential_numbers_in_half_precision_have_a_tail() -> None:
    if xp.get_default_device().type == "strict":
        pytest.skip("the standard has no half precision")
    xp.manual_seed(0)
    small = xp.zeros(100_000, dtype=xp.float16).exponential_()
    assert small.min().item() > 0
    assert small.max().item() > 8.5
