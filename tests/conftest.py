"""`pytest --backend=strict`, `cupy` or `cupy-standin` runs the tests meant for any backend on a backend other than NumPy's.

The last is the CuPy backend without a GPU, on the stand-in in `cupy_standin.py`.

These are the tests of functions, rules and engine: files, or tests, marked ``any_backend``, without those marked
``host_memory``, which test memory shared with NumPy. Tests marked ``waiting`` run only on other backends than NumPy's, whose
values are always available at once.
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
        # Not array_api_strict's own default, so that anything that arrayad creates without a device argument is on another
        # one.
        arrayad.set_default_device({"strict": "strict:1"}.get(backend, "cuda"))
    except RuntimeError as error:
        raise pytest.UsageError(f"--backend={backend}: {error}") from None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    on_numpy = config.getoption("--backend") == "numpy"
    marks = [{mark.name for mark in item.iter_markers()} for item in items]
    fits = ["waiting" not in m if on_numpy else "any_backend" in m and "host_memory" not in m for m in marks]
    config.hook.pytest_deselected(items=[item for item, fit in zip(items, fits, strict=True) if not fit])
    items[:] = [item for item, fit in zip(items, fits, strict=True) if fit]
