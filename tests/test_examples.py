"""The examples run and give the results they promise; test_readme.py runs the one on digits."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytest.importorskip("sklearn")


def _run(name: str) -> str:
    """The output of an example, in a separate process: the environment it sets must be set before SciPy is imported."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / name)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ridge_hyperparameter() -> None:
    out = _run("ridge_hyperparameter.py")
    errors = [float(found) for found in re.findall(r"error ([\d.]+), gradient", out)]
    slopes = [float(found) for found in re.findall(r"gradient (-?[\d.]+)\n", out)]
    assert len(errors) == 26
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.9 * errors[0]
    assert abs(slopes[-1]) < 0.1
    first, difference = re.search(r"gradient at alpha 1: ([\d.]+), by a central difference ([\d.]+)", out).groups()
    assert float(first) == pytest.approx(float(difference), rel=1e-6)


def test_scipy_minimize() -> None:
    out = _run("scipy_minimize.py")
    minimum = re.search(r"Rosenbrock: minimum ([\d.e-]+) at \[1\. 1\. 1\. 1\. 1\.\] .* Optimization terminated", out)
    assert float(minimum.group(1)) < 1e-12
    accuracy = re.search(r"logistic regression: loss 0\.\d+ and accuracy ([\d.]+)% after \d+ iterations", out)
    assert float(accuracy.group(1)) > 97


def test_through_libraries() -> None:
    out = _run("through_libraries.py")
    numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*(?:e[+-]?\d+)?", out)]
    share, scale, separation, first, second, tap, skewness, before, after = numbers
    assert share > 30  # per cent; at most a fifth would be due to chance
    assert separation > 0.7
    assert scale > 0
    assert (first, second) == pytest.approx((2, 5), rel=0.1)
    assert tap < 1e-10
    assert skewness < 1e-10
    assert after < before / 20


def test_torch_dlpack() -> None:
    pytest.importorskip("torch", reason="the example is of PyTorch, which arrayad does not need")
    before, after = map(float, re.search(r"loss ([\d.]+) before and ([\d.e-]+) after", _run("torch_dlpack.py")).groups())
    assert after < before / 1000
