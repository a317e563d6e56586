"""`pytest --backend=strict` or `--backend=cupy` runs the tests that are for any backend on another one than NumPy's.

Those are the tests of the functions, the rules and the engine: files, or tests, marked ``any_backend``, less those marked
``host_memory``, which are of the memory that NumPy shares.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend", choices=["numpy", "strict", "cupy"], default="numpy", help="on which backend tensors are made"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "any_backend: holds on every backend")
    config.addinivalue_line("markers", "host_memory: is about memory that NumPy shares, which is the host's alone")
    backend = config.getoption("--backend")
    if backend == "numpy":
        return
    import arrayad

    if backend == "strict":
        from . import strict

        strict.register()
    try:
        arrayad.set_default_device({"strict": "strict", "cupy": "cuda"}[backend])
    except RuntimeError as error:
        raise pytest.UsageError(f"--backend={backend}: {error}") from None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--backend") == "numpy":
        return
    chosen = [x for x in items if x.get_closest_marker("any_backend") and not x.get_closest_marker("host_memory")]
    config.hook.pytest_deselected(items=[x for x in items if x not in set(chosen)])
    items[:] = chosen
