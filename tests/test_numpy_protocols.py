"""NumPy's functions on Tensors: NumPy's values, recorded, with derivatives checked by central differences; or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.special

import arrayad as xp
from arrayad.functions import numpy_protocols

if TYPE_CHECKING:
    from collections.abc import Callable

rng = np.random.default_rng(11)
x = rng.uniform(0.3, 1.4, (3, 4))
y = rng.uniform(0.3, 1.4, (3, 4))
v = rng.uniform(0.3, 1.4, 5)
m = rng.uniform(-0.5, 0.5, (3, 3)) + 2 * np.eye(3)
s = m @ m.T
holes = np.asarray([1.0, np.nan, 0.5, 2.0])
ints = np.asarray([3, 1, 2, 1])
bools = np.asarray([True, False, True])

# The calls and their arrays. A call is NumPy's, the same on arrays and on Tensors.
Calls = dict[str, list[tuple["Callable[..., Any]", tuple[np.ndarray, ...]]]]
CALLS: Calls = {}


def call(name: str, function: Callable[..., Any], *arrays: np.ndarray) -> None:
    CALLS.setdefault(name, []).append((function, arrays))


for _name in sorted(numpy_protocols.UFUNCS):
    _ufunc = getattr(np, _name)
    if _name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"):
        call(_name, _ufunc, ints, ints[::-1])
    elif _name == "invert":
        call(_name, _ufunc, ints)
    elif _name in ("matmul", "matvec", "vecdot", "vecmat"):
        call(_name, _ufunc, m, m)
    elif _name == "arccosh":
        call(_name, _ufunc, x + 1)
    elif _name in ("arccos", "arcsin", "arctanh"):
        call(_name, _ufunc, x / 2)
    elif _ufunc.nin == 1:
        call(_name, _ufunc, x)
        call(_name, _ufunc, -x if _name in ("absolute", "cbrt", "fabs", "sin") else x)
    else:
        call(_name, _ufunc, x, y)
        call(_name, lambda a, f=_ufunc: f(a, 0.7), x)
        call(_name, lambda a, f=_ufunc: f(0.7, a), x)
call("conjugate", np.conjugate, x + 1j * y)
call("fmod", np.fmod, np.asarray([5.0, -5.0, -3.3]), np.asarray([3.0, 3.0, -0.7]))
call("modf", lambda a: np.modf(a), -x)
call("fmax", np.fmax, holes, holes[::-1].copy())
call("fmin", np.fmin, holes, holes[::-1].copy())
call("add.reduce", lambda a: np.add.reduce(a), x)
call("add.reduce", lambda a: np.add.reduce(a, axis=(0, 1), keepdims=True), x)
call("multiply.reduce", lambda a: np.multiply.reduce(a, axis=1), x)
call("maximum.reduce", lambda a: np.maximum.reduce(a), x)
call("minimum.reduce", lambda a: np.minimum.reduce(a), x)
call("logical_and.reduce", lambda a: np.logical_and.reduce(a), bools)
call("logical_or.reduce", lambda a: np.logical_or.reduce(a), bools)
call("add.accumulate", lambda a: np.add.accumulate(a, axis=1), x)
call("multiply.accumulate", lambda a: np.multiply.accumulate(a), x)
call("subtract.outer", np.subtract.outer, x, v)

for _axis in (None, 0, -1, (0, 1)):
    for _name in ("sum", "prod", "mean", "std", "var", "max", "min", "amax", "amin", "all", "any", "ptp", "median"):
        call(_name, lambda a, f=_name, k=_axis: getattr(np, f)(a, axis=k), x)
        call(_name, lambda a, f=_name, k=_axis: getattr(np, f)(a, k, keepdims=True), x)
    for _name in ("nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd"):
        call(_name, lambda a, f=_name, k=_axis: getattr(np, f)(a, axis=k), np.stack([holes, v[:4]]))
for _name in ("std", "var"):
    call(_name, lambda a, f=_name: getattr(np, f)(a, ddof=1), x + 1j * y)
    call(_name, lambda a, f=_name: getattr(np, f)(a, axis=0, keepdims=True), x + 1j * y)
    call(_name, lambda a, f=_name: getattr(np, f)(a, axis=1, ddof=1), x)
for _axis in (None, 0, -1):
    _holes = np.stack([holes, v[:4], np.asarray([1.7, np.nan, np.nan, 0.7])])
    call("nanmedian", lambda a, k=_axis: np.nanmedian(a, axis=k), _holes)
    call("nanquantile", lambda a, k=_axis: np.nanquantile(a, [0.3, 1.0], axis=k, keepdims=True), _holes)
    call("nanpercentile", lambda a, k=_axis: np.nanpercentile(a, 30, axis=k), _holes)
call("nanvar", lambda a: np.nanvar(a, axis=1, ddof=1, keepdims=True), np.stack([holes, v[:4]]) * (1 + 2j))
call("nanstd", lambda a: np.nanstd(a, ddof=1), holes)
for _axis in (None, 0, 1):
    for _name in ("cumsum", "cumprod", "argmax", "argmin", "argsort", "sort"):
        call(_name, lambda a, f=_name, k=_axis: getattr(np, f)(a, axis=k), x)
call("cumulative_sum", lambda a: np.cumulative_sum(a, axis=1), x)
call("cumulative_prod", lambda a: np.cumulative_prod(a, axis=1), x)
call("count_nonzero", np.count_nonzero, x)
call("average", lambda a, w: np.average(a, axis=1, weights=w), x, rng.uniform(0.3, 1.4, 4))
call("average", lambda a, w: np.average(a, weights=w, returned=True), x, y)
call("average", np.average, x)
for _name, _q in (("quantile", 0.3), ("percentile", 30), ("quantile", [0.2, 0.9]), ("percentile", [20, 90])):
    call(_name, lambda a, f=_name, q=_q: getattr(np, f)(a, q, axis=1), x)
call("cov", np.cov, x)
call("cov", lambda a, b: np.cov(a, b, ddof=0), v, v[::-1].copy())
call("corrcoef", np.corrcoef, x)
call("bincount", lambda w: np.bincount(np.asarray([0, 2, 2, 1, 0]), w, 7), v)
call("searchsorted", lambda a: np.searchsorted(np.sort(a), 0.7), v)
call("where", lambda a: np.where(a > 0.7, a, 0.0), x)
call("where", lambda a: np.where(a > 0.7), x)
call("argwhere", lambda a: np.argwhere(a > 0.7), x)
call("flatnonzero", lambda a: np.flatnonzero(a > 0.7), x)
call("nonzero", np.nonzero, ints - 1)
call("unique", np.unique, ints)
call("unique", lambda a: np.unique(a, return_index=True, return_inverse=True, return_counts=True), ints)
for _name in ("unique_all", "unique_counts", "unique_inverse", "unique_values"):
    if _name != "unique_values":  # NumPy's has no defined order
        call(_name, getattr(np, _name), ints)
call("unique_values", lambda a: np.sort(np.unique_values(a)), ints)
call("isin", np.isin, ints, np.asarray([1, 9]))
call("reshape", lambda a: np.reshape(a, (2, -1)), x)
call("reshape", lambda a: np.reshape(a, -1), x)
call("ravel", np.ravel, x)
for _order in ("C", "K", "A"):
    call("ravel", lambda a, k=_order: np.ravel(a, order=k), x)
call("transpose", np.transpose, x)
call("transpose", lambda a: np.transpose(a, (1, 0)), x)
call("swapaxes", lambda a: np.swapaxes(a, 0, 1), x)
call("moveaxis", lambda a: np.moveaxis(a, 0, 1), x)
call("rollaxis", lambda a: np.rollaxis(a, 1), x)
call("rollaxis", lambda a: np.rollaxis(a, 0, 2), x)
call("squeeze", lambda a: np.squeeze(a[None, :, None]), x)
call("expand_dims", lambda a: np.expand_dims(a, 1), x)
for _name in ("atleast_1d", "atleast_2d", "atleast_3d"):
    call(_name, getattr(np, _name), v)
    call(_name, lambda a, f=_name: getattr(np, f)(a[0, 0], a), x)
for _name in ("concatenate", "stack", "vstack", "hstack", "dstack"):
    call(_name, lambda a, b, f=_name: getattr(np, f)([a, b]), x, y)
    call(_name, lambda a, b, f=_name: getattr(np, f)((a, b, np.ones(5))), v, v * 2)
call("concatenate", lambda a, b: np.concatenate([a, b], axis=None), x, v)
call("concatenate", lambda a, b: np.concatenate([a, b], axis=1, dtype=np.float32), x, y)
call("column_stack", lambda a, b: np.column_stack([a, b]), x, v[:3])
call("append", lambda a, b: np.append(a, b, axis=0), x, y)
call("append", np.append, x, v)
for _name in ("split", "array_split"):
    call(_name, lambda a, f=_name: getattr(np, f)(a, 2, axis=1), x)
    call(_name, lambda a, f=_name: getattr(np, f)(a, [1, 2]), v)
call("array_split", lambda a: np.array_split(a, 3), v)
call("hsplit", lambda a: np.hsplit(a, 2), x)
call("vsplit", lambda a: np.vsplit(a, 3), x)
call("unstack", np.unstack, x)
call("block", lambda a, b: np.block([[a, b], [np.ones((2, 4)), b[:2] * 2.0]]), x, y)
call("block", lambda a: np.block([a, a[:2], 5.0]), v)
call("block", lambda a, b: np.block([[[a, a]], [[b, 2.0 * a]]]), x, y)
for _obj in (1, [0, -1], slice(None, None, 2), np.asarray([True, False, True])):
    call("delete", lambda a, k=_obj: np.delete(a, k, axis=0), x)
call("delete", lambda a: np.delete(a, [1, 7]), x)
call("vander", np.vander, v)
call("vander", lambda a: np.vander(a, 3, increasing=True), v)
call("vander", lambda a: np.vander(a, 0), v)
call("unwrap", np.unwrap, np.asarray([[0.0, 3.0, 7.0, 1.0, 20.0, 16.0]]))
call("unwrap", lambda a: np.unwrap(a, axis=0, discont=4.0, period=3.0), np.asarray([0.0, 1.7, 0.0, 5.0, 20.0, 15.2]))
call("lib.stride_tricks.sliding_window_view", lambda a: np.lib.stride_tricks.sliding_window_view(a, (2, 3)), x)
call("lib.stride_tricks.sliding_window_view", lambda a: np.lib.stride_tricks.sliding_window_view(a, 2, axis=-1), x)
call("logaddexp.reduce", np.logaddexp.reduce, x)
call("logaddexp.reduce", lambda a: np.logaddexp.reduce(a, axis=(0, 1), keepdims=True), x)
call("repeat", lambda a: np.repeat(a, 2), x)
call("repeat", lambda a: np.repeat(a, [2, 0, 1], axis=0), x)
call("tile", lambda a: np.tile(a, 2), v)
call("tile", lambda a: np.tile(a, (2, 1, 2)), x)
call("roll", lambda a: np.roll(a, 1), x)
call("roll", lambda a: np.roll(a, (1, 2), axis=(0, 1)), x)
call("roll", lambda a: np.roll(a, (1, 2), axis=0), x)
call("roll", lambda a: np.roll(a, (1, 2)), x)
call("roll", lambda a: np.roll(a, ()), x)
call("flip", np.flip, x)
call("fliplr", np.fliplr, x)
call("flipud", np.flipud, x)
for _k in range(4):
    call("rot90", lambda a, k=_k: np.rot90(a, k), x)
call("broadcast_to", lambda a: np.broadcast_to(a, (2, 5)), v)
call("broadcast_arrays", np.broadcast_arrays, x, x[:1])
call("meshgrid", np.meshgrid, v, v[:2])
call("pad", lambda a: np.pad(a, 2, mode="reflect"), v)
call("pad", lambda a: np.pad(a, ((1, 0), (0, 2)), constant_values=3.0), x)
call("take", lambda a: np.take(a, [0, 5]), x)
call("take", lambda a: np.take(a, np.asarray([[0, 1], [2, 0]]), axis=1), x)
for _mode in ("wrap", "clip"):
    call("take", lambda a, k=_mode: np.take(a, [-9, 3, 17], axis=0, mode=k), x)
call("take_along_axis", lambda a: np.take_along_axis(a, np.argsort(a, axis=1), axis=1), x)
call("compress", lambda a: np.compress(bools, a, axis=0), x)
call("extract", lambda a: np.extract(a > 0.7, a), x)
call("select", lambda a: np.select([a > 1, a > 0.5], [a**2, a], -1.0), x)
call("piecewise", lambda a: np.piecewise(a, [a < 0.6, a > 1], [np.exp, lambda z: z**2]), x)
call("piecewise", lambda a: np.piecewise(a, [a < 0.6], [2.0, np.sqrt]), x)
call("clip", lambda a: np.clip(a, 0.5, 1.0), x)
call("clip", lambda a: np.clip(a, None, 1.0), x)
for _name in ("zeros_like", "ones_like"):
    call(_name, getattr(np, _name), x)
    call(_name, lambda a, f=_name: getattr(np, f)(a, dtype=np.int32, shape=(2, 2)), x)
call("full_like", lambda a: np.full_like(a, 7), x)
call("empty_like", lambda a: np.shape(np.empty_like(a)), x)
call("copy", np.copy, x)
call("linspace", lambda a: np.linspace(0, a, 4), v)
call("linspace", lambda a: np.linspace(a[0], a[1], 4, endpoint=False), v)
for _k in (-1, 0, 2):
    call("diag", lambda a, k=_k: np.diag(a, k), v)
    call("diag", lambda a, k=_k: np.diag(a, k), x)
    call("tril", lambda a, k=_k: np.tril(a, k), x)
    call("triu", lambda a, k=_k: np.triu(a, k), x)
    call("trace", lambda a, k=_k: np.trace(a, k), x)
    call("trace", lambda a, k=_k: np.trace(a, k, dtype=np.complex128), x)
    call("diagonal", lambda a, k=_k: np.diagonal(a, k), x)
for _name in ("real", "imag", "angle"):
    call(_name, getattr(np, _name), x + 1j * y)
    call(_name, getattr(np, _name), x)
call("round", lambda a: np.round(a, 1), x)
call("around", np.around, x)
call("fix", np.fix, x * 3)
call("sinc", np.sinc, x)
call("nan_to_num", np.nan_to_num, holes)
for _name in ("dot", "inner", "linalg.matmul"):
    _function = np.linalg.matmul if _name == "linalg.matmul" else getattr(np, _name)
    call(_name, _function, m, m)
call("dot", np.dot, x, x[0])
call("dot", np.dot, v[0], x)
call("dot", np.dot, x, rng.normal(size=(2, 4, 3)))
call("vdot", np.vdot, x + 1j * y, y + 1j)
call("outer", np.outer, x, v)
call("tensordot", lambda a, b: np.tensordot(a, b, axes=(1, 1)), x, y)
call("tensordot", lambda a, b: np.tensordot(a, b, axes=2), x, y)
call("einsum", lambda a, b: np.einsum("ij,kj->ik", a, b), x, y)
call("kron", np.kron, x, v)
call("cross", np.cross, m, m[::-1].copy())
call("cross", lambda a, b: np.cross(a, b, axis=0), m, m[::-1].copy())
call("take", lambda a: np.take(a, [True, False]), x)
call("add", lambda a: np.add(a, 1, dtype=np.float64), x.astype(np.float32))
call("diff", lambda a: np.diff(a, 2), x)
call("diff", lambda a: np.diff(a, axis=0, prepend=np.zeros((1, 4))), x)
call("ediff1d", np.ediff1d, x)
call("gradient", np.gradient, x)
call("gradient", lambda a: np.gradient(a, 0.3), v)
call("gradient", lambda a: np.gradient(a, np.asarray([0.0, 1.0, 3.0, 3.5, 6.0])), v)
call("gradient", lambda a: np.gradient(a, 0.3, 2.0, axis=(1, 0)), x)
call("trapezoid", np.trapezoid, x)
call("trapezoid", lambda a, b: np.trapezoid(a, b), v, np.sort(v))
call("interp", lambda a: np.interp(a, [0.0, 1.0, 2.0], [1.0, 5.0, 3.0]), x)
for _mode in ("full", "same", "valid"):
    call("convolve", lambda a, b, k=_mode: np.convolve(a, b, k), v, v[:3])
    call("correlate", lambda a, b, k=_mode: np.correlate(a, b, k), v, v[:3])
call("polyval", lambda p, a: np.polyval(p, a), v, x)
call("polyfit", lambda a, b: np.polyfit(a, b, 2), v, np.sin(v))
call("polyfit", lambda a, b, w: np.polyfit(a, b, 1, w=w), v[:4], x.T.copy(), y[0])
call("i0", np.i0, x)
call("roots", lambda p: np.sort_complex(np.roots(p)) if isinstance(p, np.ndarray) else np.roots(p).sum(), v)
call("isclose", lambda a: np.isclose(a, 0.7, atol=0.2), x)
call("astype", lambda a: np.astype(a, np.float32), x)


def symmetric(function: Callable[..., Any]) -> Callable[..., Any]:
    """Of the symmetric part: a function that reads one triangle has the derivative of a function of symmetric matrices."""
    return lambda a, *args: function((a + np.swapaxes(a, -1, -2)) / 2, *args)


call("linalg.cholesky", symmetric(np.linalg.cholesky), s)
for _triangle in ("L", "U"):
    call("linalg.eigvalsh", symmetric(lambda a, t=_triangle: np.linalg.eigvalsh(a, t)), s)
    call("linalg.eigh", symmetric(lambda a, t=_triangle: np.linalg.eigh(a, UPLO=t)[0]), s)
for _name in ("det", "inv", "svdvals", "slogdet", "matrix_norm", "vector_norm", "pinv", "matrix_rank"):
    call(f"linalg.{_name}", getattr(np.linalg, _name), s)
call("linalg.solve", np.linalg.solve, m, x)
call("linalg.norm", np.linalg.norm, x)
call("linalg.norm", lambda a: np.linalg.norm(a, 1, axis=0), x)
for _order in (None, 2, -2, 1, np.inf, "fro"):
    call("linalg.cond", lambda a, k=_order: np.linalg.cond(a, k), m)
call("vecmat", np.vecmat, x[:, :3] * (1 + 2j), m)
call("linalg.eigvals", lambda a: np.sum(np.linalg.eigvals(a) ** 2), m)
call("linalg.eig", lambda a: np.sum(np.linalg.eig(a)[0] ** 2), m)
call("linalg.svd", lambda a: np.linalg.svd(a, compute_uv=False), x)
call("linalg.svd", lambda a: np.linalg.svd(a, full_matrices=False)[1], x)
call("linalg.qr", lambda a: np.abs(np.linalg.qr(a, mode="r")), x)
call("linalg.qr", lambda a: np.abs(np.linalg.qr(a)[0]), m)
call("linalg.matrix_power", lambda a: np.linalg.matrix_power(a, 3), m)
call("linalg.lstsq", lambda a, b: np.linalg.lstsq(a, b)[0], x.T.copy(), v[:4])
call("linalg.multi_dot", lambda a, b: np.linalg.multi_dot([a, b, a]), m, s)
call("linalg.outer", np.linalg.outer, v, v)
call("linalg.cross", np.linalg.cross, m, s)
call("linalg.trace", np.linalg.trace, m)
call("linalg.diagonal", np.linalg.diagonal, m)
call("linalg.matrix_transpose", np.linalg.matrix_transpose, m)
call("linalg.vecdot", np.linalg.vecdot, m, s)
call("linalg.tensordot", np.linalg.tensordot, m, s)
call("matrix_transpose", np.matrix_transpose, x)
for _name in ("fft", "ifft", "rfft", "hfft", "ihfft", "irfft"):
    call(f"fft.{_name}", lambda a, f=_name: getattr(np.fft, f)(a, n=6, norm="ortho"), v)
    call(f"fft.{_name}", lambda a, f=_name: getattr(np.fft, f)(a, axis=0), x)
for _name in ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"):
    call(f"fft.{_name}", getattr(np.fft, _name), x)
call("fft.fftshift", np.fft.fftshift, x)
call("fft.ifftshift", lambda a: np.fft.ifftshift(a, axes=1), x)


# Methods and attributes.
def flat(a: Any, d: Any) -> Any:
    out = a @ d
    out.flat[:: len(d) + 1] += d[0, 0]
    turned = (out * 1.0).T
    turned.flat[1:3] = d[0, :2]
    return out, turned, out.flat[[2, 0]], sum(turned.flat), len(out.flat)


for _method in (
    lambda a: a.take(-1, axis=1), lambda a: a.take([0, 2], 0), lambda a: a.take(7), lambda a: a.take([5], mode="clip"),
    lambda a: a.std(axis=1, ddof=1), lambda a: a.var(ddof=2), lambda a: a.mean(axis=0, dtype=np.complex128),
    lambda a: a.mean(axis=(0, 1), keepdims=True), lambda a: a.ravel(), lambda a: a.ravel(order="K"), lambda a: a.ravel("A"),
    lambda a: a.round(1), lambda a: a.round(decimals=2), lambda a: a.round(),
    lambda a: a[0].searchsorted(0.4), lambda a: a[0].searchsorted([0.4, 5.0], side="right"),
    lambda a: a.strides, lambda a: a[::-1].T.strides,
):  # fmt: skip
    call("methods", _method, x)
call("flat", flat, m, s)

# Functions whose result is not an array.
call("allclose", lambda a: np.allclose(a, a + 1e-12), x)
call("array_equal", np.array_equal, x, y)
call("array_equal", lambda a: np.array_equal(a, None), x)
call("array_equal", lambda a: np.array_equal(a, a, equal_nan=True), holes)
call("shape", np.shape, x)
call("ndim", np.ndim, x)
call("size", lambda a: (np.size(a), np.size(a, 1)), x)
call("iscomplexobj", np.iscomplexobj, x)
call("isrealobj", np.isrealobj, x)
call("result_type", lambda a: np.result_type(a, np.float32), x)
call("shares_memory", lambda a: np.shares_memory(a, a[1:]), x)
call("may_share_memory", lambda a: np.may_share_memory(a, a[1:]), x)
for _name in ("erf", "gammaln", "expit", "psi", "xlogy", "betainc", "stdtr"):
    _count = getattr(scipy.special, _name).nin
    call(f"scipy.{_name}", getattr(scipy.special, _name), *[x, y, x / 2][:_count])
for _name in ("expm1", "log1p", "round"):  # the standard has them
    call(f"scipy.{_name}", getattr(scipy.special, _name), x)
call("scipy.zeta", scipy.special.zeta, x + 2)
call("scipy.zeta", scipy.special.zeta, x + 2, y)


def test_every_entry_is_called() -> None:
    tables = (numpy_protocols.UFUNCS, numpy_protocols.FUNCTIONS)
    names = {name.removeprefix("numpy.") for table in tables for name in table}
    names |= {f"{name}.reduce" for name in numpy_protocols.REDUCTIONS}
    names |= {f"{name}.accumulate" for name in numpy_protocols.ACCUMULATIONS}
    assert names - set(CALLS) == {"put_along_axis"}  # it returns nothing; tested below


def _parts(out: Any) -> list[Any]:
    return list(out) if isinstance(out, (tuple, list)) and not isinstance(out, xp.Size) else [out]


ALL = [(f"{name}-{i}", function, arrays) for name, calls in CALLS.items() for i, (function, arrays) in enumerate(calls)]


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")  # since NumPy 2.5, which still has it
@pytest.mark.parametrize(("name", "function", "arrays"), ALL, ids=[name for name, _, _ in ALL])
def test_values_and_derivatives(name: str, function: Any, arrays: tuple[np.ndarray, ...]) -> None:
    floating = [a.dtype.kind in "fc" for a in arrays]
    leaves = [
        xp.asarray(a, copy=True).requires_grad_() if f else xp.asarray(a) for a, f in zip(arrays, floating, strict=True)
    ]
    found, expected = _parts(function(*leaves)), _parts(function(*arrays))
    assert len(found) == len(expected)
    weighted = []
    for ours, theirs in zip(found, expected, strict=True):
        if not isinstance(ours, xp.Tensor):
            assert ours == theirs
            continue
        assert ours.shape == np.shape(theirs) or name.startswith("roots")
        if not name.startswith("roots"):
            np.testing.assert_allclose(ours.numpy(force=True), theirs, rtol=1e-10, atol=1e-12)
        if ours.requires_grad:
            w = xp.asarray(np.random.default_rng(len(weighted)).normal(size=tuple(ours.shape)))
            real = xp.real(ours) if ours.dtype.kind == "c" else ours
            weighted.append((xp.sum(real * w), w.numpy()))
    if not weighted:
        return
    tracked = [leaf for leaf in leaves if leaf.requires_grad]
    gradients = xp.autograd.grad([loss for loss, _ in weighted], tracked, materialize_grads=True)
    directions = [np.random.default_rng(i).normal(size=a.shape) for i, a in enumerate(arrays)]

    def moved(step: float) -> float:
        with xp.no_grad():
            inputs = [
                xp.asarray(a + step * d) if f else xp.asarray(a)
                for a, d, f in zip(arrays, directions, floating, strict=True)
            ]
            outputs = [o for o in _parts(function(*inputs)) if isinstance(o, xp.Tensor) and o.dtype.kind in "fc"]
        return float(sum(np.sum(np.real(o.numpy()) * w) for o, (_, w) in zip(outputs, weighted, strict=False)))

    slope = sum(
        np.sum(np.real(g.numpy()) * d)
        for g, d in zip(gradients, [d for d, f in zip(directions, floating, strict=True) if f], strict=True)
    )
    step = 1e-6
    if name.startswith(("nextafter", "astype", "concatenate-3")):  # steps, and single precision
        step = 1e-3
    numeric = (moved(step) - moved(-step)) / (2 * step)
    np.testing.assert_allclose(slope, numeric, rtol=1e-6 if step < 1e-4 else 1e-3, atol=1e-7)


INTEGERS = {
    "fmod": lambda a: np.fmod(a, 3),
    "fmod of a float": lambda a: np.fmod(a % 7, 0.5),
    "fmax with a float": lambda a: np.fmax(a % 7, 1.5),
    "fmin with a float": lambda a: np.fmin(2.5, a % 7),
    "heaviside at a half": lambda a: np.heaviside(a, 0.5),
    "heaviside of a float": lambda a: np.heaviside(0.5, a % 7),
    "power": lambda a: np.float_power(a % 7, 1.1),
    "power of a float": lambda a: np.float_power(2.1, a % 7),
    "nansum": np.nansum,
    "nanprod": lambda a: np.nanprod(a[:1]),
    "nanmax": np.nanmax,
    "nanmin": lambda a: np.nanmin(a, axis=0),
    "nanmean": lambda a: np.nanmean(a[1:2]),
    "round": lambda a: np.round(a, 1),
}


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_stay_exact(name: str) -> None:
    a = np.asarray([2**53 + 1, -5, 16777217])
    ours, theirs = INTEGERS[name](xp.asarray(a)), np.asarray(INTEGERS[name](a))
    assert ours.tolist() == theirs.tolist()
    assert ours.dtype.kind == theirs.dtype.kind


def test_parts_of_infinities() -> None:
    a = np.asarray([np.inf, -np.inf, -0.0, -1.5])
    for ours, theirs in zip(np.modf(xp.asarray(a)), np.modf(a), strict=True):
        assert ours.tolist() == theirs.tolist()
    x = xp.asarray([3.0, 0.5]).requires_grad_()
    np.modf(x)[0].sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    assert np.fmod(xp.asarray([-128, 127, -5], dtype=xp.int8), 3).tolist() == [-2, 1, -2]
    assert np.fmod(xp.asarray([5.0]), xp.inf).tolist() == [5.0]
    assert np.fmod(xp.asarray(np.asarray([1e20])), 0.7).item() == np.fmod(1e20, 0.7)


# Python floats and lists beside a float64 array, where float32 would show.
BESIDE = {
    "isin": lambda a: np.isin(a, [0.1, 0.7]),
    "searchsorted": lambda a: np.searchsorted(a, 0.1),
    "searchsorted sorter": lambda a: np.searchsorted(a, 0.7, sorter=[0, 1]),
    "append": lambda a: np.append(a, 0.1),
    "dot": lambda a: np.dot(a, [0.1, 0.2]),
    "outer": lambda a: np.outer(a, [0.1, 0.2]),
    "kron": lambda a: np.kron([0.1, 0.2], a),
    "concatenate": lambda a: np.concatenate([[0.3], a]),
    "stack": lambda a: np.stack([a, [0.3, 0.4]]),
    "interp": lambda a: np.interp(a, [0.0, 0.3, 1.0], [0.1, 0.2, 0.5]),
    "average": lambda a: np.average(a, weights=[0.3, 0.4]),
    "select": lambda a: np.select([a > 0.5], [a], default=0.3),
    "where": lambda a: np.where(a > 0.5, [0.1, 0.2], a),
    "clip": lambda a: np.clip(a, [0.2, 0.3], 0.6),
    "diff": lambda a: np.diff(a, prepend=0.3, append=[0.1, 0.2]),
    "solve": lambda a: np.linalg.solve([[0.1, 0.2], [0.3, 0.7]], a),
    "allclose": lambda a: np.asarray(np.allclose(a, [0.1, 0.7], rtol=0, atol=1e-14)),
    "linspace": lambda a: np.linspace(-2.5 * a[0] / 0.1, 2.5, 4, dtype=int),
    "lstsq of few rows": lambda a: np.linalg.lstsq([[0.1, 0.2]], a[:1])[1],
    "lstsq": lambda a: np.linalg.lstsq([[0.1], [0.2]], a)[1],
    "matrix_rank": lambda a: np.linalg.matrix_rank(np.diag(a), 0.5),
    "matrix_rank of several": lambda a: np.linalg.matrix_rank(np.stack([np.diag(a)] * 2), [0.5, 0.01]),
    "matrix_rank of a vector": lambda a: np.linalg.matrix_rank(a),
    "size": lambda a: np.size(a, 0),
    "gradient": lambda a: np.gradient(a, axis=[0]),
    "eigvalsh": lambda a: np.linalg.eigvalsh(np.stack([a, [9.0, 3.0]]), UPLO="l"),
}


@pytest.mark.parametrize("name", BESIDE)
def test_pythons_floats_have_the_dtype_of_what_they_stand_beside(name: str) -> None:
    a = np.asarray([0.1, 0.7])
    ours, theirs = BESIDE[name](xp.asarray(a)), BESIDE[name](a)
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-14)
    assert np.shape(ours) == np.shape(theirs)


AXES = {
    "numpy.take": lambda a: np.take(a, np.asarray([0]), axis=3),
    "numpy.gradient": lambda a: np.gradient(a, axis=3),
    "numpy.size": lambda a: np.size(a, 3),
    "numpy.rollaxis": lambda a: np.rollaxis(a, 3),
    "numpy.diff": lambda a: np.diff(a, axis=3),
    "numpy.array_split": lambda a: np.array_split(a, 1, axis=3),
    "numpy.rot90": lambda a: np.rot90(a, axes=(0, 3)),
    "numpy.average": lambda a: np.average(a, weights=np.ones(2), axis=3),
}


@pytest.mark.parametrize("name", AXES)
def test_axes_that_there_are_not(name: str) -> None:
    with pytest.raises(IndexError, match=r"axis 3 is out of range|tuple index out of range"):
        AXES[name](xp.ones((2, 2)))


def test_size_over_several_axes() -> None:
    assert np.size(xp.ones((2, 3, 4)), (0, 2)) == 8  # as NumPy since 2.4


@pytest.mark.parametrize("order", [None, 2, -2, 1, -1, np.inf, "fro"])
def test_condition_numbers_of_singular_matrices(order: Any) -> None:
    a = np.asarray([np.zeros((2, 2)), [[1.0, 2.0], [3.0, 4.0]], [[1.0, 1.0], [1.0, 1.0]]])
    found, expected = np.linalg.cond(xp.asarray(a), order).numpy(), np.linalg.cond(a, order)
    np.testing.assert_array_equal(np.isinf(found[:2]), np.isinf(expected[:2]))
    np.testing.assert_allclose(1 / found, 1 / expected, atol=1e-16)
    with pytest.raises(np.linalg.LinAlgError, match="not defined for empty matrices"):
        np.linalg.cond(xp.ones((3, 0, 0)), order)


def test_polynomials_have_a_degree() -> None:
    with pytest.raises(ValueError, match=r"numpy\.polyfit\(\): expected a degree of at least 0, got -1"):
        np.polyfit(xp.ones(3), xp.ones(3), -1)


def test_refused_triangle() -> None:
    with pytest.raises(ValueError, match="UPLO must be 'L' or 'U', got 'X'"):
        np.linalg.eigvalsh(xp.eye(2), UPLO="X")


# --- operands ---


def test_arrays_and_tensors_in_operators() -> None:
    a, t = np.asarray([1.0, 2.0]), xp.asarray([3.0, 4.0]).requires_grad_()
    for out in (a * t, t * a, np.multiply(a, t), np.multiply(t, a)):
        assert isinstance(out, xp.Tensor)
        assert out.requires_grad
        assert out.dtype is xp.float64
        assert out.tolist() == [3.0, 8.0]
    assert (np.eye(2) @ t).tolist() == [3.0, 4.0]
    assert (a < t).tolist() == [True, True]
    assert (np.float64(2) * t).dtype is xp.float32  # a scalar is a number
    t = xp.ones(2)
    t += a
    assert t.tolist() == [2.0, 3.0]
    with pytest.raises(TypeError, match="asarray"):
        xp.multiply(t, a)  # the namespace's own functions take Tensors


def test_what_is_written_into_numpys_memory_later_changes_no_gradient() -> None:
    a, t = np.asarray([1.0, 2.0]), xp.ones(2, requires_grad=True)
    out = (a * t).sum() + np.dot(a, t)
    a[:] = 100.0
    out.backward()
    assert t.grad.tolist() == [2.0, 4.0]


def test_functions_without_a_counterpart_are_numpys_where_nothing_is_tracked() -> None:
    a = np.asarray([3.0, 1.0, 2.0])
    x = xp.asarray(a)
    for call in (
        lambda a: np.histogram(a, bins=2)[0],
        lambda a: np.digitize(a, [1.5, 2.5]),
        lambda a: np.lexsort((a, a)),
        lambda a: np.ldexp(a, 2),
        lambda a: np.spacing(a),
        lambda a: np.subtract.reduceat(a, [0, 1]),
        lambda a: np.broadcast_arrays(a[:1], None, np.ones(2))[0],
    ):
        out = call(x)
        assert type(out) is np.ndarray
        assert out.tolist() == call(a).tolist()
        with pytest.raises(TypeError, match="has no counterpart"):
            call(x.clone().requires_grad_())
        with xp.no_grad():
            assert call(x.clone().requires_grad_()).tolist() == out.tolist()
    with pytest.raises(TypeError, match=r"numpy\.ldexp has no counterpart"):
        np.ldexp(x, 2, out=x)
    np.copyto(x, 1.0)
    assert x.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    "function",
    [
        lambda a: np.sum(a, where=a > 2),
        lambda a: np.sum(a, axis=0, initial=5.0),
        lambda a: np.max(a, initial=9.0),
        lambda a: np.add.reduce(a, where=a > 2),
        lambda a: np.add(a, a, signature="dd->d"),
        lambda a: np.ravel(np.swapaxes(a, 0, 1), order="K"),
        lambda a: np.reshape(a, -1, order="F"),
        lambda a: np.meshgrid(a, a, sparse=True)[1],
        lambda a: np.unique(a / 0),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_arguments_without_a_counterpart_are_numpys_where_nothing_is_tracked(function: Any) -> None:
    a = np.asarray([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]])
    out = function(xp.asarray(a))
    assert isinstance(out, xp.Tensor)
    np.testing.assert_array_equal(out.numpy(), function(a))
    with pytest.raises(TypeError, match=r"numpy\.[a-z_.]+\(\) on Tensors"):
        function(xp.asarray(a).requires_grad_())


def test_nothing_is_lost_silently() -> None:
    a, t = np.ones(2), xp.ones(2, requires_grad=True)
    with pytest.raises(TypeError, match=r"numpy\.add: out= must be a Tensor"):
        a += t
    assert a.tolist() == [1.0, 1.0]
    with pytest.raises(TypeError, match=r"numpy\.partition has no counterpart"):
        np.partition(t, 1)
    with pytest.raises(TypeError, match=r"numpy\.spacing has no counterpart"):
        np.spacing(t)
    with pytest.raises(TypeError, match=r"^jv has no counterpart"):
        scipy.special.jv(1.0, t)
    with pytest.raises(TypeError, match=r"numpy\.add\.at"):
        np.add.at(a, [0], t)
    with pytest.raises(TypeError, match=r"numpy\.mean\(\) on Tensors: .*'where'"):
        np.mean(t, where=[True, False])
    with pytest.raises(RuntimeError, match="detach"):
        np.asarray(t)
    with pytest.raises(RuntimeError, match="detach"):
        np.array([t[0], t[1]])
    with pytest.raises(TypeError):
        np.add(t, object())


def test_out() -> None:
    t, out = xp.asarray([1.0, 4.0]).requires_grad_(), xp.zeros(2)
    assert np.sqrt(t, out=out) is out
    assert np.add([1.0, 2.0], 1, out=out) is out
    assert out.tolist() == [2.0, 3.0]
    assert np.sum(xp.stack([t, t]), axis=0, out=out) is out
    assert out.tolist() == [2.0, 8.0]
    out.sum().backward()
    assert t.grad.tolist() == [2.0, 2.0]
    with pytest.raises(TypeError, match="out="):
        np.sum(t, out=np.zeros(()))
    with pytest.raises(TypeError, match=r"numpy\.sum\(\) on Tensors"):
        np.sum(xp.ones(2), where=[True, False], out=out)
    array = np.ones(2)
    array += xp.ones(2)  # nothing is lost if nothing is tracked
    assert np.max(xp.asarray([[5.0, 6.0]]), axis=0, out=array[::-1]).tolist() == [5.0, 6.0]  # type: ignore[call-overload]  # the stubs know arrays alone
    assert array.tolist() == [6.0, 5.0]


def test_put_along_axis() -> None:
    t = xp.zeros(2, 3)
    np.put_along_axis(t, np.asarray([[1], [0]]), 5.0, axis=1)
    assert t.tolist() == [[0.0, 5.0, 0.0], [5.0, 0.0, 0.0]]


def test_numpy_code_is_differentiable_as_it_stands() -> None:
    def model(w: Any, features: np.ndarray, targets: np.ndarray) -> Any:
        hidden = np.tanh(features @ w[:12].reshape(4, 3) + w[12:15])
        logits = np.einsum("nh,h->n", hidden, w[15:18]) + w[18]
        return np.mean(np.logaddexp(0.0, logits) - targets * logits) + 0.1 * np.sum(w**2)

    w = rng.normal(size=19)
    features, targets = rng.normal(size=(7, 4)), rng.integers(0, 2, 7).astype(float)
    t = xp.asarray(w, copy=True).requires_grad_()
    (g,) = xp.autograd.grad(model(t, features, targets), t)
    numeric = [(model(w + e, features, targets) - model(w - e, features, targets)) / 2e-6 for e in 1e-6 * np.eye(19)]
    np.testing.assert_allclose(g.numpy(), numeric, atol=1e-8)


def test_on_another_device() -> None:
    from . import strict

    strict.register()
    t = xp.ones(2, device="strict")
    for function in (lambda: t + np.ones(2), lambda: np.ones(2) + t, lambda: np.dot(np.ones(2), t)):
        with pytest.raises(TypeError, match=r"host and the Tensor on strict.*asarray"):
            function()


def test_integers_are_computed_as_numpy_does() -> None:
    numbers = np.asarray([123456789, -155])
    for decimals in (-1, -2, 0, 2):
        found = np.round(xp.asarray(numbers), decimals)
        np.testing.assert_array_equal(found.numpy(), np.round(numbers, decimals))
        assert found.dtype == numbers.dtype
    values = np.arange(1e6)
    assert np.percentile(xp.asarray(values), np.asarray([33])).item() == np.percentile(values, 33)
    assert np.percentile(xp.asarray(values), xp.asarray([33])).item() == np.percentile(values, 33)


def test_slopes_between_coordinates_of_any_size() -> None:
    f = np.asarray([0.0, 1.0, 2.0, 5.0])
    for places in (np.asarray([0, 1, 3, 4]) * 10**9, np.asarray([0, 1, 3, 4]) * 1e-150):
        np.testing.assert_allclose(
            np.gradient(xp.asarray(f), xp.asarray(places)).numpy(), np.gradient(f, places), rtol=1e-12
        )
    half, places = f.astype(np.float16), np.asarray([0, 0.001, 0.003, 0.004], np.float16)
    found = np.gradient(xp.asarray(half), xp.asarray(places))
    assert found.dtype == xp.float16
    np.testing.assert_allclose(found.numpy(), np.gradient(half, places), rtol=1e-3)
    with pytest.raises(ValueError, match="at least two elements"):
        np.gradient(xp.ones((3, 1)), axis=1)


def test_the_slope_of_a_remainder_at_zero() -> None:
    t = xp.asarray([0.0, -0.0, 2.0, -2.0]).requires_grad_()
    out = np.fmod(t, xp.asarray(1.5))
    out.sum().backward()
    assert t.grad.tolist() == [1.0, 1.0, 1.0, 1.0]
    assert str(out.tolist()) == "[0.0, -0.0, 0.5, -0.5]"


def test_ends_and_bounds_are_met() -> None:
    start, stop = (xp.asarray(n, dtype=xp.float64) for n in (0.1257302210933933, -0.1321048632913019))
    for count in range(2, 60):
        assert np.linspace(start, stop, count)[-1] == stop
    for row in np.random.default_rng(0).normal(size=(50, 7)):
        t = xp.asarray(np.stack([row, 3 * row + 1])).requires_grad_()
        c = np.corrcoef(t)
        assert abs(c[0, 1].item()) <= 1
        c[0, 1].backward()
        np.testing.assert_allclose(t.grad.numpy(), 0, atol=1e-14)


def test_gradient_of_the_deviation_of_equal_complex_numbers() -> None:
    assert xp.func.grad(np.std)(xp.asarray([1j, 1j])).tolist() == [0, 0]


def test_infinite_parts_of_complex_numbers() -> None:
    z = np.asarray([complex(1, np.inf), complex(np.nan, 2)])
    np.testing.assert_array_equal(np.nan_to_num(xp.asarray(z), posinf=np.inf).numpy(), np.nan_to_num(z, posinf=np.inf))
    with pytest.raises(TypeError, match="real"):
        np.cbrt(xp.asarray(z))


def test_coordinates_in_a_list() -> None:
    places = [0.0, 1.0, 3.0, 4.0, 7.0]
    np.testing.assert_allclose(np.gradient(xp.arange(5.0), places).numpy(), np.gradient(np.arange(5.0), places), rtol=1e-6)
    with pytest.raises(TypeError, match="operands between lists of axes"):
        np.einsum(xp.ones((2, 2)), [0, 1])
    assert not np.array_equal(xp.ones(2), None)


def test_what_does_not_fit_is_not_written() -> None:
    with pytest.raises(TypeError, match="a result of float32 cannot be written into out= of int64"):
        np.add(xp.asarray([1.5]), 1, out=xp.asarray([0]))
    with pytest.raises(ValueError, match=r"out= has shape \(4, 3\), and the result \(3,\)"):
        np.sum(xp.ones((2, 3)), axis=0, out=xp.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"out= has shape \(4, 3\)"):
        np.add.reduce(xp.ones((2, 3)), out=xp.zeros((4, 3)))
    out = xp.zeros((2, 3))
    assert np.add(xp.ones(3), 1, out=out) is out
    assert out.tolist() == [[2.0] * 3] * 2
    narrow = xp.zeros(2)
    assert np.exp(xp.zeros(2, dtype=xp.float64), out=narrow).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("values", [(4, 6), ((1, 2), (3, 4)), np.asarray([3.0, 4.0]), 5])
def test_padding_of_pairs(values: Any) -> None:
    a = np.arange(6.0).reshape(2, 3)
    for width in (1, ((0, 2), (1, 0))):
        found = np.pad(xp.asarray(a), width, constant_values=values)
        np.testing.assert_array_equal(found.numpy(), np.pad(a, width, constant_values=values))


def test_numpys_functions_that_write() -> None:
    h = xp.zeros(3, 3)
    np.add.at(h, (np.asarray([0, 1, 1]), np.asarray([2, 0, 0])), 1)  # type: ignore[arg-type]  # the stubs know arrays alone
    assert h.tolist() == [[0, 0, 1], [2, 0, 0], [0, 0, 0]]
    a = np.ones((2, 2))
    np.add.at(a, ([0], [1]), xp.asarray([7.0]))  # type: ignore[arg-type]  # as above
    assert a.tolist() == [[1.0, 8.0], [1.0, 1.0]]
    swapped = np.ones(2, ">f8")
    np.put_along_axis(swapped, np.asarray([0]), xp.asarray([7.0]), 0)  # type: ignore[arg-type]  # as above
    assert swapped.tolist() == [7.0, 1.0]
    w = xp.ones(2, dtype=xp.float64, requires_grad=True)
    for write in (
        lambda d: np.copyto(d, 0.0), lambda d: np.put(d, [0], 5.0), lambda d: np.putmask(d, [True, False], 5.0),
        lambda d: np.place(d, [True, False], [5.0]), lambda d: np.multiply.at(d, [0, 0], 2.0), lambda d: np.copyto(dst=d, src=0.0),
    ):  # fmt: skip
        d = xp.from_numpy(np.asarray([3.0, 3.0]))
        y = (w * d).sum()
        write(d)
        assert d.tolist() != [3.0, 3.0]
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.backward()
    m = xp.zeros(2, 2)
    np.fill_diagonal(m, 3.0)  # type: ignore[arg-type]  # as above
    assert m.tolist() == [[3.0, 0.0], [0.0, 3.0]]


def test_numpys_creation_like_a_tensor() -> None:
    for made in (np.zeros(3, like=xp.ones(1)), np.asarray([1.0], like=xp.ones(1)), np.eye(2, like=xp.ones(1))):  # type: ignore[arg-type]  # as above
        assert isinstance(made, xp.Tensor)


def test_grids_are_copies() -> None:
    v = xp.asarray([1.0, 2.0], dtype=xp.float64)
    x, _ = np.meshgrid(v, np.asarray([0.0]))  # type: ignore[arg-type]  # as above
    x += 10
    assert v.tolist() == [1.0, 2.0]


def test_sparse_matrices_times_tensors() -> None:
    sparse = pytest.importorskip("scipy.sparse", reason="whose matrices they are")
    a = sparse.csr_array(np.asarray([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]]))
    assert (a @ xp.asarray([1.0, 2.0, 3.0])).tolist() == [7.0, 6.0]
    assert (a @ xp.ones(3, 2)).tolist() == [[3.0, 3.0], [3.0, 3.0]]
    with pytest.raises(RuntimeError, match="requires grad"):
        a @ xp.ones(3, requires_grad=True)


class Wrapper:
    """An array inside another object, like xarray's, pandas' and Pint's: with its own operators for either side."""

    __array_ufunc__ = None

    def __init__(self, x: Any) -> None:
        self.x = x

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("what is in it is a Tensor, and is to stay one")

    def __radd__(self, other: Any) -> Wrapper:
        return Wrapper(other + self.x)

    def __eq__(self, other: object) -> Any:
        return Wrapper(other == self.x)

    __hash__ = object.__hash__


def test_what_has_a_tensor_in_it_answers_for_itself() -> None:
    t = xp.ones(2, requires_grad=True)
    out = t + Wrapper(t * 2)
    assert isinstance(out, Wrapper)
    out.x.sum().backward()
    assert t.grad.tolist() == [3.0, 3.0]
    assert isinstance(t == Wrapper(t), Wrapper)


@pytest.mark.filterwarnings("ignore:Setting the shape on a NumPy array has been deprecated:DeprecationWarning")  # NumPy 2.5
def test_the_form_of_an_array_is_its_owners() -> None:
    a = np.arange(6.0)
    x = xp.from_numpy(a)
    w = xp.asarray(2.0, dtype=xp.float64).requires_grad_()
    y = (w * x).sum()
    a.shape = (2, 3)
    a.flags.writeable = False
    x += 0.0
    y = (w * x).sum()
    y.backward()
    assert w.grad.item() == 15.0
    b = x.numpy()
    b.shape = (3, 2)
    assert x.shape == (6,)
    assert np.shares_memory(a, x.numpy())
    assert np.shares_memory(np.asarray(x), a)


@pytest.mark.parametrize(
    "look",
    [
        lambda x: np.array(x),
        lambda x: np.asarray(x, dtype=np.float64),
        lambda x: x.__array__(copy=True),
        lambda x: np.shares_memory(x, x),
        lambda x: np.put(x, 0, 1.0),
        lambda x: np.copyto(x, 1.0),
    ],
)
def test_what_keeps_nothing_shares_nothing(look: Callable[[Any], Any]) -> None:
    x, w = xp.ones(3), xp.ones(3, requires_grad=True)
    look(x)
    y = (w * x).sum()
    x += 1
    y.backward()  # of the earlier values, since the memory can move
    assert w.grad.tolist() == [1.0, 1.0, 1.0]


def test_attributes_that_there_are_not() -> None:
    x = xp.ones(3)
    assert not any(hasattr(x, name) for name in ("T", "mT", "mH", "imag"))
    assert getattr(x, "imag", None) is None
    with pytest.raises(ValueError, match="2 dimensions"):
        _ = x.T
    assert all(hasattr(xp.ones(2, 2, dtype=xp.complex64), name) for name in ("T", "mT", "mH", "imag"))


def test_dtypes_as_numpys() -> None:
    assert xp.ones(1).dtype == np.float32
    assert xp.ones(1).dtype in (np.float64, np.float32)
    assert xp.ones(1).dtype != np.float64
    assert xp.float32 != np.floating
    for name in ("char", "byteorder", "type", "names", "num", "str"):
        assert getattr(xp.float32, name) == getattr(np.dtype("float32"), name)
    assert not hasattr(xp.float32, "__array_interface__")
    assert xp.ones(1).astype("float64").dtype is xp.float64


def test_numpys_names_of_what_has_to_be_given() -> None:
    t, a = xp.asarray(m), m
    pairs: Any = [
        (np.full_like(t, fill_value=3), np.full_like(a, fill_value=3)),
        (np.full_like(t, 3, np.int64), np.full_like(a, 3, np.int64)),
        (np.zeros_like(t, np.int32, device="cpu"), np.zeros_like(a, np.int32)),
        (np.linalg.solve(a=t, b=t[0]), np.linalg.solve(a=a, b=a[0])),  # type: ignore[call-overload]  # the stubs know arrays alone
        (np.linalg.det(a=t), np.linalg.det(a=a)),  # type: ignore[arg-type]  # as above
        (np.nonzero(a=t)[0], np.nonzero(a=a)[0]),  # type: ignore[call-overload]  # as above
    ]
    for ours, theirs in pairs:
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours.numpy(), theirs)


def test_polynomials_with_coefficients_in_a_tensor() -> None:
    assert np.polyval(xp.asarray([3.0, 1.0, 2.0]), [1.0, 2.0]).tolist() == [6.0, 16.0]  # type: ignore[call-overload]  # as above
    assert np.polyval(xp.asarray([200, 200], dtype=xp.uint8), 2).item() == 600  # type: ignore[call-overload]  # as above
    assert np.polyval(xp.zeros((0, 3)), [0.0, 1.0, 2.0]).shape == (3,)  # type: ignore[call-overload]  # as above


def test_a_pickle_on_a_mapped_file(tmp_path: Any) -> None:
    mapped = np.memmap(tmp_path / "a", np.float32, "w+", shape=(3,))
    function, (_, *rest) = xp.ones(3).__reduce__()
    x = function(mapped, *rest)  # as joblib gives large arrays back
    assert type(x._array) is np.ndarray
    assert (x + 1).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("name", ["max", "min", "all", "any", "argmax", "argmin"])
def test_what_follows_the_axis_by_position_is_out(name: str) -> None:
    function, x = getattr(np, name), xp.asarray([[1.0, 2.0], [3.0, 0.0]])
    assert function(x, 1, None).tolist() == function(x.numpy(), 1, None).tolist()
    with pytest.raises(TypeError):
        function(x, 1, True)


def test_windows_by_axes_from_the_end() -> None:
    a = np.arange(12.0).reshape(4, 3)
    windows = np.lib.stride_tricks.sliding_window_view
    for sizes, axis in (((2, 2), (-2, -1)), ((2,), -1), ((3,), (0,))):
        np.testing.assert_array_equal(windows(xp.asarray(a), sizes, axis=axis).numpy(), windows(a, sizes, axis=axis))  # type: ignore[call-overload]  # the stubs know arrays alone
    with pytest.raises(ValueError, match="1 lengths of windows for 2 axes"):
        windows(xp.asarray(a), 2)


def test_what_counterparts_leave_to_numpy_or_refuse() -> None:
    x = xp.asarray([1.0, xp.nan, 2.0, 4.0])
    a = x.numpy().copy()
    for q in (1.5, -0.5, [0.5, 2.0]):
        with pytest.raises(ValueError, match="between 0 and 1"):
            np.nanquantile(x, q)
    assert np.nanquantile(x, [[0.3, 0.4]]).tolist() == np.nanquantile(a, [[0.3, 0.4]]).tolist()
    assert np.nanstd(x, where=x.numpy() > 1) == np.nanstd(a, where=a > 1)
    for call, said in (
        (lambda b: np.block([b, [b]]), r"numpy\.block\(\): lists are to be nested equally deep"),
        (lambda b: np.vander(b[:, None]), r"numpy\.vander\(\): expected a vector"),
        (lambda b: np.vander(b, -1), r"numpy\.vander\(\): expected a vector and a count of columns"),
    ):
        with pytest.raises(ValueError, match=said):
            call(x)
    assert np.unwrap(xp.asarray([0, 3, 6]), period=4).dtype == np.unwrap(np.asarray([0, 3, 6]), period=4).dtype
    with pytest.raises(TypeError, match="overwrite_input"):
        np.median(x, overwrite_input=True)
    assert np.nan_to_num(x, copy=False) is x
    assert x.tolist() == [1.0, 0.0, 2.0, 4.0]
