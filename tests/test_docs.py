"""The README and the pages of docs/ show what actually happens.

Blocks with prompts are doctests, notebook cells run as a script, diffs are applied and tested, and no other code blocks are
allowed. `nox -s docs` builds the pages, which runs the notebooks again and shows their output.
"""

from __future__ import annotations

import importlib.util
import operator
import os
import re
import shutil
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

import arrayad as xp

from . import standard
from .test_docstrings import run_examples

ROOT = Path(__file__).parent.parent
PAGES = sorted(p.relative_to(ROOT).as_posix() for p in [ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")])
PAGES = [p for p in PAGES if "/_build/" not in p]
# Languages of blocks that are not Python: commands to type, files to write, and examples of output.
OTHERS = {"sh", "toml", "text", "bibtex", "json"}


class Block(NamedTuple):
    language: str
    text: str
    options: str


def _blocks(page: str) -> list[Block]:
    found = re.findall(r"^```([^\n]*)\n(.*?)^```$", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
    out = []
    for head, text in found:
        options = re.match(r"((?::[^\n]*\n)*)", text)
        assert options
        out.append(Block(head.strip(), text[options.end() :], options.group(1)))
    return out


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_run(page: str) -> None:
    is_notebook = "file_format: mystnb" in (ROOT / page).read_text()
    for block in _blocks(page):
        if block.language == "{code-cell}":
            assert is_notebook, f"{page}: a cell on a page that is no notebook"
        elif block.language in ("python", "pycon"):
            assert block.text.startswith(">>>"), f"{page}: this code is not run:\n{block.text}"
        else:
            assert block.language in OTHERS or block.language.startswith("{"), f"{page}: a block of {block.language!r}"


@pytest.mark.parametrize("page", [p for p in PAGES if any(b.language in ("python", "pycon") for b in _blocks(p))])
def test_examples_of_page(page: str) -> None:
    text = "\n\n".join(b.text for b in _blocks(page) if b.language in ("python", "pycon"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, about the divisions by zero shown
        run_examples(text, page)


def _script(page: str) -> str:
    """The cells of a notebook as one script; cells marked as raising must raise."""
    parts = []
    for block in _blocks(page):
        if block.language != "{code-cell}" or block.text.startswith("%"):
            continue
        if "raises-exception" in block.options:
            indented = textwrap.indent(block.text, "    ")
            parts.append(
                f"try:\n{indented}except Exception: pass\nelse: raise AssertionError({block.text!r} + 'did not raise')\n"
            )
        else:
            parts.append(block.text)
    return "\n".join(parts)


@pytest.mark.parametrize("page", [p for p in PAGES if "file_format: mystnb" in (ROOT / p).read_text()])
def test_notebook(page: str, tmp_path: Path) -> None:
    # In a separate process, since SciPy reads its switch at import.
    path = tmp_path / "cells.py"
    path.write_text(_script(page))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert not done.returncode, done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_names_on_page_exist(page: str) -> None:
    text = (ROOT / page).read_text()
    found = re.findall(r"`(?:arrayad|xp)\.([a-z_]+(?:\.[a-zA-Z_]+)*)(?:\(.*?\))?`", text)
    assert [name for name in found if not _has(xp, name) and importlib.util.find_spec(f"arrayad.{name}") is None] == []


def test_what_is_the_same_as_in_pytorch_is_there() -> None:
    text = (ROOT / "docs" / "coming-from-pytorch.md").read_text().partition("## The same")[2].partition("## ")[0]
    names = {name.removeprefix("x.") for name in re.findall(r"`([a-zA-Z_.]+)(?:\(.*?\))?`", text)}
    assert len(names) > 50
    for name in names - {"dim", "keepdim", "axis", "keepdims"}:
        homes = (xp, xp.Tensor, xp.autograd, xp.func, xp.utils.data)
        assert any(_has(home, name) for home in homes), f"{name} is not there"


def _functional() -> list[tuple[str, str]]:
    text = (ROOT / "docs" / "coming-from-pytorch.md").read_text()
    return re.findall(r"^\| `(F\..+?)`.*? \| `(.+)` \|$", text, re.MULTILINE)


@pytest.mark.parametrize(("theirs", "ours"), _functional())
def test_what_nn_functional_has_is_an_expression(theirs: str, ours: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch, which says what it should be, is not installed")
    rng = np.random.default_rng(0)
    shapes = {"x": (5, 4), "y": (5, 4), "z": (5, 4), "w": (3, 4), "b": (3,), "scores": (5, 3)}
    shapes |= {"images": (2, 3, 8, 6), "kernels": (5, 3, 3, 3)}
    arrays = {name: rng.uniform(0, 1, size=shape) for name, shape in shapes.items()} | {
        "classes": np.asarray([0, 2, 1, 1, 0])
    }
    numbers = {"p": 0.0, "n": 2, "c": 3, "h": 8, "w": 6} if "images" in ours else {"p": 0.0}

    def result_and_gradients(code: str, lib: Any, names: dict[str, Any]) -> list[Any]:
        tensors = {name: lib.asarray(array) for name, array in arrays.items()}
        leaves = [tensors[name].requires_grad_() for name in shapes if re.search(rf"\b{name}\b", theirs)]
        out = eval(code, names | tensors | numbers)
        (out * out).sum().backward()
        return [part.detach().numpy() for part in (out, *[leaf.grad for leaf in leaves])]

    found = result_and_gradients(ours, xp, vars(xp))
    wanted = result_and_gradients(theirs, torch, {"F": torch.nn.functional})
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


def test_what_nn_functional_has_is_found() -> None:
    assert len(_functional()) == 9


def _has(home: object, name: str) -> bool:
    try:
        operator.attrgetter(name)(home)
    except AttributeError:
        return False
    return True


def test_reference_has_every_public_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs" / "_ext")
    import reference

    text = "\n".join(line for lines in reference.pages().values() for line in lines)
    documented = re.findall(r"^\.\. auto(?:function|class):: arrayad\.([\w.]+)", text, re.MULTILINE)
    assert len(documented) == len(set(documented)), "a function is documented twice"
    for module in (xp, xp.linalg, xp.fft, xp.special, xp.func, xp.utils.data):
        prefix = module.__name__.removeprefix("arrayad").removeprefix(".")
        for name in module.__all__:
            value = getattr(module, name)
            if isinstance(value, ModuleType) or name.startswith("__"):
                continue
            path = f"{prefix}.{name}".removeprefix(".")
            also = [p for p in documented if p.rpartition(".")[2] == getattr(value, "__name__", "").lstrip("_")]
            assert path in documented or also or f"``{name}``" in text, f"{module.__name__}.{name} is not in the reference"
    for chapter, names in standard.FUNCTIONS.items():
        for name in names:
            assert f"array_api.{chapter}.{name}.html" in text or f"array_api.{name}.html" in text


_TALLY = """
import arrayad as xp
import arrayad_tally
from arrayad import backends

backends.register(arrayad_tally)
x = xp.arange(3.0, device="tally").requires_grad_()
arrayad_tally.calls.clear()
xp.sum(xp.exp(x)).backward()
print((arrayad_tally.calls["exp"], arrayad_tally.calls["sum"], arrayad_tally.calls["spread"]))
assert str(x.grad.device) == "tally" and xp.all(x.grad == xp.exp(x.detach()))
assert xp.rand(2, device="tally").device == xp.linalg.svd(xp.ones(2, 2, device="tally")).S.device == "tally"
"""
# What must work once the diff is applied.
DIFFS = {
    "function": ["-m", "pytest", "-q", "-n", "0", "tests/test_rules.py", "tests/test_docstrings.py", "-k", "logcosh"],
    "rule": ["-m", "pytest", "-q", "-n", "0", "tests/test_rules.py", "-k", "rsqrt"],
    "backend": ["-c", _TALLY],
}


@pytest.mark.parametrize("name", DIFFS)
def test_diff(name: str, tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git, which applies diffs, is not installed")
    for part in ("arrayad", "tests"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(tmp_path / "tally")])}
    apply = ["git", "apply", "-C1", str(ROOT / "docs" / "diffs" / f"{name}.diff")]
    for command in (apply, [sys.executable, *DIFFS[name]]):
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    if name == "backend":
        assert done.stdout.strip() in (ROOT / "docs" / "extending.md").read_text()
    else:
        assert " passed" in done.stdout
