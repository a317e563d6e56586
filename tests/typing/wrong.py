"""Mistakes, one per line: type checkers reject each line marked as wrong, and no other. test_typing.py checks this."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import arrayad as xp
from arrayad import Tensor, linalg
from arrayad.func import grad, value_and_grad, vjp
from arrayad.utils.data import DataLoader, Dataset, TensorDataset, random_split


def loss(w: dict[str, Tensor], x: Tensor) -> Tensor:
    return xp.sum(w["a"] * x)


def mistakes(x: Tensor, y: Tensor, a: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    # operands
    x + "1"  # refused
    "1" + x  # refused
    x - None  # refused
    x < "1"  # refused
    x *= "1"  # refused
    x @ "1"  # refused
    x.add("1")  # refused
    x.add_("1")  # refused
    x.add(x, beta=2)  # refused
    xp.add(x, a)  # refused
    xp.exp(a)  # refused
    xp.exp([1.0])  # refused
    xp.matmul(x, 2)  # refused
    # methods
    x.exp(1)  # refused
    x.mul_()  # refused
    x.clamp(minimum=0)  # refused
    x.clamp_(min="0")  # refused
    x.sum(axis="0")  # refused
    x.sum(axes=0)  # refused
    x.sum(0, keepdim="yes")  # refused
    x.mean(dtype="0", dtypes=xp.float32)  # refused
    x.std(0, ddof="1")  # refused
    x.sort(ascending=True)  # refused
    x.softmax("0")  # refused
    x.reshape(2.5)  # refused
    x.view("2")  # refused
    x.permute("a")  # refused
    x.unsqueeze("0")  # refused
    x.to(5)  # refused
    x.to(dtype="float32")  # refused
    x.backward(1.0)  # refused
    x.register_hook(3)  # refused
    x.masked_fill(x > 0, "0")  # refused
    x.sume()  # refused
    x.grad = a  # refused
    x.requires_grad = "yes"  # refused
    # indexing and shapes
    x["a"]  # refused
    x[1.5]  # refused
    x[0] = "1"  # refused
    x.shape["a"]  # refused
    x.size("0")  # refused
    # creation
    xp.zeros("2")  # refused
    xp.zeros(2, dtype="float32")  # refused
    xp.zeros(2, dtype=str)  # refused
    xp.zeros(2, device=0)  # refused
    xp.ones(2, require_grad=True)  # refused
    xp.full((2,), "1")  # refused
    xp.from_numpy([1.0])  # refused
    xp.rand(2, generator=3)  # refused
    xp.set_default_dtype("float64")  # refused
    # words that choose
    linalg.qr(x, mode="redcued")  # refused
    linalg.norm(x, ord="frob")  # refused
    xp.meshgrid(x, indexing="yx")  # refused
    xp.isdtype(x.dtype, "reel floating")  # refused
    xp.pad(x, 1, mode="edges")  # refused
    xp.div(x, x, rounding_mode="down")  # refused
    xp.searchsorted(x, x, side="middle")  # refused
    xp.fft.fft(x, norm="orthogonal")  # refused
    # results
    i: int = x + 1  # refused
    j: int = x.sum()  # refused
    k: str = x.add_(1)  # refused
    m: bool = x == x  # refused
    n: float = y.grad.sum()  # refused
    o: str = x.shape[0]  # refused
    p: Tensor = linalg.svd(x)  # refused
    linalg.svd(x).V  # refused
    q: Tensor = xp.autograd.grad(x, x)  # refused
    r: tuple[Tensor, ...] = xp.autograd.grad(x, x, allow_unused=True)  # refused
    # derivatives
    xp.autograd.grad(x, 3)  # refused
    grad(3)  # refused
    grad(loss, argnum=1)  # refused
    grad(loss)(x, x)  # refused
    value_and_grad(loss)({"a": x})  # refused
    vjp(loss, x, x)  # refused
    xp.no_grad(3)  # refused
    xp.set_grad_enabled("no")  # refused
    f: Callable[[int], int] = xp.no_grad(loss)  # refused
    # data
    DataLoader(5)  # refused
    DataLoader(TensorDataset(x), batchsize=3)  # refused
    DataLoader(TensorDataset(x), batch_size="3")  # refused
    DataLoader([1, 2], collate_fn=3)  # refused
    TensorDataset(a)  # refused
    random_split(TensorDataset(x), 3)  # refused


class Labels(Dataset[int]):
    def __getitem__(self, index: int) -> str:  # refused
        return "label"
