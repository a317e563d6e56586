"""Gradients through scikit-learn, SciPy and plain NumPy code, none of it written for them.

    python examples/through_libraries.py

Each part answers a question with a derivative: how to move data so that a principal component explains more of their
variance, at which scale a kernel best separates two groups, which shape parameters of a distribution fit, how a signal was
filtered. The libraries' own code computes all of it, on Tensors.
"""

from __future__ import annotations

import os

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # SciPy's and scikit-learn's dispatch require it, set before their import

import numpy as np
import scipy.optimize
import scipy.signal
import scipy.special
import scipy.stats
import sklearn
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import rbf_kernel

import arrayad as xp


def principal_component(rng: np.random.Generator) -> float:
    """Move data to raise the share of variance that one component explains, by the gradient through ``PCA``."""
    data = xp.asarray(rng.normal(size=(40, 5))).requires_grad_()
    with sklearn.config_context(array_api_dispatch=True):
        for _ in range(10):
            share = PCA(1, svd_solver="full").fit(data).explained_variance_ratio_.sum()
            (slope,) = xp.autograd.grad(share, data)
            with xp.no_grad():
                data += slope
    return share.item()


def kernel_scale(rng: np.random.Generator) -> tuple[float, float]:
    """Find the scale at which a Gaussian kernel best separates two groups, by ascent on its logarithm."""
    first, second = (xp.asarray(rng.normal(size=(30, 2)) + shift) for shift in (0.0, 2.5))

    def separation(log_scale: xp.Tensor) -> xp.Tensor:
        a, b = first * xp.exp(log_scale), second * xp.exp(log_scale)
        return rbf_kernel(a).mean() + rbf_kernel(b).mean() - 2 * rbf_kernel(a, b).mean()

    log_scale = xp.asarray(-2.0)
    value_and_grad = xp.func.value_and_grad(separation)
    with sklearn.config_context(array_api_dispatch=True):
        for _ in range(100):
            value, slope = value_and_grad(log_scale)
            log_scale = log_scale + slope
    return xp.exp(log_scale).item(), value.item()


def beta_shapes(rng: np.random.Generator) -> list[float]:
    """Fit the shape parameters of a beta distribution to its quantiles, by least squares through ``betainc``."""
    samples = np.sort(rng.beta(2.0, 5.0, 2000))
    at, share = samples[50::100], np.arange(50, 2000, 100) / 2000

    def misfit(log_shapes: xp.Tensor) -> xp.Tensor:
        a, b = xp.exp(log_shapes)
        return ((scipy.special.betainc(a, b, xp.asarray(at)) - xp.asarray(share)) ** 2).sum()

    def with_gradient(log_shapes: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = xp.func.value_and_grad(misfit)(xp.asarray(log_shapes))
        return value.item(), slope.numpy()

    found = scipy.optimize.minimize(with_gradient, np.zeros(2), jac=True)
    return np.exp(found.x).tolist()


def filter_taps(rng: np.random.Generator) -> float:
    """Recover the taps of a filter through ``fftconvolve``; return the largest error."""
    signal, taps = xp.asarray(rng.normal(size=200)), xp.asarray([0.5, -1.0, 0.25])
    seen = scipy.signal.fftconvolve(signal, taps)
    guess = xp.zeros(3).requires_grad_()
    for _ in range(100):
        loss = ((scipy.signal.fftconvolve(signal, guess) - seen) ** 2).mean()
        (slope,) = xp.autograd.grad(loss, guess)
        with xp.no_grad():
            guess -= 0.3 * slope
    return xp.max(xp.abs(guess - taps)).item()


def skewness(rng: np.random.Generator) -> float:
    """Find the power that removes the skewness of data, by Newton's method through ``scipy.stats.skew``."""
    data = xp.asarray(rng.lognormal(size=500) + 0.5)
    power = xp.asarray(1.0)

    def skew(power: xp.Tensor) -> xp.Tensor:
        return scipy.stats.skew(scipy.special.boxcox(data, power))

    for _ in range(20):
        value, slope = xp.func.value_and_grad(skew)(power)
        power = power - value / slope
    return abs(skew(power).item())


def numpy_code(rng: np.random.Generator) -> tuple[float, float]:
    """Train a network written with NumPy's functions; return the loss before and after."""
    inputs = rng.normal(size=(64, 3))
    targets = np.sin(inputs).sum(axis=1)

    def loss(first: xp.Tensor, second: xp.Tensor) -> xp.Tensor:
        hidden = np.tanh(inputs @ first)
        return np.mean((np.einsum("nh,h->n", hidden, second) - targets) ** 2)

    weights = [xp.asarray(rng.normal(size=shape) / 2).requires_grad_() for shape in ((3, 16), (16,))]
    before = loss(*weights).item()
    for _ in range(300):
        for w, slope in zip(weights, xp.autograd.grad(loss(*weights), weights), strict=True):
            with xp.no_grad():
                w -= 0.05 * slope
    return before, loss(*weights).item()


def main() -> None:
    """Run every part and report."""
    xp.set_default_dtype(xp.float64)  # NumPy's own default
    rng = np.random.default_rng(0)
    print(f"PCA: one component explains {principal_component(rng):.1%} of the variance")
    print("kernel: best at a scale of {:.3f}, with a separation of {:.3f}".format(*kernel_scale(rng)))
    print("beta distribution: shapes {:.3f} and {:.3f}".format(*beta_shapes(rng)))
    print(f"filter: largest error of a tap {filter_taps(rng):.1e}")
    print(f"skewness after the transform: {skewness(rng):.1e}")
    print("NumPy code: loss {:.4f} before and {:.4f} after".format(*numpy_code(rng)))


if __name__ == "__main__":
    main()
