"""The benchmarks run: each statement and each workload once, with arrayad only. Speed is not tested."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.contestants import contestants
from benchmarks.workloads import FURTHER, MEMORY, PARTS, SMALL, WORKLOADS, small_arrays, tape_names


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize("name", SMALL | FURTHER)
def test_small_operations(name: str, tracked: bool) -> None:
    (lib,) = contestants(["arrayad"])
    names = {"xp": lib.xp}
    for key, value in small_arrays().items():
        names[key] = lib.leaf(value) if tracked and value.dtype.kind == "f" else lib.array(value)
    assert eval((SMALL | FURTHER)[name], names).requires_grad is tracked


@pytest.mark.parametrize("name", PARTS)
def test_parts(name: str) -> None:
    eval(PARTS[name], tape_names())


@pytest.mark.parametrize("name", WORKLOADS | MEMORY)
def test_workloads(name: str) -> None:
    (lib,) = contestants(["arrayad"])
    for value in (WORKLOADS | MEMORY)[name](lib)():
        assert np.isfinite(lib.numpy(value)).all()
