"""Find the regularization of scikit-learn's Ridge by gradient descent on the validation error.

    python examples/ridge_hyperparameter.py [--steps 25] [--rate 0.002]

scikit-learn is unmodified. With array API dispatch enabled, `Ridge` computes in the namespace of the arrays it is given.
Given Tensors, its coefficients have a history that leads to `alpha`, itself a Tensor, so the error on held-out data can be
differentiated with respect to `alpha`, through Ridge's singular value decomposition. (Of Ridge's solvers, "svd" is the one
written for the array API.) The data are scikit-learn's bundled diabetes measurements.
"""

from __future__ import annotations

import argparse
import math
import os

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # scikit-learn's dispatch requires it, set before SciPy is imported

import sklearn
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

import arrayad as xp


def validation_error(alpha, data):
    """Mean squared error on the held-out half of a model fitted to the other half; NumPy arrays or Tensors."""
    features, held_features, target, held_target = data
    model = Ridge(alpha=alpha, solver="svd").fit(features, target)
    return ((model.predict(held_features) - held_target) ** 2).mean()


def main() -> tuple[float, float]:
    """Descend and report; return the alpha found and the error there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--rate", type=float, default=0.002)
    options = parser.parse_args()

    arrays = train_test_split(*load_diabetes(return_X_y=True), test_size=0.5, random_state=0)
    tensors = [xp.asarray(x, dtype=xp.float64) for x in arrays]
    # Optimize the logarithm: alpha stays positive, and its scale need not be known.
    log_alpha = xp.tensor(0.0, dtype=xp.float64, requires_grad=True)
    with sklearn.config_context(array_api_dispatch=True):
        for step in range(options.steps + 1):
            error = validation_error(xp.exp(log_alpha), tensors)
            log_alpha.grad = None
            error.backward()
            slope = log_alpha.grad.item()
            if step == 0:
                first = slope
            print(f"step {step:2d}: alpha {math.exp(log_alpha.item()):.5f}, error {error.item():.3f}, gradient {slope:.3f}")
            if step < options.steps:
                with xp.no_grad():
                    log_alpha -= options.rate * log_alpha.grad

    # The same gradient by finite differences, with scikit-learn computing on NumPy arrays.
    h = 1e-5
    above, below = (validation_error(math.exp(sign * h), arrays) for sign in (1, -1))
    difference = (above - below) / (2 * h)
    assert math.isclose(first, difference, rel_tol=1e-6)
    print(f"gradient at alpha 1: {first:.6f}, by a central difference {difference:.6f}")
    return math.exp(log_alpha.item()), error.item()


if __name__ == "__main__":
    main()
