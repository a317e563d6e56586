"""A pytest plugin that makes `arrayad` the backend of SciPy's own tests, in memory: no file is edited.

SciPy's ``xp`` fixture runs a test once per backend that its conftest knows. When that conftest is registered, before pytest
reads its fixtures, this plugin redefines the fixture with `arrayad` as the only backend.
"""

from __future__ import annotations

from typing import Any

import pytest

import arrayad

NAME = "scipy.conftest"


@pytest.hookimpl(tryfirst=True)
def pytest_plugin_registered(plugin: Any) -> None:
    """Replace SciPy's backends by `arrayad`."""
    if getattr(plugin, "__name__", "") != NAME:
        return
    arrayad.set_default_dtype(arrayad.float64)  # as SciPy's conftest does for torch
    plugin.xp_known_backends.add("arrayad")
    backend = pytest.param(arrayad, id="arrayad", marks=pytest.mark.array_api_backends)
    plugin.xp_available_backends[:] = [backend]
    plugin.xp = pytest.fixture(params=[backend], name="xp")(plugin.xp.__wrapped__)
