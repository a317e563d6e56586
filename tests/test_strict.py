"""Operations and rules rest on the standard alone, and keep to their device: on array_api_strict, which has nothing more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import arrayad as xp
from arrayad import backends, devices, dtypes

from . import strict

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def backend() -> Iterator[None]:
    """The backend, taken away again."""
    saved = dict(backends.by_type), dict(backends._by_device), list(devices.TYPES), dict(dtypes.from_raw)
    strict.register()
    yield
    for current, before in zip(
        (backends.by_type, backends._by_device, dtypes.from_raw), (saved[0], saved[1], saved[3]), strict=True
    ):
        current.clear()
        current.update(before)
    devices.TYPES[:] = saved[2]


def test_every_rule_on_the_standard_alone() -> None:
    """All that tests/test_rules.py holds, in a process of its own, whose tensors are all made there."""
    command = [sys.executable, "-m", "pytest", "tests/test_rules.py", "--backend=strict", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]


def test_devices_are_kept_and_not_mixed() -> None:
    x = xp.ones(3, device="strict:1", requires_grad=True)
    y = xp.ones(3, device="strict:2")
    assert [str(d) for d in (x.device, y.device)] == ["strict:1", "strict:2"]
    (xp.sin(x) * 2 + xp.zeros_like(x)).sum().backward()
    assert x.grad.device == x.device
    with pytest.raises((RuntimeError, ValueError), match="device"):
        x + y
    with pytest.raises(RuntimeError, match="same device"):
        x + xp.ones(3)
    with pytest.raises(RuntimeError, match="same device"):
        xp.concat([x, xp.ones(3)])
    with pytest.raises(TypeError, match=r"\.cpu\(\)"):
        x.detach().numpy()
    assert x.numpy(force=True).tolist() == [1.0, 1.0, 1.0]
    assert "device='strict:1'" in repr(x)


def test_in_place_and_views_on_the_standard_alone() -> None:
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]], device="strict").requires_grad_()
    y = x * 1
    row = y[0, :]
    z = (y * y).sum()
    row *= 10.0
    assert y.tolist() == [[10.0, 20.0], [3.0, 4.0]]
    (z + y.sum()).backward()
    assert x.grad.tolist() == [[12.0, 14.0], [7.0, 9.0]]
