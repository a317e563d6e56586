"""The layers: imports run downward only, and Tensor avoids names by which other libraries recognize their own objects."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from pathlib import Path

import pytest

import arrayad as xp

PACKAGE = Path(xp.__file__).parent

# From the bottom up. A module may import what is listed before its own entry, and its own package.
LAYERS = [
    "arguments",
    "size",
    "dtypes",
    "devices",
    "printing",
    "backends",
    "autograd.modes",
    "autograd.tape",
    "autograd",
    "functions",
    "tensor",
    "linalg",
    "special",
    "fft",
    "func",
    "random",
    "cuda",
    "utils",
    "serialization",
    "",
]
# Where modules below get the namespace of Tensors, which is in a layer above the tape; imported inside a function.
UPWARD = {("autograd.tape", "functions")}


def _layer(module: str) -> int:
    while module not in LAYERS:
        module = module.rpartition(".")[0]
    return LAYERS.index(module)


def _imports(path: Path) -> list[tuple[str, str]]:
    """Modules of the package that a file imports at run time."""
    module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")
    package = path.relative_to(PACKAGE).parts[:-1]
    tree = ast.parse(path.read_text())
    for node in list(ast.walk(tree)):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            target = ".".join([*base, *([node.module] if node.module else [])])
            for name in node.names:
                inner = f"{target}.{name.name}".lstrip(".")
                is_module = (PACKAGE / Path(*inner.split("."))).with_suffix(".py").exists() or (
                    PACKAGE / Path(*inner.split("."))
                ).is_dir()
                found.append((module, inner if is_module else target))
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_run_downward(path: Path) -> None:
    for module, imported in _imports(path):
        if (module, imported) in UPWARD:
            continue
        same_package = module.partition(".")[0] == imported.partition(".")[0] and "." in imported
        assert _layer(imported) < _layer(module) or same_package or module == imported, f"{module} imports {imported}"


def test_no_foreign_library_is_imported() -> None:
    import subprocess

    code = (
        "import sys, arrayad; print([m for m in ('cupy', 'torch', 'scipy', 'jax', 'array_api_compat') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_tensor_is_not_taken_for_something_else() -> None:
    """Such as a dataframe, an estimator, a sparse matrix or a lazy array."""
    for name in ("iloc", "fit", "toarray", "_meta", "columns"):
        assert not hasattr(xp.Tensor, name)


@pytest.mark.parametrize(
    "module", ["backends", *[f"autograd.{part}" for part in ("engine", "mutation", "operation", "tape")]]
)
def test_what_other_modules_import_is_declared(module: str) -> None:
    """In `__all__`, for the tape and the modules around it; that of a chapter of functions is the namespace's."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        package = ["arrayad", *path.relative_to(PACKAGE).parts[:-1]]
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = package[: len(package) - node.level + 1]
                if ".".join([*base, *([node.module] if node.module else [])]) == f"arrayad.{module}":
                    found.update(alias.name for alias in node.names)
    home = importlib.import_module(f"arrayad.{module}")
    modules = {name for name in found if inspect.ismodule(getattr(home, name, inspect))}  # or not imported yet, as CuPy's
    names = {name for name in found - modules if not name.startswith("_")}
    assert names
    assert names <= set(home.__all__)
    assert all(hasattr(home, name) for name in home.__all__)
