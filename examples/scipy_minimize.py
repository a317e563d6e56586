"""Give ``scipy.optimize.minimize`` exact gradients from arrayad.

    python examples/scipy_minimize.py

The first objective is SciPy's own Rosenbrock function, unmodified: it uses only arithmetic, so given a Tensor it can be
differentiated, twice for Newton's method. The second is regularized logistic regression on scikit-learn's bundled
measurements of breast tumours.
"""

from __future__ import annotations

import os

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # so that SciPy does not convert Tensors to NumPy arrays

import numpy as np
from scipy.optimize import OptimizeResult, minimize, rosen, rosen_der, rosen_hess
from sklearn.datasets import load_breast_cancer

import arrayad as xp


def with_gradient(function):
    """Return what ``minimize(jac=True)`` expects: a function of a NumPy array that gives a number and its gradient array."""
    value_and_grad = xp.func.value_and_grad(function)

    def call(point):
        value, gradient = value_and_grad(xp.asarray(point))
        return value.item(), gradient.numpy()

    return call


def rosenbrock() -> OptimizeResult:
    """Minimize by Newton's method, with gradient and Hessian derived from the function alone."""
    start = np.asarray([1.3, 0.7, 0.8, 1.9, 1.2])
    hessian = xp.func.hessian(rosen)
    np.testing.assert_allclose(with_gradient(rosen)(start)[1], rosen_der(start))
    np.testing.assert_allclose(hessian(xp.asarray(start)).numpy(), rosen_hess(start))
    return minimize(
        with_gradient(rosen),
        start,
        jac=True,
        hess=lambda point: hessian(xp.asarray(point)).numpy(),
        method="Newton-CG",
        options={"xtol": 1e-10},
    )


def logistic_regression() -> tuple[OptimizeResult, float]:
    """Minimize by L-BFGS; return the result and the share of tumours classified correctly."""
    data, target = load_breast_cancer(return_X_y=True)
    features = xp.asarray((data - data.mean(axis=0)) / data.std(axis=0), dtype=xp.float64)
    signs = xp.asarray(2.0 * target - 1, dtype=xp.float64)

    def loss(weights: xp.Tensor) -> xp.Tensor:
        margins = signs * (features @ weights[1:] + weights[0])
        return -xp.special.log_expit(margins).mean() + 1e-3 * (weights[1:] ** 2).sum()

    result = minimize(with_gradient(loss), np.zeros(1 + features.shape[1]), jac=True, method="L-BFGS-B")
    scores = features @ xp.asarray(result.x[1:]) + result.x[0]
    return result, ((scores > 0) == (signs > 0)).float().mean().item()


def main() -> tuple[OptimizeResult, OptimizeResult, float]:
    """Minimize both and report."""
    first = rosenbrock()
    print(f"Rosenbrock: minimum {first.fun:.2e} at {first.x.round(6)} after {first.nit} iterations: {first.message}")
    second, accuracy = logistic_regression()
    print(f"logistic regression: loss {second.fun:.5f} and accuracy {accuracy:.1%} after {second.nit} iterations")
    return first, second, accuracy


if __name__ == "__main__":
    main()
