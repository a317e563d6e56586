"""A user's typed program: `mypy --strict` and pyright accept it and infer these types. test_typing.py runs it too."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Protocol, assert_type

import numpy as np

import arrayad as xp
from arrayad import Size, Tensor, linalg
from arrayad.autograd import Function, FunctionContext
from arrayad.devices import DeviceLike
from arrayad.dtypes import DTypeLike
from arrayad.func import grad, hessian, hvp, jacrev, jvp, linearize, value_and_grad, vjp
from arrayad.utils.checkpoint import checkpoint
from arrayad.utils.data import ConcatDataset, DataLoader, Dataset, IterableDataset, Subset, TensorDataset, random_split

# --- a model, its loss and its training ---


class Linear:
    def __init__(self, inputs: int, outputs: int, dtype: DTypeLike = float, device: DeviceLike = "cpu") -> None:
        self.weight = xp.randn(outputs, inputs, dtype=dtype, device=device, requires_grad=True)
        self.bias = xp.zeros((outputs,), dtype=dtype, device=device, requires_grad=True)

    def __call__(self, x: Tensor) -> Tensor:
        return x @ self.weight.T + self.bias

    def parameters(self) -> list[Tensor]:
        return [self.weight, self.bias]


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    return -logits.log_softmax(dim=1).gather(1, y.unsqueeze(1)).mean()


@xp.no_grad()
def step(parameters: list[Tensor], rate: float) -> None:
    for p in parameters:
        if p.grad is not None:
            p.add_(p.grad, alpha=-rate)
            p.grad.zero_()


@xp.no_grad
def accuracy(logits: Tensor, y: Tensor) -> float:
    return float((logits.argmax(1) == y).float().mean())


@xp.inference_mode
def predict(model: Linear, x: Tensor) -> Tensor:
    return model(x).softmax(dim=-1)


model = Linear(4, 3)
data = TensorDataset(xp.randn(30, 4, dtype=float), xp.randint(0, 3, (30,)))
training, rest = random_split(data, [0.8, 0.2])
assert_type(training, Subset[tuple[Tensor, ...]])
for xb, yb in DataLoader(training, batch_size=8, shuffle=True):
    loss = cross_entropy(model(xb), yb)
    loss.backward()
    step(model.parameters(), 0.1)
x = xp.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
assert_type(predict(model, xp.ones(1, 4, dtype=np.float64)), Tensor)
assert_type(accuracy(model(xp.ones(1, 4, dtype=xp.float64)), xp.zeros(1, dtype=int)), float)

# --- operators and methods ---

assert_type(2 * x + x / 3 - 1, Tensor)
assert_type(x**2 @ x, Tensor)
assert_type(x == x, Tensor)
assert_type((x != 1) & ~(x < 0), Tensor)
assert_type(x + np.ones((2, 2), dtype=np.float32), Tensor)
assert_type(x.add(x, alpha=2).mul(3).exp(), Tensor)
y = x.detach().clone()
y += 1
y.mul_(2).clamp_(min=0).sub_(1, alpha=0.5).unsqueeze_(0)
assert_type(y.abs_(), Tensor)
assert_type(y.sum(0).mean((0, 1), True).max(), Tensor)
assert_type(y.sum(dim=(0, 1), keepdim=True, dtype=xp.float64), Tensor)
assert_type(y.std([0, 1], correction=1), Tensor)
assert_type(y.std(0, ddof=1), Tensor)
assert_type(y.mean(0, dtype=xp.float64).round(2).ravel("K").take(-1), Tensor)
y.flat[:2] = y.flat[1]
assert_type(y.sort(-1, True).argsort(dim=0), Tensor)
assert_type(y.amax(dim=1).cumsum(dim=0), Tensor)
assert_type(y.to("cpu", xp.float32).to(dtype=float, copy=True), Tensor)
assert_type(y.reshape(2, -1).view((4,)).expand(2, 4).permute(1, 0), Tensor)
y[0, ..., :1] = [[0.0], [1.0]]
y[y > 1] = 0
assert_type(y[0, None, 1:], Tensor)
assert_type(xp.where(y > 0, y, 0.0), Tensor)
if (y == y).all():
    assert_type(y.type(), str)

shape = x.shape
assert_type(shape[0], int)
assert_type(shape + shape[1:], Size)
assert_type(x.size(), Size)
assert_type(x.size(0), int)
assert_type(x.stride(0), int)

# --- creation, dtypes and devices ---


def standardize(x: Tensor, axis: int = 0, *, dtype: DTypeLike | None = None) -> Tensor:
    z: Tensor = (x - xp.mean(x, axis=axis, keepdims=True)) / xp.std(x, axis=axis, keepdims=True)
    return z if dtype is None else xp.astype(z, dtype)


assert_type(standardize(xp.rand(5, 2), dtype=np.dtype("f4")).dtype, xp.DType)
assert_type(xp.zeros(2, 3, dtype=int, device=xp.device("cpu")), Tensor)
assert_type(xp.full([2, 3], 1.0, dtype=np.float32), Tensor)
assert_type(xp.from_numpy(np.ones(3)).numpy(), np.ndarray[Any, Any])
assert_type(xp.isdtype(x.dtype, ("real floating", xp.int64)), bool)
generator = xp.Generator().manual_seed(0)
assert_type(xp.rand(2, generator=generator), Tensor)

# --- results of several parts ---

assert_type(linalg.svd(y, full_matrices=False).S, Tensor)
values, vectors = linalg.eigh(y)
assert_type(vectors, Tensor)
assert_type(linalg.eigh(y).eigenvalues, Tensor)
assert_type(linalg.qr(y, mode="complete").R, Tensor)
assert_type(linalg.slogdet(y).logabsdet, Tensor)
assert_type(xp.unique_all(y).inverse_indices, Tensor)
assert_type(xp.unique_counts(y).counts, Tensor)
assert_type(xp.unique(y), Tensor)
assert_type(y.topk(1).indices, Tensor)

# --- derivatives ---


class Power(Function):
    @staticmethod
    def forward(ctx: FunctionContext, x: Tensor, n: int) -> Tensor:
        ctx.save_for_backward(x)
        ctx.n = n
        return x**n

    @staticmethod
    def backward(ctx: FunctionContext, g: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        return g * ctx.n * x ** (ctx.n - 1), None


def squares(w: dict[str, Tensor], x: Tensor, scale: float = 1.0) -> Tensor:
    return scale * (w["a"] * x).square().sum()


def cubes(x: Tensor) -> Tensor:
    return (x**3).sum()


z: Tensor = Power.apply(x, 3)
assert_type(xp.autograd.grad(z.sum(), x, create_graph=True), tuple[Tensor, ...])
assert_type(xp.autograd.grad(cubes(x), [x, x], allow_unused=True), tuple[Tensor | None, ...])
handle = x.register_hook(lambda g: 2 * g)
handle.remove()
value, gradient = value_and_grad(squares)({"a": y}, y, scale=2.0)
assert_type(value, Tensor)
newton: Tensor = y - grad(cubes)(y) / jacrev(lambda x: x * 2)(y).sum() + hessian(cubes)(y).sum()
out, pull_back = vjp(squares, {"a": y}, y)
assert_type(pull_back(out), tuple[dict[str, Tensor], Tensor])
assert_type(jvp(cubes, (y,), (y,)), tuple[Tensor, Tensor])
assert_type(hvp(cubes, (y,), (y,))[1], tuple[Tensor])
assert_type(linearize(xp.sin, y)[1](y), Tensor)
assert_type(checkpoint(squares, {"a": y}, y), Tensor)

# --- data ---


class Numbers(Dataset[tuple[Tensor, int]]):
    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return xp.ones(2), index

    def __len__(self) -> int:
        return 5


class Stream(IterableDataset[Tensor]):
    def __iter__(self) -> Iterator[Tensor]:
        return iter([xp.ones(2)])


def collate(samples: list[tuple[Tensor, int]]) -> dict[str, Tensor]:
    return {"x": xp.stack([x for x, _ in samples]), "n": xp.asarray([n for _, n in samples])}


assert_type(Numbers() + Numbers(), ConcatDataset[tuple[Tensor, int]])
assert_type(Subset([1, 2, 3], [0, 2])[0], int)
for batch in DataLoader(Numbers(), collate_fn=collate):
    assert_type(batch, dict[str, Tensor])
for row in DataLoader(Stream() + Stream(), batch_size=2, device="cpu"):
    print(row)
if False:  # safetensors may not be there
    xp.save({"weight": x, "epoch": 3}, io.BytesIO())

# --- code over any array ---


class Array(Protocol):
    @property
    def shape(self) -> tuple[int, ...]: ...
    def __eq__(self, other: Any, /) -> Any: ...
    def __matmul__(self, other: Any, /) -> Any: ...
    def __array_namespace__(self, /, *, api_version: str | None = None) -> Any: ...


def length(x: Array) -> Any:
    return x.__array_namespace__().sqrt(x @ x)


print(length(y.reshape(-1)))
