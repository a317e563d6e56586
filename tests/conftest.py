"""`pytest --backend=strict`, `cupy` or `cupy-standin` runs the tests that are for any backend on another one than NumPy's.

The last is the CuPy backend where there is no GPU, on the stand-in of `cupy_standin.py`.

Those are the tests of the functions, the rules and the engine: files, or tests, marked ``any_backend``, less those marked
``host_memory``, which are of the memory that NumPy shares. Those marked ``waiting`` run on other backends than NumPy's only,
whose arrays have their values at once.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend",
        choices=["numpy", "strict", "cupy", "cupy-standin"],
        default="numpy",
        help="on which backend tensors are made",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "any_backend: holds on every backend")
    config.addinivalue_line("markers", "host_memory: is about memory that NumPy shares, which is the host's alone")
    config.addinivalue_line("markers", "waiting: is about waiting for values, which NumPy's arrays have at once")
    backend = config.getoption("--backend")
    if backend == "numpy":
        return
    import arrayad

    if backend == "strict":
        from . import strict

        strict.register()
    if backend == "cupy-standin":
        from . import cupy_standin

        cupy_standin.install()
    try:
        # Not array_api_strict's own default, so that what arrayad makes without saying where is on another device.
        arrayad.set_default_device({"strict": "strict:1"}.get(backend, "cuda"))
    except RuntimeError as error:
        raise pytest.UsageError(f"--backend={backend}: {error}") from None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    on_numpy = config.getoption("--backend") == "numpy"
    marks = [{mark.name for mark in item.iter_markers()} for item in items]
    fits = ["waiting" not in m if on_numpy else "any_backend" in m and "host_memory" not in m for m in marks]
    config.hook.pytest_deselected(items=[item for item, fit in zip(items, fits, strict=True) if not fit])
    items[:] = [item for item, fit in zip(items, fits, strict=True) if fit]
