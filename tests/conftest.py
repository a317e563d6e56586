"""`pytest --backend=strict` runs the tests that are written for any backend on array_api_strict."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend", choices=["numpy", "strict"], default="numpy", help="where tensors are made")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--backend") == "strict":
        import arrayad

        from . import strict

        strict.register()
        arrayad.set_default_device("strict")
