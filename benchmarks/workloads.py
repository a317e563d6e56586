"""What is measured: small operations, and whole computations with their gradients.

`SMALL` and `FURTHER` contain statements, which are timed directly. `WORKLOADS` and `MEMORY` contain functions that return a
contestant's step. `LEFT_OUT` says which contestants do not take part in which workloads, and why; `TARGETS` has the aims for
arrayad's ratio to torch.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from .contestants import Step

# Statements over `xp` and arrays x, y (10 elements, float32), m (8x8), c (10 booleans), i (3 positions).
SMALL = {
    "add": "x + y",
    "mul": "x * y",
    "exp": "xp.exp(x)",
    "sum": "xp.sum(x)",
    "matmul": "m @ m",
    "getitem": "x[2:5]",
    "reshape": "xp.reshape(x, (2, 5))",
    "where": "xp.where(c, x, y)",
    "astype": "xp.astype(x, xp.float64)",
    "concat": "xp.concat([x, y])",
}
# Other common calls, as the standard spells them or, where it is silent, PyTorch; arrayad and torch only.
FURTHER = {
    "sum over an axis": "xp.sum(m, axis=1)",
    "mean over an axis": "xp.mean(m, axis=1)",
    "max over an axis": "xp.max(m, axis=1)",
    "var over an axis": "xp.var(m, axis=1)",
    "std": "xp.std(m)",
    "vector_norm": "xp.linalg.vector_norm(m, axis=1)",
    "softmax": "xp.softmax(m, dim=1)",
    "cumulative_sum": "xp.cumulative_sum(m, axis=1)",
    "sort": "xp.sort(m, axis=1)",
    "quotient by a number": "m / 8",
    "power": "m**2",
    "product of two dtypes": "x * c",
    "clip": "xp.clip(m, min=0)",
    "where, with a number": "xp.where(c, x, 0.0)",
    "take": "xp.take(m, i, axis=0)",
    "getitem, a row": "m[2]",
    "getitem, a column": "m[:, 2]",
    "getitem, places": "m[i]",
    "getitem, a mask": "x[c]",
    "matrix_transpose": "m.mT",
    "permute_dims": "xp.permute_dims(m, (1, 0))",
    "expand_dims": "xp.expand_dims(m, axis=1)",
    "view": "m.view(-1)",
    "broadcast_to": "xp.broadcast_to(m, (3, 8, 8))",
    "stack": "xp.stack([x, y], axis=1)",
    "concat of columns": "xp.concat([m, m], axis=1)",
    "flip": "xp.flip(m, axis=1)",
    "roll": "xp.roll(m, 1, axis=1)",
    "tril": "xp.tril(m)",
    "tensordot": "xp.tensordot(m, m, axes=2)",
    "solve": "xp.linalg.solve(m, m)",
}
# Where a library has another spelling.
SPELLINGS = {
    **{
        ("torch", name): FURTHER[name].replace("axis", "dim").replace("axes", "dims")
        for name in FURTHER
        if "axis" in FURTHER[name] or "axes" in FURTHER[name]
    },
    ("torch", "max over an axis"): "xp.amax(m, dim=1)",
    ("torch", "var over an axis"): "xp.var(m, dim=1, correction=0)",
    ("torch", "std"): "xp.std(m, correction=0)",
    ("torch", "cumulative_sum"): "xp.cumsum(m, dim=1)",
    ("torch", "sort"): "xp.sort(m, dim=1)[0]",
    ("torch", "take"): "xp.index_select(m, 0, i)",
    ("torch", "permute_dims"): "xp.permute(m, (1, 0))",
    ("torch", "expand_dims"): "xp.unsqueeze(m, dim=1)",
    ("torch", "flip"): "xp.flip(m, (1,))",
    ("torch", "roll"): "xp.roll(m, 1, 1)",
    ("torch", "astype"): "x.to(xp.float64)",
    ("mygrad", "matmul"): "xp.matmul(m, m)",
    ("mygrad", "astype"): "x.astype('float64')",
    ("mygrad", "concat"): "xp.concatenate([x, y])",
    ("autograd", "concat"): "xp.concatenate([x, y])",
    ("autograd", "astype"): "x.astype('float64')",
}


# The parts of arrayad's small operations, beside NumPy's function: statements over `tape_names()`.
PARTS = {
    "an empty function called": "nothing(a, b)",
    "a Tensor made": "make(a)",
    "a node recorded": "record(plan, (nx, ny), (a, b, None), z)",
    "a view made and written down": "alias(x, make(a), step)",
    "the sum of two objects that check nothing": "bare + bare",
    "the same, recorded": "tracked + bare",
}


class Bare:
    """A minimal tensor in Python around NumPy, without its own dtypes, numbers, devices, views or errors."""

    __slots__ = ("array", "node")

    array: Any
    node: Any

    def __add__(self, other: Bare) -> Bare:
        out = Bare()
        out.array = np.add(self.array, other.array)
        out.node = None
        if self.node is not None or other.node is not None:
            out.node = node = BareNode()
            node.edges = (self.node, other.node)
            node.shape = out.array.shape
            node.dtype = out.array.dtype
            node.sequence = next(_numbers)
        return out


class BareNode:
    """The node of such a tensor."""

    __slots__ = ("dtype", "edges", "sequence", "shape")

    edges: Any
    shape: Any
    dtype: Any
    sequence: int


_numbers = itertools.count()


def tape_names() -> dict[str, Any]:
    """The names used by the statements of `PARTS`."""
    import arrayad as xp
    from arrayad.autograd.tape import alias, make, record

    x, y = (xp.asarray(small_arrays()[name]).requires_grad_() for name in "xy")
    multiply: Any = xp.multiply
    plan, step = multiply.operation.plans[True, True], (multiply.operation, (), {}, None)
    bare, tracked = Bare(), Bare()
    bare.array = tracked.array = x._array
    bare.node, tracked.node = None, BareNode()
    names = {"nothing": lambda a, b: None, "make": make, "record": record, "alias": alias, "bare": bare, "tracked": tracked}
    names |= {"x": x, "y": y, "z": x + y, "a": x._array, "b": y._array, "nx": x._node, "ny": y._node}
    return names | {"plan": plan, "step": step}


def small_arrays() -> dict[str, Any]:
    """The names used by the statements of `SMALL`."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 10)).astype(np.float32)
    m = rng.standard_normal((8, 8)).astype(np.float32)
    return {"x": x, "y": y, "m": m, "c": x > 0, "i": np.asarray([1, 5, 2])}


def chain_of(lib: Any, length: int) -> Step:
    """Consecutive operations on a scalar, and their gradient."""

    def loss(lib: Any, x: Any) -> Any:
        sin = lib.xp.sin
        for _ in range(length // 2):
            x = sin(x) * 1.01
        return x

    return lib.gradient(loss, [np.asarray(0.5)])


def chain(lib: Any) -> Step:
    """A chain of a thousand operations."""
    return chain_of(lib, 1_000)


def depth(lib: Any) -> Step:
    """A chain of a hundred thousand operations."""
    return chain_of(lib, 100_000)


def _mlp_loss(lib: Any, w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, target: Any) -> Any:
    xp = lib.xp
    h = xp.tanh(x @ w1 + b1)
    h = xp.tanh(h @ w2 + b2)
    z = h @ w3 + b3
    z = z - xp.log(xp.sum(xp.exp(z), axis=1)).reshape(-1, 1)
    return -xp.sum(z * target) / x.shape[0]


def _mlp_arrays(batch: int) -> tuple[list[Any], list[Any]]:
    rng = np.random.default_rng(0)
    sizes = (784, 256, 128, 10)
    parameters = []
    for m, n in itertools.pairwise(sizes):
        parameters += [rng.standard_normal((m, n)) / math.sqrt(m), np.zeros(n)]
    data = [rng.standard_normal((batch, 784)), np.eye(10)[rng.integers(0, 10, batch)]]
    return [a.astype(np.float32) for a in parameters], [a.astype(np.float32) for a in data]


def _mlp_by_hand(parameters: list[Any], x: Any, target: Any, rate: float = 0.01) -> Step:
    """The step with a handwritten gradient on NumPy: the lower bound for every library that computes with NumPy."""
    w1, b1, w2, b2, w3, b3 = parameters = [p.copy() for p in parameters]
    n = len(x)

    def step() -> list[Any]:
        h1 = np.tanh(x.dot(w1) + b1)
        h2 = np.tanh(h1.dot(w2) + b2)
        z = h2.dot(w3) + b3
        z -= np.log(np.add.reduce(np.exp(z), axis=1, keepdims=True))
        loss = -np.add.reduce(z * target, axis=None) / n
        g3 = (np.exp(z) - target) / n
        g2 = g3.dot(w3.T) * (1 - h2 * h2)
        g1 = g2.dot(w2.T) * (1 - h1 * h1)
        gradients = [x.T @ g1, g1.sum(0), h1.T.dot(g2), g2.sum(0), h2.T.dot(g3), g3.sum(0)]
        for p, g in zip(parameters, gradients, strict=True):
            p -= rate * g
        return [loss]

    return step


def _mlp(lib: Any, batch: int) -> Step:
    parameters, data = _mlp_arrays(batch)
    return _mlp_by_hand(parameters, *data) if lib.name == "numpy" else lib.descent(_mlp_loss, parameters, *data)


def mlp_128(lib: Any) -> Step:
    """A step of gradient descent of a 784-256-128-10 network, 128 samples, float32."""
    return _mlp(lib, 128)


def mlp_8(lib: Any) -> Step:
    """The same with 8 samples."""
    return _mlp(lib, 8)


def linear_8(lib: Any) -> Step:
    """The same with weights of shape (outputs, inputs) and ``x @ w.T``, as in PyTorch's ``Linear``."""
    parameters, data = _mlp_arrays(8)
    weights = [a.T.copy() if a.ndim == 2 else a for a in parameters]

    def loss(lib: Any, w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, target: Any) -> Any:
        return _mlp_loss(lib, w1.T, b1, w2.T, b2, w3.T, b3, x, target)

    step: Step = lib.descent(loss, weights, *data)
    return step


def _optimizer_state(lib: Any) -> list[Any]:
    """For each parameter of the network: its value, a gradient, and two running means."""
    rng = np.random.default_rng(1)
    parameters, _ = _mlp_arrays(8)
    gradients = [rng.standard_normal(p.shape).astype(np.float32) for p in parameters]
    return [
        (lib.leaf(p), lib.array(g), lib.array(np.zeros_like(p)), lib.array(np.zeros_like(p)))
        for p, g in zip(parameters, gradients, strict=True)
    ]


def _first_rows(state: list[Any]) -> list[Any]:
    """A copy of each parameter: results to compare must not share the memory that is written to."""
    return [p[:1].clone() for p, *_ in state]


def momentum(lib: Any) -> Step:
    """An in-place update of that network's parameters by gradient descent with momentum, as in PyTorch's optimizers."""
    state = _optimizer_state(lib)

    def step() -> list[Any]:
        with lib.xp.no_grad():
            for p, g, velocity, _ in state:
                velocity.mul_(0.9).add_(g)
                p.add_(velocity, alpha=-0.01)
        return _first_rows(state)

    return step


def adam(lib: Any) -> Step:
    """The same by Adam (Kingma and Ba, 2015, algorithm 1)."""
    state = _optimizer_state(lib)
    steps = itertools.count(1)

    def step() -> list[Any]:
        t = next(steps)
        with lib.xp.no_grad():
            for p, g, mean, square in state:
                mean.mul_(0.9).add_(g, alpha=0.1)
                square.mul_(0.999).addcmul_(g, g, value=0.001)
                size = (square.sqrt() / math.sqrt(1 - 0.999**t)).add_(1e-8)
                p.addcdiv_(mean, size, value=-0.001 / (1 - 0.9**t))
        return _first_rows(state)

    return step


def _hvp_arguments() -> tuple[Any, ...]:
    parameters, data = _mlp_arrays(128)
    rng = np.random.default_rng(1)
    vectors = [rng.standard_normal(p.shape).astype(np.float32) for p in parameters]
    return _mlp_loss, parameters, vectors, *data


def _hvp_by_hand(_: Any, parameters: list[Any], vectors: list[Any], x: Any, target: Any) -> Step:
    """The handwritten product on NumPy, with the gradient that all libraries compute on the way (Pearlmutter 1994)."""
    w1, b1, w2, b2, w3, b3 = parameters
    v1, c1, v2, c2, v3, c3 = vectors
    n = len(x)

    def step() -> list[Any]:
        # Values, and, with the prefix `d`, their derivatives along the vector.
        h1 = np.tanh(x.dot(w1) + b1)
        s1 = 1 - h1 * h1
        dh1 = s1 * (x.dot(v1) + c1)
        h2 = np.tanh(h1.dot(w2) + b2)
        s2 = 1 - h2 * h2
        dh2 = s2 * (dh1.dot(w2) + h1.dot(v2) + c2)
        e = np.exp(h2.dot(w3) + b3)
        p = e / np.add.reduce(e, axis=1, keepdims=True)
        dz = dh2.dot(w3) + h2.dot(v3) + c3
        g3, dg3 = (p - target) / n, p * (dz - np.add.reduce(p * dz, axis=1, keepdims=True)) / n
        g = g3.dot(w3.T)
        g2, dg2 = g * s2, (dg3.dot(w3.T) + g3.dot(v3.T)) * s2 - 2 * g * h2 * dh2
        g = g2.dot(w2.T)
        g1, dg1 = g * s1, (dg2.dot(w2.T) + g2.dot(v2.T)) * s1 - 2 * g * h1 * dh1
        _gradient = [x.T @ g1, g1.sum(0), h1.T.dot(g2), g2.sum(0), h2.T.dot(g3), g3.sum(0)]
        product2, product3 = dh1.T.dot(g2) + h1.T.dot(dg2), dh2.T.dot(g3) + h2.T.dot(dg3)
        return [x.T @ dg1, dg1.sum(0), product2, dg2.sum(0), product3, dg3.sum(0)]

    return step


def hvp(lib: Any) -> Step:
    """The product of the network's Hessian with a vector, 128 samples, float32: by reverse mode twice."""
    return _hvp_by_hand(*_hvp_arguments()) if lib.name == "numpy" else lib.hvp(*_hvp_arguments())


def hvp_forward(lib: Any) -> Step:
    """The same by forward mode over reverse."""
    return _hvp_by_hand(*_hvp_arguments()) if lib.name == "numpy" else lib.hvp_forward(*_hvp_arguments())


def logistic(lib: Any) -> Step:
    """The gradient of logistic regression, 100,000 samples of 100 features, float64."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((100_000, 100)), rng.standard_normal(100) / 10
    sign = np.where(x @ rng.standard_normal(100) > 0, 1.0, -1.0)

    def loss(lib: Any, w: Any, x: Any, sign: Any) -> Any:
        return lib.xp.mean(lib.xp.log1p(lib.xp.exp(-sign * (x @ w)))) + 0.01 * lib.xp.sum(w * w)

    return lib.gradient(loss, [w], x, sign)


def _black_scholes_loss(lib: Any, spot: Any, strike: Any, time: Any, rate: Any, volatility: Any) -> Any:
    """The sum of the prices of call options (Black and Scholes 1973, equation 13)."""
    xp, erf = lib.xp, lib.erf
    deviation = volatility * xp.sqrt(time)
    d1 = (xp.log(spot / strike) + (rate + volatility * volatility / 2) * time) / deviation
    d2 = d1 - deviation
    half = 1 / math.sqrt(2)
    n1, n2 = (1 + erf(d1 * half)) / 2, (1 + erf(d2 * half)) / 2
    return xp.sum(spot * n1 - strike * xp.exp(-rate * time) * n2)


def _black_scholes_arrays() -> list[Any]:
    """Spot, strike, time, rate and volatility of options."""
    rng = np.random.default_rng(0)
    limits = ((80, 120), (80, 120), (0.1, 2), (0.01, 0.05), (0.1, 0.5))
    return [rng.uniform(low, high, 1_000_000) for low, high in limits]


def black_scholes(lib: Any) -> Step:
    """The prices of a million options and their five derivatives, float64."""
    return lib.gradient(_black_scholes_loss, _black_scholes_arrays())


def gaussian_process(lib: Any) -> Step:
    """The marginal likelihood of 500 points under a Gaussian process and its gradient, float64."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 3, (500, 2))
    y = np.sin(x[:, 0]) + 0.1 * rng.standard_normal(500)
    squares = ((x[:, None, :] - x[None, :, :]) ** 2).sum(-1)

    def loss(lib: Any, log_scale: Any, log_length: Any, log_noise: Any, squares: Any, eye: Any, y: Any) -> Any:
        xp = lib.xp
        k = xp.exp(log_scale - squares * xp.exp(-2 * log_length) / 2) + xp.exp(log_noise) * eye
        factor = xp.linalg.cholesky(k)
        white = lib.solve_lower(factor, y)
        return xp.sum(white * white) / 2 + xp.sum(xp.log(lib.diagonal(factor)))

    return lib.gradient(loss, [np.asarray(0.1), np.asarray(0.2), np.asarray(-2.0)], squares, np.eye(500), y[:, None])


def attention(lib: Any) -> Step:
    """A block of self-attention: 4 sequences of 128 vectors of 256 numbers, 4 heads, float32; by weights and input."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 128, 256)).astype(np.float32)
    w_in = (rng.standard_normal((256, 768)) / 16).astype(np.float32)
    w_out = (rng.standard_normal((256, 256)) / 16).astype(np.float32)

    def loss(lib: Any, x: Any, w_in: Any, w_out: Any) -> Any:
        xp = lib.xp
        heads = (x @ w_in).reshape((4, 128, 12, 64)).swapaxes(1, 2)
        q, k, v = heads[:, :4], heads[:, 4:8], heads[:, 8:]
        scores = (q @ k.swapaxes(2, 3)) * 0.125
        y = (lib.softmax(scores) @ v).swapaxes(1, 2).reshape((4, 128, 256)) @ w_out
        return xp.sum(y * y)

    return lib.gradient(loss, [x, w_in, w_out])


def embedding(lib: Any) -> Step:
    """4,096 rows gathered from a table of 50,000 x 64, and their gradients scattered back, float32."""
    rng = np.random.default_rng(0)
    table = rng.standard_normal((50_000, 64)).astype(np.float32)
    rows = rng.integers(0, 50_000, 4_096)
    weights = rng.standard_normal((4_096, 64)).astype(np.float32)

    def loss(lib: Any, table: Any, rows: Any, weights: Any) -> Any:
        return lib.xp.sum(table[rows] * weights)

    return lib.gradient(loss, [table], rows, weights)


def layers(lib: Any) -> Step:
    """A hundred elementwise operations on a million numbers, and the gradient, float64."""

    def loss(lib: Any, x: Any) -> Any:
        for _ in range(100):
            x = lib.xp.tanh(x)
        return lib.xp.sum(x)

    return lib.gradient(loss, [np.random.default_rng(0).standard_normal(1_000_000)])


WORKLOADS: dict[str, Callable[[Any], Step]] = {
    "chain": chain,
    "mlp-128": mlp_128,
    "mlp-8": mlp_8,
    "linear-8": linear_8,
    "momentum": momentum,
    "adam": adam,
    "logistic": logistic,
    "black-scholes": black_scholes,
    "gaussian-process": gaussian_process,
    "hvp": hvp,
    "hvp-forward": hvp_forward,
    "attention": attention,
    "embedding": embedding,
    "depth": depth,
}

MEMORY: dict[str, Callable[[Any], Step]] = {"black-scholes": black_scholes, "100 layers": layers}

LEFT_OUT = {
    ("jax", "chain"): "compiles for a minute",
    ("jax", "depth"): "compiles for hours",
    ("autograd", "depth"): "minutes",
    ("mygrad", "depth"): "recurses",
    ("mygrad", "black-scholes"): "has no erf",
    ("mygrad", "gaussian-process"): "has no linear algebra",
    ("mygrad", "hvp"): "has first derivatives only",
    ("mygrad", "hvp-forward"): "has reverse mode only",
    **{
        (name, update): "has no methods in place"
        for name in ("autograd", "mygrad", "jax")
        for update in ("momentum", "adam")
    },
    # Handwritten versions are left out.
    **{("numpy", name): "differentiates nothing" for name in WORKLOADS if not name.startswith(("mlp", "hvp"))},
}

TARGETS = {
    "Small operations": 0.6,
    "Small operations, recorded": 0.5,
    "chain": 0.5,
    "mlp-128": 0.8,
    "mlp-8": 0.6,
    "logistic": 0.8,
    "black-scholes": 1.0,
    "gaussian-process": 0.7,
    "hvp": 0.8,
    "attention": 1.0,
    "embedding": 1.5,
    "depth": 0.7,
    "peak memory: black-scholes": 1.0,
    "peak memory: 100 layers": 1.0,
    "import": 0.12,
    "disk": 0.09,
}
