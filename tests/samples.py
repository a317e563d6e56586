"""Samples of every declared operation: what the tests of rules run over.

An operation without samples fails `test_rules.py`. A sample consists of a function of tensors, whose result (a tensor or
several) is differentiated with respect to all floating inputs, and of the inputs as NumPy arrays. Decompositions are sampled
through quantities that do not depend on their gauge.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

import arrayad as xp

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Sample:
    """A call of an operation."""

    name: str
    function: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    label: str = ""
    second_order: bool = True  # False only with a reason beside it
    flags: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        shapes = ",".join(f"{x.dtype.kind}{list(x.shape)}".replace(" ", "") for x in self.inputs)
        return f"{self.name}-{self.label}{shapes}"


rng = np.random.default_rng(20251223)
SAMPLES: dict[str, list[Sample]] = defaultdict(list)


def real(*shape: int, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    """Numbers away from each other and from integers, where step functions jump."""
    size = int(np.prod(shape))
    grid = np.linspace(low, high, size + 2)[1:-1] + rng.uniform(-0.3, 0.3, size) * (high - low) / (size + 2)
    return rng.permutation(grid).reshape(shape)


def cplx(*shape: int) -> np.ndarray:
    return real(*shape) + 1j * real(*shape)


def add(name: str, function: Callable[..., Any], *inputs: np.ndarray, label: str = "", **more: Any) -> None:
    SAMPLES[name].append(Sample(name, function, inputs, label, **more))


# --- elementwise ---

_SHAPES: list[Callable[[Callable[..., np.ndarray]], np.ndarray]] = [
    lambda make: make(),
    lambda make: make(0, 2),
    lambda make: make(2, 3),
    lambda make: make(4, 3)[::-2, ::-1],  # negative strides
    lambda make: make(3, 2).T,
]


def _unary(name: str, low: float = -2.0, high: float = 2.0, complexes: bool = True) -> None:
    function = getattr(xp, name)
    for shape in _SHAPES:
        add(name, function, shape(lambda *s: real(*s, low=low, high=high)))
    if complexes:
        add(name, function, cplx(2, 3))
        add(name, function, cplx())


for _name in (
    "asinh", "atan", "conj", "cos", "cosh", "exp", "expm1", "negative", "positive", "real", "sin", "sinh", "square", "tanh",
    "abs", "sign",
):  # fmt: skip
    _unary(_name)
for _name in ("acos", "asin", "atanh"):
    _unary(_name, -0.9, 0.9)
_unary("tan", -1.2, 1.2)
_unary("acosh", 1.2, 4)
for _name in ("log", "log10", "log2", "reciprocal", "sqrt"):
    _unary(_name, 0.3, 3)
_unary("log1p", -0.7, 3)
for _name in ("ceil", "floor", "trunc"):
    _unary(_name, complexes=False)
_unary("round", complexes=False)
add("imag", xp.imag, cplx(2, 3))
add("imag", xp.imag, cplx())


def _binary(name: str, low: float = -2.0, high: float = 2.0, complexes: bool = False) -> None:
    function = getattr(xp, name)
    pairs = [((2, 3), (2, 3)), ((3,), (2, 1)), ((), (2,)), ((2, 0), (1, 0)), ((1, 3), (4, 1, 1))]
    for a, b in pairs:
        add(name, function, real(*a, low=low, high=high), real(*b, low=low + 0.01, high=high + 0.02))
    add(name, lambda x: function(x, 1.3), real(3, low=low, high=high), label="number-right-")
    add(name, lambda x: function(1.3, x), real(3, low=low, high=high), label="number-left-")
    if complexes:
        add(name, function, cplx(2, 3), cplx(3))
        add(name, function, real(2, 3), cplx(3), label="mixed-")


for _name in ("add", "subtract", "multiply"):
    _binary(_name, complexes=True)
_binary("divide", 0.4, 3, complexes=True)
_binary("pow", 0.4, 2, complexes=True)
for _name in ("atan2", "copysign", "hypot", "logaddexp", "maximum", "minimum"):
    _binary(_name)
_binary("remainder", 0.6, 2.3)
_binary("fmod", 0.6, 2.3)
add("fmod", xp.fmod, np.asarray([-5.3, 5.3, -5.3]), np.asarray([2.0, -2.0, -0.7]), label="signs-")
_binary("floor_divide", 0.6, 2.3)
add("pow", lambda x: xp.pow(x, 2), np.asarray([-1.5, 0.0, 2.0]), label="square-")
add("pow", lambda x: xp.pow(x, 0), np.asarray([-1.5, 0.0, 2.0]), label="zeroth-")
add("pow", lambda x: xp.pow(x, 3), np.asarray([-1.5, 0.0, 2.0]), label="cube-")
# Finite differences of neighbouring numbers have only one possible step: their distance.
add("nextafter", lambda x: xp.nextafter(x, 5.0), real(3), flags={"tolerance": 1e-4})

for _bounds in ((-0.7, 0.9), (None, 0.3), (-0.2, None), (None, None)):
    add("clip", lambda x, b=_bounds: xp.clip(x, *b), real(7), label=f"{_bounds}-")
add("clip", xp.clip, real(3, 5), real(5, low=-1.5, high=-0.5), real(3, 1, low=0.5, high=1.5))
add("clip", xp.clip, real(5), np.full(5, 0.8), np.full(5, -0.4), label="crossed-")

# --- creation, data types ---

add("clone", xp.clone, real(2, 3))
add("contiguous", lambda x: x.mT.contiguous(), real(2, 3))
add("astype", lambda x: xp.astype(x, xp.complex128), real(3))
add("astype", lambda x: xp.astype(x, xp.float64), real(3))
# To the last device of the type and back: the same one if there is only one, different ones with --backend=strict.
_HERE = xp.get_default_device()
_OTHER = [place for place in xp.__array_namespace_info__().devices() if place.type == _HERE.type][-1]
add("to_device", lambda x: (x.to(_OTHER) * 2).to(_HERE), real(3))
add("to_device", lambda x: (x.to(_OTHER) * 2).to(_HERE), cplx(2, 2))
for _k in (-1, 0, 2):
    add("tril", lambda x, k=_k: xp.tril(x, k=k), real(2, 3, 4))
    add("triu", lambda x, k=_k: xp.triu(x, k=k), cplx(3, 4))

# --- manipulation ---

add("broadcast_to", lambda x: xp.broadcast_to(x, (2, 4, 3)), real(4, 1))
add("broadcast_to", lambda x: xp.broadcast_to(x, (2, 3)), real())
add("concat", lambda x, y: xp.concat([x, y], axis=1), real(2, 3), real(2, 1))
add("concat", lambda x, y: xp.concat([x, y], axis=None), real(2, 3), real(2))
add("concat", lambda x, y: xp.concat([x, y, x]), real(2), cplx(3))
add("expand_dims", lambda x: xp.expand_dims(x, axis=(0, 2)), real(2, 3))
add("flip", lambda x: xp.flip(x, axis=1), real(2, 3))
add("flip", xp.flip, real(2, 3))
add("moveaxis", lambda x: xp.moveaxis(x, (0, 1), (2, 0)), real(2, 3, 4))
add("permute_dims", lambda x: xp.permute_dims(x, (2, 0, 1)), real(2, 3, 4))
add("repeat", lambda x: xp.repeat(x, 3, axis=1), real(2, 3))
add("repeat", lambda x: xp.repeat(x, xp.asarray([1, 0, 2]), axis=-1), real(2, 3))
add("repeat", lambda x: xp.repeat(x, 2), real(2, 3))
add("reshape", lambda x: xp.reshape(x, (3, -1)), real(2, 3))
add("reshape", lambda x: xp.reshape(x, (6,)), real(3, 2).T)
add("roll", lambda x: xp.roll(x, 2), real(2, 3))
add("roll", lambda x: xp.roll(x, (1, -1), axis=(0, 1)), real(2, 3))
add("squeeze", lambda x: xp.squeeze(x, axis=(0, 2)), real(1, 3, 1))
add("tile", lambda x: xp.tile(x, (2, 1, 3)), real(2, 3))
add("tile", lambda x: xp.tile(x, (2,)), real(2, 3))
add("tile", lambda x: xp.tile(x, 2), real(2, 3), label="int-")
add("stack", lambda x, y: xp.stack([x, y, x], axis=-1), real(2, 3), real(2, 3))
add("stack", lambda x, y: xp.stack([x, y]), real(), cplx())
add("unstack", lambda x: xp.unstack(x, axis=1), real(2, 3))
add("unstack", lambda x: xp.unstack(x)[1], real(3, 2))

# --- indexing ---

_INDICES = xp.asarray([2, 0, 2])
_KEYS: dict[str, Any] = {
    "number": 1,
    "slices": (slice(None, None, -2), slice(0, 2)),
    "ellipsis": (..., None, 1),
    "integers": _INDICES,
    "list": [2, 0, 2],
    "pair": (_INDICES, xp.asarray([0, 1, 0])),
    "mixed": (slice(None), _INDICES),
    "mask": xp.asarray([True, False, True]),
    "full-mask": xp.asarray([[True, False], [False, False], [True, True]]),
}
for _label, _key in _KEYS.items():
    add("getitem", lambda x, k=_key: x[k], real(3, 2) if _label != "mixed" else real(2, 3), label=f"{_label}-")
    add(
        "getitem",
        lambda x, k=_key: x[k] / (1 + x[k] ** 2),
        real(3, 2) if _label != "mixed" else real(2, 3),
        label=f"{_label}-twice-",
    )
    _x = real(3, 2) if _label != "mixed" else real(2, 3)
    _value = real(*xp.asarray(_x)[_key].shape)
    if _label not in ("integers", "list", "pair", "mixed"):  # they name elements twice, and which value stays is undefined
        add("index_put", lambda x, v, k=_key: xp.functions.index_put(x, k, v), _x, _value, label=f"{_label}-")
    add("scatter_add", lambda v, k=_key, s=_x.shape: xp.functions.scatter_add(v, k, s), _value, label=f"{_label}-")
add("index_put", lambda x, v: xp.functions.index_put(x, (slice(None), 1), v), real(3, 2), real(1), label="broadcast-")


def _write_into_view(x: xp.Tensor, value: xp.Tensor) -> xp.Tensor:
    y = x * 1
    y.mT[1:, 0] = value
    return y


add("view_put", _write_into_view, real(2, 3), real(2))
add("take", lambda x: xp.take(x, _INDICES), real(3))
add("take", lambda x: xp.take(x, xp.asarray([[0, 1], [1, 1]]), axis=1), real(2, 3))
add("unique_values", xp.unique_values, real(2, 3))
for _unique in (xp.unique_all, xp.unique_counts, xp.unique_inverse):
    add(_unique.__name__, lambda x, f=_unique: f(x).values, real(2, 3))
add("take_along_axis", lambda x: xp.take_along_axis(x, xp.asarray([[0, 0], [2, 1]]), axis=1), real(2, 3))
add("take_along_axis", lambda x: xp.take_along_axis(x, xp.asarray([[1, 0, 1]]), axis=0), real(2, 3))

# --- statistical ---

_AXES = [None, 0, -1, (0, 2), ()]
for _name in ("sum", "mean", "prod", "max", "min"):
    for _axis in _AXES:
        if _axis == () and _name != "sum":
            continue
        for _keep in (False, True):
            add(_name, lambda x, n=_name, a=_axis, k=_keep: getattr(xp, n)(x, axis=a, keepdims=k), real(2, 3, 2))
for _name in ("sum", "mean", "prod"):
    add(_name, getattr(xp, _name), cplx(2, 3))
add("sum", xp.sum, real(0, 3))
for _count in (1, 2, 3):
    _zeros = real(4)
    _zeros[:_count] = 0
    add("prod", xp.prod, _zeros, label=f"{_count}-zeros-")
    add("cumulative_prod", xp.cumulative_prod, rng.permutation(_zeros), label=f"{_count}-zeros-")
for _name in ("var", "std"):
    for _axis in _AXES[:-1]:
        add(_name, lambda x, n=_name, a=_axis: getattr(xp, n)(x, axis=a, correction=1), real(2, 3, 2))
for _name in ("cumulative_sum", "cumulative_prod"):
    for _initial in (False, True):
        add(_name, lambda x, n=_name, i=_initial: getattr(xp, n)(x, include_initial=i), real(5))
        add(_name, lambda x, n=_name, i=_initial: getattr(xp, n)(x, axis=0, include_initial=i), cplx(3, 2))
    add(_name, lambda x, n=_name: getattr(xp, n)(x, axis=1), real(2, 0))

# --- searching, sorting ---

_CONDITION = xp.asarray([True, False, True])
add("where", lambda x, y: xp.where(_CONDITION, x, y), real(2, 3), real(3))
add("where", lambda x: xp.where(_CONDITION, x, 0.0), real(3))
add("where", lambda x, y: xp.where(_CONDITION, x, y), cplx(3), real(3))
for _descending in (False, True):
    add("sort", lambda x, d=_descending: xp.sort(x, axis=0, descending=d), real(4, 2))

# --- linear algebra ---

for _a, _b in (
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((4, 2, 3), (3, 2)),
    ((3,), (2, 3, 2)),
    ((2, 1, 2, 3), (4, 3, 2)),
):
    add("matmul", xp.matmul, real(*_a), real(*_b))
add("matmul", xp.matmul, cplx(2, 3), cplx(3, 2))
for _a, _b in [((4, 3), (2, 3)), ((2, 4, 3), (2, 3)), ((4, 3), (3, 2, 3)), ((3,), (2, 3)), ((1, 4, 3), (2, 2, 3))]:
    add("matmul", lambda x, y: x @ y.mT, real(*_a), real(*_b), label="transposed-")
for _a, _b in [((3, 4), (3, 2)), ((3, 4), (2, 3, 2)), ((2, 3, 4), (3,)), ((2, 3, 4), (1, 3, 2))]:
    add("matmul", lambda x, y: x.mT @ y, real(*_a), real(*_b), label="transposed-")
add("matmul", lambda x, y: x.mT @ y.mT, cplx(3, 4), cplx(2, 3), label="transposed-")
add("matmul", xp.matmul, real(2, 3), cplx(3, 2))
add("matrix_transpose", xp.matrix_transpose, real(2, 3, 4))
add("tensordot", lambda x, y: xp.tensordot(x, y, axes=2), real(2, 3, 4), real(3, 4, 2))
add("tensordot", lambda x, y: xp.tensordot(x, y, axes=((2, 0), (0, 1))), cplx(2, 3, 4), cplx(4, 2, 3))
add("tensordot", lambda x, y: xp.tensordot(x, y, axes=0), real(2), real(3))
add("vecdot", xp.vecdot, real(2, 3), real(3))
add("vecdot", lambda x, y: xp.vecdot(x, y, axis=-2), cplx(3, 2), cplx(3, 2))
add("outer", xp.linalg.outer, cplx(2), cplx(3))
add("cross", xp.linalg.cross, real(2, 3), real(2, 3))
add("cross", lambda x, y: xp.linalg.cross(x, y, axis=-2), cplx(3, 2), cplx(3, 1))
for _offset in (-1, 0, 1, 5):
    add("diagonal", lambda x, o=_offset: xp.linalg.diagonal(x, offset=o), real(2, 3, 4))
    add("trace", lambda x, o=_offset: xp.linalg.trace(x, offset=o), real(2, 3, 4))


def square(*shape: int, complexes: bool = False) -> np.ndarray:
    """Well-conditioned matrices."""
    x = cplx(*shape) if complexes else real(*shape)
    return x / 2 + 3 * np.eye(shape[-1])


def hermitian(x: xp.Tensor) -> xp.Tensor:
    return (x + x.mH) / 2


for _c in (False, True):
    add("inv", xp.linalg.inv, square(2, 3, 3, complexes=_c))
    add("solve", xp.linalg.solve, square(3, 3, complexes=_c), (cplx if _c else real)(3, 2))
    add("solve", xp.linalg.solve, square(2, 3, 3, complexes=_c), (cplx if _c else real)(3))
    add("solve", xp.linalg.solve, square(3, 3, complexes=_c), (cplx if _c else real)(2, 3, 1))
    add("det", xp.linalg.det, square(2, 3, 3, complexes=_c))
    add("cofactors", xp.functions.linalg.cofactors, square(3, 3, complexes=_c))
    add("slogdet", lambda x: xp.linalg.slogdet(x), square(2, 3, 3, complexes=_c))
    add("slogdet", lambda x: xp.linalg.slogdet(x).logabsdet, square(3, 3, complexes=_c))
    add("cholesky", lambda x: xp.linalg.cholesky(hermitian(x)), square(2, 3, 3, complexes=_c) + 2 * np.eye(3))
    add("cholesky", lambda x: xp.linalg.cholesky(hermitian(x), upper=True), square(5, 5, complexes=_c) + 3 * np.eye(5))
    for _shape in ((3, 3), (4, 2), (2, 4)):
        _m = (cplx if _c else real)(*_shape)
        add("pinv", xp.linalg.pinv, _m)
        add("svdvals", xp.linalg.svdvals, _m)
        if _shape != (2, 4) or not _c:
            add("qr", lambda x: xp.linalg.qr(x), _m)
        add(
            "svd",
            lambda x: (lambda u, s, v: ((u * s**2) @ u.mH, v.mH @ (v * s[..., :, None] ** 3), s, (u * s**2) @ v))(
                *xp.linalg.svd(x, full_matrices=False)
            ),
            _m,
        )
        add("svd", lambda x: xp.linalg.svd(x).S, _m)
    add("eigvalsh", lambda x: xp.linalg.eigvalsh(hermitian(x)), square(2, 3, 3, complexes=_c))
    add(
        "eigh",
        lambda x: (lambda w, v: ((v * w[..., None, :] ** 2) @ v.mH, w))(*xp.linalg.eigh(hermitian(x))),
        square(3, 3, complexes=_c),
    )
    add("eigh", lambda x: (lambda w, v: abs(v) ** 2)(*xp.linalg.eigh(hermitian(x))), square(2, 2, complexes=_c))
    add("eigvals", lambda x: (lambda w: (xp.sum(w**2), xp.sum(w**3)))(xp.linalg.eigvals(x)), square(3, 3, complexes=_c))
    add(
        "eig",
        lambda x: (lambda w, v: (abs(v) ** 2 @ abs(w) ** 2, xp.sum(abs(v) ** 4)))(*xp.linalg.eig(x)),
        square(3, 3, complexes=_c),
    )
add("qr", lambda x: xp.linalg.qr(x, mode="complete"), real(3, 3))
add("qr", lambda x: xp.linalg.qr(x).R, real(4, 2))
add("qr", lambda x: xp.linalg.qr(x).Q, real(2, 4))
_singular = square(3, 3)
_singular[2] = _singular[0] + _singular[1]
add("det", xp.linalg.det, _singular, label="singular-")
add("det", xp.linalg.det, np.diag([2.0, 0.0, 0.0]), label="rank-1-")
for _n in (-2, -1, 0, 1, 3, 5):
    add("matrix_power", lambda x, n=_n: xp.linalg.matrix_power(x, n), square(2, 2, 2))
for _ord in ("fro", "nuc", 1, -1, 2, -2, float("inf"), -float("inf"), None):
    add("matrix_norm", lambda x, o=_ord: xp.linalg.matrix_norm(x, ord=o), real(2, 3, 2), label=f"{_ord}-")
    add("matrix_norm", lambda x, o=_ord: xp.linalg.matrix_norm(x, ord=o, keepdims=True), cplx(2, 3), label=f"{_ord}-")
for _ord in (2, 1, 0, 3, 0.5, -1, 2.5, float("inf"), -float("inf")):
    add("vector_norm", lambda x, o=_ord: xp.linalg.vector_norm(x, ord=o), real(2, 3), label=f"{_ord}-")
    add("vector_norm", lambda x, o=_ord: xp.linalg.vector_norm(x, ord=o, axis=(0, 2)), real(2, 3, 2), label=f"{_ord}-")
    add(
        "vector_norm", lambda x, o=_ord: xp.linalg.vector_norm(x, ord=o, axis=0, keepdims=True), cplx(3, 2), label=f"{_ord}-"
    )

# --- Fourier transforms ---

for _norm in ("backward", "ortho", "forward"):
    for _name in ("fft", "ifft", "hfft", "irfft"):
        for _n in (None, 4, 7):
            add(
                _name,
                lambda x, f=_name, n=_n, o=_norm: getattr(xp.fft, f)(x, n=n, norm=o),
                cplx(2, 5),
                label=f"{_norm}-{_n}-",
            )
    for _name in ("rfft", "ihfft"):
        for _n in (None, 4, 7):
            add(
                _name,
                lambda x, f=_name, n=_n, o=_norm: getattr(xp.fft, f)(x, n=n, axis=0, norm=o),
                real(5, 2),
                label=f"{_norm}-{_n}-",
            )
    for _name in ("fftn", "ifftn", "irfftn"):
        add(_name, lambda x, f=_name, o=_norm: getattr(xp.fft, f)(x, norm=o), cplx(2, 3), label=f"{_norm}-")
        add(
            _name,
            lambda x, f=_name, o=_norm: getattr(xp.fft, f)(x, s=(4, 2), axes=(1, 0), norm=o),
            cplx(2, 3),
            label=f"{_norm}-",
        )
    add("rfftn", lambda x, o=_norm: xp.fft.rfftn(x, norm=o), real(2, 3), label=f"{_norm}-")
    add("rfftn", lambda x, o=_norm: xp.fft.rfftn(x, s=(4, 2), axes=(1, 0), norm=o), real(2, 3), label=f"{_norm}-")
add("fft", xp.fft.fft, real(4), flags={"beyond the standard": True})  # real input
add("fftshift", xp.fft.fftshift, real(5))
add("fftshift", lambda x: xp.fft.fftshift(x, axes=1), real(2, 3))
add("ifftshift", xp.fft.ifftshift, real(5))

# --- special functions ---


def _special(name: str, low: float = -2.0, high: float = 2.0) -> None:
    function = getattr(xp.special, name)
    for shape in _SHAPES:
        add(name, function, shape(lambda *s: real(*s, low=low, high=high)))


for _name in ("erf", "erfc", "erfcx", "expit", "i0", "i0e", "i1", "i1e", "log_expit", "log_ndtr", "ndtr", "sinc"):
    _special(_name)
_special("erfinv", -0.9, 0.9)
for _name in ("logit", "ndtri"):
    _special(_name, 0.1, 0.9)
for _name in ("digamma", "entr", "gammaln"):
    _special(_name, 0.4, 4)
for _order in range(3):
    add("polygamma", lambda x, n=_order: xp.special.polygamma(n, x), real(2, 3, low=0.6, high=4), label=f"{_order}-")
# Where a series takes over near 0; the kinks of the scaled functions are left out.
add("i1", xp.special.i1, np.asarray([-1.01, -0.99, 0.0, 1e-3, 0.99, 1.01]))
add("i1e", xp.special.i1e, np.asarray([-1.01, -0.99, 1e-3, 0.99, 1.01]))
add("sinc", xp.special.sinc, np.asarray([-0.32, -0.31, 0.0, 1e-3, 0.31, 0.32]))
add("log_ndtr", xp.special.log_ndtr, np.asarray([-30.0, -6.0, 0.0, 6.0]), label="tails-")


def _special_of_two(name: str, low: float, high: float) -> None:
    function = getattr(xp.special, name)
    for a, b in (((2, 3), (2, 3)), ((3,), (2, 1)), ((), (2,)), ((2, 0), (1, 0))):
        add(name, function, real(*a, low=low, high=high), real(*b, low=low + 0.01, high=high + 0.02))
    add(name, lambda x: function(x, 1.3), real(3, low=low, high=high), label="number-right-")
    add(name, lambda x: function(1.3, x), real(3, low=low, high=high), label="number-left-")


for _name in ("beta", "betaln", "kl_div", "rel_entr", "xlogy", "xlog1py"):
    _special_of_two(_name, 0.4, 3)
for _name in ("xlogy", "xlog1py"):
    add(_name, getattr(xp.special, _name), np.asarray([0.0, -1.0, 0.0]), np.asarray([0.5, 2.0, 3.0]), label="zero-")
_special("cbrt", 0.3, 2)
for _name in ("cosdg", "sindg", "exp2", "exp10", "cosm1", "exprel", "gammasgn", "j0", "j1"):
    _special(_name)
for _name in ("exp1", "expi", "gamma", "loggamma", "rgamma", "spence", "k0", "k0e", "k1", "k1e", "y0", "y1"):
    _special(_name, 0.3, 3)
_special("tandg", 20, 70)
_special("cotdg", 20, 70)
for _name in ("ellipe", "ellipk"):
    _special(_name, -1.5, 0.9)
_special("ellipkm1", 0.1, 2)
# Where a series takes over, and at what would be 0/0.
add("exprel", xp.special.exprel, np.asarray([-1.01, -0.99, 0.0, 1e-3, 0.99, 1.01]))
add("j1", xp.special.j1, np.asarray([-1.01, -0.99, 0.0, 1e-3, 0.99, 1.01]))
add("spence", xp.special.spence, np.asarray([0.74, 0.76, 1.0, 1.001, 1.24, 1.26]))
for _name in ("ellipe", "ellipk"):
    add(_name, getattr(xp.special, _name), np.asarray([-0.11, -0.09, 0.0, 1e-3, 0.09, 0.11]))
add("ellipkm1", xp.special.ellipkm1, np.asarray([0.89, 0.91, 1.0, 1.001, 1.09, 1.11]))
add("zeta", xp.special.zeta, real(3, low=1.3, high=6), real(2, 1, low=0.4, high=3))
add("zeta", lambda q: xp.special.zeta(2.5, q), real(2, 3, low=0.4, high=3))
for _name in ("riemann_zeta", "zetac"):
    _function = xp.special.zeta if _name == "riemann_zeta" else xp.special.zetac
    add(_name, _function, np.asarray([-3.3, -0.5, 0.0, 0.5, 1.5, 4.0, 20.0]))
for _name in ("binom", "poch"):
    _special_of_two(_name, 0.4, 3)
for _name in ("boxcox", "boxcox1p", "inv_boxcox", "inv_boxcox1p"):
    _special_of_two(_name, 0.3, 1.2)
    add(_name, getattr(xp.special, _name), real(3, low=0.3, high=2), np.asarray([0.0, 1e-3, -0.4]), label="logarithm-")
_special_of_two("huber", 0.2, 2.3)
_special_of_two("pseudo_huber", 0.2, 2.3)
add("huber", xp.special.huber, real(2, 1, low=0.2, high=1), real(5))
add("pseudo_huber", xp.special.pseudo_huber, real(2, 1, low=0.2, high=1), real(5))
add("radian", xp.special.radian, real(2, 3), real(3), real(2, 1))
add("radian", lambda d: xp.special.radian(d, 30, 1.5), real(3), label="numbers-")
for _order in range(4):
    add("expn", lambda x, n=_order: xp.special.expn(n, x), real(3, low=0.3, high=3), label=f"{_order}-")
    add("yn", lambda x, n=_order: xp.special.yn(n, x), real(3, low=0.6, high=5), label=f"{_order}-")
add("hyp1f1", lambda x: xp.special.hyp1f1(0.7, 1.9, x), real(2, 3))
for _order in (0, 1, 2):
    add("lpmv", lambda x, m=_order: xp.special.lpmv(m, 2.5, x), real(2, 3, low=-0.8, high=0.8), label=f"{_order}-")

# Distributions: on both sides of the mean, with shapes below and above 1.
_SHAPES_ABOVE_0 = np.asarray([0.3, 1.0, 2.5, 30.0])
for _name in ("gammainc", "gammaincc"):
    add(_name, getattr(xp.special, _name), _SHAPES_ABOVE_0, _SHAPES_ABOVE_0 * 0.6, label="below-")
    add(_name, getattr(xp.special, _name), _SHAPES_ABOVE_0, _SHAPES_ABOVE_0 * 1.3, label="above-")
for _name in ("gammaincinv", "gammainccinv", "chdtri", "stdtrit"):
    add(_name, getattr(xp.special, _name), real(4, low=0.6, high=6), real(3, 1, low=0.1, high=0.9))
for _name in ("chdtr", "chdtrc"):
    _special_of_two(_name, 0.5, 5)
add("stdtr", xp.special.stdtr, real(4, low=0.6, high=6), real(3, 1))
add("stdtr", xp.special.stdtr, real(4, low=0.6, high=6), np.asarray([[-3.0], [0.5], [8.0]]), label="tails-")
for _order in range(3):
    add(
        "gamma_moment",
        lambda a, x, k=_order: xp.functions.distributions.gamma_moment(a, x, k),
        np.asarray([0.3, 1.0, 2.5, 2.5]),
        np.asarray([0.2, 1.3, 1.0, 4.0]),
        label=f"{_order}-",
    )
for _j, _k in ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0)):
    add(
        "beta_moment",
        lambda a, b, x, j=_j, k=_k: xp.functions.distributions.beta_moment(a, b, x, j, k),
        np.asarray([0.5, 1.0, 2.5, 2.5]),
        np.asarray([0.7, 3.0, 0.5, 2.0]),
        np.asarray([0.2, 0.6, 0.4, 0.8]),
        label=f"{_j}{_k}-",
    )
for _name in ("betainc", "betaincc"):
    add(
        _name,
        getattr(xp.special, _name),
        np.asarray([0.5, 1.0, 2.5, 20.0]),
        np.asarray([0.7, 3.0, 0.5, 9.0]),
        np.asarray([[0.2], [0.8]]),
    )
add("betaincinv", xp.special.betaincinv, real(3, low=0.6, high=3), real(3, low=0.6, high=3), real(2, 1, low=0.2, high=0.8))
for _name in ("gdtr", "gdtrc"):
    add(_name, getattr(xp.special, _name), real(3, low=0.5, high=2), real(3, low=0.5, high=3), real(2, 1, low=0.5, high=3))
for _name in ("fdtr", "fdtrc"):
    add(_name, getattr(xp.special, _name), real(3, low=1, high=9), real(3, low=1, high=9), real(2, 1, low=0.4, high=3))
add("fdtri", xp.special.fdtri, real(3, low=1, high=9), real(3, low=1, high=9), real(2, 1, low=0.2, high=0.8))
for _name in ("bdtr", "bdtrc", "bdtri"):
    add(_name, lambda p, f=_name: getattr(xp.special, f)(xp.asarray([0, 2, 4]), 5, p), real(2, 1, low=0.2, high=0.8))
for _name in ("nbdtr", "nbdtrc", "nbdtri"):
    add(_name, lambda p, f=_name: getattr(xp.special, f)(xp.asarray([0, 2, 7]), 3, p), real(2, 1, low=0.2, high=0.8))
for _name in ("pdtr", "pdtrc"):
    add(_name, getattr(xp.special, _name), real(3, low=0.2, high=5), real(2, 1, low=0.4, high=4))
add("pdtri", lambda y: xp.special.pdtri(xp.asarray([0, 2, 7]), y), real(2, 1, low=0.2, high=0.8))

# --- beyond the standard ---

add("relu", xp.relu, real(2, 3))
for _axis in _AXES[:-1]:
    for _name in ("softmax", "log_softmax"):
        add(_name, lambda x, n=_name, a=_axis: getattr(xp, n)(x, a), real(2, 3, 2))
    for _keep in (False, True):
        add("logsumexp", lambda x, a=_axis, k=_keep: xp.logsumexp(x, a, k), real(2, 3, 2))
add("logsumexp", lambda x, b: xp.special.logsumexp(x, 1, b), real(2, 3), np.asarray([0.5, 2.0, 0.0]), label="factors-")
add(
    "logsumexp",
    lambda x, b: xp.special.logsumexp(x, b=b, return_sign=True)[0],
    real(3),
    np.asarray([-3.5, 2.0, 0.0]),
    label="sign-",
)
# Compositions, kept here beside their parts.
for _subscripts, _operands in (
    ("ii->i", (real(3, 3),)),
    ("iji", (real(2, 3, 2),)),
    ("...ij->j...", (real(2, 3, 4),)),
):
    add("permute_dims", lambda *x, s=_subscripts: xp.einsum(s, *x), *_operands, label=f"einsum-{_subscripts}-")
for _subscripts, _operands in (
    ("ij,jk", (real(2, 3), real(3, 4))),
    ("bij,bjk->kbi", (real(2, 3, 2), cplx(2, 2, 2))),
    ("i,j->ji", (real(2), real(3))),
    ("...i,...i", (real(2, 3), real(3))),
    ("iij,jk,kl->l", (cplx(2, 2, 3), cplx(3, 2), cplx(2, 2))),
):
    add("matmul", lambda *x, s=_subscripts: xp.einsum(s, *x), *_operands, label=f"einsum-{_subscripts}-")
add("multiply", xp.kron, real(2, 3), real(3), label="kron-")
for _mode in ("edge", "reflect", "symmetric", "wrap"):
    add("take", lambda x, m=_mode: xp.pad(x, ((1, 2), (0, 1)), mode=m), real(2, 3), label=f"pad-{_mode}-")
add("index_put", lambda x: xp.pad(x, ((1, 2), (0, 1)), constant_values=1.5), real(2, 3), label="pad-")

# --- what clients look for ---

for _a, _b in ((5, 3), (2, 4), (3, 3)):
    for _mode in ("full", "same", "valid"):
        add("convolve", lambda x, y, m=_mode: xp.convolve(x, y, m), real(_a), real(_b), label=f"{_mode}-")
add("convolve", xp.convolve, cplx(4), cplx(2))
add("convolve", xp.convolve, real(4), cplx(2))
for _c in (False, True):
    _make = cplx if _c else real
    add("lstsq", lambda a, b: xp.linalg.lstsq(a, b)[:2], _make(4, 2), _make(4, 3))
    add("lstsq", lambda a, b: xp.linalg.lstsq(a, b).solution, _make(2, 4), _make(2))
    add("lstsq", lambda a, b: xp.linalg.lstsq(a, b).solution, _make(2, 3, 3), _make(2, 3))
    for _upper in (False, True):
        for _unit in (False, True):
            add(
                "solve_triangular",
                lambda a, b, u=_upper, v=_unit: xp.linalg.solve_triangular(a, b, upper=u, unitriangular=v),
                square(2, 3, 3, complexes=_c),
                _make(3, 2),
                label=f"{_upper}-{_unit}-",
            )
add("view_dtype", lambda x: x.view(xp.finfo(x.dtype).dtype), cplx(2, 3))
add("view_dtype", lambda x: x.view(xp.result_type(x, 1j)), real(3, 4))
for _method in ("linear", "lower", "higher", "midpoint", "nearest"):
    add("take", lambda x, m=_method: xp.quantile(x, 0.3, axis=1, method=m), real(2, 4), label=f"quantile-{_method}-")
add("take", lambda x, q: xp.quantile(x, q, axis=0), real(5, 2), np.asarray([0.13, 0.77]), label="quantiles-")
add("take", lambda x: xp.median(x, axis=(0, 2)), real(2, 3, 3), label="median-")
add("take", lambda x: xp.median(x * x), np.asarray([1.0, -1.0]), label="median-equal-")
add("take", xp.median, np.asarray([1.0, 2.0, 2.0, 3.0]), label="median-equal-")
add("take", xp.interp, np.asarray([-1.0, 0.3, 1.2, 5.0]), np.asarray([0.0, 1.0, 2.5]), real(3), label="interp-")
add("multiply", lambda y, x: xp.trapezoid(y, x), real(2, 4), real(4), label="trapezoid-")
add("scatter_add", lambda w: xp.bincount(xp.asarray([0, 3, 3, 1]), w, 6), real(4), label="bincount-")
add("eigvals", lambda p: (lambda r: (r.sum(), (r**2).sum()))(xp.roots(p)), np.asarray([1.5, -2.0, 3.0, 0.7]), label="roots-")


def _put(x: xp.Tensor, values: xp.Tensor) -> xp.Tensor:
    y = x * 1
    xp.put_along_axis(y, xp.asarray([[0, 2], [1, 0]]), values, axis=1)
    return y


add("index_put", _put, real(2, 3), real(2, 2), label="put_along_axis-")
for _ord in (None, 1, "fro"):
    add("matrix_norm", lambda x, o=_ord: xp.linalg.norm(x, ord=o, axis=(0, 2)), real(2, 3, 4), label=f"norm-{_ord}-")
add("vector_norm", lambda x: xp.linalg.norm(x, axis=1), cplx(2, 3), label="norm-")
add("distances", xp.cdist, real(3, 2), real(4, 2))
add("distances", xp.cdist, real(2, 1, 3, 2), real(3, 2, 2), label="batches-")
