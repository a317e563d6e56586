"""A pytest plugin that gives SciPy's own tests `arrayad` for a backend, in memory: nothing of SciPy is edited.

SciPy's ``xp`` fixture runs a test once for each backend that its conftest knows. As that conftest is registered, before
pytest reads its fixtures, the same fixture is declared anew with one backend, this one.
"""

from __future__ import annotations

from typing import Any

import pytest

import arrayad

NAME = "scipy.conftest"


@pytest.hookimpl(tryfirst=True)
def pytest_plugin_registered(plugin: Any) -> None:
    """Put `arrayad` in the place of SciPy's backends."""
    if getattr(plugin, "__name__", "") != NAME:
        return
    arrayad.set_default_dtype(arrayad.float64)  # as SciPy's conftest does for torch
    plugin.xp_known_backends.add("arrayad")
    backend = pytest.param(arrayad, id="arrayad", marks=pytest.mark.array_api_backends)
    plugin.xp_available_backends[:] = [backend]
    plugin.xp = pytest.fixture(params=[backend], name="xp")(plugin.xp.__wrapped__)
