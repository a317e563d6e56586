"""Train a PyTorch model on a loss computed by arrayad, with tensors passed both ways through DLPack without a copy.

    python examples/torch_dlpack.py        (needs PyTorch)

PyTorch cannot differentiate SciPy functions that it lacks itself; arrayad can. So the model's output goes to arrayad, the
loss uses SciPy's incomplete beta function there, and the gradient goes back to PyTorch, where the model's backward starts
from it.
"""

from __future__ import annotations

import os

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # before SciPy's import

import numpy as np
import scipy.special
import torch

import arrayad as xp


def loss_of(shapes: xp.Tensor, at: xp.Tensor, share: xp.Tensor) -> xp.Tensor:
    """Mean squared difference between the distribution functions of beta distributions and the wanted quantiles' shares."""
    a, b = shapes[:, :1], shapes[:, 1:]
    return ((scipy.special.betainc(a, b, at) - share) ** 2).mean()


def main() -> tuple[float, float]:
    """Train and report; return the loss before and after."""
    rng = np.random.default_rng(0)
    inputs = torch.from_dlpack(xp.asarray(rng.uniform(-1, 1, (32, 1))))  # arrayad to torch
    wanted = 2 + inputs.numpy(), 3 - inputs.numpy()
    share = np.linspace(0.1, 0.9, 9)
    at = xp.asarray(scipy.special.betaincinv(*wanted, share))

    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(1, 16), torch.nn.Tanh(), torch.nn.Linear(16, 2), torch.nn.Softplus()
    ).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    losses = []
    for _ in range(200):
        output = model(inputs)
        shapes = xp.from_dlpack(output.detach()).requires_grad_()  # torch to arrayad
        loss = loss_of(shapes, at, xp.asarray(share))
        loss.backward()
        optimizer.zero_grad()
        output.backward(torch.from_dlpack(shapes.grad))  # and the gradient back
        optimizer.step()
        losses.append(loss.item())
    print(f"loss {losses[0]:.5f} before and {losses[-1]:.2e} after")
    return losses[0], losses[-1]


if __name__ == "__main__":
    main()
